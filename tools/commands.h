// SPDX-License-Identifier: Apache-2.0
// The commands of the front end, each from its parsed arguments to what it prints.
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tools/console_progress.h"

namespace ohmweave::tools {

/// Options that every command takes.
struct CommonArguments {
  std::vector<std::string> overrides;  // --set /json/pointer=VALUE
  std::optional<std::string> device;   // "cpu" or "cuda"
  std::optional<int> threads;
  bool is_quiet = false;
  [[nodiscard]] Verbosity verbosity() const {
    return is_quiet ? Verbosity::Quiet : Verbosity::Normal;
  }
};

/// `run`: every wanted stage; then the paths of what was written. Throws ConfigError, before
/// anything is written, for a folder that holds a run of another name.
void command_run(const std::filesystem::path& config, const std::optional<std::string>& folder,
                 const CommonArguments& common, std::ostream& out);
/// `check`: the resolved config.
void command_check(const std::filesystem::path& config, const CommonArguments& common,
                   std::ostream& out);
/// `schema`: the JSON Schema of the config.
void command_schema(std::ostream& out);
/// `list [KIND]`: every table, or one, a line each. Throws ConfigError for an unknown kind.
void command_list(const std::optional<std::string>& kind, std::ostream& out);
/// One stage of a run folder.
void command_stage(const std::string& stage, const std::filesystem::path& folder,
                   const CommonArguments& common, std::ostream& out);
/// `solve`: currents of one crossbar case.
void command_solve(const std::filesystem::path& file, bool as_json, std::ostream& out);
/// `device fit`: a table of measurements (crossbar/measurements.h) to the file of a device; what
/// was found, then the file's path. drift: power_law or log_time, used where the table holds ages.
void command_device_fit(const std::filesystem::path& table, const std::filesystem::path& preset,
                        const std::string& drift, std::ostream& out);
/// What `export` takes.
struct ExportArguments {
  std::filesystem::path folder;      // of a run that is mapped
  std::string format = "spice";      // spice, npz or csv
  std::optional<int> array;          // one of the placement's; spice: 0, others: all
  int chip = 0;                      // the chip sample
  std::optional<double> age_s;       // since programming; absent: as programmed
  std::optional<std::string> input;  // spice: digits of the rows, "1,0,1"; rest 0
  std::optional<std::string> out;    // a file in place of stdout
};
/// `export`: a SPICE netlist of an array, conductance maps of the arrays, or a list of their cells.
void command_export(const ExportArguments& arguments, const CommonArguments& common,
                    std::ostream& out);
/// `eval`: accuracy of a saved model on a data set's test split (in the worker).
void command_eval(const std::string& model, const std::string& data, bool as_json,
                  const CommonArguments& common);
/// `report`: results of runs, side by side with a baseline if one is named.
void command_report(const std::vector<std::string>& folders,
                    const std::optional<std::string>& baseline, const std::string& format,
                    std::ostream& out);
/// `doctor`: what is installed, and what to do about it.
void command_doctor(const CommonArguments& common, std::ostream& out);

}  // namespace ohmweave::tools
