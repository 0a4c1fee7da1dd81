// SPDX-License-Identifier: Apache-2.0
// resolve(): which tensors the entries of a config's "constraints" bind together.
#include <algorithm>
#include <utility>

#include "admm/constraint_table.h"
#include "admm/joined.h"
#include "admm/sequence.h"
#include "core/error.h"
#include "core/glob.h"

namespace ohmweave::admm {
namespace {

using ConstraintPointer = std::shared_ptr<const Constraint>;
using Indices = std::vector<std::size_t>;  // of targets, ascending

std::string entry_of(const std::string& pointer, std::size_t index) {
  return pointer + "/" + std::to_string(index);
}

Indices matches_of(const ConstraintOptions& options, const std::vector<ConstraintTarget>& targets,
                   const std::string& entry) {
  Indices matches;
  std::string allowed;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    if (matches_glob(options.weights, targets[t].name)) matches.push_back(t);
    allowed += (allowed.empty() ? "" : ", ") + targets[t].name;
  }
  if (!matches.empty()) return matches;
  throw ConfigError({entry + "/weights = \"" + options.weights +
                     "\": matches no weight; the weights are: " + allowed});
}

/// The sets of tensors bound together: those of the joint constraints, and every other one alone.
std::vector<Indices> bound_sets(const std::vector<ConstraintOptions>& options,
                                const std::vector<Indices>& matches, const std::string& pointer) {
  std::vector<Indices> sets;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (!is_joint(options[i].kind)) continue;
    if (std::find(sets.begin(), sets.end(), matches[i]) != sets.end()) continue;
    for (const Indices& set : sets) {
      Indices shared;
      std::set_intersection(set.begin(), set.end(), matches[i].begin(), matches[i].end(),
                            std::back_inserter(shared));
      if (shared.empty()) continue;
      throw ConfigError({entry_of(pointer, i) + "/weights = \"" + options[i].weights +
                         "\": shares only some weights with an earlier '" + options[i].kind +
                         "': the two must match the same weights, or none in common"});
    }
    sets.push_back(matches[i]);
  }
  for (const Indices& matched : matches) {
    for (const std::size_t t : matched) {
      const auto holds_t = [t](const Indices& set) {
        return std::binary_search(set.begin(), set.end(), t);
      };
      if (std::none_of(sets.begin(), sets.end(), holds_t)) sets.push_back({t});
    }
  }
  std::sort(sets.begin(), sets.end());
  return sets;
}

/// The constraint of one entry of the options on one bound set; empty if it matches none of it.
ConstraintPointer on_set(const ConstraintOptions& options, const Indices& matched,
                         const Indices& set, const std::vector<ConstraintTarget>& targets) {
  std::vector<ConstraintTarget> bound;
  std::vector<SeparatePart> parts;
  bool is_any = false;
  for (const std::size_t t : set) {
    const bool is_matched = std::binary_search(matched.begin(), matched.end(), t);
    is_any = is_any || is_matched;
    bound.push_back(targets[t]);
    if (is_joint(options.kind)) continue;
    parts.push_back(
        {targets[t].shape, is_matched ? make_constraint(options, targets[t]) : nullptr});
  }
  if (!is_any) return nullptr;
  if (is_joint(options.kind)) return make_joint_constraint(options, bound);
  if (set.size() == 1) return parts.front().constraint;
  return std::make_shared<Separate>(std::move(parts));
}

/// on_set(), naming the entry in its errors.
ConstraintPointer of_entry(const std::string& entry, const ConstraintOptions& options,
                           const Indices& matched, const Indices& set,
                           const std::vector<ConstraintTarget>& targets) {
  try {
    return on_set(options, matched, set, targets);
  } catch (const ConfigError& error) {
    std::vector<std::string> problems;
    for (const std::string& problem : error.problems()) {
      problems.push_back(std::string(entry).append(": ").append(problem));
    }
    throw ConfigError(problems);
  }
}

std::vector<ConstraintTarget> of(const std::vector<ConstraintTarget>& targets, const Indices& set) {
  std::vector<ConstraintTarget> bound;
  bound.reserve(set.size());
  for (const std::size_t t : set) bound.push_back(targets[t]);
  return bound;
}

}  // namespace

std::vector<ResolvedConstraint> resolve(const std::vector<ConstraintOptions>& options,
                                        const std::vector<ConstraintTarget>& targets,
                                        const std::string& pointer) {
  std::vector<Indices> matches;
  matches.reserve(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    matches.push_back(matches_of(options[i], targets, entry_of(pointer, i)));
  }
  std::vector<ResolvedConstraint> resolved;
  for (const Indices& set : bound_sets(options, matches, pointer)) {
    ResolvedConstraint result;
    for (const std::size_t t : set) result.names.push_back(targets[t].name);
    std::vector<ConstraintPointer> parts;
    for (std::size_t i = 0; i < options.size(); ++i) {
      auto part = of_entry(entry_of(pointer, i), options[i], matches[i], set, targets);
      if (!part) continue;
      parts.push_back(std::move(part));
      if (is_joint(options[i].kind)) result.count = shared_count(options[i], of(targets, set));
    }
    if (parts.size() > 1) result.count.reset();
    result.constraint =
        parts.size() == 1 ? parts.front() : std::make_shared<Sequence>(std::move(parts));
    resolved.push_back(std::move(result));
  }
  return resolved;
}

}  // namespace ohmweave::admm
