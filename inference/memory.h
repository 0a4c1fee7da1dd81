// SPDX-License-Identifier: Apache-2.0
// Memory that the evaluation of a network on a chip takes, part by part, before anything is made.
#pragma once

#include <cstdint>

#include "core/fields.h"
#include "inference/mapped_chip.h"

namespace ohmweave::inference {

/// All in bytes. Every part grows with the cells of the arrays, not with windows times cells.
struct MemoryEstimate {
  std::int64_t network = 0;     // weight codes and where they sit
  std::int64_t gains = 0;       // what one chip's reads need: gains, variances, ladders
  std::int64_t converters = 0;  // tables of converters as built
  std::int64_t working = 0;     // of all threads: an array's cells and matrices while it is solved
  std::int64_t circuits = 0;    // of all threads: some windows' reads of a block by gates
  std::int64_t feature_maps = 0;  // of all threads: one batch through the network
  std::int64_t images = 0;        // of the test split, as codes
  std::int64_t matrices = 0;      // kept for arrays that are read again
  [[nodiscard]] std::int64_t total() const {
    return network + gains + converters + working + circuits + feature_maps + images + matrices;
  }
};

struct EvaluationSize {
  int threads = 1;
  int batch = 64;
  int num_images = 0;
  bool reads_reference = false;  // whether batches are read in reference mode too
};
[[nodiscard]] MemoryEstimate estimate_memory(const MappedNetwork& mapped, const Hardware& hardware,
                                             const EvaluationSize& size);

/// {"gains_bytes", ..., "total_bytes"}.
[[nodiscard]] Json memory_json(const MemoryEstimate& estimate);

/// Memory of this machine in bytes.
[[nodiscard]] std::int64_t machine_memory();

/// Throws DataError with all parts when they are together more than `available` bytes.
void check_memory(const MemoryEstimate& estimate, std::int64_t available);

}  // namespace ohmweave::inference
