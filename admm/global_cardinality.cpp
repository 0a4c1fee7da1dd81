// SPDX-License-Identifier: Apache-2.0
#include "admm/global_cardinality.h"

#include <algorithm>
#include <utility>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {

std::vector<char> choose_with_floors(const std::vector<double>& scores,
                                     const std::vector<CountedPart>& parts, std::int64_t keep) {
  std::vector<char> kept(scores.size(), 0);
  std::vector<double> rest = scores;
  std::int64_t num_fixed = 0;
  auto begin = scores.begin();
  for (const CountedPart& part : parts) {
    const std::vector<double> own(begin, begin + part.entries);
    const std::vector<char> fixed = choose_largest(own, part.floor);
    const std::int64_t offset = begin - scores.begin();
    for (std::int64_t i = 0; i < part.entries; ++i) {
      if (fixed[i] == 0) continue;
      kept[offset + i] = 1;
      rest[offset + i] = -1.0;  // below every score that competes
    }
    num_fixed += part.floor;
    begin += part.entries;
  }
  OHMWEAVE_REQUIRE(begin == scores.end(), "the parts cover the concatenation");
  OHMWEAVE_REQUIRE(num_fixed <= keep, "the floors fit into the count");
  const std::vector<char> chosen = choose_largest(rest, keep - num_fixed);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (chosen[i] != 0) kept[i] = 1;
  }
  return kept;
}

GlobalCardinality::GlobalCardinality(std::vector<CountedPart> parts, std::int64_t keep)
    : parts_(std::move(parts)), keep_(keep) {}

torch::Tensor GlobalCardinality::nearest(const torch::Tensor& v,
                                         const torch::Tensor& metric) const {
  return zeroed_unless(v, choose_with_floors(weighted_squares(v, metric), parts_, keep_));
}

bool GlobalCardinality::contains(const torch::Tensor& v) const {
  const torch::Tensor flat = v.detach().reshape({-1});
  std::int64_t begin = 0;
  std::int64_t taken = 0;
  for (const CountedPart& part : parts_) {
    const torch::Tensor own = flat.slice(0, begin, begin + part.entries);
    taken += std::max(torch::count_nonzero(own).item<std::int64_t>(), part.floor);
    begin += part.entries;
  }
  OHMWEAVE_REQUIRE(begin == flat.numel(), "the parts cover the concatenation");
  return taken <= keep_;
}

Json GlobalCardinality::describe() const {
  Json parts = Json::array();
  for (const CountedPart& part : parts_) {
    parts.push_back({{"weights", part.name}, {"entries", part.entries}, {"floor", part.floor}});
  }
  return {{"kind", "global_cardinality"}, {"keep", keep_}, {"parts", parts}};
}

}  // namespace ohmweave::admm
