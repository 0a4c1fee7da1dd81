// SPDX-License-Identifier: Apache-2.0
#include "crossbar/dissection.h"

#include <Eigen/Cholesky>
#include <array>
#include <utility>

#include "crossbar/cell_block.h"
#include "crossbar/inverse.h"
#include "crossbar/matrix_stack.h"
#include "crossbar/product.h"

namespace ohmweave::crossbar {
namespace {

using Eigen::Index;
using View = MatrixStack::View;

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

/// A rectangle of leaves: S of cell_block.h without the ports that are open in the array. Only the
/// lower triangle of s is defined, and of it not the entries between two ports at drivers, or
/// between two at virtual grounds: no output depends on them.
struct Multiport {
  View s;
  std::array<Ports, 4> sides{};
  bool has_drivers = false;  // its left ports are the array's drivers
  bool has_grounds = false;  // its bottom ports are the array's virtual grounds
};

/// The block of the symmetric matrix s, given by its lower triangle, whose rows are the ports `r`
/// and whose columns are the ports `c`.
void gather(const View& s, Range r, Range c, MatrixBlock result) {
  if (r.count == 0 || c.count == 0) return;
  if (r.first < c.first) {
    copy_transposed(s.block(c.first, r.first, c.count, r.count), result);
    return;
  }
  result = s.block(r.first, c.first, r.count, c.count);
  if (r.first == c.first) mirror_lower(result);
}

template <std::size_t num_r, std::size_t num_c>
void gather(const View& s, const std::array<Range, num_r>& r, const std::array<Range, num_c>& c,
            MatrixBlock result) {
  Index row = 0;
  for (const Range& i : r) {
    Index col = 0;
    for (const Range& j : c) {
      gather(s, i, j, result.block(row, col, i.count, j.count));
      col += j.count;
    }
    row += i.count;
  }
}

template <std::size_t num_r, std::size_t num_c>
Eigen::MatrixXd gathered(const View& s, const std::array<Range, num_r>& r,
                         const std::array<Range, num_c>& c) {
  Eigen::MatrixXd result(count(r), count(c));
  gather(s, r, c, result);
  return result;
}

/// One of two multiports that are joined: its joined side, and where its other ports go.
struct Part {
  const Multiport& block;
  Side joined;
  Index num_joined;
  Index first;  // of the places
  Index size;
  std::array<Range, 4> to{};  // drivers come first, virtual grounds last
  Range drivers;              // counted from `first`, as the next two
  Range inner;
  Range grounds;
  View rows;  // size x joined ports: the entries between the ports that stay and the joined ones

  Part(const Multiport& multiport, Side side, Index first_place, MatrixStack& stack)
      : block(multiport),
        joined(side),
        num_joined(count(multiport.sides[side])),
        first(first_place),
        size(multiport.s.rows() - num_joined),
        rows(stack.matrix(size, num_joined)) {
    Index place = 0;
    for (const Side kept : kSides) {
      if (kept == joined) continue;
      to[kept] = {first + place, count(block.sides[kept])};
      gather(block.s, block.sides[kept], block.sides[joined],
             rows.middleRows(place, to[kept].count));
      place += to[kept].count;
    }
    if (block.has_drivers) drivers.count = to[kLeft].count;
    if (block.has_grounds) grounds.count = to[kBottom].count;
    grounds.first = size - grounds.count;
    inner = {drivers.count, grounds.first - drivers.count};
  }

  [[nodiscard]] View joined_entries(MatrixStack& stack) const {
    View result = stack.matrix(num_joined, num_joined);
    gather(block.s, block.sides[joined], block.sides[joined], result);
    return result;
  }

  /// Between two drivers, or two virtual grounds, entries are not kept.
  [[nodiscard]] bool keeps(Side r, Side c) const {
    if (r == joined || c == joined || r < c) return false;
    if (r == kLeft && block.has_drivers) return false;
    return r != kBottom || c != kBottom || !block.has_grounds;
  }

  /// Sets the entries in s between the part's ports to what they were, plus a b', both having the
  /// rows of the ports; those of drivers are not read from a.
  void update(const View& a, const View& b, View& s) const {
    for (const Side r : kSides) {
      for (const Side c : kSides) {
        if (!keeps(r, c)) continue;
        Index row = to[r].first;
        for (const Range& i : block.sides[r]) {
          Index col = to[c].first;
          for (const Range& j : block.sides[c]) {
            if (row >= col) {
              update(i, j, a.middleRows(row - first, i.count), b.middleRows(col - first, j.count),
                     s.block(row, col, i.count, j.count));
            }
            col += j.count;
          }
          row += i.count;
        }
      }
    }
  }

  void update(Range r, Range c, const ConstMatrixBlock& a, const ConstMatrixBlock& b,
              const MatrixBlock& result) const {
    if (r.count == 0 || c.count == 0) return;
    if (r.first < c.first) {
      copy_transposed(block.s.block(c.first, r.first, c.count, r.count), result);
      add_product(result, a, b, result);
      return;
    }
    const auto before = block.s.block(r.first, c.first, r.count, c.count);
    if (r.first == c.first) {
      add_lower_product(before, a, b, result);
    } else {
      add_product(before, a, b, result);
    }
  }
};

/// Joins the ports `i_side` of one block (where it is given currents) with the ports `v_side` of
/// the other (where it is given voltages); the equations stand at join_parts() in cell_block.cpp.
class Join {
 public:
  Join(const Multiport& i_block, Side i_side, const Multiport& v_block, Side v_side,
       MatrixStack& stack)
      : stack_(stack),
        i_first_(i_side == kRight),  // what is on the left or above comes first
        num_joined_(count(i_block.sides[i_side])),
        i_(i_block, i_side, i_first_ ? 0 : v_block.s.rows() - num_joined_, stack),
        v_(v_block, v_side, i_first_ ? i_block.s.rows() - num_joined_ : 0, stack),
        Z_(i_.joined_entries(stack)),
        minus_Y_(v_.joined_entries(stack)),
        loaded_inverse_(stack.matrix(num_joined_, num_joined_)),
        W_(stack.matrix(i_.size, num_joined_)) {}

  /// `result` has the ports that stay.
  void run(Multiport& result) {
    loaded_inverse_.setIdentity();
    subtract_product(loaded_inverse_, Z_, minus_Y_, loaded_inverse_);
    invert_unpivoted(loaded_inverse_, stack_.matrix(num_joined_, num_joined_));
    update_i_part(result.s);
    if (v_.inner.count > 0) update_v_part(result.s);
    set_between_parts(result.s);
    for (const Side side : kSides) {
      result.sides[side] = {i_.to[side], v_.to[side]};
      if (!i_first_) std::swap(result.sides[side][0], result.sides[side][1]);
    }
    result.has_drivers = i_.block.has_drivers || (!i_first_ && v_.block.has_drivers);
    result.has_grounds = i_.block.has_grounds || (i_first_ && v_.block.has_grounds);
  }

 private:
  /// S_ii -= (Y E)' W with W = (1 + Z Y)^-1 E; in the last join only the drivers' columns matter.
  void update_i_part(View& s) {
    const bool only_drivers = i_.inner.count == 0 && v_.grounds.count == v_.size;
    const Index wanted = only_drivers ? i_.drivers.count : i_.size;
    set_product(i_.rows.topRows(wanted), loaded_inverse_, W_.topRows(wanted));
    const Index below_drivers = i_.size - i_.drivers.count;
    View YE = stack_.matrix(i_.size, num_joined_);  // of the opposite sign
    set_product(i_.rows.bottomRows(below_drivers), minus_Y_, YE.bottomRows(below_drivers));
    i_.update(YE, W_, s);
  }

  /// S_vv += F' J F with J = (1 + Z Y)^-1 Z.
  void update_v_part(View& s) {
    View J = stack_.matrix(num_joined_, num_joined_);
    J.setZero();
    add_lower_product(J, loaded_inverse_, Z_, J);
    mirror_lower(J);
    const Index below_drivers = v_.size - v_.drivers.count;
    View JF = stack_.matrix(v_.size, num_joined_);
    set_product(v_.rows.bottomRows(below_drivers), J, JF.bottomRows(below_drivers));
    v_.update(JF, v_.rows, s);
  }

  /// S_vi = F' W.
  void set_between_parts(View& s) const {
    set_between_parts(v_.drivers, {i_.drivers.count, i_.size - i_.drivers.count}, s);
    set_between_parts(v_.inner, {0, i_.size}, s);
    set_between_parts(v_.grounds, {0, i_.size - i_.grounds.count}, s);
  }

  void set_between_parts(Range v, Range i, View& s) const {
    if (v.count == 0 || i.count == 0) return;
    const auto F = v_.rows.middleRows(v.first, v.count);
    const auto W = W_.middleRows(i.first, i.count);
    const Index v_place = v_.first + v.first;
    const Index i_place = i_.first + i.first;
    if (i_first_) {
      set_product(F, W, s.block(v_place, i_place, v.count, i.count));
    } else {
      set_product(W, F, s.block(i_place, v_place, i.count, v.count));
    }
  }

  MatrixStack& stack_;
  bool i_first_;
  Index num_joined_;
  Part i_;
  Part v_;
  View Z_;
  View minus_Y_;
  View loaded_inverse_;  // (1 + Z Y)^-1
  View W_;               // transposed, as E, F and their products
};

class Dissection {
 public:
  Dissection(const Matrix& siemens, const Wires& wires, MatrixStack& stack)
      : siemens_(siemens),
        wires_(wires),
        tall_(blocks(siemens.rows())),
        wide_(blocks(siemens.cols())),
        height_((siemens.rows() + tall_ - 1) / tall_),
        width_((siemens.cols() + wide_ - 1) / wide_),
        padding_(tall_ * height_ - siemens.rows()),
        has_far_drivers_(wires.driven_at_both_ends && far_row_ohm() > 0.0),
        has_far_grounds_(wires.sensed_at_both_ends && far_col_ohm() > 0.0),
        leaves_(height_, width_),
        stack_(stack) {}

  [[nodiscard]] Matrix effective() {
    const Multiport whole = rectangle({0, tall_}, {0, wide_});
    Eigen::MatrixXd result = gathered(whole.s, whole.sides[kBottom], whole.sides[kLeft]);
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
  void add_far_ends(const Multiport& whole, Eigen::MatrixXd& result) const {
    const Ports& right = whole.sides[kRight];
    const Ports& top = whole.sides[kTop];
    const std::array<Range, 4> ends = {right[0], right[1], top[0], top[1]};
    const Index num_drivers = count(right);
    const Index num_grounds = count(top);
    Eigen::MatrixXd impedance = gathered(whole.s, ends, ends);
    impedance.diagonal().head(num_drivers).array() += far_row_ohm();
    impedance.diagonal().tail(num_grounds).array() += far_col_ohm();
    Eigen::MatrixXd fed = -gathered(whole.s, ends, whole.sides[kLeft]);
    fed.topRows(num_drivers).diagonal().array() += 1.0;
    const Eigen::MatrixXd amps = impedance.llt().solve(fed);
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

  /// The ports of leaves (rows, cols), without those at the open ends of wires.
  [[nodiscard]] Index ports(Range rows, Range cols) const {
    const bool has_right = cols.first + cols.count < wide_ || has_far_drivers_;
    const bool has_top = rows.first > 0 || has_far_grounds_;
    return rows.count * height_ * (has_right ? 2 : 1) + cols.count * width_ * (has_top ? 2 : 1);
  }

  template <class Make>
  Multiport halves(Range rows, Range cols, Make make) {
    const Index size = ports(rows, cols);
    Multiport result{stack_.matrix(size, size)};
    const MatrixStack::Mark mark = stack_.top();
    if (cols.count >= rows.count) {
      const Index near = cols.count / 2;
      const Multiport left = make(rows, Range{cols.first, near});
      const Multiport right = make(rows, Range{cols.first + near, cols.count - near});
      Join(left, kRight, right, kLeft, stack_).run(result);
    } else {
      const Index upper = rows.count / 2;
      const Multiport top = make(Range{rows.first, upper}, cols);
      const Multiport bottom = make(Range{rows.first + upper, rows.count - upper}, cols);
      Join(bottom, kTop, top, kBottom, stack_).run(result);
    }
    stack_.drop_to(mark);
    return result;
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
  void set_cell(Index row, Index col, Index lane, CellBlocks::Cell& cell) const {
    const bool is_row = row >= 0;
    const bool is_col = col < siemens_.cols();
    cell.siemens[lane] = is_row && is_col ? siemens_(row, col) : 0.0;
    cell.row_ohm[lane] = (is_col ? wires_.row_ohm : 0.0) + (col == 0 ? wires_.driver_ohm : 0.0);
    cell.col_ohm[lane] =
        (is_row ? wires_.col_ohm : 0.0) + (row == siemens_.rows() - 1 ? wires_.sense_ohm : 0.0);
  }

  const Lanes* build_leaves(Range rows, Range cols) {
    for (Index lane = 0; lane < kLanes; ++lane) {
      const Index used = lane < rows.count * cols.count ? lane : 0;
      const Index top = (rows.first + used / cols.count) * height_ - padding_;
      const Index left = (cols.first + used % cols.count) * width_;
      for (Index r = 0; r < height_; ++r) {
        for (Index c = 0; c < width_; ++c) set_cell(top + r, left + c, lane, leaves_.cell(r, c));
      }
    }
    return leaves_.build();
  }

  /// One lane as a multiport, without the ports at the open ends of wires.
  Multiport leaf(Index row, Index col, Index lane, const Lanes* lanes) {
    const Index size = ports({row, 1}, {col, 1});
    Multiport result{stack_.matrix(size, size)};
    result.has_drivers = col == 0;
    result.has_grounds = row == tall_ - 1;
    std::array<Range, 4> from = {Range{0, height_}, Range{height_, height_},
                                 Range{2 * height_, width_}, Range{2 * height_ + width_, width_}};
    if (col == wide_ - 1 && !has_far_drivers_) from[kRight].count = 0;
    if (row == 0 && !has_far_grounds_) from[kTop].count = 0;
    Index place = 0;
    for (const Side side : kSides) {
      result.sides[side][0] = {place, from[side].count};
      place += from[side].count;
    }
    for (const Side c : kSides) {
      for (const Side r : kSides) {
        for (Index j = 0; r >= c && j < from[c].count; ++j) {
          const Lanes* const column = lanes + (from[c].first + j) * leaves_.ports() + from[r].first;
          double* const to = &result.s(result.sides[r][0].first, result.sides[c][0].first + j);
          for (Index i = 0; i < from[r].count; ++i) to[i] = column[i][lane];
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
  MatrixStack& stack_;
};

}  // namespace

Matrix dissected_matrix(const Matrix& siemens, const Wires& wires) {
  thread_local MatrixStack stack;
  stack.clear();  // also of what an exception left
  Matrix result = Dissection(siemens, wires, stack).effective();
  stack.clear();
  return result;
}

}  // namespace ohmweave::crossbar
