// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "power_area/sim/trace.h"

namespace ohmweave::power_area {

namespace {

/// A unit's power while it is busy, in watts; 0 where it never is.
std::vector<std::vector<double>> busy_powers(const PipelineResult& result, const SpentEnergy& spent,
                                             double clock_hz) {
  std::vector<std::vector<double>> powers;
  for (std::size_t n = 0; n < result.nodes.size(); ++n) {
    std::vector<double>& node = powers.emplace_back();
    for (std::size_t u = 0; u < result.nodes[n].units.size(); ++u) {
      const std::int64_t busy = result.nodes[n].units[u].busy_cycles;
      node.push_back(busy == 0 ? 0.0
                               : spent.unit_j.at(n).at(u) * clock_hz / static_cast<double>(busy));
    }
  }
  return powers;
}

/// All energy that no busy time can be charged with.
double spread_energy_j(const PipelineResult& result, const SpentEnergy& spent) {
  double energy_j = spent.spread_j;
  for (std::size_t n = 0; n < result.nodes.size(); ++n)
    for (std::size_t u = 0; u < result.nodes[n].units.size(); ++u)
      if (result.nodes[n].units[u].busy_cycles == 0) energy_j += spent.unit_j.at(n).at(u);
  return energy_j;
}

void find_peak(std::vector<std::pair<std::int64_t, double>> steps, double base_w, double clock_hz,
               PowerTrace& trace) {
  std::sort(steps.begin(), steps.end());
  trace.peak_w = base_w;
  double power_w = base_w;
  for (std::size_t i = 0; i < steps.size();) {
    const std::int64_t cycle = steps[i].first;
    for (; i < steps.size() && steps[i].first == cycle; ++i) power_w += steps[i].second;
    if (power_w > trace.peak_w) {
      trace.peak_w = power_w;
      trace.peak_at_s = static_cast<double>(cycle) / clock_hz;
    }
  }
}

}  // namespace

PowerTrace power_over_time(const PipelineResult& result, const SpentEnergy& spent, double clock_hz,
                           int num_bins) {
  OHMWEAVE_REQUIRE(result.end_cycle > 0 && num_bins > 0, "a simulation that takes time");
  const auto end = static_cast<double>(result.end_cycle);
  const double bin_cycles = end / num_bins;
  PowerTrace trace;
  trace.bin_s = bin_cycles / clock_hz;
  const double base_w = spent.leakage_w + spread_energy_j(result, spent) * clock_hz / end;
  const std::vector<std::vector<double>> powers = busy_powers(result, spent, clock_hz);
  std::vector<double> busy_w(num_bins, 0.0);
  std::vector<std::pair<std::int64_t, double>> steps;
  for (const StateInterval& state : result.states) {
    if (state.state != UnitState::Busy) continue;
    const double power_w = powers[state.node][state.unit];
    steps.emplace_back(state.start_cycle, power_w);
    steps.emplace_back(state.end_cycle, -power_w);
    const auto from = static_cast<double>(state.start_cycle);
    const auto to = static_cast<double>(state.end_cycle);
    for (int b = static_cast<int>(from / bin_cycles); b < num_bins && b * bin_cycles < to; ++b) {
      const double overlap = std::min((b + 1) * bin_cycles, to) - std::max(b * bin_cycles, from);
      if (overlap > 0.0) busy_w[b] += power_w * overlap / bin_cycles;
    }
  }
  for (const double power_w : busy_w) trace.bins_w.push_back(base_w + power_w);
  trace.average_w = std::accumulate(trace.bins_w.begin(), trace.bins_w.end(), 0.0) / num_bins;
  find_peak(std::move(steps), base_w, clock_hz, trace);
  return trace;
}

std::string power_csv(const PowerTrace& trace) {
  std::ostringstream text;
  text.precision(9);
  text << "time_s,power_w\n";
  for (std::size_t b = 0; b < trace.bins_w.size(); ++b)
    text << static_cast<double>(b) * trace.bin_s << ',' << trace.bins_w[b] << '\n';
  return text.str();
}

}  // namespace ohmweave::power_area
