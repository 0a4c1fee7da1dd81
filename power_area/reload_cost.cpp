// SPDX-License-Identifier: Apache-2.0
#include "power_area/reload_cost.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "crossbar/write_verify.h"
#include "mapping/reload.h"
#include "power_area/chip_sample.h"

namespace ohmweave::power_area {
namespace {

constexpr int kMostRewritesSimulated = 16;

/// The cells of one rewrite whose level changes.
struct Change {
  std::vector<double> before_siemens;
  std::vector<double> after_siemens;
  int num_rows = 0;  // that hold any of them
};

class Rewriter {
 public:
  Rewriter(const MappedNetwork& mapped, const Circuits& circuits)
      : mapped_(mapped), circuits_(circuits) {}

  [[nodiscard]] Change change_of(const mapping::Rewrite& rewrite) const {
    const std::vector<double> before = targets_siemens(rewrite.before);
    const std::vector<double> after = targets_siemens(rewrite.after);
    const auto columns = static_cast<std::size_t>(circuits_.array.cols);
    Change change;
    for (std::size_t first = 0; first < before.size(); first += columns) {
      const std::size_t already = change.after_siemens.size();
      for (std::size_t cell = first; cell < first + columns; ++cell)
        if (before[cell] != after[cell]) {
          change.before_siemens.push_back(before[cell]);
          change.after_siemens.push_back(after[cell]);
        }
      if (change.after_siemens.size() > already) ++change.num_rows;
    }
    return change;
  }

 private:
  /// What the cells of an array of the placement are written to: rows x cols, row by row.
  [[nodiscard]] std::vector<double> targets_siemens(int array) const {
    const int bits = circuits_.array.cell_bits(mapped_.placement.arrays[array].slice);
    std::vector<double> of_level;
    of_level.reserve(std::size_t{1} << bits);
    for (int level = 0; level < 1 << bits; ++level)
      of_level.push_back(crossbar::level_siemens(circuits_.device, level, bits));
    const std::vector<int> levels = mapping::cell_levels(mapped_.placement, mapped_.network, array);
    std::vector<double> siemens;
    siemens.reserve(levels.size());
    for (const int level : levels) siemens.push_back(of_level[level]);
    return siemens;
  }

  const MappedNetwork& mapped_;
  const Circuits& circuits_;
};

/// What one rewrite costs, or all of a round.
struct WriteCost {
  double energy_j = 0.0;
  double time_s = 0.0;
};

class PulseWriter {
 public:
  explicit PulseWriter(const ComponentLibrary& library)
      : volts_(library.si("write_voltage")),
        pulse_s_(library.si("write_pulse_time")),
        pulses_(library.si("write_pulses")) {}

  [[nodiscard]] WriteCost operator()(const Change& change) const {
    double siemens = 0.0;
    for (std::size_t i = 0; i < change.after_siemens.size(); ++i)
      siemens += 0.5 * (change.before_siemens[i] + change.after_siemens[i]);
    return {pulses_ * volts_ * volts_ * pulse_s_ * siemens, change.num_rows * pulses_ * pulse_s_};
  }

 private:
  double volts_;
  double pulse_s_;
  double pulses_;
};

/// Energy and time of a changed cell, written and verified.
WriteCost verified_cell(const std::vector<mapping::Rewrite>& rewrites, const Rewriter& rewriter,
                        const Circuits& circuits, const RandomStream& stream) {
  const auto count = static_cast<int>(rewrites.size());
  const int simulated = std::min(count, kMostRewritesSimulated);
  WriteCost sum;
  double cells = 0.0;
  for (int i = 0; i < simulated; ++i) {
    const mapping::Rewrite& rewrite =
        rewrites[static_cast<std::size_t>(static_cast<std::int64_t>(i) * count / simulated)];
    const Change change = rewriter.change_of(rewrite);
    const crossbar::WriteResult result = crossbar::write_cells(
        circuits.device, change.after_siemens,
        crossbar::array_stream(stream, kChipSample, rewrite.after), change.before_siemens);
    sum.energy_j += result.energy_j;
    sum.time_s += result.time_s;
    cells += static_cast<double>(change.after_siemens.size());
  }
  return cells == 0.0 ? WriteCost() : WriteCost{sum.energy_j / cells, sum.time_s / cells};
}

/// By round: energy of all rewrites, time of the slowest tile.
template <class CostOf>
std::vector<WriteCost> costs_of_rounds(const mapping::Placement& placement,
                                       const std::vector<mapping::Rewrite>& rewrites,
                                       const CostOf& cost_of) {
  std::vector<WriteCost> rounds(mapping::num_rounds(placement));
  std::map<int, double> tile_times_s;
  for (const mapping::Rewrite& rewrite : rewrites) {
    const WriteCost cost = cost_of(rewrite);
    rounds[rewrite.round].energy_j += cost.energy_j;
    tile_times_s[placement.arrays[rewrite.after].tile] += cost.time_s;
  }
  for (const auto& [tile, time_s] : tile_times_s) {
    WriteCost& round = rounds[placement.tiles[tile].round];
    round.time_s = std::max(round.time_s, time_s);
  }
  return rounds;
}

}  // namespace

Json reload_json(const MappedNetwork& mapped, const Circuits& circuits,
                 const ComponentLibrary& library, const RandomStream& stream) {
  const std::vector<mapping::Rewrite> rewrites = mapping::rewrites(mapped.placement);
  const Rewriter rewriter(mapped, circuits);
  const bool verifies = circuits.device.write.has_value();
  std::vector<WriteCost> rounds;
  if (verifies) {
    const WriteCost of_cell = verified_cell(rewrites, rewriter, circuits, stream);
    rounds = costs_of_rounds(mapped.placement, rewrites, [&](const mapping::Rewrite& rewrite) {
      const auto cells = static_cast<double>(rewriter.change_of(rewrite).after_siemens.size());
      return WriteCost{of_cell.energy_j * cells, of_cell.time_s * cells};
    });
  } else {
    const PulseWriter writer(library);
    rounds = costs_of_rounds(mapped.placement, rewrites, [&](const mapping::Rewrite& rewrite) {
      return writer(rewriter.change_of(rewrite));
    });
  }
  Json json = mapping::reload_summary(mapped.placement, mapped.network);
  WriteCost total;
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    json["schedule"][r]["write_energy_j"] = rounds[r].energy_j;
    json["schedule"][r]["write_time_s"] = rounds[r].time_s;
    total.energy_j += rounds[r].energy_j;
    total.time_s += rounds[r].time_s;
  }
  json["method"] = verifies ? "write_verify" : "pulses";
  json["write_energy_per_image_j"] = total.energy_j;
  json["write_time_per_image_s"] = total.time_s;
  const double endurance = library.si("write_endurance");
  json["endurance_writes"] = endurance;
  const auto most_writes = json["most_writes_of_a_cell_per_image"].get<double>();
  if (most_writes > 0.0) json["images_until_worn_out"] = endurance / most_writes;
  json["source"] = (verifies ? std::string("derived: /device/write, simulated with chip sample 0")
                             : "derived: V^2 g t a pulse; " + library.citation("write_voltage") +
                                   "; " + library.citation("write_pulse_time") + "; " +
                                   library.citation("write_pulses")) +
                   "; endurance " + library.citation("write_endurance");
  return json;
}

}  // namespace ohmweave::power_area
