// SPDX-License-Identifier: Apache-2.0
#include "mapping/options.h"

namespace ohmweave::mapping {
namespace {

constexpr int kMaxArraysPerTile = 1 << 16;

}  // namespace

std::vector<Word> placer_words() {
  return {
      {"row_major", "tiles in the order they were filled, row of the mesh by row"},
      {"traffic", "tiles that exchange much data near each other: fewest byte hops"},
  };
}

void declare(Fields& f, MappingOptions& o) {
  f.word("placer", o.placer, placer_words(), "how tiles are placed on the mesh");
  f.integer("arrays_per_tile", o.arrays_per_tile, {1, kMaxArraysPerTile},
            "physical arrays that share a tile's buffers and router port; every slice and sign of "
            "a weight block counts, and all of one block sit in one tile");
}

}  // namespace ohmweave::mapping
