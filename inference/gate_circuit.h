// SPDX-License-Identifier: Apache-2.0
// Blocks whose inputs switch gates (crossbar::Topology::GateInput): every read of every column is
// solved as the ladder that its active cells make of it.
#pragma once

#include <vector>

#include "crossbar/gate_reads.h"
#include "crossbar/options.h"
#include "crossbar/pair.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// Where a block's rows are among those of its arrays.
struct GateBlock {
  crossbar::ArrayOptions array;
  int first_row = 0;  // in inputs
  int num_rows = 0;
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
  /// Converted columns whose currents are held at a time.
  static constexpr Eigen::Index kColumnsAtOnce = 32;

  GateCircuit(GateBlock block, int num_columns);

  /// Distinct converted columns may be set at the same time.
  void set(int column, const GatePair& pair);

  [[nodiscard]] GainMatrix units(Eigen::Index first, Eigen::Index rows,
                                 const Eigen::Ref<const GainMatrix>& digits) const override;

 private:
  /// Amperes of the rows from first_row on and of `columns` converted columns from first_column on:
  /// columns x distinct reads.
  [[nodiscard]] crossbar::Matrix differences(Eigen::Index first_row, Eigen::Index first_column,
                                             Eigen::Index columns,
                                             const crossbar::GateReads& reads) const;

  GateBlock block_;
  // Of cells with their transistors: rows x converted columns.
  crossbar::Matrix positive_;
  crossbar::Matrix negative_;
  std::vector<double> unit_amperes_;  // of a level step, by converted column
};

}  // namespace ohmweave::inference
