// SPDX-License-Identifier: Apache-2.0
// Effective matrices by the conductances and the circuit that they are of: a chip that is read by
// several parts of a program, or chips that are all alike, are solved once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "crossbar/matrix.h"
#include "crossbar/options.h"

namespace ohmweave::crossbar {

/// Keeps the matrices used last, as many as fit. Threads may share one.
class MatrixCache {
 public:
  /// An array of R x C cells takes 16 R C bytes; one that does not fit alone is not kept.
  explicit MatrixCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// effective_siemens() (pair.h) of the same, found now or before. What was found before is known
  /// by a hash and then compared entry by entry, so two circuits are never taken for one.
  [[nodiscard]] Matrix effective(const Matrix& siemens, const ArrayOptions& array);

  [[nodiscard]] std::int64_t num_found() const { return num_found_; }
  [[nodiscard]] std::int64_t num_solved() const { return num_solved_; }
  [[nodiscard]] std::size_t num_bytes() const { return num_bytes_; }
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::string circuit;  // all of the array's options that matter
    Matrix siemens;
    Matrix effective;
    [[nodiscard]] std::size_t num_bytes() const {
      return static_cast<std::size_t>(siemens.size() + effective.size()) * sizeof(double);
    }
  };
  using Entries = std::list<Entry>;  // those used last first
  [[nodiscard]] const Matrix* find(std::uint64_t hash, const std::string& circuit,
                                   const Matrix& siemens);
  void keep(Entry entry);

  std::size_t most_bytes_;
  std::mutex mutex_;
  Entries entries_;
  std::unordered_multimap<std::uint64_t, Entries::iterator> by_hash_;
  std::size_t num_bytes_ = 0;
  std::int64_t num_found_ = 0;
  std::int64_t num_solved_ = 0;
};

}  // namespace ohmweave::crossbar
