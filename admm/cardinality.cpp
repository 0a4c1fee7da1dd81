// SPDX-License-Identifier: Apache-2.0
#include "admm/cardinality.h"

#include "admm/ranking.h"

namespace ohmweave::admm {

torch::Tensor Cardinality::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  if (!metric.defined()) return keep_largest_magnitudes(v, keep_);
  return zeroed_unless(v, choose_largest(weighted_squares(v, metric), keep_));
}

bool Cardinality::contains(const torch::Tensor& v) const {
  return torch::count_nonzero(v).item<std::int64_t>() <= keep_;
}

Json Cardinality::describe() const { return {{"kind", "cardinality"}, {"keep", keep_}}; }

}  // namespace ohmweave::admm
