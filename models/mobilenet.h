// SPDX-License-Identifier: Apache-2.0
// MobileNets: 3x3 depthwise convolutions (one filter a channel) between 1x1 convolutions, a batch
// norm after each. A depthwise layer is as many 9 x 1 matrices as it has channels.
//   mobilenet_v1_*  13 pairs of depthwise and 1x1 convolution, 32 to 1024 channels
//   mobilenet_v2_*  17 inverted residual blocks: 1x1 to 6 times the channels, depthwise, 1x1 back
//                   without activation; the input is added where the shape stays
// *_imagenet takes 3 x 224 x 224. *_cifar takes 3 x 32 x 32 with stride 1 instead of 2 in the stem
// (and in V2's second stage of blocks): final maps of 2 x 2 (V1) and 4 x 4 (V2).
// V2's ReLU6 is a ReLU here. What caps activations on a chip is full scale of the integers between
// layers (/activations/range), so weights that were trained with the cap of 6 want ranges measured
// with it.
// Source: howard_arxiv_2017, table 1; sandler_cvpr_2018, table 2.
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network mobilenet_v1_cifar();
[[nodiscard]] Network mobilenet_v1_imagenet();
[[nodiscard]] Network mobilenet_v2_cifar();
[[nodiscard]] Network mobilenet_v2_imagenet();

}  // namespace ohmweave::models
