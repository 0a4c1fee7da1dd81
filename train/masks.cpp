// SPDX-License-Identifier: Apache-2.0
#include "train/masks.h"

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

void mask_gradients(const nn::TensorMap& parameters, const Masks& masks) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, mask] : masks) {
    torch::Tensor weight = parameters.at(name);
    if (weight.grad().defined()) weight.mutable_grad().mul_(mask);
  }
}

void mask_weights(const nn::TensorMap& parameters, const Masks& masks) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, mask] : masks) {
    torch::Tensor weight = parameters.at(name);
    weight.masked_fill_(mask.logical_not(), 0.0);
  }
}

}  // namespace ohmweave::train
