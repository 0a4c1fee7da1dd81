// SPDX-License-Identifier: Apache-2.0
// Reads of arrays whose inputs switch gates.
#pragma once

#include "core/random.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// rows x reads, 0 or 1; one connects no row, another all, and two are equal. At least 4 reads.
inline MatrixF random_reads(Eigen::Index rows, Eigen::Index reads) {
  const RandomStream stream(4);
  MatrixF active(rows, reads);
  for (Eigen::Index i = 0; i < active.size(); ++i)
    active.data()[i] = static_cast<float>(stream.below(2, static_cast<std::uint64_t>(i)));
  active.col(1).setZero();
  active.col(2).setOnes();
  active.col(reads - 1) = active.col(0);
  return active;
}

}  // namespace ohmweave::crossbar
