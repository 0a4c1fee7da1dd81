// SPDX-License-Identifier: Apache-2.0
#include "power_area/sensitivity.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mapped_networks.h"

namespace ohmweave::power_area {
namespace {

Json sensitivity(EstimateInputs inputs) { return estimate_chips(inputs).at("sensitivity"); }

const Json& number(const Json& tornado, const std::string& name) {
  for (const Json& entry : tornado.at("numbers"))
    if (entry.at("name") == name) return entry;
  throw std::logic_error("no number " + name);
}

TEST(Tornado, MovesATotalByTheShareThatHangsOnTheNumber) {
  const Json json = estimate_chips(inputs_of(lenet5(), 1));

  const Json& entry = number(json.at("sensitivity").at("tornado"), "router_flit_energy");

  double router_j = 0.0;  // what hangs on it: the routers' energy, leakage aside
  for (const Json& part : json.at("chip").at("parts"))
    if (part.at("name") == "router") router_j = part.at("dynamic_energy_j");
  const double share = router_j / json.at("chip").at("energy_per_inference_j").get<double>();
  ASSERT_GT(share, 0.0);
  EXPECT_NEAR(entry.at("energy_up_fraction").get<double>(), 0.2 * share, 1e-9);
  EXPECT_NEAR(entry.at("energy_down_fraction").get<double>(), -0.2 * share, 1e-9);
  EXPECT_EQ(entry.at("area_up_fraction"), 0.0);
}

TEST(Tornado, ListsTheLargestSwingFirstAndNothingThatMovesNothing) {
  const Json tornado = sensitivity(inputs_of(lenet5(), 1)).at("tornado");

  double before = std::numeric_limits<double>::infinity();
  for (const Json& entry : tornado.at("numbers")) {
    const double swing = std::abs(entry.at("energy_up_fraction").get<double>() -
                                  entry.at("energy_down_fraction").get<double>()) +
                         std::abs(entry.at("area_up_fraction").get<double>() -
                                  entry.at("area_down_fraction").get<double>());
    EXPECT_LE(swing, before);
    EXPECT_GT(swing, 0.0);
    before = swing;
  }
  EXPECT_THROW((void)number(tornado, "chip_link_area"), std::logic_error);  // not in the bill
  EXPECT_THROW((void)number(tornado, "adc_rate"), std::logic_error);        // sets times
}

TEST(Bands, CoverTheEstimateAndNarrowWithTheSigmas) {
  EstimateInputs inputs = inputs_of(lenet5(), 4);
  const Json json = estimate_chips(inputs);
  const Json& band = json.at("sensitivity").at("bands").at("area_m2");
  const double area_m2 = json.at("chip").at("area_m2");

  EXPECT_LT(band.at("p5").get<double>(), area_m2);
  EXPECT_GT(band.at("p95").get<double>(), area_m2);
  // Factors have mean 1 and areas are nearly linear in them.
  const double standard_error = band.at("std").get<double>() / std::sqrt(200.0);
  EXPECT_NEAR(band.at("mean").get<double>(), area_m2, 5 * standard_error);

  UncertaintyOptions& options = inputs.circuits.chip.uncertainty;
  options.seen_sigma = options.derived_sigma = 0.0;
  options.from_memory_sigma = options.assumed_sigma = 0.0;
  const Json sure = sensitivity(inputs).at("bands");
  EXPECT_NEAR(sure.at("area_m2").at("p5").get<double>(), area_m2, 1e-12 * area_m2);
  EXPECT_NEAR(sure.at("area_m2").at("std").get<double>(), 0.0, 1e-12 * area_m2);
}

TEST(Bands, OfTheReductionAreNarrowerThanOfTheChip) {
  const Json json = estimate_chips(inputs_of(lenet5(), 4));
  const Json& bands = json.at("sensitivity").at("bands");
  const auto spread = [](const Json& band) {
    return band.at("std").get<double>() / band.at("mean").get<double>();
  };

  // What chip and baseline have in common cancels.
  EXPECT_LT(spread(bands.at("area_fraction")), spread(bands.at("area_m2")));
  EXPECT_LT(spread(bands.at("power_fraction")), spread(bands.at("average_power_w")));
  const double fraction = json.at("reduction").at("views").at("whole_chip").at("area_fraction");
  EXPECT_LT(bands.at("area_fraction").at("p5").get<double>(), fraction);
  EXPECT_GT(bands.at("area_fraction").at("p95").get<double>(), fraction);
}

}  // namespace
}  // namespace ohmweave::power_area
