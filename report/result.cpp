// SPDX-License-Identifier: Apache-2.0
#include "report/result.h"

#include "core/error.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

/// Adds the plain values of `layer` to `row` under prefixed keys.
void join(Json& row, const Json& layer, const std::string& prefix) {
  for (const auto& [key, value] : layer.items()) {
    if (key != "name" && !value.is_structured()) row[prefix + key] = value;
  }
}

Json& row_named(Json& rows, const std::string& name) {
  for (Json& row : rows) {
    if (row["name"] == name) return row;
  }
  rows.push_back({{"name", name}});
  return rows.back();
}

}  // namespace

Json read_artifact(const std::filesystem::path& path) {
  Json json = parse_artifact_file(path.string());
  if (!json.is_object()) throw DataError(path.string() + type_problem(json, "an object"));
  return json;
}

Json build_result(const ReportedRun& run) {
  Json result = {{"provenance", run.provenance}};
  if (run.has("evaluate")) {
    result["accuracy"] = read_artifact(run.folder / "evaluate" / "accuracy.json");
  }
  if (run.has("compress")) {
    result["compression"] = read_artifact(run.folder / "compress" / "compression.json");
  }
  if (run.has("adapt")) result["adaptation"] = read_artifact(run.folder / "adapt" / "adapt.json");
  result["mapping"] = read_artifact(run.folder / "map" / "mapping.json");
  if (run.has("estimate")) {
    const Json estimate = read_artifact(run.folder / "estimate" / "chip.json");
    for (const char* key :
         {"chip", "baseline_chip", "reduction", "functional", "programming", "reload",
          "baseline_reload", "sensitivity", "not_modelled", "notes", "components"}) {
      if (estimate.contains(key)) result[key] = estimate[key];
    }
  }
  return result;
}

Json layer_rows(const Json& result) {
  struct Source {
    const char* pointer;
    const char* prefix;
  };
  static constexpr Source kSources[] = {{"/compression/layers", ""},
                                        {"/mapping/layers", "mapping_"},
                                        {"/adaptation/layers", "adaptation_"},
                                        {"/chip/layers", "chip_"},
                                        {"/baseline_chip/layers", "baseline_chip_"}};
  Json rows = Json::array();
  for (const Source& source : kSources) {
    for (const Json& layer : value_at(result, source.pointer)) {
      join(row_named(rows, text_at(layer, "/name")), layer, source.prefix);
    }
  }
  return rows;
}

Json part_rows(const Json& result) {
  Json rows = Json::array();
  for (const char* chip : {"chip", "baseline_chip"}) {
    for (const Json& part : value_at(result, std::string("/") + chip + "/parts")) {
      Json row = {{"chip", chip}};
      row.update(part);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Json tile_rows(const Json& result) {
  Json rows = Json::array();
  for (const char* chip : {"chip", "baseline_chip"}) {
    for (const Json& tile : value_at(result, std::string("/") + chip + "/tiles")) {
      Json row = {{"chip", chip}};
      row.update(tile);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace ohmweave::report
