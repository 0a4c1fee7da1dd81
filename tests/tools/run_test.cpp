// SPDX-License-Identifier: Apache-2.0
// A whole small run: its results, its cache, its repeatability, killed and resumed.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

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

TEST(Run, WritesEveryKeyOfTheResult) {
  const Json json = result();

  for (const char* pointer : {"/provenance/ohmweave_version",
                              "/provenance/config_sha256",
                              "/provenance/seed",
                              "/provenance/threads",
                              "/provenance/device",
                              "/provenance/libraries/torch",
                              "/accuracy/dense",
                              "/accuracy/compressed",
                              "/accuracy/quantized",
                              "/accuracy/on_chip/mean",
                              "/accuracy/on_chip/std",
                              "/accuracy/on_chip/min",
                              "/accuracy/on_chip/max",
                              "/accuracy/on_chip/p5",
                              "/accuracy/on_chip/num_chips",
                              "/accuracy/on_chip/num_images",
                              "/accuracy/seeds/0/seed",
                              "/compression/dense_weights",
                              "/compression/nonzero_weights",
                              "/compression/weight_ratio",
                              "/compression/mac_ratio",
                              "/compression/scopes",
                              "/compression/storage/weights_only_ratio",
                              "/compression/storage/relative_index_ratio",
                              "/compression/storage/entropy_index_ratio",
                              "/compression/storage/file_bytes",
                              "/compression/storage/file_ratio",
                              "/compression/layers/0",
                              "/mapping/arrays_needed",
                              "/mapping/arrays_duplicated",
                              "/mapping/dense_arrays_needed",
                              "/mapping/array_ratio",
                              "/mapping/cell_utilization_fraction",
                              "/chip/area_m2",
                              "/chip/energy_per_inference_j",
                              "/chip/average_power_w",
                              "/chip/peak_power_w",
                              "/chip/leakage_w",
                              "/chip/latency_s",
                              "/chip/throughput_hz",
                              "/chip/macs_per_inference",
                              "/chip/ops_per_joule",
                              "/chip/edap",
                              "/chip/parts/0/source",
                              "/chip/layers/0",
                              "/baseline_chip/area_m2",
                              "/baseline_chip/parts/0/area_m2",
                              "/reduction/at",
                              "/reduction/baseline",
                              "/reduction/views/whole_chip/area_fraction",
                              "/reduction/views/arrays_and_converters/power_fraction",
                              "/reduction/arrays_fraction"}) {
    EXPECT_TRUE(json.contains(Json::json_pointer(pointer))) << pointer;
  }
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
