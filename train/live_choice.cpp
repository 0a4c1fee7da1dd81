// SPDX-License-Identifier: Apache-2.0
#include "train/live_choice.h"

#include <algorithm>

#include "core/error.h"

namespace ohmweave::train {
namespace {

/// One weight that may be kept.
struct Candidate {
  const std::string* tensor = nullptr;
  std::size_t entry = 0;
  double score = 0.0;
  bool is_floor = false;
};

std::uint8_t& byte_of(WeightMasks& masks, const Candidate& candidate) {
  return masks.at(*candidate.tensor)[candidate.entry];
}

/// All candidates, best first.
std::vector<Candidate> ranked(const WeightMasks& candidates, const WeightScores& scores,
                              const std::map<std::string, std::int64_t>& floors) {
  const auto is_better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::vector<Candidate> all;
  for (const auto& [name, mask] : candidates) {
    const auto found = scores.find(name);
    OHMWEAVE_REQUIRE(found != scores.end() && found->second.size() == mask.size(),
                     "there is a score for every weight of '" + name + "'");
    std::vector<Candidate> here;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] != 0) here.push_back({&name, i, found->second[i]});
    }
    std::stable_sort(here.begin(), here.end(), is_better);
    const auto floor = floors.find(name);
    const std::size_t num_floor = floor == floors.end() ? 0 : floor->second;
    for (std::size_t i = 0; i < std::min(num_floor, here.size()); ++i) here[i].is_floor = true;
    all.insert(all.end(), here.begin(), here.end());
  }
  std::stable_sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    return a.is_floor != b.is_floor ? a.is_floor : is_better(a, b);
  });
  return all;
}

}  // namespace

std::int64_t count_weights(const WeightMasks& masks) {
  std::int64_t count = 0;
  for (const auto& [name, mask] : masks) {
    count += std::count_if(mask.begin(), mask.end(), [](std::uint8_t byte) { return byte != 0; });
  }
  return count;
}

WeightMasks choose_live(const Network& network, const WeightMasks& candidates,
                        const WeightScores& scores,
                        const std::map<std::string, std::int64_t>& floors, std::int64_t keep) {
  const std::vector<Candidate> order = ranked(candidates, scores, floors);
  WeightMasks taken = candidates;
  for (auto& [name, mask] : taken) std::fill(mask.begin(), mask.end(), 0);
  // The best n, n growing by what dead paths leave empty. A weight that is dead among them may come
  // to life by a later one, so every round looks at all of the best n.
  std::size_t num_taken = 0;
  WeightMasks live = taken;
  std::int64_t num_live = 0;
  while (num_live < keep && num_taken < order.size()) {
    const std::size_t more =
        std::min(num_taken + static_cast<std::size_t>(keep - num_live), order.size());
    for (; num_taken < more; ++num_taken) byte_of(taken, order[num_taken]) = 1;
    live = live_weights(network, taken);
    num_live = count_weights(live);
  }
  // The last ones may have brought more to life than there is room for: the worst go again, as far
  // as what falls with them fits.
  for (std::size_t i = num_taken; i > 0 && num_live > keep; --i) {
    if (byte_of(live, order[i - 1]) == 0) continue;
    WeightMasks trial = live;
    byte_of(trial, order[i - 1]) = 0;
    trial = live_weights(network, trial);
    const std::int64_t num_left = count_weights(trial);
    if (num_left < keep) continue;
    live = std::move(trial);
    num_live = num_left;
  }
  return live;
}

}  // namespace ohmweave::train
