// SPDX-License-Identifier: Apache-2.0
#include "crossbar/write_verify.h"

#include <gtest/gtest.h>

#include "crossbar/device.h"
#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

/// 0 to 1 S; a first pulse halves the distance to its limit.
DeviceOptions halving(double tolerance, int max_pulses) {
  DeviceOptions o;
  o.kind = "write_verify";
  o.g_min_siemens = 0.0;
  o.g_max_siemens = 1.0;
  o.write.emplace();
  o.write->pulse_s = 2.0;
  o.write->set_voltage_v = 3.0;
  o.write->reset_voltage_v = 5.0;
  o.write->step_fraction = std::log(2.0);
  o.write->tolerance_fraction = tolerance;
  o.write->max_pulses = max_pulses;
  o.write->verify_s = 0.5;
  o.write->verify_voltage_v = 1.0;
  return o;
}

TEST(WriteVerify, PulsesUntilTheReadIsNearByHand) {
  // 0, 0.5, 0.75: two pulses; the first meets no conductance and takes no energy.
  const auto result = write_cells(halving(0.01, 10), {0.75}, RandomStream(1));

  EXPECT_DOUBLE_EQ(result.siemens[0], 0.75);
  EXPECT_EQ(result.num_pulses, (std::vector<int>{2}));
  EXPECT_EQ(result.num_failed, 0);
  EXPECT_DOUBLE_EQ(result.time_s, 2 * 2.0 + 3 * 0.5);
  EXPECT_DOUBLE_EQ(result.energy_j, 0.5 * 9.0 * 2.0 + (0.0 + 0.5 + 0.75) * 1.0 * 0.5);
}

TEST(WriteVerify, TurnsBackAfterPassingTheTarget) {
  // 0, 0.5, 0.25, 0.625, 0.3125: set, reset, set, reset; the target is 0.3.
  const auto result = write_cells(halving(0.02, 10), {0.3}, RandomStream(1));

  EXPECT_DOUBLE_EQ(result.siemens[0], 0.3125);
  EXPECT_EQ(result.num_pulses[0], 4);
  const double pulses = (0.0 * 9.0 + 0.5 * 25.0 + 0.25 * 9.0 + 0.625 * 25.0) * 2.0;
  const double reads = (0.0 + 0.5 + 0.25 + 0.625 + 0.3125) * 0.5;
  EXPECT_DOUBLE_EQ(result.energy_j, pulses + reads);
}

TEST(WriteVerify, StartsWhereCellsAre) {
  // The first is there already; the second falls from 1 to 0.5, whose pulse meets 1 S at 5 V.
  const auto result = write_cells(halving(0.01, 10), {0.75, 0.5}, RandomStream(1), {0.75, 1.0});

  EXPECT_EQ(result.num_pulses, (std::vector<int>{0, 1}));
  EXPECT_DOUBLE_EQ(result.siemens[1], 0.5);
  EXPECT_DOUBLE_EQ(result.energy_j, 1.0 * 25.0 * 2.0 + (0.75 + 1.0 + 0.5) * 0.5);
}

TEST(WriteVerify, RaisesStepAndVoltageWithinARunOnly) {
  DeviceOptions o = halving(0.01, 3);
  o.write->step_growth = 2.0;
  o.write->voltage_step_v = 1.0;

  // Exponents ln 2 and 2 ln 2: 0, 0.5, 0.875; turning back starts anew, with 0.4375.
  const auto run = write_cells(o, {0.875}, RandomStream(1));
  const auto turned = write_cells(o, {0.6}, RandomStream(1));

  EXPECT_DOUBLE_EQ(run.siemens[0], 0.875);
  EXPECT_DOUBLE_EQ(run.energy_j, 0.5 * 16.0 * 2.0 + (0.5 + 0.875) * 0.5);
  EXPECT_DOUBLE_EQ(turned.siemens[0], 0.4375);
  EXPECT_DOUBLE_EQ(turned.energy_j,
                   (0.5 * 16.0 + 0.875 * 25.0) * 2.0 + (0.5 + 0.875 + 0.4375) * 0.5);
  EXPECT_EQ(turned.num_failed, 1);
}

TEST(WriteVerify, CountsCellsThatDoNotArrive) {
  DeviceOptions o = halving(0.01, 3);

  const auto result = write_cells(o, {1.0, 0.5, 0.0}, RandomStream(1));

  EXPECT_EQ(result.is_failed, (std::vector<std::uint8_t>{1, 0, 0}));
  EXPECT_EQ(result.num_pulses, (std::vector<int>{3, 1, 0}));
  EXPECT_EQ(result.num_failed, 1);
  EXPECT_EQ(result.total_pulses, 4);
  EXPECT_DOUBLE_EQ(result.siemens[0], 0.875);
  EXPECT_DOUBLE_EQ(result.time_s, (3 + 1 + 0) * 2.0 + (4 + 2 + 1) * 0.5);
  o.write->cells_at_once = 2;
  EXPECT_DOUBLE_EQ(write_cells(o, {1.0, 0.5, 0.0}, RandomStream(1)).time_s,
                   (3 + 0) * 2.0 + (4 + 1) * 0.5);
}

TEST(WriteVerify, StuckCellsTakePulsesAndDoNotMove) {
  DeviceOptions o = halving(0.01, 5);
  o.stuck_on_fraction = 1.0;

  const auto result = write_cells(o, {0.5, 1.0}, RandomStream(1));

  EXPECT_EQ(result.siemens, (std::vector<double>{1.0, 1.0}));
  EXPECT_EQ(result.num_pulses, (std::vector<int>{5, 0}));
  EXPECT_EQ(result.num_failed, 1);
}

TEST(WriteVerify, LeavesCellsWithinTheToleranceWhenReadsAreExact) {
  DeviceOptions o = halving(0.02, 200);
  o.write->step_fraction = 0.1;
  o.write->pulse_sigma = 0.5;
  const std::vector<double> targets(20000, 0.4);

  const auto result = write_cells(o, targets, RandomStream(71));

  EXPECT_EQ(result.num_failed, 0);
  for (const double g : result.siemens) ASSERT_NEAR(g, 0.4, 0.02);
}

TEST(WriteVerify, PulsesAndCellsSpreadByLognormalFactorsOfMeanOne) {
  DeviceOptions o = halving(1e-9, 1);
  o.write->step_fraction = 0.1;
  o.write->pulse_sigma = 0.3;
  o.write->cell_sigma = 0.4;

  const auto result = write_cells(o, std::vector<double>(kNumDraws, 1.0), RandomStream(72));

  // One pulse from 0: exponent = -ln(1 - g) = 0.1 * exp(0.5 z - 0.125), as 0.3^2 + 0.4^2 = 0.5^2.
  std::vector<double> factors;
  for (const double g : result.siemens) factors.push_back(-std::log1p(-g) / 0.1);
  EXPECT_NEAR(moments_of(factors).mean, 1.0, kDeviations * std::sqrt(std::expm1(0.25) / kNumDraws));
  EXPECT_LT(
      scaled_distance(factors, [](double x) { return normal_cdf((std::log(x) + 0.125) / 0.5); }),
      kLargestDistance);
}

TEST(WriteVerify, ReadNoiseEndsWritingEarlyOrLate) {
  DeviceOptions o = halving(0.05, 1000);
  o.read_noise.emplace();
  o.read_noise->model = SpreadModel::FractionOfRange;
  o.read_noise->fraction = 0.1;

  // A first read of a cell at 0 is accepted if |0.1 z - 0.05| <= 0.05.
  const auto result = write_cells(o, std::vector<double>(kNumDraws / 10, 0.05), RandomStream(73));

  int num_unpulsed = 0;
  for (const int n : result.num_pulses) num_unpulsed += n == 0 ? 1 : 0;
  const double p = normal_cdf(1.0) - normal_cdf(0.0);
  EXPECT_NEAR(num_unpulsed / (kNumDraws / 10.0), p,
              kDeviations * std::sqrt(p * (1 - p) / (kNumDraws / 10.0)));
}

TEST(WriteVerify, ACellDependsOnNoOtherCell) {
  DeviceOptions o = halving(0.01, 50);
  o.write->pulse_sigma = 0.5;

  const auto all = write_cells(o, {0.2, 0.4, 0.9}, RandomStream(74));
  const auto fewer = write_cells(o, {0.6, 0.4}, RandomStream(74));

  EXPECT_EQ(all.siemens[1], fewer.siemens[1]);
  EXPECT_EQ(all.num_pulses[1], fewer.num_pulses[1]);
}

TEST(WriteVerifyDevice, NeedsASectionWrite) {
  DeviceOptions o;
  o.kind = "write_verify";

  EXPECT_THROW((void)make_device(o), ConfigError);
  EXPECT_EQ(problems_of<DeviceOptions>(
                R"({"kind": "write_verify", "write": {}, "mismatch_sigma": 0.1})", "/device"),
            (std::vector<std::string>{
                "/device/kind = \"write_verify\": a write_verify device has a section write, no "
                "programming and "
                "mismatch_sigma 0: what is left after writing follows from the pulses"}));
}

}  // namespace
}  // namespace ohmweave::crossbar
