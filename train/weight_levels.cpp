// SPDX-License-Identifier: Apache-2.0
#include "train/weight_levels.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace ohmweave::train {
namespace {

const char* const kScaleSuffix = ".scale";

torch::Tensor as_tensor(const std::vector<double>& values) {
  return torch::tensor(values, torch::kFloat64).to(torch::kFloat32);
}

/// Points halfway between neighbouring levels.
torch::Tensor midpoints_of(const admm::LevelList& list) {
  std::vector<double> points;
  for (std::size_t i = 1; i < list.levels().size(); ++i) {
    points.push_back((static_cast<double>(list.levels()[i - 1]) + list.levels()[i]) / 2.0);
  }
  return as_tensor(points);
}

std::vector<admm::WeightedValue> weighted(const torch::Tensor& values,
                                          const torch::Tensor& metric) {
  std::vector<admm::WeightedValue> result;
  const auto* value = values.data_ptr<float>();
  const auto* weight = metric.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) result.push_back({value[i], weight[i]});
  return result;
}

}  // namespace

WeightLevels::WeightLevels(const LevelLists& lists, const Masks& masks, Learner& learner)
    : learner_(learner) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, list] : lists) {
    const torch::Tensor zeros = torch::zeros_like(weight(name));
    slots_.emplace(
        name, Slot{list, midpoints_of(list), torch::tensor(torch::ArrayRef<float>(list.levels())),
                   places_inside(learner, name, masks.at(name)), zeros, zeros.clone()});
    scales_[name + kScaleSuffix] = torch::ones({1});
  }
}

torch::Tensor WeightLevels::weight(const std::string& name) const {
  return learner_.tensors().at(name).detach().view(-1);
}

torch::Tensor WeightLevels::scale(const std::string& name) const {
  return scales_.at(name + kScaleSuffix);
}

torch::Tensor WeightLevels::trained_scale(const std::string& name) const {
  const torch::Tensor& scale = scales_.at(name + kScaleSuffix);
  const auto value = scale.item<float>();
  if (!(value > 0.0F) || !std::isfinite(value))
    throw NumericError("the scale of the levels of '" + name + "' is " + std::to_string(value) +
                       ", must be positive");
  return scale;
}

const torch::Tensor& WeightLevels::levels(const std::string& name) const {
  return slots_.at(name).levels;
}

torch::Tensor WeightLevels::nearest_levels(const Slot& slot, const torch::Tensor& values,
                                           const torch::Tensor& scale) {
  return slot.values.index_select(0, torch::bucketize(values / scale, slot.midpoints));
}

void WeightLevels::fit(const nn::TensorMap& metrics) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, slot] : slots_) {
    const torch::Tensor values = weight(name).index_select(0, slot.places).contiguous();
    torch::Tensor metric = metric_inside(learner_, name, metrics, slot.places);
    if (!metric.defined()) metric = torch::ones_like(values);
    const float best = admm::fit_scale(weighted(values, metric), slot.list).scale;
    scale(name).fill_(best > 0.0F ? best : 1.0F);  // of a tensor of zeros any will do
  }
}

void WeightLevels::fix_nearest(double share) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, slot] : slots_) {
    const torch::Tensor values = weight(name).index_select(0, slot.places);
    const torch::Tensor level = torch::where(slot.fixed.index_select(0, slot.places).gt(0),
                                             slot.levels.index_select(0, slot.places),
                                             nearest_levels(slot, values, scale(name)));
    const torch::Tensor distance = (values - level * scale(name)).abs();
    for (const float value : slot.list.levels()) {
      const torch::Tensor on_level = slot.places.masked_select(level.eq(value));
      const torch::Tensor free = slot.fixed.index_select(0, on_level).eq(0);
      const auto wanted =
          static_cast<std::int64_t>(std::ceil(share * static_cast<double>(on_level.numel())));
      const std::int64_t missing =
          wanted - (on_level.numel() - free.count_nonzero().item<std::int64_t>());
      if (missing <= 0) continue;
      const torch::Tensor candidates = on_level.masked_select(free);
      const torch::Tensor far = distance.masked_select(level.eq(value)).masked_select(free);
      const torch::Tensor order = std::get<1>(far.sort(/*stable=*/true, 0, /*descending=*/false));
      const torch::Tensor chosen = candidates.index_select(0, order.slice(0, 0, missing));
      slot.fixed.index_fill_(0, chosen, 1.0);
      slot.levels.index_fill_(0, chosen, value);
    }
  }
}

void WeightLevels::settle_fixed() {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, slot] : slots_) {
    torch::Tensor values = weight(name);
    values.copy_(torch::where(slot.fixed.gt(0), slot.levels * trained_scale(name), values));
  }
}

void WeightLevels::settle_all() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, slot] : slots_) {
    torch::Tensor values = weight(name);
    const torch::Tensor inside = values.index_select(0, slot.places);
    const torch::Tensor step = trained_scale(name);
    slot.levels.index_copy_(0, slot.places, nearest_levels(slot, inside, step));
    values.copy_(slot.levels * step);
  }
}

void WeightLevels::set_scale_gradients() const {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, slot] : slots_) {
    const torch::Tensor gradient = learner_.parameters().at(name).grad().reshape(-1);
    scale(name).mutable_grad() = (slot.levels * gradient).sum().reshape({1});
  }
}

bool WeightLevels::hold() const {
  for (const auto& [name, slot] : slots_) {
    if (!torch::equal(weight(name), slot.levels * scale(name))) return false;
  }
  return true;
}

}  // namespace ohmweave::train
