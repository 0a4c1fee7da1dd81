// SPDX-License-Identifier: Apache-2.0
// ADMM in scaled form over named tensors; knows no model and no training loop.
//   minimize f(W) subject to W_i in S_i:
//   W step (the caller's):  min f(W) + sum_i rho_i/2 ||W_i - Z_i + U_i||^2
//   update():               Z_i = project(W_i + U_i);   U_i += W_i - Z_i;   rho_i *= factor
// The norm of tensor i may have a metric m_i > 0, ||D||^2 = sum m_i D^2, in which the projection is
// nearest too; then rho_i m_i U_i is the dual variable. A set may hold for several tensors together
// (as their concatenation); rho_i then weighs its projection as the metric does.
// Source: boyd_ftml_2011, section 3.1.1 and (residuals, stopping) 3.3; zhang_eccv_2018 for sparse
// networks.
#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// `weight` shares storage with the model's parameter.
struct AdmmTensor {
  std::string name;
  torch::Tensor weight;
  double rho_multiplier = 1.0;  // rho_i = rho * rho_multiplier
};

/// One or several tensors under one constraint; of several it sees the 1-D concatenation.
struct AdmmTarget {
  AdmmTarget(std::string name, torch::Tensor weight, std::shared_ptr<const Constraint> set,
             double rho_multiplier = 1.0);
  AdmmTarget(std::vector<AdmmTensor> together, std::shared_ptr<const Constraint> set);
  std::vector<AdmmTensor> tensors;
  std::shared_ptr<const Constraint> constraint;
};

struct RhoSchedule {
  double first = 1e-3;
  double factor = 1.0;       // applied after every update
  bool rescale_dual = true;  // keeps the dual variable rho m U when rho or the metric changes
};

/// One tensor after one update; norms are Frobenius norms.
struct AdmmTrace {
  std::string name;
  double primal_residual = 0.0;  // ||W - Z||
  double dual_residual = 0.0;    // rho_i ||m (Z - Z_before)||
  double violation = 0.0;        // ||W - project(W)|| / ||W||: what the hard projection will cut
  double rho = 0.0;              // rho_i in the W step before this update
  double primal_size = 0.0;      // the larger of ||W|| and ||Z||
  double dual_size = 0.0;        // rho_i ||m U||, with U after the update
  std::int64_t entries = 0;
};

/// When to stop: residuals against absolute (per entry) and relative tolerances.
struct StopTolerance {
  double absolute = 0.0;
  double relative_primal = 1e-2;
  double relative_dual = 1e-2;
};

/// True if for every tensor, with n entries,
///   ||W - Z|| <= sqrt(n) absolute + relative_primal max(||W||, ||Z||)   and
///   rho ||m (Z - Z_before)|| <= sqrt(n) absolute + relative_dual rho ||m U||.
[[nodiscard]] bool has_converged(const std::vector<AdmmTrace>& trace,
                                 const StopTolerance& tolerance);

class AdmmState {
 public:
  /// Z = project(W), U = 0, no metrics. Throws NumericError naming a weight that is not finite.
  AdmmState(std::vector<AdmmTarget> targets, const RhoSchedule& schedule);

  /// The metric of one tensor from now on, e.g. its Fisher information; undefined = 1. With
  /// rescale_dual U is divided by what the metric grew by, so that the dual variable stays.
  /// Throws NumericError unless positive and finite everywhere.
  void set_metric(const std::string& name, const torch::Tensor& metric);

  /// Undefined where none was set.
  [[nodiscard]] const torch::Tensor& metric(const std::string& name) const;
  /// Starts anew from the weights as they are, in the metrics as they are: Z = project(W), U = 0.
  void restart();

  /// Adds rho_i m (W - Z + U) to each weight's gradient (made if undefined).
  void add_penalty_gradient() const;
  /// sum_i rho_i/2 ||W_i - Z_i + U_i||^2, in the metrics.
  [[nodiscard]] double penalty() const;
  /// Z, U and rho steps. Throws NumericError naming the tensor when a weight is not finite or has
  /// grown to a million times its norm at the start.
  std::vector<AdmmTrace> update();
  /// W = project(W) in place, of every target.
  void project_weights();

  [[nodiscard]] const std::vector<AdmmTarget>& targets() const { return targets_; }
  [[nodiscard]] double rho() const { return rho_; }
  [[nodiscard]] double rho(const std::string& name) const;                        // rho_i
  [[nodiscard]] const torch::Tensor& auxiliary(const std::string& name) const;    // Z
  [[nodiscard]] const torch::Tensor& scaled_dual(const std::string& name) const;  // U

  /// "<name>.z", "<name>.u", "<name>.metric" where there is one, "rho" and "start_norms" (float64):
  /// what a checkpoint needs besides the weights.
  [[nodiscard]] std::map<std::string, torch::Tensor> state() const;
  /// Throws DataError when a tensor is missing or has another shape.
  void load_state(const std::map<std::string, torch::Tensor>& state);

 private:
  /// What belongs to one tensor.
  struct Slot {
    AdmmTensor tensor;
    torch::Tensor z;
    torch::Tensor u;
    torch::Tensor metric;  // undefined = 1
    double start_norm = 0.0;
  };
  [[nodiscard]] std::size_t index_of(const std::string& name) const;
  /// The members nearest to `values`, one for each tensor of the target that starts at `first`.
  [[nodiscard]] std::vector<torch::Tensor> project(const AdmmTarget& target, std::size_t first,
                                                   const std::vector<torch::Tensor>& values) const;
  [[nodiscard]] torch::Tensor joint_metric(const AdmmTarget& target, std::size_t first) const;
  void check_weight(const Slot& slot) const;
  AdmmTrace step(Slot& slot, const torch::Tensor& next_z, const torch::Tensor& member);
  std::vector<AdmmTarget> targets_;
  RhoSchedule schedule_;
  double rho_;
  std::vector<Slot> slots_;  // of all targets' tensors, in order
};

}  // namespace ohmweave::admm
