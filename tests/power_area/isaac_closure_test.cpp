// SPDX-License-Identifier: Apache-2.0
// The published table of ISAAC (ISCA 2016) closes from its own rows, all units busy.
// Source: shafiee_isca_2016.
#include <gtest/gtest.h>

#include "core/fields.h"
#include "isaac_library.h"

namespace ohmweave::power_area {
namespace {

constexpr double kRelativeTolerance = 1e-3;

struct Total {
  double power_w = 0.0;
  double area_m2 = 0.0;
  void add(const ComponentLibrary& library, const std::string& name, double count) {
    power_w += count * library.si(name + "_power");
    area_m2 += count * library.si(name + "_area");
  }
  void add(const Total& part, double count) {
    power_w += count * part.power_w;
    area_m2 += count * part.area_m2;
  }
};

Total ima(const ComponentLibrary& library) {
  Total total;
  total.add(library, "adc", library.si("adcs_per_ima"));
  total.add(library, "row_driver", library.si("row_drivers_per_ima"));
  total.add(library, "sample_hold", library.si("sample_holds_per_ima"));
  total.add(library, "array", library.si("arrays_per_ima"));
  total.add(library, "shift_add", library.si("shift_adds_per_ima"));
  total.add(library, "input_register", 1);
  total.add(library, "output_register", 1);
  return total;
}

Total tile(const ComponentLibrary& library) {
  Total total;
  total.add(ima(library), library.si("imas_per_tile"));
  total.add(library, "edram", 1);
  total.add(library, "tile_bus", 1);
  total.add(library, "router", 1.0 / library.si("tiles_per_router"));
  total.add(library, "requantizer", library.si("requantizers_per_tile"));
  total.add(library, "accumulator", 1);
  total.add(library, "max_pool", 1);
  total.add(library, "tile_output_register", 1);
  return total;
}

/// The published figures of one level.
void expect_published(const Total& total, const char* level) {
  const Json published = parse_artifact_file(
      OHMWEAVE_SOURCE_DIR "/tests/reference/shafiee_isca_2016/totals.json")[level];
  const double power_w = published.at("power_w");
  const double area_m2 = published.at("area_m2");
  EXPECT_NEAR(total.power_w, power_w, kRelativeTolerance * power_w);
  EXPECT_NEAR(total.area_m2, area_m2, kRelativeTolerance * area_m2);
}

TEST(IsaacIsca2016, InSituMultiplyAccumulateUnitCloses) {
  expect_published(ima(isaac_library()), "ima");
}

TEST(IsaacIsca2016, TileCloses) { expect_published(tile(isaac_library()), "tile"); }

TEST(IsaacIsca2016, ChipCloses) {
  const ComponentLibrary library = isaac_library();
  Total total;

  total.add(tile(library), library.si("tiles_per_chip"));
  total.add(library, "chip_link", 1);

  expect_published(total, "chip");
}

}  // namespace
}  // namespace ohmweave::power_area
