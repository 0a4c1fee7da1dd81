// SPDX-License-Identifier: Apache-2.0
#include "mapping/options.h"

namespace ohmweave::mapping {
namespace {

constexpr int kMaxArraysPerTile = 1 << 16;
constexpr int kMaxTiles = 1 << 20;

}  // namespace

std::vector<Word> placer_words() {
  return {
      {"row_major", "tiles in the order they were filled, row of the mesh by row"},
      {"traffic", "tiles that exchange much data near each other: fewest byte hops"},
  };
}

std::vector<Word> layout_words() {
  return {
      {"column_blocks", "blocks of matrix columns; in each, the rows alive there are packed"},
      {"row_blocks", "blocks of matrix rows; in each, the columns alive there are packed"},
      {"packed_column_blocks", "as column_blocks, of the columns that are alive"},
      {"packed_row_blocks", "as row_blocks, of the rows that are alive"},
      {"clustered_columns", "columns with the same rows alive share a block, wherever they sit"},
      {"exchanged_columns", "as clustered_columns, and columns are exchanged while that helps"},
      {"exchanged_rows", "rows with the same columns alive share a block, exchanged likewise"},
      {"grid", "rows and columns in their order, nothing moved; arrays of zeros do not exist"},
      {"kernel_windows", "as grid, with whole kernels: floor(rows / kernel^2) channels an array"},
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
  std::vector<Word> words = layout_words();
  words.insert(words.begin(), {kBestLayout, "for each layer the layout with the fewest arrays"});
  f.number(
      "target_throughput_hz", o.target_throughput_hz, kPositive,
      "layers are duplicated until their arrays can take so many images a second; needs /chip");
  f.number(
      "area_budget_m2", o.area_budget_m2, kPositive,
      "layers are duplicated, the slowest first, as far as the chip's area allows; needs /chip");
  f.rule(!o.target_throughput_hz || !o.area_budget_m2, "area_budget_m2",
         "give either this or target_throughput_hz");
  f.rule(!o.reload || (!o.target_throughput_hz && !o.area_budget_m2), "reload",
         "a chip that is loaded in rounds holds one copy of each layer; leave target_throughput_hz "
         "and area_budget_m2 out");
  f.integer("max_tiles", o.max_tiles, {1, kMaxTiles},
            "tiles of the chip; absent: as many as the network needs");
  f.boolean("reload", o.reload,
            "whether a network that needs more than max_tiles is loaded in rounds, layer after "
            "layer, for every image anew; else it is an error");
  f.rule(!o.reload || o.packing != Packing::AcrossLayers, "reload",
         "blocks that share arrays across layers would be in different rounds; set packing to "
         "\"none\" or \"within_layers\"");
  f.boolean("fault_aware", o.fault_aware,
            "whether, on each chip, the rows of an array go to the lines where its stuck cells "
            "change the weights least; the faults must be known before the chip is programmed");
  f.word("layout", o.layout, words, "how weight matrices are cut into blocks");
  f.integer("arrays_per_tile", o.arrays_per_tile, {1, kMaxArraysPerTile},
            "physical arrays that share a tile's buffers and router port; every slice and sign of "
            "a weight block counts, and all of one block sit in one tile");
}

}  // namespace ohmweave::mapping
