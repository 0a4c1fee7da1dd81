// SPDX-License-Identifier: Apache-2.0
// What units did when, for viewers of traces and for power over time. Wants a result of a model
// with records_states.
#pragma once

#include <string>
#include <vector>

#include "core/fields.h"
#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// A trace for Perfetto or chrome://tracing, times in microseconds of `clock_hz`. Two tracks a node
/// for its rows (a row may begin before the one before it is finished), one a unit for its states,
/// in Chrome's colours: green busy, yellow, red and dark red the three causes of a stall.
[[nodiscard]] Json timeline_json(const PipelineModel& model, const PipelineResult& result,
                                 double clock_hz);

/// A value change dump (IEEE 1364-2005, section 18) for waveform viewers: a scope a unit with the
/// wires busy, stall_input, stall_output and stall_partial_sums, at most one of them 1.
[[nodiscard]] std::string states_vcd(const PipelineModel& model, const PipelineResult& result,
                                     double clock_hz);

/// Energies that a simulation spends.
struct SpentEnergy {
  std::vector<std::vector<double>> unit_j;  // [node][unit]: all its work, spread over its busy time
  double spread_j = 0.0;                    // evenly over the whole simulation
  double leakage_w = 0.0;
};

struct PowerTrace {
  double bin_s = 0.0;
  std::vector<double> bins_w;  // mean power of each bin, from the simulation's start to its end
  double average_w = 0.0;      // all energy / all time
  double peak_w = 0.0;         // largest power at any cycle
  double peak_at_s = 0.0;      // where it is first reached
};

/// Power over time. What a unit that was never busy spends is spread evenly too, so that the bins
/// always hold all energy.
[[nodiscard]] PowerTrace power_over_time(const PipelineResult& result, const SpentEnergy& spent,
                                         double clock_hz, int num_bins);

/// Lines "time_s,power_w".
[[nodiscard]] std::string power_csv(const PowerTrace& trace);

}  // namespace ohmweave::power_area
