// SPDX-License-Identifier: Apache-2.0
// A file of measurements that is gone at the end of a test.
#pragma once

#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace ohmweave::crossbar {

class MeasuredFile {
 public:
  explicit MeasuredFile(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::string path() const { return (folder_.path() / "cells.csv").string(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace ohmweave::crossbar
