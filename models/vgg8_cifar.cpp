// SPDX-License-Identifier: Apache-2.0
#include "models/vgg8_cifar.h"

#include <array>
#include <string>

#include "models/builder.h"

namespace ohmweave::models {

Network vgg8_cifar() {
  constexpr std::array<int, 6> kFilters{128, 128, 256, 256, 512, 512};
  Builder b("vgg8_cifar", {3, 32, 32});
  for (std::size_t i = 0; i < kFilters.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    b.conv2d_without_bias("conv" + number, kFilters[i], {3, 1, 1});
    b.batch_norm2d("bn" + number);
    b.relu("relu" + number);
    if (i % 2 == 1) b.max_pool2d("pool" + std::to_string((i + 1) / 2), {2, 2});
  }
  b.flatten("flatten");
  b.linear("fc1", 1024);
  b.relu("relu7");
  b.linear("fc2", 10);
  return b.build();
}

}  // namespace ohmweave::models
