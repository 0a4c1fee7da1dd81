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

std::string tile_problem(const MappingOptions& options, int arrays_per_position) {
  if (options.arrays_per_tile >= arrays_per_position) return "";
  return "/mapping/arrays_per_tile = " + std::to_string(options.arrays_per_tile) +
         ": must be at least " + std::to_string(arrays_per_position) +
         ", the arrays of all slices of a block (of a pair, for each sign)";
}

void declare(Fields& f, MappingOptions& o) {
  f.word("placer", o.placer, placer_words(), "how tiles are placed on the mesh");
  f.choice("packing", o.packing,
           {{Packing::None, "none", "each block has its arrays to itself"},
            {Packing::WithinLayers, "within_layers", "blocks of one layer share arrays"},
            {Packing::AcrossLayers, "across_layers", "blocks of all layers share arrays"}},
           "whether blocks that leave rows and columns free share arrays, each with rows and "
           "columns of its own; such blocks take turns at drivers and converters: fewer arrays, "
           "more time");
  f.integer("arrays_per_tile", o.arrays_per_tile, {1, kMaxArraysPerTile},
            "physical arrays that share a tile's buffers and router port; every slice and sign of "
            "a weight block counts, and all of one block sit in one tile");
}

}  // namespace ohmweave::mapping
