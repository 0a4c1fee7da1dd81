// SPDX-License-Identifier: Apache-2.0
#include "mapping/packing.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "core/error.h"

namespace ohmweave::mapping {
namespace {

/// What is left of the arrays of one position: everything beyond a corner.
struct Corner {
  int row = 0;
  int column = 0;
};

class Packer {
 public:
  Packer(const std::vector<Extent>& extents, const Geometry& geometry)
      : extents_(extents), geometry_(geometry) {}

  /// A position for each block, in the order given; the blocks of `order` that fit nowhere open a
  /// new position.
  template <class Prefer>
  [[nodiscard]] std::vector<Seat> fill(const std::vector<int>& order, Prefer prefer) const {
    std::vector<Seat> seats(extents_.size());
    std::vector<Corner> corners;
    std::vector<int> open;  // positions with a free row and a free column
    for (const int index : order) {
      const Extent& extent = extents_[index];
      std::optional<Seat> best;
      double best_room = 0.0;
      for (const int position : open) {
        const std::optional<Seat> seat = seat_at(corners[position], extent, position);
        if (!seat) continue;
        const double room = room_beyond(*seat, extent);
        if (best && !prefer(room, best_room)) continue;
        best = seat;
        best_room = room;
      }
      if (!best) {
        best = Seat{static_cast<int>(corners.size()), 0, 0};
        corners.emplace_back();
        open.push_back(best->position);
      }
      Corner& corner = corners[best->position];
      corner = {best->first_row + extent.rows, best->first_column + extent.cols};
      if (corner.row == geometry_.num_inputs() || corner.column == geometry_.cols)
        open.erase(std::find(open.begin(), open.end(), best->position));
      seats[index] = *best;
    }
    return seats;
  }

  /// Largest share of the rows or columns first.
  [[nodiscard]] std::vector<int> by_decreasing_size() const {
    std::vector<int> order(extents_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return size_of(extents_[a]) > size_of(extents_[b]); });
    return order;
  }

 private:
  [[nodiscard]] double size_of(const Extent& extent) const {
    return std::max(static_cast<double>(extent.rows) / geometry_.num_inputs(),
                    static_cast<double>(extent.cols) / geometry_.cols);
  }

  [[nodiscard]] std::optional<Seat> seat_at(const Corner& corner, const Extent& extent,
                                            int position) const {
    const int group = geometry_.inputs_at_once();
    int row = corner.row;
    const bool is_in_one_group = row / group == (row + extent.rows - 1) / group;
    if (!is_in_one_group) row = (row + group - 1) / group * group;
    if (row + extent.rows > geometry_.num_inputs() || corner.column + extent.cols > geometry_.cols)
      return std::nullopt;
    return Seat{position, row, corner.column};
  }

  [[nodiscard]] double room_beyond(const Seat& seat, const Extent& extent) const {
    const double rows = geometry_.num_inputs() - seat.first_row - extent.rows;
    const double cols = geometry_.cols - seat.first_column - extent.cols;
    return rows / geometry_.num_inputs() + cols / geometry_.cols;
  }

  const std::vector<Extent>& extents_;
  const Geometry& geometry_;
};

/// Numbers positions in the order of the first block in them.
std::vector<Seat> renumbered(std::vector<Seat> seats) {
  std::vector<int> number(seats.size(), -1);
  int next = 0;
  for (Seat& seat : seats) {
    int& known = number[seat.position];
    if (known < 0) known = next++;
    seat.position = known;
  }
  return seats;
}

}  // namespace

std::vector<Seat> pack_along_diagonals(const std::vector<Extent>& extents,
                                       const Geometry& geometry) {
  for (const Extent& extent : extents)
    OHMWEAVE_REQUIRE(extent.rows > 0 && extent.rows <= geometry.num_inputs() && extent.cols > 0 &&
                         extent.cols <= geometry.cols,
                     "every block must fit the array");
  const Packer packer(extents, geometry);
  const std::vector<int> order = packer.by_decreasing_size();
  std::vector<Seat> first_fit = packer.fill(order, [](double, double) { return false; });
  std::vector<Seat> best_fit =
      packer.fill(order, [](double room, double best) { return room < best; });
  const bool is_first_fit_better = num_positions(first_fit) <= num_positions(best_fit);
  return renumbered(is_first_fit_better ? std::move(first_fit) : std::move(best_fit));
}

std::vector<Seat> assign_positions(const std::vector<Block>& blocks, const Geometry& geometry,
                                   Packing packing) {
  // Blocks that may share, by copy and layer (across layers: any).
  std::map<std::tuple<int, int, int>, std::vector<int>> classes;
  for (int b = 0; b < static_cast<int>(blocks.size()); ++b)
    classes[{blocks[b].copy, packing == Packing::AcrossLayers ? 0 : blocks[b].node,
             packing == Packing::None ? b : 0}]
        .push_back(b);
  std::vector<Seat> seats(blocks.size());
  int first_position = 0;
  for (const auto& [key, members] : classes) {
    std::vector<Extent> extents;
    for (const int b : members)
      extents.push_back({static_cast<int>(blocks[b].rows.size()),
                         static_cast<int>(blocks[b].columns.size()) + geometry.reserved_columns()});
    const std::vector<Seat> packed = pack_along_diagonals(extents, geometry);
    for (std::size_t i = 0; i < members.size(); ++i) {
      seats[members[i]] = packed[i];
      seats[members[i]].position += first_position;
    }
    first_position += num_positions(packed);
  }
  return renumbered(std::move(seats));
}

int num_positions(const std::vector<Seat>& seats) {
  int count = 0;
  for (const Seat& seat : seats) count = std::max(count, seat.position + 1);
  return count;
}

}  // namespace ohmweave::mapping
