// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device.h"

#include "core/error.h"
#include "crossbar/ideal_device.h"
#include "crossbar/level_grid_device.h"
#include "crossbar/write_verify_device.h"

namespace ohmweave::crossbar {
namespace {

/// The list of 2^bits levels, or null.
const std::vector<double>* find_levels(const DeviceOptions& options, int bits) {
  for (const LevelMeans& means : options.level_means) {
    if (means.siemens.size() == std::size_t{1} << static_cast<unsigned>(bits))
      return &means.siemens;
  }
  return nullptr;
}

}  // namespace

const std::vector<DeviceKind>& device_kinds() {
  static const std::vector<DeviceKind> kinds = {
      {"level_grid", "uniform or measured levels with mismatch, programming error and stuck cells",
       make_level_grid_device},
      {"write_verify", "cells written by pulses, each followed by a read, until they are near",
       make_write_verify_device},
      {"ideal", "every cell exactly at its target", make_ideal_device},
  };
  return kinds;
}

std::vector<Word> device_words() {
  std::vector<Word> words;
  for (const DeviceKind& kind : device_kinds()) words.push_back({kind.name, kind.summary});
  return words;
}

std::unique_ptr<Device> make_device(const DeviceOptions& options) {
  std::string known;
  for (const DeviceKind& kind : device_kinds()) {
    if (kind.name == options.kind) return kind.factory(options);
    known += (known.empty() ? "" : ", ") + kind.name;
  }
  throw ConfigError({"/device/kind = \"" + options.kind + "\": must be one of " + known});
}

double level_siemens(const DeviceOptions& options, int level, int bits) {
  OHMWEAVE_REQUIRE(bits >= 1 && bits < 31, "a cell holds 1 to 30 bits");
  const int highest = (1 << bits) - 1;
  OHMWEAVE_REQUIRE(
      level >= 0 && level <= highest,
      "level " + std::to_string(level) + " is outside 0 .. " + std::to_string(highest));
  if (!options.level_means.empty()) {
    const std::vector<double>* levels = find_levels(options, bits);
    if (levels == nullptr) throw ConfigError({level_problem(options, bits)});
    return (*levels)[static_cast<std::size_t>(level)];
  }
  if (level == highest) return options.g_max_siemens;
  return options.g_min_siemens +
         level * ((options.g_max_siemens - options.g_min_siemens) / highest);
}

std::string level_problem(const DeviceOptions& options, int bits) {
  if (options.level_means.empty() || find_levels(options, bits) != nullptr) return "";
  std::string known;
  for (const LevelMeans& means : options.level_means)
    known += (known.empty() ? "" : ", ") + std::to_string(means.siemens.size());
  return "/device/level_means: has no list of " + std::to_string(1 << bits) +
         " levels, which cells of " + std::to_string(bits) + " bits need; has lists of: " + known;
}

std::vector<double> level_grid_siemens(const DeviceOptions& options, int bits) {
  std::vector<double> grid(std::size_t{1} << static_cast<unsigned>(bits));
  for (std::size_t level = 0; level < grid.size(); ++level)
    grid[level] = level_siemens(options, static_cast<int>(level), bits);
  return grid;
}

double level_step_siemens(const DeviceOptions& options, int bits) {
  const int highest = (1 << bits) - 1;
  return (level_siemens(options, highest, bits) - level_siemens(options, 0, bits)) / highest;
}

std::vector<double> code_values(const DeviceOptions& options, const WeightCells& cells) {
  if (options.level_means.empty() || !cells.kind().is_pair) return {};
  std::vector<double> values(static_cast<std::size_t>(cells.largest_code()) + 1);
  for (int slice = 0; slice < cells.num_slices(); ++slice) {
    const SliceBits bits = cells.slice(slice);
    const std::vector<double> grid = level_grid_siemens(options, bits.bits);
    const double step = level_step_siemens(options, bits.bits);
    for (int code = 1; code <= cells.largest_code(); ++code) {
      const double difference = grid[static_cast<std::size_t>(cells.level(code, 2 * slice))] -
                                grid[static_cast<std::size_t>(cells.level(code, 2 * slice + 1))];
      values[static_cast<std::size_t>(code)] += std::ldexp(difference / step, bits.shift);
    }
  }
  return values;
}

StuckCells::StuckCells(const DeviceOptions& options, const RandomStream& array_stream)
    : on_fraction_(options.stuck_on_fraction),
      any_fraction_(options.stuck_on_fraction + options.stuck_off_fraction),
      range_(options.range()),
      stream_(array_stream.child("stuck")) {}

std::optional<double> StuckCells::drawn_siemens(std::uint64_t position) const {
  const double u = stream_.uniform(position);
  if (u < on_fraction_) return range_.max_siemens;
  if (u < any_fraction_) return range_.min_siemens;
  return std::nullopt;
}

std::optional<double> stuck_level(const DeviceOptions& options, int bits,
                                  const RandomStream& array_stream, std::uint64_t position) {
  const std::optional<double> siemens = StuckCells(options, array_stream).siemens(position);
  if (!siemens) return std::nullopt;
  return (*siemens - level_siemens(options, 0, bits)) / level_step_siemens(options, bits);
}

}  // namespace ohmweave::crossbar
