// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

TEST(Checkpoint, GivesBackTensorsAndRecord) {
  const ScratchFolder scratch("checkpoint");
  const CheckpointPlace place{scratch.folder("a") / "c.safetensors", "stamp"};
  const Checkpoint saved{{{"x", torch::tensor({1.5F, -2.0F})}}, {{"epochs_done", 3}}};

  save_checkpoint(place, saved);
  const std::optional<Checkpoint> loaded = load_checkpoint(place);

  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(torch::equal(loaded->tensors.at("x"), saved.tensors.at("x")));
  EXPECT_EQ(loaded->tensors.size(), 1U);
  EXPECT_EQ(loaded->record, saved.record);
}

TEST(Checkpoint, OfAnotherStampIsNotUsed) {
  const ScratchFolder scratch("stamp");
  const CheckpointPlace place{scratch.folder("a") / "c.safetensors", "one"};
  save_checkpoint(place, {{{"x", torch::ones({1})}}, {{"epochs_done", 3}}});

  EXPECT_FALSE(load_checkpoint({place.path, "two"}).has_value());
  EXPECT_FALSE(load_checkpoint({scratch.folder("b") / "none", "one"}).has_value());
}

TEST(Checkpoint, ThatIsTruncatedIsRefusedByName) {
  const ScratchFolder scratch("truncated");
  const CheckpointPlace place{scratch.folder("a") / "c.safetensors", "one"};
  save_checkpoint(place, {{{"x", torch::ones({100})}}, {{"epochs_done", 3}}});
  std::filesystem::resize_file(place.path, std::filesystem::file_size(place.path) / 2);

  try {
    (void)load_checkpoint(place);
    FAIL() << "half a file was taken";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("c.safetensors"), std::string::npos) << error.what();
  }
}

TEST(Checkpoint, GroupsKeepTensorsOfTheSameNameApart) {
  nn::TensorMap all;
  put_group(all, "a/", {{"w", torch::ones({1})}});
  put_group(all, "b/", {{"w", torch::zeros({1})}});

  EXPECT_EQ(get_group(all, "a/").at("w").item<float>(), 1.0F);
  EXPECT_EQ(get_group(all, "b/").at("w").item<float>(), 0.0F);
  EXPECT_EQ(get_group(all, "a/").size(), 1U);
}

}  // namespace
}  // namespace ohmweave::train
