// SPDX-License-Identifier: Apache-2.0
#include "admm/array_groups.h"

#include <algorithm>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::int64_t pieces(int length, int piece) {
  return (static_cast<std::int64_t>(length) + piece - 1) / piece;
}

const char* unit_name(GroupUnit unit) {
  switch (unit) {
    case GroupUnit::ArrayRow:
      return "array_row";
    case GroupUnit::ArrayColumn:
      return "array_column";
    case GroupUnit::ArrayBlock:
      return "array_block";
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return "";
}

std::vector<std::int64_t> groups_of_entries(const ArrayCut& cut, GroupUnit unit) {
  std::vector<std::int64_t> groups;
  groups.reserve(static_cast<std::size_t>(cut.num_matrices) * cut.matrix_rows * cut.matrix_columns);
  for (int matrix = 0; matrix < cut.num_matrices; ++matrix) {
    for (int column = 0; column < cut.matrix_columns; ++column) {
      for (int row = 0; row < cut.matrix_rows; ++row) {
        groups.push_back(group_of(cut, unit, matrix, row, column));
      }
    }
  }
  return groups;
}

}  // namespace

ArrayCut make_array_cut(const std::vector<std::int64_t>& shape, int groups, int rows, int cols) {
  OHMWEAVE_REQUIRE(shape.size() >= 2, "a weight has at least two dimensions");
  OHMWEAVE_REQUIRE(groups >= 1 && shape[0] % groups == 0, "outputs divide into groups");
  std::int64_t window = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) window *= shape[i];
  return {static_cast<int>(window), static_cast<int>(shape[0] / groups), groups, rows, cols};
}

std::int64_t num_groups(const ArrayCut& cut, GroupUnit unit) {
  const std::int64_t row_blocks = pieces(cut.matrix_rows, cut.rows);
  const std::int64_t column_blocks = pieces(cut.matrix_columns, cut.cols);
  switch (unit) {
    case GroupUnit::ArrayRow:
      return cut.num_matrices * column_blocks * cut.matrix_rows;
    case GroupUnit::ArrayColumn:
      return cut.num_matrices * row_blocks * cut.matrix_columns;
    case GroupUnit::ArrayBlock:
      return cut.num_matrices * row_blocks * column_blocks;
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return 0;
}

std::int64_t group_of(const ArrayCut& cut, GroupUnit unit, int matrix, int row, int column) {
  const std::int64_t row_blocks = pieces(cut.matrix_rows, cut.rows);
  const std::int64_t column_blocks = pieces(cut.matrix_columns, cut.cols);
  const std::int64_t row_block = row / cut.rows;
  const std::int64_t column_block = column / cut.cols;
  switch (unit) {
    case GroupUnit::ArrayRow:
      return (matrix * column_blocks + column_block) * cut.matrix_rows + row;
    case GroupUnit::ArrayColumn:
      return (matrix * row_blocks + row_block) * cut.matrix_columns + column;
    case GroupUnit::ArrayBlock:
      return (matrix * row_blocks + row_block) * column_blocks + column_block;
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return 0;
}

ArrayGroups::ArrayGroups(const ArrayCut& cut, GroupUnit unit, std::int64_t keep)
    : cut_(cut), unit_(unit), keep_(keep), group_of_entry_(groups_of_entries(cut, unit)) {}

torch::Tensor ArrayGroups::project(const torch::Tensor& v) const {
  const torch::Tensor plain = checked_values(v, unit_name(unit_));
  OHMWEAVE_REQUIRE(plain.numel() == static_cast<std::int64_t>(group_of_entry_.size()),
                   "the tensor has the shape the constraint was made for");
  const float* values = plain.data_ptr<float>();
  std::vector<double> energies(static_cast<std::size_t>(num_groups(cut_, unit_)), 0.0);
  for (std::size_t i = 0; i < group_of_entry_.size(); ++i) {
    energies[group_of_entry_[i]] += static_cast<double>(values[i]) * values[i];
  }
  const std::vector<char> chosen = choose_largest(energies, keep_);
  std::vector<char> kept(group_of_entry_.size());
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = chosen[group_of_entry_[i]];
  return zeroed_unless(plain, kept).to(v.device());
}

bool ArrayGroups::contains(const torch::Tensor& v) const {
  const torch::Tensor plain = v.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  OHMWEAVE_REQUIRE(plain.numel() == static_cast<std::int64_t>(group_of_entry_.size()),
                   "the tensor has the shape the constraint was made for");
  const float* values = plain.data_ptr<float>();
  std::vector<char> is_used(static_cast<std::size_t>(num_groups(cut_, unit_)), 0);
  for (std::size_t i = 0; i < group_of_entry_.size(); ++i) {
    if (values[i] != 0.0F) is_used[group_of_entry_[i]] = 1;
  }
  return std::count(is_used.begin(), is_used.end(), 1) <= keep_;
}

Json ArrayGroups::describe() const {
  return {{"kind", unit_name(unit_)},
          {"keep", keep_},
          {"of", num_groups(cut_, unit_)},
          {"rows", cut_.rows},
          {"cols", cut_.cols}};
}

}  // namespace ohmweave::admm
