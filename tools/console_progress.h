// SPDX-License-Identifier: Apache-2.0
// Progress of a stage: every event to events.jsonl, a bar with ETA (terminal) or a line every few
// seconds (no terminal) to stderr, and SIGINT turned into a stop at the next saved state.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "core/progress.h"

namespace ohmweave::tools {

enum class Verbosity { Quiet, Normal };

class ConsoleProgress final : public Progress {
 public:
  ConsoleProgress(std::string stage, std::filesystem::path events, Verbosity verbosity);
  ~ConsoleProgress() override;
  ConsoleProgress(const ConsoleProgress&) = delete;
  ConsoleProgress& operator=(const ConsoleProgress&) = delete;

  void step(const std::string& phase, double done, double total, const Json& details) override;
  void stop_point() override;

 private:
  using Clock = std::chrono::steady_clock;
  void draw_bar(const std::string& phase, double share, const std::string& text);

  std::string stage_;
  std::filesystem::path events_;
  Verbosity verbosity_;
  bool is_terminal_;
  bool has_bar_ = false;
  std::string phase_;
  double phase_first_done_ = 0.0;
  Clock::time_point phase_start_;
  Clock::time_point last_shown_;
};

/// From now on the first SIGINT or SIGTERM asks the running stage to stop at its next saved state,
/// and the second ends the process at once.
void stop_on_interrupt();

/// Appends one event, {"stage", "event", ..., "unix_time_s"}, to events.jsonl.
void append_event(const std::filesystem::path& events, const std::string& stage,
                  const std::string& event, const Json& details);

/// One line for people on stderr, unless quiet.
void tell(Verbosity verbosity, const std::string& line);

}  // namespace ohmweave::tools
