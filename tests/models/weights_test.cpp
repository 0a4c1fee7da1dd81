// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include <gtest/gtest.h>

#include "core/artifact.h"
#include "core/error.h"
#include "core/safetensors.h"
#include "models/builder.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::models {
namespace {

/// conv 2 x 1 x 2 x 2 with batch norm, fc 3 x 2.
Network small_network() {
  Builder b("small", {1, 2, 2});
  b.conv_norm("conv", "bn", 2, {2});
  b.flatten("flatten");
  b.linear("fc", 3);
  return b.build();
}

class WeightFiles : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "x.safetensors"; }
  void write(const RawTensors& tensors) const {
    write_file_atomically(path(), encode_safetensors(tensors, {}));
  }
  [[nodiscard]] std::string parameter_problem() const {
    return error_text<DataError>(
        [&] { static_cast<void>(read_parameters(small_network(), path())); });
  }
  [[nodiscard]] std::string mask_problem() const {
    return error_text<DataError>([&] { static_cast<void>(read_masks(small_network(), path())); });
  }
  /// The message with the file's path in front.
  [[nodiscard]] std::string at(const std::string& text) const {
    return path().string() + ": " + text;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(WeightFiles, GiveBackEveryParameterBitForBit) {
  const Parameters written = random_parameters(small_network(), RandomStream(5));
  write_safetensors(path(), written);

  const Parameters read = read_parameters(small_network(), path());

  ASSERT_EQ(read.size(), written.size());
  for (const auto& [name, tensor] : written) {
    EXPECT_EQ(read.at(name).values, tensor.values) << name;
    EXPECT_EQ(read.at(name).shape, tensor.shape) << name;
  }
}

TEST_F(WeightFiles, NameTheParameterThatDoesNotFit) {
  const Parameters good = random_parameters(small_network(), RandomStream(5));
  Parameters missing = good;
  missing.erase("bn.running_var");
  Parameters turned = good;
  turned["fc.weight"].shape = {2, 3};
  Parameters unknown = good;
  unknown["fc2.weight"] = good.at("fc.weight");
  Parameters infinite = good;
  infinite["fc.bias"].values[1] = INFINITY;

  write_safetensors(path(), missing);
  EXPECT_EQ(parameter_problem(), at("parameter 'bn.running_var' is missing: must be [2]"));
  write_safetensors(path(), turned);
  EXPECT_EQ(parameter_problem(), at("parameter 'fc.weight' is [2, 3]: must be [3, 2]"));
  write_safetensors(path(), unknown);
  EXPECT_EQ(parameter_problem(),
            at("parameter 'fc2.weight' belongs to no node of network 'small'"));
  write_safetensors(path(), infinite);
  EXPECT_EQ(parameter_problem(), at("parameter 'fc.bias' holds NaN or infinity"));
}

TEST_F(WeightFiles, MayHoldTheBatchCountersOfTorch) {
  RawTensors tensors;
  for (const auto& [name, tensor] : random_parameters(small_network(), RandomStream(5)))
    tensors[name] = {"F32", tensor.shape, std::string(4 * tensor.values.size(), '\0')};
  tensors["bn.num_batches_tracked"] = {"I64", {}, std::string(8, '\0')};

  write(tensors);

  EXPECT_NO_THROW(static_cast<void>(read_parameters(small_network(), path())));
}

TEST_F(WeightFiles, MasksAreReadAsBytesOrFloats) {
  const std::string one_float = {'\0', '\0', '\x80', '\x3f'};
  const std::string zero_float(4, '\0');
  write(
      {{"conv.weight", {"U8", {2, 1, 2, 2}, std::string("\1\0\1\1\0\0\0\1", 8)}},
       {"fc.weight",
        {"F32", {3, 2}, one_float + zero_float + zero_float + one_float + one_float + one_float}}});

  const WeightMasks masks = read_masks(small_network(), path());

  EXPECT_EQ(masks.at("conv.weight"), (std::vector<std::uint8_t>{1, 0, 1, 1, 0, 0, 0, 1}));
  EXPECT_EQ(masks.at("fc.weight"), (std::vector<std::uint8_t>{1, 0, 0, 1, 1, 1}));
}

TEST_F(WeightFiles, NameTheWeightsThatHaveNoMask) {
  write({{"fc.weight", {"BOOL", {3, 2}, std::string(6, '\0')}}});
  EXPECT_EQ(mask_problem(), at("masks are missing for conv.weight; a weight that keeps everything "
                               "has a mask of ones"));
  write({});
  EXPECT_EQ(mask_problem(), at("masks are missing for conv.weight, fc.weight; a weight that keeps "
                               "everything has a mask of ones"));
}

TEST_F(WeightFiles, NameTheMaskThatDoesNotFit) {
  write({{"fc.weight", {"U8", {2, 3}, std::string(6, '\1')}}});
  EXPECT_EQ(mask_problem(), at("mask 'fc.weight' is [2, 3]: must be [3, 2]"));
  write({{"fc.bias", {"U8", {3}, std::string(3, '\1')}}});
  EXPECT_EQ(mask_problem(), at("mask 'fc.bias' is of no weight of network 'small'"));
  write({{"fc.weight", {"U8", {3, 2}, std::string("\1\1\2\1\1\1", 6)}}});
  EXPECT_EQ(mask_problem(), at("mask 'fc.weight', value 2: must be 0 (no weight here) or 1"));
  write({{"fc.weight", {"I32", {3, 2}, std::string(24, '\0')}}});
  EXPECT_EQ(mask_problem(), at("mask 'fc.weight' has dtype I32: must be BOOL, U8 or F32"));
}

TEST(ApplyMasks, ZeroesWhatIsMasked) {
  Parameters parameters = random_parameters(small_network(), RandomStream(5));
  const std::vector<float> before = parameters.at("fc.weight").values;
  WeightMasks masks = full_masks(small_network());
  masks.at("fc.weight")[3] = 0;

  apply_masks(masks, parameters);

  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(parameters.at("fc.weight").values[i], i == 3 ? 0.0F : before[i]);
}

}  // namespace
}  // namespace ohmweave::models
