// SPDX-License-Identifier: Apache-2.0
#include "crossbar/cell_block.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

using Eigen::Index;

constexpr Index kMostPorts = 96;
constexpr Index kTallestColumn = 4;  // cells; measured

/// write(i, j, sum over k of a[i][k] b[j][k]) for i < rows_a and j < rows_b; only j <= i if
/// `lower`. Tiles of 2 x 4 sums stay in registers.
template <class Write>
void products(const Lanes* const* a, Index rows_a, const Lanes* const* b, Index rows_b, Index depth,
              bool lower, Write write) {
  constexpr Index kTileA = 2;
  constexpr Index kTileB = 4;
  for (Index i = 0; i < rows_a; i += kTileA) {
    const Index last_i = std::min(i + 1, rows_a - 1);
    const Lanes* a0 = a[i];
    const Lanes* a1 = a[last_i];
    const Index end_j = lower ? std::min(last_i + 1, rows_b) : rows_b;
    for (Index j = 0; j < end_j; j += kTileB) {
      const Lanes* b0 = b[j];
      const Lanes* b1 = b[std::min(j + 1, rows_b - 1)];
      const Lanes* b2 = b[std::min(j + 2, rows_b - 1)];
      const Lanes* b3 = b[std::min(j + 3, rows_b - 1)];
      Lanes s00 = all_lanes(0.0), s01 = s00, s02 = s00, s03 = s00;
      Lanes s10 = s00, s11 = s00, s12 = s00, s13 = s00;
      for (Index k = 0; k < depth; ++k) {
        const Lanes x0 = a0[k], x1 = a1[k];
        const Lanes y0 = b0[k], y1 = b1[k], y2 = b2[k], y3 = b3[k];
        s00 += x0 * y0;
        s10 += x1 * y0;
        s01 += x0 * y1;
        s11 += x1 * y1;
        s02 += x0 * y2;
        s12 += x1 * y2;
        s03 += x0 * y3;
        s13 += x1 * y3;
      }
      const auto write_row = [&](Index row, Index stop, const Lanes& s0, const Lanes& s1,
                                 const Lanes& s2, const Lanes& s3) {
        write(row, j, s0);
        if (j + 1 < stop) write(row, j + 1, s1);
        if (j + 2 < stop) write(row, j + 2, s2);
        if (j + 3 < stop) write(row, j + 3, s3);
      };
      const Index first_end = lower ? std::min(i + 1, rows_b) : rows_b;
      if (j < first_end) write_row(i, first_end, s00, s01, s02, s03);
      if (last_i > i) write_row(last_i, end_j, s10, s11, s12, s13);
    }
  }
}

/// impedance <- Z (1 + Y Z)^-1, the impedance Z with the admittance Y across it: Y = sum of d u u'
/// is taken off its factorization one term at a time, and each term is a rank-one change whose
/// denominator 1 + d u' Z u is at least 1. Both full, size x size; Y is used up.
void load(Lanes* impedance, Lanes* admittance, Index size) {
  Lanes u[kMostPorts / 2];
  Lanes z[kMostPorts / 2];
  for (Index k = 0; k < size; ++k) {
    const Lanes pivot = admittance[k * size + k];
    const Lanes scale =
        pivot > all_lanes(0.0) ? all_lanes(1.0) / pivot : all_lanes(0.0);  // of open cells: no term
    for (Index i = k; i < size; ++i) u[i] = admittance[i * size + k] * scale;
    for (Index i = k + 1; i < size; ++i) {
      for (Index j = k + 1; j <= i; ++j)
        admittance[i * size + j] -= u[i] * admittance[j * size + k];
    }
    Lanes self = all_lanes(0.0);
    for (Index i = 0; i < size; ++i) {
      Lanes even = all_lanes(0.0);
      Lanes odd = even;
      Index j = k;
      for (; j + 1 < size; j += 2) {
        even += impedance[i * size + j] * u[j];
        odd += impedance[i * size + j + 1] * u[j + 1];
      }
      if (j < size) even += impedance[i * size + j] * u[j];
      z[i] = even + odd;
      if (i >= k) self += z[i] * u[i];
    }
    const Lanes factor = pivot / (all_lanes(1.0) + pivot * self);
    for (Index i = 0; i < size; ++i) {
      const Lanes scaled = z[i] * factor;
      for (Index j = 0; j < size; ++j) impedance[i * size + j] -= scaled * z[j];
    }
  }
}

}  // namespace

/// One of two blocks that are joined: which of its ports stay and where they go, and which meet the
/// other block.
struct CellBlocks::Part {
  const Lanes* s;
  Index ports;
  Index num_kept = 0;
  Index num_joined = 0;
  Index first_joined = 0;
  Index kept[kMostPorts];
  Index place[kMostPorts];            // of kept[i] in the joined block
  const Lanes* rows[kMostPorts];      // of S, of the ports that stay
  const Lanes* coupling[kMostPorts];  // the same from the first joined port on: E or F
  const Lanes* joined[kMostPorts];    // likewise of the joined ports: Z or -Y

  /// Comes first: of a side of the block.
  void join(Index first, Index count) {
    first_joined = first;
    num_joined = count;
    for (Index k = 0; k < count; ++k) joined[k] = s + (first + k) * ports + first;
  }
  void keep(Index first, Index count, Index to) {
    for (Index i = 0; i < count; ++i, ++num_kept) {
      kept[num_kept] = first + i;
      place[num_kept] = to + i;
      rows[num_kept] = s + (first + i) * ports;
      coupling[num_kept] = rows[num_kept] + first_joined;
    }
  }
};

namespace {

/// A matrix in the workspace.
struct Grid {
  Lanes* rows[kMostPorts];

  Grid(Index num_rows, Index cols, Lanes*& free) {
    for (Index i = 0; i < num_rows; ++i, free += cols) rows[i] = free;
  }
};

/// S of the joined block from the part whose joined ports are of kind I and the part whose are of
/// kind V. With E, F the rows of the joined ports, Z and -Y their own entries and
/// J = Z (1 + Y Z)^-1, W = E - J Y E:
///   S_ii -= (Y E)' W,   S_vi = F' W,   S_vv += F' J F.
template <class Part>
void join_parts(const Part& i_part, const Part& v_part, Lanes* result, Index size, Lanes* free) {
  const Index n = i_part.num_joined;
  const Index kept_i = i_part.num_kept;
  const Index kept_v = v_part.num_kept;
  const Grid J(n, n, free);
  const Grid Y(n, n, free);
  const Grid YE(kept_i, n, free);  // of the opposite sign
  const Grid W(kept_i, n, free);
  const Grid JF(kept_v, n, free);
  const Lanes* stacked[kMostPorts];  // the rows of -Y E, then those of F
  std::copy_n(YE.rows, kept_i, stacked);
  std::copy_n(v_part.coupling, kept_v, stacked + kept_i);
  for (Index k = 0; k < n; ++k) {
    for (Index l = 0; l < n; ++l) {
      J.rows[k][l] = i_part.joined[k][l];
      Y.rows[k][l] = -v_part.joined[k][l];
    }
  }
  load(J.rows[0], Y.rows[0], n);
  products(i_part.coupling, kept_i, v_part.joined, n, n, false,
           [&](Index i, Index k, const Lanes& x) { YE.rows[i][k] = x; });
  products(YE.rows, kept_i, J.rows, n, n, false,
           [&](Index i, Index k, const Lanes& x) { W.rows[i][k] = i_part.coupling[i][k] + x; });
  products(v_part.coupling, kept_v, J.rows, n, n, false,
           [&](Index i, Index k, const Lanes& x) { JF.rows[i][k] = x; });
  const auto put = [&](Index i, Index j, const Lanes& value) {
    result[i * size + j] = value;
    result[j * size + i] = value;
  };
  products(stacked, kept_i + kept_v, W.rows, kept_i, n, true,
           [&](Index i, Index j, const Lanes& x) {
             if (i >= kept_i) {
               put(v_part.place[i - kept_i], i_part.place[j], x);
             } else {
               put(i_part.place[i], i_part.place[j], i_part.rows[i][i_part.kept[j]] + x);
             }
           });
  products(JF.rows, kept_v, v_part.coupling, kept_v, n, true,
           [&](Index i, Index j, const Lanes& x) {
             put(v_part.place[i], v_part.place[j], v_part.rows[i][v_part.kept[j]] + x);
           });
}

}  // namespace

CellBlocks::CellBlocks(Index rows, Index cols)
    : rows_(rows), cols_(cols), cells_(static_cast<std::size_t>(rows * cols)) {
  // A joined block, its two parts and the workspace of the join are each below ports^2, and the
  // parts' own parts are half as large again and again.
  const auto square = static_cast<Eigen::Index>(ports()) * ports();
  OHMWEAVE_REQUIRE(rows >= 1 && cols >= 1 && ports() <= kMostPorts, "blocks are small");
  storage_.resize(square * 5 * kLanes);
}

CellBlocks::Cell& CellBlocks::cell(Index row, Index col) {
  return cells_[static_cast<std::size_t>(row * cols_ + col)];
}

/// S of a column over (left, above, below), by rows. A cell's current is h q.x with
/// h = G / (1 + G (row_ohm + col_ohm)), q = (1, -col_ohm, -1) over (left, above, below); without
/// it, wires pass on what they are given. Cells are added one below the other: with e the added
/// cell's row of S above, z the entry there, f the row of S below of the cells before, -y the entry
/// there, and k = 1 / (1 + y z), the sum of both is
///   S + k z f f' of the cells before,   S - k y e e' of the cell,   k f e' between them.
void CellBlocks::build_core(Range rows, Index col, Lanes* core) {
  const Index size = rows.count + 2;
  const Index above = rows.count;
  const Index below = rows.count + 1;
  const auto at = [&](Index i, Index j) -> Lanes& { return core[i * size + j]; };
  at(above, above) = at(below, below) = all_lanes(0.0);
  at(above, below) = at(below, above) = all_lanes(1.0);
  for (Index r = 0; r < rows.count; ++r) {
    const Cell& added = cell(rows.first + r, col);
    const Lanes h =
        added.siemens / (all_lanes(1.0) + added.siemens * (added.row_ohm + added.col_ohm));
    const Lanes e_row = h * added.col_ohm;  // also what is lost below
    const Lanes e_below = all_lanes(1.0) - e_row;
    const Lanes z = added.col_ohm * e_below;
    const Lanes y = -at(below, below);
    const Lanes k = all_lanes(1.0) / (all_lanes(1.0) + y * z);
    const auto update = [&](Index i) {
      const Lanes f = at(below, i);
      const Lanes scaled = k * z * f;
      for (Index j = 0; j < r; ++j) at(i, j) += scaled * at(below, j);
      at(i, above) += scaled * at(below, above);
    };
    for (Index i = 0; i < r; ++i) update(i);
    update(above);
    const auto couple = [&](Index i) {
      at(above, i) = at(i, above);
      const Lanes f = k * at(below, i);
      at(i, r) = at(r, i) = f * e_row;
      at(i, below) = at(below, i) = f * e_below;
    };
    for (Index i = 0; i < r; ++i) couple(i);
    couple(above);
    at(r, r) = -h - y * k * e_row * e_row;
    at(r, below) = at(below, r) = h - y * k * e_row * e_below;
    at(below, below) = -h - y * k * e_below * e_below;
  }
}

/// A column of cells. On the right of a row q is row_ohm times that on the left.
void CellBlocks::build_column(Range rows, Index col, Lanes* result) {
  Lanes core[(kTallestColumn + 2) * (kTallestColumn + 2)];
  build_core(rows, col, core);
  const Index height = rows.count;
  const Index size = 2 * height + 2;
  for (Index i = 0; i < height + 2; ++i) {
    const Lanes* const from = core + i * (height + 2);
    Lanes* const left = result + (i < height ? i : height + i) * size;
    for (Index j = 0; j < height; ++j) {
      left[j] = from[j];
      left[height + j] = from[j] * cell(rows.first + j, col).row_ohm;
    }
    left[2 * height] = from[height];
    left[2 * height + 1] = from[height + 1];
    if (i >= height) continue;
    const Lanes ohm = cell(rows.first + i, col).row_ohm;
    Lanes* const right = result + (height + i) * size;
    for (Index j = 0; j < size; ++j) right[j] = ohm * left[j];
    left[height + i] += all_lanes(1.0);
    right[i] += all_lanes(1.0);
    right[height + i] += ohm;
  }
}

void CellBlocks::build_range(Range rows, Range cols, Lanes* result, Lanes* free) {
  if (rows.count <= kTallestColumn && cols.count == 1) {
    build_column(rows, cols.first, result);
    return;
  }
  const Index height = rows.count;
  const Index width = cols.count;
  const auto make = [&](Range r, Range c, Part& part) {
    part.ports = 2 * (r.count + c.count);
    part.s = free;
    free += part.ports * part.ports;
    build_range(r, c, free - part.ports * part.ports, free);
  };
  Part i_part;
  Part v_part;
  if (width >= height || height <= kTallestColumn) {
    const Index near = width / 2;
    const Index far = width - near;
    make(rows, {cols.first, near}, i_part);
    make(rows, {cols.first + near, far}, v_part);
    i_part.join(height, height);
    i_part.keep(0, height, 0);
    i_part.keep(2 * height, near, 2 * height);
    i_part.keep(2 * height + near, near, 2 * height + width);
    v_part.join(0, height);
    v_part.keep(height, height, height);
    v_part.keep(2 * height, far, 2 * height + near);
    v_part.keep(2 * height + far, far, 2 * height + width + near);
  } else {
    const Index upper = height / 2;
    const Index lower = height - upper;
    make({rows.first, upper}, cols, v_part);
    make({rows.first + upper, lower}, cols, i_part);
    v_part.join(2 * upper + width, width);
    v_part.keep(0, upper, 0);
    v_part.keep(upper, upper, height);
    v_part.keep(2 * upper, width, 2 * height);
    i_part.join(2 * lower, width);
    i_part.keep(0, lower, upper);
    i_part.keep(lower, lower, height + upper);
    i_part.keep(2 * lower + width, width, 2 * height + width);
  }
  join_parts(i_part, v_part, result, 2 * (height + width), free);
}

const Lanes* CellBlocks::build() {
  auto* const result = reinterpret_cast<Lanes*>(storage_.data());
  build_range({0, rows_}, {0, cols_}, result, result + ports() * ports());
  return result;
}

}  // namespace ohmweave::crossbar
