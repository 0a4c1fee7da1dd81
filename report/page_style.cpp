// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

constexpr const char* kStyle = R"(
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1b1f24;
  background: #fff; max-width: 1000px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-bottom: .25rem;
  border-bottom: 2px solid #0072b2; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p.lead { color: #4a5560; margin: 0 0 1.2rem; }
p.note { color: #4a5560; font-size: .87rem; margin: .3rem 0 .8rem; max-width: 52rem; }
.cards { display: grid; grid-template-columns: repeat(3, 1fr); gap: .8rem; }
.card { border: 1px solid #d5dae0; border-top: 4px solid #0072b2; border-radius: 4px;
  padding: .6rem .8rem; break-inside: avoid; }
.card .name { color: #4a5560; font-size: .82rem; }
.card .value { font-size: 1.45rem; font-weight: 600; line-height: 1.3; }
.card .rest { color: #4a5560; font-size: .82rem; }
table { border-collapse: collapse; font-size: .87rem; margin: .4rem 0 1rem; width: 100%; }
th, td { padding: .22rem .6rem; text-align: right; border-bottom: 1px solid #e3e7eb;
  font-variant-numeric: tabular-nums; vertical-align: top; overflow-wrap: anywhere; }
th { border-bottom: 1.5px solid #6b7680; vertical-align: bottom; overflow-wrap: normal; }
th:first-child, td:first-child { text-align: left; }
td:not(:first-child) { white-space: nowrap; }
table.words td, table.words th { text-align: left; white-space: normal; }
table.last-words td:last-child, table.last-words th:last-child { text-align: left;
  white-space: normal; }
table.last-words tr:last-child td { border-top: 1.5px solid #6b7680; font-weight: 600; }
.wide { overflow-x: auto; }
tr { break-inside: avoid; }
figure { margin: .4rem 0; display: inline-block; vertical-align: top; max-width: 484px; }
svg { max-width: 100%; height: auto; break-inside: avoid; }
svg text { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1b1f24; }
svg .tick, svg .note { font-size: 11px; fill: #4a5560; }
svg .label { font-size: 13px; }
svg .value { font-size: 13px; font-weight: 600; }
svg .inside { font-size: 11px; fill: #fff; font-weight: 600; paint-order: stroke;
  stroke: rgba(0, 0, 0, .45); stroke-width: 2px; }
svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .grid { stroke: #e3e7eb; }
svg .axis { stroke: #6b7680; }
svg .mark { stroke: #6b7680; stroke-dasharray: 3 3; }
.legend { font-size: .8rem; margin: .2rem 0; }
.legend span { white-space: nowrap; margin-right: .9rem; }
.legend svg { vertical-align: -1px; }
code { font: .85em "DejaVu Sans Mono", Consolas, monospace; }
@media (max-width: 800px) { .cards { grid-template-columns: repeat(2, 1fr); } }
@media print { body { margin: 0; font-size: 11px; max-width: none; } h2 { break-after: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
)";

std::string row_of(const std::vector<std::string>& cells, const std::string& tag) {
  std::string html = "<tr>";
  for (const std::string& cell : cells) {
    html += "<";
    html += tag;
    html += ">" + escaped(cell) + "</" + tag + ">";
  }
  return html + "</tr>\n";
}

}  // namespace

std::string html_of(const HtmlTable& table) {
  std::string html = "<table>\n<thead>" + row_of(table.heads, "th") + "</thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : table.rows) html += row_of(row, "td");
  return html + "</tbody>\n</table>\n";
}

std::string html_document(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n" + body +
         "</body>\n</html>\n";
}

std::string html_section(const std::string& title, const std::string& body) {
  return "<section>\n<h2>" + escaped(title) + "</h2>\n" + body + "</section>\n";
}

}  // namespace ohmweave::report
