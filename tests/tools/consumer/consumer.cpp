// SPDX-License-Identifier: Apache-2.0
// Two 10 kohm cells on one column without wires: 0.1 V and 0.2 V give 30 uA.
#include <cmath>
#include <cstdio>

#include "crossbar/wires.h"

int main() {
  ohmweave::crossbar::Matrix siemens(2, 1);
  siemens << 1e-4, 1e-4;
  ohmweave::crossbar::Vector volts(2);
  volts << 0.1, 0.2;
  const auto currents = ohmweave::crossbar::currents(siemens, {}, volts);
  std::printf("%.6g A\n", currents(0));
  return std::abs(currents(0) - 3e-5) < 1e-15 ? 0 : 1;
}
