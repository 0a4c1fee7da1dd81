// SPDX-License-Identifier: Apache-2.0
#include "power_area/estimate.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/artifact.h"
#include "core/error.h"
#include "mapping/traffic.h"
#include "power_area/array_energy.h"
#include "power_area/chip_report.h"
#include "power_area/chip_time.h"
#include "power_area/functional_report.h"
#include "power_area/programming.h"
#include "power_area/reduction.h"
#include "power_area/reload_cost.h"
#include "power_area/sensitivity.h"
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

/// Throws DataError when the placement was made for other arrays than these.
void check_geometry(const mapping::Placement& placement, const Circuits& circuits) {
  if (placement.tiles.empty())
    throw DataError("placement.json: the chip holds no array, so there is nothing to estimate");
  const mapping::Geometry expected{circuits.array.rows,         circuits.array.cols,
                                   circuits.array.num_slices(), circuits.array.bits_per_cell,
                                   circuits.array.rows_active,  circuits.array.encoding,
                                   circuits.array.slice_bits};
  if (geometry_text(placement.geometry) != geometry_text(expected))
    throw DataError("placement.json: mapped to arrays of " + geometry_text(placement.geometry) +
                    "; the config has " + geometry_text(expected) + ": map again");
}

/// Throws DataError when the placement was made for other circuits than these.
void check_placement(const mapping::Placement& placement, const Circuits& circuits) {
  check_geometry(placement, circuits);
  OHMWEAVE_REQUIRE(mapping::num_rounds(placement) == 1, "a chip that holds all of its network");
  std::vector<int> held(placement.tiles.size(), 0);
  for (const mapping::Array& array : placement.arrays) ++held.at(array.tile);
  const int most = *std::max_element(held.begin(), held.end());
  if (most > circuits.arrays_per_tile)
    throw DataError("placement.json: a tile holds " + std::to_string(most) +
                    " arrays; /mapping/arrays_per_tile = " +
                    std::to_string(circuits.arrays_per_tile) + ": map again");
}

/// What a chip is made of and driven with.
struct Setting {
  const MappedNetwork& mapped;
  const Circuits& circuits;
};

SimulatedChip simulate_chip(const Setting& setting, const ChipSample& sample,
                            const ComponentLibrary& library, bool records_states) {
  const auto& [mapped, circuits] = setting;
  SimulatedChip chip{mapped, circuits, library, {}, {}, {}, {}, {}};
  chip.plans = plan_layers(mapped, sample.column_sums, circuits, library);
  chip.pipeline = build_pipeline(mapped, chip.plans, circuits);
  chip.pipeline.model.records_states = records_states;
  chip.result = circuits.chip.timing == Timing::Simulated ? simulate(chip.pipeline.model)
                                                          : analyze(chip.pipeline.model);
  for (const LayerPlan& plan : chip.plans) {
    chip.nonzero.push_back(nonzero_shares(mapped, plan, circuits));
    chip.share_energies_j.push_back(share_energies_j(mapped, sample, plan, circuits));
  }
  return chip;
}

Json not_modelled(const Circuits& circuits, const ComponentLibrary& library) {
  const ChipOptions& options = circuits.chip;
  Json list = {
      "wires between blocks beyond the published bus and router",
      "charging of word and bit lines, and the power lost in them",
      "reuse of inputs between overlapping windows: each window reads its inputs again",
      kUnsharedUnits,
      "time on a tile's bus and in its buffer",
      circuits.device.write
          ? "drivers, pumps and traffic of programming"
          : "drivers, pumps and traffic of programming, its verifying reads, and cells of a "
            "row that take more than the mean number of pulses",
      "temperature, supply noise and ageing"};
  list.push_back(options.off_chip_links > 0 ? "off-chip memory"
                                            : "off-chip memory and the pins of the image port");
  if (circuits.array.topology == crossbar::Topology::GateInput)
    list.push_back(
        "gate lines of gate_input arrays: they are priced as row drivers and take their time");
  if (circuits.array.rows_per_input() == 2)
    list.push_back("the source of the opposite read voltage of row pairs");
  if (!options.zero_skipping) list.push_back("skipping of digits and windows that are zero");
  for (const auto& [component, why] : library.left_out())
    list.push_back(
        (component == "control" ? "clock tree, control and test structures" : component) + " (" +
        why + ")");
  return list;
}

Json components_json(const ComponentLibrary& library) {
  Json json = {
      {"library", library.name()}, {"node_nm", library.node_nm()}, {"numbers", Json::object()}};
  for (const auto& [key, record] : library.records()) {
    Json& number = json["numbers"][key];
    number = {{"value", record.value * record.factor},
              {"unit", record.unit},
              {"node_nm", record.node_nm},
              {"source", record.rule.empty() ? record.source : record.source + "; " + record.rule},
              {"status", record.status}};
    const std::string unread = why_unread(library, key);
    if (!unread.empty()) number["unread"] = unread;
  }
  return json;
}

struct Estimate {
  SimulatedChip chip;
  Bill bill;
  [[nodiscard]] double rate_hz() const { return throughput_hz(chip); }
};

/// Registers, adders and packets are as wide as sums that never overflow.
void check_accumulators(const QuantizedNetwork& network, const Circuits& circuits) {
  for (const int node : weight_nodes(network.network)) {
    const int needed = mapping::partial_sum_bits(network, node);
    if (needed > circuits.chip.accumulator_bits)
      throw ConfigError({"/chip/accumulator_bits = " +
                         std::to_string(circuits.chip.accumulator_bits) + ": the sums of layer '" +
                         network.network.nodes[node].name + "' need " + std::to_string(needed)});
  }
}

Estimate estimate_one(const EstimateInputs& inputs, const Setting& setting) {
  check_placement(setting.mapped.placement, setting.circuits);
  check_accumulators(setting.mapped.network, setting.circuits);
  const ChipSample sample = sample_chip(setting.mapped, setting.circuits, inputs.stream);
  SimulatedChip chip = simulate_chip(setting, sample, inputs.library, true);
  Bill bill = bill_chip(chip);
  return {std::move(chip), std::move(bill)};
}

ComparedChip compared(const Estimate& estimate, double num_weights) {
  return compared_chip(estimate.chip, estimate.bill, estimate.rate_hz(), num_weights);
}

/// Arrays and converters of both, priced by the converter model that covers the baseline's.
Json paper_view(const EstimateInputs& inputs, const Estimate& estimate) {
  const PaperBaseline& paper = *inputs.paper_baseline;
  const Estimate baseline = estimate_one(inputs, {paper.network, paper.circuits});
  Circuits circuits = inputs.circuits;
  circuits.chip.adc_model = paper.circuits.chip.adc_model;
  const SimulatedChip chip{inputs.chip,
                           circuits,
                           inputs.library,
                           estimate.chip.plans,
                           estimate.chip.pipeline,
                           estimate.chip.result,
                           estimate.chip.share_energies_j,
                           estimate.chip.nonzero};
  const Bill bill = bill_chip(chip);
  const double rate_hz = std::min(estimate.rate_hz(), baseline.rate_hz());
  const ComparedChip mine =
      compared_chip(chip, bill, estimate.rate_hz(), count_nonzero_weights(inputs.chip.network));
  const ComparedChip theirs = compared(baseline, count_all_weights(paper.network.network));
  constexpr FactorScope kScope = FactorScope::ArraysAndConverters;
  Json view = view_json(bill.ledger.arrays_and_converters(),
                        baseline.bill.ledger.arrays_and_converters(), rate_hz);
  view["baseline"] = paper.description;
  view["throughput_hz"] = rate_hz;
  view["adc_model"] = circuits.chip.adc_model;
  view["baseline_arrays"] = theirs.num_arrays;
  view["area_factors"] = factors_json(mine, theirs, {FactorsOf::Area, kScope, rate_hz});
  view["power_factors"] = factors_json(mine, theirs, {FactorsOf::Power, kScope, rate_hz});
  return view;
}

Json reduction_of(const EstimateInputs& inputs, const Estimate& estimate,
                  const Estimate& baseline) {
  Json json = reduction_json(compared(estimate, count_nonzero_weights(inputs.chip.network)),
                             compared(baseline, count_all_weights(baseline.chip.mapped.network)),
                             inputs.baseline_description);
  if (inputs.paper_baseline) json["views"]["source_paper"] = paper_view(inputs, estimate);
  return json;
}

/// Tornado and bands; with a baseline also the bands of the reduction.
Json sensitivity_json(const EstimateInputs& inputs, const Estimate& estimate,
                      const std::optional<Estimate>& baseline) {
  const UncertaintyOptions& options = inputs.circuits.chip.uncertainty;
  const BilledChip mine{estimate.chip, estimate.rate_hz()};
  std::optional<BilledChip> theirs;
  double rate_hz = mine.throughput_hz;
  if (baseline) {
    theirs.emplace(BilledChip{baseline->chip, baseline->rate_hz()});
    rate_hz = std::min(rate_hz, theirs->throughput_hz);
  }
  return {{"tornado", tornado_json(mine, options)},
          {"bands", bands_json(mine, theirs, rate_hz, options, inputs.stream)}};
}

bool is_reloaded(const MappedNetwork& mapped) { return mapping::num_rounds(mapped.placement) > 1; }

Json reload_of(const EstimateInputs& inputs, const MappedNetwork& mapped) {
  check_geometry(mapped.placement, inputs.circuits);
  return reload_json(mapped, inputs.circuits, inputs.library, inputs.stream);
}

/// Of a chip that is loaded in rounds: what its writing costs, and no more.
Json reloaded_chip_json(const EstimateInputs& inputs) {
  Json json = {{"reload", reload_of(inputs, inputs.chip)}};
  if (inputs.baseline && is_reloaded(*inputs.baseline))
    json["baseline_reload"] = reload_of(inputs, *inputs.baseline);
  json["not_modelled"] = {
      "area, and time and energy of computing, of a chip that is loaded in rounds: with "
      "/mapping/max_tiles = " +
          std::to_string(inputs.chip.placement.tiles.size()) + " it holds the network",
      "drivers, pumps and traffic of programming"};
  json["components"] = components_json(inputs.library);
  return json;
}

Json estimate_json(const EstimateInputs& inputs, const Estimate& estimate) {
  Json json = {{"chip", chip_json(estimate.chip, estimate.bill)}};
  std::optional<Estimate> baseline;
  if (inputs.is_own_baseline) {
    baseline.emplace(estimate);
    json["baseline_chip"] = json["chip"];
  } else if (inputs.baseline && is_reloaded(*inputs.baseline)) {
    json["baseline_reload"] = reload_of(inputs, *inputs.baseline);
  } else if (inputs.baseline) {
    baseline.emplace(estimate_one(inputs, {*inputs.baseline, inputs.circuits}));
    json["baseline_chip"] = chip_json(baseline->chip, baseline->bill);
  }
  if (baseline) json["reduction"] = reduction_of(inputs, estimate, *baseline);
  if (inputs.circuits.chip.functional_images > 0)
    json["functional"] = functional_json(estimate.chip, inputs.reference, inputs.stream);
  json["programming"] =
      programming_json(program_network(inputs.chip, inputs.circuits, inputs.library, inputs.stream),
                       json["chip"]["energy_per_inference_j"].get<double>());
  json["sensitivity"] = sensitivity_json(inputs, estimate, baseline);
  json["not_modelled"] = not_modelled(inputs.circuits, inputs.library);
  json["components"] = components_json(inputs.library);
  return json;
}

}  // namespace

ChipFigures chip_figures(const MappedNetwork& mapped, const ChipSample& sample,
                         const Circuits& circuits, const ComponentLibrary& library) {
  check_placement(mapped.placement, circuits);
  const SimulatedChip chip = simulate_chip({mapped, circuits}, sample, library, false);
  const Bill bill = bill_chip(chip);
  const Cost total = bill.ledger.total();
  ChipFigures figures;
  figures.throughput_hz = throughput_hz(chip);
  figures.area_m2 = bill.floorplan.area_m2();
  figures.dynamic_energy_j = total.dynamic_j;
  figures.leakage_w = total.leakage_w;
  figures.energy_per_inference_j = total.dynamic_j + total.leakage_w / figures.throughput_hz;
  figures.peak_power_w = total.peak_w + total.leakage_w;
  figures.latency_s = static_cast<double>(chip.result.latency_cycles()) / circuits.chip.clock_hz;
  figures.num_arrays = static_cast<int>(mapped.placement.arrays.size());
  for (const LayerPlan& plan : chip.plans) figures.macs_per_inference += plan.mapped_macs;
  return figures;
}

Json estimate_chips(const EstimateInputs& inputs) {
  if (is_reloaded(inputs.chip)) return reloaded_chip_json(inputs);
  return estimate_json(inputs, estimate_one(inputs, {inputs.chip, inputs.circuits}));
}

void estimate_stage(const EstimateInputs& inputs, const std::filesystem::path& output) {
  if (is_reloaded(inputs.chip))
    return write_json_atomically(output / "chip.json", reloaded_chip_json(inputs));
  const Estimate estimate = estimate_one(inputs, {inputs.chip, inputs.circuits});
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
