// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device_fit.h"

#include <gtest/gtest.h>

#include "crossbar/device.h"
#include "crossbar/drift.h"
#include "tests/crossbar/distributions.h"
#include "tests/crossbar/measured_file.h"

namespace ohmweave::crossbar {
namespace {

constexpr int kCells = 10000;

/// A device of 4 measured levels that fits should find again.
DeviceOptions known_device(DriftModel model) {
  DeviceOptions o;
  o.g_min_siemens = 1e-5;
  o.g_max_siemens = 9e-5;
  o.level_means = {{{1e-5, 3e-5, 5e-5, 9e-5}}};
  o.programming.emplace();
  o.programming->model = SpreadModel::Table;
  o.programming->at_siemens = {1e-5, 9e-5};
  o.programming->sigma_siemens = {5e-7, 1e-6};
  o.drift.emplace();
  o.drift->model = model;
  o.drift->t0_s = 20.0;
  return o;
}

/// kCells readings of each level at each time.
Measurements measure(const DeviceOptions& device, const std::vector<double>& times) {
  Measurements all{"cells.csv", true, true, {}};
  const RandomStream stream(91);
  std::vector<int> levels;
  for (int i = 0; i < 4 * kCells; ++i) levels.push_back(i % 4);
  const auto programmed = make_device(device)->program_siemens(levels, 2, 4, stream);
  for (const double time : times) {
    const auto siemens = drifted_siemens(device, programmed, {time, 300.0}, stream);
    for (std::size_t i = 0; i < levels.size(); ++i)
      all.rows.push_back({static_cast<double>(levels[i]), siemens[i], time, 0, 1});
  }
  return all;
}

TEST(FitDevice, FindsMeansAndSpreadsByHand) {
  const Measurements all{"m.csv",
                         false,
                         false,
                         {{2e-6, 3e-6, 0, 0, 2},
                          {1e-6, 1.0e-6, 0, 0, 3},
                          {2e-6, 5e-6, 0, 1, 4},
                          {1e-6, 1.2e-6, 0, 1, 5}}};

  const auto fit = fit_device(all, DriftModel::PowerLaw);

  ASSERT_EQ(fit.targets.size(), 2U);
  EXPECT_DOUBLE_EQ(fit.targets[0].mean_siemens, 1.1e-6);
  EXPECT_DOUBLE_EQ(fit.targets[1].mean_siemens, 4e-6);
  EXPECT_DOUBLE_EQ(fit.targets[1].sigma_siemens, 1e-6 * std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(fit.device.g_min_siemens, 1.1e-6);
  EXPECT_DOUBLE_EQ(level_siemens(fit.device, 1, 1), 4e-6);
  EXPECT_FALSE(fit.device.drift.has_value());
  EXPECT_EQ(fit.device.source, "fitted to 4 readings of m.csv");
}

TEST(FitDevice, FindsAKnownPowerLawAgain) {
  DeviceOptions device = known_device(DriftModel::PowerLaw);
  device.drift->nu_mean = {0.06};
  device.drift->nu_sigma = {0.02};

  const auto fit = fit_device(measure(device, {20.0, 200.0, 2000.0}), DriftModel::PowerLaw);

  const double step = std::log(10.0);
  for (std::size_t level = 0; level < 4; ++level) {
    const double mean = device.level_means[0].siemens[level];
    const double sigma = spread_sigma_siemens(*device.programming, device.range(), mean);
    const TargetFit& found = fit.targets[level];
    EXPECT_EQ(found.num_first, kCells);
    EXPECT_EQ(found.num_readings, 3 * kCells);
    EXPECT_NEAR(found.mean_siemens, mean, kDeviations * sigma / std::sqrt(kCells));
    EXPECT_NEAR(found.sigma_siemens, sigma, kDeviations * sigma / std::sqrt(2.0 * kCells));
    // Each cell's three points lie on a line of slope nu, so the slope is the mean of nu.
    EXPECT_NEAR(found.rate_mean, 0.06, kDeviations * 0.02 / std::sqrt(kCells));
    // With c_k the weights of the slope against L_k^2, that slope is the mean over cells of
    // w^2 - 2 u w sum_k c_k L_k, w and u the deviations of a cell's nu and ln g0:
    // variance (2 s^4 + 4 s^2 v kappa^2) / n. L = 0, 1, 2 steps: c = (-5, -2, 7) / 26 / step^2.
    const double kappa = (-2.0 * 1.0 + 7.0 * 2.0) / 26.0 / step;
    const double v = std::pow(sigma / mean, 2);
    const double deviation =
        std::sqrt((2.0 * std::pow(0.02, 4) + 4.0 * 4e-4 * v * kappa * kappa) / kCells);
    EXPECT_NEAR(found.rate_sigma * found.rate_sigma, 4e-4, kDeviations * deviation);
  }
}

TEST(FitDevice, FindsAKnownRelaxationAgain) {
  DeviceOptions device = known_device(DriftModel::LogTime);
  device.drift->shift_siemens_per_decade = {-3e-7};
  device.drift->sigma_siemens_per_decade = {2e-7};

  const auto fit = fit_device(measure(device, {20.0, 200.0, 2000.0}), DriftModel::LogTime);

  const DriftOptions& drift = *fit.device.drift;
  EXPECT_EQ(drift.t0_s, 20.0);
  for (std::size_t level = 0; level < 4; ++level) {
    EXPECT_NEAR(drift.shift_siemens_per_decade[level], -3e-7,
                kDeviations * 2e-7 / std::sqrt(kCells));
    const double sigma = spread_sigma_siemens(*device.programming, device.range(),
                                              device.level_means[0].siemens[level]);
    const double kappa = 12.0 / 26.0;
    const double deviation =
        std::sqrt((2.0 * std::pow(2e-7, 4) + 4.0 * 4e-14 * sigma * sigma * kappa * kappa) / kCells);
    EXPECT_NEAR(std::pow(drift.sigma_siemens_per_decade[level], 2), 4e-14, kDeviations * deviation);
  }
}

TEST(FitDevice, MakesAPresetThatReadsAsTheSameDevice) {
  DeviceOptions device = known_device(DriftModel::PowerLaw);
  device.drift->nu_mean = {0.06};
  device.drift->nu_sigma = {0.02};
  const auto fit = fit_device(measure(device, {20.0, 200.0}), DriftModel::PowerLaw);

  const Json preset = preset_json(fit.device);
  const auto read = read_config<DeviceOptions>(parse_json(preset.dump(2), "preset"));

  EXPECT_EQ(write_config(read), write_config(fit.device));
  EXPECT_FALSE(preset.contains("preset"));
  EXPECT_FALSE(preset.contains("stuck_on_fraction"));
  EXPECT_EQ(preset["drift"]["model"], "power_law");
  EXPECT_EQ(preset["status"], "derived");
}

TEST(FitDevice, TakesTargetsThatAreNoGridAsUniformLevels) {
  const MeasuredFile file(
      "target_siemens,measured_siemens\n1e-6,1e-6\n1e-6,2e-6\n2e-6,3e-6\n2e-6,4e-6\n"
      "4e-6,5e-6\n4e-6,5e-6\n");

  const auto fit = fit_device(read_measurements(file.path()), DriftModel::PowerLaw);

  EXPECT_TRUE(fit.device.level_means.empty());
  EXPECT_DOUBLE_EQ(fit.device.g_max_siemens, 5e-6);
  EXPECT_EQ(fit.device.programming->sigma_siemens[2], 0.0);
}

std::string complaint(const Measurements& all) {
  try {
    (void)fit_device(all, DriftModel::PowerLaw);
  } catch (const DataError& e) {
    return e.what();
  }
  return "";
}

TEST(FitDevice, SaysWhatIsMissingOrWrong) {
  EXPECT_EQ(complaint({"m.csv", true, true, {{0, 1e-6, 1, 0, 2}, {0, 1e-6, 2, 0, 3}}}),
            "m.csv: readings of level 0 at the least age, 1 s: 1; must be 2 or more");
  EXPECT_EQ(complaint({"m.csv",
                       false,
                       true,
                       {{1e-6, 1e-6, 1, 0, 2},
                        {1e-6, 1e-6, 1, 0, 3},
                        {2e-6, 2e-6, 1, 0, 4},
                        {2e-6, 2e-6, 1, 0, 5},
                        {2e-6, 0.0, 10, 0, 6}}}),
            "m.csv: target 1e-06 S has readings of one age only, 1 s; must have more, as other "
            "targets have\n"
            "m.csv:6: measured_siemens = 0: must be greater than 0 for the power law; log_time "
            "takes it");
  EXPECT_EQ(
      complaint({"m.csv",
                 true,
                 false,
                 {{0, 2e-6, 0, 0, 2}, {0, 2e-6, 0, 0, 3}, {2, 1e-6, 0, 0, 4}, {2, 1e-6, 0, 0, 5}}}),
      "m.csv: target_level has the values 0, 2; must have all of 0 .. 1, 3, 7, 15, 31, 63, "
      "127 or 255\n"
      "m.csv: the mean of level 2, 1e-06 S, is not above that of level 0, 2e-06 S");
  EXPECT_EQ(complaint({"m.csv", true, false, {{0, 2e-6, 0, 0, 2}, {0, 2e-6, 0, 0, 3}}}),
            "m.csv: has one target; must have 2 or more");
}

}  // namespace
}  // namespace ohmweave::crossbar
