// SPDX-License-Identifier: Apache-2.0
#include "inference/gate_circuit.h"

#include <utility>

#include "crossbar/gate_column.h"
#include "crossbar/gate_pair_column.h"
#include "crossbar/wires.h"

namespace ohmweave::inference {
GateCircuit::GateCircuit(GateBlock block, int num_columns)
    : block_(std::move(block)), columns_(static_cast<std::size_t>(num_columns)) {}

void GateCircuit::set(int column, const GatePair& pair) {
  const double transistor_ohm = block_.array.transistor_ohm;
  columns_.at(column) = {crossbar::behind_transistors(pair.positive, transistor_ohm),
                         crossbar::behind_transistors(pair.negative, transistor_ohm),
                         pair.unit_siemens};
}

GainMatrix GateCircuit::units(Eigen::Index first, Eigen::Index rows,
                              const GainMatrix& digits) const {
  const crossbar::GateColumn column =
      crossbar::gate_column_of_rows(crossbar::gate_column_of(block_.array),
                                    block_.array.num_inputs(), block_.first_row + first, rows);
  const GainMatrix active = digits.middleRows(first, rows);
  GainMatrix result(static_cast<Eigen::Index>(columns_.size()), digits.cols());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const GatePair& pair = columns_[c];
    const std::vector<double> amps = differences(
        pair.positive.segment(first, rows), pair.negative.segment(first, rows), column, active);
    const double unit_a = pair.unit_siemens * block_.array.read_voltage_v;
    float* units = result.data() + static_cast<Eigen::Index>(c) * result.cols();
    for (std::size_t i = 0; i < amps.size(); ++i) units[i] = static_cast<float>(amps[i] / unit_a);
  }
  return result;
}

std::vector<double> GateCircuit::differences(const crossbar::Vector& positive,
                                             const crossbar::Vector& negative,
                                             const crossbar::GateColumn& column,
                                             const GainMatrix& active) const {
  if (block_.array.rows_per_input() == 2)
    return crossbar::gate_pair_currents(positive, negative, {column, -column.read_voltage_v},
                                        active);
  std::vector<double> amps = crossbar::gate_column_currents(positive, column, active);
  const std::vector<double> minus = crossbar::gate_column_currents(negative, column, active);
  for (std::size_t i = 0; i < amps.size(); ++i) amps[i] -= minus[i];
  return amps;
}

}  // namespace ohmweave::inference
