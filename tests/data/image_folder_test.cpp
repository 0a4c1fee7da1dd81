// SPDX-License-Identifier: Apache-2.0
#include "data/image_folder.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "data/image_file.h"
#include "tests/data/image_files.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::data {
namespace {

namespace fs = std::filesystem;

DataOptions images_in(const fs::path& folder) {
  DataOptions options;
  options.kind = "image_folder";
  options.path = folder.string();
  return options;
}

std::string folder_error(const fs::path& folder, Part part) {
  return error_text<DataError>([&] { (void)load_image_folder(images_in(folder), part, 1); });
}

TEST(ImageFile, GivesThePixelsOfAPngPlaneByPlane) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.png";
  write_png(file, 1, 2, {1, 2, 3, 4, 5, 6}, PNG_FORMAT_RGB);

  const DecodedImage image = decode_image_file(file);

  EXPECT_EQ(image.shape, (Shape{3, 1, 2}));
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{1, 4, 2, 5, 3, 6}));
  write_png(file, 2, 1, {7, 8}, PNG_FORMAT_GRAY);
  EXPECT_EQ(decode_image_file(file).shape, (Shape{1, 2, 1}));
  EXPECT_EQ(decode_image_file(file).pixels, (std::vector<std::uint8_t>{7, 8}));
}

TEST(ImageFile, GivesThePixelsOfAJpeg) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a.jpg";
  // A flat colour loses nothing but rounding, whatever the chroma's resolution.
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 16 * 24; ++i) pixels.insert(pixels.end(), {200, 100, 50});
  write_file_atomically(file, jpeg_bytes(16, 24, pixels, TJPF_RGB));

  const DecodedImage image = decode_image_file(file);

  ASSERT_EQ(image.shape, (Shape{3, 16, 24}));
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    EXPECT_NEAR(image.pixels[i], std::vector<int>({200, 100, 50})[i / (16 * 24)], 3) << i;
  write_file_atomically(file, jpeg_bytes(8, 8, std::vector<std::uint8_t>(64, 90), TJPF_GRAY));
  EXPECT_EQ(decode_image_file(file).shape, (Shape{1, 8, 8}));
  EXPECT_NEAR(decode_image_file(file).pixels[9], 90, 1);
}

TEST(ImageFile, NamesTheFileThatItCannotRead) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  const auto error = [&] { return error_text<DataError>([&] { (void)decode_image_file(file); }); };
  const std::string where = file.string() + ": ";
  EXPECT_EQ(error().find(where), 0U);  // missing

  write_file_atomically(file, "GIF89a");
  EXPECT_EQ(error(), where + "is neither a JPEG nor a PNG file");
  const std::string jpeg = jpeg_bytes(8, 8, std::vector<std::uint8_t>(64, 90), TJPF_GRAY);
  write_file_atomically(file, jpeg.substr(0, 30));
  EXPECT_EQ(error().find(where), 0U);
  EXPECT_GT(error().size(), where.size() + 5);
  write_png(file, 1, 1, {1, 2, 3, 4}, PNG_FORMAT_RGBA);
  EXPECT_EQ(error(), where + "has an alpha channel; must be grey or red, green and blue");
  write_png(file, 1, 1, {1, 2}, PNG_FORMAT_LINEAR_Y);
  EXPECT_EQ(error(), where + "has 16 bits a channel; must have 8");
}

TEST(ImageFolder, NumbersClassesAndImagesByName) {
  const TemporaryFolder folder;
  write_image_folder(folder.path(), {"dog", "cat"}, 2);
  write_file_atomically(folder.path() / "train" / ".hidden", "");

  const Images images = load_image_folder(images_in(folder.path()), Part::Train, 1);

  EXPECT_EQ(images.shape, (Shape{3, 6, 5}));
  EXPECT_EQ(images.labels, (std::vector<std::uint8_t>{0, 0, 1, 1}));
  const std::vector<std::uint8_t> expected =
      decode_image_file(folder.path() / "train" / "dog" / "0.png").pixels;
  EXPECT_EQ(
      std::vector<std::uint8_t>(images.pixels.begin() + 2 * 90, images.pixels.begin() + 3 * 90),
      expected);
  const ImageKind kind = image_folder_kind(images_in(folder.path()));
  EXPECT_EQ(kind.shape, images.shape);
  EXPECT_EQ(kind.num_classes, 2);
  EXPECT_EQ(image_folder_files(folder.path()).size(), 8U);
}

TEST(ImageFolder, ReadsTestImagesWithoutTrainingOnes) {
  const TemporaryFolder folder;
  write_image_folder(folder.path(), {"cat"}, 3);
  fs::remove_all(folder.path() / "train");

  EXPECT_EQ(load_image_folder(images_in(folder.path()), Part::Test, 1).size(), 3);
  EXPECT_EQ(image_folder_kind(images_in(folder.path())).num_classes, 1);
  EXPECT_EQ(folder_error(folder.path(), Part::Train),
            (folder.path() / "train").string() + ": there is no such folder");
}

TEST(ImageFolder, NamesWhatDoesNotFit) {
  const TemporaryFolder folder;
  write_image_folder(folder.path(), {"cat", "dog"}, 1);
  const std::string path = folder.path().string();

  write_png(folder.path() / "test/dog/1.png", 1, 2, {1, 2}, PNG_FORMAT_GRAY);
  EXPECT_EQ(folder_error(folder.path(), Part::Test),
            path +
                "/test/dog/1.png: is 1 x 1 x 2 (channels x height x width); the images before "
                "it are 3 x 6 x 5");

  fs::remove(folder.path() / "train/cat/0.png");
  EXPECT_EQ(folder_error(folder.path(), Part::Train), path + "/train/cat: holds no image");
  fs::remove_all(folder.path() / "train/cat");
  EXPECT_EQ(folder_error(folder.path(), Part::Train),
            path + "/train/cat: there is no such folder, but " + path + "/test has one");
  fs::remove_all(folder.path() / "test");
  fs::remove_all(folder.path() / "train/dog");
  EXPECT_EQ(folder_error(folder.path(), Part::Train),
            path + "/train: holds 0 folders, one a class; must be 1 to 256");
}

}  // namespace
}  // namespace ohmweave::data
