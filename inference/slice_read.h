// SPDX-License-Identifier: Apache-2.0
// From the cells of one slice's arrays to what a block's columns are read as: of a pair the
// difference of both arrays or of both rows of an input, of a single array the difference to its
// reference column
// (core/encoding.h).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "crossbar/matrix.h"
#include "crossbar/options.h"
#include "inference/gate_circuit.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// A block in its arrays, and the product that its slices fill.
struct SeatedBlock {
  int node = 0;
  std::size_t block = 0;  // in the layer's product
  int first_row = 0;      // in inputs of the array
  int first_column = 0;
  std::shared_ptr<GateCircuit> circuit;  // filled in place of gains; null: gains
};

/// The cells of a slice's arrays, at their age.
struct SliceCells {
  std::vector<crossbar::Matrix> siemens;  // of each array: two of a pair, or one; rows x columns
  double compensation = 1.0;              // of the converter's step
};

/// Which slice, and how its arrays are read.
struct SliceCircuits {
  const crossbar::ArrayOptions& array;
  const crossbar::DeviceOptions& device;
  int slice = 0;
  crossbar::MatrixCache* matrices = nullptr;  // as crossbar::read_of_array()
};

/// Currents of whole arrays for any digits of their rows, and their variances: what fill_slice()
/// takes, found once for all blocks of the arrays.
struct SliceMatrices {
  std::vector<crossbar::Matrix>
      effective;                           // siemens, columns x inputs, of each array; empty: gates
  std::vector<crossbar::Matrix> variance;  // empty without read noise
};
[[nodiscard]] SliceMatrices slice_matrices(const SliceCells& cells, const SliceCircuits& circuits);

/// Fills the part of `block` that the slice is.
void fill_slice(const SliceCells& cells, const SliceMatrices& matrices,
                const SliceCircuits& circuits, const SeatedBlock& seat, BlockProduct& block);

}  // namespace ohmweave::inference
