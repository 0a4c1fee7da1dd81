// SPDX-License-Identifier: Apache-2.0
#include "power_area/join_buffers.h"

#include <algorithm>

namespace ohmweave::power_area {

namespace {

/// How far a node is from the image.
struct Reach {
  int num_steps = 0;            // nodes on the longest way from the source
  std::vector<int> image_rows;  // [row]: rows of the image that it needs, never falling
};

Reach reach_of(const PipelineNode& node, const std::vector<Reach>& before) {
  Reach reach;
  reach.image_rows.assign(node.num_rows, 0);
  for (const PipelineEdge& edge : node.edges) {
    const Reach& producer = before[edge.producer];
    reach.num_steps = std::max(reach.num_steps, producer.num_steps + 1);
    for (int y = 0; y < node.num_rows; ++y)
      if (edge.end_rows[y] > 0)
        reach.image_rows[y] =
            std::max(reach.image_rows[y], producer.image_rows[edge.end_rows[y] - 1]);
  }
  return reach;
}

std::vector<Reach> reaches(const PipelineModel& model) {
  std::vector<Reach> all;
  for (const PipelineNode& node : model.nodes) {
    all.push_back(reach_of(node, all));
    if (!node.edges.empty()) continue;
    for (int y = 0; y < node.num_rows; ++y) all.back().image_rows[y] = y + 1;
  }
  return all;
}

/// Most rows of `producer` that are there, not yet used, when the join can use the next one. At the
/// foot of the image, where windows end before their rows do, nothing more can come in between;
/// where all rows are such, all may wait.
int most_waiting(const Reach& producer, const Reach& join) {
  const int image_rows = join.image_rows.back();
  int most = 0;
  for (std::size_t y = 0; y < join.image_rows.size() && join.image_rows[y] < image_rows; ++y) {
    const auto end = std::upper_bound(producer.image_rows.begin(), producer.image_rows.end(),
                                      join.image_rows[y]);
    most =
        std::max(most, static_cast<int>(end - producer.image_rows.begin()) - static_cast<int>(y));
  }
  return most > 0 ? most : static_cast<int>(producer.image_rows.size());
}

}  // namespace

std::vector<int> rows_to_hold(const PipelineModel& model, const PipelineNode& join) {
  const std::vector<Reach> all = reaches(model);
  const Reach own = reach_of(join, all);
  std::vector<int> rows;
  for (const PipelineEdge& edge : join.edges) {
    const Reach& producer = all[edge.producer];
    const int steps_behind = own.num_steps - 1 - producer.num_steps;
    rows.push_back(
        std::min(model.nodes[edge.producer].num_rows, most_waiting(producer, own) + steps_behind));
  }
  return rows;
}

}  // namespace ohmweave::power_area
