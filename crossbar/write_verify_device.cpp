// SPDX-License-Identifier: Apache-2.0
#include "crossbar/write_verify_device.h"

#include <utility>

#include "core/error.h"
#include "crossbar/write_verify.h"

namespace ohmweave::crossbar {
namespace {

class WriteVerifyDevice final : public Device {
 public:
  explicit WriteVerifyDevice(DeviceOptions options) : options_(std::move(options)) {}

  [[nodiscard]] double target_siemens(int level, int bits) const override {
    return level_siemens(options_, level, bits);
  }

  [[nodiscard]] std::vector<double> program_siemens(const std::vector<int>& levels, int bits,
                                                    int /*cols*/,
                                                    const RandomStream& stream) const override {
    std::vector<double> targets;
    targets.reserve(levels.size());
    for (const int level : levels) targets.push_back(target_siemens(level, bits));
    return write_cells(options_, targets, stream).siemens;
  }

 private:
  const DeviceOptions options_;
};

}  // namespace

std::unique_ptr<Device> make_write_verify_device(const DeviceOptions& options) {
  if (!options.write) {
    throw ConfigError({"/device/write: is missing; the kind write_verify needs it"});
  }
  return std::make_unique<WriteVerifyDevice>(options);
}

}  // namespace ohmweave::crossbar
