// SPDX-License-Identifier: Apache-2.0
// Blocks whose inputs switch gates (crossbar::Topology::GateInput): every read of every column is
// solved as the ladder that its active cells make of it.
#pragma once

#include <vector>

#include "crossbar/options.h"
#include "crossbar/pair.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// Where a block's rows are among those of its arrays, and what one unit of its reads is.
struct GateBlock {
  crossbar::ArrayOptions array;
  int first_row = 0;
  double unit_siemens = 1.0;  // crossbar::unit_siemens()
};

class GateCircuit final : public BlockCircuit {
 public:
  GateCircuit(const GateBlock& block, int num_columns);

  /// Conductances of the block's rows in the two columns whose currents converted column `column`
  /// is the difference of. An empty second one: nothing is subtracted. Distinct columns may be set
  /// at the same time.
  void set(int column, const crossbar::Vector& positive, const crossbar::Vector& negative);

  [[nodiscard]] GainMatrix units(Eigen::Index first, Eigen::Index rows,
                                 const GainMatrix& digits) const override;

 private:
  struct Pair {
    crossbar::Vector positive;  // with their transistors
    crossbar::Vector negative;
  };
  GateBlock block_;
  std::vector<Pair> columns_;
};

}  // namespace ohmweave::inference
