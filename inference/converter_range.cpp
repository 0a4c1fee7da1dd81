// SPDX-License-Identifier: Apache-2.0
#include "inference/converter_range.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "inference/executor.h"
#include "inference/windows.h"

namespace ohmweave::inference {
namespace {

constexpr int kWindowsAtOnce = 256;
constexpr std::size_t kMostBits = 32;

Hardware with_ideal_converters(const Hardware& hardware) {
  Hardware result = hardware;
  result.adc = {};
  result.dac = crossbar::DacOptions{hardware.dac.bits};
  result.calibrates_columns = false;
  return result;
}

/// The same network on devices, wires and converters without any fault, so that every value is a
/// whole number of units.
Hardware ideal(const Hardware& hardware) {
  Hardware result = with_ideal_converters(hardware);
  result.device = {};
  result.device.kind = "ideal";
  crossbar::ArrayOptions& array = result.array;
  array.topology = crossbar::Topology::Passive;
  array.row_ohm = array.col_ohm = array.driver_ohm = array.sense_ohm = array.transistor_ohm = 0.0;
  array.source_line_ohm.reset();
  array.drives_both_ends = array.senses_both_ends = false;
  return result;
}

int bits_of(double value) {
  int exponent = 0;
  (void)std::frexp(std::nearbyint(std::abs(value)), &exponent);
  return exponent;
}

/// Counts what the reads of `digits` (rows x windows) of a block give.
void count_reads(const LayerProduct& product, const BlockProduct& block, const GainMatrix& digits,
                 BitCounts& counts) {
  for (Eigen::Index first = 0; first < digits.rows(); first += product.rows_at_once) {
    const Eigen::Index rows = std::min<Eigen::Index>(product.rows_at_once, digits.rows() - first);
    const GainMatrix units = block.gain.middleCols(first, rows) * digits.middleRows(first, rows);
    for (Eigen::Index i = 0; i < units.size(); ++i) ++counts[bits_of(units.data()[i])];
  }
}

void count_block(const LayerProduct& product, const BlockProduct& block, const Windows& windows,
                 BitCounts& counts) {
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << product.digit_bits) - 1);
  for (std::int64_t first = 0; first < windows.num_windows(); first += kWindowsAtOnce) {
    const int count =
        static_cast<int>(std::min<std::int64_t>(kWindowsAtOnce, windows.num_windows() - first));
    std::vector<std::int32_t> inputs(block.rows.size() * static_cast<std::size_t>(count));
    windows.gather(block.group, block.rows, {first, count}, inputs.data());
    GainMatrix digits(static_cast<Eigen::Index>(block.rows.size()), count);
    for (int digit = 0; digit < product.num_digits; ++digit) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const int magnitude = (std::abs(inputs[i]) >> (digit * product.digit_bits)) & mask;
        digits.data()[i] = static_cast<float>(inputs[i] < 0 ? -magnitude : magnitude);
      }
      count_reads(product, block, digits, counts);
    }
  }
}

}  // namespace

std::vector<BitCounts> count_converter_bits(const MappedNetwork& mapped, const Hardware& hardware,
                                            const CodeBatch& images, RangeChip chip,
                                            const ForEach& for_each) {
  const Hardware counted =
      chip == RangeChip::Ideal ? ideal(hardware) : without_spread(with_ideal_converters(hardware));
  const LayerProducts products = program_chip(mapped, counted, {RandomStream(0), 0}, for_each);
  const std::vector<CodeBatch> codes = run_network(mapped.network, products, images);
  std::vector<BitCounts> counts(products.size());
  for (const int node : weight_nodes(mapped.network.network)) {
    counts[node].assign(kMostBits, 0);
    const Node& layer = mapped.network.network.nodes[node];
    const Windows windows(layer, codes[node].shape, codes[layer.inputs.at(0)]);
    for (const BlockProduct& block : products[node]->blocks)
      count_block(*products[node], block, windows, counts[node]);
  }
  return counts;
}

int bits_that_hold(const BitCounts& counts, double fraction) {
  const auto total =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::int64_t held = 0;
  for (std::size_t bits = 0; bits < counts.size(); ++bits) {
    held += counts[bits];
    if (static_cast<double>(held) >= fraction * total) return static_cast<int>(bits);
  }
  return static_cast<int>(counts.size());
}

std::vector<int> calibrated_range_bits(const MappedNetwork& mapped, const Hardware& hardware,
                                       const CodeBatch& images, RangeChip chip,
                                       const ForEach& for_each) {
  if (hardware.adc.range == crossbar::AdcRange::WorstCase) return {};
  const double fraction =
      hardware.adc.range == crossbar::AdcRange::Largest ? 1.0 : hardware.adc.range_fraction;
  std::vector<int> bits;
  for (const BitCounts& counts : count_converter_bits(mapped, hardware, images, chip, for_each))
    bits.push_back(bits_that_hold(counts, fraction));
  return bits;
}

}  // namespace ohmweave::inference
