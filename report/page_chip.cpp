// SPDX-License-Identifier: Apache-2.0
// Sections about the chip: figures against the baseline, breakdown, assumptions.
#include <algorithm>

#include "report/page.h"
#include "report/svg.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

/// A quantity that parts and layers both carry.
struct Quantity {
  const char* key;
  const char* title;
};
constexpr Quantity kQuantities[] = {
    {"area_m2", "Area"}, {"energy_j", "Energy per inference"}, {"leakage_w", "Leakage"}};

bool has_baseline(const Json& result) { return value_at(result, "/baseline_chip").is_object(); }

double amount(const Json& list, const std::string& name, const char* key) {
  double sum = 0.0;  // a name is there once, or not at all (a part that only one chip has)
  for (const Json& entry : list) {
    if (text_at(entry, "/name") == name) {
      sum += number_at(entry, std::string("/") + key).value_or(0.0);
    }
  }
  return sum;
}

/// Names of the entries of both lists, in order of first appearance.
std::vector<std::string> names_of(const Json& first, const Json& second) {
  std::vector<std::string> names;
  for (const Json* list : {&first, &second}) {
    for (const Json& entry : *list) {
      const std::string name = text_at(entry, "/name");
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// Parts by their words, layers by their names.
std::vector<std::string> names_shown(std::vector<std::string> names, const std::string& list) {
  if (list == "parts") std::transform(names.begin(), names.end(), names.begin(), spaced);
  return names;
}

std::string total_text(const Json& chip, const std::string& key) {
  const auto total =
      number_at(chip, key == "energy_j" ? "/energy_per_inference_j" : std::string("/") + key);
  return total ? figure_text(key, *total) : "";
}

/// Shares of the named entries in one quantity, chip above baseline.
std::string shares(const Json& result, const char* list, const Quantity& quantity) {
  const Json& chip = value_at(result, std::string("/chip/") + list);
  const Json& baseline = value_at(result, std::string("/baseline_chip/") + list);
  const std::vector<std::string> names = names_of(chip, baseline);
  std::vector<StackedBar> bars;
  const auto add_bar = [&](const char* label, const char* pointer, const Json& entries) {
    StackedBar bar{label, {}, total_text(value_at(result, pointer), quantity.key)};
    for (const std::string& name : names) bar.values.push_back(amount(entries, name, quantity.key));
    bars.push_back(std::move(bar));
  };
  add_bar("this chip", "/chip", chip);
  if (has_baseline(result)) add_bar("dense baseline", "/baseline_chip", baseline);
  return std::string("<h3>") + quantity.title + "</h3>\n" +
         stacked_chart(names_shown(names, list), bars);
}

HtmlTable breakdown_table(const Json& result, const char* list, const char* head) {
  const Json& chip = value_at(result, std::string("/chip/") + list);
  const Json& baseline = value_at(result, std::string("/baseline_chip/") + list);
  HtmlTable table{{head}, {}};
  for (const Quantity& quantity : kQuantities) {
    table.heads.emplace_back(quantity.title);
    if (has_baseline(result)) table.heads.push_back(std::string(quantity.title) + ", baseline");
  }
  for (const std::string& name : names_of(chip, baseline)) {
    std::vector<std::string> row = {list == std::string("parts") ? spaced(name) : name};
    for (const Quantity& quantity : kQuantities) {
      row.push_back(figure_text(quantity.key, amount(chip, name, quantity.key)));
      if (!has_baseline(result)) continue;
      row.push_back(figure_text(quantity.key, amount(baseline, name, quantity.key)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// "energy_per_inference_j" as "energy per inference".
std::string words_of(std::string key) {
  for (const char* unit : {"_m2", "_j", "_w", "_s", "_hz", "_fraction"}) {
    const std::string ending = unit;
    if (key.size() > ending.size() && key.rfind(ending) == key.size() - ending.size()) {
      key.resize(key.size() - ending.size());
      break;
    }
  }
  return spaced(key);
}

void add_config_rows(const Json& section, const std::string& path, HtmlTable& table) {
  for (const auto& [key, value] : section.items()) {
    std::string here = path;
    here.append("/").append(key);
    if (value.is_object()) {
      add_config_rows(value, here, table);
    } else {
      table.rows.push_back({std::move(here), plain_text(value)});
    }
  }
}

std::string word_table(const HtmlTable& table) {
  std::string html = html_of(table);
  return html.replace(0, std::string("<table>").size(), "<table class=\"words\">");
}

/// What the simulation says about each layer beside its costs, every other number it carries: a
/// line a figure, a column a layer, so many layers a table.
std::string work_tables(const Json& result) {
  constexpr std::size_t kLayersATable = 8;
  std::vector<Json> layers;
  for (const Json& layer : value_at(result, "/chip/layers")) layers.push_back(layer);
  std::vector<std::string> keys;
  for (const Json& layer : layers) {
    for (const auto& [key, value] : layer.items()) {
      const std::string& candidate = key;
      const bool is_cost = std::any_of(std::begin(kQuantities), std::end(kQuantities),
                                       [&](const Quantity& q) { return candidate == q.key; });
      if (!value.is_number() || is_cost) continue;
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  if (keys.empty()) return "";
  std::string html;
  for (std::size_t first = 0; first < layers.size(); first += kLayersATable) {
    const std::size_t end = std::min(layers.size(), first + kLayersATable);
    HtmlTable table{{"Figure"}, {}};
    for (std::size_t i = first; i < end; ++i) table.heads.push_back(text_at(layers[i], "/name"));
    for (const std::string& key : keys) {
      std::vector<std::string> row = {words_of(key)};
      for (std::size_t i = first; i < end; ++i) {
        const auto value = number_at(layers[i], "/" + key);
        row.push_back(value ? figure_text(key, *value) : "-");
      }
      table.rows.push_back(std::move(row));
    }
    html += html_of(table);
  }
  return html;
}

std::string power_chart(const CsvTable& power) {
  constexpr double kMicrosecond = 1e-6;
  const std::vector<double> times_s = power.numbers("time_s");
  const std::vector<double> powers_w = power.numbers("power_w");
  LineChart chart;
  chart.x_label = "time [µs], from an empty pipeline to the end of the last simulated inference";
  chart.y_label = "power";
  chart.y_text = [](double value) { return si_text(value, "W"); };
  chart.series = {{"power", {}}};
  for (std::size_t i = 0; i < times_s.size(); ++i) {
    chart.series[0].points.emplace_back(times_s[i] / kMicrosecond, powers_w[i]);
  }
  return line_chart(chart);
}

/// Every number of the component library, with its origin.
HtmlTable component_table(const Json& result) {
  HtmlTable table{{"Number", "Value", "Node", "Source", "Status"}, {}};
  for (const auto& [name, record] : value_at(result, "/components/numbers").items()) {
    const auto value = number_at(record, "/value");
    const auto node_nm = number_at(record, "/node_nm");
    const std::string unit = text_at(record, "/unit");
    table.rows.push_back(
        {name,
         (value ? short_number(*value, 4) : "-") +
             (unit == "1" ? "" : " " + (unit == "um2" ? "µm²" : unit)),
         node_nm && *node_nm > 0.0 ? short_number(*node_nm, 4) + " nm" : "-",
         text_at(record, "/source"),
         text_at(record, "/status") +
             (record.contains("unread") ? "; " + text_at(record, "/unread") : "")});
  }
  return table;
}

HtmlTable source_table(const Json& result) {
  HtmlTable table{{"Part", "Source of its numbers"}, {}};
  for (const Json& part : value_at(result, "/chip/parts")) {
    table.rows.push_back({spaced(text_at(part, "/name")), text_at(part, "/source")});
  }
  for (const Json& part : value_at(result, "/baseline_chip/parts")) {
    const std::vector<std::string> row = {spaced(text_at(part, "/name")), text_at(part, "/source")};
    if (std::find(table.rows.begin(), table.rows.end(), row) == table.rows.end()) {
      table.rows.push_back(row);
    }
  }
  return table;
}

/// Of images that the simulated chip carried as data.
std::string functional_note(const Json& result) {
  const Json& functional = value_at(result, "/functional");
  if (!functional.is_object()) return "";
  const std::string images = count_text(number_at(functional, "/images").value_or(0.0));
  return "<p class=\"note\">The simulated chip carried " + images + " images as data: " +
         (value_at(functional, "/equals_evaluation") == Json(true)
              ? "its converters' codes and its outputs are those of the evaluation's reference "
                "mode."
              : "drawn ones, with nothing to compare its codes with, as nothing was evaluated.") +
         "</p>\n";
}

}  // namespace

std::string chip_section(const Json& result) {
  const Json& chip = value_at(result, "/chip");
  if (!chip.is_object()) return "";
  HtmlTable table{{"", "This chip"}, {}};
  if (has_baseline(result)) table.heads.emplace_back("Dense baseline");
  for (const auto& [key, value] : chip.items()) {
    if (!value.is_number()) continue;
    std::vector<std::string> row = {words_of(key), figure_text(key, value.get<double>())};
    if (has_baseline(result)) {
      const auto baseline = number_at(result, "/baseline_chip/" + key);
      row.push_back(baseline ? figure_text(key, *baseline) : "-");
    }
    table.rows.push_back(std::move(row));
  }
  return html_section("Chip", html_of(table) + functional_note(result));
}

std::string breakdown_section(const PageInput& input) {
  const Json& result = input.result;
  const Json& parts = value_at(result, "/chip/parts");
  if (!parts.is_array()) return "";
  std::string html;
  for (const char* list : {"parts", "layers"}) {
    const Json& chip = value_at(result, std::string("/chip/") + list);
    if (!chip.is_array()) continue;
    const bool is_parts = list == std::string("parts");
    html += is_parts ? "<h3>By part</h3>\n" : "<h3>By layer</h3>\n";
    const Json& baseline = value_at(result, std::string("/baseline_chip/") + list);
    html += legend(names_shown(names_of(chip, baseline), list));
    for (const Quantity& quantity : kQuantities) html += shares(result, list, quantity);
    html += html_of(breakdown_table(result, list, is_parts ? "Part" : "Layer"));
  }
  html +=
      "<p class=\"note\">Bars show shares of each chip's own total, which stands at the right. "
      "Energy includes leakage over the time of one inference.</p>\n";
  const std::string work = work_tables(result);
  if (!work.empty())
    html += "<h3>What the layers do</h3>\n<div class=\"wide\">" + work + "</div>\n";
  if (input.power && !input.power->rows.empty()) {
    html += "<h3>Power over time</h3>\n" + power_chart(*input.power);
  }
  return html_section("Where area, energy and leakage go", html);
}

std::string assumptions_section(const PageInput& input) {
  HtmlTable settings{{"Setting", "Value"}, {}};
  for (const char* section :
       {"device", "array", "adc", "dac", "activations", "mapping", "adapt", "chip"}) {
    const Json& value = value_at(input.config, std::string("/") + section);
    if (value.is_object()) add_config_rows(value, std::string("/") + section, settings);
  }
  std::string html = word_table(settings);
  const HtmlTable sources = source_table(input.result);
  if (!sources.rows.empty()) html += word_table(sources);
  const HtmlTable components = component_table(input.result);
  if (!components.rows.empty()) html += word_table(components);
  std::string notes;
  const Json& given = value_at(input.result, "/notes");
  for (const Json& note : given.is_string() ? Json::array({given}) : given) {
    if (note.is_string()) notes += "<li>" + escaped(note.get<std::string>()) + "</li>\n";
  }
  if (!notes.empty()) html += "<ul>\n" + notes + "</ul>\n";
  return html_section("Assumptions and their sources", html);
}

std::string not_modelled_section(const Json& result) {
  const Json& list = value_at(result, "/not_modelled");
  if (!list.is_array() || list.empty()) return "";
  std::string html = "<ul>\n";
  for (const Json& entry : list) {
    html += "<li>" + escaped(plain_text(entry)) + "</li>\n";
  }
  return html_section("What is not modelled", html + "</ul>\n");
}

}  // namespace ohmweave::report
