// SPDX-License-Identifier: Apache-2.0
#include "admm/ranking.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace ohmweave::admm {

namespace {

// Below this, sorting beats counting.
constexpr std::int64_t kFewScores = 1 << 14;
constexpr int kTopBits = 16;

// Bits whose unsigned order is that of the numbers; NaN is excluded, -0 and 0 are equal.
std::uint64_t ordered_bits(double score) {
  score += 0.0;
  std::uint64_t bits = 0;
  std::memcpy(&bits, &score, sizeof bits);
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

std::uint32_t magnitude_bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffffU;
}

// The place up to which the largest reach: chosen are all with a key above `key`, and of those
// that equal it the ones up to index `last`.
template <typename Key>
struct Threshold {
  Key key;
  std::int64_t last;
};

// key_at(i): unsigned key of entry i; 0 < count < size. Counts the entries by the top bits of their
// keys, then ranks only those that share the top bits of the one sought.
template <typename KeyAt>
auto find_threshold(std::int64_t size, std::int64_t count, const KeyAt& key_at) {
  using Key = decltype(key_at(0));
  struct Candidate {
    Key key;
    std::int64_t index;
  };
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key > b.key : a.index < b.index;
  };
  constexpr int kShift = 8 * static_cast<int>(sizeof(Key)) - kTopBits;
  const bool counted = size >= kFewScores;
  std::vector<Candidate> candidates;
  std::int64_t above = 0;
  std::size_t bin = 0;
  if (counted) {
    std::vector<std::int64_t> counts(std::size_t{1} << kTopBits, 0);
    for (std::int64_t i = 0; i < size; ++i) ++counts[key_at(i) >> kShift];
    bin = counts.size() - 1;
    while (above + counts[bin] < count) above += counts[bin--];
    candidates.reserve(static_cast<std::size_t>(counts[bin]));
  }
  for (std::int64_t i = 0; i < size; ++i) {
    const Key key = key_at(i);
    if (!counted || (key >> kShift) == bin) candidates.push_back({key, i});
  }
  const auto nth = candidates.begin() + (count - above - 1);
  std::nth_element(candidates.begin(), nth, candidates.end(), before);
  return Threshold<Key>{nth->key, nth->index};
}

}  // namespace

std::vector<char> choose_largest(const std::vector<double>& scores, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(scores.size());
  std::vector<char> chosen(scores.size(), static_cast<char>(count >= size));
  if (count >= size || count <= 0) return chosen;
  const auto key_at = [&scores](std::int64_t i) { return ordered_bits(scores[i]); };
  const auto threshold = find_threshold(size, count, key_at);
  for (std::int64_t i = 0; i < size; ++i) {
    const std::uint64_t key = key_at(i);
    const bool chosen_here = key > threshold.key || (key == threshold.key && i <= threshold.last);
    chosen[i] = static_cast<char>(chosen_here);
  }
  return chosen;
}

torch::Tensor keep_largest_magnitudes(const torch::Tensor& v, std::int64_t count) {
  const std::int64_t size = v.numel();
  if (count >= size) return v.clone();
  if (count <= 0) return torch::zeros_like(v);
  const float* values = v.data_ptr<float>();
  const auto key_at = [values](std::int64_t i) { return magnitude_bits(values[i]); };
  const auto threshold = find_threshold(size, count, key_at);
  torch::Tensor result = torch::empty_like(v);
  auto* kept = result.data_ptr<float>();
  const auto keep_above = [&](std::int64_t from, std::int64_t to, std::uint32_t least) {
    for (std::int64_t i = from; i < to; ++i) kept[i] = key_at(i) >= least ? values[i] : 0.0F;
  };
  keep_above(0, threshold.last + 1, threshold.key);
  keep_above(threshold.last + 1, size, threshold.key + 1);
  return result;
}

torch::Tensor plain_values(const torch::Tensor& v) {
  return v.detach().to(torch::kCPU, torch::kFloat32).contiguous();
}

void require_finite(const torch::Tensor& plain, const std::string& what) {
  bool finite = true;
  if (plain.scalar_type() == torch::kFloat32) {
    constexpr std::uint32_t kInfinity = 0x7f800000U;
    const float* values = plain.data_ptr<float>();
    std::uint32_t any_not_finite = 0;
    for (std::int64_t i = 0; i < plain.numel(); ++i) {
      any_not_finite |= static_cast<std::uint32_t>(magnitude_bits(values[i]) >= kInfinity);
    }
    finite = any_not_finite == 0;
  } else {
    finite = torch::isfinite(plain).all().item<bool>();
  }
  if (!finite) throw NumericError(what + ": the tensor holds NaN or infinity");
}

torch::Tensor checked_values(const torch::Tensor& v, const std::string& what) {
  torch::Tensor plain = plain_values(v);
  require_finite(plain, what);
  return plain;
}

std::vector<double> weighted_squares(const torch::Tensor& v, const torch::Tensor& metric) {
  const float* values = v.data_ptr<float>();
  const float* weights = metric.defined() ? metric.data_ptr<float>() : nullptr;
  std::vector<double> squares(static_cast<std::size_t>(v.numel()));
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const double square = static_cast<double>(values[i]) * values[i];
    squares[i] = weights == nullptr ? square : square * weights[i];
  }
  return squares;
}

torch::Tensor zeroed_unless(const torch::Tensor& v, const std::vector<char>& kept) {
  torch::Tensor result = v.clone();
  auto* values = result.data_ptr<float>();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == 0) values[i] = 0.0F;
  }
  return result;
}

}  // namespace ohmweave::admm
