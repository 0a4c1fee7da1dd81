// SPDX-License-Identifier: Apache-2.0
// A chip as tensors: the same integer network and layer products as executor.h runs, batch by
// batch, on any device of torch. On a GPU a layer is one matrix product a digit, row group and
// block for all windows of the batch. Codes equal the executor's where its sums are whole numbers,
// and elsewhere but for sums within float32 rounding of an edge; read noise has the same
// distribution but other numbers.
#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "inference/executor.h"

namespace ohmweave::inference {

class TorchChip {
 public:
  /// `network` must outlive the chip; `products` are copied to `device`. Throws std::logic_error
  /// for gates as inputs and for converters whose elements spread, whose codes are searched.
  TorchChip(const QuantizedNetwork& network, const LayerProducts& products, torch::Device device);

  /// Outputs of the last node (int32, images x features) for the codes of images (int32, images x
  /// channels x height x width, on the device). `first_image`: which it is of those that follow
  /// each other through the chip. `noise`: of the device; undefined: there is no read noise.
  [[nodiscard]] torch::Tensor run(const torch::Tensor& images, std::int64_t first_image,
                                  const at::Generator& noise = {}) const;

 private:
  struct Block {
    int copy = 0;
    int group = 0;
    int num_outputs = 0;
    torch::Tensor rows;              // int64: rows of the group's matrix
    torch::Tensor outputs;           // int64
    torch::Tensor gain;              // as BlockProduct's
    torch::Tensor variance;          // undefined: no read noise
    torch::Tensor drive;             // undefined: digits as they are
    torch::Tensor trim_gain;         // columns x 1; undefined: none
    torch::Tensor trim_offset;       // columns x 1
    torch::Tensor converter_gain;    // columns x 1; undefined: ideal converters
    torch::Tensor converter_offset;  // columns x 1, in steps
    std::int32_t unit_weight = 0;
  };
  struct Layer {
    LayerProduct sizes;  // without blocks
    torch::Tensor bias;  // int32, features x 1; undefined: none
    std::vector<Block> blocks;
  };
  [[nodiscard]] Block block_on_device(const BlockProduct& block) const;
  /// Which images are read, and where their noise comes from.
  struct Reads {
    std::int64_t first_image = 0;
    const at::Generator& noise;
  };
  [[nodiscard]] torch::Tensor multiply(int node, const torch::Tensor& input,
                                       const Reads& reads) const;
  [[nodiscard]] torch::Tensor read_block(const Layer& layer, const Block& block,
                                         const torch::Tensor& inputs, const Reads& reads) const;
  [[nodiscard]] torch::Tensor run_node(int node, const std::vector<torch::Tensor>& outputs,
                                       const Reads& reads) const;

  const QuantizedNetwork& network_;
  std::vector<Shape> shapes_;
  torch::Device device_;
  std::vector<Layer> layers_;  // by node; without blocks where there are no weights
};

/// Images whose class is their label, `batch` at a time. `seed`: of the read noise.
[[nodiscard]] std::int64_t count_correct(const TorchChip& chip, const CodeBatch& images,
                                         const std::vector<int>& labels, int batch,
                                         torch::Device device, std::uint64_t seed);

/// A stream of random numbers of its own, of the device.
[[nodiscard]] at::Generator make_generator(torch::Device device, std::uint64_t seed);

/// "cpu" or "cuda". Throws ConfigError, naming `asked_by`, where torch finds no such device.
[[nodiscard]] torch::Device torch_device(const std::string& name, const std::string& asked_by);

}  // namespace ohmweave::inference
