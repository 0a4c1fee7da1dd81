// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_pair_column.h"

#include "core/error.h"
#include "crossbar/gate_ladder.h"

namespace ohmweave::crossbar {
namespace {

/// What lies before a place of the column, as the header has it.
class Before {
 public:
  /// Up to the first word line, without its cells.
  explicit Before(const GatePairColumn& column)
      : bit_line_ohm_(column.lines.bit_line_ohm),
        source_line_ohm_(column.lines.source_line_ohm),
        e1_(column.lines.read_voltage_v),
        e2_(column.second_voltage_v),
        z11_(column.lines.driver_ohm + bit_line_ohm_),
        z22_(z11_) {}

  void add_segments() {
    const double f = 1.0 / (1.0 + source_line_ohm_ * y_);
    const double n1 = 1.0 - k1_;
    const double n2 = 1.0 - k2_;
    const double ohm = source_line_ohm_ * f;
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

  void add_cells(double first, double second) {
    const double product = z11_ * z22_ - z12_ * z12_;
    const double share =
        1.0 / (1.0 + first * z11_ + second * z22_ + first * second * product);  // 1 / det(1 + Z D)
    const double h11 = (1.0 + second * z22_) * share;
    const double h12 = -second * z12_ * share;
    const double h21 = -first * z12_ * share;
    const double h22 = (1.0 + first * z11_) * share;
    const double e1 = h11 * e1_ + h12 * e2_;
    const double e2 = h21 * e1_ + h22 * e2_;
    const double k1 = h11 * k1_ + h12 * k2_;
    const double k2 = h21 * k1_ + h22 * k2_;
    s_ += k1_ * first * e1 + k2_ * second * e2;
    y_ += k1_ * first * k1 + k2_ * second * k2;
    e1_ = e1;
    e2_ = e2;
    k1_ = k1;
    k2_ = k2;
    z11_ = (z11_ + second * product) * share;
    z22_ = (z22_ + first * product) * share;
    z12_ *= share;
  }

  /// Through `ohm` into a ground; nothing is drawn from the bit lines.
  [[nodiscard]] double current(double ohm) const { return s_ / (1.0 + ohm * y_); }

 private:
  double bit_line_ohm_;
  double source_line_ohm_;
  double e1_, e2_;
  double z11_, z12_ = 0.0, z22_;
  double k1_ = 1.0, k2_ = 1.0;
  double s_ = 0.0, y_ = 0.0;
};

}  // namespace

double gate_pair_current(const Vector& first, const Vector& second, const GatePairColumn& column) {
  OHMWEAVE_REQUIRE(first.size() > 0 && first.size() == second.size() && first.minCoeff() >= 0.0 &&
                       second.minCoeff() >= 0.0,
                   "a column has pairs of cells, each passive");
  Before before(column);
  for (Eigen::Index r = 0; r < first.size(); ++r) {
    if (r > 0) before.add_segments();
    before.add_cells(first(r), second(r));
  }
  return before.current(column.lines.source_line_ohm + column.lines.sense_ohm);
}

namespace {

// Of the two bit lines of four columns; lanes are columns. Larger operations are inline: called,
// they would pass their registers through memory.
struct Two {
  Lanes first, second;
};
struct Symmetric {
  Lanes first, across, second;
};
struct Square {
  Lanes first, first_second, second_first, second;
};

Two operator+(const Two& a, const Two& b) { return {a.first + b.first, a.second + b.second}; }
Two operator-(const Two& a, const Two& b) { return {a.first - b.first, a.second - b.second}; }
Lanes dot(const Two& a, const Two& b) { return a.first * b.first + a.second * b.second; }
Lanes sum(const Two& a) { return a.first + a.second; }
Two both(const Lanes& a) { return {a, a}; }

Two operator*(const Symmetric& m, const Two& v) {
  return {m.first * v.first + m.across * v.second, m.across * v.first + m.second * v.second};
}
Two operator*(const Square& m, const Two& v) {
  return {m.first * v.first + m.first_second * v.second,
          m.second_first * v.first + m.second * v.second};
}
Symmetric operator+(const Symmetric& a, const Symmetric& b) {
  return {a.first + b.first, a.across + b.across, a.second + b.second};
}
Square transposed(const Square& m) { return {m.first, m.second_first, m.first_second, m.second}; }
Square operator*(const Square& a, const Square& b) {
  return {a.first * b.first + a.first_second * b.second_first,
          a.first * b.first_second + a.first_second * b.second,
          a.second_first * b.first + a.second * b.second_first,
          a.second_first * b.first_second + a.second * b.second};
}
Lanes determinant(const Symmetric& m) { return m.first * m.second - m.across * m.across; }

/// n m n'
inline Symmetric between(const Square& n, const Symmetric& m) {
  const Two first = m * Two{n.first, n.first_second};
  const Two second = m * Two{n.second_first, n.second};
  return {dot(first, {n.first, n.first_second}), dot(first, {n.second_first, n.second}),
          dot(second, {n.second_first, n.second})};
}

/// scale (m + factor adj(other))
inline Symmetric mixed(const Lanes& scale, const Symmetric& m, const Lanes& factor,
                       const Symmetric& other) {
  return {scale * (m.first + factor * other.second), scale * (m.across - factor * other.across),
          scale * (m.second + factor * other.first)};
}

/// What (1 + p q)^-1 is, and what it makes of p and q; both are semidefinite.
struct Joined {
  Square inverse;  // (1 + p q)^-1
  Symmetric p;     // (1 + p q)^-1 p
  Symmetric q;     // q (1 + p q)^-1
};
inline Joined join(const Symmetric& p, const Symmetric& q) {
  const Lanes p_determinant = determinant(p);
  const Lanes q_determinant = determinant(q);
  const Lanes one = p.first * q.first + p.across * q.across;
  const Lanes other = p.across * q.across + p.second * q.second;
  const Lanes share = 1.0 / (1.0 + one + other + p_determinant * q_determinant);
  return {{share * (1.0 + other), -share * (p.first * q.across + p.across * q.second),
           -share * (p.across * q.first + p.second * q.across), share * (1.0 + one)},
          mixed(share, p, p_determinant, q),
          mixed(share, q, q_determinant, p)};
}

/// Four columns with two bit lines each (gate_ladder.h); lanes are columns.
class PairLadder {
 public:
  using Cells = Two;
  struct Beyond {
    Symmetric y;
    Two f;
    Lanes z;
  };
  struct Run {
    Symmetric y;
    Two f;
    Lanes z;
    Square n;
    Symmetric x;
    Two a;
  };

  explicit PairLadder(const GatePairColumn& column)
      : column_(column),
        source_ohm_(all_lanes(column.lines.source_line_ohm)),
        segments_{source_ohm_ + column.lines.bit_line_ohm, source_ohm_,
                  source_ohm_ + column.lines.bit_line_ohm} {}

  [[nodiscard]] Beyond end() const {
    Beyond result{};
    result.z += column_.lines.sense_ohm;
    return result;
  }
  [[nodiscard]] static Run no_rows() {
    Run result{};
    result.n.first += 1.0;
    result.n.second += 1.0;
    return result;
  }

  void put_segments_before(Run& run) const {
    const Joined joined = join(run.y, segments_);
    const Two f = joined.inverse * (run.f + run.y * both(source_ohm_));
    const Two drop = both(source_ohm_) - segments_ * f;
    run.z += source_ohm_ * (1.0 - sum(f)) - dot(run.f, drop);
    run.a = run.a + run.n * drop;
    run.x = run.x + between(run.n, joined.q);
    run.n = run.n * transposed(joined.inverse);
    run.y = joined.p;
    run.f = f;
  }

  [[nodiscard]] static Run with_cells(const Run& run, const Cells& cells) {
    return {
        run.y + Symmetric{cells.first, Lanes{}, cells.second}, run.f, run.z, run.n, run.x, run.a};
  }

  [[nodiscard]] static Beyond put_before(const Beyond& beyond, const Run& run) {
    const Joined joined = join(run.x, beyond.y);
    const Two volts = joined.inverse * (run.a - run.x * beyond.f);
    const Two amps = beyond.f + beyond.y * volts;
    const Square back = transposed(run.n);
    return {run.y + between(back, joined.q), run.f + back * amps,
            run.z + beyond.z - dot(run.a, amps) - dot(beyond.f, volts)};
  }

  /// Compiled once, as of a column with one bit line.
  /// All of it comes through the bit lines, t = 1' j, with the drivers as segments of theirs: from
  ///   (1 - 1' f) t = 1' Y (e - q 1),      (1 - 1' f) q = z t - f' e,      e: of the sources.
  [[nodiscard, gnu::noinline]] Lanes current(const Beyond& beyond) const {
    const Lanes ohm = all_lanes(column_.lines.driver_ohm + column_.lines.bit_line_ohm);
    const Joined joined = join(beyond.y, {ohm, Lanes{}, ohm});
    const Two f = joined.inverse * beyond.f;
    const Two volts{all_lanes(column_.lines.read_voltage_v), all_lanes(column_.second_voltage_v)};
    const Two to_ground = joined.p * both(all_lanes(1.0));
    const Lanes rest = 1.0 - sum(f);
    const Lanes z = beyond.z + ohm * dot(beyond.f, f);
    return (rest * dot(to_ground, volts) + sum(to_ground) * dot(f, volts)) /
           (rest * rest + sum(to_ground) * z);
  }

 private:
  GatePairColumn column_;
  Lanes source_ohm_;
  Symmetric segments_;
};

}  // namespace

Matrix gate_pair_currents(const Matrix& first, const Matrix& second, const GatePairColumn& column,
                          const GateReads& reads) {
  OHMWEAVE_REQUIRE(first.rows() == reads.num_rows && second.rows() == first.rows() &&
                       second.cols() == first.cols() && first.minCoeff() >= 0.0 &&
                       second.minCoeff() >= 0.0,
                   "columns have a pair of cells, each passive, at every word line");
  return solve_columns(PairLadder(column), reads, first.cols(), [&](Eigen::Index column_index) {
    const std::vector<OfColumns> firsts = lanes_of_columns(first, column_index);
    const std::vector<OfColumns> seconds = lanes_of_columns(second, column_index);
    std::vector<Two> cells;
    for (std::size_t r = 0; r < firsts.size(); ++r)
      cells.push_back({firsts[r].lanes, seconds[r].lanes});
    return cells;
  });
}

}  // namespace ohmweave::crossbar
