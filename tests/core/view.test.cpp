// SPDX-License-Identifier: MIT
/// @file
/// Views bind in place to every kind of map, degenerate shapes included.
#include <ampsft/core/view.hpp>

#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

const float* address(const ConstView<float>& view) {
  return view.data();
}

void fill(View<float> view, float value) {
  view.setConstant(value);
}

}  // namespace

TEST_CASE("a view reads maps of any stride in place") {
  std::vector<float> memory(60);
  for (const auto& [rows, cols] : std::vector<std::pair<Index, Index>>{{5, 4}, {1, 4}, {5, 1}, {1, 1}}) {
    CAPTURE(rows, cols);
    CHECK(address(MatrixMap<float>(memory.data(), rows, cols)) == memory.data());
    CHECK(address(ConstMatrixMap<float>(memory.data(), rows, cols)) == memory.data());
    const Eigen::OuterStride<> stride(7);
    CHECK(address(StridedMap<float>(memory.data(), rows, cols, stride)) == memory.data());
    CHECK(address(ConstStridedMap<float>(memory.data(), rows, cols, stride)) == memory.data());
    CHECK(address(MatrixMap<float>(memory.data(), 6, 10).block(1, 2, rows, cols)) == memory.data() + 12);
  }
}

TEST_CASE("a writable view writes its own elements only") {
  std::vector<float> memory(21, 1.0F);
  fill(StridedMap<float>(memory.data() + 1, 3, 2, Eigen::OuterStride<>(7)), 5.0F);
  for (std::size_t i = 0; i < memory.size(); ++i) {
    CHECK(memory[i] == (i % 7 == 1 || i % 7 == 2 ? 5.0F : 1.0F));
  }
}
