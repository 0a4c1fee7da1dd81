// SPDX-License-Identifier: Apache-2.0
// The estimate stage: area, power, energy and time of a mapped network's chip and of its
// baseline's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/random.h"
#include "power_area/chip_library.h"
#include "power_area/chip_sample.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// The dense network as papers on pruning count it, on circuits of its own: for one more view of
/// the reduction, "source_paper", of arrays and converters alone.
struct PaperBaseline {
  MappedNetwork network;
  Circuits circuits;
  std::string description;
};

struct EstimateInputs {
  MappedNetwork chip;
  std::optional<MappedNetwork> baseline;  // the dense network, mapped by the same mapper
  bool is_own_baseline = false;  // nothing was compressed: the chip is compared with itself
  std::string baseline_description = "the dense network on the same device, arrays and converters";
  std::optional<PaperBaseline> paper_baseline;
  Circuits circuits;
  ComponentLibrary library;
  Json reference;  // evaluate/reference.json, for /chip/functional_images; null: not evaluated
  RandomStream stream{0};  // the run's: chip sample 0 is the one that evaluation calls chip 0
};

/// {"chip", "baseline_chip", "reduction", "programming", "sensitivity", "not_modelled",
/// "components"}; the second and third only with a baseline. Of a chip that is loaded in rounds
/// {"reload", "not_modelled", "components"} (reload_cost.h); a baseline that is gives
/// "baseline_reload" instead of the second and third. Throws ConfigError when a component
/// does not cover what the network needs, DataError when activity and network do not fit.
[[nodiscard]] Json estimate_chips(const EstimateInputs& inputs);

/// What a chip costs, without the report.
struct ChipFigures {
  double area_m2 = 0.0;
  double energy_per_inference_j = 0.0;  // dynamic + leakage / throughput
  double dynamic_energy_j = 0.0;
  double leakage_w = 0.0;
  double peak_power_w = 0.0;
  double latency_s = 0.0;
  double throughput_hz = 0.0;
  std::int64_t macs_per_inference = 0;
  int num_arrays = 0;
};
/// The figures that estimate_chips() gives for the same network and circuits, for sweeps over
/// circuits around the same arrays: with analytic timing a matter of milliseconds. `sample`: of
/// these circuits' arrays and devices. Throws as estimate_chips().
[[nodiscard]] ChipFigures chip_figures(const MappedNetwork& mapped, const ChipSample& sample,
                                       const Circuits& circuits, const ComponentLibrary& library);

/// Writes chip.json, timeline.json and power.csv (the chip's, not the baseline's) into `output`.
void estimate_stage(const EstimateInputs& inputs, const std::filesystem::path& output);

}  // namespace ohmweave::power_area
