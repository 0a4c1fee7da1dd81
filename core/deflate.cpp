// SPDX-License-Identifier: Apache-2.0
#include "core/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace ohmweave {
namespace {

constexpr int kRawWindow = -15;  // zlib's way to ask for a stream without header, 32 KiB window
constexpr std::size_t kMaxChunk = std::size_t{1} << 30U;

Bytef* as_bytes(const char* data) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(data));  // zlib reads through non-const
}

/// Hands `bytes` to the stream in pieces that its 32-bit counter can hold.
void refill(z_stream& stream, std::string_view& bytes) {
  if (stream.avail_in > 0 || bytes.empty()) return;
  const std::size_t taken = std::min(bytes.size(), kMaxChunk);
  stream.next_in = as_bytes(bytes.data());
  stream.avail_in = static_cast<uInt>(taken);
  bytes.remove_prefix(taken);
}

}  // namespace

std::string deflate_raw(std::string_view bytes, std::string_view dictionary) {
  z_stream stream = {};
  OHMWEAVE_REQUIRE(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kRawWindow, MAX_MEM_LEVEL,
                                Z_DEFAULT_STRATEGY) == Z_OK,
                   "zlib could not start");
  if (!dictionary.empty()) {
    deflateSetDictionary(&stream, as_bytes(dictionary.data()),
                         static_cast<uInt>(dictionary.size()));
  }
  std::string packed;
  std::array<char, 1U << 16U> block;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    refill(stream, bytes);
    stream.next_out = as_bytes(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    packed.append(block.data(), block.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return packed;
}

std::string inflate_raw(std::string_view bytes, std::uint64_t num_bytes, const std::string& where,
                        std::string_view dictionary) {
  z_stream stream = {};
  OHMWEAVE_REQUIRE(inflateInit2(&stream, kRawWindow) == Z_OK, "zlib could not start");
  if (!dictionary.empty()) {
    inflateSetDictionary(&stream, as_bytes(dictionary.data()),
                         static_cast<uInt>(dictionary.size()));
  }
  std::string unpacked;
  std::array<char, 1U << 16U> block;
  int status = Z_OK;
  while (status == Z_OK && unpacked.size() <= num_bytes) {
    refill(stream, bytes);
    stream.next_out = as_bytes(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    unpacked.append(block.data(), block.size() - stream.avail_out);
  }
  const bool has_rest = stream.avail_in > 0 || !bytes.empty();
  inflateEnd(&stream);
  if (status != Z_STREAM_END || has_rest || unpacked.size() != num_bytes) {
    throw DataError(where + ": damaged: its deflate stream does not give the " +
                    std::to_string(num_bytes) + " bytes it must");
  }
  return unpacked;
}

std::uint32_t crc32_of(std::string_view bytes) {
  uLong crc = crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), kMaxChunk);
    crc = crc32(crc, as_bytes(bytes.data()), static_cast<uInt>(taken));
    bytes.remove_prefix(taken);
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace ohmweave
