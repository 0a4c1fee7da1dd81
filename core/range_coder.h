// SPDX-License-Identifier: Apache-2.0
// A binary arithmetic coder with carry propagation, in integers only, so that every machine gives
// the same bytes. One interface both ways: an encoder writes the value it is given and returns it,
// a decoder ignores that argument and returns what it reads; so the code that walks a format is
// written once. Source: martin_datarecording_1979 (range coding).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ohmweave {

/// Probabilities are integers of 16 bits: p / 65536.
constexpr std::uint32_t kProbabilityOne = 1U << 16U;

/// The probability that a bit is 1, learned from the bits seen so far.
/// Estimate (n1 + 1/2) / (n + 1). Source: krichevsky_tit_1981.
class AdaptiveBit {
 public:
  [[nodiscard]] std::uint32_t probability() const;  // of a 1
  void update(bool bit);

 private:
  std::uint32_t num_ones_ = 0;
  std::uint32_t num_bits_ = 0;
};

class BitCoder {
 public:
  virtual ~BitCoder() = default;
  /// One bit that is 1 with the given probability (1 .. 65535).
  virtual bool bit(bool value, std::uint32_t probability) = 0;
  /// The lowest `num_bits` (0..32) bits of `value`, uncompressed.
  virtual std::uint32_t direct(std::uint32_t value, int num_bits) = 0;
  /// True for a decoder.
  [[nodiscard]] virtual bool is_reading() const = 0;

  bool bit(bool value, AdaptiveBit& model);
  /// 0 .. 2^32 - 2, in about 2 log2(value) bits.
  std::uint32_t count(std::uint32_t value);
};

class BitEncoder final : public BitCoder {
 public:
  using BitCoder::bit;
  bool bit(bool value, std::uint32_t probability) override;
  std::uint32_t direct(std::uint32_t value, int num_bits) override;
  [[nodiscard]] bool is_reading() const override { return false; }
  /// The code; the encoder is used up.
  [[nodiscard]] std::string finish();

 private:
  void normalize();
  void shift_out();

  std::string bytes_;
  std::uint64_t low_ = 0;             // 33 bits: bit 32 is a carry into the bytes before
  std::uint32_t range_ = 0xffffffff;  // at least 2^24 between bits
  std::uint64_t num_held_back_ = 1;   // bytes that a carry could still change
  unsigned char held_back_ = 0;       // the first of them; the others are 0xff
};

class BitDecoder final : public BitCoder {
 public:
  /// `where` names the source in the DataError of a code that ends too early.
  BitDecoder(std::string_view bytes, std::string where);
  using BitCoder::bit;
  bool bit(bool value, std::uint32_t probability) override;
  std::uint32_t direct(std::uint32_t value, int num_bits) override;
  [[nodiscard]] bool is_reading() const override { return true; }
  /// True when every byte of the code was needed.
  [[nodiscard]] bool is_used_up() const { return position_ >= bytes_.size(); }

 private:
  void normalize();
  unsigned char next_byte();

  std::string_view bytes_;
  std::string where_;
  std::size_t position_ = 0;
  std::uint32_t range_ = 0xffffffff;
  std::uint32_t code_ = 0;
};

/// Numbers 0 .. 2^num_bits - 1 with learned probabilities: a binary tree over the upper bits
/// (at most 8), the rest uncompressed.
class AdaptiveTree {
 public:
  explicit AdaptiveTree(int num_bits) : num_bits_(num_bits) {}
  std::uint32_t code(BitCoder& coder, std::uint32_t value);

 private:
  static constexpr int kMaxDepth = 8;
  int num_bits_;
  std::array<AdaptiveBit, 1U << kMaxDepth> nodes_;
};

constexpr int kFloatMantissaBits = 23;

/// float32 values bit for bit: a flag for +0, then learned sign and exponent, mantissa.
class AdaptiveFloat {
 public:
  /// A value whose mantissa is 0 below its upper `mantissa_bits` (0 .. 23) bits.
  float code(BitCoder& coder, float value, int mantissa_bits);

 private:
  AdaptiveBit is_zero_;
  AdaptiveBit is_negative_;
  AdaptiveTree exponent_{8};
};

}  // namespace ohmweave
