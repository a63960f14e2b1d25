// SPDX-License-Identifier: MIT
/// @file
/// Frozen weights in fewer bytes compute what their dequantized matrix does, in layers, losses and lookups.
#include <ampsft/autograd/ops/gather.hpp>
#include <ampsft/autograd/ops/linear.hpp>
#include <ampsft/autograd/ops/linear_cross_entropy.hpp>

#include "autograd/testing.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// The results and the gradients of a layer's input, through a weight in any form, for a layer and for a loss.
template <class MakeProduct>
std::vector<Matrix<float>> results(MakeProduct&& make, Parameter<float>& x) {
  const std::vector<std::int32_t> targets{3, -1, 99, 0, 7};
  std::vector<Matrix<float>> all;
  for (const bool loss : {false, true}) {
    Tape<float> tape;
    x.clear_gradient();
    const ProductSum<float> products{{make(tape, tape.leaf(x)), {}}};
    const auto y = loss ? linear_cross_entropy<float>(products, {}, targets) : probe(linear<float>(products));
    all.push_back(y.value());
    tape.backward(y);
    all.push_back(x.gradient);
  }
  return all;
}

}  // namespace

TEST_CASE("a weight in bfloat16 computes what its dequantized matrix does", "[autograd]") {
  const Matrix<float> original = random_matrix<float>(100, 70, 1);
  const Bf16Weight<float> frozen(original);
  const Matrix<float> dequantized = frozen.dequantized();
  CHECK(frozen.rows() == 100);
  CHECK(frozen.cols() == 70);
  CHECK(frozen.bytes() == 2 * 100 * 70);
  for (Index i = 0; i < 100 * 70; ++i) {
    CHECK(std::abs(dequantized.data()[i] - original.data()[i]) <= 0x1p-8F * std::abs(original.data()[i]));
  }
  auto x = random_parameter<float>("x", 5, 70, 2);
  const auto found = results(
      [&](Tape<float>&, Variable<float> in) {
        return Product<float>{in, {}, -0.5F, &frozen};
      },
      x);
  const auto expected = results(
      [&](Tape<float>& tape, Variable<float> in) {
        return Product<float>{in, tape.constant(dequantized), -0.5F};
      },
      x);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(difference<float>(found[i], expected[i]) < rounding<float>);
  }
}

TEST_CASE("rows of a frozen weight are looked up", "[autograd]") {
  const Bf16Weight<float> frozen(random_matrix<float>(9, 4, 1));
  const Matrix<float> dequantized = frozen.dequantized();
  Tape<float> tape;
  const std::vector<std::int32_t> rows{8, 0, 0, 3};
  const auto found = gather_frozen<float>(tape, frozen, rows);
  CHECK_FALSE(found.requires_grad());
  for (Index i = 0; i < 4; ++i) {
    CHECK(found.map().row(i) == map(dequantized).row(rows[static_cast<std::size_t>(i)]));
  }
  CHECK_THROWS_WITH(gather_frozen<float>(tape, frozen, std::vector<std::int32_t>{9}), ContainsSubstring("no row 9"));
  CHECK_THROWS_WITH(linear<float>({{Product<float>{found, {}, 1.0F, nullptr}, {}}}), ContainsSubstring("needs both"));
}
