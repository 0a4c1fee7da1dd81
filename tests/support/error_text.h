// SPDX-License-Identifier: Apache-2.0
// The message of the error that an action throws.
#pragma once

#include <exception>
#include <string>

namespace ohmweave {

/// "" when nothing (or another kind of error) is thrown: then the test that asked fails.
template <class E, class Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another kind of error: ") + error.what();
  }
  return "no error";
}

}  // namespace ohmweave
