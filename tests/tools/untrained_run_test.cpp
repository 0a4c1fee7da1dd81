// SPDX-License-Identifier: Apache-2.0
// Runs whose weights nobody trains: no torch, no data, the same stages and the same result.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "core/artifact.h"
#include "core/fields.h"
#include "core/network_model.h"
#include "core/owz.h"
#include "core/safetensors.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

Json result_of(const fs::path& run) {
  return parse_json_file((run / "report/result.json").string());
}

/// A small config with drawn weights.
Json drawn_config() {
  return {{"name", "small"},
          {"model", {{"kind", "convnet_cifar"}, {"sparsity_fraction", 0.75}}},
          {"device", {{"preset", "peng_iedm_2019_neurosim_rram"}}},
          {"array", {{"rows", 64}, {"cols", 64}}},
          {"chip", Json::object()}};
}

class UntrainedRun : public ::testing::Test {
 protected:
  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }
  [[nodiscard]] Outcome run(const Json& config, const std::string& name) const {
    std::ofstream(folder() / (name + ".json")) << config.dump();
    return run_program({"run", name + ".json", "--out", name}, folder());
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(UntrainedRun, OnAChipThatIsTooSmallSaysWhatLoadingInRoundsCosts) {
  Json config = drawn_config();
  config["mapping"] = {{"max_tiles", 1}, {"reload", true}, {"arrays_per_tile", 4}};

  const Outcome outcome = run(config, "a");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = result_of(folder() / "a");
  EXPECT_GT(result["reload"]["rounds"], 1);
  EXPECT_GT(result["baseline_reload"]["write_energy_per_image_j"],
            result["reload"]["write_energy_per_image_j"]);
  EXPECT_FALSE(result.contains("chip"));
  const std::string page = read_file(folder() / "a/report/report.html");
  EXPECT_NE(page.find("Loading in rounds"), std::string::npos);
  EXPECT_NE(page.find("is worn out after"), std::string::npos);
}

TEST_F(UntrainedRun, SaysThatTheDenseNetworkDoesNotFitTheAreaBudget) {
  Json config = drawn_config();
  ASSERT_EQ(run(config, "a").exit_code, 0);
  const Json once = result_of(folder() / "a");
  const double area_m2 = once["chip"]["area_m2"];
  ASSERT_GT(once["baseline_chip"]["area_m2"].get<double>(), 1.3 * area_m2);

  for (const double factor : {1.2, 10.0}) {
    config["mapping"]["area_budget_m2"] = factor * area_m2;
    ASSERT_EQ(run(config, "b").exit_code, 0);

    const Json result = result_of(folder() / "b");
    const bool fits = factor > 2.0;
    EXPECT_EQ(result["mapping"]["duplication"]["dense_fits_budget"], fits);
    EXPECT_EQ(result["baseline_chip"]["area_m2"].get<double>() <= factor * area_m2, fits);
    EXPECT_EQ(result["reduction"]["baseline"].get<std::string>().find("does not fit") ==
                  std::string::npos,
              fits);
  }
}

TEST_F(UntrainedRun, KeepsItsFolderFromRunsOfOtherNames) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  const std::string before = read_file(folder() / "a/config.json");
  Json other = drawn_config();
  other["name"] = "other";

  const Outcome refused = run(other, "a");

  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--out a: holds the run \"small\", the config's /name is \"other\""),
            std::string::npos)
      << refused.err;
  EXPECT_EQ(read_file(folder() / "a/config.json"), before);
}

TEST_F(UntrainedRun, StagesThatRefuseChangeNothing) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  const std::string before = read_file(folder() / "a/config.json");

  const Outcome early = run_program({"estimate", "a", "--set", "/array/rows=32"}, folder());

  EXPECT_EQ(early.exit_code, 3);
  EXPECT_NE(early.err.find("run the stage 'map' first"), std::string::npos) << early.err;
  EXPECT_EQ(read_file(folder() / "a/config.json"), before);
}

TEST_F(UntrainedRun, ExportsOnlyAMapThatIsUpToDate) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  ASSERT_EQ(
      run_program({"compress", "a", "--set", "/model/sparsity_fraction=0.5"}, folder()).exit_code,
      0);

  const Outcome stale = run_program({"export", "a", "--format", "csv"}, folder());

  EXPECT_EQ(stale.exit_code, 3);
  EXPECT_NE(stale.err.find("map"), std::string::npos) << stale.err;
  EXPECT_NE(stale.err.find("out of date"), std::string::npos) << stale.err;
}

TEST_F(UntrainedRun, GivesTheChipAndItsBaselineWithoutAccuracy) {
  const Outcome outcome = run(drawn_config(), "a");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = result_of(folder() / "a");
  std::set<std::string> keys;
  for (const auto& [key, value] : result.items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"provenance", "compression", "mapping", "chip",
                                         "baseline_chip", "reduction", "programming", "sensitivity",
                                         "not_modelled", "components"}));
  EXPECT_NEAR(result["compression"]["weight_ratio"].get<double>(), 4.0, 0.1);
  EXPECT_FALSE(result["compression"].contains("storage"));
  EXPECT_EQ(result["compression"]["dense_weights"], 89440);
  EXPECT_LT(result["mapping"]["arrays_needed"], result["mapping"]["dense_arrays_needed"]);
  EXPECT_GT(result["reduction"]["views"]["whole_chip"]["area_fraction"], 0.2);
  EXPECT_EQ(result["chip"]["activity"], "assumed");
  EXPECT_FALSE(fs::exists(folder() / "a/evaluate"));
}

TEST_F(UntrainedRun, DuplicatesLayersUpToAThroughputThatTheRestOfTheChipCanFollow) {
  Json config = drawn_config();
  ASSERT_EQ(run(config, "once").exit_code, 0);
  const Json once = result_of(folder() / "once");
  // The baseline, whose rows are all there, is the slower one.
  const double wanted_hz = 10.0 * once["baseline_chip"]["throughput_hz"].get<double>();
  config["mapping"] = {{"target_throughput_hz", wanted_hz}};
  config["chip"] = {{"pool_lanes", 4096},
                    {"vector_lanes", 4096},
                    {"link_bits_per_cycle", 4096},
                    {"io_bits_per_s", 1e13}};
  ASSERT_EQ(run(config, "wide").exit_code, 0);
  const Json wide = result_of(folder() / "wide");
  config["chip"]["pool_lanes"] = 1;

  const Outcome narrow = run(config, "narrow");

  for (const char* chip : {"chip", "baseline_chip"})
    EXPECT_GT(wide[chip]["throughput_hz"].get<double>(), 0.9 * wanted_hz) << chip;
  for (const char* chip : {"chip", "baseline_chip"}) {
    EXPECT_EQ(wide[chip]["arrays_needed"], once[chip]["arrays"]) << chip;
    EXPECT_EQ(once[chip]["arrays_duplicated"], 0) << chip;
  }
  EXPECT_GT(wide["baseline_chip"]["arrays_duplicated"], 0);
  EXPECT_EQ(wide["chip"]["arrays_duplicated"], wide["mapping"]["arrays_duplicated"]);
  EXPECT_EQ(narrow.exit_code, 2);
  EXPECT_NE(narrow.err.find("/mapping/target_throughput_hz = "), std::string::npos) << narrow.err;
  EXPECT_NE(narrow.err.find("to which stage pool"), std::string::npos) << narrow.err;
}

TEST_F(UntrainedRun, OfSparsityZeroIsItsOwnBaseline) {
  Json config = drawn_config();
  config["model"]["sparsity_fraction"] = 0;

  ASSERT_EQ(run(config, "a").exit_code, 0);

  const Json result = result_of(folder() / "a");
  EXPECT_FALSE(result.contains("compression"));
  EXPECT_FALSE(fs::exists(folder() / "a/compress"));
  EXPECT_EQ(result["mapping"]["array_ratio"], 1.0);
  EXPECT_EQ(result["reduction"]["views"]["whole_chip"]["area_fraction"], 0.0);
}

TEST_F(UntrainedRun, RepeatsBytesAndKeepsWhatDidNotChange) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  ASSERT_EQ(run(drawn_config(), "b").exit_code, 0);
  Json sparser = drawn_config();
  sparser["model"]["sparsity_fraction"] = 0.9;

  const Outcome again = run(drawn_config(), "a");
  const std::string first = read_file(folder() / "a/report/result.json");
  const Outcome changed = run(sparser, "a");

  EXPECT_EQ(first, read_file(folder() / "b/report/result.json"));
  for (const char* stage : {"dense", "compress", "map", "estimate", "report"})
    EXPECT_NE(again.err.find(std::string(stage) + ": up to date"), std::string::npos) << again.err;
  EXPECT_NE(changed.err.find("dense: up to date"), std::string::npos) << changed.err;
  EXPECT_NE(changed.err.find("compress: done"), std::string::npos) << changed.err;
}

TEST_F(UntrainedRun, AnotherSeedDrawsOtherWeights) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  Json config = drawn_config();
  config["seed"] = 2;
  ASSERT_EQ(run(config, "b").exit_code, 0);

  EXPECT_NE(read_file(folder() / "a/dense/model.safetensors"),
            read_file(folder() / "b/dense/model.safetensors"));
}

TEST_F(UntrainedRun, TakesWeightsAndMasksFromFiles) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  Json config = drawn_config();
  config["model"] = {{"kind", "convnet_cifar"},
                     {"weights", {{"kind", "file"}, {"path", "a/dense/model.safetensors"}}},
                     {"masks", "a/compress/masks.safetensors"}};

  const Outcome outcome = run(config, "b");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_file(folder() / "a/compress/model.safetensors"),
            read_file(folder() / "b/compress/model.safetensors"));
  EXPECT_EQ(result_of(folder() / "a")["mapping"], result_of(folder() / "b")["mapping"]);
}

TEST_F(UntrainedRun, TakesACompressedNetworkOnItsLevelsFromItsArchive) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  NetworkModel model = load_network_model(folder() / "a/compress");
  constexpr float kScale = 0.03125F;
  model.level_scales["fc"] = kScale;
  for (float& weight : model.parameters.at("fc.weight").values)
    weight = kScale * std::clamp(std::round(weight / kScale), -3.0F, 3.0F);
  write_file_atomically(folder() / "model.owz", encode_owz(model));
  Json config = drawn_config();
  config["model"] = {{"kind", "convnet_cifar"},
                     {"weights", {{"kind", "archive"}, {"path", "model.owz"}}}};

  const Outcome outcome = run(config, "b");
  config["model"]["kind"] = "lenet5";
  const Outcome other = run(config, "c");

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const NetworkModel taken = load_network_model(folder() / "b/dense");
  EXPECT_EQ(taken.level_scales, model.level_scales);
  for (const auto& [name, tensor] : model.parameters)
    EXPECT_EQ(taken.parameters.at(name).values, tensor.values) << name;
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_NE(other.err.find("model.owz: holds network 'convnet_cifar', /model/kind is \"lenet5\""),
            std::string::npos)
      << other.err;
}

TEST_F(UntrainedRun, RunsAgainWhenAFileChanged) {
  ASSERT_EQ(run(drawn_config(), "a").exit_code, 0);
  fs::copy_file(folder() / "a/compress/masks.safetensors", folder() / "masks.safetensors");
  Json config = drawn_config();
  config["model"] = {{"kind", "convnet_cifar"}, {"masks", "masks.safetensors"}};
  ASSERT_EQ(run(config, "b").exit_code, 0);
  RawTensors masks = decode_safetensors(read_file(folder() / "masks.safetensors"), "masks");
  masks.at("conv3.weight").bytes.assign(masks.at("conv3.weight").bytes.size(), '\1');
  write_file_atomically(folder() / "masks.safetensors", encode_safetensors(masks, {}));

  const Outcome outcome = run(config, "b");

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("compress: done"), std::string::npos) << outcome.err;
  EXPECT_EQ(result_of(folder() / "b")["compression"]["layers"][2]["weight_ratio"], 1.0);
}

TEST_F(UntrainedRun, NamesTheMaskOfTheWrongShape) {
  write_file_atomically(folder() / "masks.safetensors",
                        encode_safetensors({{"fc.weight", {"U8", {3, 2}, "\1\1\1\1\1\1"}}}, {}));
  Json config = drawn_config();
  config["model"] = {{"kind", "convnet_cifar"}, {"masks", "masks.safetensors"}};
  const Outcome wrong = run(config, "a");
  config["model"]["masks"] = "none.safetensors";
  const Outcome missing = run(config, "a");

  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.err.find("masks.safetensors: mask 'fc.weight' is [3, 2]: must be [10, 1024]"),
            std::string::npos)
      << wrong.err;
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_NE(missing.err.find("none.safetensors: cannot be opened"), std::string::npos)
      << missing.err;
}

TEST_F(UntrainedRun, RemovesByLayerWhatThePatternsSay) {
  Json config = drawn_config();
  config["model"]["sparsity_fraction"] = 0.0;
  config["model"]["sparsity"] = {{{"weights", "conv*"}, {"fraction", 0.5}},
                                 {{"weights", "conv1.*"}, {"fraction", 0.0}}};

  ASSERT_EQ(run(config, "a").exit_code, 0);

  const Json layers = result_of(folder() / "a")["compression"]["layers"];
  EXPECT_EQ(layers[0]["weight_ratio"], 1.0);
  EXPECT_NEAR(layers[1]["weight_ratio"].get<double>(), 2.0, 0.1);
  EXPECT_NEAR(layers[2]["weight_ratio"].get<double>(), 2.0, 0.1);
  EXPECT_EQ(layers[3]["weight_ratio"], 1.0);
}

/// The configs that need no training, as they are shipped.
class ShippedRun : public ::testing::TestWithParam<const char*> {};

TEST_P(ShippedRun, RunsAndCloses) {
  const TemporaryFolder folder;
  const fs::path config = source_folder() / "configs" / (std::string(GetParam()) + ".json");

  const Outcome outcome = run_program({"run", config.string(), "--out", "run"}, folder.path());

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = result_of(folder.path() / "run");
  EXPECT_FALSE(result.contains("accuracy"));
  EXPECT_NEAR(result["compression"]["weight_ratio"].get<double>(), 10.0, 0.1);
  EXPECT_GT(result["reduction"]["views"]["whole_chip"]["area_fraction"], 0.5);
  for (const char* chip : {"chip", "baseline_chip"}) {
    for (const char* list : {"parts", "layers"}) {
      double area = 0.0;
      double energy = 0.0;
      for (const Json& entry : result[chip][list]) {
        area += entry["area_m2"].get<double>();
        energy += entry["energy_j"].get<double>();
      }
      EXPECT_NEAR(area / result[chip]["area_m2"].get<double>(), 1.0, 1e-12) << chip << list;
      EXPECT_NEAR(energy / result[chip]["energy_per_inference_j"].get<double>(), 1.0, 1e-12)
          << chip << list;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, ShippedRun,
                         ::testing::Values("vgg16_cifar10_chip", "resnet18_cifar10_chip"));

}  // namespace
}  // namespace ohmweave::testing
