// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "report/result.h"
#include "report/svg.h"
#include "report/svg_chip.h"
#include "report/svg_elements.h"
#include "tests/report/run_fixture.h"

namespace ohmweave::report {
namespace {

PageInput input_of(const RunFixture& fixture) {
  return read_page_input(fixture.reported(), build_result(fixture.reported()));
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(ReportPage, ShowsTheFiguresInTheirUnits) {
  const RunFixture fixture;

  const std::string page = report_page(input_of(fixture));

  const std::string config_sha256 = RunFixture::provenance().at("config_sha256");
  for (const std::string& text : std::initializer_list<std::string>{
           config_sha256, "98.62 %", "97.7x", "6,200 B", "1.00 mm²", "3.21 mW", "2.00 µJ",
           "50.0 µs", "25.0 kHz", "baseline 5.00 mm²; 80.0 % less<",
           "baseline 10.0 µJ; 5.0 % more at equal throughput", "dense: 120", "write circuits",
           "isaac_isca_2016, table I", "1.13.1", "1e-12 m^2", "seen; is of a published total",
           "busy", "Power over time"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
}

TEST(ReportPage, ShowsWhatTheReductionIsMadeOfAndWhatTheChipWouldBe) {
  const RunFixture fixture;

  const std::string page = report_page(input_of(fixture));

  for (const char* text : {"<h2>Reduction",
                           "weights over &lt;weights&gt;",
                           "10x",
                           "the product of the lines above",
                           "5 such chips fit",
                           "<b>5x</b>",
                           "<h2>Energy of a multiply-accumulate",
                           "2 TOPS/W",
                           "0.1 TOPS/mm²",
                           "1.00 pJ",
                           "A &lt;1&gt;, silicon",
                           "between A &lt;1&gt; and B",
                           "<h2>Floorplan",
                           "this chip, 1.00 mm²",
                           "tile 1, mostly fc1: 6 arrays",
                           "off-chip links",
                           "<h2>How sure the figures are",
                           "ADC 8b energy (seen)",
                           "20 % down and up",
                           "200 draws",
                           "seen 10 %, assumed 50 %",
                           "<h2>Writing the network, once",
                           "123,456",
                           "300 nJ",
                           "Not part of any figure above. a rule."})
    EXPECT_NE(page.find(text), std::string::npos) << text;
}

TEST(Floorplans, AreToScale) {
  FloorDrawing small{"small", 1, 1, 1e-6, 0.0, {{0, 0, 0.5, 0, "half"}}};
  FloorDrawing large{"large", 2, 2, 1e-6, 2e-6, {}};

  const std::string svg = floorplans({small, large});

  // 1 mm and 2 mm + 1 mm of links wide in 860 pixels, but at most 420 high: 210 px a mm.
  EXPECT_NE(svg.find("width=\"210\" height=\"210\" fill=\"#eef0f2\""), std::string::npos);
  EXPECT_NE(svg.find("width=\"420\" height=\"420\" fill=\"#eef0f2\""), std::string::npos);
  EXPECT_NE(svg.find("width=\"209\" height=\"104\" fill=\"" + colour(0)), std::string::npos)
      << "half of it is built";
  EXPECT_NE(svg.find("x=\"670\" y=\"24\" width=\"210\" height=\"420\""), std::string::npos)
      << "2 mm2 of links beside 2 mm of mesh";
}

TEST(TornadoChart, DrawsBarsFromTheLowerToTheHigherChange) {
  const std::string svg =
      tornado_chart({{"a", -0.1, 0.1, 0.0, 0.05}, {"b", 0.02, -0.02, 0.0, 0.0}});

  EXPECT_NE(svg.find("<title>-10.00 % to 10.00 %</title>"), std::string::npos);
  EXPECT_NE(svg.find("<title>2.00 % to -2.00 %</title>"), std::string::npos);
  EXPECT_EQ(tornado_chart({{"a", 0.0, 0.0, 0.0, 0.0}}), "");
}

TEST(ReportPage, NeedsNothingFromTheNetworkAndEscapesNames) {
  const RunFixture fixture;

  const std::string page = report_page(input_of(fixture));

  for (const char* text : {"http:", "https:", "<script", "src=", "@import", "url(", "<mnist>"}) {
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  }
  EXPECT_NE(page.find("lenet5 &lt;mnist&gt;"), std::string::npos);
}

TEST(ReportPage, ClosesEveryElementItOpens) {
  const RunFixture fixture;

  const std::string page = report_page(input_of(fixture));

  for (const char* tag : {"section", "table", "svg", "figure", "tr", "ul", "div"}) {
    const std::string name = tag;
    EXPECT_EQ(count_of(page, "<" + name + ">") + count_of(page, "<" + name + " "),
              count_of(page, "</" + name + ">"))
        << name;
  }
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("\"inf"), std::string::npos);
}

TEST(ReportPage, SaysWhatImagesCarriedAsDataWereComparedWith) {
  Json result = {{"chip", {{"area_m2", 1e-6}}}};
  EXPECT_EQ(chip_section(result).find("as data"), std::string::npos);
  result["functional"] = {{"images", 2}, {"equals_evaluation", nullptr}};
  EXPECT_NE(chip_section(result).find("2 images as data: drawn ones"), std::string::npos);
  result["functional"]["equals_evaluation"] = true;
  EXPECT_NE(chip_section(result).find("2 images as data: its converters' codes"),
            std::string::npos);
}

TEST(ReportPage, NamesEachPartsSourceOnce) {
  const Json part = {{"name", "tile_bus"}, {"source", "a paper"}};
  const Json parts = {{"parts", Json::array({part})}};
  PageInput input;
  input.result = {{"chip", parts}, {"baseline_chip", parts}};
  input.config = Json::object();

  const std::string html = assumptions_section(input);

  const std::size_t first = html.find("a paper");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(html.find("a paper", first + 1), std::string::npos) << html;
}

TEST(ReportPage, SaysWhatSinglePrecisionChanged) {
  Json result = {{"accuracy", {{"on_chip", {{"mean", 0.9}, {"num_chips", 1}}}}}};
  const std::string without = accuracy_section(result);
  result["accuracy"]["on_chip"]["reference"] = {{"num_images", 31},
                                                {"num_accumulators", 1200},
                                                {"differing_accumulators", 3},
                                                {"differing_classes", 1}};

  EXPECT_EQ(without.find("double precision"), std::string::npos);
  EXPECT_NE(accuracy_section(result).find(
                "31 images: 3 of 1,200 sums differ, and the classes of 1 images"),
            std::string::npos)
      << accuracy_section(result);
}

TEST(ReportPage, ShowsWhatTrainingThroughTheArraysWonBack) {
  const auto score = [](double loss, double accuracy) {
    return Json{{"loss", loss}, {"accuracy", accuracy}};
  };
  Json adaptation = {
      {"validation",
       {{"ideal", score(0.0201, 0.9946)},
        {"programmed", score(2.41, 0.0978)},
        {"rescaled", score(2.42, 0.0979)}}},
      {"layers",
       {{{"name", "fc<1>"}, {"gain", 1.0932}, {"nonzero_weights", 7336}, {"changed_codes", 0}}}}};
  const std::string fitted = adaptation_section({{"adaptation", adaptation}});
  adaptation["validation"]["adapted"] = score(0.0797, 0.977);
  adaptation["kept"] = "adapted";
  const std::string trained = adaptation_section({{"adaptation", adaptation}});
  adaptation["kept"] = "rescaled";
  const std::string undone = adaptation_section({{"adaptation", adaptation}});

  EXPECT_EQ(adaptation_section({{"accuracy", 1}}), "");
  for (const char* text : {"9.78 %", "0.0201", "fc&lt;1&gt;", "1.093", "7,336"})
    EXPECT_NE(fitted.find(text), std::string::npos) << text << "\n" << fitted;
  EXPECT_EQ(fitted.find("trained through the arrays"), std::string::npos);
  EXPECT_NE(trained.find("97.70 %"), std::string::npos);
  EXPECT_EQ(trained.find("greater loss"), std::string::npos);
  EXPECT_NE(undone.find("greater loss"), std::string::npos);
}

TEST(ReportPage, SaysHowManyArraysABlockTakes) {
  PageInput input;
  input.config = Json::object();
  input.placement = RunFixture::placement();
  input.result = {{"mapping", RunFixture::mapping()}};
  EXPECT_NE(arrays_section(input).find("a positive and a negative array for each"),
            std::string::npos);

  input.placement["geometry"]["encoding"] = "offset_column";

  EXPECT_NE(arrays_section(input).find("one array for each"), std::string::npos);
}

TEST(ReportPage, ShowsTheAccuracyAtEachAgeInUnitsOneReads) {
  const Json age = {{"mean", 0.5}, {"std", nullptr}, {"min", 0.25}, {"max", 0.75}};
  Json result = {{"accuracy", {{"on_chip", {{"mean", 0.9}, {"num_chips", 1}}}}}};
  for (const double seconds : {25.0, 3600.0, 86400.0 * 30.0, 3.15576e8}) {
    Json entry = age;
    entry["seconds"] = seconds;
    result["accuracy"]["on_chip"]["over_time"].push_back(entry);
  }

  const std::string html = accuracy_section(result);

  for (const char* text : {"25.0 s", "60 min", "30 days", "10 years", "50.00 %", "75.00 %"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
}

TEST(ReportPage, DrawsEachBlockOnceToScale) {
  const RunFixture fixture;

  const std::string html = arrays_section(input_of(fixture));

  EXPECT_EQ(count_of(html, "fill=\"#eef0f2\""), 4U);
  EXPECT_EQ(count_of(html, "conv1: 25 x 20 cells"), 4U);  // outline and content of two blocks
  EXPECT_EQ(count_of(html, "fc1: 128 x 100 cells"), 2U) << "a layer without blocks is passed over";
  EXPECT_NE(html.find("width=\"56\" height=\"28\" fill=\"" + colour(1)), std::string::npos)
      << "64 of 128 rows, all columns";
}

TEST(ReportPage, LeavesOutSectionsOfStagesThatDidNotRun) {
  const RunFixture fixture;
  const ReportedRun run{fixture.run(), RunFixture::provenance(), {"dense", "map", "report"}};

  const std::string page = report_page(read_page_input(run, build_result(run)));

  for (const char* title : {"<h2>Accuracy", "<h2>Compression", "<h2>Chip", "ADMM residuals"}) {
    EXPECT_EQ(page.find(title), std::string::npos) << title;
  }
  EXPECT_NE(page.find("<h2>Arrays"), std::string::npos);
}

TEST(ReportPage, SaysThatUntrainedWeightsAreRandomOrFromAFile) {
  const RunFixture fixture;
  for (const char* stage : {"dense", "compress"}) {
    for (const char* file : {"train.csv", "admm.csv"})
      std::filesystem::remove(fixture.run() / stage / file);
  }
  Json config = RunFixture::config();
  for (const char* section : {"data", "compress", "evaluate"}) config.erase(section);
  config["model"] = {{"kind", "vgg16_cifar"}, {"sparsity_fraction", 0.5}};
  Json compression = RunFixture::compression();
  compression.erase("storage");
  for (Json& layer : compression["layers"]) layer.erase("bits");
  write_json_atomically(fixture.run() / "compress" / "compression.json", compression);
  const ReportedRun run{
      fixture.run(), RunFixture::provenance(), {"dense", "compress", "map", "estimate", "report"}};
  const auto page_of = [&](const Json& changed) {
    write_json_atomically(fixture.run() / "config.json", changed);
    return report_page(read_page_input(run, build_result(run)));
  };

  const std::string drawn = page_of(config);
  config["model"]["weights"] = {{"kind", "file"}, {"path", "x.safetensors"}};
  const std::string read = page_of(config);

  EXPECT_NE(drawn.find("vgg16_cifar with random weights, mapped on"), std::string::npos);
  EXPECT_NE(read.find("vgg16_cifar with weights from a file, mapped on"), std::string::npos);
  config["model"]["weights"]["kind"] = "archive";
  EXPECT_EQ(page_of(config), read);
  EXPECT_NE(drawn.find("<h2>Compression"), std::string::npos);
  for (const char* absent : {"<h2>Accuracy", "<h2>Training", "Storage rule", ">Bits<", "model.owz"})
    EXPECT_EQ(drawn.find(absent), std::string::npos) << absent;
}

TEST(ReportPage, RefusesAPlacementThatIsNotTheMappings) {
  const RunFixture fixture;
  Json placement = RunFixture::placement();
  placement["blocks"][3]["node"] = 9;
  write_json_atomically(fixture.run() / "map" / "placement.json", placement);

  EXPECT_THROW(static_cast<void>(report_page(input_of(fixture))), DataError);
}

TEST(RoundTicks, EncloseTheRangeInRoundSteps) {
  EXPECT_EQ(round_ticks(0.0, 10.0, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  const std::vector<double> fine = round_ticks(0.9853, 0.9912, 6);
  EXPECT_NEAR(fine.front(), 0.985, 1e-12);
  EXPECT_NEAR(fine.back(), 0.992, 1e-12);
  EXPECT_EQ(fine.size(), 8U);
  const std::vector<double> single = round_ticks(5.0, 5.0, 4);
  EXPECT_LT(single.front(), 5.0);
  EXPECT_GT(single.back(), 5.0);
}

TEST(Legend, GivesEveryOneOfManyNamesALookOfItsOwn) {
  std::set<std::string> looks;
  for (std::size_t n = 0; n < 60; ++n) looks.insert(svg_swatch({0, 0, 12, 12}, n, ""));

  EXPECT_EQ(looks.size(), 60U);
  EXPECT_EQ(svg_swatch({0, 0, 12, 12}, 3, ""), svg_rectangle({0, 0, 12, 12}, colour(3), ""));
  const std::vector<std::string> names(60, "part");
  EXPECT_NE(legend(names).find(svg_swatch({0, 0, 12, 12}, 59, "")), std::string::npos);
  std::vector<double> shares(20, 1.0);
  EXPECT_NE(stacked_chart(std::vector<std::string>(20, "part"), {{"chip", shares, ""}})
                .find("fill=\"#ffffff\""),
            std::string::npos);
}

TEST(StackedChart, CutsABarInProportion) {
  const std::string svg = stacked_chart({"a", "b"}, {{"chip", {3.0, 1.0}, "4 J"}});

  EXPECT_NE(svg.find("a: 75.0 %"), std::string::npos);
  EXPECT_NE(svg.find("b: 25.0 %"), std::string::npos);
  EXPECT_NE(svg.find("width=\"352.5\""), std::string::npos) << "0.75 of 470 pixels";
}

TEST(LineChartSvg, LeavesOutWhatALogarithmCannotShow) {
  LineChart chart;
  chart.y_scale = AxisScale::Logarithmic;
  chart.y_text = [](double) { return std::string("t"); };
  chart.series = {{"a", {{0, 1.0}, {1, 0.0}, {2, 0.01}, {3, 0.1}}}};

  const std::string svg = line_chart(chart);

  EXPECT_EQ(count_of(svg, "<circle"), 3U);
  EXPECT_EQ(count_of(svg, "M"), 2U) << "the line is broken at the zero";
}

}  // namespace
}  // namespace ohmweave::report
