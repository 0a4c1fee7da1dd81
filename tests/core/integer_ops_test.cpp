// SPDX-License-Identifier: Apache-2.0
// Every operation on codes, against sums done by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"
#include "tests/core/networks.h"

namespace ohmweave {
namespace {

using Codes = std::vector<std::int64_t>;
using sample::conv;
using sample::linear;
using sample::message_of;
using sample::network;
using sample::node;
using sample::windowed;

/// The network with 8-bit signed codes everywhere and nothing else set.
QuantizedNetwork quantized(Shape input, std::vector<Node> nodes) {
  QuantizedNetwork q;
  q.network = network(input, std::move(nodes));
  q.nodes.resize(q.network.nodes.size());
  for (QuantizedNode& each : q.nodes) each.output = {1.0, 8, true};
  return q;
}

QuantizedWeights weights(std::vector<std::int32_t> codes, Codes bias) {
  return {std::move(codes), 1.0, std::move(bias)};
}

/// Codes of the last node.
Codes run(const QuantizedNetwork& q, const std::vector<std::int32_t>& input) {
  return run_integer_reference(q, input).back();
}

TEST(IntegerReference, LinearMultipliesOutByIn) {
  QuantizedNetwork q = quantized({3, 1, 1}, {linear("l", 0, 2)});
  q.nodes[1].weights = weights({1, 2, 3, -4, 5, -6}, {10, -20});

  EXPECT_EQ(run(q, {1, -1, 2}), (Codes{1 - 2 + 6 + 10, -4 - 5 - 12 - 20}));
}

TEST(IntegerReference, ConvolutionSlidesItsWindow) {
  QuantizedNetwork q = quantized({1, 3, 3}, {conv("c", 0, 1, {2})});
  q.nodes[1].weights = weights({1, 2, 3, 4}, {});
  // windows [1 2; 4 5], [2 3; 5 6], [4 5; 7 8], [5 6; 8 9] against 1 2; 3 4
  EXPECT_EQ(run(q, {1, 2, 3, 4, 5, 6, 7, 8, 9}), (Codes{37, 47, 67, 77}));
}

TEST(IntegerReference, ConvolutionPadsWithZerosAndStrides) {
  QuantizedNetwork q = quantized({1, 2, 2}, {conv("c", 0, 1, {2, 2, 1})});
  q.nodes[1].weights = weights({1, 2, 3, 4}, {100});
  // padded 4 x 4, windows at the corners: one code each, against 4, 3, 2, 1
  EXPECT_EQ(run(q, {5, 6, 7, 8}), (Codes{120, 118, 114, 108}));
}

TEST(IntegerReference, ConvolutionSumsOverChannels) {
  QuantizedNetwork q = quantized({2, 1, 2}, {conv("c", 0, 2, {1})});
  q.nodes[1].weights = weights({1, 10, -1, 2}, {});

  EXPECT_EQ(run(q, {3, 4, 5, 6}), (Codes{53, 64, 7, 8}));
}

TEST(IntegerReference, GroupsSeeOnlyTheirOwnChannels) {
  QuantizedNetwork q = quantized({2, 1, 2}, {conv("c", 0, 4, {1})});
  q.network.nodes[1].groups = 2;
  q.nodes[1].weights = weights({1, 2, 3, 4}, {});

  EXPECT_EQ(run(q, {5, 6, 7, 8}), (Codes{5, 6, 10, 12, 21, 24, 28, 32}));
}

TEST(IntegerReference, WeightLayersRequantizeUnlessLast) {
  QuantizedNetwork q = quantized({2, 1, 1}, {linear("l", 0, 2), linear("m", 1, 1)});
  q.nodes[1].weights = weights({10, 0, 0, 10}, {});
  q.nodes[1].requantizer = make_requantizer(0.25, -7, 7);
  q.nodes[2].weights = weights({100, 1}, {});

  const auto codes = run_integer_reference(q, {1, -4});

  EXPECT_EQ(codes[1], (Codes{3, -7}));  // 2.5 rounds up; -10 saturates
  EXPECT_EQ(codes[2], (Codes{293}));
}

TEST(IntegerReference, ReluDropsNegativeCodes) {
  const QuantizedNetwork q = quantized({1, 1, 3}, {node("r", Op::Relu, {0})});

  EXPECT_EQ(run(q, {-3, 0, 5}), (Codes{0, 0, 5}));
}

TEST(IntegerReference, MaxPoolTakesTheLargestOfEachWindow) {
  const QuantizedNetwork q = quantized({1, 2, 4}, {windowed("p", Op::MaxPool2d, 0, {2, 2})});

  EXPECT_EQ(run(q, {1, -2, -3, -4, 5, -6, -7, -8}), (Codes{5, -3}));
}

TEST(IntegerReference, MaxPoolIgnoresPaddedPlaces) {
  const QuantizedNetwork q = quantized({1, 2, 2}, {windowed("p", Op::MaxPool2d, 0, {2, 2, 1})});

  EXPECT_EQ(run(q, {-1, -2, -3, -4}), (Codes{-1, -2, -3, -4}));  // not the zeros of the padding
}

TEST(IntegerReference, MaxPoolLeavesOutAnIncompleteWindow) {
  const QuantizedNetwork q = quantized({1, 3, 3}, {windowed("p", Op::MaxPool2d, 0, {2, 2})});

  EXPECT_EQ(run(q, {1, 2, 3, 4, 5, 6, 7, 8, 9}), (Codes{5}));
}

TEST(IntegerReference, AvgPoolRequantizesTheSum) {
  QuantizedNetwork q = quantized({2, 2, 2}, {windowed("a", Op::AvgPool2d, 0, {2, 2})});
  q.nodes[1].requantizer = make_requantizer(0.25, -127, 127);

  EXPECT_EQ(run(q, {1, 2, 3, 4, -1, -2, -3, -4}), (Codes{3, -2}));  // 2.5 and -2.5, both up
}

TEST(IntegerReference, AddBringsBothToOneScale) {
  QuantizedNetwork q = quantized({1, 1, 3}, {node("r", Op::Relu, {0}), node("s", Op::Add, {0, 1})});
  // codes * 1/2 + relu(codes) * 1/4
  q.nodes[2].addend_requantizers = {{1 << 30, 31, -7, 7}, {1 << 29, 31, -7, 7}};

  EXPECT_EQ(run(q, {5, -5, 100}), (Codes{4, -2, 7}));  // 3.75, -2.5 up, 75 saturates
}

TEST(IntegerReference, FlattenKeepsTheOrder) {
  const QuantizedNetwork q = quantized({2, 1, 2}, {node("f", Op::Flatten, {0})});

  EXPECT_EQ(run(q, {1, 2, 3, 4}), (Codes{1, 2, 3, 4}));
}

TEST(GatherWindow, OrdersChannelsThenRowsThenColumns) {
  const Node c = conv("c", 0, 1, {2, 1, 1});
  const Codes codes{1, 2, 3, 4, 5, 6, 7, 8};  // 2 x 2 x 2

  EXPECT_EQ(gather_window(c, {2, 2, 2}, codes, 0, 1, 1), codes);
  EXPECT_EQ(gather_window(c, {2, 2, 2}, codes, 0, 0, 0), (Codes{0, 0, 0, 1, 0, 0, 0, 5}));
  EXPECT_EQ(gather_window(c, {2, 2, 2}, codes, 0, 2, 1), (Codes{3, 4, 0, 0, 7, 8, 0, 0}));
}

TEST(GatherWindow, TakesTheChannelsOfOneGroup) {
  Node c = conv("c", 0, 2, {1});
  c.groups = 2;

  EXPECT_EQ(gather_window(c, {4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, 1, 0, 1), (Codes{6, 8}));
}

TEST(GatherWindow, OfALinearNodeIsItsInput) {
  EXPECT_EQ(gather_window(linear("l", 0, 2), {3, 1, 1}, {1, 2, 3}, 0, 0, 0), (Codes{1, 2, 3}));
}

TEST(QuantizeInput, RoundsAndSaturatesUnsigned) {
  QuantizedNetwork q = quantized({4, 1, 1}, {node("r", Op::Relu, {0})});
  q.nodes[0].output = {0.5, 4, false};

  EXPECT_EQ(quantize_input(q, {0.7F, 0.8F, 100.0F, -3.0F}),
            (std::vector<std::int32_t>{1, 2, 15, 0}));
}

TEST(QuantizeInput, RoundsAndSaturatesSigned) {
  QuantizedNetwork q = quantized({4, 1, 1}, {node("r", Op::Relu, {0})});
  q.nodes[0].output = {0.5, 4, true};

  EXPECT_EQ(quantize_input(q, {0.25F, -0.25F, 100.0F, -100.0F}),
            (std::vector<std::int32_t>{1, 0, 7, -7}));
}

TEST(QuantizeInput, RefusesAnotherSizeAndNan) {
  const QuantizedNetwork q = quantized({2, 1, 1}, {node("r", Op::Relu, {0})});

  EXPECT_EQ(message_of<DataError>([&] { static_cast<void>(quantize_input(q, {1.0F})); }),
            "an image of 1 values: network 'test' takes 2");
  EXPECT_EQ(message_of<DataError>([&] {
              static_cast<void>(quantize_input(q, {1.0F, NAN}));
            }),
            "an image holds a value that is not finite");
}

}  // namespace
}  // namespace ohmweave
