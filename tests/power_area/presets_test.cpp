// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "power_area/cost/component.h"
#include "power_area/options.h"

namespace ohmweave::power_area {
namespace {

std::vector<std::string> json_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(OHMWEAVE_SOURCE_DIR "/configs/presets/" + folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  return files;
}

TEST(Presets, EveryComponentLibraryServesEveryComponent) {
  const std::vector<std::string> files = json_files("components");
  ASSERT_FALSE(files.empty());
  Size size;
  size.bits = 4;
  for (const std::string& file : files) {
    const ComponentLibrary library = load_component_library(file);
    for (const ComponentKind& kind : component_table()) {
      if (library.leaves_out(kind.name)) continue;
      const Component c = kind.make(library, size);
      EXPECT_GT(c.area_m2, 0.0) << file << ": " << kind.name;
      if (kind.name == "crossbar_cells") continue;  // billed from conductances
      EXPECT_GT(c.energy_j, 0.0) << file << ": " << kind.name;
    }
  }
}

TEST(Presets, ComponentLibrariesLeaveOutOnlyWhatABillCanDoWithout) {
  for (const std::string& file : json_files("components")) {
    const ComponentLibrary library = load_component_library(file);
    for (const auto& [component, why] : library.left_out())
      EXPECT_TRUE(component == "line_driver" || component == "multiplexer" ||
                  component == "control")
          << file << ": " << component;
  }
}

TEST(Presets, EveryChipIsAValidSection) {
  const std::vector<std::string> files = json_files("chips");
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files)
    EXPECT_NO_THROW((void)read_config<ChipOptions>(parse_json_file(file), "/chip")) << file;
}

/// The first problem of a /chip section with one key.
std::string chip_problem(const std::string& key, const Json& value) {
  try {
    (void)read_config<ChipOptions>(Json{{key, value}}, "/chip");
  } catch (const ConfigError& error) {
    return error.problems().at(0);
  }
  return "";
}

TEST(ChipOptions, RatesAreThoseOfRealChips) {
  EXPECT_EQ(chip_problem("clock_hz", 1e15),
            "/chip/clock_hz = 1e+15: must be in [100000, 20000000000]");
  EXPECT_EQ(chip_problem("clock_hz", 1.0),
            "/chip/clock_hz = 1.0: must be in [100000, 20000000000]");
  EXPECT_EQ(chip_problem("io_bits_per_s", 1e-300),
            "/chip/io_bits_per_s = 1e-300: must be in [1000, 1e+15]");
  EXPECT_EQ(chip_problem("io_bits_per_s", 1e16),
            "/chip/io_bits_per_s = 1e+16: must be in [1000, 1e+15]");
  EXPECT_EQ(chip_problem("clock_hz", 2e10), "");
  EXPECT_EQ(chip_problem("io_bits_per_s", 1e3), "");
}

TEST(ChipOptions, TooFewInferencesAreRefusedWithTheRange) {
  try {
    (void)read_config<ChipOptions>(Json{{"num_inferences", 2}}, "/chip");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(error.problems().at(0).find("/chip/num_inferences = 2"), std::string::npos)
        << error.problems().at(0);
  }
}

}  // namespace
}  // namespace ohmweave::power_area
