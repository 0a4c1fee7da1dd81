// SPDX-License-Identifier: Apache-2.0
#include "report/compare.h"

#include <algorithm>
#include <set>

#include "core/artifact.h"
#include "core/error.h"
#include "report/formats.h"
#include "report/result.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

namespace fs = std::filesystem;

void collect(const Json& json, const std::string& pointer,
             std::vector<std::pair<std::string, double>>& found) {
  for (const auto& [key, value] : json.items()) {
    std::string here = pointer;
    here.append("/").append(key);
    // Constants of the component library and checks of our own arithmetic are no results.
    if (here == "/provenance" || here == "/components" || key == "closure") continue;
    if (value.is_object()) collect(value, here, found);
    if (value.is_number()) found.emplace_back(here, value.get<double>());
  }
}

NamedResult read_result(const fs::path& run) {
  if (fs::exists(run) && !fs::is_directory(run)) {
    throw DataError(run.string() +
                    ": is a file; give the folder of a run (the one that holds report/)");
  }
  const fs::path path = run / "report" / "result.json";
  if (!fs::exists(path)) {
    throw DataError(path.string() + ": missing; finish the run first (ohmweave run)");
  }
  const fs::path whole = fs::absolute(run).lexically_normal();
  const std::string name = (whole.has_filename() ? whole : whole.parent_path()).filename();
  Json result = read_artifact(path);
  const fs::path config = run / "config.json";
  if (fs::exists(config) &&
      text_at(result, "/provenance/config_sha256") != sha256(read_artifact(config).dump())) {
    throw DataError(path.string() + ": is out of date, " + config.string() +
                    " has changed since; bring it up to date: ohmweave run " + config.string() +
                    " --out " + run.string());
  }
  return {name, std::move(result)};
}

/// Runs whose folders have the same name are called by their whole paths.
void tell_apart(std::vector<NamedResult>& results, const std::vector<fs::path>& runs) {
  std::set<std::string> names;
  for (const NamedResult& result : results) names.insert(result.name);
  if (names.size() == results.size()) return;
  for (std::size_t i = 0; i < runs.size(); ++i) results[i].name = runs[i].string();
}

/// The baseline has a column of its own, even if it is one of the `runs`.
std::vector<fs::path> without_baseline(const std::vector<fs::path>& runs,
                                       const std::optional<fs::path>& baseline) {
  std::vector<fs::path> others;
  for (const fs::path& run : runs) {
    std::error_code is_missing;
    if (!baseline || !fs::equivalent(run, *baseline, is_missing)) others.push_back(run);
  }
  if (others.empty())
    throw ConfigError({"--baseline " + baseline->string() +
                       ": is the only run given; give another to compare it with"});
  return others;
}

const Format& format_named(const std::string& name) {
  std::vector<std::string> names;
  std::string allowed;
  for (const Format& format : format_table()) {
    if (format.name == name) return format;
    names.push_back(format.name);
    allowed += (allowed.empty() ? "" : ", ") + format.name;
  }
  const std::string nearest = nearest_word(name, names);
  throw ConfigError({"--format = '" + name + "': must be one of " + allowed +
                     (nearest.empty() ? "" : "; did you mean '" + nearest + "'?")});
}

}  // namespace

std::vector<std::pair<std::string, double>> figures(const Json& result) {
  std::vector<std::pair<std::string, double>> found;
  collect(result, "", found);
  return found;
}

Json difference(const Json& result, const Json& baseline) {
  const auto before = figures(baseline);
  Json changes = Json::object();
  for (const auto& [pointer, value] : figures(result)) {
    const std::string& wanted = pointer;
    const auto found = std::find_if(before.begin(), before.end(),
                                    [&](const auto& figure) { return figure.first == wanted; });
    if (found == before.end() || found->second == value) continue;
    changes[pointer] = {
        {"baseline", found->second}, {"value", value}, {"difference", value - found->second}};
    if (found->second != 0.0) changes[pointer]["ratio"] = value / found->second;
  }
  return changes;
}

std::string compare_runs(const std::vector<fs::path>& runs, const std::optional<fs::path>& baseline,
                         const std::string& format) {
  const Format& chosen = format_named(format);
  Comparison comparison;
  const std::vector<fs::path> others = without_baseline(runs, baseline);
  for (const fs::path& run : others) comparison.runs.push_back(read_result(run));
  tell_apart(comparison.runs, others);
  if (baseline) comparison.baseline = read_result(*baseline);
  const bool is_single = runs.size() == 1 && !baseline;
  if (is_single && chosen.name == "html") return read_file(runs[0] / "report" / "report.html");
  return chosen.render(comparison);
}

}  // namespace ohmweave::report
