// SPDX-License-Identifier: Apache-2.0
// Config section /mapping. Free of Boost, so that every program can check it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::mapping {

/// The layout that is whichever of the table takes the fewest arrays, layer by layer.
inline constexpr const char* kBestLayout = "best";

/// Which blocks may share the arrays of one position, along its diagonal.
enum class Packing { None, WithinLayers, AcrossLayers };

/// Section /mapping.
struct MappingOptions {
  std::string placer = "traffic";  // a name of the placer table
  int arrays_per_tile = 16;        // physical arrays (each sign and slice counts) that share a tile
  Packing packing = Packing::None;
  std::string layout = kBestLayout;             // or a name of the layout table
  std::optional<int> max_tiles = std::nullopt;  // the chip's; empty: as many as are needed
  std::optional<double> target_throughput_hz = std::nullopt;  // copies for so many images a second
  std::optional<double> area_budget_m2 = std::nullopt;        // or as many as fit this chip
  bool reload = false;                                        // load what does not fit in rounds
  bool fault_aware = false;  // each chip's rows go to the lines where its stuck cells hurt least
};
void declare(Fields& f, MappingOptions& o);

/// Why a tile cannot hold the arrays of one block, or "".
[[nodiscard]] std::string tile_problem(const MappingOptions& options, int arrays_per_position);

/// Names and summaries of the placer table (placers.h); a contract test holds both lists equal.
[[nodiscard]] std::vector<Word> placer_words();
/// The same of the layout table (partition.h).
[[nodiscard]] std::vector<Word> layout_words();

}  // namespace ohmweave::mapping
