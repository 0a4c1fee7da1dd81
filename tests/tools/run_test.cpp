// SPDX-License-Identifier: Apache-2.0
// A whole small run: its results, its cache, its repeatability, killed and resumed.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>

#include "core/artifact.h"
#include "core/fields.h"
#include "core/random.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

std::string tiny() { return (source_folder() / "tests/tools/tiny.json").string(); }

/// One complete run, made once for all tests of this file.
const fs::path& finished_run() {
  static const TemporaryFolder folder;
  static const fs::path run = [] {
    const fs::path path = folder.path() / "run";
    const Outcome outcome =
        run_program({"run", tiny(), "--out", path.string(), "--quiet"}, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return path;
  }();
  return run;
}

Json result() { return parse_json_file((finished_run() / "report/result.json").string()); }

std::string type_of(const Json& value) {
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  if (value.is_string()) return "text";
  return value.is_array() ? "list" : value.type_name();
}

/// "pointer type" of every value; * stands for the places of a list and the names of numbers.
void collect_keys(const Json& json, const std::string& pointer, std::set<std::string>& keys) {
  if (!json.is_object()) keys.insert(pointer + " " + type_of(json));
  if (!json.is_structured()) return;
  const bool has_any_name = json.is_array() || pointer == "/components/numbers";
  for (const auto& [key, value] : json.items())
    collect_keys(value, pointer + "/" + (has_any_name ? "*" : key), keys);
}

TEST(Run, WritesExactlyTheKeysOfTheResultThatAreListed) {
  std::set<std::string> listed;
  std::ifstream in(source_folder() / "tests/tools/result_keys.txt");
  for (std::string line; std::getline(in, line);) listed.insert(line);
  ASSERT_GT(listed.size(), 200U);

  std::set<std::string> written;
  collect_keys(result(), "", written);

  for (const std::string& key : listed) EXPECT_EQ(written.count(key), 1U) << "not written: " << key;
  for (const std::string& key : written) EXPECT_EQ(listed.count(key), 1U) << "not listed: " << key;
}

TEST(Run, ReportedTotalsClose) {
  const Json chip = result()["chip"];
  double area = 0.0;
  double energy = 0.0;
  double leakage = 0.0;
  for (const Json& part : chip["parts"]) {
    area += part["area_m2"].get<double>();
    energy += part["energy_j"].get<double>();
    leakage += part["leakage_w"].get<double>();
    EXPECT_FALSE(part["source"].get<std::string>().empty()) << part.dump();
  }

  constexpr double kRelative = 1e-12;
  EXPECT_NEAR(area, chip["area_m2"], kRelative * area);
  EXPECT_NEAR(energy, chip["energy_per_inference_j"], kRelative * energy);
  EXPECT_NEAR(leakage, chip["leakage_w"], kRelative * leakage);
  EXPECT_NEAR(chip["average_power_w"].get<double>(), energy * chip["throughput_hz"].get<double>(),
              kRelative * chip["average_power_w"].get<double>());
}

TEST(Run, CompressionCountsAreThoseAskedFor) {
  // conv: 20 % of 500 and of 25,000 weights kept; quantization may turn some of them to 0.
  const Json layers = result()["compression"]["layers"];

  EXPECT_LE(layers[0]["nonzero_weights"], 100);
  EXPECT_LE(layers[1]["nonzero_weights"], 5000);
  EXPECT_GT(layers[0]["nonzero_weights"], 50);
  EXPECT_EQ(result()["compression"]["dense_weights"], 430500);
}

TEST(Run, SecondIdenticalRunDoesNothing) {
  const auto before = fs::last_write_time(finished_run() / "report/result.json");

  const Outcome outcome =
      run_program({"run", tiny(), "--out", finished_run().string()}, finished_run());

  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("dense: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("report: up to date"), std::string::npos) << outcome.err;
  EXPECT_EQ(fs::last_write_time(finished_run() / "report/result.json"), before);
}

TEST(Run, ChangingTheConverterTrainsNothingAgain) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);

  const Outcome outcome =
      run_program({"run", tiny(), "--out", "run", "--set", "/adc/bits=6"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("compress: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("map: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("evaluate: done"), std::string::npos) << outcome.err;

  const Outcome compared = run_program(
      {"report", "run", "--baseline", finished_run().string(), "--format", "csv"}, folder.path());

  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_NE(compared.out.find("chip/area_m2"), std::string::npos) << compared.out;
}

TEST(Run, AdaptsToItsArraysWithoutTrainingTheRestAgain) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);
  // So much resistance that the pairs lose most of their currents.
  std::vector<std::string> arguments = {"run",   tiny(),
                                        "--out", "run",
                                        "--set", "/array/row_ohm=100",
                                        "--set", "/array/col_ohm=100",
                                        "--set", R"(/adapt={"batch": 60, "learning_rate": 1e-2})"};

  const Outcome outcome = run_program(arguments, folder.path());

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("compress: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("map: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("adapt: done"), std::string::npos) << outcome.err;
  const Json adapted = parse_json_file((folder.path() / "run/report/result.json").string());
  const Json& scores = adapted["adaptation"]["validation"];
  EXPECT_LT(scores["adapted"]["loss"].get<double>(), scores["programmed"]["loss"].get<double>());
  EXPECT_EQ(adapted["accuracy"]["integer"], result()["accuracy"]["integer"])
      << "that of the network before, on an ideal chip";
  const std::string page = read_file(folder.path() / "run/report/report.html");
  EXPECT_NE(page.find("trained through the arrays"), std::string::npos);

  // Every later command takes the adapted network's cells.
  const Outcome cells = run_program({"export", "run", "--format", "csv"}, folder.path());
  const Outcome cells_before =
      run_program({"export", finished_run().string(), "--format", "csv"}, folder.path());
  EXPECT_EQ(cells.exit_code, 0) << cells.err;
  EXPECT_TRUE(cells.out != cells_before.out);
}

TEST(Run, MeasuredLevelsOfTheDeviceChangeWeightsAndMapButNotTheDenseNetwork) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);
  std::vector<std::string> arguments = {
      "run",
      tiny(),
      "--out",
      "run",
      "--set",
      R"(/device={"g_min_siemens": 1e-6, "g_max_siemens": 1e-4, "mismatch_sigma": 0.0,
          "level_means": [{"siemens": [1e-6, 3e-6, 1e-5, 1e-4]}]})"};

  const Outcome outcome = run_program(arguments, folder.path());

  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("dense: up to date"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("compress: done"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("map: done"), std::string::npos) << outcome.err;
  const Json network = parse_json_file((folder.path() / "run/compress/network.json").string());
  EXPECT_EQ(network.at("codebooks").size(), 4U) << "levels without a common step";
  // Every sum is rounded once in the ideal chip, and once a read on the arrays.
  const Json accuracy =
      parse_json_file((folder.path() / "run/report/result.json").string()).at("accuracy");
  const double quantized = accuracy.at("quantized");
  EXPECT_NEAR(accuracy.at("integer"), quantized, 0.02);
  EXPECT_NEAR(accuracy.at("on_chip").at("mean"), quantized, 0.05);

  arguments.insert(arguments.end(), {"--set",
                                     "/compress/steps/0/quantize/levels=["
                                     R"({"kind": "conductance_levels", "weights": "*"}])"});
  const Outcome even = run_program(arguments, folder.path());

  ASSERT_EQ(even.exit_code, 0) << even.err;
  const Json lost =
      parse_json_file((folder.path() / "run/report/result.json").string()).at("accuracy");
  EXPECT_LT(lost.at("on_chip").at("mean").get<double>(),
            accuracy.at("on_chip").at("mean").get<double>());
}

TEST(Run, ReportOfAChangedConfigIsRefused) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);

  const Outcome stage =
      run_program({"estimate", "run", "--set", "/chip/clock_hz=5e8"}, folder.path());
  const Outcome report = run_program({"report", "run"}, folder.path());
  const Outcome preset = run_program(
      {"estimate", "run", "--set", "/device/preset=wan_nature_2022_neurram"}, folder.path());

  EXPECT_EQ(stage.exit_code, 0) << stage.err;
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_NE(report.err.find("is out of date"), std::string::npos) << report.err;
  EXPECT_EQ(preset.exit_code, 2);
  EXPECT_NE(preset.err.find("already holds the preset's numbers"), std::string::npos) << preset.err;
}

TEST(Run, KilledAnywhereAndRunAgainGivesTheSameBytes) {
  constexpr int kNumKills = 6;
  const std::string expected = read_file(finished_run() / "report/result.json");
  const TemporaryFolder folder;
  const RandomStream stream(2024);
  int num_killed = 0;
  for (int i = 0; i < kNumKills; ++i) {
    const double delay_s = 0.3 + 2.7 * stream.uniform(static_cast<std::uint64_t>(i));

    const Outcome killed =
        run_and_signal({"run", tiny(), "--out", "run", "--quiet"}, folder.path(), delay_s, SIGKILL);

    num_killed += killed.exit_code == 128 + SIGKILL ? 1 : 0;
  }
  const Outcome outcome = run_program({"run", tiny(), "--out", "run", "--quiet"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GT(num_killed, 0);
  EXPECT_EQ(read_file(folder.path() / "run/report/result.json"), expected);
  EXPECT_EQ(read_file(folder.path() / "run/compress/model.owz"),
            read_file(finished_run() / "compress/model.owz"));
}

TEST(Run, InterruptSavesAndSaysHowToGoOn) {
  const TemporaryFolder folder;

  const Outcome outcome =
      run_and_signal({"run", tiny(), "--out", "run", "--quiet", "--set", "/train/epochs=50"},
                     folder.path(), 3.0, SIGINT);

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("run the same command to go on"), std::string::npos) << outcome.err;
}

TEST(Run, StagesRunOneByOneAndNameWhatIsMissing) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "run");
  fs::copy(finished_run() / "config.json", folder.path() / "run/config.json");

  const Outcome early = run_program({"map", "run"}, folder.path());
  fs::copy(finished_run() / "dense", folder.path() / "run/dense", fs::copy_options::recursive);
  fs::copy(finished_run() / "compress", folder.path() / "run/compress",
           fs::copy_options::recursive);
  const Outcome late = run_program({"map", "run"}, folder.path());

  EXPECT_EQ(early.exit_code, 3);
  EXPECT_NE(early.err.find("run the stage 'dense' first"), std::string::npos) << early.err;
  EXPECT_EQ(late.exit_code, 0) << late.err;
  EXPECT_EQ(read_file(folder.path() / "run/map/placement.json"),
            read_file(finished_run() / "map/placement.json"));
}

TEST(Run, RefusesADamagedArtifact) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);
  std::ofstream(folder.path() / "run/compress/model.safetensors", std::ios::trunc) << "damaged";
  fs::remove_all(folder.path() / "run/map");

  const Outcome outcome = run_program({"run", tiny(), "--out", "run"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("model.safetensors"), std::string::npos) << outcome.err;
}

TEST(Run, RefusesDamagedSmallFilesAndNamesThem) {
  const TemporaryFolder folder;
  fs::copy(finished_run(), folder.path() / "run", fs::copy_options::recursive);
  const auto outcome_with = [&](const char* file, const char* text) {
    const std::string whole = read_file(folder.path() / "run" / file);
    std::ofstream(folder.path() / "run" / file, std::ios::trunc) << text;
    fs::remove_all(folder.path() / "run/map");
    const Outcome outcome = run_program({"map", "run"}, folder.path());
    write_file_atomically(folder.path() / "run" / file, whole);
    return outcome;
  };

  const Outcome torn_times = outcome_with("timing.json", "{\"dense\": {\"sec");
  const Outcome other_times = outcome_with("timing.json", "[1]");
  const Outcome torn_config = outcome_with("config.json", "{\"seed\": ");

  EXPECT_EQ(torn_times.exit_code, 3);
  EXPECT_NE(torn_times.err.find("timing.json: "), std::string::npos) << torn_times.err;
  EXPECT_EQ(other_times.exit_code, 3);
  EXPECT_NE(other_times.err.find("timing.json = [1]: must be an object, is an array"),
            std::string::npos)
      << other_times.err;
  EXPECT_EQ(torn_config.exit_code, 3);
  EXPECT_NE(torn_config.err.find("config.json: "), std::string::npos) << torn_config.err;
}

TEST(Run, NamesAnUnwritableFolder) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "in the way";

  const Outcome outcome = run_program({"run", tiny(), "--out", "file/run"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("file/run: cannot be created"), std::string::npos) << outcome.err;
}

TEST(Run, NamesMissingDataFilesAndWritesNothing) {
  const TemporaryFolder folder;

  const Json data = {{"kind", "mnist"}, {"path", folder.path().string()}};

  const Outcome outcome =
      run_program({"run", tiny(), "--out", "run", "--set", "/data=" + data.dump()}, folder.path());

  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("train-images-idx3-ubyte"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(folder.path() / "run/dense"));
}

TEST(Run, EvalGivesTheSameForTheArchiveAndTheTensors) {
  const char* data = std::getenv("OHMWEAVE_DATA");
  if (data == nullptr) GTEST_SKIP() << "OHMWEAVE_DATA is not set";
  const std::string mnist = std::string(data) + "/mnist";
  const auto eval = [&](const char* file) {
    return run_program(
        {"eval", (finished_run() / "compress" / file).string(), "--data", mnist, "--json"},
        finished_run());
  };

  const Outcome archive = eval("model.owz");
  const Outcome tensors = eval("model.safetensors");

  EXPECT_EQ(archive.exit_code, 0) << archive.err;
  EXPECT_EQ(archive.out, tensors.out);
  EXPECT_EQ(Json::parse(archive.out)["images"], 10000);
  EXPECT_GT(Json::parse(archive.out)["accuracy"].get<double>(), 0.1);
}

}  // namespace
}  // namespace ohmweave::testing
