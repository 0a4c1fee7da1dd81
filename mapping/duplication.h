// SPDX-License-Identifier: Apache-2.0
// How many copies of each layer's weights a chip should hold. With n copies a layer with W windows
// an image takes ceil(W / n) of its window times, and the layers work at the same time, so
//   period = max over layers of ceil(W / n) * seconds_per_window.
// Time and area are those of the circuits, which mapping does not know: they come in as numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ohmweave::mapping {

/// What one copy of one weight layer does.
struct LayerLoad {
  std::string name;
  std::int64_t windows = 0;         // an image; > 0
  double seconds_per_window = 0.0;  // > 0
  int node = 0;                     // of the network
};

/// Seconds between images. copies: by layer, at least 1 each.
[[nodiscard]] double period_s(const std::vector<LayerLoad>& layers,
                              const std::vector<std::int64_t>& copies);

/// The fewest copies of each layer with which the period is at most `period_s`. A layer needs
/// ceil(W / floor(period / seconds_per_window)); no layer is helped by more copies than windows.
/// Throws ConfigError at /mapping/target_throughput_hz naming the layer whose single window takes
/// longer and the largest throughput.
[[nodiscard]] std::vector<std::int64_t> copies_for_throughput(const std::vector<LayerLoad>& layers,
                                                              double throughput_hz);

/// Square metres of a chip with the given copies.
using ChipArea = std::function<double(const std::vector<std::int64_t>& copies)>;

/// The copies with the shortest period whose chip takes at most `budget_m2`; of each layer no more
/// than that period needs. Every period that any number of copies gives is a candidate; they are
/// bisected, so the answer is the optimum where area does not fall as copies are added (a chip's
/// mesh rounds up: there it is near it, and never over the budget). Throws ConfigError at
/// /mapping/area_budget_m2 naming the area with one copy each.
[[nodiscard]] std::vector<std::int64_t> copies_for_area(const std::vector<LayerLoad>& layers,
                                                        double budget_m2, const ChipArea& area_m2);

}  // namespace ohmweave::mapping
