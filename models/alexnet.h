// SPDX-License-Identifier: Apache-2.0
// AlexNet for ImageNet, in the two forms that are in use. Neither has the local response
// normalization of the first paper: it is no operation of an array, and later users dropped it.
//   alexnet_imagenet         3 x 224 x 224, one column: 64, 192, 384, 256, 256 filters, as trained
//                            by torchvision
//   alexnet_groups_imagenet  3 x 227 x 227, 96, 256, 384, 384, 256 filters, convolutions 2, 4 and 5
//                            in two groups: the 60.9 M weights that pruning papers count
// Then 9216 -> 4096 -> 4096 -> 1000. Max pools are 3x3 with stride 2.
// Source: krizhevsky_arxiv_2014 (one column), krizhevsky_nips_2012 (groups).
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network alexnet_imagenet();
[[nodiscard]] Network alexnet_groups_imagenet();

}  // namespace ohmweave::models
