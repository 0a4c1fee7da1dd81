// SPDX-License-Identifier: Apache-2.0
// Sections about what was gained and what it is worth: the reduction and its causes, the energy of
// a multiply-accumulate among published chips.
#include <algorithm>

#include "report/page.h"
#include "report/svg.h"
#include "report/svg_chip.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

std::string percent_at(const Json& json, const char* pointer) {
  const auto value = number_at(json, pointer);
  return value ? percent_text(*value, 1) : "-";
}

std::string ratio_at(const Json& json, const char* pointer) {
  const auto value = number_at(json, pointer);
  return value ? ratio_text(*value) : "-";
}

HtmlTable views_table(const Json& reduction) {
  HtmlTable table{{"What is compared", "Area", "Power", "Energy", "Dynamic energy"}, {}};
  for (const auto& [view, fractions] : value_at(reduction, "/views").items())
    table.rows.push_back({spaced(view), percent_at(fractions, "/area_fraction"),
                          percent_at(fractions, "/power_fraction"),
                          percent_at(fractions, "/energy_fraction"),
                          percent_at(fractions, "/dynamic_energy_fraction")});
  return table;
}

HtmlTable ratios_table(const Json& result) {
  const Json& ratios = value_at(result, "/reduction/ratios");
  return {{"Weights that are not 0 in cells", "Occupied arrays", "Chip area", "Chip power",
           "Cells in use, before", "after"},
          {{ratio_at(ratios, "/weights_ratio"), ratio_at(ratios, "/occupied_arrays_ratio"),
            ratio_at(ratios, "/chip_area_ratio"), ratio_at(ratios, "/chip_power_ratio"),
            percent_at(result, "/mapping/dense_cell_utilization_fraction"),
            percent_at(result, "/mapping/cell_utilization_fraction")}}};
}

/// The factors of area and power side by side; their last lines are the products.
std::string factors_table(const Json& area, const Json& power) {
  const Json& factors = value_at(area, "/factors");
  if (!factors.is_array()) return "";
  HtmlTable table{{"Factor", "Of the area", "Of the power", "What it is"}, {}};
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const std::string at = "/factors/" + std::to_string(i);
    table.rows.push_back(
        {spaced(text_at(area, at + "/name")), ratio_at(area, (at + "/ratio").c_str()),
         ratio_at(power, (at + "/ratio").c_str()), text_at(area, at + "/meaning")});
  }
  table.rows.push_back({"all together", ratio_at(area, "/total_ratio"),
                        ratio_at(power, "/total_ratio"), "the product of the lines above"});
  std::string html = html_of(table);
  return html.replace(0, std::string("<table>").size(), "<table class=\"last-words\">");
}

std::string equal_area_text(const Json& equal) {
  const auto copies = number_at(equal, "/copies");
  if (!copies) return "";
  return "<p>At equal area, " + escaped(count_text(*copies)) +
         (*copies == 1.0 ? " such chip fits" : " such chips fit") + " where the baseline was: <b>" +
         escaped(ratio_at(equal, "/throughput_ratio")) + "</b> its throughput (" +
         escaped(si_text(number_at(equal, "/throughput_hz").value_or(0.0), "Hz")) + ") at " +
         escaped(si_text(number_at(equal, "/average_power_w").value_or(0.0), "W")) + ", with " +
         escaped(si_text(number_at(equal, "/energy_per_inference_j").value_or(0.0), "J")) +
         " an inference.</p>\n";
}

std::string paper_view_text(const Json& view) {
  if (!view.is_object()) return "";
  return "<h3>The accounting of papers on pruning</h3>\n<p class=\"note\">Baseline: " +
         escaped(text_at(view, "/baseline")) + ". Both are priced with the converter model \"" +
         escaped(text_at(view, "/adc_model")) + "\".</p>\n" +
         factors_table(value_at(view, "/area_factors"), value_at(view, "/power_factors"));
}

std::vector<ScaleRow> scale_rows(const Json& result) {
  std::vector<ScaleRow> rows;
  const auto add = [&rows](const std::string& label, const std::optional<double>& value,
                           bool is_marked) {
    if (value && *value > 0.0) rows.push_back({label, *value, is_marked});
  };
  for (const Json& chip : value_at(result, "/chip/efficiency/published"))
    add(text_at(chip, "/name") + ", " + text_at(chip, "/what"),
        number_at(chip, "/energy_per_bit_product_j"), false);
  add("this chip", number_at(result, "/chip/efficiency/energy_per_bit_product_j"), true);
  add("dense baseline", number_at(result, "/baseline_chip/efficiency/energy_per_bit_product_j"),
      true);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ScaleRow& a, const ScaleRow& b) { return a.value < b.value; });
  return rows;
}

std::string cause_bars(const Json& result) {
  std::vector<std::string> names;
  for (const Json& cause : value_at(result, "/chip/efficiency/causes"))
    names.push_back(text_at(cause, "/name"));
  for (const Json& cause : value_at(result, "/baseline_chip/efficiency/causes")) {
    const std::string name = text_at(cause, "/name");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::vector<StackedBar> bars;
  const auto add = [&](const char* label, const char* chip) {
    const Json& efficiency = value_at(result, std::string(chip) + "/efficiency");
    const auto total = number_at(efficiency, "/energy_per_mac_j");
    if (!total) return;
    StackedBar bar{label, std::vector<double>(names.size(), 0.0), si_text(*total, "J")};
    for (const Json& cause : value_at(efficiency, "/causes")) {
      const auto at = std::find(names.begin(), names.end(), text_at(cause, "/name"));
      bar.values[static_cast<std::size_t>(at - names.begin())] =
          number_at(cause, "/energy_per_mac_j").value_or(0.0);
    }
    bars.push_back(std::move(bar));
  };
  add("this chip", "/chip");
  add("dense baseline", "/baseline_chip");
  return legend(names) + stacked_chart(names, bars);
}

HtmlTable work_table(const Json& efficiency) {
  const auto number = [&](const char* pointer) {
    return number_at(efficiency, pointer).value_or(0.0);
  };
  constexpr double kTera = 1e12;
  constexpr double kMm2 = 1e-6;
  return {
      {"MACs an inference", "Operations a MAC", "Throughput", "Efficiency", "Density", "A MAC",
       "A product of two bits"},
      {{count_text(number("/macs_per_inference")), short_number(number("/operations_per_mac"), 3),
        short_number(number("/ops_per_second") / kTera, 3) + " TOPS",
        short_number(number("/ops_per_joule") / kTera, 3) + " TOPS/W",
        short_number(number("/ops_per_second_per_m2") / kTera * kMm2, 3) + " TOPS/mm²",
        si_text(number("/energy_per_mac_j"), "J"),
        si_text(number("/energy_per_bit_product_j"), "J")}}};
}

}  // namespace

std::string reduction_section(const Json& result) {
  const Json& reduction = value_at(result, "/reduction");
  if (!reduction.is_object()) return "";
  std::string html = "<p class=\"note\">Baseline: " + escaped(text_at(reduction, "/baseline")) +
                     ". Power and energy at " + escaped(spaced(text_at(reduction, "/at"))) +
                     ". A ratio is baseline over chip.</p>\n";
  if (value_at(reduction, "/ratios").is_object()) html += html_of(ratios_table(result));
  html += "<h3>Less than the baseline</h3>\n" + html_of(views_table(reduction));
  html += equal_area_text(value_at(reduction, "/equal_area"));
  const std::string factors =
      factors_table(value_at(reduction, "/area_factors"), value_at(reduction, "/power_factors"));
  if (!factors.empty()) html += "<h3>What the factors are made of</h3>\n" + factors;
  html += paper_view_text(value_at(reduction, "/views/source_paper"));
  return html_section("Reduction", html);
}

std::string efficiency_section(const Json& result) {
  const Json& efficiency = value_at(result, "/chip/efficiency");
  if (!efficiency.is_object()) return "";
  return html_section(
      "Energy of a multiply-accumulate",
      html_of(work_table(efficiency)) + cause_bars(result) +
          "<p class=\"note\">Leakage is over the time of one inference. Operations are those of "
          "the "
          "network as mapped: removed cells do not count, padding does.</p>\n<h3>Among published "
          "chips</h3>\n<p class=\"note\">Energy of a multiply-accumulate over weight bits and "
          "input "
          "bits, so that chips of different widths can be compared.</p>\n" +
          scale_chart(scale_rows(result), [](double value) { return si_text(value, "J"); }) +
          "<p class=\"note\">This chip is " + escaped(text_at(efficiency, "/place")) +
          ". Published figures are of other nodes and networks; their sources, widths and energies "
          "of a MAC are in result.json.</p>\n");
}

}  // namespace ohmweave::report
