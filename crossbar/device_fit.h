// SPDX-License-Identifier: Apache-2.0
// A device from a user's measurements (measurements.h). For each target, from the readings at the
// least age t0 in the file (all of them where it holds no times):
//   mean and sample standard deviation, which become level_means and the table of programming;
// cycles are pooled, so their spread is part of it. Where the file holds several ages, for each
// target by least squares over all its readings, L = ln(t / t0) or log10(t / t0):
//   power_law:  ln g = a - nu_mean L;   squared residuals = b + nu_sigma^2 L^2
//   log_time:   g = a + shift L;        squared residuals = b + sigma^2 L^2
// A spread that does not grow gives 0. Moments, not maximum likelihood: right on average for the
// models of drift.h, whatever the distribution of errors, and not robust against outliers.
#pragma once

#include <vector>

#include "crossbar/device_options.h"
#include "crossbar/measurements.h"

namespace ohmweave::crossbar {

/// What was found for one target.
struct TargetFit {
  double target = 0.0;   // a level, or siemens
  int num_readings = 0;  // of which num_first at the least age
  int num_first = 0;
  double mean_siemens = 0.0;
  double sigma_siemens = 0.0;
  double rate_mean = 0.0;  // nu, or siemens per decade; 0 without several ages
  double rate_sigma = 0.0;
};

struct DeviceFit {
  DeviceOptions device;
  std::vector<TargetFit> targets;  // rising
};

/// Targets must be levels 0 .. 2^bits - 1, or conductances; of these, a power of two up to 256
/// gives level_means, any other number uniform levels between the least and the greatest mean.
/// Throws DataError naming path and target: fewer than 2 readings at the least age, a level that is
/// missing, means that do not rise, a target with one age where others have several, or, for the
/// power law, a conductance of 0 (with its line).
[[nodiscard]] DeviceFit fit_device(const Measurements& measurements, DriftModel drift_model);

/// The device as a preset file: config section `device` with both limits, and without
/// what else is at its default.
[[nodiscard]] Json preset_json(const DeviceOptions& device);

}  // namespace ohmweave::crossbar
