// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_kernels.h"
#include "nn/sparse_lanes_avx2.h"
#include "nn/sparse_table_kernels.h"

namespace ohmweave::nn::sparse {

const KernelTable& avx2_kernels() {
  static const KernelTable table = make_table<Avx2Lanes>();
  return table;
}

}  // namespace ohmweave::nn::sparse
