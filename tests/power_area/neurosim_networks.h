// SPDX-License-Identifier: Apache-2.0
// The networks that NeuroSim was run on, with channels divided by the square root of a ratio, and
// its copies of their layers. Source: peng_iedm_2019 (tests/reference/peng_iedm_2019/).
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "mapped_networks.h"
#include "models/builder.h"

namespace ohmweave::power_area {

inline int shrunk_channels(int dense, double ratio) {
  return std::max(1, static_cast<int>(std::lround(dense / std::sqrt(ratio))));
}

inline Network neurosim_vgg16(double ratio) {
  models::Builder b("vgg16", {3, 32, 32});
  int layer = 0;
  int stage = 0;
  for (const auto& [filters, count] : {std::pair(64, 2), {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(++layer);
      b.conv2d("conv" + number, shrunk_channels(filters, ratio), {3, 1, 1});
      b.relu("relu" + number);
    }
    b.max_pool2d("pool" + std::to_string(++stage), {2, 2});
  }
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

inline Network neurosim_resnet18(double ratio) {
  models::Builder b("resnet18", {3, 32, 32});
  b.conv2d("stem", shrunk_channels(64, ratio), {3, 1, 1});
  int input = b.relu("stem_relu");
  int before = 64;
  for (const int filters : {64, 128, 256, 512})
    for (int block = 0; block < 2; ++block) {
      const std::string name = std::to_string(filters) + "." + std::to_string(block);
      const int stride = block == 0 && filters > 64 ? 2 : 1;
      b.from(input).conv2d(name + ".conv1", shrunk_channels(filters, ratio), {3, stride, 1});
      b.relu(name + ".relu1");
      const int long_way = b.conv2d(name + ".conv2", shrunk_channels(filters, ratio), {3, 1, 1});
      const int short_way =
          filters == before ? input
                            : b.from(input).conv2d(name + ".shortcut",
                                                   shrunk_channels(filters, ratio), {1, stride});
      b.add(name + ".add", long_way, short_way);
      input = b.relu(name + ".relu2");
      before = filters;
    }
  b.avg_pool2d("pool", {4, 4});
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

/// Six convolutions of 128 to 512 filters, 8192 -> 1024 -> 10.
inline Network neurosim_vgg8() {
  models::Builder b("vgg8", {3, 32, 32});
  int layer = 0;
  for (const int filters : {128, 256, 512}) {
    for (int i = 0; i < 2; ++i) {
      const std::string number = std::to_string(++layer);
      b.conv2d("conv" + number, filters, {3, 1, 1});
      b.relu("relu" + number);
    }
    b.max_pool2d("pool" + std::to_string(layer / 2), {2, 2});
  }
  b.flatten("flatten");
  b.linear("fc1", 1024);
  b.relu("relu_fc1");
  b.linear("fc2", 10);
  return b.build();
}

inline Json neurosim_reference(const std::string& name) {
  const Json reference =
      parse_artifact_file(OHMWEAVE_SOURCE_DIR "/tests/reference/peng_iedm_2019/networks.json");
  for (const Json& entry : reference.at("networks"))
    if (entry.at("name") == name) return entry;
  throw std::logic_error("no network " + name);
}

/// Mapped with copies by weight layer.
inline MappedNetwork mapped_with_copies(const Network& network, const Json& copies,
                                        const Circuits& circuits) {
  MappedNetwork mapped = map_random(network, 1, circuits);
  std::vector<std::int64_t> by_node(network.nodes.size(), 1);
  const std::vector<int> layers = weight_nodes(network);
  if (layers.size() != copies.size()) throw std::logic_error("copies of another network");
  for (std::size_t i = 0; i < layers.size(); ++i) by_node[layers[i]] = copies[i];
  mapping::MappingOptions options;
  options.arrays_per_tile = circuits.arrays_per_tile;
  mapped.placement =
      mapping::map_network(mapped.network, mapped.placement.geometry, options, by_node);
  return mapped;
}

/// Area of a chip of the report without white space.
inline double built_area_m2(const Json& chip) {
  double sum_m2 = 0.0;
  for (const Json& part : chip.at("parts"))
    if (part.at("group") != "white_space") sum_m2 += part.at("area_m2").get<double>();
  return sum_m2;
}

}  // namespace ohmweave::power_area
