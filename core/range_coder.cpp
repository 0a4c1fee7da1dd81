// SPDX-License-Identifier: Apache-2.0
#include "core/range_coder.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace ohmweave {
namespace {

constexpr std::uint32_t kMinRange = 1U << 24U;
constexpr std::uint32_t kMaxCount = 1U << 14U;  // beyond it both counts are halved
constexpr std::uint32_t kMinProbability = 8;
constexpr int kFlushBytes = 5;  // also the most zero bytes that finish() may drop

std::uint32_t split(std::uint32_t range, std::uint32_t probability) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(range) * probability >> 16U);
}

}  // namespace

std::uint32_t AdaptiveBit::probability() const {
  const auto estimate = static_cast<std::uint32_t>(
      (static_cast<std::uint64_t>(2 * num_ones_ + 1) << 16U) / (2 * num_bits_ + 2));
  return std::clamp(estimate, kMinProbability, kProbabilityOne - kMinProbability);
}

void AdaptiveBit::update(bool bit) {
  num_ones_ += bit ? 1 : 0;
  if (++num_bits_ < kMaxCount) return;
  num_bits_ /= 2;
  num_ones_ /= 2;
}

bool BitCoder::bit(bool value, AdaptiveBit& model) {
  const bool coded = bit(value, model.probability());
  model.update(coded);
  return coded;
}

std::uint32_t BitCoder::count(std::uint32_t value) {
  int num_bits = 1;  // of value + 1
  while (num_bits < 32 && (value + 1) >> num_bits != 0) ++num_bits;
  num_bits = static_cast<int>(direct(static_cast<std::uint32_t>(num_bits - 1), 5)) + 1;
  const std::uint32_t top = 1U << (num_bits - 1);
  return (top | direct((value + 1) & (top - 1), num_bits - 1)) - 1;
}

bool BitEncoder::bit(bool value, std::uint32_t probability) {
  const std::uint32_t bound = split(range_, probability);
  if (value) {
    range_ = bound;
  } else {
    low_ += bound;
    range_ -= bound;
  }
  normalize();
  return value;
}

std::uint32_t BitEncoder::direct(std::uint32_t value, int num_bits) {
  for (int i = num_bits; i-- > 0;) bit((value >> i & 1U) != 0, kProbabilityOne / 2);
  return value;
}

void BitEncoder::normalize() {
  while (range_ < kMinRange) {
    range_ <<= 8U;
    shift_out();
  }
}

void BitEncoder::shift_out() {
  const bool has_carry = low_ >> 32U != 0;
  if (has_carry || low_ < 0xff000000U) {
    unsigned char byte = held_back_;
    for (; num_held_back_ > 0; --num_held_back_) {
      bytes_.push_back(static_cast<char>(static_cast<unsigned char>(byte + (has_carry ? 1 : 0))));
      byte = 0xff;
    }
    held_back_ = static_cast<unsigned char>(low_ >> 24U);
  }
  ++num_held_back_;
  low_ = (low_ & 0x00ffffffU) << 8U;
}

std::string BitEncoder::finish() {
  // Any number in [low, low + range) decodes alike: take the one with most zero bits at its end.
  for (int num_zeros = 32; num_zeros >= 0; --num_zeros) {
    const std::uint64_t step = std::uint64_t{1} << num_zeros;
    const std::uint64_t candidate = (low_ + step - 1) / step * step;
    if (candidate >= low_ + range_) continue;
    low_ = candidate;
    break;
  }
  for (int i = 0; i < kFlushBytes; ++i) shift_out();
  std::string code = bytes_.substr(1);  // the first byte is what a carry never reaches: 0
  for (int i = 0; i < kFlushBytes && !code.empty() && code.back() == '\0'; ++i) code.pop_back();
  return code;
}

BitDecoder::BitDecoder(std::string_view bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)) {
  for (int i = 0; i < 4; ++i) code_ = code_ << 8U | next_byte();
}

unsigned char BitDecoder::next_byte() {
  if (position_ >= bytes_.size() + kFlushBytes) {
    throw DataError(where_ + ": truncated: its arithmetic code ends too early");
  }
  const std::size_t at = position_++;
  return at < bytes_.size() ? static_cast<unsigned char>(bytes_[at]) : 0;
}

bool BitDecoder::bit(bool, std::uint32_t probability) {
  const std::uint32_t bound = split(range_, probability);
  const bool value = code_ < bound;
  if (value) {
    range_ = bound;
  } else {
    code_ -= bound;
    range_ -= bound;
  }
  normalize();
  return value;
}

std::uint32_t BitDecoder::direct(std::uint32_t, int num_bits) {
  std::uint32_t value = 0;
  for (int i = 0; i < num_bits; ++i) {
    value = value << 1U | (bit(false, kProbabilityOne / 2) ? 1U : 0U);
  }
  return value;
}

void BitDecoder::normalize() {
  while (range_ < kMinRange) {
    range_ <<= 8U;
    code_ = code_ << 8U | next_byte();
  }
}

std::uint32_t AdaptiveTree::code(BitCoder& coder, std::uint32_t value) {
  const int depth = std::min(num_bits_, kMaxDepth);
  const int num_rest = num_bits_ - depth;
  std::uint32_t node = 1;
  for (int i = depth; i-- > 0;) {
    const bool bit = coder.bit((value >> (num_rest + i) & 1U) != 0, nodes_[node]);
    node = node << 1U | (bit ? 1U : 0U);
  }
  const std::uint32_t upper = node - (1U << depth);
  const std::uint32_t mask = num_rest == 0 ? 0 : (1U << num_rest) - 1;
  return upper << num_rest | coder.direct(value & mask, num_rest);
}

float AdaptiveFloat::code(BitCoder& coder, float value, int mantissa_bits) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if (coder.bit(bits == 0, is_zero_)) return 0.0F;
  const int num_dropped = kFloatMantissaBits - mantissa_bits;
  const bool is_negative = coder.bit(bits >> 31U != 0, is_negative_);
  const std::uint32_t exponent = exponent_.code(coder, bits >> kFloatMantissaBits & 0xffU);
  const std::uint32_t upper = (bits & ((1U << kFloatMantissaBits) - 1)) >> num_dropped;
  const std::uint32_t mantissa = coder.direct(upper, mantissa_bits) << num_dropped;
  bits = (is_negative ? 1U << 31U : 0U) | exponent << kFloatMantissaBits | mantissa;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace ohmweave
