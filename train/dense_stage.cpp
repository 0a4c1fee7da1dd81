// SPDX-License-Identifier: Apache-2.0
#include "core/artifact.h"
#include "core/error.h"
#include "train/dense_training.h"
#include "train/stages.h"

namespace ohmweave::train {
namespace {

void check_fit(const Network& network, const data::DataOptions& options) {
  const Shape images = data::image_shape(options);
  if (!(images == network.input)) {
    throw ConfigError({"/data/kind = \"" + options.kind + "\": its images are " +
                       data::shape_text(images) + ", the network takes " +
                       data::shape_text(network.input)});
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
  const CheckpointPlace place{context.work / "dense.ckpt.safetensors",
                              dense_stamp(network, data_options, options, context)};
  const DenseResult result =
      train_dense(network, set, options, {"dense", context.stream, place, context.progress});
  save_network_model(result.model, context.output);
  write_file_atomically(context.output / "train.csv", train_csv(result.traces));
}

}  // namespace ohmweave::train
