// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_pipeline.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/whole_numbers.h"
#include "power_area/join_buffers.h"

namespace ohmweave::power_area {

namespace {

bool is_transparent(Op op) {
  return op == Op::Relu || op == Op::Flatten || op == Op::Dropout || op == Op::BatchNorm2d;
}

class Builder {
 public:
  Builder(const MappedNetwork& mapped, const std::vector<LayerPlan>& plans,
          const Circuits& circuits)
      : mapped_(mapped),
        network_(mapped.network.network),
        plans_(plans),
        circuits_(circuits),
        shapes_(infer_shapes(network_)) {}

  ChipPipeline build() {
    prepare_mesh();
    find_live_channels();
    for (std::size_t n = 0; n < network_.nodes.size(); ++n) add_node(static_cast<int>(n));
    add_sink();
    return std::move(result_);
  }

 private:
  void prepare_mesh() {
    PipelineModel& model = result_.model;
    model.mesh_width = std::max(1, mapped_.placement.mesh_width);
    model.mesh_height = std::max(1, mapped_.placement.mesh_height);
    for (const mapping::Tile& tile : mapped_.placement.tiles)
      model.tiles.push_back({tile.x, tile.y});
    port_tile_ = static_cast<int>(model.tiles.size());
    model.tiles.push_back({0, 0});
    model.link_bits_per_cycle = circuits_.chip.link_bits_per_cycle;
    model.router_cycles = circuits_.chip.router_cycles;
    model.num_inferences = circuits_.chip.num_inferences;
  }

  /// Of each node's output, the channels that are computed: the others are constants, which
  /// nothing computes or sends.
  void find_live_channels() {
    for (std::size_t n = 0; n < network_.nodes.size(); ++n)
      live_.push_back(live_channels(static_cast<int>(n)));
  }

  [[nodiscard]] std::vector<char> live_channels(int n) const {
    const Node& node = network_.nodes[n];
    std::vector<char> live(shapes_[n].channels, node.op == Op::Input ? 1 : 0);
    if (has_weights(node.op)) {
      const int of_group = node.out_channels / node.groups;
      for (const mapping::Block& block : mapped_.placement.blocks) {
        if (block.node != n) continue;
        for (const int column : block.columns) live[block.group * of_group + column] = 1;
      }
      return live;
    }
    for (const int input : node.inputs) {
      const std::size_t places = live.size() / live_[input].size();  // more than 1: flattened
      for (std::size_t c = 0; c < live.size(); ++c) live[c] |= live_[input][c / places];
    }
    return live;
  }

  [[nodiscard]] std::int64_t num_live(int n) const {
    return std::count(live_[n].begin(), live_[n].end(), 1);
  }

  void add_node(int n) {
    const Node& node = network_.nodes[n];
    if (is_transparent(node.op)) {
      stage_of_[n] = stage_of_.at(node.inputs.front());
      return;
    }
    stage_of_[n] = static_cast<int>(result_.model.nodes.size());
    if (node.op == Op::Input)
      add_source(n);
    else if (has_weights(node.op))
      add_layer(n);
    else
      add_vector_operation(n);
  }

  [[nodiscard]] int value_bits(int n) const {
    const CodeFormat& format = mapped_.network.nodes[n].output;
    return n + 1 == static_cast<int>(network_.nodes.size()) ? circuits_.chip.accumulator_bits
                                                            : format.bits;
  }

  void push(PipelineNode node, StageRole role) {
    result_.model.nodes.push_back(std::move(node));
    result_.roles.push_back(role);
  }

  [[nodiscard]] StageRole role_of(int n) const {
    StageRole role;
    role.network_node = n;
    role.values_out = num_live(n) * shapes_[n].width;
    role.output_bits = value_bits(n);
    return role;
  }

  void add_source(int n) {
    PipelineNode stage;
    stage.name = network_.nodes[n].name;
    stage.home_tile = port_tile_;
    stage.num_rows = shapes_[n].height;
    const StageRole role = role_of(n);
    const double bits_per_cycle = circuits_.chip.io_bits_per_s / circuits_.chip.clock_hz;
    PipelineUnit unit;
    unit.tile = port_tile_;
    unit.cycles_per_window = static_cast<std::int64_t>(
        std::ceil(static_cast<double>(role.values_out * role.output_bits) / bits_per_cycle));
    stage.units = {unit};
    push(std::move(stage), role);
  }

  /// Rows of the producing stage that output row y of node n reads from its input `input`.
  [[nodiscard]] PipelineEdge edge_to(int n, int input) const {
    const Node& node = network_.nodes[n];
    PipelineEdge edge;
    edge.producer = stage_of_.at(input);
    const int producer_rows = result_.model.nodes[edge.producer].num_rows;
    int largest = 1;
    for (int y = 0; y < shapes_[n].height; ++y) {
      int first = 0;
      int end = producer_rows;
      if (node.op == Op::Conv2d || node.op == Op::MaxPool2d || node.op == Op::AvgPool2d) {
        first = std::clamp(y * node.stride - node.padding, 0, producer_rows);
        end = std::clamp(y * node.stride - node.padding + node.kernel, first, producer_rows);
      } else if (node.op == Op::Add) {
        first = y;
        end = y + 1;
      }
      edge.first_rows.push_back(first);
      edge.end_rows.push_back(end);
      largest = std::max(largest, end - first);
    }
    edge.capacity_rows = static_cast<int>(std::ceil(circuits_.chip.buffer_windows * largest));
    return edge;
  }

  /// Of one row of the producing stage, the bits that the share's tile takes: all places of the
  /// channels that its rows read.
  [[nodiscard]] std::int64_t row_bits(const LayerPlan& plan, const TileShare& share,
                                      const PipelineEdge& edge) const {
    const int input = network_.nodes[plan.node].inputs.front();
    const std::int64_t channels = std::count_if(share.channels.begin(), share.channels.end(),
                                                [&](int c) { return live_[input][c] != 0; });
    const std::int64_t bits = channels * shapes_[input].height * shapes_[input].width *
                              result_.roles[edge.producer].output_bits;
    const std::int64_t rows = result_.model.nodes[edge.producer].num_rows;
    return std::max<std::int64_t>(1, ceil_div(bits, rows));
  }

  void add_layer(int n) {
    const int p = plan_of(n);
    const LayerPlan& plan = plans_[p];
    PipelineNode stage;
    stage.name = plan.name;
    stage.num_rows = shapes_[n].height;
    stage.windows_per_row = shapes_[n].width;
    stage.num_copies = plan.num_copies;
    stage.edges = {edge_to(n, network_.nodes[n].inputs.front())};
    stage.home_tile = plan.shares.empty()
                          ? result_.model.nodes[stage.edges.front().producer].home_tile
                          : plan.home_tile;
    for (const TileShare& share : plan.shares)
      stage.units.push_back(layer_unit(plan, share, stage));
    if (stage.units.empty()) stage.units = {vector_unit(stage, 0)};
    const auto settle =
        static_cast<std::int64_t>(std::ceil(plan.settle_s * circuits_.chip.clock_hz));
    stage.emit_cycles =
        (plan.shares.empty() ? 0 : settle) + ceil_div(num_live(n), circuits_.chip.vector_lanes);
    StageRole role = role_of(n);
    role.plan = p;
    role.owner = p;
    push(std::move(stage), role);
  }

  /// The sums of a copy meet on its home tile, which requantizes them. Codes go on from there to
  /// the layer's home tile, where rows are put together.
  [[nodiscard]] PipelineUnit layer_unit(const LayerPlan& plan, const TileShare& share,
                                        const PipelineNode& stage) const {
    const std::int64_t lanes = circuits_.chip.vector_lanes;
    std::int64_t additions = share.window.additions;
    PipelineUnit unit;
    unit.tile = share.tile;
    unit.copy = share.copy;
    unit.cycles_per_window = share.read_cycles;
    if (share.tile == share.home_tile) {
      for (const TileShare& other : plan.shares)
        if (other.copy == share.copy && other.tile != share.tile) additions += other.num_columns;
      unit.cycles_per_window = std::max(
          unit.cycles_per_window, ceil_div(static_cast<std::int64_t>(plan.num_outputs), lanes));
      if (share.tile != plan.home_tile)
        unit.partial_bits = static_cast<std::int64_t>(plan.num_outputs) * value_bits(plan.node);
    } else {
      unit.sums_tile = share.home_tile;
      unit.partial_bits =
          static_cast<std::int64_t>(share.num_columns) * circuits_.chip.accumulator_bits;
    }
    unit.cycles_per_window = std::max(unit.cycles_per_window, ceil_div(additions, lanes));
    unit.row_bits = {row_bits(plan, share, stage.edges.front())};
    return unit;
  }

  [[nodiscard]] PipelineUnit vector_unit(const PipelineNode& stage, std::int64_t cycles) const {
    PipelineUnit unit;
    unit.tile = stage.home_tile;
    unit.cycles_per_window = cycles;
    for (const PipelineEdge& edge : stage.edges) {
      const StageRole& role = result_.roles[edge.producer];
      unit.row_bits.push_back(role.values_out * role.output_bits);
    }
    return unit;
  }

  /// Pooling and Add, done on the tile that finished their latest input.
  void add_vector_operation(int n) {
    const Node& node = network_.nodes[n];
    PipelineNode stage;
    stage.name = node.name;
    stage.num_rows = shapes_[n].height;
    int latest = 0;
    for (const int input : node.inputs) {
      stage.edges.push_back(edge_to(n, input));
      latest = std::max(latest, stage.edges.back().producer);
    }
    stage.home_tile = result_.model.nodes[latest].home_tile;
    const bool is_add = node.op == Op::Add;
    if (is_add) size_join(stage);
    StageRole role = role_of(n);
    role.owner = result_.roles[latest].owner;
    const auto num_inputs = static_cast<std::int64_t>(node.inputs.size());
    const std::int64_t window = static_cast<std::int64_t>(node.kernel) * node.kernel;
    role.values_in = role.values_out * (is_add ? num_inputs : window);
    const int lanes = is_add ? circuits_.chip.vector_lanes : circuits_.chip.pool_lanes;
    stage.units = {vector_unit(stage, ceil_div(role.values_in, lanes))};
    push(std::move(stage), role);
  }

  void size_join(PipelineNode& stage) const {
    const std::vector<int> rows = rows_to_hold(result_.model, stage);
    for (std::size_t e = 0; e < rows.size(); ++e)
      stage.edges[e].capacity_rows =
          static_cast<int>(std::ceil(circuits_.chip.buffer_windows * rows[e]));
  }

  void add_sink() {
    const int last = stage_of_.at(static_cast<int>(network_.nodes.size()) - 1);
    PipelineNode stage;
    stage.name = "chip output";
    stage.home_tile = port_tile_;
    PipelineEdge edge;
    edge.producer = last;
    edge.first_rows = {0};
    edge.end_rows = {result_.model.nodes[last].num_rows};
    edge.capacity_rows = static_cast<int>(
        std::ceil(circuits_.chip.buffer_windows * result_.model.nodes[last].num_rows));
    stage.edges = {edge};
    stage.units = {vector_unit(stage, 0)};
    StageRole role;
    role.network_node = static_cast<int>(network_.nodes.size()) - 1;
    role.owner = result_.roles[last].owner;
    push(std::move(stage), role);
  }

  [[nodiscard]] int plan_of(int n) const {
    for (std::size_t p = 0; p < plans_.size(); ++p)
      if (plans_[p].node == n) return static_cast<int>(p);
    OHMWEAVE_REQUIRE(false, "no plan for " + network_.nodes[n].name);
    return -1;
  }

  const MappedNetwork& mapped_;
  const Network& network_;
  const std::vector<LayerPlan>& plans_;
  const Circuits& circuits_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<char>> live_;  // by network node, by channel
  std::map<int, int> stage_of_;          // network node to pipeline node
  int port_tile_ = 0;
  ChipPipeline result_;
};

}  // namespace

ChipPipeline build_pipeline(const MappedNetwork& mapped, const std::vector<LayerPlan>& plans,
                            const Circuits& circuits) {
  return Builder(mapped, plans, circuits).build();
}

}  // namespace ohmweave::power_area
