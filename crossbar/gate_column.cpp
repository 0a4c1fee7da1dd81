// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_column.h"

#include <algorithm>

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

namespace {

constexpr Eigen::Index kLanes = 8;  // inputs solved side by side
using Lanes = Eigen::Array<double, kLanes, 1>;

/// gate_column_current() for kLanes inputs: cells(r) of each are its conductances at row r.
Lanes lane_currents(const std::vector<Lanes>& cells, const GateColumn& column,
                    std::vector<Lanes>& admittance, std::vector<Lanes>& fed) {
  const std::size_t rows = cells.size();
  const double segment_ohm = column.bit_line_ohm + column.source_line_ohm;
  const double fed_first = segment_ohm > 0.0 ? column.bit_line_ohm / segment_ohm : 1.0;
  admittance[0] = cells[0];
  fed[0].setConstant(fed_first);
  for (std::size_t r = 1; r < rows; ++r) {
    const Lanes share = 1.0 / (1.0 + segment_ohm * admittance[r - 1]);
    admittance[r] = cells[r] + admittance[r - 1] * share;
    fed[r] = fed[r - 1] * share;
  }
  fed[rows - 1] += 1.0 - fed_first;
  // A column without active cells divides by 0; its resistance is infinite, its current 0.
  Lanes volts = fed[rows - 1] / admittance[rows - 1];
  Lanes drop = Lanes::Zero();  // of the source line, for all but the last segment
  Lanes last_crossed = Lanes::Zero();
  for (std::size_t r = rows - 1; r-- > 0;) {
    // Between nodes r and r + 1 the source line carries what has crossed up to r: 1 - the rest.
    last_crossed += cells[r + 1] * volts;
    drop += 1.0 - last_crossed;
    volts = (volts + segment_ohm * fed[r]) / (1.0 + segment_ohm * admittance[r]);
  }
  const Lanes ohm = column.driver_ohm + column.bit_line_ohm + volts +
                    column.source_line_ohm * (drop + 1.0) + column.sense_ohm;
  return (admittance[rows - 1] == 0.0).select(Lanes::Zero(), column.read_voltage_v / ohm);
}

}  // namespace

std::vector<double> gate_column_currents(const Vector& cell_siemens, const GateColumn& column,
                                         const MatrixF& active) {
  OHMWEAVE_REQUIRE(cell_siemens.size() > 0 && cell_siemens.minCoeff() >= 0.0 &&
                       active.rows() == cell_siemens.size(),
                   "a column has cells, each passive, and every input says which are active");
  const auto rows = static_cast<std::size_t>(cell_siemens.size());
  std::vector<Lanes> cells(rows);
  std::vector<Lanes> admittance(rows);
  std::vector<Lanes> fed(rows);
  std::vector<double> currents(static_cast<std::size_t>(active.cols()));
  for (Eigen::Index first = 0; first < active.cols(); first += kLanes) {
    const Eigen::Index count = std::min(kLanes, active.cols() - first);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto row = static_cast<Eigen::Index>(r);
      for (Eigen::Index i = 0; i < kLanes; ++i) {
        const bool is_active = i < count && active(row, first + i) != 0.0F;
        cells[r](i) = is_active ? cell_siemens(row) : 0.0;
      }
    }
    const Lanes amps = lane_currents(cells, column, admittance, fed);
    std::copy_n(amps.data(), count, currents.data() + first);
  }
  return currents;
}

GateColumn gate_column_of_rows(const GateColumn& column, Eigen::Index rows, Eigen::Index first,
                               Eigen::Index count) {
  OHMWEAVE_REQUIRE(first >= 0 && count >= 1 && first + count <= rows, "rows are within the array");
  GateColumn result = column;
  result.driver_ohm += column.bit_line_ohm * static_cast<double>(first);
  result.sense_ohm += column.source_line_ohm * static_cast<double>(rows - first - count);
  return result;
}

}  // namespace ohmweave::crossbar
