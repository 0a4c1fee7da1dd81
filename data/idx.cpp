// SPDX-License-Identifier: Apache-2.0
#include "data/idx.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/error.h"

namespace ohmweave::data {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::int64_t kMostValues = std::int64_t{1} << 36U;  // 64 GiB: a header beyond is damaged

struct GzClose {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzHandle = std::unique_ptr<gzFile_s, GzClose>;

std::uint8_t byte_at(const std::string& bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

std::int64_t big_endian_32(const std::string& bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 256 + byte_at(bytes, at + i);
  return value;
}

std::string hexadecimal(std::uint8_t byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
}

void check_header(const std::string& bytes, const std::string& where, int num_dimensions) {
  const std::size_t header_bytes = 4 + 4 * static_cast<std::size_t>(num_dimensions);
  if (bytes.size() < header_bytes) {
    throw DataError(where + "truncated: " + std::to_string(bytes.size()) +
                    " bytes, but the header alone takes " + std::to_string(header_bytes));
  }
  if (bytes[0] != 0 || bytes[1] != 0) {
    throw DataError(where + "not an IDX file: it starts with " + hexadecimal(byte_at(bytes, 0)) +
                    " " + hexadecimal(byte_at(bytes, 1)) + " instead of two zero bytes");
  }
  if (byte_at(bytes, 2) != kUnsignedByte) {
    throw DataError(where + "holds values of type " + hexadecimal(byte_at(bytes, 2)) +
                    "; must be 0x08 (unsigned bytes)");
  }
  if (byte_at(bytes, 3) != num_dimensions) {
    throw DataError(where + "has " + std::to_string(byte_at(bytes, 3)) + " dimensions; must be " +
                    std::to_string(num_dimensions));
  }
}

std::string system_reason() { return errno != 0 ? std::strerror(errno) : "cannot be read"; }

/// Why the last read of `file`, which gave `count` bytes, failed, or "".
std::string read_problem(gzFile file, int count) {
  int code = Z_OK;
  const std::string message = gzerror(file, &code);
  if (code == Z_BUF_ERROR) return "truncated: the compressed data stop early";
  if (code == Z_ERRNO) return system_reason();
  if (count < 0 || code < Z_OK) return "the compressed data are damaged (" + message + ")";
  return "";
}

}  // namespace

std::string read_maybe_gzip(const std::filesystem::path& path) {
  const std::string where = path.string() + ": ";
  if (std::filesystem::is_directory(path)) throw DataError(where + "is a folder, not a file");
  errno = 0;
  const GzHandle file(gzopen(path.c_str(), "rb"));  // passes plain files through unchanged
  if (file == nullptr) throw DataError(where + system_reason());
  std::string bytes;
  std::string block(kBlockBytes, '\0');
  while (true) {
    const int count = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
    const std::string problem = read_problem(file.get(), count);
    if (!problem.empty()) throw DataError(std::string(where).append(problem));
    if (count == 0) return bytes;
    bytes.append(block, 0, static_cast<std::size_t>(count));
  }
}

IdxBytes read_idx(const std::filesystem::path& path, int num_dimensions) {
  const std::string where = path.string() + ": ";
  const std::string bytes = read_maybe_gzip(path);
  check_header(bytes, where, num_dimensions);
  IdxBytes result;
  std::int64_t num_values = 1;
  for (int d = 0; d < num_dimensions; ++d) {
    const std::int64_t size = big_endian_32(bytes, 4 + 4 * static_cast<std::size_t>(d));
    if (size == 0 || num_values > kMostValues / size) {
      throw DataError(where + "dimension " + std::to_string(d) + " of size " +
                      std::to_string(size) + " cannot be");
    }
    result.sizes.push_back(size);
    num_values *= size;
  }
  const std::size_t header_bytes = 4 + 4 * static_cast<std::size_t>(num_dimensions);
  const auto found = static_cast<std::int64_t>(bytes.size() - header_bytes);
  if (found != num_values) {
    throw DataError(where + (found < num_values ? "truncated: " : "too long: ") +
                    std::to_string(found) + " values, but its header says " +
                    std::to_string(num_values));
  }
  result.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header_bytes), bytes.end());
  return result;
}

}  // namespace ohmweave::data
