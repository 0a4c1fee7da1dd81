// SPDX-License-Identifier: Apache-2.0
#include "admm/group_cardinality.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

void require_shape(const torch::Tensor& v, const Grouping& grouping) {
  OHMWEAVE_REQUIRE(v.numel() == static_cast<std::int64_t>(grouping.of_entry.size()),
                   "the tensor has the shape the constraint was made for");
}

}  // namespace

GroupCardinality::GroupCardinality(Grouping grouping, std::int64_t keep)
    : grouping_(std::move(grouping)), keep_(keep) {}

torch::Tensor GroupCardinality::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  require_shape(v, grouping_);
  const std::vector<double> squares = weighted_squares(v, metric);
  std::vector<double> energies(static_cast<std::size_t>(grouping_.count), 0.0);
  for (std::size_t i = 0; i < squares.size(); ++i) energies[grouping_.of_entry[i]] += squares[i];
  const std::vector<char> chosen = choose_largest(energies, keep_);
  std::vector<char> kept(squares.size());
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = chosen[grouping_.of_entry[i]];
  return zeroed_unless(v, kept);
}

bool GroupCardinality::contains(const torch::Tensor& v) const {
  require_shape(v, grouping_);
  const torch::Tensor plain = plain_values(v);
  const float* values = plain.data_ptr<float>();
  std::vector<char> is_used(static_cast<std::size_t>(grouping_.count), 0);
  for (std::size_t i = 0; i < grouping_.of_entry.size(); ++i) {
    if (values[i] != 0.0F) is_used[grouping_.of_entry[i]] = 1;
  }
  return std::count(is_used.begin(), is_used.end(), 1) <= keep_;
}

Json GroupCardinality::describe() const {
  return {{"kind", grouping_.unit}, {"keep", keep_}, {"of", grouping_.count}};
}

}  // namespace ohmweave::admm
