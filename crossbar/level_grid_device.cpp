// SPDX-License-Identifier: Apache-2.0
#include "crossbar/level_grid_device.h"

#include <cmath>
#include <utility>

namespace ohmweave::crossbar {
namespace {

class LevelGridDevice final : public Device {
 public:
  explicit LevelGridDevice(DeviceOptions options) : options_(std::move(options)) {}

  [[nodiscard]] double target_siemens(int level, int bits) const override {
    return uniform_level_siemens(options_, level, bits);
  }

  [[nodiscard]] std::vector<double> program_siemens(const std::vector<int>& levels, int bits,
                                                    const RandomStream& stream) const override {
    const RandomStream stuck = stream.child("stuck");
    const RandomStream mismatch = stream.child("mismatch");
    std::vector<double> siemens(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      siemens[i] = has_faults() ? stuck_siemens(stuck.uniform(i)) : kNotStuck;
      if (siemens[i] != kNotStuck) continue;
      siemens[i] = target_siemens(levels[i], bits);
      if (options_.mismatch_sigma > 0.0) {
        siemens[i] *= std::exp(options_.mismatch_sigma * mismatch.normal(i));
      }
    }
    return siemens;
  }

 private:
  static constexpr double kNotStuck = -1.0;

  [[nodiscard]] bool has_faults() const {
    return options_.stuck_on_fraction > 0.0 || options_.stuck_off_fraction > 0.0;
  }
  [[nodiscard]] double stuck_siemens(double u) const {
    if (u < options_.stuck_on_fraction) return options_.g_max_siemens;
    if (u < options_.stuck_on_fraction + options_.stuck_off_fraction) return options_.g_min_siemens;
    return kNotStuck;
  }

  const DeviceOptions options_;
};

}  // namespace

std::unique_ptr<Device> make_level_grid_device(const DeviceOptions& options) {
  return std::make_unique<LevelGridDevice>(options);
}

}  // namespace ohmweave::crossbar
