// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_column.h"

#include "core/error.h"
#include "crossbar/gate_ladder.h"

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

/// Four columns with one bit line each (gate_ladder.h); lanes are columns.
class ColumnLadder {
 public:
  using Cells = OfColumns;
  struct Beyond {
    Lanes y, f, z;
  };
  struct Run {
    Lanes y, f, z, n, x, a;
  };

  explicit ColumnLadder(const GateColumn& column) : column_(column) {}

  [[nodiscard]] Beyond end() const {
    Beyond result{};
    result.z += column_.sense_ohm;
    return result;
  }
  [[nodiscard]] static Run no_rows() {
    Run result{};
    result.n += 1.0;
    return result;
  }

  void put_segments_before(Run& run) const {
    const double source_ohm = column_.source_line_ohm;
    const Lanes share = 1.0 / (1.0 + segment_ohm_ * run.y);
    const Lanes f = share * (run.f + source_ohm * run.y);
    const Lanes drop = source_ohm - segment_ohm_ * f;
    run.z += source_ohm * (1.0 - f) - run.f * drop;
    run.a += run.n * drop;
    run.x += segment_ohm_ * run.n * run.n * share;
    run.n *= share;
    run.y *= share;
    run.f = f;
  }

  [[nodiscard]] static Run with_cells(const Run& run, const Cells& cells) {
    return {run.y + cells.lanes, run.f, run.z, run.n, run.x, run.a};
  }

  [[nodiscard]] static Beyond put_before(const Beyond& beyond, const Run& run) {
    const Lanes share = 1.0 / (1.0 + run.x * beyond.y);
    const Lanes volts = share * (run.a - run.x * beyond.f);
    const Lanes amps = beyond.f + beyond.y * volts;
    return {run.y + run.n * run.n * share * beyond.y, run.f + run.n * amps,
            run.z + beyond.z - run.a * amps - beyond.f * volts};
  }

  /// All of it comes through the bit line: t = j. Compiled once: which of the two products is
  /// joined with the sum must be the same for every read.
  [[nodiscard, gnu::noinline]] Lanes current(const Beyond& beyond) const {
    const Lanes rest = 1.0 - beyond.f;
    const Lanes ohm = column_.driver_ohm + column_.bit_line_ohm + beyond.z;
    return column_.read_voltage_v * beyond.y / (rest * rest + beyond.y * ohm);
  }

 private:
  GateColumn column_;
  double segment_ohm_ = column_.bit_line_ohm + column_.source_line_ohm;
};

}  // namespace

Matrix gate_column_currents(const Matrix& siemens, const GateColumn& column,
                            const GateReads& reads) {
  OHMWEAVE_REQUIRE(siemens.rows() == reads.num_rows && siemens.minCoeff() >= 0.0,
                   "columns have a cell, each passive, in every row that a read connects");
  return solve_columns(ColumnLadder(column), reads, siemens.cols(),
                       [&](Eigen::Index first) { return lanes_of_columns(siemens, first); });
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
