// SPDX-License-Identifier: Apache-2.0
#include "inference/slice_read.h"

#include <utility>

#include "crossbar/pair.h"
#include "crossbar/wires.h"

namespace ohmweave::inference {
namespace {

using Matrices = std::vector<crossbar::Matrix>;

/// The part of `whole` (array columns x array inputs) that a seated block's columns are read as: of
/// a pair the difference of both arrays (of pairs of rows, of one array, taken already), of a
/// single one that to the reference column, the first of the reserved ones; with a unit column that
/// one too, as the last row.
crossbar::Matrix differences(const Matrices& whole, const SeatedBlock& seat,
                             const BlockProduct& block, const SliceCircuits& circuits) {
  const auto columns = static_cast<Eigen::Index>(block.outputs.size());
  const auto rows = static_cast<Eigen::Index>(block.rows.size());
  const auto part = [&](const crossbar::Matrix& matrix, Eigen::Index first, Eigen::Index count) {
    return matrix.block(seat.first_column + first, seat.first_row, count, rows);
  };
  if (whole.size() == 2) return part(whole[0], 0, columns) - part(whole[1], 0, columns);
  if (circuits.array.rows_per_input() == 2) return part(whole[0], 0, columns);
  const bool has_unit = block.unit_weight > 0 && circuits.slice == 0;
  crossbar::Matrix result(columns + (has_unit ? 1 : 0), rows);
  result.topRows(columns) = part(whole[0], 0, columns);
  if (has_unit) result.bottomRows(1) = part(whole[0], columns + 1, 1);
  result.rowwise() -= part(whole[0], columns, 1).row(0);
  return result;
}

/// Variances of differences() of independent currents.
crossbar::Matrix summed_variances(const Matrices& whole, const SeatedBlock& seat,
                                  const BlockProduct& block, const SliceCircuits& circuits) {
  Matrices terms = whole;
  if (find_encoding(circuits.array.encoding).is_pair) {
    for (std::size_t i = 1; i < terms.size(); ++i) terms[i] *= -1.0;
    return differences(terms, seat, block, circuits);
  }
  const Eigen::Index reference =
      seat.first_column + static_cast<Eigen::Index>(block.outputs.size());
  terms[0].row(reference) *= -1.0;
  return differences(terms, seat, block, circuits);
}

/// Rows of a block's gain that a slice fills, and what goes there.
void put_rows(const crossbar::Matrix& rows, Eigen::Index columns, int slice, GainMatrix& target) {
  target.middleRows(slice * columns, columns) = rows.topRows(columns).cast<float>();
  if (rows.rows() > columns) target.bottomRows(1) = rows.bottomRows(1).cast<float>();
}

/// The columns of cells that each converted column is the difference of.
void fill_circuit(const SliceCells& cells, const SliceCircuits& circuits, const SeatedBlock& seat,
                  const BlockProduct& block, double unit_siemens) {
  const int columns = static_cast<int>(block.outputs.size());
  const auto rows = static_cast<Eigen::Index>(block.rows.size());
  const int per_input = circuits.array.rows_per_input();
  const auto column = [&](const crossbar::Matrix& siemens, int index, int of_input = 0) {
    const Eigen::Index first_row = Eigen::Index{seat.first_row} * per_input + of_input;
    return crossbar::Vector(
        siemens(Eigen::seqN(first_row, rows, per_input), seat.first_column + index));
  };
  const crossbar::Matrix& first = cells.siemens.front();
  const bool is_pair = find_encoding(circuits.array.encoding).is_pair;
  for (int c = 0; c < columns; ++c)
    seat.circuit->set(
        circuits.slice * columns + c,
        {column(first, c),
         is_pair ? column(cells.siemens.back(), c, per_input - 1) : column(first, columns),
         unit_siemens});
  if (block.unit_weight > 0 && circuits.slice == 0)
    seat.circuit->set(static_cast<int>(block.gain.rows()) - 1,
                      {column(first, columns + 1), column(first, columns), unit_siemens});
}

}  // namespace

SliceMatrices slice_matrices(const SliceCells& cells, const SliceCircuits& circuits) {
  SliceMatrices result;
  for (const crossbar::Matrix& siemens : cells.siemens) {
    crossbar::ArrayRead read =
        crossbar::read_of_array(siemens, circuits.array, circuits.device, circuits.matrices);
    result.effective.push_back(std::move(read.effective));
    result.variance.push_back(std::move(read.variance));
  }
  return result;
}

void fill_slice(const SliceCells& cells, const SliceMatrices& matrices,
                const SliceCircuits& circuits, const SeatedBlock& seat, BlockProduct& block) {
  const double unit_siemens = crossbar::unit_siemens(circuits.array, circuits.device,
                                                     circuits.array.cell_bits(circuits.slice)) /
                              cells.compensation;
  const auto columns = static_cast<Eigen::Index>(block.outputs.size());
  if (seat.circuit)
    fill_circuit(cells, circuits, seat, block, unit_siemens);
  else
    put_rows(differences(matrices.effective, seat, block, circuits) / unit_siemens, columns,
             circuits.slice, block.gain);
  if (circuits.device.read_noise)
    put_rows(
        summed_variances(matrices.variance, seat, block, circuits) / (unit_siemens * unit_siemens),
        columns, circuits.slice, block.variance);
}

}  // namespace ohmweave::inference
