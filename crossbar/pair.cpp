// SPDX-License-Identifier: Apache-2.0
#include "crossbar/pair.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "crossbar/calibration.h"
#include "crossbar/device.h"
#include "crossbar/read_noise.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

constexpr int kLargestCodeBits = 30;  // codes are 32-bit integers

Wires wires_of(const ArrayOptions& array) {
  return {array.row_ohm, array.col_ohm, array.driver_ohm, array.sense_ohm};
}

Matrix row_select_siemens(const Matrix& siemens, const Wires& wires, Eigen::Index rows_at_once) {
  Matrix result(siemens.cols(), siemens.rows());
  for (Eigen::Index first = 0; first < siemens.rows(); first += rows_at_once) {
    const Eigen::Index count = std::min(rows_at_once, siemens.rows() - first);
    result.middleCols(first, count) = effective_matrix_of_rows(siemens, wires, first, count);
  }
  return result;
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

Matrix effective_siemens(const Matrix& siemens, const ArrayOptions& array) {
  const Wires wires = wires_of(array);
  if (array.topology == Topology::RowSelect) {
    return row_select_siemens(siemens, wires, array.rows_at_once());
  }
  return effective_matrix(siemens, wires);
}

PairReader make_pair_reader(const Matrix& positive_siemens, const Matrix& negative_siemens,
                            const ArrayOptions& array, const DeviceOptions& device,
                            const DacOptions& dac, int adc_bits, int dropped_bits) {
  OHMWEAVE_REQUIRE(positive_siemens.rows() == negative_siemens.rows() &&
                       positive_siemens.cols() == negative_siemens.cols(),
                   "both arrays of a pair have one shape");
  OHMWEAVE_REQUIRE(
      adc_bits >= 0 && dropped_bits >= 0 && adc_bits + dropped_bits <= kLargestCodeBits,
      "codes fit 32 bits");
  const double digit_v = array.read_voltage_v / ((1 << dac.bits) - 1);
  const double lsb_a = level_step_siemens(device, array.bits_per_cell) * digit_v;
  const double unit = digit_v / lsb_a;
  const Matrix positive = effective_siemens(positive_siemens, array);
  const Matrix negative = effective_siemens(negative_siemens, array);
  PairReader reader;
  reader.unit_gain = ((positive - negative) * unit).cast<float>();
  if (device.read_noise) {
    const Matrix variance = effective_variance(positive_siemens, positive, device) +
                            effective_variance(negative_siemens, negative, device);
    reader.unit_variance = (variance * (unit * unit)).cast<float>();
  }
  reader.adc_bits = adc_bits;
  reader.dropped_bits = dropped_bits;
  return reader;
}

Matrix effective_variance(const Matrix& siemens, const Matrix& effective,
                          const DeviceOptions& device) {
  OHMWEAVE_REQUIRE(effective.rows() == siemens.cols() && effective.cols() == siemens.rows(),
                   "the effective matrix is that of the cells");
  Matrix variance = read_noise_variance(device, siemens);
  for (Eigen::Index r = 0; r < siemens.rows(); ++r) {
    for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
      // An open cell has no wire in series worth naming.
      const double share = siemens(r, c) > 0.0 ? effective(c, r) / siemens(r, c) : 1.0;
      variance(r, c) *= share * share;
    }
  }
  return variance.transpose();
}

double pair_compensation(const Matrix& positive_then, const Matrix& negative_then,
                         const Matrix& positive_now, const Matrix& negative_now,
                         const ArrayOptions& array) {
  const Vector volts = Vector::Constant(positive_then.rows(), array.read_voltage_v);
  const auto reference = [&](const Matrix& positive, const Matrix& negative) {
    std::vector<double> currents_a;
    for (const Matrix* siemens : {&positive, &negative}) {
      // One vector of a passive array needs no matrix; selected rows are read group by group.
      const Vector columns_a = array.topology == Topology::Passive
                                   ? currents(*siemens, wires_of(array), volts)
                                   : Vector(effective_siemens(*siemens, array) * volts);
      currents_a.insert(currents_a.end(), columns_a.begin(), columns_a.end());
    }
    return currents_a;
  };
  return drift_compensation(reference(positive_then, negative_then),
                            reference(positive_now, negative_now));
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

}  // namespace ohmweave::crossbar
