// SPDX-License-Identifier: Apache-2.0
#include "admm/array_groups.h"

#include <gtest/gtest.h>

#include "admm/group_cardinality.h"

namespace ohmweave::admm {
namespace {

// 3 inputs (matrix rows) and 2 outputs (matrix columns) in arrays of 2 x 1: four arrays.
//   matrix (row: input, column: output)      tensor is out x in
//     1  6
//     2  5
//     3  4
const torch::Tensor& small_weight() {
  static const torch::Tensor weight = torch::tensor({{1.0F, 2.0F, 3.0F}, {6.0F, 5.0F, 4.0F}});
  return weight;
}

/// At most `keep` groups of a cut.
class ArrayGroups {
 public:
  ArrayGroups(const ArrayCut& cut, GroupUnit unit, std::int64_t keep)
      : set_(array_groups(cut, unit), keep) {}
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v) const { return set_.project(v); }
  [[nodiscard]] bool contains(const torch::Tensor& v) const { return set_.contains(v); }

 private:
  GroupCardinality set_;
};

ArrayCut small_cut() { return make_array_cut({2, 3}, 1, 2, 1); }

TEST(ArrayCut, CountsGroupsOfEdgeArraysToo) {
  EXPECT_EQ(num_groups(small_cut(), GroupUnit::ArrayRow), 6);
  EXPECT_EQ(num_groups(small_cut(), GroupUnit::ArrayColumn), 4);
  EXPECT_EQ(num_groups(small_cut(), GroupUnit::ArrayBlock), 4);
}

TEST(ArrayCut, ReadsAConvolutionAsWindowInputsByFilters) {
  const ArrayCut cut = make_array_cut({50, 20, 5, 5}, 1, 128, 32);

  EXPECT_EQ(cut.matrix_rows, 500);
  EXPECT_EQ(cut.matrix_columns, 50);
  EXPECT_EQ(num_groups(cut, GroupUnit::ArrayRow), 2 * 500);
  EXPECT_EQ(num_groups(cut, GroupUnit::ArrayColumn), 4 * 50);
  EXPECT_EQ(num_groups(cut, GroupUnit::ArrayBlock), 4 * 2);
}

TEST(ArrayCut, KeepsTheMatricesOfAGroupedConvolutionApart) {
  const ArrayCut cut = make_array_cut({4, 1, 3, 3}, 4, 128, 128);

  EXPECT_EQ(num_groups(cut, GroupUnit::ArrayBlock), 4);
  EXPECT_NE(group_of(cut, GroupUnit::ArrayBlock, 0, 0, 0),
            group_of(cut, GroupUnit::ArrayBlock, 1, 0, 0));
}

TEST(ArrayGroups, KeepsTheStrongestArrayColumn) {
  const ArrayGroups one(small_cut(), GroupUnit::ArrayColumn, 1);

  const torch::Tensor kept = one.project(small_weight());

  EXPECT_TRUE(torch::equal(kept, torch::tensor({{0.0F, 0.0F, 0.0F}, {6.0F, 5.0F, 0.0F}})));
}

TEST(ArrayGroups, KeepsTheStrongestArrayRows) {
  const ArrayGroups two(make_array_cut({2, 3}, 1, 2, 2), GroupUnit::ArrayRow, 2);

  const torch::Tensor kept = two.project(small_weight());

  // Norms squared of the rows (1 6), (2 5), (3 4): 37, 29, 25.
  EXPECT_TRUE(torch::equal(kept, torch::tensor({{1.0F, 2.0F, 0.0F}, {6.0F, 5.0F, 0.0F}})));
}

TEST(ArrayGroups, KeepsTheStrongestArray) {
  const ArrayGroups one(make_array_cut({2, 3}, 1, 2, 2), GroupUnit::ArrayBlock, 1);

  const torch::Tensor kept = one.project(small_weight());

  // The upper array holds rows (1 6), (2 5): 66; the lower one the row (3 4): 25.
  EXPECT_TRUE(torch::equal(kept, torch::tensor({{1.0F, 2.0F, 0.0F}, {6.0F, 5.0F, 0.0F}})));
}

TEST(ArrayGroups, BreaksTiesByTheLowerGroup) {
  const ArrayGroups one(make_array_cut({2, 2}, 1, 1, 2), GroupUnit::ArrayRow, 1);

  const torch::Tensor kept = one.project(torch::ones({2, 2}));

  EXPECT_TRUE(torch::equal(kept, torch::tensor({{1.0F, 0.0F}, {1.0F, 0.0F}})));
}

TEST(ArrayGroups, ContainsOnlyWhatUsesAtMostTheCount) {
  const ArrayGroups one(small_cut(), GroupUnit::ArrayColumn, 1);

  EXPECT_TRUE(one.contains(torch::tensor({{0.0F, 0.0F, 0.0F}, {6.0F, 5.0F, 0.0F}})));
  EXPECT_FALSE(one.contains(torch::tensor({{0.0F, 0.0F, 1e-30F}, {6.0F, 5.0F, 0.0F}})));
}

}  // namespace
}  // namespace ohmweave::admm
