// SPDX-License-Identifier: Apache-2.0
#include "admm/joined.h"

#include <utility>

#include "admm/masked_entries.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::vector<std::vector<std::int64_t>> shapes_of(const std::vector<SeparatePart>& parts) {
  std::vector<std::vector<std::int64_t>> shapes;
  shapes.reserve(parts.size());
  for (const SeparatePart& part : parts) shapes.push_back(part.shape);
  return shapes;
}

}  // namespace

torch::Tensor concatenated(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> flat;
  flat.reserve(tensors.size());
  for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.detach().reshape({-1}));
  return torch::cat(flat);
}

std::vector<torch::Tensor> split(const torch::Tensor& joined,
                                 const std::vector<std::vector<std::int64_t>>& shapes) {
  const torch::Tensor flat = joined.reshape({-1});
  std::vector<torch::Tensor> tensors;
  std::int64_t begin = 0;
  for (const std::vector<std::int64_t>& shape : shapes) {
    std::int64_t entries = 1;
    for (const std::int64_t length : shape) entries *= length;
    OHMWEAVE_REQUIRE(begin + entries <= flat.numel(), "the parts fit into the concatenation");
    tensors.push_back(flat.slice(0, begin, begin + entries).reshape(shape));
    begin += entries;
  }
  OHMWEAVE_REQUIRE(begin == flat.numel(), "the parts cover the concatenation");
  return tensors;
}

Masked::Masked(std::shared_ptr<const Constraint> inner, const torch::Tensor& mask)
    : inner_(std::move(inner)), mask_(plain_mask(mask)) {
  OHMWEAVE_REQUIRE(mask_.defined(), "there is a mask");
}

torch::Tensor Masked::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  const torch::Tensor inside = torch::where(mask_.view_as(v), v, torch::zeros_like(v));
  return inner_->project(inside, metric);
}

bool Masked::contains(const torch::Tensor& v) const {
  return is_zero_outside(plain_values(v), mask_) && inner_->contains(v);
}

Json Masked::describe() const { return inner_->describe(); }

torch::Tensor Separate::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  const auto shapes = shapes_of(parts_);
  std::vector<torch::Tensor> results = split(v, shapes);
  const auto metrics =
      metric.defined() ? split(metric, shapes) : std::vector<torch::Tensor>(parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].constraint) results[i] = parts_[i].constraint->project(results[i], metrics[i]);
  }
  return concatenated(results);
}

bool Separate::contains(const torch::Tensor& v) const {
  const std::vector<torch::Tensor> tensors = split(v, shapes_of(parts_));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].constraint && !parts_[i].constraint->contains(tensors[i])) return false;
  }
  return true;
}

Json Separate::describe() const {
  Json parts = Json::array();
  for (const SeparatePart& part : parts_) {
    parts.push_back(part.constraint ? part.constraint->describe() : Json{{"kind", "free"}});
  }
  return {{"kind", "separate"}, {"parts", parts}};
}

}  // namespace ohmweave::admm
