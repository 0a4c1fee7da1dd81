// SPDX-License-Identifier: Apache-2.0
// Training of networks whose weights are all there: the run's own, and more of the same kind that
// teach it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/network_model.h"
#include "core/progress.h"
#include "core/random.h"
#include "train/checkpoint.h"
#include "train/options.h"
#include "train/traces.h"
#include "train/training_set.h"

namespace ohmweave::train {

struct DenseRun {
  std::string phase;    // its name in traces and progress
  RandomStream stream;  // of the weights it starts from, of shuffles, copies and dropout
  CheckpointPlace place;
  Progress& progress;
};

struct DenseResult {
  NetworkModel model;  // with the ranges of its activations
  Traces traces;
};

/// Trains `network` from random weights on images that fit it. Throws as run_phase().
[[nodiscard]] DenseResult train_dense(const Network& network, const TrainingSet& set,
                                      const TrainOptions& options, const DenseRun& run);

/// Where networks that teach are kept, and what is theirs.
struct TeacherRun {
  std::filesystem::path folder;
  std::string stamp;  // hash of all that they depend on besides network and options
  RandomStream stream;
  Progress& progress;
};

/// `count` networks trained as train_dense() does, "teacher_2" and on (number 1 is the run's own
/// network): each from the child of the stream with its name, and kept as the artifact of that name
/// once it is done.
[[nodiscard]] std::vector<NetworkModel> train_teachers(const Network& network, int count,
                                                       const TrainingSet& set,
                                                       const TrainOptions& options,
                                                       const TeacherRun& run);

}  // namespace ohmweave::train
