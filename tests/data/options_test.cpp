// SPDX-License-Identifier: Apache-2.0
#include "data/options.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "tests/data/idx_files.h"
#include "tests/support/error_text.h"

namespace ohmweave::data {
namespace {

std::string problems_of(const std::string& json) {
  return error_text<ConfigError>(
      [&] { (void)read_config<DataOptions>(parse_json(json, "test"), "/data"); });
}

TEST(DataOptions, SurviveARoundTripThroughJson) {
  DataOptions options;
  options.num_train_images = 300;
  options.num_validation_images = 20;

  const auto again = read_config<DataOptions>(write_config(options), "/data");

  EXPECT_EQ(again.num_train_images, 300);
  EXPECT_EQ(again.num_validation_images, 20);
}

TEST(DataOptions, OfFilesSurviveARoundTripThroughJson) {
  DataOptions options;
  options.kind = "mnist";
  options.path = "/somewhere";

  const auto again = read_config<DataOptions>(write_config(options), "/data");

  EXPECT_EQ(again.kind, "mnist");
  EXPECT_EQ(again.path, "/somewhere");
}

TEST(DataOptions, WantAPathForSetsReadFromFiles) {
  EXPECT_EQ(problems_of(R"({"kind": "mnist"})"),
            "/data/path: is missing; kind \"mnist\" is read from the files of a folder");
}

TEST(DataOptions, RefuseAPathForGeneratedSets) {
  EXPECT_NE(problems_of(R"({"path": "/x"})").find("/data/path"), std::string::npos);
}

TEST(DataOptions, RefuseCountsThatASetFromFilesCannotHave) {
  const std::string text =
      problems_of(R"({"kind": "mnist", "path": "/x", "num_train_images": 100})");

  EXPECT_NE(text.find("unknown key 'num_train_images'"), std::string::npos) << text;
}

TEST(DataOptions, RefuseMoreValidationImagesThanTrainingImages) {
  const std::string text =
      problems_of(R"({"num_train_images": 100, "num_validation_images": 100})");

  EXPECT_NE(text.find("/data/num_validation_images"), std::string::npos) << text;
  EXPECT_NE(text.find("must be less than num_train_images (100)"), std::string::npos) << text;
}

TEST(DataOptions, NameTheNearestKindForAMisspeltOne) {
  const std::string text = problems_of(R"({"kind": "minst", "path": "/x"})");

  EXPECT_NE(text.find("/data/kind = \"minst\""), std::string::npos) << text;
  EXPECT_NE(text.find("mnist"), std::string::npos) << text;
}

TEST(ExpandEnvironment, ReplacesEveryVariable) {
  ASSERT_EQ(setenv("OHMWEAVE_TEST_A", "/a", 1), 0);
  ASSERT_EQ(setenv("OHMWEAVE_TEST_B", "b", 1), 0);

  EXPECT_EQ(expand_environment("${OHMWEAVE_TEST_A}/x/${OHMWEAVE_TEST_B}.y"), "/a/x/b.y");
  EXPECT_EQ(expand_environment("no $variable {here}"), "no $variable {here}");
}

TEST(ExpandEnvironment, NamesTheVariableThatIsNotSet) {
  unsetenv("OHMWEAVE_TEST_UNSET");

  const std::string text =
      error_text<ConfigError>([] { (void)expand_environment("${OHMWEAVE_TEST_UNSET}/mnist"); });

  EXPECT_EQ(text,
            "/data/path = \"${OHMWEAVE_TEST_UNSET}/mnist\": the environment variable "
            "OHMWEAVE_TEST_UNSET is not set; set it to the folder that holds the data sets");
}

TEST(ExpandEnvironment, RefusesABraceThatIsNotClosed) {
  const std::string text =
      error_text<ConfigError>([] { (void)expand_environment("${HOME/mnist"); });

  EXPECT_NE(text.find("must be closed"), std::string::npos) << text;
}

TEST(DataFingerprint, OfAGeneratedSetFollowsItsCounts) {
  DataOptions options;
  const std::string before = data_fingerprint(options);
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(data_fingerprint(options), before);

  options.num_test_images += 1;

  EXPECT_NE(data_fingerprint(options), before);
}

class DataFingerprintOfFiles : public FolderTest {};

TEST_F(DataFingerprintOfFiles, FollowsEveryFilesContents) {
  DataOptions options;
  options.kind = "mnist";
  options.path = folder_.string();
  const std::vector<std::string> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  for (const std::string& name : names) write_plain(at(name), "same");
  const std::string before = data_fingerprint(options);

  for (const std::string& name : names) {
    write_plain(at(name), "other");
    EXPECT_NE(data_fingerprint(options), before) << name;
    write_plain(at(name), "same");
    EXPECT_EQ(data_fingerprint(options), before) << name;
  }
}

TEST_F(DataFingerprintOfFiles, NamesAMissingFile) {
  DataOptions options;
  options.kind = "mnist";
  options.path = folder_.string();

  const std::string text = error_text<DataError>([&] { (void)data_fingerprint(options); });

  EXPECT_EQ(text, at("train-images-idx3-ubyte").string() +
                      ": there is no such file, nor train-images-idx3-ubyte.gz");
}

}  // namespace
}  // namespace ohmweave::data
