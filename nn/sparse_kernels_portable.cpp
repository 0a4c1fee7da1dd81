// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_kernels.h"
#include "nn/sparse_lanes_portable.h"
#include "nn/sparse_table_kernels.h"

namespace ohmweave::nn::sparse {

const KernelTable& portable_kernels() {
  static const KernelTable table = make_table<PortableLanes>();
  return table;
}

}  // namespace ohmweave::nn::sparse
