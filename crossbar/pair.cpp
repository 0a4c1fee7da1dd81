// SPDX-License-Identifier: Apache-2.0
#include "crossbar/pair.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "core/error.h"
#include "crossbar/calibration.h"
#include "crossbar/cell_curve.h"
#include "crossbar/device.h"
#include "crossbar/gate_pair_column.h"
#include "crossbar/matrix_cache.h"
#include "crossbar/nonlinear.h"
#include "crossbar/read_noise.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

constexpr int kLargestCodeBits = 30;  // codes are 32-bit integers

Matrix row_select_siemens(const Matrix& siemens, const Wires& wires, Eigen::Index rows_at_once) {
  Matrix result(siemens.cols(), siemens.rows());
  for (Eigen::Index first = 0; first < siemens.rows(); first += rows_at_once) {
    const Eigen::Index count = std::min(rows_at_once, siemens.rows() - first);
    result.middleCols(first, count) = effective_matrix_of_rows(siemens, wires, first, count);
  }
  return result;
}

/// Calls visit(first, count) for every set of rows that is read at once.
template <class Visit>
void for_row_groups(Eigen::Index rows, const ArrayOptions& array, Visit visit) {
  for (Eigen::Index first = 0; first < rows; first += array.rows_at_once())
    visit(first, std::min<Eigen::Index>(array.rows_at_once(), rows - first));
}

/// As gate_currents(); both bit lines of a column are at the read voltage.
Vector gate_pair_sums(const Matrix& cells, const ArrayOptions& array) {
  Vector amps = Vector::Zero(cells.cols());
  for_row_groups(cells.rows(), array, [&](Eigen::Index first, Eigen::Index count) {
    const GatePairColumn part{
        gate_column_of_rows(gate_column_of(array), cells.rows() / 2, first / 2, count / 2),
        array.read_voltage_v};
    for (Eigen::Index c = 0; c < cells.cols(); ++c)
      amps(c) += gate_pair_current(cells(Eigen::seqN(first, count / 2, 2), c),
                                   cells(Eigen::seqN(first + 1, count / 2, 2), c), part);
  });
  return amps;
}

Vector gate_currents(const Matrix& siemens, const ArrayOptions& array) {
  const Matrix cells = behind_transistors(siemens, array.transistor_ohm);
  if (array.rows_per_input() == 2) return gate_pair_sums(cells, array);
  const GateColumn column = gate_column_of(array);
  Vector amps = Vector::Zero(siemens.cols());
  for_row_groups(siemens.rows(), array, [&](Eigen::Index first, Eigen::Index count) {
    const GateColumn part = gate_column_of_rows(column, siemens.rows(), first, count);
    for (Eigen::Index c = 0; c < siemens.cols(); ++c)
      amps(c) += gate_column_current(cells.col(c).segment(first, count), part);
  });
  return amps;
}

/// cols x rows to cols x inputs: the first row of each pair plus `factor` times the second.
Matrix joined_rows(const Matrix& by_row, const ArrayOptions& array, double factor) {
  if (array.rows_per_input() == 1) return by_row;
  Matrix by_input(by_row.rows(), by_row.cols() / 2);
  for (Eigen::Index input = 0; input < by_input.cols(); ++input)
    by_input.col(input) = by_row.col(2 * input) + factor * by_row.col(2 * input + 1);
  return by_input;
}

/// f(v) / v of the cells of a passive array, or of the rows of one that are connected.
Matrix chords(const Matrix& siemens, const CellCurve& curve, const ArrayOptions& array) {
  Vector volts = Vector::Constant(siemens.rows(), array.read_voltage_v);
  if (array.rows_per_input() == 2)
    for (Eigen::Index row = 1; row < volts.size(); row += 2) volts(row) = -volts(row);
  const Matrix cell_volts = solve_nonlinear(siemens, curve, wires_of(array), volts).cell_volts;
  return siemens.binaryExpr(cell_volts, [&](double g, double v) {
    // At no voltage the chord is the tangent.
    return g * (v == 0.0 ? curve.slope(0.0) : curve.amps_per_siemens(v) / v);
  });
}

}  // namespace

Matrix program_siemens(const std::vector<int>& levels, int rows, int cols,
                       const DeviceOptions& device, int bits_per_cell, const RandomStream& stream) {
  OHMWEAVE_REQUIRE(
      rows >= 0 && cols >= 0 &&
          levels.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols),
      "one level per cell");
  const std::vector<double> siemens =
      make_device(device)->program_siemens(levels, bits_per_cell, cols, stream);
  return Eigen::Map<const Matrix>(siemens.data(), rows, cols);
}

RandomStream array_stream(const RandomStream& run, int chip, int array) {
  OHMWEAVE_REQUIRE(chip >= 0 && array >= 0, "chips and arrays count from 0");
  return run.child("devices", static_cast<std::uint64_t>(chip), static_cast<std::uint64_t>(array));
}

std::function<std::optional<double>(int array, int cell)> stuck_levels(const DeviceOptions& device,
                                                                       int bits,
                                                                       const RandomStream& run,
                                                                       int chip) {
  return [device, bits, run, chip](int array, int cell) {
    return stuck_level(device, bits, array_stream(run, chip, array),
                       static_cast<std::uint64_t>(cell));
  };
}

Matrix effective_siemens(const Matrix& siemens, const ArrayOptions& array) {
  OHMWEAVE_REQUIRE(array.topology != Topology::GateInput, "gate inputs have no effective matrix");
  const Wires wires = wires_of(array);
  if (array.topology == Topology::RowSelect) {
    return row_select_siemens(behind_transistors(siemens, array.transistor_ohm), wires,
                              array.rows_at_once());
  }
  return effective_matrix(siemens, wires);
}

Matrix linearized_siemens(const Matrix& siemens, const ArrayOptions& array,
                          const DeviceOptions& device) {
  if (!device.iv) return siemens;
  OHMWEAVE_REQUIRE(array.topology != Topology::GateInput && array.transistor_ohm == 0.0,
                   "nonlinear cells have no transistor in series");
  const std::unique_ptr<CellCurve> curve = make_curve(*device.iv);
  if (array.topology == Topology::Passive) return chords(siemens, *curve, array);
  Matrix result = siemens;
  for_row_groups(siemens.rows(), array, [&](Eigen::Index first, Eigen::Index count) {
    Matrix connected = Matrix::Zero(siemens.rows(), siemens.cols());
    connected.middleRows(first, count) = siemens.middleRows(first, count);
    result.middleRows(first, count) = chords(connected, *curve, array).middleRows(first, count);
  });
  return result;
}

std::vector<double> effective_digits(const std::vector<double>& driver, const ArrayOptions& array,
                                     const DeviceOptions& device) {
  if (!device.iv) return driver;
  const std::unique_ptr<CellCurve> curve = make_curve(*device.iv);
  const double largest = static_cast<double>(driver.size()) - 1.0;
  std::vector<double> digits;
  digits.reserve(driver.size());
  for (const double level : driver)
    digits.push_back(largest * curve->amps_per_siemens(array.read_voltage_v * level / largest) /
                     curve->amps_per_siemens(array.read_voltage_v));
  return digits;
}

Wires wires_of(const ArrayOptions& array) {
  return {array.row_ohm,   array.col_ohm,          array.driver_ohm,
          array.sense_ohm, array.drives_both_ends, array.senses_both_ends};
}

GateColumn gate_column_of(const ArrayOptions& array) {
  return {array.col_ohm, array.source_line_ohm.value_or(array.col_ohm), array.driver_ohm,
          array.sense_ohm, array.read_voltage_v};
}

double unit_siemens(const ArrayOptions& array, const DeviceOptions& device, int cell_bits) {
  const double step = level_step_siemens(device, cell_bits);
  if (!device.iv) return step;
  return step * make_curve(*device.iv)->amps_per_siemens(array.read_voltage_v) /
         array.read_voltage_v;
}

ArrayRead read_of_array(const Matrix& siemens, const ArrayOptions& array,
                        const DeviceOptions& device, MatrixCache* matrices) {
  ArrayRead read;
  if (array.topology == Topology::GateInput) {
    const Matrix cells = behind_transistors(siemens, array.transistor_ohm).transpose();
    if (device.read_noise)
      read.variance =
          joined_rows(effective_variance(siemens, cells, device, array.transistor_ohm), array, 1.0);
    return read;
  }
  const Matrix cells = linearized_siemens(siemens, array, device);
  read.effective =
      matrices != nullptr ? matrices->effective(cells, array) : effective_siemens(cells, array);
  if (device.read_noise)
    read.variance = joined_rows(
        effective_variance(siemens, read.effective, device, array.transistor_ohm), array, 1.0);
  read.effective = joined_rows(read.effective, array, -1.0);
  return read;
}

PairReader make_pair_reader(const Matrix& positive_siemens, const Matrix& negative_siemens,
                            const ArrayOptions& array, const DeviceOptions& device,
                            const DacOptions& dac, int adc_bits, int dropped_bits) {
  return make_pair_reader({positive_siemens, negative_siemens}, array, device, dac, adc_bits,
                          dropped_bits);
}

PairReader make_pair_reader(const std::vector<Matrix>& arrays, const ArrayOptions& array,
                            const DeviceOptions& device, const DacOptions& dac, int adc_bits,
                            int dropped_bits, MatrixCache* matrices) {
  const EncodingKind& encoding = find_encoding(array.encoding);
  OHMWEAVE_REQUIRE(
      encoding.is_pair && arrays.size() == static_cast<std::size_t>(encoding.arrays_per_slice()),
      "the arrays that hold both signs");
  OHMWEAVE_REQUIRE(arrays.front().rows() == arrays.back().rows() &&
                       arrays.front().cols() == arrays.back().cols(),
                   "both arrays of a pair have one shape");
  OHMWEAVE_REQUIRE(
      adc_bits >= 0 && dropped_bits >= 0 && adc_bits + dropped_bits <= kLargestCodeBits,
      "codes fit 32 bits");
  const double digit_v = array.read_voltage_v / ((1 << dac.bits) - 1);
  const double lsb_a = unit_siemens(array, device, array.bits_per_cell) * digit_v;
  const double unit = digit_v / lsb_a;
  ArrayRead read = read_of_array(arrays.front(), array, device, matrices);
  if (arrays.size() == 2) {
    const ArrayRead negative = read_of_array(arrays.back(), array, device, matrices);
    read.effective -= negative.effective;
    if (device.read_noise) read.variance += negative.variance;
  }
  PairReader reader;
  reader.unit_gain = (read.effective * unit).cast<float>();
  if (device.read_noise) reader.unit_variance = (read.variance * (unit * unit)).cast<float>();
  reader.adc_bits = adc_bits;
  reader.dropped_bits = dropped_bits;
  return reader;
}

Matrix effective_variance(const Matrix& siemens, const Matrix& effective,
                          const DeviceOptions& device, double transistor_ohm) {
  OHMWEAVE_REQUIRE(effective.rows() == siemens.cols() && effective.cols() == siemens.rows(),
                   "the effective matrix is that of the cells");
  Matrix variance = read_noise_variance(device, siemens);
  for (Eigen::Index r = 0; r < siemens.rows(); ++r) {
    for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
      // An open cell has no wire in series worth naming.
      const double of_cell = siemens(r, c) > 0.0 ? effective(c, r) / siemens(r, c) : 1.0;
      // A change of a cell behind a resistance is divided by it twice, its current once.
      const double share = of_cell / (1.0 + siemens(r, c) * transistor_ohm);
      variance(r, c) *= share * share;
    }
  }
  return variance.transpose();
}

double pair_compensation(const Matrix& positive_then, const Matrix& negative_then,
                         const Matrix& positive_now, const Matrix& negative_now,
                         const ArrayOptions& array) {
  return compensation({positive_then, negative_then}, {positive_now, negative_now}, array);
}

double compensation(const std::vector<Matrix>& then, const std::vector<Matrix>& now,
                    const ArrayOptions& array) {
  const auto reference = [&](const std::vector<Matrix>& arrays) {
    std::vector<double> currents_a;
    for (const Matrix& siemens : arrays) {
      const Vector columns_a = full_scale_currents(siemens, array);
      currents_a.insert(currents_a.end(), columns_a.begin(), columns_a.end());
    }
    return currents_a;
  };
  return drift_compensation(reference(then), reference(now));
}

Vector full_scale_currents(const Matrix& siemens, const ArrayOptions& array) {
  if (array.topology == Topology::GateInput) return gate_currents(siemens, array);
  const Vector volts = Vector::Constant(siemens.rows(), array.read_voltage_v);
  // One vector of a passive array needs no matrix; selected rows are read group by group.
  if (array.topology == Topology::Passive) return currents(siemens, wires_of(array), volts);
  return effective_siemens(siemens, array) * volts;
}

std::vector<std::int32_t> read_array(const PairReader& pair,
                                     const std::vector<std::int32_t>& digits,
                                     const std::vector<float>& normals) {
  OHMWEAVE_REQUIRE(digits.size() == static_cast<std::size_t>(pair.unit_gain.cols()),
                   "one digit per row");
  const bool is_noisy = pair.unit_variance.size() > 0;
  OHMWEAVE_REQUIRE(!is_noisy || normals.size() == static_cast<std::size_t>(pair.unit_gain.rows()),
                   "one normal per column of a noisy pair");
  const double largest = std::exp2(pair.adc_bits) - 1.0;
  std::vector<std::int32_t> codes(static_cast<std::size_t>(pair.unit_gain.rows()));
  for (std::size_t c = 0; c < codes.size(); ++c) {
    double units = 0.0;
    double variance = 0.0;
    const auto column = static_cast<Eigen::Index>(c);
    for (std::size_t r = 0; r < digits.size(); ++r) {
      const auto row = static_cast<Eigen::Index>(r);
      const double digit = digits[r];
      units += static_cast<double>(pair.unit_gain(column, row)) * digit;
      if (is_noisy)
        variance += static_cast<double>(pair.unit_variance(column, row)) * digit * digit;
    }
    if (is_noisy) units += std::sqrt(variance) * static_cast<double>(normals[c]);
    const double code = std::nearbyint(std::ldexp(units, -pair.dropped_bits));
    codes[c] = static_cast<std::int32_t>(std::clamp(code, -largest, largest));
  }
  return codes;
}

int lossless_adc_bits(std::int64_t max_column_sum, int digit_bits) {
  OHMWEAVE_REQUIRE(max_column_sum >= 0 && digit_bits >= 1 && digit_bits < kLargestCodeBits &&
                       max_column_sum <= (std::int64_t{1} << kLargestCodeBits),
                   "a sum of levels and a digit width that occur");
  const std::int64_t largest_code = max_column_sum * ((std::int64_t{1} << digit_bits) - 1);
  int bits = 0;
  while ((std::int64_t{1} << bits) <= largest_code) ++bits;
  return bits;
}

namespace {

/// Variance of a digit of b bits whose values are all as likely.
double digit_variance(int bits, bool has_sign) {
  const double largest = std::exp2(bits) - 1.0;
  return has_sign ? largest * (2.0 * largest + 1.0) / 6.0 : largest * (largest + 2.0) / 12.0;
}

/// The largest k of converter_bits().
int bits_below_noise(const ConverterInput& input, double signal_to_noise_db, int lossless_bits) {
  const double noise = input.mean_square_sum *
                       digit_variance(input.digit_bits, input.has_signed_digits) /
                       std::pow(10.0, signal_to_noise_db / 10.0);
  int bits = 0;
  while (bits + 1 < lossless_bits && (std::exp2(2 * (bits + 1)) + 2.0) / 12.0 <= noise) ++bits;
  return bits;
}

}  // namespace

ConverterBits converter_bits(const AdcOptions& adc, const ConverterInput& input) {
  ConverterBits bits;
  bits.lossless_bits = lossless_adc_bits(input.max_column_sum, input.digit_bits);
  bits.adc_bits = adc.bits.value_or(bits.lossless_bits);
  if (adc.signal_to_noise_db && !adc.bits)
    bits.adc_bits -= bits_below_noise(input, *adc.signal_to_noise_db, bits.lossless_bits);
  bits.dropped_bits = std::max(0, bits.lossless_bits - bits.adc_bits);
  return bits;
}

}  // namespace ohmweave::crossbar
