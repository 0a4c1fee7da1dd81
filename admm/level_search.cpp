// SPDX-License-Identifier: Apache-2.0
#include "admm/level_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// Sorts non-negative values ascending, equal ones in their given order. Their bits are ordered as
/// the values are, so three counting passes do it: several times faster than comparing millions.
void sort_by_magnitude(std::vector<WeightedValue>& entries) {
  constexpr int kDigitBits = 11;
  constexpr int kPasses = 3;
  constexpr std::uint32_t kDigits = 1U << kDigitBits;
  std::vector<WeightedValue> other(entries.size());
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto digit_of = [pass](const WeightedValue& entry) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &entry.value, sizeof bits);
      return (bits >> (pass * kDigitBits)) & (kDigits - 1);
    };
    std::vector<std::size_t> next(kDigits + 1, 0);
    for (const WeightedValue& entry : entries) ++next[digit_of(entry) + 1];
    for (std::uint32_t d = 1; d <= kDigits; ++d) next[d] += next[d - 1];
    for (const WeightedValue& entry : entries) other[next[digit_of(entry)]++] = entry;
    entries.swap(other);
  }
}

/// The sums that decide about a scale, with the codes fixed.
struct Sums {
  double product = 0.0;      // A = sum m v l
  double squares = 0.0;      // B = sum m l^2
  std::int64_t pending = 0;  // break points above this scale
};

/// Best lowering of the error with these codes.
double score_of(const Sums& sums) {
  return sums.product > 0.0 ? sums.product * sums.product / sums.squares : 0.0;
}

/// One step inwards of the entries of one magnitude: what leaves the sums at `scale`.
struct BreakPoint {
  double scale = 0.0;
  double product = 0.0;
  double squares = 0.0;
};

/// A step between two neighbouring levels, passed at |v| = scale * midpoint.
struct Step {
  double midpoint = 0.0;
  double level_drop = 0.0;
  double square_drop = 0.0;
};

/// A sum whose rounding does not grow with the number of terms (Kahan).
class LongSum {
 public:
  void add(double term) {
    const double corrected = term - lost_;
    const double next = sum_ + corrected;
    lost_ = (next - sum_) - corrected;
    sum_ = next;
  }
  [[nodiscard]] double value() const { return sum_; }

 private:
  double sum_ = 0.0;
  double lost_ = 0.0;
};

/// The entries of one sign by magnitude, with the levels seen from that sign (positive = outwards).
class Side {
 public:
  Side(std::vector<WeightedValue> entries, const std::vector<float>& levels);
  /// Adds the sums at scale `q`; an entry exactly at a break point has passed it.
  void add_at(double q, Sums& sums) const;
  /// Appends the break points in (low, high].
  void append(double low, double high, std::vector<BreakPoint>& points) const;
  /// A scale that all have passed, just above the largest break point; 0 if there is none.
  [[nodiscard]] double last_break() const;
  [[nodiscard]] std::int64_t num_steps() const { return static_cast<std::int64_t>(steps_.size()); }

 private:
  [[nodiscard]] std::size_t num_above(double magnitude) const;
  std::vector<float> magnitudes_;           // distinct, descending
  std::vector<double> product_of_largest_;  // [k]: sum of m |v| over the k largest magnitudes
  std::vector<double> weight_of_largest_;   // [k]: sum of m
  std::vector<Step> steps_;                 // by midpoint, ascending
  double base_ = 0.0;                       // level of an entry that has passed all steps
};

Side::Side(std::vector<WeightedValue> entries, const std::vector<float>& levels)
    : base_(levels.back()) {
  sort_by_magnitude(entries);
  LongSum product;
  LongSum weight;
  magnitudes_.reserve(entries.size());
  product_of_largest_.reserve(entries.size() + 1);
  weight_of_largest_.reserve(entries.size() + 1);
  product_of_largest_.push_back(0.0);
  weight_of_largest_.push_back(0.0);
  for (std::size_t i = entries.size(); i-- > 0;) {
    const WeightedValue& entry = entries[i];
    product.add(static_cast<double>(entry.weight) * entry.value);
    weight.add(entry.weight);
    if (i > 0 && entries[i - 1].value == entry.value) continue;
    magnitudes_.push_back(entry.value);
    product_of_largest_.push_back(product.value());
    weight_of_largest_.push_back(weight.value());
  }
  for (std::size_t j = 1; j < levels.size(); ++j) {
    const double below = levels[j - 1];
    const double above = levels[j];
    const double midpoint = 0.5 * (below + above);
    if (midpoint <= 0.0) continue;
    if (steps_.empty()) base_ = below;
    steps_.push_back({midpoint, above - below, above * above - below * below});
  }
}

std::size_t Side::num_above(double magnitude) const {
  const auto found = std::partition_point(magnitudes_.begin(), magnitudes_.end(),
                                          [magnitude](float other) { return other > magnitude; });
  return static_cast<std::size_t>(found - magnitudes_.begin());
}

void Side::add_at(double q, Sums& sums) const {
  sums.product += base_ * product_of_largest_.back();
  sums.squares += base_ * base_ * weight_of_largest_.back();
  for (const Step& step : steps_) {
    const std::size_t above = num_above(q * step.midpoint);
    sums.product += step.level_drop * product_of_largest_[above];
    sums.squares += step.square_drop * weight_of_largest_[above];
    sums.pending += static_cast<std::int64_t>(above);
  }
}

void Side::append(double low, double high, std::vector<BreakPoint>& points) const {
  for (const Step& step : steps_) {
    const std::size_t end = num_above(low * step.midpoint);
    for (std::size_t k = num_above(high * step.midpoint); k < end; ++k) {
      points.push_back({magnitudes_[k] / step.midpoint,
                        step.level_drop * (product_of_largest_[k + 1] - product_of_largest_[k]),
                        step.square_drop * (weight_of_largest_[k + 1] - weight_of_largest_[k])});
    }
  }
}

double Side::last_break() const {
  if (magnitudes_.empty() || steps_.empty()) return 0.0;
  constexpr double kUp = 1e-15;  // above the quotient's rounding: there, all have passed
  return magnitudes_.front() / steps_.front().midpoint * (1.0 + kUp);
}

/// A range of scales (low, high] with the sums at both ends.
struct Range {
  double low = 0.0;
  double high = 0.0;
  Sums at_low;
  Sums at_high;
  [[nodiscard]] std::int64_t num_points() const { return at_low.pending - at_high.pending; }
};

/// What codes with these sums lower the error by at scale `q`.
double gain_at(double q, const Sums& sums) { return 2.0 * q * sums.product - q * q * sums.squares; }

/// No scale of the range lowers the error by more (header: the chord), rounding included.
double bound_of(const Range& range) {
  constexpr double kRounding = 1e-11;  // of sums over up to 10,000 steps
  const Sums& codes = range.at_low;
  const double moved = gain_at(range.high, range.at_high) - gain_at(range.high, codes);
  const double slope = std::max(moved, 0.0) / (range.high - range.low);
  const double product = codes.product + 0.5 * slope;
  const double free_scale = codes.squares > 0.0 ? product / codes.squares : range.high;
  const double q = std::clamp(free_scale, range.low, range.high);
  const double terms =
      2.0 * range.high * std::fabs(codes.product) + range.high * range.high * codes.squares;
  return gain_at(q, codes) + slope * (q - range.low) + kRounding * terms;
}

/// The range in equal ratios; from zero, in ratios of 16.
constexpr int kParts = 4;
double end_of_part(const Range& range, int part) {
  if (part == kParts) return range.high;
  if (range.low == 0.0) return range.high * std::pow(16.0, part - kParts);
  return range.low * std::pow(range.high / range.low, static_cast<double>(part) / kParts);
}

/// The best scale met so far, whatever the order: of equally good ones the largest.
class Best {
 public:
  void offer(const Sums& sums) {
    const double score = score_of(sums);
    if (score <= 0.0 || score < kEqual * score_) return;
    if (kEqual * score > score_) near_.clear();
    score_ = std::max(score, score_);
    near_.push_back({score, sums.product / sums.squares});
  }
  [[nodiscard]] double score() const { return score_; }
  [[nodiscard]] double scale() const {
    double scale = 0.0;
    for (const Candidate& candidate : near_) {
      if (candidate.score >= kEqual * score_) scale = std::max(scale, candidate.scale);
    }
    return scale;
  }

 private:
  static constexpr double kEqual = 1.0 - 1e-12;  // far above rounding
  struct Candidate {
    double score = 0.0;
    double scale = 0.0;
  };
  double score_ = 0.0;
  std::vector<Candidate> near_;
};

class Search {
 public:
  Search(std::vector<WeightedValue> positive, std::vector<WeightedValue> negative,
         const std::vector<float>& levels)
      : positive_(std::move(positive), levels), negative_(std::move(negative), mirrored(levels)) {}

  double run();

 private:
  static std::vector<float> mirrored(std::vector<float> levels) {
    std::reverse(levels.begin(), levels.end());
    for (float& level : levels) level = -level;
    return levels;
  }
  [[nodiscard]] Sums sums_at(double q) const {
    Sums sums;
    positive_.add_at(q, sums);
    negative_.add_at(q, sums);
    return sums;
  }
  /// Parts of the ranges that may hold the best scale.
  std::vector<Range> parts_of(const std::vector<Range>& ranges);
  [[nodiscard]] bool may_hold_best(const Range& range) const {
    return bound_of(range) >= best_.score();
  }
  [[nodiscard]] bool is_cheap(const Range& range) const;
  void sweep(const Range& range);

  Side positive_;
  Side negative_;
  Best best_;
};

std::vector<Range> Search::parts_of(const std::vector<Range>& ranges) {
  std::vector<Range> result;
  for (const Range& range : ranges) {
    if (!may_hold_best(range)) continue;
    Range part{range.low, range.low, range.at_low, range.at_low};
    for (int i = 1; i <= kParts; ++i) {
      part.low = part.high;
      part.at_low = part.at_high;
      part.high = end_of_part(range, i);
      part.at_high = i == kParts ? range.at_high : sums_at(part.high);
      best_.offer(part.at_high);
      if (part.low < part.high && may_hold_best(part)) result.push_back(part);
    }
  }
  return result;
}

/// Whether sorting the break points inside costs less than splitting the range.
bool Search::is_cheap(const Range& range) const {
  constexpr std::int64_t kPointsPerStep = 16;  // sorted in the time in which one step is looked up
  constexpr double kNarrow = 1e-8;  // the bound is no sharper below: what is left coincides
  const std::int64_t num_steps = positive_.num_steps() + negative_.num_steps();
  return range.num_points() <= kPointsPerStep * num_steps ||
         range.high - range.low <= kNarrow * range.high;
}

/// Downwards, as the sums then grow: tiny ones are not what rounding left of large ones.
void Search::sweep(const Range& range) {
  std::vector<BreakPoint> points;
  points.reserve(static_cast<std::size_t>(range.num_points()));
  positive_.append(range.low, range.high, points);
  negative_.append(range.low, range.high, points);
  std::sort(points.begin(), points.end(), [](const BreakPoint& a, const BreakPoint& b) {
    return a.scale != b.scale ? a.scale > b.scale : a.product < b.product;
  });
  Sums sums = range.at_high;
  for (const BreakPoint& point : points) {
    sums.product += point.product;
    sums.squares += point.squares;
    best_.offer(sums);
  }
}

double Search::run() {
  const Sums at_zero = sums_at(0.0);
  best_.offer(at_zero);
  const double last_break = std::max(positive_.last_break(), negative_.last_break());
  if (last_break == 0.0) return best_.scale();
  std::vector<Range> ranges{{0.0, last_break, at_zero, sums_at(last_break)}};
  best_.offer(ranges.front().at_high);
  std::vector<Range> cheap;
  while (!ranges.empty()) {
    const auto split = std::partition(ranges.begin(), ranges.end(),
                                      [this](const Range& range) { return !is_cheap(range); });
    cheap.insert(cheap.end(), split, ranges.end());
    ranges.erase(split, ranges.end());
    ranges = parts_of(ranges);
  }
  for (const Range& range : cheap) {
    if (may_hold_best(range)) sweep(range);
  }
  return best_.scale();
}

/// Whether the values are `scale` times levels; fills the codes.
bool matches(const std::vector<WeightedValue>& values, const LevelList& list, ScaleFit& fit) {
  fit.codes.clear();
  for (const WeightedValue& entry : values) {
    const std::int32_t code = list.nearest(static_cast<double>(entry.value) / fit.scale);
    if (fit.scale * list.levels()[code] != entry.value) return false;
    fit.codes.push_back(code);
  }
  return true;
}

/// Tries every float scale whose product with `level` is `value`.
std::optional<ScaleFit> exact_through(const std::vector<WeightedValue>& values,
                                      const LevelList& list, float value, float level) {
  constexpr int kReach = 3;  // floats on either side of the quotient that round to the value
  float scale = value / level;
  for (int i = 0; i < kReach; ++i) scale = std::nextafter(scale, 0.0F);
  for (int i = -kReach; i <= kReach; ++i, scale = std::nextafter(scale, INFINITY)) {
    ScaleFit fit{scale, {}};
    if (scale > 0.0F && std::isfinite(scale) && scale * level == value &&
        matches(values, list, fit)) {
      return fit;
    }
  }
  return std::nullopt;
}

}  // namespace

LevelList::LevelList(std::vector<float> levels) : levels_(std::move(levels)) {
  std::sort(levels_.begin(), levels_.end());
  OHMWEAVE_REQUIRE(!levels_.empty() && (levels_.front() != 0.0F || levels_.back() != 0.0F),
                   "there is a level other than zero");
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    OHMWEAVE_REQUIRE(std::isfinite(levels_[i]), "levels are finite");
    if (i == 0) continue;
    OHMWEAVE_REQUIRE(levels_[i - 1] < levels_[i], "levels are distinct");
    midpoints_.push_back(0.5 * (static_cast<double>(levels_[i - 1]) + levels_[i]));
  }
}

std::int32_t LevelList::nearest(double value) const {
  const auto found = value > 0.0 ? std::lower_bound(midpoints_.begin(), midpoints_.end(), value)
                                 : std::upper_bound(midpoints_.begin(), midpoints_.end(), value);
  return static_cast<std::int32_t>(found - midpoints_.begin());
}

double best_scale(const std::vector<WeightedValue>& values, const LevelList& list) {
  std::vector<WeightedValue> positive;
  std::vector<WeightedValue> negative;
  for (const WeightedValue& entry : values) {
    if (entry.value >= 0.0F) {
      positive.push_back({std::fabs(entry.value), entry.weight});
    } else {
      negative.push_back({-entry.value, entry.weight});
    }
  }
  return Search(std::move(positive), std::move(negative), list.levels()).run();
}

std::vector<std::int32_t> codes_at(const std::vector<WeightedValue>& values, double scale,
                                   const LevelList& list) {
  std::vector<std::int32_t> codes;
  codes.reserve(values.size());
  for (const WeightedValue& entry : values) {
    codes.push_back(list.nearest(scale > 0.0 ? entry.value / scale : 0.0));
  }
  return codes;
}

ScaleFit fit_scale(const std::vector<WeightedValue>& values, const LevelList& list) {
  ScaleFit fit{static_cast<float>(best_scale(values, list)), {}};
  fit.codes = codes_at(values, fit.scale, list);
  return fit;
}

std::optional<ScaleFit> exact_scale(const std::vector<WeightedValue>& values,
                                    const LevelList& list) {
  float largest = 0.0F;
  for (const WeightedValue& entry : values) {
    if (std::fabs(entry.value) > std::fabs(largest)) largest = entry.value;
  }
  if (largest == 0.0F) return ScaleFit{0.0F, codes_at(values, 0.0, list)};
  std::optional<ScaleFit> coarsest;
  for (const float level : list.levels()) {
    if (level == 0.0F || (level > 0.0F) != (largest > 0.0F)) continue;
    const std::optional<ScaleFit> fit = exact_through(values, list, largest, level);
    if (fit && (!coarsest || fit->scale > coarsest->scale)) coarsest = fit;
  }
  return coarsest;
}

}  // namespace ohmweave::admm
