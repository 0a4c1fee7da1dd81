// SPDX-License-Identifier: Apache-2.0
// A crossbar case: one array, its wires and its inputs, as a JSON file describes it.
// docs/crossbar.md shows the three circuits and which keys belong to which.
#pragma once

#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::crossbar {

enum class CaseTopology { Passive, RowSelect, GateInput };

struct CrossbarCase {
  std::string name;
  CaseTopology topology = CaseTopology::Passive;
  int rows = 0;
  int cols = 0;
  double row_ohm = 0.0;          // passive and row_select: per segment, also before the first cell
  double col_ohm = 0.0;          // passive and row_select: per segment, also after the last cell
  double bit_line_ohm = 0.0;     // gate_input: per segment, also before the first cell
  double source_line_ohm = 0.0;  // gate_input: per segment, also after the last cell
  double driver_ohm = 0.0;
  double sense_ohm = 0.0;
  double transistor_ohm = 0.0;     // gate_input: in series with each cell
  double sinh_per_v = 0.0;         // passive and row_select: i = G sinh(k v) / k; 0 = linear
  double read_voltage_v = 0.0;     // gate_input: of every column's source
  std::vector<double> voltages_v;  // passive and row_select: rows
  std::vector<double> active;      // row_select and gate_input: rows, each 0 or 1
  std::vector<double> siemens;     // rows x cols row-major; a list of rows in JSON
  std::vector<double> currents_a;  // known answers in a reference file; solving ignores them
  std::vector<double> ideal_currents_a;
};
void declare(Fields& f, CrossbarCase& o);

/// Throws ConfigError listing every problem with its JSON pointer.
[[nodiscard]] CrossbarCase read_case(const Json& json);

}  // namespace ohmweave::crossbar
