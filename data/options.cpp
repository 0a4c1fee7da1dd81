// SPDX-License-Identifier: Apache-2.0
#include "data/options.h"

#include <cstdlib>

#include "core/artifact.h"
#include "core/error.h"
#include "data/table.h"

namespace ohmweave::data {
namespace {

constexpr int kMostImages = 10'000'000;

}  // namespace

void declare(Fields& f, DataOptions& o) {
  f.word("kind", o.kind, data_set_words(), "the data set");
  f.text(
      "path", o.path,
      "folder of a data set that is read from files; ${NAME} stands for an environment variable");
  // Sets from files have the number of images they have: these two keys are unknown there.
  const bool is_generated = find_data_set(o.kind).is_generated();
  if (is_generated) {
    f.integer("num_train_images", o.num_train_images, {2, kMostImages},
              "training images to draw, validation images included (generated sets only)");
    f.integer("num_test_images", o.num_test_images, {1, kMostImages},
              "test images to draw (generated sets only)");
  }
  f.integer("num_validation_images", o.num_validation_images, {1, kMostImages},
            "images held out of the training images to choose the best network by");
  f.rule(is_generated || !o.path.empty(), "path",
         "is missing; kind \"" + o.kind + "\" is read from the files of a folder");
  f.rule(!is_generated || o.path.empty(), "path",
         "must be left out; kind \"" + o.kind + "\" is drawn, not read from files");
  f.rule(!is_generated || o.num_validation_images < o.num_train_images, "num_validation_images",
         "must be less than num_train_images (" + std::to_string(o.num_train_images) + ")");
}

std::string expand_environment(const std::string& path, const std::string& pointer) {
  const auto problem = [&](const std::string& what) {
    return ConfigError({pointer + " = \"" + path + "\": " + what});
  };
  std::string expanded;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = path.find("${", at);
    if (open == std::string::npos) return expanded + path.substr(at);
    const std::size_t close = path.find('}', open);
    if (close == std::string::npos) throw problem(R"("${" must be closed by "}")");
    const std::string name = path.substr(open + 2, close - open - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
      throw problem("the environment variable " + name +
                    " is not set; set it to the folder that holds the data sets");
    }
    expanded.append(path, at, open - at).append(value);
    at = close + 1;
  }
}

std::string shape_text(const Shape& shape) {
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
         std::to_string(shape.width);
}

Shape image_shape(const DataOptions& options) {
  return find_data_set(options.kind).image_kind(options).shape;
}

int num_classes(const DataOptions& options) {
  return find_data_set(options.kind).image_kind(options).num_classes;
}

std::string data_fingerprint(const DataOptions& options) {
  const DataSet& set = find_data_set(options.kind);
  if (set.is_generated()) {
    return sha256(set.generator_version + " " + std::to_string(options.num_train_images) + " " +
                  std::to_string(options.num_test_images));
  }
  std::string hashes = set.name;
  for (const std::filesystem::path& file : set.files(expand_environment(options.path))) {
    hashes += " " + sha256_of_file(file);
  }
  return sha256(hashes);
}

}  // namespace ohmweave::data
