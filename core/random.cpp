// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"

#include <cmath>

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

std::uint64_t RandomStream::below(std::uint64_t count, std::uint64_t position) const {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(position)) * count) >> 64U);
}

}  // namespace ohmweave
