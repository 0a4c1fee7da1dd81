// SPDX-License-Identifier: Apache-2.0
#include "core/mask_coder.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace ohmweave {
namespace {

// Logits are in units of 1/256; the tables span +-8 (probabilities of 3.4e-4 .. 1 - 3.4e-4).
constexpr int kLogitUnit = 256;
constexpr int kMaxLogit = 8 * kLogitUnit - 1;
constexpr int kKnotSpacing = kLogitUnit / 2;
constexpr int kProbabilityShift = 4;  // table steps of 16 / 65536
constexpr int kWeightOne = 1 << 16;   // mixing weights in units of 2^-16
constexpr int kLearningShift = 14;    // of a rate of 1/64
constexpr std::uint32_t kLowestProbability = 24;

// 65536 / (1 + exp(-x)) at x = -8, -7.5, ... 8.
constexpr std::array<std::int32_t, 33> kLogistic = {
    22,    36,    60,    98,    162,   267,   439,   720,   1179,  1921,  3108,
    4971,  7812,  11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565,
    62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514};

int probability_of(int logit) {
  const int x = std::clamp(logit, -kMaxLogit, kMaxLogit) + 8 * kLogitUnit;
  const auto knot = static_cast<std::size_t>(x / kKnotSpacing);
  const int rest = x % kKnotSpacing;
  return (kLogistic[knot] * (kKnotSpacing - rest) + kLogistic[knot + 1] * rest) / kKnotSpacing;
}

std::vector<std::int16_t> make_logit_table() {
  std::vector<std::int16_t> table(kProbabilityOne >> kProbabilityShift);
  int logit = -kMaxLogit;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const int wanted = static_cast<int>(i << kProbabilityShift);
    while (logit < kMaxLogit && probability_of(logit) < wanted) ++logit;
    table[i] = static_cast<std::int16_t>(logit);
  }
  return table;
}

int logit_of(std::uint32_t probability) {
  static const std::vector<std::int16_t> table = make_logit_table();
  return table[std::min<std::size_t>(probability >> kProbabilityShift, table.size() - 1)];
}

/// How many of the cells seen so far in some set were set, and what that predicts: the density of
/// a wider set, corrected by this one's.
struct Density {
  std::uint32_t num_set = 0;
  std::uint32_t num_seen = 0;

  /// (num_set + strength * parent) / (num_seen + strength).
  [[nodiscard]] std::uint32_t predict(std::uint32_t parent, std::uint32_t strength) const {
    const std::uint64_t weighted = (static_cast<std::uint64_t>(num_set) << 16U) +
                                   static_cast<std::uint64_t>(strength) * parent;
    return static_cast<std::uint32_t>(weighted / (num_seen + strength));
  }
  void update(bool bit) {
    num_set += bit ? 1 : 0;
    ++num_seen;
  }
};

/// Adds up predictions: logit = sum_i weight_i * input_i, weights learned by gradient steps on the
/// code length. Input 0 is the layer's own logit, the others are differences to it.
class Mixer {
 public:
  static constexpr std::size_t kNumInputs = 6;
  using Inputs = std::array<int, kNumInputs>;

  Mixer() {
    weights_.fill(kWeightOne / 2);
    weights_[0] = kWeightOne;
  }
  [[nodiscard]] std::uint32_t predict(const Inputs& inputs) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < kNumInputs; ++i) {
      sum += static_cast<std::int64_t>(weights_[i]) * inputs[i];
    }
    const std::int64_t logit = std::clamp<std::int64_t>(sum / kWeightOne, -kMaxLogit, kMaxLogit);
    return std::clamp(static_cast<std::uint32_t>(probability_of(static_cast<int>(logit))),
                      kLowestProbability, kProbabilityOne - kLowestProbability);
  }
  void learn(const Inputs& inputs, std::uint32_t predicted, bool bit) {
    const int error = (bit ? static_cast<int>(kProbabilityOne) : 0) - static_cast<int>(predicted);
    for (std::size_t i = 0; i < kNumInputs; ++i) {
      const std::int64_t step = static_cast<std::int64_t>(inputs[i]) * error;
      weights_[i] += static_cast<std::int32_t>(step / (1 << kLearningShift));
    }
  }

 private:
  std::array<std::int32_t, kNumInputs> weights_;
};

/// Codes the cells of the alive grid, column by column.
class CellCoder {
 public:
  CellCoder(BitCoder& coder, Mask& mask)
      : coder_(coder),
        mask_(mask),
        side_(mask.kernel_side),
        rows_(mask.num_rows),
        channels_(mask.num_rows / (side_ * side_)) {}

  void code_column(std::uint32_t column, const std::vector<bool>& is_alive) {
    column_ = {};
    for (std::uint32_t row = 0; row < mask_.num_rows; ++row) {
      if (row % (side_ * side_) == 0) kernel_ = {};
      if (is_alive[row]) code_cell(column, row);
    }
  }

 private:
  void code_cell(std::uint32_t column, std::uint32_t row) {
    const std::uint32_t area = side_ * side_;
    Density& channel = channels_[row / area];
    Density& near = near_[num_set_neighbours(column, row)];
    const std::uint32_t base = layer_.predict(kProbabilityOne / 2, 1);
    const int base_logit = logit_of(base);
    const auto correction = [&](const Density& density, std::uint32_t strength) {
      return logit_of(density.predict(base, strength)) - base_logit;
    };
    const Mixer::Inputs inputs = {base_logit,
                                  correction(rows_[row], 8),
                                  correction(column_, 12),
                                  area > 1 ? correction(channel, 12) : 0,
                                  area > 1 ? correction(kernel_, 6) : 0,
                                  area > 1 ? correction(near, 6) : 0};
    const std::uint32_t predicted = mixer_.predict(inputs);
    const std::size_t at = static_cast<std::size_t>(column) * mask_.num_rows + row;
    const bool is_set = coder_.bit(mask_.is_set[at], predicted);
    mask_.is_set[at] = is_set;
    mixer_.learn(inputs, predicted, is_set);
    for (Density* density : {&layer_, &rows_[row], &column_, &channel, &kernel_, &near}) {
      density->update(is_set);
    }
  }

  /// Set cells left of and above this one in the same kernel (at most 3).
  [[nodiscard]] std::size_t num_set_neighbours(std::uint32_t column, std::uint32_t row) const {
    if (side_ == 1) return 0;
    const std::size_t at = static_cast<std::size_t>(column) * mask_.num_rows + row;
    const std::uint32_t place = row % (side_ * side_);
    const bool has_left = place % side_ > 0;
    const bool has_up = place >= side_;
    std::size_t count = 0;
    if (has_left && mask_.is_set[at - 1]) ++count;
    if (has_up && mask_.is_set[at - side_]) ++count;
    if (has_left && has_up && mask_.is_set[at - side_ - 1]) ++count;
    return count;
  }

  BitCoder& coder_;
  Mask& mask_;
  std::uint32_t side_;
  Density layer_;
  Density column_;
  Density kernel_;
  std::vector<Density> rows_;
  std::vector<Density> channels_;
  std::array<Density, 4> near_;
  Mixer mixer_;
};

void code_columns(BitCoder& coder, std::vector<bool>& columns) {
  AdaptiveBit model;
  for (auto&& column : columns) column = coder.bit(column, model);
}

/// Channels first, then the rows inside alive ones.
void code_rows(BitCoder& coder, std::vector<bool>& rows, std::size_t rows_per_channel,
               const std::vector<ChannelHint>& hints) {
  std::array<AdaptiveBit, 3> channel_models;
  AdaptiveBit row_model;
  for (std::size_t first = 0; first < rows.size(); first += rows_per_channel) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(rows_per_channel);
    const auto hint = static_cast<std::size_t>(hints[first / rows_per_channel]);
    const bool has_alive = coder.bit(std::find(begin, end, true) != end, channel_models[hint]);
    if (!has_alive || rows_per_channel == 1) {
      std::fill(begin, end, has_alive);
      continue;
    }
    for (auto row = begin; row != end; ++row) *row = coder.bit(*row, row_model);
  }
}

}  // namespace

AliveGrid alive_grid(const Mask& mask) {
  AliveGrid grid{std::vector<bool>(mask.num_rows), std::vector<bool>(mask.num_columns)};
  for (std::size_t i = 0; i < mask.is_set.size(); ++i) {
    if (!mask.is_set[i]) continue;
    grid.rows[i % mask.num_rows] = true;
    grid.columns[i / mask.num_rows] = true;
  }
  return grid;
}

AliveGrid code_mask(BitCoder& coder, Mask& mask, const std::vector<ChannelHint>& hints) {
  const std::uint32_t area = mask.kernel_side * mask.kernel_side;
  OHMWEAVE_REQUIRE(hints.size() * area == mask.num_rows, "one hint for each input channel");
  mask.is_set.resize(static_cast<std::size_t>(mask.num_rows) * mask.num_columns);
  AliveGrid grid = alive_grid(mask);
  code_columns(coder, grid.columns);
  code_rows(coder, grid.rows, area, hints);
  CellCoder cells(coder, mask);
  for (std::uint32_t column = 0; column < mask.num_columns; ++column) {
    if (grid.columns[column]) cells.code_column(column, grid.rows);
  }
  return grid;
}

}  // namespace ohmweave
