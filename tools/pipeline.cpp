// SPDX-License-Identifier: Apache-2.0
#include "tools/pipeline.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <set>

#include "core/artifact.h"
#include "core/error.h"
#include "data/options.h"
#include "report/report.h"
#include "tools/chip_stages.h"
#include "tools/placing.h"
#include "tools/version.h"
#include "tools/weight_stages.h"
#include "tools/worker_process.h"

namespace ohmweave::tools {
namespace {

struct Library {
  const char* name;
  const char* version;
};
constexpr Library kTorch{"torch", kTorchVersion};
constexpr Library kEigen{"eigen", kEigenVersion};
constexpr Library kBoost{"boost", kBoostVersion};
constexpr Library kSystemc{"systemc", kSystemcVersion};

struct Stage {
  const char* name;
  const char* summary;
  int version;  // raise it when the stage's output for the same inputs changes
  std::function<std::vector<std::string>(const RunConfig&)> sections;  // or parts: "model/kind"
  std::vector<const char*> inputs;  // earlier stages whose artifacts it reads
  std::vector<Library> libraries;   // whose other versions may compute other bits
  std::function<bool(const RunConfig&)> is_wanted;
  std::function<void(const Run&, const std::string& stamp)> run;
};

void run_in_worker(const char* stage, const Run& run, const std::string& stamp) {
  std::vector<std::string> arguments = {"stage", stage, run.folder.string(), "--stamp", stamp};
  if (run.verbosity == Verbosity::Quiet) arguments.emplace_back("--quiet");
  run_worker(arguments);
}

void run_dense(const Run& run, const std::string& stamp) {
  if (is_trained(run.loaded.config)) return run_in_worker("dense", run, stamp);
  write_artifact(run.folder / "dense", stamp,
                 [&](const auto& output) { own_weights_stage(run, output); });
}

void run_compress(const Run& run, const std::string& stamp) {
  if (run.loaded.config.compress) return run_in_worker("compress", run, stamp);
  write_artifact(run.folder / "compress", stamp,
                 [&](const auto& output) { removed_weights_stage(run, output); });
}

void run_map(const Run& run, const std::string& stamp) {
  write_artifact(run.folder / "map", stamp, [&](const auto& output) { map_stage(run, output); });
}

void run_estimate(const Run& run, const std::string& stamp) {
  write_artifact(run.folder / "estimate", stamp,
                 [&](const auto& output) { estimate_stage(run, output); });
}

void run_report(const Run& run, const std::string& stamp) {
  write_artifact(run.folder / "report", stamp, [&](const auto& output) {
    std::set<std::string> stages;
    for (const auto& [name, own_stamp] : run.stamps) stages.insert(name);
    report::write_report({run.folder, provenance(run.loaded), stages}, output);
  });
}

using Sections = std::vector<std::string>;

/// The same whatever the config says.
std::function<Sections(const RunConfig&)> always(Sections sections) {
  return [sections = std::move(sections)](const RunConfig&) { return sections; };
}

Sections dense_sections(const RunConfig& config) {
  if (is_trained(config)) return {"seed", "threads", "data", "model", "train"};
  return {"seed", "data", "model/kind", "model/weights"};
}

/// With what decides which weights a chip can hold, and in which array: wires and drive do not.
Sections with_cells(Sections sections, const RunConfig& config) {
  for (const char* key : {"array/rows", "array/cols", "array/encoding", "array/bits_per_cell",
                          "array/weight_bits", "array/slice_bits"})
    sections.emplace_back(key);
  if (!config.device.level_means.empty()) sections.emplace_back("device/level_means");
  return sections;
}

Sections compress_sections(const RunConfig& config) {
  if (config.compress)
    return with_cells({"seed", "threads", "data", "train", "compress", "activations"}, config);
  return {"seed", "data", "model", "array/cols", "evaluate"};
}

Sections evaluate_sections(const RunConfig& config) {
  Sections sections = {"seed",
                       "threads",
                       "data",
                       "activations",
                       "device",
                       "array",
                       "adc",
                       "dac",
                       "evaluate",
                       "chip/functional_images",
                       "mapping/fault_aware"};
  // Which columns share a converter matters where converters differ.
  if (config.adc.has_spread()) sections.push_back("chip/columns_per_adc");
  return sections;
}

/// Copies follow from the circuits' time and area.
Sections map_sections(const RunConfig& config) {
  if (wants_copies(config.mapping))
    return {"activations", "device", "array", "adc", "dac", "mapping", "chip"};
  return with_cells({"activations", "array/rows_active", "mapping"}, config);
}

const std::vector<Stage>& stages() {
  static const std::vector<Stage> table = {
      {"dense",
       "trains the dense network, or takes its weights from where /model says",
       1,
       dense_sections,
       {},
       {kTorch},
       [](const RunConfig&) { return true; },
       run_dense},
      {"compress",
       "prunes and quantizes by ADMM, step by step, or removes the weights that /model says",
       4,
       compress_sections,
       {"dense"},
       {kTorch},
       is_compressed,
       run_compress},
      {"map",
       "assigns every weight to a cell, every array to a tile",
       6,
       map_sections,
       {"dense", "compress"},
       {kBoost},
       [](const RunConfig&) { return true; },
       run_map},
      {"adapt",
       "trains the mapped weights through the arrays they sit in",
       1,
       always({"seed", "threads", "data", "activations", "device", "array", "adapt",
               "mapping/fault_aware"}),
       {"dense", "compress", "map"},
       {kTorch, kEigen},
       [](const RunConfig& c) { return c.adapt.has_value(); },
       [](const Run& run, const std::string& stamp) { run_in_worker("adapt", run, stamp); }},
      {"evaluate",
       "accuracy on frozen chip samples, activity of every layer",
       8,
       evaluate_sections,
       {"dense", "compress", "map", "adapt"},
       {kTorch, kEigen},
       [](const RunConfig& c) { return c.evaluate.has_value(); },
       [](const Run& run, const std::string& stamp) { run_in_worker("evaluate", run, stamp); }},
      {"estimate",
       "area, power, energy and time of the chip and of its dense baseline",
       8,
       always({"seed", "activations", "device", "array", "adc", "dac", "mapping", "chip"}),
       {"dense", "compress", "map", "adapt", "evaluate"},
       {kBoost, kEigen, kSystemc},
       [](const RunConfig& c) { return c.chip.has_value(); },
       run_estimate},
      {"report",
       "result.json, tables and report.html",
       5,
       always({}),
       {"dense", "compress", "map", "adapt", "evaluate", "estimate"},
       {},
       [](const RunConfig&) { return true; },
       run_report},
  };
  return table;
}

const Stage& find_stage(const std::string& name) {
  const auto found = std::find_if(stages().begin(), stages().end(),
                                  [&](const Stage& stage) { return name == stage.name; });
  OHMWEAVE_REQUIRE(found != stages().end(), "no stage '" + name + "'");
  return *found;
}

std::string short_stamp(const std::string& stamp) { return stamp.substr(0, 12); }

/// Seconds of each stage's last real run, kept beside the artifacts: times are not results.
Json read_timing(const Run& run) {
  const auto path = run.folder / "timing.json";
  if (!std::filesystem::exists(path)) return Json::object();
  Json timing = parse_artifact_file(path.string());
  if (!timing.is_object()) throw DataError(path.string() + type_problem(timing, "an object"));
  return timing;
}

void remove_leftovers(const Run& run, const std::string& stage) {
  std::filesystem::remove_all(run.folder / ".work" / stage);
}

std::string stamp_of(const Stage& stage, const Run& run) {
  Json key = {{"stage", stage.name}, {"version", stage.version}};
  for (const std::string& section : stage.sections(run.loaded.config)) {
    const Json::json_pointer place("/" + section);
    if (run.loaded.resolved.contains(place)) key[section] = run.loaded.resolved[place];
  }
  for (const char* input : stage.inputs) {
    const auto found = run.stamps.find(input);
    if (found != run.stamps.end()) key["after"][input] = found->second;
  }
  for (const Library& library : stage.libraries) key["libraries"][library.name] = library.version;
  const std::string name = stage.name;
  const RunConfig& config = run.loaded.config;
  if (name == "dense" && config.data) key["data_sha256"] = data::data_fingerprint(*config.data);
  if (name == "dense" || name == "compress") {
    const std::string files = weight_files_fingerprint(config.model);
    if (!files.empty()) key["weight_files_sha256"] = files;
  }
  const bool is_sized = name == "map" && wants_copies(config.mapping);
  if (name == "estimate" || is_sized) key["library_sha256"] = chip_library_fingerprint(config);
  if (name == "report") key["config"] = run.loaded.resolved;
  return sha256(key.dump());
}

}  // namespace

Run make_run(LoadedConfig loaded, std::filesystem::path folder, Verbosity verbosity) {
  Run run{std::move(loaded), std::move(folder), verbosity, {}};
  for (const Stage& stage : stages()) {
    if (stage.is_wanted(run.loaded.config)) run.stamps[stage.name] = stamp_of(stage, run);
  }
  return run;
}

const std::vector<StageInfo>& stage_table() {
  static const std::vector<StageInfo> table = [] {
    std::vector<StageInfo> infos;
    for (const Stage& stage : stages()) infos.push_back({stage.name, stage.summary});
    return infos;
  }();
  return table;
}

bool is_wanted(const std::string& stage, const RunConfig& config) {
  return find_stage(stage).is_wanted(config);
}

void open_run(const Run& run) {
  std::error_code error;
  std::filesystem::create_directories(run.folder, error);
  if (error) throw DataError(run.folder.string() + ": cannot be created: " + error.message());
  const std::string lock = (run.folder / ".lock").string();
  const int file = open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (file < 0) throw DataError(lock + ": cannot be written: " + std::strerror(errno));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    throw DataError(run.folder.string() + ": another ohmweave is working in this folder");
  }
  write_json_atomically(run.folder / "config.json", run.loaded.resolved);
}

void require_inputs(const std::string& name, const Run& run) {
  for (const char* input : find_stage(name).inputs) {
    const auto needed = run.stamps.find(input);
    if (needed != run.stamps.end() && !is_stamped(run.folder / input, needed->second)) {
      throw DataError((run.folder / input).string() +
                      ": is missing or out of date; run the stage '" + input + "' first");
    }
  }
}

StageOutcome run_stage(const std::string& name, const Run& run) {
  const Stage& stage = find_stage(name);
  const std::filesystem::path folder = run.folder / name;
  if (!stage.is_wanted(run.loaded.config)) return StageOutcome::NotWanted;
  require_inputs(name, run);
  const std::string& stamp = run.stamps.at(name);
  if (is_stamped(folder, stamp)) {
    tell(run.verbosity, name + ": up to date (" + short_stamp(stamp) + ")");
    return StageOutcome::WasUpToDate;
  }
  for (const char* input : stage.inputs) {
    if (run.stamps.count(input) > 0) verify_artifact(run.folder / input);
  }
  Json timing = read_timing(run);  // before the work, so that damage is told of at once
  const auto start = std::chrono::steady_clock::now();
  append_event(run.folder / "events.jsonl", name, "start", {{"stamp", stamp}});
  stage.run(run, stamp);
  remove_leftovers(run, name);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  timing[name] = {{"seconds", seconds}, {"threads", run.loaded.config.threads}};
  write_json_atomically(run.folder / "timing.json", timing);
  append_event(run.folder / "events.jsonl", name, "end", {{"seconds", seconds}});
  char text[64];
  std::snprintf(text, sizeof(text), "%s: done in %.1f s", name.c_str(), seconds);
  tell(run.verbosity, text);
  return StageOutcome::Ran;
}

void run_all(const Run& run) {
  ConsoleProgress between_stages("run", run.folder / "events.jsonl", Verbosity::Quiet);
  for (const Stage& stage : stages()) {
    between_stages.stop_point();
    run_stage(stage.name, run);
  }
}

Json provenance(const LoadedConfig& loaded) {
  return {{"ohmweave_version", kVersion},
          {"config_sha256", sha256(loaded.resolved.dump())},
          {"seed", loaded.config.seed},
          {"threads", loaded.config.threads},
          {"device", loaded.config.evaluate &&
                             loaded.config.evaluate->torch_device == inference::TorchDevice::Cuda
                         ? "cuda"
                         : "cpu"},
          {"libraries",
           {{kTorch.name, kTorch.version},
            {kEigen.name, kEigen.version},
            {kBoost.name, kBoost.version},
            {kSystemc.name, kSystemc.version},
            {"nlohmann_json", kJsonVersion}}}};
}

}  // namespace ohmweave::tools
