// SPDX-License-Identifier: Apache-2.0
// {W : inside the mask W = q * level, the level out of a fixed list, one scale q >= 0 per tensor or
// per filter, found with the weights; W = 0 outside the mask}. The lists of the table:
//   uniform_levels  +-1 .. +-n            binary  +-1            ternary  -1, 0, 1
//   power_of_two    +-1, +-2, .. +-2^(n-1), with 0 if asked for  device_levels  as given
// A zero inside the mask is a weight like any other: without a level 0 it moves to the smallest
// one. Nearest point: level_search.h, exactly and in any metric.
// Source: leng_aaai_2018 (levels by ADMM), ren_asplos_2019 (levels without zero, scale searched),
// li_arxiv_2016 (ternary), rastegari_eccv_2016 (binary), yuan_islped_2019 (measured state means).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admm/constraint.h"
#include "admm/level_search.h"

namespace ohmweave::admm {

/// What shares one scale.
enum class ScalePer { Tensor, Filter };

class ScaledLevels final : public Constraint {
 public:
  /// `mask`: bool, of the tensor's shape, true where a weight may be non-zero; undefined = all.
  ScaledLevels(std::string kind, std::vector<float> levels, ScalePer scale_per,
               const torch::Tensor& mask);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

  /// The scale of each slice (one, or one per filter) that gives `v` bit for bit; empty if none do.
  [[nodiscard]] std::optional<std::vector<float>> exact_scales(const torch::Tensor& v) const;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::string kind_;
  LevelList list_;
  ScalePer scale_per_;
  torch::Tensor mask_;
};

/// +-1 .. +-count.
[[nodiscard]] std::vector<float> uniform_level_list(int count);
/// +-2^0 .. +-2^(count-1).
[[nodiscard]] std::vector<float> power_of_two_level_list(int count);

}  // namespace ohmweave::admm
