// SPDX-License-Identifier: Apache-2.0
// Little-endian integers and length-checked reading: what the binary formats of core share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ohmweave {

/// Appends the lowest `num_bytes` (1..8) bytes of `value`, lowest first.
void put_little_endian(std::string& bytes, std::uint64_t value, int num_bytes);

/// Reads a byte string from front to back; every read past its end throws DataError
/// "<where>: truncated ...".
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string where);

  [[nodiscard]] std::uint64_t little_endian(int num_bytes);  // 1..8 bytes, lowest first
  [[nodiscard]] std::string_view take(std::uint64_t num_bytes);
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  void seek(std::uint64_t position);

 private:
  std::string_view bytes_;
  std::string where_;
  std::size_t position_ = 0;
};

/// `num_elements * element_size` of a shape given in a file, or DataError when an extent is
/// negative or the product passes 2^62.
[[nodiscard]] std::uint64_t checked_num_bytes(const std::int64_t* extents, std::size_t rank,
                                              std::size_t element_size, const std::string& where);

}  // namespace ohmweave
