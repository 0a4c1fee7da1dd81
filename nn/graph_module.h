// SPDX-License-Identifier: Apache-2.0
// One torch module that executes any network graph. Parameters and buffers carry the names of
// core/tensor.h ("conv1.weight", "bn1.running_mean", ...).
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/quantized_network.h"
#include "core/random.h"
#include "core/tensor.h"

namespace ohmweave::nn {

/// Tensors by name. Copying the map copies references, not numbers.
using TensorMap = std::map<std::string, torch::Tensor>;

/// Batch norm while training: running value = (1 - momentum) * running value + momentum * batch
/// value (unbiased variance). Its epsilon is core's kBatchNormEpsilon.
constexpr double kBatchNormMomentum = 0.1;

class GraphModule : public torch::nn::Module {
 public:
  /// Weights and biases zero, batch norm at identity. Throws DataError when the graph is not sound.
  explicit GraphModule(const Network& network);
  // A copy would share its tensors with the original: there is none.
  GraphModule(const GraphModule&) = delete;
  GraphModule& operator=(const GraphModule&) = delete;
  GraphModule(GraphModule&&) = default;
  ~GraphModule() override = default;

  /// images: float32, images x channels x height x width, normalized. Returns the output of the
  /// last node; images x features when that is a vector. While training, dropout is active and
  /// batch norm uses the batch's statistics (and updates its own). Throws DataError for images of
  /// another shape, NumericError for NaN or infinity in them.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images);

  /// As forward(); calls `see` with every node's name and output, in order.
  using Observer = std::function<void(const std::string& node, const torch::Tensor& output)>;
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, const Observer& see);

  [[nodiscard]] const Network& network() const { return network_; }
  /// Output shape of every node.
  [[nodiscard]] const std::vector<Shape>& shapes() const { return shapes_; }

  /// Overwrites all parameters and buffers (in place). Throws DataError naming what is missing,
  /// unknown, of another shape or not finite; then nothing was changed.
  void load(const Parameters& parameters);
  /// Copies of all parameters and buffers.
  [[nodiscard]] Parameters state() const;
  /// The live tensor of a parameter or buffer. Throws DataError for an unknown name.
  [[nodiscard]] torch::Tensor parameter(const std::string& name) const;
  /// The live trainable parameters by name (no buffers).
  [[nodiscard]] TensorMap trainable() const;

  /// Rounds the outputs of the nodes named to their codes' values, with a straight-through
  /// gradient (1 where the value is inside the codes' range, 0 outside). Empty = off.
  /// Throws DataError for a node that does not exist or a scale that is not positive.
  void set_activation_formats(std::map<std::string, CodeFormat> formats);
  [[nodiscard]] const std::map<std::string, CodeFormat>& activation_formats() const {
    return formats_;
  }

  /// Dropout masks of the next forward passes: a pure function of (stream, step, node, place), so
  /// that a resumed training repeats them. Required before a training pass with dropout.
  void set_dropout_stream(const RandomStream& stream, std::uint64_t step);

 private:
  void register_node(int index);
  void add_parameter(const std::string& name, torch::Tensor tensor);
  void add_buffer(const std::string& name, torch::Tensor tensor);
  [[nodiscard]] torch::Tensor run_node(const Node& node, const std::vector<torch::Tensor>& outputs);
  [[nodiscard]] torch::Tensor run_layer(const Node& node, const torch::Tensor& x);
  [[nodiscard]] torch::Tensor drop(const Node& node, const torch::Tensor& x) const;
  void check_images(const torch::Tensor& images) const;

  Network network_;
  std::vector<Shape> shapes_;
  TensorMap tensors_;  // by core name; the same tensors torch has registered
  std::map<std::string, CodeFormat> formats_;
  std::optional<RandomStream> dropout_stream_;
};

/// Values of `x` rounded to the codes of `format`; gradient 1 inside the range, 0 outside.
/// Rounds half up, as core's requantize() and quantize_input() do.
[[nodiscard]] torch::Tensor fake_quantize(const torch::Tensor& x, const CodeFormat& format);
/// Mask of kept features over 1 - fraction: element i is 0 with probability `fraction`, decided by
/// position i of `stream`. float32, `sizes`, on the CPU.
[[nodiscard]] torch::Tensor dropout_mask(torch::IntArrayRef sizes, double fraction,
                                         const RandomStream& stream);

/// Weights normal with standard deviation sqrt(2 / inputs of one window), each tensor from its own
/// keyed stream; biases 0, batch norm at identity. Source: he_iccv_2015, eq. (10).
void initialize(GraphModule& module, const RandomStream& stream);

}  // namespace ohmweave::nn
