// SPDX-License-Identifier: Apache-2.0
#include "data/glyphs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

#include "core/error.h"

namespace ohmweave::data {
namespace {

using Table = std::array<std::vector<Glyph>, 10>;

// clang-format off
Table make_table() {
  Table table;
  table[0] = {
      // round, begun at the top; narrow; begun at the right with an overlap; egg
      {{{.5, 0}, {.14, .15}, {0, .5}, {.14, .85}, {.5, 1}, {.86, .85}, {1, .5}, {.86, .15}, {.5, 0}}},
      {{{.55, 0}, {.28, .18}, {.2, .5}, {.27, .83}, {.5, 1}, {.73, .82}, {.8, .5}, {.72, .16}, {.5, .01}}},
      {{{.85, .2}, {.5, .02}, {.13, .22}, {.02, .6}, {.22, .94}, {.6, .98}, {.94, .7}, {.95, .35}, {.68, .05}, {.5, .04}}},
      {{{.6, 0}, {.3, .12}, {.05, .45}, {.05, .8}, {.35, 1}, {.7, .9}, {.92, .58}, {.9, .22}, {.6, 0}}},
  };
  table[1] = {
      // plain stroke; with a flag; with a flag and a foot; bent
      {{{.5, 0}, {.5, .5}, {.5, 1}}},
      {{{.3, .22}, {.55, 0}, {.55, 0}, {.55, .5}, {.55, 1}}},
      {{{.25, .25}, {.5, .02}, {.5, .02}, {.5, .5}, {.5, 1}}, {{.2, 1}, {.8, 1}}},
      {{{.55, 0}, {.52, .35}, {.5, .7}, {.45, 1}}},
  };
  table[2] = {
      // arc, slanting down, flat foot; with a loop at the foot; angular; swan
      {{{.05, .22}, {.25, .03}, {.62, 0}, {.88, .2}, {.78, .48}, {.4, .78}, {.03, 1}, {.03, 1}, {.5, .98}, {1, .99}}},
      {{{.1, .2}, {.35, 0}, {.75, .05}, {.85, .3}, {.6, .62}, {.2, .92}, {.05, .88}, {.2, .75}, {.5, .9}, {.98, .95}}},
      {{{.08, .08}, {.5, 0}, {.9, .1}, {.85, .35}, {.05, 1}, {.05, 1}, {.95, 1}}},
      {{{.12, .3}, {.2, .08}, {.5, 0}, {.8, .13}, {.78, .4}, {.5, .68}, {.05, .98}, {.05, .98}, {.35, .9}, {.65, .98}, {.95, .9}}},
  };
  table[3] = {
      // two bowls; flat top and one bowl; two bowls with a loop between; upper bowl small
      {{{.08, .12}, {.4, 0}, {.8, .1}, {.82, .33}, {.42, .48}, {.42, .48}, {.85, .6}, {.92, .82}, {.55, 1}, {.05, .9}}},
      {{{.1, .02}, {.9, .02}, {.9, .02}, {.45, .4}, {.45, .4}, {.85, .5}, {.95, .76}, {.65, .98}, {.05, .92}}},
      {{{.1, .15}, {.45, 0}, {.85, .14}, {.72, .4}, {.35, .5}, {.4, .44}, {.75, .5}, {.95, .72}, {.65, .98}, {.08, .95}}},
      {{{.18, .1}, {.48, 0}, {.72, .14}, {.65, .34}, {.35, .42}, {.35, .42}, {.8, .48}, {1, .74}, {.65, 1}, {.05, .86}}},
  };
  table[4] = {
      // open, two strokes; closed at the top; open with a long stem; one stroke
      {{{.15, 0}, {.08, .3}, {.05, .55}, {.05, .55}, {.5, .55}, {.95, .5}}, {{.78, .05}, {.75, .5}, {.72, 1}}},
      {{{.7, 1}, {.7, .5}, {.7, 0}, {.7, 0}, {.02, .66}, {.02, .66}, {1, .66}}},
      {{{.1, .08}, {.1, .45}, {.1, .45}, {.5, .5}, {.9, .42}}, {{.9, 0}, {.82, .5}, {.7, 1}}},
      {{{.25, .02}, {.1, .4}, {.15, .58}, {.5, .58}, {.85, .4}, {.9, .05}, {.9, .05}, {.82, .5}, {.78, 1}}},
  };
  table[5] = {
      // bar on top as a second stroke; in one stroke; rounded like an S; narrow bowl
      {{{.2, .02}, {.15, .42}, {.15, .42}, {.5, .36}, {.9, .52}, {.92, .8}, {.55, 1}, {.05, .92}}, {{.2, .02}, {.9, 0}}},
      {{{.92, .02}, {.25, .02}, {.25, .02}, {.18, .45}, {.18, .45}, {.55, .38}, {.92, .6}, {.85, .88}, {.5, 1}, {.05, .93}}},
      {{{.9, .08}, {.55, 0}, {.2, .12}, {.15, .35}, {.45, .46}, {.8, .6}, {.88, .82}, {.55, 1}, {.08, .94}}},
      {{{.3, .05}, {.22, .48}, {.22, .48}, {.55, .42}, {.8, .62}, {.72, .88}, {.4, 1}, {.1, .9}}, {{.3, .05}, {.95, .04}}},
  };
  table[6] = {
      // round back; straight back; tall with a small loop; loop crossing the back
      {{{.8, .05}, {.45, .1}, {.12, .42}, {.05, .75}, {.3, .99}, {.7, .97}, {.9, .75}, {.7, .53}, {.35, .56}, {.1, .78}}},
      {{{.7, 0}, {.35, .35}, {.1, .7}, {.25, .97}, {.65, .98}, {.88, .74}, {.65, .52}, {.3, .6}, {.14, .78}}},
      {{{.45, 0}, {.2, .35}, {.1, .75}, {.35, 1}, {.75, .95}, {.82, .74}, {.55, .62}, {.2, .72}, {.12, .82}}},
      {{{.85, .12}, {.6, 0}, {.25, .2}, {.08, .55}, {.18, .9}, {.55, 1}, {.88, .8}, {.8, .55}, {.45, .5}, {.08, .68}}},
  };
  table[7] = {
      // plain; with a bar; curved; with a serif at the left
      {{{.05, .03}, {.95, .03}, {.95, .03}, {.6, .5}, {.4, 1}}},
      {{{.05, .05}, {.92, .02}, {.92, .02}, {.6, .5}, {.35, 1}}, {{.25, .52}, {.85, .48}}},
      {{{.02, .12}, {.4, .03}, {.9, .05}, {.85, .3}, {.58, .62}, {.48, 1}}},
      {{{.08, .22}, {.08, .04}, {.08, .04}, {.92, .04}, {.92, .04}, {.62, .45}, {.5, 1}}},
  };
  table[8] = {
      // one crossing stroke; two rings; slanted crossing stroke; small head
      {{{.85, .15}, {.5, 0}, {.15, .18}, {.3, .42}, {.75, .6}, {.88, .83}, {.5, 1}, {.1, .84}, {.25, .58}, {.72, .4}, {.85, .15}}},
      {{{.5, .46}, {.18, .36}, {.16, .12}, {.5, 0}, {.84, .12}, {.82, .36}, {.5, .46}}, {{.5, .46}, {.1, .6}, {.08, .88}, {.5, 1}, {.92, .88}, {.9, .6}, {.5, .46}}},
      {{{.9, .1}, {.6, 0}, {.25, .12}, {.3, .35}, {.65, .58}, {.72, .85}, {.38, 1}, {.08, .86}, {.2, .62}, {.65, .38}, {.9, .1}}},
      {{{.5, .4}, {.28, .3}, {.28, .1}, {.5, 0}, {.74, .1}, {.72, .3}, {.5, .4}, {.1, .56}, {.05, .86}, {.5, 1}, {.95, .86}, {.9, .56}, {.5, .4}}},
  };
  table[9] = {
      // ring and straight stem; ring and curved tail; open ring; one stroke with a hook
      {{{.88, .2}, {.55, 0}, {.15, .14}, {.12, .4}, {.5, .52}, {.85, .35}, {.88, .2}, {.88, .2}, {.86, .6}, {.8, 1}}},
      {{{.82, .25}, {.6, .02}, {.22, .08}, {.1, .32}, {.35, .5}, {.72, .42}, {.85, .2}, {.85, .55}, {.62, .9}, {.3, 1}}},
      {{{.85, .1}, {.45, 0}, {.12, .22}, {.25, .46}, {.6, .46}, {.85, .12}, {.85, .12}, {.75, .55}, {.55, 1}}},
      {{{.9, .22}, {.6, 0}, {.2, .12}, {.18, .4}, {.55, .48}, {.88, .26}, {.92, .6}, {.75, .92}, {.4, 1}, {.12, .88}}},
  };
  return table;
}
// clang-format on

double distance(const Point& a, const Point& b) { return std::hypot(b.x - a.x, b.y - a.y); }

/// Catmull-Rom between b (t = 0) and c (t = 1).
double spline(double a, double b, double c, double d, double t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

}  // namespace

const std::vector<Glyph>& glyphs(int digit) {
  OHMWEAVE_REQUIRE(digit >= 0 && digit < 10, "digit " + std::to_string(digit));
  static const Table table = make_table();
  return table[static_cast<std::size_t>(digit)];
}

std::vector<Point> trace(const Stroke& stroke, double points_per_unit) {
  std::vector<Point> points;
  if (stroke.empty()) return points;
  points.push_back(stroke.front());
  const std::size_t last = stroke.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    const Point& b = stroke[i];
    const Point& c = stroke[i + 1];
    if (b.x == c.x && b.y == c.y) continue;  // a corner: the two halves are separate curves
    const bool starts = i == 0 || distance(stroke[i - 1], b) == 0.0;
    const bool ends = i + 1 == last || distance(c, stroke[i + 2]) == 0.0;
    const Point a = starts ? b : stroke[i - 1];
    const Point d = ends ? c : stroke[i + 2];
    const int steps = std::max(1, static_cast<int>(std::ceil(distance(b, c) * points_per_unit)));
    for (int k = 1; k <= steps; ++k) {
      const double t = static_cast<double>(k) / steps;
      points.push_back({spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t)});
    }
  }
  return points;
}

}  // namespace ohmweave::data
