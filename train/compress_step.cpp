// SPDX-License-Identifier: Apache-2.0
#include "train/compress_step.h"

#include <memory>
#include <utility>
#include <vector>

#include "admm/admm_state.h"
#include "admm/constraint_table.h"
#include "admm/joined.h"
#include "core/error.h"
#include "nn/evaluate.h"
#include "train/quantize_step.h"

namespace ohmweave::train {
namespace {

int groups_of(const Network& network, const std::string& weight_name) {
  const std::string node = weight_name.substr(0, weight_name.rfind('.'));
  return network.nodes[network.index_of(node)].groups;
}

admm::ConstraintTarget target_of(const nn::GraphModule& module, const std::string& name,
                                 const torch::Tensor& mask, const LevelGrid& grid) {
  admm::ConstraintTarget target;
  target.name = name;
  target.shape = module.parameter(name).sizes().vec();
  target.groups = groups_of(module.network(), name);
  target.array_rows = grid.array_rows;
  target.array_cols = grid.array_cols;
  target.weight_bits = grid.quantization.weight_bits;
  target.mask = mask;
  target.weight = module.parameter(name).detach();
  return target;
}

/// What a constraint on several tensors sees of them; of one, the tensor itself.
torch::Tensor joined(const nn::GraphModule& module, const std::vector<std::string>& names) {
  if (names.size() == 1) return module.parameter(names.front()).detach();
  std::vector<torch::Tensor> tensors;
  tensors.reserve(names.size());
  for (const std::string& name : names) tensors.push_back(module.parameter(name).detach());
  return admm::concatenated(tensors);
}

void project_weights(nn::GraphModule& module, const Constraints& constraints) {
  const torch::NoGradGuard no_grad;
  for (const admm::ResolvedConstraint& set : constraints) {
    torch::Tensor rest = set.constraint->project(joined(module, set.names)).reshape(-1);
    for (const std::string& name : set.names) {
      torch::Tensor weight = module.parameter(name);
      weight.copy_(rest.slice(0, 0, weight.numel()).view_as(weight));
      rest = rest.slice(0, weight.numel());
    }
  }
}

void require_contained(const nn::GraphModule& module, const Constraints& constraints) {
  for (const admm::ResolvedConstraint& set : constraints) {
    OHMWEAVE_REQUIRE(
        set.constraint->contains(joined(module, set.names)),
        "'" + set.names.front() + "' lies in its constraint set after projection and training");
  }
}

/// Dropout regularizes a dense network; for the few weights that are to remain it is only noise.
NetworkModel without_dropout(NetworkModel model) {
  for (Node& node : model.network.nodes) {
    if (node.op == Op::Dropout) node.dropout_fraction = 0.0;
  }
  return model;
}

Traces retrain(nn::GraphModule& module, const Masks& masks, const RetrainOptions& options,
               const StepContext& context) {
  const PhasePlan plan{context.name + "/retrain",
                       options.epochs,
                       context.batch,
                       cosine_rate(options.learning_rate, options.epochs),
                       options.l2,
                       Keep::LeastValidationLoss,
                       context.stream.child("retrain"),
                       options.ema_decay,
                       context.distill};
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  Traces traces = run_phase({*learner, learner->parameters(), context.set, context.progress}, plan,
                            {}, {context.folder / "retrain.ckpt.safetensors", context.stamp});
  learner->store(module);
  return traces;
}

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

}  // namespace

Constraints resolve_constraints(const std::vector<admm::ConstraintOptions>& options,
                                const nn::GraphModule& module, const Masks& masks,
                                const StepContext& context) {
  std::vector<admm::ConstraintTarget> targets;
  for (const std::string& name : weight_names(module.network())) {
    targets.push_back(target_of(module, name, masks.at(name), context.grid));
  }
  return admm::resolve(options, targets, context.pointer + "/constraints");
}

void check_step(const CompressStep& step, const nn::GraphModule& module,
                const StepContext& context) {
  (void)resolve_constraints(step.constraints, module, full_masks(module), context);
}

Traces run_admm_phase(nn::GraphModule& module, const Constraints& constraints, const Masks& masks,
                      const admm::AdmmOptions& options, const StepContext& context) {
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  admm::AdmmState state(admm_targets(constraints, *learner, options),
                        {options.rho, options.rho_factor, options.rescale_dual});
  const PhasePlan plan{context.name + "/admm",
                       options.iterations * options.epochs_per_iteration,
                       context.batch,
                       admm_rate(options),
                       0.0,
                       Keep::LastEpoch,
                       context.stream.child("admm"),
                       0.0,
                       context.distill};
  bool has_converged = false;
  PhaseHooks hooks;
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
  Traces traces = run_phase({*learner, learner->parameters(), context.set, context.progress}, plan,
                            hooks, {context.folder / "admm.ckpt.safetensors", context.stamp});
  learner->store(module);
  return traces;
}

CompressState run_step(CompressState state, const CompressStep& step, const StepContext& context) {
  nn::GraphModule module = nn::make_module(without_dropout(state.model));
  const Constraints constraints =
      resolve_constraints(step.constraints, module, state.masks, context);
  CompressState next{{}, state.masks, std::move(state.traces)};
  if (!constraints.empty()) {
    append(next.traces, run_admm_phase(module, constraints, state.masks, step.admm, context));
    project_weights(module, constraints);
    next.masks = nonzero_masks(module, state.masks);
  }
  if (step.retrain.epochs > 0) {
    append(next.traces, retrain(module, next.masks, step.retrain, context));
  }
  require_contained(module, constraints);
  if (step.quantize) {
    next.model = quantize_weights(module, next.masks, *step.quantize, context, next.traces);
    require_contained(module, constraints);
  } else {
    next.model = nn::to_model(module, {});
  }
  next.model.network = state.model.network;
  return next;
}

}  // namespace ohmweave::train
