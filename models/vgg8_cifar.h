// SPDX-License-Identifier: Apache-2.0
// VGG-8 for 3 x 32 x 32 images: six padded 3x3 convolutions (128, 128, 256, 256, 512, 512), each
// with batch norm and ReLU, a 2x2 max pool after every second one, then 8192 -> 1024 -> 10:
// 12.97 M weights, 615.9 M multiplications an image. The network that chip simulators are most
// often compared on.
// Source: peng_iedm_2019.
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network vgg8_cifar();

}  // namespace ohmweave::models
