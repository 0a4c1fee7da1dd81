// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {

namespace {

Json unit_to_json(const UnitResult& unit) {
  return Json::array(
      {unit.windows, unit.busy_cycles, unit.stalls.input, unit.stalls.output, unit.stalls.partial});
}

UnitResult unit_from_json(const Json& json) {
  UnitResult unit;
  unit.windows = json.at(0).get<std::int64_t>();
  unit.busy_cycles = json.at(1).get<std::int64_t>();
  unit.stalls.input = json.at(2).get<std::int64_t>();
  unit.stalls.output = json.at(3).get<std::int64_t>();
  unit.stalls.partial = json.at(4).get<std::int64_t>();
  return unit;
}

Json node_to_json(const NodeResult& node) {
  Json units = Json::array();
  for (const UnitResult& unit : node.units) units.push_back(unit_to_json(unit));
  return Json::array({units, node.flit_hops, node.received_bits, node.sent_bits});
}

NodeResult node_from_json(const Json& json) {
  NodeResult node;
  for (const Json& unit : json.at(0)) node.units.push_back(unit_from_json(unit));
  node.flit_hops = json.at(1).get<std::int64_t>();
  node.received_bits = json.at(2).get<std::int64_t>();
  node.sent_bits = json.at(3).get<std::int64_t>();
  return node;
}

Json link_to_json(const LinkResult& link) {
  return Json::array({link.from.x, link.from.y, link.to.x, link.to.y, link.packets,
                      link.busy_cycles, link.wait_cycles});
}

LinkResult link_from_json(const Json& json) {
  LinkResult link;
  link.from = {json.at(0).get<int>(), json.at(1).get<int>()};
  link.to = {json.at(2).get<int>(), json.at(3).get<int>()};
  link.packets = json.at(4).get<std::int64_t>();
  link.busy_cycles = json.at(5).get<std::int64_t>();
  link.wait_cycles = json.at(6).get<std::int64_t>();
  return link;
}

RowEvent row_from_json(const Json& json) {
  return {json.at(0).get<int>(), json.at(1).get<int>(), json.at(2).get<int>(),
          json.at(3).get<std::int64_t>(), json.at(4).get<std::int64_t>()};
}

}  // namespace

Json result_to_json(const PipelineResult& result) {
  Json json = {{"nodes", Json::array()},
               {"links", Json::array()},
               {"rows", Json::array()},
               {"start_cycles", result.start_cycles},
               {"finish_cycles", result.finish_cycles},
               {"end_cycle", result.end_cycle}};
  for (const NodeResult& node : result.nodes) json["nodes"].push_back(node_to_json(node));
  for (const LinkResult& link : result.links) json["links"].push_back(link_to_json(link));
  for (const RowEvent& row : result.rows)
    json["rows"].push_back(
        Json::array({row.node, row.inference, row.row, row.start_cycle, row.end_cycle}));
  for (const StateInterval& state : result.states)
    json["states"].push_back(Json::array({state.node, state.unit, static_cast<int>(state.state),
                                          state.start_cycle, state.end_cycle}));
  return json;
}

PipelineResult result_from_json(const Json& json) {
  PipelineResult result;
  for (const Json& node : json.at("nodes")) result.nodes.push_back(node_from_json(node));
  for (const Json& link : json.at("links")) result.links.push_back(link_from_json(link));
  for (const Json& row : json.at("rows")) result.rows.push_back(row_from_json(row));
  if (json.contains("states"))
    for (const Json& state : json.at("states"))
      result.states.push_back({state.at(0).get<int>(), state.at(1).get<int>(),
                               static_cast<UnitState>(state.at(2).get<int>()),
                               state.at(3).get<std::int64_t>(), state.at(4).get<std::int64_t>()});
  result.start_cycles = json.at("start_cycles").get<std::vector<std::int64_t>>();
  result.finish_cycles = json.at("finish_cycles").get<std::vector<std::int64_t>>();
  result.end_cycle = json.at("end_cycle").get<std::int64_t>();
  return result;
}

}  // namespace ohmweave::power_area
