// SPDX-License-Identifier: Apache-2.0
// The stages dense and compress of a run whose weights are not trained: no torch, no data needed.
#pragma once

#include <filesystem>
#include <string>

#include "tools/pipeline.h"

namespace ohmweave::tools {

/// The dense network with the weights that /model names. Writes model.safetensors and network.json,
/// with the activation ranges over images of /data, or of noise without that section.
void own_weights_stage(const Run& run, const std::filesystem::path& output);

/// The dense network without the weights that /model removes. Writes the same for it,
/// masks.safetensors and compression.json (without its "storage": weights that nobody trained are
/// worth no file); model.owz when the run evaluates.
void removed_weights_stage(const Run& run, const std::filesystem::path& output);

/// SHA-256 over the files that /model names; "" if it names none. Throws DataError when one is
/// missing.
[[nodiscard]] std::string weight_files_fingerprint(const models::ModelOptions& options);

}  // namespace ohmweave::tools
