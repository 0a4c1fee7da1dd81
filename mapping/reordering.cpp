// SPDX-License-Identifier: Apache-2.0
#include "mapping/reordering.h"

#include <algorithm>
#include <utility>

#include "core/whole_numbers.h"
#include "mapping/bit_words.h"

namespace ohmweave::mapping {
namespace {

using Bits = std::vector<std::uint64_t>;
constexpr int kWordBits = 64;

/// Arrays and alive crossing lines, in this order of weight.
using Cost = std::pair<int, int>;

/// Some lines and how many of them are alive at each crossing line.
class Group {
 public:
  explicit Group(std::size_t num_words) : any_(num_words, 0), counts_(num_words * kWordBits, 0) {}

  [[nodiscard]] const std::vector<int>& members() const { return members_; }
  [[nodiscard]] int num_alive() const { return num_alive_; }
  [[nodiscard]] const Bits& any() const { return any_; }

  void add(int line, const Bits& bits) {
    members_.push_back(line);
    for_each_bit(bits, [this](std::size_t at) {
      if (counts_[at]++ > 0) return;
      any_[at / kWordBits] |= std::uint64_t{1} << (at % kWordBits);
      ++num_alive_;
    });
  }
  void remove(int line, const Bits& bits) {
    members_.erase(std::find(members_.begin(), members_.end(), line));
    for_each_bit(bits, [this](std::size_t at) {
      if (--counts_[at] > 0) return;
      any_[at / kWordBits] &= ~(std::uint64_t{1} << (at % kWordBits));
      --num_alive_;
    });
  }
  /// What is alive without one of the members.
  [[nodiscard]] Bits without(const Bits& bits) const {
    Bits rest = any_;
    for_each_bit(bits, [&](std::size_t at) {
      if (counts_[at] == 1) rest[at / kWordBits] &= ~(std::uint64_t{1} << (at % kWordBits));
    });
    return rest;
  }

 private:
  template <class Visit>
  static void for_each_bit(const Bits& bits, Visit visit) {
    for (std::size_t j = 0; j < bits.size(); ++j)
      for (std::uint64_t word = bits[j]; word != 0; word &= word - 1)
        visit(j * kWordBits + static_cast<std::size_t>(__builtin_ctzll(word)));
  }

  std::vector<int> members_;
  Bits any_;
  std::vector<int> counts_;  // members alive at each crossing line
  int num_alive_ = 0;
};

class Reordering {
 public:
  Reordering(const std::vector<Line>& lines, GroupSize size) : lines_(lines), size_(size) {
    for (const Line& line : lines_) num_bits_.push_back(count_bits(line.bits));
    num_words_ = lines_.empty() ? 0 : lines_.front().bits.size();
  }

  void grow();
  void descend();
  [[nodiscard]] std::vector<std::vector<int>> groups() const;

 private:
  [[nodiscard]] Cost cost_of(int num_alive) const {
    return {ceil_div(num_alive, size_.crossing), num_alive};
  }
  [[nodiscard]] Cost cost_of(int alive_a, int alive_b) const {
    const Cost a = cost_of(alive_a);
    const Cost b = cost_of(alive_b);
    return {a.first + b.first, a.second + b.second};
  }
  [[nodiscard]] bool is_over() const { return num_steps_ > kMaxReorderingSteps; }
  bool improve(std::size_t a, int line);
  bool improve_with(std::size_t a, int line, const Bits& rest_a, std::size_t b);

  const std::vector<Line>& lines_;
  std::vector<int> num_bits_;
  GroupSize size_;
  std::size_t num_words_ = 0;
  std::vector<Group> groups_;  // members: positions in lines_
  double num_steps_ = 0.0;
};

void Reordering::grow() {
  std::vector<int> left;
  for (int i = 0; i < static_cast<int>(lines_.size()); ++i)
    if (num_bits_[i] > 0) left.push_back(i);
  std::stable_sort(left.begin(), left.end(),
                   [this](int a, int b) { return num_bits_[a] > num_bits_[b]; });
  while (!left.empty()) {
    Group group(num_words_);
    while (static_cast<int>(group.members().size()) < size_.lines && !left.empty()) {
      std::size_t best = 0;
      int fewest = group.members().empty() ? 0 : count_new_bits(group.any(), lines_[left[0]].bits);
      for (std::size_t i = 1; i < left.size() && fewest > 0 && !is_over(); ++i) {
        num_steps_ += static_cast<double>(num_words_);
        const int num_new = count_new_bits(group.any(), lines_[left[i]].bits);
        if (num_new >= fewest) continue;
        fewest = num_new;
        best = i;
      }
      group.add(left[best], lines_[left[best]].bits);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
    }
    groups_.push_back(std::move(group));
  }
}

/// Moves `line` of group a to group b, or exchanges it for the best line of b, if that helps.
bool Reordering::improve_with(std::size_t a, int line, const Bits& rest_a, std::size_t b) {
  const Bits& bits = lines_[line].bits;
  const Cost now = cost_of(groups_[a].num_alive(), groups_[b].num_alive());
  const int alive_rest_a = count_bits(rest_a);
  Cost best = now;
  int partner = -1;
  bool is_move = false;
  if (static_cast<int>(groups_[b].members().size()) < size_.lines) {
    const int alive_b = groups_[b].num_alive() + count_new_bits(groups_[b].any(), bits);
    const Cost moved = cost_of(alive_rest_a, alive_b);
    if (moved < best) {
      best = moved;
      is_move = true;
    }
  }
  for (const int other : groups_[b].members()) {
    num_steps_ += 3.0 * static_cast<double>(num_words_);
    const Bits& other_bits = lines_[other].bits;
    const int alive_a = alive_rest_a + count_new_bits(rest_a, other_bits);
    // A lower bound before the costly part: b without its line, and nothing new.
    if (!(cost_of(alive_a, groups_[b].num_alive() - num_bits_[other]) < best)) continue;
    const Bits rest_b = groups_[b].without(other_bits);
    const int alive_b = count_bits(rest_b) + count_new_bits(rest_b, bits);
    const Cost exchanged = cost_of(alive_a, alive_b);
    if (!(exchanged < best)) continue;
    best = exchanged;
    partner = other;
    is_move = false;
  }
  if (!is_move && partner < 0) return false;
  groups_[a].remove(line, bits);
  groups_[b].add(line, bits);
  if (!is_move) {
    groups_[b].remove(partner, lines_[partner].bits);
    groups_[a].add(partner, lines_[partner].bits);
  }
  return true;
}

bool Reordering::improve(std::size_t a, int line) {
  const Bits rest_a = groups_[a].without(lines_[line].bits);
  if (count_bits(rest_a) == groups_[a].num_alive()) return false;  // it costs nothing where it is
  for (std::size_t b = 0; b < groups_.size(); ++b)
    if (b != a && !is_over() && improve_with(a, line, rest_a, b)) return true;
  return false;
}

void Reordering::descend() {
  num_steps_ = 0.0;
  for (bool has_changed = true; has_changed && !is_over();) {
    has_changed = false;
    for (std::size_t a = 0; a < groups_.size(); ++a) {
      const std::vector<int> members = groups_[a].members();
      for (const int line : members) has_changed |= improve(a, line);
    }
  }
}

std::vector<std::vector<int>> Reordering::groups() const {
  std::vector<std::vector<int>> result;
  for (const Group& group : groups_) {
    if (group.members().empty()) continue;
    std::vector<int> indices;
    for (const int member : group.members()) indices.push_back(lines_[member].index);
    std::sort(indices.begin(), indices.end());
    result.push_back(std::move(indices));
  }
  return result;
}

}  // namespace

std::vector<std::vector<int>> grow_groups(const std::vector<Line>& lines, GroupSize size) {
  Reordering reordering(lines, size);
  reordering.grow();
  return reordering.groups();
}

std::vector<std::vector<int>> exchange_lines(const std::vector<Line>& lines, GroupSize size) {
  Reordering reordering(lines, size);
  reordering.grow();
  reordering.descend();
  return reordering.groups();
}

}  // namespace ohmweave::mapping
