// SPDX-License-Identifier: Apache-2.0
// The chip of every config in configs/, with weights that nobody trains: parts, layers and tiles
// add up to the totals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/artifact.h"
#include "core/fields.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

constexpr double kRelativeTolerance = 1e-12;

std::vector<std::string> configs() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_folder() / "configs"))
    if (entry.path().extension() == ".json" && entry.path().stem() != "config.schema")
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class EveryConfig : public ::testing::TestWithParam<std::string> {};

void expect_closed(const Json& chip) {
  const std::pair<const char*, const char*> sums[] = {
      {"area_m2", "area_m2"}, {"energy_j", "energy_per_inference_j"}, {"leakage_w", "leakage_w"}};
  for (const char* view : {"parts", "layers", "tiles"})
    for (const auto& [key, total_key] : sums) {
      double sum = 0.0;
      for (const Json& entry : chip.at(view)) sum += entry.at(key).get<double>();
      const double total = chip.at(total_key);
      EXPECT_NEAR(sum, total, kRelativeTolerance * total) << view << " " << key;
    }
}

TEST_P(EveryConfig, GivesAChipWhoseTotalsClose) {
  const TemporaryFolder folder;
  Json config = parse_json_file((source_folder() / "configs" / (GetParam() + ".json")).string());
  for (const char* trained : {"data", "train", "compress", "evaluate"}) config.erase(trained);
  if (!config["model"].contains("sparsity_fraction")) config["model"]["sparsity_fraction"] = 0.5;
  const fs::path presets = source_folder() / "configs" / "presets";
  fs::create_directory_symlink(presets, folder.path() / "presets");
  std::ofstream(folder.path() / "config.json") << config.dump();

  const Outcome outcome =
      run_program({"run", "config.json", "--out", "run", "--quiet"}, folder.path());

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = parse_json_file((folder.path() / "run/report/result.json").string());
  expect_closed(result.at("chip"));
  expect_closed(result.at("baseline_chip"));
}

INSTANTIATE_TEST_SUITE_P(Configs, EveryConfig, ::testing::ValuesIn(configs()),
                         [](const auto& entry) { return entry.param; });

}  // namespace
}  // namespace ohmweave::testing
