// SPDX-License-Identifier: Apache-2.0
// A network as steps that the kernels can run on a pack of images. A step takes each output channel
// from its source (sums of weights, batch norm, ...) through a ReLU, a rounding and a max-pool, so
// that the channel before the pool never leaves the processor's cache. Flatten and Dropout make no
// step: they are other views of a map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/quantized_network.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_values.h"

namespace ohmweave::nn::sparse {

/// A number of the plan (of a step, a value, an image; >= 0) as the index into its list.
inline std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// A map as its reader sees it.
struct MapView {
  int step = -1;         // that makes the map
  bool is_flat = false;  // every pixel a channel
};

/// A MapView with its places, in floats from the start of a pack's buffer.
struct MapPlaces {
  std::vector<std::int32_t> offsets;  // of pixel (0, 0), by channel
  std::int32_t line_step = 0;
};

struct Step {
  int first_node = 0;  // its source
  int last_node = 0;   // whose output it makes
  Source source = Source::Copy;
  Finish finish = Finish::None;
  Rounding rounding;
  bool has_pool = false;
  Window pool;
  Window window;
  Shape pre;  // before the pool
  Shape output;
  std::vector<MapView> inputs;
  Shape input;          // shape of the first input's view
  int halo = 0;         // zeros around the map, for convolutions that pad
  bool trains = false;  // it or something before it has values to train
  int segment = 0;      // Normalize steps on the longest way to it, itself included

  // Filled in by the layout.
  MapPlaces places;
  std::vector<MapPlaces> input_places;
  std::vector<std::int32_t> live;
  std::int64_t routes = 0;
  std::vector<std::int32_t> starts;   // Weights, see StepView
  std::vector<std::int32_t> offsets;  // Weights, see StepView
  std::int32_t first_weight = 0;      // among the network's values; Normalize: the factors
  std::int32_t first_bias = -1;       // -1: none
};

struct Plan {
  std::vector<Step> steps;
  int num_segments = 1;
  std::vector<std::int32_t> logits;  // places of the network's output
  std::int64_t num_floats = 0;       // feature maps of a pack
  std::int64_t num_routes = 0;       // bytes
  std::int64_t channel_floats = 0;   // largest channel before a pool
  std::int64_t sum_floats = 0;       // sums of the output channel with the most weights
  std::int64_t num_values = 0;
};

using ActivationFormats = std::map<std::string, CodeFormat>;

/// Throws DataError for what the engine cannot run (dropout, a pool wider than 15, maps of 2^31
/// floats), for a format of a node that does not exist, or of a scale that is not positive.
[[nodiscard]] Plan make_plan(const Network& network, const std::vector<SparseRange>& ranges,
                             const ActivationFormats& formats);

/// The steps without their layout, and the view that stands for each node's output.
struct StepGraph {
  std::vector<Step> steps;
  std::vector<MapView> views;
};
[[nodiscard]] StepGraph make_steps(const Network& network, const ActivationFormats& formats);

}  // namespace ohmweave::nn::sparse
