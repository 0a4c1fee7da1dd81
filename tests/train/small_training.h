// SPDX-License-Identifier: Apache-2.0
// A network and a data set small enough to train in a blink, shared by the tests of training.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

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

/// The same without dropout, which the phases of a compression do without.
inline Network small_network_without_dropout() {
  Network network = small_network();
  for (Node& node : network.nodes) node.dropout_fraction = 0.0;
  return network;
}

/// 2 -> a 3 -> ReLU -> b 2: weights few enough to write down.
inline Network tiny_network() {
  Network network;
  network.name = "tiny";
  network.input = {2, 1, 1};
  network.nodes.resize(5);
  const std::vector<std::string> names = {"input", "flatten", "a", "relu", "b"};
  const std::vector<Op> ops = {Op::Input, Op::Flatten, Op::Linear, Op::Relu, Op::Linear};
  for (int i = 0; i < 5; ++i) {
    network.nodes[i].name = names[i];
    network.nodes[i].op = ops[i];
    network.nodes[i].has_bias = ops[i] == Op::Linear;
    if (i > 0) network.nodes[i].inputs = {i - 1};
  }
  network.nodes[2].out_channels = 3;
  network.nodes[4].out_channels = 2;
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
