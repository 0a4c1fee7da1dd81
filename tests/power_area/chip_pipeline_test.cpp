// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_pipeline.h"

#include <gtest/gtest.h>

#include "mapped_networks.h"
#include "power_area/sim/analyze.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {
namespace {

struct Built {
  std::vector<LayerPlan> plans;
  ChipPipeline pipeline;
};

Built build(const Network& network) {
  const Circuits circuits;
  const ComponentLibrary library = isaac_library();
  const MappedNetwork mapped = map_random(network, 1, circuits);
  Built built;
  built.plans = plan_layers(mapped, circuits, library);
  built.pipeline = build_pipeline(mapped, built.plans, circuits);
  return built;
}

const PipelineNode& stage(const ChipPipeline& pipeline, const std::string& name) {
  for (const PipelineNode& node : pipeline.model.nodes)
    if (node.name == name) return node;
  throw std::logic_error("no stage " + name);
}

/// Two convolutions of 2 channels.
Network two_convolutions() {
  Network network = one_convolution();
  network.nodes[1].name = "conv1";
  network.nodes.push_back(make_node("conv2", Op::Conv2d, {1}, 2, 3));
  return network;
}

TEST(LayerPlan, CountsTheActionsOfOneWindow) {
  const Circuits circuits;
  const MappedNetwork mapped = map_random(one_convolution(), 1, circuits);

  const std::vector<LayerPlan> plans = plan_layers(mapped, circuits, isaac_library());

  // 9 rows, 2 columns, 2 slices, 8 digits.
  const WindowActions& window = plans.at(0).shares.at(0).window;
  EXPECT_EQ(window.drives, 9 * 2 * 2 * 8);
  EXPECT_EQ(window.conversions, 2 * 2 * 8);
  EXPECT_EQ(window.register_words, window.conversions);  // each is added to its column's sum
  EXPECT_EQ(window.holds, 2 * 2 * 2 * 8);
  EXPECT_EQ(window.additions, 2);  // the second slice onto the first, for both columns
  EXPECT_EQ(plans.at(0).mapped_macs, 16 * 9 * 2);
}

TEST(LayerPlan, RowGroupsMultiplyTheReadsButNotTheDrives) {
  Circuits circuits;
  circuits.array.rows_active = 4;  // 9 rows: 3 groups
  circuits.chip.settling = Settling::Library;
  const MappedNetwork mapped = map_random(one_convolution(), 1, circuits);

  const std::vector<LayerPlan> plans = plan_layers(mapped, circuits, isaac_library());

  EXPECT_EQ(plans.at(0).shares.at(0).window.conversions, 3 * 2 * 2 * 8);
  EXPECT_EQ(plans.at(0).shares.at(0).window.drives, 9 * 2 * 2 * 8);
  EXPECT_EQ(plans.at(0).shares.at(0).read_cycles, 3 * 8 * 10);
}

/// LeNet-5 with the weights (output, row) of one layer that `keeps` says, all others there.
template <class Keeps>
MappedNetwork pruned_lenet5(const std::string& layer, const Circuits& circuits,
                            const Keeps& keeps) {
  MappedNetwork mapped = map_random(lenet5(), 1, circuits);
  const Network& network = mapped.network.network;
  const std::size_t node = network.index_of(layer);
  std::vector<std::int32_t>& codes = mapped.network.nodes[node].weights->codes;
  const int rows = matrix_shape(network, infer_shapes(network), static_cast<int>(node)).rows;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!keeps(static_cast<int>(i) / rows, static_cast<int>(i) % rows)) codes[i] = 0;
  }
  mapped.placement = mapping::map_network(mapped.network, mapped.placement.geometry, {});
  return mapped;
}

TEST(ChipPipeline, ATileTakesAllPlacesOfTheChannelsThatItReads) {
  const Circuits circuits;
  const auto row_bits = [&](const auto& keeps) {
    const MappedNetwork mapped = pruned_lenet5("conv2", circuits, keeps);
    const ChipPipeline pipeline =
        build_pipeline(mapped, plan_layers(mapped, circuits, isaac_library()), circuits);
    std::int64_t bits = 0;
    for (const PipelineUnit& unit : stage(pipeline, "conv2").units) bits += unit.row_bits.at(0);
    return bits;
  };

  // 20 rows of the matrix each, of maps of 12 x 12 codes of 8 bits.
  EXPECT_EQ(row_bits([](int, int row) { return row % 25 == 7; }), 20 * 12 * 8);
  EXPECT_EQ(row_bits([](int, int row) { return row >= 75 && row < 95; }), 1 * 12 * 8);
}

TEST(ChipPipeline, NothingComputesOrSendsChannelsWithoutCells) {
  const Circuits circuits;
  const MappedNetwork mapped =
      pruned_lenet5("conv1", circuits, [](int out, int) { return out < 3; });
  const std::vector<LayerPlan> plans = plan_layers(mapped, circuits, isaac_library());

  const ChipPipeline pipeline = build_pipeline(mapped, plans, circuits);

  const auto role = [&](const std::string& name) {
    for (std::size_t s = 0; s < pipeline.roles.size(); ++s)
      if (pipeline.model.nodes[s].name == name) return pipeline.roles[s];
    throw std::logic_error("no stage " + name);
  };
  EXPECT_EQ(role("conv1").values_out, 3 * 24);
  EXPECT_EQ(role("pool1").values_out, 3 * 12);
  EXPECT_EQ(role("pool1").values_in, 3 * 12 * 4);
  EXPECT_EQ(role("conv2").values_out, 50 * 8);
  EXPECT_EQ(stage(pipeline, "pool1").units[0].row_bits.at(0), 3 * 24 * 8);
  for (const PipelineUnit& unit : stage(pipeline, "conv2").units)
    EXPECT_EQ(unit.row_bits.at(0), 3 * 12 * 8);
}

TEST(ChipPipeline, ACopyOnATileOfItsOwnSendsCodesAndNotSums) {
  Circuits circuits;
  circuits.arrays_per_tile = 4;  // one block
  const ComponentLibrary library = isaac_library();
  MappedNetwork mapped = map_random(two_convolutions(), 1, circuits);
  mapping::MappingOptions options;
  options.arrays_per_tile = 4;
  mapped.placement =
      mapping::map_network(mapped.network, mapped.placement.geometry, options, {1, 2, 1});

  const ChipPipeline pipeline =
      build_pipeline(mapped, plan_layers(mapped, circuits, library), circuits);

  const PipelineNode& conv = stage(pipeline, "conv1");
  ASSERT_EQ(conv.num_copies, 2);
  ASSERT_EQ(conv.units.size(), 2u);
  EXPECT_EQ(conv.units[0].partial_bits, 0);  // at home
  EXPECT_EQ(conv.units[1].copy, 1);
  EXPECT_EQ(conv.units[1].partial_bits, 2 * 8);  // 2 channels, 8-bit codes
}

TEST(ChipPipeline, ACopyOverSeveralTilesCompletesItsSumsOnATileOfItsOwn) {
  Circuits circuits;
  circuits.arrays_per_tile = 4;
  Network network = two_convolutions();
  network.nodes[1].out_channels = 200;  // two column blocks of arrays of 128 columns
  MappedNetwork mapped = map_random(network, 1, circuits);
  mapping::MappingOptions options;
  options.arrays_per_tile = 4;
  mapped.placement =
      mapping::map_network(mapped.network, mapped.placement.geometry, options, {1, 2, 1});

  const std::vector<LayerPlan> plans = plan_layers(mapped, circuits, isaac_library());
  const ChipPipeline pipeline = build_pipeline(mapped, plans, circuits);

  const PipelineNode& conv = stage(pipeline, "conv1");
  ASSERT_EQ(conv.units.size(), 4u);  // by copy, then tile
  const int second_home = conv.units[2].tile;
  EXPECT_EQ(conv.sums_tile_of(conv.units[1]), conv.home_tile);
  EXPECT_EQ(conv.units[2].partial_bits, 200 * 8);  // its finished codes
  EXPECT_EQ(conv.sums_tile_of(conv.units[2]), conv.home_tile);
  EXPECT_EQ(conv.sums_tile_of(conv.units[3]), second_home);
  EXPECT_EQ(conv.units[3].partial_bits,
            plans[0].shares[3].num_columns * circuits.chip.accumulator_bits);
}

TEST(ChipPipeline, PaddedStridedWindowsReadTheRowsTheyCover) {
  const Built built = build(residual());

  const PipelineEdge& edge = stage(built.pipeline, "conv1").edges.at(0);
  // Kernel 3, stride 2, padding 1 on 4 rows: rows -1..1 and 1..3.
  EXPECT_EQ(edge.first_rows, (std::vector<int>{0, 1}));
  EXPECT_EQ(edge.end_rows, (std::vector<int>{2, 4}));
}

TEST(ChipPipeline, ActivationAndFlatteningTakeNoStage) {
  const Built built = build(lenet5());

  // Image port, four weight layers, two poolings, output.
  EXPECT_EQ(built.pipeline.model.nodes.size(), 8u);
  const PipelineEdge& edge = stage(built.pipeline, "fc1").edges.at(0);
  EXPECT_EQ(edge.end_rows, (std::vector<int>{4}));  // the whole 4 x 4 map
  EXPECT_EQ(built.pipeline.model.nodes[edge.producer].name, "pool2");
}

TEST(ChipPipeline, ALayerOverSeveralTilesSendsItsPartialSumsHome) {
  const Built built = build(lenet5());

  const PipelineNode& layer = stage(built.pipeline, "fc1");
  ASSERT_GT(layer.units.size(), 1u);
  for (const PipelineUnit& unit : layer.units)
    EXPECT_EQ(unit.partial_bits > 0, unit.tile != layer.home_tile);
}

/// A stem, two 3 x 3 convolutions and the sum with what they read, on 16 x 16 maps.
Network residual_block() {
  Network network;
  network.name = "residual_block";
  network.input = {2, 16, 16};
  network.nodes = {make_node("input", Op::Input, {}),
                   make_node("stem", Op::Conv2d, {0}, 2, 3, 1, 1),
                   make_node("conv1", Op::Conv2d, {1}, 2, 3, 1, 1),
                   make_node("conv2", Op::Conv2d, {2}, 2, 3, 1, 1),
                   make_node("add", Op::Add, {3, 1}),
                   make_node("last", Op::Conv2d, {4}, 2, 3, 1, 1)};
  return network;
}

TEST(ChipPipeline, AJoinHoldsWhatTheLongBranchIsBehind) {
  const PipelineNode join = stage(build(residual_block()).pipeline, "add");

  // Row 0 of conv2 needs rows 0 .. 1 of conv1, those rows 0 .. 2 of the stem; conv1 and conv2 are
  // at work on one row each. Twice that (buffer_windows).
  EXPECT_EQ(join.edges.at(0).capacity_rows, 2 * 1);
  EXPECT_EQ(join.edges.at(1).capacity_rows, 2 * (3 + 2));
}

TEST(ChipPipeline, AJoinOfSmallMapsHoldsThemWhole) {
  const PipelineNode join = stage(build(residual()).pipeline, "add");

  EXPECT_EQ(join.edges.at(1).capacity_rows, 2 * 2);  // maps of 2 rows
}

TEST(ChipPipeline, BuffersOfJoinsCostNoTime) {
  for (const int copies : {1, 3}) {
    const Circuits circuits;
    MappedNetwork mapped = map_random(residual_block(), 1, circuits);
    mapped.placement = mapping::map_network(mapped.network, mapped.placement.geometry, {},
                                            std::vector<std::int64_t>(6, copies));
    const std::vector<LayerPlan> plans = plan_layers(mapped, circuits, isaac_library());
    PipelineModel sized = build_pipeline(mapped, plans, circuits).model;
    PipelineModel ample = sized;
    for (PipelineNode& node : ample.nodes)
      if (node.name == "add")
        for (PipelineEdge& edge : node.edges) edge.capacity_rows = 2 * node.num_rows;

    EXPECT_EQ(simulate(sized).finish_cycles, simulate(ample).finish_cycles) << copies << " copies";
  }
}

/// All on one tile: nothing goes over the mesh.
Built build_on_one_tile(const Network& network) {
  Circuits circuits;
  circuits.arrays_per_tile = 1024;
  const MappedNetwork mapped = map_random(network, 1, circuits);
  Built built;
  built.plans = plan_layers(mapped, circuits, isaac_library());
  built.pipeline = build_pipeline(mapped, built.plans, circuits);
  return built;
}

TEST(ChipPipeline, ADepthwiseLayerTakesItsClosedForm) {
  const Built built = build_on_one_tile(depthwise());
  ASSERT_EQ(built.plans.at(0).shares.size(), 1U);  // four groups, one tile
  const ChipPipeline& pipeline = built.pipeline;
  const std::int64_t io = pipeline.model.nodes[0].units[0].cycles_per_window;
  const PipelineNode& depthwise_stage = stage(pipeline, "depthwise");
  const PipelineNode& pointwise_stage = stage(pipeline, "pointwise");
  const std::int64_t window = depthwise_stage.units[0].cycles_per_window;
  const std::int64_t point = pointwise_stage.units[0].cycles_per_window;
  ASSERT_EQ(window, point);  // both settle and convert few columns
  ASSERT_GT(3 * window, 2 * io);

  const PipelineResult result = simulate(pipeline.model);

  // Rows -1 .. 1 of the image first; then the depthwise layer never waits, and the pointwise one
  // works a row behind it.
  EXPECT_EQ(result.latency_cycles(), 2 * io + 3 * 3 * window + depthwise_stage.emit_cycles +
                                         3 * point + pointwise_stage.emit_cycles);
}

TEST(ChipPipeline, WithoutAMeshTheAnalyticPathIsTheSimulation) {
  for (const Network& network : {lenet5(), residual(), depthwise()}) {
    PipelineModel model = build_on_one_tile(network).pipeline.model;
    model.records_states = true;

    EXPECT_EQ(result_to_json(analyze(model)), result_to_json(simulate(model))) << network.name;
  }
}

}  // namespace
}  // namespace ohmweave::power_area
