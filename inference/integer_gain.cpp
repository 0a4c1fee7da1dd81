// SPDX-License-Identifier: Apache-2.0
#include "inference/integer_gain.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace ohmweave::inference {
namespace {

constexpr int kColumns = 4;  // whose sums stay in registers

/// Columns as they are stored: what is beyond the last has gains of 0.
int padded(int num_columns) { return (num_columns + kColumns - 1) / kColumns * kColumns; }

constexpr float kLargestGain = std::numeric_limits<std::int8_t>::max();
constexpr double kLargestSum = std::numeric_limits<std::int16_t>::max();

bool fits(const GainMatrix& gain, Eigen::Index first, Eigen::Index rows, double largest_digit) {
  for (Eigen::Index column = 0; column < gain.rows(); ++column) {
    double reach = 0.0;
    for (Eigen::Index row = first; row < first + rows; ++row) {
      const float value = gain(column, row);
      if (std::abs(value) > kLargestGain || value != std::trunc(value)) return false;
      reach += std::abs(value);
    }
    if (reach * largest_digit > kLargestSum) return false;
  }
  return true;
}

// One column's gains of a pair of rows, as they lie in memory.
std::int16_t pair_of(const std::int8_t* gains) {
  std::int16_t pair = 0;
  std::memcpy(&pair, gains, sizeof pair);
  return pair;
}

#ifdef __AVX2__

// 16 windows: sums of both products of a pair. No sum saturates: from() has seen to it.
struct Lanes {
  __m256i sums;
};
constexpr int kLanes = 16;

inline Lanes zero_lanes() { return {_mm256_setzero_si256()}; }
inline void add_products(Lanes& lanes, const std::uint8_t* digits, std::int16_t pair) {
  const __m256i loaded = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(digits));
  const __m256i products = _mm256_maddubs_epi16(loaded, _mm256_set1_epi16(pair));
  lanes.sums = _mm256_add_epi16(lanes.sums, products);
}
inline void store(const Lanes& lanes, std::int16_t* sums) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), lanes.sums);
}

#else

struct Lanes {
  std::int16_t sums[16];
};
constexpr int kLanes = 16;

inline Lanes zero_lanes() { return {}; }
inline void add_products(Lanes& lanes, const std::uint8_t* digits, std::int16_t pair) {
  std::int8_t gains[2];
  std::memcpy(gains, &pair, sizeof pair);
  for (int i = 0; i < kLanes; ++i) {
    lanes.sums[i] = static_cast<std::int16_t>(lanes.sums[i] + digits[2 * i] * gains[0] +
                                              digits[2 * i + 1] * gains[1]);
  }
}
inline void store(const Lanes& lanes, std::int16_t* sums) {
  std::memcpy(sums, lanes.sums, sizeof lanes.sums);
}

#endif

static_assert(kWindowLanes == 2 * kLanes, "two registers of windows are read together");

}  // namespace

std::optional<IntegerGain> IntegerGain::from(const GainMatrix& gain, int rows_at_once,
                                             int digit_bits) {
  if (digit_bits > 8) return std::nullopt;
  const double largest_digit = (1 << digit_bits) - 1;
  IntegerGain result;
  result.num_columns_ = static_cast<int>(gain.rows());
  result.first_pair_.push_back(0);
  for (Eigen::Index first = 0; first < gain.cols(); first += rows_at_once) {
    const Eigen::Index rows = std::min<Eigen::Index>(rows_at_once, gain.cols() - first);
    if (!fits(gain, first, rows, largest_digit)) return std::nullopt;
    const int pair = result.first_pair_.back();
    for (int row = 0; row < rows; ++row) result.row_places_.push_back(2 * pair + row);
    result.first_pair_.push_back(pair + static_cast<int>((rows + 1) / 2));
  }
  const std::ptrdiff_t stride = 2 * static_cast<std::ptrdiff_t>(padded(result.num_columns_));
  result.gains_.assign(static_cast<std::size_t>(result.num_pairs() * stride), 0);
  for (Eigen::Index row = 0; row < gain.cols(); ++row) {
    const int place = result.row_places_[row];
    std::int8_t* target = result.gains_.data() + place / 2 * stride + place % 2;
    for (Eigen::Index column = 0; column < gain.rows(); ++column)
      target[2 * column] = static_cast<std::int8_t>(gain(column, row));
  }
  return result;
}

void IntegerGain::read(int group, const std::uint8_t* digits, int num_windows,
                       std::int16_t* sums) const {
  for (int first = 0; first < num_windows; first += kWindowLanes)
    read_lanes(group, digits, num_windows, first, sums);
}

void IntegerGain::read_lanes(int group, const std::uint8_t* digits, int num_windows, int first,
                             std::int16_t* sums) const {
  const std::ptrdiff_t digit_stride = 2 * static_cast<std::ptrdiff_t>(num_windows);
  const std::ptrdiff_t gain_stride = 2 * static_cast<std::ptrdiff_t>(padded(num_columns_));
  for (int column = 0; column < num_columns_; column += kColumns) {
    Lanes low[kColumns] = {zero_lanes(), zero_lanes(), zero_lanes(), zero_lanes()};
    Lanes high[kColumns] = {zero_lanes(), zero_lanes(), zero_lanes(), zero_lanes()};
    for (int pair = first_pair_[group]; pair < first_pair_[group + 1]; ++pair) {
      const std::uint8_t* digit =
          digits + pair * digit_stride + 2 * static_cast<std::ptrdiff_t>(first);
      const std::int8_t* gain =
          gains_.data() + pair * gain_stride + 2 * static_cast<std::ptrdiff_t>(column);
      for (std::ptrdiff_t i = 0; i < kColumns; ++i) {
        const std::int16_t both = pair_of(gain + 2 * i);
        add_products(low[i], digit, both);
        add_products(high[i], digit + kWindowLanes, both);
      }
    }
    for (int i = 0; i < std::min(kColumns, num_columns_ - column); ++i) {
      std::int16_t* target = sums + static_cast<std::ptrdiff_t>(column + i) * num_windows + first;
      store(low[i], target);
      store(high[i], target + kLanes);
    }
  }
}

}  // namespace ohmweave::inference
