// SPDX-License-Identifier: Apache-2.0
// How each weight layer is read: converter resolution, digits, row groups, and for every tile that
// holds a piece of it the time and the actions of one window.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/quantized_network.h"
#include "crossbar/options.h"
#include "mapping/column_sums.h"
#include "mapping/placement.h"
#include "power_area/cost/library.h"
#include "power_area/options.h"

namespace ohmweave::power_area {

/// A network and where it sits.
struct MappedNetwork {
  QuantizedNetwork network;
  mapping::Placement placement;
  /// {"layers": [{"name", "mean_square_digit": [per matrix row], ...}]}; null: not evaluated.
  Json activity;
};

/// The circuits that the network and its baseline have in common.
struct Circuits {
  crossbar::DeviceOptions device;
  crossbar::ArrayOptions array;
  crossbar::AdcOptions adc;
  crossbar::DacOptions dac;
  ChipOptions chip;
  int arrays_per_tile = 16;
  bool fault_aware = false;  // rows are where the chip's stuck cells hurt least (/mapping)
};

/// What one window (one product of the weight matrix with an input vector) does on one tile.
struct WindowActions {
  std::int64_t drives = 0;       // row drivers set to a digit, all arrays
  std::int64_t holds = 0;        // columns sampled
  std::int64_t conversions = 0;  // and as many shift-and-adds
  std::int64_t input_bits = 0;   // handed from input registers to drivers, of a pair of rows once
  std::int64_t bus_bits = 0;     // from the tile's buffer to input registers, one copy a block
  std::int64_t buffer_bits = 0;  // read from the tile's buffer: every distinct input once
  std::int64_t sums = 0;         // finished sums of the pairs' columns
  std::int64_t register_words = 0;  // written to the pairs' output registers: one a conversion
  std::int64_t additions = 0;       // to merge slices and row blocks within the tile
};

/// Arrays whose circuits are built for these bits.
struct ArrayShare {
  int adc_bits = 0;         // magnitude bits of the converters
  int input_bits = 0;       // of one input code
  double num_arrays = 0.0;  // of a shared array the part that its block's cells are of all blocks'
};

/// The blocks of one copy of a layer on one tile.
struct TileShare {
  int tile = 0;
  int copy = 0;
  int home_tile =
      0;  // where the sums of its copy are completed: the tile of the copy's first block
  std::vector<int> blocks;
  int num_inputs = 0;            // distinct matrix rows (of all groups)
  std::vector<int> channels;     // of the layer's input, that these rows read
  int num_columns = 0;           // distinct outputs
  std::int64_t read_cycles = 0;  // of one window, with the turns of blocks in the same arrays
  WindowActions window;
  std::vector<ArrayShare> arrays;
};

struct LayerPlan {
  int node = 0;
  std::string name;
  MatrixShape matrix;
  int rows_per_channel = 1;      // of the matrix: kernel positions
  std::int64_t mapped_macs = 0;  // rows x columns of the needed blocks x windows
  int input_bits = 0;            // of one input code as it is stored and moved
  int num_digits = 0;            // reads for the bits of one input
  int adc_bits = 0;              // magnitude bits of its converters
  int dropped_bits = 0;
  double settle_s = 0.0;  // of a read's currents, to half a step of its converters
  int num_copies = 1;
  int num_arrays = 0;             // it has cells in
  int num_outputs = 0;            // that have cells
  int home_tile = 0;              // where partial sums meet: the tile of its first block
  std::vector<TileShare> shares;  // none when all weights are zero
};

/// One plan for each weight node, in order. Blocks that share arrays take turns: while one reads a
/// window, each other may read one of its own in between, so a window of block i takes
///   sum over blocks j of its arrays of cycles_j * min(1, windows_j / windows_i),
/// which fills the arrays' time exactly when the block with most windows is never idle. The
/// converters and registers of shared arrays are those of the block that needs most.
[[nodiscard]] std::vector<LayerPlan> plan_layers(const MappedNetwork& mapped,
                                                 const Circuits& circuits,
                                                 const ComponentLibrary& library);

/// mapping::column_sums() of each weight node, in order: what plans need of the weights.
[[nodiscard]] std::vector<mapping::ColumnSums> column_sums(const MappedNetwork& mapped,
                                                           const Circuits& circuits);
/// The same plans with sums that are known already.
[[nodiscard]] std::vector<LayerPlan> plan_layers(
    const MappedNetwork& mapped, const std::vector<mapping::ColumnSums>& column_sums,
    const Circuits& circuits, const ComponentLibrary& library);

}  // namespace ohmweave::power_area
