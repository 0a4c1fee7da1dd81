// SPDX-License-Identifier: Apache-2.0
#include "train/compress_step.h"

#include <utility>
#include <vector>

#include "admm/admm_state.h"
#include "admm/constraint_table.h"
#include "admm/glob.h"
#include "admm/sequence.h"
#include "core/error.h"
#include "nn/evaluate.h"
#include "train/quantize_step.h"

namespace ohmweave::train {
namespace {

using ConstraintMap = std::map<std::string, std::shared_ptr<const admm::Constraint>>;

int groups_of(const Network& network, const std::string& weight_name) {
  const std::string node = weight_name.substr(0, weight_name.rfind('.'));
  return network.nodes[network.index_of(node)].groups;
}

admm::ConstraintTarget target_of(const nn::GraphModule& module, const std::string& name,
                                 const LevelGrid& grid) {
  admm::ConstraintTarget target;
  target.name = name;
  target.shape = module.parameter(name).sizes().vec();
  target.groups = groups_of(module.network(), name);
  target.array_rows = grid.array_rows;
  target.array_cols = grid.array_cols;
  target.weight_bits = grid.quantization.weight_bits;
  return target;
}

void require_contained(const nn::GraphModule& module, const ConstraintMap& constraints) {
  for (const auto& [name, constraint] : constraints) {
    OHMWEAVE_REQUIRE(constraint->contains(module.parameter(name)),
                     "'" + name + "' lies in its constraint set after projection and training");
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
  DenseLearner learner(module);
  PhaseHooks hooks;
  hooks.after_backward = [&] { mask_gradients(learner.parameters(), masks); };
  hooks.after_step = [&] { mask_weights(learner.parameters(), masks); };
  return run_phase({learner, learner.parameters(), context.set, context.progress}, plan, hooks,
                   {context.folder / "retrain.ckpt.safetensors", context.stamp});
}

}  // namespace

ConstraintMap resolve_constraints(const std::vector<admm::ConstraintOptions>& options,
                                  const nn::GraphModule& module, const StepContext& context) {
  std::map<std::string, std::vector<std::shared_ptr<const admm::Constraint>>> parts;
  const std::vector<std::string> names = weight_names(module.network());
  for (std::size_t i = 0; i < options.size(); ++i) {
    bool is_matched = false;
    for (const std::string& name : names) {
      if (!admm::matches_glob(options[i].weights, name)) continue;
      is_matched = true;
      parts[name].push_back(
          admm::make_constraint(options[i], target_of(module, name, context.grid)));
    }
    if (is_matched) continue;
    std::string allowed;
    for (const std::string& name : names) allowed += (allowed.empty() ? "" : ", ") + name;
    throw ConfigError({context.pointer + "/constraints/" + std::to_string(i) + "/weights = \"" +
                       options[i].weights + "\": matches no weight; the weights are: " + allowed});
  }
  ConstraintMap constraints;
  for (auto& [name, list] : parts) {
    constraints[name] =
        list.size() == 1 ? list.front() : std::make_shared<admm::Sequence>(std::move(list));
  }
  return constraints;
}

void check_step(const CompressStep& step, const nn::GraphModule& module,
                const StepContext& context) {
  (void)resolve_constraints(step.constraints, module, context);
}

Traces run_admm_phase(nn::GraphModule& module, const ConstraintMap& constraints, const Masks& masks,
                      const admm::AdmmOptions& options, const StepContext& context) {
  std::vector<admm::AdmmTarget> targets;
  for (const auto& [name, constraint] : constraints) {
    targets.push_back({name, module.parameter(name), constraint});
  }
  admm::AdmmState state(std::move(targets),
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
  DenseLearner learner(module);
  PhaseHooks hooks;
  hooks.after_backward = [&] {
    state.add_penalty_gradient();
    mask_gradients(learner.parameters(), masks);
  };
  hooks.after_step = [&] { mask_weights(learner.parameters(), masks); };
  hooks.after_epoch = [&](int epoch) {
    std::vector<AdmmRow> rows;
    if (epoch % options.epochs_per_iteration != 0) return rows;
    for (admm::AdmmTrace& trace : state.update()) {
      rows.push_back({plan.name, epoch / options.epochs_per_iteration, std::move(trace)});
    }
    return rows;
  };
  hooks.state = [&] { return state.state(); };
  hooks.load_state = [&](const nn::TensorMap& saved) { state.load_state(saved); };
  return run_phase({learner, learner.parameters(), context.set, context.progress}, plan, hooks,
                   {context.folder / "admm.ckpt.safetensors", context.stamp});
}

CompressState run_step(CompressState state, const CompressStep& step, const StepContext& context) {
  nn::GraphModule module = nn::make_module(without_dropout(state.model));
  const ConstraintMap constraints = resolve_constraints(step.constraints, module, context);
  CompressState next{{}, state.masks, std::move(state.traces)};
  if (!constraints.empty()) {
    append(next.traces, run_admm_phase(module, constraints, state.masks, step.admm, context));
    const torch::NoGradGuard no_grad;
    for (const auto& [name, constraint] : constraints) {
      module.parameter(name).copy_(constraint->project(module.parameter(name)));
    }
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
