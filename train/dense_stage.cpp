// SPDX-License-Identifier: Apache-2.0
#include "core/artifact.h"
#include "core/error.h"
#include "nn/evaluate.h"
#include "train/calibration.h"
#include "train/phase.h"
#include "train/stages.h"

namespace ohmweave::train {
namespace {

std::string shape_text(const Shape& shape) {
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
         std::to_string(shape.width);
}

void check_fit(const Network& network, const data::DataOptions& options) {
  const Shape images = data::image_shape(options);
  if (!(images == network.input)) {
    throw ConfigError({"/data/kind = \"" + options.kind + "\": its images are " +
                       shape_text(images) + ", the network takes " + shape_text(network.input)});
  }
  const std::int64_t outputs = infer_shapes(network).back().size();
  if (outputs != data::num_classes(options)) {
    throw ConfigError({"/data/kind = \"" + options.kind + "\": it has " +
                       std::to_string(data::num_classes(options)) + " classes, the network " +
                       std::to_string(outputs) + " outputs"});
  }
}

/// Hash of all that the weights depend on.
std::string dense_stamp(const Network& network, const data::DataOptions& data_options,
                        const TrainOptions& options, const StageContext& context) {
  const Json json = {{"network", network_to_json(network)},
                     {"data", data::data_fingerprint(data_options)},
                     {"data_options", write_config(data_options)},
                     {"options", write_config(options)},
                     {"seed", context.seed},
                     {"stream", context.stream.bits(0)}};
  return sha256(json.dump());
}

}  // namespace

void dense_stage(const Network& network, const data::DataOptions& data_options,
                 const TrainOptions& options, const StageContext& context) {
  check_fit(network, data_options);
  const TrainingSet set = load_training_set(data_options, options.augment, context.seed);
  nn::GraphModule module(network);
  nn::initialize(module, context.stream.child("initialize"));
  const PhasePlan plan{"dense",
                       options.epochs,
                       options.batch,
                       cosine_rate(options.learning_rate, options.epochs),
                       options.l2,
                       Keep::LeastValidationLoss,
                       context.stream.child("train"),
                       options.ema_decay};
  const CheckpointPlace place{context.work / "dense.ckpt.safetensors",
                              dense_stamp(network, data_options, options, context)};

  DenseLearner learner(module);

  const Traces traces =
      run_phase({learner, learner.parameters(), set, context.progress}, plan, {}, place);

  save_network_model(nn::to_model(module, calibrate(module, set)), context.output);
  write_file_atomically(context.output / "train.csv", train_csv(traces));
}

}  // namespace ohmweave::train
