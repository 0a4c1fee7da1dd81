// SPDX-License-Identifier: Apache-2.0
// Charts as inline SVG: dark text on white, colours that colour-blind readers can tell apart.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ohmweave::report {

/// The n-th colour of the palette (repeats; svg_swatch() tells the repeats apart).
[[nodiscard]] std::string colour(std::size_t n);

/// Round numbers that divide [low, high] into about `count` steps; the first is <= low, the last
/// >= high.
[[nodiscard]] std::vector<double> round_ticks(double low, double high, int count);

using NumberText = std::function<std::string(double)>;

/// One row of dots on a common axis; the last row may hold many.
struct DotRow {
  std::string label;
  std::vector<double> values;
  std::string text;  // at the right end
};
/// Rows of dots; the axis spans the values, not zero.
[[nodiscard]] std::string dot_chart(const std::vector<DotRow>& rows, const NumberText& axis_text);

struct BarSeries {
  std::string name;
  std::vector<double> values;  // one for each label; from zero up
};
/// Horizontal bars, one group a label, one bar a series, values written at their ends.
[[nodiscard]] std::string bar_chart(const std::vector<std::string>& labels,
                                    const std::vector<BarSeries>& series, const NumberText& text);

/// One horizontal bar cut into shares of its sum.
struct StackedBar {
  std::string label;
  std::vector<double> values;  // one for each segment name
  std::string total;           // at the right end
};
[[nodiscard]] std::string stacked_chart(const std::vector<std::string>& segments,
                                        const std::vector<StackedBar>& bars);

enum class AxisScale { Linear, Logarithmic };

struct LineSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  // x rising
};
struct LineChart {
  std::string x_label;
  std::string y_label;
  AxisScale y_scale = AxisScale::Linear;  // a logarithmic axis leaves values <= 0 out
  NumberText y_text;
  std::vector<LineSeries> series;
  std::vector<std::pair<double, std::string>> marks;  // vertical lines: x and what starts there
};
[[nodiscard]] std::string line_chart(const LineChart& chart);

/// One array drawn to scale: the used corner of rows x columns cells.
struct ArrayTile {
  std::string title;  // shown when pointed at
  int num_rows = 0;
  int num_columns = 0;
  std::size_t colour_index = 0;
};
[[nodiscard]] std::string array_map(const std::vector<ArrayTile>& arrays, int array_rows,
                                    int array_columns);

/// Names with their colours, as one line of HTML.
[[nodiscard]] std::string legend(const std::vector<std::string>& names);

}  // namespace ohmweave::report
