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

TEST_CASE("products with some rows of a weight in bfloat16 are parts of the whole ones", "[autograd]") {
  const Bf16Weight<float> frozen(random_matrix<float>(100, 70, 1));
  const Matrix<float> bias = random_matrix<float>(1, 100, 4);
  for (const Index tokens : {3, 20}) {
    const Matrix<float> x = random_matrix<float>(tokens, 70, 2);
    const Matrix<float> dy = random_matrix<float>(tokens, 100, 3);
    for (const WriteMode mode : {WriteMode::overwrite, WriteMode::add}) {
      Matrix<float> y = random_matrix<float>(tokens, 100, 5);
      Matrix<float> dx = random_matrix<float>(tokens, 70, 6);
      Matrix<float> y_parts = y;
      Matrix<float> dx_parts = dx;
      frozen.output(map(x), map(y), mode, 0.5F, map(bias));
      frozen.input_gradient(map(dy), map(dx), mode, 0.5F);
      for (const auto& [first, count] : {std::pair<Index, Index>{0, 67}, {67, 1}, {68, 32}}) {
        frozen.output_part(first, map(x), map(y_parts).middleCols(first, count), mode, 0.5F,
                           map(bias).middleCols(first, count));
        frozen.input_gradient_part(first, map(dy).middleCols(first, count), map(dx_parts),
                                   first == 0 ? mode : WriteMode::add, 0.5F);
      }
      CHECK(difference<float>(y_parts, y) < rounding<float>);
      CHECK(difference<float>(dx_parts, dx) < rounding<float>);
    }
  }
}

TEST_CASE("a linear operator refuses rows that it does not have", "[autograd]") {
  const Bf16Weight<float> frozen(random_matrix<float>(9, 4, 1));
  const Matrix<float> x = random_matrix<float>(2, 4, 2);
  Matrix<float> y = random_matrix<float>(2, 5, 3);
  Matrix<float> dx = x;
  const ConstMatrixMap<float> none(nullptr, 0, 0);
  CHECK_NOTHROW(frozen.output_part(4, map(x), map(y), WriteMode::overwrite, 1.0F, none));
  CHECK_THROWS_WITH(frozen.output_part(5, map(x), map(y), WriteMode::overwrite, 1.0F, none),
                    ContainsSubstring("9 outputs has none from 5 to 10"));
  CHECK_THROWS_WITH(frozen.output_part(-1, map(x), map(y), WriteMode::overwrite, 1.0F, none),
                    ContainsSubstring("from -1 to 4"));
  CHECK_THROWS_WITH(frozen.input_gradient_part(5, map(y), map(dx), WriteMode::overwrite, 1.0F),
                    ContainsSubstring("from 5 to 10"));
  CHECK_THROWS_WITH(frozen.output(map(x), map(y), WriteMode::overwrite, 1.0F, none), ContainsSubstring("5 columns"));
  CHECK_THROWS_WITH(frozen.input_gradient(map(y), map(dx), WriteMode::overwrite, 1.0F), ContainsSubstring("5 columns"));
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
