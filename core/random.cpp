// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ohmweave {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53U;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9U;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85U;
constexpr int kRounds = 10;

__extension__ using Wide = unsigned __int128;

std::uint32_t low32(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high32(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); }
std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return static_cast<std::uint64_t>(high) << 32U | low;
}

std::uint64_t hash_name(std::string_view name) {  // FNV-1a; Philox does the mixing afterwards
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// Blocks worked on side by side, in vector registers.
constexpr std::size_t kLanes = 16;
using Lanes = std::array<std::uint32_t, kLanes>;

// philox4x32() of kLanes consecutive positions.
std::array<Lanes, 4> philox_lanes(std::uint64_t position, std::uint64_t lane,
                                  std::array<std::uint32_t, 2> key) {
  std::array<Lanes, 4> c{};
  for (std::size_t i = 0; i < kLanes; ++i) {
    c[0][i] = low32(position + i);
    c[1][i] = high32(position + i);
    c[2][i] = low32(lane);
    c[3][i] = high32(lane);
  }
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t p0 = static_cast<std::uint64_t>(kMultiplier0) * c[0][i];
      const std::uint64_t p1 = static_cast<std::uint64_t>(kMultiplier1) * c[2][i];
      const std::uint32_t c1 = c[1][i];
      const std::uint32_t c3 = c[3][i];
      c[0][i] = high32(p1) ^ c1 ^ key[0];
      c[1][i] = low32(p1);
      c[2][i] = high32(p0) ^ c3 ^ key[1];
      c[3][i] = low32(p0);
    }
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return c;
}

float from_bits(std::uint32_t bits) {
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint32_t to_bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// ln(u) for normal u > 0: u = m 2^e with m in [1/sqrt(2), sqrt(2)), ln(m) = 2 artanh((m-1)/(m+1)),
// whose series is cut where its next term is below 1e-8 of the first.
float log_of(float u) {
  constexpr float kLn2 = 0.693147180559945F;
  constexpr std::uint32_t kRootHalf = 0x3f3504f3U;
  const std::uint32_t bits = to_bits(u) - kRootHalf;
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
  const float m = from_bits((bits & 0x007fffffU) + kRootHalf);
  const float s = (m - 1.0F) / (m + 1.0F);
  const float z = s * s;
  const float series =
      1.0F + z * (1.0F / 3.0F + z * (1.0F / 5.0F + z * (1.0F / 7.0F + z * (1.0F / 9.0F))));
  return exponent * kLn2 + 2.0F * s * series;
}

struct CosSin {
  float cos;
  float sin;
};

// Of 2 pi turns / 2^24: the Taylor series within an eighth of a turn of the nearest quarter.
CosSin cos_sin(std::uint32_t turns) {
  constexpr float kStep = 6.283185307179586F * 0x1p-24F;
  const std::uint32_t quarter = ((turns + (1U << 21U)) >> 22U) & 3U;
  const auto rest = static_cast<std::int32_t>(turns) -
                    static_cast<std::int32_t>(((turns + (1U << 21U)) >> 22U) << 22U);
  const float x = static_cast<float>(rest) * kStep;
  const float z = x * x;
  const float s =
      x * (1.0F + z * (-1.0F / 6 + z * (1.0F / 120 + z * (-1.0F / 5040 + z * (1.0F / 362880)))));
  const float c = 1.0F + z * (-1.0F / 2 + z * (1.0F / 24 + z * (-1.0F / 720 + z * (1.0F / 40320))));
  const bool swapped = (quarter & 1U) != 0;
  const float cos = swapped ? s : c;
  const float sin = swapped ? c : s;
  const bool cos_negative = quarter == 1U || quarter == 2U;
  return {cos_negative ? -cos : cos, quarter >= 2U ? -sin : sin};
}

// Two normals from two words.
void box_muller(const Lanes& radius_bits, const Lanes& angle_bits, std::array<float, kLanes>& first,
                std::array<float, kLanes>& second) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const float u =
        (static_cast<float>(static_cast<std::int32_t>(radius_bits[i] >> 8U)) + 0.5F) * 0x1p-24F;
    const float radius = std::sqrt(-2.0F * log_of(u));
    const CosSin direction = cos_sin(angle_bits[i] >> 8U);
    first[i] = radius * direction.cos;
    second[i] = radius * direction.sin;
  }
}

double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1.0p-53; }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t p0 = static_cast<std::uint64_t>(kMultiplier0) * counter[0];
    const std::uint64_t p1 = static_cast<std::uint64_t>(kMultiplier1) * counter[2];
    counter = {high32(p1) ^ counter[1] ^ key[0], low32(p1), high32(p0) ^ counter[3] ^ key[1],
               low32(p0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

RandomStream::RandomStream(std::uint64_t seed) : key_{low32(seed), high32(seed)}, lane_(0) {}

RandomStream RandomStream::child(std::string_view purpose, std::uint64_t first,
                                 std::uint64_t second) const {
  const std::uint64_t name = hash_name(purpose);
  auto block = philox4x32({low32(name), high32(name), low32(lane_), high32(lane_)}, key_);
  block = philox4x32({low32(first), high32(first), low32(second), high32(second)},
                     {block[0], block[1]});
  return {{block[0], block[1]}, join(block[2], block[3])};
}

std::uint64_t RandomStream::bits(std::uint64_t position) const {
  const auto block =
      philox4x32({low32(position), high32(position), low32(lane_), high32(lane_)}, key_);
  return join(block[0], block[1]);
}

double RandomStream::uniform(std::uint64_t position) const { return to_unit(bits(position)); }

double RandomStream::normal(std::uint64_t position) const {
  const auto block =
      philox4x32({low32(position), high32(position), low32(lane_), high32(lane_)}, key_);
  const double u = 1.0 - to_unit(join(block[0], block[1]));  // (0, 1]
  const double angle = 2.0 * 3.14159265358979323846 * to_unit(join(block[2], block[3]));
  return std::sqrt(-2.0 * std::log(u)) * std::cos(angle);
}

void RandomStream::normals(std::uint64_t first_block, std::size_t count, float* out) const {
  constexpr std::size_t kAtOnce = kLanes * kNormalsPerBlock;
  std::array<std::array<float, kLanes>, kNormalsPerBlock> found{};
  for (std::size_t done = 0; done < count; done += kAtOnce) {
    const auto words = philox_lanes(first_block + done / kNormalsPerBlock, lane_, key_);
    box_muller(words[0], words[1], found[0], found[1]);
    box_muller(words[2], words[3], found[2], found[3]);
    const std::size_t wanted = std::min(kAtOnce, count - done);
    for (std::size_t i = 0; i < wanted; ++i)
      out[done + i] = found[i % kNormalsPerBlock][i / kNormalsPerBlock];
  }
}

std::uint64_t RandomStream::below(std::uint64_t count, std::uint64_t position) const {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(position)) * count) >> 64U);
}

}  // namespace ohmweave
