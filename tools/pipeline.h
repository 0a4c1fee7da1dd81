// SPDX-License-Identifier: Apache-2.0
// The stages of a run as values passed forward: each is a function of (its config sections, the
// artifacts before it, a keyed stream) and writes one artifact, stamped with the SHA-256 of all
// that. A stage whose stamp still matches is not run again; that is resuming, caching and
// restarting in one.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/console_progress.h"
#include "tools/run_config.h"

namespace ohmweave::tools {

/// A run, where it lives, and the stamps its artifacts must carry.
struct Run {
  LoadedConfig loaded;
  std::filesystem::path folder;
  Verbosity verbosity = Verbosity::Normal;
  std::map<std::string, std::string> stamps;  // by wanted stage
};
/// Computes the stamps (reads the data files once, to hash them).
[[nodiscard]] Run make_run(LoadedConfig loaded, std::filesystem::path folder, Verbosity verbosity);

struct StageInfo {
  std::string name;
  std::string summary;
};
/// dense, compress, map, adapt, evaluate, estimate, report, in order.
[[nodiscard]] const std::vector<StageInfo>& stage_table();

/// True if the config asks for the stage.
[[nodiscard]] bool is_wanted(const std::string& stage, const RunConfig& config);

/// Makes the folder, takes its lock and writes config.json. Throws DataError when the folder cannot
/// be written or another process works in it. The lock is held until the process ends.
void open_run(const Run& run);

enum class StageOutcome { Ran, WasUpToDate, NotWanted };

/// Throws DataError unless the artifacts that the stage reads are there and up to date.
void require_inputs(const std::string& stage, const Run& run);

/// Brings one stage up to date; the stages before it must be. Throws what the stage throws.
StageOutcome run_stage(const std::string& stage, const Run& run);

/// All wanted stages in order.
void run_all(const Run& run);

/// {ohmweave_version, config_sha256, seed, threads, device, libraries}.
[[nodiscard]] Json provenance(const LoadedConfig& loaded);

}  // namespace ohmweave::tools
