// SPDX-License-Identifier: Apache-2.0
// VGG-11 and VGG-16 (configurations A and D of the source): padded 3x3 convolutions in five stages
// of 64 to 512 filters, a 2x2 max pool after each stage, a ReLU after every convolution. VGG-8 is
// of the same make, in three stages of 128, 256 and 512 filters; then 8192 -> 1024 -> 10. It is the
// network that chip simulators are most often compared on (peng_iedm_2019).
//   *_imagenet  3 x 224 x 224, biases, no batch norm; then 25088 -> 4096 -> 4096 -> 1000
//   *_cifar     3 x 32 x 32, a batch norm after every convolution; then 512 -> 10. The last stage
//               works on 2 x 2 maps. This is the form that pruning papers use.
// Source: simonyan_iclr_2015, table 1.
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network vgg8_cifar();
[[nodiscard]] Network vgg11_cifar();
[[nodiscard]] Network vgg16_cifar();
[[nodiscard]] Network vgg11_imagenet();
[[nodiscard]] Network vgg16_imagenet();

}  // namespace ohmweave::models
