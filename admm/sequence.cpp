// SPDX-License-Identifier: Apache-2.0
#include "admm/sequence.h"

#include <algorithm>
#include <utility>

namespace ohmweave::admm {

Sequence::Sequence(std::vector<std::shared_ptr<const Constraint>> parts, std::string kind)
    : parts_(std::move(parts)), kind_(std::move(kind)) {}

torch::Tensor Sequence::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  torch::Tensor result = v;
  for (const auto& part : parts_) result = part->project(result, metric);
  return result;
}

bool Sequence::contains(const torch::Tensor& v) const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [&v](const auto& part) { return part->contains(v); });
}

Json Sequence::describe() const {
  Json parts = Json::array();
  for (const auto& part : parts_) parts.push_back(part->describe());
  return {{"kind", kind_}, {"parts", parts}};
}

}  // namespace ohmweave::admm
