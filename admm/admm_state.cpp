// SPDX-License-Identifier: Apache-2.0
#include "admm/admm_state.h"

#include <utility>

#include "core/error.h"

namespace ohmweave::admm {
namespace {

double norm_of(const torch::Tensor& t) { return t.to(torch::kFloat64).norm().item<double>(); }

double relative_violation(const AdmmTarget& target) {
  const double size = norm_of(target.weight);
  if (size == 0.0) return 0.0;  // zero lies in every set
  return norm_of(target.weight - target.constraint->project(target.weight)) / size;
}

const torch::Tensor& find_tensor(const std::map<std::string, torch::Tensor>& state,
                                 const std::string& name, const torch::Tensor& like) {
  const auto found = state.find(name);
  if (found == state.end()) throw DataError("ADMM state: tensor '" + name + "' is missing");
  if (found->second.sizes() != like.sizes()) {
    throw DataError("ADMM state: tensor '" + name + "' has another shape than its weight");
  }
  return found->second;
}

}  // namespace

AdmmState::AdmmState(std::vector<AdmmTarget> targets, const RhoSchedule& schedule)
    : targets_(std::move(targets)), schedule_(schedule), rho_(schedule.first) {
  const torch::NoGradGuard no_grad;
  for (const AdmmTarget& target : targets_) {
    z_.push_back(target.constraint->project(target.weight));
    u_.push_back(torch::zeros_like(target.weight));
  }
}

void AdmmState::add_penalty_gradient() const {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    torch::Tensor weight = targets_[i].weight;  // the handle; storage is shared
    const torch::Tensor pull = weight - z_[i] + u_[i];
    if (weight.grad().defined()) {
      weight.mutable_grad().add_(pull, rho_);
    } else {
      weight.mutable_grad() = pull * rho_;
    }
  }
}

double AdmmState::penalty() const {
  const torch::NoGradGuard no_grad;
  double sum = 0.0;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const double distance = norm_of(targets_[i].weight - z_[i] + u_[i]);
    sum += 0.5 * rho_ * distance * distance;
  }
  return sum;
}

std::vector<AdmmTrace> AdmmState::update() {
  const torch::NoGradGuard no_grad;
  const double next_rho = rho_ * schedule_.factor;
  std::vector<AdmmTrace> trace;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const AdmmTarget& target = targets_[i];
    const torch::Tensor next_z = target.constraint->project(target.weight + u_[i]);
    trace.push_back({target.name, norm_of(target.weight - next_z), rho_ * norm_of(next_z - z_[i]),
                     relative_violation(target), rho_});
    u_[i].add_(target.weight - next_z);
    z_[i] = next_z;
    if (schedule_.rescale_dual) u_[i].mul_(rho_ / next_rho);
  }
  rho_ = next_rho;
  return trace;
}

void AdmmState::project_weights() {
  const torch::NoGradGuard no_grad;
  for (AdmmTarget& target : targets_) {
    target.weight.copy_(target.constraint->project(target.weight));
  }
}

std::size_t AdmmState::index_of(const std::string& name) const {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].name == name) return i;
  }
  OHMWEAVE_REQUIRE(false, "no tensor '" + name + "' is under a constraint");
  return 0;
}

const torch::Tensor& AdmmState::auxiliary(const std::string& name) const {
  return z_[index_of(name)];
}

const torch::Tensor& AdmmState::scaled_dual(const std::string& name) const {
  return u_[index_of(name)];
}

std::map<std::string, torch::Tensor> AdmmState::state() const {
  std::map<std::string, torch::Tensor> state;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    state[targets_[i].name + ".z"] = z_[i].clone();
    state[targets_[i].name + ".u"] = u_[i].clone();
  }
  state["rho"] = torch::tensor({rho_}, torch::kFloat64);
  return state;
}

void AdmmState::load_state(const std::map<std::string, torch::Tensor>& state) {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const torch::Tensor& weight = targets_[i].weight;
    z_[i] = find_tensor(state, targets_[i].name + ".z", weight).to(weight.device()).clone();
    u_[i] = find_tensor(state, targets_[i].name + ".u", weight).to(weight.device()).clone();
  }
  rho_ = find_tensor(state, "rho", torch::zeros({1})).item<double>();
}

}  // namespace ohmweave::admm
