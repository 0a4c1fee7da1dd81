// SPDX-License-Identifier: Apache-2.0
#include "data/glyphs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ohmweave::data {
namespace {

TEST(Glyphs, StayInTheirBoxAndFillItsHeight) {
  for (int digit = 0; digit < 10; ++digit) {
    for (const Glyph& glyph : glyphs(digit)) {
      double top = 1.0;
      double bottom = 0.0;
      for (const Stroke& stroke : glyph) {
        for (const Point& p : stroke) {
          EXPECT_TRUE(p.x >= 0.0 && p.x <= 1.0 && p.y >= 0.0 && p.y <= 1.0) << digit;
          top = std::min(top, p.y);
          bottom = std::max(bottom, p.y);
        }
      }
      EXPECT_LE(top, 0.1) << digit;
      EXPECT_GE(bottom, 0.9) << digit;
    }
  }
}

TEST(Glyphs, HaveStylesThatDiffer) {
  for (int digit = 0; digit < 10; ++digit) {
    const auto& styles = glyphs(digit);
    ASSERT_GE(styles.size(), 2U) << digit;
    for (std::size_t i = 0; i < styles.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const Stroke& a = styles[i][0];
        const Stroke& b = styles[j][0];
        const bool same = a.size() == b.size() &&
                          std::equal(a.begin(), a.end(), b.begin(),
                                     [](Point p, Point q) { return p.x == q.x && p.y == q.y; });
        EXPECT_FALSE(same) << digit << ": styles " << j << " and " << i;
      }
    }
  }
}

TEST(Trace, PassesThroughItsControlPoints) {
  const Stroke stroke = {{0.0, 0.0}, {0.5, 0.2}, {0.3, 0.9}, {1.0, 1.0}};

  const std::vector<Point> points = trace(stroke, 20.0);

  constexpr double kRounding = 1e-12;
  for (const Point& wanted : stroke) {
    double nearest = 1.0;
    for (const Point& p : points) {
      nearest = std::min(nearest, std::hypot(p.x - wanted.x, p.y - wanted.y));
    }
    EXPECT_LT(nearest, kRounding);
  }
}

TEST(Trace, OfTwoPointsIsTheStraightLineBetweenThem) {
  for (const Point& p : trace({{0.0, 1.0}, {1.0, 0.0}}, 10.0)) EXPECT_NEAR(p.x + p.y, 1.0, 1e-12);
}

TEST(Trace, TurnsSharplyAtAPointGivenTwice) {
  // Without the corner the spline would swing below y = 0 between the first two points.
  const std::vector<Point> sharp = trace({{0, 0}, {1, 0}, {1, 0}, {1, 1}}, 10.0);
  const std::vector<Point> smooth = trace({{0, 0}, {1, 0}, {1, 1}}, 10.0);
  const auto lowest = [](const std::vector<Point>& points) {
    return std::min_element(points.begin(), points.end(),
                            [](const Point& a, const Point& b) { return a.y < b.y; })
        ->y;
  };

  EXPECT_EQ(lowest(sharp), 0.0);
  EXPECT_LT(lowest(smooth), -0.05);
}

}  // namespace
}  // namespace ohmweave::data
