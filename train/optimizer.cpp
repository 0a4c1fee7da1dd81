// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

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

Sgd::Sgd(nn::TensorMap parameters, DecayOptions decay)
    : parameters_(std::move(parameters)), decay_(std::move(decay)) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters_)
    velocities_[name] = torch::zeros_like(parameter);
}

void Sgd::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : parameters_) {
    torch::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (decay_.l2 > 0.0 && decay_.decayed.count(name) > 0) {
      gradient = gradient.add(parameter, decay_.l2);
    }
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
  AdamOptions options;
  options.l2 = decay.l2;
  options.decayed = decay.decayed;
  return std::make_unique<Adam>(std::move(parameters), options);
}

}  // namespace ohmweave::train
