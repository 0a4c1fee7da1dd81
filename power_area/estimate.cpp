// SPDX-License-Identifier: Apache-2.0
#include "power_area/estimate.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/artifact.h"
#include "core/error.h"
#include "power_area/array_energy.h"
#include "power_area/chip_report.h"
#include "power_area/chip_time.h"
#include "power_area/reduction.h"
#include "power_area/sim/analyze.h"
#include "power_area/sim/trace.h"

namespace ohmweave::power_area {

namespace {

constexpr const char* kUnsharedUnits =
    "sharing of a tile's requantizers, adders and pooling units between layers on it: each "
    "layer works as if it had them alone";

std::string geometry_text(const mapping::Geometry& g) {
  std::string slices;
  for (const int bits : g.slice_bits)
    slices += (slices.empty() ? " of " : ", ") + std::to_string(bits);
  return std::to_string(g.rows) + " x " + std::to_string(g.cols) + " cells of " +
         std::to_string(g.bits_per_cell) + " bits, " + std::to_string(g.num_slices) + " slices" +
         slices +
         (g.encoding == Encoding::OneSidedPair ? "" : ", " + find_encoding(g.encoding).name) +
         (g.rows_at_once() < g.rows ? ", " + std::to_string(g.rows_at_once()) + " rows read at once"
                                    : "");
}

/// Throws DataError when the placement was made for other circuits than these.
void check_placement(const mapping::Placement& placement, const Circuits& circuits) {
  if (placement.tiles.empty())
    throw DataError("placement.json: the chip holds no array, so there is nothing to estimate");
  const mapping::Geometry expected{circuits.array.rows,         circuits.array.cols,
                                   circuits.array.num_slices(), circuits.array.bits_per_cell,
                                   circuits.array.rows_active,  circuits.array.encoding,
                                   circuits.array.slice_bits};
  if (geometry_text(placement.geometry) != geometry_text(expected))
    throw DataError("placement.json: mapped to arrays of " + geometry_text(placement.geometry) +
                    "; the config has " + geometry_text(expected) + ": map again");
  std::vector<int> held(placement.tiles.size(), 0);
  for (const mapping::Array& array : placement.arrays) ++held.at(array.tile);
  const int most = *std::max_element(held.begin(), held.end());
  if (most > circuits.arrays_per_tile)
    throw DataError("placement.json: a tile holds " + std::to_string(most) +
                    " arrays; /mapping/arrays_per_tile = " +
                    std::to_string(circuits.arrays_per_tile) + ": map again");
}

SimulatedChip simulate_chip(const EstimateInputs& inputs, const MappedNetwork& mapped) {
  check_placement(mapped.placement, inputs.circuits);
  SimulatedChip chip{mapped, inputs.circuits, inputs.library, {}, {}, {}, {}};
  chip.plans = plan_layers(mapped, inputs.circuits, inputs.library);
  chip.pipeline = build_pipeline(mapped, chip.plans, inputs.circuits, inputs.library);
  chip.pipeline.model.records_states = true;
  chip.result = inputs.circuits.chip.timing == Timing::Simulated ? simulate(chip.pipeline.model)
                                                                 : analyze(chip.pipeline.model);
  const double settle_s = inputs.library.si("array_settle_time");
  for (const LayerPlan& plan : chip.plans)
    chip.share_energies_j.push_back(
        share_energies_j(mapped, plan, inputs.circuits, settle_s, inputs.stream));
  return chip;
}

int num_arrays(const SimulatedChip& chip) {
  return static_cast<int>(chip.mapped.placement.arrays.size());
}

Json not_modelled() {
  return {"programming of the cells (time, energy, endurance)",
          "off-chip memory and the pins of the image port",
          "clock tree, control logic and test structures",
          "wires between blocks beyond the published bus and router",
          "energy lost in word and bit lines (charging, ohmic drop)",
          "reuse of inputs between overlapping windows: each window reads its inputs again",
          "skipping of digits and windows that are zero",
          kUnsharedUnits,
          "time on a tile's bus and in its buffer",
          "temperature, supply noise and ageing"};
}

Json components_json(const ComponentLibrary& library) {
  Json json = {{"library", library.name()}, {"numbers", Json::object()}};
  for (const auto& [key, record] : library.records())
    json["numbers"][key] = {{"value", record.value},
                            {"unit", record.unit},
                            {"node_nm", record.node_nm},
                            {"source", record.source},
                            {"status", record.status}};
  return json;
}

struct Estimate {
  SimulatedChip chip;
  Bill bill;
};

Estimate estimate_one(const EstimateInputs& inputs, const MappedNetwork& mapped) {
  SimulatedChip chip = simulate_chip(inputs, mapped);
  Bill bill = bill_chip(chip);
  return {std::move(chip), std::move(bill)};
}

Json estimate_json(const EstimateInputs& inputs, const Estimate& estimate) {
  Json json = {{"chip", chip_json(estimate.chip, estimate.bill)}};
  if (inputs.baseline) {
    const Estimate baseline = estimate_one(inputs, *inputs.baseline);
    json["baseline_chip"] = chip_json(baseline.chip, baseline.bill);
    json["reduction"] = reduction_json(
        {estimate.bill.ledger, throughput_hz(estimate.chip), num_arrays(estimate.chip)},
        {baseline.bill.ledger, throughput_hz(baseline.chip), num_arrays(baseline.chip)},
        inputs.baseline_description);
  }
  json["not_modelled"] = not_modelled();
  json["components"] = components_json(inputs.library);
  return json;
}

}  // namespace

std::filesystem::path component_library_path(const std::string& preset,
                                             const std::filesystem::path& presets) {
  if (preset.find('/') != std::string::npos) return preset;
  const std::filesystem::path folder = presets / "components";
  std::filesystem::path file = folder / (preset + ".json");
  if (std::filesystem::exists(file)) return file;
  std::vector<std::string> names;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  std::string text = "/chip/preset = \"" + preset + "\": unknown component library; allowed:";
  for (const std::string& name : names) text += " " + name;
  throw ConfigError({text + ", or a path to a file"});
}

Json estimate_chips(const EstimateInputs& inputs) {
  return estimate_json(inputs, estimate_one(inputs, inputs.chip));
}

void estimate_stage(const EstimateInputs& inputs, const std::filesystem::path& output) {
  const Estimate estimate = estimate_one(inputs, inputs.chip);
  write_json_atomically(output / "chip.json", estimate_json(inputs, estimate));
  const ChipOptions& options = inputs.circuits.chip;
  const PipelineModel& model = estimate.chip.pipeline.model;
  PipelineResult result = estimate.chip.result;
  if (options.trace)
    write_file_atomically(output / "trace.vcd", states_vcd(model, result, options.clock_hz));
  else
    result.states.clear();  // rows alone
  write_json_atomically(output / "timeline.json", timeline_json(model, result, options.clock_hz));
  write_file_atomically(output / "power.csv",
                        power_csv(chip_power(estimate.chip, estimate.bill, kPowerBins)));
}

}  // namespace ohmweave::power_area
