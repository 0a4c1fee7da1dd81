// SPDX-License-Identifier: Apache-2.0
// A differential pair of arrays, or an array of pairs of rows, as it is read: programmed
// conductances, the exact effect of the wires, and the converter. One unit of (level x input digit)
// is
//   lsb = (highest - lowest level) / (2^bits_per_cell - 1) * read_voltage / (2^dac_bits - 1)   [A]
// and the code of column c for the digits of the rows read at once is
//   clamp(round((I+_c - I-_c) / (lsb * 2^dropped_bits)), -(2^adc_bits - 1), 2^adc_bits - 1);
// ties to even (the rounding of IEEE 754, of torch::round and of vector instructions alike). A code
// stands for code * 2^dropped_bits units, so all that follows is integer arithmetic.
// Where both cells of a pair sit in one column (Encoding::RowPair), an input drives rows 2r and
// 2r + 1 of an array with v and -v: input r of what is read is row 2r less row 2r + 1.
// docs/crossbar.md has the circuit and the equations.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/random.h"
#include "crossbar/gate_column.h"
#include "crossbar/matrix.h"
#include "crossbar/options.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {

class MatrixCache;

/// Conductances after programming one array of one chip sample.
/// levels: rows x cols row-major; siemens: rows x cols; (r, c) joins input r to output c.
/// Cell (r, c) draws from position r * cols + c of `stream`, so a chip is remade, not stored.
[[nodiscard]] Matrix program_siemens(const std::vector<int>& levels, int rows, int cols,
                                     const DeviceOptions& device, int bits_per_cell,
                                     const RandomStream& stream);

/// The stream of array `array` of chip sample `chip`: the same frozen devices for accuracy and
/// energy.
[[nodiscard]] RandomStream array_stream(const RandomStream& run, int chip, int array);

/// stuck_level() of any cell (row-major) of any array of chip sample `chip`, whose cells are of
/// `bits`.
[[nodiscard]] std::function<std::optional<double>(int array, int cell)> stuck_levels(
    const DeviceOptions& device, int bits, const RandomStream& run, int chip);

/// Effective matrix: currents = result * voltages, cols x rows, exact for the array's wires and its
/// transistors. Topology::RowSelect: rows [k * rows_at_once, (k + 1) * rows_at_once) are read
/// together, and their columns of the result hold for such a read (all other rows' cells are then
/// disconnected). Not for Topology::GateInput, which no matrix stands for (std::logic_error).
[[nodiscard]] Matrix effective_siemens(const Matrix& siemens, const ArrayOptions& array);

/// Conductances that take the place of nonlinear cells `siemens`: f(v) / v of each, v being its
/// voltage when all inputs that are read together are at the read voltage (pairs of rows: one row
/// at its opposite; curves are odd). Then exact; for other
/// inputs as far as the cells' voltages do not depend on the others' rows (docs/crossbar.md has
/// the error). The same matrix for ohmic cells. Throws NumericError.
[[nodiscard]] Matrix linearized_siemens(const Matrix& siemens, const ArrayOptions& array,
                                        const DeviceOptions& device);

/// What a digit is to the cells, in digits: f(v_digit) (2^dac_bits - 1) / f(read_voltage), for
/// digits `drivers` (driver_levels() of each, as many as digits). The digit
/// itself for ohmic cells and ideal drivers.
[[nodiscard]] std::vector<double> effective_digits(const std::vector<double>& driver,
                                                   const ArrayOptions& array,
                                                   const DeviceOptions& device);

/// Variance in S^2 of each entry of `effective` (cols x rows) by the read noise of the cells
/// `siemens` (rows x cols): var(g_rc) (effective_cr / g_rc)^2, exact without wire
/// resistance. With it an estimate: each row's share of the current is taken as if it were driven
/// alone, which says too much by about twice the relative drop of the column's current, and what a
/// cell does to other columns is left out.
[[nodiscard]] Matrix effective_variance(const Matrix& siemens, const Matrix& effective,
                                        const DeviceOptions& device, double transistor_ohm = 0.0);

/// The wires of a passive or row_select array.
[[nodiscard]] Wires wires_of(const ArrayOptions& array);

/// A column of a gate_input array, without its cells; of row pairs, one of its two bit lines.
[[nodiscard]] GateColumn gate_column_of(const ArrayOptions& array);

/// One unit, a level times a digit, in siemens: what conductance of a cell at the read voltage
/// (or, of a nonlinear one, f(read_voltage) / read_voltage of it) makes a level step.
[[nodiscard]] double unit_siemens(const ArrayOptions& array, const DeviceOptions& device,
                                  int cell_bits);

/// An array as it is read, in siemens: cols x inputs, an input being a row or a pair of rows.
struct ArrayRead {
  Matrix effective;  // currents = effective * voltages; empty of Topology::GateInput
  Matrix variance;   // of effective from read to read; empty without read noise
};
/// siemens: rows x cols. Nonlinear cells are linearized. Of gate inputs there are variances only:
/// as if there were no wires, which can only make them less. `matrices`: where the circuit may have
/// been solved before; null: it is solved.
[[nodiscard]] ArrayRead read_of_array(const Matrix& siemens, const ArrayOptions& array,
                                      const DeviceOptions& device, MatrixCache* matrices = nullptr);

/// A pair ready to be read. unit_gain: cols x inputs, (M+ - M-) * volts per digit unit / lsb: with
/// ideal devices and wires exactly the signed slice levels.
struct PairReader {
  MatrixF unit_gain;
  /// Variance of unit_gain from read to read, of the same shape; empty without read noise.
  MatrixF unit_variance;
  int adc_bits = 8;      // magnitude bits; codes are clamped to +-(2^adc_bits - 1)
  int dropped_bits = 0;  // lossless bits - adc_bits when the converter has fewer
};
[[nodiscard]] PairReader make_pair_reader(const Matrix& positive_siemens,
                                          const Matrix& negative_siemens, const ArrayOptions& array,
                                          const DeviceOptions& device, const DacOptions& dac,
                                          int adc_bits, int dropped_bits);
/// The same of the arrays of one slice: the positive and the negative one, or that of both.
[[nodiscard]] PairReader make_pair_reader(const std::vector<Matrix>& arrays,
                                          const ArrayOptions& array, const DeviceOptions& device,
                                          const DacOptions& dac, int adc_bits, int dropped_bits,
                                          MatrixCache* matrices = nullptr);

/// The factor by which a pair's converter lowers its step after its cells have drifted: it restores
/// the sum of the magnitudes of both arrays' currents in one read with all rows at full scale
/// (crossbar::drift_compensation).
[[nodiscard]] double pair_compensation(const Matrix& positive_then, const Matrix& negative_then,
                                       const Matrix& positive_now, const Matrix& negative_now,
                                       const ArrayOptions& array);

/// The same of any arrays that are read together.
[[nodiscard]] double compensation(const std::vector<Matrix>& then, const std::vector<Matrix>& now,
                                  const ArrayOptions& array);

/// Currents in amperes, by column, when all rows are read at full scale once (group by group where
/// rows are selected), both rows of a pair at the same voltage, so that their currents add.
[[nodiscard]] Vector full_scale_currents(const Matrix& siemens, const ArrayOptions& array);

/// Reference read: converter codes of every column for one digit vector (rows not read: 0).
/// digits: rows, each in -(2^dac_bits - 1) .. 2^dac_bits - 1.
/// normals: one standard normal a column, which the noise of this read is made of: the noises of
/// independent cells add up to a normal current of variance sum_r unit_variance_cr digit_r^2.
/// Needed where the pair has read noise.
[[nodiscard]] std::vector<std::int32_t> read_array(const PairReader& pair,
                                                   const std::vector<std::int32_t>& digits,
                                                   const std::vector<float>& normals = {});

/// Magnitude bits with which no code of any mapped column of ideal devices is ever clamped or
/// rounded: ceil(log2(max_column_sum * (2^digit_bits - 1) + 1)), where max_column_sum is the
/// largest magnitude of a pair's difference of levels over the rows read at once, each row with a
/// digit of 1 or less (mapping/column_sums.h). 128 rows of 2-bit cells of one sign, 1-bit digits:
/// 9.
[[nodiscard]] int lossless_adc_bits(std::int64_t max_column_sum, int digit_bits);

/// What the converters of one layer meet.
struct ConverterInput {
  std::int64_t max_column_sum = 0;  // as lossless_adc_bits()
  double mean_square_sum = 0.0;     // mean over columns of their sum of squared pair differences
  int digit_bits = 1;
  bool has_signed_digits = false;
};

/// Resolution of a layer's converters. The converter's step is 2^dropped_bits units of
/// (level x digit), so that the given bits span the layer's full scale.
struct ConverterBits {
  int lossless_bits = 0;  // with which no sum of the layer is clamped or rounded
  int adc_bits = 0;       // magnitude bits of the converter
  int dropped_bits = 0;   // max(0, bits of full scale - adc_bits)
};

/// The bits that `adc` gives, or lossless_bits; with signal_to_noise_db those less the largest
/// dropped_bits k (all but one bit at most) for which
///   S / N >= 10^(signal_to_noise_db / 10),  N = (4^k + 2) / 12,
///   S = mean_square_sum var(d),  var(d) = (4^b - 1) / 12 of a digit of b bits, each set or not
///   with equal chance; (2^b - 1) (2^(b+1) - 1) / 6 where its sign is random too.
/// S is the variance of a column's sum for independent digits, N that of rounding whole numbers to
/// multiples of 2^k. Source: gonugondla_tcad_2021, the signal-to-quantization-noise ratio of a dot
/// product in memory. Full scale is that of the worst case.
[[nodiscard]] ConverterBits converter_bits(const AdcOptions& adc, const ConverterInput& input);

}  // namespace ohmweave::crossbar
