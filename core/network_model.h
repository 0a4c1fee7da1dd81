// SPDX-License-Identifier: Apache-2.0
// A network with its weights and the ranges of its activations: what the torch stages hand to the
// torch-free ones. On disk: a folder with network.json (graph, ranges, level scales, codebooks) and
// model.safetensors (parameters).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/tensor.h"

namespace ohmweave {

/// What a node's output was seen to span on the calibration images.
struct ActivationRange {
  double min = 0.0;
  double max = 0.0;
  double percentile_magnitude = 0.0;  // 99.99th percentile of |x|
};

struct NetworkModel {
  Network network;
  Parameters parameters;
  std::map<std::string, ActivationRange> ranges;  // by node name; may be empty (not calibrated)
  /// By weight node name: step between conductance levels in weight units, for weights that were
  /// trained onto a grid (weight = integer code * scale). Absent for free weights.
  std::map<std::string, double> level_scales;
  /// By weight node name: the values, in weight units, that the non-zero weights of a clustered
  /// layer take, bit for bit: 1 or more, finite, not 0, each above the one before; some may be
  /// unused. A layer has a level scale, a codebook or neither. Source: ye_arxiv_2018 (clusters).
  std::map<std::string, std::vector<float>> codebooks;
};

/// Checks that every parameter is there with the right shape and is finite, that ranges, level
/// scales and codebooks are as said above and that every non-zero weight of a layer with a codebook
/// is in it; throws DataError naming the parameter or node, and the first value that is off.
void validate(const NetworkModel& model);

/// Writes both files (each atomically). Codebooks come back bit for bit; network.json has the key
/// "codebooks" only if there is one.
void save_network_model(const NetworkModel& model, const std::filesystem::path& folder);
[[nodiscard]] NetworkModel load_network_model(const std::filesystem::path& folder);

/// Folds each BatchNorm2d into the Conv2d before it and drops Dropout nodes: the form that is
/// quantized and mapped. Ranges keep the names of the nodes that remain. A layer that a batch norm
/// is folded into loses its codebook: its channels get gains of their own. Throws DataError when a
/// batch norm has no convolution of its own, or one on a level grid, before it.
[[nodiscard]] NetworkModel fold_for_inference(const NetworkModel& model);

}  // namespace ohmweave
