// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ohmweave::testing {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

pid_t start(const std::vector<std::string>& arguments, const fs::path& folder,
            const fs::path& logs) {
  const pid_t child = fork();
  if (child != 0) return child;
  const int out = open((logs / "out").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  const int err = open((logs / "err").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (chdir(folder.c_str()) != 0) _exit(126);
  std::vector<std::string> words = {std::string(OHMWEAVE_BINARY_DIR) + "/bin/ohmweave"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

Outcome finish(pid_t child, const fs::path& logs) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = contents(logs / "out");
  outcome.err = contents(logs / "err");
  return outcome;
}

}  // namespace

Outcome run_program(const std::vector<std::string>& arguments, const fs::path& folder) {
  const TemporaryFolder logs;
  return finish(start(arguments, folder, logs.path()), logs.path());
}

Outcome run_and_signal(const std::vector<std::string>& arguments, const fs::path& folder,
                       double delay_s, int signal_number) {
  const TemporaryFolder logs;
  const pid_t child = start(arguments, folder, logs.path());
  std::this_thread::sleep_for(std::chrono::duration<double>(delay_s));
  kill(child, signal_number);
  return finish(child, logs.path());
}

fs::path source_folder() { return OHMWEAVE_SOURCE_DIR; }

Outcome check_with(const std::vector<std::string>& settings) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"check",
                                        (source_folder() / "configs/quickstart.json").string()};
  for (const std::string& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  return run_program(arguments, folder.path());
}

}  // namespace ohmweave::testing
