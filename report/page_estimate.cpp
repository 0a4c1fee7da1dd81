// SPDX-License-Identifier: Apache-2.0
// Sections about the chip as it would be built: its floorplan, how sure its figures are, what
// writing it takes.
#include <algorithm>
#include <cmath>

#include "report/page.h"
#include "report/svg.h"
#include "report/svg_chip.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

constexpr std::size_t kMostTornadoRows = 14;

int integer_at(const Json& json, const char* pointer) {
  return static_cast<int>(number_at(json, pointer).value_or(0.0));
}

FloorDrawing floor_drawing(const Json& chip, const std::string& label,
                           const std::vector<std::string>& layers) {
  FloorDrawing drawing;
  drawing.label = label + ", " + area_text(number_at(chip, "/area_m2").value_or(0.0));
  drawing.mesh_width = integer_at(chip, "/floorplan/mesh_width");
  drawing.mesh_height = integer_at(chip, "/floorplan/mesh_height");
  drawing.tile_area_m2 = number_at(chip, "/floorplan/tile_area_m2").value_or(0.0);
  drawing.off_chip_area_m2 = number_at(chip, "/floorplan/off_chip_area_m2").value_or(0.0);
  for (const Json& entry : value_at(chip, "/tiles")) {
    if (!number_at(entry, "/x")) continue;
    FloorTile tile;
    tile.x = integer_at(entry, "/x");
    tile.y = integer_at(entry, "/y");
    const std::string layer = text_at(entry, "/layer");
    tile.colour_index =
        static_cast<std::size_t>(std::find(layers.begin(), layers.end(), layer) - layers.begin());
    const double built_m2 = number_at(entry, "/built_area_m2").value_or(0.0);
    tile.built_fraction = built_m2 / drawing.tile_area_m2;
    tile.title = text_at(entry, "/name") + ", mostly " + layer + ": " +
                 count_text(number_at(entry, "/arrays").value_or(0.0)) + " arrays, built " +
                 area_text(built_m2) + ", " +
                 si_text(number_at(entry, "/energy_j").value_or(0.0), "J") + " an inference";
    drawing.tiles.push_back(std::move(tile));
  }
  return drawing;
}

std::vector<TornadoRow> tornado_rows(const Json& tornado) {
  std::vector<TornadoRow> rows;
  for (const Json& entry : value_at(tornado, "/numbers")) {
    if (rows.size() == kMostTornadoRows) break;
    const auto number = [&](const char* pointer) {
      return number_at(entry, pointer).value_or(0.0);
    };
    rows.push_back(
        {spaced(text_at(entry, "/name")) + " (" + spaced(text_at(entry, "/status")) + ")",
         number("/energy_down_fraction"), number("/energy_up_fraction"),
         number("/area_down_fraction"), number("/area_up_fraction")});
  }
  return rows;
}

HtmlTable bands_table(const Json& bands) {
  HtmlTable table{{"Figure", "Mean", "Standard deviation", "5 %", "Median", "95 %"}, {}};
  for (const auto& [key, band] : bands.items()) {
    if (!number_at(band, "/p50")) continue;
    std::vector<std::string> row = {key == "area_fraction" || key == "power_fraction"
                                        ? "reduction of the " + key.substr(0, key.find('_'))
                                        : spaced(key.substr(0, key.rfind('_')))};
    for (const char* column : {"/mean", "/std", "/p5", "/p50", "/p95"})
      row.push_back(figure_text(key, number_at(band, column).value_or(0.0)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string sigma_text(const Json& sigmas) {
  std::string text;
  for (const auto& [status, sigma] : sigmas.items())
    text += (text.empty() ? "" : ", ") + spaced(status) + " " +
            percent_text(sigma.is_number() ? sigma.get<double>() : 0.0, 0);
  return text;
}

std::string times_text(double count) {
  return count >= 1000.0 ? count_text(std::round(count)) : short_number(count, 3);
}

}  // namespace

std::string floorplan_section(const Json& result) {
  if (!value_at(result, "/chip/tiles").is_array()) return "";
  std::vector<std::string> layers;
  for (const char* chip : {"/chip", "/baseline_chip"})
    for (const Json& layer : value_at(result, std::string(chip) + "/layers")) {
      const std::string name = text_at(layer, "/name");
      const bool is_layer = number_at(layer, "/arrays").has_value();
      if (is_layer && std::find(layers.begin(), layers.end(), name) == layers.end())
        layers.push_back(name);
    }
  std::vector<FloorDrawing> chips = {floor_drawing(value_at(result, "/chip"), "this chip", layers)};
  if (value_at(result, "/baseline_chip/tiles").is_array())
    chips.push_back(floor_drawing(value_at(result, "/baseline_chip"), "dense baseline", layers));
  return html_section(
      "Floorplan",
      legend(layers) + floorplans(chips) +
          "<p class=\"note\">To scale. Each square is a mesh position; the coloured part is what "
          "is "
          "built on it, coloured by the layer with most arrays there, the grey rest white space. "
          "Positions are as large as the largest tile needs to be.</p>\n");
}

std::string sensitivity_section(const Json& result) {
  const Json& tornado = value_at(result, "/sensitivity/tornado");
  const Json& bands = value_at(result, "/sensitivity/bands");
  if (!tornado.is_object() || !bands.is_object()) return "";
  const double change = number_at(tornado, "/change_fraction").value_or(0.0);
  return html_section(
      "How sure the figures are",
      "<h3>One number at a time, " + percent_text(change, 0) + " down and up</h3>\n" +
          legend({"energy per inference", "area"}) + tornado_chart(tornado_rows(tornado)) +
          "<h3>All numbers at once</h3>\n" + html_of(bands_table(bands)) + "<p class=\"note\">" +
          count_text(number_at(bands, "/samples").value_or(0.0)) +
          " draws of every area, power and energy of the library, lognormal; standard deviations "
          "by how far a number can be trusted, an assumption of ours: " +
          escaped(sigma_text(value_at(bands, "/sigmas"))) +
          ". Times, voltages and conductances are kept. Chip and baseline share each draw, so "
          "that the reduction is surer than either.</p>\n");
}

namespace {

HtmlTable reload_table(const Json& reload) {
  HtmlTable table{{"Round", "Layers", "Tiles", "Arrays", "Cells written", "Time", "Energy"}, {}};
  int round = 0;
  for (const Json& entry : value_at(reload, "/schedule")) {
    const auto number = [&](const char* pointer) {
      return number_at(entry, pointer).value_or(0.0);
    };
    std::string layers;
    for (const Json& layer : value_at(entry, "/layers"))
      layers += (layers.empty() ? "" : ", ") + layer.get<std::string>();
    table.rows.push_back({std::to_string(++round), layers, count_text(number("/tiles")),
                          count_text(number("/arrays")), count_text(number("/cells_written")),
                          si_text(number("/write_time_s"), "s"),
                          si_text(number("/write_energy_j"), "J")});
  }
  return table;
}

std::string reload_text(const Json& reload) {
  const auto number = [&](const char* pointer) { return number_at(reload, pointer).value_or(0.0); };
  const auto images = number_at(reload, "/images_until_worn_out");
  return "<p>" + count_text(number("/rounds")) + " rounds write " +
         count_text(number("/cells_written_per_image")) +
         " cells an image: " + si_text(number("/write_time_per_image_s"), "s") + " and " +
         si_text(number("/write_energy_per_image_j"), "J") + ", computing not included." +
         (images ? " A cell that survives " + count_text(number("/endurance_writes")) +
                       " writes is worn out after " + count_text(std::floor(*images)) + " images."
                 : std::string()) +
         "</p>\n" + html_of(reload_table(reload)) + "<p class=\"note\">" +
         escaped(text_at(reload, "/source")) + ".</p>\n";
}

}  // namespace

std::string reload_section(const Json& result) {
  std::string html;
  if (const Json& reload = value_at(result, "/reload"); reload.is_object())
    html += reload_text(reload);
  if (const Json& baseline = value_at(result, "/baseline_reload"); baseline.is_object())
    html += "<h3>Dense baseline</h3>\n" + reload_text(baseline);
  return html.empty() ? "" : html_section("Loading in rounds", html);
}

std::string programming_section(const Json& result) {
  const Json& programming = value_at(result, "/programming");
  if (!programming.is_object()) return "";
  const auto number = [&](const char* pointer) {
    return number_at(programming, pointer).value_or(0.0);
  };
  const HtmlTable table{{"Cells", "Pulses a cell", "Time", "Energy", "Inferences of as much energy",
                         "Writes a cell survives"},
                        {{count_text(number("/cells")), short_number(number("/pulses_per_cell"), 3),
                          si_text(number("/time_s"), "s"), si_text(number("/energy_j"), "J"),
                          times_text(number("/inferences_of_equal_energy")),
                          count_text(number("/endurance_writes"))}}};
  return html_section("Writing the network, once",
                      html_of(table) + "<p class=\"note\">Not part of any figure above. " +
                          escaped(text_at(programming, "/source")) + ".</p>\n");
}

}  // namespace ohmweave::report
