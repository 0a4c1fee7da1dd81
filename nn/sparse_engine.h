// SPDX-License-Identifier: Apache-2.0
// Runs a plan over the packs of a batch. Without batch statistics a pack goes all the way forward
// and back while its maps are in the cache; with them all packs stop at every batch norm, forward
// for the moments and back for the means of the gradients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nn/sparse_network.h"
#include "nn/sparse_plan.h"
#include "nn/sparse_workers.h"

namespace ohmweave::nn::sparse {

/// Mean and variance of every Normalize step (empty for the others), by channel.
struct Statistics {
  std::vector<float> mean;
  std::vector<float> variance;  // of the population
  std::vector<float> inverse_deviation;
  std::int64_t num_numbers = 0;  // they were taken over
};

/// What one run over a batch is to do.
struct Pass {
  const SparseImages* images = nullptr;
  const std::vector<float>* values = nullptr;
  NormStatistics which = NormStatistics::Running;
  const LogitGradient* logit_gradient = nullptr;  // none: forward only
  bool wants_squares = false;
};

/// Floats that start at a cache line, all 0 at first.
class AlignedFloats {
 public:
  void resize(std::int64_t size);
  [[nodiscard]] float* data() { return storage_.data() + skipped_; }

 private:
  std::vector<float> storage_;
  std::size_t skipped_ = 0;
};

class Engine {
 public:
  Engine(std::string name, Plan plan, const KernelTable& kernels)
      : name_(std::move(name)), plan_(std::move(plan)), kernels_(kernels) {}

  [[nodiscard]] const Plan& plan() const { return plan_; }
  /// `statistics`, one for each step, are used or (by batch statistics) set.
  [[nodiscard]] SparseGradients run(const Pass& pass, std::vector<Statistics>& statistics,
                                    Workers& workers);

 private:
  /// Maps of one pack.
  struct Buffers {
    AlignedFloats values;
    AlignedFloats gradients;
    std::vector<std::uint8_t> routes;
  };
  /// Room that one thread needs for any pack.
  struct Scratch {
    AlignedFloats channel;
    AlignedFloats sums;
    std::vector<float> logits;
    std::vector<float> logit_gradients;
  };
  struct Run;

  void prepare(const Pass& pass, int num_packs, int num_threads);
  [[nodiscard]] PackView pack_view(const Run& run, int pack, int worker);
  void load(const Run& run, int pack, const PackView& view) const;
  void forward_segment(const Run& run, int segment, const PackView& view) const;
  void backward_segment(const Run& run, int segment, const PackView& view) const;
  void turn(Run& run, int pack, int worker, const PackView& view);
  void run_packs(Run& run, int first_pack, int num_packs, Workers& workers);
  void run_segments(Run& run, std::vector<Statistics>& statistics, Workers& workers);
  void set_statistics(const Run& run, int segment, std::vector<Statistics>& statistics,
                      Workers& workers);
  [[nodiscard]] std::vector<float> gradient_means(const Step& step, std::int32_t first,
                                                  const Statistics& statistics,
                                                  int num_packs) const;
  void add_gradients(Run& run, int num_packs) const;

  std::string name_;
  Plan plan_;
  KernelTable kernels_;
  std::vector<Buffers> buffers_;
  std::vector<Scratch> scratch_;
  std::vector<float> pack_gradients_;  // packs x values
  std::vector<float> pack_squares_;    // the same
};

}  // namespace ohmweave::nn::sparse
