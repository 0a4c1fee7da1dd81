// SPDX-License-Identifier: Apache-2.0
// The training stages of a run, each a function of its options, the artifact before it and a
// keyed stream.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/network_model.h"
#include "core/progress.h"
#include "core/random.h"
#include "data/options.h"
#include "inference/mapped_chip.h"
#include "train/options.h"

namespace ohmweave::train {

struct StageContext {
  std::filesystem::path output;  // the artifact folder being filled
  std::filesystem::path work;    // survives a kill: checkpoints, finished steps
  std::uint64_t seed = 1;        // of the data set and of its validation split
  RandomStream stream;           // of everything else in the stage
  Progress& progress;
};

/// Trains `network` from random weights. Writes model.safetensors, network.json (with ranges) and
/// train.csv. Throws ConfigError when images and network do not fit, NumericError when training
/// diverges, Interrupted when asked to stop.
void dense_stage(const Network& network, const data::DataOptions& data_options,
                 const TrainOptions& options, const StageContext& context);

/// Checks every pattern and count of the steps, which takes no training. Throws ConfigError when a
/// constraint matches no weight, keeps more than there is or does not suit a weight's shape.
void check_compression(const Network& network, const CompressOptions& options,
                       const LevelGrid& grid);

/// Runs all steps from the dense network. Writes model.safetensors, network.json (with ranges and
/// level scales), masks.safetensors, model.owz, compression.json, admm.csv and train.csv. Throws as
/// dense_stage() and check_compression().
void compress_stage(const NetworkModel& dense, const data::DataOptions& data_options,
                    const TrainOptions& train_options, const CompressOptions& options,
                    const LevelGrid& grid, const StageContext& context);

/// A network, the arrays it was placed on, and what these are made of.
struct AdaptInputs {
  NetworkModel model;  // with ranges
  QuantizationOptions quantization;
  mapping::Placement placement;  // of its integers
  inference::Hardware hardware;  // not with gates as inputs
  std::string stamp;             // of all that the stage depends on
};

/// Trains the mapped weights, the layers' scales and the biases through the arrays: forwards with
/// the weights that devices and wires make of the codes (inference/effective_weights.h),
/// backwards with the exact derivatives of the circuits. What is left out: rounding and clamping of
/// converters, read noise, spread of drivers and converters, drift. Codes of weights that are 0
/// stay 0, others never become it. Writes the adapted network: model.safetensors, network.json
/// (folded, with ranges and scales), model.owz; train.csv; adapt.json: {validation: {ideal (no
/// wires), programmed (the codes as they were), rescaled (layers' scales fitted), adapted: {loss,
/// accuracy}}, kept (which of the last three has the least loss and is the result),
/// layers: [{name, gain, nonzero_weights, changed_codes}]}; scores are those of float
/// accumulators: on the chip that is trained on, or, of drawn ones, on one that training did not
/// see. The first chip is chip 0 of context.stream. Throws as
/// dense_stage().
void adapt_stage(const AdaptInputs& inputs, const data::DataOptions& data_options,
                 const AdaptOptions& options, const StageContext& context);

}  // namespace ohmweave::train
