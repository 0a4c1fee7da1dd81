// SPDX-License-Identifier: Apache-2.0
#include "power_area/reduction.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mapped_networks.h"
#include "power_area/published_chips.h"

namespace ohmweave::power_area {
namespace {

double product(const Json& factors) {
  double product = 1.0;
  for (const Json& factor : factors.at("factors")) product *= factor.at("ratio").get<double>();
  return product;
}

double ratio_of(const Json& factors, const std::string& name) {
  for (const Json& factor : factors.at("factors"))
    if (factor.at("name") == name) return factor.at("ratio");
  throw std::logic_error("no factor " + name);
}

class ReductionOfLeNet : public ::testing::Test {
 protected:
  const Json json_ = estimate_chips(inputs_of(lenet5(), 4));
  const Json& reduction_ = json_.at("reduction");
};

TEST_F(ReductionOfLeNet, FactorsMultiplyToTheTotal) {
  const Json& area = reduction_.at("area_factors");
  const Json& power = reduction_.at("power_factors");

  EXPECT_NEAR(product(area), area.at("total_ratio").get<double>(),
              1e-12 * area.at("total_ratio").get<double>());
  EXPECT_NEAR(product(power), power.at("total_ratio").get<double>(),
              1e-12 * power.at("total_ratio").get<double>());
  const Json& whole = reduction_.at("views").at("whole_chip");
  EXPECT_NEAR(1.0 - 1.0 / product(area), whole.at("area_fraction").get<double>(), 1e-12);
  EXPECT_NEAR(1.0 - 1.0 / product(power), whole.at("power_fraction").get<double>(), 1e-12);
}

TEST_F(ReductionOfLeNet, TheFirstFourFactorsAreTheArrays) {
  const Json& area = reduction_.at("area_factors");
  const double arrays = ratio_of(area, "weights") * ratio_of(area, "weight_bits") *
                        ratio_of(area, "utilization") * ratio_of(area, "copies");

  EXPECT_NEAR(arrays,
              json_.at("baseline_chip").at("arrays").get<double>() /
                  json_.at("chip").at("arrays").get<double>(),
              1e-9);
  EXPECT_NEAR(1.0 - 1.0 / arrays, reduction_.at("arrays_fraction").get<double>(), 1e-12);
  EXPECT_NEAR(reduction_.at("ratios").at("occupied_arrays_ratio").get<double>(), arrays, 1e-9);
}

TEST_F(ReductionOfLeNet, FewerWeightsFillTheirArraysLess) {
  const Json& ratios = reduction_.at("ratios");

  // A quarter of the rows and of the columns: 16 times fewer weights, the first input row aside.
  EXPECT_GT(ratios.at("weights_ratio").get<double>(), 14.0);
  EXPECT_LT(ratios.at("occupied_arrays_ratio").get<double>(),
            ratios.at("weights_ratio").get<double>());
  EXPECT_LT(ratios.at("chip_area_ratio").get<double>(),
            ratios.at("occupied_arrays_ratio").get<double>());
  EXPECT_LT(ratio_of(reduction_.at("area_factors"), "utilization"), 1.0);
}

TEST_F(ReductionOfLeNet, AtEqualAreaManyCompressedChipsWorkWhereOneDenseOneDid) {
  const Json& equal = reduction_.at("equal_area");
  const double copies = equal.at("copies");
  const double area_m2 = json_.at("chip").at("area_m2");
  const double baseline_m2 = json_.at("baseline_chip").at("area_m2");

  EXPECT_LE(copies * area_m2, baseline_m2);
  EXPECT_GT((copies + 1) * area_m2, baseline_m2);
  EXPECT_NEAR(equal.at("throughput_hz").get<double>(),
              copies * json_.at("chip").at("throughput_hz").get<double>(), 1e-6);
  EXPECT_NEAR(equal.at("energy_per_inference_j").get<double>(),
              json_.at("chip").at("energy_per_inference_j").get<double>(), 1e-15);
}

TEST(PaperAccounting, ComparesArraysAndConvertersWithTheDenseNetworkAtNineBits) {
  EstimateInputs inputs = inputs_of(lenet5(), 4, 64);
  PaperBaseline paper;
  paper.circuits = inputs.circuits;
  paper.circuits.array.bits_per_cell = 4;
  paper.circuits.array.weight_bits = 8;
  paper.circuits.adc.bits = 10;  // 64 rows x 15
  paper.circuits.chip.adc_model = "survey";
  paper.network = map_random(lenet5(), 1, paper.circuits);
  paper.description = "dense at 9 bits";
  inputs.paper_baseline = paper;

  const Json json = estimate_chips(inputs);
  const Json& view = json.at("reduction").at("views").at("source_paper");

  EXPECT_EQ(view.at("baseline"), "dense at 9 bits");
  EXPECT_NEAR(1.0 - 1.0 / product(view.at("area_factors")), view.at("area_fraction").get<double>(),
              1e-12);
  EXPECT_NEAR(1.0 - 1.0 / product(view.at("power_factors")),
              view.at("power_fraction").get<double>(), 1e-12);
  // Two 2-bit cells a sign here, two 4-bit cells a sign there: as many cells a weight, but
  // converters of 11 bits (with the sign) there.
  EXPECT_EQ(ratio_of(view.at("area_factors"), "weight_bits"), 1.0);
  EXPECT_GT(ratio_of(view.at("area_factors"), "converter_bits"), 1.0);
  EXPECT_GT(ratio_of(view.at("power_factors"), "converter_bits"), 1.0);
  EXPECT_NEAR(ratio_of(view.at("area_factors"), "array"), 1.0, 1e-9);  // the same but converters
  EXPECT_EQ(view.at("area_factors").at("factors").size(), 6U);         // no rest of the chip
}

TEST(Efficiency, CausesAddUpToTheEnergyOfAMac) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");
  const Json& efficiency = chip.at("efficiency");

  double sum_j = 0.0;
  double shares = 0.0;
  for (const Json& cause : efficiency.at("causes")) {
    sum_j += cause.at("energy_per_mac_j").get<double>();
    shares += cause.at("energy_fraction").get<double>();
  }
  const double per_mac_j = efficiency.at("energy_per_mac_j");
  EXPECT_NEAR(sum_j, per_mac_j, 1e-12 * per_mac_j);
  EXPECT_NEAR(shares, 1.0, 1e-12);
  EXPECT_NEAR(per_mac_j * 2293000, chip.at("energy_per_inference_j").get<double>(), 1e-18);
  EXPECT_NEAR(efficiency.at("ops_per_joule").get<double>() * per_mac_j, 2.0, 1e-12);
  EXPECT_NEAR(efficiency.at("energy_per_bit_product_j").get<double>() * 5 * 8, per_mac_j,
              1e-12 * per_mac_j);
}

TEST(Efficiency, SaysBetweenWhichPublishedChipsItLands) {
  const Json efficiency = estimate_chips(inputs_of(lenet5(), 1)).at("chip").at("efficiency");

  double before = 0.0;
  std::string expected;
  const double per_bit_product_j = efficiency.at("energy_per_bit_product_j");
  for (const Json& chip : efficiency.at("published")) {
    const double theirs_j = chip.at("energy_per_bit_product_j");
    EXPECT_GE(theirs_j, before);
    EXPECT_NEAR(theirs_j * chip.at("weight_bits").get<int>() * chip.at("input_bits").get<int>(),
                chip.at("energy_per_mac_j").get<double>(), 1e-12 * theirs_j);
    EXPECT_FALSE(chip.at("source").get<std::string>().empty());
    if (theirs_j > per_bit_product_j && expected.empty()) expected = chip.at("name");
    before = theirs_j;
  }
  ASSERT_FALSE(expected.empty());
  EXPECT_NE(efficiency.at("place").get<std::string>().find(expected), std::string::npos);
}

TEST(PublishedChips, RiseInTheEnergyOfAProductOfBits) {
  const std::vector<PublishedChip>& chips = published_chips();
  for (std::size_t i = 1; i < chips.size(); ++i)
    EXPECT_LE(chips[i - 1].joules_per_bit_product(), chips[i].joules_per_bit_product());
  for (const PublishedChip& chip : chips) {
    if (chip.name == "ISAAC") {
      EXPECT_NEAR(chip.joules_per_bit_product(), 65.81 / 20.645e12 / 256.0, 1e-19);
    }
  }
}

}  // namespace
}  // namespace ohmweave::power_area
