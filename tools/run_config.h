// SPDX-License-Identifier: Apache-2.0
// The whole config of a run: every section of every module, read once, checked across sections.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "core/quantized_network.h"
#include "crossbar/options.h"
#include "data/options.h"
#include "inference/options.h"
#include "mapping/options.h"
#include "models/options.h"
#include "power_area/options.h"
#include "train/options.h"

namespace ohmweave::tools {

/// Section /activations: the integers that travel between layers.
struct ActivationOptions {
  int bits = 8;                                                 // of every layer's input
  ActivationRangeKind range = ActivationRangeKind::Percentile;  // how ranges are calibrated
};
void declare(Fields& f, ActivationOptions& o);

struct RunConfig {
  std::string name = "run";  // also the default output folder, runs/<name>
  std::uint64_t seed = 1;    // every random number of the run follows from it
  int threads = 0;           // of the torch stages; 0 = as many as the process may use
  std::optional<data::DataOptions> data;
  models::ModelOptions model;
  std::optional<train::TrainOptions> train;
  std::optional<train::CompressOptions> compress;
  ActivationOptions activations;
  crossbar::DeviceOptions device;
  crossbar::ArrayOptions array;
  crossbar::AdcOptions adc;
  crossbar::DacOptions dac;
  mapping::MappingOptions mapping;
  std::optional<train::AdaptOptions> adapt;
  std::optional<inference::EvaluateOptions> evaluate;
  std::optional<power_area::ChipOptions> chip;
};
void declare(Fields& f, RunConfig& c);

/// True if the dense network is trained; if not, /model says where its weights come from.
[[nodiscard]] bool is_trained(const RunConfig& config);
/// True if the run has a second network with fewer weights: by /compress, or removed by /model.
[[nodiscard]] bool is_compressed(const RunConfig& config);

/// A config as resolved: the values, and the JSON with every default written out.
struct LoadedConfig {
  RunConfig config;
  Json resolved;
};

/// Rules beyond those of RunConfig itself; gives problems, one line each.
using ConfigRules = std::function<std::vector<std::string>(const RunConfig&)>;

/// Reads a config file: replaces {"file": "x.json"} sections (relative to the config), applies
/// `overrides` ("/json/pointer=VALUE"; VALUE as JSON, or as text when it is not JSON; null removes
/// a key), fills device presets from `presets_folder`, reads and checks everything, by
/// `more_rules` too. Throws ConfigError with all problems.
[[nodiscard]] LoadedConfig load_config(const std::filesystem::path& path,
                                       const std::vector<std::string>& overrides,
                                       const std::filesystem::path& presets_folder,
                                       const ConfigRules& more_rules = {});

/// Reads a resolved config back (DIR/config.json); damaged JSON is a DataError.
[[nodiscard]] LoadedConfig load_resolved_config(const std::filesystem::path& path,
                                                const std::vector<std::string>& overrides,
                                                const ConfigRules& more_rules = {});

/// The folder presets/ of the source tree or the installation; throws DataError naming where it
/// was looked for.
[[nodiscard]] std::filesystem::path find_presets_folder();

/// Processors this process may use.
[[nodiscard]] int usable_threads();

/// How the network becomes integers, from the sections that say so.
[[nodiscard]] QuantizationOptions quantization_options(const RunConfig& config);

/// JSON Schema (draft-07) of the config, with $schema and title.
[[nodiscard]] Json config_schema();

}  // namespace ohmweave::tools
