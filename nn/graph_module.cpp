// SPDX-License-Identifier: Apache-2.0
#include "nn/graph_module.h"

#include <torch/utils.h>

#include <cmath>
#include <utility>

#include "core/error.h"
#include "nn/torch_io.h"

namespace ohmweave::nn {
namespace {

std::string size_text(torch::IntArrayRef sizes) {
  std::string text;
  for (const std::int64_t size : sizes) {
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  }
  return text.empty() ? "a single number" : text;
}

/// Torch takes no dots in registered names.
std::string registered_name(std::string name) {
  for (char& c : name) {
    if (c == '.') c = '/';
  }
  return name;
}

bool is_finite(const Tensor& tensor) {
  for (const float x : tensor.values) {
    if (!std::isfinite(x)) return false;
  }
  return true;
}

}  // namespace

GraphModule::GraphModule(const Network& network)
    : network_(network), shapes_(infer_shapes(network)) {
  for (std::size_t i = 0; i < network_.nodes.size(); ++i) register_node(static_cast<int>(i));
}

void GraphModule::register_node(int index) {
  const Node& node = network_.nodes[static_cast<std::size_t>(index)];
  if (has_weights(node.op)) {
    add_parameter(node.name + ".weight",
                  torch::zeros(weight_tensor_shape(network_, shapes_, index)));
    if (node.has_bias) add_parameter(node.name + ".bias", torch::zeros({node.out_channels}));
  } else if (node.op == Op::BatchNorm2d) {
    const std::int64_t channels = shapes_[static_cast<std::size_t>(index)].channels;
    add_parameter(node.name + ".weight", torch::ones({channels}));
    add_parameter(node.name + ".bias", torch::zeros({channels}));
    add_buffer(node.name + ".running_mean", torch::zeros({channels}));
    add_buffer(node.name + ".running_var", torch::ones({channels}));
  }
}

void GraphModule::add_parameter(const std::string& name, torch::Tensor tensor) {
  tensors_[name] = register_parameter(registered_name(name), std::move(tensor));
}

void GraphModule::add_buffer(const std::string& name, torch::Tensor tensor) {
  tensors_[name] = register_buffer(registered_name(name), std::move(tensor));
}

torch::Tensor GraphModule::forward(const torch::Tensor& images) {
  return forward(images, [](const std::string&, const torch::Tensor&) {});
}

torch::Tensor GraphModule::forward(const torch::Tensor& images, const Observer& see) {
  check_images(images);
  std::vector<torch::Tensor> outputs;
  outputs.reserve(network_.nodes.size());
  for (const Node& node : network_.nodes) {
    torch::Tensor output = node.op == Op::Input ? images : run_node(node, outputs);
    if (const auto found = formats_.find(node.name); found != formats_.end()) {
      output = fake_quantize(output, found->second);
    }
    see(node.name, output);
    outputs.push_back(std::move(output));
  }
  return outputs.back();
}

void GraphModule::check_images(const torch::Tensor& images) const {
  const Shape& input = network_.input;
  const std::string wanted = size_text({input.channels, input.height, input.width});
  if (images.dim() != 4 || images.size(1) != input.channels || images.size(2) != input.height ||
      images.size(3) != input.width) {
    throw DataError("network '" + network_.name + "': given images of size " +
                    size_text(images.sizes()) + "; must be N x " + wanted);
  }
  OHMWEAVE_REQUIRE(images.scalar_type() == torch::kFloat32, "images must be normalized float32");
  // NaN and infinity survive a sum, so one pass tells; only then look which image it is.
  if (images.numel() == 0 || std::isfinite(images.detach().sum().item<float>())) return;
  const torch::Tensor is_good = images.detach().isfinite().flatten(1).all(1);
  if (is_good.all().item<bool>()) return;
  throw NumericError("network '" + network_.name + "': image " +
                     std::to_string(is_good.logical_not().nonzero()[0][0].item<std::int64_t>()) +
                     " of the batch holds NaN or infinity");
}

void GraphModule::load(const Parameters& parameters) {
  const auto problem = [this](const std::string& name, const std::string& text) {
    return DataError("network '" + network_.name + "': parameter '" + name + "' " + text);
  };
  for (const auto& [name, tensor] : tensors_) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) throw problem(name, "is missing");
    if (torch::IntArrayRef(found->second.shape) != tensor.sizes()) {
      throw problem(
          name, "is " + size_text(found->second.shape) + "; must be " + size_text(tensor.sizes()));
    }
    if (!is_finite(found->second)) {
      throw problem(name, "holds NaN or infinity");
    }
  }
  for (const auto& [name, tensor] : parameters) {
    if (tensors_.count(name) == 0) {
      throw problem(name, "belongs to no node");
    }
  }
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors_) tensor.copy_(to_torch(parameters.at(name)));
}

Parameters GraphModule::state() const {
  Parameters parameters;
  for (const auto& [name, tensor] : tensors_) parameters[name] = to_core(tensor);
  return parameters;
}

torch::Tensor GraphModule::parameter(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  std::string allowed;
  for (const auto& [known, tensor] : tensors_) allowed += (allowed.empty() ? "" : ", ") + known;
  throw DataError("network '" + network_.name + "': no parameter '" + name +
                  "'; there are: " + allowed);
}

TensorMap GraphModule::trainable() const {
  TensorMap result;
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.requires_grad()) result[name] = tensor;
  }
  return result;
}

void GraphModule::set_activation_formats(std::map<std::string, CodeFormat> formats) {
  for (const auto& [name, format] : formats) {
    const std::string where = "network '" + network_.name + "': activation format of '" + name;
    if (network_.index_of(name) < 0) throw DataError(where + "': there is no such node");
    if (!(format.scale > 0.0) || !std::isfinite(format.scale)) {
      throw DataError(where + "': scale " + std::to_string(format.scale) + " must be positive");
    }
  }
  formats_ = std::move(formats);
}

void GraphModule::set_dropout_stream(const RandomStream& stream, std::uint64_t step) {
  dropout_stream_ = stream.child("dropout", step);
}

}  // namespace ohmweave::nn
