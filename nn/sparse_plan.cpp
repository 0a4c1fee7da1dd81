// SPDX-License-Identifier: Apache-2.0
// Where everything lies, and which channels anybody reads.
#include "nn/sparse_plan.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "core/error.h"

namespace ohmweave::nn::sparse {
namespace {

void set_halos(std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.source != Source::Weights) continue;
    int& halo = steps[index(step.inputs[0].step)].halo;
    halo = std::max(halo, step.window.padding);
  }
}

void place_maps(const std::string& network, Plan& plan) {
  for (Step& step : plan.steps) {
    const std::int64_t line_step = (step.output.width + 2 * step.halo) * kLanes;
    const std::int64_t channel_step = (step.output.height + 2 * step.halo) * line_step;
    const std::int64_t corner = plan.num_floats + step.halo * (line_step + kLanes);
    plan.num_floats += step.output.channels * channel_step;
    if (plan.num_floats > std::numeric_limits<std::int32_t>::max()) {
      throw DataError("network '" + network + "': its feature maps of " + std::to_string(kLanes) +
                      " images have more than 2^31 numbers");
    }
    step.places.line_step = static_cast<std::int32_t>(line_step);
    for (int c = 0; c < step.output.channels; ++c) {
      step.places.offsets.push_back(static_cast<std::int32_t>(corner + c * channel_step));
    }
  }
}

MapPlaces places_of(const Plan& plan, const MapView& view) {
  const Step& step = plan.steps[index(view.step)];
  if (!view.is_flat) return step.places;
  MapPlaces flat;
  for (const std::int32_t channel : step.places.offsets) {
    for (int y = 0; y < step.output.height; ++y) {
      for (int x = 0; x < step.output.width; ++x) {
        flat.offsets.push_back(
            static_cast<std::int32_t>(channel + y * step.places.line_step + x * kLanes));
      }
    }
  }
  return flat;
}

/// Input channel and window place of a weight, from its index in the tensor.
struct WeightPlace {
  int output = 0;
  int input = 0;
  int y = 0;
  int x = 0;
};
WeightPlace weight_place(const Node& node, int num_inputs, std::int64_t flat) {
  const int side = node.op == Op::Linear ? 1 : node.kernel;
  const int groups = node.op == Op::Linear ? 1 : node.groups;
  const int inputs = num_inputs / groups;
  WeightPlace place;
  place.x = static_cast<int>(flat % side);
  place.y = static_cast<int>(flat / side % side);
  const std::int64_t pair = flat / side / side;
  place.output = static_cast<int>(pair / inputs);
  const int group = place.output / (node.out_channels / groups);
  place.input = group * inputs + static_cast<int>(pair % inputs);
  return place;
}

void place_weights(const Node& node, const SparseRange& range, Step& step) {
  const MapPlaces& in = step.input_places[0];
  step.first_weight = static_cast<std::int32_t>(range.first);
  step.starts.assign(index(step.pre.channels) + 1, 0);
  for (const std::int64_t flat : range.places) {
    const WeightPlace place = weight_place(node, step.input.channels, flat);
    ++step.starts[index(place.output) + 1];
    const int up = place.y - step.window.padding;
    const int right = place.x - step.window.padding;
    step.offsets.push_back(static_cast<std::int32_t>(in.offsets[index(place.input)] +
                                                     up * in.line_step + right * kLanes));
  }
  for (std::size_t i = 1; i < step.starts.size(); ++i) step.starts[i] += step.starts[i - 1];
}

void place_values(const Network& network, const std::vector<SparseRange>& ranges, Plan& plan) {
  for (Step& step : plan.steps) {
    for (const MapView& view : step.inputs) step.input_places.push_back(places_of(plan, view));
    if (step.source != Source::Weights && step.source != Source::Normalize) continue;
    const Node& node = network.nodes[index(step.first_node)];
    for (const SparseRange& range : ranges) {
      if (range.node != step.first_node) continue;
      if (range.is_weight) {
        place_weights(node, range, step);
      } else if (range.name == node.name + ".weight") {
        step.first_weight = static_cast<std::int32_t>(range.first);
      } else {
        step.first_bias = static_cast<std::int32_t>(range.first);
      }
    }
  }
}

/// Whether anybody reads a channel of a step's output, by step and channel.
using Needs = std::vector<std::vector<bool>>;

void mark_inputs(const Plan& plan, const Step& step, Needs& needs,
                 const std::vector<std::vector<std::int32_t>>& weight_inputs) {
  const std::vector<bool>& own = needs[index(&step - plan.steps.data())];
  for (const MapView& view : step.inputs) {
    std::vector<bool>& before = needs[index(view.step)];
    const Shape& map = plan.steps[index(view.step)].output;
    const auto mark = [&](int channel) {
      before[index(view.is_flat ? channel / (map.height * map.width) : channel)] = true;
    };
    if (step.source != Source::Weights) {
      for (int c = 0; c < step.output.channels; ++c) {
        if (own[index(c)]) mark(c);
      }
      continue;
    }
    const std::vector<std::int32_t>& inputs = weight_inputs[index(&step - plan.steps.data())];
    for (int o = 0; o < step.output.channels; ++o) {
      const int end = own[index(o)] ? step.starts[index(o) + 1] : 0;
      for (int q = step.starts[index(o)]; q < end; ++q) mark(inputs[index(q)]);
    }
  }
}

void set_live(const Network& network, const std::vector<SparseRange>& ranges, Plan& plan,
              const MapView& output) {
  std::vector<std::vector<std::int32_t>> weight_inputs(plan.steps.size());
  Needs needs;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const bool is_read = s == index(output.step) || step.source == Source::Input;
    needs.emplace_back(index(step.output.channels), is_read);
    for (const SparseRange& range : ranges) {
      if (range.node != step.first_node || !range.is_weight) continue;
      const Node& node = network.nodes[index(range.node)];
      for (const std::int64_t flat : range.places) {
        weight_inputs[s].push_back(weight_place(node, step.input.channels, flat).input);
      }
    }
  }
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    mark_inputs(plan, *step, needs, weight_inputs);
  }
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    for (std::size_t c = 0; c < needs[s].size(); ++c) {
      if (needs[s][c]) plan.steps[s].live.push_back(static_cast<std::int32_t>(c));
    }
  }
}

void size_buffers(Plan& plan) {
  for (Step& step : plan.steps) {
    plan.num_segments = std::max(plan.num_segments, step.segment + 1);
    step.routes = plan.num_routes;
    plan.num_routes += static_cast<std::int64_t>(step.live.size()) * step.output.height *
                       step.output.width * kLanes;
    plan.channel_floats = std::max(
        plan.channel_floats, static_cast<std::int64_t>(step.pre.height) * step.pre.width * kLanes);
    for (std::size_t i = 1; i < step.starts.size(); ++i) {
      const std::int64_t count = step.starts[i] - step.starts[i - 1];
      plan.sum_floats = std::max(plan.sum_floats, kLanes * count);
    }
  }
}

}  // namespace

Plan make_plan(const Network& network, const std::vector<SparseRange>& ranges,
               const ActivationFormats& formats) {
  StepGraph graph = make_steps(network, formats);
  Plan plan;
  plan.steps = std::move(graph.steps);
  plan.num_values = num_values(ranges);
  set_halos(plan.steps);
  place_maps(network.name, plan);
  place_values(network, ranges, plan);
  set_live(network, ranges, plan, graph.views.back());
  size_buffers(plan);
  MapView output = graph.views.back();
  output.is_flat = true;
  plan.logits = places_of(plan, output).offsets;
  return plan;
}

}  // namespace ohmweave::nn::sparse
