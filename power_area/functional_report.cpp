// SPDX-License-Identifier: Apache-2.0
#include "power_area/functional_report.h"

#include <cstdio>
#include <vector>

#include "core/error.h"
#include "power_area/functional_chip.h"

namespace ohmweave::power_area {

namespace {

using Images = std::vector<std::vector<std::int32_t>>;

constexpr const char* kFile = "evaluate/reference.json";

Images drawn_images(const SimulatedChip& chip, const RandomStream& stream) {
  const QuantizedNetwork& network = chip.mapped.network;
  const CodeFormat& format = network.nodes.front().output;
  const auto span = static_cast<std::uint64_t>(format.high() - format.low() + 1);
  Images images(chip.circuits.chip.functional_images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const RandomStream draws = stream.child("functional image", i);
    for (std::int64_t p = 0; p < network.network.input.size(); ++p)
      images[i].push_back(static_cast<std::int32_t>(
          format.low() + static_cast<std::int64_t>(draws.below(span, p))));
  }
  return images;
}

/// The images of the reference; throws DataError unless it has all that is compared.
Images reference_images(const SimulatedChip& chip, const Json& reference) {
  const auto count = static_cast<std::size_t>(chip.circuits.chip.functional_images);
  for (const char* key : {"images", "logits", "blocks"})
    if (!reference.contains(key) || !reference.at(key).is_array() ||
        reference.at(key).size() < count)
      throw DataError(std::string(kFile) + ": '" + key + "' has not " + std::to_string(count) +
                      " entries: evaluate again");
  Images images;
  for (std::size_t i = 0; i < count; ++i) {
    images.push_back(reference.at("images").at(i).get<std::vector<std::int32_t>>());
    if (static_cast<std::int64_t>(images.back().size()) != chip.mapped.network.network.input.size())
      throw DataError(std::string(kFile) + ": image " + std::to_string(i) + " has " +
                      std::to_string(images.back().size()) + " codes");
    if (reference.at("blocks").at(i).size() != chip.mapped.placement.blocks.size())
      throw DataError(std::string(kFile) + ": codes of another placement: evaluate again");
  }
  return images;
}

void require_equal(const SimulatedChip& chip, const Json& reference,
                   const FunctionalImages& simulated) {
  for (std::size_t i = 0; i < simulated.logits.size(); ++i) {
    const std::string image = "image " + std::to_string(i) + ": the simulated chip and " + kFile;
    for (std::size_t b = 0; b < simulated.blocks[i].size(); ++b) {
      const Json& expected = reference.at("blocks").at(i).at(b);
      const crossbar::CodeDigest& codes = simulated.blocks[i][b];
      if (codes.num_codes == expected.at(0).get<std::int64_t>() &&
          codes.digest == expected.at(1).get<std::uint64_t>())
        continue;
      const int node = chip.mapped.placement.blocks[b].node;
      throw DataError(image + " have other converter codes in layer '" +
                      chip.mapped.network.network.nodes[node].name + "', block " +
                      std::to_string(b));
    }
    if (simulated.logits[i] != reference.at("logits").at(i).get<std::vector<std::int32_t>>())
      throw DataError(image + " have other logits");
  }
}

/// All codes of an image in a word.
Json digest_json(const std::vector<crossbar::CodeDigest>& blocks) {
  crossbar::CodeDigest all;
  for (const crossbar::CodeDigest& block : blocks)
    all.add(
        {static_cast<std::int32_t>(block.digest), static_cast<std::int32_t>(block.digest >> 32)});
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(all.digest));
  return text;
}

}  // namespace

Json functional_json(const SimulatedChip& chip, const Json& reference, const RandomStream& stream) {
  const bool is_evaluated = !reference.is_null();
  const Images images =
      is_evaluated ? reference_images(chip, reference) : drawn_images(chip, stream);
  const auto readers = program_readers(chip.mapped, chip.plans, chip.circuits, stream);
  const FunctionalImages simulated =
      simulate_images(chip.mapped, chip.plans, chip.pipeline, readers, images);
  if (is_evaluated) require_equal(chip, reference, simulated);
  std::int64_t num_codes = 0;
  Json digests = Json::array();
  for (const std::vector<crossbar::CodeDigest>& blocks : simulated.blocks) {
    for (const crossbar::CodeDigest& block : blocks) num_codes += block.num_codes;
    digests.push_back(digest_json(blocks));
  }
  Json json = {
      {"images", images.size()},
      {"input", is_evaluated ? "evaluated" : "drawn"},
      {"logits", simulated.logits},
      {"codes_per_image", static_cast<double>(num_codes) / static_cast<double>(images.size())},
      {"code_digests", digests}};
  // Unequal codes or logits are an error; null: nothing was evaluated to compare with.
  json["equals_evaluation"] = is_evaluated ? Json(true) : Json();
  return json;
}

}  // namespace ohmweave::power_area
