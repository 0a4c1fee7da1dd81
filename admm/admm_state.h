// SPDX-License-Identifier: Apache-2.0
// ADMM in scaled form over named tensors; knows no model and no training loop.
//   minimize f(W) subject to W_i in S_i:
//   W step (the caller's):  min f(W) + sum_i rho_i/2 ||W_i - Z_i + U_i||^2
//   update():               Z_i = project(W_i + U_i);   U_i += W_i - Z_i;   rho *= factor
// Source: boyd_ftml_2011, section 3.1.1 and (residuals) 3.3; zhang_eccv_2018 for sparse networks.
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// A tensor under a constraint. `weight` shares storage with the model's parameter.
struct AdmmTarget {
  std::string name;
  torch::Tensor weight;
  std::shared_ptr<const Constraint> constraint;
};

struct RhoSchedule {
  double first = 1e-3;
  double factor = 1.0;       // applied after every update
  bool rescale_dual = true;  // U *= rho_old / rho_new, so that the dual variable rho * U stays
};

/// One tensor after one update; norms are Frobenius norms.
struct AdmmTrace {
  std::string name;
  double primal_residual = 0.0;  // ||W - Z||
  double dual_residual = 0.0;    // rho ||Z - Z_before||
  double violation = 0.0;        // ||W - project(W)|| / ||W||: what the hard projection will cut
  double rho = 0.0;              // used in the W step before this update
};

class AdmmState {
 public:
  /// Z = project(W), U = 0.
  AdmmState(std::vector<AdmmTarget> targets, const RhoSchedule& schedule);

  /// Adds rho (W - Z + U) to each weight's gradient (made if undefined).
  void add_penalty_gradient() const;
  /// sum_i rho/2 ||W_i - Z_i + U_i||^2.
  [[nodiscard]] double penalty() const;
  /// Z, U and rho steps.
  std::vector<AdmmTrace> update();
  /// W = project(W) in place, of every target.
  void project_weights();

  [[nodiscard]] const std::vector<AdmmTarget>& targets() const { return targets_; }
  [[nodiscard]] double rho() const { return rho_; }
  [[nodiscard]] const torch::Tensor& auxiliary(const std::string& name) const;    // Z
  [[nodiscard]] const torch::Tensor& scaled_dual(const std::string& name) const;  // U

  /// "<name>.z", "<name>.u", and "rho" (one float64): what a checkpoint needs besides the weights.
  [[nodiscard]] std::map<std::string, torch::Tensor> state() const;
  /// Throws DataError when a tensor is missing or has another shape.
  void load_state(const std::map<std::string, torch::Tensor>& state);

 private:
  [[nodiscard]] std::size_t index_of(const std::string& name) const;
  std::vector<AdmmTarget> targets_;
  RhoSchedule schedule_;
  double rho_;
  std::vector<torch::Tensor> z_;
  std::vector<torch::Tensor> u_;
};

}  // namespace ohmweave::admm
