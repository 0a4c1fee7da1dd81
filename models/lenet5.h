// SPDX-License-Identifier: Apache-2.0
// LeNet-5 as it came with the Caffe framework and as the pruning literature counts it:
// 1 x 28 x 28 -> conv 20 @ 5x5 -> pool 2 -> conv 50 @ 5x5 -> pool 2 -> fc 500 -> fc 10,
// 430,500 weights and 580 biases. A ReLU follows both convolutions and fc1.
// Source: lecun_pieee_1998 (the idea), jia_mm_2014 (this shape).
#pragma once

#include "core/network.h"

namespace ohmweave::models {

[[nodiscard]] Network lenet5();

}  // namespace ohmweave::models
