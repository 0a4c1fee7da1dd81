// SPDX-License-Identifier: Apache-2.0
// Arithmetic of whole numbers.
#pragma once

#include <type_traits>

namespace ohmweave {

/// a / b rounded up; a >= 0, b > 0.
template <class A, class B>
[[nodiscard]] constexpr std::common_type_t<A, B> ceil_div(A a, B b) {
  static_assert(std::is_integral_v<A> && std::is_integral_v<B>, "whole numbers");
  return (static_cast<std::common_type_t<A, B>>(a) + b - 1) / b;
}

}  // namespace ohmweave
