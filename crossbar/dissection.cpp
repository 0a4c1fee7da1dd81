// SPDX-License-Identifier: Apache-2.0
#include "crossbar/dissection.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <array>
#include <utility>

#include "crossbar/cell_block.h"

namespace ohmweave::crossbar {
namespace {

using Dense = Eigen::MatrixXd;
using Eigen::Index;

constexpr Index kLargestLeaf = 16;  // cells along a side: measured, 8 to 16 differ little

using Side = int;
constexpr Side kLeft = 0;
constexpr Side kRight = 1;
constexpr Side kTop = 2;
constexpr Side kBottom = 3;
constexpr std::array<Side, 4> kSides = {kLeft, kRight, kTop, kBottom};

struct Range {
  Index first = 0;
  Index count = 0;
};

/// The ports of one side lie in one or two ranges of a multiport's matrix, along the side.
using Ports = std::array<Range, 2>;

template <std::size_t num>
Index count(const std::array<Range, num>& ports) {
  Index sum = 0;
  for (const Range& range : ports) sum += range.count;
  return sum;
}

/// A rectangle of leaves: S of cell_block.h without the ports that are open in the array. Of the
/// lower triangle of s, entries between two ports at drivers, or between two at virtual grounds,
/// are undefined: no output depends on them.
struct Multiport {
  Dense s;
  std::array<Ports, 4> sides;
  bool has_drivers = false;  // its left ports are the array's drivers
  bool has_grounds = false;  // its bottom ports are the array's virtual grounds
};

/// The block of the symmetric matrix s, given by its lower triangle, whose rows are the ports `r`
/// and whose columns are the ports `c`.
template <std::size_t num_r, std::size_t num_c>
Dense gathered(const Dense& s, const std::array<Range, num_r>& r,
               const std::array<Range, num_c>& c) {
  Dense result(count(r), count(c));
  Index row = 0;
  for (const Range& i : r) {
    Index col = 0;
    for (const Range& j : c) {
      auto part = result.block(row, col, i.count, j.count);
      if (part.size() == 0) {
        // A side without ports, or in one range only.
      } else if (i.first > j.first) {
        part = s.block(i.first, j.first, i.count, j.count);
      } else if (i.first < j.first) {
        part = s.block(j.first, i.first, j.count, i.count).transpose();
      } else {
        part = s.block(i.first, i.first, i.count, i.count).selfadjointView<Eigen::Lower>();
      }
      col += j.count;
    }
    row += i.count;
  }
  return result;
}

/// One of two multiports that are joined: its joined side, and where its other ports go.
struct Part {
  const Multiport* block;
  Side joined;
  std::array<Ports, 4> from{};
  std::array<Range, 4> to{};  // drivers come first, virtual grounds last
  Index first = 0;            // of the ports' places
  Index size = 0;
  Range drivers;
  Range inner;
  Range grounds;
  Dense rows;  // size x joined ports: the entries between the ports that stay and the joined ones

  Part(const Multiport& multiport, Side side, Index first_place)
      : block(&multiport), joined(side), first(first_place) {
    for (const Side kept : kSides) {
      if (kept == joined) continue;
      to[kept] = {first + size, count(block->sides[kept])};
      size += to[kept].count;
    }
    const bool has_drivers = block->has_drivers && joined != kLeft;
    const bool has_grounds = block->has_grounds && joined != kBottom;
    drivers = {first, has_drivers ? to[kLeft].count : 0};
    grounds.count = has_grounds ? to[kBottom].count : 0;
    grounds.first = first + size - grounds.count;
    inner = {first + drivers.count, size - drivers.count - grounds.count};
    rows.resize(size, count(block->sides[joined]));
    for (const Side kept : kSides) {
      if (kept == joined || to[kept].count == 0) continue;
      rows.middleRows(to[kept].first - first, to[kept].count) =
          gathered(block->s, block->sides[kept], block->sides[joined]);
    }
  }

  [[nodiscard]] Dense joined_entries() const {
    return gathered(block->s, block->sides[joined], block->sides[joined]);
  }

  /// Copies the entries between ports that stay to their places.
  void copy_to(Dense& s) const {
    for (const Side r : kSides) {
      if (r == joined || to[r].count == 0) continue;
      for (const Side c : kSides) {
        if (c == joined || to[c].count == 0 || c > r) continue;
        s.block(to[r].first, to[c].first, to[r].count, to[c].count) =
            gathered(block->s, block->sides[r], block->sides[c]);
      }
    }
  }

  /// Adds a b' (both size x n) to the lower triangle of the part's own entries that matter.
  void add_product(const Dense& a, const Dense& b, Dense& s) const {
    const auto below_drivers = size - drivers.count;
    if (drivers.count > 0 && below_drivers > 0) {
      s.block(inner.first, drivers.first, below_drivers, drivers.count).noalias() +=
          a.bottomRows(below_drivers) * b.topRows(drivers.count).transpose();
    }
    const Index at = inner.first - first;
    if (inner.count == 0) return;
    s.block(inner.first, inner.first, inner.count, inner.count).triangularView<Eigen::Lower>() +=
        a.middleRows(at, inner.count) * b.middleRows(at, inner.count).transpose();
    if (grounds.count > 0) {
      s.block(grounds.first, inner.first, grounds.count, inner.count).noalias() +=
          a.bottomRows(grounds.count) * b.middleRows(at, inner.count).transpose();
    }
  }
};

/// Sets the entries between the ports of two parts to a b': a has the rows of `lower`, b those of
/// `upper`.
void set_product(const Part& lower, const Part& upper, const Dense& a, const Dense& b, Dense& s) {
  const auto set = [&](Range r, Range c) {
    if (r.count == 0 || c.count == 0) return;
    s.block(r.first, c.first, r.count, c.count).noalias() =
        a.middleRows(r.first - lower.first, r.count) *
        b.middleRows(c.first - upper.first, c.count).transpose();
  };
  const Range below_drivers{upper.inner.first, upper.size - upper.drivers.count};
  const Range above_grounds{lower.inner.first, lower.inner.count};
  set(lower.drivers, below_drivers);
  set(above_grounds, {upper.first, upper.size});
  set(lower.grounds, {upper.first, upper.size - upper.grounds.count});
}

/// Joins the ports `i_side` of one block (where it is given currents) with the ports `v_side` of
/// the other (where it is given voltages); the equations stand at join_parts() in cell_block.cpp.
Multiport joined(const Multiport& i_block, Side i_side, const Multiport& v_block, Side v_side) {
  const Part i_part(i_block, i_side, 0);
  const Part v_part(v_block, v_side, i_part.size);
  const Dense Z = i_part.joined_entries();
  const Dense Y = -v_part.joined_entries();
  Dense loaded = Z * Y;
  loaded.diagonal().array() += 1.0;
  const Dense J = loaded.partialPivLu().solve(Z);
  const Dense YE = i_part.rows * Y;  // transposed, as all of these
  Dense W = i_part.rows;
  W.noalias() -= YE * J;
  Dense JF(v_part.size, J.rows());
  JF.noalias() = v_part.rows * J;

  Multiport result;
  result.s.resize(i_part.size + v_part.size, i_part.size + v_part.size);
  i_part.copy_to(result.s);
  v_part.copy_to(result.s);
  i_part.add_product(-YE, W, result.s);
  v_part.add_product(JF, v_part.rows, result.s);
  set_product(v_part, i_part, v_part.rows, W, result.s);
  const bool v_first = i_side == kTop;  // the block above comes first along the sides
  for (const Side side : kSides) {
    result.sides[side] = {i_part.to[side], v_part.to[side]};
    if (v_first) std::swap(result.sides[side][0], result.sides[side][1]);
  }
  result.has_drivers = i_block.has_drivers || (i_side == kTop && v_block.has_drivers);
  result.has_grounds = i_block.has_grounds || (i_side == kRight && v_block.has_grounds);
  return result;
}

class Dissection {
 public:
  Dissection(const Matrix& siemens, const Wires& wires)
      : siemens_(siemens),
        wires_(wires),
        tall_(blocks(siemens.rows())),
        wide_(blocks(siemens.cols())),
        height_((siemens.rows() + tall_ - 1) / tall_),
        width_((siemens.cols() + wide_ - 1) / wide_),
        padding_(tall_ * height_ - siemens.rows()),
        has_far_drivers_(wires.driven_at_both_ends && far_row_ohm() > 0.0),
        has_far_grounds_(wires.sensed_at_both_ends && far_col_ohm() > 0.0),
        leaves_(height_, width_) {}

  [[nodiscard]] Matrix effective() {
    const Multiport whole = rectangle({0, tall_}, {0, wide_});
    Dense result = gathered(whole.s, whole.sides[kBottom], whole.sides[kLeft]);
    if (has_far_drivers_ || has_far_grounds_) add_far_ends(whole, result);
    return result.block(0, padding_, siemens_.cols(), siemens_.rows());
  }

 private:
  /// Leaves along a side: an even number, for full lanes.
  static Index blocks(Index side) {
    return side <= kLargestLeaf ? 1 : 2 * ((side + 2 * kLargestLeaf - 1) / (2 * kLargestLeaf));
  }

  [[nodiscard]] double far_row_ohm() const { return wires_.row_ohm + wires_.driver_ohm; }
  [[nodiscard]] double far_col_ohm() const { return wires_.col_ohm + wires_.sense_ohm; }

  /// Joins the far ends of the lines, given currents j until here, with their sources and virtual
  /// grounds: u = S_L V + Z j is V - ohm j at a source and -ohm j at a ground.
  void add_far_ends(const Multiport& whole, Dense& result) const {
    const Ports& right = whole.sides[kRight];
    const Ports& top = whole.sides[kTop];
    const std::array<Range, 4> ends = {right[0], right[1], top[0], top[1]};
    const Index num_drivers = count(right);
    const Index num_grounds = count(top);
    Dense impedance = gathered(whole.s, ends, ends);
    impedance.diagonal().head(num_drivers).array() += far_row_ohm();
    impedance.diagonal().tail(num_grounds).array() += far_col_ohm();
    Dense fed = -gathered(whole.s, ends, whole.sides[kLeft]);
    fed.topRows(num_drivers).diagonal().array() += 1.0;
    const Dense amps = impedance.llt().solve(fed);
    result += gathered(whole.s, whole.sides[kBottom], ends) * amps;
    if (num_grounds > 0) result -= amps.bottomRows(num_grounds);
  }

  /// The multiport of leaves (rows, cols).
  Multiport rectangle(Range rows, Range cols) {
    if (rows.count * cols.count <= kLanes) {
      const Lanes* const s = build_leaves(rows, cols);
      return leaves_of(rows, cols, rows, cols, s);
    }
    return halves(rows, cols, [this](Range r, Range c) { return rectangle(r, c); });
  }

  template <class Make>
  static Multiport halves(Range rows, Range cols, Make make) {
    if (cols.count >= rows.count) {
      const Index near = cols.count / 2;
      const Multiport left = make(rows, Range{cols.first, near});
      const Multiport right = make(rows, Range{cols.first + near, cols.count - near});
      return joined(left, kRight, right, kLeft);
    }
    const Index upper = rows.count / 2;
    const Multiport top = make(Range{rows.first, upper}, cols);
    const Multiport bottom = make(Range{rows.first + upper, rows.count - upper}, cols);
    return joined(bottom, kTop, top, kBottom);
  }

  /// Of the leaves (all_rows, all_cols) built in `lanes`, the rectangle (rows, cols).
  Multiport leaves_of(Range rows, Range cols, Range all_rows, Range all_cols, const Lanes* lanes) {
    if (rows.count == 1 && cols.count == 1) {
      const Index lane =
          (rows.first - all_rows.first) * all_cols.count + cols.first - all_cols.first;
      return leaf(rows.first, cols.first, lane, lanes);
    }
    return halves(rows, cols,
                  [&](Range r, Range c) { return leaves_of(r, c, all_rows, all_cols, lanes); });
  }

  /// Beyond the last column and above the first row cells are open and wires without resistance,
  /// which changes nothing.
  [[nodiscard]] CellBlocks::Cell cell_at(Index row, Index col, CellBlocks::Cell cell,
                                         Index lane) const {
    const bool is_row = row >= 0;
    const bool is_col = col < siemens_.cols();
    cell.siemens[lane] = is_row && is_col ? siemens_(row, col) : 0.0;
    cell.row_ohm[lane] = (is_col ? wires_.row_ohm : 0.0) + (col == 0 ? wires_.driver_ohm : 0.0);
    cell.col_ohm[lane] =
        (is_row ? wires_.col_ohm : 0.0) + (row == siemens_.rows() - 1 ? wires_.sense_ohm : 0.0);
    return cell;
  }

  const Lanes* build_leaves(Range rows, Range cols) {
    for (Index lane = 0; lane < kLanes; ++lane) {
      const Index used = lane < rows.count * cols.count ? lane : 0;
      const Index top = (rows.first + used / cols.count) * height_ - padding_;
      const Index left = (cols.first + used % cols.count) * width_;
      for (Index r = 0; r < height_; ++r) {
        for (Index c = 0; c < width_; ++c) {
          CellBlocks::Cell& cell = leaves_.cell(r, c);
          cell = cell_at(top + r, left + c, cell, lane);
        }
      }
    }
    return leaves_.build();
  }

  /// One lane as a multiport, without the ports at the open ends of wires.
  Multiport leaf(Index row, Index col, Index lane, const Lanes* lanes) {
    Multiport result;
    result.has_drivers = col == 0;
    result.has_grounds = row == tall_ - 1;
    std::array<Range, 4> from = {Range{0, height_}, Range{height_, height_},
                                 Range{2 * height_, width_}, Range{2 * height_ + width_, width_}};
    if (col == wide_ - 1 && !has_far_drivers_) from[kRight].count = 0;
    if (row == 0 && !has_far_grounds_) from[kTop].count = 0;
    Index size = 0;
    for (const Side side : kSides) {
      result.sides[side][0] = {size, from[side].count};
      size += from[side].count;
    }
    result.s.resize(size, size);
    const Index ports = leaves_.ports();
    for (const Side c : kSides) {
      for (const Side r : kSides) {
        for (Index j = 0; r >= c && j < from[c].count; ++j) {
          for (Index i = r == c ? j : 0; i < from[r].count; ++i) {
            result.s(result.sides[r][0].first + i, result.sides[c][0].first + j) =
                lanes[(from[r].first + i) * ports + from[c].first + j][lane];
          }
        }
      }
    }
    return result;
  }

  const Matrix& siemens_;
  const Wires& wires_;
  Index tall_;  // leaves along a column
  Index wide_;  // leaves along a row
  Index height_;
  Index width_;
  Index padding_;         // open rows above the first
  bool has_far_drivers_;  // without any resistance they would change nothing
  bool has_far_grounds_;
  CellBlocks leaves_;
};

}  // namespace

Matrix dissected_matrix(const Matrix& siemens, const Wires& wires) {
  return Dissection(siemens, wires).effective();
}

}  // namespace ohmweave::crossbar
