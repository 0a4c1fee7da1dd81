// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <cmath>
#include <filesystem>

#include "core/artifact.h"
#include "report/result.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

namespace fs = std::filesystem;

struct Card {
  std::string name;
  std::string value;
  std::string rest;
};

CsvTable read_csv(const fs::path& path) { return parse_csv(read_file(path), path.string()); }

/// "baseline 3.4 mm², 87 % less". Power and energy are compared at a throughput that both chips
/// reach, so that this percentage need not be the one between the two figures.
std::string against(double fraction, const std::string& baseline, const std::string& condition) {
  return "baseline " + baseline + "; " + percent_text(std::abs(fraction), 1) +
         (fraction >= 0.0 ? " less" : " more") + condition;
}

void add_accuracy_cards(const Json& result, std::vector<Card>& cards) {
  const auto mean = number_at(result, "/accuracy/on_chip/mean");
  const auto dense = number_at(result, "/accuracy/dense");
  if (mean && dense) {
    const auto std_dev = number_at(result, "/accuracy/on_chip/std");
    const auto num_chips = number_at(result, "/accuracy/on_chip/num_chips");
    cards.push_back({"Accuracy on chip", percent_text(*mean, 2),
                     "±" + percent_text(std_dev.value_or(0.0), 2) + " over " +
                         count_text(num_chips.value_or(0.0)) + " chips; dense fp32 " +
                         percent_text(*dense, 2)});
  }
}

void add_compression_cards(const Json& result, std::vector<Card>& cards) {
  if (const auto ratio = number_at(result, "/compression/weight_ratio")) {
    cards.push_back(
        {"Fewer weights", ratio_text(*ratio),
         count_text(number_at(result, "/compression/nonzero_weights").value_or(0.0)) + " of " +
             count_text(number_at(result, "/compression/dense_weights").value_or(0.0))});
  }
  if (const auto bytes = number_at(result, "/compression/storage/file_bytes")) {
    const auto ratio = number_at(result, "/compression/storage/file_ratio");
    cards.push_back({"Size of model.owz", count_text(*bytes) + " B",
                     (ratio ? ratio_text(*ratio) : std::string("not")) +
                         " smaller than the dense weights in float32"});
  }
  if (const auto arrays = number_at(result, "/mapping/arrays_needed")) {
    const auto dense = number_at(result, "/mapping/dense_arrays_needed");
    cards.push_back({"Arrays needed", count_text(*arrays),
                     dense ? "dense: " + count_text(*dense) : std::string()});
  }
}

void add_chip_cards(const Json& result, std::vector<Card>& cards) {
  struct Figure {
    const char* name;
    const char* key;
    const char* fraction;
  };
  static constexpr Figure kFigures[] = {
      {"Chip area", "area_m2", "area_fraction"},
      {"Average power", "average_power_w", "power_fraction"},
      {"Energy per inference", "energy_per_inference_j", "energy_fraction"},
      {"Latency", "latency_s", ""},
      {"Throughput", "throughput_hz", ""}};
  const std::string condition = spaced(text_at(result, "/reduction/at"));
  for (const Figure& figure : kFigures) {
    const std::string key = figure.key;
    const auto value = number_at(result, "/chip/" + key);
    if (!value) continue;
    const auto baseline = number_at(result, "/baseline_chip/" + key);
    const auto fraction =
        number_at(result, std::string("/reduction/views/whole_chip/") + figure.fraction);
    std::string rest;
    if (baseline && fraction && *figure.fraction != '\0') {
      rest = against(*fraction, figure_text(key, *baseline),
                     key == "area_m2" ? "" : " at " + condition);
    } else if (baseline) {
      rest = "baseline " + figure_text(key, *baseline);
    }
    cards.push_back({figure.name, figure_text(key, *value), rest});
  }
}

std::string summary_section(const Json& result) {
  std::vector<Card> cards;
  add_accuracy_cards(result, cards);
  add_compression_cards(result, cards);
  add_chip_cards(result, cards);
  std::string html = "<div class=\"cards\">\n";
  for (const Card& card : cards) {
    html += R"(<div class="card"><div class="name">)" + escaped(card.name) +
            "</div><div class=\"value\">" + escaped(card.value) + "</div><div class=\"rest\">" +
            escaped(card.rest) + "</div></div>\n";
  }
  html += "</div>\n";
  const std::string baseline = text_at(result, "/reduction/baseline");
  if (!baseline.empty()) {
    html += "<p class=\"note\">Baseline: " + escaped(baseline) +
            ". Power and energy are compared at " +
            escaped(spaced(text_at(result, "/reduction/at"))) +
            "; the figures of either chip are at its own throughput, so they stand in another "
            "ratio.</p>\n";
  }
  return html_section("Summary", html);
}

std::string reproducibility_section(const PageInput& input) {
  HtmlTable table{{"What", "Value"}, {}};
  for (const auto& [key, value] : value_at(input.result, "/provenance").items()) {
    if (value.is_object()) {
      for (const auto& [name, version] : value.items()) {
        std::string what = key;
        what.append(": ").append(name);
        table.rows.push_back({std::move(what), plain_text(version)});
      }
    } else {
      table.rows.push_back({key, plain_text(value)});
    }
  }
  return html_section("Reproducibility",
                      "<p class=\"note\">The same config, seed and thread count give the same "
                      "result.json, byte for byte; config.json of the run has every "
                      "default written out.</p>\n" +
                          html_of(table));
}

/// What the run is about, in one line.
std::string lead_text(const PageInput& input) {
  std::string text = text_at(input.config, "/model/kind");
  const std::string data = text_at(input.config, "/data/kind");
  if (!data.empty()) text += " on " + data;
  if (!input.dense_training) {
    const std::string weights = text_at(input.config, "/model/weights/kind");
    text += weights == "file" || weights == "archive" ? " with weights from a file"
                                                      : " with random weights";
  }
  return text + ", mapped on memristor crossbar arrays";
}

}  // namespace

PageInput read_page_input(const ReportedRun& run, const Json& result) {
  const auto read_if = [&](const char* stage, const char* file) {
    const fs::path path = run.folder / stage / file;
    return run.has(stage) && fs::exists(path) ? std::optional(read_csv(path)) : std::nullopt;
  };
  return {read_artifact(run.folder / "config.json"),
          result,
          read_artifact(run.folder / "map" / "placement.json"),
          read_if("dense", "train.csv"),
          read_if("compress", "train.csv"),
          read_if("compress", "admm.csv"),
          read_if("adapt", "train.csv"),
          read_if("estimate", "power.csv")};
}

std::string report_page(const PageInput& input) {
  const std::string name = text_at(input.config, "/name");
  const std::string title = "Ohmweave chip report: " + name;
  const std::string head =
      "<h1>" + escaped(title) + "</h1>\n<p class=\"lead\">" + escaped(lead_text(input)) + "</p>\n";
  return html_document(
      title, head + summary_section(input.result) + accuracy_section(input.result) +
                 adaptation_section(input.result) + compression_section(input.result) +
                 chip_section(input.result) + reduction_section(input.result) +
                 efficiency_section(input.result) + floorplan_section(input.result) +
                 breakdown_section(input) + sensitivity_section(input.result) +
                 reload_section(input.result) + programming_section(input.result) +
                 arrays_section(input) + training_section(input) + assumptions_section(input) +
                 not_modelled_section(input.result) + reproducibility_section(input));
}

}  // namespace ohmweave::report
