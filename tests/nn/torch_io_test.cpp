// SPDX-License-Identifier: Apache-2.0
#include "nn/torch_io.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/artifact.h"
#include "core/error.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

TensorMap tensors_of_every_type() {
  return {{"f32", torch::tensor({1.5F, -2.0F})},
          {"f64", torch::tensor({1e-300, 3.0}, torch::kFloat64)},
          {"i64", torch::tensor({std::int64_t{1} << 40}, torch::kInt64)},
          {"i32", torch::tensor({-7, 8, 9}, torch::kInt32)},
          {"u8", torch::tensor({0, 255}, torch::kUInt8)},
          {"bool", torch::tensor({1, 0, 1}, torch::kBool)},
          {"matrix", torch::arange(6, torch::kFloat32).reshape({2, 3})},
          {"number", torch::tensor(4.0F)},
          {"empty", torch::empty({0, 3}, torch::kFloat32)}};
}

class TensorFile : public ::testing::Test {
 protected:
  TensorFile()
      : path_(std::filesystem::temp_directory_path() /
              ("ohmweave_torch_io_" + std::to_string(::getpid()) + ".safetensors")) {}
  ~TensorFile() override { std::filesystem::remove(path_); }

  std::filesystem::path path_;
};

TEST_F(TensorFile, GivesBackEveryTypeAndShape) {
  const TensorMap tensors = tensors_of_every_type();
  save_tensors(path_, tensors, {{"step", "12"}});

  const TensorMap again = load_tensors(path_);

  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(again.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(again.at(name).equal(tensor)) << name;
    EXPECT_EQ(again.at(name).sizes(), tensor.sizes()) << name;
  }
}

TEST_F(TensorFile, StoresAViewAsItReads) {
  const torch::Tensor matrix = torch::arange(6, torch::kFloat32).reshape({2, 3});
  save_tensors(path_, {{"t", matrix.t()}});

  EXPECT_TRUE(load_tensors(path_).at("t").equal(matrix.t()));
}

TEST_F(TensorFile, IsNamedWhenItIsTruncated) {
  save_tensors(path_, tensors_of_every_type());
  const std::string bytes = read_file(path_);
  write_file_atomically(path_, std::string_view(bytes).substr(0, bytes.size() - 1));

  const std::string text = error_text<DataError>([&] { (void)load_tensors(path_); });

  EXPECT_EQ(text.find(path_.string()), 0U) << text;
}

TEST(TorchIo, RefusesATypeThatCannotBeStored) {
  EXPECT_THROW((void)to_raw({{"h", torch::zeros({2}, torch::kFloat16)}}), std::logic_error);
}

TEST(TorchIo, RefusesRawTensorsOfAnotherTypeOrSize) {
  EXPECT_EQ(error_text<DataError>([] {
              (void)from_raw({{"x", {"BF16", {1}, "ab"}}}, "a.file");
            }),
            "a.file: tensor 'x' is of type BF16; must be F32, F64, I64, I32, U8 or BOOL");
  EXPECT_EQ(error_text<DataError>([] {
              (void)from_raw({{"x", {"F32", {2}, "abcd"}}}, "a.file");
            }),
            "a.file: tensor 'x' has 4 bytes; its shape takes 8");
}

TEST(TorchIo, CopiesBetweenCoreAndTorch) {
  const Tensor tensor{{2, 2}, {1, 2, 3, 4}};
  torch::Tensor converted = to_torch(tensor);
  EXPECT_EQ(converted[1][0].item<float>(), 3.0F);

  converted[1][0] = 9.0F;

  EXPECT_EQ(tensor.values[2], 3.0F);
  EXPECT_EQ(to_core(converted).values, (std::vector<float>{1, 2, 9, 4}));
  EXPECT_EQ(to_core(converted.t()).values, (std::vector<float>{1, 9, 2, 4}));
}

}  // namespace
}  // namespace ohmweave::nn
