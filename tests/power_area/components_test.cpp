// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "isaac_library.h"
#include "power_area/cost/adc.h"
#include "power_area/cost/analog.h"
#include "power_area/cost/digital.h"

namespace ohmweave::power_area {
namespace {

Size with_bits(int bits) {
  Size size;
  size.bits = bits;
  return size;
}

TEST(Adc, EnergyAndLeakageAddUpToThePublishedConversion) {
  const ComponentLibrary library = isaac_library();

  const Component eight = adc(library, with_bits(8));

  EXPECT_NEAR(eight.energy_j + eight.leakage_w / library.si("adc_rate"), 1.67e-12, 1e-24);
  EXPECT_NEAR(eight.area_m2, 1200e-12, 1e-22);
}

TEST(Adc, MoreBitsThanTheModelCoversIsAnErrorThatNamesBoth) {
  try {
    (void)adc(isaac_library(), with_bits(11));
    FAIL();
  } catch (const ConfigError& error) {
    const std::string text = error.problems().at(0);
    EXPECT_NE(text.find("converters of 11 bits (sign included)"), std::string::npos) << text;
    EXPECT_NE(text.find("at most 10 bits"), std::string::npos) << text;
  }
}

TEST(Adc, TheMostBitsOfALibraryCanBeBuilt) {
  const ComponentLibrary library = isaac_library();

  EXPECT_EQ(most_adc_bits(library, "table"), 10);
  EXPECT_NO_THROW((void)adc(library, with_bits(10)));
  EXPECT_EQ(most_adc_bits(ComponentLibrary(), "table"), 0);
  EXPECT_THROW((void)adc(ComponentLibrary(), with_bits(0)), ConfigError);
}

TEST(Adc, FewerBitsThanCoveredAreBuiltWithTheLeastAndSaySo) {
  const Component three = adc(isaac_library(), with_bits(3));
  const Component four = adc(isaac_library(), with_bits(4));

  EXPECT_EQ(three.area_m2, four.area_m2);
  EXPECT_NE(three.source.find("derived: 3 bits needed, built with the least covered, 4"),
            std::string::npos)
      << three.source;
}

TEST(CrossbarCells, BareCellsTakeFourSquareFeatures) {
  const Component cells = crossbar_cells(isaac_library(), Size{});

  EXPECT_NEAR(cells.area_m2, 128 * 128 * 4 * 32e-9 * 32e-9, 1e-20);
}

TEST(CrossbarCells, AccessTransistorsTakeTwelveTimesTheArea) {
  Size size;
  size.has_transistor = true;

  EXPECT_NEAR(crossbar_cells(isaac_library(), size).area_m2 /
                  crossbar_cells(isaac_library(), Size{}).area_m2,
              12.0, 1e-12);
}

TEST(RowDriver, MoreThanFourBitsIsAnErrorThatNamesTheRange) {
  try {
    (void)row_driver(isaac_library(), with_bits(5));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().at(0), "/dac/bits = 5: the row driver model covers 1 to 4 bits");
  }
}

TEST(RowDriver, TheMostBitsCanBeBuilt) {
  EXPECT_EQ(row_driver(isaac_library(), with_bits(most_driver_bits())).name, "row_driver");
}

TEST(EdramBuffer, SixtyFourKilobytesLeakAndSpendThePublishedNumbers) {
  Size size;
  size.bytes = 65536;

  const Component buffer = edram_buffer(isaac_library(), size);

  EXPECT_NEAR(buffer.area_m2, 83000e-12, 1e-20);
  EXPECT_NEAR(buffer.leakage_w, 2.07e-3, 1e-12);
  EXPECT_NEAR(buffer.energy_j * kFlitBytes, 20.45e-12, 1e-22);
}

}  // namespace
}  // namespace ohmweave::power_area
