// SPDX-License-Identifier: Apache-2.0
// Config sections /device, /array, /adc and /dac.
#pragma once

#include <optional>
#include <string>

#include "core/fields.h"
#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

/// How the cells of an array are connected (docs/crossbar.md).
enum class Topology {
  Passive,    // every cell joins its row to its column, whether its row is read or not
  RowSelect,  // a transistor in each cell: only rows being read are connected
};

/// Section /array: geometry, wires and drive of every array.
struct ArrayOptions {
  Topology topology = Topology::Passive;
  int rows = 128;
  int cols = 128;
  std::optional<int> rows_active;  // rows read at once; empty = all
  int bits_per_cell = 2;
  int weight_bits = 4;   // magnitude bits per sign; slices = ceil(weight_bits / bits_per_cell)
  double row_ohm = 1.0;  // per segment
  double col_ohm = 1.0;
  double driver_ohm = 0.0;
  double sense_ohm = 0.0;
  double read_voltage_v = 0.2;  // full-scale input
  [[nodiscard]] int num_slices() const { return (weight_bits + bits_per_cell - 1) / bits_per_cell; }
  [[nodiscard]] int rows_at_once() const { return rows_active.value_or(rows); }
};
void declare(Fields& f, ArrayOptions& o);

enum class AdcKind { Sar };

/// Section /adc. `bits` are magnitude bits of a pair's current difference; the sign comes on top.
struct AdcOptions {
  std::optional<int> bits;  // empty = "lossless": derived from the mapped columns
  AdcKind kind = AdcKind::Sar;
};
void declare(Fields& f, AdcOptions& o);

/// Section /dac.
struct DacOptions {
  int bits =
      1;  // input bits applied per read; an input of n magnitude bits takes ceil(n / bits) reads
};
void declare(Fields& f, DacOptions& o);

}  // namespace ohmweave::crossbar
