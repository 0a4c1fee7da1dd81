// SPDX-License-Identifier: Apache-2.0
// Writing cells by pulses, with a read after each, until the read is near the target. A pulse takes
// a cell a share of the way to the limit of its direction (soft bounds: steps shrink as a cell
// nears its limit; source: fusi_natneuro_2007, for memristors frascaroli_scirep_2018),
//   set:   g_max - g  is multiplied by exp(-a)      where the read is below the target,
//   reset: g - g_min  is multiplied by exp(-a)      where it is above,
//   a = step_fraction * step_growth^k * pulse factor * cell factor,
// k counting the pulses of a run in one direction; its voltage is the direction's voltage +
// k * voltage_step_v. Both factors are lognormal of mean 1: the first fresh for each pulse, the
// second frozen per cell. Reads carry the device's read noise. A cell starts at g_min (or where the
// caller says), stops when |read - target| <= tolerance_fraction * (g_max - g_min), and has failed
// if it has not after max_pulses. Stuck cells take pulses and do not move. g never leaves [g_min,
// g_max].
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

/// What writing an array has led to and cost.
struct WriteResult {
  std::vector<double> siemens;          // conductances, free of read noise
  std::vector<int> num_pulses;          // of each cell
  std::vector<std::uint8_t> is_failed;  // 1: the last read was not within the tolerance
  std::int64_t num_failed = 0;
  std::int64_t total_pulses = 0;
  double time_s = 0.0;    // groups of cells_at_once one after the other, each until its last cell
  double energy_j = 0.0;  // g V^2 t of each pulse (g before it) and of each verifying read
};

/// Writes cells to `targets_siemens` from `start_siemens` (as many; empty: g_min). Cell i of
/// `siemens`, `num_pulses` and `is_failed` is a pure function of (options, targets_siemens[i],
/// start_siemens[i], array_stream, i). options.write must be there.
[[nodiscard]] WriteResult write_cells(const DeviceOptions& options,
                                      const std::vector<double>& targets_siemens,
                                      const RandomStream& array_stream,
                                      const std::vector<double>& start_siemens = {});

}  // namespace ohmweave::crossbar
