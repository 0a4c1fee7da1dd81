// SPDX-License-Identifier: Apache-2.0
#include "tools/run_config.h"

#include <sched.h>

#include <algorithm>

#include "core/error.h"
#include "crossbar/device.h"
#include "tools/config_rules.h"
#include "tools/version.h"

namespace ohmweave::tools {
namespace {

constexpr int kMostThreads = 1024;

/// Replaces every {"file": "x.json"} object by that file's contents.
void expand_files(Json& json, const std::filesystem::path& folder, const std::string& pointer) {
  if (json.is_object() && json.contains("file")) {
    if (json.size() > 1)
      throw ConfigError({pointer + ": 'file' must stand alone; other keys belong in that file"});
    if (!json["file"].is_string()) throw ConfigError({pointer + "/file: must be a string"});
    const std::filesystem::path path = folder / json["file"].get<std::string>();
    if (!std::filesystem::exists(path)) {
      throw ConfigError(
          {pointer + "/file = " + json["file"].dump() + ": there is no file " + path.string()});
    }
    json = parse_json_file(path.string());
    expand_files(json, path.parent_path(), pointer);
    return;
  }
  if (!json.is_object()) return;
  for (auto& [key, value] : json.items()) {
    std::string inner = pointer;
    inner.append("/").append(key);
    expand_files(value, folder, inner);
  }
}

Json parse_value(const std::string& text) {
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(text) : value;
}

/// The part of `here` that `step` names, or null where a new object may be made. `what` begins the
/// text of the ConfigError for a step beyond the end of an array, or into what has no parts:
/// setting that would make up what lies between.
const Json* part_of(const Json& here, const std::string& step, const std::string& what) {
  if (here.is_null() || (here.is_object() && !here.contains(step))) return nullptr;
  if (here.is_object()) return &here[step];
  if (!here.is_array())
    throw ConfigError(
        {what + " = " + here.dump() + " has no parts, so there is no '" + step + "' in it"});
  const bool is_index = !step.empty() && step.size() < 10 &&
                        step.find_first_not_of("0123456789") == std::string::npos;
  if (!is_index || std::stoul(step) >= here.size())
    throw ConfigError({what + " is an array of " + std::to_string(here.size()) + ": '" + step +
                       "' must be an index below that"});
  return &here[std::stoul(step)];
}

void check_pointer(const Json& json, const std::string& pointer, const std::string& text) {
  const Json* here = &json;
  std::string what = "--set " + text + ": ";
  for (std::size_t begin = 1; begin <= pointer.size() && here != nullptr;) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string step = pointer.substr(begin, end - begin);
    begin = end + 1;
    here = part_of(*here, step, what);
    what.append("/").append(step);
  }
}

void apply_override(Json& json, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (text.empty() || text[0] != '/' || equals == std::string::npos || equals < 2) {
    const bool lacks_slash = equals != std::string::npos && equals > 0 && text[0] != '/';
    throw ConfigError({"--set " + text + ": must be /json/pointer=VALUE" +
                       (lacks_slash ? "; nearest: /" + text : "")});
  }
  check_pointer(json, text.substr(0, equals), text);
  try {
    const Json::json_pointer pointer(text.substr(0, equals));
    Json value = parse_value(text.substr(equals + 1));
    expand_files(value, "", text.substr(0, equals));
    if (value.is_null() && json.contains(pointer) && json[pointer.parent_pointer()].is_object()) {
      json[pointer.parent_pointer()].erase(pointer.back());
    } else {
      json[pointer] = std::move(value);
    }
  } catch (const Json::exception& e) {
    throw ConfigError({"--set " + text + ": " + e.what()});
  }
}

/// Puts a preset's values under the keys that the config gives itself.
/// An unknown preset is noted in `problems`; the rest of the config can still be checked.
void fill_device_preset(Json& json, const std::filesystem::path& presets_folder,
                        std::vector<std::string>& problems) {
  if (!json.is_object() || !json.contains("device") || !json["device"].is_object() ||
      !json["device"].contains("preset"))
    return;
  const Json& preset = json["device"]["preset"];
  if (!preset.is_string()) return;  // reported with all other problems
  const std::filesystem::path folder = presets_folder / "devices";
  const auto wanted = preset.get<std::string>();
  const bool is_path = wanted.find('/') != std::string::npos;
  const std::filesystem::path path =
      is_path ? std::filesystem::path(wanted) : folder / (wanted + ".json");
  if (is_path && !std::filesystem::exists(path)) {
    problems.push_back("/device/preset = " + preset.dump() + ": there is no such file");
    return;
  }
  if (!std::filesystem::exists(path)) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    std::string allowed;
    for (const std::string& name : names) allowed += (allowed.empty() ? "" : ", ") + name;
    const std::string nearest = nearest_word(wanted, names);
    problems.push_back("/device/preset = " + preset.dump() + ": must be one of: " + allowed +
                       ", or a file's path with a '/' in it" +
                       (nearest.empty() ? "" : "; nearest: " + nearest));
    return;
  }
  Json filled = parse_json_file(path.string());
  if (!filled.is_object()) {
    problems.push_back("/device/preset = " + preset.dump() + ": the file must hold an object");
    return;
  }
  for (const auto& [key, value] : json["device"].items()) filled[key] = value;
  json["device"] = std::move(filled);
}

/// `problems` are those found so far; throws ConfigError with all of them, each with the `file`.
LoadedConfig read_checked(const std::filesystem::path& file, Json json,
                          std::vector<std::string> problems, const ConfigRules& more_rules) {
  if (json.is_object()) json.erase("$schema");
  const auto add = [&problems](const std::vector<std::string>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  };
  LoadedConfig loaded;
  try {
    loaded.config = read_config<RunConfig>(json);
    if (loaded.config.threads == 0) loaded.config.threads = usable_threads();
    add(cross_section_problems(loaded.config));
    if (more_rules) add(more_rules(loaded.config));
  } catch (const ConfigError& e) {
    add(e.problems());
  }
  if (!problems.empty()) throw ConfigError(file.string(), std::move(problems));
  loaded.resolved = write_config(loaded.config);
  return loaded;
}

}  // namespace

void declare(Fields& f, ActivationOptions& o) {
  f.integer("bits", o.bits, {2, 16}, "bits of every layer's input, the image included");
  f.choice(
      "range", o.range,
      {{ActivationRangeKind::Percentile, "percentile", "99.99th percentile of the magnitudes seen"},
       {ActivationRangeKind::Max, "max", "largest magnitude seen"}},
      "what full scale is, measured on calibration images");
}

void declare(Fields& f, RunConfig& c) {
  f.text("name", c.name, "name of the run; results go to runs/<name> unless --out says otherwise");
  f.integer("seed", c.seed, "every random number of the run follows from it");
  f.integer("threads", c.threads, {0, kMostThreads},
            "threads of the torch stages; 0 = as many as the process may use");
  f.section("data", c.data, "the images, for training and evaluating");
  f.required().section("model", c.model, "the network, and its weights if they are not trained");
  f.section("train", c.train, "training of the dense network");
  f.section("compress", c.compress, "pruning and quantization by ADMM, step by step");
  f.section("activations", c.activations, "the integers that travel between layers");
  f.section("device", c.device, "one memristor");
  f.section("array", c.array, "one array: size, wires, drive");
  f.section("adc", c.adc, "the converters of the columns");
  f.section("dac", c.dac, "the converters of the rows");
  f.section("mapping", c.mapping, "which weight goes to which cell, which array to which tile");
  f.section("adapt", c.adapt, "training of the mapped weights through the arrays they sit in");
  f.section("evaluate", c.evaluate, "accuracy on simulated chips");
  f.section("chip", c.chip, "area, power and time of the chip");
  f.rule(!c.name.empty() && c.name.find('/') == std::string::npos, "name",
         "must be a file name: not empty, no '/'");
}

bool is_trained(const RunConfig& config) { return !models::has_own_weights(config.model); }

bool is_compressed(const RunConfig& config) {
  return config.compress || models::removes_weights(config.model);
}

LoadedConfig load_config(const std::filesystem::path& path,
                         const std::vector<std::string>& overrides,
                         const std::filesystem::path& presets_folder,
                         const ConfigRules& more_rules) {
  Json json = parse_json_file(path.string());
  expand_files(json, path.parent_path(), "");
  for (const std::string& text : overrides) apply_override(json, text);
  std::vector<std::string> problems;
  fill_device_preset(json, presets_folder, problems);
  return read_checked(path, std::move(json), std::move(problems), more_rules);
}

LoadedConfig load_resolved_config(const std::filesystem::path& path,
                                  const std::vector<std::string>& overrides,
                                  const ConfigRules& more_rules) {
  Json json = parse_artifact_file(path.string());
  for (const std::string& text : overrides) {
    if (text.rfind("/device/preset", 0) == 0) {
      throw ConfigError({"--set " + text + ": " + path.string() +
                         " already holds the preset's numbers; set it with ohmweave run CONFIG"});
    }
    apply_override(json, text);
  }
  return read_checked(path, std::move(json), {}, more_rules);
}

std::filesystem::path find_presets_folder() {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const std::vector<std::filesystem::path> places = {
      program.parent_path() / ".." / "share" / "ohmweave" / "presets",
      std::filesystem::path(kSourceFolder) / "configs" / "presets"};
  std::string tried;
  for (const auto& place : places) {
    if (std::filesystem::is_directory(place)) return place;
    tried += " " + place.lexically_normal().string();
  }
  throw DataError("presets/: not found; looked for" + tried);
}

int usable_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

QuantizationOptions quantization_options(const RunConfig& config) {
  return {config.array.weight_bits, config.activations.bits, config.activations.range,
          crossbar::code_values(config.device, config.array.cells())};
}

Json config_schema() {
  Json schema;
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Ohmweave run config";
  const Json body = schema_of<RunConfig>();
  for (const auto& [key, value] : body.items()) schema[key] = value;
  schema["properties"]["$schema"] = {{"type", "string"},
                                     {"description", "this schema, for editors"}};
  return schema;
}

}  // namespace ohmweave::tools
