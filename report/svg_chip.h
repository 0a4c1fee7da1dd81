// SPDX-License-Identifier: Apache-2.0
// Charts about a chip as inline SVG: its floorplan to scale, what it hangs on, where it stands.
#pragma once

#include <string>
#include <vector>

#include "report/svg.h"

namespace ohmweave::report {

/// One mesh position that holds a tile.
struct FloorTile {
  int x = 0;
  int y = 0;
  double built_fraction = 0.0;  // of its area; the rest is white space
  std::size_t colour_index = 0;
  std::string title;  // shown when pointed at
};

struct FloorDrawing {
  std::string label;
  int mesh_width = 0;
  int mesh_height = 0;
  double tile_area_m2 = 0.0;
  double off_chip_area_m2 = 0.0;  // drawn beside the mesh
  std::vector<FloorTile> tiles;
};
/// Chips side by side at one scale, areas to scale, with a bar of a round length.
[[nodiscard]] std::string floorplans(const std::vector<FloorDrawing>& chips);

/// A change of one number down and up, and what two totals then do.
struct TornadoRow {
  std::string label;
  double first_down = 0.0;  // relative changes
  double first_up = 0.0;
  double second_down = 0.0;
  double second_up = 0.0;
};
[[nodiscard]] std::string tornado_chart(const std::vector<TornadoRow>& rows);

/// Dots on a logarithmic axis, one a row; marked rows are drawn bold.
struct ScaleRow {
  std::string label;
  double value = 0.0;  // > 0
  bool is_marked = false;
};
[[nodiscard]] std::string scale_chart(const std::vector<ScaleRow>& rows, const NumberText& text);

}  // namespace ohmweave::report
