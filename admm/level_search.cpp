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

/// One step inwards of an entry: what leaves the sums when the scale passes `scale`.
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

/// The entries of one sign by magnitude, with the levels seen from that sign (positive = outwards).
class Side {
 public:
  Side(std::vector<WeightedValue> entries, const std::vector<float>& levels);
  /// Adds the sums at scale `q`; an entry exactly at a break point has passed it.
  void add_at(double q, Sums& sums) const;
  /// Appends the break points in (low, high].
  void append(double low, double high, std::vector<BreakPoint>& points) const;
  /// The largest break point, 0 if there is none.
  [[nodiscard]] double last_break() const;

 private:
  [[nodiscard]] std::size_t first_above(double magnitude) const;
  std::vector<WeightedValue> entries_;  // by |value|, ascending; value holds |value|
  std::vector<double> product_before_;  // sum of m |v| of the entries before
  std::vector<double> weight_before_;   // sum of m
  std::vector<Step> steps_;             // by midpoint, ascending
  double base_ = 0.0;                   // level of an entry that has passed all steps
};

Side::Side(std::vector<WeightedValue> entries, const std::vector<float>& levels)
    : entries_(std::move(entries)), base_(levels.back()) {
  sort_by_magnitude(entries_);
  product_before_.assign(entries_.size() + 1, 0.0);
  weight_before_.assign(entries_.size() + 1, 0.0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const double weight = entries_[i].weight;
    product_before_[i + 1] = product_before_[i] + weight * entries_[i].value;
    weight_before_[i + 1] = weight_before_[i] + weight;
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

std::size_t Side::first_above(double magnitude) const {
  const auto found = std::upper_bound(
      entries_.begin(), entries_.end(), magnitude,
      [](double limit, const WeightedValue& entry) { return limit < entry.value; });
  return static_cast<std::size_t>(found - entries_.begin());
}

void Side::add_at(double q, Sums& sums) const {
  sums.product += base_ * product_before_.back();
  sums.squares += base_ * base_ * weight_before_.back();
  for (const Step& step : steps_) {
    const std::size_t first = first_above(q * step.midpoint);
    sums.product += step.level_drop * (product_before_.back() - product_before_[first]);
    sums.squares += step.square_drop * (weight_before_.back() - weight_before_[first]);
    sums.pending += static_cast<std::int64_t>(entries_.size() - first);
  }
}

void Side::append(double low, double high, std::vector<BreakPoint>& points) const {
  for (const Step& step : steps_) {
    const std::size_t end = first_above(high * step.midpoint);
    for (std::size_t i = first_above(low * step.midpoint); i < end; ++i) {
      const double weight = entries_[i].weight;
      points.push_back({entries_[i].value / step.midpoint,
                        step.level_drop * weight * entries_[i].value, step.square_drop * weight});
    }
  }
}

double Side::last_break() const {
  if (entries_.empty() || steps_.empty()) return 0.0;
  return entries_.back().value / steps_.front().midpoint;
}

/// A range of scales (low, high] with the sums at both ends.
struct Range {
  double low = 0.0;
  double high = 0.0;
  Sums at_low;
  Sums at_high;
};

/// No scale of the range lowers the error by more.
double bound_of(const Range& range) {
  const double product = range.at_low.product;
  const double squares = range.at_high.squares;
  if (product <= 0.0) return 0.0;
  const double free_scale = squares > 0.0 ? product / squares : range.high;
  const double q = std::clamp(free_scale, range.low, range.high);
  return 2.0 * q * product - q * q * squares;
}

/// The best scale met so far.
class Best {
 public:
  void offer(const Sums& sums) {
    constexpr double kEqualScores = 1e-12;  // far above rounding, far below one entry's share
    const double score = score_of(sums);
    if (score <= 0.0) return;
    const double scale = sums.product / sums.squares;
    const bool is_equal = std::fabs(score - score_) <= kEqualScores * score_;
    if (is_equal ? scale <= scale_ : score < score_) return;
    score_ = std::max(score, score_);
    scale_ = scale;
  }
  [[nodiscard]] double score() const { return score_; }
  [[nodiscard]] double scale() const { return scale_; }

 private:
  double score_ = 0.0;
  double scale_ = 0.0;
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
  std::vector<Range> first_ranges(double last_break);
  std::vector<Range> refined(const std::vector<Range>& ranges);
  [[nodiscard]] bool may_hold_best(const Range& range) const {
    constexpr double kRounding = 1e-10;  // of sums over up to 2^31 entries
    return bound_of(range) >= best_.score() * (1.0 - kRounding);
  }
  void sweep(const Range& range);

  Side positive_;
  Side negative_;
  Best best_;
};

std::vector<Range> Search::first_ranges(double last_break) {
  constexpr int kRanges = 512;
  constexpr double kSpan = 1e-4;  // of the largest break point; the first range takes all below
  std::vector<Range> ranges;
  Range range{0.0, 0.0, sums_at(0.0), {}};
  best_.offer(range.at_low);
  for (int i = 0; i <= kRanges; ++i) {
    const double share = static_cast<double>(i) / kRanges;
    range.high = i == kRanges ? last_break : last_break * std::pow(kSpan, 1.0 - share);
    range.at_high = sums_at(range.high);
    best_.offer(range.at_high);
    ranges.push_back(range);
    range.low = range.high;
    range.at_low = range.at_high;
  }
  return ranges;
}

std::vector<Range> Search::refined(const std::vector<Range>& ranges) {
  constexpr int kParts = 4;
  std::vector<Range> result;
  for (const Range& range : ranges) {
    if (!may_hold_best(range)) continue;
    Range part{range.low, range.low, range.at_low, range.at_low};
    for (int i = 1; i <= kParts; ++i) {
      part.low = part.high;
      part.at_low = part.at_high;
      part.high = i == kParts ? range.high : range.low + (range.high - range.low) * i / kParts;
      part.at_high = i == kParts ? range.at_high : sums_at(part.high);
      best_.offer(part.at_high);
      if (may_hold_best(part)) result.push_back(part);
    }
  }
  return result;
}

void Search::sweep(const Range& range) {
  std::vector<BreakPoint> points;
  positive_.append(range.low, range.high, points);
  negative_.append(range.low, range.high, points);
  std::sort(points.begin(), points.end(), [](const BreakPoint& a, const BreakPoint& b) {
    return a.scale != b.scale ? a.scale < b.scale : a.product < b.product;
  });
  Sums sums = range.at_low;
  for (const BreakPoint& point : points) {
    best_.offer(sums);
    sums.product -= point.product;
    sums.squares -= point.squares;
  }
}

double Search::run() {
  constexpr std::int64_t kCheapToSort = 200000;
  const double last_break = std::max(positive_.last_break(), negative_.last_break());
  if (last_break == 0.0) {
    best_.offer(sums_at(0.0));
    return best_.scale();
  }
  std::vector<Range> ranges;
  Range whole{0.0, last_break, sums_at(0.0), sums_at(last_break)};
  best_.offer(whole.at_high);
  std::int64_t to_sort = whole.at_low.pending;
  if (to_sort <= kCheapToSort) {
    ranges.push_back(whole);
  } else {
    ranges = first_ranges(last_break);
  }
  while (to_sort > kCheapToSort) {
    const std::int64_t before = to_sort;
    ranges = refined(ranges);
    to_sort = 0;
    for (const Range& range : ranges) to_sort += range.at_low.pending - range.at_high.pending;
    if (10 * to_sort > 9 * before) break;  // all alike: bounds do not help any more
  }
  for (const Range& range : ranges) {
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
