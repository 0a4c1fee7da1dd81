// SPDX-License-Identifier: Apache-2.0
// How the ten digits are written: a few styles each, as pen strokes through control points.
#pragma once

#include <vector>

namespace ohmweave::data {

/// A place in the box of a digit: x right, y down, both about 0 .. 1.
struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// Control points of one stroke; a point given twice in a row is a corner.
using Stroke = std::vector<Point>;
/// One way to write a digit.
using Glyph = std::vector<Stroke>;

/// The styles of `digit` (0 .. 9); at least one.
[[nodiscard]] const std::vector<Glyph>& glyphs(int digit);

/// A smooth curve (uniform Catmull-Rom spline) through the stroke's points, with about
/// `points_per_unit` points for each unit of length.
[[nodiscard]] std::vector<Point> trace(const Stroke& stroke, double points_per_unit);

}  // namespace ohmweave::data
