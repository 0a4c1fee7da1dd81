// SPDX-License-Identifier: Apache-2.0
// Sources: pkware_appnote (zip), numpy_npy_format.
#include "core/npz.h"

#include <algorithm>
#include <cstring>

#include "core/bytes.h"
#include "core/deflate.h"
#include "core/error.h"

namespace ohmweave {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEndOfCentral = 0x06054b50;
constexpr std::uint16_t kVersionNeeded = 20;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kIsEncrypted = 1;
constexpr std::uint32_t kFirstDosDate = 0x00210000;  // 1980-01-01 00:00, so that bytes repeat
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kMaxComment = 65535;
constexpr std::uint64_t kZip64Mark = 0xffffffff;
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::size_t kNpyAlignment = 64;
constexpr const char* kSuffix = ".npy";

/// One file of a zip archive, as its headers describe it.
struct Member {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = kDeflated;
  std::uint32_t crc = 0;
  std::uint64_t num_packed = 0;
  std::uint64_t num_bytes = 0;
  std::uint64_t offset = 0;  // of the local header
};

std::size_t npy_element_size(const std::string& dtype) {
  static constexpr std::string_view kTypes[] = {"<f8", "<f4", "<i8", "<i4",
                                                "<i2", "|i1", "|u1", "|b1"};
  for (const std::string_view type : kTypes) {
    if (dtype == type) return static_cast<std::size_t>(type[2] - '0');
  }
  return 0;
}

std::string encode_npy(const std::string& name, const NpyArray& array) {
  const std::size_t element_size = npy_element_size(array.dtype);
  const std::uint64_t due =
      checked_num_bytes(array.shape.data(), array.shape.size(), element_size, name);
  OHMWEAVE_REQUIRE(element_size > 0 && due == array.bytes.size(),
                   "array '" + name + "': dtype, shape and bytes disagree");
  std::string shape;
  for (const std::int64_t extent : array.shape) {
    shape += (shape.empty() ? "" : " ") + std::to_string(extent) + ",";
  }
  if (array.shape.size() > 1) shape.pop_back();  // a tuple of one keeps its comma
  std::string header =
      "{'descr': '" + array.dtype + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t start = kNpyMagic.size() + 4;
  header.append(kNpyAlignment - 1 - (start + header.size()) % kNpyAlignment, ' ');
  header.push_back('\n');
  std::string bytes(kNpyMagic);
  put_little_endian(bytes, 1, 1);
  put_little_endian(bytes, 0, 1);
  put_little_endian(bytes, header.size(), 2);
  return bytes + header + array.bytes;
}

/// The text after "'key':" in an .npy header, without leading blanks.
std::string_view header_value(std::string_view header, const std::string& key,
                              const std::string& where) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string_view::npos) throw DataError(where + ": its header has no '" + key + "'");
  std::string_view value = header.substr(at + key.size() + 3);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::vector<std::int64_t> parse_shape(std::string_view text, const std::string& where) {
  const std::size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) {
    throw DataError(where + ": shape must be a tuple");
  }
  std::vector<std::int64_t> shape;
  std::int64_t extent = -1;
  for (const char c : text.substr(1, end)) {  // up to and with the bracket
    if (c >= '0' && c <= '9') {
      if (extent > std::int64_t{1} << 50U) throw DataError(where + ": shape is too large");
      extent = std::max<std::int64_t>(extent, 0) * 10 + (c - '0');
    } else if (c == ',' || c == ')') {
      if (extent >= 0) shape.push_back(extent);
      extent = -1;
    } else if (c != ' ') {
      throw DataError(where + ": shape must hold integers");
    }
  }
  return shape;
}

NpyArray decode_npy(const std::string& bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  if (reader.take(kNpyMagic.size()) != kNpyMagic) throw DataError(where + ": not an .npy array");
  const std::uint64_t major = reader.little_endian(1);
  if (major < 1 || major > 3) {
    throw DataError(where + ": .npy version " + std::to_string(major) + ": must be 1, 2 or 3");
  }
  static_cast<void>(reader.little_endian(1));
  const std::string_view header = reader.take(reader.little_endian(major == 1 ? 2 : 4));
  NpyArray array;
  const std::string_view dtype = header_value(header, "descr", where);
  array.dtype = dtype.size() > 4 ? std::string(dtype.substr(1, 3)) : std::string();
  const std::size_t element_size = npy_element_size(array.dtype);
  if (element_size == 0 || dtype[0] != '\'' || dtype[4] != '\'') {
    throw DataError(where + ": dtype " + std::string(dtype.substr(0, 8)) +
                    "...: must be one of <f8, <f4, <i8, <i4, <i2, |i1, |u1, |b1");
  }
  if (header_value(header, "fortran_order", where).substr(0, 5) != "False") {
    throw DataError(where + ": must be in C order");
  }
  array.shape = parse_shape(header_value(header, "shape", where), where);
  const std::uint64_t due =
      checked_num_bytes(array.shape.data(), array.shape.size(), element_size, where);
  if (due != reader.remaining()) {
    throw DataError(where + ": truncated or too long: shape needs " + std::to_string(due) +
                    " bytes, " + std::to_string(reader.remaining()) + " follow the header");
  }
  array.bytes = std::string(reader.take(due));
  return array;
}

/// The fields that local and central headers share, from "version needed" to the extra length.
void put_common_fields(std::string& bytes, const Member& member) {
  put_little_endian(bytes, kVersionNeeded, 2);
  put_little_endian(bytes, 0, 2);
  put_little_endian(bytes, kDeflated, 2);
  put_little_endian(bytes, kFirstDosDate, 4);
  put_little_endian(bytes, member.crc, 4);
  put_little_endian(bytes, member.num_packed, 4);
  put_little_endian(bytes, member.num_bytes, 4);
  put_little_endian(bytes, member.name.size(), 2);
  put_little_endian(bytes, 0, 2);
}

std::uint64_t find_end_of_central(const std::string& bytes, const std::string& where) {
  const std::size_t first =
      bytes.size() > kEndBytes + kMaxComment ? bytes.size() - kEndBytes - kMaxComment : 0;
  for (std::size_t at = bytes.size() < kEndBytes ? 0 : bytes.size() - kEndBytes + 1;
       at-- > first;) {
    ByteReader reader(std::string_view(bytes).substr(at), where);
    if (reader.little_endian(4) == kEndOfCentral) return at;
  }
  throw DataError(where + ": truncated or not a zip archive: it has no central directory");
}

Member read_central_entry(ByteReader& reader, const std::string& where) {
  if (reader.little_endian(4) != kCentralHeader) {
    throw DataError(where + ": damaged zip central directory");
  }
  static_cast<void>(reader.take(4));  // versions
  Member member;
  member.flags = static_cast<std::uint16_t>(reader.little_endian(2));
  member.method = static_cast<std::uint16_t>(reader.little_endian(2));
  static_cast<void>(reader.take(4));  // date
  member.crc = static_cast<std::uint32_t>(reader.little_endian(4));
  member.num_packed = reader.little_endian(4);
  member.num_bytes = reader.little_endian(4);
  const std::uint64_t name_bytes = reader.little_endian(2);
  const std::uint64_t extra_bytes = reader.little_endian(2);
  const std::uint64_t comment_bytes = reader.little_endian(2);
  static_cast<void>(reader.take(8));  // disk, attributes
  member.offset = reader.little_endian(4);
  member.name = std::string(reader.take(name_bytes));
  static_cast<void>(reader.take(extra_bytes + comment_bytes));
  if (member.num_packed == kZip64Mark || member.num_bytes == kZip64Mark ||
      member.offset == kZip64Mark) {
    throw DataError(where + ": member '" + member.name + "' is over 4 GiB: not supported");
  }
  return member;
}

std::string unpack(const std::string& bytes, const Member& member, const std::string& where) {
  ByteReader reader(bytes, where);
  reader.seek(member.offset);
  if (reader.little_endian(4) != kLocalHeader) throw DataError(where + ": damaged local header");
  static_cast<void>(reader.take(22));
  const std::uint64_t name_bytes = reader.little_endian(2);
  const std::uint64_t extra_bytes = reader.little_endian(2);
  static_cast<void>(reader.take(name_bytes + extra_bytes));
  const std::string_view packed = reader.take(member.num_packed);
  if ((member.flags & kIsEncrypted) != 0) throw DataError(where + ": is encrypted");
  std::string unpacked;
  if (member.method == kStored && member.num_packed == member.num_bytes) {
    unpacked = std::string(packed);
  } else if (member.method == kDeflated) {
    unpacked = inflate_raw(packed, member.num_bytes, where);
  } else {
    throw DataError(where + ": zip method " + std::to_string(member.method) +
                    ": must be 0 (stored) or 8 (deflated)");
  }
  if (crc32_of(unpacked) != member.crc) throw DataError(where + ": damaged: wrong CRC-32");
  return unpacked;
}

template <class T>
NpyArray make_array(const char* dtype, const std::vector<T>& values,
                    std::vector<std::int64_t> shape) {
  NpyArray array{dtype, std::move(shape), std::string(values.size() * sizeof(T), '\0')};
  std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

}  // namespace

NpyArray make_npy(const std::vector<std::int32_t>& values, std::vector<std::int64_t> shape) {
  return make_array("<i4", values, std::move(shape));
}

NpyArray make_npy(const std::vector<double>& values, std::vector<std::int64_t> shape) {
  return make_array("<f8", values, std::move(shape));
}

std::string encode_npz(const NpyArrays& arrays) {
  OHMWEAVE_REQUIRE(arrays.size() < 0xffff, "an .npz holds at most 65534 arrays");
  std::string bytes;
  std::string central;
  for (const auto& [name, array] : arrays) {
    const std::string unpacked = encode_npy(name, array);
    const std::string packed = deflate_raw(unpacked);
    Member member;
    member.name = name + kSuffix;
    member.crc = crc32_of(unpacked);
    member.num_packed = packed.size();
    member.num_bytes = unpacked.size();
    member.offset = bytes.size();
    OHMWEAVE_REQUIRE(member.num_bytes < kZip64Mark && member.offset < kZip64Mark,
                     "an .npz member over 4 GiB");
    put_little_endian(bytes, kLocalHeader, 4);
    put_common_fields(bytes, member);
    bytes += member.name + packed;
    put_little_endian(central, kCentralHeader, 4);
    put_little_endian(central, kVersionNeeded, 2);  // made by
    put_common_fields(central, member);
    put_little_endian(central, 0, 2);  // comment length
    put_little_endian(central, 0, 8);  // disk, internal and external attributes
    put_little_endian(central, member.offset, 4);
    central += member.name;
  }
  const std::uint64_t central_offset = bytes.size();
  bytes += central;
  put_little_endian(bytes, kEndOfCentral, 4);
  put_little_endian(bytes, 0, 4);  // disks
  put_little_endian(bytes, arrays.size(), 2);
  put_little_endian(bytes, arrays.size(), 2);
  put_little_endian(bytes, central.size(), 4);
  put_little_endian(bytes, central_offset, 4);
  put_little_endian(bytes, 0, 2);  // comment length
  return bytes;
}

NpyArrays decode_npz(const std::string& bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  reader.seek(find_end_of_central(bytes, where) + 10);
  const std::uint64_t num_members = reader.little_endian(2);
  static_cast<void>(reader.little_endian(4));
  reader.seek(reader.little_endian(4));
  NpyArrays arrays;
  for (std::uint64_t i = 0; i < num_members; ++i) {
    const Member member = read_central_entry(reader, where);
    const std::size_t suffix = member.name.rfind(kSuffix);
    const std::string at = where + ": member '" + member.name + "'";
    if (suffix == std::string::npos || suffix + 4 != member.name.size()) {
      throw DataError(at + ": must end in " + kSuffix);
    }
    const std::string name = member.name.substr(0, suffix);
    if (!arrays.emplace(name, decode_npy(unpack(bytes, member, at), at)).second) {
      throw DataError(at + ": is there twice");
    }
  }
  return arrays;
}

}  // namespace ohmweave
