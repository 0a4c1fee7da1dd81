// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "admm/options.h"
#include "core/encoding.h"
#include "core/error.h"
#include "crossbar/converter.h"
#include "crossbar/device.h"
#include "data/table.h"
#include "mapping/options.h"
#include "models/models.h"
#include "report/formats.h"
#include "tools/commands.h"
#include "tools/pipeline.h"
#include "tools/run_config.h"

namespace ohmweave::tools {
namespace {

struct Table {
  std::string kind;
  std::vector<Word> words;
};

std::vector<Word> stage_words() {
  std::vector<Word> words;
  for (const StageInfo& stage : stage_table()) words.push_back({stage.name, stage.summary});
  return words;
}

std::vector<Word> encoding_words() {
  std::vector<Word> words;
  for (const EncodingKind& kind : encodings()) words.push_back({kind.name, kind.summary});
  return words;
}

std::vector<Word> converter_words() {
  std::vector<Word> words;
  for (const crossbar::ConverterKind& kind : crossbar::converter_kinds())
    words.push_back({kind.name, kind.summary});
  return words;
}

/// Preset files of one folder; their summary is the "source" they carry.
std::vector<Word> preset_words(const std::string& folder) {
  std::vector<Word> words;
  for (const auto& entry : std::filesystem::directory_iterator(find_presets_folder() / folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json preset = parse_json_file(entry.path().string());
    words.push_back({entry.path().stem().string(), preset.value("source", std::string())});
  }
  std::sort(words.begin(), words.end(),
            [](const Word& a, const Word& b) { return a.name < b.name; });
  return words;
}

std::vector<Table> tables() {
  return {{"stages", stage_words()},
          {"datasets", data::data_set_words()},
          {"models", models::model_words()},
          {"constraints", admm::constraint_words()},
          {"devices", crossbar::device_words()},
          {"device_presets", preset_words("devices")},
          {"encodings", encoding_words()},
          {"converters", converter_words()},
          {"layouts", mapping::layout_words()},
          {"placers", mapping::placer_words()},
          {"component_libraries", preset_words("components")},
          {"report_formats", report::format_words()}};
}

void print_table(const Table& table, std::ostream& out) {
  out << table.kind << "\n";
  for (const Word& word : table.words) {
    std::string name = "  " + word.name;
    name.resize(std::max<std::size_t>(name.size() + 2, 26), ' ');
    out << name << word.summary << "\n";
  }
}

}  // namespace

void command_list(const std::optional<std::string>& kind, std::ostream& out) {
  std::vector<std::string> kinds;
  bool is_found = false;
  for (const Table& table : tables()) {
    kinds.push_back(table.kind);
    if (kind && table.kind != *kind) continue;
    print_table(table, out);
    is_found = true;
  }
  if (is_found) return;
  std::string allowed;
  for (const std::string& name : kinds) allowed += (allowed.empty() ? "" : ", ") + name;
  const std::string nearest = nearest_word(*kind, kinds);
  throw ConfigError({"list " + *kind + ": unknown kind; allowed: " + allowed +
                     (nearest.empty() ? "" : "; nearest: " + nearest)});
}

}  // namespace ohmweave::tools
