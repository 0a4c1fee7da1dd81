// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <torch/utils.h>

#include <utility>

#include "core/error.h"
#include "train/adam.h"

namespace ohmweave::train {

torch::Tensor find_in_state(const nn::TensorMap& state, const std::string& name,
                            const torch::Tensor& like) {
  const auto found = state.find(name);
  if (found == state.end()) throw DataError("optimizer state: tensor '" + name + "' is missing");
  if (found->second.sizes() != like.sizes()) {
    throw DataError("optimizer state: tensor '" + name + "' has another shape than its parameter");
  }
  return found->second.to(like.device(), like.scalar_type()).clone();
}

torch::Tensor decayed_gradient(const std::string& name, const torch::Tensor& parameter,
                               const DecayOptions& decay) {
  const torch::Tensor& gradient = parameter.grad();
  if (!gradient.defined() || decay.l2 <= 0.0 || decay.decayed.count(name) == 0) return gradient;
  return gradient.add(parameter, decay.l2);
}

Sgd::Sgd(nn::TensorMap parameters, DecayOptions decay)
    : parameters_(std::move(parameters)), decay_(std::move(decay)) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters_)
    velocities_[name] = torch::zeros_like(parameter);
}

void Sgd::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : parameters_) {
    const torch::Tensor gradient = decayed_gradient(name, parameter, decay_);
    if (!gradient.defined()) continue;
    torch::Tensor& velocity = velocities_[name];
    velocity.mul_(kMomentum).add_(gradient);
    parameter.add_(velocity, -learning_rate);
  }
}

nn::TensorMap Sgd::state() const {
  nn::TensorMap state;
  for (const auto& [name, velocity] : velocities_) state[name + ".v"] = velocity.clone();
  return state;
}

void Sgd::load_state(const nn::TensorMap& state) {
  for (const auto& [name, parameter] : parameters_) {
    velocities_[name] = find_in_state(state, name + ".v", parameter);
  }
}

std::unique_ptr<Optimizer> make_optimizer(admm::OptimizerKind kind, nn::TensorMap parameters,
                                          const DecayOptions& decay) {
  if (kind == admm::OptimizerKind::Sgd) return std::make_unique<Sgd>(std::move(parameters), decay);
  return std::make_unique<Adam>(std::move(parameters), decay);
}

}  // namespace ohmweave::train
