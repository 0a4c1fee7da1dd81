// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/fields.h"

namespace ohmweave::tools {
namespace {

/// CLI11 would call a misspelt command a surplus argument.
void refuse_unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  std::string allowed;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    names.push_back(command->get_name());
    allowed += (allowed.empty() ? "" : ", ") + command->get_name();
  }
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const std::string nearest = nearest_word(word, names);
  throw ConfigError({"'" + word + "': there is no such command; allowed: " + allowed +
                     (nearest.empty() ? "" : "; nearest: " + nearest)});
}

}  // namespace

int parse_command_line(CLI::App& app, int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-') refuse_unknown_command(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(ExitCode::Config);
  }
  return 0;
}

int guarded(int (*body)(int argc, char** argv), int argc, char** argv) {
  try {
    return body(argc, argv);
  } catch (const Error& e) {
    std::istringstream lines(e.what());
    for (std::string line; std::getline(lines, line);)
      std::fprintf(stderr, "ohmweave: %s\n", line.c_str());
    return static_cast<int>(e.exit_code());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ohmweave: internal error: %s\n", e.what());
    return static_cast<int>(ExitCode::Failure);
  }
}

}  // namespace ohmweave::tools
