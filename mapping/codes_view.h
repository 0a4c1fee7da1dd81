// SPDX-License-Identifier: Apache-2.0
// A weight layer's codes as its matrices, one a group: rows = inputs, columns = outputs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/quantized_network.h"

namespace ohmweave::mapping {

/// The network must outlive the view.
class CodesView {
 public:
  CodesView(const QuantizedNetwork& network, int node);

  [[nodiscard]] int groups() const { return groups_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int columns() const { return columns_; }  // of one group
  [[nodiscard]] std::int32_t at(int group, int row, int column) const {
    const std::size_t out = static_cast<std::size_t>(group) * columns_ + column;
    return (*codes_)[out * rows_ + row];
  }

 private:
  const std::vector<std::int32_t>* codes_ = nullptr;
  int groups_ = 1;
  int rows_ = 0;
  int columns_ = 0;
};

}  // namespace ohmweave::mapping
