// SPDX-License-Identifier: Apache-2.0
// Memory of matrices that end in the opposite order of their beginning, as those of a recursion do:
// a few chunks serve all of them, which stay in the caches better than new memory would. A stack
// that is kept for the next call saves the system from clearing it again.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <vector>

#include "crossbar/lanes.h"

namespace ohmweave::crossbar {

class MatrixStack {
 public:
  using View = Eigen::Map<Eigen::MatrixXd, Eigen::Aligned32, Eigen::OuterStride<>>;
  struct Mark {
    std::size_t chunk = 0;
    Eigen::Index used = 0;
  };

  /// A matrix of undefined contents, followed by memory of a vector: whole vectors may be read from
  /// any of its rows on.
  [[nodiscard]] View matrix(Eigen::Index rows, Eigen::Index cols) {
    const Eigen::Index stride = stride_of(rows);
    const Eigen::Index size = stride * cols + kLanes;
    while (top_.chunk < chunks_.size() && top_.used + size > chunks_[top_.chunk].size()) {
      top_ = {top_.chunk + 1, 0};
    }
    if (top_.chunk == chunks_.size()) chunks_.emplace_back(std::max(size, kChunk));
    double* const first = chunks_[top_.chunk].data() + top_.used;
    top_.used += size;
    return {first, rows, cols, Eigen::OuterStride<>(stride)};
  }

  [[nodiscard]] Mark top() const { return top_; }
  /// Ends all matrices made since top() returned `mark`.
  void drop_to(const Mark& mark) { top_ = mark; }

  /// Ends all matrices and gives back what few calls need.
  void clear() {
    top_ = {};
    if (chunks_.size() > kChunksKept) chunks_.resize(kChunksKept);
    if (!chunks_.empty() && chunks_.back().size() > kChunk) chunks_.pop_back();
  }

 private:
  /// At powers of two, columns would displace each other from the cache.
  static Eigen::Index stride_of(Eigen::Index rows) {
    const Eigen::Index whole = (rows + kLanes - 1) / kLanes * kLanes;
    return whole % 16 == 0 ? whole + kLanes : whole;
  }

  static constexpr Eigen::Index kChunk = 1 << 20;  // 8 MiB, resident only as far as it is used
  static constexpr std::size_t kChunksKept = 2;    // enough for 256 x 256 cells

  std::vector<Eigen::ArrayXd> chunks_;
  Mark top_;
};

}  // namespace ohmweave::crossbar
