// SPDX-License-Identifier: Apache-2.0
// Config sections /device, /array, /adc and /dac. What each circuit is: docs/crossbar.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/fields.h"
#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

/// How the cells of an array are connected (docs/crossbar.md).
enum class Topology {
  Passive,    // every cell joins its row to its column, whether its row is read or not
  RowSelect,  // a transistor in each cell: only rows being read are connected
  GateInput,  // inputs switch the transistors' gates; bit and source line run along the column
};

/// Section /array: geometry, wires and drive of every array.
struct ArrayOptions {
  Topology topology = Topology::Passive;
  int rows = 128;
  int cols = 128;
  std::optional<int> rows_active;  // rows read at once; empty = all
  Encoding encoding = Encoding::OneSidedPair;
  int bits_per_cell = 2;
  int weight_bits = 4;          // magnitude bits per sign
  std::vector<int> slice_bits;  // least significant first; empty = as many of bits_per_cell as hold
                                // a weight
  double row_ohm = 1.0;         // per segment; nothing flows in the rows of gate_input
  double col_ohm = 1.0;         // per segment; of gate_input, the bit line's
  std::optional<double> source_line_ohm;  // gate_input: per segment; empty = col_ohm
  double driver_ohm = 0.0;                // of a row; of gate_input, of a column's read source
  double sense_ohm = 0.0;
  double transistor_ohm = 0.0;  // in series with each cell: row_select, gate_input
  bool drives_both_ends = false;
  bool senses_both_ends = false;
  double read_voltage_v = 0.2;  // full-scale input; of gate_input, of every read
  [[nodiscard]] WeightCells cells() const {
    return {encoding,
            slice_bits.empty() ? equal_slices(encoding, weight_bits, bits_per_cell) : slice_bits};
  }
  [[nodiscard]] int num_slices() const { return cells().num_slices(); }
  /// Bits of a cell of a slice: it has 2^bits levels.
  [[nodiscard]] int cell_bits(int slice) const {
    return slice_bits.empty() ? bits_per_cell : slice_bits[slice];
  }
  [[nodiscard]] int rows_at_once() const { return rows_active.value_or(rows); }
  /// An input drives so many neighbouring rows, with opposite voltages where they are two.
  [[nodiscard]] int rows_per_input() const { return find_encoding(encoding).rows_per_input; }
  [[nodiscard]] int num_inputs() const { return rows / rows_per_input(); }
  /// Gates of both rows are one word line.
  [[nodiscard]] int drivers_per_input() const {
    return topology == Topology::GateInput ? 1 : rows_per_input();
  }
  [[nodiscard]] int inputs_at_once() const { return rows_at_once() / rows_per_input(); }
};
void declare(Fields& f, ArrayOptions& o);

/// How a column's value becomes a code (converter.h has their table).
enum class AdcKind { Sar, Flash, Ramp };

/// What a converter's full scale is.
enum class AdcRange {
  WorstCase,   // the largest value that the mapped columns can reach
  Largest,     // the largest value of calibration images, layer by layer
  Percentile,  // that below which range_fraction of their values lie
};

/// Section /adc. `bits` are magnitude bits of a pair's current difference; the sign comes on top.
struct AdcOptions {
  std::optional<int> bits;  // empty = "lossless": derived from the mapped columns
  /// With "lossless": the least of them that keep rounding this far below a layer's signal
  /// (converter_bits()).
  std::optional<double> signal_to_noise_db = std::nullopt;
  AdcKind kind = AdcKind::Sar;
  AdcRange range = AdcRange::WorstCase;  // always a power of two of units
  double range_fraction = 0.9999;        // AdcRange::Percentile
  int calibration_images = 64;           // AdcRange::Largest and Percentile
  // Spread over the converters of a chip, frozen; all 0 = every converter is ideal.
  double gain_sigma = 0.0;        // relative
  double offset_sigma_lsb = 0.0;  // in steps of the converter
  double mismatch_sigma = 0.0;    // of its elements (converter.h)
  [[nodiscard]] bool has_spread() const {
    return gain_sigma > 0.0 || offset_sigma_lsb > 0.0 || mismatch_sigma > 0.0;
  }
};
void declare(Fields& f, AdcOptions& o);

/// Section /dac.
struct DacOptions {
  int bits =
      1;  // input bits applied per read; an input of n magnitude bits takes ceil(n / bits) reads
  // Spread over the row drivers of a chip, frozen (converter.h).
  double gain_sigma = 0.0;      // relative
  double mismatch_sigma = 0.0;  // relative, of one step
  [[nodiscard]] bool has_spread() const { return gain_sigma > 0.0 || mismatch_sigma > 0.0; }
};
void declare(Fields& f, DacOptions& o);

}  // namespace ohmweave::crossbar
