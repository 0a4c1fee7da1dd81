// SPDX-License-Identifier: Apache-2.0
#include "inference/executor.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace ohmweave::inference {
namespace {

/// A node with what goes into it.
struct Step {
  const Node& node;
  const QuantizedNode& integers;
  Shape output;
  std::vector<const CodeBatch*> inputs;
};

void requantize_all(const Requantizer& requantizer, CodeBatch& batch) {
  for (std::int32_t& code : batch.codes)
    code = static_cast<std::int32_t>(requantize(code, requantizer));
}

CodeBatch run_weights(const Step& step, const std::optional<LayerProduct>& product,
                      const Reading& reading) {
  OHMWEAVE_REQUIRE(product.has_value(), "layer '" + step.node.name + "' has no product");
  CodeBatch result = multiply(*product, step.node, step.output, *step.inputs[0], reading);
  if (step.integers.requantizer) requantize_all(*step.integers.requantizer, result);
  return result;
}

CodeBatch run_relu(const Step& step) {
  CodeBatch result = *step.inputs[0];
  for (std::int32_t& code : result.codes) code = std::max(code, 0);
  return result;
}

/// Calls take(value) for each place of one pooling window that lies on the map.
template <class Take>
void visit_window(const Step& step, const std::int32_t* map, int y, int x, const Take& take) {
  const Shape& shape = step.inputs[0]->shape;
  const int top = y * step.node.stride - step.node.padding;
  const int left = x * step.node.stride - step.node.padding;
  for (int row = std::max(0, top); row < std::min(shape.height, top + step.node.kernel); ++row)
    for (int col = std::max(0, left); col < std::min(shape.width, left + step.node.kernel); ++col)
      take(map[row * shape.width + col]);
}

/// pool(map, y, x) for every place of every output map.
template <class Pool>
CodeBatch run_pool(const Step& step, const Pool& pool) {
  const Shape& shape = step.inputs[0]->shape;
  CodeBatch result = make_code_batch(step.inputs[0]->num_images, step.output);
  const std::int64_t num_maps = static_cast<std::int64_t>(result.num_images) * shape.channels;
  std::int32_t* target = result.codes.data();
  for (std::int64_t i = 0; i < num_maps; ++i) {
    const std::int32_t* map = step.inputs[0]->codes.data() + i * shape.height * shape.width;
    for (int y = 0; y < step.output.height; ++y)
      for (int x = 0; x < step.output.width; ++x) *target++ = pool(map, y, x);
  }
  return result;
}

CodeBatch run_max_pool(const Step& step) {
  return run_pool(step, [&](const std::int32_t* map, int y, int x) {
    std::int32_t largest = std::numeric_limits<std::int32_t>::min();
    visit_window(step, map, y, x, [&](std::int32_t v) { largest = std::max(largest, v); });
    return largest;
  });
}

CodeBatch run_average_pool(const Step& step) {
  OHMWEAVE_REQUIRE(step.integers.requantizer.has_value(), "an average needs a requantizer");
  return run_pool(step, [&](const std::int32_t* map, int y, int x) {
    std::int64_t sum = 0;
    visit_window(step, map, y, x, [&](std::int32_t v) { sum += v; });
    return static_cast<std::int32_t>(requantize(sum, *step.integers.requantizer));
  });
}

CodeBatch run_add(const Step& step) {
  CodeBatch result = make_code_batch(step.inputs[0]->num_images, step.output);
  std::vector<std::int64_t> addends(step.inputs.size());
  for (std::size_t i = 0; i < result.codes.size(); ++i) {
    for (std::size_t a = 0; a < addends.size(); ++a) addends[a] = step.inputs[a]->codes[i];
    result.codes[i] =
        static_cast<std::int32_t>(requantize_sum(addends, step.integers.addend_requantizers));
  }
  return result;
}

CodeBatch run_flatten(const Step& step) {
  CodeBatch result = *step.inputs[0];
  result.shape = step.output;
  return result;
}

CodeBatch run_step(const Step& step, const std::optional<LayerProduct>& product,
                   const Reading& reading) {
  switch (step.node.op) {
    case Op::Conv2d:
    case Op::Linear:
      return run_weights(step, product, reading);
    case Op::Relu:
      return run_relu(step);
    case Op::MaxPool2d:
      return run_max_pool(step);
    case Op::AvgPool2d:
      return run_average_pool(step);
    case Op::Add:
      return run_add(step);
    case Op::Flatten:
      return run_flatten(step);
    case Op::Input:
    case Op::BatchNorm2d:
    case Op::Dropout:
      break;
  }
  OHMWEAVE_REQUIRE(false, "node '" + step.node.name + "' (" + op_name(step.node.op) +
                              ") is not part of an integer network");
  return {};
}

}  // namespace

std::vector<CodeBatch> run_network(const QuantizedNetwork& network, const LayerProducts& products,
                                   const CodeBatch& input, const Reading& reading) {
  OHMWEAVE_REQUIRE(input.shape == network.network.input, "images of another shape");
  OHMWEAVE_REQUIRE(products.size() == network.nodes.size(), "one entry a node");
  const std::vector<Shape> shapes = infer_shapes(network.network);
  std::vector<CodeBatch> outputs;
  outputs.reserve(network.nodes.size());
  outputs.push_back(input);
  for (std::size_t i = 1; i < network.nodes.size(); ++i) {
    Step step{network.network.nodes[i], network.nodes[i], shapes[i], {}};
    for (const int from : step.node.inputs) step.inputs.push_back(&outputs[from]);
    Reading own{reading.first_image, {}};
    if (reading.noise) own.noise = reading.noise->child("node", i);
    outputs.push_back(run_step(step, products[i], own));
  }
  return outputs;
}

CodeBatch run_operation(const QuantizedNetwork& network, int node,
                        const std::vector<CodeBatch>& inputs) {
  OHMWEAVE_REQUIRE(!has_weights(network.network.nodes[node].op), "an operation without weights");
  Step step{
      network.network.nodes[node], network.nodes[node], infer_shapes(network.network)[node], {}};
  for (const CodeBatch& input : inputs) step.inputs.push_back(&input);
  return run_step(step, std::nullopt, {});
}

}  // namespace ohmweave::inference
