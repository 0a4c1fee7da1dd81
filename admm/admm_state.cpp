// SPDX-License-Identifier: Apache-2.0
#include "admm/admm_state.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "admm/joined.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

double norm_of(const torch::Tensor& t) { return t.to(torch::kFloat64).norm().item<double>(); }

/// m D, D itself without a metric.
torch::Tensor weighted(const torch::Tensor& d, const torch::Tensor& metric) {
  return metric.defined() ? d * metric : d;
}

std::vector<torch::Tensor> weights_of(const AdmmTarget& target) {
  std::vector<torch::Tensor> weights;
  weights.reserve(target.tensors.size());
  for (const AdmmTensor& tensor : target.tensors) weights.push_back(tensor.weight);
  return weights;
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

AdmmTarget::AdmmTarget(std::string name, torch::Tensor weight,
                       std::shared_ptr<const Constraint> set, double rho_multiplier)
    : tensors{{std::move(name), std::move(weight), rho_multiplier}}, constraint(std::move(set)) {}

AdmmTarget::AdmmTarget(std::vector<AdmmTensor> together, std::shared_ptr<const Constraint> set)
    : tensors(std::move(together)), constraint(std::move(set)) {}

bool has_converged(const std::vector<AdmmTrace>& trace, const StopTolerance& tolerance) {
  return std::all_of(trace.begin(), trace.end(), [&tolerance](const AdmmTrace& t) {
    const double absolute = std::sqrt(static_cast<double>(t.entries)) * tolerance.absolute;
    return t.primal_residual <= absolute + tolerance.relative_primal * t.primal_size &&
           t.dual_residual <= absolute + tolerance.relative_dual * t.dual_size;
  });
}

AdmmState::AdmmState(std::vector<AdmmTarget> targets, const RhoSchedule& schedule)
    : targets_(std::move(targets)), schedule_(schedule), rho_(schedule.first) {
  const torch::NoGradGuard no_grad;
  for (const AdmmTarget& target : targets_) {
    OHMWEAVE_REQUIRE(!target.tensors.empty(), "a target has a tensor");
    for (const AdmmTensor& tensor : target.tensors) {
      OHMWEAVE_REQUIRE(tensor.rho_multiplier > 0.0, "rho is positive");
      slots_.push_back({tensor, {}, torch::zeros_like(tensor.weight), {}, norm_of(tensor.weight)});
      check_weight(slots_.back());
    }
  }
  restart();
}

void AdmmState::restart() {
  const torch::NoGradGuard no_grad;
  std::size_t first = 0;
  for (const AdmmTarget& target : targets_) {
    std::vector<torch::Tensor> members = project(target, first, weights_of(target));
    for (torch::Tensor& member : members) {
      slots_[first].u.zero_();
      slots_[first++].z = std::move(member);
    }
  }
}

const torch::Tensor& AdmmState::metric(const std::string& name) const {
  return slots_[index_of(name)].metric;
}

void AdmmState::check_weight(const Slot& slot) const {
  constexpr double kMostGrowth = 1e6;
  const double norm = norm_of(slot.tensor.weight);
  if (!std::isfinite(norm)) {
    throw NumericError("ADMM: '" + slot.tensor.name + "' holds NaN or infinity at rho = " +
                       std::to_string(rho_ * slot.tensor.rho_multiplier));
  }
  if (slot.start_norm > 0.0 && norm > kMostGrowth * slot.start_norm) {
    throw NumericError("ADMM: '" + slot.tensor.name + "' diverges: its norm is " +
                       std::to_string(norm) + ", at the start " + std::to_string(slot.start_norm) +
                       "; a smaller rho or a lower learning rate may help");
  }
}

void AdmmState::set_metric(const std::string& name, const torch::Tensor& metric) {
  const torch::NoGradGuard no_grad;
  Slot& slot = slots_[index_of(name)];
  torch::Tensor next;
  if (metric.defined()) {
    OHMWEAVE_REQUIRE(metric.sizes() == slot.u.sizes(), "a metric has the shape of its tensor");
    next = metric.detach().to(slot.u.options()).clone();
    if (!(torch::isfinite(next) & (next > 0)).all().item<bool>()) {
      throw NumericError("ADMM: the metric of '" + name + "' must be positive and finite");
    }
  }
  if (schedule_.rescale_dual) {
    if (slot.metric.defined()) slot.u.mul_(slot.metric);
    if (next.defined()) slot.u.div_(next);
  }
  slot.metric = next;
}

torch::Tensor AdmmState::joint_metric(const AdmmTarget& target, std::size_t first) const {
  const std::size_t count = target.tensors.size();
  if (count == 1) return slots_[first].metric;  // a common factor moves no nearest point
  std::vector<torch::Tensor> metrics;
  bool is_needed = false;
  for (std::size_t i = first; i < first + count; ++i) {
    const double multiplier = slots_[i].tensor.rho_multiplier;
    is_needed = is_needed || slots_[i].metric.defined() ||
                multiplier != target.tensors.front().rho_multiplier;
    metrics.push_back(weighted(torch::full_like(slots_[i].u, multiplier), slots_[i].metric));
  }
  return is_needed ? concatenated(metrics) : torch::Tensor();
}

std::vector<torch::Tensor> AdmmState::project(const AdmmTarget& target, std::size_t first,
                                              const std::vector<torch::Tensor>& values) const {
  const torch::Tensor metric = joint_metric(target, first);
  if (values.size() == 1) return {target.constraint->project(values.front(), metric)};
  std::vector<std::vector<std::int64_t>> shapes;
  shapes.reserve(values.size());
  for (const torch::Tensor& value : values) shapes.push_back(value.sizes().vec());
  std::vector<torch::Tensor> members =
      split(target.constraint->project(concatenated(values), metric), shapes);
  for (torch::Tensor& member : members) member = member.clone();  // no slices of one storage
  return members;
}

void AdmmState::add_penalty_gradient() const {
  const torch::NoGradGuard no_grad;
  for (const Slot& slot : slots_) {
    torch::Tensor weight = slot.tensor.weight;  // the handle; storage is shared
    const double rho = rho_ * slot.tensor.rho_multiplier;
    const torch::Tensor pull = weighted(weight - slot.z + slot.u, slot.metric);
    if (weight.grad().defined()) {
      weight.mutable_grad().add_(pull, rho);
    } else {
      weight.mutable_grad() = pull * rho;
    }
  }
}

double AdmmState::penalty() const {
  const torch::NoGradGuard no_grad;
  double sum = 0.0;
  for (const Slot& slot : slots_) {
    const torch::Tensor distance = (slot.tensor.weight - slot.z + slot.u).to(torch::kFloat64);
    const auto square = weighted(distance.square(), slot.metric).sum().item<double>();
    sum += 0.5 * rho_ * slot.tensor.rho_multiplier * square;
  }
  return sum;
}

/// The dual step and the trace of one tensor, whose weights alone project to `member`.
AdmmTrace AdmmState::step(Slot& slot, const torch::Tensor& next_z, const torch::Tensor& member) {
  const double next_rho = rho_ * schedule_.factor;
  const torch::Tensor& weight = slot.tensor.weight;
  AdmmTrace trace;
  trace.name = slot.tensor.name;
  trace.rho = rho_ * slot.tensor.rho_multiplier;
  trace.entries = weight.numel();
  trace.primal_residual = norm_of(weight - next_z);
  trace.dual_residual = trace.rho * norm_of(weighted(next_z - slot.z, slot.metric));
  const double size = norm_of(weight);
  trace.violation = size == 0.0 ? 0.0 : norm_of(weight - member) / size;
  trace.primal_size = std::max(size, norm_of(next_z));
  slot.u.add_(weight - next_z);
  slot.z = next_z;
  trace.dual_size = trace.rho * norm_of(weighted(slot.u, slot.metric));
  if (schedule_.rescale_dual) slot.u.mul_(rho_ / next_rho);
  return trace;
}

std::vector<AdmmTrace> AdmmState::update() {
  const torch::NoGradGuard no_grad;
  for (const Slot& slot : slots_) check_weight(slot);
  std::vector<AdmmTrace> trace;
  for (const AdmmTarget& target : targets_) {
    const std::size_t first = trace.size();
    const std::vector<torch::Tensor> weights = weights_of(target);
    std::vector<torch::Tensor> moved = weights;
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = weights[i] + slots_[first + i].u;
    const std::vector<torch::Tensor> next_z = project(target, first, moved);
    const std::vector<torch::Tensor> members = project(target, first, weights);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      trace.push_back(step(slots_[first + i], next_z[i], members[i]));
    }
  }
  rho_ *= schedule_.factor;
  return trace;
}

void AdmmState::project_weights() {
  const torch::NoGradGuard no_grad;
  std::size_t first = 0;
  for (const AdmmTarget& target : targets_) {
    const std::vector<torch::Tensor> weights = weights_of(target);
    const std::vector<torch::Tensor> members = project(target, first, weights);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i].copy_(members[i]);
    first += weights.size();
  }
}

std::size_t AdmmState::index_of(const std::string& name) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].tensor.name == name) return i;
  }
  OHMWEAVE_REQUIRE(false, "no tensor '" + name + "' is under a constraint");
  return 0;
}

double AdmmState::rho(const std::string& name) const {
  return rho_ * slots_[index_of(name)].tensor.rho_multiplier;
}

const torch::Tensor& AdmmState::auxiliary(const std::string& name) const {
  return slots_[index_of(name)].z;
}

const torch::Tensor& AdmmState::scaled_dual(const std::string& name) const {
  return slots_[index_of(name)].u;
}

std::map<std::string, torch::Tensor> AdmmState::state() const {
  std::map<std::string, torch::Tensor> state;
  std::vector<double> start_norms;
  for (const Slot& slot : slots_) {
    state[slot.tensor.name + ".z"] = slot.z.clone();
    state[slot.tensor.name + ".u"] = slot.u.clone();
    if (slot.metric.defined()) state[slot.tensor.name + ".metric"] = slot.metric.clone();
    start_norms.push_back(slot.start_norm);
  }
  state["rho"] = torch::tensor({rho_}, torch::kFloat64);
  state["start_norms"] = torch::tensor(start_norms, torch::kFloat64);
  return state;
}

void AdmmState::load_state(const std::map<std::string, torch::Tensor>& state) {
  const auto count = static_cast<std::int64_t>(slots_.size());
  const torch::Tensor norms = find_tensor(state, "start_norms", torch::zeros({count}));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    const torch::Tensor& weight = slot.tensor.weight;
    const std::string& name = slot.tensor.name;
    slot.z = find_tensor(state, name + ".z", weight).to(weight.device()).clone();
    slot.u = find_tensor(state, name + ".u", weight).to(weight.device()).clone();
    slot.metric = torch::Tensor();
    if (state.count(name + ".metric") != 0) {
      slot.metric = find_tensor(state, name + ".metric", weight).to(weight.device()).clone();
    }
    slot.start_norm = norms[static_cast<std::int64_t>(i)].item<double>();
  }
  rho_ = find_tensor(state, "rho", torch::zeros({1})).item<double>();
}

}  // namespace ohmweave::admm
