// SPDX-License-Identifier: Apache-2.0
// The current of a cell by its voltage, as a multiple of its conductance: current = siemens * f(v),
// f in volts, rising, continuous with its slope, f(0) = 0. Solvers also need the integral of f,
// the content of a cell.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

class CellCurve {
 public:
  virtual ~CellCurve() = default;
  /// f(v), in volts.
  [[nodiscard]] virtual double amps_per_siemens(double volts) const = 0;
  /// df/dv >= 0.
  [[nodiscard]] virtual double slope(double volts) const = 0;
  /// The integral of f from 0 to v, in square volts.
  [[nodiscard]] virtual double content(double volts) const = 0;
  /// f of the expression `volts`, as SPICE of the Berkeley family reads it.
  [[nodiscard]] virtual std::string formula(const std::string& volts) const = 0;
};

/// f(v) = sinh(k v) / k; k = 0 is the straight line v.
class SinhCurve final : public CellCurve {
 public:
  explicit SinhCurve(double sinh_per_v);
  [[nodiscard]] double amps_per_siemens(double volts) const override;
  [[nodiscard]] double slope(double volts) const override;
  [[nodiscard]] double content(double volts) const override;
  [[nodiscard]] std::string formula(const std::string& volts) const override;

 private:
  double sinh_per_v_;
};

/// A measured curve: cubics between its points with slopes that keep it monotone, straight lines
/// beyond its ends. Source: fritsch_sinum_1980 (slopes: the weighted harmonic means of their
/// successors, which need no second pass).
class TableCurve final : public CellCurve {
 public:
  struct Point {
    double volts;
    double amps_per_siemens;
  };

  /// At least two points, volts rising, amps_per_siemens not falling, one of them (0, 0)
  /// (std::logic_error).
  explicit TableCurve(std::vector<Point> points);
  [[nodiscard]] double amps_per_siemens(double volts) const override;
  [[nodiscard]] double slope(double volts) const override;
  [[nodiscard]] double content(double volts) const override;
  [[nodiscard]] std::string formula(const std::string& volts) const override;

 private:
  /// f = value + x (slope + x (second + x third)), x = volts - start.
  struct Piece {
    double start;
    double value;
    double slope;
    double second;
    double third;
    double content;  // at the start
  };
  [[nodiscard]] const Piece& piece_at(double volts) const;
  [[nodiscard]] static double content(double volts, const Piece& piece);

  std::vector<Piece> pieces_;  // the line below, the cubics, the line above
};

/// The curve of a device: f = v_effective.
[[nodiscard]] std::unique_ptr<CellCurve> make_curve(const IvOptions& iv);

}  // namespace ohmweave::crossbar
