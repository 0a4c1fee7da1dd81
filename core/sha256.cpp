// SPDX-License-Identifier: Apache-2.0
// Source: nist_fips_180_4, sections 4.1.2, 4.2.2, 5.1.1 and 6.2 (names of the working variables as
// there).
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/artifact.h"
#include "core/error.h"
#include "core/sha256_blocks.h"

namespace ohmweave {

const std::array<std::uint32_t, 64> kSha256RoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

constexpr std::size_t kNumRounds = 64;

std::uint32_t rotate_right(std::uint32_t x, int count) { return x >> count | x << (32 - count); }

Sha256State hash_block(const Sha256State& state, const unsigned char* bytes) {
  std::array<std::uint32_t, kNumRounds> w;
  for (std::size_t t = 0; t < 16; ++t) {
    const unsigned char* at = bytes + 4 * t;
    w[t] = static_cast<std::uint32_t>(at[0]) << 24U | static_cast<std::uint32_t>(at[1]) << 16U |
           static_cast<std::uint32_t>(at[2]) << 8U | at[3];
  }
  for (std::size_t t = 16; t < kNumRounds; ++t) {
    const std::uint32_t s0 =
        rotate_right(w[t - 15], 7) ^ rotate_right(w[t - 15], 18) ^ w[t - 15] >> 3U;
    const std::uint32_t s1 =
        rotate_right(w[t - 2], 17) ^ rotate_right(w[t - 2], 19) ^ w[t - 2] >> 10U;
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t t = 0; t < kNumRounds; ++t) {
    const std::uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kSha256RoundConstants[t] + w[t];
    const std::uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  Sha256State next = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < next.size(); ++i) next[i] += state[i];
  return next;
}

class Sha256 {
 public:
  void add(std::string_view bytes) {
    num_bytes_ += bytes.size();
    if (num_pending_ > 0) {
      const std::size_t taken = std::min(bytes.size(), kSha256BlockBytes - num_pending_);
      std::memcpy(pending_.data() + num_pending_, bytes.data(), taken);
      num_pending_ += taken;
      bytes.remove_prefix(taken);
      if (num_pending_ < kSha256BlockBytes) return;
      state_ = hash_blocks_(state_, pending_.data(), 1);
    }
    const std::size_t num_blocks = bytes.size() / kSha256BlockBytes;
    state_ = hash_blocks_(state_, reinterpret_cast<const unsigned char*>(bytes.data()), num_blocks);
    bytes.remove_prefix(num_blocks * kSha256BlockBytes);
    num_pending_ = bytes.size();
    if (num_pending_ > 0) std::memcpy(pending_.data(), bytes.data(), num_pending_);
  }

  std::string finish() {
    const std::uint64_t num_bits = num_bytes_ * 8;
    add(std::string_view("\x80", 1));
    while (num_pending_ != kSha256BlockBytes - 8) add(std::string_view("\0", 1));
    for (int shift = 56; shift >= 0; shift -= 8) {
      const char byte = static_cast<char>(static_cast<unsigned char>(num_bits >> shift));
      add(std::string_view(&byte, 1));
    }
    std::string digits;
    for (const std::uint32_t word : state_) {
      for (int shift = 28; shift >= 0; shift -= 4) {
        digits.push_back("0123456789abcdef"[word >> shift & 0xFU]);
      }
    }
    return digits;
  }

 private:
  Sha256State (*hash_blocks_)(Sha256State, const unsigned char*,
                              std::size_t) = has_sha_instructions() ? hash_blocks_x86
                                                                    : hash_blocks_portable;
  Sha256State state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kSha256BlockBytes> pending_ = {};
  std::size_t num_pending_ = 0;
  std::uint64_t num_bytes_ = 0;
};

}  // namespace

Sha256State hash_blocks_portable(Sha256State state, const unsigned char* bytes,
                                 std::size_t num_blocks) {
  for (std::size_t i = 0; i < num_blocks; ++i)
    state = hash_block(state, bytes + i * kSha256BlockBytes);
  return state;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

std::string sha256_of_file(const std::filesystem::path& path) {
  constexpr std::size_t kReadBytes = std::size_t{1} << 16U;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw DataError(path.string() + ": cannot be opened: " + std::strerror(errno));
  Sha256 hash;
  std::vector<char> block(kReadBytes);
  do {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  } while (in);
  if (!in.eof()) throw DataError(path.string() + ": cannot be read: " + std::strerror(errno));
  return hash.finish();
}

}  // namespace ohmweave
