// SPDX-License-Identifier: Apache-2.0
// ConvNet, the small CIFAR-10 network of structured-pruning papers: three padded 5x5 convolutions
// of 32, 32 and 64 filters, then 1024 -> 10: 89,440 weights. Max pool after the first, averages
// after the others. The original pools 3x3 windows of stride 2 that hang over the border and
// normalizes local responses; here pools are 2x2 (the same maps of 16, 8 and 4) and nothing is
// normalized. Source: krizhevsky_cuda_convnet (the shape), wen_neurips_2016, section 4.2 (pruned as
// "ConvNet").
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network convnet_cifar();

}  // namespace ohmweave::models
