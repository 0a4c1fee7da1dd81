// SPDX-License-Identifier: Apache-2.0
// The numbers of a network that a sparse training may change, as one flat list: the weights its
// masks allow, in tensor order and layer by layer, then all biases and batch-norm parameters, layer
// by layer. Gradients and optimizer states are lists of the same order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/tensor.h"

namespace ohmweave::nn {

/// One byte for every weight, in tensor order, not 0 where a weight may exist; by parameter name
/// ("conv1.weight").
using SparseMasks = std::map<std::string, std::vector<std::uint8_t>>;

/// The values of one parameter: numbers first .. first + places.size() - 1 of the list.
struct SparseRange {
  std::string name;
  int node = 0;            // that owns the parameter
  bool is_weight = false;  // of a Conv2d or Linear
  std::int64_t first = 0;
  std::vector<std::int64_t> places;  // flat index in the parameter's tensor, of each value
};

/// Throws DataError when the graph is not sound, or naming the weight whose mask is missing or of
/// another size, or the mask that belongs to no weight.
[[nodiscard]] std::vector<SparseRange> sparse_ranges(const Network& network,
                                                     const SparseMasks& masks);
[[nodiscard]] std::int64_t num_values(const std::vector<SparseRange>& ranges);

/// The values of all ranges; what lies outside the masks is left behind.
[[nodiscard]] std::vector<float> gather_values(const std::vector<SparseRange>& ranges,
                                               const Parameters& parameters);
/// Writes the values to their places; other places are not touched.
void scatter_values(const std::vector<SparseRange>& ranges, const std::vector<float>& values,
                    Parameters& parameters);

}  // namespace ohmweave::nn
