// SPDX-License-Identifier: Apache-2.0
// What the sparse engine's inner loops take: 16 images at a time (a pack), one to a lane, so that
// one weight meets one pixel of all 16 in one fused multiply-add. The loops are written once
// (sparse_*_kernels.h, over a register type) and compiled once for every instruction set; this
// header holds plain pointers only, because code compiled for a newer processor must share no
// inline function with the rest of the program.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ohmweave::nn {

/// Images in a pack; every number of a feature map is kLanes floats in a row.
constexpr std::ptrdiff_t kLanes = 16;

/// Instruction sets the engine is compiled for. Avx2 (with FMA) and Avx512 give the same bits;
/// Portable rounds products and sums apart.
enum class InstructionSet { Portable, Avx2, Avx512 };

namespace sparse {

/// Where the numbers of one channel of a step come from.
enum class Source { Input, Weights, Normalize, Add, Average, Copy };
/// What is done to them next. Round is rounding to codes; the order tells whose range counts.
enum class Finish { None, Relu, Round, RoundThenRelu, ReluThenRound };

/// Channels of a feature map, in floats from the start of a pack's buffer. Pixels of a line lie
/// kLanes apart.
struct Channels {
  const std::int32_t* offsets = nullptr;  // of pixel (0, 0), by channel
  std::int32_t line_step = 0;             // from one line to the next
};

/// A window that slides over a map.
struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};

/// Codes to round to, in float as torch does it.
struct Rounding {
  float scale = 1.0F;
  float low = 0.0F;            // codes
  float high = 0.0F;           // codes
  float lowest_value = 0.0F;   // the gradient passes from here ...
  float highest_value = 0.0F;  // ... to here
};

/// What a kernel sees of one step of the network; pointers belong to the plan and the network.
struct StepView {
  Source source = Source::Copy;
  Finish finish = Finish::None;
  bool has_pool = false;  // a max-pool follows the finish
  Window pool;
  Rounding rounding;
  int pre_height = 1;  // before the pool
  int pre_width = 1;
  int height = 1;  // of the output
  int width = 1;
  const std::int32_t* live = nullptr;  // output channels that somebody reads
  int num_live = 0;
  Channels output;
  Channels inputs[2];
  bool input_trains[2] = {false, false};  // something before the input is trained
  int input_height = 1;
  int input_width = 1;
  Window window;            // of Weights (stride only) and Average
  std::int64_t routes = 0;  // where the step's routes begin in the pack's buffer

  // Weights: those of output channel o are starts[o] .. starts[o + 1] - 1.
  const std::int32_t* starts = nullptr;
  const std::int32_t* offsets = nullptr;  // input place that meets output pixel (0, 0), in floats
  const float* weights = nullptr;
  const float* bias = nullptr;    // or none
  std::int32_t first_weight = 0;  // among the network's values
  std::int32_t first_bias = 0;    // the same; of Normalize: the addend (beta)

  // Normalize: y = (x - mean) * inverse_deviation * weights + bias, by channel.
  std::int32_t first_factor = 0;  // among the network's values: gamma
  const float* mean = nullptr;
  const float* inverse_deviation = nullptr;
};

/// One pack on its way, and room to work in.
struct PackView {
  int num_images = 0;          // lanes in use, from lane 0
  float* values = nullptr;     // feature maps
  float* gradients = nullptr;  // of the feature maps, laid out alike
  std::uint8_t* routes = nullptr;
  float* channel = nullptr;   // one channel before its pool
  float* sums = nullptr;      // one a weight of an output channel
  float* gradient = nullptr;  // of the network's values, summed over the images
  float* squares = nullptr;   // sum over the images of their squared gradients; or none
};

/// Mean over a pack's images and pixels, and the sum of squared distances from it.
struct Moments {
  double mean = 0.0;
  double squares = 0.0;
};

/// Means over the batch of the gradient d at a Normalize step's output, and of d * normalized x;
/// both 0 when the statistics do not depend on the batch.
struct GradientMeans {
  const float* gradient = nullptr;     // by channel
  const float* correlation = nullptr;  // by channel
};

/// The inner loops for one instruction set.
struct KernelTable {
  /// Fills the step's output from num_images images, channel-major; bytes count 1/255 each.
  void (*load_bytes)(const StepView&, const PackView&, const std::uint8_t* const* images);
  void (*load_floats)(const StepView&, const PackView&, const float* const* images);
  /// Computes the step's output from its inputs.
  void (*forward)(const StepView&, const PackView&);
  /// From the gradient of the step's output (which it overwrites): the gradients of its values,
  /// and their share in the gradients of its inputs. A Normalize step stops at its own gradient.
  void (*backward)(const StepView&, const PackView&);
  /// The share of a Normalize step in its input's gradient, after backward().
  void (*normalize_input)(const StepView&, const PackView&, const GradientMeans&);
  /// Statistics of a Normalize step's input, by channel.
  void (*moments)(const StepView&, const PackView&, Moments*);
  /// Zeroes the gradient of the step's live output channels.
  void (*clear_gradient)(const StepView&, const PackView&);
};

[[nodiscard]] const KernelTable& portable_kernels();
[[nodiscard]] const KernelTable& avx2_kernels();
[[nodiscard]] const KernelTable& avx512_kernels();

}  // namespace sparse
}  // namespace ohmweave::nn
