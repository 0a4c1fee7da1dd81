// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/analog.h"

#include "core/error.h"
#include "power_area/cost/published.h"

namespace ohmweave::power_area {

namespace {

constexpr int kMaxDriverBits = 4;  // beyond it 2^b - 1 unit drivers are no sensible circuit

// Energy of one action of a block that acts once a read in its source. The action is an event (a
// line charged, a sample taken), so its energy is the same however long a read of ours lasts; only
// cells conduct for as long as they are driven.
constexpr const char* kOnceARead =
    "energy of one action = power * the source's read cycle, whatever the read time here";

std::function<double()> once_a_read(const ComponentLibrary& library) {
  return [&library] { return 1.0 / library.si("array_read_cycle"); };
}

std::string cell_key(const ComponentLibrary& library, bool has_transistor) {
  if (library.contains("cell_area")) return "cell_area";
  return has_transistor ? "cell_1t1r" : "cell_crossbar";
}

}  // namespace

double cell_area_m2(const ComponentLibrary& library, bool has_transistor) {
  const std::string key = cell_key(library, has_transistor);
  if (key == "cell_area") return library.si(key);
  const double feature_m = library.si("feature_size");
  return library.si(key) * feature_m * feature_m;
}

int most_driver_bits() { return kMaxDriverBits; }

Component crossbar_cells(const ComponentLibrary& library, const Size& size) {
  const std::string cell = cell_key(library, size.has_transistor);
  const bool has_own = cell == "cell_area";
  const double num_cells = static_cast<double>(size.rows) * size.cols;
  Component c;
  c.name = "crossbar_cells";
  c.action = "read";
  c.area_m2 = num_cells * cell_area_m2(library, size.has_transistor);
  c.node_nm = library.record(has_own ? cell : "feature_size").node_nm;
  c.source = library.citation(cell);
  if (!has_own) c.source += " at " + library.citation("feature_size");
  c.source +=
      "; energy derived: V^2 g over the settling time with the conductances of chip sample 0; "
      "leakage derived: non-volatile cells are unbiased between reads";
  return c;
}

Component row_driver(const ComponentLibrary& library, const Size& size) {
  if (size.bits < 1 || size.bits > kMaxDriverBits)
    throw ConfigError({"/dac/bits = " + std::to_string(size.bits) +
                       ": the row driver model covers 1 to " + std::to_string(kMaxDriverBits) +
                       " bits"});
  const auto units = static_cast<double>((1 << size.bits) - 1);
  return from_published(
      library, {"row_driver", "drive", "row_driver", units, units,
                std::string("2^bits - 1 unit drivers; ") + kOnceARead, once_a_read(library), ""});
}

Component line_driver(const ComponentLibrary& library, const Size&) {
  return from_published(library, {"line_driver", "drive", "line_driver", 1.0, 1.0, kOnceARead,
                                  once_a_read(library), ""});
}

Component sample_hold(const ComponentLibrary& library, const Size&) {
  return from_published(library, {"sample_hold", "hold", "sample_hold", 1.0, 1.0, kOnceARead,
                                  once_a_read(library), ""});
}

Component multiplexer(const ComponentLibrary& library, const Size&) {
  return from_published(library, {"multiplexer", "conversion", "multiplexer", 1.0, 1.0, kOnceARead,
                                  once_a_read(library), ""});
}

}  // namespace ohmweave::power_area
