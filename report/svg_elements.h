// SPDX-License-Identifier: Apache-2.0
// SVG elements as text; `style` is a class of page_style.cpp.
#pragma once

#include <cstddef>
#include <string>

namespace ohmweave::report {

struct Rectangle {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
};

/// At most two decimals: coordinates in pixels.
[[nodiscard]] std::string number_text(double value);
[[nodiscard]] std::string svg_text(double x, double y, const std::string& text,
                                   const std::string& style);
[[nodiscard]] std::string svg_line(double x1, double y1, double x2, double y2,
                                   const std::string& style);
[[nodiscard]] std::string svg_rectangle(const Rectangle& rectangle, const std::string& fill,
                                        const std::string& title);
/// A rectangle with the look of the n-th thing of a chart: its colour, and once the palette is used
/// up one white stripe across, then two, ...: no two things look the same.
[[nodiscard]] std::string svg_swatch(const Rectangle& rectangle, std::size_t n,
                                     const std::string& title);
/// `label` is read to people who cannot see the picture.
[[nodiscard]] std::string svg_picture(double width, double height, const std::string& label,
                                      const std::string& content);

}  // namespace ohmweave::report
