// SPDX-License-Identifier: Apache-2.0
// What a physically shrunk network gains: channels divided by the square root of the compression.
// Source: peng_iedm_2019 (tests/reference/peng_iedm_2019/shrunk.json), with its copies of layers.
// That simulator has 4 arrays where signed pairs take 8, so trends are compared, not figures.
#include <gtest/gtest.h>

#include <cmath>

#include "mapped_networks.h"
#include "models/builder.h"
#include "power_area/reduction.h"

namespace ohmweave::power_area {
namespace {

using models::Builder;

int channels(int dense, double ratio) {
  return std::max(1, static_cast<int>(std::lround(dense / std::sqrt(ratio))));
}

Network vgg16(double ratio) {
  Builder b("vgg16", {3, 32, 32});
  int layer = 0;
  int stage = 0;
  for (const auto& [filters, count] : {std::pair(64, 2), {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(++layer);
      b.conv2d("conv" + number, channels(filters, ratio), {3, 1, 1});
      b.relu("relu" + number);
    }
    b.max_pool2d("pool" + std::to_string(++stage), {2, 2});
  }
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

Network resnet18(double ratio) {
  Builder b("resnet18", {3, 32, 32});
  b.conv2d("stem", channels(64, ratio), {3, 1, 1});
  int input = b.relu("stem_relu");
  int before = 64;
  for (const int filters : {64, 128, 256, 512})
    for (int block = 0; block < 2; ++block) {
      const std::string name = std::to_string(filters) + "." + std::to_string(block);
      const int stride = block == 0 && filters > 64 ? 2 : 1;
      b.from(input).conv2d(name + ".conv1", channels(filters, ratio), {3, stride, 1});
      b.relu(name + ".relu1");
      const int long_way = b.conv2d(name + ".conv2", channels(filters, ratio), {3, 1, 1});
      const int short_way =
          filters == before
              ? input
              : b.from(input).conv2d(name + ".shortcut", channels(filters, ratio), {1, stride});
      b.add(name + ".add", long_way, short_way);
      input = b.relu(name + ".relu2");
      before = filters;
    }
  b.avg_pool2d("pool", {4, 4});
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

/// Mapped with copies by weight layer.
MappedNetwork mapped_with(const Network& network, const Json& copies, const Circuits& circuits) {
  MappedNetwork mapped = map_random(network, 1, circuits);
  std::vector<std::int64_t> by_node(network.nodes.size(), 1);
  const std::vector<int> layers = weight_nodes(network);
  EXPECT_EQ(layers.size(), copies.size());
  for (std::size_t i = 0; i < layers.size(); ++i) by_node[layers[i]] = copies[i];
  mapping::MappingOptions options;
  options.arrays_per_tile = circuits.arrays_per_tile;
  mapped.placement =
      mapping::map_network(mapped.network, mapped.placement.geometry, options, by_node);
  return mapped;
}

double built_area_m2(const Json& chip) {
  double sum_m2 = 0.0;
  for (const Json& part : chip.at("parts"))
    if (part.at("group") != "white_space") sum_m2 += part.at("area_m2").get<double>();
  return sum_m2;
}

struct Gain {
  double weights = 0.0;
  double built_area = 0.0;  // without white space
  double dynamic_energy = 0.0;
};

class ShrunkNetworks : public ::testing::Test {
 protected:
  [[nodiscard]] const Json& reference(const char* name) const {
    for (const Json& entry : reference_.at("networks"))
      if (entry.at("name") == name) return entry;
    throw std::logic_error("no network");
  }

  [[nodiscard]] Gain published(const char* name) const {
    const Json& dense = reference(name);
    const auto ratio = [&](const char* key) {
      return dense.at(key).get<double>() / dense.at("shrunk").at(key).get<double>();
    };
    return {ratio("weights"), ratio("itemised_area_m2"), ratio("dynamic_j")};
  }

  template <class Build>
  [[nodiscard]] Gain ours(const char* name, Build build) const {
    const Json& dense = reference(name);
    EstimateInputs inputs;
    inputs.circuits.array.weight_bits = 8;
    inputs.circuits.chip.columns_per_adc = 8;
    inputs.circuits.chip.uncertainty.samples = 2;
    inputs.library = isaac_library();
    const double channel_ratio = dense.at("shrunk").at("channel_ratio");
    inputs.chip =
        mapped_with(build(channel_ratio), dense.at("shrunk").at("copies"), inputs.circuits);
    inputs.baseline = mapped_with(build(1.0), dense.at("copies"), inputs.circuits);
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

  const Json reference_ =
      parse_artifact_file(OHMWEAVE_SOURCE_DIR "/tests/reference/peng_iedm_2019/shrunk.json");
};

TEST_F(ShrunkNetworks, Vgg16GainsLessThanItsWeights) {
  expect_trend(ours("vgg16", vgg16), published("vgg16"));
}

TEST_F(ShrunkNetworks, ResNet18GainsLessThanItsWeights) {
  expect_trend(ours("resnet18", resnet18), published("resnet18"));
}

}  // namespace
}  // namespace ohmweave::power_area
