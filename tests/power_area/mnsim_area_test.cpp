// SPDX-License-Identifier: Apache-2.0
// The areas that MNSIM 2.0 prints, from its numbers in our library: arrays, converters, DACs.
// Source: zhu_glsvlsi_2020 (tests/reference/zhu_glsvlsi_2020/areas.json).
#include <gtest/gtest.h>

#include "core/fields.h"
#include "power_area/cost/component.h"

namespace ohmweave::power_area {
namespace {

class MnsimAreas : public ::testing::Test {
 protected:
  [[nodiscard]] double area_um2(const std::string& name, int bits) const {
    Size size;
    size.rows = reference_.at("array_rows");
    size.cols = reference_.at("array_cols");
    size.bits = bits;
    size.has_transistor = true;
    return make_component(name, library_, size).area_m2 * 1e12;
  }
  [[nodiscard]] double array_um2() const {
    return area_um2("crossbar_cells", 1) +
           reference_.at("array_rows").get<int>() * area_um2("line_driver", 1);
  }

  const Json reference_ =
      parse_artifact_file(OHMWEAVE_SOURCE_DIR "/tests/reference/zhu_glsvlsi_2020/areas.json");
  const ComponentLibrary library_ = load_component_library(
      OHMWEAVE_SOURCE_DIR "/configs/presets/components/zhu_glsvlsi_2020.json");
};

TEST_F(MnsimAreas, OfAnArrayWithItsLineDrivers) {
  EXPECT_NEAR(array_um2(), reference_.at("array_area_um2").get<double>(), 0.5);
}

TEST_F(MnsimAreas, OfItsThreeChips) {
  const int pairs_a_tile = reference_.at("pairs_a_tile");
  const int converters = reference_.at("converters_a_pair");
  for (const Json& network : reference_.at("networks")) {
    const double pairs = network.at("tiles").get<double>() * pairs_a_tile;
    const double crossbar_um2 = network.at("crossbar_area_um2");
    const double adc_um2 = network.at("adc_area_um2");
    const double dac_um2 = network.at("dac_area_um2");
    EXPECT_NEAR(2 * pairs * array_um2(), crossbar_um2, 1e-6 * crossbar_um2) << network.at("name");
    EXPECT_NEAR(pairs * converters * area_um2("adc", 6), adc_um2, 1e-9 * adc_um2);
    EXPECT_NEAR(pairs * converters * area_um2("row_driver", 1), dac_um2, 1e-9 * dac_um2);
  }
}

}  // namespace
}  // namespace ohmweave::power_area
