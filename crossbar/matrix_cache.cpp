// SPDX-License-Identifier: Apache-2.0
#include "crossbar/matrix_cache.h"

#include <cstring>
#include <utility>

#include "core/fields.h"
#include "crossbar/pair.h"

namespace ohmweave::crossbar {
namespace {

/// Of the bits of all entries (a multiply-and-shift mix of 64-bit words).
std::uint64_t hash_of(const std::string& circuit, const Matrix& siemens) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
  std::uint64_t hash = std::hash<std::string>()(circuit);
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 29U;
  };
  mix(static_cast<std::uint64_t>(siemens.rows()));
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, siemens.data() + i, sizeof word);
    mix(word);
  }
  return hash;
}

bool are_equal(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

}  // namespace

Matrix MatrixCache::effective(const Matrix& siemens, const ArrayOptions& array) {
  const std::string circuit = write_config(array).dump();
  const std::uint64_t hash = hash_of(circuit, siemens);
  {
    const std::lock_guard lock(mutex_);
    if (const Matrix* known = find(hash, circuit, siemens)) {
      ++num_found_;
      return *known;
    }
  }
  Matrix result = effective_siemens(siemens, array);
  const std::lock_guard lock(mutex_);
  ++num_solved_;
  keep({hash, circuit, siemens, result});
  return result;
}

const Matrix* MatrixCache::find(std::uint64_t hash, const std::string& circuit,
                                const Matrix& siemens) {
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    const auto entry = at->second;
    if (entry->circuit != circuit || !are_equal(entry->siemens, siemens)) continue;
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->effective;
  }
  return nullptr;
}

void MatrixCache::keep(Entry entry) {
  const std::size_t bytes = entry.num_bytes();
  if (bytes > most_bytes_ || find(entry.hash, entry.circuit, entry.siemens) != nullptr) return;
  while (num_bytes_ + bytes > most_bytes_) {
    const auto oldest = std::prev(entries_.end());
    auto [at, last] = by_hash_.equal_range(oldest->hash);
    while (at->second != oldest) ++at;
    by_hash_.erase(at);
    num_bytes_ -= oldest->num_bytes();
    entries_.pop_back();
  }
  num_bytes_ += bytes;
  entries_.push_front(std::move(entry));
  by_hash_.emplace(entries_.front().hash, entries_.begin());
}

}  // namespace ohmweave::crossbar
