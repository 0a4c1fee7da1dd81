// SPDX-License-Identifier: Apache-2.0
#include "mapping/placers.h"

#include "core/error.h"
#include "mapping/options.h"

namespace ohmweave::mapping {
namespace {

/// The summary stands once, beside the name that the config reader knows.
Placer line(const std::string& name, std::vector<Tile> (*place)(const PlacingProblem&)) {
  for (const Word& word : placer_words())
    if (word.name == name) return {name, word.summary, place};
  throw_logic_error(__FILE__, __LINE__, name.c_str(), "the placer is missing in placer_words()");
}

}  // namespace

std::vector<Placer> placers() {
  return {
      line("row_major", &place_row_major),
      line("traffic", &place_by_traffic),
  };
}

Placer find_placer(const std::string& name) {
  for (const Placer& placer : placers())
    if (placer.name == name) return placer;
  throw_logic_error(__FILE__, __LINE__, name.c_str(), "no such placer");
}

std::vector<Tile> place_row_major(const PlacingProblem& problem) {
  std::vector<Tile> places;
  places.reserve(static_cast<std::size_t>(problem.num_tiles));
  for (int tile = 0; tile < problem.num_tiles; ++tile)
    places.push_back({tile % problem.mesh.width, tile / problem.mesh.width, 0});
  return places;
}

}  // namespace ohmweave::mapping
