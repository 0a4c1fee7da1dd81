// SPDX-License-Identifier: Apache-2.0
// Conductances that change after programming. g0 is what was programmed, read at the age t0:
//   power_law:  g = g0 (t / t0)^-nu,                nu normal over cells      (karpov_jap_2007)
//   log_time:   g = max(0, g0 + d log10(t / t0)),   d normal over cells
// Means and spreads of nu and d may depend on g0. Each cell keeps its nu or d for good, so the same
// cell can be asked at any number of times; a log_time cell that has lost all conductance stays at
// 0 (the max above). A temperature T other than the reference makes time pass faster or slower,
//   t = t0 + (time since t0) * exp(E / k_B (1 / T_ref - 1 / T)),
// E the activation energy (Arrhenius). Stuck cells do not drift.
// Range: t >= t0. Recovery, breakdown and any change of the read current with the temperature of
// the read itself are not in the model.
#pragma once

#include <vector>

#include "core/random.h"
#include "crossbar/device_options.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// When, and how warm since programming, conductances are looked at.
struct DriftTime {
  double time_s = 1.0;           // age since programming, at least t0_s
  double temperature_k = 300.0;  // constant since programming
};

/// The age at the reference temperature that comes to the same, in seconds.
/// Throws ConfigError if time_s is below t0_s or the temperature is not above 0 K.
[[nodiscard]] double effective_age_s(const DriftOptions& drift, const DriftTime& when);

/// Conductances at a time. programmed_siemens: what program_siemens() gave for the same
/// `array_stream`; cell i is a pure function of (options, programmed_siemens[i], when,
/// array_stream, i). A device without a section drift keeps its conductances.
[[nodiscard]] std::vector<double> drifted_siemens(const DeviceOptions& options,
                                                  const std::vector<double>& programmed_siemens,
                                                  const DriftTime& when,
                                                  const RandomStream& array_stream);

/// The same for an array, rows x cols, as program_siemens() of pair.h gives it.
[[nodiscard]] Matrix drifted_siemens(const DeviceOptions& options, const Matrix& programmed_siemens,
                                     const DriftTime& when, const RandomStream& array_stream);

}  // namespace ohmweave::crossbar
