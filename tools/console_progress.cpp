// SPDX-License-Identifier: Apache-2.0
#include "tools/console_progress.h"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/artifact.h"
#include "core/error.h"

namespace ohmweave::tools {
namespace {

constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kTerminalInterval{100};
constexpr std::chrono::seconds kPlainInterval{5};
constexpr int kExitBySecondSignal = 130;

// A signal handler can reach nothing else.
volatile std::sig_atomic_t g_num_signals = 0;

void count_signal(int) {
  g_num_signals = g_num_signals + 1;
  if (g_num_signals > 1) _exit(kExitBySecondSignal);
}

std::string formatted_seconds(double seconds) {
  char text[32];
  const auto whole = std::lround(seconds);
  if (whole < 60) {
    std::snprintf(text, sizeof(text), "%lds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof(text), "%ldm%02lds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof(text), "%ldh%02ldm", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string formatted_details(const Json& details) {
  static const std::string bytes = "_bytes";
  std::string text;
  for (const auto& [key, value] : details.items()) {
    char number[32];
    if (key.size() > bytes.size() &&
        key.compare(key.size() - bytes.size(), std::string::npos, bytes) == 0) {
      std::snprintf(number, sizeof(number), "%.4g MB", value.get<double>() * 1e-6);
      text += "  " + key.substr(0, key.size() - bytes.size()) + " " + number;
    } else if (value.is_number_float()) {
      std::snprintf(number, sizeof(number), "%.4g", value.get<double>());
      text += "  " + key + " " + number;
    } else {
      text += "  " + key + " " + (value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return text;
}

double unix_time_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void stop_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = count_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void append_event(const std::filesystem::path& events, const std::string& stage,
                  const std::string& event, const Json& details) {
  Json line = {{"stage", stage}, {"event", event}};
  for (const auto& [key, value] : details.items()) line[key] = value;
  line["unix_time_s"] = unix_time_s();
  append_line(events, line.dump());
}

void tell(Verbosity verbosity, const std::string& line) {
  if (verbosity == Verbosity::Normal) std::fprintf(stderr, "%s\n", line.c_str());
}

ConsoleProgress::ConsoleProgress(std::string stage, std::filesystem::path events,
                                 Verbosity verbosity)
    : stage_(std::move(stage)),
      events_(std::move(events)),
      verbosity_(verbosity),
      is_terminal_(isatty(STDERR_FILENO) == 1) {}

ConsoleProgress::~ConsoleProgress() {
  if (has_bar_) std::fputs("\r\033[K", stderr);
}

void ConsoleProgress::draw_bar(const std::string& phase, double share, const std::string& text) {
  const int filled = static_cast<int>(std::lround(share * kBarWidth));
  const bool is_plain = std::getenv("NO_COLOR") != nullptr;
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "#" : ".";
  if (!is_plain) bar = "\033[36m" + bar + "\033[0m";
  std::fprintf(stderr, "\r\033[K%-8s [%s] %3.0f%%  %s%s", stage_.c_str(), bar.c_str(),
               share * 100.0, phase.c_str(), text.c_str());
  std::fflush(stderr);
  has_bar_ = true;
}

void ConsoleProgress::step(const std::string& phase, double done, double total,
                           const Json& details) {
  const auto now = Clock::now();
  const bool is_new_phase = phase != phase_;
  if (is_new_phase) {
    phase_ = phase;
    phase_first_done_ = done;
    phase_start_ = now;
  }
  const bool is_finished = done >= total;
  const auto interval =
      is_terminal_ ? Clock::duration(kTerminalInterval) : Clock::duration(kPlainInterval);
  if (!is_new_phase && !is_finished && now - last_shown_ < interval) return;
  last_shown_ = now;
  Json event = {{"phase", phase}, {"done", done}, {"total", total}};
  for (const auto& [key, value] : details.items()) event[key] = value;
  append_event(events_, stage_, "step", event);
  if (verbosity_ == Verbosity::Quiet) return;

  const double elapsed = std::chrono::duration<double>(now - phase_start_).count();
  const double rate = elapsed > 0.0 ? (done - phase_first_done_) / elapsed : 0.0;
  const std::string eta =
      rate > 0.0 && !is_finished ? "  ETA " + formatted_seconds((total - done) / rate) : "";
  const std::string text = formatted_details(details) + eta;
  const double share = total > 0.0 ? done / total : 0.0;
  if (is_terminal_) {
    draw_bar(phase, share, text);
  } else {
    std::fprintf(stderr, "%s %3.0f%% %s%s\n", stage_.c_str(), share * 100.0, phase.c_str(),
                 text.c_str());
  }
}

void ConsoleProgress::stop_point() {
  if (g_num_signals == 0) return;
  throw Interrupted(stage_ +
                    ": stopped; everything up to here is saved, run the same command to go on");
}

}  // namespace ohmweave::tools
