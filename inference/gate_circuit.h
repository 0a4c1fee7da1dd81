// SPDX-License-Identifier: Apache-2.0
// Blocks whose inputs switch gates (crossbar::Topology::GateInput): every read of every column is
// solved as the ladder that its active cells make of it.
#pragma once

#include <vector>

#include "crossbar/options.h"
#include "crossbar/pair.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// Where a block's rows are among those of its arrays.
struct GateBlock {
  crossbar::ArrayOptions array;
  int first_row = 0;  // in inputs
};

/// Conductances of a block's rows in the two columns whose currents a converted column is the
/// difference of, or of both cells of each pair of rows in one column.
struct GatePair {
  crossbar::Vector positive;
  crossbar::Vector negative;
  double unit_siemens = 1.0;  // a level step
};

class GateCircuit final : public BlockCircuit {
 public:
  GateCircuit(GateBlock block, int num_columns);

  /// Distinct converted columns may be set at the same time.
  void set(int column, const GatePair& pair);

  [[nodiscard]] GainMatrix units(Eigen::Index first, Eigen::Index rows,
                                 const GainMatrix& digits) const override;

 private:
  /// Amperes, one an input.
  [[nodiscard]] std::vector<double> differences(const crossbar::Vector& positive,
                                                const crossbar::Vector& negative,
                                                const crossbar::GateColumn& column,
                                                const GainMatrix& active) const;

  GateBlock block_;
  std::vector<GatePair> columns_;  // with their transistors
};

}  // namespace ohmweave::inference
