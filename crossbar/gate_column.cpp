// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_column.h"

#include "core/error.h"

namespace ohmweave::crossbar {

double gate_column_current(const Vector& cell_siemens, const GateColumn& column) {
  OHMWEAVE_REQUIRE(cell_siemens.size() > 0 && cell_siemens.minCoeff() >= 0.0,
                   "a column has cells, each passive");
  const Eigen::Index rows = cell_siemens.size();
  const double segment_ohm = column.bit_line_ohm + column.source_line_ohm;
  // Of 1 A, what enters the ladder at its first node; without segments both ends are one node.
  const double fed_first = segment_ohm > 0.0 ? column.bit_line_ohm / segment_ohm : 1.0;

  // Seen from node r with what lies before it: admittance and short-circuit current.
  Vector admittance(rows);
  Vector fed(rows);
  admittance(0) = cell_siemens(0);
  fed(0) = fed_first;
  for (Eigen::Index r = 1; r < rows; ++r) {
    const double share = 1.0 / (1.0 + segment_ohm * admittance(r - 1));
    admittance(r) = cell_siemens(r) + admittance(r - 1) * share;
    fed(r) = fed(r - 1) * share;
  }
  fed(rows - 1) += 1.0 - fed_first;
  if (admittance(rows - 1) == 0.0) return 0.0;

  // The voltages between the lines for 1 A, from the last node to the first.
  Vector volts(rows);
  volts(rows - 1) = fed(rows - 1) / admittance(rows - 1);
  for (Eigen::Index r = rows - 2; r >= 0; --r) {
    volts(r) = (volts(r + 1) + segment_ohm * fed(r)) / (1.0 + segment_ohm * admittance(r));
  }
  double ohm = column.driver_ohm + column.bit_line_ohm + volts(0);
  double crossed = 0.0;
  for (Eigen::Index r = 0; r + 1 < rows; ++r) {
    crossed += cell_siemens(r) * volts(r);
    ohm += column.source_line_ohm * crossed;
  }
  ohm += column.source_line_ohm + column.sense_ohm;
  return column.read_voltage_v / ohm;
}

}  // namespace ohmweave::crossbar
