// SPDX-License-Identifier: Apache-2.0
#include "train/quantize_step.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "admm/constraint_table.h"
#include "core/equalize.h"
#include "core/error.h"
#include "core/glob.h"
#include "core/quantized_network.h"
#include "nn/evaluate.h"
#include "train/calibration.h"
#include "train/precision.h"
#include "train/weight_clusters.h"
#include "train/weight_levels.h"

namespace ohmweave::train {
namespace {

std::string node_of(const std::string& weight_name) {
  return weight_name.substr(0, weight_name.rfind('.'));
}

using LevelSets = std::vector<admm::ConstraintOptions>;

/// Sets of levels by the sensitivity of each layer.
LevelSets sensitive_sets(nn::GraphModule& module, const Masks& masks,
                         const PrecisionOptions& options, const StepContext& context) {
  const torch::NoGradGuard no_grad;
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  const Batch batch =
      draw_batch(context.set, context.fisher.images, context.stream.child("fisher"));
  const nn::TensorMap fisher =
      learner->fisher(batch.images, context.fisher.temperature, context.stream.child("labels"));
  std::map<std::string, LayerWeights> layers;
  for (const auto& [name, mask] : masks) {
    const torch::Tensor inside = learner->compacted(name, mask).reshape(-1);
    const torch::Tensor weight = learner->tensors().at(name).detach().reshape(-1);
    layers[name] = {weight.masked_select(inside),
                    fisher.at(name).reshape(-1).masked_select(inside)};
  }
  const double bits = options.bits_per_weight * static_cast<double>(count_weights(masks));
  LevelSets sets;
  for (const auto& [name, levels] : levels_within(layers, options.most_levels, bits)) {
    sets.emplace_back();
    sets.back().kind = "uniform_levels";
    sets.back().weights = name;
    sets.back().levels = levels;
  }
  return sets;
}

/// The sets as the config gives them, or the chip's own levels for all weights.
LevelSets level_sets(nn::GraphModule& module, const Masks& masks, const QuantizeOptions& options,
                     const StepContext& context) {
  if (options.precision) return sensitive_sets(module, masks, *options.precision, context);
  if (!options.levels.empty()) return options.levels;
  admm::ConstraintOptions all;
  all.kind = "device_levels";
  all.weights = "*";
  return {all};
}

bool is_clustering(const admm::ConstraintOptions& set) {
  return !admm::has_scaled_levels(set.kind);
}

/// The levels of every weight that a set names; of several the last counts.
LevelLists level_lists(const LevelSets& sets, const Masks& masks, const QuantizationOptions& chip) {
  LevelLists lists;
  for (const auto& [name, mask] : masks) {
    for (const admm::ConstraintOptions& set : sets) {
      if (!matches_glob(set.weights, name)) continue;
      lists.erase(name);
      if (is_clustering(set)) continue;
      admm::ConstraintTarget target;
      target.name = name;
      target.weight_bits = chip.weight_bits;
      target.code_values = chip.code_values;
      lists.insert_or_assign(name, admm::LevelList(admm::scaled_levels(set, target)));
    }
  }
  return lists;
}

/// The clustered vectors of every weight that such a set names; of several sets the last counts.
ClusterSets cluster_sets(const LevelSets& sets, const Masks& masks) {
  ClusterSets result;
  for (const auto& [name, mask] : masks) {
    for (const admm::ConstraintOptions& set : sets) {
      if (!matches_glob(set.weights, name)) continue;
      result.erase(name);
      if (!is_clustering(set)) continue;
      admm::ConstraintTarget target;
      target.name = name;
      result[name] = admm::make_constraint(set, target);
    }
  }
  return result;
}

/// A phase of training on levels and centroids, all on one learner.
class LevelTraining {
 public:
  LevelTraining(WeightLevels& levels, WeightClusters& clusters, Learner& learner,
                const StepContext& context)
      : levels_(levels), clusters_(clusters), learner_(learner), context_(context) {}

  /// While the fixed weights stay on their levels, and the scales are trained.
  Traces with_fixed(const FixOptions& options, int round) {
    const std::string name = "fix_" + std::to_string(round);
    RetrainOptions training;
    training.epochs = options.epochs;
    training.learning_rate = options.learning_rate;
    PhaseHooks hooks;
    train_values(hooks, true);
    hooks.settle = [this] { settle_fixed(); };
    Traces traces = run(name, training, learner_.parameters(), hooks);
    settle_fixed();
    return traces;
  }

  /// The weights stay where they are; the rest is trained.
  Traces of_the_rest(const QuantizeOptions& options) {
    nn::TensorMap parameters = learner_.parameters();
    for (const auto& [name, scale] : levels_.scales()) {
      parameters.erase(name.substr(0, name.rfind('.')));
    }
    levels_.fix_nearest(1.0);
    PhaseHooks hooks;
    train_values(hooks, options.train_scales);
    hooks.settle = [this] { settle_fixed(); };
    Traces traces = run("refine", options.retrain, parameters, hooks);
    settle_fixed();
    return traces;
  }

  /// Hidden weights are trained; the network uses the levels nearest to them.
  Traces straight_through(const QuantizeOptions& options, nn::TensorMap hidden) {
    PhaseHooks hooks;
    hooks.hidden = &hidden;
    train_values(hooks, options.train_scales);
    hooks.settle = [this] { settle_all(); };
    Traces traces = run("refine", options.retrain, learner_.parameters(), hooks);
    settle_all();
    return traces;
  }

 private:
  void settle_fixed() {
    levels_.settle_fixed();
    clusters_.settle();
  }
  void settle_all() {
    levels_.settle_all();
    clusters_.settle();
  }

  /// Trains the centroids, and the scales if asked for.
  void train_values(PhaseHooks& hooks, bool with_scales) {
    hooks.extra = clusters_.centroids();
    if (with_scales) hooks.extra.insert(levels_.scales().begin(), levels_.scales().end());
    hooks.after_backward = [this, with_scales] {
      clusters_.set_centroid_gradients();
      if (with_scales) levels_.set_scale_gradients();
    };
  }

  Traces run(const std::string& name, const RetrainOptions& options,
             const nn::TensorMap& parameters, const PhaseHooks& hooks) {
    const PhasePlan plan = retrain_plan(options, name, context_);
    return run_phase({learner_, parameters, context_.set, context_.progress}, plan, hooks,
                     {context_.folder / (name + ".ckpt.safetensors"), context_.stamp});
  }

  WeightLevels& levels_;
  WeightClusters& clusters_;
  Learner& learner_;
  const StepContext& context_;
};

/// The learner's weights under `levels`, copied.
nn::TensorMap copies_of(const WeightLevels& levels, const Learner& learner) {
  nn::TensorMap copies;
  for (const auto& [name, scale] : levels.scales()) {
    const std::string weight = name.substr(0, name.rfind('.'));
    copies[weight] = learner.tensors().at(weight).detach().clone();
  }
  return copies;
}

Traces train_on_levels(LevelTraining& training, WeightLevels& levels, const Learner& learner,
                       const nn::TensorMap& hidden, const QuantizeOptions& options) {
  Traces traces;
  if (options.fix) {
    int round = 0;
    for (const double share : options.fix->shares) {
      levels.fix_nearest(share);
      levels.settle_fixed();
      append(traces, training.with_fixed(*options.fix, ++round));
    }
  }
  if (options.retrain.epochs == 0) return traces;
  const bool is_hidden = options.refine == RefineKind::StraightThrough;
  append(traces, !is_hidden    ? training.of_the_rest(options)
                 : options.fix ? training.straight_through(options, copies_of(levels, learner))
                               : training.straight_through(options, hidden));
  return traces;
}

bool are_integers(const std::vector<float>& levels) {
  return std::all_of(levels.begin(), levels.end(),
                     [](float level) { return level == std::round(level); });
}

/// The values that a layer's weights take, where they are not integers times a scale.
void keep_codebook(NetworkModel& model, const std::string& weight) {
  std::set<float> values;
  for (const float value : model.parameters.at(weight).values) {
    if (value != 0.0F) values.insert(value);
  }
  if (!values.empty()) model.codebooks[node_of(weight)] = {values.begin(), values.end()};
}

void round_biases(nn::GraphModule& module, int mantissa_bits) {
  Parameters parameters = module.state();
  for (auto& [name, tensor] : parameters) {
    if (name.size() < 5 || name.compare(name.size() - 5, 5, ".bias") != 0) continue;
    for (float& value : tensor.values) value = round_mantissa(value, mantissa_bits);
  }
  module.load(parameters);
}

}  // namespace

NetworkModel quantize_weights(nn::GraphModule& module, const Masks& masks,
                              const QuantizeOptions& options, const StepContext& context,
                              Traces& traces) {
  StepContext inner = context;
  inner.name = context.name + "/quantize";
  inner.folder = context.folder / "quantize";
  inner.stream = context.stream.child("quantize");
  if (options.equalize) module.load(equalize_layers(module.network(), module.state()));
  const LevelSets sets = level_sets(module, masks, options, inner);
  const Constraints constraints =
      resolve_constraints(sets, module, masks, context.grid, context.pointer + "/quantize/levels",
                          context.first_weights);
  const AdmmOutcome outcome = run_admm_phase(module, constraints, masks, options.admm, inner);
  append(traces, outcome.traces);

  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  const LevelLists lists = level_lists(sets, masks, context.grid.quantization);
  WeightLevels levels(lists, masks, *learner);
  levels.fit(outcome.metrics);
  const nn::TensorMap hidden = copies_of(levels, *learner);
  WeightClusters clusters(cluster_sets(sets, masks), masks, *learner, outcome.metrics);
  clusters.settle();
  if (!options.fix) levels.settle_all();
  learner->store(module);
  NetworkModel model = nn::to_model(module, calibrate(module, context.set));
  if (options.round_activations) {
    learner->set_activation_formats(training_formats(model, context.grid.quantization));
  }
  LevelTraining training(levels, clusters, *learner, inner);
  append(traces, train_on_levels(training, levels, *learner, hidden, options));
  learner->set_activation_formats({});
  OHMWEAVE_REQUIRE(levels.hold() && clusters.hold(),
                   "every quantized weight is a level after quantizing");
  learner->store(module);
  if (options.bias_mantissa_bits) round_biases(module, *options.bias_mantissa_bits);
  model.parameters = module.state();
  for (const auto& [name, scale] : levels.scales()) {
    const std::string weight = node_of(name);
    if (are_integers(lists.at(weight).levels())) {
      model.level_scales[node_of(weight)] = scale.item<float>();
    } else {
      keep_codebook(model, weight);
    }
  }
  for (const auto& [name, values] : clusters.codebooks()) model.codebooks[node_of(name)] = values;
  return model;
}

}  // namespace ohmweave::train
