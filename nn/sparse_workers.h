// SPDX-License-Identifier: Apache-2.0
// A fixed number of threads that share out numbered tasks; the caller is one of them.
#pragma once

#include <functional>
#include <memory>

namespace ohmweave::nn::sparse {

class Workers {
 public:
  /// num_threads >= 1; 1 starts no thread.
  explicit Workers(int num_threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int num_threads() const;
  /// Calls task(t, worker) for t = 0 .. num_tasks - 1, in no fixed order; worker is the thread's
  /// number. Returns when all are done; rethrows the error of the lowest task that failed.
  using Task = std::function<void(int task, int worker)>;
  void run(int num_tasks, const Task& task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ohmweave::nn::sparse
