// SPDX-License-Identifier: Apache-2.0
#include "inference/effective_weights.h"

#include <gtest/gtest.h>

#include "small_networks.h"

namespace ohmweave::inference {
namespace {

struct Case {
  std::string name;
  Hardware hardware;
};

/// Every encoding and way of selecting rows, on arrays smaller than the layers.
std::vector<Case> cases() {
  std::vector<Case> list;
  for (const EncodingKind& kind : encodings()) {
    for (const bool selects : {false, true}) {
      Hardware hardware = ideal_hardware(16, 6);
      hardware.array.encoding = kind.encoding;
      if (selects) {
        hardware.array.topology = crossbar::Topology::RowSelect;
        hardware.array.rows_active = 4;
        hardware.array.transistor_ohm = 1000.0;
      }
      list.push_back({kind.name + (selects ? ", rows selected" : ""), hardware});
    }
  }
  return list;
}

void add_wires(Hardware& hardware) {
  hardware.array.row_ohm = hardware.array.col_ohm = 30.0;
  hardware.array.driver_ohm = 100.0;
  hardware.array.sense_ohm = 50.0;
}

const ChipKey kChip{RandomStream(3), 0};

GainMatrix codes_of(const QuantizedNetwork& network, int node) {
  const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
  const Eigen::Index outputs = network.network.nodes[node].out_channels;
  GainMatrix matrix(outputs, static_cast<Eigen::Index>(codes.size()) / outputs);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<float>(codes[i]);
  return matrix;
}

/// Random derivatives of a loss by every weight.
LayerWeights random_derivatives(const LayerWeights& like, std::uint64_t seed) {
  LayerWeights result = like;
  for (auto& [node, matrix] : result)
    for (Eigen::Index i = 0; i < matrix.size(); ++i)
      matrix.data()[i] = static_cast<float>(RandomStream(seed)
                                                .child("d", static_cast<std::uint64_t>(node))
                                                .normal(static_cast<std::uint64_t>(i)));
  return result;
}

double product(const LayerWeights& a, const LayerWeights& b) {
  double sum = 0.0;
  for (const auto& [node, matrix] : a)
    sum += matrix.cast<double>().cwiseProduct(b.at(node).cast<double>()).sum();
  return sum;
}

TEST(EffectiveWeights, AreTheCodesOfIdealDevicesAndWires) {
  for (const Case& one : cases()) {
    Hardware hardware = one.hardware;
    hardware.array.transistor_ohm = 0.0;
    const QuantizedNetwork network = residual_network(0.3, RandomStream(1));
    const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

    const LayerWeights weights = effective_weights(mapped, hardware, kChip);

    for (const auto& [node, matrix] : weights)
      EXPECT_LT((matrix - codes_of(network, node)).cwiseAbs().maxCoeff(), 1e-4F)
          << one.name << ", node " << node;
    EXPECT_EQ(weights.size(), weight_nodes(network.network).size());
  }
}

/// Of what the codes of the trained weights move.
TEST(CodeGradients, AreTheDerivativesThemselvesOnIdealDevicesAndWires) {
  for (const Case& one : cases()) {
    Hardware hardware = one.hardware;
    hardware.array.transistor_ohm = 0.0;
    const QuantizedNetwork network = residual_network(0.3, RandomStream(1));
    const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
    const LayerWeights derivatives =
        random_derivatives(effective_weights(mapped, hardware, kChip), 7);

    const LayerWeights gradient = code_gradients(mapped, hardware, kChip, derivatives);

    for (const auto& [node, matrix] : gradient) {
      const GainMatrix codes = codes_of(network, node);
      for (Eigen::Index i = 0; i < matrix.size(); ++i) {
        if (codes.data()[i] == 0.0F) continue;
        EXPECT_NEAR(matrix.data()[i], derivatives.at(node).data()[i], 1e-4)
            << one.name << ", node " << node << ", weight " << i;
      }
    }
  }
}

/// One slice of fine levels, so that codes one step to either side give the derivative.
TEST(CodeGradients, AgreeWithDifferencesThroughWires) {
  for (const Case& one : cases()) {
    Hardware hardware = one.hardware;
    add_wires(hardware);
    hardware.array.weight_bits = 7;
    hardware.array.bits_per_cell = 8;
    QuantizedNetwork network = linear_network(20, 7, {});
    for (std::uint64_t i = 0; i < 140; ++i)
      network.nodes[1].weights->codes.push_back(
          static_cast<std::int32_t>(RandomStream(5).below(121, i)) - 60);
    MappedNetwork mapped{network, simple_placement(network, hardware.array)};
    const LayerWeights derivatives =
        random_derivatives(effective_weights(mapped, hardware, kChip), 8);
    const auto loss = [&](int weight, int change) {
      MappedNetwork moved = mapped;
      moved.network.nodes[1].weights->codes[weight] += change;
      return product(derivatives, effective_weights(moved, hardware, kChip));
    };

    const GainMatrix gradient = code_gradients(mapped, hardware, kChip, derivatives).at(1);

    const float largest = gradient.cwiseAbs().maxCoeff();
    for (int weight = 0; weight < 140; weight += 13) {
      if (std::abs(mapped.network.nodes[1].weights->codes[weight]) < 2) continue;
      EXPECT_NEAR(gradient.data()[weight], (loss(weight, 1) - loss(weight, -1)) / 2.0,
                  2e-3 * largest)
          << one.name << ", weight " << weight;
    }
  }
}

TEST(CodeGradients, OfStuckCellsAreZero) {
  Hardware hardware = faulty_hardware(16, 6);
  hardware.device.stuck_off_fraction = 0.5;
  hardware.device.stuck_on_fraction = 0.5;
  const QuantizedNetwork network = residual_network(0.3, RandomStream(1));
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const LayerWeights derivatives =
      random_derivatives(effective_weights(mapped, hardware, kChip), 9);

  for (const auto& [node, matrix] : code_gradients(mapped, hardware, kChip, derivatives))
    EXPECT_EQ(matrix.cwiseAbs().maxCoeff(), 0.0F) << node;
}

TEST(CodeGradients, FollowRowsThatFaultsMove) {
  Hardware hardware = faulty_hardware(16, 6);
  hardware.device.stuck_off_fraction = 0.1;
  hardware.array.bits_per_cell = 4;
  const QuantizedNetwork network = residual_network(0.3, RandomStream(1));
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  hardware.fault_aware = true;
  const LayerWeights derivatives =
      random_derivatives(effective_weights(mapped, hardware, kChip), 10);

  const LayerWeights gradient = code_gradients(mapped, hardware, kChip, derivatives);

  // Wires of 1 ohm and 5 % mismatch change little: either nothing moves (stuck), or nearly as much
  // as without them.
  int num_free = 0;
  int num_weights = 0;
  for (const auto& [node, matrix] : gradient) {
    const GainMatrix codes = codes_of(network, node);
    for (Eigen::Index i = 0; i < matrix.size(); ++i) {
      if (codes.data()[i] == 0.0F) continue;
      ++num_weights;
      if (matrix.data()[i] == 0.0F) continue;
      ++num_free;
      const float expected = derivatives.at(node).data()[i];
      EXPECT_NEAR(matrix.data()[i], expected, 0.3 * std::abs(expected) + 0.05);
    }
  }
  EXPECT_GT(num_free, num_weights * 8 / 10);
}

}  // namespace
}  // namespace ohmweave::inference
