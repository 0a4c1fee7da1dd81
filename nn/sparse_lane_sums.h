// SPDX-License-Identifier: Apache-2.0
// Gradients leave the lanes here: each value's 16 gradients, one an image, become their sum and,
// when asked for, the sum of their squares. Eight values are summed at a time.
#pragma once

#include <cstdint>

#include "nn/sparse_kernels.h"

namespace ohmweave::nn::sparse {

/// Takes the lanes of value after value; flush() writes what is still held.
template <class V>
class LaneSums {
 public:
  explicit LaneSums(const PackView& pack) : gradient_(pack.gradient), squares_(pack.squares) {}

  /// Room for the kLanes gradients of value number `value`, to be filled before the next call.
  float* next(std::int32_t value) {
    if (count_ == kHeld) flush();
    values_[count_] = value;
    return lanes_ + kLanes * count_++;
  }

  void flush() {
    if (count_ == 0) return;
    float* end = lanes_ + kLanes * kHeld;
    for (float* p = lanes_ + kLanes * count_; p < end; ++p) *p = 0.0F;
    write(gradient_);
    if (squares_ != nullptr) {
      for (float* p = lanes_; p < end; p += V::kWidth) {
        V::store(p, V::multiply(V::load(p), V::load(p)));
      }
      write(squares_);
    }
    count_ = 0;
  }

 private:
  static constexpr int kHeld = 8;

  void write(float* result) const {
    float sums[kHeld];
    V::sum_eight(lanes_, sums);
    for (int j = 0; j < count_; ++j) result[values_[j]] = sums[j];
  }

  float* gradient_;
  float* squares_;
  int count_ = 0;
  std::int32_t values_[kHeld];
  alignas(64) float lanes_[kHeld * kLanes];
};

}  // namespace ohmweave::nn::sparse
