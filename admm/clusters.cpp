// SPDX-License-Identifier: Apache-2.0
#include "admm/clusters.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "admm/masked_entries.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// Sums over prefixes of the sorted values, moved to their mean so that nothing cancels badly.
class RunCost {
 public:
  explicit RunCost(const std::vector<ValueMass>& sorted) : before_(sorted.size() + 1) {
    double weight = 0.0;
    double product = 0.0;
    for (const ValueMass& entry : sorted) {
      weight += entry.mass;
      product += entry.mass * entry.value;
    }
    centre_ = weight > 0.0 ? product / weight : 0.0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const double value = sorted[i].value - centre_;
      const double w = sorted[i].mass;
      before_[i + 1] = {before_[i].weight + w, before_[i].first + w * value,
                        before_[i].second + w * value * value};
    }
  }
  /// Weighted squared error of values [begin, end) as one cluster.
  [[nodiscard]] double cost(std::int64_t begin, std::int64_t end) const {
    const double weight = before_[end].weight - before_[begin].weight;
    const double first = before_[end].first - before_[begin].first;
    const double second = before_[end].second - before_[begin].second;
    return std::max(0.0, second - first * first / weight);
  }
  [[nodiscard]] double mean(std::int64_t begin, std::int64_t end) const {
    const double weight = before_[end].weight - before_[begin].weight;
    return centre_ + (before_[end].first - before_[begin].first) / weight;
  }

 private:
  struct Moments {
    double weight = 0.0;
    double first = 0.0;
    double second = 0.0;
  };
  std::vector<Moments> before_;
  double centre_ = 0.0;
};

/// One layer of the dynamic programme, for every end: best cost of the first `end` values in at
/// most so many clusters, and where the last of them begins.
struct Layer {
  std::vector<double> cost;
  std::vector<std::int32_t> begin;
};

/// Ends still to be solved, whose last cluster begins in [low, high].
struct Span {
  std::int64_t first_end = 0;
  std::int64_t last_end = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

Layer next_layer(const RunCost& runs, const std::vector<double>& fewer) {
  const auto size = static_cast<std::int64_t>(fewer.size()) - 1;
  Layer layer{std::vector<double>(fewer.size(), 0.0), std::vector<std::int32_t>(fewer.size(), 0)};
  std::vector<Span> open = {{1, size, 0, size - 1}};
  while (!open.empty()) {
    const Span span = open.back();
    open.pop_back();
    if (span.first_end > span.last_end) continue;
    const std::int64_t end = (span.first_end + span.last_end) / 2;
    double best = INFINITY;
    std::int64_t best_begin = span.low;
    for (std::int64_t begin = span.low; begin <= std::min(span.high, end - 1); ++begin) {
      const double cost = fewer[begin] + runs.cost(begin, end);
      if (cost >= best) continue;
      best = cost;
      best_begin = begin;
    }
    layer.cost[end] = best;
    layer.begin[end] = static_cast<std::int32_t>(best_begin);
    open.push_back({span.first_end, end - 1, span.low, best_begin});
    open.push_back({end + 1, span.last_end, best_begin, span.high});
  }
  return layer;
}

ClusterRuns runs_from(const RunCost& runs, std::vector<std::int64_t> first, std::int64_t size) {
  ClusterRuns result{std::move(first), {}};
  for (std::size_t i = 0; i < result.first.size(); ++i) {
    const std::int64_t end = i + 1 < result.first.size() ? result.first[i + 1] : size;
    result.centroid.push_back(runs.mean(result.first[i], end));
  }
  return result;
}

/// Sorts and joins equal values, adding their weights.
std::vector<ValueMass> sorted_distinct(std::vector<WeightedValue> entries) {
  std::sort(entries.begin(), entries.end(), [](const WeightedValue& a, const WeightedValue& b) {
    return a.value != b.value ? a.value < b.value : a.weight < b.weight;
  });
  std::vector<ValueMass> distinct;
  for (const WeightedValue& entry : entries) {
    if (!distinct.empty() && distinct.back().value == entry.value) {
      distinct.back().mass += entry.weight;
    } else {
      distinct.push_back({entry.value, entry.weight});
    }
  }
  return distinct;
}

/// First values of the runs for given centroids: a value on the midpoint belongs to the lower one.
std::vector<std::int64_t> assign(const std::vector<ValueMass>& sorted,
                                 const std::vector<double>& centroids) {
  std::vector<std::int64_t> first = {0};
  for (std::size_t i = 1; i < centroids.size(); ++i) {
    const double limit = 0.5 * (centroids[i - 1] + centroids[i]);
    const auto found = std::upper_bound(
        sorted.begin(), sorted.end(), limit,
        [](double middle, const ValueMass& entry) { return middle < entry.value; });
    const std::int64_t begin = found - sorted.begin();
    const bool is_empty = begin <= first.back() || found == sorted.end();
    if (!is_empty) first.push_back(begin);  // a cluster without values disappears
  }
  return first;
}

}  // namespace

ClusterRuns exact_clusters(const std::vector<ValueMass>& sorted, int count) {
  const auto size = static_cast<std::int64_t>(sorted.size());
  if (size == 0) return {};
  const RunCost runs(sorted);
  const std::int64_t used = std::min<std::int64_t>(count, size);
  std::vector<std::vector<std::int32_t>> begins;  // of the last of k + 1 clusters, for every end
  Layer layer{std::vector<double>(sorted.size() + 1, INFINITY), {}};
  layer.cost[0] = 0.0;
  for (std::int64_t k = 0; k < used; ++k) {
    layer = next_layer(runs, layer.cost);
    begins.push_back(std::move(layer.begin));
  }
  std::vector<std::int64_t> first;
  std::int64_t end = size;
  for (std::int64_t k = used; k >= 1 && end > 0; --k) {
    end = begins[static_cast<std::size_t>(k - 1)][end];
    first.push_back(end);
  }
  std::reverse(first.begin(), first.end());
  return runs_from(runs, std::move(first), size);
}

ClusterRuns lloyd_clusters(const std::vector<ValueMass>& sorted, int count) {
  const auto size = static_cast<std::int64_t>(sorted.size());
  if (size == 0) return {};
  const RunCost runs(sorted);
  const std::int64_t used = std::min<std::int64_t>(count, size);
  std::vector<std::int64_t> first;
  first.reserve(static_cast<std::size_t>(used));
  for (std::int64_t k = 0; k < used; ++k) first.push_back(k * size / used);
  constexpr int kMostRounds = 10000;  // the error falls in each; far above what is ever needed
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<std::int64_t> next = assign(sorted, runs_from(runs, first, size).centroid);
    if (next == first) return runs_from(runs, std::move(first), size);
    first = std::move(next);
  }
  throw NumericError("constraint 'lloyd_clusters': no fixed point after " +
                     std::to_string(kMostRounds) + " rounds");
}

Clusters::Clusters(int count, Clustering clustering, const torch::Tensor& mask)
    : count_(count), clustering_(clustering), mask_(plain_mask(mask)) {
  OHMWEAVE_REQUIRE(count >= 1, "there is a cluster");
}

torch::Tensor Clusters::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  if (contains(v)) return v;
  const std::vector<ValueMass> sorted =
      sorted_distinct(masked_entries(v, metric, mask_, {0, v.numel()}));
  const ClusterRuns runs = clustering_ == Clustering::Exact ? exact_clusters(sorted, count_)
                                                            : lloyd_clusters(sorted, count_);
  std::vector<float> starts;
  starts.reserve(runs.first.size());
  for (const std::int64_t first : runs.first) starts.push_back(sorted[first].value);
  torch::Tensor result = torch::zeros_like(v);
  auto* values = result.data_ptr<float>();
  const float* given = v.data_ptr<float>();
  const bool* is_open = mask_.defined() ? mask_.data_ptr<bool>() : nullptr;
  for (std::int64_t i = 0; i < v.numel(); ++i) {
    if (is_open != nullptr && !is_open[i]) continue;
    const auto after = std::upper_bound(starts.begin(), starts.end(), given[i]);
    values[i] = static_cast<float>(runs.centroid[after - starts.begin() - 1]);
  }
  return result;
}

bool Clusters::contains(const torch::Tensor& v) const {
  const torch::Tensor plain = plain_values(v);
  if (!is_zero_outside(plain, mask_)) return false;
  std::set<float> met;
  for (const WeightedValue& entry : masked_entries(plain, {}, mask_, {0, plain.numel()})) {
    met.insert(entry.value);
    if (met.size() > static_cast<std::size_t>(count_)) return false;
  }
  return true;
}

Json Clusters::describe() const {
  return {{"kind", clustering_ == Clustering::Exact ? "clusters" : "lloyd_clusters"},
          {"clusters", count_}};
}

}  // namespace ohmweave::admm
