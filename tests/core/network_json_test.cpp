// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/network.h"
#include "tests/core/networks.h"

namespace ohmweave {
namespace {

using sample::conv;
using sample::message_of;
using sample::network;
using sample::node;

std::string error_of(const std::string& text) {
  return message_of<DataError>(
      [&] { static_cast<void>(network_from_json(parse_json(text, "test"))); });
}

/// A valid network whose second node is `second`.
std::string with_second_node(const std::string& second) {
  return R"({"name": "n", "input": {"channels": 1, "height": 4, "width": 4}, "nodes": [
             {"name": "image", "op": "input"}, )" +
         second + "]}";
}

TEST(NetworkJson, WritesOnlyTheKeysOfEachOperation) {
  Network n = network({1, 4, 4}, {sample::with_bias(conv("c", 0, 2, {3, 1, 1})),
                                  node("r", Op::Relu, {1}), node("s", Op::Add, {1, 2})});

  EXPECT_EQ(network_to_json(n).dump(),
            R"({"name":"test","input":{"channels":1,"height":4,"width":4},"nodes":[)"
            R"({"name":"input","op":"input","inputs":[]},)"
            R"({"name":"c","op":"conv2d","inputs":["input"],"out_channels":2,"kernel":3,)"
            R"("stride":1,"padding":1,"groups":1,"has_bias":true},)"
            R"({"name":"r","op":"relu","inputs":["c"]},)"
            R"({"name":"s","op":"add","inputs":["c","r"]}]})");
}

TEST(NetworkJson, ReadsBackEveryOperation) {
  Network n = network(
      {2, 8, 8},
      {conv("c", 0, 4, {3, 2, 1}), node("b", Op::BatchNorm2d, {1}), node("r", Op::Relu, {2}),
       node("s", Op::Add, {3, 2}), sample::windowed("p", Op::MaxPool2d, 4, {2, 1, 1}),
       sample::windowed("a", Op::AvgPool2d, 5, {2, 2, 0}), node("f", Op::Flatten, {6}),
       node("d", Op::Dropout, {7}), sample::with_bias(sample::linear("l", 8, 3))});
  n.nodes[1].groups = 2;
  n.nodes[8].dropout_fraction = 0.25;

  const Network back = network_from_json(network_to_json(n));

  ASSERT_EQ(back.nodes.size(), n.nodes.size());
  for (std::size_t i = 0; i < n.nodes.size(); ++i) {
    EXPECT_EQ(back.nodes[i].name, n.nodes[i].name);
    EXPECT_EQ(back.nodes[i].op, n.nodes[i].op);
    EXPECT_EQ(back.nodes[i].inputs, n.nodes[i].inputs);
    EXPECT_EQ(back.nodes[i].out_channels, n.nodes[i].out_channels);
    EXPECT_EQ(back.nodes[i].kernel, n.nodes[i].kernel);
    EXPECT_EQ(back.nodes[i].stride, n.nodes[i].stride);
    EXPECT_EQ(back.nodes[i].padding, n.nodes[i].padding);
    EXPECT_EQ(back.nodes[i].groups, n.nodes[i].groups);
    EXPECT_EQ(back.nodes[i].has_bias, n.nodes[i].has_bias);
    EXPECT_EQ(back.nodes[i].dropout_fraction, n.nodes[i].dropout_fraction);
  }
  EXPECT_EQ(back.input, n.input);
  EXPECT_EQ(back.name, n.name);
}

TEST(NetworkJson, NamesAnUnknownOperation) {
  const std::string error =
      error_of(with_second_node(R"({"name": "r", "op": "rellu", "inputs": ["image"]})"));

  EXPECT_NE(error.find("/nodes/1/op = \"rellu\": must be one of: input, conv2d"), std::string::npos)
      << error;
  EXPECT_NE(error.find("nearest: relu"), std::string::npos) << error;
}

TEST(NetworkJson, NamesAnInputThatIsNoEarlierNode) {
  EXPECT_EQ(error_of(with_second_node(R"({"name": "r", "op": "relu", "inputs": ["r"]})")),
            "network:\n/nodes/1/inputs/0 = \"r\": must be the name of an earlier node");
}

TEST(NetworkJson, RefusesAKeyOfAnotherOperation) {
  EXPECT_EQ(error_of(with_second_node(
                R"({"name": "r", "op": "relu", "inputs": ["image"], "stride": 2})")),
            "network:\n/nodes/1: unknown key 'stride'; allowed: name, op, inputs");
}

TEST(NetworkJson, ListsEveryProblem) {
  const std::string error = error_of(with_second_node(
      R"({"name": "c", "op": "conv2d", "inputs": ["image"], "kernel": 0, "groups": "2"})"));

  EXPECT_NE(error.find("/nodes/1/out_channels: is missing"), std::string::npos) << error;
  EXPECT_NE(error.find("/nodes/1/kernel = 0: must be in [1, "), std::string::npos) << error;
  EXPECT_NE(error.find("/nodes/1/groups = \"2\": must be an integer, is a string"),
            std::string::npos)
      << error;
}

TEST(NetworkJson, RefusesAGraphThatIsNotSound) {
  EXPECT_EQ(error_of(with_second_node(
                R"({"name": "c", "op": "conv2d", "inputs": ["image"], "out_channels": 1,
                    "kernel": 5})")),
            "network 'n', node 'c' (conv2d): kernel 5: must fit the padded input of 4 x 4");
}

TEST(NetworkJson, RefusesWhatIsNoObject) {
  EXPECT_EQ(error_of("[]"), "network: must be an object");
}

}  // namespace
}  // namespace ohmweave
