// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "core/artifact.h"
#include "mapped_networks.h"
#include "mapping/map_network.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::power_area {
namespace {

class EstimateStage : public ::testing::Test {
 protected:
  const TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(EstimateStage, WritesWhatEstimateChipsSays) {
  const EstimateInputs inputs = inputs_of(one_convolution(), 1);

  estimate_stage(inputs, folder_);

  const Json written = parse_json_file((folder_ / "chip.json").string());
  EXPECT_EQ(written, estimate_chips(inputs));
  EXPECT_FALSE(written.contains("baseline_chip"));
  EXPECT_FALSE(written.contains("reduction"));
  EXPECT_TRUE(parse_json_file((folder_ / "timeline.json").string()).contains("traceEvents"));
}

mapping::Placement in_rounds(const MappedNetwork& mapped) {
  mapping::MappingOptions options;
  options.max_tiles = 1;
  options.reload = true;
  return mapping::map_network(mapped.network, mapped.placement.geometry, options);
}

TEST_F(EstimateStage, OfAChipThatIsLoadedInRoundsSaysWhatWritingCosts) {
  EstimateInputs inputs = inputs_of(lenet5(), 1);
  inputs.chip.placement = in_rounds(inputs.chip);
  const int rounds = mapping::num_rounds(inputs.chip.placement);
  ASSERT_GT(rounds, 1);

  estimate_stage(inputs, folder_);

  const Json written = parse_json_file((folder_ / "chip.json").string());
  EXPECT_EQ(written, estimate_chips(inputs));
  EXPECT_EQ(written["reload"]["rounds"], rounds);
  EXPECT_GT(written["reload"]["write_energy_per_image_j"], 0.0);
  EXPECT_FALSE(written.contains("chip"));
  EXPECT_NE(written["not_modelled"][0].get<std::string>().find(
                "/mapping/max_tiles = " + std::to_string(inputs.chip.placement.tiles.size())),
            std::string::npos);
}

TEST_F(EstimateStage, OfABaselineThatIsLoadedInRoundsComparesNothing) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.baseline = inputs_of(lenet5(), 1).chip;
  inputs.baseline->placement = in_rounds(*inputs.baseline);

  const Json json = estimate_chips(inputs);

  EXPECT_TRUE(json.contains("chip"));
  EXPECT_TRUE(json.contains("baseline_reload"));
  EXPECT_FALSE(json.contains("baseline_chip"));
  EXPECT_FALSE(json.contains("reduction"));
}

TEST_F(EstimateStage, PowerOverTimeHoldsTheEnergyOfAllInferences) {
  const EstimateInputs inputs = inputs_of(lenet5(), 4);

  estimate_stage(inputs, folder_);

  const Json chip = parse_json_file((folder_ / "chip.json").string()).at("chip");
  std::istringstream lines(read_file(folder_ / "power.csv"));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "time_s,power_w");
  std::vector<double> times_s;
  double sum_w = 0.0;
  while (std::getline(lines, line)) {
    const std::size_t comma = line.find(',');
    times_s.push_back(std::stod(line.substr(0, comma)));
    sum_w += std::stod(line.substr(comma + 1)) - chip.at("leakage_w").get<double>();
  }
  const double bin_s = times_s.at(1) - times_s.at(0);
  const double expected_j = chip.at("dynamic_energy_per_inference_j").get<double>() *
                            chip.at("inferences_simulated").get<double>();
  constexpr double kTextDigits = 1e-6;  // nine digits, summed over 400 bins
  EXPECT_NEAR(sum_w * bin_s, expected_j, kTextDigits * expected_j);
}

}  // namespace
}  // namespace ohmweave::power_area
