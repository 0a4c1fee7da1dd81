// SPDX-License-Identifier: Apache-2.0
// Runs the front end as a person would and keeps what it says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace ohmweave::testing {

struct Outcome {
  int exit_code = 0;  // 128 + signal when it was ended by one
  std::string out;
  std::string err;
};

/// `ohmweave arguments...` in `folder`.
Outcome run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder);

/// Starts the same, sends `signal_number` after `delay_s`, waits for its end.
Outcome run_and_signal(const std::vector<std::string>& arguments,
                       const std::filesystem::path& folder, double delay_s, int signal_number);

[[nodiscard]] std::filesystem::path source_folder();

/// What `check` says of the quick-start config with the given settings.
Outcome check_with(const std::vector<std::string>& settings);

}  // namespace ohmweave::testing
