// SPDX-License-Identifier: Apache-2.0
// Writes networks down layer by layer. Each call appends one node that reads the node appended
// last, unless told otherwise, and returns its index.
#pragma once

#include <string>

#include "core/network.h"

namespace ohmweave::models {

/// A square window: conv(20, {5}) is 5 x 5, stride 1, no padding. `groups` cuts the channels of a
/// convolution into groups with weights of their own; as many as there are channels: depthwise.
struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int groups = 1;
};

class Builder {
 public:
  Builder(std::string network_name, Shape input);

  int conv2d(const std::string& name, int out_channels, Window window);
  /// A convolution without bias, for one that a batch norm follows.
  int conv2d_without_bias(const std::string& name, int out_channels, Window window);
  /// The same with its batch norm: nodes `conv` and `norm`.
  int conv_norm(const std::string& conv, const std::string& norm, int out_channels, Window window);
  int linear(const std::string& name, int out_features);
  int batch_norm2d(const std::string& name);
  int relu(const std::string& name);
  int max_pool2d(const std::string& name, Window window);
  int avg_pool2d(const std::string& name, Window window);
  int flatten(const std::string& name);
  int dropout(const std::string& name, double fraction);
  int add(const std::string& name, int first, int second);

  /// Index of the node appended last: where a branch begins.
  [[nodiscard]] int last() const { return last_; }
  /// The next node reads node `index` instead of the one appended last.
  Builder& from(int index);

  /// The finished network; throws DataError when it is not sound.
  [[nodiscard]] Network build() const;

 private:
  int append(Node node);
  Network network_;
  int last_ = 0;
};

}  // namespace ohmweave::models
