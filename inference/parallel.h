// SPDX-License-Identifier: Apache-2.0
// How independent pieces of work are spread over threads: the caller decides, so that this code
// needs no thread library of its own. Results never depend on it.
#pragma once

#include <functional>

namespace ohmweave::inference {

/// Calls work(i) once for each i in 0 .. count - 1, in any order, perhaps at the same time; returns
/// when all are done. An exception of any call comes out.
using ForEach = std::function<void(int count, const std::function<void(int)>& work)>;

/// One after the other.
inline void in_sequence(int count, const std::function<void(int)>& work) {
  for (int i = 0; i < count; ++i) work(i);
}

}  // namespace ohmweave::inference
