// SPDX-License-Identifier: Apache-2.0
// Config section /chip/components: numbers that replace or join those of the component library,
// each with unit, node, source and status as in a library file. Names, units and ranges are those
// of component_numbers.h; a number that no model reads is an error that says what is read instead.
#pragma once

#include <map>
#include <string>

#include "core/fields.h"

namespace ohmweave::power_area {

/// One number as it was published or measured.
struct NumberOptions {
  double value = 0.0;
  std::string unit;
  double node_nm = 0.0;
  std::string source;
  std::string status = "assumed";
  std::optional<std::string> note;
};
void declare(Fields& f, NumberOptions& o);

struct ComponentOptions {
  std::map<std::string, NumberOptions> numbers;  // by name
};
void declare(Fields& f, ComponentOptions& o);

/// How far a number can be trusted: seen, from_memory, measured_here, derived, assumed.
[[nodiscard]] const std::vector<Word>& status_words();

}  // namespace ohmweave::power_area
