// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <tuple>

#include "power_area/sim/trace.h"

namespace ohmweave::power_area {

namespace {

/// In the order of UnitState.
constexpr std::array<const char*, 4> kWires{"busy", "stall_input", "stall_output",
                                            "stall_partial_sums"};
constexpr double kTicksPerSecond = 1e12;  // $timescale 1 ps

/// Printable, without spaces, unique: digits to base 94 from '!' on.
std::string identifier(std::size_t number) {
  constexpr std::size_t kBase = 94;
  std::string text;
  do {
    text += static_cast<char>('!' + number % kBase);
    number /= kBase;
  } while (number > 0);
  return text;
}

std::string scope_name(std::string name) {
  for (char& c : name)
    if (c == ' ' || c == '.') c = '_';
  return name;
}

/// Scopes and wires; returns the number of the first wire of each node's first unit.
std::vector<std::size_t> declare_wires(const PipelineModel& model, std::ostringstream& text) {
  std::vector<std::size_t> first;
  std::size_t next = 0;
  text << "$scope module chip $end\n";
  for (const PipelineNode& node : model.nodes) {
    first.push_back(next);
    text << "$scope module " << scope_name(node.name) << " $end\n";
    for (std::size_t u = 0; u < node.units.size(); ++u) {
      text << "$scope module unit_" << u << "_tile_" << node.units[u].tile << " $end\n";
      for (const char* wire : kWires)
        text << "$var wire 1 " << identifier(next++) << ' ' << wire << " $end\n";
      text << "$upscope $end\n";
    }
    text << "$upscope $end\n";
  }
  text << "$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::size_t wire = 0; wire < next; ++wire) text << '0' << identifier(wire) << '\n';
  text << "$end\n";
  return first;
}

}  // namespace

std::string states_vcd(const PipelineModel& model, const PipelineResult& result, double clock_hz) {
  std::ostringstream text;
  text << "$timescale 1 ps $end\n";
  const std::vector<std::size_t> first = declare_wires(model, text);
  using Change =
      std::tuple<std::int64_t, int, std::size_t>;  // cycle, value, wire: falls come first
  std::vector<Change> changes;
  for (const StateInterval& state : result.states) {
    const std::size_t wire = first[state.node] +
                             kWires.size() * static_cast<std::size_t>(state.unit) +
                             static_cast<std::size_t>(state.state);
    changes.emplace_back(state.start_cycle, 1, wire);
    changes.emplace_back(state.end_cycle, 0, wire);
  }
  std::sort(changes.begin(), changes.end());
  std::int64_t at = 0;
  for (const auto& [cycle, value, wire] : changes) {
    if (cycle != at)
      text << '#' << std::llround(static_cast<double>(cycle) * kTicksPerSecond / clock_hz) << '\n';
    at = cycle;
    text << value << identifier(wire) << '\n';
  }
  return text.str();
}

}  // namespace ohmweave::power_area
