// SPDX-License-Identifier: Apache-2.0
#include "inference/stages.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/artifact.h"
#include "core/error.h"
#include "core/owz.h"
#include "data/dataset.h"
#include "inference/executor.h"
#include "nn/evaluate.h"
#include "small_networks.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::inference {
namespace {

namespace fs = std::filesystem;

constexpr int kNumImages = 60;

/// Counts the chips it is told of, and stops after some of them.
class StoppingProgress final : public Progress {
 public:
  explicit StoppingProgress(int stop_after) : left_(stop_after) {}
  void step(const std::string& phase, double, double, const Json&) override {
    num_chips += phase == "chips" ? 1 : 0;
  }
  void stop_point() override {
    if (--left_ == 0) throw Interrupted("stopped");
  }
  int num_chips = 0;

 private:
  int left_;
};

/// A pooled convolution and a Linear layer with random weights, calibrated on the test images.
NetworkModel calibrated_model(const data::DataOptions& options, std::uint64_t seed) {
  Network graph;
  graph.name = "tiny";
  graph.input = {1, 28, 28};
  graph.nodes = {make_node("input", Op::Input, {}),      make_conv("conv", 0, 4, 5, 3, 0),
                 make_node("relu", Op::Relu, {1}),       make_pool("pool", Op::MaxPool2d, 2, 2),
                 make_node("flatten", Op::Flatten, {3}), make_linear("fc", 4, 10)};
  nn::GraphModule module(graph);
  nn::initialize(module, RandomStream(seed));
  module.eval();
  const data::Split split = data::load_test_data(options, 1);
  return nn::to_model(module, nn::observe_ranges(module, data::normalized(split.images)));
}

EvaluateInputs tiny_inputs() {
  EvaluateInputs inputs;
  inputs.data.num_test_images = kNumImages;
  inputs.dense = calibrated_model(inputs.data, 1);
  inputs.compressed = calibrated_model(inputs.data, 2);
  inputs.owz = encode_owz(*inputs.compressed);
  inputs.mapped = quantize(*inputs.compressed, {});
  inputs.baseline = quantize(inputs.dense, {});
  const Hardware hardware = faulty_hardware(64, 32);
  inputs.device = hardware.device;
  inputs.device.mismatch_sigma = 0.5;  // so strong that chips differ on so few images
  inputs.array = hardware.array;
  inputs.placement = simple_placement(inputs.mapped, inputs.array);
  inputs.options.num_chips = 4;
  inputs.options.num_images = 50;
  inputs.options.batch = 7;
  inputs.seed = 1;
  return inputs;
}

/// Runs the stage in `folder`; the text of both its files.
std::string run_stage(const EvaluateInputs& inputs, const fs::path& folder, Progress& progress) {
  fs::create_directories(folder / "work");
  fs::create_directories(folder / "output");
  evaluate_stage(inputs, {folder / "output", folder / "work", RandomStream(5), progress});
  return read_file(folder / "output" / "accuracy.json") +
         read_file(folder / "output" / "activity.json");
}

Json accuracy_in(const fs::path& folder) {
  return parse_json_file((folder / "output" / "accuracy.json").string());
}

TEST(EvaluateStage, WritesEveryAccuracyWithItsKey) {
  const TemporaryFolder folder;
  const EvaluateInputs inputs = tiny_inputs();
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  const Json json = accuracy_in(folder.path());
  const data::Split split = data::load_test_data(inputs.data, inputs.seed);
  nn::GraphModule dense = nn::make_module(inputs.dense);
  nn::GraphModule compressed = nn::make_module(*inputs.compressed);
  EXPECT_EQ(json["dense"], nn::evaluate(dense, split).accuracy);
  EXPECT_EQ(json["compressed"], nn::evaluate(compressed, split).accuracy);
  EXPECT_EQ(json["quantized"], json["compressed"]);  // free weights are stored as they are
  EXPECT_EQ(json["seeds"].dump(), Json::array({Json{{"seed", 1},
                                                    {"dense", json["dense"]},
                                                    {"compressed", json["compressed"]},
                                                    {"quantized", json["quantized"]}}})
                                      .dump());
  EXPECT_EQ(json["on_chip"]["num_chips"], 4);
  EXPECT_EQ(json["on_chip"]["num_images"], 50);
  EXPECT_EQ(json["on_chip"]["chips"].size(), 4U);
  EXPECT_GT(json["on_chip"]["std"], 0.0);
}

TEST(EvaluateStage, CountsTheIntegerNetworksHitsAsTheReferenceDoes) {
  const TemporaryFolder folder;
  const EvaluateInputs inputs = tiny_inputs();
  const data::Split split = data::load_test_data(inputs.data, inputs.seed);
  const torch::Tensor pixels = data::normalized(split.images).contiguous();
  int num_correct = 0;
  for (int image = 0; image < kNumImages; ++image) {
    const float* first = pixels.data_ptr<float>() + image * 784;
    const auto logits =
        run_integer_reference(inputs.mapped, quantize_input(inputs.mapped, {first, first + 784}))
            .back();
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    num_correct += best == split.labels[image].item<std::int64_t>() ? 1 : 0;
  }
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  EXPECT_EQ(accuracy_in(folder.path())["integer"], num_correct / static_cast<double>(kNumImages));
}

TEST(EvaluateStage, GivesEveryIdealChipTheIntegerAccuracy) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  const Hardware hardware = ideal_hardware(64, 32);
  inputs.device = hardware.device;
  inputs.array = hardware.array;
  inputs.options.num_images.reset();
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  const Json json = accuracy_in(folder.path());
  EXPECT_EQ(json["on_chip"]["num_images"], kNumImages);
  EXPECT_EQ(json["on_chip"]["min"], json["integer"]);
  EXPECT_EQ(json["on_chip"]["max"], json["integer"]);
}

TEST(EvaluateStage, LeavesOutWhatWasNotCompressed) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  inputs.compressed.reset();
  inputs.owz.reset();
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  const Json json = accuracy_in(folder.path());
  EXPECT_FALSE(json.contains("compressed"));
  EXPECT_FALSE(json.contains("quantized"));
  EXPECT_FALSE(json["seeds"][0].contains("compressed"));
}

/// Share of the stage's images that chip 0 gets right when read at `age`, by its last outputs.
double share_right(const EvaluateInputs& inputs, const ChipAge& age) {
  const MappedNetwork mapped{inputs.mapped, inputs.placement};
  Hardware hardware;
  hardware.device = inputs.device;
  hardware.array = inputs.array;
  const LayerProducts products =
      program_chip(mapped, hardware, {RandomStream(5), 0}, in_sequence, age);
  const data::Split split = data::load_test_data(inputs.data, inputs.seed);
  const torch::Tensor pixels = data::normalized(split.images).contiguous();
  int num_right = 0;
  const int count = *inputs.options.num_images;
  for (int image = 0; image < count; ++image) {
    const float* first = pixels.data_ptr<float>() + image * 784;
    CodeBatch batch = make_code_batch(1, inputs.mapped.network.input);
    batch.codes = quantize_input(inputs.mapped, {first, first + 784});
    const std::vector<std::int32_t> logits =
        run_network(inputs.mapped, products, batch).back().codes;
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    num_right += best == split.labels[image].item<std::int64_t>() ? 1 : 0;
  }
  return num_right / static_cast<double>(count);
}

TEST(EvaluateStage, ReadsItsChipsAgainAtEveryAge) {
  EvaluateInputs inputs = tiny_inputs();
  inputs.options.num_chips = 1;
  inputs.device.drift.emplace();
  inputs.device.drift->nu_mean = {0.08};
  inputs.device.drift->nu_sigma = {0.15};
  inputs.options.times_s = {1.0, 1e3, 1e7};
  SilentProgress progress;
  for (const bool compensates : {false, true}) {
    inputs.options.compensates_drift = compensates;
    const TemporaryFolder folder;

    (void)run_stage(inputs, folder.path(), progress);

    const Json json = accuracy_in(folder.path())["on_chip"];
    ASSERT_EQ(json["over_time"].size(), 3U);
    EXPECT_EQ(json["over_time"][0]["mean"], json["mean"]) << "nothing has drifted yet";
    std::set<double> different;
    for (std::size_t i = 0; i < 3; ++i) {
      const double seconds = inputs.options.times_s[i];
      EXPECT_EQ(json["over_time"][i]["seconds"], seconds);
      const double expected =
          share_right(inputs, {{seconds, inputs.options.temperature_k}, compensates});
      EXPECT_EQ(json["over_time"][i]["mean"], expected) << seconds << " s";
      different.insert(expected);
    }
    EXPECT_GT(different.size(), 1U) << "ages that change nothing would test nothing";
  }
}

TEST(EvaluateStage, GoesOnAfterAStopWithTheSameBytes) {
  const EvaluateInputs inputs = tiny_inputs();
  const TemporaryFolder whole;
  SilentProgress silent;
  const std::string expected = run_stage(inputs, whole.path(), silent);
  const TemporaryFolder stopped;
  StoppingProgress stops_after_two(2);

  EXPECT_THROW((void)run_stage(inputs, stopped.path(), stops_after_two), Interrupted);
  EXPECT_EQ(stops_after_two.num_chips, 2);
  EXPECT_TRUE(fs::exists(stopped.path() / "work" / "chip_1.json"));
  EXPECT_FALSE(fs::exists(stopped.path() / "work" / "chip_2.json"));
  EXPECT_EQ(run_stage(inputs, stopped.path(), silent), expected);
}

TEST(EvaluateStage, UsesTheChipsThatAreDone) {
  const EvaluateInputs inputs = tiny_inputs();
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "work");
  write_json_atomically(folder.path() / "work" / "chip_3.json",
                        Json{{"num_correct", 49}, {"over_time", Json::array()}});
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  EXPECT_EQ(accuracy_in(folder.path())["on_chip"]["chips"][3], 49.0 / 50.0);
}

TEST(EvaluateStage, GivesTheSameBytesForAnyBatchAndThreads) {
  EvaluateInputs inputs = tiny_inputs();
  const TemporaryFolder first;
  const TemporaryFolder second;
  SilentProgress progress;
  const int threads_before = at::get_num_threads();

  at::set_num_threads(1);
  const std::string one = run_stage(inputs, first.path(), progress);
  at::set_num_threads(2);
  inputs.options.batch = 16;
  const std::string two = run_stage(inputs, second.path(), progress);
  at::set_num_threads(threads_before);

  EXPECT_EQ(one, two);
}

TEST(EvaluateStage, CallsATornChipResultDamagedDataAndNamesIt) {
  for (const char* text :
       {"{\"num_corr", "[]", "{\"num_correct\": 0.5, \"over_time\": []}", "{\"num_correct\": 7}"}) {
    const TemporaryFolder folder;
    SilentProgress progress;
    fs::create_directories(folder.path() / "work");
    write_file_atomically(folder.path() / "work" / "chip_0.json", text);
    try {
      (void)run_stage(tiny_inputs(), folder.path(), progress);
      FAIL() << "accepted " << text;
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("chip_0.json: "), std::string::npos) << error.what();
    }
  }
}

/// Keeps what the stage says of its memory.
class MemoryProgress final : public Progress {
 public:
  Json memory;
  void step(const std::string& phase, double, double, const Json& details) override {
    if (phase == "memory") memory = details;
  }
  void stop_point() override {}
};

TEST(EvaluateStage, FindsFullScalesOnValidationImagesAndSaysWhatItTakes) {
  const TemporaryFolder worst_case;
  const TemporaryFolder largest;
  EvaluateInputs inputs = tiny_inputs();
  inputs.adc.bits = 3;
  MemoryProgress progress;
  const std::string before = run_stage(inputs, worst_case.path(), progress);
  inputs.adc.range = crossbar::AdcRange::Largest;
  inputs.adc.calibration_images = 10;

  EXPECT_NE(run_stage(inputs, largest.path(), progress), before);
  EXPECT_GT(progress.memory["gains_bytes"], 0);
  EXPECT_GT(progress.memory["total_bytes"], progress.memory["gains_bytes"]);
}

TEST(EvaluateStage, RefusesMoreCalibrationImagesThanThereAre) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  inputs.adc.bits = 4;
  inputs.adc.range = crossbar::AdcRange::Percentile;
  inputs.adc.calibration_images = 100000;
  SilentProgress progress;
  try {
    (void)run_stage(inputs, folder.path(), progress);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_NE(error.problems().at(0).find("/adc/calibration_images = 100000: there are only "),
              std::string::npos)
        << error.problems().at(0);
  }
}

TEST(EvaluateStage, RefusesMoreImagesThanThereAre) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  inputs.options.num_images = kNumImages + 1;
  SilentProgress progress;
  try {
    (void)run_stage(inputs, folder.path(), progress);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(
        error.problems(),
        (std::vector<std::string>{"/evaluate/num_images = 61: the test split has 60 images"}));
  }
}

TEST(EvaluateStage, CountsWhatSinglePrecisionChanges) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  inputs.options.reference_images = 31;
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  const Json json = accuracy_in(folder.path())["on_chip"]["reference"];
  EXPECT_EQ(json["num_images"], 31);
  EXPECT_EQ(json["num_accumulators"], 31 * (8 * 8 * 4 + 10));
  EXPECT_LE(json["differing_accumulators"], 3);  // codes within float rounding of an edge
  EXPECT_LE(json["differing_classes"], json["differing_logits"]);
}

TEST(EvaluateStage, RefusesMoreImagesInReferenceModeThanChipsSee) {
  const TemporaryFolder folder;
  EvaluateInputs inputs = tiny_inputs();
  inputs.options.reference_images = 51;
  SilentProgress progress;

  try {
    (void)run_stage(inputs, folder.path(), progress);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(
        error.problems(),
        (std::vector<std::string>{"/evaluate/reference_images = 51: each chip sees 50 images"}));
  }
}

TEST(EvaluateStage, ProfilesTheMappedNetworkAndTheDenseOne) {
  const TemporaryFolder folder;
  const EvaluateInputs inputs = tiny_inputs();
  SilentProgress progress;

  (void)run_stage(inputs, folder.path(), progress);

  const Json json = parse_json_file((folder.path() / "output" / "activity.json").string());
  for (const char* form : {"network", "baseline"}) {
    const Json& layers = json[form]["layers"];
    ASSERT_EQ(layers.size(), 2U) << form;
    EXPECT_EQ(layers[0]["name"], "conv");
    EXPECT_EQ(layers[0]["num_images"], kNumImages);
    EXPECT_EQ(layers[0]["windows_per_image"], 64);
    EXPECT_EQ(layers[0]["mean_square_digit"].size(), 25U);
    EXPECT_GT(layers[1]["bit_density"][0], 0.0);
  }
  EXPECT_EQ(json["network"]["layers"][0].dump(), json["baseline"]["layers"][0].dump());
  EXPECT_NE(json["network"]["layers"][1].dump(), json["baseline"]["layers"][1].dump());
}

}  // namespace
}  // namespace ohmweave::inference
