// SPDX-License-Identifier: Apache-2.0
#include "power_area/reduction.h"

#include <algorithm>
#include <cmath>

namespace ohmweave::power_area {

namespace {

double amount_of(const Cost& cost, FactorsOf what, double rate_hz) {
  return what == FactorsOf::Area ? cost.area_m2 : cost.dynamic_j * rate_hz + cost.leakage_w;
}

double utilization(const ComparedChip& chip) {
  return chip.num_weights * chip.cells_per_weight /
         (chip.cells_per_array * static_cast<double>(chip.num_needed_arrays));
}

double copies(const ComparedChip& chip) {
  return static_cast<double>(chip.num_arrays) / chip.num_needed_arrays;
}

Json factor(const char* name, double ratio, const char* meaning) {
  return {{"name", name}, {"ratio", ratio}, {"meaning", meaning}};
}

/// Of a converter or, for power, of a conversion.
double amount_of_one(const Cost& converters, const FactorQuestion& question) {
  const double amount = amount_of(converters, question.what, question.rate_hz);
  return amount / (question.what == FactorsOf::Area ? converters.count : converters.actions);
}

/// What arrays and converters of the chip cost more if each conversion costs what it does in the
/// baseline; 1 if there is none.
double converter_factor(const ComparedChip& chip, const ComparedChip& baseline,
                        const FactorQuestion& question) {
  const Cost mine = chip.ledger.total(PartGroup::Converter);
  const Cost theirs = baseline.ledger.total(PartGroup::Converter);
  const double ratio = amount_of_one(theirs, question) / amount_of_one(mine, question);
  if (!std::isfinite(ratio)) return 1.0;
  const double converters = amount_of(mine, question.what, question.rate_hz);
  const double arrays =
      amount_of(chip.ledger.total(PartGroup::Array), question.what, question.rate_hz);
  return (arrays + converters * ratio) / (arrays + converters);
}

Json ratios_json(const ComparedChip& chip, const ComparedChip& baseline, double rate_hz) {
  const Cost mine = chip.ledger.total();
  const Cost theirs = baseline.ledger.total();
  return {{"weights_ratio", baseline.num_weights / chip.num_weights},
          {"occupied_arrays_ratio",
           static_cast<double>(baseline.num_needed_arrays) / chip.num_needed_arrays},
          {"chip_area_ratio", theirs.area_m2 / mine.area_m2},
          {"chip_power_ratio", amount_of(theirs, FactorsOf::Power, rate_hz) /
                                   amount_of(mine, FactorsOf::Power, rate_hz)}};
}

/// As many of the compressed chip as fit the baseline's area (at least one), all of them working.
Json equal_area_json(const ComparedChip& chip, const ComparedChip& baseline) {
  const Cost mine = chip.ledger.total();
  const Cost theirs = baseline.ledger.total();
  const double copies = std::floor(theirs.area_m2 / mine.area_m2);
  const double rate_hz = copies * chip.throughput_hz;
  const double power_w = mine.dynamic_j * rate_hz + copies * mine.leakage_w;
  const double baseline_j = theirs.dynamic_j + theirs.leakage_w / baseline.throughput_hz;
  return {{"copies", copies},
          {"area_m2", copies * mine.area_m2},
          {"throughput_hz", rate_hz},
          {"throughput_ratio", rate_hz / baseline.throughput_hz},
          {"average_power_w", power_w},
          {"energy_per_inference_j", power_w / rate_hz},
          {"energy_ratio", baseline_j / (power_w / rate_hz)}};
}

}  // namespace

double count_all_weights(const QuantizedNetwork& network) {
  double count = 0.0;
  for (const auto& node : network.nodes)
    if (node.weights) count += static_cast<double>(node.weights->codes.size());
  return count;
}

double count_nonzero_weights(const QuantizedNetwork& network) {
  double count = 0.0;
  for (const auto& node : network.nodes)
    if (node.weights)
      count +=
          static_cast<double>(std::count_if(node.weights->codes.begin(), node.weights->codes.end(),
                                            [](auto code) { return code != 0; }));
  return count;
}

ComparedChip compared_chip(const SimulatedChip& chip, const Bill& bill, double throughput_hz,
                           double num_weights) {
  ComparedChip compared{bill.ledger, throughput_hz};
  const mapping::Placement& placement = chip.mapped.placement;
  for (const mapping::Array& array : placement.arrays) {
    if (mapping::is_needed(placement, array)) ++compared.num_needed_arrays;
  }
  compared.num_arrays = static_cast<int>(placement.arrays.size());
  compared.num_weights = num_weights;
  compared.cells_per_weight = placement.geometry.cells().num_cells();
  compared.cells_per_array = static_cast<double>(placement.geometry.rows) * placement.geometry.cols;
  return compared;
}

Json view_json(const Cost& chip, const Cost& baseline, double rate_hz) {
  const double power_w = amount_of(chip, FactorsOf::Power, rate_hz);
  const double baseline_power_w = amount_of(baseline, FactorsOf::Power, rate_hz);
  return {{"area_fraction", 1.0 - chip.area_m2 / baseline.area_m2},
          {"power_fraction", 1.0 - power_w / baseline_power_w},
          {"energy_fraction", 1.0 - (power_w / rate_hz) / (baseline_power_w / rate_hz)},
          {"dynamic_energy_fraction", 1.0 - chip.dynamic_j / baseline.dynamic_j}};
}

Json factors_json(const ComparedChip& chip, const ComparedChip& baseline,
                  const FactorQuestion& question) {
  const auto whole = [&](const ComparedChip& c) {
    return amount_of(c.ledger.total(), question.what, question.rate_hz);
  };
  const auto arrays = [&](const ComparedChip& c) {
    return amount_of(c.ledger.arrays_and_converters(), question.what, question.rate_hz);
  };
  const bool is_whole = question.scope == FactorScope::WholeChip;
  const auto total = [&](const ComparedChip& c) { return is_whole ? whole(c) : arrays(c); };
  Json factors = Json::array();
  factors.push_back(factor("weights", baseline.num_weights / chip.num_weights,
                           "all weights of the baseline over those of the chip that are not zero"));
  factors.push_back(
      factor("weight_bits", baseline.cells_per_weight / chip.cells_per_weight, "cells a weight"));
  factors.push_back(factor(
      "utilization",
      utilization(chip) / utilization(baseline) * chip.cells_per_array / baseline.cells_per_array,
      "cells of a counted weight over cells of the needed arrays, chip over baseline"));
  factors.push_back(factor("copies", copies(baseline) / copies(chip), "arrays over needed arrays"));
  const bool is_area = question.what == FactorsOf::Area;
  const double converter_bits = converter_factor(chip, baseline, question);
  factors.push_back(
      factor("converter_bits", converter_bits,
             is_area ? "area of a converter, as it weighs in an array with its converters"
                     : "power of a conversion, as it weighs in an array with its converters"));
  factors.push_back(factor(
      "array",
      (arrays(baseline) / baseline.num_arrays) / (arrays(chip) / chip.num_arrays) / converter_bits,
      is_area ? "area of an array with its drivers, and its number of converters"
              : "power of an array with its drivers, and its number of conversions: how often and "
                "how long it is read"));
  if (is_whole)
    factors.push_back(
        factor("rest_of_chip", (whole(baseline) / arrays(baseline)) / (whole(chip) / arrays(chip)),
               "whole chip over arrays and converters: buffers, registers, network, white space"));
  return {{"total_ratio", total(baseline) / total(chip)}, {"factors", std::move(factors)}};
}

Json reduction_json(const ComparedChip& chip, const ComparedChip& baseline,
                    const std::string& baseline_description) {
  const double rate_hz = std::min(chip.throughput_hz, baseline.throughput_hz);
  Json json = {
      {"at", "equal_throughput"}, {"throughput_hz", rate_hz}, {"baseline", baseline_description}};
  json["views"]["whole_chip"] = view_json(chip.ledger.total(), baseline.ledger.total(), rate_hz);
  json["views"]["arrays_and_converters"] = view_json(
      chip.ledger.arrays_and_converters(), baseline.ledger.arrays_and_converters(), rate_hz);
  json["arrays_fraction"] = 1.0 - static_cast<double>(chip.num_arrays) / baseline.num_arrays;
  json["ratios"] = ratios_json(chip, baseline, rate_hz);
  json["area_factors"] =
      factors_json(chip, baseline, {FactorsOf::Area, FactorScope::WholeChip, rate_hz});
  json["power_factors"] =
      factors_json(chip, baseline, {FactorsOf::Power, FactorScope::WholeChip, rate_hz});
  if (chip.ledger.total().area_m2 <= baseline.ledger.total().area_m2)
    json["equal_area"] = equal_area_json(chip, baseline);
  return json;
}

}  // namespace ohmweave::power_area
