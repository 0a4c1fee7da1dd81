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

/// Entry (i, j) of a symmetric matrix of which the lower triangle is stored by rows.
const Lanes& entry(const Lanes* s, Index size, Index i, Index j) {
  return i >= j ? s[i * size + j] : s[j * size + i];
}

/// write(i, j, sum over k of a(i, k) b(j, k)) for a: rows_a x depth, b: rows_b x depth, both by
/// rows; only j <= i if `lower`. Tiles of 2 x 4 sums stay in registers.
template <class Write>
void products(const Lanes* a, Index rows_a, const Lanes* b, Index rows_b, Index depth, bool lower,
              Write write) {
  constexpr Index kTileA = 2;
  constexpr Index kTileB = 4;
  for (Index i = 0; i < rows_a; i += kTileA) {
    const Index last_i = std::min(i + kTileA, rows_a);
    const Lanes* a0 = a + i * depth;
    const Lanes* a1 = a + (last_i - 1) * depth;
    const Index end_j = lower ? std::min(rows_b, last_i) : rows_b;
    for (Index j = 0; j < end_j; j += kTileB) {
      const Lanes* b0 = b + j * depth;
      const Lanes* b1 = b + std::min(j + 1, rows_b - 1) * depth;
      const Lanes* b2 = b + std::min(j + 2, rows_b - 1) * depth;
      const Lanes* b3 = b + std::min(j + 3, rows_b - 1) * depth;
      Lanes s00 = all_lanes(0.0), s01 = s00, s02 = s00, s03 = s00;
      Lanes s10 = s00, s11 = s00, s12 = s00, s13 = s00;
      for (Index k = 0; k < depth; ++k) {
        s00 += a0[k] * b0[k];
        s01 += a0[k] * b1[k];
        s02 += a0[k] * b2[k];
        s03 += a0[k] * b3[k];
        s10 += a1[k] * b0[k];
        s11 += a1[k] * b1[k];
        s12 += a1[k] * b2[k];
        s13 += a1[k] * b3[k];
      }
      const Lanes sums[kTileA][kTileB] = {{s00, s01, s02, s03}, {s10, s11, s12, s13}};
      for (Index di = 0; i + di < last_i; ++di) {
        const Index stop = std::min(j + kTileB, lower ? std::min(rows_b, i + di + 1) : rows_b);
        for (Index jj = j; jj < stop; ++jj) write(i + di, jj, sums[di][jj - j]);
      }
    }
  }
}

/// impedance <- Z (1 + Y Z)^-1, the impedance Z with the admittance Y across it: Y = sum of
/// d u u' is taken off its factorization one term at a time, and each term is a rank-one change
/// whose denominator 1 + d u' Z u is at least 1. Both full, size x size; Y is used up.
void load(Lanes* impedance, Lanes* admittance, Index size) {
  Lanes u[kMostPorts];
  Lanes z[kMostPorts];
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
      z[i] = all_lanes(0.0);
      for (Index j = k; j < size; ++j) z[i] += impedance[i * size + j] * u[j];
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
  const Lanes* s = nullptr;
  Index ports = 0;
  Index num_kept = 0;
  Index num_joined = 0;
  std::array<Index, kMostPorts> kept{};
  std::array<Index, kMostPorts> place{};  // of kept[i] in the joined block
  std::array<Index, kMostPorts> joined{};

  void keep(Index first, Index count, Index to) {
    for (Index i = 0; i < count; ++i, ++num_kept) {
      kept[num_kept] = first + i;
      place[num_kept] = to + i;
    }
  }
  void join(Index first, Index count) {
    for (Index i = 0; i < count; ++i) joined[num_joined++] = first + i;
  }
};

namespace {

/// S of the joined block, given by its lower triangle, from the part whose joined ports are of kind
/// I and the part whose are of kind V. With E, F the rows of the joined ports, Z and -Y their own
/// entries and J = Z (1 + Y Z)^-1, W = E - J Y E:
///   S_ii -= (Y E)' W,   S_vi = F' W,   S_vv += F' J F.
template <class Part>
void join_parts(const Part& i_part, const Part& v_part, Lanes* result, Index size, Lanes* free) {
  const Index n = i_part.num_joined;
  const Index kept_i = i_part.num_kept;
  const Index kept_v = v_part.num_kept;
  Lanes* const J = free;
  Lanes* const Y = J + n * n;
  Lanes* const factored = Y + n * n;
  Lanes* const E = factored + n * n;  // kept_i x n, as are YE and W
  Lanes* const YE = E + kept_i * n;
  Lanes* const W = YE + kept_i * n;
  Lanes* const F = W + kept_i * n;  // kept_v x n, as is JF
  Lanes* const JF = F + kept_v * n;
  for (Index k = 0; k < n; ++k) {
    for (Index l = 0; l < n; ++l) {
      J[k * n + l] = entry(i_part.s, i_part.ports, i_part.joined[k], i_part.joined[l]);
      Y[k * n + l] = -entry(v_part.s, v_part.ports, v_part.joined[k], v_part.joined[l]);
    }
  }
  std::copy_n(Y, n * n, factored);
  load(J, factored, n);
  for (Index i = 0; i < kept_i; ++i) {
    for (Index k = 0; k < n; ++k) {
      E[i * n + k] = entry(i_part.s, i_part.ports, i_part.kept[i], i_part.joined[k]);
    }
  }
  for (Index i = 0; i < kept_v; ++i) {
    for (Index k = 0; k < n; ++k) {
      F[i * n + k] = entry(v_part.s, v_part.ports, v_part.kept[i], v_part.joined[k]);
    }
  }
  const auto put = [&](Index i, Index j, const Lanes& value) {
    result[std::max(i, j) * size + std::min(i, j)] = value;
  };
  products(E, kept_i, Y, n, n, false, [&](Index i, Index k, const Lanes& x) { YE[i * n + k] = x; });
  products(YE, kept_i, J, n, n, false,
           [&](Index i, Index k, const Lanes& x) { W[i * n + k] = E[i * n + k] - x; });
  products(F, kept_v, J, n, n, false, [&](Index i, Index k, const Lanes& x) { JF[i * n + k] = x; });
  products(YE, kept_i, W, kept_i, n, true, [&](Index i, Index j, const Lanes& x) {
    put(i_part.place[i], i_part.place[j],
        entry(i_part.s, i_part.ports, i_part.kept[i], i_part.kept[j]) - x);
  });
  products(JF, kept_v, F, kept_v, n, true, [&](Index i, Index j, const Lanes& x) {
    put(v_part.place[i], v_part.place[j],
        entry(v_part.s, v_part.ports, v_part.kept[i], v_part.kept[j]) + x);
  });
  products(F, kept_v, W, kept_i, n, false,
           [&](Index i, Index j, const Lanes& x) { put(v_part.place[i], i_part.place[j], x); });
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

/// A cell's current is h q.x with h = G / (1 + G (row_ohm + col_ohm)), q = (1, row_ohm, -col_ohm,
/// -1) over (left, right, above, below); without it, wires pass on what they are given.
void CellBlocks::build_cell(const Cell& cell, Lanes* result) const {
  const Lanes h = cell.siemens / (all_lanes(1.0) + cell.siemens * (cell.row_ohm + cell.col_ohm));
  const Lanes q[4] = {all_lanes(1.0), cell.row_ohm, -cell.col_ohm, all_lanes(-1.0)};
  for (Index i = 0; i < 4; ++i) {
    for (Index j = 0; j <= i; ++j) result[i * 4 + j] = -h * q[i] * q[j];
  }
  result[1 * 4 + 0] += all_lanes(1.0);
  result[1 * 4 + 1] += cell.row_ohm;
  result[2 * 4 + 2] += cell.col_ohm;
  result[3 * 4 + 2] += all_lanes(1.0);
}

void CellBlocks::build_range(Range rows, Range cols, Lanes* result, Lanes* free) {
  if (rows.count == 1 && cols.count == 1) {
    build_cell(cell(rows.first, cols.first), result);
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
  if (width >= height) {
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
