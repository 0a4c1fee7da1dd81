// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device_options.h"

#include <algorithm>
#include <set>

#include "crossbar/device.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kLargestSiemens = 1.0;
constexpr double kLargestSigma = 2.0;
constexpr double kLargestVolts = 20.0;
constexpr double kLargestSeconds = 1e12;
constexpr double kLargestExponent = 1.0;
constexpr double kLargestKelvin = 1000.0;
constexpr double kLargestElectronvolts = 5.0;
constexpr double kLargestGrowth = 10.0;
constexpr double kLargestLength = 1e6;
constexpr std::int64_t kMostPulses = 1000000;
constexpr std::int64_t kMostCells = 4096LL * 4096LL;
constexpr std::size_t kMostLevels = 256;
constexpr NumberRange kConductance{0.0, kLargestSiemens, false};
constexpr NumberRange kSigma{0.0, kLargestSigma, false};
constexpr NumberRange kSomeVolts{0.0, kLargestVolts, true};
constexpr NumberRange kSomeTime{0.0, kLargestSeconds, true};

bool is_without_spread(const DeviceOptions& o) {
  return o.mismatch_sigma == 0.0 && o.stuck_on_fraction == 0.0 && o.stuck_off_fraction == 0.0;
}

bool is_without_sections(const DeviceOptions& o) {
  return !o.programming && !o.read_noise && !o.drift && !o.write;
}

bool is_within_limits(const DeviceOptions& o) {
  return std::all_of(o.level_means.begin(), o.level_means.end(), [&](const LevelMeans& means) {
    return std::all_of(means.siemens.begin(), means.siemens.end(),
                       [&](double g) { return g >= o.g_min_siemens && g <= o.g_max_siemens; });
  });
}

bool has_one_list_per_size(const DeviceOptions& o) {
  std::set<std::size_t> sizes;
  return std::all_of(o.level_means.begin(), o.level_means.end(), [&](const LevelMeans& means) {
    return sizes.insert(means.siemens.size()).second;
  });
}

bool is_never_negative(const std::optional<SpreadOptions>& spread, const ConductanceRange& range) {
  return !spread || spread->model != SpreadModel::Polynomial || spread->reference_siemens <= 0.0 ||
         is_spread_never_negative(*spread, range);
}

bool is_known_status(const std::optional<std::string>& status) {
  return !status || *status == "seen" || *status == "derived" || *status == "from_memory";
}

void declare_mismatch(Fields& f, DeviceOptions& o) {
  f.number("mismatch_sigma", o.mismatch_sigma, kSigma,
           "relative spread over cells, drawn once per cell of a chip; lognormal: standard "
           "deviation of ln(conductance / target)");
  f.choice("mismatch_shape", o.mismatch_shape,
           {{MismatchShape::Lognormal, "lognormal", "factor exp(sigma z), median 1"},
            {MismatchShape::Normal, "normal", "factor 1 + sigma z, drawn again until positive"}},
           "distribution of the mismatch");
  f.number("mismatch_correlated_fraction", o.mismatch_correlated_fraction, kFraction,
           "fraction of the mismatch's variance that varies smoothly over the array");
  f.number("mismatch_correlation_cells", o.mismatch_correlation_cells, {0.0, kLargestLength, false},
           "cells along a row or column over which the smooth part's correlation falls to 1/e");
  f.rule((o.mismatch_correlated_fraction > 0.0) == (o.mismatch_correlation_cells > 0.0),
         "mismatch_correlation_cells",
         "goes with mismatch_correlated_fraction: both 0, or both greater than 0");
  f.rule(o.mismatch_correlated_fraction == 0.0 || o.mismatch_shape == MismatchShape::Lognormal,
         "mismatch_shape",
         "must be lognormal with mismatch_correlated_fraction: cells drawn again would not keep "
         "their correlation");
}

void declare_sections(Fields& f, DeviceOptions& o) {
  f.section("programming", o.programming,
            "error of writing, a normal spread around the target that is drawn again until the "
            "conductance is positive");
  f.number("stuck_on_fraction", o.stuck_on_fraction, kFraction,
           "fraction of cells stuck at g_max_siemens");
  f.number("stuck_off_fraction", o.stuck_off_fraction, kFraction,
           "fraction of cells stuck at g_min_siemens");
  f.section("read_noise", o.read_noise, "normal noise of a cell's conductance, fresh at each read");
  f.section("drift", o.drift, "change of conductances with time and temperature");
  f.section("iv", o.iv, "current of a cell against its voltage, where it is not ohmic");
  f.section("write", o.write, "pulses with a read after each, for the kind write_verify");
}

void declare_rules(Fields& f, DeviceOptions& o) {
  f.rule(o.g_max_siemens > o.g_min_siemens, "g_max_siemens",
         "must be greater than g_min_siemens = " + Json(o.g_min_siemens).dump());
  f.rule(!o.valid_min_siemens || o.g_min_siemens >= *o.valid_min_siemens, "g_min_siemens",
         "must be at least valid_min_siemens = " + Json(o.valid_min_siemens.value_or(0.0)).dump() +
             ": the device's numbers do not hold below");
  f.rule(!o.valid_max_siemens || o.g_max_siemens <= *o.valid_max_siemens, "g_max_siemens",
         "must be at most valid_max_siemens = " + Json(o.valid_max_siemens.value_or(0.0)).dump() +
             ": the device's numbers do not hold above");
  f.rule(is_within_limits(o), "level_means",
         "must lie in [g_min_siemens, g_max_siemens] = [" + Json(o.g_min_siemens).dump() + ", " +
             Json(o.g_max_siemens).dump() + "]");
  f.rule(has_one_list_per_size(o), "level_means", "two lists have the same number of levels");
  f.rule(is_never_negative(o.programming, o.range()), "programming/coefficients_siemens",
         "the standard deviation is negative between g_min_siemens and g_max_siemens");
  f.rule(is_never_negative(o.read_noise, o.range()), "read_noise/coefficients_siemens",
         "the standard deviation is negative between g_min_siemens and g_max_siemens");
  f.rule(o.stuck_on_fraction + o.stuck_off_fraction <= 1.0, "stuck_off_fraction",
         "must be at most 1 - stuck_on_fraction = " + Json(1.0 - o.stuck_on_fraction).dump());
  f.rule(o.kind != "ideal" || is_without_spread(o), "kind",
         "an ideal device has mismatch_sigma, stuck_on_fraction and stuck_off_fraction 0; "
         "use \"level_grid\"");
  f.rule(o.kind != "ideal" || is_without_sections(o), "kind",
         "an ideal device has no programming, read_noise, drift or write; use \"level_grid\"");
  f.rule(o.kind != "write_verify" || (o.write && !o.programming && o.mismatch_sigma == 0.0), "kind",
         "a write_verify device has a section write, no programming and mismatch_sigma 0: what is "
         "left after writing follows from the pulses");
  f.rule(is_known_status(o.status), "status", "must be one of: seen, derived, from_memory");
}

}  // namespace

void declare(Fields& f, LevelMeans& o) {
  f.required().numbers("siemens", o.siemens, kConductance,
                       "mean conductance of each level, rising; 2, 4, 8, ... 256 of them");
  const std::size_t count = o.siemens.size();
  f.rule(count >= 2 && count <= kMostLevels && (count & (count - 1)) == 0, "siemens",
         "must hold 2, 4, 8, 16, 32, 64, 128 or 256 levels, holds " + std::to_string(count));
  f.rule(is_rising(o.siemens), "siemens", "must rise from each level to the next");
}

void declare(Fields& f, DriftOptions& o) {
  f.choice(
      "model", o.model,
      {{DriftModel::PowerLaw, "power_law", "g0 (t / t0)^-nu, nu normal over cells"},
       {DriftModel::LogTime, "log_time", "g0 + d log10(t / t0), at least 0, d normal over cells"}},
      "conductance g0 after programming against the time t since");
  f.number("t0_s", o.t0_s, kSomeTime, "age at which programmed conductances were read");
  f.numbers("at_siemens", o.at_siemens, kConductance,
            "conductances for which the lists hold, rising; left out, one value for all");
  f.numbers("nu_mean", o.nu_mean, {-kLargestExponent, kLargestExponent, false},
            "mean exponent (power_law)");
  f.numbers("nu_sigma", o.nu_sigma, {0.0, kLargestExponent, false},
            "standard deviation of the exponent over cells (power_law)");
  f.numbers("shift_siemens_per_decade", o.shift_siemens_per_decade,
            {-kLargestSiemens, kLargestSiemens, false},
            "mean change per factor 10 of time (log_time)");
  f.numbers("sigma_siemens_per_decade", o.sigma_siemens_per_decade, kConductance,
            "standard deviation of that change over cells (log_time)");
  f.number("activation_energy_ev", o.activation_energy_ev, {0.0, kLargestElectronvolts, false},
           "of the Arrhenius law by which heat speeds up the drift; 0: it does not");
  f.number("reference_temperature_k", o.reference_temperature_k, {0.0, kLargestKelvin, true},
           "temperature at which the numbers were measured");
  const std::size_t count = std::max<std::size_t>(o.at_siemens.size(), 1);
  const auto rule_of_list = [&](const char* key, const std::vector<double>& list, DriftModel model,
                                const char* model_name) {
    f.rule(list.size() == (o.model == model ? count : 0), key,
           o.model == model
               ? "must have " + std::to_string(count) + " numbers: one, or as many as at_siemens"
               : std::string("belongs to the model ") + model_name);
  };
  f.rule(is_rising(o.at_siemens), "at_siemens", "must rise from each number to the next");
  rule_of_list("nu_mean", o.nu_mean, DriftModel::PowerLaw, "power_law");
  rule_of_list("nu_sigma", o.nu_sigma, DriftModel::PowerLaw, "power_law");
  rule_of_list("shift_siemens_per_decade", o.shift_siemens_per_decade, DriftModel::LogTime,
               "log_time");
  rule_of_list("sigma_siemens_per_decade", o.sigma_siemens_per_decade, DriftModel::LogTime,
               "log_time");
}

void declare(Fields& f, IvOptions& o) {
  f.number("sinh_per_v", o.sinh_per_v, {0.0, 100.0, false},
           "k of i = G sinh(k v) / k; 0: ohmic, or by the table");
  f.numbers("voltage_v", o.voltage_v, {0.0, kLargestVolts, false},
            "voltages of the table, rising from 0; currents are odd in the voltage");
  f.numbers("effective_v", o.effective_v, kNonNegative,
            "current over conductance at each voltage, rising from 0");
  const bool has_table = !o.voltage_v.empty();
  f.rule(o.sinh_per_v == 0.0 || !has_table, "sinh_per_v", "must be 0 where there is a table");
  f.rule(o.sinh_per_v > 0.0 || has_table, "sinh_per_v",
         "must be greater than 0 where there is no table; leave the section out for ohmic cells");
  f.rule(!has_table ||
             (o.voltage_v.size() >= 2 && o.voltage_v.front() == 0.0 && is_rising(o.voltage_v)),
         "voltage_v", "must be 0 and at least one more voltage, rising");
  f.rule(o.effective_v.size() == o.voltage_v.size(), "effective_v",
         "must have as many numbers as voltage_v, " + std::to_string(o.voltage_v.size()));
  f.rule(o.effective_v.empty() || (o.effective_v.front() == 0.0 && is_rising(o.effective_v)),
         "effective_v", "must rise from 0");
}

void declare(Fields& f, WriteOptions& o) {
  f.number("pulse_s", o.pulse_s, kSomeTime, "length of a pulse");
  f.number("set_voltage_v", o.set_voltage_v, kSomeVolts,
           "first pulse of a run of pulses that raise the conductance");
  f.number("reset_voltage_v", o.reset_voltage_v, kSomeVolts,
           "first pulse of a run of pulses that lower it, as a magnitude");
  f.number("voltage_step_v", o.voltage_step_v, {0.0, kLargestVolts, false},
           "added for each further pulse of a run");
  f.number("step_fraction", o.step_fraction, {0.0, 1.0, true},
           "a first pulse lowers the distance to g_max (set) or g_min (reset) by the factor "
           "exp(-step_fraction)");
  f.number("step_growth", o.step_growth, {1.0, kLargestGrowth, false},
           "factor on that exponent for each further pulse of a run");
  f.number("pulse_sigma", o.pulse_sigma, kSigma,
           "spread of the exponent from pulse to pulse: lognormal, of mean 1");
  f.number("cell_sigma", o.cell_sigma, kSigma,
           "spread of the exponent from cell to cell: lognormal, of mean 1");
  f.number("tolerance_fraction", o.tolerance_fraction, {0.0, 1.0, true},
           "accepted distance of a read from the target, over g_max - g_min");
  f.integer("max_pulses", o.max_pulses, {1, kMostPulses},
            "pulses after which a cell counts as failed");
  f.number("verify_s", o.verify_s, kSomeTime, "length of one verifying read");
  f.number("verify_voltage_v", o.verify_voltage_v, kSomeVolts, "voltage of a verifying read");
  f.integer("cells_at_once", o.cells_at_once, {1, kMostCells},
            "neighbouring cells that are written in parallel");
}

void declare(Fields& f, DeviceOptions& o) {
  f.text("preset", o.preset,
         "a published device in configs/presets/devices, or (with a '/' in it) a file; keys given "
         "here override it");
  f.word("kind", o.kind, device_words(), "how a programmed cell differs from its target");
  f.number("g_min_siemens", o.g_min_siemens, kConductance,
           "conductance of level 0, and of a cell stuck off");
  f.number("g_max_siemens", o.g_max_siemens, {0.0, kLargestSiemens, true},
           "conductance of the highest level, and of a cell stuck on");
  f.list("level_means", o.level_means,
         "measured levels, a list for each number of levels; left out, uniform levels");
  declare_mismatch(f, o);
  declare_sections(f, o);
  f.text("source", o.source, "where the numbers come from");
  f.number("valid_min_siemens", o.valid_min_siemens, kConductance,
           "least conductance for which they were measured: g_min_siemens is not below");
  f.number("valid_max_siemens", o.valid_max_siemens, kConductance,
           "greatest conductance for which they were measured: g_max_siemens is not above");
  f.text("validity", o.validity, "the conditions under which they hold");
  f.text("status", o.status,
         "seen: read in the source named; derived: computed from it; from_memory: not checked");
  declare_rules(f, o);
}

}  // namespace ohmweave::crossbar
