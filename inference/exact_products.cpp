// SPDX-License-Identifier: Apache-2.0
#include "inference/exact_products.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace ohmweave::inference {
namespace {

constexpr std::int64_t kExactInFloat = std::int64_t{1} << 24;

/// All weights of one group that have a non-zero in their row.
BlockProduct group_block(const QuantizedWeights& weights, const MatrixShape& matrix, int group) {
  const std::vector<std::int32_t>& codes = weights.codes;
  BlockProduct block;
  block.group = group;
  const std::int64_t first_out = static_cast<std::int64_t>(group) * matrix.columns;
  for (int row = 0; row < matrix.rows; ++row) {
    for (int column = 0; column < matrix.columns; ++column) {
      if (codes[(first_out + column) * matrix.rows + row] == 0) continue;
      block.rows.push_back(row);
      break;
    }
  }
  for (int column = 0; column < matrix.columns; ++column)
    block.outputs.push_back(static_cast<int>(first_out) + column);
  block.gain.resize(matrix.columns, static_cast<Eigen::Index>(block.rows.size()));
  for (int column = 0; column < matrix.columns; ++column)
    for (std::size_t r = 0; r < block.rows.size(); ++r)
      block.gain(column, static_cast<Eigen::Index>(r)) = static_cast<float>(
          weights.value(codes[(first_out + column) * matrix.rows + block.rows[r]]));
  return block;
}

LayerProduct exact_product(const QuantizedNetwork& network, const MatrixShape& matrix, int node) {
  const QuantizedWeights& weights = *network.nodes[node].weights;
  const std::string& name = network.network.nodes[node].name;
  const CodeFormat& input = input_format(network, node);
  std::int64_t largest_weight = 1;
  for (const std::int32_t code : weights.codes)
    largest_weight = std::max(largest_weight,
                              static_cast<std::int64_t>(std::ceil(std::fabs(weights.value(code)))));
  const std::int64_t largest_term =
      largest_weight * ((std::int64_t{1} << input.magnitude_bits()) - 1);
  if (largest_term >= kExactInFloat)
    throw DataError("layer '" + name + "': weight code x input code may reach " +
                    std::to_string(largest_term) + "; less than 2^24 is supported");
  LayerProduct product;
  product.rows_at_once = static_cast<int>((kExactInFloat - 1) / largest_term);
  product.digit_bits = input.magnitude_bits();
  product.bias = weights.bias;
  product.largest_code = static_cast<std::int32_t>(
      largest_term * std::min<std::int64_t>(product.rows_at_once, matrix.rows));
  for (int group = 0; group < matrix.groups; ++group) {
    BlockProduct block = group_block(weights, matrix, group);
    if (!block.rows.empty()) product.blocks.push_back(std::move(block));
  }
  check_accumulators(product, name);
  return product;
}

}  // namespace

const CodeFormat& input_format(const QuantizedNetwork& network, int node) {
  return network.nodes[network.network.nodes[node].inputs.at(0)].output;
}

LayerProducts exact_products(const QuantizedNetwork& network) {
  const std::vector<Shape> shapes = infer_shapes(network.network);
  LayerProducts products(network.nodes.size());
  for (const int node : weight_nodes(network.network))
    products[node] = exact_product(network, matrix_shape(network.network, shapes, node), node);
  return products;
}

}  // namespace ohmweave::inference
