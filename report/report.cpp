// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "core/artifact.h"
#include "report/csv.h"
#include "report/page.h"
#include "report/text.h"

namespace ohmweave::report {

void write_report(const ReportedRun& run, const std::filesystem::path& output_folder) {
  const Json result = build_result(run);
  write_json_atomically(output_folder / "result.json", result);
  write_json_atomically(output_folder / "timing.json", read_artifact(run.folder / "timing.json"));
  write_file_atomically(output_folder / "layers.csv", csv_of(layer_rows(result)));
  write_file_atomically(output_folder / "parts.csv", csv_of(part_rows(result)));
  const Json& tornado = value_at(result, "/sensitivity/tornado/numbers");
  if (tornado.is_array()) {
    write_file_atomically(output_folder / "tiles.csv", csv_of(tile_rows(result)));
    write_file_atomically(output_folder / "sensitivity.csv", csv_of(tornado));
  }
  write_file_atomically(output_folder / "report.html", report_page(read_page_input(run, result)));
}

}  // namespace ohmweave::report
