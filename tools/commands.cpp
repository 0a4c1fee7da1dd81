// SPDX-License-Identifier: Apache-2.0
#include "tools/commands.h"

#include <chrono>
#include <cstdio>

#include "core/artifact.h"
#include "core/error.h"
#include "crossbar/case.h"
#include "crossbar/solve.h"
#include "report/compare.h"
#include "tools/chip_stages.h"
#include "tools/pipeline.h"
#include "tools/run_config.h"
#include "tools/worker_process.h"

namespace ohmweave::tools {
namespace {

namespace fs = std::filesystem;

/// For commands that run no chips.
void require_cpu(const std::string& command, const CommonArguments& common) {
  if (common.device.value_or("cpu") == "cpu") return;
  throw ConfigError({"--device " + *common.device + ": '" + command +
                     "' computes on the CPU; run, evaluate and eval take a GPU"});
}

std::vector<std::string> all_overrides(const CommonArguments& common) {
  std::vector<std::string> overrides = common.overrides;
  if (common.threads) overrides.push_back("/threads=" + std::to_string(*common.threads));
  return overrides;
}

/// The same with --device, which is that of section /evaluate; `config`: the file.
std::vector<std::string> evaluated_overrides(const fs::path& config,
                                             const CommonArguments& common) {
  std::vector<std::string> overrides = all_overrides(common);
  if (!common.device) return overrides;
  const Json json = parse_json_file(config.string());
  if (json.is_object() && json.value("evaluate", Json()).is_object())
    overrides.push_back("/evaluate/torch_device=" + *common.device);
  else if (*common.device != "cpu")
    throw ConfigError({"--device " + *common.device + ": " + config.string() +
                       " has no section /evaluate, whose chips are what runs on a GPU"});
  return overrides;
}

void print_outputs(const Run& run, std::ostream& out) {
  for (const StageInfo& stage : stage_table()) {
    if (!is_wanted(stage.name, run.loaded.config)) continue;
    char line[160];
    std::snprintf(line, sizeof(line), "%-10s %s\n", stage.name.c_str(),
                  (run.folder / stage.name).c_str());
    out << line;
  }
  out << "Open " << (run.folder / "report" / "report.html").string() << "\n";
}

/// A run's folder is not for another network's results.
void refuse_other_run(const fs::path& folder, const std::string& name) {
  const fs::path config = folder / "config.json";
  if (!fs::exists(config)) return;
  const Json held = parse_artifact_file(config.string());
  const Json held_name = held.is_object() ? held.value("name", Json()) : Json();
  if (!held_name.is_string() || held_name == name) return;
  throw ConfigError({"--out " + folder.string() + ": holds the run " + held_name.dump() +
                     ", the config's /name is " + Json(name).dump() +
                     "; give another folder, or delete that one first"});
}

/// The config of the run in a folder.
fs::path config_of(const fs::path& folder) {
  fs::path config = folder / "config.json";
  if (fs::exists(config)) return config;
  if (fs::is_regular_file(folder))
    throw DataError(folder.string() +
                    ": is a file; a stage takes the folder of a run (ohmweave run " +
                    folder.string() + " makes one)");
  throw DataError(config.string() +
                  ": there is none; make the run first: ohmweave run CONFIG --out " +
                  folder.string());
}

}  // namespace

void command_run(const fs::path& config, const std::optional<std::string>& folder,
                 const CommonArguments& common, std::ostream& out) {
  LoadedConfig loaded = load_config(config, evaluated_overrides(config, common),
                                    find_presets_folder(), chip_problems);
  const fs::path where = folder ? fs::path(*folder) : fs::path("runs") / loaded.config.name;
  refuse_other_run(where, loaded.config.name);
  const Run run = make_run(std::move(loaded), where, common.verbosity());
  open_run(run);
  stop_on_interrupt();
  run_all(run);
  print_outputs(run, out);
}

void command_check(const fs::path& config, const CommonArguments& common, std::ostream& out) {
  const LoadedConfig loaded = load_config(config, evaluated_overrides(config, common),
                                          find_presets_folder(), chip_problems);
  if (loaded.config.compress) {
    std::vector<std::string> arguments = {"check", config.string()};
    for (const std::string& override : evaluated_overrides(config, common)) {
      arguments.emplace_back("--set");
      arguments.push_back(override);
    }
    run_worker(arguments);
  }
  out << loaded.resolved.dump(2) << "\n";
}

void command_schema(std::ostream& out) { out << config_schema().dump(2) << "\n"; }

void command_stage(const std::string& stage, const fs::path& folder, const CommonArguments& common,
                   std::ostream& out) {
  if (stage != "evaluate") require_cpu(stage, common);
  const fs::path config = config_of(folder);
  const std::vector<std::string> overrides =
      stage == "evaluate" ? evaluated_overrides(config, common) : all_overrides(common);
  const Run run =
      make_run(load_resolved_config(config, overrides, chip_problems), folder, common.verbosity());
  require_inputs(stage, run);
  open_run(run);
  stop_on_interrupt();
  if (run_stage(stage, run) == StageOutcome::NotWanted) {
    throw ConfigError(
        {"/" + stage + ": the config has no such section, so there is no such stage"});
  }
  out << (folder / stage).string() << "\n";
}

void command_solve(const fs::path& file, bool as_json, std::ostream& out) {
  const auto start = std::chrono::steady_clock::now();
  const crossbar::CrossbarCase circuit = crossbar::read_case(parse_json_file(file.string()));
  const auto currents = crossbar::solve_case(circuit);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (as_json) {
    const Json json = {{"currents_a", currents.currents_a},
                       {"ideal_currents_a", currents.ideal_currents_a},
                       {"method", currents.method},
                       {"seconds", seconds}};
    out << json.dump() << "\n";
    return;
  }
  out << "column  current [A]             without wires [A]\n";
  for (std::size_t c = 0; c < currents.currents_a.size(); ++c) {
    char line[96];
    std::snprintf(line, sizeof(line), "%6zu  %-22.15g  %-22.15g\n", c, currents.currents_a[c],
                  currents.ideal_currents_a[c]);
    out << line;
  }
  out << "method: " << currents.method << "\n";
}

void command_eval(const std::string& model, const std::string& data, bool as_json,
                  const CommonArguments& common) {
  std::vector<std::string> arguments = {"eval", model, "--data", data};
  if (common.device) {
    arguments.emplace_back("--device");
    arguments.push_back(*common.device);
  }
  if (as_json) arguments.emplace_back("--json");
  if (common.threads) {
    arguments.emplace_back("--threads");
    arguments.push_back(std::to_string(*common.threads));
  }
  run_worker(arguments);
}

void command_report(const std::vector<std::string>& folders,
                    const std::optional<std::string>& baseline, const std::string& format,
                    std::ostream& out) {
  std::vector<fs::path> runs(folders.begin(), folders.end());
  out << report::compare_runs(runs, baseline ? std::optional<fs::path>(*baseline) : std::nullopt,
                              format);
}

void command_doctor(const CommonArguments& common, std::ostream& out) {
  require_cpu("doctor", common);
  const auto print = [&](const std::string& name, const std::string& value) {
    out << name << std::string(name.size() < 17 ? 17 - name.size() : 1, ' ') << value << "\n";
  };
  const Json facts = provenance({});
  print("ohmweave", facts["ohmweave_version"]);
  for (const auto& [name, version] : facts["libraries"].items()) print(name, version);
  print("presets", find_presets_folder().lexically_normal());
  out.flush();
  run_worker({"doctor"});
}

}  // namespace ohmweave::tools
