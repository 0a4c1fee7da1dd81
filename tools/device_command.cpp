// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "core/artifact.h"
#include "core/error.h"
#include "crossbar/device_fit.h"
#include "tools/commands.h"

namespace ohmweave::tools {
namespace {

crossbar::DriftModel drift_model_of(const std::string& word) {
  if (word == "power_law") return crossbar::DriftModel::PowerLaw;
  if (word == "log_time") return crossbar::DriftModel::LogTime;
  throw ConfigError({"--drift " + word + ": must be one of: power_law, log_time"});
}

void print_fit(const crossbar::DeviceFit& fit, bool has_levels, std::ostream& out) {
  const bool is_power_law =
      !fit.device.drift || fit.device.drift->model == crossbar::DriftModel::PowerLaw;
  out << (has_levels ? "level  " : "target [S]  ") << "readings  mean [S]      sigma [S]     "
      << (fit.device.drift ? (is_power_law ? "nu          its sigma" : "[S/decade]  its sigma")
                           : "")
      << "\n";
  for (const crossbar::TargetFit& t : fit.targets) {
    char line[128];
    std::snprintf(line, sizeof(line),
                  has_levels ? "%5.0f  %8d  %-12.6g  %-12.6g" : "%-10.4g  %8d  %-12.6g  %-12.6g",
                  t.target, t.num_readings, t.mean_siemens, t.sigma_siemens);
    out << line;
    if (fit.device.drift) {
      std::snprintf(line, sizeof(line), "  %-10.4g  %-10.4g", t.rate_mean, t.rate_sigma);
      out << line;
    }
    out << "\n";
  }
}

}  // namespace

void command_device_fit(const std::filesystem::path& table, const std::filesystem::path& preset,
                        const std::string& drift, std::ostream& out) {
  const crossbar::DriftModel model = drift_model_of(drift);
  const crossbar::Measurements measurements = crossbar::read_measurements(table.string());
  const crossbar::DeviceFit fit = crossbar::fit_device(measurements, model);
  write_json_atomically(preset, crossbar::preset_json(fit.device));
  print_fit(fit, measurements.has_levels, out);
  out << preset.string() << "\n";
}

}  // namespace ohmweave::tools
