// SPDX-License-Identifier: Apache-2.0
// Every encoding, slicing, digit width and topology gives the integers of the network exactly when
// devices, wires and converters are ideal.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/encoding.h"
#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

struct IdealCase {
  Encoding encoding;
  std::vector<int> slice_bits;  // empty: of 2 bits each
  int dac_bits;
  bool has_signed_inputs;
  crossbar::Topology topology = crossbar::Topology::Passive;
};

std::vector<IdealCase> ideal_cases() {
  std::vector<IdealCase> cases;
  for (const EncodingKind& kind : encodings())
    for (const std::vector<int>& slices :
         {std::vector<int>{}, {1, 1, 1, 1, 1}, {3, 1, 2}, {2, 4}, {5}})
      for (const int dac_bits : {1, 3, 8})
        for (const bool is_signed : {false, true})
          cases.push_back({kind.encoding, slices, dac_bits, is_signed});
  for (const EncodingKind& kind : encodings())
    for (const bool is_signed : {false, true}) {
      cases.push_back({kind.encoding, {3, 2}, 2, is_signed, crossbar::Topology::RowSelect});
      cases.push_back({kind.encoding, {3, 2}, 1, is_signed, crossbar::Topology::GateInput});
    }
  return cases;
}

std::string name_of(const ::testing::TestParamInfo<IdealCase>& info) {
  const IdealCase& c = info.param;
  std::string name = find_encoding(c.encoding).name + "_slices";
  for (const int bits : c.slice_bits) name += "_" + std::to_string(bits);
  name += "_digits_" + std::to_string(c.dac_bits) + (c.has_signed_inputs ? "_signed" : "");
  if (c.topology == crossbar::Topology::RowSelect) name += "_row_select";
  if (c.topology == crossbar::Topology::GateInput) name += "_gate_input";
  return name;
}

Hardware hardware_of(const IdealCase& c) {
  Hardware hardware = ideal_hardware(16, 7);
  hardware.device.kind = "ideal";
  hardware.array.encoding = c.encoding;
  hardware.array.topology = c.topology;
  hardware.array.slice_bits = c.slice_bits;
  // Groups of whole inputs that do not fill the array evenly.
  hardware.array.rows_active = 5 * find_encoding(c.encoding).rows_per_input;
  hardware.dac.bits = c.dac_bits;
  return hardware;
}

class IdealChip : public ::testing::TestWithParam<IdealCase> {};

TEST_P(IdealChip, GivesTheIntegersOfTheNetwork) {
  const Hardware hardware = hardware_of(GetParam());
  QuantizedNetwork network = residual_network(0.4, RandomStream(5));
  network.nodes[0].output.is_signed = GetParam().has_signed_inputs;
  CodeBatch input = random_input(network, 2, RandomStream(6));
  if (GetParam().has_signed_inputs)
    for (std::int32_t& code : input.codes) code -= code > 127 ? 255 : 0;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  mapping::validate(mapped.placement, network);

  const std::vector<CodeBatch> read =
      run_network(network, program_chip(mapped, hardware, {RandomStream(7), 0}), input);

  const std::vector<CodeBatch> exact = run_network(network, exact_products(network), input);
  for (std::size_t node = 0; node < exact.size(); ++node)
    ASSERT_EQ(read[node].codes, exact[node].codes) << network.network.nodes[node].name;
}

INSTANTIATE_TEST_SUITE_P(Encodings, IdealChip, ::testing::ValuesIn(ideal_cases()), name_of);

TEST(WeightCells, HoldsEveryCodeByAnyEncodingAndSlicing) {
  for (const EncodingKind& kind : encodings()) {
    for (const std::vector<int>& slices : {std::vector<int>{2, 2}, {3, 1}, {1, 2, 1}, {4}}) {
      const WeightCells cells(kind.encoding, slices);
      const int subtracted = kind.has_unit_column ? cells.offset() : 0;
      for (int code = -cells.largest_code(); code <= cells.largest_code(); ++code) {
        int sum = 0;
        for (int slice = 0; slice < cells.num_slices(); ++slice)
          sum += cells.value(code, slice) * (1 << cells.slice(slice).shift);
        ASSERT_EQ(sum - subtracted, code) << kind.name;
        for (int cell = 0; cell < cells.num_cells(); ++cell) {
          const int bits = cells.slice(cell / cells.cells_per_slice()).bits;
          ASSERT_GE(cells.level(code, cell), 0) << kind.name;
          ASSERT_LT(cells.level(code, cell), 1 << bits) << kind.name;
        }
      }
    }
  }
}

TEST(WeightCells, MovesBothCellsOfATwoSidedPair) {
  const WeightCells cells(Encoding::TwoSidedPair, {2});

  // Of levels 0 to 3: the middle is between 1 and 2.
  EXPECT_EQ(cells.level(3, 0), 3);
  EXPECT_EQ(cells.level(3, 1), 0);
  EXPECT_EQ(cells.level(1, 0), 2);
  EXPECT_EQ(cells.level(1, 1), 1);
  EXPECT_EQ(cells.level(0, 0), 2);
  EXPECT_EQ(cells.level(0, 1), 2);
  EXPECT_EQ(cells.level(-3, 0), 0);
  EXPECT_EQ(cells.level(-3, 1), 3);
}

TEST(WeightCells, TakesABitMoreForTheOffset) {
  EXPECT_EQ(equal_slices(Encoding::OneSidedPair, 4, 2), (std::vector<int>{2, 2}));
  EXPECT_EQ(equal_slices(Encoding::OffsetColumn, 4, 2), (std::vector<int>{2, 2, 2}));
  EXPECT_EQ(WeightCells(Encoding::UnitColumn, {2, 2, 2}).offset(), 32);
}

}  // namespace
}  // namespace ohmweave::inference
