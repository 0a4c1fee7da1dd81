// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/simulate.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "pipelines.h"

namespace ohmweave::power_area {
namespace {

TEST(Simulate, RunsManyTimesInOneProcessWithTheSameResult) {
  const Json first = result_to_json(simulate(one_layer()));
  PipelineModel other = one_layer();
  other.nodes[1].units[0].cycles_per_window = 17;
  const Json between = result_to_json(simulate(other));

  const Json again = result_to_json(simulate(one_layer()));

  EXPECT_EQ(first, again);
  EXPECT_NE(first, between);
}

TEST(Simulate, ResultSurvivesItsJson) {
  const PipelineResult result = simulate(one_layer());

  EXPECT_EQ(result_to_json(result_from_json(result_to_json(result))), result_to_json(result));
}

TEST(Simulate, RefusesABufferThatCannotHoldAWindow) {
  PipelineModel model = one_layer();
  model.nodes[1].edges[0].capacity_rows = kKernel - 1;

  EXPECT_THROW((void)simulate(model), std::logic_error);
}

// A link that is asked for twice at one time, in one delta cycle after the other, once forgot the
// second packet.
TEST(Simulate, ALinkServesPacketsThatComeWhileItIsBeingTaken) {
  constexpr int kImageRows = 3;
  PipelineModel model;
  model.mesh_width = 2;
  model.tiles = {{0, 0}, {1, 0}};
  PipelineNode splitter;  // works on the source's tile, sums up on the other: partial sums cross
  splitter.name = "splitter";
  splitter.home_tile = 1;
  splitter.num_rows = kImageRows;
  splitter.edges = {window_edge(0, kImageRows, 1, kImageRows)};
  splitter.units = {unit_on(0, 0, {64})};
  splitter.units[0].partial_bits = 64;
  PipelineNode reader = splitter;  // reads the same rows on the other tile: they cross too
  reader.name = "reader";
  reader.units = {unit_on(1, 0, {64})};
  PipelineNode end = sink(1, 1, kImageRows);
  end.edges.push_back(whole_edge(2, kImageRows));
  end.units = {unit_on(1, 0, {32, 32})};
  model.nodes = {source(0, kImageRows, 5), splitter, reader, end};

  const PipelineResult result = simulate(model);

  ASSERT_EQ(result.finish_cycles.size(), static_cast<std::size_t>(model.num_inferences));
  ASSERT_EQ(result.links.size(), 1U);
  EXPECT_EQ(result.links[0].packets, 2 * kImageRows * model.num_inferences);
}

TEST(Simulate, NamesWhoWaitsWhenNothingMovesAnyMore) {
  try {
    (void)simulate(halting());
    FAIL() << "a deadlock was not noticed";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("long branch waits for its input"), std::string::npos)
        << error.what();
  }
}

/// Row y of image i is {1000 i + y}; the layer's windows add up the rows they read.
class RowNumbers final : public Arithmetic {
 public:
  explicit RowNumbers(int kernel) : kernel_(kernel) {}
  std::vector<std::int64_t> read_window(const WindowPlace& place, const HeldRows& held) override {
    if (place.node == 0) return {1000 * place.inference + place.row};
    std::int64_t sum = 0;
    const int rows = place.node == 1 ? kernel_ : kRows;
    for (int y = 0; y < rows; ++y) sum += held.row(0, place.row + y).at(0);
    return {sum};
  }
  RowCodes finish_row(const WindowPlace&,
                      const std::vector<std::vector<std::int64_t>>& windows) override {
    std::int64_t sum = 0;
    for (const std::vector<std::int64_t>& window : windows) sum += window.at(0);
    return {static_cast<std::int32_t>(sum)};
  }
  [[nodiscard]] Json notes() const override { return "done"; }

 private:
  int kernel_;
};

TEST(Simulate, CarriesRowsToTheWindowsThatReadThem) {
  PipelineModel model = one_layer();
  model.num_inferences = 2;
  RowNumbers arithmetic(kKernel);

  const FunctionalResult result = simulate(model, arithmetic);

  // Windows of rows 0..2, 1..3, 2..4, 3..5, four of each: 4 * (3 + 6 + 9 + 12).
  EXPECT_EQ(result.outputs[0], (RowCodes{120}));
  EXPECT_EQ(result.outputs[1], (RowCodes{120 + 4 * 4 * 3 * 1000}));
  EXPECT_EQ(result.notes, "done");
  EXPECT_EQ(result_to_json(result.timing), result_to_json(simulate(model)));
}

TEST(Simulate, RefusesAWindowThatReadsARowThatIsNotThere) {
  RowNumbers arithmetic(kKernel + 1);  // one row more than the model's windows have

  EXPECT_THROW((void)simulate(one_layer(), arithmetic), NumericError);
}

}  // namespace
}  // namespace ohmweave::power_area
