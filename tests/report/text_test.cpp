// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <gtest/gtest.h>

namespace ohmweave::report {
namespace {

TEST(SiText, PicksThePrefixAfterRounding) {
  EXPECT_EQ(si_text(0.00321, "W"), "3.21 mW");
  EXPECT_EQ(si_text(999.4, "Hz"), "999 Hz");
  EXPECT_EQ(si_text(999.6, "Hz"), "1.00 kHz");
  EXPECT_EQ(si_text(1e-3, "s"), "1.00 ms");
  EXPECT_EQ(si_text(0.9996e-6, "s"), "1.00 µs");
  EXPECT_EQ(si_text(4.56e-14, "J"), "45.6 fJ");
  EXPECT_EQ(si_text(9.9999e-8, "J"), "100 nJ");
  EXPECT_EQ(si_text(-12.0, "W"), "-12.0 W");
  EXPECT_EQ(si_text(0.0, "W"), "0 W");
  EXPECT_EQ(si_text(1e-30, "J"), "1e-30 J");
}

TEST(AreaText, SwitchesBetweenSquareMillimetresAndMicrometres) {
  EXPECT_EQ(area_text(85.42e-6), "85.4 mm²");
  EXPECT_EQ(area_text(1e-8), "0.0100 mm²");
  EXPECT_EQ(area_text(13120e-12), "0.0131 mm²");
  EXPECT_EQ(area_text(2500e-12), "2,500 µm²");
  EXPECT_EQ(area_text(25e-12), "25.0 µm²");
}

TEST(CountText, GroupsThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(430500), "430,500");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
}

TEST(RatioText, HasThreeDigitsAndWholeNumbersAbove) {
  EXPECT_EQ(ratio_text(60.34), "60.3x");
  EXPECT_EQ(ratio_text(1199.2), "1,199x");
  EXPECT_EQ(ratio_text(1.0), "1x");
}

TEST(FigureText, FollowsTheUnitInTheKey) {
  EXPECT_EQ(figure_text("area_m2", 1e-6), "1.00 mm²");
  EXPECT_EQ(figure_text("leakage_w", 2e-3), "2.00 mW");
  EXPECT_EQ(figure_text("energy_per_inference_j", 3e-6), "3.00 µJ");
  EXPECT_EQ(figure_text("latency_s", 4e-5), "40.0 µs");
  EXPECT_EQ(figure_text("throughput_hz", 2.5e4), "25.0 kHz");
  EXPECT_EQ(figure_text("cell_utilization_fraction", 0.1234), "12.34 %");
  EXPECT_EQ(figure_text("dense_weights", 430500), "430,500");
  EXPECT_EQ(figure_text("macs_per_inference", 2293000), "2,293,000");
  EXPECT_EQ(figure_text("ops_per_second_per_m2", 5.59e16), "55.9 Gop/s/mm²");
  EXPECT_EQ(figure_text("ops_per_second", 4.7785e11), "478 Gop/s");
}

TEST(Spaced, WritesAbbreviationsAsTheFieldDoes) {
  EXPECT_EQ(spaced("adc_8b"), "ADC 8b");
  EXPECT_EQ(spaced("edram_buffer"), "eDRAM buffer");
  EXPECT_EQ(spaced("macs_per_inference"), "MACs per inference");
  EXPECT_EQ(spaced("machine_made"), "machine made");
  EXPECT_EQ(spaced(""), "");
}

TEST(Escaped, ReplacesWhatHtmlWouldRead) {
  EXPECT_EQ(escaped("<a & 'b'>"), "&lt;a &amp; &#39;b&#39;&gt;");
}

TEST(NumberAt, TellsAbsentFromZero) {
  const Json json = {{"a", {{"b", 0.0}, {"c", nullptr}}}};

  EXPECT_EQ(number_at(json, "/a/b"), std::optional<double>(0.0));
  EXPECT_FALSE(number_at(json, "/a/c").has_value());
  EXPECT_FALSE(number_at(json, "/a/d/e").has_value());
}

}  // namespace
}  // namespace ohmweave::report
