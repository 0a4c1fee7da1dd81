// SPDX-License-Identifier: Apache-2.0
// What device.h promises, for every kind of the table.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "core/error.h"
#include "crossbar/device.h"

namespace ohmweave::crossbar {
inline void PrintTo(const DeviceKind& entry, std::ostream* out) { *out << entry.name; }

namespace {

class EveryDevice : public testing::TestWithParam<DeviceKind> {
 protected:
  static DeviceOptions options() {
    DeviceOptions o;
    o.kind = GetParam().name;
    if (o.kind == "ideal") return o;
    o.stuck_on_fraction = 0.05;
    o.stuck_off_fraction = 0.05;
    o.read_noise.emplace();
    o.read_noise->fraction = 0.02;
    if (o.kind == "write_verify") {
      o.write.emplace();
      o.write->pulse_sigma = 0.3;
      o.write->cell_sigma = 0.3;
      return o;
    }
    o.mismatch_sigma = 0.1;
    o.mismatch_correlated_fraction = 0.5;
    o.mismatch_correlation_cells = 3.0;
    o.programming.emplace();
    o.programming->model = SpreadModel::FractionOfRange;
    o.programming->fraction = 0.05;
    return o;
  }
  static std::vector<int> all_levels_often() {
    std::vector<int> levels;
    for (int i = 0; i < 4000; ++i) levels.push_back(i % 8);
    return levels;
  }
};

TEST_P(EveryDevice, TargetsRiseFromTheLowestToTheHighestConductance) {
  const auto device = make_device(options());

  for (int bits = 1; bits <= 8; ++bits) {
    const int highest = (1 << bits) - 1;
    EXPECT_EQ(device->target_siemens(0, bits), options().g_min_siemens);
    EXPECT_EQ(device->target_siemens(highest, bits), options().g_max_siemens);
    for (int level = 1; level <= highest; ++level) {
      EXPECT_GT(device->target_siemens(level, bits), device->target_siemens(level - 1, bits));
    }
  }
}

TEST_P(EveryDevice, TargetsAreMeasuredLevelsWhereThereAre) {
  DeviceOptions o = options();
  o.level_means = {{{2e-6, 1e-5, 3e-5, 9e-5}}};
  const auto device = make_device(o);

  EXPECT_EQ(device->target_siemens(0, 2), 2e-6);
  EXPECT_EQ(device->target_siemens(2, 2), 3e-5);
  EXPECT_EQ(device->program_siemens({3, 0}, 2, 2, RandomStream(6)).size(), 2U);
  EXPECT_THROW((void)device->target_siemens(1, 3), ConfigError);
}

TEST_P(EveryDevice, RefusesALevelThatIsNone) {
  EXPECT_THROW((void)make_device(options())->program_siemens({0, 8}, 3, 2, RandomStream(6)),
               std::logic_error);
  EXPECT_THROW((void)make_device(options())->program_siemens({-1}, 3, 2, RandomStream(6)),
               std::logic_error);
}

TEST_P(EveryDevice, IsWrittenAndReadAgainUnchanged) {
  const auto read = read_config<DeviceOptions>(write_config(options()));

  EXPECT_EQ(write_config(read), write_config(options()));
}

TEST_P(EveryDevice, ProgramsTheSameChipAgainAndAnotherOneFromAnotherStream) {
  const auto device = make_device(options());
  const RandomStream stream(3);

  const auto first = device->program_siemens(all_levels_often(), 3, 1000, stream.child("a"));
  const auto again = device->program_siemens(all_levels_often(), 3, 1000, stream.child("a"));
  const auto other = device->program_siemens(all_levels_often(), 3, 1000, stream.child("b"));

  EXPECT_EQ(first, again);
  if (GetParam().name != "ideal") {
    EXPECT_NE(first, other);
  }
}

TEST_P(EveryDevice, CellsDependOnNoOtherCell) {
  const auto device = make_device(options());
  std::vector<int> levels = all_levels_often();
  const auto before = device->program_siemens(levels, 3, 1000, RandomStream(4));

  levels[17] = 7 - levels[17];
  levels.resize(2000);
  const auto after = device->program_siemens(levels, 3, 1000, RandomStream(4));

  ASSERT_EQ(after.size(), 2000U);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i != 17) {
      EXPECT_EQ(after[i], before[i]) << "cell " << i;
    }
  }
}

TEST_P(EveryDevice, ProgramsPositiveConductances) {
  const auto siemens =
      make_device(options())->program_siemens(all_levels_often(), 3, 1000, RandomStream(5));

  ASSERT_EQ(siemens.size(), all_levels_often().size());
  for (const double g : siemens) EXPECT_GT(g, 0.0);
}

TEST_P(EveryDevice, HasASummary) { EXPECT_GT(GetParam().summary.size(), 10U); }

INSTANTIATE_TEST_SUITE_P(Table, EveryDevice, testing::ValuesIn(device_kinds()),
                         [](const auto& entry) { return entry.param.name; });

TEST(DeviceTable, NamesAreUnique) {
  std::set<std::string> names;
  for (const Word& word : device_words()) EXPECT_TRUE(names.insert(word.name).second) << word.name;
  EXPECT_EQ(names.size(), device_kinds().size());
}

}  // namespace
}  // namespace ohmweave::crossbar
