// SPDX-License-Identifier: Apache-2.0
#include "crossbar/case.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr int kLargestSide = 4096;
// Beyond this a cell's current would exceed exp(100) times its linear one.
constexpr double kLargestSinhArgument = 100.0;

const char* topology_word(CaseTopology topology) {
  switch (topology) {
    case CaseTopology::Passive:
      return "passive";
    case CaseTopology::RowSelect:
      return "row_select";
    case CaseTopology::GateInput:
      break;
  }
  return "gate_input";
}

/// The keys that a topology needs and the keys that it has no use for.
void rule_keys(Fields& f, CaseTopology topology) {
  const bool is_gate = topology == CaseTopology::GateInput;
  const std::string word = std::string("topology \"") + topology_word(topology) + "\"";
  const auto need = [&](const char* key, bool needed) {
    f.rule(!needed || f.was_given(key), key, "is missing; " + word + " needs it");
  };
  const auto refuse = [&](const char* key, bool refused) {
    f.rule(!refused || !f.was_given(key), key, "does not belong to " + word);
  };
  for (const char* key : {"row_ohm", "col_ohm", "voltages_v"}) {
    need(key, !is_gate);
    refuse(key, is_gate);
  }
  for (const char* key : {"bit_line_ohm", "source_line_ohm", "transistor_ohm", "read_voltage_v"}) {
    need(key, is_gate);
    refuse(key, !is_gate);
  }
  refuse("sinh_per_v", is_gate);
  need("active", topology != CaseTopology::Passive);
  refuse("active", topology == CaseTopology::Passive);
}

void rule_lengths(Fields& f, const CrossbarCase& o) {
  const auto length = [&](const char* key, const std::vector<double>& list, int expected) {
    f.rule(
        !f.was_given(key) || list.size() == static_cast<std::size_t>(expected), key,
        "must have " + std::to_string(expected) + " numbers, has " + std::to_string(list.size()));
  };
  length("voltages_v", o.voltages_v, o.rows);
  length("active", o.active, o.rows);
  length("currents_a", o.currents_a, o.cols);
  length("ideal_currents_a", o.ideal_currents_a, o.cols);
  f.rule(
      std::all_of(o.active.begin(), o.active.end(), [](double x) { return x == 0.0 || x == 1.0; }),
      "active", "each must be 0 or 1");
  double largest_v = 0.0;
  for (const double v : o.voltages_v) largest_v = std::max(largest_v, std::abs(v));
  f.rule(o.sinh_per_v * largest_v <= kLargestSinhArgument, "sinh_per_v",
         "times the largest voltage must be at most 100");
}

/// Appends one row of /siemens to `flat`, or reports what is wrong with it.
void flatten_row(const Json& row, const std::string& pointer, std::size_t cols, Json& flat,
                 std::vector<std::string>& problems) {
  if (!row.is_array() || row.size() != cols) {
    problems.push_back(pointer + ": must be a list of cols = " + std::to_string(cols) + " numbers" +
                       (row.is_array() ? ", has " + std::to_string(row.size()) : std::string()));
    return;
  }
  for (std::size_t c = 0; c < cols; ++c) {
    const bool is_good =
        row[c].is_number() && std::isfinite(row[c].get<double>()) && row[c].get<double>() >= 0.0;
    if (!is_good) {
      problems.push_back(pointer + "/" + std::to_string(c) + " = " + row[c].dump() +
                         ": must be a number, at least 0");
    }
    flat.push_back(is_good ? row[c] : Json(0.0));
  }
}

/// Replaces the list of rows under "siemens" by one flat list, which Fields can read.
void flatten_siemens(Json& json, std::vector<std::string>& problems) {
  const auto given = json.find("siemens");
  const auto is_size = [&](const char* key) {
    return json.contains(key) && json[key].is_number_integer() && json[key] >= 1;
  };
  if (given == json.end() || !is_size("rows") || !is_size("cols")) {
    if (given != json.end()) *given = Json::array();
    return;
  }
  Json flat = Json::array();
  const auto rows = json["rows"].get<std::size_t>();
  if (!given->is_array() || given->size() != rows) {
    problems.push_back(
        "/siemens: must be a list of rows = " + std::to_string(rows) + " lists" +
        (given->is_array() ? ", has " + std::to_string(given->size()) : std::string()));
  } else {
    for (std::size_t r = 0; r < rows; ++r) {
      flatten_row((*given)[r], "/siemens/" + std::to_string(r), json["cols"].get<std::size_t>(),
                  flat, problems);
    }
  }
  *given = std::move(flat);
}

}  // namespace

void declare(Fields& f, CrossbarCase& o) {
  f.text("name", o.name, "what the case is called");
  f.choice("topology", o.topology,
           {{CaseTopology::Passive, "passive", "cells join their row and column"},
            {CaseTopology::RowSelect, "row_select", "only cells of active rows are connected"},
            {CaseTopology::GateInput, "gate_input",
             "inputs switch the gates; bit and source line run along the column"}},
           "how cells are connected");
  f.required().integer("rows", o.rows, {1, kLargestSide}, "input lines");
  f.required().integer("cols", o.cols, {1, kLargestSide}, "output lines");
  f.number("row_ohm", o.row_ohm, kNonNegative, "one segment of a row");
  f.number("col_ohm", o.col_ohm, kNonNegative, "one segment of a column");
  f.number("bit_line_ohm", o.bit_line_ohm, kNonNegative, "one segment of a bit line");
  f.number("source_line_ohm", o.source_line_ohm, kNonNegative, "one segment of a source line");
  f.number("driver_ohm", o.driver_ohm, kNonNegative, "in series with each source");
  f.number("sense_ohm", o.sense_ohm, kNonNegative, "in series with each virtual ground");
  f.number("transistor_ohm", o.transistor_ohm, kNonNegative, "in series with each cell");
  f.number("sinh_per_v", o.sinh_per_v, kNonNegative,
           "k of cells that carry G sinh(k v) / k; 0 = linear");
  f.number("read_voltage_v", o.read_voltage_v, {}, "source of every column");
  f.numbers("voltages_v", o.voltages_v, {}, "source of every row");
  f.numbers("active", o.active, kFraction, "1 for rows whose cells are connected, else 0");
  f.required().numbers("siemens", o.siemens, kNonNegative, "conductances, a list of rows");
  f.numbers("currents_a", o.currents_a, {}, "known column currents; solving ignores them");
  f.numbers("ideal_currents_a", o.ideal_currents_a, {},
            "known column currents without wires; solving ignores them");
  rule_keys(f, o.topology);
  rule_lengths(f, o);
}

CrossbarCase read_case(const Json& json) {
  if (!json.is_object()) throw ConfigError({"/" + type_problem(json, "an object")});
  std::vector<std::string> problems;
  Json flat = json;
  flatten_siemens(flat, problems);
  CrossbarCase result;
  Fields fields = Fields::reader(flat, "", problems);
  declare(fields, result);
  fields.finish();
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return result;
}

}  // namespace ohmweave::crossbar
