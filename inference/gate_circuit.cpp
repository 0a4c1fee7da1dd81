// SPDX-License-Identifier: Apache-2.0
#include "inference/gate_circuit.h"

#include "crossbar/gate_column.h"
#include "crossbar/wires.h"

namespace ohmweave::inference {
namespace {

crossbar::Vector with_transistors(const crossbar::Vector& siemens, double transistor_ohm) {
  if (siemens.size() == 0) return siemens;
  return crossbar::behind_transistors(siemens, transistor_ohm);
}

}  // namespace

GateCircuit::GateCircuit(const GateBlock& block, int num_columns)
    : block_(block), columns_(static_cast<std::size_t>(num_columns)) {}

void GateCircuit::set(int column, const crossbar::Vector& positive,
                      const crossbar::Vector& negative) {
  columns_.at(column) = {with_transistors(positive, block_.array.transistor_ohm),
                         with_transistors(negative, block_.array.transistor_ohm)};
}

GainMatrix GateCircuit::units(Eigen::Index first, Eigen::Index rows,
                              const GainMatrix& digits) const {
  const crossbar::GateColumn column =
      crossbar::gate_column_of_rows(crossbar::gate_column_of(block_.array), block_.array.rows,
                                    block_.first_row + first, rows);
  const double units_per_amp = 1.0 / (block_.unit_siemens * block_.array.read_voltage_v);
  const GainMatrix active = digits.middleRows(first, rows);
  GainMatrix result(static_cast<Eigen::Index>(columns_.size()), digits.cols());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const Pair& pair = columns_[c];
    std::vector<double> amps =
        crossbar::gate_column_currents(pair.positive.segment(first, rows), column, active);
    if (pair.negative.size() > 0) {
      const std::vector<double> minus =
          crossbar::gate_column_currents(pair.negative.segment(first, rows), column, active);
      for (std::size_t i = 0; i < amps.size(); ++i) amps[i] -= minus[i];
    }
    for (std::size_t i = 0; i < amps.size(); ++i)
      result(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(i)) =
          static_cast<float>(amps[i] * units_per_amp);
  }
  return result;
}

}  // namespace ohmweave::inference
