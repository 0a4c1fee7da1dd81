// SPDX-License-Identifier: Apache-2.0
#include "data/cifar10.h"

#include "core/artifact.h"
#include "core/error.h"

namespace ohmweave::data {
namespace {

const char* const kTestFile = "test_batch.bin";

std::filesystem::path training_file(const std::filesystem::path& folder, int number) {
  return folder / ("data_batch_" + std::to_string(number) + ".bin");
}

std::filesystem::path existing(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) throw DataError(file.string() + ": there is no such file");
  return file;
}

void append_records(const std::filesystem::path& file, Images& images) {
  const std::string bytes = read_file(file);
  const auto size = static_cast<std::size_t>(kCifarShape.size());
  if (bytes.empty() || bytes.size() % (size + 1) != 0) {
    throw DataError(file.string() + ": " + std::to_string(bytes.size()) +
                    " bytes; must be one or more records of " + std::to_string(size + 1) +
                    ", a label and 3 x 32 x 32 pixels");
  }
  for (std::size_t at = 0; at < bytes.size(); at += size + 1) {
    const auto label = static_cast<std::uint8_t>(bytes[at]);
    if (label >= kCifarClasses) {
      throw DataError(file.string() + ": label " + std::to_string(at / (size + 1)) + " is " +
                      std::to_string(label) + "; must be 0 to " +
                      std::to_string(kCifarClasses - 1));
    }
    images.labels.push_back(label);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    images.pixels.insert(images.pixels.end(), first, first + static_cast<std::ptrdiff_t>(size));
  }
}

}  // namespace

std::vector<std::filesystem::path> cifar10_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = {existing(training_file(folder, 1))};
  for (int number = 2; std::filesystem::exists(training_file(folder, number)); ++number)
    files.push_back(training_file(folder, number));
  files.push_back(existing(folder / kTestFile));
  return files;
}

Images load_cifar10(const DataOptions& options, Part part, std::uint64_t /*seed*/) {
  const std::filesystem::path folder = expand_environment(options.path);
  Images images;
  images.shape = kCifarShape;
  if (part == Part::Test) {
    append_records(existing(folder / kTestFile), images);
    return images;
  }
  for (const std::filesystem::path& file : cifar10_files(folder)) {
    if (file.filename() != kTestFile) append_records(file, images);
  }
  return images;
}

}  // namespace ohmweave::data
