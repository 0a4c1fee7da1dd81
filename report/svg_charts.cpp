// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "report/svg.h"
#include "report/svg_elements.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

constexpr double kWidth = 760.0;
constexpr double kLabelWidth = 170.0;
constexpr double kValueWidth = 120.0;
constexpr double kRowHeight = 26.0;
constexpr double kBarHeight = 14.0;
constexpr double kAxisHeight = 26.0;

/// A linear map from values to pixels.
struct Axis {
  double low;
  double high;
  double first_pixel;
  double last_pixel;
  [[nodiscard]] double at(double value) const {
    return first_pixel + (value - low) / (high - low) * (last_pixel - first_pixel);
  }
};

double largest_of(const std::vector<BarSeries>& series) {
  double largest = 0.0;
  for (const BarSeries& one : series) {
    for (const double value : one.values) largest = std::max(largest, value);
  }
  return largest;
}

std::string vertical_grid(const Axis& axis, const std::vector<double>& ticks, double height,
                          const NumberText& text) {
  std::string svg;
  for (const double tick : ticks) {
    svg += svg_line(axis.at(tick), 4, axis.at(tick), height, "grid");
    svg += svg_text(axis.at(tick), height + 16, text(tick), "tick middle");
  }
  return svg;
}

/// The plot area of a line chart and the scales of its two axes.
struct LineFrame {
  static constexpr double kWidth = 480.0;
  static constexpr double kHeight = 274.0;
  static constexpr double kLeft = 66.0;
  static constexpr double kRight = 12.0;
  static constexpr double kTop = 46.0;
  static constexpr double kBottom = 40.0;
  Axis x;
  Axis y;  // of log10(value) when logarithmic
  std::vector<double> y_ticks;
};

bool is_drawn(const LineChart& chart, double y) {
  return std::isfinite(y) && (chart.y_scale == AxisScale::Linear || y > 0.0);
}

double scaled(const LineChart& chart, double y) {
  return chart.y_scale == AxisScale::Linear ? y : std::log10(y);
}

/// Whole decades for a logarithmic axis, at most about six of them written.
std::vector<double> decade_ticks(double low, double high) {
  const double first = std::floor(low);
  const double last = std::max(std::ceil(high), first + 1.0);
  const double step = std::max(1.0, std::ceil((last - first) / 6.0));
  std::vector<double> ticks;
  for (double k = first; k < last + step; k += step) ticks.push_back(k);
  return ticks;
}

LineFrame make_frame(const LineChart& chart) {
  double x_low = std::numeric_limits<double>::infinity();
  double x_high = -x_low;
  double y_low = std::numeric_limits<double>::infinity();
  double y_high = -y_low;
  for (const LineSeries& series : chart.series) {
    for (const auto& [x, y] : series.points) {
      x_high = std::max(x_high, x);
      x_low = std::min(x_low, x);
      if (!is_drawn(chart, y)) continue;
      y_low = std::min(y_low, scaled(chart, y));
      y_high = std::max(y_high, scaled(chart, y));
    }
  }
  if (!(y_low <= y_high)) y_low = y_high = 0.0;
  if (!(x_low < x_high)) {  // a single point, or none: somewhere in the middle
    x_low = std::isfinite(x_low) ? x_low - 1.0 : 0.0;
    x_high = x_low + 2.0;
  }
  LineFrame frame{{x_low, x_high, LineFrame::kLeft, LineFrame::kWidth - LineFrame::kRight},
                  {0, 1, LineFrame::kHeight - LineFrame::kBottom, LineFrame::kTop},
                  chart.y_scale == AxisScale::Linear ? round_ticks(y_low, y_high, 5)
                                                     : decade_ticks(y_low, y_high)};
  frame.y.low = frame.y_ticks.front();
  frame.y.high = frame.y_ticks.back();
  return frame;
}

std::string frame_svg(const LineChart& chart, const LineFrame& frame) {
  const double right = LineFrame::kWidth - LineFrame::kRight;
  const double bottom = LineFrame::kHeight - LineFrame::kBottom;
  std::string svg = svg_text(2, 12, chart.y_label, "tick");
  for (const double tick : frame.y_ticks) {
    const double y = frame.y.at(tick);
    const double value = chart.y_scale == AxisScale::Linear ? tick : std::pow(10.0, tick);
    svg += svg_line(LineFrame::kLeft, y, right, y, "grid");
    svg += svg_text(LineFrame::kLeft - 6, y + 4, chart.y_text(value), "tick end");
  }
  for (const double tick : round_ticks(frame.x.low, frame.x.high, 6)) {
    if (tick < frame.x.low - 1e-9 || tick > frame.x.high + 1e-9) continue;
    svg += svg_text(frame.x.at(tick), bottom + 15, short_number(tick, 6), "tick middle");
  }
  svg += svg_text((LineFrame::kLeft + right) / 2, bottom + 32, chart.x_label, "tick middle");
  return svg + svg_line(LineFrame::kLeft, bottom, right, bottom, "axis");
}

std::string svg_dot(const std::string& x, const std::string& y, const std::string& fill) {
  std::string svg = R"(<circle cx=")";
  svg.append(x).append(R"(" cy=")").append(y).append(R"(" r="1.8" fill=")").append(fill);
  return svg.append(R"("/>)");
}

std::string series_svg(const LineChart& chart, const LineFrame& frame, std::size_t index) {
  std::string path;
  std::string dots;
  bool is_connected = false;
  for (const auto& [x, y] : chart.series[index].points) {
    if (!is_drawn(chart, y)) {
      is_connected = false;
      continue;
    }
    const std::string px = number_text(frame.x.at(x));
    const std::string py = number_text(frame.y.at(scaled(chart, y)));
    path.append(is_connected ? " L" : " M").append(px).append(" ").append(py);
    dots += svg_dot(px, py, colour(index));
    is_connected = true;
  }
  if (path.empty()) return "";
  return R"(<path d=")" + path.substr(1) + R"(" fill="none" stroke=")" + colour(index) +
         R"(" stroke-width="1.6"/>)" + (chart.series[index].points.size() <= 60 ? dots : "") + "\n";
}

}  // namespace

std::string dot_chart(const std::vector<DotRow>& rows, const NumberText& axis_text) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const DotRow& row : rows) {
    for (const double value : row.values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (!(low <= high)) return "";
  const std::vector<double> ticks = round_ticks(low, high, 6);
  const Axis axis{ticks.front(), ticks.back(), kLabelWidth, kWidth - kValueWidth};
  const double height = kRowHeight * static_cast<double>(rows.size()) + 6;
  std::string svg = vertical_grid(axis, ticks, height, axis_text);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = kRowHeight * (static_cast<double>(i) + 0.5) + 4;
    svg += svg_text(kLabelWidth - 10, y + 4, rows[i].label, "label end");
    const char* style = rows[i].values.size() > 1 ? "0.45" : "1";
    for (const double value : rows[i].values) {
      svg += "<circle cx=\"" + number_text(axis.at(value)) + "\" cy=\"" + number_text(y) +
             R"(" r="5" fill=")" + colour(i) + "\" fill-opacity=\"" + style + "\"><title>" +
             escaped(axis_text(value)) + "</title></circle>\n";
    }
    svg += svg_text(kWidth - kValueWidth + 12, y + 4, rows[i].text, "value");
  }
  return svg_picture(kWidth, height + kAxisHeight, "accuracy of each stage", svg);
}

std::string bar_chart(const std::vector<std::string>& labels, const std::vector<BarSeries>& series,
                      const NumberText& text) {
  const double largest = largest_of(series);
  const Axis axis{0.0, largest > 0.0 ? largest : 1.0, kLabelWidth, kWidth - kValueWidth};
  const double group = kBarHeight * static_cast<double>(series.size()) + 12;
  std::string svg;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double top = group * static_cast<double>(i) + 4;
    svg += svg_text(kLabelWidth - 10, top + (group - 12) / 2 + 4, labels[i], "label end");
    for (std::size_t s = 0; s < series.size(); ++s) {
      const double value = series[s].values[i];
      const double y = top + kBarHeight * static_cast<double>(s);
      const double width = std::max(axis.at(value) - kLabelWidth, 0.0);
      svg += svg_rectangle({kLabelWidth, y, width, kBarHeight - 2}, colour(s),
                           series[s].name + ": " + text(value));
      svg += svg_text(kLabelWidth + width + 6, y + 10, text(value), "tick");
    }
  }
  const double height = group * static_cast<double>(labels.size()) + 6;
  svg += svg_line(kLabelWidth, 2, kLabelWidth, height - 6, "axis");
  return svg_picture(kWidth, height, "bars", svg);
}

std::string stacked_chart(const std::vector<std::string>& segments,
                          const std::vector<StackedBar>& bars) {
  constexpr double kHeight = 24.0;
  std::string svg;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = (kHeight + 10) * static_cast<double>(i) + 4;
    double sum = 0.0;
    for (const double value : bars[i].values) sum += value;
    svg += svg_text(kLabelWidth - 10, y + 16, bars[i].label, "label end");
    svg += svg_text(kWidth - kValueWidth + 12, y + 16, bars[i].total, "value");
    double x = kLabelWidth;
    for (std::size_t s = 0; s < segments.size() && sum > 0.0; ++s) {
      const double share = bars[i].values[s] / sum;
      const double width = share * (kWidth - kLabelWidth - kValueWidth);
      svg += svg_swatch({x, y, width, kHeight}, s, segments[s] + ": " + percent_text(share, 1));
      if (share > 0.07) {
        svg += svg_text(x + width / 2, y + 16, percent_text(share, 0), "inside middle");
      }
      x += width;
    }
  }
  return svg_picture(kWidth, (kHeight + 10) * static_cast<double>(bars.size()) + 4, "shares", svg);
}

std::string line_chart(const LineChart& chart) {
  const LineFrame frame = make_frame(chart);
  std::string svg = frame_svg(chart, frame);
  for (std::size_t i = 0; i < chart.marks.size(); ++i) {
    const auto& [x, text] = chart.marks[i];
    const double px = frame.x.at(x);
    const double y =
        LineFrame::kTop - (i % 2 == 0 ? 18.0 : 4.0);  // two rows: names of short phases
    svg += svg_line(px, y - 8, px, LineFrame::kHeight - LineFrame::kBottom, "mark");
    const bool is_far_right = px > LineFrame::kWidth - 130.0;
    svg += svg_text(is_far_right ? px - 3 : px + 3, y, text, is_far_right ? "note end" : "note");
  }
  for (std::size_t i = 0; i < chart.series.size(); ++i) svg += series_svg(chart, frame, i);
  std::vector<std::string> names;
  for (const LineSeries& series : chart.series) names.push_back(series.name);
  return "<figure>" + svg_picture(LineFrame::kWidth, LineFrame::kHeight, chart.y_label, svg) +
         (names.size() > 1 ? legend(names) : "") + "</figure>\n";
}

std::string array_map(const std::vector<ArrayTile>& arrays, int array_rows, int array_columns) {
  constexpr double kLongSide = 56.0;
  constexpr double kGap = 10.0;
  const double cell = kLongSide / std::max(array_rows, array_columns);
  const double width = cell * array_columns;
  const double height = cell * array_rows;
  const auto per_line =
      static_cast<std::size_t>(std::max(1.0, std::floor((960.0 + kGap) / (width + kGap))));
  std::string svg;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::size_t line = i / per_line;
    const double x = static_cast<double>(i - line * per_line) * (width + kGap) + 1;
    const double y = static_cast<double>(line) * (height + kGap) + 1;
    const ArrayTile& array = arrays[i];
    svg += svg_rectangle({x, y, width, height}, "#eef0f2", array.title);
    svg += svg_swatch({x, y, cell * array.num_columns, cell * array.num_rows}, array.colour_index,
                      array.title);
  }
  const std::size_t num_lines = (arrays.size() + per_line - 1) / per_line;
  const auto num_across = static_cast<double>(std::min(per_line, arrays.size()));
  return svg_picture(num_across * (width + kGap), static_cast<double>(num_lines) * (height + kGap),
                     "arrays", svg);
}

}  // namespace ohmweave::report
