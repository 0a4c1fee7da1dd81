// SPDX-License-Identifier: Apache-2.0
#include "core/network.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/core/networks.h"

namespace ohmweave {
namespace {

using sample::conv;
using sample::linear;
using sample::message_of;
using sample::network;
using sample::node;
using sample::windowed;

std::string error_of(const Network& n) {
  return message_of<DataError>([&] { static_cast<void>(infer_shapes(n)); });
}

TEST(InferShapes, FollowsWindowsStridesAndPadding) {
  const Network n = network({3, 7, 9}, {conv("c1", 0, 4, {3, 1, 1}), conv("c2", 1, 5, {3, 2, 0}),
                                        windowed("p", Op::MaxPool2d, 2, {2, 2, 1}),
                                        windowed("a", Op::AvgPool2d, 3, {2, 1, 0}),
                                        node("f", Op::Flatten, {4}), linear("l", 5, 6)});

  const std::vector<Shape> shapes = infer_shapes(n);

  EXPECT_EQ(shapes[0], (Shape{3, 7, 9}));
  EXPECT_EQ(shapes[1], (Shape{4, 7, 9}));  // padding 1 keeps the size of a 3 x 3 window
  EXPECT_EQ(shapes[2], (Shape{5, 3, 4}));  // (7-3)/2+1 x (9-3)/2+1
  EXPECT_EQ(shapes[3], (Shape{5, 2, 3}));  // (3+2-2)/2+1 x (4+2-2)/2+1, rounded down
  EXPECT_EQ(shapes[4], (Shape{5, 1, 2}));
  EXPECT_EQ(shapes[5], (Shape{10, 1, 1}));
  EXPECT_EQ(shapes[6], (Shape{6, 1, 1}));
}

TEST(InferShapes, RefusesAGraphWithoutInput) {
  Network n = network({1, 2, 2}, {});
  n.nodes.clear();

  EXPECT_EQ(error_of(n), "network 'test': the first node must be an input");
}

TEST(InferShapes, RefusesNamesThatAreNotUnique) {
  const Network n = network({1, 2, 2}, {node("r", Op::Relu, {0}), node("r", Op::Relu, {1})});

  EXPECT_EQ(error_of(n), "network 'test': two nodes are named 'r'");
}

TEST(InferShapes, RefusesLinksForward) {
  const Network n = network({1, 2, 2}, {node("r", Op::Relu, {2}), node("s", Op::Relu, {1})});

  EXPECT_EQ(error_of(n),
            "network 'test', node 'r' (relu): its input is node number 2: must be one of the nodes "
            "before it");
}

TEST(InferShapes, RefusesAWrongNumberOfInputs) {
  const Network n = network({1, 2, 2}, {node("s", Op::Add, {0})});

  EXPECT_EQ(error_of(n), "network 'test', node 's' (add): has 1 inputs: must have 2");
}

TEST(InferShapes, RefusesAWindowLargerThanThePaddedMap) {
  const Network n = network({1, 2, 4}, {conv("c", 0, 1, {5, 1, 1})});

  EXPECT_EQ(error_of(n),
            "network 'test', node 'c' (conv2d): kernel 5: must fit the padded input of 4 x 6");
}

TEST(InferShapes, RefusesGroupsThatDoNotDivide) {
  Network n = network({3, 2, 2}, {conv("c", 0, 4, {1})});
  n.nodes[1].groups = 2;

  EXPECT_EQ(error_of(n),
            "network 'test', node 'c' (conv2d): groups 2: must divide 3 input and 4 output "
            "channels");
}

TEST(InferShapes, RefusesAnAddOfTwoShapes) {
  const Network n =
      network({1, 4, 4}, {windowed("p", Op::MaxPool2d, 0, {2, 2}), node("s", Op::Add, {0, 1})});

  EXPECT_EQ(error_of(n),
            "network 'test', node 's' (add): its inputs are 1 x 4 x 4 and 1 x 2 x 2: must be "
            "equal");
}

TEST(InferShapes, RefusesANodeThatNobodyReads) {
  const Network n = network({1, 2, 2}, {node("r", Op::Relu, {0}), node("s", Op::Relu, {0})});

  EXPECT_EQ(error_of(n),
            "network 'test', node 'r': no node uses its output, and it is not the last");
}

TEST(InferShapes, RefusesPaddedAveragesAndWidePadding) {
  EXPECT_NE(error_of(network({1, 4, 4}, {windowed("a", Op::AvgPool2d, 0, {2, 1, 1})}))
                .find("padding 1: must be 0 for an average"),
            std::string::npos);
  EXPECT_NE(error_of(network({1, 4, 4}, {windowed("p", Op::MaxPool2d, 0, {3, 1, 2})}))
                .find("padding 2: must be at most half the kernel"),
            std::string::npos);
}

TEST(InferShapes, RefusesADropoutOfEverything) {
  Network n = network({1, 2, 2}, {node("d", Op::Dropout, {0})});
  n.nodes[1].dropout_fraction = 1.0;

  EXPECT_NE(error_of(n).find("must be in [0, 1)"), std::string::npos);
}

TEST(MatrixShape, CountsRowsColumnsAndWindows) {
  const Network n = network(
      {4, 5, 5}, {conv("c", 0, 6, {3, 2, 1}), node("f", Op::Flatten, {1}), linear("l", 2, 7)});
  const std::vector<Shape> shapes = infer_shapes(n);

  const MatrixShape c = matrix_shape(n, shapes, 1);
  const MatrixShape l = matrix_shape(n, shapes, 3);

  EXPECT_EQ(c.rows, 36);
  EXPECT_EQ(c.columns, 6);
  EXPECT_EQ(c.groups, 1);
  EXPECT_EQ(c.windows, 9);
  EXPECT_EQ(c.num_macs(), 36 * 6 * 9);
  EXPECT_EQ(l.rows, 54);
  EXPECT_EQ(l.columns, 7);
  EXPECT_EQ(l.windows, 1);
  EXPECT_EQ(weight_nodes(n), (std::vector<int>{1, 3}));
}

TEST(MatrixShape, CountsOneGroupOfADepthwiseConvolution) {
  Network n = network({4, 5, 5}, {conv("c", 0, 4, {3, 1, 1})});
  n.nodes[1].groups = 4;
  const std::vector<Shape> shapes = infer_shapes(n);

  const MatrixShape m = matrix_shape(n, shapes, 1);

  EXPECT_EQ(m.rows, 9);
  EXPECT_EQ(m.columns, 1);
  EXPECT_EQ(m.groups, 4);
  EXPECT_EQ(m.num_weights(), 36);
  EXPECT_EQ(weight_tensor_shape(n, shapes, 1), (std::vector<std::int64_t>{4, 1, 3, 3}));
}

TEST(MatrixShape, IsOfWeightNodesOnly) {
  const Network n = network({1, 2, 2}, {node("r", Op::Relu, {0})});

  EXPECT_THROW(static_cast<void>(matrix_shape(n, infer_shapes(n), 1)), std::logic_error);
}

TEST(Network, FindsNodesByName) {
  const Network n = network({1, 2, 2}, {node("r", Op::Relu, {0})});

  EXPECT_EQ(n.index_of("r"), 1);
  EXPECT_EQ(n.index_of("q"), -1);
}

}  // namespace
}  // namespace ohmweave
