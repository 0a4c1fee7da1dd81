// SPDX-License-Identifier: Apache-2.0
#include "inference/reference_chip.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "inference/executor.h"

namespace ohmweave::inference {
namespace {

crossbar::BlockReader program_block(const MappedNetwork& mapped, const mapping::Block& block,
                                    const Hardware& hardware, const ConverterBits& bits,
                                    const ChipKey& key) {
  crossbar::BlockSite site;
  site.rows = static_cast<int>(block.rows.size());
  site.columns = static_cast<int>(block.columns.size());
  site.first_row = block.first_row;
  site.first_column = block.first_column;
  site.first_array = block.first_array;
  site.levels = mapping::position_levels(mapped.placement, mapped.network, block.first_array);
  const crossbar::ReadCircuits circuits{
      hardware.array,         hardware.device,
      hardware.dac,           bits.adc_bits,
      bits.dropped_bits,      input_format(mapped.network, block.node).magnitude_bits(),
      hardware.matrices.get()};
  return crossbar::make_block_reader(site, circuits, key.run, key.index);
}

}  // namespace

ReferenceChip::ReferenceChip(const MappedNetwork& mapped, const Hardware& hardware,
                             const ChipKey& key)
    : mapped_(mapped), shapes_(infer_shapes(mapped.network.network)) {
  const std::string problem =
      crossbar::block_read_problem(hardware.array, hardware.device, hardware.adc, hardware.dac);
  if (!problem.empty()) throw ConfigError({"no reference mode where " + problem});
  if (hardware.calibrates_columns)
    throw ConfigError({"no reference mode with /evaluate/calibrates_columns"});
  std::vector<ConverterBits> bits(mapped.network.nodes.size());
  for (const int node : weight_nodes(mapped.network.network))
    bits[node] = converter_bits(mapped, node, hardware);
  for (const mapping::Block& block : mapped.placement.blocks)
    readers_.push_back(program_block(mapped, block, hardware, bits[block.node], key));
}

ReferenceImage ReferenceChip::run(int index, const std::vector<std::int32_t>& input) const {
  const Network& network = mapped_.network.network;
  ReferenceImage result;
  result.blocks.resize(readers_.size());
  result.maps.emplace_back(input.begin(), input.end());
  result.accumulators.emplace_back();
  for (int n = 1; n < static_cast<int>(network.nodes.size()); ++n) {
    const bool is_read = has_weights(network.nodes[n].op);
    result.accumulators.push_back(is_read ? read_layer(n, index, result)
                                          : std::vector<std::int64_t>());
    std::vector<std::int64_t> map = is_read ? result.accumulators.back() : run_exactly(n, result);
    const auto& requantizer = mapped_.network.nodes[n].requantizer;
    if (is_read && requantizer) {
      for (std::int64_t& value : map) value = requantize(value, *requantizer);
    }
    result.maps.push_back(std::move(map));
  }
  result.logits.assign(result.maps.back().begin(), result.maps.back().end());
  return result;
}

/// Accumulators of a node with weights.
std::vector<std::int64_t> ReferenceChip::read_layer(int node, int index,
                                                    ReferenceImage& result) const {
  const Node& layer = mapped_.network.network.nodes[node];
  const Shape& shape = shapes_[node];
  const int from = layer.inputs.front();
  const int places = shape.height * shape.width;
  const int group_columns = layer.out_channels / layer.groups;
  const int copies = std::max(1, mapping::num_copies(mapped_.placement, node));
  std::vector<std::int64_t> accumulators(static_cast<std::size_t>(shape.size()));
  for (int place = 0; place < places; ++place) {
    std::vector<std::int64_t> sums = mapped_.network.nodes[node].weights->bias;
    sums.resize(layer.out_channels, 0);
    for (std::size_t b = 0; b < readers_.size(); ++b) {
      const mapping::Block& block = mapped_.placement.blocks[b];
      const std::int64_t window = static_cast<std::int64_t>(index) * places + place;
      if (block.node != node || window % copies != block.copy) continue;
      const std::vector<std::int64_t> inputs =
          gather_window(layer, shapes_[from], result.maps[from], block.group, place / shape.width,
                        place % shape.width);
      std::vector<std::int32_t> driven;
      for (const int row : block.rows) driven.push_back(static_cast<std::int32_t>(inputs[row]));
      crossbar::CodeDigest& digest = result.blocks[b];
      const std::vector<std::int64_t> values = crossbar::read_block(
          readers_[b], driven,
          [&digest](const std::vector<std::int32_t>& codes) { digest.add(codes); });
      for (std::size_t c = 0; c < values.size(); ++c)
        sums[block.group * group_columns + block.columns[c]] += values[c];
    }
    for (int out = 0; out < layer.out_channels; ++out)
      accumulators[static_cast<std::size_t>(out) * places + place] = sums[out];
  }
  return accumulators;
}

/// A node without weights, by the executor.
std::vector<std::int64_t> ReferenceChip::run_exactly(int node, const ReferenceImage& image) const {
  const Node& operation = mapped_.network.network.nodes[node];
  std::vector<CodeBatch> inputs;
  for (const int from : operation.inputs)
    inputs.push_back({1, shapes_[from], {image.maps[from].begin(), image.maps[from].end()}});
  const CodeBatch output = run_operation(mapped_.network, node, inputs);
  return {output.codes.begin(), output.codes.end()};
}

Json reference_json(const ReferenceChip& chip, const CodeBatch& images, int count) {
  OHMWEAVE_REQUIRE(count <= images.num_images, "as many images as there are");
  Json json = {{"images", Json::array()}, {"logits", Json::array()}, {"blocks", Json::array()}};
  const std::int64_t size = images.shape.size();
  for (int i = 0; i < count; ++i) {
    const auto first = images.codes.begin() + i * size;
    const std::vector<std::int32_t> input(first, first + size);
    const ReferenceImage result = chip.run(i, input);
    Json blocks = Json::array();
    for (const crossbar::CodeDigest& block : result.blocks)
      blocks.push_back(Json::array({block.num_codes, block.digest}));
    json["images"].push_back(input);
    json["logits"].push_back(result.logits);
    json["blocks"].push_back(std::move(blocks));
  }
  return json;
}

}  // namespace ohmweave::inference
