// SPDX-License-Identifier: Apache-2.0
// One file that holds all a phase needs to go on: tensors and a JSON record, replaced whole.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/fields.h"
#include "nn/graph_module.h"

namespace ohmweave::train {

struct Checkpoint {
  nn::TensorMap tensors;
  Json record;
};

/// Where a phase keeps its checkpoint, and the hash of all that the phase depends on.
struct CheckpointPlace {
  std::filesystem::path path;
  std::string stamp;
};

/// Writes the file atomically.
void save_checkpoint(const CheckpointPlace& place, const Checkpoint& checkpoint);
/// Empty when there is no file or it bears another stamp. Throws DataError when it is damaged.
[[nodiscard]] std::optional<Checkpoint> load_checkpoint(const CheckpointPlace& place);

/// The tensors with `prefix` before their names, and back.
void put_group(nn::TensorMap& tensors, const std::string& prefix, const nn::TensorMap& group);
[[nodiscard]] nn::TensorMap get_group(const nn::TensorMap& tensors, const std::string& prefix);

}  // namespace ohmweave::train
