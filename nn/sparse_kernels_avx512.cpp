// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_kernels.h"
#include "nn/sparse_lanes_avx512.h"
#include "nn/sparse_table_kernels.h"

namespace ohmweave::nn::sparse {

const KernelTable& avx512_kernels() {
  static const KernelTable table = make_table<Avx512Lanes>();
  return table;
}

}  // namespace ohmweave::nn::sparse
