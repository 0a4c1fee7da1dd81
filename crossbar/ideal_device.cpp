// SPDX-License-Identifier: Apache-2.0
#include "crossbar/ideal_device.h"

#include <utility>

namespace ohmweave::crossbar {
namespace {

class IdealDevice final : public Device {
 public:
  explicit IdealDevice(DeviceOptions options) : options_(std::move(options)) {}

  [[nodiscard]] double target_siemens(int level, int bits) const override {
    return level_siemens(options_, level, bits);
  }
  [[nodiscard]] std::vector<double> program_siemens(const std::vector<int>& levels, int bits,
                                                    int /*cols*/,
                                                    const RandomStream&) const override {
    std::vector<double> siemens;
    siemens.reserve(levels.size());
    for (const int level : levels) siemens.push_back(target_siemens(level, bits));
    return siemens;
  }

 private:
  const DeviceOptions options_;
};

}  // namespace

std::unique_ptr<Device> make_ideal_device(const DeviceOptions& options) {
  return std::make_unique<IdealDevice>(options);
}

}  // namespace ohmweave::crossbar
