// SPDX-License-Identifier: Apache-2.0
// What a long computation tells about itself, and how it is asked to stop.
#pragma once

#include <string>

#include "core/fields.h"

namespace ohmweave {

/// Receives events of a stage. Implementations write events.jsonl, draw progress bars, or nothing.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `done` of `total` steps of `phase` are finished; `details` are numbers worth showing
  /// (loss, accuracy, images_per_second, ...).
  virtual void step(const std::string& phase, double done, double total, const Json& details) = 0;
  /// Throws Interrupted if the user asked to stop; call where state has just been saved.
  virtual void stop_point() = 0;
};

/// Says nothing, never stops.
class SilentProgress final : public Progress {
 public:
  void step(const std::string&, double, double, const Json&) override {}
  void stop_point() override {}
};

}  // namespace ohmweave
