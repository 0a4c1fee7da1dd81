// SPDX-License-Identifier: Apache-2.0
#include "power_area/layer_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/whole_numbers.h"
#include "crossbar/pair.h"
#include "power_area/settling.h"

namespace ohmweave::power_area {

namespace {

/// Cycles between two reads of a block: the array settles, or its converters take the columns (a
/// unit column too) one after the other: the sampled columns of one read are converted while the
/// next settles.
std::int64_t cycles_per_read(const Circuits& circuits, const ComponentLibrary& library,
                             const mapping::Block& block, double settle_s) {
  const int converted = static_cast<int>(block.columns.size()) +
                        (find_encoding(circuits.array.encoding).has_unit_column ? 1 : 0);
  const int num_adcs =
      static_cast<int>(ceil_div(circuits.array.cols, circuits.chip.columns_per_adc));
  const double conversion_s =
      static_cast<double>(ceil_div(converted, num_adcs)) / library.si("adc_rate");
  const double read_s = std::max(settle_s, conversion_s);
  constexpr double kRoundingSlack = 1e-9;  // a whole number of cycles stays that
  return static_cast<std::int64_t>(std::ceil(read_s * circuits.chip.clock_hz - kRoundingSlack));
}

std::int64_t num_reads(const mapping::Block& block, const LayerPlan& plan,
                       const Circuits& circuits) {
  return plan.num_digits *
         ceil_div(static_cast<std::int64_t>(block.rows.size()), circuits.array.inputs_at_once());
}

void add_actions(const mapping::Block& block, const LayerPlan& plan, const Circuits& circuits,
                 TileShare& share) {
  const auto rows = static_cast<std::int64_t>(block.rows.size());
  const auto columns = static_cast<std::int64_t>(block.columns.size());
  const WeightCells cells = circuits.array.cells();
  const std::int64_t arrays = cells.num_arrays();
  const std::int64_t converted =
      cells.num_slices() * columns + (cells.kind().has_unit_column ? 1 : 0);
  const std::int64_t reads = num_reads(block, plan, circuits);
  WindowActions& window = share.window;
  window.drives += arrays * rows * circuits.array.drivers_per_input() * plan.num_digits;
  window.holds += arrays * (columns + cells.kind().reserved_columns) * reads;
  window.conversions += converted * reads;
  window.input_bits += arrays * rows * plan.input_bits;
  window.bus_bits += rows * plan.input_bits;
  window.sums += converted;
  window.register_words += converted * reads;
}

/// How many different lines of the layer's matrix (over all groups) the blocks have.
int count_distinct(const mapping::Placement& placement, const std::vector<int>& blocks,
                   std::vector<int> mapping::Block::*lines, const LayerPlan& plan) {
  const bool are_rows = lines == &mapping::Block::rows;
  const int of_group = are_rows ? plan.matrix.rows : plan.matrix.columns;
  std::vector<char> seen(static_cast<std::size_t>(of_group) * plan.matrix.groups, 0);
  int count = 0;
  for (const int b : blocks) {
    const mapping::Block& block = placement.blocks[b];
    for (const int line : block.*lines) {
      char& is_seen = seen[static_cast<std::size_t>(block.group) * of_group + line];
      count += is_seen == 0 ? 1 : 0;
      is_seen = 1;
    }
  }
  return count;
}

/// The channels of the layer's input (counted over all groups) that the blocks read, in order.
std::vector<int> channels_read(const mapping::Placement& placement, const std::vector<int>& blocks,
                               const LayerPlan& plan) {
  const int of_group = plan.matrix.rows / plan.rows_per_channel;
  std::vector<char> is_read(static_cast<std::size_t>(of_group) * plan.matrix.groups, 0);
  for (const int b : blocks) {
    const mapping::Block& block = placement.blocks[b];
    for (const int row : block.rows)
      is_read[static_cast<std::size_t>(block.group) * of_group + row / plan.rows_per_channel] = 1;
  }
  std::vector<int> channels;
  for (std::size_t c = 0; c < is_read.size(); ++c)
    if (is_read[c] != 0) channels.push_back(static_cast<int>(c));
  return channels;
}

void finish_share(const mapping::Placement& placement, const LayerPlan& plan, TileShare& share) {
  share.channels = channels_read(placement, share.blocks, plan);
  share.num_inputs = count_distinct(placement, share.blocks, &mapping::Block::rows, plan);
  share.num_columns = count_distinct(placement, share.blocks, &mapping::Block::columns, plan);
  share.window.buffer_bits = static_cast<std::int64_t>(share.num_inputs) * plan.input_bits;
  share.window.additions = share.window.sums - share.num_columns;
}

void plan_converters(const mapping::ColumnSums& sums, const CodeFormat& input,
                     const Circuits& circuits, const ComponentLibrary& library, LayerPlan& plan) {
  const crossbar::ConverterBits bits = crossbar::converter_bits(
      circuits.adc, {std::max<std::int64_t>(1, sums.largest), sums.mean_square,
                     std::min(circuits.dac.bits, input.magnitude_bits()), input.is_signed});
  plan.adc_bits = bits.adc_bits;
  plan.dropped_bits = bits.dropped_bits;
  plan.settle_s = circuits.chip.settling == Settling::Library
                      ? library.si("array_settle_time")
                      : settling_s(circuits.array, circuits.device, library, plan.adc_bits);
}

/// What each block asks of the arrays it sits in, and how much of them is its.
class BlockDemands {
 public:
  BlockDemands(const MappedNetwork& mapped, const std::vector<LayerPlan>& plans,
               const Circuits& circuits, const ComponentLibrary& library)
      : placement_(mapped.placement) {
    std::vector<const LayerPlan*> plan_of(mapped.network.nodes.size(), nullptr);
    for (const LayerPlan& plan : plans) plan_of[plan.node] = &plan;
    for (const mapping::Block& block : placement_.blocks) {
      const LayerPlan& plan = *plan_of[block.node];
      Demand demand;
      demand.cycles = num_reads(block, plan, circuits) *
                      cycles_per_read(circuits, library, block, plan.settle_s);
      demand.windows = plan.matrix.windows;
      demand.adc_bits = plan.adc_bits;
      demand.input_bits = plan.input_bits;
      demand.cells = static_cast<double>(block.rows.size() * block.columns.size());
      demands_.push_back(demand);
    }
  }

  /// Cycles of one window, the turns of its neighbours included.
  [[nodiscard]] std::int64_t cycles_with_turns(int block) const {
    const Demand& own = demands_[block];
    std::int64_t cycles = 0;
    for (const int other : neighbours(block)) {
      const Demand& theirs = demands_[other];
      const std::int64_t turns = std::min(own.windows, theirs.windows);
      cycles += ceil_div(theirs.cycles * turns, own.windows);
    }
    return cycles;
  }

  /// The block's part of its arrays, which have the circuits that the neediest block asks for.
  [[nodiscard]] ArrayShare share_of_arrays(int block) const {
    ArrayShare share;
    double cells = 0.0;
    for (const int other : neighbours(block)) {
      share.adc_bits = std::max(share.adc_bits, demands_[other].adc_bits);
      share.input_bits = std::max(share.input_bits, demands_[other].input_bits);
      cells += demands_[other].cells;
    }
    share.num_arrays = placement_.geometry.arrays_per_position() * (demands_[block].cells / cells);
    return share;
  }

 private:
  struct Demand {
    std::int64_t cycles = 0;  // of one window
    std::int64_t windows = 0;
    int adc_bits = 0;
    int input_bits = 0;
    double cells = 0.0;
  };
  [[nodiscard]] const std::vector<int>& neighbours(int block) const {
    return placement_.arrays[placement_.blocks[block].first_array].blocks;
  }

  const mapping::Placement& placement_;
  std::vector<Demand> demands_;
};

void add_arrays(const ArrayShare& added, std::vector<ArrayShare>& arrays) {
  for (ArrayShare& known : arrays)
    if (known.adc_bits == added.adc_bits && known.input_bits == added.input_bits) {
      known.num_arrays += added.num_arrays;
      return;
    }
  arrays.push_back(added);
}

void plan_shares(const MappedNetwork& mapped, const Circuits& circuits, const BlockDemands& demands,
                 LayerPlan& plan) {
  const mapping::Placement& placement = mapped.placement;
  std::map<std::pair<int, int>, TileShare> shares;  // by (copy, tile)
  std::set<int> positions;
  std::map<int, int> home_of_copy;
  std::set<std::pair<int, int>> outputs;
  for (int b = 0; b < static_cast<int>(placement.blocks.size()); ++b) {
    const mapping::Block& block = placement.blocks[b];
    if (block.node != plan.node) continue;
    const int tile = placement.arrays[block.first_array].tile;
    if (positions.empty()) plan.home_tile = tile;
    positions.insert(block.first_array);
    plan.num_copies = std::max(plan.num_copies, block.copy + 1);
    if (block.copy == 0)
      plan.mapped_macs += static_cast<std::int64_t>(block.rows.size()) *
                          static_cast<std::int64_t>(block.columns.size()) * plan.matrix.windows;
    for (const int column : block.columns) outputs.insert({block.group, column});
    TileShare& share = shares[{block.copy, tile}];
    share.home_tile = home_of_copy.emplace(block.copy, tile).first->second;
    share.tile = tile;
    share.copy = block.copy;
    share.blocks.push_back(b);
    add_actions(block, plan, circuits, share);
    add_arrays(demands.share_of_arrays(b), share.arrays);
    share.read_cycles = std::max(share.read_cycles, demands.cycles_with_turns(b));
  }
  plan.num_outputs = static_cast<int>(outputs.size());
  plan.num_arrays = placement.geometry.arrays_per_position() * static_cast<int>(positions.size());
  for (auto& [key, share] : shares) {
    finish_share(placement, plan, share);
    plan.shares.push_back(std::move(share));
  }
}

}  // namespace

std::vector<mapping::ColumnSums> column_sums(const MappedNetwork& mapped,
                                             const Circuits& circuits) {
  std::vector<mapping::ColumnSums> sums;
  for (const int node : weight_nodes(mapped.network.network))
    sums.push_back(mapping::column_sums(mapped.placement, mapped.network, node,
                                        circuits.array.inputs_at_once()));
  return sums;
}

std::vector<LayerPlan> plan_layers(const MappedNetwork& mapped, const Circuits& circuits,
                                   const ComponentLibrary& library) {
  return plan_layers(mapped, column_sums(mapped, circuits), circuits, library);
}

std::vector<LayerPlan> plan_layers(const MappedNetwork& mapped,
                                   const std::vector<mapping::ColumnSums>& column_sums,
                                   const Circuits& circuits, const ComponentLibrary& library) {
  const Network& network = mapped.network.network;
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<LayerPlan> plans;
  for (const int node : weight_nodes(network)) {
    LayerPlan plan;
    plan.node = node;
    plan.name = network.nodes[node].name;
    plan.matrix = matrix_shape(network, shapes, node);
    const Node& layer = network.nodes[node];
    if (layer.op == Op::Conv2d) plan.rows_per_channel = layer.kernel * layer.kernel;
    const CodeFormat& input = mapping::input_format(mapped.network, node);
    plan.input_bits = input.bits;
    plan.num_digits = static_cast<int>(ceil_div(input.magnitude_bits(), circuits.dac.bits));
    plan_converters(column_sums.at(plans.size()), input, circuits, library, plan);
    plans.push_back(std::move(plan));
  }
  const BlockDemands demands(mapped, plans, circuits, library);
  for (LayerPlan& plan : plans) plan_shares(mapped, circuits, demands, plan);
  return plans;
}

}  // namespace ohmweave::power_area
