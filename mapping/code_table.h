// SPDX-License-Identifier: Apache-2.0
// A function of weight codes, found once for each of the few codes there are.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace ohmweave::mapping {

template <class Function>
class CodeTable {
 public:
  /// of(code) for -largest_code .. largest_code (at most kMostTabled) from a table; other codes ask
  /// `of`.
  CodeTable(int largest_code, Function of)
      : largest_code_(std::min(largest_code, kMostTabled)), of_(std::move(of)) {
    for (int code = -largest_code_; code <= largest_code_; ++code) values_.push_back(of_(code));
  }

  [[nodiscard]] int operator()(int code) const {
    // A code below the table wraps around to a place far beyond it.
    const std::size_t place = static_cast<std::size_t>(code) + largest_code_;
    return place < values_.size() ? values_[place] : of_(code);
  }

 private:
  static constexpr int kMostTabled = 1023;  // a longer table takes longer than the cells it is for

  int largest_code_;
  Function of_;
  std::vector<int> values_;
};

}  // namespace ohmweave::mapping
