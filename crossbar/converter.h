// SPDX-License-Identifier: Apache-2.0
// Converters as built. A converter sees a value x in its own steps and gives the code k for which
//   edge_k <= gain x + offset < edge_(k+1),   k from -largest to largest, clamped at both ends;
// the ideal one has gain 1, offset 0 and edge_k = k - 1/2 (and rounds ties to even). What moves the
// edges depends on its kind, with z standard normals frozen for each converter of a chip:
//   sar    edges of the search with bit weights 2^i (1 + mismatch_sigma z_i / 2^(i/2)): 2^i unit
//          capacitors make a bit, of one capacitor array for both signs
//   flash  edge_k = k - 1/2 + mismatch_sigma z_k, in rising order: the comparators that trip are
//          counted
//   ramp   edges at +-1/2, from there on outwards a step of 1 + mismatch_sigma z_k each
// Row drivers: docs/crossbar.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "crossbar/matrix.h"
#include "crossbar/options.h"

namespace ohmweave::crossbar {

/// One line of the table of converters.
struct ConverterKind {
  AdcKind kind;
  std::string name;
  std::string summary;
  /// Cycles of one conversion to `bits` bits, the sign among them.
  std::int64_t (*conversion_cycles)(int bits);
  /// edge_1, edge_2, ... edge_largest and then edge_0, edge_-1, ... edge_(1 - largest).
  std::vector<double> (*edges)(int magnitude_bits, double mismatch_sigma,
                               const RandomStream& stream);
};
[[nodiscard]] const std::vector<ConverterKind>& converter_kinds();
[[nodiscard]] const ConverterKind& find_converter(AdcKind kind);

/// Most magnitude bits of a converter whose elements spread: it has 2^(bits + 1) edges.
constexpr int kMostMismatchedBits = 12;

/// One converter of a chip.
class Converter {
 public:
  /// The converter that `stream` names. Throws ConfigError if its elements spread and it has more
  /// than kMostMismatchedBits.
  Converter(const AdcOptions& options, int magnitude_bits, const RandomStream& stream);

  [[nodiscard]] std::int32_t code(double steps) const;
  [[nodiscard]] double gain() const { return gain_; }
  [[nodiscard]] double offset() const { return offset_; }  // steps
  /// Whether its edges are k - 1/2: no element spreads.
  [[nodiscard]] bool has_even_steps() const { return edges_.empty(); }

 private:
  [[nodiscard]] float edge(std::int32_t code) const { return edges_[code + largest_ - 1]; }

  double gain_ = 1.0;
  double offset_ = 0.0;
  std::int32_t largest_ = 0;
  std::vector<float> edges_;  // of codes 1 - largest .. largest; empty = ideal
};

/// The converter that column `column` of the pair at `array` is read with: `columns_per_adc`
/// neighbouring columns share one. `chip` is the stream of a chip sample.
[[nodiscard]] RandomStream converter_stream(const RandomStream& run, int chip, int array,
                                            int converter);

/// The driver of row `row` of the arrays of one position, the first of which is `first_array`.
[[nodiscard]] RandomStream driver_stream(const RandomStream& run, int chip, int first_array,
                                         int row);

/// What a row driver puts out for each digit 0 .. 2^bits - 1, in digits: 0 at digit 0 (the row is
/// tied to 0 V), then steps of 1 + mismatch_sigma z each, all times 1 + gain_sigma z. Negative
/// digits have the same magnitude.
[[nodiscard]] std::vector<double> driver_levels(const DacOptions& options,
                                                const RandomStream& driver);

}  // namespace ohmweave::crossbar
