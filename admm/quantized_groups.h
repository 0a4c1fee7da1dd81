// SPDX-License-Identifier: Apache-2.0
// Pruning and quantizing in one set, with the levels L fixed:
//   quantized_groups_at_most  {W : at most K groups hold a non-zero, every entry of these is in L}
//   quantized_groups_exactly  {W : exactly K groups have all their entries in L, the others are 0}
// (with 0 in L the two are the same). Keeping group g instead of emptying it saves
//   gain_g = ||V_g||^2 - ||V_g - Q(V_g)||^2     (norms in the metric, Q = nearest level),
// so the nearest point keeps the K groups of largest gain; "at most" leaves out gains below 0,
// which exist when L has no 0. Emptying by ||V_g|| first and quantizing then is not nearest.
// Entries outside the mask are 0 and belong to no group; groups without entries do not count.
// Source: the joint set of pruning and quantization of ye_arxiv_2018; the gain is derived here.
#pragma once

#include <cstdint>
#include <vector>

#include "admm/constraint.h"
#include "admm/grouping.h"
#include "admm/level_search.h"

namespace ohmweave::admm {

enum class GroupCount { AtMost, Exactly };

class QuantizedGroups final : public Constraint {
 public:
  struct Count {
    GroupCount rule = GroupCount::AtMost;
    std::int64_t keep = 0;
  };
  /// Exactly: there must be that many groups with an entry inside the mask.
  QuantizedGroups(Grouping grouping, std::vector<float> levels, Count count,
                  const torch::Tensor& mask);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  [[nodiscard]] std::vector<char> chosen_groups(const std::vector<double>& gains) const;
  Grouping grouping_;
  LevelList list_;
  Count count_;
  torch::Tensor mask_;
  std::vector<char> has_entries_;  // of each group
};

/// Groups with an entry inside the mask.
[[nodiscard]] std::int64_t num_groups_inside(const Grouping& grouping, const torch::Tensor& mask);

}  // namespace ohmweave::admm
