// SPDX-License-Identifier: Apache-2.0
#include "inference/torch_chip.h"

#include <ATen/Context.h>
#include <torch/cuda.h>
#include <torch/nn/functional/pooling.h>
#include <torch/utils.h>

#include <cmath>

#include "core/error.h"
#include "core/whole_numbers.h"

namespace ohmweave::inference {
namespace {

namespace functional = torch::nn::functional;

torch::Tensor to_device(const GainMatrix& matrix, torch::Device device) {
  if (matrix.size() == 0) return {};
  // The tensor only looks at the matrix until it is copied.
  return torch::from_blob(const_cast<float*>(matrix.data()), {matrix.rows(), matrix.cols()},
                          torch::kFloat32)
      .clone()
      .to(device);
}

template <class Number>
torch::Tensor to_device(const std::vector<Number>& values, torch::ScalarType type,
                        torch::Device device) {
  const std::vector<double> numbers(values.begin(), values.end());
  return torch::tensor(numbers, torch::kFloat64).to(type).to(device);
}

/// As requantize() of every entry; result int32.
torch::Tensor requantized(const torch::Tensor& accumulators, const Requantizer& requantizer) {
  const std::int64_t half = std::int64_t{1} << (requantizer.shift - 1);
  return ((accumulators.to(torch::kInt64) * std::int64_t{requantizer.multiplier} + half)
              .bitwise_right_shift(requantizer.shift))
      .clamp(requantizer.low, requantizer.high)
      .to(torch::kInt32);
}

/// As requantize_sum().
torch::Tensor requantized_sum(const std::vector<torch::Tensor>& addends,
                              const std::vector<Requantizer>& requantizers) {
  const Requantizer& first = requantizers.front();
  torch::Tensor sum =
      torch::full_like(addends.front(), std::int64_t{1} << (first.shift - 1), torch::kInt64);
  for (std::size_t i = 0; i < addends.size(); ++i)
    sum += addends[i].to(torch::kInt64) * std::int64_t{requantizers[i].multiplier};
  return sum.bitwise_right_shift(first.shift).clamp(first.low, first.high).to(torch::kInt32);
}

/// Rows of a group's matrix x windows (image by image), as float32, which holds every code.
torch::Tensor windows_of(const Node& node, const torch::Tensor& input, int group) {
  const std::int64_t images = input.size(0);
  if (node.op == Op::Linear) return input.reshape({images, -1}).t().to(torch::kFloat32);
  const std::int64_t channels = input.size(1) / node.groups;
  const torch::Tensor maps = input.narrow(1, group * channels, channels).to(torch::kFloat32);
  const torch::Tensor columns =
      torch::im2col(maps, {node.kernel, node.kernel}, {1, 1}, {node.padding, node.padding},
                    {node.stride, node.stride});  // images x rows x places
  return columns.permute({1, 0, 2}).reshape({columns.size(1), -1});
}

/// Digit `digit` of the inputs, with their signs.
torch::Tensor digit_of(const torch::Tensor& magnitudes, const torch::Tensor& signs, int digit,
                       int digit_bits) {
  const std::int64_t mask = (std::int64_t{1} << digit_bits) - 1;
  return magnitudes.bitwise_right_shift(std::int64_t{digit} * digit_bits)
             .bitwise_and(mask)
             .to(torch::kFloat32) *
         signs;
}

/// As the rows' drivers put digits out; levels: rows x digit values.
torch::Tensor driven(const torch::Tensor& levels, const torch::Tensor& digits) {
  return levels.gather(1, digits.abs().to(torch::kInt64)) * digits.sign();
}

torch::Tensor pooled(const Node& node, const QuantizedNode& integers, const torch::Tensor& input) {
  if (node.op == Op::MaxPool2d) {
    return functional::max_pool2d(input.to(torch::kFloat32),
                                  functional::MaxPool2dFuncOptions(node.kernel)
                                      .stride(node.stride)
                                      .padding(node.padding))
        .to(torch::kInt32);
  }
  const torch::Tensor sums = functional::avg_pool2d(input.to(torch::kFloat64),
                                                    functional::AvgPool2dFuncOptions(node.kernel)
                                                        .stride(node.stride)
                                                        .padding(node.padding)
                                                        .divisor_override(1));
  return requantized(sums.round(), *integers.requantizer);
}

}  // namespace

TorchChip::TorchChip(const QuantizedNetwork& network, const LayerProducts& products,
                     torch::Device device)
    : network_(network),
      shapes_(infer_shapes(network.network)),
      device_(device),
      layers_(products.size()) {
  OHMWEAVE_REQUIRE(products.size() == network.nodes.size(), "one entry a node");
  for (std::size_t node = 0; node < products.size(); ++node) {
    if (!products[node]) continue;
    Layer& layer = layers_[node];
    layer.sizes = *products[node];
    layer.sizes.blocks.clear();
    if (!layer.sizes.bias.empty())
      layer.bias = to_device(layer.sizes.bias, torch::kInt32, device).unsqueeze(1);
    for (const BlockProduct& block : products[node]->blocks)
      layer.blocks.push_back(block_on_device(block));
  }
}

TorchChip::Block TorchChip::block_on_device(const BlockProduct& block) const {
  OHMWEAVE_REQUIRE(!block.circuit, "no gates as inputs");
  Block result;
  result.copy = block.copy;
  result.group = block.group;
  result.num_outputs = static_cast<int>(block.outputs.size());
  result.rows = to_device(block.rows, torch::kInt64, device_);
  result.outputs = to_device(block.outputs, torch::kInt64, device_);
  result.gain = to_device(block.gain, device_);
  result.variance = to_device(block.variance, device_);
  result.drive = to_device(block.drive, device_);
  result.unit_weight = block.unit_weight;
  const auto column = [this](const std::vector<double>& values) {
    return to_device(values, torch::kFloat32, device_).unsqueeze(1);
  };
  if (!block.trims.empty()) {
    std::vector<double> gains;
    std::vector<double> offsets;
    for (const ColumnTrim& trim : block.trims) {
      gains.push_back(trim.gain);
      offsets.push_back(trim.offset);
    }
    result.trim_gain = column(gains);
    result.trim_offset = column(offsets);
  }
  if (block.converters) {
    std::vector<double> gains;
    std::vector<double> offsets;
    for (const int index : block.converters->of_column) {
      const crossbar::Converter& converter = block.converters->converters[index];
      OHMWEAVE_REQUIRE(converter.has_even_steps(), "converters whose elements do not spread");
      gains.push_back(converter.gain());
      offsets.push_back(converter.offset());
    }
    result.converter_gain = column(gains);
    result.converter_offset = column(offsets);
  }
  return result;
}

/// Sums of the block's outputs (int32, outputs x windows) for the inputs of its rows (float32, rows
/// x windows).
torch::Tensor TorchChip::read_block(const Layer& layer, const Block& block,
                                    const torch::Tensor& inputs, const Reads& reads) const {
  const LayerProduct& sizes = layer.sizes;
  const torch::Tensor magnitudes = inputs.abs().to(torch::kInt32);
  const torch::Tensor signs = inputs.sign();
  const double step = std::ldexp(1.0, -sizes.dropped_bits);
  const auto largest = static_cast<double>(sizes.largest_code);
  const std::int64_t num_rows = inputs.size(0);
  const int num_sums = block.num_outputs + (block.unit_weight > 0 ? 1 : 0);
  torch::Tensor sums =
      torch::zeros({num_sums, inputs.size(1)}, inputs.options().dtype(torch::kInt32));
  for (int digit = 0; digit < sizes.num_digits; ++digit) {
    torch::Tensor digits = digit_of(magnitudes, signs, digit, sizes.digit_bits);
    if (block.drive.defined()) digits = driven(block.drive, digits);
    const int shift = digit * sizes.digit_bits + sizes.dropped_bits;
    for (std::int64_t first = 0; first < num_rows; first += sizes.rows_at_once) {
      const std::int64_t rows = std::min<std::int64_t>(sizes.rows_at_once, num_rows - first);
      const torch::Tensor read = digits.narrow(0, first, rows);
      torch::Tensor units = block.gain.narrow(1, first, rows).matmul(read);
      if (block.variance.defined()) {
        const torch::Tensor variance = block.variance.narrow(1, first, rows).matmul(read.square());
        OHMWEAVE_REQUIRE(reads.noise.defined(), "read noise has a generator");
        units += variance.sqrt() * torch::randn(units.sizes(), reads.noise, units.options());
      }
      if (block.trim_gain.defined()) units = units * block.trim_gain + block.trim_offset;
      units *= step;
      if (block.converter_gain.defined())
        units = units * block.converter_gain + block.converter_offset;
      const torch::Tensor codes = units.clamp(-largest, largest).round().to(torch::kInt32);
      for (int slice = 0; slice < sizes.num_slices; ++slice)
        sums.narrow(0, 0, block.num_outputs) +=
            codes.narrow(0, std::int64_t{slice} * block.num_outputs, block.num_outputs) *
            (std::int64_t{1} << (shift + sizes.shift(slice)));
      if (block.unit_weight > 0)
        sums.narrow(0, block.num_outputs, 1) += codes.narrow(0, codes.size(0) - 1, 1) *
                                                ((std::int64_t{1} << shift) * block.unit_weight);
    }
  }
  if (block.unit_weight == 0) return sums;
  return sums.narrow(0, 0, block.num_outputs) - sums.narrow(0, block.num_outputs, 1);
}

/// Accumulators of a layer: int32, images x channels x height x width.
torch::Tensor TorchChip::multiply(int node, const torch::Tensor& input, const Reads& reads) const {
  const Node& operation = network_.network.nodes[node];
  const Layer& layer = layers_[node];
  const Shape& shape = shapes_[node];
  const std::int64_t places = std::int64_t{shape.height} * shape.width;
  const std::int64_t num_windows = input.size(0) * places;
  torch::Tensor result =
      torch::zeros({shape.channels, num_windows}, input.options().dtype(torch::kInt32));
  int group = -1;
  torch::Tensor windows;
  for (const Block& block : layer.blocks) {
    if (block.group != group) windows = windows_of(operation, input, block.group);
    group = block.group;
    // Window w of all images is read from copy w % num_copies.
    const std::int64_t copies = layer.sizes.num_copies;
    const std::int64_t first =
        ((block.copy - reads.first_image * places) % copies + copies) % copies;
    if (first >= num_windows) continue;
    using torch::indexing::Slice;
    const Slice dealt(first, torch::indexing::None, copies);
    const torch::Tensor inputs =
        windows.index_select(0, block.rows).index({Slice(), dealt}).contiguous();
    result.index({Slice(), dealt})
        .index_add_(0, block.outputs, read_block(layer, block, inputs, reads));
  }
  if (layer.bias.defined()) result += layer.bias;
  return result.reshape({shape.channels, input.size(0), shape.height, shape.width})
      .permute({1, 0, 2, 3});
}

torch::Tensor TorchChip::run_node(int node, const std::vector<torch::Tensor>& outputs,
                                  const Reads& reads) const {
  const Node& operation = network_.network.nodes[node];
  const QuantizedNode& integers = network_.nodes[node];
  const torch::Tensor& input = outputs[operation.inputs.front()];
  switch (operation.op) {
    case Op::Conv2d:
    case Op::Linear: {
      const torch::Tensor accumulators = multiply(node, input, reads);
      return integers.requantizer ? requantized(accumulators, *integers.requantizer) : accumulators;
    }
    case Op::Relu:
      return input.clamp_min(0);
    case Op::MaxPool2d:
    case Op::AvgPool2d:
      return pooled(operation, integers, input);
    case Op::Add: {
      std::vector<torch::Tensor> addends;
      for (const int from : operation.inputs) addends.push_back(outputs[from]);
      return requantized_sum(addends, integers.addend_requantizers);
    }
    case Op::Flatten:
      return input.reshape({input.size(0), -1, 1, 1});
    case Op::Input:
    case Op::BatchNorm2d:
    case Op::Dropout:
      break;
  }
  OHMWEAVE_REQUIRE(false, "node '" + operation.name + "' is not part of an integer network");
  return {};
}

torch::Tensor TorchChip::run(const torch::Tensor& images, std::int64_t first_image,
                             const at::Generator& noise) const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> outputs = {images};
  for (int node = 1; node < static_cast<int>(shapes_.size()); ++node)
    outputs.push_back(run_node(node, outputs, {first_image, noise}));
  return outputs.back().reshape({images.size(0), -1});
}

std::int64_t count_correct(const TorchChip& chip, const CodeBatch& images,
                           const std::vector<int>& labels, int batch, torch::Device device,
                           std::uint64_t seed) {
  OHMWEAVE_REQUIRE(static_cast<int>(labels.size()) >= images.num_images, "one label an image");
  const at::Generator noise = make_generator(device, seed);
  const Shape& shape = images.shape;
  const torch::Tensor all = torch::from_blob(
      const_cast<std::int32_t*>(images.codes.data()),
      {images.num_images, shape.channels, shape.height, shape.width}, torch::kInt32);
  const torch::Tensor classes = to_device(labels, torch::kInt64, torch::kCPU);
  std::int64_t correct = 0;
  for (std::int64_t first = 0; first < images.num_images; first += batch) {
    const std::int64_t count = std::min<std::int64_t>(batch, images.num_images - first);
    const torch::Tensor logits =
        chip.run(all.narrow(0, first, count).to(device), first, noise).to(torch::kCPU);
    // argmax() is the first of equal outputs, as classify().
    correct += logits.argmax(1).eq(classes.narrow(0, first, count)).sum().item<std::int64_t>();
  }
  return correct;
}

at::Generator make_generator(torch::Device device, std::uint64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

torch::Device torch_device(const std::string& name, const std::string& asked_by) {
  if (name == "cpu") return torch::kCPU;
  OHMWEAVE_REQUIRE(name == "cuda", "a device that the options know");
  if (!torch::cuda::is_available())
    throw ConfigError({asked_by + " = \"cuda\": torch finds no CUDA device here; leave it out to "
                                  "compute on the CPU"});
  // Sums of codes must be those of float32.
  at::globalContext().setAllowTF32CuBLAS(false);
  return torch::kCUDA;
}

}  // namespace ohmweave::inference
