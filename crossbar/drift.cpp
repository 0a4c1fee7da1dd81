// SPDX-License-Identifier: Apache-2.0
#include "crossbar/drift.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "crossbar/device.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kBoltzmannEvPerK = 8.617333262e-5;  // exact in the SI of 2019, rounded

/// Conductance after `age_ratio` = t / t0 of a cell that deviates by z standard deviations.
double drifted(const DriftOptions& drift, double siemens, double age_ratio, double z) {
  const auto at = [&](const std::vector<double>& list) {
    return interpolated(drift.at_siemens, list, siemens);
  };
  if (drift.model == DriftModel::PowerLaw) {
    return siemens * std::pow(age_ratio, -(at(drift.nu_mean) + at(drift.nu_sigma) * z));
  }
  const double per_decade =
      at(drift.shift_siemens_per_decade) + at(drift.sigma_siemens_per_decade) * z;
  return std::max(0.0, siemens + per_decade * std::log10(age_ratio));
}

}  // namespace

double effective_age_s(const DriftOptions& drift, const DriftTime& when) {
  std::vector<std::string> problems;
  if (!(when.time_s >= drift.t0_s) || !std::isfinite(when.time_s)) {
    problems.push_back("time_s = " + Json(when.time_s).dump() +
                       ": must be at least t0_s of /device/drift, " + Json(drift.t0_s).dump());
  }
  if (!(when.temperature_k > 0.0) || !std::isfinite(when.temperature_k)) {
    problems.push_back("temperature_k = " + Json(when.temperature_k).dump() +
                       ": must be greater than 0");
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  const double acceleration =
      std::exp(drift.activation_energy_ev / kBoltzmannEvPerK *
               (1.0 / drift.reference_temperature_k - 1.0 / when.temperature_k));
  return drift.t0_s + (when.time_s - drift.t0_s) * acceleration;
}

std::vector<double> drifted_siemens(const DeviceOptions& options,
                                    const std::vector<double>& programmed_siemens,
                                    const DriftTime& when, const RandomStream& array_stream) {
  std::vector<double> siemens = programmed_siemens;
  if (!options.drift) return siemens;
  const DriftOptions& drift = *options.drift;
  const double age_ratio = effective_age_s(drift, when) / drift.t0_s;
  const StuckCells stuck(options, array_stream);
  const RandomStream deviations = array_stream.child("drift");
  for (std::size_t i = 0; i < siemens.size(); ++i) {
    if (!stuck.siemens(i)) siemens[i] = drifted(drift, siemens[i], age_ratio, deviations.normal(i));
  }
  return siemens;
}

Matrix drifted_siemens(const DeviceOptions& options, const Matrix& programmed_siemens,
                       const DriftTime& when, const RandomStream& array_stream) {
  const std::vector<double> cells(programmed_siemens.data(),
                                  programmed_siemens.data() + programmed_siemens.size());
  const std::vector<double> later = drifted_siemens(options, cells, when, array_stream);
  return Eigen::Map<const Matrix>(later.data(), programmed_siemens.rows(),
                                  programmed_siemens.cols());
}

}  // namespace ohmweave::crossbar
