// SPDX-License-Identifier: Apache-2.0
// Sections about the network: accuracy, compression, training, arrays.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "core/encoding.h"
#include "core/error.h"
#include "report/page.h"
#include "report/svg.h"
#include "report/svg_elements.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

constexpr std::size_t kMostArraysDrawn = 600;

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> values;
  for (const Json& value : list) {
    if (value.is_number()) values.push_back(value.get<double>());
  }
  return values;
}

std::vector<DotRow> accuracy_rows(const Json& result) {
  struct Stage {
    const char* key;
    const char* label;
  };
  static constexpr Stage kStages[] = {{"dense", "dense, fp32"},
                                      {"compressed", "compressed, fp32"},
                                      {"quantized", "quantized weights"},
                                      {"integer", "ideal chip"}};
  std::vector<DotRow> rows;
  for (const Stage& stage : kStages) {
    if (const auto value = number_at(result, std::string("/accuracy/") + stage.key)) {
      rows.push_back({stage.label, {*value}, percent_text(*value, 2)});
    }
  }
  std::vector<double> chips = numbers_of(value_at(result, "/accuracy/on_chip/chips"));
  if (const auto mean = number_at(result, "/accuracy/on_chip/mean")) {
    if (chips.empty()) chips = {*mean};
    rows.push_back({"chip samples", chips, "mean " + percent_text(*mean, 2)});
  }
  return rows;
}

std::string on_chip_note(const Json& on_chip) {
  const auto part = [&](const char* key, const char* label) {
    const auto value = number_at(on_chip, std::string("/") + key);
    return value ? std::string(label) + " " + percent_text(*value, 2) + ", " : std::string();
  };
  std::string text = part("mean", "mean") + part("std", "standard deviation") +
                     part("min", "lowest") + part("p5", "5th percentile") + part("max", "highest");
  return text + "each on " + count_text(number_at(on_chip, "/num_images").value_or(0.0)) +
         " test images.";
}

/// A chart of columns of a training table against the running number of its row.
LineChart training_chart(const CsvTable& table, const std::vector<std::string>& columns,
                         const std::vector<std::string>& names) {
  LineChart chart;
  chart.x_label = "epoch";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    LineSeries series{names[i], {}};
    double epoch = 0.0;
    for (const double value : table.numbers(columns[i])) series.points.emplace_back(++epoch, value);
    chart.series.push_back(std::move(series));
  }
  const std::vector<std::string> phases = table.texts("phase");
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const bool is_first_of_several =
        phases.front() != phases.back() && (i == 0 || phases[i] != phases[i - 1]);
    if (is_first_of_several) chart.marks.emplace_back(static_cast<double>(i) + 1.0, phases[i]);
  }
  return chart;
}

std::string training_charts(const CsvTable& table) {
  LineChart loss =
      training_chart(table, {"train_loss", "validation_loss"}, {"training", "validation"});
  loss.y_label = "loss";
  loss.y_text = [](double value) { return short_number(value, 3); };
  LineChart accuracy = training_chart(table, {"validation_accuracy"}, {"validation"});
  accuracy.y_label = "validation accuracy";
  accuracy.y_text = [](double value) { return percent_text(value, 1); };
  return line_chart(loss) + line_chart(accuracy);
}

/// One line a layer; x counts the updates over all phases.
LineChart residual_chart(const CsvTable& admm, const std::string& column,
                         const std::string& label) {
  LineChart chart;
  chart.x_label = "update of the ADMM variables";
  chart.y_label = label;
  chart.y_scale = AxisScale::Logarithmic;
  chart.y_text = [](double value) { return short_number(value, 3); };
  const std::vector<std::string> layers = admm.texts("layer");
  const std::vector<std::string> phases = admm.texts("phase");
  const std::vector<double> iterations = admm.numbers("iteration");
  const std::vector<double> values = admm.numbers(column);
  double update = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_phase_start = i == 0 || phases[i] != phases[i - 1];
    if (is_phase_start || iterations[i] != iterations[i - 1]) update += 1.0;
    if (is_phase_start) chart.marks.emplace_back(update, phases[i]);
    auto found = std::find_if(chart.series.begin(), chart.series.end(),
                              [&](const LineSeries& s) { return s.name == layers[i]; });
    if (found == chart.series.end()) found = chart.series.insert(found, {layers[i], {}});
    found->points.emplace_back(update, values[i]);
  }
  if (chart.marks.size() < 2) chart.marks.clear();
  return chart;
}

/// Names of the layers that have blocks, by node index: mapping.json lists weight layers in the
/// order of their nodes.
std::map<int, std::string> names_of_nodes(const Json& placement, const Json& result) {
  std::set<int> nodes;
  for (const Json& block : value_at(placement, "/blocks"))
    nodes.insert(block.at("node").get<int>());
  std::map<int, std::string> names;
  auto node = nodes.begin();
  for (const Json& layer : value_at(result, "/mapping/layers")) {
    if (number_at(layer, "/blocks") == 0.0) continue;
    if (node == nodes.end()) break;
    names[*node++] = text_at(layer, "/name");
  }
  if (names.size() != nodes.size()) {
    throw DataError("map/mapping.json: lists " + std::to_string(names.size()) +
                    " layers with blocks, map/placement.json has " + std::to_string(nodes.size()));
  }
  return names;
}

HtmlTable mapping_table(const Json& result) {
  HtmlTable table{
      {"Layer", "Blocks", "Copies", "Arrays needed", "Arrays duplicated", "Tiles", "Cells in use"},
      {}};
  const auto count = [](const Json& layer, const char* key) {
    const auto value = number_at(layer, std::string("/") + key);
    return value ? count_text(*value) : std::string("-");
  };
  for (const Json& layer : value_at(result, "/mapping/layers")) {
    const auto share = number_at(layer, "/cell_utilization_fraction");
    table.rows.push_back({text_at(layer, "/name"), count(layer, "blocks"), count(layer, "copies"),
                          count(layer, "arrays_needed"), count(layer, "arrays_duplicated"),
                          count(layer, "tiles"), share ? percent_text(*share, 2) : "-"});
  }
  return table;
}

// A time in the largest unit of which it is at least two.
std::string age_text(double seconds) {
  constexpr std::pair<double, const char*> kUnits[] = {
      {365.25 * 86400.0, " years"}, {86400.0, " days"}, {3600.0, " h"}, {60.0, " min"}};
  for (const auto& [length, unit] : kUnits)
    if (seconds >= 2.0 * length) return number_text(seconds / length) + unit;
  return si_text(seconds, "s");
}

std::string over_time_table(const Json& on_chip) {
  HtmlTable ages{{"Age since programming", "Mean of the chips", "Least", "Greatest"}, {}};
  for (const Json& age : value_at(on_chip, "/over_time")) {
    const auto percent = [&](const char* key) {
      return percent_text(number_at(age, key).value_or(0.0), 2);
    };
    ages.rows.push_back({age_text(number_at(age, "/seconds").value_or(0.0)), percent("/mean"),
                         percent("/min"), percent("/max")});
  }
  return ages.rows.empty() ? "" : html_of(ages);
}

/// What the reference mode gave otherwise.
std::string reference_note(const Json& on_chip) {
  const Json& reference = value_at(on_chip, "/reference");
  if (!reference.is_object()) return "";
  const auto count = [&](const char* key) {
    return count_text(number_at(reference, key).value_or(0.0));
  };
  return "<p class=\"note\">The first chip read in double precision as well, " +
         count("/num_images") + " images: " + count("/differing_accumulators") + " of " +
         count("/num_accumulators") + " sums differ, and the classes of " +
         count("/differing_classes") + " images.</p>\n";
}

}  // namespace

std::string accuracy_section(const Json& result) {
  const std::vector<DotRow> rows = accuracy_rows(result);
  if (rows.empty()) return "";
  std::string html = dot_chart(rows, [](double value) { return percent_text(value, 2); });
  const Json& on_chip = value_at(result, "/accuracy/on_chip");
  if (on_chip.is_object()) {
    html +=
        "<p class=\"note\">Top-1 on the test split. A chip sample is one frozen draw of all "
        "devices: " +
        escaped(on_chip_note(on_chip)) + "</p>\n" + reference_note(on_chip) +
        over_time_table(on_chip);
  }
  return html_section("Accuracy", html);
}

std::string adaptation_section(const Json& result) {
  const Json& adaptation = value_at(result, "/adaptation");
  if (!adaptation.is_object()) return "";
  struct Form {
    const char* key;
    const char* label;
  };
  static constexpr Form kForms[] = {{"ideal", "codes of the placed network, no wires"},
                                    {"programmed", "the same codes on the arrays"},
                                    {"rescaled", "with the scales of the layers fitted"},
                                    {"adapted", "trained through the arrays"}};
  HtmlTable forms{{"Validation images", "Loss", "Accuracy"}, {}};
  for (const Form& form : kForms) {
    const std::string at = std::string("/validation/") + form.key;
    const auto loss = number_at(adaptation, at + "/loss");
    if (loss)
      forms.rows.push_back(
          {form.label, short_number(*loss, 3),
           percent_text(number_at(adaptation, at + "/accuracy").value_or(0.0), 2)});
  }
  HtmlTable layers{{"Layer", "Scale factor", "Weights", "Changed codes"}, {}};
  for (const Json& layer : value_at(adaptation, "/layers")) {
    const auto count = [&](const char* key) {
      return count_text(number_at(layer, key).value_or(0.0));
    };
    layers.rows.push_back({text_at(layer, "/name"),
                           short_number(number_at(layer, "/gain").value_or(0.0), 4),
                           count("/nonzero_weights"), count("/changed_codes")});
  }
  const std::string kept = text_at(adaptation, "/kept");
  const bool is_undone = forms.rows.size() == std::size(kForms) && kept != "adapted";
  return html_section(
      "Adaptation to the arrays",
      html_of(forms) +
          (is_undone ? "<p class=\"note\">Training ended with a greater loss, so what "
                       "was before it is kept.</p>\n"
                     : "") +
          html_of(layers));
}

std::string compression_section(const Json& result) {
  const Json& compression = value_at(result, "/compression");
  if (!compression.is_object()) return "";
  const bool has_bits = value_at(compression, "/storage").is_object();
  HtmlTable layers{{"Layer", "Dense weights", "Kept", "Ratio", "Rows alive", "Columns alive"}, {}};
  if (has_bits) layers.heads.emplace_back("Bits");
  std::vector<std::string> labels;
  BarSeries bars{"weight ratio", {}};
  for (const Json& layer : value_at(compression, "/layers")) {
    const auto number = [&](const char* key) {
      return number_at(layer, std::string("/") + key).value_or(0.0);
    };
    const auto ratio = number_at(layer, "/weight_ratio");
    layers.rows.push_back(
        {text_at(layer, "/name"), count_text(number("dense_weights")),
         count_text(number("nonzero_weights")), ratio ? ratio_text(*ratio) : "-",
         count_text(number("rows_alive")) + " of " + count_text(number("rows")),
         count_text(number("columns_alive")) + " of " + count_text(number("columns"))});
    if (has_bits) layers.rows.back().push_back(count_text(number("bits")));
    if (!ratio) continue;
    labels.push_back(text_at(layer, "/name"));
    bars.values.push_back(*ratio);
  }
  HtmlTable storage{{"Storage rule", "Ratio to float32"}, {}};
  static constexpr std::pair<const char*, const char*> kRules[] = {
      {"weights_only_ratio", "R1: bits of the weights alone, no indices"},
      {"relative_index_ratio", "R2: weights and gap indices with filler zeros"},
      {"entropy_index_ratio", "R3: weights and an ideal code of the mask"},
      {"file_ratio", "R4: bytes of model.owz, with biases and graph"}};
  for (const auto& [key, label] : kRules) {
    if (const auto ratio = number_at(compression, std::string("/storage/") + key)) {
      storage.rows.push_back({label, ratio_text(*ratio)});
    }
  }
  std::string html = bar_chart(labels, {bars}, ratio_text) + html_of(layers);
  if (has_bits) html += html_of(storage);
  html += std::string("<p class=\"note\">Ratios count weights, not biases.") +
          (has_bits ? " Bits include the sign." : "") + "</p>\n";
  return html_section("Compression", html);
}

std::string training_section(const PageInput& input) {
  std::string html;
  if (input.dense_training) {
    html += "<h3>Dense network</h3>\n" + training_charts(*input.dense_training);
  }
  if (input.compress_training && !input.compress_training->rows.empty()) {
    html += "<h3>Compression</h3>\n" + training_charts(*input.compress_training);
  }
  if (input.adapt_training && !input.adapt_training->rows.empty()) {
    html += "<h3>Adaptation</h3>\n" + training_charts(*input.adapt_training);
  }
  if (input.admm && !input.admm->rows.empty()) {
    html += "<h3>ADMM residuals</h3>\n" +
            line_chart(residual_chart(*input.admm, "primal_residual", "primal residual")) +
            line_chart(residual_chart(*input.admm, "dual_residual", "dual residual")) +
            "<p class=\"note\">Primal: how far the weights are from the constraint set. Dual: how "
            "far the projection moved in one update. Exact zeros do not show on a logarithmic "
            "axis.</p>\n";
  }
  return html.empty() ? "" : html_section("Training", html);
}

namespace {

std::string arrays_of_slice(const std::string& encoding) {
  for (const EncodingKind& kind : encodings())
    if (kind.name == encoding && kind.arrays_per_slice() == 1) return "one array";
  return "a positive and a negative array";
}

}  // namespace

std::string arrays_section(const PageInput& input) {
  const Json& blocks = value_at(input.placement, "/blocks");
  const auto rows = number_at(input.placement, "/geometry/rows");
  const auto columns = number_at(input.placement, "/geometry/cols");
  if (blocks.empty() || !rows || !columns) return "";
  const std::map<int, std::string> names = names_of_nodes(input.placement, input.result);
  std::vector<std::string> layers;
  std::map<int, std::size_t> colours;
  for (const auto& [node, name] : names) {
    colours[node] = layers.size();
    layers.push_back(name);
  }
  std::vector<ArrayTile> arrays;
  for (const Json& block : blocks) {
    if (arrays.size() == kMostArraysDrawn) break;
    const int node = block.at("node").get<int>();
    ArrayTile array{"", static_cast<int>(block.at("rows").size()),
                    static_cast<int>(block.at("columns").size()), colours.at(node)};
    array.title = names.at(node) + ": " + std::to_string(array.num_rows) + " x " +
                  std::to_string(array.num_columns) + " cells";
    arrays.push_back(std::move(array));
  }
  std::string note =
      "One rectangle for each block of weights, " + count_text(*rows) + " rows x " +
      count_text(*columns) +
      " columns; the coloured corner is what the block occupies. Every block takes " +
      arrays_of_slice(text_at(input.placement, "/geometry/encoding")) + " for each of the " +
      count_text(number_at(input.placement, "/geometry/num_slices").value_or(0.0)) +
      " slices of its weights.";
  if (arrays.size() < blocks.size()) {
    note += " The first " + count_text(static_cast<double>(arrays.size())) + " of " +
            count_text(static_cast<double>(blocks.size())) + " blocks are drawn.";
  }
  return html_section(
      "Arrays",
      legend(layers) + array_map(arrays, static_cast<int>(*rows), static_cast<int>(*columns)) +
          "<p class=\"note\">" + escaped(note) + "</p>\n" + html_of(mapping_table(input.result)));
}

}  // namespace ohmweave::report
