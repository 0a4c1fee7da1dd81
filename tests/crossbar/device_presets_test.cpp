// SPDX-License-Identifier: Apache-2.0
// What configs/presets/devices/README.md promises, for every preset there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "crossbar/device.h"
#include "crossbar/drift.h"
#include "crossbar/read_noise.h"

namespace ohmweave::crossbar {
namespace {

const std::filesystem::path kRoot = OHMWEAVE_SOURCE_DIR;

std::vector<std::filesystem::path> preset_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "configs/presets/devices")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class EveryPreset : public testing::TestWithParam<std::filesystem::path> {
 protected:
  static DeviceOptions device() {
    return read_config<DeviceOptions>(parse_json_file(GetParam().string()), "/device");
  }
};

TEST_P(EveryPreset, NamesItsSourcesInTheBibliographyItsRangeAndItsStatus) {
  const std::string bibliography = read_text(kRoot / "docs/references.bib");
  const DeviceOptions o = device();

  EXPECT_TRUE(o.preset.empty());
  EXPECT_TRUE(o.validity.has_value());
  EXPECT_TRUE(o.status.has_value());
  const std::regex key("(?:^|[ (])([a-z]+_[a-z]+_(?:19|20)[0-9]{2})(?=[,;:.) ])");
  int num_keys = 0;
  for (auto found = std::sregex_iterator(o.source.begin(), o.source.end(), key);
       found != std::sregex_iterator(); ++found) {
    EXPECT_NE(bibliography.find("{" + found->str(1) + ","), std::string::npos) << found->str(1);
    ++num_keys;
  }
  EXPECT_GE(num_keys, 1) << o.source;
}

// Where levels were measured, every width is every width they were measured for.
TEST_P(EveryPreset, ProgramsDriftsAndReadsAnArrayOfEveryWidth) {
  const DeviceOptions o = device();
  const DriftTime month{2.6e6, 300.0};
  std::size_t num_widths = 0;

  for (int bits = 1; bits <= 4; ++bits) {
    if (!level_problem(o, bits).empty()) continue;
    ++num_widths;
    std::vector<int> levels;
    for (int i = 0; i < 256; ++i) levels.push_back(i % (1 << bits));
    const auto programmed = make_device(o)->program_siemens(levels, bits, 16, RandomStream(81));
    const auto later = drifted_siemens(o, programmed, month, RandomStream(81));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      EXPECT_GT(programmed[i], 0.0);
      EXPECT_GE(later[i], 0.0);
      EXPECT_LT(later[i], 2.0 * o.g_max_siemens);
      EXPECT_TRUE(std::isfinite(read_noise_variance(o, later[i])));
    }
  }
  EXPECT_EQ(num_widths, o.level_means.empty() ? 4 : o.level_means.size());
}

INSTANTIATE_TEST_SUITE_P(Folder, EveryPreset, testing::ValuesIn(preset_files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(DevicePresets, AreTenOrMore) { EXPECT_GE(preset_files().size(), 10U); }

// The fit of Joshi's Fig. 3(b) at 10 uS, in uS: -0.00178767 * 100 + 0.07585724 * 10 + 0.28638599.
TEST(DevicePresets, JoshiErrorIsThatOfTheFitByHand) {
  const auto o = read_config<DeviceOptions>(
      parse_json_file((kRoot / "configs/presets/devices/joshi_ncomms_2020_pcm.json").string()));

  EXPECT_NEAR(spread_sigma_siemens(*o.programming, o.range(), 1e-5), 0.86619139e-6, 1e-14);
}

// After 1 day the measured spread of NeuRRAM cells at half of 40 uS, 3.909 uS, is what is left of
// programming (2.023 uS after 1 s) and a day's relaxation.
TEST(DevicePresets, NeurramSpreadsAsMeasuredInADay) {
  const auto o = read_config<DeviceOptions>(parse_json_file(
      (kRoot / "configs/presets/devices/wan_nature_2022_neurram_levels.json").string()));
  const double decades = std::log10(effective_age_s(*o.drift, {86400.0, 300.0}));

  const double programming = spread_sigma_siemens(*o.programming, o.range(), 20e-6);
  const double relaxation =
      decades * interpolated(o.drift->at_siemens, o.drift->sigma_siemens_per_decade, 20e-6);

  EXPECT_NEAR(std::hypot(programming, relaxation), 3.909e-6, 0.002e-6);
}

// Means and spreads in uS of the cells of each level above the lowest, from the readings.
TEST(DevicePresets, EightLevelsOfRadarAreProgrammedAsMeasured) {
  const auto o = read_config<DeviceOptions>(
      parse_json_file((kRoot / "configs/presets/devices/le_ted_2021_hfo2_8_levels.json").string()));
  const std::vector<double> means = {86.3116,  126.9306, 152.7235, 175.3902,
                                     197.4054, 219.3008, 241.9142};
  const std::vector<double> sigmas = {3.1494, 1.5547, 0.8574, 0.8839, 1.1299, 1.0273, 4.6703};
  const int num_cells = 4096;
  const double rounding = 0.05;  // of four digits

  for (int level = 1; level < 8; ++level) {
    const double mean = means[static_cast<std::size_t>(level) - 1];
    const double sigma = sigmas[static_cast<std::size_t>(level) - 1];
    const auto cells = make_device(o)->program_siemens(std::vector<int>(num_cells, level), 3, 64,
                                                       RandomStream(82));
    double sum = 0.0;
    double sum_of_squares = 0.0;
    for (const double g : cells) {
      sum += g * 1e6 - mean;
      sum_of_squares += (g * 1e6 - mean) * (g * 1e6 - mean);
    }

    EXPECT_NEAR(sum / num_cells, 0.0, 4.0 * sigma / std::sqrt(num_cells) + rounding);
    EXPECT_NEAR(std::sqrt(sum_of_squares / num_cells), sigma,
                4.0 * sigma / std::sqrt(2.0 * num_cells) + rounding);
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
