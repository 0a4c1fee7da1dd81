// SPDX-License-Identifier: Apache-2.0
// The stages that need no torch: map and estimate, and the loading of what they read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/quantized_network.h"
#include "tools/pipeline.h"

namespace ohmweave::tools {

/// The network that goes onto the chip (compressed if the run compresses, adapted if it adapts) and
/// its dense form, both in integers.
struct ChipNetworks {
  QuantizedNetwork mapped;
  QuantizedNetwork baseline;
};
[[nodiscard]] ChipNetworks load_chip_networks(const Run& run);

/// Writes placement.json, arrays.npz and mapping.json (the "mapping" object of result.json).
void map_stage(const Run& run, const std::filesystem::path& output);

/// Writes chip.json, timeline.json and power.csv.
void estimate_stage(const Run& run, const std::filesystem::path& output);

/// What of /dac and /adc the component library of /chip cannot build, and an unknown library:
/// lines "/json/pointer = value: what is allowed". Empty without /chip.
[[nodiscard]] std::vector<std::string> chip_problems(const RunConfig& config);

/// SHA-256 over the component and chip data files the estimate reads.
[[nodiscard]] std::string chip_library_fingerprint(const RunConfig& config);

}  // namespace ohmweave::tools
