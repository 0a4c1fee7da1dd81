// SPDX-License-Identifier: Apache-2.0
// What `check` says of good and bad configs.
#include <gtest/gtest.h>

#include <fstream>

#include "core/fields.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> example_configs() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(source_folder() / "configs")) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".json" && name != "config.schema.json")
      paths.push_back(entry.path());
  }
  return paths;
}

/// Every object of `json` with its pointer.
void collect_objects(const Json& json, const std::string& pointer,
                     std::vector<std::string>& pointers) {
  if (json.is_object()) pointers.push_back(pointer);
  if (json.is_structured()) {
    for (const auto& [key, value] : json.items())
      collect_objects(value, pointer + "/" + key, pointers);
  }
}

Outcome check(const Json& json, const fs::path& folder) {
  std::ofstream(folder / "config.json") << json.dump();
  return run_program({"check", "config.json"}, folder);
}

TEST(Check, AcceptsEveryExampleConfig) {
  setenv("OHMWEAVE_DATA", "/nonexistent", 0);
  ASSERT_GE(example_configs().size(), 3U);
  for (const fs::path& path : example_configs()) {
    const Outcome outcome = run_program({"check", path.string()}, source_folder());

    EXPECT_EQ(outcome.exit_code, 0) << path << ": " << outcome.err;
    EXPECT_TRUE(Json::parse(outcome.out).contains("seed")) << path;
  }
}

TEST(Check, AcceptsItsOwnResolvedOutput) {
  const TemporaryFolder folder;
  const Outcome first =
      run_program({"check", (source_folder() / "configs/quickstart.json").string()}, folder.path());

  const Outcome second = check(Json::parse(first.out), folder.path());

  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.out, first.out);
}

TEST(Check, ReportsAMisspeltKeyOfEveryObjectOfEveryExample) {
  const TemporaryFolder folder;
  for (const fs::path& path : example_configs()) {
    const Json good = parse_json_file(path.string());
    std::vector<std::string> pointers;
    collect_objects(good, "", pointers);
    for (const std::string& pointer : pointers) {
      if (good[Json::json_pointer(pointer)].empty()) continue;
      const std::string key = good[Json::json_pointer(pointer)].items().begin().key();
      Json bad = good;
      bad[Json::json_pointer(pointer)][key + "_x"] = 1;

      const Outcome outcome = check(bad, folder.path());

      EXPECT_EQ(outcome.exit_code, 2) << path << pointer;
      EXPECT_NE(outcome.err.find("unknown key '" + key + "_x'; allowed: "), std::string::npos)
          << outcome.err;
      EXPECT_NE(outcome.err.find((pointer.empty() ? "/" : pointer) + ": "), std::string::npos)
          << outcome.err;
    }
  }
}

TEST(Check, ListsAllProblemsAtOnce) {
  const TemporaryFolder folder;
  Json bad = parse_json_file((source_folder() / "configs/quickstart.json").string());
  bad["array"]["rows"] = -4;
  bad["dac"]["bits"] = "one";
  bad["device"]["kindd"] = "level_grid";

  const Outcome outcome = check(bad, folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/array/rows = -4: must be in ["), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("/dac/bits = \"one\": must be an integer, is string"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("unknown key 'kindd'"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("nearest: kind"), std::string::npos) << outcome.err;
}

TEST(Check, NamesTheNearestPresetAndModel) {
  const TemporaryFolder folder;
  const std::string config = (source_folder() / "configs/quickstart.json").string();

  const Outcome preset = run_program(
      {"check", config, "--set", "/device/preset=peng_iedm_2019_neurosim_rramm"}, folder.path());
  const Outcome model = run_program({"check", config, "--set", "/model/kind=lenet"}, folder.path());

  EXPECT_EQ(preset.exit_code, 2);
  EXPECT_NE(preset.err.find("/device/preset = \"peng_iedm_2019_neurosim_rramm\": must be one of: "),
            std::string::npos)
      << preset.err;
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_NE(model.err.find("nearest: lenet5"), std::string::npos) << model.err;
}

TEST(Check, FindsWhatTrainingWouldOtherwiseFindTooLate) {
  const TemporaryFolder folder;
  const std::string config = (source_folder() / "configs/quickstart.json").string();

  const Outcome outcome =
      run_program({"check", config, "--set", "/compress/steps/0/constraints/0/weights=zzz*",
                   "--set", "/evaluate/num_images=99999"},
                  folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(
      outcome.err.find("/compress/steps/0/constraints/0/weights = \"zzz*\": matches no weight; "
                       "the network has conv1.weight"),
      std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("/evaluate/num_images = 99999: there are only"), std::string::npos)
      << outcome.err;
}

TEST(Check, UnknownPresetDoesNotHideOtherProblems) {
  const TemporaryFolder folder;
  const std::string config = (source_folder() / "configs/quickstart.json").string();

  const Outcome outcome = run_program(
      {"check", config, "--set", "/device/preset=foo", "--set", "/array/rows=0"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/device/preset = \"foo\": must be one of: peng"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("/array/rows = 0: must be in ["), std::string::npos) << outcome.err;
}

TEST(Check, SetsValuesByPointer) {
  const TemporaryFolder folder;
  const std::string config = (source_folder() / "configs/quickstart.json").string();

  const Outcome outcome =
      run_program({"check", config, "--set", "/seed=99", "--set", "/name=mine"}, folder.path());

  const Json resolved = Json::parse(outcome.out);
  EXPECT_EQ(resolved["seed"], 99);
  EXPECT_EQ(resolved["name"], "mine");
}

TEST(Check, SchemaFileIsUpToDate) {
  const Outcome outcome = run_program({"schema"}, source_folder());

  std::ifstream in(source_folder() / "configs/config.schema.json");
  const std::string shipped((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(outcome.out, shipped) << "run: ohmweave schema > configs/config.schema.json";
}

}  // namespace
}  // namespace ohmweave::testing
