// SPDX-License-Identifier: Apache-2.0
#include "inference/torch_threads.h"

#include <ATen/Parallel.h>

#include <cstdint>

namespace ohmweave::inference {

void on_torch_threads(int count, const std::function<void(int)>& work) {
  at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) work(static_cast<int>(i));
  });
}

}  // namespace ohmweave::inference
