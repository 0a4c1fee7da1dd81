// SPDX-License-Identifier: Apache-2.0
#include "inference/effective_matrix_op.h"

#include <torch/autograd.h>

#include "core/error.h"
#include "crossbar/gradient.h"

namespace ohmweave::inference {
namespace {

crossbar::Matrix to_matrix(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kFloat64).contiguous();
  return Eigen::Map<const crossbar::Matrix>(values.data_ptr<double>(), values.size(0),
                                            values.size(1));
}

torch::Tensor to_tensor(const crossbar::Matrix& matrix, const torch::TensorOptions& options) {
  torch::Tensor values = torch::empty({matrix.rows(), matrix.cols()}, torch::kFloat64);
  Eigen::Map<crossbar::Matrix>(values.data_ptr<double>(), matrix.rows(), matrix.cols()) = matrix;
  return values.to(options);
}

class EffectiveMatrix : public torch::autograd::Function<EffectiveMatrix> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& siemens, const crossbar::Wires& wires) {
    context->save_for_backward({siemens});
    auto& saved = context->saved_data;
    saved["ohm"] =
        std::vector<double>{wires.row_ohm, wires.col_ohm, wires.driver_ohm, wires.sense_ohm};
    saved["driven_at_both_ends"] = wires.driven_at_both_ends;
    saved["sensed_at_both_ends"] = wires.sensed_at_both_ends;
    return to_tensor(crossbar::effective_matrix(to_matrix(siemens), wires), siemens.options());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::Tensor siemens = context->get_saved_variables()[0];
    auto& saved = context->saved_data;
    const std::vector<double> ohm = saved["ohm"].toDoubleVector();
    const crossbar::Wires wires{ohm[0],
                                ohm[1],
                                ohm[2],
                                ohm[3],
                                saved["driven_at_both_ends"].toBool(),
                                saved["sensed_at_both_ends"].toBool()};
    const crossbar::Matrix gradient =
        crossbar::effective_matrix_gradient(to_matrix(siemens), wires, to_matrix(gradients[0]));
    return {to_tensor(gradient, siemens.options()), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor effective_matrix(const torch::Tensor& siemens, const crossbar::Wires& wires) {
  OHMWEAVE_REQUIRE(siemens.dim() == 2 && siemens.numel() > 0 && siemens.device().is_cpu() &&
                       siemens.is_floating_point(),
                   "conductances are a matrix of real numbers on the CPU");
  return EffectiveMatrix::apply(siemens, wires);
}

}  // namespace ohmweave::inference
