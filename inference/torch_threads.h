// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work on torch's threads (parallel.h).
#pragma once

#include <functional>

namespace ohmweave::inference {

/// A ForEach: as many calls at a time as torch has threads (torch::set_num_threads).
void on_torch_threads(int count, const std::function<void(int)>& work);

}  // namespace ohmweave::inference
