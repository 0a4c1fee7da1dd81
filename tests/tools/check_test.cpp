// SPDX-License-Identifier: Apache-2.0
// What `check` says of good and bad configs.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

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

TEST(Check, RefusesCellsOfAWidthWithoutMeasuredLevels) {
  const TemporaryFolder folder;
  Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
  config["device"]["level_means"] = Json::array({{{"siemens", {1e-6, 5e-6}}}});

  const Outcome outcome = check(config, folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/device/level_means: has no list of 4 levels, which cells of 2 bits "
                             "need; has lists of: 2"),
            std::string::npos)
      << outcome.err;
}

TEST(Check, RefusesAgesAtWhichTheDeviceSaysNothing) {
  const TemporaryFolder folder;
  Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
  config["evaluate"]["times_s"] = {1.0, 1e6};

  const Outcome without_drift = check(config, folder.path());
  EXPECT_EQ(without_drift.exit_code, 2);
  EXPECT_NE(without_drift.err.find("/evaluate/times_s: /device has no drift"), std::string::npos)
      << without_drift.err;

  config["device"]["drift"] = {{"t0_s", 20.0}, {"nu_mean", {0.05}}, {"nu_sigma", {0.01}}};
  const Outcome too_early = check(config, folder.path());
  EXPECT_NE(
      too_early.err.find("/evaluate/times_s/0 = 1.0: must be at least /device/drift/t0_s = 20.0"),
      std::string::npos)
      << too_early.err;

  config["evaluate"]["times_s"] = {20.0, 1e6};
  const Outcome good = check(config, folder.path());
  EXPECT_EQ(good.exit_code, 0) << good.err;
}

TEST(Check, RefusesNonlinearCellsWhereTheyAreTakenAsOhmic) {
  const TemporaryFolder folder;
  Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
  config["device"]["iv"] = {{"sinh_per_v", 2.0}};

  const Outcome of_chip = check(config, folder.path());
  EXPECT_EQ(of_chip.exit_code, 2);
  EXPECT_NE(of_chip.err.find("/device/iv: /chip reckons the energy of ohmic cells"),
            std::string::npos)
      << of_chip.err;

  config.erase("chip");
  EXPECT_EQ(check(config, folder.path()).exit_code, 0);

  config["array"]["topology"] = "row_select";
  config["array"]["transistor_ohm"] = 1000;
  EXPECT_NE(check(config, folder.path())
                .err.find("/device/iv: nonlinear cells are linearized without a transistor"),
            std::string::npos);
}

TEST(Check, RefusesDigitsThatGatesCannotTake) {
  const TemporaryFolder folder;
  Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
  config["array"]["topology"] = "gate_input";
  EXPECT_EQ(check(config, folder.path()).exit_code, 0);

  config["dac"]["bits"] = 2;
  const Outcome outcome = check(config, folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/dac/bits = 2: must be 1 with /array/topology = \"gate_input\""),
            std::string::npos)
      << outcome.err;
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
  EXPECT_NE(outcome.err.find("/dac/bits = \"one\": must be an integer, is a string"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("unknown key 'kindd'"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("nearest: kind"), std::string::npos) << outcome.err;
  std::istringstream lines(outcome.err);
  int num_lines = 0;
  for (std::string line; std::getline(lines, line); ++num_lines)
    EXPECT_EQ(line.rfind("ohmweave: config.json: /", 0), 0U) << line;
  EXPECT_EQ(num_lines, 3) << outcome.err;
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

TEST(Check, RefusesAStepThatWouldTrainWeightsOffTheirLevels) {
  const std::string steps =
      R"(/compress/steps=[{"quantize": {"levels": [{"weights": "fc*", "kind": "binary"}]}}, )";
  const Outcome freed =
      check_with({steps + R"({"quantize": {"levels": [{"weights": "fc2*", "kind": "binary"}]}}])"});
  const Outcome pruned = check_with({steps + R"({"constraints": []}])"});
  const Outcome kept =
      check_with({steps + R"({"quantize": {"levels": [{"weights": "*", "kind": "binary"}]}}])"});
  const Outcome all = check_with({steps + R"({"quantize": {}}])"});

  EXPECT_EQ(freed.exit_code, 2);
  EXPECT_NE(freed.err.find("/compress/steps/1: would train fc1.weight off the levels that "
                           "/compress/steps/0 gives it"),
            std::string::npos)
      << freed.err;
  EXPECT_EQ(freed.err.find("would train fc2.weight"), std::string::npos) << freed.err;
  EXPECT_NE(pruned.err.find("would train fc2.weight"), std::string::npos) << pruned.err;
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_EQ(all.exit_code, 0) << all.err;
}

TEST(Check, FindsAllThatOtherStagesCouldNotBuild) {
  const Outcome outcome = check_with(
      {"/mapping/arrays_per_tile=3", "/dac/bits=5", "/adc/bits=10", "/array/weight_bits=4",
       "/array/bits_per_cell=2",
       R"(/compress/steps/0/constraints=[{"kind": "cardinality", "weights": "conv1.*", "keep": 501},)"
       R"( {"kind": "array_row", "weights": "fc2.*", "keep": 501, "rows": 64, "cols": 64},)"
       R"( {"kind": "array_block", "weights": "conv2.*", "keep": 9, "rows": 64, "cols": 64}])"});

  EXPECT_EQ(outcome.exit_code, 2);
  for (const char* problem :
       {"/mapping/arrays_per_tile = 3: must be at least 4, the arrays of all slices of a "
        "block (of a pair, for each sign)",
        "/dac/bits = 5: must be at most 4, the most that the row driver model",
        "/adc/bits = 10: must be at most 9: with the sign",
        "/compress/steps/0/constraints/0/keep = 501: must be at most 500, the number of weights of "
        "conv1.weight",
        "/compress/steps/0/constraints/1/keep = 501: must be at most 500, the number of rows of "
        "fc2.weight",
        "/compress/steps/0/constraints/2/keep = 9: must be at most 8, the number of arrays of "
        "conv2.weight"}) {
    EXPECT_NE(outcome.err.find(problem), std::string::npos) << problem << "\n" << outcome.err;
  }
}

TEST(Check, RefusesSettingsOfAStepWithoutEffect) {
  const Outcome outcome =
      check_with({R"(/compress/steps/0/admm/rho_by_weight=[{"weights": "nothing*", "factor": 2}])",
                  "/compress/steps/0/retrain/original_fraction=0.5"});

  EXPECT_EQ(outcome.exit_code, 2);
  for (const std::string problem :
       {"/compress/steps/0/admm/rho_by_weight/0/weights = \"nothing*\": matches no weight",
        "/compress/steps/0/retrain/original_fraction: needs /train/augment"})
    EXPECT_NE(outcome.err.find(problem), std::string::npos) << outcome.err;
}

TEST(Check, BuildsEveryConstraintOnTheNetwork) {
  const std::string step = "/compress/steps/0/constraints=";
  const Outcome pattern =
      check_with({step + R"([{"kind": "pattern", "weights": "fc1.*", "pattern_entries": 4}])"});
  const Outcome multiple = check_with(
      {step + R"([{"kind": "shape", "weights": "conv2.*", "keep": 100, "keep_multiple": 64}])"});
  const Outcome good =
      check_with({step + R"([{"kind": "pattern", "weights": "conv2.*", "pattern_entries": 4}])"});

  EXPECT_EQ(pattern.exit_code, 2);
  EXPECT_NE(pattern.err.find("quickstart.json: /compress/steps/0/constraints/0: constraint "
                             "'pattern' on fc1.weight: patterns are for the kernels of a "
                             "convolution"),
            std::string::npos)
      << pattern.err;
  EXPECT_EQ(multiple.exit_code, 2);
  EXPECT_NE(multiple.err.find("/compress/steps/0/constraints/0/keep = 100: must be a multiple of "
                              "keep_multiple = 64"),
            std::string::npos)
      << multiple.err;
  EXPECT_EQ(good.exit_code, 0) << good.err;
}

TEST(Check, CountsFiltersChannelsAndWindowInputs) {
  const Outcome beyond = check_with(
      {R"(/compress/steps/0/constraints=[{"kind": "filter", "weights": "conv2.*", "keep": 51},)"
       R"( {"kind": "channel", "weights": "conv2.*", "keep": 21},)"
       R"( {"kind": "shape", "weights": "conv2.*", "keep": 501}])"});
  const Outcome within = check_with(
      {R"(/compress/steps/0/constraints=[{"kind": "filter", "weights": "conv2.*", "keep": 50},)"
       R"( {"kind": "channel", "weights": "conv2.*", "keep": 20},)"
       R"( {"kind": "shape", "weights": "conv2.*", "keep": 500}])"});

  EXPECT_EQ(beyond.exit_code, 2);
  for (const char* problem : {"0/keep = 51: must be at most 50, the number of filters of conv2",
                              "1/keep = 21: must be at most 20, the number of channels of conv2",
                              "2/keep = 501: must be at most 500, the number of window inputs of"})
    EXPECT_NE(beyond.err.find(problem), std::string::npos) << problem << "\n" << beyond.err;
  EXPECT_EQ(within.exit_code, 0) << within.err;
}

TEST(Check, AcceptsTheLimitsThemselves) {
  const Outcome outcome = check_with(
      {"/mapping/arrays_per_tile=4", "/dac/bits=4", "/adc/bits=9", "/array/weight_bits=4",
       "/array/bits_per_cell=2",
       R"(/compress/steps/0/constraints=[{"kind": "cardinality", "weights": "conv1.*", "keep": 500},)"
       R"( {"kind": "array_row", "weights": "fc2.*", "keep": 500, "rows": 64, "cols": 64},)"
       R"( {"kind": "array_column", "weights": "fc2.*", "keep": 80, "rows": 64, "cols": 64},)"
       R"( {"kind": "array_block", "weights": "conv2.*", "keep": 8, "rows": 64, "cols": 64}])"});

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(Check, WithoutAChipAsksNothingOfTheComponentLibrary) {
  EXPECT_EQ(check_with({"/chip=null", "/dac/bits=5", "/adc/bits=12"}).exit_code, 0);
}

TEST(Check, EstimatesOnlyConvertersThatLibrariesHave) {
  const Outcome outcome = check_with({"/adc/kind=ramp"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/adc/kind = \"ramp\": must be \"sar\" with /chip"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(check_with({"/adc/kind=ramp", "/chip=null"}).exit_code, 0);
}

TEST(Check, SaysWhereRowsCannotChangeLines) {
  EXPECT_EQ(check_with({"/mapping/fault_aware=true"}).exit_code, 0);

  const Outcome outcome = check_with({"/mapping/fault_aware=true", "/array/topology=gate_input",
                                      "/array/encoding=unit_column", "/chip/functional_images=2",
                                      "/evaluate/reference_images=3"});

  EXPECT_EQ(outcome.exit_code, 2);
  const std::string rule = "/mapping/fault_aware: rows stay on their lines with ";
  for (const std::string what : {"/array/topology \"gate_input\"", "an /array/encoding other than",
                                 "/chip/functional_images", "/evaluate/reference_images"})
    EXPECT_NE(outcome.err.find(rule + what), std::string::npos) << what << "\n" << outcome.err;
  for (const std::string what : {"/chip/functional_images = 2", "/evaluate/reference_images = 3"})
    EXPECT_NE(outcome.err.find(what + ": must be 0 where"), std::string::npos) << outcome.err;
}

TEST(Check, NamesAnUnknownComponentLibrary) {
  const Outcome outcome = check_with({"/chip/preset=isac"});

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/chip/preset = \"isac\": unknown component library; allowed: isaac"),
            std::string::npos)
      << outcome.err;
}

TEST(Check, RefusesToSetBeyondTheEndOfAnArray) {
  const Outcome beyond = check_with({"/compress/steps/7/quantize={}"});
  const Outcome no_index = check_with({"/compress/steps/last/quantize={}"});
  const Outcome no_parts = check_with({"/seed/low=3"});

  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_NE(beyond.err.find("--set /compress/steps/7/quantize={}: /compress/steps is an array of "),
            std::string::npos)
      << beyond.err;
  EXPECT_NE(beyond.err.find("'7' must be an index below that"), std::string::npos) << beyond.err;
  EXPECT_EQ(no_index.exit_code, 2);
  EXPECT_NE(no_index.err.find("'last' must be an index"), std::string::npos) << no_index.err;
  EXPECT_EQ(no_parts.exit_code, 2);
  EXPECT_NE(no_parts.err.find("has no parts"), std::string::npos) << no_parts.err;
}

TEST(Check, UnknownPresetDoesNotHideOtherProblems) {
  const TemporaryFolder folder;
  const std::string config = (source_folder() / "configs/quickstart.json").string();

  const Outcome outcome = run_program(
      {"check", config, "--set", "/device/preset=foo", "--set", "/array/rows=0"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/device/preset = \"foo\": must be one of: agrawal_iedm_2022_sonos, "),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("/array/rows = 0: must be in ["), std::string::npos) << outcome.err;
}

TEST(Check, WithoutTrainingAsksWhereTheWeightsComeFrom) {
  const Outcome nothing = check_with({"/train=null", "/compress=null"});
  const Outcome drawn = check_with(
      {"/train=null", "/compress=null", "/data=null", "/evaluate=null", "/model/weights={}"});
  const Outcome sparse = check_with({"/train=null", "/compress=null", "/data=null",
                                     "/evaluate=null", "/model/sparsity_fraction=0.5"});

  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_NE(nothing.err.find("/train: is missing; it may be left out when /model says where the "
                             "weights come from (weights, sparsity_fraction, sparsity or masks)"),
            std::string::npos)
      << nothing.err;
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_EQ(sparse.exit_code, 0) << sparse.err;
}

TEST(Check, AsksForImagesWhereTheyAreNeeded) {
  const Outcome trained = check_with({"/data=null"});
  const Outcome untrained =
      check_with({"/data=null", "/train=null", "/compress=null", "/model/weights={}"});

  EXPECT_EQ(trained.exit_code, 2);
  for (const char* stage : {"training", "/compress", "/evaluate"})
    EXPECT_NE(trained.err.find("/data: is missing; " + std::string(stage) + " needs images"),
              std::string::npos)
        << trained.err;
  EXPECT_EQ(untrained.exit_code, 2);
  EXPECT_NE(untrained.err.find("/data: is missing; /evaluate needs images"), std::string::npos)
      << untrained.err;
  EXPECT_EQ(untrained.err.find("training needs images"), std::string::npos) << untrained.err;
}

TEST(Check, RefusesTwoSourcesOfWeightsOrOfSparsity) {
  const Outcome trained = check_with({"/compress=null", "/model/sparsity_fraction=0.5"});
  const Outcome pruned = check_with({"/model/sparsity_fraction=0.5"});
  const Outcome masked = check_with({"/train=null", "/compress=null", "/model/masks=m.safetensors",
                                     "/model/sparsity_fraction=0.5"});

  EXPECT_NE(trained.err.find("/train: nothing is trained, since /model says where"),
            std::string::npos)
      << trained.err;
  EXPECT_NE(pruned.err.find("/compress: /model already removes weights"), std::string::npos)
      << pruned.err;
  EXPECT_NE(
      masked.err.find(
          "/model/masks = \"m.safetensors\": must not be given with sparsity or sparsity_fraction"),
      std::string::npos)
      << masked.err;
  for (const Outcome& outcome : {trained, pruned, masked}) EXPECT_EQ(outcome.exit_code, 2);
}

TEST(Check, RefusesSparsityThatLeavesNothingOrMatchesNothing) {
  const Outcome outcome = check_with(
      {"/train=null", "/compress=null", "/model/sparsity_fraction=1",
       R"(/model/sparsity=[{"weights": "conv9.*", "fraction": 0.5}, {"weights": "*", "fraction": 2}])",
       R"(/model/weights={"kind": "file"})"});
  const Outcome pattern =
      check_with({"/train=null", "/compress=null",
                  R"(/model/sparsity=[{"weights": "conv9.*", "fraction": 0.5}])"});

  EXPECT_EQ(outcome.exit_code, 2);
  for (const char* problem :
       {"/model/sparsity_fraction = 1: must be below 1: a layer keeps some weight",
        "/model/sparsity/1/fraction = 2: must be in [0, 1]",
        "/model/weights/path: must be given for kinds \"file\" and \"archive\", and only there"})
    EXPECT_NE(outcome.err.find(problem), std::string::npos) << problem << "\n" << outcome.err;
  EXPECT_NE(pattern.err.find("/model/sparsity/0/weights = \"conv9.*\": matches no weight; the "
                             "network has conv1.weight"),
            std::string::npos)
      << pattern.err;
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
