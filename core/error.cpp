// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

namespace ohmweave {
namespace {

std::string join_lines(const std::string& before_each, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text.append(text.empty() ? "" : "\n").append(before_each).append(line);
  return text;
}

}  // namespace

Error::Error(ExitCode exit_code, const std::string& message)
    : std::runtime_error(message), exit_code_(exit_code) {}

ConfigError::ConfigError(std::vector<std::string> problems)
    : Error(ExitCode::Config, join_lines("", problems)), problems_(std::move(problems)) {}

ConfigError::ConfigError(const std::string& file, std::vector<std::string> problems)
    : Error(ExitCode::Config, join_lines(file + ": ", problems)), problems_(std::move(problems)) {}

DataError::DataError(const std::string& message) : Error(ExitCode::Data, message) {}

NumericError::NumericError(const std::string& message) : Error(ExitCode::Failure, message) {}

Interrupted::Interrupted(const std::string& message) : Error(ExitCode::Interrupted, message) {}

void throw_logic_error(const char* file, int line, const char* condition,
                       const std::string& message) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) + ": broken promise (" +
                         condition + "): " + message);
}

}  // namespace ohmweave
