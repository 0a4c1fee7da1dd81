// SPDX-License-Identifier: Apache-2.0
#include "admm/constraint.h"

#include <torch/utils.h>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

torch::Tensor checked_metric(const torch::Tensor& metric, const torch::Tensor& v,
                             const std::string& kind) {
  if (!metric.defined()) return {};
  OHMWEAVE_REQUIRE(metric.sizes() == v.sizes(), "a metric has the shape of its tensor");
  torch::Tensor plain = metric.detach().to(torch::kCPU, v.scalar_type()).contiguous();
  if (!(torch::isfinite(plain) & (plain > 0)).all().item<bool>()) {
    throw NumericError("constraint '" + kind + "': a metric must be positive and finite");
  }
  return plain;
}

}  // namespace

torch::Tensor Constraint::project(const torch::Tensor& v, const torch::Tensor& metric) const {
  const torch::NoGradGuard no_grad;
  const std::string kind = describe().at("kind").get<std::string>();
  const torch::Tensor plain = v.detach().to(torch::kCPU).contiguous();
  require_finite(plain, "constraint '" + kind + "'");
  const torch::Tensor result = nearest(plain, checked_metric(metric, plain, kind));
  return result.is_alias_of(v) ? result.clone() : result.to(v.device());
}

}  // namespace ohmweave::admm
