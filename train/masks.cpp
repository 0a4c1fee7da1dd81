// SPDX-License-Identifier: Apache-2.0
#include "train/masks.h"

#include <torch/utils.h>

namespace ohmweave::train {

std::vector<std::string> weight_names(const Network& network) {
  std::vector<std::string> names;
  for (const int node : weight_nodes(network))
    names.push_back(network.nodes[node].name + ".weight");
  return names;
}

Masks full_masks(const nn::GraphModule& module) {
  Masks masks;
  for (const std::string& name : weight_names(module.network())) {
    masks[name] = torch::ones(module.parameter(name).sizes(), torch::kBool);
  }
  return masks;
}

Masks nonzero_masks(const nn::GraphModule& module, const Masks& masks) {
  const torch::NoGradGuard no_grad;
  Masks result;
  for (const auto& [name, mask] : masks) {
    result[name] = mask.logical_and(module.parameter(name).ne(0.0));
  }
  return result;
}

WeightMasks as_bytes(const Masks& masks) {
  WeightMasks bytes;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor flat = mask.to(torch::kCPU, torch::kUInt8).contiguous();
    const auto* first = flat.data_ptr<std::uint8_t>();
    bytes[name].assign(first, first + flat.numel());
  }
  return bytes;
}

Masks as_masks(const WeightMasks& bytes, const nn::GraphModule& module) {
  Masks masks;
  for (const auto& [name, mask] : bytes) {
    masks[name] =
        torch::tensor(mask, torch::kUInt8).to(torch::kBool).view(module.parameter(name).sizes());
  }
  return masks;
}

std::int64_t count_weights(const Masks& masks) {
  std::int64_t count = 0;
  for (const auto& [name, mask] : masks) count += mask.count_nonzero().item<std::int64_t>();
  return count;
}

void mask_gradients(const nn::TensorMap& parameters, const Masks& masks) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor& weight = parameters.at(name);
    if (weight.grad().defined()) weight.mutable_grad().mul_(mask);
  }
}

void mask_weights(const nn::TensorMap& parameters, const Masks& masks) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor& weight = parameters.at(name);
    weight.masked_fill_(mask.logical_not(), 0.0);
  }
}

}  // namespace ohmweave::train
