// SPDX-License-Identifier: Apache-2.0
#include "crossbar/cell_curve.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

double secant(const TableCurve::Point& a, const TableCurve::Point& b) {
  return (b.amps_per_siemens - a.amps_per_siemens) / (b.volts - a.volts);
}

/// The slope at the middle one of three points: 0 where the curve is flat on a side, else the
/// harmonic mean of the secants, the nearer neighbour's counting more.
double middle_slope(const TableCurve::Point& a, const TableCurve::Point& b,
                    const TableCurve::Point& c) {
  const double left = secant(a, b);
  const double right = secant(b, c);
  if (left == 0.0 || right == 0.0) return 0.0;
  const double width_left = b.volts - a.volts;
  const double width_right = c.volts - b.volts;
  const double weight_left = 2.0 * width_right + width_left;
  const double weight_right = width_right + 2.0 * width_left;
  return (weight_left + weight_right) / (weight_left / left + weight_right / right);
}

constexpr int kAllDigits = 17;  // of a double

}  // namespace

SinhCurve::SinhCurve(double sinh_per_v) : sinh_per_v_(sinh_per_v) {
  OHMWEAVE_REQUIRE(sinh_per_v >= 0.0, "cells are passive");
}

double SinhCurve::amps_per_siemens(double volts) const {
  return sinh_per_v_ == 0.0 ? volts : std::sinh(sinh_per_v_ * volts) / sinh_per_v_;
}

double SinhCurve::slope(double volts) const {
  return sinh_per_v_ == 0.0 ? 1.0 : std::cosh(sinh_per_v_ * volts);
}

double SinhCurve::content(double volts) const {
  if (sinh_per_v_ == 0.0) return 0.5 * volts * volts;
  // cosh(k v) - 1 = 2 sinh(k v / 2)^2
  const double half = std::sinh(0.5 * sinh_per_v_ * volts) / sinh_per_v_;
  return 2.0 * half * half;
}

std::string SinhCurve::formula(const std::string& volts) const {
  if (sinh_per_v_ == 0.0) return volts;
  std::ostringstream out;
  out.precision(kAllDigits);
  out << "sinh(" << sinh_per_v_ << "*" << volts << ")/" << sinh_per_v_;
  return out.str();
}

TableCurve::TableCurve(std::vector<Point> points) {
  OHMWEAVE_REQUIRE(points.size() >= 2, "a curve has at least two points");
  bool has_origin = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    OHMWEAVE_REQUIRE(std::isfinite(points[i].volts) && std::isfinite(points[i].amps_per_siemens),
                     "points are finite");
    OHMWEAVE_REQUIRE(i == 0 || (points[i].volts > points[i - 1].volts &&
                                points[i].amps_per_siemens >= points[i - 1].amps_per_siemens),
                     "volts rise and amperes do not fall from point to point");
    has_origin = has_origin || (points[i].volts == 0.0 && points[i].amps_per_siemens == 0.0);
  }
  OHMWEAVE_REQUIRE(has_origin, "a cell without voltage carries no current: one point is (0, 0)");
  const std::size_t last = points.size() - 1;
  std::vector<double> slopes(points.size());
  slopes[0] = secant(points[0], points[1]);
  slopes[last] = secant(points[last - 1], points[last]);
  for (std::size_t i = 1; i < last; ++i) {
    slopes[i] = middle_slope(points[i - 1], points[i], points[i + 1]);
  }
  pieces_.push_back({points[0].volts, points[0].amps_per_siemens, slopes[0], 0.0, 0.0, 0.0});
  for (std::size_t i = 0; i < last; ++i) {
    const double width = points[i + 1].volts - points[i].volts;
    const double rise = secant(points[i], points[i + 1]);
    pieces_.push_back({points[i].volts, points[i].amps_per_siemens, slopes[i],
                       (3.0 * rise - 2.0 * slopes[i] - slopes[i + 1]) / width,
                       (slopes[i] + slopes[i + 1] - 2.0 * rise) / (width * width), 0.0});
  }
  pieces_.push_back(
      {points[last].volts, points[last].amps_per_siemens, slopes[last], 0.0, 0.0, 0.0});
  for (std::size_t i = 2; i < pieces_.size(); ++i) {
    pieces_[i].content = content(pieces_[i].start, pieces_[i - 1]);
  }
  const double at_origin = content(0.0, piece_at(0.0));
  for (Piece& piece : pieces_) piece.content -= at_origin;
}

const TableCurve::Piece& TableCurve::piece_at(double volts) const {
  const auto above = std::upper_bound(pieces_.begin() + 1, pieces_.end(), volts,
                                      [](double v, const Piece& piece) { return v < piece.start; });
  return *(above - 1);
}

double TableCurve::amps_per_siemens(double volts) const {
  const Piece& piece = piece_at(volts);
  const double x = volts - piece.start;
  return piece.value + x * (piece.slope + x * (piece.second + x * piece.third));
}

double TableCurve::slope(double volts) const {
  const Piece& piece = piece_at(volts);
  const double x = volts - piece.start;
  // Rounding must not make a flat stretch fall.
  return std::max(0.0, piece.slope + x * (2.0 * piece.second + x * 3.0 * piece.third));
}

double TableCurve::content(double volts, const Piece& piece) {
  const double x = volts - piece.start;
  return piece.content + x * (piece.value + x * (piece.slope / 2.0 +
                                                 x * (piece.second / 3.0 + x * piece.third / 4.0)));
}

double TableCurve::content(double volts) const { return content(volts, piece_at(volts)); }

std::string TableCurve::formula(const std::string& volts) const {
  std::ostringstream out;
  out.precision(kAllDigits);
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& p = pieces_[i];
    const bool is_last = i + 1 == pieces_.size();
    if (!is_last) out << "(" << volts << " < (" << pieces_[i + 1].start << ") ? ";
    std::ostringstream x;
    x.precision(kAllDigits);
    x << "(" << volts << "-(" << p.start << "))";
    out << "(" << p.value << "+" << x.str() << "*(" << p.slope << "+" << x.str() << "*(" << p.second
        << "+" << x.str() << "*(" << p.third << "))))";
    if (!is_last) out << " : ";
  }
  out << std::string(pieces_.size() - 1, ')');
  return out.str();
}

std::unique_ptr<CellCurve> make_curve(const IvOptions& iv) {
  if (iv.voltage_v.empty()) return std::make_unique<SinhCurve>(iv.sinh_per_v);
  std::vector<TableCurve::Point> points;
  for (std::size_t i = iv.voltage_v.size(); i-- > 1;)
    points.push_back({-iv.voltage_v[i], -iv.effective_v[i]});
  for (std::size_t i = 0; i < iv.voltage_v.size(); ++i)
    points.push_back({iv.voltage_v[i], iv.effective_v[i]});
  return std::make_unique<TableCurve>(std::move(points));
}

}  // namespace ohmweave::crossbar
