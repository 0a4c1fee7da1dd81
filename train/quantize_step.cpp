// SPDX-License-Identifier: Apache-2.0
#include "train/quantize_step.h"

#include <memory>

#include "admm/constraint_table.h"
#include "admm/glob.h"
#include "core/equalize.h"
#include "core/error.h"
#include "core/quantized_network.h"
#include "nn/evaluate.h"
#include "train/calibration.h"
#include "train/weight_levels.h"

namespace ohmweave::train {
namespace {

std::string node_of(const std::string& weight_name) {
  return weight_name.substr(0, weight_name.rfind('.'));
}

/// The sets as the config gives them, or the chip's own grid for all weights.
std::vector<admm::ConstraintOptions> level_sets(const QuantizeOptions& options) {
  if (!options.levels.empty()) return options.levels;
  admm::ConstraintOptions all;
  all.kind = "conductance_levels";
  all.weights = "*";
  return {all};
}

/// The levels of every weight that a set names; of several the last counts.
LevelLists level_lists(const QuantizeOptions& options, const Masks& masks, int weight_bits) {
  LevelLists lists;
  for (const auto& [name, mask] : masks) {
    for (const admm::ConstraintOptions& set : level_sets(options)) {
      if (!admm::matches_glob(set.weights, name)) continue;
      lists.insert_or_assign(name, admm::LevelList(admm::integer_levels(set, weight_bits)));
    }
  }
  return lists;
}

/// A phase of training on levels, all on one learner.
class LevelTraining {
 public:
  LevelTraining(WeightLevels& levels, Learner& learner, const StepContext& context)
      : levels_(levels), learner_(learner), context_(context) {}

  /// While the fixed weights stay on their levels, and the scales are trained.
  Traces with_fixed(const FixOptions& options, int round) {
    const std::string name = "fix_" + std::to_string(round);
    RetrainOptions training;
    training.epochs = options.epochs;
    training.learning_rate = options.learning_rate;
    PhaseHooks hooks;
    hooks.settle = [this] { levels_.settle_fixed(); };
    train_scales(hooks);
    Traces traces = run(name, training, learner_.parameters(), hooks);
    levels_.settle_fixed();
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
    hooks.settle = [this] { levels_.settle_fixed(); };
    if (options.train_scales) train_scales(hooks);
    Traces traces = run("refine", options.retrain, parameters, hooks);
    levels_.settle_fixed();
    return traces;
  }

  /// Hidden weights are trained; the network uses the levels nearest to them.
  Traces straight_through(const QuantizeOptions& options, nn::TensorMap hidden) {
    PhaseHooks hooks;
    hooks.hidden = &hidden;
    hooks.settle = [this] { levels_.settle_all(); };
    if (options.train_scales) train_scales(hooks);
    Traces traces = run("refine", options.retrain, learner_.parameters(), hooks);
    levels_.settle_all();
    return traces;
  }

 private:
  void train_scales(PhaseHooks& hooks) {
    hooks.extra = levels_.scales();
    hooks.after_backward = [this] { levels_.set_scale_gradients(); };
  }

  Traces run(const std::string& name, const RetrainOptions& options,
             const nn::TensorMap& parameters, const PhaseHooks& hooks) {
    const PhasePlan plan{context_.name + "/" + name,
                         options.epochs,
                         context_.batch,
                         cosine_rate(options.learning_rate, options.epochs),
                         options.l2,
                         Keep::LeastValidationLoss,
                         context_.stream.child(name),
                         options.ema_decay,
                         context_.distill};
    return run_phase({learner_, parameters, context_.set, context_.progress}, plan, hooks,
                     {context_.folder / (name + ".ckpt.safetensors"), context_.stamp});
  }

  WeightLevels& levels_;
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

Traces train_on_levels(WeightLevels& levels, Learner& learner, const nn::TensorMap& hidden,
                       const QuantizeOptions& options, const StepContext& context) {
  Traces traces;
  LevelTraining training(levels, learner, context);
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
  const Constraints sets = resolve_constraints(level_sets(options), module, masks, context.grid,
                                               context.pointer + "/quantize/levels");
  append(traces, run_admm_phase(module, sets, masks, options.admm, inner).traces);

  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  WeightLevels levels(level_lists(options, masks, context.grid.quantization.weight_bits), masks,
                      *learner);
  levels.fit();
  const nn::TensorMap hidden = copies_of(levels, *learner);
  if (!options.fix) levels.settle_all();
  learner->store(module);
  NetworkModel model = nn::to_model(module, calibrate(module, context.set));
  if (options.round_activations) {
    learner->set_activation_formats(training_formats(model, context.grid.quantization));
  }
  append(traces, train_on_levels(levels, *learner, hidden, options, inner));
  learner->set_activation_formats({});
  OHMWEAVE_REQUIRE(levels.hold(), "every quantized weight is a level after quantizing");
  learner->store(module);
  if (options.bias_mantissa_bits) round_biases(module, *options.bias_mantissa_bits);
  model.parameters = module.state();
  for (const auto& [name, scale] : levels.scales()) {
    model.level_scales[node_of(node_of(name))] = scale.item<float>();
  }
  return model;
}

}  // namespace ohmweave::train
