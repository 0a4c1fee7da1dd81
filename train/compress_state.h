// SPDX-License-Identifier: Apache-2.0
// What one part of a compression hands to the next, in memory and as a stamped artifact.
#pragma once

#include <filesystem>

#include "core/network_model.h"
#include "train/masks.h"
#include "train/options.h"
#include "train/traces.h"

namespace ohmweave::train {

struct CompressState {
  NetworkModel model;  // with ranges and level scales once quantized
  Masks masks;         // where weights may be non-zero
  Traces traces;       // of all that led here
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double training_loss = 0.0;  // before quantizing
};

/// True if `a` is the better of two networks of one step.
[[nodiscard]] bool is_better(const CompressState& a, const CompressState& b, JudgeKind judge);

/// Bytes (0 or 1) in place of bools, which safetensors here does not hold.
[[nodiscard]] nn::TensorMap mask_tensors(const Masks& masks);
[[nodiscard]] Masks masks_of(const nn::TensorMap& bytes);

/// Writes and reads the files of an artifact folder.
void save_state(const CompressState& state, const std::filesystem::path& folder);
[[nodiscard]] CompressState load_state(const std::filesystem::path& folder);

}  // namespace ohmweave::train
