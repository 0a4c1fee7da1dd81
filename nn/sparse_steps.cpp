// SPDX-License-Identifier: Apache-2.0
// Which nodes share a step.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "nn/sparse_plan.h"

namespace ohmweave::nn::sparse {
namespace {

constexpr int kWidestPool = 15;  // a route is a byte, and one value of it means "blocked"

class StepBuilder {
 public:
  StepBuilder(const Network& network, const ActivationFormats& formats)
      : network_(network), formats_(formats), shapes_(infer_shapes(network)) {
    num_readers_.assign(network.nodes.size(), 0);
    for (const Node& node : network.nodes) {
      for (const int input : node.inputs) ++num_readers_[static_cast<std::size_t>(input)];
    }
    check_formats();
  }

  StepGraph build() {
    for (int i = 0; i < static_cast<int>(network_.nodes.size()); ++i) {
      graph_.views.push_back(view_of_node(i));
      // A pool or another view of a map cannot round in place.
      if (has_format(i) && !rounds_itself(node(i).op)) {
        Step& step = add_step(i, Source::Copy, {graph_.views.back()});
        step.input = shapes_[static_cast<std::size_t>(i)];
        round(step, i, Finish::Round);
        graph_.views.back() = {last_step(), false};
      }
    }
    return std::move(graph_);
  }

 private:
  [[nodiscard]] const Node& node(int i) const {
    return network_.nodes[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] int last_step() const { return static_cast<int>(graph_.steps.size()) - 1; }
  [[nodiscard]] bool has_format(int i) const { return formats_.count(node(i).name) > 0; }
  [[nodiscard]] static bool rounds_itself(Op op) {
    return op != Op::MaxPool2d && op != Op::Flatten && op != Op::Dropout;
  }

  void check_formats() const {
    for (const auto& [name, format] : formats_) {
      const std::string where = "network '" + network_.name + "': activation format of '" + name;
      if (network_.index_of(name) < 0) throw DataError(where + "': there is no such node");
      if (!(format.scale > 0.0) || !std::isfinite(format.scale)) {
        throw DataError(where + "': scale " + std::to_string(format.scale) + " must be positive");
      }
    }
  }

  Step& add_step(int i, Source source, std::vector<MapView> inputs) {
    Step step;
    step.first_node = step.last_node = i;
    step.source = source;
    step.pre = step.output = shapes_[static_cast<std::size_t>(i)];
    step.trains = source == Source::Weights || source == Source::Normalize;
    for (const MapView& input : inputs) {
      const Step& before = graph_.steps[static_cast<std::size_t>(input.step)];
      step.trains = step.trains || before.trains;
      step.segment = std::max(step.segment, before.segment);
    }
    if (source == Source::Normalize) ++step.segment;
    if (!node(i).inputs.empty()) {
      step.input = shapes_[static_cast<std::size_t>(node(i).inputs[0])];
    }
    step.inputs = std::move(inputs);
    graph_.steps.push_back(std::move(step));
    return graph_.steps.back();
  }

  void round(Step& step, int i, Finish finish) const {
    const CodeFormat& format = formats_.at(node(i).name);
    const auto low = static_cast<double>(format.low());
    const auto high = static_cast<double>(format.high());
    step.finish = finish;
    step.rounding = {static_cast<float>(format.scale), static_cast<float>(low),
                     static_cast<float>(high), static_cast<float>(low * format.scale),
                     static_cast<float>(high * format.scale)};
  }

  MapView view_of_node(int i) {
    switch (node(i).op) {
      case Op::Flatten:
        return {input_view(i, 0).step, true};
      case Op::Dropout:
        if (node(i).dropout_fraction > 0.0) {
          throw DataError("network '" + network_.name + "', node '" + node(i).name +
                          "': dropout_fraction " + std::to_string(node(i).dropout_fraction) +
                          ": sparse training has no dropout, must be 0");
        }
        return input_view(i, 0);
      case Op::Relu:
        return view_of_relu(i);
      case Op::MaxPool2d:
        return view_of_pool(i);
      default:
        return view_of_source(i);
    }
  }

  [[nodiscard]] MapView input_view(int i, std::size_t input) const {
    return graph_.views[static_cast<std::size_t>(node(i).inputs[input])];
  }

  MapView view_of_source(int i) {
    std::vector<MapView> inputs;
    for (std::size_t k = 0; k < node(i).inputs.size(); ++k) inputs.push_back(input_view(i, k));
    if (node(i).op == Op::Conv2d && node(i).padding > 0 && inputs[0].is_flat) {
      // The zeros around a flat view's pixels would be its neighbours: give it a map of its own.
      Step& copy = add_step(i, Source::Copy, {inputs[0]});
      copy.pre = copy.output = copy.input;
      inputs[0] = {last_step(), false};
    }
    Step& step = add_step(i, source_of(node(i).op), std::move(inputs));
    if (step.source == Source::Weights || step.source == Source::Average) {
      step.window = {node(i).kernel, node(i).stride, node(i).padding};
    }
    if (node(i).op == Op::Linear) step.window = {};
    if (has_format(i)) round(step, i, Finish::Round);
    return {last_step(), false};
  }

  [[nodiscard]] static Source source_of(Op op) {
    switch (op) {
      case Op::Input:
        return Source::Input;
      case Op::BatchNorm2d:
        return Source::Normalize;
      case Op::Add:
        return Source::Add;
      case Op::AvgPool2d:
        return Source::Average;
      default:
        return Source::Weights;
    }
  }

  /// The step that node i can be added to: it alone reads the step's last node.
  Step* step_to_join(int i) {
    const int input = node(i).inputs[0];
    const MapView view = input_view(i, 0);
    Step& step = graph_.steps[static_cast<std::size_t>(view.step)];
    const bool is_last = step.last_node == input && !view.is_flat && !step.has_pool;
    const bool is_only_reader = num_readers_[static_cast<std::size_t>(input)] == 1;
    return is_last && is_only_reader && step.source != Source::Input ? &step : nullptr;
  }

  MapView view_of_relu(int i) {
    Step* step = step_to_join(i);
    const bool fits =
        step != nullptr && (step->finish == Finish::None || step->finish == Finish::Round);
    if (fits && !has_format(i)) {
      step->finish = step->finish == Finish::None ? Finish::Relu : Finish::RoundThenRelu;
      step->last_node = i;
      return input_view(i, 0);
    }
    Step& own = add_step(i, Source::Copy, {input_view(i, 0)});
    own.finish = Finish::Relu;
    if (has_format(i)) round(own, i, Finish::ReluThenRound);
    return {last_step(), false};
  }

  MapView view_of_pool(int i) {
    const Window window{node(i).kernel, node(i).stride, node(i).padding};
    if (window.kernel > kWidestPool) {
      throw DataError("network '" + network_.name + "', node '" + node(i).name + "': kernel " +
                      std::to_string(window.kernel) + ": sparse training pools at most " +
                      std::to_string(kWidestPool));
    }
    Step* step = step_to_join(i);
    const bool fits = step != nullptr && step->source == Source::Weights &&
                      (step->finish == Finish::None || step->finish == Finish::Relu);
    if (!fits) {
      step = &add_step(i, Source::Copy, {input_view(i, 0)});
      step->pre = step->input;
    }
    step->has_pool = true;
    step->pool = window;
    step->output = shapes_[static_cast<std::size_t>(i)];
    step->last_node = i;
    return fits ? input_view(i, 0) : MapView{last_step(), false};
  }

  const Network& network_;
  const ActivationFormats& formats_;
  std::vector<Shape> shapes_;
  std::vector<int> num_readers_;
  StepGraph graph_;
};

}  // namespace

StepGraph make_steps(const Network& network, const ActivationFormats& formats) {
  return StepBuilder(network, formats).build();
}

}  // namespace ohmweave::nn::sparse
