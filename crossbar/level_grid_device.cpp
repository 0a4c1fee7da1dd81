// SPDX-License-Identifier: Apache-2.0
#include "crossbar/level_grid_device.h"

#include <utility>

#include "core/error.h"
#include "crossbar/mismatch.h"

namespace ohmweave::crossbar {
namespace {

class LevelGridDevice final : public Device {
 public:
  explicit LevelGridDevice(DeviceOptions options) : options_(std::move(options)) {}

  [[nodiscard]] double target_siemens(int level, int bits) const override {
    return level_siemens(options_, level, bits);
  }

  [[nodiscard]] std::vector<double> program_siemens(const std::vector<int>& levels, int bits,
                                                    int cols,
                                                    const RandomStream& stream) const override {
    const std::vector<double> targets = level_grid_siemens(options_, bits);
    const std::vector<double> sigmas = programming_sigmas(targets);
    const StuckCells stuck(options_, stream);
    const PositiveNormal errors(stream, "programming");
    std::vector<double> siemens = mismatch_factors(options_, levels.size(), cols, stream);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      OHMWEAVE_REQUIRE(levels[i] >= 0 && static_cast<std::size_t>(levels[i]) < targets.size(),
                       "level " + std::to_string(levels[i]) + " is none of the cell's");
      const auto level = static_cast<std::size_t>(levels[i]);
      const std::optional<double> fault = stuck.siemens(i);
      siemens[i] = fault ? *fault : errors.draw(targets[level] * siemens[i], sigmas[level], i);
    }
    return siemens;
  }

 private:
  [[nodiscard]] std::vector<double> programming_sigmas(const std::vector<double>& targets) const {
    std::vector<double> sigmas(targets.size(), 0.0);
    if (!options_.programming) return sigmas;
    for (std::size_t level = 0; level < targets.size(); ++level)
      sigmas[level] = spread_sigma_siemens(*options_.programming, options_.range(), targets[level]);
    return sigmas;
  }

  const DeviceOptions options_;
};

}  // namespace

std::unique_ptr<Device> make_level_grid_device(const DeviceOptions& options) {
  return std::make_unique<LevelGridDevice>(options);
}

}  // namespace ohmweave::crossbar
