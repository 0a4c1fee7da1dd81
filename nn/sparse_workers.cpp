// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_workers.h"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"

namespace ohmweave::nn::sparse {

struct Workers::State {
  std::mutex mutex;
  std::condition_variable work_given;
  std::condition_variable work_done;
  const Task* task = nullptr;
  int num_tasks = 0;
  int next_task = 0;
  int num_busy = 0;         // threads, not counting the caller, inside work()
  std::uint64_t round = 0;  // number of run() calls: a sleeping thread sees that there is a new one
  bool is_ending = false;
  int failed_task = -1;
  std::exception_ptr failure;
  std::vector<std::thread> threads;

  void work(int worker) {
    std::unique_lock<std::mutex> lock(mutex);
    while (next_task < num_tasks) {
      const int mine = next_task++;
      lock.unlock();
      std::exception_ptr error;
      try {
        (*task)(mine, worker);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error != nullptr && (failed_task < 0 || mine < failed_task)) {
        failed_task = mine;
        failure = error;
      }
    }
  }

  void serve(int worker) {
    std::uint64_t seen = 0;
    while (true) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        work_given.wait(lock, [&] { return is_ending || round != seen; });
        if (is_ending) return;
        seen = round;
        ++num_busy;
      }
      work(worker);
      const std::lock_guard<std::mutex> lock(mutex);
      if (--num_busy == 0) work_done.notify_one();
    }
  }
};

Workers::Workers(int num_threads) : state_(std::make_unique<State>()) {
  OHMWEAVE_REQUIRE(num_threads >= 1, "number of threads");
  for (int worker = 1; worker < num_threads; ++worker) {
    state_->threads.emplace_back([state = state_.get(), worker] { state->serve(worker); });
  }
}

Workers::~Workers() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->work_given.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

int Workers::num_threads() const { return static_cast<int>(state_->threads.size()) + 1; }

void Workers::run(int num_tasks, const Task& task) {
  State& state = *state_;
  {
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.task = &task;
    state.num_tasks = num_tasks;
    state.next_task = 0;
    state.failed_task = -1;
    state.failure = nullptr;
    ++state.round;
  }
  if (num_tasks > 1) state.work_given.notify_all();
  state.work(0);
  std::unique_lock<std::mutex> lock(state.mutex);
  // A thread that wakes up late finds no task left; one at work is waited for.
  state.work_done.wait(lock, [&] { return state.num_busy == 0; });
  if (state.failure != nullptr) std::rethrow_exception(state.failure);
}

}  // namespace ohmweave::nn::sparse
