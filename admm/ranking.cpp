// SPDX-License-Identifier: Apache-2.0
#include "admm/ranking.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace ohmweave::admm {

std::vector<char> choose_largest(const std::vector<double>& scores, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(scores.size());
  if (count >= size) return std::vector<char>(scores.size(), 1);
  std::vector<char> chosen(scores.size(), 0);
  if (count <= 0) return chosen;
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&scores](std::int64_t a, std::int64_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  std::nth_element(order.begin(), order.begin() + (count - 1), order.end(), before);
  for (std::int64_t i = 0; i < count; ++i) chosen[order[i]] = 1;
  return chosen;
}

torch::Tensor plain_values(const torch::Tensor& v) {
  return v.detach().to(torch::kCPU, torch::kFloat32).contiguous();
}

torch::Tensor checked_values(const torch::Tensor& v, const std::string& what) {
  const torch::Tensor plain = plain_values(v);
  if (!torch::isfinite(plain).all().item<bool>()) {
    throw NumericError(what + ": the tensor holds NaN or infinity");
  }
  return plain;
}

std::vector<double> weighted_squares(const torch::Tensor& v, const torch::Tensor& metric) {
  const float* values = v.data_ptr<float>();
  const float* weights = metric.defined() ? metric.data_ptr<float>() : nullptr;
  std::vector<double> squares(static_cast<std::size_t>(v.numel()));
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const double square = static_cast<double>(values[i]) * values[i];
    squares[i] = weights == nullptr ? square : square * weights[i];
  }
  return squares;
}

torch::Tensor zeroed_unless(const torch::Tensor& v, const std::vector<char>& kept) {
  torch::Tensor result = v.clone();
  float* values = result.data_ptr<float>();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == 0) values[i] = 0.0F;
  }
  return result;
}

}  // namespace ohmweave::admm
