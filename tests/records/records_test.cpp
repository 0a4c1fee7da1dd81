// SPDX-License-Identifier: Apache-2.0
// Every folder in results/ (or in $OHMWEAVE_RESULTS): its files are there, its archives decode, and
// what they give is what its result.json says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "core/artifact.h"
#include "core/owz.h"
#include "core/progress.h"
#include "core/quantized_network.h"
#include "core/random.h"
#include "core/storage.h"
#include "data/dataset.h"
#include "inference/stages.h"
#include "mapping/map_network.h"
#include "nn/evaluate.h"
#include "tests/tools/program.h"

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

constexpr double kMostImagesApart = 2.0;  // another BLAS rounds otherwise
constexpr int kMostChips = 2;

fs::path results_folder() {
  const char* other = std::getenv("OHMWEAVE_RESULTS");
  return other != nullptr ? fs::path(other) : source_folder() / "results";
}

std::vector<std::string> record_names() {
  std::vector<std::string> names;
  if (!fs::exists(results_folder())) return names;
  for (const auto& entry : fs::directory_iterator(results_folder())) {
    if (entry.is_directory() && entry.path().extension() != ".partial")
      names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Record : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] static fs::path folder() { return results_folder() / GetParam(); }

  [[nodiscard]] static Json result() {
    return parse_artifact_file((folder() / "result.json").string());
  }

  /// The record's config with every default, as `ohmweave check` prints it.
  [[nodiscard]] static Json resolved_config() {
    const Outcome outcome =
        run_program({"check", (folder() / "config.json").string()}, source_folder());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.exit_code == 0 ? Json::parse(outcome.out) : Json();
  }

  /// Bytes of the archive of the seed at place `i` of the list.
  [[nodiscard]] static std::string archive(std::size_t i, const Json& seed) {
    return read_file(i == 0 ? folder() / "model.owz"
                            : folder() / "seeds" / ("seed_" + seed["seed"].dump() + ".owz"));
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Record);

/// The accuracy of what the archive holds, of a whole run or of one seed.
double final_accuracy(const Json& accuracy) {
  return accuracy.at(accuracy.contains("quantized") ? "quantized" : "compressed").get<double>();
}

bool has_data() { return std::getenv("OHMWEAVE_DATA") != nullptr; }

void expect_images_near(double recorded, double found, std::int64_t num_images) {
  EXPECT_LE(std::abs(found - recorded) * static_cast<double>(num_images), kMostImagesApart + 1e-6)
      << "recorded " << recorded << ", found " << found;
}

TEST_P(Record, HoldsItsFiles) {
  for (const char* file : {"config.json", "model.owz", "result.json", "REPRODUCE.md"}) {
    ASSERT_TRUE(fs::is_regular_file(folder() / file)) << folder() / file;
    EXPECT_GT(fs::file_size(folder() / file), 0U) << folder() / file;
  }
  const Json seeds = result()["accuracy"]["seeds"];
  ASSERT_GE(seeds.size(), 1U);
  EXPECT_EQ(result()["accuracy"]["mean"]["num_seeds"], seeds.size());
  EXPECT_EQ(parse_json_file((folder() / "config.json").string())["seed"], seeds[0]["seed"]);
  std::size_t num_archives = 0;
  if (fs::exists(folder() / "seeds")) {
    for (const auto& entry : fs::directory_iterator(folder() / "seeds"))
      num_archives += entry.path().extension() == ".owz" ? 1 : 0;
  }
  EXPECT_EQ(num_archives, seeds.size() - 1);
}

TEST_P(Record, MeansAreThoseOfTheSeeds) {
  const Json accuracy = result()["accuracy"];
  double dense = 0.0;
  double loss = 0.0;
  for (const Json& seed : accuracy["seeds"]) {
    dense += seed["dense"].get<double>();
    loss += seed["dense"].get<double>() - final_accuracy(seed);
  }
  const auto num_seeds = static_cast<double>(accuracy["seeds"].size());
  constexpr double kRounding = 1e-12;
  EXPECT_NEAR(accuracy["mean"]["dense"].get<double>(), dense / num_seeds, kRounding);
  EXPECT_NEAR(accuracy["mean"]["loss"].get<double>(), loss / num_seeds, kRounding);
}

TEST_P(Record, CompressionIsThatOfTheArchives) {
  const Json recorded = result();
  const Json seeds = recorded["accuracy"]["seeds"];
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::string bytes = archive(i, seeds[i]);
    const Json found =
        compression_summary(decode_owz(bytes, GetParam()), static_cast<std::int64_t>(bytes.size()));
    if (i == 0) {
      EXPECT_EQ(found.dump(2), recorded["compression"].dump(2));
    }
    EXPECT_EQ(found["nonzero_weights"], seeds[i]["nonzero_weights"]) << seeds[i];
    EXPECT_EQ(found["weight_ratio"], seeds[i]["weight_ratio"]) << seeds[i];
    EXPECT_EQ(bytes.size(), seeds[i]["file_bytes"]) << seeds[i];
  }
}

TEST_P(Record, AccuracyIsThatOfTheArchives) {
  if (!has_data()) GTEST_SKIP() << "OHMWEAVE_DATA is not set";
  const Json config = resolved_config();
  ASSERT_TRUE(config.is_object());
  const auto options = read_config<data::DataOptions>(config["data"], "/data");
  const Json seeds = result()["accuracy"]["seeds"];
  EXPECT_EQ(final_accuracy(result()["accuracy"]), final_accuracy(seeds[0]));
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    SCOPED_TRACE("seed " + seeds[i]["seed"].dump());
    nn::GraphModule module =
        nn::make_module(decode_owz(archive(i, seeds[i]), GetParam() + ", seed"));

    const nn::Score score =
        nn::evaluate(module, data::load_test_data(options, seeds[i]["seed"].get<std::uint64_t>()));

    if (options.kind == "mnist") {
      EXPECT_EQ(score.num_images, 10000);
    }
    expect_images_near(final_accuracy(seeds[i]), score.accuracy, score.num_images);
  }
}

/// The first seed's network: graph, ranges and scales from network.json, weights from the archive.
NetworkModel network_on_chip(const fs::path& record) {
  const TemporaryFolder folder;
  save_network_model(decode_owz(read_file(record / "model.owz"), "model.owz"), folder.path());
  fs::copy_file(record / "network.json", folder.path() / "network.json",
                fs::copy_options::overwrite_existing);
  return load_network_model(folder.path());
}

QuantizationOptions quantization_of(const Json& config) {
  return {config["array"]["weight_bits"].get<int>(), config["activations"]["bits"].get<int>(),
          config["activations"]["range"] == "max" ? ActivationRangeKind::Max
                                                  : ActivationRangeKind::Percentile};
}

/// What the stage `evaluate` takes, for the first chips of the record on the images it used.
inference::EvaluateInputs chip_inputs(const fs::path& record, const Json& config,
                                      const Json& on_chip) {
  inference::EvaluateInputs inputs;
  inputs.dense = network_on_chip(record);  // the dense network is not in the record, nor compared
  inputs.mapped = quantize(inputs.dense, quantization_of(config));
  inputs.baseline = inputs.mapped;
  inputs.device = read_config<crossbar::DeviceOptions>(config["device"], "/device");
  inputs.array = read_config<crossbar::ArrayOptions>(config["array"], "/array");
  inputs.adc = read_config<crossbar::AdcOptions>(config["adc"], "/adc");
  inputs.dac = read_config<crossbar::DacOptions>(config["dac"], "/dac");
  inputs.placement = mapping::map_network(
      inputs.mapped,
      {inputs.array.rows, inputs.array.cols, inputs.array.num_slices(), inputs.array.bits_per_cell,
       inputs.array.rows_active, inputs.array.encoding, inputs.array.slice_bits},
      read_config<mapping::MappingOptions>(config["mapping"], "/mapping"));
  inputs.data = read_config<data::DataOptions>(config["data"], "/data");
  inputs.options = read_config<inference::EvaluateOptions>(config["evaluate"], "/evaluate");
  inputs.options.num_chips = std::min(kMostChips, on_chip["num_chips"].get<int>());
  inputs.options.num_images = on_chip["num_images"].get<int>();
  inputs.options.activity_images = 1;
  inputs.seed = config["seed"].get<std::uint64_t>();
  return inputs;
}

TEST_P(Record, ChipsAreThoseOfTheResult) {
  const Json accuracy = result()["accuracy"];
  if (!accuracy.contains("on_chip")) return;
  if (!has_data()) GTEST_SKIP() << "OHMWEAVE_DATA is not set";
  const Json config = resolved_config();
  ASSERT_TRUE(config.is_object());
  ASSERT_TRUE(fs::exists(folder() / "network.json")) << "its ranges are needed";
  const TemporaryFolder temporary;
  fs::create_directories(temporary.path() / "work");
  fs::create_directories(temporary.path() / "output");
  const inference::EvaluateInputs inputs = chip_inputs(folder(), config, accuracy["on_chip"]);
  SilentProgress progress;

  inference::evaluate_stage(inputs, {temporary.path() / "output", temporary.path() / "work",
                                     RandomStream(inputs.seed), progress});

  const Json found = parse_json_file((temporary.path() / "output/accuracy.json").string());
  const std::int64_t num_images = data::load_test_data(inputs.data, inputs.seed).images.size(0);
  expect_images_near(accuracy["integer"], found["integer"].get<double>(), num_images);
  EXPECT_EQ(found["on_chip"]["chips"].size(), static_cast<std::size_t>(inputs.options.num_chips));
  for (std::size_t chip = 0; chip < found["on_chip"]["chips"].size(); ++chip) {
    SCOPED_TRACE("chip " + std::to_string(chip));
    expect_images_near(accuracy["on_chip"]["chips"][chip],
                       found["on_chip"]["chips"][chip].get<double>(), *inputs.options.num_images);
  }
}

INSTANTIATE_TEST_SUITE_P(Results, Record, ::testing::ValuesIn(record_names()),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

}  // namespace
}  // namespace ohmweave::testing
