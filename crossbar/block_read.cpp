// SPDX-License-Identifier: Apache-2.0
#include "crossbar/block_read.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

/// Digit `digit` of the inputs of rows [first, end); all other rows are not driven.
std::vector<std::int32_t> digits_of(const BlockReader& block,
                                    const std::vector<std::int32_t>& inputs, int digit,
                                    std::size_t first) {
  const std::size_t end = std::min(inputs.size(), first + block.rows_at_once);
  const int shift = digit * block.digit_bits;
  const std::int64_t mask = (std::int64_t{1} << block.digit_bits) - 1;
  std::vector<std::int32_t> digits(inputs.size(), 0);
  for (std::size_t r = first; r < end; ++r) {
    const std::int64_t x = inputs[r];
    const std::int64_t magnitude = (std::abs(x) >> shift) & mask;
    digits[r] = static_cast<std::int32_t>(x < 0 ? -magnitude : magnitude);
  }
  return digits;
}

}  // namespace

bool can_read_blocks(const ArrayOptions& array) {
  return find_encoding(array.encoding).is_one_sided() && array.slice_bits.empty() &&
         array.topology != Topology::GateInput;
}

std::string block_read_problem(const ArrayOptions& array, const DeviceOptions& device,
                               const AdcOptions& adc, const DacOptions& dac) {
  if (array.topology == Topology::GateInput) return "/array/topology is \"gate_input\"";
  if (!can_read_blocks(array))
    return R"(/array/encoding is not "one_sided_pair" or "row_pair", or has /array/slice_bits)";
  if (device.read_noise) return "/device/read_noise makes no two reads equal";
  if (device.iv) return "/device/iv makes cells that are not ohmic";
  if (adc.range != AdcRange::WorstCase) return "/adc/range is set by images";
  if (adc.has_spread()) return "/adc has converters as built";
  if (dac.has_spread()) return "/dac has drivers as built";
  return "";
}

BlockReader make_block_reader(const BlockSite& site, const ReadCircuits& circuits,
                              const RandomStream& run, int chip) {
  const ArrayOptions& array = circuits.array;
  OHMWEAVE_REQUIRE(can_read_blocks(array), "pairs of equal slices, read as a matrix");
  const auto per_slice = static_cast<std::size_t>(find_encoding(array.encoding).arrays_per_slice());
  OHMWEAVE_REQUIRE(site.levels.size() == per_slice * static_cast<std::size_t>(array.num_slices()),
                   "the arrays of every slice");
  const auto program_slice = [&](int slice) {
    std::vector<Matrix> arrays;
    for (std::size_t i = 0; i < per_slice; ++i) {
      const std::size_t index = per_slice * slice + i;
      arrays.push_back(program_siemens(
          site.levels[index], array.rows, array.cols, circuits.device, array.bits_per_cell,
          array_stream(run, chip, site.first_array + static_cast<int>(index))));
    }
    return arrays;
  };
  BlockReader block;
  block.slice_bits = array.bits_per_cell;
  block.rows_at_once = array.inputs_at_once();
  block.digit_bits = circuits.dac.bits;
  block.num_digits = (circuits.input_bits + circuits.dac.bits - 1) / circuits.dac.bits;
  for (int slice = 0; slice < array.num_slices(); ++slice) {
    PairReader pair = make_pair_reader(program_slice(slice), array, circuits.device, circuits.dac,
                                       circuits.adc_bits, circuits.dropped_bits, circuits.matrices);
    const auto cut = [&site](const MatrixF& whole) {
      return MatrixF(whole.block(site.first_column, site.first_row, site.columns, site.rows));
    };
    pair.unit_gain = cut(pair.unit_gain);
    if (pair.unit_variance.size() > 0) pair.unit_variance = cut(pair.unit_variance);
    block.slices.push_back(std::move(pair));
  }
  return block;
}

std::vector<std::int64_t> read_block(const BlockReader& block,
                                     const std::vector<std::int32_t>& inputs,
                                     const CodeVisitor& visit) {
  OHMWEAVE_REQUIRE(!block.slices.empty(), "a block has slices");
  std::vector<std::int64_t> sums(static_cast<std::size_t>(block.slices.front().unit_gain.rows()));
  for (int digit = 0; digit < block.num_digits; ++digit) {
    for (std::size_t first = 0; first < inputs.size(); first += block.rows_at_once) {
      const std::vector<std::int32_t> digits = digits_of(block, inputs, digit, first);
      for (std::size_t s = 0; s < block.slices.size(); ++s) {
        const std::vector<std::int32_t> codes = read_array(block.slices[s], digits);
        if (visit) visit(codes);
        const int shift = digit * block.digit_bits + static_cast<int>(s) * block.slice_bits +
                          block.slices[s].dropped_bits;
        for (std::size_t c = 0; c < sums.size(); ++c)
          sums[c] += static_cast<std::int64_t>(codes[c]) * (std::int64_t{1} << shift);
      }
    }
  }
  return sums;
}

void CodeDigest::add(const std::vector<std::int32_t>& codes) {
  constexpr std::uint64_t kOffset = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  if (num_codes == 0) digest = kOffset;
  for (const std::int32_t code : codes)
    digest = (digest ^ static_cast<std::uint32_t>(code)) * kPrime;
  num_codes += static_cast<std::int64_t>(codes.size());
}

}  // namespace ohmweave::crossbar
