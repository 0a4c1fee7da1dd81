// SPDX-License-Identifier: Apache-2.0
// A network as data: nodes in topological order, with what each computes. No weights in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave {

enum class Op {
  Input,
  Conv2d,
  Linear,
  BatchNorm2d,
  Relu,
  MaxPool2d,
  AvgPool2d,
  Flatten,
  Dropout,
  Add,
};

/// Features of one image. A vector of n features is {n, 1, 1}.
struct Shape {
  int channels = 0;
  int height = 1;
  int width = 1;
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(channels) * height * width;
  }
  bool operator==(const Shape& other) const {
    return channels == other.channels && height == other.height && width == other.width;
  }
};

/// One operation. Fields that an operation does not use keep their defaults.
struct Node {
  std::string name;  // unique; also the prefix of its parameters' names
  Op op = Op::Input;
  std::vector<int> inputs;  // indices of earlier nodes
  int out_channels = 0;     // Conv2d: filters; Linear: output features
  int kernel = 1;           // Conv2d, MaxPool2d, AvgPool2d: square window
  int stride = 1;
  int padding = 0;                // Conv2d: zeros on each side; MaxPool2d ignores padded places
  int groups = 1;                 // Conv2d: groups = channels makes it depthwise
  bool has_bias = false;          // Conv2d, Linear
  double dropout_fraction = 0.0;  // Dropout: share of features zeroed while training
};

struct Network {
  std::string name;
  Shape input;
  std::vector<Node> nodes;  // nodes[0] is the Input; the last node is the output

  [[nodiscard]] int index_of(const std::string& node_name) const;  // -1 when there is none
};

/// Added to the variance by every BatchNorm2d: y = (x - mean) / sqrt(variance + epsilon) * weight
/// + bias.
constexpr double kBatchNormEpsilon = 1e-5;

/// True for the operations that hold a weight matrix (Conv2d, Linear).
[[nodiscard]] bool has_weights(Op op);
[[nodiscard]] std::string op_name(Op op);

/// Output shape of every node. Throws DataError naming the node when the graph is not sound
/// (unknown input, wrong number of inputs, window larger than the padded map, shapes of an Add).
[[nodiscard]] std::vector<Shape> infer_shapes(const Network& network);

/// Indices of the Conv2d and Linear nodes, in order.
[[nodiscard]] std::vector<int> weight_nodes(const Network& network);

/// The weight matrix of a node as arrays see it: rows = inputs of one window (in/groups * kernel^2,
/// channel-major then kernel row then kernel column), columns = outputs (of one group: out/groups).
struct MatrixShape {
  int rows = 0;
  int columns = 0;
  int groups = 1;
  std::int64_t windows = 0;  // products per image: output height * width (1 for Linear)
  [[nodiscard]] std::int64_t num_weights() const {
    return static_cast<std::int64_t>(rows) * columns * groups;
  }
  [[nodiscard]] std::int64_t num_macs() const { return num_weights() * windows; }
};
[[nodiscard]] MatrixShape matrix_shape(const Network& network, const std::vector<Shape>& shapes,
                                       int node);

/// Shape of "<node>.weight" for a weight node.
[[nodiscard]] std::vector<std::int64_t> weight_tensor_shape(const Network& network,
                                                            const std::vector<Shape>& shapes,
                                                            int node);

/// {channels, height, width} of a JSON object.
void declare(Fields& f, Shape& s);
[[nodiscard]] Json network_to_json(const Network& network);
/// Throws DataError with the JSON pointer of what is wrong.
[[nodiscard]] Network network_from_json(const Json& json);

}  // namespace ohmweave
