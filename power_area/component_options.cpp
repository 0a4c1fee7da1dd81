// SPDX-License-Identifier: Apache-2.0
#include "power_area/component_options.h"

#include "power_area/component_numbers.h"

namespace ohmweave::power_area {

const std::vector<Word>& status_words() {
  static const std::vector<Word> words = {
      {"seen", "read in the source"},
      {"measured_here", "found by running the source's program"},
      {"derived", "computed by a stated rule from other numbers"},
      {"from_memory", "recalled, not read again"},
      {"assumed", "no source"}};
  return words;
}

void declare(Fields& f, NumberOptions& o) {
  f.required().number("value", o.value, {}, "in `unit`");
  f.required().text("unit", o.unit, "one of those of the number's dimension");
  f.number("node_nm", o.node_nm, kNonNegative, "technology it stands for; 0: none");
  f.required().text("source", o.source, "who says so");
  f.word("status", o.status, status_words(), "how far it can be trusted");
  f.text("note", o.note, "what else is to be known");
}

void declare(Fields& f, ComponentOptions& o) {
  for (const NumberKey& key : number_keys()) {
    if (!key.taken_instead.empty() && !f.is_reading()) continue;
    std::optional<NumberOptions> number;
    const auto known = o.numbers.find(key.name);
    if (known != o.numbers.end()) number = known->second;
    f.section(key.name, number, key.summary + "; " + dimension_text(key.dimension));
    if (!number || !f.is_reading()) continue;
    o.numbers[key.name] = *number;
    f.rule(key.taken_instead.empty(), key.name,
           "is part of a published table and changes no estimate; what is read is " +
               key.taken_instead);
    if (const auto problem = number_problem(key, number->value, number->unit))
      f.rule(false, key.name + "/" + problem->field, problem->allowed);
  }
}

}  // namespace ohmweave::power_area
