// SPDX-License-Identifier: Apache-2.0
// Residual networks. Each block adds its input to what two (basic) or three (bottleneck)
// convolutions with batch norm make of it; where the shape changes, the input passes a 1x1
// convolution with batch norm (option B of the source). A bottleneck strides in its 3x3.
//   resnet18_imagenet, resnet50_imagenet  3 x 224 x 224, 7x7 stem of stride 2, 3x3 max pool
//   resnet18_cifar, resnet50_cifar        the same stages on 3 x 32 x 32: 3x3 stem, no pool
//   resnet20_cifar                        the source's own CIFAR-10 network: 16, 32, 64 filters;
//                                         there the shortcuts that change shape are padded copies
//                                         (option A), here projections: 2,560 weights more
// Layers are named as in torchvision: layer1.0.conv1, layer2.0.downsample.0, fc.
// Source: he_cvpr_2016, tables 1 and 6.
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network resnet20_cifar();
[[nodiscard]] Network resnet18_cifar();
[[nodiscard]] Network resnet50_cifar();
[[nodiscard]] Network resnet18_imagenet();
[[nodiscard]] Network resnet50_imagenet();

}  // namespace ohmweave::models
