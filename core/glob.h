// SPDX-License-Identifier: Apache-2.0
// Names by pattern: how a config says which weights it means.
#pragma once

#include <string_view>

namespace ohmweave {

/// True if all of `name` matches `pattern`: '*' stands for any run of characters (also none), '?'
/// for exactly one, all else for itself.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace ohmweave
