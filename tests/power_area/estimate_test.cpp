// SPDX-License-Identifier: Apache-2.0
#include "power_area/estimate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "crossbar/pair.h"
#include "mapped_networks.h"
#include "power_area/chip_time.h"
#include "power_area/cost/component.h"
#include "power_area/functional_chip.h"

namespace ohmweave::power_area {
namespace {

constexpr double kClosureTolerance = 1e-12;

const Json& part(const Json& chip, const std::string& name) {
  for (const Json& entry : chip.at("parts"))
    if (entry.at("name") == name) return entry;
  throw std::logic_error("no part " + name);
}

double sum_over(const Json& entries, const char* key) {
  double sum = 0.0;
  for (const Json& entry : entries) sum += entry.at(key).get<double>();
  return sum;
}

void expect_closed(const Json& chip) {
  for (const char* view : {"parts", "layers", "tiles"}) {
    const Json& entries = chip.at(view);
    const double area_m2 = chip.at("area_m2");
    const double energy_j = chip.at("energy_per_inference_j");
    const double leakage_w = chip.at("leakage_w");
    EXPECT_NEAR(sum_over(entries, "area_m2"), area_m2, kClosureTolerance * area_m2) << view;
    EXPECT_NEAR(sum_over(entries, "energy_j"), energy_j, kClosureTolerance * energy_j) << view;
    EXPECT_NEAR(sum_over(entries, "leakage_w"), leakage_w, kClosureTolerance * leakage_w) << view;
  }
  for (const Json& entry : chip.at("parts")) EXPECT_NE(entry.at("source"), "");
}

TEST(Estimate, RefusesAccumulatorsThatSumsOverflow) {
  EstimateInputs inputs = inputs_of(lenet5(), 1);
  inputs.circuits.chip.accumulator_bits = 12;

  try {
    (void)estimate_chips(inputs);
    FAIL() << "taken";
  } catch (const ConfigError& error) {
    // Of 25 inputs of 8 bits and weights of 4 bits, at most 1 + ceil(log2(25 x 15 x 255)) = 18.
    EXPECT_EQ(error.problems().at(0).find(
                  "/chip/accumulator_bits = 12: the sums of layer 'conv1' need 1"),
              0U)
        << error.problems().at(0);
  }
}

TEST(Estimate, PartsAndLayersAddUpToTheChip) {
  const Json json = estimate_chips(inputs_of(lenet5(), 4));

  expect_closed(json.at("chip"));
  expect_closed(json.at("baseline_chip"));
}

TEST(Estimate, AResidualNetworkRunsAndCloses) {
  expect_closed(estimate_chips(inputs_of(residual(), 1)).at("chip"));
}

TEST(Estimate, ChipsOfSmallArraysRunThoughTheirMeshIsCrowded) {
  for (const int size : {16, 32, 48}) {
    EstimateInputs inputs = inputs_of(lenet5(), 1, size);

    expect_closed(estimate_chips(inputs).at("chip"));
  }
}

TEST(Estimate, AreaOfTheWholeIsTheMeshTimesItsPitch) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  const Json& floor = chip.at("floorplan");
  const double positions =
      floor.at("mesh_width").get<double>() * floor.at("mesh_height").get<double>();
  EXPECT_DOUBLE_EQ(chip.at("area_m2").get<double>(),
                   positions * floor.at("tile_area_m2").get<double>());
  EXPECT_GE(part(chip, "white_space_mesh").at("area_m2").get<double>(), -1e-20);
}

TEST(Estimate, AveragePowerIsEnergyTimesThroughputAndUnderThePeak) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  const double energy_j = chip.at("energy_per_inference_j");
  const double rate_hz = chip.at("throughput_hz");
  EXPECT_DOUBLE_EQ(chip.at("average_power_w").get<double>(), energy_j * rate_hz);
  EXPECT_NEAR(energy_j,
              chip.at("dynamic_energy_per_inference_j").get<double>() +
                  chip.at("leakage_w").get<double>() / rate_hz,
              1e-12 * energy_j);
  EXPECT_GT(chip.at("peak_power_w").get<double>(), chip.at("average_power_w").get<double>());
}

TEST(Estimate, DenseLeNetHasItsMacsAndOperationsPerJoule) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  // 24*24*25*20 + 8*8*500*50 + 800*500 + 500*10
  EXPECT_EQ(chip.at("macs_per_inference"), 288000 + 1600000 + 400000 + 5000);
  EXPECT_DOUBLE_EQ(chip.at("ops_per_joule").get<double>(),
                   2.0 * 2293000 / chip.at("energy_per_inference_j").get<double>());
}

TEST(Estimate, RemovedRowsAndColumnsMakeTheChipSmallerAndThriftier) {
  const Json json = estimate_chips(inputs_of(lenet5(), 4));

  const Json& views = json.at("reduction").at("views");
  for (const char* view : {"whole_chip", "arrays_and_converters"})
    for (const char* key : {"area_fraction", "power_fraction", "energy_fraction"}) {
      EXPECT_GT(views.at(view).at(key).get<double>(), 0.3) << view << " " << key;
      EXPECT_LT(views.at(view).at(key).get<double>(), 1.0) << view << " " << key;
    }
  const double arrays = json.at("chip").at("arrays");
  const double baseline = json.at("baseline_chip").at("arrays");
  EXPECT_DOUBLE_EQ(json.at("reduction").at("arrays_fraction").get<double>(),
                   1.0 - arrays / baseline);
}

TEST(Estimate, ThroughputOfDenseLeNetIsSetByItsFirstLayer) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  // 24 * 24 windows of 8 digits; 20 columns behind one 1.28 GS/s converter: 16 cycles a digit.
  EXPECT_NEAR(chip.at("throughput_hz").get<double>(), 1e9 / (576 * 8 * 16), 1e-6);
}

TEST(Estimate, OneConvolutionMatchesItsHandCount) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.device.mismatch_sigma = 0.0;
  inputs.circuits.chip.settling = Settling::Library;

  const Json chip = estimate_chips(inputs).at("chip");

  // 9 rows and 2 columns, 2 slices of +-, 8 one-bit digits, 16 windows: a read takes the settling
  // time of 10 cycles (two conversions take less).
  EXPECT_EQ(chip.at("layers").at(0).at("window_read_s"), 80e-9);
  const Component adc = make_component(
      "adc", inputs.library,
      Size{chip.at("layers").at(0).at("adc_bits").get<int>() + 1, 128, 128, 1.0, false});
  const double conversions = 16.0 * 8 * 2 * 2;  // windows, digits, columns, slices
  const std::string name =
      "adc_" + std::to_string(chip.at("layers").at(0).at("adc_bits").get<int>() + 1) + "b";
  EXPECT_NEAR(part(chip, name).at("dynamic_energy_j").get<double>(), conversions * adc.energy_j,
              1e-9 * conversions * adc.energy_j);
  EXPECT_EQ(part(chip, name).at("count"), 2.0);  // one a pair, a pair for each slice
  EXPECT_EQ(part(chip, "crossbar_cells").at("count"), 4.0);
  const double drives = 16.0 * 8 * 9 * 4;
  const Component driver = make_component("row_driver", inputs.library, Size{});
  EXPECT_NEAR(part(chip, "row_driver").at("dynamic_energy_j").get<double>(),
              drives * driver.energy_j, 1e-9 * drives * driver.energy_j);
}

/// V^2 * g * t over all cells of the 9 driven rows, weights or not, for measured digits.
double hand_cell_energy_j(const EstimateInputs& inputs, double mean_square_digit) {
  double siemens = 0.0;
  for (int a = 0; a < static_cast<int>(inputs.chip.placement.arrays.size()); ++a) {
    const std::vector<int> levels =
        mapping::cell_levels(inputs.chip.placement, inputs.chip.network, a);
    siemens += crossbar::program_siemens(levels, 128, 128, inputs.circuits.device,
                                         inputs.circuits.array.bits_per_cell,
                                         crossbar::array_stream(inputs.stream, 0, a))
                   .topRows(9)
                   .sum();
  }
  const double volts = inputs.circuits.array.read_voltage_v;
  return 16.0 * mean_square_digit * siemens * volts * volts * 10e-9;
}

TEST(Estimate, CellEnergyComesFromTheFrozenConductancesAndTheActivity) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.device.mismatch_sigma = 0.2;
  inputs.circuits.chip.settling = Settling::Library;
  inputs.chip.activity = {
      {"layers", {{{"name", "conv"}, {"mean_square_digit", std::vector<double>(9, 1.5)}}}}};

  const double measured =
      part(estimate_chips(inputs).at("chip"), "crossbar_cells").at("dynamic_energy_j");
  inputs.chip.activity = nullptr;
  const double assumed =
      part(estimate_chips(inputs).at("chip"), "crossbar_cells").at("dynamic_energy_j");

  const double by_hand = hand_cell_energy_j(inputs, 1.5);
  EXPECT_NEAR(measured, by_hand, 1e-9 * by_hand);
  // 8 bits, each one with probability 1/2: a mean square of 4.
  EXPECT_NEAR(assumed, by_hand * 4.0 / 1.5, 1e-9 * by_hand * 4.0);
}

/// Activity of one_convolution() with shares that are easy to multiply with.
Json sparse_activity() {
  return {{"layers",
           {{{"name", "conv"},
             {"mean_square_digit", std::vector<double>(9, 1.5)},
             {"nonzero_digit_fraction", std::vector<double>(9, 0.25)},
             {"nonzero_read_fraction", {1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.0, 0.0}},
             {"nonzero_window_fraction", 0.75}}}}};
}

TEST(Estimate, ZeroSkippingSpendsEnergyOnWhatIsNotZeroAlone) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.chip.activity = sparse_activity();
  const Json whole = estimate_chips(inputs).at("chip");
  inputs.circuits.chip.zero_skipping = true;

  const Json skipping = estimate_chips(inputs).at("chip");

  const auto ratio = [&](const std::string& name) {
    return part(skipping, name).at("dynamic_energy_j").get<double>() /
           part(whole, name).at("dynamic_energy_j").get<double>();
  };
  const std::string adc =
      "adc_" + std::to_string(whole.at("layers").at(0).at("adc_bits").get<int>() + 1) + "b";
  EXPECT_NEAR(ratio("row_driver"), 0.25, 1e-12);
  EXPECT_NEAR(ratio("sample_hold"), 5.0 / 8, 1e-12);
  EXPECT_NEAR(ratio(adc), 5.0 / 8, 1e-12);
  EXPECT_NEAR(ratio("shift_add"), 5.0 / 8, 1e-12);
  EXPECT_NEAR(ratio("output_register"), 5.0 / 8, 1e-12);
  EXPECT_NEAR(ratio("accumulator"), 0.75, 1e-12);
  EXPECT_NEAR(ratio("crossbar_cells"), 1.0, 1e-12);  // their digits are counted anyway
  EXPECT_EQ(skipping.at("latency_s"), whole.at("latency_s"));
  EXPECT_EQ(skipping.at("area_m2"), whole.at("area_m2"));
  expect_closed(skipping);
}

TEST(Estimate, ZeroSkippingCountsTheDigitsOfMappedRowsOnly) {
  EstimateInputs inputs = inputs_of(one_convolution(), 6);
  inputs.baseline.reset();
  inputs.chip.activity = sparse_activity();
  const std::vector<double> by_row = {0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.0};
  inputs.chip.activity["layers"][0]["nonzero_digit_fraction"] = by_row;
  const Json whole = estimate_chips(inputs).at("chip");
  inputs.circuits.chip.zero_skipping = true;
  const Json skipping = estimate_chips(inputs).at("chip");

  double sum = 0.0;
  double num_rows = 0.0;
  for (const mapping::Block& block : inputs.chip.placement.blocks)
    for (const int row : block.rows) {
      sum += by_row[static_cast<std::size_t>(row)];
      num_rows += 1.0;
    }
  ASSERT_GT(num_rows, 0.0);
  ASSERT_LT(num_rows, 9.0) << "no row is dead";
  EXPECT_NEAR(part(skipping, "row_driver").at("dynamic_energy_j").get<double>(),
              sum / num_rows * part(whole, "row_driver").at("dynamic_energy_j").get<double>(),
              1e-12 * part(whole, "row_driver").at("dynamic_energy_j").get<double>());
  EXPECT_NEAR(skipping.at("layers").at(0).at("nonzero_digit_fraction").get<double>(),
              sum / num_rows, 1e-12);
}

TEST(Estimate, ZeroSkippingWithoutTheCountsItNeedsIsRefused) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.chip.activity = sparse_activity();
  inputs.chip.activity["layers"][0].erase("nonzero_read_fraction");
  inputs.circuits.chip.zero_skipping = true;

  EXPECT_THROW((void)estimate_chips(inputs), DataError);
}

TEST(Estimate, ZeroSkippingOfAssumedActivityTakesIndependentBits) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.chip.assumed_bit_density = 0.1;
  const Json whole = estimate_chips(inputs).at("chip");
  inputs.circuits.chip.zero_skipping = true;
  const Json skipping = estimate_chips(inputs).at("chip");

  const auto ratio = [&](const std::string& name) {
    return part(skipping, name).at("dynamic_energy_j").get<double>() /
           part(whole, name).at("dynamic_energy_j").get<double>();
  };
  EXPECT_NEAR(ratio("row_driver"), 0.1, 1e-12);
  EXPECT_NEAR(ratio("sample_hold"), 1.0 - std::pow(0.9, 9), 1e-12);
}

TEST(Estimate, OffChipLinksAreBilledBesideTheMesh) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  const Json without = estimate_chips(inputs).at("chip");
  inputs.circuits.chip.off_chip_links = 2;

  const Json with = estimate_chips(inputs).at("chip");

  expect_closed(with);
  // 22.88 mm2 for four links; 6 x 6 x 8 bits in, 4 x 4 x 2 words of 32 bits out.
  EXPECT_NEAR(with.at("area_m2").get<double>() - without.at("area_m2").get<double>(), 22.88e-6 / 2,
              1e-15);
  const double bytes = 36 + 32 * 4;
  EXPECT_NEAR(part(with, "off_chip_link").at("dynamic_energy_j").get<double>(),
              bytes * 0.9 * 10.4 / (4 * 6.4e9), 1e-18);
}

TEST(Estimate, BuffersOfSramAreBilledAsSuch) {
  EstimateInputs inputs = inputs_of(lenet5(), 1);
  inputs.circuits.chip.buffer = "sram";

  const Json chip = estimate_chips(inputs).at("chip");

  EXPECT_GT(part(chip, "sram_buffer").at("area_m2").get<double>(), 0.0);
  EXPECT_THROW((void)part(chip, "edram_buffer"), std::logic_error);
}

TEST(Estimate, ActivityOfAnotherNetworkIsRefused) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.chip.activity = {
      {"layers", {{{"name", "conv"}, {"mean_square_digit", std::vector<double>(7, 1.0)}}}}};

  try {
    (void)estimate_chips(inputs);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "activity.json: layer conv: mean_square_digit has 7 rows, the layer's matrix has "
                 "9");
  }
}

TEST(Estimate, APlacementForOtherArraysIsRefused) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.array.rows = 64;

  try {
    (void)estimate_chips(inputs);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "placement.json: mapped to arrays of 128 x 128 cells of 2 bits, 2 slices; the "
                 "config has 64 x 128 cells of 2 bits, 2 slices: map again");
  }
}

TEST(Estimate, ConverterBitsBeyondTheModelAreAnErrorThatNamesBoth) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.adc.bits = 12;

  try {
    (void)estimate_chips(inputs);
    FAIL();
  } catch (const ConfigError& error) {
    const std::string text = error.problems().at(0);
    EXPECT_NE(text.find("13 bits"), std::string::npos) << text;
    EXPECT_NE(text.find("at most 10 bits"), std::string::npos) << text;
  }
}

TEST(Estimate, SameInputsGiveTheSameBytes) {
  EXPECT_EQ(estimate_chips(inputs_of(lenet5(), 4)).dump(),
            estimate_chips(inputs_of(lenet5(), 4)).dump());
}

TEST(ComponentLibraryPath, UnknownPresetListsTheKnownOnes) {
  try {
    (void)component_library_path("abacus", OHMWEAVE_SOURCE_DIR "/configs/presets");
    FAIL();
  } catch (const ConfigError& error) {
    const std::string text = error.problems().at(0);
    EXPECT_NE(text.find("/chip/preset = \"abacus\""), std::string::npos) << text;
    EXPECT_NE(text.find("isaac_isca_2016"), std::string::npos) << text;
  }
}

TEST(Estimate, FiguresForSweepsAreThoseOfTheReport) {
  for (const Timing timing : {Timing::Simulated, Timing::Analytic}) {
    EstimateInputs inputs = inputs_of(lenet5(), 1);
    inputs.circuits.chip.timing = timing;
    const ChipSample sample = sample_chip(inputs.chip, inputs.circuits, inputs.stream);

    const ChipFigures figures = chip_figures(inputs.chip, sample, inputs.circuits, inputs.library);

    const Json chip = estimate_chips(inputs).at("chip");
    EXPECT_EQ(chip.at("timing"), timing == Timing::Simulated ? "simulated" : "analytic");
    EXPECT_EQ(figures.area_m2, chip.at("area_m2").get<double>());
    EXPECT_EQ(figures.energy_per_inference_j, chip.at("energy_per_inference_j").get<double>());
    EXPECT_EQ(figures.peak_power_w, chip.at("peak_power_w").get<double>());
    EXPECT_EQ(figures.latency_s, chip.at("latency_s").get<double>());
    EXPECT_EQ(figures.throughput_hz, chip.at("throughput_hz").get<double>());
    EXPECT_EQ(figures.macs_per_inference, chip.at("macs_per_inference").get<std::int64_t>());
    EXPECT_EQ(figures.num_arrays, chip.at("arrays").get<int>());
  }
}

// The largest differences seen so far are 0.7 % in latency and none in throughput.
TEST(Estimate, AnalyticTimingIsWithinTwoPercentOfTheSimulationOfLenet5) {
  EstimateInputs inputs = inputs_of(lenet5(), 1);
  const Json simulated = estimate_chips(inputs).at("chip");
  inputs.circuits.chip.timing = Timing::Analytic;

  const Json analytic = estimate_chips(inputs).at("chip");

  for (const char* key : {"latency_s", "throughput_hz", "energy_per_inference_j"}) {
    const auto expected = simulated.at(key).get<double>();
    EXPECT_NEAR(analytic.at(key).get<double>(), expected, 0.02 * expected) << key;
  }
  for (const char* key : {"area_m2", "leakage_w", "macs_per_inference"})
    EXPECT_EQ(analytic.at(key), simulated.at(key)) << key;
}

TEST(Estimate, AveragePowerOverTimeIsEnergyOverTime) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  const Json& power = chip.at("power_over_time");
  const double seconds = kPowerBins * power.at("bin_s").get<double>();
  const double energy_j = chip.at("dynamic_energy_per_inference_j").get<double>() *
                          chip.at("inferences_simulated").get<double>();
  const double expected_w = chip.at("leakage_w").get<double>() + energy_j / seconds;
  EXPECT_NEAR(power.at("average_w").get<double>(), expected_w, 1e-9 * expected_w);
  EXPECT_GT(power.at("peak_w").get<double>(), power.at("average_w").get<double>());
  EXPECT_LT(power.at("peak_w").get<double>(), chip.at("peak_power_w").get<double>());
}

TEST(Estimate, StagesSayWhatTheirUnitsDid) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  for (const Json& stage : chip.at("stages")) {
    double busy_s = 0.0;
    for (const Json& unit : stage.at("units")) busy_s += unit.at("busy_s").get<double>();
    EXPECT_NEAR(busy_s / static_cast<double>(stage.at("units").size()),
                stage.at("busy_s").get<double>(), 1e-15)
        << stage.at("name");
    if (stage.at("name") != "conv2") continue;
    // 8 x 8 windows; 500 rows in 4 blocks, 50 columns, 2 slices, 8 digits.
    const Json& actions = stage.at("actions_per_inference");
    EXPECT_EQ(stage.at("windows_per_inference").get<double>(),
              64.0 * static_cast<double>(stage.at("units").size()));
    EXPECT_EQ(actions.at("row_drives").get<double>(), 64.0 * 500 * 2 * 2 * 8);
    EXPECT_EQ(actions.at("conversions").get<double>(), 64.0 * 4 * 50 * 2 * 8);
  }
}

TEST(Estimate, NamesTheStageThatSetsThePeriod) {
  const Json chip = estimate_chips(inputs_of(lenet5(), 1)).at("chip");

  // conv1 has 24 x 24 windows, the most by far.
  EXPECT_EQ(chip.at("bottleneck").at("kind"), "stage");
  EXPECT_EQ(chip.at("bottleneck").at("name"), "conv1");
  EXPECT_NEAR(chip.at("bottleneck").at("busy_fraction").get<double>(), 1.0, 0.02);
}

/// One convolution that carries two images.
EstimateInputs functional_inputs() {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.chip.functional_images = 2;
  return inputs;
}

TEST(Functional, CarriesDrawnImagesWhenNothingWasEvaluated) {
  const Json functional = estimate_chips(functional_inputs()).at("functional");

  EXPECT_EQ(functional.at("images"), 2);
  EXPECT_EQ(functional.at("input"), "drawn");
  EXPECT_EQ(functional.at("logits").at(0).size(), 2U * 4U * 4U);
  // 16 windows, 2 columns, 2 slices, 8 digits.
  EXPECT_EQ(functional.at("codes_per_image").get<double>(), 16.0 * 2 * 2 * 8);
  EXPECT_TRUE(functional.at("equals_evaluation").is_null());
}

TEST(Functional, IsNotInTheReportUnlessAskedFor) {
  EXPECT_FALSE(estimate_chips(inputs_of(one_convolution(), 1)).contains("functional"));
}

TEST(Functional, NamesTheLayerWhoseCodesAreNotThoseOfTheEvaluation) {
  EstimateInputs inputs = functional_inputs();
  const std::vector<std::int32_t> image(36, 5);
  const auto mapped = inputs.chip;
  const auto plans = plan_layers(mapped, inputs.circuits, inputs.library);
  const auto readers = program_readers(mapped, plans, inputs.circuits, inputs.stream);
  const FunctionalImages expected = simulate_images(
      mapped, plans, build_pipeline(mapped, plans, inputs.circuits), readers, {image, image});
  inputs.reference = {
      {"images", {image, image}}, {"logits", expected.logits}, {"blocks", Json::array()}};
  for (const auto& blocks : expected.blocks) {
    Json image_blocks = Json::array();
    for (const auto& block : blocks)
      image_blocks.push_back(Json::array({block.num_codes, block.digest}));
    inputs.reference["blocks"].push_back(image_blocks);
  }

  EXPECT_EQ(estimate_chips(inputs).at("functional").at("equals_evaluation"), true);

  inputs.reference["blocks"][1][0][1] = 1;
  try {
    (void)estimate_chips(inputs);
    FAIL() << "another code was not noticed";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("image 1"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("layer 'conv'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ohmweave::power_area
