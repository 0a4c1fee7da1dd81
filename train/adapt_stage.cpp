// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "train/array_weights.h"
#include "train/calibration.h"
#include "train/phase.h"
#include "train/schedule.h"
#include "train/stages.h"

namespace ohmweave::train {
namespace {

/// What the arrays are for training: conductances alone.
inference::Hardware training_hardware(const AdaptInputs& inputs, const AdaptOptions& options) {
  inference::Hardware hardware = inputs.hardware;
  hardware.device.read_noise.reset();
  hardware.device.drift.reset();
  hardware.adc = {};
  hardware.dac = {};
  if (options.devices == AdaptDevices::Ideal) return inference::without_spread(hardware);
  if (options.devices == AdaptDevices::FirstChip) {
    // Cells are known, but not what the next writing of them will get wrong.
    hardware.device.programming.reset();
    hardware.device.write.reset();
    if (hardware.device.kind == "write_verify") hardware.device.kind = "level_grid";
  }
  return hardware;
}

/// The folded network with the codes, gains and biases that training left.
NetworkModel adapted_model(const NetworkModel& folded, const ArrayWeights& weights,
                           const Learner& learner) {
  NetworkModel model = folded;
  model.level_scales.clear();
  model.codebooks.clear();
  for (auto& [name, tensor] : model.parameters) {
    const torch::Tensor live = learner.tensors().at(name).detach().contiguous();
    tensor.values.assign(live.data_ptr<float>(), live.data_ptr<float>() + live.numel());
  }
  const QuantizedNetwork& network = weights.network();
  for (const int node : weight_nodes(network.network)) {
    const QuantizedWeights& integers = *network.nodes[node].weights;
    const std::string& name = network.network.nodes[node].name;
    const auto scale = static_cast<float>(integers.scale * weights.gain(node));
    std::vector<float>& values = model.parameters.at(name + ".weight").values;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(integers.value(integers.codes[i])) * scale;
    if (integers.code_values.empty()) {
      model.level_scales[name] = scale;
      continue;
    }
    std::set<float> used(values.begin(), values.end());
    used.erase(0.0F);
    if (!used.empty()) model.codebooks[name] = {used.begin(), used.end()};
  }
  return model;
}

Json score_json(const nn::Score& score) {
  return {{"loss", score.loss}, {"accuracy", score.accuracy}};
}

/// What became of each layer.
Json layers_json(const QuantizedNetwork& before, const ArrayWeights& weights) {
  Json layers = Json::array();
  for (const int node : weight_nodes(before.network)) {
    const std::vector<std::int32_t>& old_codes = before.nodes[node].weights->codes;
    const std::vector<std::int32_t>& codes = weights.network().nodes[node].weights->codes;
    std::int64_t changed = 0;
    std::int64_t nonzero = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (codes[i] != old_codes[i]) ++changed;
      if (codes[i] != 0) ++nonzero;
    }
    layers.push_back({{"name", before.network.nodes[node].name},
                      {"gain", weights.gain(node)},
                      {"nonzero_weights", nonzero},
                      {"changed_codes", changed}});
  }
  return layers;
}

/// Trains the learner through the arrays, and judges it on the validation images as it goes.
class Adaptation {
 public:
  Adaptation(const TrainingSet& set, const AdaptOptions& options, const StageContext& context,
             ArrayWeights& weights, Learner& learner)
      : set_(set),
        options_(options),
        context_(context),
        weights_(weights),
        learner_(learner),
        judged_chip_{options.devices == AdaptDevices::FirstChip
                         ? context.stream
                         : context.stream.child("validation"),
                     0} {}

  /// {validation, kept} of adapt.json; ends with the form of least loss.
  Json run(const std::string& stamp, Traces& traces) {
    Json summary;
    Json& scores = summary["validation"];
    weights_.settle_ideal();
    scores["ideal"] = score_json(learner_.evaluate(set_.data.validation));
    weights_.take_chip(judged_chip_);
    weights_.settle();
    judge("programmed", scores);
    weights_.fit_gains();
    judge("rescaled", scores);
    if (options_.epochs > 0) {
      restore(best_);
      traces = train(stamp);
      weights_.take_chip(judged_chip_);
      weights_.settle();
      judge("adapted", scores);
    }
    restore(best_);
    summary["kept"] = kept_;
    return summary;
  }

 private:
  Traces train(const std::string& stamp) {
    const bool is_drawn = options_.devices == AdaptDevices::Drawn;
    // Losses on different chips say nothing about the weights.
    const PhasePlan plan{"adapt",
                         options_.epochs,
                         options_.batch,
                         cosine_rate(options_.learning_rate, options_.epochs),
                         0.0,
                         is_drawn ? Keep::LastEpoch : Keep::LeastValidationLoss,
                         context_.stream.child("adapt")};
    PhaseHooks hooks;
    hooks.extra = weights_.trained();
    hooks.settle = [this] { weights_.settle(); };
    hooks.after_backward = [this] { weights_.set_gradients(); };
    if (is_drawn) {
      hooks.before_epoch = [this](int epoch) {
        epoch_ = epoch;
        step_ = 0;
        draw_chip();
        weights_.settle();
      };
      hooks.after_step = [this] {
        ++step_;
        draw_chip();
      };
    }
    nn::TensorMap biases = learner_.parameters();
    for (const std::string& name : weight_names(weights_.network().network)) biases.erase(name);
    return run_phase({learner_, biases, set_, context_.progress}, plan, hooks,
                     {context_.work / "adapt.ckpt.safetensors", stamp});
  }

  /// Scores what the learner computes now; the best so far, the later of equals, is kept.
  void judge(const char* form, Json& scores) {
    const nn::Score score = learner_.evaluate(set_.data.validation);
    scores[form] = score_json(score);
    if (!best_.empty() && score.loss > best_loss_) return;
    best_loss_ = score.loss;
    best_ = state();
    kept_ = form;
  }

  void draw_chip() {
    weights_.take_chip({context_.stream.child("chips", static_cast<std::uint64_t>(epoch_)), step_});
  }

  [[nodiscard]] nn::TensorMap state() const {
    nn::TensorMap state = learner_.state();
    for (const auto& [name, tensor] : weights_.trained()) state[name] = tensor.clone();
    return state;
  }

  void restore(const nn::TensorMap& state) {
    learner_.load(state);
    for (const auto& [name, tensor] : weights_.trained())
      torch::Tensor(tensor).copy_(state.at(name));
    weights_.settle();
  }

  const TrainingSet& set_;
  const AdaptOptions& options_;
  const StageContext& context_;
  ArrayWeights& weights_;
  Learner& learner_;
  inference::ChipKey judged_chip_;
  int epoch_ = 1;
  int step_ = 0;
  double best_loss_ = 0.0;
  nn::TensorMap best_;
  std::string kept_;
};

}  // namespace

void adapt_stage(const AdaptInputs& inputs, const data::DataOptions& data_options,
                 const AdaptOptions& options, const StageContext& context) {
  const TrainingSet set = load_training_set(data_options, std::nullopt, context.seed);
  const NetworkModel folded = fold_for_inference(inputs.model);
  const QuantizedNetwork before = quantize(folded, inputs.quantization);
  nn::GraphModule module = nn::make_module(folded);
  DenseLearner learner(module);
  learner.set_activation_formats(training_formats(folded, inputs.quantization));
  ArrayWeights weights({before, inputs.placement}, training_hardware(inputs, options), learner);
  Traces traces;
  Json summary = Adaptation(set, options, context, weights, learner).run(inputs.stamp, traces);
  summary["layers"] = layers_json(before, weights);

  const NetworkModel model = adapted_model(folded, weights, learner);
  const QuantizedNetwork integers = quantize(model, inputs.quantization);
  for (const int node : weight_nodes(integers.network))
    if (integers.nodes[node].weights->codes != weights.network().nodes[node].weights->codes)
      throw NumericError(
          "layer '" + integers.network.nodes[node].name +
          "' was trained to so few values that its codes on cells of uneven levels cannot be told "
          "from them; keep more of its weights, or leave /adapt out");
  save_network_model(model, context.output);
  write_file_atomically(context.output / "model.owz", encode_owz(model));
  write_json_atomically(context.output / "adapt.json", summary);
  write_file_atomically(context.output / "train.csv", train_csv(traces));
}

}  // namespace ohmweave::train
