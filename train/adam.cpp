// SPDX-License-Identifier: Apache-2.0
#include "train/adam.h"

#include <torch/utils.h>

#include <cmath>
#include <utility>

namespace ohmweave::train {
Adam::Adam(nn::TensorMap parameters, DecayOptions decay)
    : parameters_(std::move(parameters)), decay_(std::move(decay)) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters_) {
    first_moments_[name] = torch::zeros_like(parameter);
    second_moments_[name] = torch::zeros_like(parameter);
  }
}

void Adam::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++num_steps_;
  const auto t = static_cast<double>(num_steps_);
  const double step_size = learning_rate / (1.0 - std::pow(kBeta1, t));
  const double root_correction = std::sqrt(1.0 - std::pow(kBeta2, t));
  for (auto& [name, parameter] : parameters_) {
    const torch::Tensor gradient = decayed_gradient(name, parameter, decay_);
    if (!gradient.defined()) continue;
    torch::Tensor& m = first_moments_[name];
    torch::Tensor& v = second_moments_[name];
    m.mul_(kBeta1).add_(gradient, 1.0 - kBeta1);
    v.mul_(kBeta2).addcmul_(gradient, gradient, 1.0 - kBeta2);
    const torch::Tensor denominator = v.sqrt().div_(root_correction).add_(kEpsilon);
    parameter.addcdiv_(m, denominator, -step_size);
  }
}

nn::TensorMap Adam::state() const {
  nn::TensorMap state;
  for (const auto& [name, tensor] : first_moments_) state[name + ".m"] = tensor.clone();
  for (const auto& [name, tensor] : second_moments_) state[name + ".v"] = tensor.clone();
  state["steps"] = torch::tensor({num_steps_}, torch::kInt64);
  return state;
}

void Adam::load_state(const nn::TensorMap& state) {
  for (const auto& [name, parameter] : parameters_) {
    first_moments_[name] = find_in_state(state, name + ".m", parameter);
    second_moments_[name] = find_in_state(state, name + ".v", parameter);
  }
  num_steps_ = find_in_state(state, "steps", torch::zeros({1}, torch::kInt64)).item<std::int64_t>();
}

}  // namespace ohmweave::train
