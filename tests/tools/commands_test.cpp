// SPDX-License-Identifier: Apache-2.0
// The commands that are no runs: list, solve, eval, and usage errors.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/fields.h"
#include "core/network_model.h"
#include "core/owz.h"
#include "tests/data/image_files.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

TEST(Commands, UsageErrorsExitWithTwo) {
  EXPECT_EQ(run_program({}, source_folder()).exit_code, 2);
  EXPECT_EQ(run_program({"no_such_command"}, source_folder()).exit_code, 2);
  EXPECT_EQ(run_program({"run"}, source_folder()).exit_code, 2);
  EXPECT_EQ(run_program({"check", "configs/quickstart.json", "--device", "gpu"}, source_folder())
                .exit_code,
            2);
}

TEST(Commands, DeviceIsThatOfTheEvaluatedChips) {
  const auto check = [](const char* config, std::vector<std::string> more) {
    more.insert(more.begin(), {"check", config, "--device", "cuda"});
    return run_program(more, source_folder());
  };
  const char* const quickstart = "configs/quickstart.json";

  const Outcome good = check(quickstart, {});
  const Outcome gates = check(quickstart, {"--set", "/array/topology=gate_input"});
  const Outcome none = check("configs/vgg16_cifar10_chip.json", {});
  const Outcome other = run_program({"estimate", "runs/none", "--device", "cuda"}, source_folder());

  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(Json::parse(good.out)["evaluate"]["torch_device"], "cuda");
  EXPECT_NE(gates.err.find("/evaluate/torch_device = \"cuda\": must be \"cpu\" where "
                           "/array/topology is \"gate_input\""),
            std::string::npos)
      << gates.err;
  EXPECT_NE(
      none.err.find("--device cuda: configs/vgg16_cifar10_chip.json has no section /evaluate"),
      std::string::npos)
      << none.err;
  EXPECT_NE(other.err.find("--device cuda: 'estimate' computes on the CPU"), std::string::npos)
      << other.err;
  for (const Outcome& outcome : {gates, none, other}) EXPECT_EQ(outcome.exit_code, 2);
}

TEST(Commands, AMisspeltCommandIsToldTheNearest) {
  const Outcome outcome = run_program({"chek", "configs/quickstart.json"}, source_folder());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("'chek': there is no such command; allowed: run, check, "),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("; nearest: check"), std::string::npos) << outcome.err;
}

TEST(Commands, ReportOfAFileAsksForTheFolder) {
  const Outcome outcome = run_program({"report", "README.md"}, source_folder());

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("README.md: is a file; give the folder of a run"), std::string::npos)
      << outcome.err;
}

TEST(Commands, SetIsRefusedWhereThereIsNoConfig) {
  const Outcome outcome =
      run_program({"solve", "tests/reference/ngspice_cases/one_cell.json", "--set", "/row_ohm=5"},
                  source_folder());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("'solve' reads no config"), std::string::npos) << outcome.err;
}

TEST(Commands, HelpShowsWhatACommandTakes) {
  const auto help_of = [](const char* command) {
    return run_program({command, "--help"}, source_folder()).out;
  };

  EXPECT_NE(help_of("estimate").find("--set"), std::string::npos);
  EXPECT_NE(help_of("eval").find("--threads"), std::string::npos);
  EXPECT_EQ(help_of("solve").find("--set"), std::string::npos);
  EXPECT_EQ(help_of("report").find("--threads"), std::string::npos);
  EXPECT_EQ(run_program({"schema", "--set", "/seed=1"}, source_folder()).exit_code, 2);
}

TEST(Commands, HelpAndVersionSucceed) {
  EXPECT_EQ(run_program({"--version"}, source_folder()).exit_code, 0);
  const Outcome help = run_program({"--help"}, source_folder());
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("estimate"), std::string::npos);
}

// Where the levels were measured, cells are as wide as they were there.
TEST(Commands, CheckAcceptsEveryDevicePreset) {
  const TemporaryFolder folder;
  int num_presets = 0;
  for (const auto& entry : fs::directory_iterator(source_folder() / "configs/presets/devices")) {
    if (entry.path().extension() != ".json") continue;
    Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
    config["device"] = {{"preset", entry.path().stem().string()}};
    const Json preset = parse_json_file(entry.path().string());
    if (preset.contains("level_means")) {
      const std::size_t num_levels = preset["level_means"][0]["siemens"].size();
      config["array"]["bits_per_cell"] = std::lround(std::log2(num_levels));
    }
    std::ofstream(folder.path() / "config.json") << config.dump();

    const Outcome outcome = run_program({"check", "config.json"}, folder.path());

    EXPECT_EQ(outcome.exit_code, 0) << entry.path() << ": " << outcome.err;
    ++num_presets;
  }
  EXPECT_GE(num_presets, 10);
}

TEST(Commands, DeviceFitWritesADeviceThatAConfigTakes) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "cells.csv")
      << "target_level,measured_siemens\n0,1e-6\n0,2e-6\n1,8e-6\n1,9e-6\n";

  const Outcome outcome =
      run_program({"device", "fit", "cells.csv", "-o", "mine.json"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("mine.json"), std::string::npos) << outcome.out;
  const Json device = parse_json_file((folder.path() / "mine.json").string());
  EXPECT_EQ(device["level_means"][0]["siemens"].size(), 2U);
  EXPECT_EQ(device["g_min_siemens"], 1.5e-6);
  Json config = parse_json_file((source_folder() / "configs/quickstart.json").string());
  config["device"] = device;
  config["array"]["bits_per_cell"] = 1;
  std::ofstream(folder.path() / "config.json") << config.dump();
  const Outcome inside = run_program({"check", "config.json"}, folder.path());
  EXPECT_EQ(inside.exit_code, 0) << inside.err;
  const std::string quickstart = (source_folder() / "configs/quickstart.json").string();
  for (const char* set : {"/device/preset=./mine.json", R"(/device={"file": "mine.json"})"}) {
    const Outcome named = run_program(
        {"check", quickstart, "--set", set, "--set", "/array/bits_per_cell=1"}, folder.path());
    ASSERT_EQ(named.exit_code, 0) << named.err;
    EXPECT_EQ(parse_json(named.out, set)["device"]["level_means"], device["level_means"]) << set;
  }
}

TEST(Commands, SayWhatIsWrongWithSectionsInFiles) {
  const TemporaryFolder folder;
  const std::string quickstart = (source_folder() / "configs/quickstart.json").string();
  const auto error_of = [&](const std::string& set) {
    const Outcome outcome = run_program({"check", quickstart, "--set", set}, folder.path());
    EXPECT_EQ(outcome.exit_code, 2) << set;
    return outcome.err;
  };

  EXPECT_NE(error_of("/device/preset=./none.json").find("there is no such file"),
            std::string::npos);
  EXPECT_NE(error_of(R"(/device={"file": "x.json", "read_noise": 1})")
                .find("/device: 'file' must stand alone"),
            std::string::npos);
  EXPECT_NE(error_of("seed=2").find("--set seed=2: must be /json/pointer=VALUE; nearest: /seed=2"),
            std::string::npos);
}

TEST(Commands, FilesThatAreNoConfigAreNamed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "broken.json") << "{\"seed\": }";

  const Outcome broken = run_program({"check", "broken.json"}, folder.path());
  const Outcome directory = run_program({"check", "."}, folder.path());
  const Outcome stage = run_program({"map", "broken.json"}, folder.path());

  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_NE(broken.err.find("broken.json: parse error at line 1, column 10"), std::string::npos)
      << broken.err;
  EXPECT_EQ(directory.exit_code, 3);
  EXPECT_NE(directory.err.find("Is a directory"), std::string::npos) << directory.err;
  EXPECT_EQ(stage.exit_code, 3);
  EXPECT_NE(stage.err.find("broken.json: is a file; a stage takes the folder of a run"),
            std::string::npos)
      << stage.err;
}

TEST(Commands, CountsOfThreadsAreChecked) {
  const std::string config = "configs/quickstart.json";
  for (const char* count : {"0", "two", "-1", "99999"}) {
    const Outcome outcome = run_program({"check", config, "--threads", count}, source_folder());
    EXPECT_EQ(outcome.exit_code, 2) << count;
    EXPECT_NE(outcome.err.find(std::string("'") + count + "': must be a count from 1 to 1024"),
              std::string::npos)
        << outcome.err;
  }
}

TEST(Commands, DeviceFitSaysWhatIsWrong) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "cells.csv") << "target_level,measured_siemens\n0,much\n";

  const Outcome table =
      run_program({"device", "fit", "cells.csv", "-o", "mine.json"}, folder.path());
  const Outcome model = run_program(
      {"device", "fit", "cells.csv", "-o", "mine.json", "--drift", "fast"}, folder.path());

  EXPECT_EQ(table.exit_code, 3);
  EXPECT_NE(table.err.find("cells.csv:2: measured_siemens = 'much': must be a number in [0, 1]"),
            std::string::npos)
      << table.err;
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_NE(model.err.find("--drift fast: must be one of: power_law, log_time"), std::string::npos)
      << model.err;
  EXPECT_FALSE(fs::exists(folder.path() / "mine.json"));
}

TEST(Commands, ListPrintsEveryTableAndRefusesUnknownOnes) {
  const Outcome all = run_program({"list"}, source_folder());
  const Outcome constraints = run_program({"list", "constraints"}, source_folder());
  const Outcome unknown = run_program({"list", "constraint"}, source_folder());

  for (const char* name :
       {"lenet5", "mnist", "synthetic_digits", "cardinality", "array_row", "array_column",
        "array_block", "conductance_levels", "level_grid", "traffic"}) {
    EXPECT_NE(all.out.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(constraints.out.find("lenet5"), std::string::npos);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("nearest: constraints"), std::string::npos) << unknown.err;
}

TEST(Commands, SolveReproducesNgspice) {
  const fs::path cases = source_folder() / "tests/reference/ngspice_cases";
  int num_cases = 0;
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (entry.path().extension() != ".json") continue;
    const Json expected = parse_json_file(entry.path().string());
    const Outcome outcome =
        run_program({"solve", entry.path().string(), "--json"}, source_folder());
    ASSERT_EQ(outcome.exit_code, 0) << entry.path() << outcome.err;
    const Json solved = Json::parse(outcome.out);
    double largest = 0.0;
    double difference = 0.0;
    for (std::size_t c = 0; c < expected["currents_a"].size(); ++c) {
      const auto current = expected["currents_a"][c].get<double>();
      largest = std::max(largest, std::abs(current));
      difference = std::max(difference, std::abs(current - solved["currents_a"][c].get<double>()));
    }
    EXPECT_LE(difference, 1e-9 * largest) << entry.path();
    EXPECT_FALSE(solved["method"].get<std::string>().empty());
    EXPECT_GE(solved["seconds"].get<double>(), 0.0);
    ++num_cases;
  }
  EXPECT_GE(num_cases, 16);
}

TEST(Commands, SolveNamesWhatIsWrongWithACase) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "case.json")
      << R"({"rows": 1, "cols": 1, "row_ohm": -1, "col_ohm": 0, "driver_ohm": 0, "sense_ohm": 0,)"
      << R"( "voltages_v": [0.1], "siemens": [[1e-5]]})";

  const Outcome outcome = run_program({"solve", "case.json"}, folder.path());

  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("/row_ohm = -1: must be at least 0"), std::string::npos)
      << outcome.err;
}

/// A network of one layer whose class is 0 for every image.
void write_constant_model(const fs::path& folder) {
  NetworkModel model;
  model.network.name = "constant";
  model.network.input = {3, 6, 5};
  model.network.nodes.resize(3);
  const Op ops[] = {Op::Input, Op::Flatten, Op::Linear};
  const char* const names[] = {"input", "flatten", "fc"};
  for (int i = 0; i < 3; ++i) {
    model.network.nodes[i].name = names[i];
    model.network.nodes[i].op = ops[i];
    if (i > 0) model.network.nodes[i].inputs = {i - 1};
  }
  model.network.nodes[2].out_channels = 2;
  model.network.nodes[2].has_bias = true;
  model.parameters["fc.weight"] = {{2, 90}, std::vector<float>(180, 0.0F)};
  model.parameters["fc.bias"] = {{2}, {1.0F, 0.0F}};
  write_file_atomically(folder / "model.owz", encode_owz(model));
}

TEST(Commands, EvalReadsAFolderOfImages) {
  const TemporaryFolder folder;
  write_constant_model(folder.path());
  data::write_image_folder(folder.path() / "images", {"cat", "dog"}, 3);
  data::write_cifar10(folder.path() / "cifar10");
  const auto eval = [&](const char* data) {
    return run_program({"eval", "model.owz", "--data", data, "--json"}, folder.path());
  };

  const Outcome images = eval("images");
  const Outcome cifar = eval("cifar10");
  const Outcome none = eval(".");

  EXPECT_EQ(images.exit_code, 0) << images.err;
  EXPECT_EQ(Json::parse(images.out), (Json{{"accuracy", 0.5}, {"images", 6}}));
  EXPECT_EQ(cifar.exit_code, 3);
  EXPECT_NE(cifar.err.find("cifar10: its images are 3 x 32 x 32, the network takes 3 x 6 x 5"),
            std::string::npos)
      << cifar.err;
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_NE(none.err.find("is no data set that can be read"), std::string::npos) << none.err;
}

TEST(Commands, EvalNamesAMissingModel) {
  const Outcome outcome = run_program({"eval", "none.owz", "--data", "/tmp"}, source_folder());

  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("none.owz: there is no such file"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace ohmweave::testing
