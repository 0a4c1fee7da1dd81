// SPDX-License-Identifier: Apache-2.0
// ohmweave-nn: the worker that holds all that needs torch. People call ohmweave.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tools/command_line.h"
#include "tools/nn_stages.h"
#include "tools/version.h"

namespace {

using namespace ohmweave;         // NOLINT(google-build-using-namespace): a program, not a header
using namespace ohmweave::tools;  // NOLINT(google-build-using-namespace)

struct Arguments {
  std::string stage;
  std::string path;
  std::string stamp;
  std::string data;
  std::string device = "cpu";
  std::vector<std::string> overrides;
  int threads = 0;
  bool is_quiet = false;
  bool as_json = false;
};

int run_program(int argc, char** argv) {
  CLI::App app{"ohmweave-nn: training and evaluation for ohmweave, which starts it"};
  app.set_version_flag("--version", std::string("ohmweave-nn ") + kVersion);
  app.require_subcommand(1);
  Arguments a;
  auto* stage = app.add_subcommand("stage", "one torch stage of a run");
  stage->add_option("name", a.stage, "dense, compress, adapt or evaluate")
      ->required()
      ->check(CLI::IsMember({"dense", "compress", "adapt", "evaluate"}));
  stage->add_option("folder", a.path, "folder of the run")->required();
  stage->add_option("--stamp", a.stamp, "what the artifact is stamped with")->required();
  stage->add_flag("--quiet", a.is_quiet, "no progress on stderr");
  stage->callback([&a] {
    stop_on_interrupt();
    run_torch_stage(a.stage, a.path, a.stamp, a.is_quiet ? Verbosity::Quiet : Verbosity::Normal);
  });
  auto* check = app.add_subcommand("check", "whether the constraints of a config suit its network");
  check->add_option("config", a.path, "the config")->required();
  check->add_option("--set", a.overrides, "values that replace the config's");
  check->callback([&a] { check_constraints(a.path, a.overrides); });
  auto* eval = app.add_subcommand("eval", "accuracy of a saved model");
  eval->add_option("model", a.path, "the model")->required();
  eval->add_option("--data", a.data, "the data set")->required();
  eval->add_option("--threads", a.threads, "threads");
  eval->add_option("--device", a.device, "cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
  eval->add_flag("--json", a.as_json, "print JSON");
  eval->callback([&a] {
    if (a.threads > 0) at::set_num_threads(a.threads);
    evaluate_file(a.path, a.data, a.device, a.as_json);
  });
  app.add_subcommand("doctor", "what torch finds here")->callback([] { print_torch_facts(); });
  return parse_command_line(app, argc, argv);
}

}  // namespace

int main(int argc, char** argv) { return guarded(run_program, argc, argv); }
