// SPDX-License-Identifier: Apache-2.0
// Four doubles in a vector register: one of each of four blocks, or of four lines.
#pragma once

namespace ohmweave::crossbar {

// NOLINTNEXTLINE(modernize-use-using): the attributes belong to the declarator
typedef double Lanes __attribute__((vector_size(32), may_alias));
constexpr int kLanes = 4;

inline Lanes all_lanes(double value) { return Lanes{value, value, value, value}; }

/// Lane j of lines[i] and lane i of lines[j] change places.
inline void transpose(Lanes (&lines)[kLanes]) {
  const Lanes a = __builtin_shufflevector(lines[0], lines[1], 0, 4, 2, 6);
  const Lanes b = __builtin_shufflevector(lines[0], lines[1], 1, 5, 3, 7);
  const Lanes c = __builtin_shufflevector(lines[2], lines[3], 0, 4, 2, 6);
  const Lanes d = __builtin_shufflevector(lines[2], lines[3], 1, 5, 3, 7);
  lines[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  lines[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  lines[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  lines[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

}  // namespace ohmweave::crossbar
