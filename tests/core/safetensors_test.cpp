// SPDX-License-Identifier: Apache-2.0
#include "core/safetensors.h"

#include "core/artifact.h"
#include "core/bytes.h"
#include "tests/core/file_fixture.h"

namespace ohmweave {
namespace {

std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes;
  put_little_endian(bytes, header.size(), 8);
  return bytes + header + data;
}

std::string refusal_of_file(const std::string& header, const std::string& data) {
  return data_error_of(
      [&] { static_cast<void>(decode_safetensors(file_of(header, data), "m.safetensors")); });
}

TEST(Safetensors, WritesTheBytesOfTheFormat) {
  const RawTensors tensors = {{"b", {"U8", {2}, "xy"}}, {"a", {"I32", {1}, {"\1\2\3\4", 4}}}};

  const std::string bytes = encode_safetensors(tensors, {});

  const std::string header = R"({"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  std::string padded = header;
  padded.append((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes, file_of(padded, std::string("\1\2\3\4xy", 6)));
}

TEST(Safetensors, RoundTripsEveryTypeAndShape) {
  const RawTensors tensors = {{"scalar", {"F64", {}, std::string(8, '\7')}},
                              {"empty", {"F32", {3, 0}, ""}},
                              {"long", {"I64", {2}, std::string(16, '\1')}},
                              {"flags", {"BOOL", {3}, std::string("\0\1\0", 3)}}};

  const RawTensors again = decode_safetensors(encode_safetensors(tensors, {{"key", "value"}}), "m");

  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(again.at(name).dtype, tensor.dtype);
    EXPECT_EQ(again.at(name).shape, tensor.shape);
    EXPECT_EQ(again.at(name).bytes, tensor.bytes);
  }
}

TEST(Safetensors, ParametersComeBackFromAFile) {
  const TemporaryFolder scratch;
  const Parameters parameters = {{"fc.weight", {{2, 2}, {1.0F, -0.5F, 0.0F, 3e-39F}}},
                                 {"fc.bias", {{2}, {0.25F, -0.0F}}}};

  write_safetensors(scratch.path() / "m.safetensors", parameters);
  const Parameters again = read_safetensors(scratch.path() / "m.safetensors");

  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again.at("fc.weight").shape, parameters.at("fc.weight").shape);
  EXPECT_EQ(again.at("fc.weight").values, parameters.at("fc.weight").values);
  EXPECT_EQ(again.at("fc.bias").values, parameters.at("fc.bias").values);
}

TEST(Safetensors, ParametersOfAnotherTypeAreRefused) {
  const TemporaryFolder scratch;
  const std::filesystem::path path = scratch.path() / "m.safetensors";
  write_file_atomically(path, encode_safetensors({{"w", {"F64", {1}, std::string(8, '\0')}}}, {}));

  const std::string message = data_error_of([&] { static_cast<void>(read_safetensors(path)); });

  EXPECT_EQ(message, path.string() + ": tensor 'w' has dtype F64: must be F32");
}

TEST(Safetensors, RefusesWhatDoesNotFit) {
  EXPECT_NE(refusal_of_file(R"({"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", "xx")
                .find("dtype 'F16' is not supported; allowed: F32, F64, I64, I32, U8, BOOL"),
            std::string::npos);
  EXPECT_NE(refusal_of_file(R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}})", "xx")
                .find("span 2 bytes, its shape and dtype need 3"),
            std::string::npos);
  EXPECT_NE(refusal_of_file(R"({"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                            R"("w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                            "xxx")
                .find("tensor 'w' starts at byte 1, must start at 2"),
            std::string::npos);
  EXPECT_NE(refusal_of_file(R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "xxx")
                .find("tensors take 2 bytes, the file holds 3"),
            std::string::npos);
  EXPECT_NE(refusal_of_file(R"({"w":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", "xx")
                .find("must be integers from 0 up"),
            std::string::npos);
  EXPECT_NE(
      refusal_of_file(
          R"({"w":{"dtype":"U8","shape":[4611686018427387904,8],"data_offsets":[0,2]}})", "xx")
          .find("more than 2^62 bytes"),
      std::string::npos);
  EXPECT_NE(refusal_of_file(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                            R"("w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                            "xx")
                .find("given twice"),
            std::string::npos);
  EXPECT_NE(refusal_of_file("[]", "").find("must be a JSON object"), std::string::npos);
}

TEST(Safetensors, RefusesAnAbsurdHeaderLength) {
  std::string bytes(8, '\xff');

  const std::string message =
      data_error_of([&] { static_cast<void>(decode_safetensors(bytes, "m")); });

  EXPECT_NE(message.find("m: not a safetensors file"), std::string::npos) << message;
}

TEST(Safetensors, SurvivesDamageAndRefusesEveryTruncation) {
  const std::string bytes = encode_safetensors(
      {{"a", {"F32", {2, 1}, std::string(8, '\1')}}, {"b", {"U8", {3}, "xyz"}}}, {{"k", "v"}});
  const auto decode = [](const std::string& damaged) {
    static_cast<void>(decode_safetensors(damaged, "m"));
  };

  const int num_accepted_truncations = num_accepted_damages(bytes, 0, decode);
  const int num_accepted_flips = num_accepted_damages(bytes, 2000, decode);

  EXPECT_EQ(num_accepted_truncations, 0);
  EXPECT_LT(num_accepted_flips, 2000) << "no flip was noticed";  // data has no checksum
}

}  // namespace
}  // namespace ohmweave
