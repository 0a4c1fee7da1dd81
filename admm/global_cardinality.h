// SPDX-License-Identifier: Apache-2.0
// One count for several tensors together, given as their 1-D concatenation:
//   {W : sum_l max(nonzeros(W_l), floor_l) <= keep},
// so each part keeps room for `floor` entries whatever the others take. Nearest point: the `floor`
// entries of largest metric_i v_i^2 of each part stay, then the largest of all others until `keep`.
// Source: ding_neurips_2019 (one ranking over all layers); the floors are ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// One tensor's piece of a concatenation.
struct CountedPart {
  std::string name;
  std::int64_t entries = 0;
  std::int64_t floor = 0;  // entries kept in this part at least
};

/// For each entry of the concatenation 1 if it is kept: the `floor` best of every part, then the
/// best of the rest, `keep` in all; ties go to the lower index. Floors must fit into `keep` and
/// into their parts.
[[nodiscard]] std::vector<char> choose_with_floors(const std::vector<double>& scores,
                                                   const std::vector<CountedPart>& parts,
                                                   std::int64_t keep);

class GlobalCardinality final : public Constraint {
 public:
  GlobalCardinality(std::vector<CountedPart> parts, std::int64_t keep);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::vector<CountedPart> parts_;
  std::int64_t keep_;
};

}  // namespace ohmweave::admm
