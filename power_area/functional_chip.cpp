// SPDX-License-Identifier: Apache-2.0
#include "power_area/functional_chip.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/error.h"
#include "mapping/column_sums.h"
#include "power_area/chip_sample.h"

namespace ohmweave::power_area {

class ChipReaders {
 public:
  std::vector<crossbar::BlockReader> blocks;  // as in the placement
};

namespace {

crossbar::BlockSite site_of(const MappedNetwork& mapped, const mapping::Block& block) {
  crossbar::BlockSite site;
  site.rows = static_cast<int>(block.rows.size());
  site.columns = static_cast<int>(block.columns.size());
  site.first_array = block.first_array;
  site.first_row = block.first_row;
  site.first_column = block.first_column;
  site.levels = mapping::position_levels(mapped.placement, mapped.network, block.first_array);
  return site;
}

/// One input of a network node as the pipeline delivers it: rows of the map that stage `producer`
/// finishes, with a ReLU on the way or not.
struct InputMap {
  Shape shape;  // of the producing stage's map
  bool has_relu = false;
};

/// Codes of an input map, one by one.
class MapReader {
 public:
  MapReader(const InputMap& map, const HeldRows& held, std::size_t edge)
      : map_(map), held_(held), edge_(edge) {}
  [[nodiscard]] std::int32_t at(int channel, int y, int x) const {
    const std::int32_t code =
        held_.row(edge_, y)[static_cast<std::size_t>(channel) * map_.shape.width + x];
    return map_.has_relu ? std::max(code, 0) : code;
  }
  [[nodiscard]] const Shape& shape() const { return map_.shape; }

 private:
  const InputMap& map_;
  const HeldRows& held_;
  std::size_t edge_;
};

/// The input code of matrix row `row` of a group; 0 in the padding.
std::int32_t window_input(const Node& node, const MapReader& map, int group, int row,
                          const WindowPlace& place) {
  const Shape& shape = map.shape();
  if (node.op == Op::Linear) {
    const int places = shape.height * shape.width;
    return map.at(row / places, row % places / shape.width, row % shape.width);
  }
  const int kernel_places = node.kernel * node.kernel;
  const int channel = group * (shape.channels / node.groups) + row / kernel_places;
  const int y = place.row * node.stride - node.padding + row % kernel_places / node.kernel;
  const int x = place.column * node.stride - node.padding + row % node.kernel;
  if (y < 0 || y >= shape.height || x < 0 || x >= shape.width) return 0;
  return map.at(channel, y, x);
}

class ChipArithmetic final : public Arithmetic {
 public:
  ChipArithmetic(const MappedNetwork& mapped, const std::vector<LayerPlan>& plans,
                 const ChipPipeline& pipeline, const ChipReaders& readers,
                 const std::vector<std::vector<std::int32_t>>& images)
      : mapped_(mapped),
        network_(mapped.network.network),
        plans_(plans),
        pipeline_(pipeline),
        readers_(readers),
        images_(images),
        shapes_(infer_shapes(network_)),
        digests_(images.size(), std::vector<crossbar::CodeDigest>(readers.blocks.size())) {
    for (std::size_t s = 0; s < pipeline.roles.size(); ++s) inputs_.push_back(inputs_of(s));
  }

  [[nodiscard]] std::vector<std::int64_t> read_window(const WindowPlace& place,
                                                      const HeldRows& held) override {
    if (place.node == 0) return image_row(place);
    if (is_sink(place.node)) return whole_map(place, held);
    const Node& node = network_node(place.node);
    if (has_weights(node.op)) return read_layer(place, held);
    return node.op == Op::Add ? add_row(place, held) : pool_row(place, held);
  }

  [[nodiscard]] RowCodes finish_row(
      const WindowPlace& place, const std::vector<std::vector<std::int64_t>>& windows) override {
    const Node& node = network_node(place.node);
    if (place.node == 0 || is_sink(place.node) || !has_weights(node.op))
      return {windows.front().begin(), windows.front().end()};
    const QuantizedNode& integers = mapped_.network.nodes[role(place.node).network_node];
    const std::vector<std::int64_t>& bias = integers.weights->bias;
    RowCodes codes(windows.size() * node.out_channels);
    for (std::size_t x = 0; x < windows.size(); ++x)
      for (int out = 0; out < node.out_channels; ++out) {
        const std::int64_t sum = windows[x][out] + (bias.empty() ? 0 : bias[out]);
        codes[out * windows.size() + x] = static_cast<std::int32_t>(
            integers.requantizer ? requantize(sum, *integers.requantizer) : sum);
      }
    return codes;
  }

  [[nodiscard]] Json notes() const override {
    Json json = Json::array();
    for (const std::vector<crossbar::CodeDigest>& blocks : digests_) {
      Json image = Json::array();
      for (const crossbar::CodeDigest& block : blocks)
        image.push_back(Json::array({block.num_codes, block.digest}));
      json.push_back(std::move(image));
    }
    return json;
  }

 private:
  [[nodiscard]] const StageRole& role(int stage) const { return pipeline_.roles[stage]; }
  [[nodiscard]] const Node& network_node(int stage) const {
    return network_.nodes[role(stage).network_node];
  }
  [[nodiscard]] bool is_sink(int stage) const {
    return stage + 1 == static_cast<int>(pipeline_.roles.size());
  }

  /// The map on every edge of a stage. Between a stage and the network's node that reads it are
  /// only operations that take no stage of their own.
  [[nodiscard]] std::vector<InputMap> inputs_of(std::size_t stage) const {
    std::vector<InputMap> maps;
    const PipelineNode& pipeline_node = pipeline_.model.nodes[stage];
    const bool is_output = is_sink(static_cast<int>(stage));
    for (std::size_t e = 0; e < pipeline_node.edges.size(); ++e) {
      const int target = role(pipeline_node.edges[e].producer).network_node;
      int at = is_output ? role(static_cast<int>(stage)).network_node
                         : network_node(static_cast<int>(stage)).inputs[e];
      InputMap map;
      map.shape = shapes_[target];
      for (; at != target; at = network_.nodes[at].inputs.front())
        map.has_relu = map.has_relu || network_.nodes[at].op == Op::Relu;
      maps.push_back(map);
    }
    return maps;
  }

  [[nodiscard]] std::vector<std::int64_t> image_row(const WindowPlace& place) const {
    const Shape& shape = shapes_[role(place.node).network_node];
    std::vector<std::int64_t> row;
    for (int c = 0; c < shape.channels; ++c)
      for (int x = 0; x < shape.width; ++x)
        row.push_back(
            images_[place.inference]
                   [(static_cast<std::size_t>(c) * shape.height + place.row) * shape.width + x]);
    return row;
  }

  [[nodiscard]] std::vector<std::int64_t> whole_map(const WindowPlace& place,
                                                    const HeldRows& held) const {
    const MapReader map(inputs_[place.node][0], held, 0);
    std::vector<std::int64_t> values;
    for (int c = 0; c < map.shape().channels; ++c)
      for (int y = 0; y < map.shape().height; ++y)
        for (int x = 0; x < map.shape().width; ++x) values.push_back(map.at(c, y, x));
    return values;
  }

  [[nodiscard]] std::vector<std::int64_t> read_layer(const WindowPlace& place,
                                                     const HeldRows& held) {
    const Node& node = network_node(place.node);
    std::vector<std::int64_t> sums(node.out_channels, 0);
    const LayerPlan& plan = plans_[role(place.node).plan];
    if (plan.shares.empty()) return sums;  // all weights are zero
    const MapReader map(inputs_[place.node][0], held, 0);
    const int group_columns = node.out_channels / node.groups;
    for (const int b : plan.shares[place.unit].blocks) {
      const mapping::Block& block = mapped_.placement.blocks[b];
      std::vector<std::int32_t> inputs;
      inputs.reserve(block.rows.size());
      for (const int row : block.rows)
        inputs.push_back(window_input(node, map, block.group, row, place));
      crossbar::CodeDigest& digest = digests_[place.inference][b];
      const std::vector<std::int64_t> values = crossbar::read_block(
          readers_.blocks[b], inputs,
          [&digest](const std::vector<std::int32_t>& codes) { digest.add(codes); });
      for (std::size_t c = 0; c < block.columns.size(); ++c)
        sums[block.group * group_columns + block.columns[c]] += values[c];
    }
    return sums;
  }

  [[nodiscard]] std::vector<std::int64_t> add_row(const WindowPlace& place,
                                                  const HeldRows& held) const {
    const QuantizedNode& integers = mapped_.network.nodes[role(place.node).network_node];
    const Shape& shape = shapes_[role(place.node).network_node];
    std::vector<std::int64_t> row;
    std::vector<std::int64_t> addends(inputs_[place.node].size());
    for (int c = 0; c < shape.channels; ++c)
      for (int x = 0; x < shape.width; ++x) {
        for (std::size_t e = 0; e < addends.size(); ++e)
          addends[e] = MapReader(inputs_[place.node][e], held, e).at(c, place.row, x);
        row.push_back(requantize_sum(addends, integers.addend_requantizers));
      }
    return row;
  }

  [[nodiscard]] std::vector<std::int64_t> pool_row(const WindowPlace& place,
                                                   const HeldRows& held) const {
    const Shape& shape = shapes_[role(place.node).network_node];
    const MapReader map(inputs_[place.node][0], held, 0);
    std::vector<std::int64_t> row;
    for (int c = 0; c < shape.channels; ++c)
      for (int x = 0; x < shape.width; ++x) row.push_back(pool(place, map, c, x));
    return row;
  }

  [[nodiscard]] std::int64_t pool(const WindowPlace& place, const MapReader& map, int channel,
                                  int x) const {
    const Node& node = network_node(place.node);
    const int top = place.row * node.stride - node.padding;
    const int left = x * node.stride - node.padding;
    std::int64_t sum = 0;
    std::int64_t largest = std::numeric_limits<std::int64_t>::min();
    for (int v = std::max(0, top); v < std::min(map.shape().height, top + node.kernel); ++v)
      for (int u = std::max(0, left); u < std::min(map.shape().width, left + node.kernel); ++u) {
        const std::int64_t code = map.at(channel, v, u);
        sum += code;
        largest = std::max(largest, code);
      }
    if (node.op == Op::MaxPool2d) return largest;
    return requantize(sum,
                      mapped_.network.nodes[role(place.node).network_node].requantizer.value());
  }

  const MappedNetwork& mapped_;
  const Network& network_;
  const std::vector<LayerPlan>& plans_;
  const ChipPipeline& pipeline_;
  const ChipReaders& readers_;
  const std::vector<std::vector<std::int32_t>>& images_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<InputMap>> inputs_;               // [stage][edge]
  std::vector<std::vector<crossbar::CodeDigest>> digests_;  // [image][block]
};

}  // namespace

std::shared_ptr<const ChipReaders> program_readers(const MappedNetwork& mapped,
                                                   const std::vector<LayerPlan>& plans,
                                                   const Circuits& circuits,
                                                   const RandomStream& stream) {
  const std::string problem =
      crossbar::block_read_problem(circuits.array, circuits.device, circuits.adc, circuits.dac);
  if (!problem.empty()) throw ConfigError({"/chip/functional_images: must be 0 where " + problem});
  auto readers = std::make_shared<ChipReaders>();
  readers->blocks.resize(mapped.placement.blocks.size());
  for (const LayerPlan& plan : plans) {
    const int input_bits = mapping::input_format(mapped.network, plan.node).magnitude_bits();
    const crossbar::ReadCircuits reads{circuits.array, circuits.device,   circuits.dac,
                                       plan.adc_bits,  plan.dropped_bits, input_bits};
    for (const TileShare& share : plan.shares)
      for (const int b : share.blocks)
        readers->blocks[b] = crossbar::make_block_reader(
            site_of(mapped, mapped.placement.blocks[b]), reads, stream, kChipSample);
  }
  return readers;
}

FunctionalImages simulate_images(const MappedNetwork& mapped, const std::vector<LayerPlan>& plans,
                                 const ChipPipeline& pipeline,
                                 const std::shared_ptr<const ChipReaders>& readers,
                                 const std::vector<std::vector<std::int32_t>>& images) {
  const auto size = static_cast<std::size_t>(mapped.network.network.input.size());
  for (const std::vector<std::int32_t>& image : images)
    OHMWEAVE_REQUIRE(image.size() == size, "images of another shape");
  ChipArithmetic arithmetic(mapped, plans, pipeline, *readers, images);
  PipelineModel model = pipeline.model;
  model.num_inferences = static_cast<int>(images.size());
  FunctionalResult run = simulate(model, arithmetic);
  FunctionalImages result;
  result.logits = std::move(run.outputs);
  for (const Json& image : run.notes) {
    std::vector<crossbar::CodeDigest>& blocks = result.blocks.emplace_back();
    for (const Json& block : image)
      blocks.push_back({block.at(0).get<std::int64_t>(), block.at(1).get<std::uint64_t>()});
  }
  result.timing = std::move(run.timing);
  return result;
}

}  // namespace ohmweave::power_area
