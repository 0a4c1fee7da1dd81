// SPDX-License-Identifier: Apache-2.0
#include "power_area/layer_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "crossbar/pair.h"
#include "mapping/column_sums.h"
#include "power_area/settling.h"

namespace ohmweave::power_area {

namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Cycles between two reads of a block: the array settles, or its converters take the columns one
/// after the other (the sampled columns of one read are converted while the next settles).
std::int64_t cycles_per_read(const Circuits& circuits, const ComponentLibrary& library,
                             int block_columns, double settle_s) {
  const int num_adcs =
      static_cast<int>(ceil_div(circuits.array.cols, circuits.chip.columns_per_adc));
  const double conversion_s =
      static_cast<double>(ceil_div(block_columns, num_adcs)) / library.si("adc_rate");
  const double read_s = std::max(settle_s, conversion_s);
  constexpr double kRoundingSlack = 1e-9;  // a whole number of cycles stays that
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(read_s * circuits.chip.clock_hz - kRoundingSlack)));
}

void add_block(const mapping::Block& block, const LayerPlan& plan, const Circuits& circuits,
               const ComponentLibrary& library, TileShare& share) {
  const auto rows = static_cast<std::int64_t>(block.rows.size());
  const auto columns = static_cast<std::int64_t>(block.columns.size());
  const std::int64_t slices = circuits.array.num_slices();
  const std::int64_t reads = plan.num_digits * ceil_div(rows, circuits.array.rows_at_once());
  WindowActions& window = share.window;
  window.drives += 2 * slices * rows * plan.num_digits;
  window.holds += 2 * slices * columns * reads;
  window.conversions += slices * columns * reads;
  window.input_bits += 2 * slices * rows * plan.input_bits;
  window.bus_bits += rows * plan.input_bits;
  window.sums += slices * columns;
  const std::int64_t cycles =
      reads * cycles_per_read(circuits, library, static_cast<int>(columns), plan.settle_s);
  share.read_cycles = std::max(share.read_cycles, cycles);
}

void finish_share(const mapping::Placement& placement, const LayerPlan& plan, TileShare& share) {
  std::set<std::pair<int, int>> inputs;
  std::set<std::pair<int, int>> outputs;
  for (const int index : share.blocks) {
    const mapping::Block& block = placement.blocks[index];
    for (const int row : block.rows) inputs.insert({block.group, row});
    for (const int column : block.columns) outputs.insert({block.group, column});
  }
  share.num_inputs = static_cast<int>(inputs.size());
  share.num_columns = static_cast<int>(outputs.size());
  share.window.buffer_bits = static_cast<std::int64_t>(share.num_inputs) * plan.input_bits;
  share.window.additions = share.window.sums - share.num_columns;
}

void plan_converters(const MappedNetwork& mapped, const Circuits& circuits,
                     const ComponentLibrary& library, LayerPlan& plan) {
  const std::int64_t sum = mapping::max_column_sum(mapped.placement, mapped.network, plan.node,
                                                   circuits.array.rows_at_once());
  const int digit_bits = std::min(
      circuits.dac.bits, mapping::input_format(mapped.network, plan.node).magnitude_bits());
  const int lossless = crossbar::lossless_adc_bits(std::max<std::int64_t>(1, sum), digit_bits);
  plan.adc_bits = circuits.adc.bits.value_or(lossless);
  plan.dropped_bits = std::max(0, lossless - plan.adc_bits);
  plan.settle_s = circuits.chip.settling == Settling::Library
                      ? library.si("array_settle_time")
                      : settling_s(circuits.array, circuits.device, library, plan.adc_bits);
}

void plan_shares(const MappedNetwork& mapped, const Circuits& circuits,
                 const ComponentLibrary& library, LayerPlan& plan) {
  const mapping::Placement& placement = mapped.placement;
  std::map<std::pair<int, int>, TileShare> shares;  // by (copy, tile)
  for (std::size_t b = 0; b < placement.blocks.size(); ++b) {
    const mapping::Block& block = placement.blocks[b];
    if (block.node != plan.node) continue;
    const int tile = placement.arrays[block.first_array].tile;
    if (plan.num_arrays == 0) plan.home_tile = tile;
    plan.num_arrays += 2 * placement.geometry.num_slices;
    plan.num_copies = std::max(plan.num_copies, block.copy + 1);
    if (block.copy == 0)
      plan.mapped_macs += static_cast<std::int64_t>(block.rows.size()) *
                          static_cast<std::int64_t>(block.columns.size()) * plan.matrix.windows;
    TileShare& share = shares[{block.copy, tile}];
    share.tile = tile;
    share.copy = block.copy;
    share.blocks.push_back(static_cast<int>(b));
    add_block(block, plan, circuits, library, share);
  }
  for (auto& [key, share] : shares) {
    finish_share(placement, plan, share);
    plan.shares.push_back(std::move(share));
  }
}

}  // namespace

std::vector<LayerPlan> plan_layers(const MappedNetwork& mapped, const Circuits& circuits,
                                   const ComponentLibrary& library) {
  const Network& network = mapped.network.network;
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<LayerPlan> plans;
  for (const int node : weight_nodes(network)) {
    LayerPlan plan;
    plan.node = node;
    plan.name = network.nodes[node].name;
    plan.matrix = matrix_shape(network, shapes, node);
    const CodeFormat& input = mapping::input_format(mapped.network, node);
    plan.input_bits = input.bits;
    plan.num_digits = static_cast<int>(ceil_div(input.magnitude_bits(), circuits.dac.bits));
    plan_converters(mapped, circuits, library, plan);
    plan_shares(mapped, circuits, library, plan);
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace ohmweave::power_area
