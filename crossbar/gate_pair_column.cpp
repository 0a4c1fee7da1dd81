// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_pair_column.h"

#include <algorithm>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr Eigen::Index kPairLanes = 8;  // inputs solved side by side
using PairLanes = Eigen::Array<double, kPairLanes, 1>;

/// Both cells of a word line; Number: of one input, or of kPairLanes.
template <class Number>
struct CellPair {
  Number first;
  Number second;
};

/// What lies before a place of the column, as the header has it.
template <class Number>
class Before {
 public:
  /// Up to the first word line, without its cells.
  Before(const GatePairColumn& column, const Number& zero)
      : bit_line_ohm_(column.lines.bit_line_ohm),
        source_line_ohm_(column.lines.source_line_ohm),
        e1_(zero + column.lines.read_voltage_v),
        e2_(zero + column.second_voltage_v),
        z11_(zero + column.lines.driver_ohm + bit_line_ohm_),
        z12_(zero),
        z22_(z11_),
        k1_(zero + 1.0),
        k2_(zero + 1.0),
        s_(zero),
        y_(zero) {}

  void add_segments() {
    const Number f = 1.0 / (1.0 + source_line_ohm_ * y_);
    const Number n1 = 1.0 - k1_;
    const Number n2 = 1.0 - k2_;
    const Number ohm = source_line_ohm_ * f;
    e1_ += ohm * s_ * n1;
    e2_ += ohm * s_ * n2;
    z11_ += bit_line_ohm_ + ohm * n1 * n1;
    z12_ += ohm * n1 * n2;
    z22_ += bit_line_ohm_ + ohm * n2 * n2;
    k1_ = f * k1_ + ohm * y_;
    k2_ = f * k2_ + ohm * y_;
    s_ *= f;
    y_ *= f;
  }

  void add_cells(const CellPair<Number>& cells) {
    const Number product = z11_ * z22_ - z12_ * z12_;
    const Number share = 1.0 / (1.0 + cells.first * z11_ + cells.second * z22_ +
                                cells.first * cells.second * product);  // 1 / det(1 + Z D)
    const Number h11 = (1.0 + cells.second * z22_) * share;
    const Number h12 = -cells.second * z12_ * share;
    const Number h21 = -cells.first * z12_ * share;
    const Number h22 = (1.0 + cells.first * z11_) * share;
    const Number e1 = h11 * e1_ + h12 * e2_;
    const Number e2 = h21 * e1_ + h22 * e2_;
    const Number k1 = h11 * k1_ + h12 * k2_;
    const Number k2 = h21 * k1_ + h22 * k2_;
    s_ += k1_ * cells.first * e1 + k2_ * cells.second * e2;
    y_ += k1_ * cells.first * k1 + k2_ * cells.second * k2;
    e1_ = e1;
    e2_ = e2;
    k1_ = k1;
    k2_ = k2;
    z11_ = (z11_ + cells.second * product) * share;
    z22_ = (z22_ + cells.first * product) * share;
    z12_ *= share;
  }

  /// Through `ohm` into a ground; nothing is drawn from the bit lines.
  [[nodiscard]] Number current(double ohm) const { return s_ / (1.0 + ohm * y_); }

 private:
  double bit_line_ohm_;
  double source_line_ohm_;
  Number e1_, e2_;
  Number z11_, z12_, z22_;
  Number k1_, k2_;
  Number s_, y_;
};

template <class Number>
Number pair_current(const std::vector<CellPair<Number>>& cells, const GatePairColumn& column,
                    const Number& zero) {
  Before<Number> before(column, zero);
  for (std::size_t r = 0; r < cells.size(); ++r) {
    if (r > 0) before.add_segments();
    before.add_cells(cells[r]);
  }
  return before.current(column.lines.source_line_ohm + column.lines.sense_ohm);
}

void check(const Vector& first, const Vector& second) {
  OHMWEAVE_REQUIRE(first.size() > 0 && first.size() == second.size() && first.minCoeff() >= 0.0 &&
                       second.minCoeff() >= 0.0,
                   "a column has pairs of cells, each passive");
}

}  // namespace

double gate_pair_current(const Vector& first, const Vector& second, const GatePairColumn& column) {
  check(first, second);
  std::vector<CellPair<double>> cells;
  cells.reserve(static_cast<std::size_t>(first.size()));
  for (Eigen::Index r = 0; r < first.size(); ++r) cells.push_back({first(r), second(r)});
  return pair_current(cells, column, 0.0);
}

std::vector<double> gate_pair_currents(const Vector& first, const Vector& second,
                                       const GatePairColumn& column, const MatrixF& active) {
  check(first, second);
  OHMWEAVE_REQUIRE(active.rows() == first.size(), "every input says which word lines are active");
  std::vector<CellPair<PairLanes>> cells(static_cast<std::size_t>(first.size()));
  std::vector<double> currents(static_cast<std::size_t>(active.cols()));
  for (Eigen::Index input = 0; input < active.cols(); input += kPairLanes) {
    const Eigen::Index count = std::min(kPairLanes, active.cols() - input);
    for (Eigen::Index r = 0; r < first.size(); ++r) {
      CellPair<PairLanes>& pair = cells[static_cast<std::size_t>(r)];
      for (Eigen::Index i = 0; i < kPairLanes; ++i) {
        const bool is_active = i < count && active(r, input + i) != 0.0F;
        pair.first(i) = is_active ? first(r) : 0.0;
        pair.second(i) = is_active ? second(r) : 0.0;
      }
    }
    const auto amps = pair_current<PairLanes>(cells, column, PairLanes::Zero());
    std::copy_n(amps.data(), count, currents.data() + input);
  }
  return currents;
}

}  // namespace ohmweave::crossbar
