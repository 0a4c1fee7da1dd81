// SPDX-License-Identifier: Apache-2.0
#include "admm/cardinality.h"

#include <cmath>
#include <vector>

#include "admm/ranking.h"

namespace ohmweave::admm {

torch::Tensor Cardinality::project(const torch::Tensor& v) const {
  const torch::Tensor plain = checked_values(v, "cardinality");
  const float* values = plain.data_ptr<float>();
  std::vector<double> magnitudes(static_cast<std::size_t>(plain.numel()));
  for (std::size_t i = 0; i < magnitudes.size(); ++i) magnitudes[i] = std::fabs(values[i]);
  return zeroed_unless(plain, choose_largest(magnitudes, keep_)).to(v.device());
}

bool Cardinality::contains(const torch::Tensor& v) const {
  return torch::count_nonzero(v).item<std::int64_t>() <= keep_;
}

Json Cardinality::describe() const { return {{"kind", "cardinality"}, {"keep", keep_}}; }

}  // namespace ohmweave::admm
