// SPDX-License-Identifier: Apache-2.0
#include "inference/memory.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "core/error.h"
#include "inference/gate_circuit.h"
#include "mapping/column_sums.h"

namespace ohmweave::inference {
namespace {

// Cells, aged cells and effective matrices of both arrays of a pair.
constexpr std::int64_t kMatricesOfCells = 7;
// What the solve of one array holds at a time: matrices between the ports on its rim (nested
// dissection: measured at 1.07 of them for 256 x 256 cells; oblong arrays join larger halves).
constexpr std::int64_t kMatricesOfPorts = 2;
// Currents by both sides of a pair; the six numbers that each of four ladders is known by at most,
// before a run of rows and after it.
constexpr std::int64_t kNumbersOfColumn = 2;
constexpr std::int64_t kNumbersOfLadder = 48;
// The node's input, padded input, output and accumulators are alive together with all outputs.
constexpr std::int64_t kCopiesOfCodes = 2;
// Codes and accumulators of every node of a batch, 64 bits each.
constexpr std::int64_t kCopiesOfReference = 4;

std::int64_t bytes_of(const Shape& shape) {
  return shape.size() * static_cast<std::int64_t>(sizeof(std::int32_t));
}

/// Of one block's reads by gates: digits of its rows and currents of its converted columns, and
/// what is found for some of these at a time.
std::int64_t bytes_of_reads(int num_digits, std::int64_t rows, std::int64_t converted) {
  const std::int64_t reads = std::int64_t{kCircuitWindows} * num_digits;
  const std::int64_t at_a_time =
      (kNumbersOfColumn * GateCircuit::kColumnsAtOnce + kNumbersOfLadder) * sizeof(double);
  return reads * ((rows + converted) * static_cast<std::int64_t>(sizeof(float)) + at_a_time);
}

}  // namespace

MemoryEstimate estimate_memory(const MappedNetwork& mapped, const Hardware& hardware,
                               const EvaluationSize& size) {
  const mapping::Geometry& geometry = mapped.placement.geometry;
  const WeightCells cells = geometry.cells();
  const bool is_gate = hardware.array.topology == crossbar::Topology::GateInput;
  const std::int64_t of_gain = is_gate ? 2 * sizeof(double) : sizeof(float);
  const std::int64_t of_variance = hardware.device.read_noise ? sizeof(float) : 0;
  MemoryEstimate estimate;
  for (const QuantizedNode& node : mapped.network.nodes)
    if (node.weights)
      estimate.network +=
          static_cast<std::int64_t>(node.weights->codes.size() * sizeof(std::int32_t));
  for (const mapping::Block& block : mapped.placement.blocks) {
    estimate.network +=
        static_cast<std::int64_t>((block.rows.size() + block.columns.size()) * sizeof(int));
    const std::int64_t converted =
        static_cast<std::int64_t>(block.columns.size()) * cells.num_slices() +
        (cells.kind().has_unit_column ? 1 : 0);
    estimate.gains +=
        converted * static_cast<std::int64_t>(block.rows.size()) * (of_gain + of_variance);
    if (is_gate) {
      const CodeFormat& format = mapping::input_format(mapped.network, block.node);
      const int num_digits = format.magnitude_bits() * (format.is_signed ? 2 : 1);
      estimate.circuits = std::max(
          estimate.circuits,
          size.threads *
              bytes_of_reads(num_digits, static_cast<std::int64_t>(block.rows.size()), converted));
    }
    if (hardware.adc.mismatch_sigma > 0.0) {
      const int bits = converter_bits(mapped, block.node, hardware).adc_bits;
      const std::int64_t shared = std::min<std::int64_t>(
          hardware.columns_per_adc, static_cast<std::int64_t>(block.columns.size()));
      estimate.converters += (converted / shared + 1) * (std::int64_t{8} << bits);
    }
  }
  const std::int64_t num_cells = std::int64_t{geometry.rows} * geometry.cols;
  const std::int64_t num_ports = std::int64_t{geometry.rows} + geometry.cols;
  estimate.working = (kMatricesOfCells * num_cells + kMatricesOfPorts * num_ports * num_ports) *
                     static_cast<std::int64_t>(sizeof(double)) * size.threads;
  const std::int64_t copies = kCopiesOfCodes + (size.reads_reference ? kCopiesOfReference : 0);
  for (const Shape& shape : infer_shapes(mapped.network.network))
    estimate.feature_maps += copies * bytes_of(shape) * size.batch * size.threads;
  estimate.images = bytes_of(mapped.network.network.input) * size.num_images;
  if (hardware.matrices)
    estimate.matrices = static_cast<std::int64_t>(hardware.matrices->most_bytes());
  return estimate;
}

Json memory_json(const MemoryEstimate& estimate) {
  return {{"network_bytes", estimate.network},       {"gains_bytes", estimate.gains},
          {"converters_bytes", estimate.converters}, {"working_bytes", estimate.working},
          {"circuits_bytes", estimate.circuits},     {"feature_maps_bytes", estimate.feature_maps},
          {"images_bytes", estimate.images},         {"matrices_bytes", estimate.matrices},
          {"total_bytes", estimate.total()}};
}

std::int64_t machine_memory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
}

void check_memory(const MemoryEstimate& estimate, std::int64_t available) {
  if (estimate.total() <= available) return;
  throw DataError("evaluate needs about " + std::to_string(estimate.total()) +
                  " bytes of memory, this machine has " + std::to_string(available) + ": " +
                  memory_json(estimate).dump() +
                  "; lower /evaluate/batch or /threads (feature maps, working, circuits)");
}

}  // namespace ohmweave::inference
