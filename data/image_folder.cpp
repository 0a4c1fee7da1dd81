// SPDX-License-Identifier: Apache-2.0
#include "data/image_folder.h"

#include <algorithm>

#include "core/error.h"
#include "data/image_file.h"

namespace ohmweave::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostClasses = 256;  // labels are bytes

/// What is in a folder, sorted by name; names that begin with a dot are passed over.
std::vector<fs::path> entries(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw DataError(folder.string() + ": there is no such folder");
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().front() != '.') found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> class_names(const fs::path& part) {
  std::vector<std::string> names;
  for (const fs::path& entry : entries(part)) {
    if (fs::is_directory(entry)) names.push_back(entry.filename().string());
  }
  if (names.empty() || names.size() > kMostClasses)
    throw DataError(part.string() + ": holds " + std::to_string(names.size()) +
                    " folders, one a class; must be 1 to " + std::to_string(kMostClasses));
  return names;
}

fs::path folder_of(const fs::path& folder, Part part) {
  return folder / (part == Part::Train ? "train" : "test");
}

/// Throws if `part` lacks a class that `other` has.
void require_classes(const fs::path& part, const fs::path& other) {
  const std::vector<std::string> names = class_names(part);
  for (const std::string& name : class_names(other)) {
    if (!std::binary_search(names.begin(), names.end(), name))
      throw DataError((part / name).string() + ": there is no such folder, but " + other.string() +
                      " has one");
  }
}

/// Of a part; those of the other part, if it is there, must be the same.
std::vector<std::string> checked_class_names(const fs::path& folder, Part part) {
  const fs::path own = folder_of(folder, part);
  const fs::path other = folder_of(folder, part == Part::Train ? Part::Test : Part::Train);
  if (fs::exists(other)) {
    require_classes(own, other);
    require_classes(other, own);
  }
  return class_names(own);
}

/// The files of a class.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files = entries(folder);
  if (files.empty()) throw DataError(folder.string() + ": holds no image");
  return files;
}

}  // namespace

std::vector<fs::path> image_folder_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const Part part : {Part::Train, Part::Test}) {
    for (const std::string& name : checked_class_names(folder, part)) {
      const std::vector<fs::path> more = files_of(folder_of(folder, part) / name);
      files.insert(files.end(), more.begin(), more.end());
    }
  }
  return files;
}

ImageKind image_folder_kind(const DataOptions& options) {
  const fs::path folder = expand_environment(options.path);
  const Part part = fs::exists(folder_of(folder, Part::Train)) ? Part::Train : Part::Test;
  const std::vector<std::string> names = checked_class_names(folder, part);
  const fs::path first = files_of(folder_of(folder, part) / names.front()).front();
  return {decode_image_file(first).shape, static_cast<int>(names.size())};
}

Images load_image_folder(const DataOptions& options, Part part, std::uint64_t /*seed*/) {
  const fs::path folder = expand_environment(options.path);
  const std::vector<std::string> names = checked_class_names(folder, part);
  Images images;
  for (std::size_t label = 0; label < names.size(); ++label) {
    for (const fs::path& file : files_of(folder_of(folder, part) / names[label])) {
      const DecodedImage image = decode_image_file(file);
      if (images.labels.empty()) images.shape = image.shape;
      if (!(image.shape == images.shape))
        throw DataError(file.string() + ": is " + shape_text(image.shape) +
                        " (channels x height x width); the images before it are " +
                        shape_text(images.shape));
      images.pixels.insert(images.pixels.end(), image.pixels.begin(), image.pixels.end());
      images.labels.push_back(static_cast<std::uint8_t>(label));
    }
  }
  return images;
}

}  // namespace ohmweave::data
