// SPDX-License-Identifier: Apache-2.0
// Starts ohmweave-nn for what needs torch. The front end itself never loads torch: that would cost
// it a third of a second and 165 MB at every start.
#pragma once

#include <string>
#include <vector>

namespace ohmweave::tools {

/// Runs `ohmweave-nn arguments...` (found beside this program) with this process's stdout and
/// stderr. SIGINT and SIGTERM are handed on; the worker dies with this process. Throws Error with
/// the worker's exit code when that is not 0 (the worker has said why).
void run_worker(const std::vector<std::string>& arguments);

}  // namespace ohmweave::tools
