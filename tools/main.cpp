// SPDX-License-Identifier: Apache-2.0
// ohmweave: the front end. Links no torch, so it answers at once; torch work runs in ohmweave-nn.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "core/error.h"
#include "tools/command_line.h"
#include "tools/commands.h"
#include "tools/version.h"

namespace {

using namespace ohmweave;         // NOLINT(google-build-using-namespace): a program, not a header
using namespace ohmweave::tools;  // NOLINT(google-build-using-namespace)

/// Commands that read no config take --set only to say so; their help does not show it.
void add_common(CLI::App& command, CommonArguments& common) {
  const std::string name = command.get_name();
  const auto is_one_of = [&name](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool has_config =
      !is_one_of({"schema", "list", "eval", "solve", "report", "device", "doctor"});
  const bool uses_torch = has_config ? !is_one_of({"check", "export"}) : name == "eval";
  const char* const shown = "Options";
  const char* const hidden = "";
  command
      .add_option("--set", common.overrides, "/json/pointer=VALUE put over the config (repeatable)")
      ->type_name("POINTER=VALUE")
      ->take_all()
      ->group(has_config ? shown : hidden);
  command
      .add_option("--device", common.device,
                  "where chips run, and eval: cpu or cuda (training is on the CPU)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->group(uses_torch ? shown : hidden);
  command.add_option("--threads", common.threads, "threads of the torch stages (default: all)")
      ->type_name("COUNT")
      ->group(uses_torch ? shown : hidden)
      ->check([](const std::string& text) {
        const bool is_count = !text.empty() && text.size() <= 4 && text != "0" &&
                              text.find_first_not_of("0123456789") == std::string::npos &&
                              std::stoi(text) <= 1024;
        return is_count ? std::string() : "'" + text + "': must be a count from 1 to 1024";
      });
  command.add_flag("--quiet", common.is_quiet, "no progress on stderr");
}

/// --set belongs to commands that read a config; elsewhere it would be ignored.
void refuse_overrides(const CommonArguments& common, const std::string& command) {
  if (common.overrides.empty()) return;
  throw ConfigError({"--set " + common.overrides.front() + ": '" + command +
                     "' reads no config; --set goes with run, check, the stages and export"});
}

/// Everything the command line can hold; the callbacks of the commands refer to it.
struct Arguments {
  CommonArguments common;
  ExportArguments exported;
  std::string path;
  std::string data;
  std::optional<std::string> folder;
  std::optional<std::string> kind;
  std::optional<std::string> baseline;
  std::vector<std::string> folders;
  std::string format = "md";
  std::string drift = "power_law";
  bool as_json = false;
};

void add_run_commands(CLI::App& app, Arguments& a) {
  auto* run = app.add_subcommand("run", "all stages of a config; run again to resume");
  run->add_option("config", a.path, "the config")->required()->type_name("CONFIG.json");
  run->add_option("--out", a.folder, "folder of the run (default: runs/<name>)")->type_name("DIR");
  run->callback([&a] { command_run(a.path, a.folder, a.common, std::cout); });

  auto* check = app.add_subcommand("check", "validate a config and print it with every default");
  check->add_option("config", a.path, "the config")->required()->type_name("CONFIG.json");
  check->callback([&a] { command_check(a.path, a.common, std::cout); });

  app.add_subcommand("schema", "JSON Schema (draft-07) of the config")->callback([&a] {
    refuse_overrides(a.common, "schema");
    command_schema(std::cout);
  });

  auto* list =
      app.add_subcommand("list", "devices, constraints, models, data sets, ... with summaries");
  list->add_option("kind", a.kind, "one kind only")->type_name("KIND");
  list->callback([&a] {
    refuse_overrides(a.common, "list");
    command_list(a.kind, std::cout);
  });

  for (const auto& [name, summary] : std::initializer_list<std::pair<std::string, std::string>>{
           {"dense", "one stage of a run: train the dense network"},
           {"compress", "one stage of a run: prune and quantize"},
           {"map", "one stage of a run: assign weights to cells, arrays to tiles"},
           {"adapt", "one stage of a run: train the mapped weights through their arrays"},
           {"evaluate", "one stage of a run: accuracy on simulated chips"},
           {"estimate", "one stage of a run: area, power, energy and time"}}) {
    auto* stage = app.add_subcommand(name, summary);
    stage->add_option("folder", a.path, "folder of the run")->required()->type_name("DIR");
    stage->callback([&a, name = name] { command_stage(name, a.path, a.common, std::cout); });
  }
}

void add_device_commands(CLI::App& app, Arguments& a) {
  auto* device = app.add_subcommand("device", "a device from measurements");
  device->require_subcommand(1);
  auto* fit = device->add_subcommand("fit", "level means, spreads and drift of measured cells");
  fit->fallthrough();
  fit->add_option("table", a.path,
                  "target_level or target_siemens, measured_siemens, time_s, cycle")
      ->required()
      ->type_name("MEASURED.csv");
  fit->add_option("-o,--out", a.data, "the device's file, as presets are")
      ->required()
      ->type_name("DEVICE.json");
  fit->add_option("--drift", a.drift, "power_law or log_time (default: power_law)")
      ->type_name("MODEL");
  fit->callback([&a] {
    refuse_overrides(a.common, "device fit");
    command_device_fit(a.path, a.data, a.drift, std::cout);
  });
}

void add_export_command(CLI::App& app, Arguments& a) {
  auto* command = app.add_subcommand("export", "arrays of a run as a SPICE netlist, NPZ or CSV");
  command->add_option("folder", a.exported.folder, "folder of a run")->required()->type_name("DIR");
  command->add_option("--format", a.exported.format, "spice, npz or csv")
      ->required()
      ->type_name("FORMAT");
  command->add_option("--array", a.exported.array, "one array (spice: 0 if left out; others: all)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--chip", a.exported.chip, "chip sample (default: 0)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--age", a.exported.age_s,
                   "seconds since programming, at /evaluate/temperature_k (default: as programmed)")
      ->type_name("SECONDS");
  command
      ->add_option("--input", a.exported.input,
                   "spice: digits of the rows (default: the largest in all rows read at once)")
      ->type_name("D0,D1,...");
  command->add_option("-o,--out", a.exported.out, "file to write (default: stdout)")
      ->type_name("FILE");
  command->callback([&a] { command_export(a.exported, a.common, std::cout); });
}

void add_single_commands(CLI::App& app, Arguments& a) {
  auto* eval = app.add_subcommand("eval", "accuracy of a saved model on a data set's test split");
  eval->add_option("model", a.path, ".owz, or .safetensors with network.json beside it")
      ->required()
      ->type_name("MODEL");
  eval->add_option("--data", a.data,
                   "a folder: MNIST, CIFAR-10 (binary), or test/<class>/ of images")
      ->required()
      ->type_name("PATH");
  eval->add_flag("--json", a.as_json, "print JSON");
  eval->callback([&a] {
    refuse_overrides(a.common, "eval");
    command_eval(a.path, a.data, a.as_json, a.common);
  });

  auto* solve = app.add_subcommand("solve", "currents of one crossbar, exact for its wires");
  solve->add_option("case", a.path, "the circuit")->required()->type_name("CASE.json");
  solve->add_flag("--json", a.as_json, "print JSON");
  solve->callback([&a] {
    refuse_overrides(a.common, "solve");
    command_solve(a.path, a.as_json, std::cout);
  });

  auto* report = app.add_subcommand("report", "results of runs, side by side");
  report->add_option("folders", a.folders, "folders of runs")->required()->type_name("DIR...");
  report->add_option("--baseline", a.baseline, "run to compare with")->type_name("DIR");
  report->add_option("--format", a.format, "html, json, csv or md (default: md)")
      ->type_name("FORMAT");
  report->callback([&a] {
    refuse_overrides(a.common, "report");
    command_report(a.folders, a.baseline, a.format, std::cout);
  });

  auto* doctor = app.add_subcommand("doctor", "what is installed, and what to do about it");
  doctor->callback([&a] {
    refuse_overrides(a.common, "doctor");
    command_doctor(a.common, std::cout);
  });
}

int run_program(int argc, char** argv) {
  CLI::App app{"Ohmweave: memristor-crossbar simulator and hardware-aware compression"};
  app.set_version_flag("--version", std::string("ohmweave ") + kVersion);
  app.require_subcommand(1);
  Arguments arguments;
  add_run_commands(app, arguments);
  add_single_commands(app, arguments);
  add_device_commands(app, arguments);
  add_export_command(app, arguments);
  for (CLI::App* command : app.get_subcommands({})) add_common(*command, arguments.common);
  return parse_command_line(app, argc, argv);
}

}  // namespace

int main(int argc, char** argv) { return guarded(run_program, argc, argv); }
