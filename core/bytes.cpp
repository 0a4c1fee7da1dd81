// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.h"

#include "core/error.h"

namespace ohmweave {

void put_little_endian(std::string& bytes, std::uint64_t value, int num_bytes) {
  for (int i = 0; i < num_bytes; ++i) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(value >> (8 * i))));
  }
}

ByteReader::ByteReader(std::string_view bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)) {}

std::string_view ByteReader::take(std::uint64_t num_bytes) {
  if (num_bytes > remaining()) {
    throw DataError(where_ + ": truncated: " + std::to_string(num_bytes) + " bytes are due at " +
                    std::to_string(position_) + ", only " + std::to_string(remaining()) +
                    " are left");
  }
  const std::string_view taken = bytes_.substr(position_, static_cast<std::size_t>(num_bytes));
  position_ += taken.size();
  return taken;
}

std::uint64_t ByteReader::little_endian(int num_bytes) {
  const std::string_view taken = take(static_cast<std::uint64_t>(num_bytes));
  std::uint64_t value = 0;
  for (std::size_t i = taken.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(taken[i]);
  }
  return value;
}

void ByteReader::seek(std::uint64_t position) {
  if (position > bytes_.size()) {
    throw DataError(where_ + ": truncated: an offset points to byte " + std::to_string(position) +
                    " of " + std::to_string(bytes_.size()));
  }
  position_ = static_cast<std::size_t>(position);
}

std::uint64_t checked_num_bytes(const std::int64_t* extents, std::size_t rank,
                                std::size_t element_size, const std::string& where) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 62U;
  std::uint64_t product = element_size;
  bool is_empty = false;
  for (std::size_t i = 0; i < rank; ++i) {
    if (extents[i] < 0) {
      throw DataError(where + ": shape has the negative extent " + std::to_string(extents[i]));
    }
    if (extents[i] == 0) {
      is_empty = true;
      continue;
    }
    if (product > kLimit / static_cast<std::uint64_t>(extents[i])) {
      throw DataError(where + ": shape asks for more than 2^62 bytes");
    }
    product *= static_cast<std::uint64_t>(extents[i]);
  }
  return is_empty ? 0 : product;
}

}  // namespace ohmweave
