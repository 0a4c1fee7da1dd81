// SPDX-License-Identifier: Apache-2.0
// Both stages on the small network, and how to stop them after every epoch.
#pragma once

#include <map>
#include <string>

#include "tests/train/small_training.h"

namespace ohmweave::train {

using Files = std::map<std::string, std::string>;

inline Files contents(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

inline TrainOptions small_training() {
  TrainOptions options;
  options.epochs = 4;
  options.batch = 32;
  options.learning_rate = 1e-2;
  options.ema_decay = 0.9;
  options.augment.emplace().copies = 2;
  return options;
}

inline Files run_dense(const ScratchFolder& scratch, Progress& progress) {
  const auto output = scratch.folder("dense");
  dense_stage(small_network(), small_data(), small_training(),
              {output, scratch.folder("dense.work"), 1, RandomStream(1).child("dense"), progress});
  return contents(output);
}

inline admm::ConstraintOptions constraint(const std::string& kind, const std::string& weights,
                                          int keep) {
  admm::ConstraintOptions options;
  options.kind = kind;
  options.weights = weights;
  options.keep = keep;
  return options;
}

inline Files run_compress(const ScratchFolder& scratch, const CompressOptions& options,
                          Progress& progress) {
  const auto output = scratch.folder("compress");
  TrainOptions train_options;
  train_options.batch = 32;
  train_options.augment.emplace().copies = 2;
  LevelGrid grid;
  grid.array_rows = 16;
  grid.array_cols = 16;
  compress_stage(
      load_network_model(scratch.folder("dense")), small_data(), train_options, options, grid,
      {output, scratch.folder("compress.work"), 1, RandomStream(1).child("compress"), progress});
  return contents(output);
}

/// Runs `stage` again and again, each time stopped after one more epoch, until it ends.
template <class Stage>
Files run_with_stops(const Stage& stage, int& num_stops) {
  num_stops = 0;
  while (true) {
    StopAt progress(1);  // every run gets one epoch further
    try {
      return stage(progress);
    } catch (const Interrupted&) {
      ++num_stops;
    }
  }
}

}  // namespace ohmweave::train
