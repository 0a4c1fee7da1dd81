// SPDX-License-Identifier: Apache-2.0
// A whole random network in integers against its twin in double precision.
#include <gtest/gtest.h>

#include "core/quantized_network.h"
#include "tests/core/residual_model.h"

namespace ohmweave {
namespace {

using sample::Map;

// Relative slack for the float32 of folded weights and the 31-bit requantization factors.
constexpr double kSlack = 1e-6;

Map dequantized(const std::vector<std::int64_t>& codes, double scale) {
  Map values;
  for (const std::int64_t code : codes) values.push_back(static_cast<double>(code) * scale);
  return values;
}

/// Per output channel: how far a weight layer's sum may be off, were its inputs exact and at most
/// `largest_input`: sum |w - code * scale| * x, and half a step of the bias.
std::vector<double> weight_errors(const NetworkModel& folded, const QuantizedNetwork& q, int index,
                                  double largest_input) {
  const Node& node = folded.network.nodes[index];
  const std::vector<float>& w = folded.parameters.at(node.name + ".weight").values;
  const QuantizedWeights& quantized = *q.nodes[index].weights;
  const std::size_t rows = w.size() / node.out_channels;
  const double unit = quantized.scale * q.nodes[node.inputs[0]].output.scale;
  std::vector<double> errors(node.out_channels, 0.5 * unit);
  for (std::size_t i = 0; i < w.size(); ++i) {
    errors[i / rows] += std::fabs(w[i] - quantized.codes[i] * quantized.scale) * largest_input;
  }
  return errors;
}

double largest_magnitude(const Map& map) {
  double largest = 0.0;
  for (const double value : map) largest = std::max(largest, std::fabs(value));
  return largest;
}

bool makes_codes(const QuantizedNode& node) {
  return node.requantizer.has_value() || !node.addend_requantizers.empty();
}

/// Every node alone: from the integer run's own input codes, read as numbers, the operation in
/// double precision must give the integer run's output within the rounding of its weights, bias
/// and output.
void expect_nodes_agree(const sample::ResidualCase& given, const QuantizationOptions& options) {
  const NetworkModel folded = fold_for_inference(given.model);
  const QuantizedNetwork q = quantize(given.model, options);
  const std::vector<Shape> shapes = infer_shapes(folded.network);
  for (const std::vector<float>& image : given.images) {
    const auto codes = run_integer_reference(q, quantize_input(q, image));
    for (int i = 1; i < static_cast<int>(codes.size()); ++i) {
      const Node& node = folded.network.nodes[i];
      const CodeFormat& format = q.nodes[i].output;
      std::vector<Map> inputs;
      for (const int input : node.inputs) {
        inputs.push_back(dequantized(codes[input], q.nodes[input].output.scale));
      }
      Map expected = sample::float_node(folded, shapes, i, inputs);
      const double slack = kSlack * (1.0 + largest_magnitude(expected));
      std::vector<double> allowed(shapes[i].channels, slack);
      if (has_weights(node.op)) {
        allowed = weight_errors(folded, q, i, largest_magnitude(inputs[0]));
        for (double& error : allowed) error += slack;
      }
      const Map found = dequantized(codes[i], format.scale);
      const int area = shapes[i].height * shapes[i].width;
      for (std::size_t j = 0; j < found.size(); ++j) {
        double step = 0.0;
        if (makes_codes(q.nodes[i])) {
          step = 0.5 * format.scale;
          const double low = static_cast<double>(format.low()) * format.scale;
          const double high = static_cast<double>(format.high()) * format.scale;
          expected[j] = std::min(std::max(expected[j], low), high);
        }
        ASSERT_NEAR(found[j], expected[j], allowed[j / area] + step)
            << node.name << ", place " << j;
      }
    }
  }
}

TEST(IntegerReference, AgreesNodeByNodeWithDoublePrecision) {
  expect_nodes_agree(sample::residual_case(21), {4, 8, ActivationRangeKind::Max});
  expect_nodes_agree(sample::residual_case(22), {6, 6, ActivationRangeKind::Max});
}

TEST(IntegerReference, AgreesNodeByNodeWhereCodesSaturate) {
  sample::ResidualCase given = sample::residual_case(23);
  for (auto& [name, range] : given.model.ranges) {
    range.percentile_magnitude = 0.3 * std::max(std::fabs(range.min), std::fabs(range.max));
  }

  expect_nodes_agree(given, {4, 8, ActivationRangeKind::Percentile});
}

/// Worst error of each node from the worst of its inputs: an operation passes errors on by at most
/// its gain and adds its own roundings.
std::vector<double> worst_errors(const NetworkModel& folded, const QuantizedNetwork& q) {
  std::vector<double> worst(q.nodes.size(), 0.0);
  worst[0] = 0.5 * q.nodes[0].output.scale;
  for (int i = 1; i < static_cast<int>(q.nodes.size()); ++i) {
    const Node& node = folded.network.nodes[i];
    const CodeFormat& in = q.nodes[node.inputs[0]].output;
    if (has_weights(node.op)) {
      const std::vector<float>& w = folded.parameters.at(node.name + ".weight").values;
      const std::size_t rows = w.size() / node.out_channels;
      const auto own = weight_errors(folded, q, i, static_cast<double>(in.high()) * in.scale);
      for (int o = 0; o < node.out_channels; ++o) {
        double gain = 0.0;
        for (std::size_t r = 0; r < rows; ++r) gain += std::fabs(w[o * rows + r]);
        worst[i] = std::max(worst[i], gain * worst[node.inputs[0]] + own[o]);
      }
    } else {
      for (const int input : node.inputs) worst[i] += worst[input];  // an Add has two
    }
    if (makes_codes(q.nodes[i])) worst[i] += 0.5 * q.nodes[i].output.scale;
    worst[i] += kSlack;
  }
  return worst;
}

// The worst case multiplies by the sum of |weights| at every layer, so it says something (20 % of
// the largest value) only up to relu3: three convolutions, the residual Add and both poolings.
TEST(IntegerReference, StaysWithinTheWorstErrorOfAChainOfNodes) {
  const sample::ResidualCase given = sample::residual_case(24);
  const NetworkModel folded = fold_for_inference(given.model);
  const QuantizedNetwork q = quantize(given.model, {12, 13, ActivationRangeKind::Max});
  const std::vector<double> allowed = worst_errors(folded, q);
  const auto num_nodes = static_cast<std::size_t>(q.network.index_of("relu3")) + 1;

  for (const std::vector<float>& image : given.images) {
    const auto codes = run_integer_reference(q, quantize_input(q, image));
    const std::vector<Map> expected = sample::run_float(folded, image);
    for (std::size_t i = 0; i < num_nodes; ++i) {
      const Map found = dequantized(codes[i], q.nodes[i].output.scale);
      ASSERT_LT(allowed[i], 0.2 * largest_magnitude(expected[i])) << "the bound says nothing";
      // A ReLU that follows is already in the codes; clamping to the ranges of these very images
      // only moves a code towards the true value.
      const bool is_rectified = !q.nodes[i].output.is_signed;
      for (std::size_t j = 0; j < found.size(); ++j) {
        const double value = is_rectified ? std::max(0.0, expected[i][j]) : expected[i][j];
        ASSERT_NEAR(found[j], value, allowed[i]) << folded.network.nodes[i].name << " " << j;
      }
    }
  }
}

}  // namespace
}  // namespace ohmweave
