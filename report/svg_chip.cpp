// SPDX-License-Identifier: Apache-2.0
#include "report/svg_chip.h"

#include <algorithm>
#include <cmath>

#include "report/svg_elements.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

constexpr double kPageWidth = 900.0;
constexpr double kMostHeight = 420.0;
constexpr double kGap = 40.0;
constexpr double kTop = 24.0;
constexpr double kBarRowHeight = 26.0;
constexpr double kBarLabelWidth = 230.0;
constexpr double kBarValueWidth = 110.0;
constexpr double kChartWidth = 760.0;
constexpr const char* kWhiteSpace = "#eef0f2";
constexpr const char* kOffChip = "#9aa4ad";

double pitch_m(const FloorDrawing& chip) { return std::sqrt(chip.tile_area_m2); }

double height_m(const FloorDrawing& chip) { return pitch_m(chip) * chip.mesh_height; }

/// Off-chip links: a column as high as the mesh.
double links_width_m(const FloorDrawing& chip) {
  return chip.off_chip_area_m2 > 0.0 ? chip.off_chip_area_m2 / height_m(chip) : 0.0;
}

double width_m(const FloorDrawing& chip) {
  return pitch_m(chip) * chip.mesh_width + links_width_m(chip);
}

/// The largest of 1, 2, 5 times a power of ten that is not over `value`.
double round_below(double value) {
  const double decade = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {5.0, 2.0})
    if (factor * decade <= value) return factor * decade;
  return decade;
}

std::string draw_chip(const FloorDrawing& chip, double left, double px_per_m) {
  const double pitch = pitch_m(chip) * px_per_m;
  const double inset = pitch > 8.0 ? 1.0 : 0.0;
  std::string svg = svg_text(left, 14, chip.label, "label");
  svg += svg_rectangle({left, kTop, pitch * chip.mesh_width, pitch * chip.mesh_height}, kWhiteSpace,
                       "mesh positions without a tile");
  for (const FloorTile& tile : chip.tiles) {
    const double x = left + tile.x * pitch;
    const double y = kTop + tile.y * pitch;
    const double built = pitch * tile.built_fraction;
    svg += svg_rectangle({x + inset / 2, y + inset / 2, pitch - inset, pitch - inset}, "#dfe3e7",
                         tile.title);
    svg += svg_swatch({x + inset / 2, y + inset / 2 + (pitch - built), pitch - inset,
                       std::max(0.0, built - inset)},
                      tile.colour_index, tile.title);
  }
  if (chip.off_chip_area_m2 > 0.0)
    svg += svg_rectangle({left + pitch * chip.mesh_width, kTop, links_width_m(chip) * px_per_m,
                          pitch * chip.mesh_height},
                         kOffChip, "off-chip links");
  return svg;
}

}  // namespace

std::string floorplans(const std::vector<FloorDrawing>& chips) {
  double total_m = 0.0;
  double highest_m = 0.0;
  for (const FloorDrawing& chip : chips) {
    total_m += width_m(chip);
    highest_m = std::max(highest_m, height_m(chip));
  }
  if (!(total_m > 0.0)) return "";
  const double gaps = kGap * static_cast<double>(chips.size() - 1);
  const double px_per_m = std::min((kPageWidth - gaps) / total_m, kMostHeight / highest_m);
  std::string svg;
  double left = 0.0;
  for (const FloorDrawing& chip : chips) {
    svg += draw_chip(chip, left, px_per_m);
    left += width_m(chip) * px_per_m + kGap;
  }
  const double bottom = kTop + highest_m * px_per_m + 16.0;
  const double bar_m = round_below(total_m / 4.0);
  svg += svg_line(0, bottom, bar_m * px_per_m, bottom, "axis");
  svg += svg_text(bar_m * px_per_m + 8, bottom + 4, si_text(bar_m, "m"), "tick");
  return svg_picture(std::max(left - kGap, 240.0), bottom + 12, "floorplans to scale", svg);
}

std::string tornado_chart(const std::vector<TornadoRow>& rows) {
  constexpr double kBar = 9.0;
  double largest = 0.0;
  for (const TornadoRow& row : rows)
    for (const double change : {row.first_down, row.first_up, row.second_down, row.second_up})
      largest = std::max(largest, std::abs(change));
  if (!(largest > 0.0)) return "";
  const std::vector<double> ticks = round_ticks(-largest, largest, 6);
  const double limit = std::max(-ticks.front(), ticks.back());
  const double right = kChartWidth - 20.0;
  const auto at = [&](double change) {
    return kBarLabelWidth + (change + limit) / (2.0 * limit) * (right - kBarLabelWidth);
  };
  const double height = kBarRowHeight * static_cast<double>(rows.size()) + 6.0;
  std::string svg;
  for (const double tick : ticks) {
    svg += svg_line(at(tick), 4, at(tick), height, tick == 0.0 ? "axis" : "grid");
    svg += svg_text(at(tick), height + 16, percent_text(tick, 0), "tick middle");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = kBarRowHeight * static_cast<double>(i) + 6.0;
    svg += svg_text(kBarLabelWidth - 10, y + 13, rows[i].label, "tick end");
    const auto bar = [&](double down, double up, double top, std::size_t colour_index) {
      if (down == 0.0 && up == 0.0) return;
      const double low = std::min({down, up, 0.0});
      const double high = std::max({down, up, 0.0});
      svg +=
          svg_rectangle({at(low), top, std::max(1.0, at(high) - at(low)), kBar},
                        colour(colour_index), percent_text(down, 2) + " to " + percent_text(up, 2));
    };
    bar(rows[i].first_down, rows[i].first_up, y, 0);
    bar(rows[i].second_down, rows[i].second_up, y + kBar + 1, 1);
  }
  return svg_picture(kChartWidth, height + 24, "sensitivity", svg);
}

std::string scale_chart(const std::vector<ScaleRow>& rows, const NumberText& text) {
  double low = 0.0;
  double high = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double decade = std::log10(rows[i].value);
    low = i == 0 ? std::floor(decade) : std::min(low, std::floor(decade));
    high = i == 0 ? std::ceil(decade) : std::max(high, std::ceil(decade));
  }
  if (rows.empty()) return "";
  if (high == low) high += 1.0;
  const double right = kChartWidth - kBarValueWidth;
  const auto at = [&](double value) {
    return kBarLabelWidth + (std::log10(value) - low) / (high - low) * (right - kBarLabelWidth);
  };
  const double height = kBarRowHeight * static_cast<double>(rows.size()) + 6.0;
  std::string svg;
  for (double decade = low; decade <= high; ++decade) {
    const double x = at(std::pow(10.0, decade));
    svg += svg_line(x, 4, x, height, "grid");
    svg += svg_text(x, height + 16, text(std::pow(10.0, decade)), "tick middle");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ScaleRow& row = rows[i];
    const double y = kBarRowHeight * (static_cast<double>(i) + 0.5) + 4.0;
    svg +=
        svg_text(kBarLabelWidth - 10, y + 4, row.label, row.is_marked ? "value end" : "label end");
    std::string dot = "<circle cx=\"" + number_text(at(row.value)) + "\" cy=\"" + number_text(y);
    dot += row.is_marked ? R"(" r="7" fill=")" + colour(5) : R"(" r="5" fill=")" + colour(0);
    svg += dot + "\"/>\n";
    svg += svg_text(right + 12, y + 4, text(row.value), row.is_marked ? "value" : "label");
  }
  return svg_picture(kChartWidth, height + 24, "energy of a multiply-accumulate", svg);
}

}  // namespace ohmweave::report
