// SPDX-License-Identifier: Apache-2.0
#include "train/quantize_step.h"

#include <memory>

#include "admm/conductance_levels.h"
#include "core/error.h"
#include "nn/evaluate.h"
#include "train/calibration.h"

namespace ohmweave::train {
namespace {

using Scales = std::map<std::string, float>;  // by parameter name

std::string node_of(const std::string& weight_name) {
  return weight_name.substr(0, weight_name.rfind('.'));
}

Traces run_level_admm(nn::GraphModule& module, const Masks& masks, const QuantizeOptions& options,
                      const StepContext& context) {
  Constraints constraints;
  for (const auto& [name, mask] : masks) {
    constraints.push_back(
        {{name},
         std::make_shared<admm::ConductanceLevels>(context.grid.quantization.weight_bits, mask)});
  }
  return run_admm_phase(module, constraints, masks, options.admm, context);
}

/// Puts every weight on its nearest level; returns the scales.
Scales project_onto_levels(nn::GraphModule& module, const Masks& masks, int weight_bits) {
  const torch::NoGradGuard no_grad;
  Scales scales;
  for (const auto& [name, mask] : masks) {
    torch::Tensor weight = module.parameter(name);
    const admm::LevelFit fit = admm::ConductanceLevels(weight_bits, mask).fit(weight);
    weight.copy_(admm::level_values(fit, weight.sizes()));
    scales[name] = fit.scale;
  }
  return scales;
}

/// Puts the weights among `tensors` on the levels nearest to them.
void round_weights(const nn::TensorMap& tensors, const Scales& scales, int weight_bits) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, scale] : scales) {
    const torch::Tensor& weight = tensors.at(name);
    const torch::Tensor plain = weight.detach().to(torch::kCPU).contiguous();
    const admm::LevelFit fit{scale, admm::nearest_codes(plain, scale, weight_bits)};
    weight.copy_(admm::level_values(fit, weight.sizes()));
  }
}

/// What refinement starts from, and the grid it stays on.
struct Refinement {
  Scales scales;
  nn::TensorMap hidden;                       // whole weight tensors before they were rounded
  std::map<std::string, CodeFormat> formats;  // of the activations
};

Traces refine(nn::GraphModule& module, const Masks& masks, const QuantizeOptions& options,
              const Refinement& refinement, const StepContext& context) {
  const PhasePlan plan{context.name + "/refine",
                       options.retrain.epochs,
                       context.batch,
                       cosine_rate(options.retrain.learning_rate, options.retrain.epochs),
                       options.retrain.l2,
                       Keep::LeastValidationLoss,
                       context.stream.child("refine"),
                       options.retrain.ema_decay,
                       context.distill};
  const std::unique_ptr<Learner> learner = make_learner(module, masks, context.engine);
  learner->set_activation_formats(refinement.formats);
  nn::TensorMap parameters = learner->parameters();
  nn::TensorMap hidden;
  PhaseHooks hooks;
  if (options.refine == RefineKind::StraightThrough) {
    for (const auto& [name, full] : refinement.hidden) {
      hidden[name] = learner->compacted(name, full).clone();
    }
    const int bits = context.grid.quantization.weight_bits;
    hooks.hidden = &hidden;
    hooks.settle = [&, bits] { round_weights(learner->tensors(), refinement.scales, bits); };
  } else {
    for (const auto& [name, mask] : masks) parameters.erase(name);
  }
  Traces traces = run_phase({*learner, parameters, context.set, context.progress}, plan, hooks,
                            {context.folder / "refine.ckpt.safetensors", context.stamp});
  learner->set_activation_formats({});
  learner->store(module);
  return traces;
}

void require_on_grid(const nn::GraphModule& module, const Scales& scales, int weight_bits) {
  for (const auto& [name, scale] : scales) {
    const torch::Tensor weight = module.parameter(name).detach().to(torch::kCPU).contiguous();
    const admm::LevelFit fit{scale, admm::nearest_codes(weight, scale, weight_bits)};
    OHMWEAVE_REQUIRE(torch::equal(admm::level_values(fit, weight.sizes()), weight),
                     "every weight of '" + name + "' is a level after quantizing");
  }
}

}  // namespace

NetworkModel quantize_weights(nn::GraphModule& module, const Masks& masks,
                              const QuantizeOptions& options, const StepContext& context,
                              Traces& traces) {
  StepContext inner = context;
  inner.name = context.name + "/quantize";
  inner.folder = context.folder / "quantize";
  inner.stream = context.stream.child("quantize");
  const int bits = context.grid.quantization.weight_bits;

  append(traces, run_level_admm(module, masks, options, inner));
  nn::TensorMap hidden;  // what the hard projection rounds
  for (const auto& [name, mask] : masks) hidden[name] = module.parameter(name).detach().clone();
  const Scales scales = project_onto_levels(module, masks, bits);

  NetworkModel model = nn::to_model(module, calibrate(module, context.set));
  for (const auto& [name, scale] : scales) model.level_scales[node_of(name)] = scale;
  if (options.retrain.epochs > 0) {
    const Refinement refinement{scales, hidden, training_formats(model, context.grid.quantization)};
    append(traces, refine(module, masks, options, refinement, inner));
  }
  require_on_grid(module, scales, bits);
  model.parameters = module.state();
  return model;
}

}  // namespace ohmweave::train
