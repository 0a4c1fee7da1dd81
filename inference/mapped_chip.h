// SPDX-License-Identifier: Apache-2.0
// One chip sample: every array of a placement programmed with its frozen devices, its wires solved,
// and its converters set, as the layer products the executor runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/random.h"
#include "crossbar/drift.h"
#include "crossbar/matrix_cache.h"
#include "crossbar/options.h"
#include "crossbar/pair.h"
#include "inference/exact_products.h"
#include "inference/parallel.h"
#include "mapping/placement.h"

namespace ohmweave::inference {

/// What the arrays are made of and read with.
struct Hardware {
  crossbar::DeviceOptions device;
  crossbar::ArrayOptions array;
  crossbar::AdcOptions adc;
  crossbar::DacOptions dac;
  int columns_per_adc = 128;  // neighbouring columns of a pair that share a converter
  /// Bits of the largest value that the converters of each node take (converter_range.h); empty:
  /// those with which no value of the layer is clamped.
  std::vector<int> range_bits = {};
  /// Whether each column's converter is trimmed by test reads (column_calibration.h).
  bool calibrates_columns = false;
  /// Whether rows go to the lines where each chip's stuck cells hurt least
  /// (mapping::assign_lines()); not with Topology::GateInput.
  bool fault_aware = false;
  /// Where the effective matrices of arrays are looked up; null: each is solved.
  std::shared_ptr<crossbar::MatrixCache> matrices = nullptr;
  [[nodiscard]] bool is_read_by_gates() const {
    return array.topology == crossbar::Topology::GateInput;
  }
};

/// Hardware whose cells reach their levels and stay there: no spread, no faults, no drift, no read
/// noise. Wires and converters are as they are.
[[nodiscard]] Hardware without_spread(Hardware hardware);

/// An integer network and where its weights sit.
struct MappedNetwork {
  QuantizedNetwork network;
  mapping::Placement placement;
};

/// crossbar::converter_bits() of a weight layer, at the full scale that hardware.range_bits says.
using crossbar::ConverterBits;
[[nodiscard]] ConverterBits converter_bits(const MappedNetwork& mapped, int node,
                                           const Hardware& hardware);

/// Which chip: the frozen devices of array a are those of crossbar::array_stream(run, index, a).
struct ChipKey {
  RandomStream run;
  int index = 0;
};

/// How old a chip is when it is read.
struct ChipAge {
  crossbar::DriftTime when;
  /// Whether each pair's converter follows what its cells have lost together
  /// (crossbar::pair_compensation).
  bool is_compensated = false;
};

/// Programs and solves all copies of every block, as they are at `age` or, without, as programmed;
/// a pair of arrays is one piece of work for `for_each`. Where blocks share arrays, each has its
/// rows and columns of the whole arrays' effective matrix: the other rows are held at 0 V, and what
/// leaks through their cells is in it. Throws std::logic_error when the placement's
/// geometry is not the hardware's, and DataError as check_accumulators().
[[nodiscard]] LayerProducts program_chip(const MappedNetwork& mapped, const Hardware& hardware,
                                         const ChipKey& key, const ForEach& for_each = in_sequence,
                                         const std::optional<ChipAge>& age = std::nullopt);

}  // namespace ohmweave::inference
