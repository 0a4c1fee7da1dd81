// SPDX-License-Identifier: Apache-2.0
// What the tests of core's files share: a scratch folder, error texts, and damaged copies.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave {

/// The text of the DataError that `action` throws; "" and a failed test if it throws none.
inline std::string data_error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& e) {
    return e.what();
  }
  ADD_FAILURE() << "no DataError was thrown";
  return "";
}

/// `bytes` with one bit turned over, the n-th of a keyed sequence.
inline std::string with_flipped_bit(std::string bytes, std::uint64_t n) {
  const std::uint64_t bit = RandomStream(2024).child("flip").below(bytes.size() * 8, n);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

/// Runs `decode` on every shorter copy and on `num_flips` copies with a bit turned over. It may
/// accept a copy or throw DataError; anything else fails the test. Returns how many it accepted.
inline int num_accepted_damages(const std::string& bytes, int num_flips,
                                const std::function<void(const std::string&)>& decode) {
  int num_accepted = 0;
  const auto attempt = [&](const std::string& damaged) {
    try {
      decode(damaged);
      ++num_accepted;
    } catch (const DataError&) {
    }
  };
  for (std::size_t length = 0; length < bytes.size(); ++length) attempt(bytes.substr(0, length));
  for (int n = 0; n < num_flips; ++n)
    attempt(with_flipped_bit(bytes, static_cast<std::uint64_t>(n)));
  return num_accepted;
}

}  // namespace ohmweave
