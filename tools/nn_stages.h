// SPDX-License-Identifier: Apache-2.0
// The stages of a run that need torch, as the worker program runs them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/console_progress.h"

namespace ohmweave::tools {

/// Runs dense, compress, adapt or evaluate of the run in `folder` (its config.json says how) and
/// writes the artifact, stamped. Checkpoints live in <folder>/.work/<stage>/<stamp> until it is
/// complete.
void run_torch_stage(const std::string& stage, const std::filesystem::path& folder,
                     const std::string& stamp, Verbosity verbosity);

/// `check`: whether the constraints of a config suit its network's weights, which the sections by
/// themselves cannot tell. Throws ConfigError.
void check_constraints(const std::filesystem::path& config,
                       const std::vector<std::string>& overrides);

/// `eval`: accuracy of a .owz or .safetensors model on the test split at `data`.
/// Prints {"accuracy", "images"} or a line. `device`: "cpu" or "cuda".
void evaluate_file(const std::filesystem::path& model, const std::filesystem::path& data,
                   const std::string& device, bool as_json);

/// `doctor`: what torch finds here (threads, BLAS speed), a line each, with advice.
void print_torch_facts();

}  // namespace ohmweave::tools
