// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {
namespace {

constexpr int kAnyInteger = std::numeric_limits<int>::max();

[[noreturn]] void refuse(const std::string& pointer, const std::string& text) {
  throw DataError("placement: " + pointer + text);
}

std::string brief(const Json& json) {
  const std::string text = json.dump();
  return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

/// A place in the document: what is there and its JSON pointer.
struct Place {
  const Json& json;
  std::string pointer;

  [[nodiscard]] Place at(const std::string& key) const {
    if (!json.is_object()) refuse(pointer, " = " + brief(json) + ": must be an object");
    const auto found = json.find(key);
    if (found == json.end()) refuse(pointer + "/" + key, ": is missing");
    return {*found, pointer + "/" + key};
  }
  [[nodiscard]] Place at(std::size_t index) const {
    return {json[index], pointer + "/" + std::to_string(index)};
  }
  [[nodiscard]] std::size_t length() const {
    if (!json.is_array()) refuse(pointer, " = " + brief(json) + ": must be an array");
    return json.size();
  }
  [[nodiscard]] int integer(int low, int high) const {
    const bool is_inside = json.is_number_integer() && json >= low && json <= high;
    if (!is_inside)
      refuse(pointer, " = " + brief(json) + ": must be an integer in [" + std::to_string(low) +
                          ", " + std::to_string(high) + "]");
    return json.get<int>();
  }
};

/// A list of indices, ascending and without repeats, 1 to `most` of them.
std::vector<int> read_indices(const Place& place, int most) {
  std::vector<int> indices;
  const std::size_t length = place.length();
  if (length == 0 || length > static_cast<std::size_t>(most))
    refuse(place.pointer, ": has " + std::to_string(length) + " entries; an array holds 1 to " +
                              std::to_string(most));
  for (std::size_t i = 0; i < length; ++i) {
    const int index = place.at(i).integer(0, kAnyInteger);
    if (!indices.empty() && index <= indices.back())
      refuse(place.at(i).pointer,
             " = " + std::to_string(index) + ": must be above the one before it");
    indices.push_back(index);
  }
  return indices;
}

Encoding read_encoding(const Place& place) {
  std::string names;
  for (const EncodingKind& kind : encodings()) {
    if (place.json == kind.name) return kind.encoding;
    names += (names.empty() ? "" : ", ") + kind.name;
  }
  refuse(place.pointer, " = " + brief(place.json) + ": must be one of: " + names);
}

std::vector<int> read_slice_bits(const Place& place, const Geometry& geometry) {
  std::vector<int> bits;
  const std::size_t length = place.length();
  if (length != 0 && length != static_cast<std::size_t>(geometry.num_slices))
    refuse(place.pointer, ": has " + std::to_string(length) + " entries; there are " +
                              std::to_string(geometry.num_slices) + " slices");
  for (std::size_t i = 0; i < length; ++i)
    bits.push_back(place.at(i).integer(1, geometry.bits_per_cell));
  return bits;
}

Geometry read_geometry(const Place& place) {
  Geometry geometry;
  geometry.rows = place.at("rows").integer(1, kAnyInteger);
  geometry.cols = place.at("cols").integer(1, kAnyInteger);
  geometry.num_slices = place.at("num_slices").integer(1, 30);
  geometry.bits_per_cell = place.at("bits_per_cell").integer(1, 30 / geometry.num_slices);
  geometry.encoding = read_encoding(place.at("encoding"));
  geometry.slice_bits = read_slice_bits(place.at("slice_bits"), geometry);
  const Place rows_active = place.at("rows_active");
  if (!rows_active.json.is_null()) geometry.rows_active = rows_active.integer(1, geometry.rows);
  for (const char* key : {"rows", "rows_active"}) {
    const int rows = key == std::string("rows") ? geometry.rows : geometry.rows_at_once();
    if (rows % geometry.rows_per_input() != 0)
      refuse(place.at(key).pointer, " = " + std::to_string(rows) + ": must be a multiple of " +
                                        std::to_string(geometry.rows_per_input()) +
                                        ", the rows of an input");
  }
  return geometry;
}

Block read_block(const Place& place, const Geometry& geometry) {
  Block block;
  block.node = place.at("node").integer(0, kAnyInteger);
  block.group = place.at("group").integer(0, kAnyInteger);
  block.copy = place.at("copy").integer(0, kAnyInteger - 1);
  block.rows = read_indices(place.at("rows"), geometry.num_inputs());
  block.columns = read_indices(place.at("columns"), geometry.cols - geometry.reserved_columns());
  block.first_array = place.at("first_array").integer(0, kAnyInteger);
  if (block.first_array % geometry.arrays_per_position() != 0)
    refuse(place.pointer + "/first_array",
           " = " + std::to_string(block.first_array) + ": must be a multiple of " +
               std::to_string(geometry.arrays_per_position()) + " (slices x signs)");
  block.first_row =
      place.at("first_row").integer(0, geometry.num_inputs() - static_cast<int>(block.rows.size()));
  block.first_column = place.at("first_column")
                           .integer(0, geometry.cols - geometry.reserved_columns() -
                                           static_cast<int>(block.columns.size()));
  return block;
}

/// The array must be the one its index says: position by position, slice by slice, both signs.
/// held: the blocks at its position.
Array read_array(const Place& place, const Placement& placement, int index,
                 const std::vector<int>& held) {
  const Geometry& geometry = placement.geometry;
  const int slice = index % geometry.arrays_per_position() / geometry.arrays_per_slice();
  Array array;
  const Place blocks = place.at("blocks");
  if (blocks.length() == 0) refuse(blocks.pointer, " = []: an array holds a block");
  if (blocks.json != Json(held))
    refuse(blocks.pointer, " = " + brief(blocks.json) + ": must be " + brief(Json(held)) +
                               ", the blocks with first_array at this position");
  array.blocks = held;
  array.slice = place.at("slice").integer(slice, slice);
  array.sign = sign_of_array(geometry, index);
  const Place sign = place.at("sign");
  if (sign.json != sign_name(array.sign))
    refuse(sign.pointer, " = " + brief(sign.json) + ": must be \"" + sign_name(array.sign) +
                             "\": positive and negative arrays of a pair take turns");
  array.tile = place.at("tile").integer(0, static_cast<int>(placement.tiles.size()) - 1);
  return array;
}

void read_arrays(const Place& arrays, Placement& placement) {
  const int per_position = placement.geometry.arrays_per_position();
  if (arrays.length() % per_position != 0)
    refuse(arrays.pointer, ": has " + std::to_string(arrays.length()) +
                               " entries; must be a multiple of " + std::to_string(per_position) +
                               " (slices x signs)");
  std::vector<std::vector<int>> held(arrays.length() / per_position);
  for (std::size_t b = 0; b < placement.blocks.size(); ++b) {
    const std::size_t position = placement.blocks[b].first_array / per_position;
    if (position >= held.size())
      refuse("/blocks/" + std::to_string(b) + "/first_array",
             " = " + std::to_string(placement.blocks[b].first_array) + ": there are " +
                 std::to_string(arrays.length()) + " arrays");
    held[position].push_back(static_cast<int>(b));
  }
  for (std::size_t a = 0; a < arrays.length(); ++a)
    placement.arrays.push_back(
        read_array(arrays.at(a), placement, static_cast<int>(a), held[a / per_position]));
}

void read_tiles(const Place& tiles, Placement& placement) {
  std::set<std::tuple<int, int, int>> taken;
  int round = 0;
  for (std::size_t i = 0; i < tiles.length(); ++i) {
    const Place place = tiles.at(i);
    const Tile tile = {place.at("x").integer(0, placement.mesh_width - 1),
                       place.at("y").integer(0, placement.mesh_height - 1),
                       place.at("round").integer(round, round + (i > 0 ? 1 : 0))};
    round = tile.round;
    if (!taken.emplace(tile.round, tile.x, tile.y).second)
      refuse(place.pointer, ": another tile sits at the same place of the mesh");
    placement.tiles.push_back(tile);
  }
}

Json block_to_json(const Block& block) {
  return {{"node", block.node},           {"group", block.group},
          {"copy", block.copy},           {"first_array", block.first_array},
          {"first_row", block.first_row}, {"first_column", block.first_column},
          {"rows", block.rows},           {"columns", block.columns}};
}

Json array_to_json(const Array& array) {
  return {{"blocks", array.blocks},
          {"slice", array.slice},
          {"sign", sign_name(array.sign)},
          {"tile", array.tile}};
}

}  // namespace

Json placement_to_json(const Placement& placement) {
  Json json;
  json["geometry"] = {{"rows", placement.geometry.rows},
                      {"cols", placement.geometry.cols},
                      {"num_slices", placement.geometry.num_slices},
                      {"bits_per_cell", placement.geometry.bits_per_cell},
                      {"encoding", find_encoding(placement.geometry.encoding).name},
                      {"slice_bits", placement.geometry.slice_bits},
                      {"rows_active", nullptr}};
  if (placement.geometry.rows_active)
    json["geometry"]["rows_active"] = *placement.geometry.rows_active;
  json["mesh_width"] = placement.mesh_width;
  json["mesh_height"] = placement.mesh_height;
  json["tiles"] = Json::array();
  for (const Tile& tile : placement.tiles)
    json["tiles"].push_back({{"x", tile.x}, {"y", tile.y}, {"round", tile.round}});
  json["blocks"] = Json::array();
  for (const Block& block : placement.blocks) json["blocks"].push_back(block_to_json(block));
  json["arrays"] = Json::array();
  for (const Array& array : placement.arrays) json["arrays"].push_back(array_to_json(array));
  return json;
}

Placement placement_from_json(const Json& json) {
  const Place document = {json, ""};
  if (!json.is_object()) refuse("/", " = " + brief(json) + ": must be an object");
  Placement placement;
  placement.geometry = read_geometry(document.at("geometry"));
  placement.mesh_width = document.at("mesh_width").integer(0, kAnyInteger);
  placement.mesh_height = document.at("mesh_height").integer(0, kAnyInteger);
  read_tiles(document.at("tiles"), placement);
  const Place blocks = document.at("blocks");
  for (std::size_t b = 0; b < blocks.length(); ++b)
    placement.blocks.push_back(read_block(blocks.at(b), placement.geometry));
  read_arrays(document.at("arrays"), placement);
  return placement;
}

}  // namespace ohmweave::mapping
