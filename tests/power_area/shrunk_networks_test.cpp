// SPDX-License-Identifier: Apache-2.0
// What a physically shrunk network gains: channels divided by the square root of the compression.
// Source: peng_iedm_2019 (tests/reference/peng_iedm_2019/networks.json), with its copies of layers.
// That simulator has 4 arrays where signed pairs take 8, so trends are compared, not figures.
#include <gtest/gtest.h>

#include <cmath>

#include "mapped_networks.h"
#include "neurosim_networks.h"
#include "power_area/reduction.h"

namespace ohmweave::power_area {
namespace {

struct Gain {
  double weights = 0.0;
  double built_area = 0.0;  // without white space
  double dynamic_energy = 0.0;
};

class ShrunkNetworks : public ::testing::Test {
 protected:
  [[nodiscard]] Gain published(const char* name) const {
    const Json dense = neurosim_reference(name);
    const auto ratio = [&](const char* key) {
      return dense.at(key).get<double>() / dense.at("shrunk").at(key).get<double>();
    };
    return {ratio("weights"), ratio("itemised_area_m2"), ratio("dynamic_j")};
  }

  template <class Build>
  [[nodiscard]] Gain ours(const char* name, Build build) const {
    const Json dense = neurosim_reference(name);
    EstimateInputs inputs;
    inputs.circuits.array.weight_bits = 8;
    inputs.circuits.chip.columns_per_adc = 8;
    inputs.circuits.chip.uncertainty.samples = 2;
    inputs.library = isaac_library();
    const double channel_ratio = dense.at("shrunk").at("channel_ratio");
    inputs.chip =
        mapped_with_copies(build(channel_ratio), dense.at("shrunk").at("copies"), inputs.circuits);
    inputs.baseline = mapped_with_copies(build(1.0), dense.at("copies"), inputs.circuits);
    const Json json = estimate_chips(inputs);
    const Json& chip = json.at("chip");
    const Json& baseline = json.at("baseline_chip");
    return {count_all_weights(inputs.baseline->network) / count_all_weights(inputs.chip.network),
            built_area_m2(baseline) / built_area_m2(chip),
            baseline.at("dynamic_energy_per_inference_j").get<double>() /
                chip.at("dynamic_energy_per_inference_j").get<double>()};
  }

  /// Areas shrink far less than weights and energies lie between, as published; within a factor.
  void expect_trend(const Gain& ours, const Gain& published) {
    RecordProperty("area_ratio", std::to_string(ours.built_area));
    RecordProperty("energy_ratio", std::to_string(ours.dynamic_energy));
    EXPECT_NEAR(ours.weights, published.weights, 0.05 * published.weights);
    EXPECT_LT(ours.built_area, ours.dynamic_energy);
    EXPECT_LT(ours.dynamic_energy, ours.weights);
    constexpr double kFactor = 1.5;
    EXPECT_LT(ours.built_area / published.built_area, kFactor);
    EXPECT_GT(ours.built_area / published.built_area, 1.0 / kFactor);
    EXPECT_LT(ours.dynamic_energy / published.dynamic_energy, kFactor);
    EXPECT_GT(ours.dynamic_energy / published.dynamic_energy, 1.0 / kFactor);
  }
};

TEST_F(ShrunkNetworks, Vgg16GainsLessThanItsWeights) {
  expect_trend(ours("vgg16", neurosim_vgg16), published("vgg16"));
}

TEST_F(ShrunkNetworks, ResNet18GainsLessThanItsWeights) {
  expect_trend(ours("resnet18", neurosim_resnet18), published("resnet18"));
}

}  // namespace
}  // namespace ohmweave::power_area
