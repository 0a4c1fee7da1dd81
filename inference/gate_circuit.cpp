// SPDX-License-Identifier: Apache-2.0
#include "inference/gate_circuit.h"

#include <algorithm>
#include <utility>

#include "crossbar/gate_column.h"
#include "crossbar/gate_pair_column.h"
#include "crossbar/wires.h"

namespace ohmweave::inference {

GateCircuit::GateCircuit(GateBlock block, int num_columns)
    : block_(std::move(block)),
      positive_(block_.num_rows, num_columns),
      negative_(block_.num_rows, num_columns),
      unit_amperes_(static_cast<std::size_t>(num_columns)) {}

void GateCircuit::set(int column, const GatePair& pair) {
  const double transistor_ohm = block_.array.transistor_ohm;
  positive_.col(column) = crossbar::behind_transistors(pair.positive, transistor_ohm);
  negative_.col(column) = crossbar::behind_transistors(pair.negative, transistor_ohm);
  unit_amperes_.at(column) = pair.unit_siemens * block_.array.read_voltage_v;
}

GainMatrix GateCircuit::units(Eigen::Index first, Eigen::Index rows,
                              const Eigen::Ref<const GainMatrix>& digits) const {
  const crossbar::GateReads reads = crossbar::gate_reads(digits.middleRows(first, rows));
  GainMatrix result(positive_.cols(), digits.cols());
  for (Eigen::Index column = 0; column < result.rows(); column += kColumnsAtOnce) {
    const Eigen::Index columns = std::min(kColumnsAtOnce, result.rows() - column);
    const crossbar::Matrix amps = differences(first, column, columns, reads);
    for (Eigen::Index c = 0; c < columns; ++c) {
      const crossbar::Vector units =
          amps.row(c) / unit_amperes_[static_cast<std::size_t>(column + c)];
      float* of_column = result.data() + (column + c) * result.cols();
      for (std::size_t i = 0; i < reads.nodes.size(); ++i)
        of_column[i] = static_cast<float>(units(reads.nodes[i]));
    }
  }
  return result;
}

crossbar::Matrix GateCircuit::differences(Eigen::Index first_row, Eigen::Index first_column,
                                          Eigen::Index columns,
                                          const crossbar::GateReads& reads) const {
  const Eigen::Index rows = reads.num_rows;
  const crossbar::GateColumn column =
      crossbar::gate_column_of_rows(crossbar::gate_column_of(block_.array),
                                    block_.array.num_inputs(), block_.first_row + first_row, rows);
  const auto part = [&](const crossbar::Matrix& siemens) -> crossbar::Matrix {
    return siemens.block(first_row, first_column, rows, columns);
  };
  if (block_.array.rows_per_input() == 2)
    return crossbar::gate_pair_currents(part(positive_), part(negative_),
                                        {column, -column.read_voltage_v}, reads);
  crossbar::Matrix amps = crossbar::gate_column_currents(part(positive_), column, reads);
  amps -= crossbar::gate_column_currents(part(negative_), column, reads);
  return amps;
}

}  // namespace ohmweave::inference
