// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/component.h"

#include "core/error.h"
#include "power_area/cost/adc.h"
#include "power_area/cost/analog.h"
#include "power_area/cost/digital.h"

namespace ohmweave::power_area {

const std::vector<ComponentKind>& component_table() {
  static const std::vector<ComponentKind> table = {
      {"crossbar_cells", "memristor cells of one array", crossbar_cells},
      {"row_driver", "input driver (DAC) of one row", row_driver},
      {"line_driver", "word-line driver of one row, beside its DAC", line_driver},
      {"sample_hold", "sample-and-hold of one column", sample_hold},
      {"multiplexer", "switch of one column to a shared converter", multiplexer},
      {"adc", "analog-to-digital converter by resolution", adc},
      {"shift_add", "shift-and-add behind a converter", shift_add},
      {"accumulator", "adder for partial sums of a tile", accumulator},
      {"input_register", "register in front of an array's row drivers", input_register},
      {"output_register", "register of a pair's sums", output_register},
      {"tile_output_register", "register of a tile's finished values", tile_output_register},
      {"edram_buffer", "feature-map buffer of a tile, embedded DRAM", edram_buffer},
      {"sram_buffer", "feature-map buffer of a tile, SRAM", sram_buffer},
      {"tile_bus", "bus between a tile's buffer and its arrays, an array's share", tile_bus},
      {"router", "mesh router with its links, a tile's share", router},
      {"pooling_unit", "max or average pooling", pooling_unit},
      {"requantizer", "activation and requantization of sums", requantizer},
      {"off_chip_link", "link between the chip and what is outside", off_chip_link},
  };
  return table;
}

Component make_component(const std::string& name, const ComponentLibrary& library,
                         const Size& size) {
  std::vector<std::string> names;
  for (const ComponentKind& kind : component_table()) {
    if (kind.name == name) {
      if (library.leaves_out(name))
        throw ConfigError({"component library '" + library.name() + "' leaves out " + name + ": " +
                           library.left_out().at(name)});
      return kind.make(library, size);
    }
    names.push_back(kind.name);
  }
  std::string text = "unknown component '" + name + "'; allowed:";
  for (const std::string& known : names) text += " " + known;
  throw ConfigError({text});
}

double leakage_share(const ComponentLibrary& library) { return library.si("leakage_share"); }

}  // namespace ohmweave::power_area
