// SPDX-License-Identifier: Apache-2.0
// The parts of charts: palette, ticks, elements.
#include "report/svg.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "report/svg_elements.h"
#include "report/text.h"

namespace ohmweave::report {

namespace {

constexpr std::array<const char*, 18> kPalette = {
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00",
    "#8c8c2a", "#5b4a8a", "#8a4a2b", "#3c6e71", "#b0b0b0", "#a3c76d",
    "#e8a2a2", "#555555", "#f0e442", "#7fb8a4", "#c49a6c", "#2f4b7c"};

}  // namespace

std::string colour(std::size_t n) { return kPalette[n % kPalette.size()]; }

std::vector<double> round_ticks(double low, double high, int count) {
  if (!(high > low)) {
    const double margin = low == 0.0 ? 1.0 : std::abs(low) * 0.01;
    low -= margin;
    high += margin;
  }
  const double raw = (high - low) / count;
  const double decade = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10.0 * decade;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= raw * (1.0 - 1e-9)) {
      step = factor * decade;
      break;
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  for (double k = first; k <= last; ++k) ticks.push_back(k * step);
  return ticks;
}

std::string number_text(double value) {
  std::string text = fixed_text(value, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string svg_text(double x, double y, const std::string& text, const std::string& style) {
  return "<text x=\"" + number_text(x) + "\" y=\"" + number_text(y) + "\" class=\"" + style +
         "\">" + escaped(text) + "</text>\n";
}

std::string svg_line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + number_text(x1) + "\" y1=\"" + number_text(y1) + "\" x2=\"" +
         number_text(x2) + "\" y2=\"" + number_text(y2) + "\" class=\"" + style + "\"/>\n";
}

std::string svg_rectangle(const Rectangle& r, const std::string& fill, const std::string& title) {
  const std::string head = "<rect x=\"" + number_text(r.x) + "\" y=\"" + number_text(r.y) +
                           "\" width=\"" + number_text(r.width) + "\" height=\"" +
                           number_text(r.height) + "\" fill=\"" + fill + "\"";
  return title.empty() ? head + "/>\n" : head + "><title>" + escaped(title) + "</title></rect>\n";
}

std::string svg_swatch(const Rectangle& r, std::size_t n, const std::string& title) {
  std::string svg = svg_rectangle(r, colour(n), title);
  const std::size_t num_stripes = n / kPalette.size();
  const double height = r.height / static_cast<double>(2 * num_stripes + 1);
  for (std::size_t i = 0; i < num_stripes; ++i) {
    const double y = r.y + height * static_cast<double>(2 * i + 1);
    svg += svg_rectangle({r.x, y, r.width, height}, "#ffffff", title);
  }
  return svg;
}

std::string svg_picture(double width, double height, const std::string& label,
                        const std::string& content) {
  return R"(<svg viewBox="0 0 )" + number_text(width) + " " + number_text(height) + "\" width=\"" +
         number_text(width) + "\" height=\"" + number_text(height) +
         R"(" role="img" aria-label=")" + escaped(label) + "\">\n" + content + "</svg>\n";
}

std::string legend(const std::vector<std::string>& names) {
  std::string html = R"(<p class="legend">)";
  for (std::size_t i = 0; i < names.size(); ++i) {
    html += R"(<span><svg width="12" height="12" aria-hidden="true">)" +
            svg_swatch({0, 0, 12, 12}, i, "") + "</svg> " + escaped(names[i]) + "</span> ";
  }
  return html + "</p>\n";
}

}  // namespace ohmweave::report
