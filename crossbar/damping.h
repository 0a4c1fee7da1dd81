// SPDX-License-Identifier: Apache-2.0
// When a damped Newton step on the content of a circuit (Millar 1951) is short enough.
#pragma once

namespace ohmweave::crossbar {

/// A step is halved until the content does not grow, at most this often.
inline constexpr int kMostHalvings = 60;
/// The content is a sum of positive terms; its rounding must not stop the last steps.
inline constexpr double kContentRounding = 1e-12;

}  // namespace ohmweave::crossbar
