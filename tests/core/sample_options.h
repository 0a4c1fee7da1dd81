// SPDX-License-Identifier: Apache-2.0
// An options struct with one field of every type, for the tests of core/fields.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::sample {

enum class Shade { Light, Dark };

struct Inner {
  double length_m = 0.5;
};
inline void declare(Fields& f, Inner& o) {
  f.number("length_m", o.length_m, kPositive, "how long");
}

struct Options {
  int bits = 8;
  std::optional<int> rows;
  std::optional<int> codes;
  std::uint64_t seed = 1;
  double share_fraction = 0.25;
  std::optional<double> limit_v;
  std::vector<double> times_s{0.0, 1.0};
  bool is_on = true;
  std::string path = "here";
  std::optional<std::string> note;
  std::vector<std::string> layers{"*"};
  std::string kind = "round";
  Shade shade = Shade::Light;
  Inner inner;
  std::optional<Inner> extra;
  std::vector<Inner> parts;
};

inline void declare(Fields& f, Options& o) {
  f.integer("bits", o.bits, {1, 16}, "width of a code");
  f.integer("rows", o.rows, {1, 1024}, "rows at once");
  f.integer_or("codes", o.codes, "lossless", {1, 16}, "width of a converter");
  f.integer("seed", o.seed, "seed of everything");
  f.number("share_fraction", o.share_fraction, kFraction, "a share");
  f.number("limit_v", o.limit_v, kPositive, "a limit");
  f.numbers("times_s", o.times_s, kNonNegative, "when");
  f.boolean("is_on", o.is_on, "a switch");
  f.text("path", o.path, "where");
  f.text("note", o.note, "remark");
  f.texts("layers", o.layers, "patterns of names");
  f.word("kind", o.kind, {{"round", "no corners"}, {"square", "four corners"}}, "form");
  f.choice("shade", o.shade,
           {{Shade::Light, "light", "much light"}, {Shade::Dark, "dark", "little light"}}, "shade");
  f.section("inner", o.inner, "always there");
  f.section("extra", o.extra, "sometimes there");
  f.list("parts", o.parts, "any number");
  f.rule(!o.rows || *o.rows >= o.bits, "rows", "must not be fewer than bits");
}

struct Named {
  std::string name;
};
inline void declare(Fields& f, Named& o) { f.required().text("name", o.name, "must be given"); }

}  // namespace ohmweave::sample
