// SPDX-License-Identifier: Apache-2.0
#include "data/mnist.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "data/idx.h"
#include "data/synthetic_digits.h"

namespace ohmweave::data {
namespace {

constexpr std::array<const char*, 4> kNames = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                               "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  std::filesystem::path plain = folder / name;
  if (std::filesystem::exists(plain)) return plain;
  std::filesystem::path compressed = folder / (name + ".gz");
  if (std::filesystem::exists(compressed)) return compressed;
  throw DataError(plain.string() + ": there is no such file, nor " + name + ".gz");
}

void check_images(const IdxBytes& images, const std::string& where) {
  if (images.sizes[1] == kDigitShape.height && images.sizes[2] == kDigitShape.width) return;
  throw DataError(where + ": images of " + std::to_string(images.sizes[1]) + " x " +
                  std::to_string(images.sizes[2]) + " pixels; must be " +
                  std::to_string(kDigitShape.height) + " x " + std::to_string(kDigitShape.width));
}

void check_labels(const IdxBytes& labels, const std::string& where) {
  const auto wrong = std::find_if(labels.values.begin(), labels.values.end(),
                                  [](std::uint8_t label) { return label >= kNumDigits; });
  if (wrong == labels.values.end()) return;
  throw DataError(where + ": label " + std::to_string(wrong - labels.values.begin()) + " is " +
                  std::to_string(*wrong) + "; must be 0 to " + std::to_string(kNumDigits - 1));
}

}  // namespace

std::vector<std::filesystem::path> mnist_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  files.reserve(kNames.size());
  for (const char* name : kNames) files.push_back(find_file(folder, name));
  return files;
}

Images load_mnist(const DataOptions& options, Part part, std::uint64_t /*seed*/) {
  const std::vector<std::filesystem::path> files = mnist_files(expand_environment(options.path));
  const std::size_t first = part == Part::Train ? 0 : 2;
  IdxBytes images = read_idx(files[first], 3);
  IdxBytes labels = read_idx(files[first + 1], 1);
  check_images(images, files[first].string());
  check_labels(labels, files[first + 1].string());
  if (images.sizes[0] != labels.sizes[0]) {
    throw DataError(files[first + 1].string() + ": " + std::to_string(labels.sizes[0]) +
                    " labels for the " + std::to_string(images.sizes[0]) + " images of " +
                    files[first].string());
  }
  return {kDigitShape, std::move(images.values), std::move(labels.values)};
}

}  // namespace ohmweave::data
