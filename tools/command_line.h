// SPDX-License-Identifier: Apache-2.0
// What both programs do with a command line: parse it, name what is wrong with it, and turn errors
// into messages on stderr and exit codes.
#pragma once

#include <CLI/CLI.hpp>

namespace ohmweave::tools {

/// Parses, which runs the callback of the command. Returns the exit code. Throws ConfigError for a
/// command that there is not, with the nearest one, and what the command throws.
[[nodiscard]] int parse_command_line(CLI::App& app, int argc, char** argv);

/// Runs a program's body; prints what it throws and returns the exit code that goes with it. An
/// error without a message has been told of already.
[[nodiscard]] int guarded(int (*body)(int argc, char** argv), int argc, char** argv);

}  // namespace ohmweave::tools
