// SPDX-License-Identifier: Apache-2.0
// `export`: arrays of a mapped network as others read them.
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "core/artifact.h"
#include "core/error.h"
#include "core/npz.h"
#include "crossbar/converter.h"
#include "crossbar/device.h"
#include "crossbar/drift.h"
#include "crossbar/netlist.h"
#include "crossbar/pair.h"
#include "mapping/line_assignment.h"
#include "mapping/placement.h"
#include "tools/chip_stages.h"
#include "tools/commands.h"

namespace ohmweave::tools {
namespace {

namespace fs = std::filesystem;

/// A mapped network, and the chip sample of it that is exported.
struct ExportedChip {
  RunConfig config;
  QuantizedNetwork network;
  mapping::Placement placement;
  int chip = 0;
  std::optional<crossbar::DriftTime> age;  // absent: as programmed

  [[nodiscard]] RandomStream stream(int array) const {
    return crossbar::array_stream(RandomStream(config.seed), chip, array);
  }
  /// The first array of its position.
  [[nodiscard]] int first_array(int array) const {
    return array - array % placement.geometry.arrays_per_position();
  }
  /// What the driver of the placement's row `row` puts out for a digit, in digits: of a pair of
  /// rows, on the first one.
  [[nodiscard]] double driven(int array, int row, int digit) const {
    const double level = crossbar::driver_levels(
        config.dac, crossbar::driver_stream(RandomStream(config.seed), chip, first_array(array),
                                            row))[static_cast<std::size_t>(std::abs(digit))];
    return digit < 0 ? -level : level;
  }
  /// The line of each row of the placement on this chip: an input of the array.
  [[nodiscard]] std::vector<int> lines(int array) const {
    std::vector<int> same(static_cast<std::size_t>(config.array.num_inputs()));
    std::iota(same.begin(), same.end(), 0);
    if (!config.mapping.fault_aware) return same;
    return mapping::assign_lines(placement, network, first_array(array),
                                 crossbar::stuck_levels(config.device, config.array.bits_per_cell,
                                                        RandomStream(config.seed), chip));
  }
  [[nodiscard]] std::vector<int> levels(int array) const {
    return mapping::levels_on_lines(mapping::cell_levels(placement, network, array), lines(array));
  }
  [[nodiscard]] int cell_bits(int array) const {
    return config.array.cell_bits(placement.arrays[array].slice);
  }
  [[nodiscard]] crossbar::Matrix siemens(int array) const {
    const crossbar::Matrix programmed =
        crossbar::program_siemens(levels(array), config.array.rows, config.array.cols,
                                  config.device, cell_bits(array), stream(array));
    return age ? crossbar::drifted_siemens(config.device, programmed, *age, stream(array))
               : programmed;
  }
  [[nodiscard]] const std::string& layer_name(const mapping::Block& block) const {
    return network.network.nodes[block.node].name;
  }
};

/// What one cell holds: its block, or none.
struct CellOwner {
  const mapping::Block* block = nullptr;
  int output = 0;
  int matrix_row = 0;
};

/// The array rows of an input.
std::vector<int> rows_of_line(const mapping::Geometry& geometry, int line) {
  std::vector<int> rows(static_cast<std::size_t>(geometry.rows_per_input()));
  std::iota(rows.begin(), rows.end(), line * geometry.rows_per_input());
  return rows;
}

std::vector<CellOwner> owners_of(const ExportedChip& chip, int array) {
  const mapping::Geometry& geometry = chip.placement.geometry;
  const std::vector<int> lines = chip.lines(array);
  std::vector<CellOwner> owners(static_cast<std::size_t>(geometry.rows) * geometry.cols);
  for (const int b : chip.placement.arrays[array].blocks) {
    const mapping::Block& block = chip.placement.blocks[b];
    const Node& layer = chip.network.network.nodes[block.node];
    const int first_output = block.group * (layer.out_channels / layer.groups);
    for (std::size_t r = 0; r < block.rows.size(); ++r)
      for (const int row : rows_of_line(geometry, lines[block.first_row + r]))
        for (std::size_t c = 0; c < block.columns.size(); ++c)
          owners[row * geometry.cols + block.first_column + c] = {
              &block, first_output + block.columns[c], block.rows[r]};
  }
  return owners;
}

/// Of a cell, row-major, in an array: of row pairs, that of its row.
mapping::Sign sign_of_cell(const mapping::Geometry& geometry, const mapping::Array& array,
                           std::size_t cell) {
  if (geometry.rows_per_input() == 1) return array.sign;
  const bool is_second = cell / geometry.cols % 2 == 1;
  return is_second ? mapping::Sign::Negative : mapping::Sign::Positive;
}

void write_cells(const ExportedChip& chip, int array, std::ostream& out) {
  const mapping::Geometry& geometry = chip.placement.geometry;
  const mapping::Array& place = chip.placement.arrays[array];
  const crossbar::Matrix siemens = chip.siemens(array);
  const std::vector<int> levels = chip.levels(array);
  const std::vector<CellOwner> owners = owners_of(chip, array);
  const std::vector<double> targets =
      crossbar::level_grid_siemens(chip.config.device, chip.cell_bits(array));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const CellOwner& owner = owners[i];
    out << array << ',' << i / geometry.cols << ',' << i % geometry.cols << ',' << place.slice
        << ',' << mapping::sign_name(sign_of_cell(geometry, place, i)) << ',';
    if (owner.block != nullptr)
      out << chip.layer_name(*owner.block) << ',' << owner.block->copy << ',' << owner.output << ','
          << owner.matrix_row;
    else
      out << ",,,";
    char numbers[80];
    std::snprintf(numbers, sizeof(numbers), ",%d,%.9g,%.17g\n", levels[i], targets[levels[i]],
                  siemens.data()[i]);
    out << numbers;
  }
}

std::string cell_list(const ExportedChip& chip, const std::vector<int>& arrays) {
  std::ostringstream out;
  out << "array,row,column,slice,sign,layer,copy,output,matrix_row,level,target_siemens,siemens\n";
  for (const int array : arrays) write_cells(chip, array, out);
  return out.str();
}

std::string conductance_maps(const ExportedChip& chip, const std::vector<int>& arrays) {
  std::vector<double> siemens;
  std::vector<std::int32_t> levels;
  std::vector<std::int32_t> lines;
  for (const int array : arrays) {
    const crossbar::Matrix cells = chip.siemens(array);
    siemens.insert(siemens.end(), cells.data(), cells.data() + cells.size());
    const std::vector<int> of_array = chip.levels(array);
    levels.insert(levels.end(), of_array.begin(), of_array.end());
    for (const int line : chip.lines(array))
      for (const int row : rows_of_line(chip.placement.geometry, line)) lines.push_back(row);
  }
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(arrays.size()),
                                           chip.config.array.rows, chip.config.array.cols};
  NpyArrays maps = mapping::arrays_to_npz(chip.placement);
  maps["array"] = make_npy(std::vector<std::int32_t>(arrays.begin(), arrays.end()), {shape[0]});
  maps["siemens"] = make_npy(siemens, shape);
  maps["level"] = make_npy(levels, shape);
  maps["line"] = make_npy(lines, {shape[0], shape[1]});
  return encode_npz(maps);
}

int parse_digit(const std::string& item, const std::string& text, int largest) {
  char* end = nullptr;
  const long digit = std::strtol(item.c_str(), &end, 10);
  if (item.empty() || *end != '\0' || digit < -largest || digit > largest)
    throw ConfigError({"--input " + text + ": '" + item + "' must be a digit from " +
                       std::to_string(-largest) + " to " + std::to_string(largest) +
                       " (/dac/bits)"});
  return static_cast<int>(digit);
}

/// Digits of the array's inputs (rows, or pairs of rows): those given, or the largest one in all
/// inputs of the first read.
std::vector<int> input_digits(const ExportedChip& chip, const std::optional<std::string>& text) {
  const crossbar::ArrayOptions& array = chip.config.array;
  const int largest = (1 << chip.config.dac.bits) - 1;
  std::vector<int> digits(static_cast<std::size_t>(array.num_inputs()), 0);
  if (!text) {
    std::fill_n(digits.begin(), array.inputs_at_once(), largest);
    return digits;
  }
  std::istringstream items(*text);
  std::string item;
  std::size_t input = 0;
  while (std::getline(items, item, ',')) {
    if (input == digits.size())
      throw ConfigError({"--input " + *text + ": an array has " + std::to_string(digits.size()) +
                         (array.rows_per_input() == 1 ? " rows" : " pairs of rows") +
                         " (/array/rows)"});
    digits[input++] = parse_digit(item, *text, largest);
  }
  return digits;
}

/// The inputs that are read together with the first driven one.
std::vector<bool> inputs_read(const std::vector<int>& digits, const crossbar::ArrayOptions& array,
                              const std::string& text) {
  std::vector<bool> connected(digits.size(), false);
  const auto first = static_cast<std::size_t>(
      std::find_if(digits.begin(), digits.end(), [](int d) { return d != 0; }) - digits.begin());
  const auto at_once = static_cast<std::size_t>(array.inputs_at_once());
  const std::size_t begin = first == digits.size() ? 0 : first / at_once * at_once;
  for (std::size_t row = begin; row < std::min(digits.size(), begin + at_once); ++row)
    connected[row] = true;
  for (std::size_t row = 0; row < digits.size(); ++row)
    if (digits[row] != 0 && !connected[row])
      throw ConfigError({"--input " + text +
                         (array.rows_per_input() == 1 ? ": rows " : ": pairs of rows ") +
                         std::to_string(first) + " and " + std::to_string(row) +
                         " are not read at once (/array/rows_active)"});
  return connected;
}

std::string netlist_of(const ExportedChip& chip, int array,
                       const std::optional<std::string>& input) {
  const crossbar::ArrayOptions& options = chip.config.array;
  const std::vector<int> digits = input_digits(chip, input);
  const double digit_v = options.read_voltage_v / ((1 << chip.config.dac.bits) - 1);
  crossbar::SingleRead read;
  read.title = "ohmweave: run " + chip.config.name + ", chip " + std::to_string(chip.chip) +
               (chip.age ? ", " + Json(chip.age->time_s).dump() + " s old" : std::string()) +
               ", array " + std::to_string(array) + ", slice " +
               std::to_string(chip.placement.arrays[array].slice) + ", " +
               mapping::sign_name(chip.placement.arrays[array].sign);
  read.siemens = chip.siemens(array);
  read.array = options;
  const std::vector<bool> is_read = inputs_read(digits, options, input.value_or("(largest)"));
  read.iv = chip.config.device.iv;
  const auto num_rows = static_cast<std::size_t>(options.rows);
  read.volts.resize(num_rows);
  read.connected.resize(num_rows);
  const std::vector<int> lines = chip.lines(array);
  for (int row = 0; row < options.num_inputs(); ++row) {
    const auto line = static_cast<std::size_t>(lines[row]);
    double volts = digit_v * chip.driven(array, row, digits[line]);
    for (const int array_row : rows_of_line(chip.placement.geometry, lines[row])) {
      read.volts[array_row] = volts;
      volts = -volts;  // of the second row of a pair
      read.connected[array_row] =
          options.topology == crossbar::Topology::Passive ||
          (options.topology == crossbar::Topology::GateInput ? digits[line] != 0 : is_read[line]);
    }
  }
  return crossbar::spice_netlist(read);
}

/// `age_s` as ages in the config have to be.
std::optional<crossbar::DriftTime> age_of(const RunConfig& config,
                                          const std::optional<double>& age_s) {
  if (!age_s) return std::nullopt;
  const std::string what = "--age " + Json(*age_s).dump();
  if (!config.device.drift)
    throw ConfigError({what + ": /device has no drift, so nothing changes with time"});
  const double first_s = config.device.drift->t0_s;
  if (!(*age_s >= first_s && *age_s <= 1e12))
    throw ConfigError(
        {what + ": must be in [" + Json(first_s).dump() + ", 1e12], from /device/drift/t0_s on"});
  return crossbar::DriftTime{*age_s, config.evaluate ? config.evaluate->temperature_k : 300.0};
}

ExportedChip load_chip(const ExportArguments& arguments, const CommonArguments& common) {
  const fs::path& folder = arguments.folder;
  const fs::path config = folder / "config.json";
  if (!fs::exists(config))
    throw DataError(config.string() +
                    ": there is none; make the run first: ohmweave run CONFIG --out " +
                    folder.string());
  require_inputs("evaluate", make_run(load_resolved_config(config, {}), folder, Verbosity::Quiet));
  const Run run =
      make_run(load_resolved_config(config, common.overrides), folder, common.verbosity());
  const fs::path placement = folder / "map" / "placement.json";
  ExportedChip result{run.loaded.config, load_chip_networks(run).mapped,
                      mapping::placement_from_json(parse_artifact_file(placement.string())),
                      arguments.chip, age_of(run.loaded.config, arguments.age_s)};
  mapping::validate(result.placement, result.network);
  return result;
}

}  // namespace

void command_export(const ExportArguments& arguments, const CommonArguments& common,
                    std::ostream& out) {
  const std::string& format = arguments.format;
  if (format != "spice" && format != "npz" && format != "csv")
    throw ConfigError({"--format " + format + ": must be one of: spice, npz, csv"});
  if (format == "npz" && !arguments.out)
    throw ConfigError({"--format npz: name the file with --out"});
  if (format != "spice" && arguments.input)
    throw ConfigError({"--input " + *arguments.input + ": goes with --format spice only"});
  const ExportedChip chip = load_chip(arguments, common);
  const int num_arrays = static_cast<int>(chip.placement.arrays.size());
  if (arguments.array && *arguments.array >= num_arrays)
    throw ConfigError({"--array " + std::to_string(*arguments.array) + ": must be in [0, " +
                       std::to_string(num_arrays - 1) + "], the arrays of the run"});
  std::vector<int> arrays(static_cast<std::size_t>(num_arrays));
  std::iota(arrays.begin(), arrays.end(), 0);
  if (arguments.array) arrays = {*arguments.array};
  const std::string text = format == "spice"
                               ? netlist_of(chip, arguments.array.value_or(0), arguments.input)
                           : format == "npz" ? conductance_maps(chip, arrays)
                                             : cell_list(chip, arrays);
  if (!arguments.out) {
    out << text;
    return;
  }
  write_file_atomically(*arguments.out, text);
  out << *arguments.out << "\n";
}

}  // namespace ohmweave::tools
