// SPDX-License-Identifier: Apache-2.0
// A network and a data set small enough to train in a blink, shared by the tests of training.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/artifact.h"
#include "core/error.h"
#include "core/progress.h"
#include "data/options.h"
#include "train/stages.h"

namespace ohmweave::train {

/// 28 x 28 -> average pool 4 -> 49 -> fc1 16 -> ReLU -> dropout -> fc2 10.
inline Network small_network() {
  Network network;
  network.name = "small";
  network.input = {1, 28, 28};
  const auto add = [&network](const std::string& name, Op op) -> Node& {
    Node node;
    node.name = name;
    node.op = op;
    if (!network.nodes.empty()) node.inputs = {static_cast<int>(network.nodes.size()) - 1};
    network.nodes.push_back(node);
    return network.nodes.back();
  };
  add("input", Op::Input);
  Node& pool = add("pool", Op::AvgPool2d);
  pool.kernel = 4;
  pool.stride = 4;
  add("flatten", Op::Flatten);
  Node& fc1 = add("fc1", Op::Linear);
  fc1.out_channels = 16;
  fc1.has_bias = true;
  add("relu1", Op::Relu);
  add("dropout", Op::Dropout).dropout_fraction = 0.2;
  Node& fc2 = add("fc2", Op::Linear);
  fc2.out_channels = 10;
  fc2.has_bias = true;
  return network;
}

inline data::DataOptions small_data() {
  data::DataOptions options;
  options.num_train_images = 400;
  options.num_test_images = 50;
  options.num_validation_images = 100;
  return options;
}

/// Asks the run to stop at the n-th chance (counted from 1; 0 = never).
class StopAt final : public Progress {
 public:
  explicit StopAt(int chance) : chance_(chance) {}
  void step(const std::string&, double, double, const Json&) override { ++num_steps; }
  void stop_point() override {
    if (++num_chances == chance_) throw Interrupted("stopped by a test");
  }
  int num_steps = 0;
  int num_chances = 0;

 private:
  int chance_;
};

/// A fresh folder, removed at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("ohmweave_train_" + name + "_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  /// A sub-folder, made.
  [[nodiscard]] std::filesystem::path folder(const std::string& name) const {
    std::filesystem::create_directories(path_ / name);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ohmweave::train
