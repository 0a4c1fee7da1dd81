// SPDX-License-Identifier: Apache-2.0
// What a memristor does when it is told to hold a level. The table in device.cpp lists the kinds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/random.h"
#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

class Device {
 public:
  virtual ~Device() = default;

  /// The conductance aimed at: level is 0 .. 2^bits - 1, rising with the level within
  /// [g_min_siemens, g_max_siemens].
  [[nodiscard]] virtual double target_siemens(int level, int bits) const = 0;

  /// The conductances reached when cells are programmed to `levels`, frozen from then on. The cells
  /// lie row by row in an array of `cols` columns. Cell i is a pure function of (levels[i], bits,
  /// cols, stream, i), so that a chip can be made again; `cols` matters to correlated mismatch
  /// only.
  [[nodiscard]] virtual std::vector<double> program_siemens(const std::vector<int>& levels,
                                                            int bits, int cols,
                                                            const RandomStream& stream) const = 0;
};

/// One line of the device table.
struct DeviceKind {
  std::string name;
  std::string summary;
  std::unique_ptr<Device> (*factory)(const DeviceOptions&);
};

[[nodiscard]] const std::vector<DeviceKind>& device_kinds();
/// Names and summaries of device_kinds().
[[nodiscard]] std::vector<Word> device_words();
/// Throws ConfigError naming the known kinds if options.kind is none of them.
[[nodiscard]] std::unique_ptr<Device> make_device(const DeviceOptions& options);

/// The grid all kinds share: the list of level_means that has 2^bits levels, or
/// g_min + level * (g_max - g_min) / (2^bits - 1), ends exact, where the device has no such lists.
/// Throws ConfigError if it has lists, but none of 2^bits levels.
[[nodiscard]] double level_siemens(const DeviceOptions& options, int level, int bits);

/// What level_siemens() would throw for cells of `bits`; empty if nothing.
[[nodiscard]] std::string level_problem(const DeviceOptions& options, int bits);

/// level_siemens() of all 2^bits levels.
[[nodiscard]] std::vector<double> level_grid_siemens(const DeviceOptions& options, int bits);

/// Mean distance of neighbouring levels, in siemens: (highest - lowest) / (2^bits - 1).
[[nodiscard]] double level_step_siemens(const DeviceOptions& options, int bits);

/// What codes 0 .. cells.largest_code() of a pair of arrays are read as when every cell is at its
/// level, in steps of the levels (core/code_levels.h). Empty where that is every code itself: the
/// levels are evenly spaced, or a reference column takes the place of the second array.
[[nodiscard]] std::vector<double> code_values(const DeviceOptions& options,
                                              const WeightCells& cells);

/// The cells of one array that cannot be programmed. They are the same whatever is asked of the
/// array's stream: programming, drift and writing agree on them.
class StuckCells {
 public:
  StuckCells(const DeviceOptions& options, const RandomStream& array_stream);
  /// The conductance cell `position` is stuck at; empty if it is not.
  [[nodiscard]] std::optional<double> siemens(std::uint64_t position) const {
    return any_fraction_ == 0.0 ? std::nullopt : drawn_siemens(position);
  }

 private:
  [[nodiscard]] std::optional<double> drawn_siemens(std::uint64_t position) const;

  double on_fraction_;
  double any_fraction_;
  ConductanceRange range_;
  RandomStream stream_;
};

/// Where cell `position` of an array of cells of `bits` is stuck, in levels from the lowest (not
/// always whole); empty if it is not. array_stream: as of StuckCells.
[[nodiscard]] std::optional<double> stuck_level(const DeviceOptions& options, int bits,
                                                const RandomStream& array_stream,
                                                std::uint64_t position);

}  // namespace ohmweave::crossbar
