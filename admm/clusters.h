// SPDX-License-Identifier: Apache-2.0
// {W : inside the mask at most `count` different values; W = 0 outside}: free centroids.
//   clusters        nearest point exactly. In one dimension the clusters are runs of the sorted
//                   values, so dynamic programming over the last cluster's first value finds the
//                   optimum; that first value only rises with the run's end, which divides and
//                   conquers each layer: O(count n log n) for n different values.
//   lloyd_clusters  an approximation for large tensors: assign to the nearest centroid, recompute
//                   centroids, until nothing moves; a local optimum, from quantiles on.
// Source: wang_rj_2011 (dynamic programming), lloyd_tit_1982, ye_arxiv_2018 (clusters by ADMM).
#pragma once

#include <cstdint>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// How the centroids are found.
enum class Clustering { Exact, Lloyd };

class Clusters final : public Constraint {
 public:
  Clusters(int count, Clustering clustering, const torch::Tensor& mask);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  int count_;
  Clustering clustering_;
  torch::Tensor mask_;
};

/// One of the different values to be clustered, with the metric's sum over its entries.
struct ValueMass {
  float value = 0.0F;
  double mass = 1.0;
};

/// Clusters of values sorted ascending, all different: the index of each cluster's first value, and
/// its centroid (mean by mass).
struct ClusterRuns {
  std::vector<std::int64_t> first;
  std::vector<double> centroid;
};

/// At most `count` runs of least sum of mass (value - centroid)^2.
[[nodiscard]] ClusterRuns exact_clusters(const std::vector<ValueMass>& sorted, int count);
/// A local optimum of the same.
[[nodiscard]] ClusterRuns lloyd_clusters(const std::vector<ValueMass>& sorted, int count);

}  // namespace ohmweave::admm
