// SPDX-License-Identifier: Apache-2.0
#include "train/compress_step.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "admm/constraint_table.h"
#include "admm/joined.h"
#include "core/artifact.h"
#include "core/error.h"
#include "nn/evaluate.h"
#include "nn/torch_io.h"
#include "train/cut_phase.h"
#include "train/quantize_step.h"
#include "train/stages.h"

namespace ohmweave::train {
namespace {

int groups_of(const Network& network, const std::string& weight_name) {
  const std::string node = weight_name.substr(0, weight_name.rfind('.'));
  return network.nodes[network.index_of(node)].groups;
}

admm::ConstraintTarget target_of(const nn::GraphModule& module, const std::string& name,
                                 const torch::Tensor& mask, const LevelGrid& grid,
                                 const nn::TensorMap& first_weights) {
  admm::ConstraintTarget target;
  target.name = name;
  target.shape = module.parameter(name).sizes().vec();
  target.groups = groups_of(module.network(), name);
  target.array_rows = grid.array_rows;
  target.array_cols = grid.array_cols;
  target.weight_bits = grid.quantization.weight_bits;
  target.code_values = grid.quantization.code_values;
  target.mask = mask;
  const auto first = first_weights.find(name);
  target.weight = first == first_weights.end() ? module.parameter(name).detach() : first->second;
  return target;
}

bool are_contained(const nn::GraphModule& module, const Constraints& constraints) {
  for (const admm::ResolvedConstraint& set : constraints) {
    std::vector<torch::Tensor> parts;
    for (const std::string& name : set.names) parts.push_back(module.parameter(name).detach());
    const torch::Tensor weights = parts.size() == 1 ? parts[0] : admm::concatenated(parts);
    if (!set.constraint->contains(weights)) return false;
  }
  return true;
}

void require_contained(const nn::GraphModule& module, const Constraints& constraints) {
  OHMWEAVE_REQUIRE(are_contained(module, constraints),
                   "all weights lie in their sets after projection and training");
}

/// Dropout regularizes a dense network; for the few weights that are to remain it is only noise.
NetworkModel without_dropout(NetworkModel model) {
  for (Node& node : model.network.nodes) {
    if (node.op == Op::Dropout) node.dropout_fraction = 0.0;
  }
  return model;
}

/// Batch norms scale the channels of a convolution apart, so that its weights can't be levels times
/// one scale. They are folded into it before the levels are chosen.
NetworkModel without_batch_norm(const NetworkModel& model) {
  const std::vector<Node>& nodes = model.network.nodes;
  const bool has_batch_norm = std::any_of(
      nodes.begin(), nodes.end(), [](const Node& node) { return node.op == Op::BatchNorm2d; });
  return has_batch_norm ? fold_for_inference(model) : model;
}

/// Training under the masks, kept in the checkpoint `name`.
Traces retrain(nn::GraphModule& module, const Masks& masks, const RetrainOptions& options,
               const StepContext& context, const std::string& name) {
  const PhasePlan plan = retrain_plan(options, name, context);
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  Traces traces = run_phase({*learner, learner->parameters(), context.set, context.progress}, plan,
                            {}, {context.folder / (name + ".ckpt.safetensors"), context.stamp});
  learner->store(module);
  return traces;
}

ScoreInputs score_inputs(const StepContext& context) {
  return {context.set, context.fisher, context.distill, context.stream.child("regrow")};
}

/// Loss on all training images, each in the form that the same draw gives it for every network.
double training_loss(nn::GraphModule& module, const Masks& masks, const StepContext& context) {
  const Batch batch =
      draw_batch(context.set, context.set.num_images(), RandomStream(0).child("judge"));
  return make_learner(module, masks, context.engine)->evaluate({batch.images, batch.labels}).loss;
}

/// Scores `state`, whose network is `module`, on the validation images.
void validate_state(CompressState& state, nn::GraphModule& module, const StepContext& context) {
  const nn::Score score = nn::evaluate(module, context.set.data.validation);
  state.validation_loss = score.loss;
  state.validation_accuracy = score.accuracy;
}

/// Weights come back, and are trained a little with the others.
Masks regrow(nn::GraphModule& module, const Masks& masks, const RegrowOptions& options,
             const StepContext& context, Traces& traces) {
  Masks grown = regrown_masks(module, masks, options.fraction, score_inputs(context));
  RetrainOptions training;
  training.epochs = options.epochs;
  training.learning_rate = options.learning_rate;
  if (training.epochs > 0) append(traces, retrain(module, grown, training, context, "regrow"));
  return grown;
}

/// The sets of the step.
Constraints step_constraints(const CompressStep& step, const nn::GraphModule& module,
                             const Masks& masks, const StepContext& context) {
  return resolve_constraints(step.constraints, module, masks, context.grid,
                             context.pointer + "/constraints", context.first_weights);
}

/// Sets that no weight can meet and still matter leave a network that gives one answer to all.
void require_weights(const Masks& masks, const StepContext& context) {
  if (count_weights(masks) > 0) return;
  throw ConfigError({context.pointer +
                     "/constraints: leave no weight on a path from the image to an output; keep "
                     "more in the layers between, or lower a floor"});
}

/// ADMM or cuts towards the sets, and masked mapping.
Masks choose(nn::GraphModule& module, const Masks& masks, const CompressStep& step,
             const StepContext& context, Traces& traces) {
  const Constraints constraints = step_constraints(step, module, masks, context);
  if (constraints.empty()) return masks;
  if (step.cut) {
    CutOutcome outcome =
        run_cut_phase(module, masks, *common_count(constraints, masks), *step.cut, context);
    append(traces, outcome.traces);
    require_weights(outcome.masks, context);
    return outcome.masks;
  }
  const AdmmOutcome outcome = run_admm_phase(module, constraints, masks, step.admm, context);
  append(traces, outcome.traces);
  Masks next = map_onto_sets(module, constraints, masks, outcome.metrics, step.remove_dead_paths);
  require_weights(next, context);
  return next;
}

/// Once through regrowth, choice and retraining. The result is not quantized.
CompressState run_cycle(const CompressState& state, const CompressStep& step,
                        const StepContext& context) {
  nn::GraphModule module = nn::make_module(without_dropout(state.model));
  CompressState next{{}, state.masks, state.traces};
  if (step.regrow) next.masks = regrow(module, next.masks, *step.regrow, context, next.traces);
  next.masks = choose(module, next.masks, step, context, next.traces);
  if (step.retrain.epochs > 0) {
    append(next.traces, retrain(module, next.masks, step.retrain, context, "retrain"));
  }
  require_contained(module, step_constraints(step, module, full_masks(module), context));
  validate_state(next, module, context);
  next.training_loss = training_loss(module, next.masks, context);
  next.model = nn::to_model(module, {});
  next.model.network = state.model.network;
  return next;
}

StepContext cycle_context(const StepContext& context, int cycle) {
  StepContext inner = context;
  const std::string name = "cycle_" + std::to_string(cycle);
  inner.name = context.name + "/" + name;
  inner.folder = context.folder / name;
  inner.stream = context.stream.child("cycle", static_cast<std::uint64_t>(cycle));
  inner.stamp = sha256(context.stamp + name);
  return inner;
}

/// As run_cycle(), kept as an artifact beside the step's checkpoints.
CompressState run_kept_cycle(const CompressState& state, const CompressStep& step,
                             const StepContext& context) {
  const std::filesystem::path folder = context.folder.string() + ".done";
  if (!is_stamped(folder, context.stamp)) {
    const CompressState next = run_cycle(state, step, context);
    std::filesystem::create_directories(folder.parent_path());
    write_artifact(folder, context.stamp,
                   [&next](const std::filesystem::path& partial) { save_state(next, partial); });
    std::filesystem::remove_all(context.folder);
  }
  return load_state(folder);
}

/// All cycles. Each goes on from the best network so far; the one that the step
/// starts with counts when it lies in the sets.
CompressState run_cycles(CompressState state, const CompressStep& step,
                         const StepContext& context) {
  if (step.cycles == 1) return run_cycle(state, step, context);
  nn::GraphModule module = nn::make_module(without_dropout(state.model));
  const Constraints constraints = step_constraints(step, module, full_masks(module), context);
  bool is_candidate = are_contained(module, constraints);
  if (is_candidate) {
    validate_state(state, module, context);
    state.training_loss = training_loss(module, state.masks, context);
  }
  for (int cycle = 1; cycle <= step.cycles; ++cycle) {
    CompressState next = run_kept_cycle(state, step, cycle_context(context, cycle));
    if (is_candidate && !is_better(next, state, step.judge)) continue;
    state = std::move(next);
    is_candidate = true;
  }
  return state;
}

}  // namespace

PhasePlan retrain_plan(const RetrainOptions& options, const std::string& name,
                       const StepContext& context) {
  return {context.name + "/" + name,
          options.epochs,
          context.batch,
          cosine_rate(options.learning_rate, options.epochs),
          options.l2,
          Keep::LeastValidationLoss,
          context.stream.child(name),
          options.ema_decay,
          context.distill,
          options.optimizer,
          options.original_fraction};
}

Constraints resolve_constraints(const std::vector<admm::ConstraintOptions>& options,
                                const nn::GraphModule& module, const Masks& masks,
                                const LevelGrid& grid, const std::string& pointer,
                                const nn::TensorMap& first_weights) {
  std::vector<admm::ConstraintTarget> targets;
  for (const std::string& name : weight_names(module.network())) {
    targets.push_back(target_of(module, name, masks.at(name), grid, first_weights));
  }
  return admm::resolve(options, targets, pointer);
}

namespace {

/// Integer levels beyond the codes that cells hold would be found out when the network is mapped.
void require_codes(const QuantizeOptions& options, const QuantizationOptions& chip,
                   const std::string& pointer) {
  const int most = (1 << chip.weight_bits) - 1;
  const auto require = [&](const std::string& key, double largest) {
    if (largest <= most || !chip.code_values.empty()) return;
    throw ConfigError({pointer + key + ": the greatest level is " +
                       std::to_string(static_cast<std::int64_t>(largest)) +
                       " times the scale; /array/weight_bits = " +
                       std::to_string(chip.weight_bits) + " holds " + std::to_string(most)});
  };
  if (options.precision) require("/precision/most_levels", options.precision->most_levels);
  for (std::size_t i = 0; i < options.levels.size(); ++i) {
    const admm::ConstraintOptions& set = options.levels[i];
    if (!admm::has_scaled_levels(set.kind)) continue;
    admm::ConstraintTarget target;
    target.weight_bits = chip.weight_bits;
    target.code_values = chip.code_values;
    const std::vector<float> levels = admm::scaled_levels(set, target);
    const bool are_integers = std::all_of(levels.begin(), levels.end(),
                                          [](float level) { return level == std::round(level); });
    if (are_integers)
      require("/levels/" + std::to_string(i), *std::max_element(levels.begin(), levels.end()));
  }
}

}  // namespace

void check_compression(const Network& network, const CompressOptions& options,
                       const LevelGrid& grid) {
  const nn::GraphModule module(network);
  const Masks masks = full_masks(module);
  for (std::size_t i = 0; i < options.steps.size(); ++i) {
    const CompressStep& step = options.steps[i];
    const std::string pointer = "/compress/steps/" + std::to_string(i);
    const Constraints constraints =
        resolve_constraints(step.constraints, module, masks, grid, pointer + "/constraints");
    if (step.cut && common_count(constraints, masks) == nullptr) {
      throw ConfigError(
          {pointer + "/cut: needs constraints/0/weights to match all weights of the network"});
    }
    if (step.quantize) {
      require_codes(*step.quantize, grid.quantization, pointer + "/quantize");
      (void)resolve_constraints(step.quantize->levels, module, masks, grid,
                                pointer + "/quantize/levels");
    }
  }
}

CompressState run_step(CompressState state, const CompressStep& step,
                       const StepContext& step_context) {
  StepContext context = step_context;
  for (const std::string& name : weight_names(state.model.network))
    context.first_weights[name] = nn::to_torch(state.model.parameters.at(name));
  CompressState next = run_cycles(std::move(state), step, context);
  if (!step.quantize) return next;
  const NetworkModel start = without_batch_norm(next.model);
  nn::GraphModule module = nn::make_module(without_dropout(start));
  next.model = quantize_weights(module, next.masks, *step.quantize, context, next.traces);
  require_contained(module, step_constraints(step, module, full_masks(module), context));
  validate_state(next, module, context);
  next.model.network = start.network;
  return next;
}

}  // namespace ohmweave::train
