// SPDX-License-Identifier: Apache-2.0
#include "data/cifar10.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/data/image_files.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::data {
namespace {

DataOptions cifar10_in(const std::filesystem::path& folder) {
  DataOptions options;
  options.kind = "cifar10";
  options.path = folder.string();
  return options;
}

std::string cifar10_error(const std::filesystem::path& folder, Part part) {
  return error_text<DataError>([&] { (void)load_cifar10(cifar10_in(folder), part, 1); });
}

TEST(Cifar10, ReadsRecordsOfAllFilesInOrder) {
  const TemporaryFolder folder;
  std::string first = cifar_record(3, RandomStream(1));
  write_file_atomically(folder.path() / "data_batch_1.bin",
                        first + cifar_record(9, RandomStream(2)));
  write_file_atomically(folder.path() / "data_batch_2.bin", cifar_record(0, RandomStream(3)));
  write_file_atomically(folder.path() / "test_batch.bin", cifar_record(7, RandomStream(4)));

  const Images train = load_cifar10(cifar10_in(folder.path()), Part::Train, 1);
  const Images test = load_cifar10(cifar10_in(folder.path()), Part::Test, 1);

  EXPECT_EQ(train.labels, (std::vector<std::uint8_t>{3, 9, 0}));
  EXPECT_EQ(test.labels, std::vector<std::uint8_t>{7});
  ASSERT_EQ(train.pixels.size(), 3U * 3072);
  EXPECT_EQ(std::string(train.pixels.begin(), train.pixels.begin() + 3072), first.substr(1));
  EXPECT_EQ(std::vector<std::uint8_t>(train.pixels.end() - 3072, train.pixels.end()),
            random_pixels(3072, RandomStream(3)));
  EXPECT_EQ(cifar10_files(folder.path()).size(), 3U);
}

TEST(Cifar10, NamesWhatIsMissingOrDamaged) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  EXPECT_EQ(cifar10_error(folder.path(), Part::Train),
            path + "/data_batch_1.bin: there is no such file");
  EXPECT_EQ(cifar10_error(folder.path(), Part::Test),
            path + "/test_batch.bin: there is no such file");

  write_file_atomically(folder.path() / "test_batch.bin",
                        cifar_record(7, RandomStream(4)).substr(1));
  EXPECT_EQ(cifar10_error(folder.path(), Part::Test),
            path +
                "/test_batch.bin: 3072 bytes; must be one or more records of 3073, a label and "
                "3 x 32 x 32 pixels");

  write_file_atomically(folder.path() / "test_batch.bin",
                        cifar_record(7, RandomStream(4)) + cifar_record(10, RandomStream(4)));
  EXPECT_EQ(cifar10_error(folder.path(), Part::Test),
            path + "/test_batch.bin: label 1 is 10; must be 0 to 9");
}

}  // namespace
}  // namespace ohmweave::data
