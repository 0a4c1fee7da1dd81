// SPDX-License-Identifier: Apache-2.0
#include "tools/worker_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/error.h"

namespace ohmweave::tools {
namespace {

constexpr int kExecFailed = 127;

volatile std::sig_atomic_t g_worker = 0;

void hand_on_signal(int signal_number) {
  if (g_worker != 0) kill(static_cast<pid_t>(g_worker), signal_number);
}

[[noreturn]] void become_worker(pid_t front_end, const std::filesystem::path& program,
                                const std::vector<std::string>& arguments) {
  setpgid(0, 0);  // a terminal's Ctrl-C reaches the front end alone, which hands it on once
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != front_end) _exit(EXIT_FAILURE);  // it died before the line above
  // Threads that wait by spinning bring each other to a halt as soon as the machine has other work.
  setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(kExecFailed);
}

int wait_for(pid_t worker) {
  int status = 0;
  while (waitpid(worker, &status, 0) < 0) {
    if (errno != EINTR)
      throw Error(ExitCode::Failure, std::string("waitpid: ") + std::strerror(errno));
  }
  return status;
}

}  // namespace

void run_worker(const std::vector<std::string>& arguments) {
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "ohmweave-nn";
  if (!std::filesystem::exists(program)) {
    throw Error(ExitCode::Failure,
                program.string() + ": not found; ohmweave-nn must lie beside ohmweave");
  }
  const pid_t front_end = getpid();
  const pid_t worker = fork();
  if (worker < 0) throw Error(ExitCode::Failure, std::string("fork: ") + std::strerror(errno));
  if (worker == 0) become_worker(front_end, program, arguments);
  g_worker = worker;
  struct sigaction action = {};
  struct sigaction old_interrupt = {};
  struct sigaction old_terminate = {};
  action.sa_handler = hand_on_signal;
  sigaction(SIGINT, &action, &old_interrupt);
  sigaction(SIGTERM, &action, &old_terminate);
  const int status = wait_for(worker);
  g_worker = 0;
  sigaction(SIGINT, &old_interrupt, nullptr);
  sigaction(SIGTERM, &old_terminate, nullptr);
  if (WIFSIGNALED(status)) {
    throw Error(ExitCode::Failure, "ohmweave-nn was ended by signal " +
                                       std::to_string(WTERMSIG(status)) +
                                       "; run the same command to go on");
  }
  const int code = WEXITSTATUS(status);
  if (code == kExecFailed)
    throw Error(ExitCode::Failure, program.string() + ": could not be started");
  // The worker has already said what was wrong: an empty message is not printed again.
  if (code != 0) throw Error(code <= 4 ? static_cast<ExitCode>(code) : ExitCode::Failure, "");
}

}  // namespace ohmweave::tools
