// SPDX-License-Identifier: Apache-2.0
// run_admm_phase(): the state of admm/ on the weights of a learner.
#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "admm/admm_state.h"
#include "admm/joined.h"
#include "train/compress_step.h"

namespace ohmweave::train {
namespace {

constexpr double kFisherFloor = 0.02;    // of the layer's mean
constexpr double kLargestMetric = 25.0;  // times the median, and the inverse of the smallest
constexpr double kMetricMemory = 0.5;    // share of the metric before

/// A set of whole tensors as a learner sees it that has only some of their weights: the others are
/// 0, and stay it.
class CompactConstraint final : public admm::Constraint {
 public:
  CompactConstraint(const admm::ResolvedConstraint& set, const Learner& learner)
      : set_(set), learner_(learner) {}

  [[nodiscard]] bool contains(const torch::Tensor& v) const override {
    return set_.constraint->contains(expanded(v));
  }
  [[nodiscard]] Json describe() const override { return set_.constraint->describe(); }

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override {
    // Outside the mask any metric is right: there is nothing to be moved.
    const torch::Tensor full_metric =
        metric.defined() ? expanded(metric - 1.0) + 1.0 : torch::Tensor();
    const torch::Tensor full = set_.constraint->project(expanded(v), full_metric);
    if (set_.names.size() == 1) return learner_.compacted(set_.names.front(), full);
    std::vector<torch::Tensor> parts;
    torch::Tensor rest = full;
    for (const std::string& name : set_.names) {
      const std::int64_t size = learner_.expanded(name, learner_.parameters().at(name)).numel();
      parts.push_back(learner_.compacted(name, rest.slice(0, 0, size)));
      rest = rest.slice(0, size);
    }
    return admm::concatenated(parts);
  }

  [[nodiscard]] torch::Tensor expanded(const torch::Tensor& compact) const {
    if (set_.names.size() == 1) return learner_.expanded(set_.names.front(), compact);
    std::vector<torch::Tensor> parts;
    torch::Tensor rest = compact;
    for (const std::string& name : set_.names) {
      const std::int64_t size = learner_.parameters().at(name).numel();
      parts.push_back(learner_.expanded(name, rest.slice(0, 0, size)));
      rest = rest.slice(0, size);
    }
    return admm::concatenated(parts);
  }

  const admm::ResolvedConstraint& set_;
  const Learner& learner_;
};

std::vector<admm::AdmmTarget> admm_targets(const Constraints& constraints, const Learner& learner,
                                           const admm::AdmmOptions& options) {
  std::vector<admm::AdmmTarget> targets;
  for (const admm::ResolvedConstraint& set : constraints) {
    std::vector<admm::AdmmTensor> tensors;
    for (const std::string& name : set.names) {
      tensors.push_back(
          {name, learner.parameters().at(name), admm::rho_multiplier_of(options, name)});
    }
    targets.emplace_back(std::move(tensors), std::make_shared<CompactConstraint>(set, learner));
  }
  return targets;
}

/// Names of the weights under constraints.
std::vector<std::string> names_of(const Constraints& constraints) {
  std::vector<std::string> names;
  for (const admm::ResolvedConstraint& set : constraints) {
    names.insert(names.end(), set.names.begin(), set.names.end());
  }
  return names;
}

/// The median of the entries that the masks allow.
double masked_median(const Learner& learner, const nn::TensorMap& values, const Masks& masks) {
  std::vector<torch::Tensor> parts;
  for (const auto& [name, value] : values) {
    const torch::Tensor inside = learner.compacted(name, masks.at(name));
    parts.push_back(value.masked_select(inside.to(torch::kBool)));
  }
  return torch::cat(parts).median().item<double>();
}

/// The Fisher metric of the weights `names`, in the learner's shapes.
nn::TensorMap fisher_metric(Learner& learner, const Masks& masks,
                            const std::vector<std::string>& names, const StepContext& context,
                            const RandomStream& stream) {
  const torch::NoGradGuard no_grad;
  const Batch batch = draw_batch(context.set, context.fisher.images, stream.child("images"));
  const nn::TensorMap all = weight_fisher(learner, masks, batch.images, context.fisher,
                                          kFisherFloor, stream.child("labels"));
  nn::TensorMap metric;
  for (const std::string& name : names) metric[name] = all.at(name);
  const double median = std::max(masked_median(learner, metric, masks), 1e-30);
  for (auto& [name, values] : metric) {
    values = values.div(median).clamp(1.0 / kLargestMetric, kLargestMetric);
  }
  return metric;
}

/// Sets the metric of one iteration; with the first one the phase begins anew.
void update_metric(admm::AdmmState& state, const nn::TensorMap& metric, bool is_first) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, next] : metric) {
    const torch::Tensor& before = state.metric(name);
    state.set_metric(name, before.defined() ? before.lerp(next, 1.0 - kMetricMemory) : next);
  }
  if (is_first) state.restart();
}

PhasePlan admm_plan(const admm::AdmmOptions& options, const StepContext& context) {
  return {context.name + "/admm",
          options.iterations * options.epochs_per_iteration,
          context.batch,
          admm_rate(options),
          0.0,
          Keep::LastEpoch,
          context.stream.child("admm"),
          0.0,
          context.distill,
          options.optimizer};
}

}  // namespace

AdmmOutcome run_admm_phase(nn::GraphModule& module, const Constraints& constraints,
                           const Masks& masks, const admm::AdmmOptions& options,
                           const StepContext& context) {
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  admm::AdmmState state(admm_targets(constraints, *learner, options),
                        {options.rho, options.rho_factor, options.rescale_dual});
  const PhasePlan plan = admm_plan(options, context);
  const bool has_metric = options.metric == admm::MetricKind::Fisher;
  const std::vector<std::string> names = names_of(constraints);
  const auto measure = [&](int iteration) {
    const nn::TensorMap metric =
        fisher_metric(*learner, masks, names, context,
                      context.stream.child("metric", static_cast<std::uint64_t>(iteration)));
    update_metric(state, metric, iteration == 1);
  };
  bool has_converged = false;
  PhaseHooks hooks;
  hooks.before_epoch = [&](int epoch) {
    if (!has_metric || (epoch - 1) % options.epochs_per_iteration != 0) return;
    measure((epoch - 1) / options.epochs_per_iteration + 1);
  };
  hooks.after_backward = [&] { state.add_penalty_gradient(); };
  hooks.after_epoch = [&](int epoch) {
    std::vector<AdmmRow> rows;
    if (epoch % options.epochs_per_iteration != 0) return rows;
    const std::vector<admm::AdmmTrace> traces = state.update();
    for (const admm::AdmmTrace& trace : traces) {
      rows.push_back({plan.name, epoch / options.epochs_per_iteration, trace});
    }
    has_converged = options.stop &&
                    admm::has_converged(traces, {0.0, options.stop->primal, options.stop->dual});
    return rows;
  };
  hooks.is_finished = [&] { return has_converged; };
  hooks.state = [&] { return state.state(); };
  hooks.load_state = [&](const nn::TensorMap& saved) { state.load_state(saved); };
  AdmmOutcome outcome;
  outcome.traces = run_phase({*learner, learner->parameters(), context.set, context.progress}, plan,
                             hooks, {context.folder / "admm.ckpt.safetensors", context.stamp});
  if (has_metric && options.iterations == 0) measure(1);
  if (has_metric) {
    for (const std::string& name : weight_names(module.network())) {
      const bool is_bound = std::find(names.begin(), names.end(), name) != names.end();
      const torch::Tensor& live = learner->parameters().at(name).detach();
      const torch::Tensor metric = is_bound ? state.metric(name) : torch::ones_like(live);
      // Outside the masks any metric is right: there is nothing to be moved.
      outcome.metrics[name] = learner->expanded(name, metric - 1.0) + 1.0;
    }
  }
  learner->store(module);
  return outcome;
}

}  // namespace ohmweave::train
