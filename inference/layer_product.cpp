// SPDX-License-Identifier: Apache-2.0
#include "inference/layer_product.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/whole_numbers.h"
#include "inference/code_sums.h"
#include "inference/integer_gain.h"
#include "inference/windows.h"

namespace ohmweave::inference {
namespace {

// Windows read together: digits (128 rows) and currents (256 columns) then stay in the cache.
constexpr int kWindowsAtOnce = 256;

/// Working memory of one thread for one block and one set of windows.
struct Scratch {
  std::vector<std::int32_t> inputs;        // rows x windows
  std::vector<std::int32_t> accumulators;  // outputs x windows
  GainMatrix digits;                       // rows x windows
  GainMatrix units;                        // (num_slices * outputs) x windows
  GainMatrix squares;                      // of digits
  GainMatrix deviations;                   // of units, where there is read noise
  std::vector<float> normals;              // windows x columns, rounded up to whole blocks
  std::vector<std::uint8_t> magnitudes;    // pairs of rows x windows x 2, as IntegerGain reads
  std::vector<std::uint8_t> pair_digits;   // one digit of them
  std::vector<std::int16_t> sums;          // (num_slices * outputs) x windows
};

/// Digit `digit` of every input, with the input's sign; false if all are zero.
bool split_digit(const std::vector<std::int32_t>& inputs, int digit, int digit_bits,
                 float* digits) {
  const int shift = digit * digit_bits;
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << digit_bits) - 1);
  std::int32_t any = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int32_t input = inputs[i];
    const std::int32_t magnitude = (std::abs(input) >> shift) & mask;
    any |= magnitude;
    digits[i] = static_cast<float>(input < 0 ? -magnitude : magnitude);
  }
  return any != 0;
}

/// Converts scratch.units, read with digits of `polarity` (1 or -1).
void convert(const LayerProduct& product, const BlockProduct& block, int digit, int polarity,
             Scratch& scratch) {
  const int count = static_cast<int>(scratch.units.cols());
  const int num_outputs = static_cast<int>(block.outputs.size());
  const auto add = [&](int first, int columns, std::int64_t weight, std::int32_t* accumulators) {
    const Conversion conversion{std::ldexp(1.0F, -product.dropped_bits),
                                static_cast<float>(product.largest_code),
                                static_cast<std::int32_t>(polarity * weight)};
    const float* units = scratch.units.data() + static_cast<std::ptrdiff_t>(first) * count;
    if (block.converters)
      add_built_codes({units, first, columns, count}, *block.converters, conversion, accumulators);
    else
      add_codes(units, columns * count, conversion, accumulators);
  };
  const int shift = digit * product.digit_bits + product.dropped_bits;
  for (int slice = 0; slice < product.num_slices; ++slice)
    add(slice * num_outputs, num_outputs, std::int64_t{1} << (shift + product.shift(slice)),
        scratch.accumulators.data());
  if (block.unit_weight > 0)
    add(product.num_slices * num_outputs, 1, (std::int64_t{1} << shift) * block.unit_weight,
        scratch.accumulators.data() + static_cast<std::ptrdiff_t>(num_outputs) * count);
}

/// Rows of accumulators: the outputs, then the unit column where there is one.
std::size_t num_accumulators(const BlockProduct& block) {
  return block.outputs.size() + (block.unit_weight > 0 ? 1 : 0);
}

/// Takes the unit column's sums from those of all outputs.
void subtract_unit_column(const BlockProduct& block, int count,
                          std::vector<std::int32_t>& accumulators) {
  if (block.unit_weight == 0) return;
  const auto windows = static_cast<std::size_t>(count);
  const std::int32_t* unit = accumulators.data() + block.outputs.size() * windows;
  for (std::size_t out = 0; out < block.outputs.size(); ++out)
    for (std::size_t w = 0; w < windows; ++w) accumulators[out * windows + w] -= unit[w];
}

/// Digits as the rows' drivers put them out.
void drive(const GainMatrix& levels, GainMatrix& digits) {
  for (Eigen::Index row = 0; row < digits.rows(); ++row) {
    const float* of_row = levels.data() + row * levels.cols();
    for (Eigen::Index w = 0; w < digits.cols(); ++w) {
      float& digit = digits(row, w);
      const float level = of_row[static_cast<int>(std::abs(digit))];
      digit = digit < 0.0F ? -level : level;
    }
  }
}

/// The noise of one block's reads of some windows.
struct BlockNoise {
  RandomStream stream;      // of the layer
  std::uint64_t block = 0;  // which of the layer's blocks
  std::int64_t window = 0;  // the first one, counted over all that the copy reads
};

/// What is read at once: neighbouring rows of a block, with one digit of one sign of their inputs.
struct OneRead {
  int digit = 0;
  int polarity = 1;  // -1: of negative inputs
  Eigen::Index first = 0;
  Eigen::Index rows = 0;
};

/// Reads of a block are counted digit by digit; those of negative digits come after all others.
std::int64_t number_of(const OneRead& read, const LayerProduct& product,
                       const BlockProduct& block) {
  const auto num_rows = static_cast<std::int64_t>(block.rows.size());
  const std::int64_t digit = read.digit + (read.polarity < 0 ? product.num_digits : 0);
  return digit * ceil_div(num_rows, product.rows_at_once) + read.first / product.rows_at_once;
}

/// Adds to scratch.units the noise of read number `number`. digits: of the rows that it reads.
void add_noise(const BlockProduct& block, const OneRead& read, std::int64_t number,
               const Eigen::Ref<const GainMatrix>& digits, const BlockNoise& noise,
               Scratch& scratch) {
  constexpr auto kPerBlock = static_cast<Eigen::Index>(RandomStream::kNormalsPerBlock);
  const Eigen::Index columns = scratch.units.rows();
  const Eigen::Index count = scratch.units.cols();
  const Eigen::Index blocks = (columns + kPerBlock - 1) / kPerBlock;  // of numbers, a window
  scratch.squares = digits.array().square();
  scratch.deviations.resize(columns, count);
  scratch.deviations.noalias() = block.variance.middleCols(read.first, read.rows) * scratch.squares;
  scratch.deviations = scratch.deviations.array().sqrt();
  scratch.normals.resize(static_cast<std::size_t>(count * blocks * kPerBlock));
  noise.stream.child("read", noise.block, static_cast<std::uint64_t>(number))
      .normals(static_cast<std::uint64_t>(noise.window * blocks), scratch.normals.size(),
               scratch.normals.data());
  for (Eigen::Index column = 0; column < columns; ++column) {
    const float* normal = scratch.normals.data() + column;
    float* units = scratch.units.data() + column * count;
    const float* deviations = scratch.deviations.data() + column * count;
    for (Eigen::Index w = 0; w < count; ++w)
      units[w] += deviations[w] * normal[w * blocks * kPerBlock];
  }
}

void trim(const std::vector<ColumnTrim>& trims, GainMatrix& units) {
  for (std::size_t column = 0; column < trims.size(); ++column) {
    auto row = units.row(static_cast<Eigen::Index>(column)).array();
    row = row * trims[column].gain + trims[column].offset;
  }
}

/// Reads the rows first .. first + rows - 1 of a block with the digits at hand.
void read_rows(const BlockProduct& block, Eigen::Index first, Eigen::Index rows, Scratch& scratch) {
  if (block.circuit) {
    scratch.units = block.circuit->units(first, rows, scratch.digits);
    return;
  }
  scratch.units.noalias() =
      block.gain.middleCols(first, rows) * scratch.digits.middleRows(first, rows);
}

/// From the currents of a read to its codes. digits: of the rows that it reads.
void finish_read(const LayerProduct& product, const BlockProduct& block, const OneRead& read,
                 const Eigen::Ref<const GainMatrix>& digits, const std::optional<BlockNoise>& noise,
                 Scratch& scratch) {
  if (noise) add_noise(block, read, number_of(read, product, block), digits, *noise, scratch);
  trim(block.trims, scratch.units);
  convert(product, block, read.digit, read.polarity, scratch);
}

/// Calls read(first, rows) for each group of rows that are read at once.
template <class Read>
void for_each_group(const LayerProduct& product, const BlockProduct& block, const Read& read) {
  const auto num_rows = static_cast<Eigen::Index>(block.rows.size());
  for (Eigen::Index first = 0; first < num_rows; first += product.rows_at_once)
    read(first, std::min<Eigen::Index>(product.rows_at_once, num_rows - first));
}

/// Whether there is something to read without digits: converters may make something of it.
bool converts_zeros(const BlockProduct& block) { return block.converters || !block.trims.empty(); }

/// Adds the block's sums for the gathered inputs to scratch.accumulators.
void read_block(const LayerProduct& product, const BlockProduct& block,
                const std::optional<BlockNoise>& noise, Scratch& scratch) {
  for (int digit = 0; digit < product.num_digits; ++digit) {
    const bool is_any =
        split_digit(scratch.inputs, digit, product.digit_bits, scratch.digits.data());
    if (!is_any && !converts_zeros(block)) continue;
    if (block.drive.size() > 0) drive(block.drive, scratch.digits);
    for_each_group(product, block, [&](Eigen::Index first, Eigen::Index rows) {
      read_rows(block, first, rows, scratch);
      finish_read(product, block, {digit, 1, first, rows}, scratch.digits.middleRows(first, rows),
                  noise, scratch);
    });
  }
}

/// The signs of inputs whose digits a circuit reads.
std::vector<int> polarities(const LayerProduct& product, const BlockProduct& block,
                            const std::vector<std::int32_t>& inputs) {
  const bool has_negative =
      std::any_of(inputs.begin(), inputs.end(), [](std::int32_t input) { return input < 0; });
  if (has_negative || (product.has_signed_digits && converts_zeros(block))) return {1, -1};
  return {1};
}

/// The same through a circuit, whose gates are on or off: digits of each sign are read by
/// themselves, and all of them are solved together.
void read_circuit(const LayerProduct& product, const BlockProduct& block,
                  const std::optional<BlockNoise>& noise, Scratch& scratch) {
  const Eigen::Index count = scratch.digits.cols();
  const std::vector<int> signs = polarities(product, block, scratch.inputs);
  GainMatrix digits(scratch.digits.rows(),  // of all reads side by side
                    static_cast<Eigen::Index>(signs.size()) * product.num_digits * count);
  std::vector<OneRead> reads;
  for (int digit = 0; digit < product.num_digits; ++digit) {
    const bool is_any =
        split_digit(scratch.inputs, digit, product.digit_bits, scratch.digits.data());
    if (!is_any && !converts_zeros(block)) continue;
    if (block.drive.size() > 0) drive(block.drive, scratch.digits);
    for (const int polarity : signs) {
      digits.middleCols(static_cast<Eigen::Index>(reads.size()) * count, count) =
          (scratch.digits * static_cast<float>(polarity)).cwiseMax(0.0F);
      reads.push_back({digit, polarity});
    }
  }
  if (reads.empty()) return;
  const auto read_digits = digits.leftCols(static_cast<Eigen::Index>(reads.size()) * count);
  for_each_group(product, block, [&](Eigen::Index first, Eigen::Index rows) {
    const GainMatrix units = block.circuit->units(first, rows, read_digits);
    for (std::size_t i = 0; i < reads.size(); ++i) {
      const Eigen::Index column = static_cast<Eigen::Index>(i) * count;
      scratch.units = units.middleCols(column, count);
      finish_read(product, block, {reads[i].digit, reads[i].polarity, first, rows},
                  digits.block(first, column, rows, count), noise, scratch);
    }
  });
}

/// Fills scratch.accumulators with the block's sums for the gathered inputs.
void read_windows(const LayerProduct& product, const BlockProduct& block, int count,
                  const std::optional<BlockNoise>& noise, Scratch& scratch) {
  scratch.accumulators.assign(num_accumulators(block) * static_cast<std::size_t>(count), 0);
  scratch.digits.resize(static_cast<Eigen::Index>(block.rows.size()), count);
  scratch.units.resize(block.gain.rows(), count);
  if (block.circuit)
    read_circuit(product, block, noise, scratch);
  else
    read_block(product, block, noise, scratch);
  subtract_unit_column(block, count, scratch.accumulators);
}

/// The inputs as IntegerGain reads them; false when one is negative or has more than 8 bits.
bool gather_magnitudes(const IntegerGain& gain, int count, int lanes, Scratch& scratch) {
  std::int32_t any = 0;
  for (const std::int32_t input : scratch.inputs) any |= input;
  if ((any & ~std::int32_t{0xff}) != 0) return false;
  scratch.magnitudes.assign(static_cast<std::size_t>(gain.num_pairs()) * 2 * lanes, 0);
  for (std::size_t row = 0; row < gain.row_places().size(); ++row) {
    const int place = gain.row_places()[row];
    std::uint8_t* target =
        scratch.magnitudes.data() + static_cast<std::ptrdiff_t>(place / 2) * 2 * lanes + place % 2;
    const std::int32_t* from = scratch.inputs.data() + row * static_cast<std::size_t>(count);
    for (std::ptrdiff_t w = 0; w < count; ++w) target[2 * w] = static_cast<std::uint8_t>(from[w]);
  }
  return true;
}

/// Bits shift .. shift + bits - 1 of every byte, eight bytes at a time; false if all are zero.
/// The size is a multiple of 8.
bool cut_digit(const std::vector<std::uint8_t>& bytes, int shift, int bits,
               std::vector<std::uint8_t>& digits) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t mask = kOnes * (((1U << bits) - 1U) & (0xffU >> shift));
  const std::uint8_t* from = bytes.data();
  std::uint8_t* to = digits.data();
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < bytes.size(); i += sizeof any) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i, sizeof word);
    word = (word >> shift) & mask;
    std::memcpy(to + i, &word, sizeof word);
    any |= word;
  }
  return any != 0;
}

/// As read_block(), for gains that are whole numbers and inputs that are not negative; false, with
/// nothing done, for other inputs. Accumulators are outputs x lanes.
bool read_integer_block(const LayerProduct& product, const BlockProduct& block,
                        const IntegerGain& gain, int count, int lanes, Scratch& scratch) {
  if (!gather_magnitudes(gain, count, lanes, scratch)) return false;
  const std::size_t size = block.outputs.size() * static_cast<std::size_t>(lanes);
  scratch.accumulators.assign(num_accumulators(block) * static_cast<std::size_t>(lanes), 0);
  scratch.pair_digits.resize(scratch.magnitudes.size());
  scratch.sums.resize(static_cast<std::size_t>(block.gain.rows() * lanes));
  for (int digit = 0; digit < product.num_digits; ++digit) {
    if (!cut_digit(scratch.magnitudes, digit * product.digit_bits, product.digit_bits,
                   scratch.pair_digits)) {
      continue;
    }
    const int shift = digit * product.digit_bits + product.dropped_bits;
    for (int group = 0; group < gain.num_groups(); ++group) {
      gain.read(group, scratch.pair_digits.data(), lanes, scratch.sums.data());
      const std::int16_t* sums = scratch.sums.data();
      const auto add = [&](int size_of_sums, int weight, std::int32_t* accumulators) {
        add_integer_codes(sums, size_of_sums, {product.dropped_bits, product.largest_code, weight},
                          accumulators);
        sums += size_of_sums;
      };
      for (int slice = 0; slice < product.num_slices; ++slice)
        add(static_cast<int>(size), 1 << (shift + product.shift(slice)),
            scratch.accumulators.data());
      if (block.unit_weight > 0)
        add(lanes, (1 << shift) * block.unit_weight, scratch.accumulators.data() + size);
    }
  }
  subtract_unit_column(block, lanes, scratch.accumulators);
  return true;
}

/// Sum of 2^(i * bits) for i < count.
double sum_of_powers(int count, int bits) {
  double sum = 0.0;
  for (int i = 0; i < count; ++i) sum += std::ldexp(1.0, i * bits);
  return sum;
}

void add_bias(const std::vector<std::int64_t>& bias, CodeBatch& accumulators) {
  if (bias.empty()) return;
  const Shape& shape = accumulators.shape;
  const std::int64_t places = static_cast<std::int64_t>(shape.height) * shape.width;
  std::int32_t* target = accumulators.codes.data();
  for (int image = 0; image < accumulators.num_images; ++image) {
    for (const std::int64_t value : bias) {
      for (std::int64_t place = 0; place < places; ++place)
        *target++ += static_cast<std::int32_t>(value);
    }
  }
}

}  // namespace

void check_accumulators(const LayerProduct& product, const std::string& layer) {
  std::map<int, double> reach;  // by output feature
  const double of_one_read = std::ldexp(product.largest_code, product.dropped_bits) *
                             sum_of_powers(product.num_digits, product.digit_bits);
  double of_slices = 0.0;
  for (int slice = 0; slice < product.num_slices; ++slice)
    of_slices += std::exp2(product.shift(slice));
  for (const BlockProduct& block : product.blocks) {
    if (block.copy != 0) continue;  // an output is summed within one copy
    const auto num_reads = static_cast<double>(
        ceil_div(static_cast<std::int64_t>(block.rows.size()), product.rows_at_once));
    for (const int out : block.outputs)
      reach[out] += num_reads * of_one_read * (of_slices + block.unit_weight);
  }
  for (std::size_t out = 0; out < product.bias.size(); ++out)
    reach[static_cast<int>(out)] += std::abs(static_cast<double>(product.bias[out]));
  constexpr double kLimit = std::numeric_limits<std::int32_t>::max();
  for (const auto& [out, largest] : reach) {
    if (largest > kLimit)
      throw DataError("layer '" + layer + "': accumulators may reach " + std::to_string(largest) +
                      "; at most " + std::to_string(kLimit) +
                      " is supported (fewer weight or activation bits)");
  }
}

namespace {

/// The windows of a batch that one copy of a layer reads.
struct DealtWindows {
  std::int64_t first = 0;  // in the batch
  std::int64_t step = 1;
  std::int64_t count = 0;
  std::int64_t first_of_copy = 0;  // how many windows of earlier images the copy reads
};

DealtWindows deal(const Windows& windows, const LayerProduct& product, int copy,
                  std::int64_t first_image) {
  const std::int64_t before = first_image * windows.places();
  DealtWindows dealt;
  dealt.step = product.num_copies;
  dealt.first_of_copy = ceil_div(std::max<std::int64_t>(0, before - copy), dealt.step);
  dealt.first = dealt.first_of_copy * dealt.step + copy - before;
  if (dealt.first < windows.num_windows())
    dealt.count = ceil_div(windows.num_windows() - dealt.first, dealt.step);
  return dealt;
}

}  // namespace

CodeBatch multiply(const LayerProduct& product, const Node& node, const Shape& output,
                   const CodeBatch& input, const Reading& reading) {
  const Windows windows(node, output, input);
  CodeBatch result = make_code_batch(input.num_images, output);
  add_bias(product.bias, result);
  Scratch scratch;
  for (std::size_t b = 0; b < product.blocks.size(); ++b) {
    const BlockProduct& block = product.blocks[b];
    const bool is_noisy = block.variance.size() > 0;
    OHMWEAVE_REQUIRE(!is_noisy || reading.noise,
                     "layer '" + node.name + "' has read noise: name its stream");
    const bool is_plain = block.trims.empty() && !is_noisy && !block.circuit && !block.converters &&
                          block.drive.size() == 0;
    const std::optional<IntegerGain> integers =
        is_plain ? IntegerGain::from(block.gain, product.rows_at_once, product.digit_bits)
                 : std::nullopt;
    const DealtWindows dealt = deal(windows, product, block.copy, reading.first_image);
    const int at_once = block.circuit ? kCircuitWindows : kWindowsAtOnce;
    for (std::int64_t done = 0; done < dealt.count; done += at_once) {
      const int count = static_cast<int>(std::min<std::int64_t>(at_once, dealt.count - done));
      const Windows::Run run{dealt.first + done * dealt.step, count, dealt.step};
      scratch.inputs.resize(block.rows.size() * static_cast<std::size_t>(count));
      windows.gather(block.group, block.rows, run, scratch.inputs.data());
      int stride = (count + kWindowLanes - 1) / kWindowLanes * kWindowLanes;
      if (!integers || !read_integer_block(product, block, *integers, count, stride, scratch)) {
        std::optional<BlockNoise> block_noise;
        if (is_noisy)
          block_noise.emplace(BlockNoise{*reading.noise, b, dealt.first_of_copy + done});
        read_windows(product, block, count, block_noise, scratch);
        stride = count;
      }
      const std::vector<std::int64_t> offsets = windows.output_offsets(run);
      const std::int32_t* sums = scratch.accumulators.data();
      for (const int out : block.outputs) {
        std::int32_t* target = result.codes.data() + out * windows.places();
        for (int w = 0; w < count; ++w) target[offsets[w]] += sums[w];
        sums += stride;
      }
    }
  }
  return result;
}

GainMatrix read_codes(const LayerProduct& product, const BlockProduct& block, Eigen::Index first,
                      Eigen::Index rows, const GainMatrix& digits) {
  Scratch scratch;
  scratch.digits = digits;
  if (block.drive.size() > 0) drive(block.drive, scratch.digits);
  scratch.units.resize(block.gain.rows(), digits.cols());
  read_rows(block, first, rows, scratch);
  trim(block.trims, scratch.units);
  const int count = static_cast<int>(digits.cols());
  std::vector<std::int32_t> codes(static_cast<std::size_t>(scratch.units.size()), 0);
  const Conversion conversion{std::ldexp(1.0F, -product.dropped_bits),
                              static_cast<float>(product.largest_code), 1 << product.dropped_bits};
  if (block.converters)
    add_built_codes({scratch.units.data(), 0, static_cast<int>(scratch.units.rows()), count},
                    *block.converters, conversion, codes.data());
  else
    add_codes(scratch.units.data(), static_cast<int>(codes.size()), conversion, codes.data());
  return Eigen::Map<
             const Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
             codes.data(), scratch.units.rows(), count)
      .cast<float>();
}

}  // namespace ohmweave::inference
