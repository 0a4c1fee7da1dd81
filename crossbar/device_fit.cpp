// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device_fit.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr std::size_t kMostLevels = 256;

using Readings = std::vector<Measurement>;

std::string shown(double value) {
  std::ostringstream out;
  out.precision(6);
  out << value;
  return out.str();
}

/// A target as errors name it.
std::string name_of(const Measurements& all, double target) {
  return all.has_levels ? "level " + shown(target) : "target " + shown(target) + " S";
}

struct Line {
  double intercept = 0.0;
  double slope = 0.0;
};

/// Least squares of y against x; x takes two values at least.
Line fit_line(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0.0;
  double mean_y = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double xx = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return {mean_y - xy / xx * mean_x, xy / xx};
}

void fit_first_readings(TargetFit& fit, const Readings& readings, double t0_s) {
  double sum = 0.0;
  for (const Measurement& m : readings) {
    if (m.time_s != t0_s) continue;
    sum += m.measured_siemens;
    ++fit.num_first;
  }
  fit.mean_siemens = sum / fit.num_first;
  double squares = 0.0;
  for (const Measurement& m : readings) {
    if (m.time_s == t0_s) squares += std::pow(m.measured_siemens - fit.mean_siemens, 2);
  }
  fit.sigma_siemens = std::sqrt(squares / (fit.num_first - 1));
}

void fit_rate(TargetFit& fit, const Readings& readings, double t0_s, DriftModel model) {
  const bool is_power_law = model == DriftModel::PowerLaw;
  std::vector<double> age;
  std::vector<double> value;
  for (const Measurement& m : readings) {
    age.push_back(is_power_law ? -std::log(m.time_s / t0_s) : std::log10(m.time_s / t0_s));
    value.push_back(is_power_law ? std::log(m.measured_siemens) : m.measured_siemens);
  }
  const Line mean = fit_line(age, value);
  std::vector<double> age_squared;
  std::vector<double> residual_squared;
  for (std::size_t i = 0; i < age.size(); ++i) {
    age_squared.push_back(age[i] * age[i]);
    residual_squared.push_back(std::pow(value[i] - mean.intercept - mean.slope * age[i], 2));
  }
  fit.rate_mean = mean.slope;
  fit.rate_sigma = std::sqrt(std::max(0.0, fit_line(age_squared, residual_squared).slope));
}

/// What is wrong with the readings of one target; empty if nothing.
std::string problem_of(const Measurements& all, const Readings& readings, double t0_s,
                       bool has_drift, DriftModel model) {
  const double target = readings.front().target;
  const auto num_first = std::count_if(readings.begin(), readings.end(),
                                       [&](const Measurement& m) { return m.time_s == t0_s; });
  const std::string at_first = all.has_times ? " at the least age, " + shown(t0_s) + " s" : "";
  if (num_first < 2) {
    return all.path + ": readings of " + name_of(all, target) + at_first + ": " +
           std::to_string(num_first) + "; must be 2 or more";
  }
  if (!has_drift) return "";
  if (static_cast<std::size_t>(num_first) == readings.size()) {
    return all.path + ": " + name_of(all, target) + " has readings of one age only, " +
           shown(t0_s) + " s; must have more, as other targets have";
  }
  const auto zero = std::find_if(readings.begin(), readings.end(),
                                 [](const Measurement& m) { return m.measured_siemens == 0.0; });
  if (model == DriftModel::PowerLaw && zero != readings.end()) {
    return all.path + ":" + std::to_string(zero->line) +
           ": measured_siemens = 0: must be greater than 0 for the power law; log_time takes it";
  }
  return "";
}

std::vector<std::string> grid_problems(const Measurements& all,
                                       const std::vector<TargetFit>& targets) {
  std::vector<std::string> problems;
  if (targets.size() < 2) problems.push_back(all.path + ": has one target; must have 2 or more");
  const bool is_power_of_two = (targets.size() & (targets.size() - 1)) == 0;
  if (all.has_levels &&
      (!is_power_of_two || targets.back().target + 1.0 != static_cast<double>(targets.size()))) {
    std::string given;
    for (const TargetFit& t : targets) given += (given.empty() ? "" : ", ") + shown(t.target);
    problems.push_back(all.path + ": target_level has the values " + given +
                       "; must have all of 0 .. 1, 3, 7, 15, 31, 63, 127 or 255");
  }
  for (std::size_t i = 1; i < targets.size(); ++i) {
    if (targets[i].mean_siemens > targets[i - 1].mean_siemens) continue;
    problems.push_back(all.path + ": the mean of " + name_of(all, targets[i].target) + ", " +
                       shown(targets[i].mean_siemens) + " S, is not above that of " +
                       name_of(all, targets[i - 1].target) + ", " +
                       shown(targets[i - 1].mean_siemens) + " S");
  }
  return problems;
}

void throw_problems(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string text;
  for (const std::string& problem : problems) text += (text.empty() ? "" : "\n") + problem;
  throw DataError(text);
}

DriftOptions drift_of(const std::vector<TargetFit>& targets, double t0_s, DriftModel model) {
  DriftOptions drift;
  drift.model = model;
  drift.t0_s = t0_s;
  const bool is_power_law = model == DriftModel::PowerLaw;
  auto& means = is_power_law ? drift.nu_mean : drift.shift_siemens_per_decade;
  auto& sigmas = is_power_law ? drift.nu_sigma : drift.sigma_siemens_per_decade;
  for (const TargetFit& t : targets) {
    drift.at_siemens.push_back(t.mean_siemens);
    means.push_back(t.rate_mean);
    sigmas.push_back(t.rate_sigma);
  }
  return drift;
}

DeviceOptions device_of(const std::vector<TargetFit>& targets) {
  DeviceOptions device;
  device.g_min_siemens = targets.front().mean_siemens;
  device.g_max_siemens = targets.back().mean_siemens;
  SpreadOptions& programming = device.programming.emplace();
  programming.model = SpreadModel::Table;
  for (const TargetFit& t : targets) {
    programming.at_siemens.push_back(t.mean_siemens);
    programming.sigma_siemens.push_back(t.sigma_siemens);
  }
  const bool is_power_of_two = (targets.size() & (targets.size() - 1)) == 0;
  if (is_power_of_two && targets.size() <= kMostLevels)
    device.level_means.push_back({programming.at_siemens});
  device.status = "derived";
  return device;
}

/// What differs, and the words that name a model.
Json without_defaults(const Json& json, const Json& defaults) {
  Json kept = Json::object();
  for (const auto& [key, value] : json.items()) {
    const bool is_default = defaults.contains(key) && defaults[key] == value;
    if (!is_default || key == "kind" || key == "model") kept[key] = value;
  }
  return kept;
}

}  // namespace

DeviceFit fit_device(const Measurements& measurements, DriftModel drift_model) {
  OHMWEAVE_REQUIRE(!measurements.rows.empty(), "a device is fitted to a measurement at least");
  std::map<double, Readings> by_target;
  for (const Measurement& m : measurements.rows) by_target[m.target].push_back(m);
  const auto [first, last] = std::minmax_element(
      measurements.rows.begin(), measurements.rows.end(),
      [](const Measurement& a, const Measurement& b) { return a.time_s < b.time_s; });
  const double t0_s = first->time_s;
  const bool has_drift = last->time_s > t0_s;

  std::vector<std::string> problems;
  for (const auto& [target, readings] : by_target) {
    const std::string problem = problem_of(measurements, readings, t0_s, has_drift, drift_model);
    if (!problem.empty()) problems.push_back(problem);
  }
  throw_problems(problems);

  DeviceFit result;
  for (const auto& [target, readings] : by_target) {
    TargetFit fit;
    fit.target = target;
    fit.num_readings = static_cast<int>(readings.size());
    fit_first_readings(fit, readings, t0_s);
    if (has_drift) fit_rate(fit, readings, t0_s, drift_model);
    result.targets.push_back(fit);
  }
  throw_problems(grid_problems(measurements, result.targets));

  result.device = device_of(result.targets);
  if (has_drift) result.device.drift = drift_of(result.targets, t0_s, drift_model);
  result.device.source = "fitted to " + std::to_string(measurements.rows.size()) + " readings of " +
                         std::filesystem::path(measurements.path).filename().string();
  result.device.validity =
      shown(result.device.g_min_siemens) + " to " + shown(result.device.g_max_siemens) + " S" +
      (measurements.has_times
           ? ", " + shown(t0_s) + " to " + shown(last->time_s) + " s after programming"
           : "");
  return result;
}

Json preset_json(const DeviceOptions& device) {
  Json json = without_defaults(write_config(device), write_config(DeviceOptions()));
  json["g_min_siemens"] = device.g_min_siemens;  // measured, even where they are the defaults
  json["g_max_siemens"] = device.g_max_siemens;
  if (device.programming)
    json["programming"] = without_defaults(json["programming"], write_config(SpreadOptions()));
  if (device.read_noise)
    json["read_noise"] = without_defaults(json["read_noise"], write_config(SpreadOptions()));
  if (device.drift) json["drift"] = without_defaults(json["drift"], write_config(DriftOptions()));
  return json;
}

}  // namespace ohmweave::crossbar
