// SPDX-License-Identifier: Apache-2.0
#include "power_area/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "power_area/component_numbers.h"

namespace ohmweave::power_area {

namespace {

struct Totals {
  double area_m2 = 0.0;
  double energy_j = 0.0;
  double leakage_w = 0.0;
  double dynamic_j = 0.0;
  [[nodiscard]] double power_w(double rate_hz) const { return dynamic_j * rate_hz + leakage_w; }
};

Totals totals_of(const BilledChip& billed, const ComponentLibrary& library) {
  const Bill bill = bill_chip(billed.chip, library);
  const Cost total = bill.ledger.total();
  return {bill.floorplan.area_m2(), total.dynamic_j + total.leakage_w / billed.throughput_hz,
          total.leakage_w, total.dynamic_j};
}

double sigma_of(const std::string& status, const UncertaintyOptions& options) {
  if (status == "seen" || status == "measured_here") return options.seen_sigma;
  if (status == "derived") return options.derived_sigma;
  if (status == "from_memory") return options.from_memory_sigma;
  return options.assumed_sigma;
}

double percentile(const std::vector<double>& sorted, double fraction) {
  const double place = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  return (1.0 - share) * sorted[below] + share * sorted[above];
}

Json band(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {{"mean", mean},
          {"std", std::sqrt(squares / std::max(1.0, count - 1.0))},
          {"p5", percentile(values, 0.05)},
          {"p50", percentile(values, 0.5)},
          {"p95", percentile(values, 0.95)}};
}

std::map<std::string, double> draw_factors(const ComponentLibrary& library,
                                           const UncertaintyOptions& options,
                                           const RandomStream& stream) {
  std::map<std::string, double> factors;
  for (const auto& [key, record] : library.records()) {
    if (!is_uncertain(key)) continue;
    const double sigma = sigma_of(record.status, options);
    factors[key] = std::exp(sigma * stream.child(key).normal(0) - 0.5 * sigma * sigma);
  }
  return factors;
}

}  // namespace

bool is_uncertain(const std::string& key) {
  static const std::set<Dimension> uncertain = {Dimension::Area,  Dimension::CellArea,
                                                Dimension::Power, Dimension::Energy,
                                                Dimension::Share, Dimension::Ratio};
  return uncertain.count(find_number_key(key)->dimension) > 0;
}

Json tornado_json(const BilledChip& billed, const UncertaintyOptions& options) {
  const ComponentLibrary& library = billed.chip.library;
  const Totals base = totals_of(billed, library);
  std::vector<std::pair<double, Json>> found;  // swing, entry
  for (const auto& [key, record] : library.records()) {
    if (!is_uncertain(key)) continue;
    const auto changed = [&, name = key](double factor) {
      const Totals totals = totals_of(billed, library.with_factors({{name, factor}}));
      return std::pair(totals.area_m2 / base.area_m2 - 1.0, totals.energy_j / base.energy_j - 1.0);
    };
    const auto [area_down, energy_down] = changed(1.0 - options.change_fraction);
    const auto [area_up, energy_up] = changed(1.0 + options.change_fraction);
    const double swing = std::abs(energy_up - energy_down) + std::abs(area_up - area_down);
    if (swing < 1e-9) continue;
    found.emplace_back(swing, Json{{"name", key},
                                   {"status", record.status},
                                   {"area_down_fraction", area_down},
                                   {"area_up_fraction", area_up},
                                   {"energy_down_fraction", energy_down},
                                   {"energy_up_fraction", energy_up}});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  Json json = {{"change_fraction", options.change_fraction}, {"numbers", Json::array()}};
  for (auto& [swing, entry] : found) json["numbers"].push_back(std::move(entry));
  return json;
}

Json bands_json(const BilledChip& billed, const std::optional<BilledChip>& baseline, double rate_hz,
                const UncertaintyOptions& options, const RandomStream& stream) {
  const ComponentLibrary& library = billed.chip.library;
  std::vector<double> area, energy, power, leakage, area_fraction, power_fraction;
  for (int sample = 0; sample < options.samples; ++sample) {
    const ComponentLibrary drawn = library.with_factors(
        draw_factors(library, options, stream.child("component_numbers", sample)));
    const Totals mine = totals_of(billed, drawn);
    area.push_back(mine.area_m2);
    energy.push_back(mine.energy_j);
    power.push_back(mine.power_w(billed.throughput_hz));
    leakage.push_back(mine.leakage_w);
    if (!baseline) continue;
    const Totals theirs = totals_of(*baseline, drawn);
    area_fraction.push_back(1.0 - mine.area_m2 / theirs.area_m2);
    power_fraction.push_back(1.0 - mine.power_w(rate_hz) / theirs.power_w(rate_hz));
  }
  Json json = {{"samples", options.samples},
               {"sigmas",
                {{"seen", options.seen_sigma},
                 {"derived", options.derived_sigma},
                 {"from_memory", options.from_memory_sigma},
                 {"assumed", options.assumed_sigma}}},
               {"area_m2", band(area)},
               {"energy_per_inference_j", band(energy)},
               {"average_power_w", band(power)},
               {"leakage_w", band(leakage)}};
  if (baseline) {
    json["area_fraction"] = band(area_fraction);
    json["power_fraction"] = band(power_fraction);
  }
  return json;
}

}  // namespace ohmweave::power_area
