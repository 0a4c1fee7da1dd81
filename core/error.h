// SPDX-License-Identifier: Apache-2.0
// The three ways a run can fail through no fault of ours, and require() for the ways that are.
// Every message says where (file, or JSON pointer), what was given, and what is allowed.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace ohmweave {

/// Process exit codes of both programs.
enum class ExitCode : int {
  Good = 0,
  Failure = 1,
  Config = 2,
  Data = 3,
  Interrupted = 4,
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode exit_code, const std::string& message);
  [[nodiscard]] ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// A config or command line that cannot be run. Holds every problem found, each one line
/// "/json/pointer = value: what is allowed".
class ConfigError final : public Error {
 public:
  explicit ConfigError(std::vector<std::string> problems);
  /// Each line of what() begins with the file's path, problems() are without.
  ConfigError(const std::string& file, std::vector<std::string> problems);
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// A file that is missing, damaged or of the wrong kind. The message starts with its path.
class DataError final : public Error {
 public:
  explicit DataError(const std::string& message);
};

/// An iteration that did not converge, or NaN / infinity where a number was due.
class NumericError final : public Error {
 public:
  explicit NumericError(const std::string& message);
};

/// The user asked the run to stop; it can be resumed.
class Interrupted final : public Error {
 public:
  explicit Interrupted(const std::string& message);
};

/// Throws std::logic_error naming file and line unless `holds`: a broken promise of our own code.
#define OHMWEAVE_REQUIRE(holds, message) \
  ((holds) ? void(0) : ::ohmweave::throw_logic_error(__FILE__, __LINE__, #holds, (message)))

[[noreturn]] void throw_logic_error(const char* file, int line, const char* condition,
                                    const std::string& message);

}  // namespace ohmweave
