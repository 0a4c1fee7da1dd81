// SPDX-License-Identifier: Apache-2.0
#include "admm/sequence.h"

#include <algorithm>
#include <utility>

namespace ohmweave::admm {

Sequence::Sequence(std::vector<std::shared_ptr<const Constraint>> parts)
    : parts_(std::move(parts)) {}

torch::Tensor Sequence::project(const torch::Tensor& v) const {
  torch::Tensor result = v.detach().clone();
  for (const auto& part : parts_) result = part->project(result);
  return result;
}

bool Sequence::contains(const torch::Tensor& v) const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [&v](const auto& part) { return part->contains(v); });
}

Json Sequence::describe() const {
  Json parts = Json::array();
  for (const auto& part : parts_) parts.push_back(part->describe());
  return {{"kind", "sequence"}, {"parts", parts}};
}

}  // namespace ohmweave::admm
