// SPDX-License-Identifier: Apache-2.0
#include "admm/n_m.h"

#include <algorithm>
#include <vector>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// Calls visit(begin, end) for each run of a tensor of `entries` entries.
template <class Visit>
void for_each_run(std::int64_t entries, std::int64_t window, int m, Visit visit) {
  OHMWEAVE_REQUIRE(entries % window == 0, "the tensor consists of whole filters");
  for (std::int64_t filter = 0; filter < entries; filter += window) {
    for (std::int64_t begin = 0; begin < window; begin += m) {
      visit(filter + begin, filter + std::min<std::int64_t>(begin + m, window));
    }
  }
}

}  // namespace

NOfM::NOfM(std::int64_t window, int n, int m) : window_(window), n_(n), m_(m) {
  OHMWEAVE_REQUIRE(m >= 1 && n >= 0 && n <= m, "n of m: 0 <= n <= m");
}

torch::Tensor NOfM::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  const std::vector<double> scores = weighted_squares(v, metric);
  std::vector<char> kept(scores.size(), 0);
  std::vector<std::int64_t> order;
  for_each_run(v.numel(), window_, m_, [&](std::int64_t begin, std::int64_t end) {
    order.clear();
    for (std::int64_t i = begin; i < end; ++i) order.push_back(i);
    const auto count = std::min<std::int64_t>(n_, end - begin);
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [&scores](std::int64_t a, std::int64_t b) {
                        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
                      });
    for (std::int64_t i = 0; i < count; ++i) kept[order[i]] = 1;
  });
  return zeroed_unless(v, kept);
}

bool NOfM::contains(const torch::Tensor& v) const {
  const torch::Tensor plain = plain_values(v);
  const float* values = plain.data_ptr<float>();
  bool is_member = true;
  for_each_run(v.numel(), window_, m_, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t zeros = std::count(values + begin, values + end, 0.0F);
    if (end - begin - zeros > n_) is_member = false;
  });
  return is_member;
}

Json NOfM::describe() const { return {{"kind", "n_m"}, {"n", n_}, {"m", m_}}; }

}  // namespace ohmweave::admm
