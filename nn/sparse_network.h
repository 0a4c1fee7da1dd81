// SPDX-License-Identifier: Apache-2.0
// Runs and differentiates a network in which only the weights that its masks allow exist, at a cost
// that follows their number: one fused multiply-add a weight, output pixel and image. Equals
// GraphModule with those masks to float rounding. The result does not depend on the number of
// threads, nor on the instruction set where that has fused multiply-adds. No torch here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/quantized_network.h"
#include "core/tensor.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_values.h"

namespace ohmweave::nn {

/// The best the processor has.
[[nodiscard]] InstructionSet best_instruction_set();
[[nodiscard]] bool is_supported(InstructionSet instruction_set);

struct SparseOptions {
  int num_threads = 1;
  InstructionSet instruction_set = best_instruction_set();
};

/// Images of a batch, each channel x height x width: as bytes (a pixel counts 1/255, as
/// data::normalized has it) or as floats. One pointer an image, so that a batch may be drawn from
/// anywhere; nothing is copied.
struct SparseImages {
  std::vector<const std::uint8_t*> bytes;  // used unless empty
  std::vector<const float*> floats;        // else these
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(bytes.empty() ? floats.size() : bytes.size());
  }
};
/// `count` images of `image_size` numbers that lie one behind the other.
[[nodiscard]] SparseImages consecutive_images(const std::uint8_t* first, std::int64_t count,
                                              std::int64_t image_size);
[[nodiscard]] SparseImages consecutive_images(const float* first, std::int64_t count,
                                              std::int64_t image_size);

/// Logits of a few images of the batch, and what the caller makes of them.
struct LogitGroup {
  std::int64_t first_image = 0;  // of the batch
  int num_images = 0;
  int num_classes = 0;
  const float* logits = nullptr;  // num_images x num_classes
  float* gradient = nullptr;      // the same: to be set to d(loss of the image) / d(logit)
};
/// Called once for every group, from several threads at a time: it may write to what belongs to the
/// group's images only.
using LogitGradient = std::function<void(const LogitGroup&)>;

/// Which mean and variance a batch norm uses: of the batch (training; the running averages follow),
/// or the running averages.
enum class NormStatistics { Batch, Running };

struct SparseGradients {
  std::vector<float> logits;    // images x classes
  std::vector<float> gradient;  // of values(), summed over the images
  std::vector<float> squares;   // of values(): sum over the images of the squared gradient of one
};

class SparseNetwork {
 public:
  /// Takes the weights that `masks` allow and all other parameters; what else stands in
  /// `parameters` does not exist here. Throws DataError for parameters or masks that do not fit the
  /// network, and for what cannot be trained sparsely: dropout (its fraction must be 0), a max-pool
  /// over 15 wide. Throws ConfigError for less than one thread, or an instruction set the processor
  /// lacks.
  SparseNetwork(const Network& network, const Parameters& parameters, const SparseMasks& masks,
                const SparseOptions& options = {});
  SparseNetwork(SparseNetwork&&) noexcept;
  SparseNetwork& operator=(SparseNetwork&&) noexcept;
  ~SparseNetwork();

  [[nodiscard]] const Network& network() const;
  /// All numbers that training changes, and what they are. To be written to, not resized.
  [[nodiscard]] std::vector<float>& values();
  [[nodiscard]] const std::vector<float>& values() const;
  [[nodiscard]] const std::vector<SparseRange>& ranges() const;
  /// The running averages of a batch norm ("bn1.running_mean", "bn1.running_var"). To be written
  /// to, not resized. Throws std::logic_error for another name.
  [[nodiscard]] std::vector<float>& running_average(const std::string& name);
  /// All parameters as dense tensors, 0 where no weight exists.
  [[nodiscard]] Parameters to_parameters() const;

  /// As GraphModule::set_activation_formats(): rounds the outputs of the nodes named, gradient 1
  /// inside the codes' range, 0 outside. Empty = off. Throws DataError.
  void set_activation_formats(const std::map<std::string, CodeFormat>& formats);

  /// Logits (images x classes) with running averages in batch norm. Throws NumericError when a
  /// value or a logit is not finite.
  [[nodiscard]] std::vector<float> forward(const SparseImages& images);
  /// Logits and gradients. With NormStatistics::Batch also moves the running averages, of the
  /// channels that are read. Throws as forward(); DataError for a batch of one number a channel.
  [[nodiscard]] SparseGradients backward(const SparseImages& images, NormStatistics statistics,
                                         const LogitGradient& logit_gradient);
  /// Also the squares. By running averages only: with a batch's statistics the gradient of one
  /// image is not defined.
  [[nodiscard]] SparseGradients backward_with_squares(const SparseImages& images,
                                                      const LogitGradient& logit_gradient);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ohmweave::nn
