// SPDX-License-Identifier: Apache-2.0
// What each operation of a graph does to a batch.
#include <torch/utils.h>

#include <cmath>

#include "core/error.h"
#include "nn/graph_module.h"

namespace ohmweave::nn {
namespace {

torch::Tensor max_pool(const Node& node, const torch::Tensor& x) {
  return torch::max_pool2d(x, {node.kernel, node.kernel}, {node.stride, node.stride},
                           {node.padding, node.padding});
}

torch::Tensor average_pool(const Node& node, const torch::Tensor& x) {
  OHMWEAVE_REQUIRE(node.padding == 0, "core allows no padding for an average");
  return torch::avg_pool2d(x, {node.kernel, node.kernel}, {node.stride, node.stride});
}

/// He's standard deviation for the inputs of one output: all but the first dimension.
double he_sigma(const torch::Tensor& weight) {
  return std::sqrt(2.0 * static_cast<double>(weight.size(0)) / static_cast<double>(weight.numel()));
}

void fill_normal(torch::Tensor& tensor, double sigma, const RandomStream& stream) {
  torch::Tensor values = torch::empty(tensor.sizes(), torch::kFloat32);
  auto* value = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    value[i] = static_cast<float>(sigma * stream.normal(static_cast<std::uint64_t>(i)));
  }
  tensor.copy_(values);
}

}  // namespace

torch::Tensor GraphModule::run_node(const Node& node, const std::vector<torch::Tensor>& outputs) {
  const torch::Tensor& x = outputs[static_cast<std::size_t>(node.inputs[0])];
  switch (node.op) {
    case Op::Conv2d:
    case Op::Linear:
    case Op::BatchNorm2d:
      return run_layer(node, x);
    case Op::Relu:
      return torch::relu(x);
    case Op::MaxPool2d:
      return max_pool(node, x);
    case Op::AvgPool2d:
      return average_pool(node, x);
    case Op::Flatten:
      return x.flatten(1);
    case Op::Dropout:
      return drop(node, x);
    case Op::Add:
      return x + outputs[static_cast<std::size_t>(node.inputs[1])];
    case Op::Input:
      break;
  }
  throw_logic_error(__FILE__, __LINE__, "op is executable", op_name(node.op));
}

torch::Tensor GraphModule::run_layer(const Node& node, const torch::Tensor& x) {
  const torch::Tensor& weight = tensors_.at(node.name + ".weight");
  if (node.op == Op::BatchNorm2d) {
    return torch::batch_norm(x, weight, tensors_.at(node.name + ".bias"),
                             tensors_.at(node.name + ".running_mean"),
                             tensors_.at(node.name + ".running_var"), is_training(),
                             kBatchNormMomentum, kBatchNormEpsilon, /*cudnn_enabled=*/false);
  }
  const torch::Tensor bias = node.has_bias ? tensors_.at(node.name + ".bias") : torch::Tensor();
  if (node.op == Op::Linear) return torch::linear(x, weight, bias);
  return torch::conv2d(x, weight, bias, {node.stride, node.stride}, {node.padding, node.padding},
                       /*dilation=*/1, node.groups);
}

torch::Tensor GraphModule::drop(const Node& node, const torch::Tensor& x) const {
  if (!is_training() || node.dropout_fraction == 0.0) return x;
  OHMWEAVE_REQUIRE(dropout_stream_.has_value(), "set_dropout_stream() comes before training");
  return x * dropout_mask(x.sizes(), node.dropout_fraction, dropout_stream_->child(node.name))
                 .to(x.device());
}

torch::Tensor fake_quantize(const torch::Tensor& x, const CodeFormat& format) {
  const auto low = static_cast<double>(format.low());
  const auto high = static_cast<double>(format.high());
  const torch::Tensor codes = (x.detach() / format.scale + 0.5).floor().clamp(low, high);
  const torch::Tensor inside = x.clamp(low * format.scale, high * format.scale);
  // Exactly the codes' values, with the gradient of `inside`.
  return codes * format.scale + (inside - inside.detach());
}

torch::Tensor dropout_mask(torch::IntArrayRef sizes, double fraction, const RandomStream& stream) {
  OHMWEAVE_REQUIRE(fraction >= 0.0 && fraction < 1.0, "dropout fraction");
  torch::Tensor mask = torch::empty(sizes, torch::kFloat32);
  auto* value = mask.data_ptr<float>();
  const auto kept = static_cast<float>(1.0 / (1.0 - fraction));
  const auto threshold = static_cast<std::uint32_t>(std::ldexp(fraction, 32));
  for (std::int64_t i = 0; i < mask.numel(); ++i) {  // two elements from the 64 bits of a position
    const std::uint64_t bits = stream.bits(static_cast<std::uint64_t>(i) / 2);
    const auto draw = static_cast<std::uint32_t>(i % 2 == 0 ? bits : bits >> 32U);
    value[i] = draw < threshold ? 0.0F : kept;
  }
  return mask;
}

void initialize(GraphModule& module, const RandomStream& stream) {
  const torch::NoGradGuard no_grad;
  for (const Node& node : module.network().nodes) {
    if (has_weights(node.op)) {
      torch::Tensor weight = module.parameter(node.name + ".weight");
      fill_normal(weight, he_sigma(weight), stream.child("initialize").child(node.name));
      if (node.has_bias) module.parameter(node.name + ".bias").zero_();
    } else if (node.op == Op::BatchNorm2d) {
      module.parameter(node.name + ".weight").fill_(1.0);
      module.parameter(node.name + ".bias").zero_();
      module.parameter(node.name + ".running_mean").zero_();
      module.parameter(node.name + ".running_var").fill_(1.0);
    }
  }
}

}  // namespace ohmweave::nn
