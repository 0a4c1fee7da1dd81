// SPDX-License-Identifier: Apache-2.0
#include "core/npz.h"

#include "core/bytes.h"
#include "core/deflate.h"
#include "tests/core/file_fixture.h"

namespace ohmweave {
namespace {

NpyArrays small_arrays() {
  return {{"conv1/rows", make_npy(std::vector<std::int32_t>{1, -2, 3, 4, 5, 6}, {2, 3})},
          {"scale", make_npy(std::vector<double>{0.5}, {})},
          {"list", make_npy(std::vector<double>{1.0, -2.0}, {2})},
          {"none", make_npy(std::vector<std::int32_t>{}, {0, 4})}};
}

/// A zip archive with one stored member, as other programs write it.
std::string stored_npz(const std::string& name, const std::string& npy) {
  std::string local;
  put_little_endian(local, 0x04034b50, 4);
  std::string common;
  put_little_endian(common, 20, 2);
  put_little_endian(common, 0, 4);  // flags, method 0
  put_little_endian(common, 0, 4);
  put_little_endian(common, crc32_of(npy), 4);
  put_little_endian(common, npy.size(), 4);
  put_little_endian(common, npy.size(), 4);
  put_little_endian(common, name.size(), 2);
  put_little_endian(common, 0, 2);
  const std::string member = local + common + name + npy;
  std::string central;
  put_little_endian(central, 0x02014b50, 4);
  put_little_endian(central, 20, 2);
  central += common + std::string(14, '\0') + name;
  std::string end;
  put_little_endian(end, 0x06054b50, 4);
  put_little_endian(end, 0, 4);
  put_little_endian(end, 1, 2);
  put_little_endian(end, 1, 2);
  put_little_endian(end, central.size(), 4);
  put_little_endian(end, member.size(), 4);
  put_little_endian(end, 0, 2);
  return member + central + end;
}

std::string npy_file(const std::string& header, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  put_little_endian(bytes, 1, 2);
  put_little_endian(bytes, header.size(), 2);
  return bytes + header + data;
}

std::string refusal_of_array(const std::string& header, const std::string& data) {
  return data_error_of(
      [&] { static_cast<void>(decode_npz(stored_npz("w.npy", npy_file(header, data)), "a.npz")); });
}

TEST(Npz, RoundTripsShapesTypesAndNames) {
  const NpyArrays arrays = small_arrays();

  const NpyArrays again = decode_npz(encode_npz(arrays), "a.npz");

  ASSERT_EQ(again.size(), arrays.size());
  for (const auto& [name, array] : arrays) {
    EXPECT_EQ(again.at(name).dtype, array.dtype) << name;
    EXPECT_EQ(again.at(name).shape, array.shape) << name;
    EXPECT_EQ(again.at(name).bytes, array.bytes) << name;
  }
}

TEST(Npz, GivesTheSameBytesEachTime) {
  EXPECT_EQ(encode_npz(small_arrays()), encode_npz(small_arrays()));
}

TEST(Npz, ReadsStoredMembersOfOtherPrograms) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";

  const NpyArrays arrays = decode_npz(stored_npz("w.npy", npy_file(header, "abc")), "a.npz");

  EXPECT_EQ(arrays.at("w").shape, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(arrays.at("w").bytes, "abc");
}

TEST(Npz, RefusesWhatItCannotHold) {
  EXPECT_EQ(
      refusal_of_array("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "12345678"),
      "a.npz: member 'w.npy': dtype '>f8', '...: must be one of <f8, <f4, <i8, <i4, <i2, "
      "|i1, |u1, |b1");
  EXPECT_EQ(refusal_of_array("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", "1"),
            "a.npz: member 'w.npy': must be in C order");
  EXPECT_EQ(refusal_of_array("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "1"),
            "a.npz: member 'w.npy': truncated or too long: shape needs 2 bytes, 1 follow the "
            "header");
  EXPECT_EQ(refusal_of_array("{'descr': '|u1', 'shape': (2,), }", "12"),
            "a.npz: member 'w.npy': its header has no 'fortran_order'");
}

TEST(Npz, NoticesDamagedMembersByTheirChecksum) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
  std::string bytes = stored_npz("w.npy", npy_file(header, "abc"));
  bytes[bytes.find("abc")] = 'x';

  EXPECT_EQ(data_error_of([&] { static_cast<void>(decode_npz(bytes, "a.npz")); }),
            "a.npz: member 'w.npy': damaged: wrong CRC-32");
}

TEST(Npz, SurvivesDamageAndRefusesEveryTruncation) {
  const std::string bytes = encode_npz(small_arrays());
  const auto decode = [](const std::string& damaged) {
    static_cast<void>(decode_npz(damaged, "a.npz"));
  };

  const int num_accepted_truncations = num_accepted_damages(bytes, 0, decode);
  const int num_accepted_flips = num_accepted_damages(bytes, 2000, decode);

  EXPECT_EQ(num_accepted_truncations, 0);
  EXPECT_LT(num_accepted_flips, 2000) << "no flip was noticed";  // dates carry no checksum
}

}  // namespace
}  // namespace ohmweave
