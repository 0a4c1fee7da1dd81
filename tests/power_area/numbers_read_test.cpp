// SPDX-License-Identifier: Apache-2.0
// The table of component numbers says of each whether estimates read it. Here every number of every
// library is changed, and what estimates give must change exactly where the table says so.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "mapped_networks.h"
#include "power_area/chip_library.h"
#include "power_area/chip_sample.h"
#include "power_area/component_numbers.h"
#include "power_area/cost/component.h"
#include "power_area/programming.h"
#include "tests/support/error_text.h"

namespace ohmweave::power_area {
namespace {

Json number(double value, const std::string& unit) {
  return {{"value", value},
          {"unit", unit},
          {"node_nm", 32},
          {"source", "a test"},
          {"status", "assumed"}};
}

ComponentLibrary preset(const std::string& name) {
  return load_component_library(OHMWEAVE_SOURCE_DIR "/configs/presets/components/" + name +
                                ".json");
}

/// Everything that an estimate may ask of a library, under all settings that choose between its
/// numbers.
class EveryFigure {
 public:
  EveryFigure() {
    for (const crossbar::Topology topology :
         {crossbar::Topology::Passive, crossbar::Topology::RowSelect})
      for (const char* buffer : {"edram", "sram"})
        for (const char* adc_model : {"table", "survey", "point"}) {
          Circuits circuits;
          circuits.array.rows = 16;
          circuits.array.cols = 16;
          circuits.array.topology = topology;
          circuits.array.row_ohm = 2.0;  // or capacitances would not matter
          circuits.array.col_ohm = 2.0;
          circuits.arrays_per_tile = 4;
          circuits.adc.bits = 3;  // with a sign what every converter model covers
          circuits.chip.timing = Timing::Analytic;
          circuits.chip.buffer = buffer;
          circuits.chip.adc_model = adc_model;
          circuits.chip.off_chip_links = 1;
          circuits_.push_back(circuits);
        }
    mapped_ = map_random(residual(), 1, circuits_.front());
    sample_ = sample_chip(mapped_, circuits_.front(), RandomStream(1));
  }

  [[nodiscard]] std::vector<double> of(const ComponentLibrary& library) const {
    std::vector<double> figures;
    for (const Circuits& circuits : circuits_) {
      const ChipFigures chip = chip_figures(mapped_, sample_, circuits, library);
      figures.insert(figures.end(), {chip.area_m2, chip.dynamic_energy_j, chip.leakage_w,
                                     chip.peak_power_w, chip.latency_s, chip.throughput_hz});
    }
    const Programming written =
        program_network(mapped_, circuits_.front(), library, RandomStream(1));
    figures.insert(figures.end(), {written.energy_j, written.time_s, written.endurance});
    Size size;
    for (size.bits = 1; size.bits <= kMostAdcBits; ++size.bits) {
      try {
        const Component adc = make_component("adc", library, size);
        figures.insert(figures.end(), {adc.area_m2, adc.leakage_w, adc.energy_j});
      } catch (const ConfigError&) {
        break;  // more bits than the library has
      }
    }
    return figures;
  }

 private:
  std::vector<Circuits> circuits_;
  MappedNetwork mapped_;
  ChipSample sample_;
};

void expect_read_as_the_table_says(const ComponentLibrary& library) {
  const EveryFigure every_figure;
  const std::vector<double> before = every_figure.of(library);
  for (const auto& [key, record] : library.records()) {
    bool is_read = false;
    try {
      is_read = every_figure.of(library.with_factors({{key, 0.5}})) != before;
    } catch (const ConfigError&) {
      is_read = true;  // half the bits are too few
    }
    EXPECT_EQ(is_read, why_unread(library, key).empty())
        << library.name() << ": " << key << " " << why_unread(library, key);
  }
}

TEST(NumbersRead, OfThePresetsAreThoseOfTheTable) {
  for (const char* name : {"isaac_isca_2016", "logic_22nm", "zhu_glsvlsi_2020"})
    expect_read_as_the_table_says(preset(name));
}

/// Every component with area, leakage, energy and power, cells with an area of their own.
TEST(NumbersRead, OfALibraryThatDescribesEverythingDirectlyAreNotPowers) {
  ComponentLibrary library = preset("isaac_isca_2016");
  for (const NumberKey& key : number_keys()) {
    if (library.contains(key.name) || key.name.rfind("adc_", 0) == 0) continue;
    if (key.dimension == Dimension::Area)
      library = library.with_number(key.name, number(1.0, "um2"), "");
    if (key.dimension == Dimension::Power)
      library = library.with_number(key.name, number(1.0, "uW"), "");
    if (key.dimension == Dimension::Energy)
      library = library.with_number(key.name, number(1.0, "pJ"), "");
    if (key.dimension == Dimension::Ratio)
      library = library.with_number(key.name, number(0.1, "1"), "");
  }
  expect_read_as_the_table_says(library);

  library = library.with_number("adc_leakage_share", number(0.1, "1"), "");
  EXPECT_FALSE(why_unread(library, "leakage_share").empty());
  expect_read_as_the_table_says(library);
}

TEST(NumbersRead, AreToldFromTheOthersInTheListOfAResult) {
  const Json numbers =
      estimate_chips(inputs_of(one_convolution(), 1)).at("components").at("numbers");

  EXPECT_EQ(numbers.at("tiles_per_chip").at("unread"),
            "is part of a published table and changes no estimate; what is read is the tiles of "
            "the mapped network");
  EXPECT_FALSE(numbers.at("router_area").contains("unread"));
}

/// The least and the most that a number may be.
std::vector<double> ends_of(const SiRange& range) {
  return {range.low_excluded ? std::numeric_limits<double>::min() : range.low,
          range.high_excluded ? std::nextafter(range.high, range.low) : range.high};
}

TEST(NumbersRead, GiveFiniteFiguresAtTheEndsOfTheirRanges) {
  const EveryFigure every_figure;
  for (const char* name : {"isaac_isca_2016", "logic_22nm", "zhu_glsvlsi_2020"}) {
    const ComponentLibrary library = preset(name);
    for (const auto& [key, record] : library.records())
      for (const double si : ends_of(find_number_key(key)->allowed)) {
        Json moved = number(si / unit_factor(record.unit), record.unit);
        if (number_problem(*find_number_key(key), moved["value"], record.unit))
          continue;  // rounded
        try {
          for (const double figure : every_figure.of(library.with_number(key, moved, "")))
            EXPECT_TRUE(std::isfinite(figure) && figure >= 0.0) << name << ": " << key << " " << si;
        } catch (const ConfigError&) {  // bits or rates that a converter model does not cover
          EXPECT_EQ(key.rfind("adc_", 0), 0U) << key;
        }
      }
  }
}

class ChipLibrary : public ::testing::Test {
 protected:
  [[nodiscard]] static std::string problem(const std::string& preset_name, const std::string& name,
                                           double value, const std::string& unit) {
    ChipOptions options;
    options.preset = preset_name;
    options.components.numbers[name] = {value, unit, 22.0, "ours", "assumed", {}};
    return error_text<ConfigError>([&] {
      static_cast<void>(load_chip_library(options, OHMWEAVE_SOURCE_DIR "/configs/presets"));
    });
  }
};

TEST_F(ChipLibrary, RefusesNumbersThatOthersGoBefore) {
  EXPECT_EQ(problem("logic_22nm", "requantizer_power", 1.0, "mW"),
            "/chip/components/requantizer_power: is not read: requantizer_energy, "
            "requantizer_leakage of component library 'logic_22nm' go before it");
  EXPECT_EQ(problem("isaac_isca_2016", "requantizer_power", 1.0, "mW"), "no error");
}

TEST_F(ChipLibrary, RefusesHalfAConverter) {
  EXPECT_EQ(problem("isaac_isca_2016", "adc_11b_energy", 3.0, "pJ"),
            "/chip/components/adc_11b_energy: is read only beside adc_11b_area, which is missing");
}

}  // namespace
}  // namespace ohmweave::power_area
