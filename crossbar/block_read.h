// SPDX-License-Identifier: Apache-2.0
// One window of a block of a weight matrix, read from the pairs that hold its slices: the one order
// in which digits, groups of rows and slices are read and their codes summed.
//   sum of column c = sum over digits d, row groups k, slices s of
//                     code(d, k, s)[c] * 2^dropped_bits * 2^(d * digit_bits) * 2^(s * slice_bits)
// with the codes of read_array(). An input x is cut, sign-magnitude, into digits of digit_bits bits
// that carry the sign of x, least significant first.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crossbar/pair.h"

namespace ohmweave::crossbar {

struct BlockReader {
  /// Least significant first; unit_gain: columns x rows of the block.
  std::vector<PairReader> slices;
  int slice_bits = 1;
  int rows_at_once = 1;  // a row group is so many consecutive rows of the block
  int digit_bits = 1;
  int num_digits = 1;
};

/// A block and the arrays it sits in, which may hold others too.
struct BlockSite {
  int first_row = 0;  // in inputs of the arrays
  int first_column = 0;
  int rows = 0;
  int columns = 0;
  /// Levels of all cells of the arrays, array.rows x array.cols, row-major: levels[2 * s] and
  /// levels[2 * s + 1] of slice s, positive and negative; levels[s] where both are in one array.
  std::vector<std::vector<int>> levels;
  int first_array = 0;  // index of the array of levels[0]; the others follow
};

struct ReadCircuits {
  ArrayOptions array;
  DeviceOptions device;
  DacOptions dac;
  int adc_bits = 8;
  int dropped_bits = 0;
  int input_bits = 8;               // magnitude bits of the inputs
  MatrixCache* matrices = nullptr;  // as read_of_array()
};

/// Whether such arrays are what a BlockReader stands for: one-sided pairs, in two arrays or in rows
/// of one, slices of one width, read as a matrix.
[[nodiscard]] bool can_read_blocks(const ArrayOptions& array);

/// Why a chip of such circuits has no codes that BlockReaders give, or "": other arrays; ranges
/// that images set; converters or drivers as built; cells that are not ohmic; noise, with which no
/// two reads are equal.
[[nodiscard]] std::string block_read_problem(const ArrayOptions& array, const DeviceOptions& device,
                                             const AdcOptions& adc, const DacOptions& dac);

/// Programs the pairs of all slices with the frozen devices of chip sample `chip`
/// (array_stream()) and sets up their reads.
[[nodiscard]] BlockReader make_block_reader(const BlockSite& site, const ReadCircuits& circuits,
                                            const RandomStream& run, int chip);

/// Sees the codes of every read, in order.
using CodeVisitor = std::function<void(const std::vector<std::int32_t>& codes)>;

/// Sums of every column for the inputs of the block's rows. Pairs with read noise are refused
/// (std::logic_error): their reads need normals.
[[nodiscard]] std::vector<std::int64_t> read_block(const BlockReader& block,
                                                   const std::vector<std::int32_t>& inputs,
                                                   const CodeVisitor& visit = {});

/// The codes of many reads in a word: changes with any code and with their order.
struct CodeDigest {
  std::int64_t num_codes = 0;
  std::uint64_t digest = 0;  // FNV-1a, a code at a time
  void add(const std::vector<std::int32_t>& codes);
};

}  // namespace ohmweave::crossbar
