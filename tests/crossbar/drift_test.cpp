// SPDX-License-Identifier: Apache-2.0
#include "crossbar/drift.h"

#include <gtest/gtest.h>

#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

DeviceOptions device(const char* drift) {
  DeviceOptions o;
  o.drift = read_config<DriftOptions>(parse_json(drift, "test"));
  return o;
}

TEST(Drift, FollowsThePowerLawByHand) {
  const auto o = device(R"({"t0_s": 20, "nu_mean": [0.05], "nu_sigma": [0]})");

  const auto g = drifted_siemens(o, std::vector<double>{1e-5}, {2000.0, 300.0}, RandomStream(1));

  EXPECT_DOUBLE_EQ(g[0], 1e-5 * std::pow(100.0, -0.05));
  EXPECT_EQ(drifted_siemens(o, std::vector<double>{1e-5}, {20.0, 300.0}, RandomStream(1))[0], 1e-5);
}

TEST(Drift, ExponentsAreNormalOverCellsWithTheSpreadOfTheirConductance) {
  const auto o = device(
      R"({"t0_s": 1, "at_siemens": [1e-6, 3e-6], "nu_mean": [0.1, 0.04],
          "nu_sigma": [0.03, 0.01]})");

  const auto g =
      drifted_siemens(o, std::vector<double>(kNumDraws, 2e-6), {1e4, 300.0}, RandomStream(51));

  std::vector<double> nu;
  for (const double siemens : g) nu.push_back(-std::log(siemens / 2e-6) / std::log(1e4));
  const Moments m = moments_of(nu);
  EXPECT_NEAR(m.mean, 0.07, kDeviations * 0.02 / std::sqrt(kNumDraws));
  EXPECT_NEAR(m.variance, 4e-4, kDeviations * 4e-4 * std::sqrt(2.0 / kNumDraws));
  EXPECT_LT(scaled_distance(nu, [](double x) { return normal_cdf((x - 0.07) / 0.02); }),
            kLargestDistance);
}

TEST(Drift, RelaxesWithTheLogarithmOfTimeAndStopsAtNoConductance) {
  const auto o = device(
      R"({"model": "log_time", "t0_s": 1, "shift_siemens_per_decade": [-1e-6],
          "sigma_siemens_per_decade": [5e-7]})");

  const auto g =
      drifted_siemens(o, std::vector<double>(kNumDraws, 2e-6), {100.0, 300.0}, RandomStream(52));

  // Two decades: mean 0, sigma 1e-6; the half that would be negative is 0.
  std::vector<double> positive;
  for (const double siemens : g) {
    ASSERT_GE(siemens, 0.0);
    if (siemens > 0.0) positive.push_back(siemens);
  }
  EXPECT_NEAR(static_cast<double>(positive.size()) / kNumDraws, 0.5,
              kDeviations * 0.5 / std::sqrt(kNumDraws));
  EXPECT_LT(scaled_distance(positive, [](double x) { return 2.0 * normal_cdf(x / 1e-6) - 1.0; }),
            kLargestDistance);
}

TEST(Drift, KeepsACellsExponentForAllTimes) {
  const auto o = device(R"({"t0_s": 1, "nu_mean": [0.05], "nu_sigma": [0.02]})");
  const std::vector<double> programmed = {1e-5, 1e-5, 1e-5};

  const auto early = drifted_siemens(o, programmed, {10.0, 300.0}, RandomStream(53));
  const auto late = drifted_siemens(o, programmed, {1000.0, 300.0}, RandomStream(53));

  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(std::log(late[i] / 1e-5), 3.0 * std::log(early[i] / 1e-5), 1e-12) << i;
  EXPECT_NE(early[0], early[1]);
}

TEST(Drift, HeatSpeedsUpTimeByArrhenius) {
  const auto o = device(
      R"({"t0_s": 10, "nu_mean": [0.05], "nu_sigma": [0], "activation_energy_ev": 1.0,
          "reference_temperature_k": 300})");

  // exp(1 eV / k_B (1/300 K - 1/310 K)) = exp(11604.518 K * 1.0752688e-4 / K) = 3.482664
  EXPECT_NEAR(effective_age_s(*o.drift, {110.0, 310.0}), 10.0 + 348.2664, 1e-3);
  EXPECT_DOUBLE_EQ(effective_age_s(*o.drift, {110.0, 300.0}), 110.0);
  EXPECT_LT(drifted_siemens(o, std::vector<double>{1e-5}, {110.0, 310.0}, RandomStream(1))[0],
            drifted_siemens(o, std::vector<double>{1e-5}, {110.0, 300.0}, RandomStream(1))[0]);
}

TEST(Drift, OfAnArrayIsThatOfItsCellsRowByRow) {
  const auto o = device(R"({"nu_mean": [0.05], "nu_sigma": [0.02]})");
  Matrix programmed(2, 3);
  programmed << 1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6;

  const Matrix later = drifted_siemens(o, programmed, {1e4, 300.0}, RandomStream(54));

  const auto cells = drifted_siemens(o, std::vector<double>{1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6},
                                     {1e4, 300.0}, RandomStream(54));
  EXPECT_EQ(later(0, 2), cells[2]);
  EXPECT_EQ(later(1, 0), cells[3]);
}

TEST(Drift, LeavesStuckCellsAndDevicesWithoutDriftAlone) {
  auto o = device(R"({"nu_mean": [0.05], "nu_sigma": [0]})");
  EXPECT_EQ(
      drifted_siemens(DeviceOptions(), std::vector<double>{1e-5}, {1e6, 300.0}, RandomStream(1)),
      (std::vector<double>{1e-5}));

  o.stuck_on_fraction = 1.0;
  EXPECT_EQ(drifted_siemens(o, std::vector<double>{1e-4}, {1e6, 300.0}, RandomStream(1)),
            (std::vector<double>{1e-4}));
}

TEST(Drift, RefusesTimesBeforeTheFirstReadAndImpossibleTemperatures) {
  const auto o = device(R"({"t0_s": 20, "nu_mean": [0.05], "nu_sigma": [0]})");

  try {
    (void)drifted_siemens(o, std::vector<double>{1e-5}, {1.5, 0.0}, RandomStream(1));
    FAIL() << "no error";
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.problems(), (std::vector<std::string>{
                                "time_s = 1.5: must be at least t0_s of /device/drift, 20.0",
                                "temperature_k = 0.0: must be greater than 0"}));
  }
}

TEST(DriftOptions, RefusesListsOfAnotherLengthOrModel) {
  EXPECT_EQ(
      problems_of<DriftOptions>(
          R"({"at_siemens": [1e-6, 2e-6], "nu_mean": [0.1], "nu_sigma": [0.1, 0.1],
                    "shift_siemens_per_decade": [1e-6]})",
          "/device/drift"),
      (std::vector<std::string>{
          "/device/drift/nu_mean = [0.1]: must have 2 numbers: one, or as many as at_siemens",
          "/device/drift/shift_siemens_per_decade = [1e-06]: belongs to the model log_time"}));
}

}  // namespace
}  // namespace ohmweave::crossbar
