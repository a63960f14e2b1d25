// SPDX-License-Identifier: MIT
/// @file
/// Rows that come from beyond the second-level cache, and outputs whose rows fall on the same cache sets: the kernels
/// take other ways there.
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <algorithm>

#include "simd/matrices.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Within the rounding of sums of `terms` products of numbers up to 2.
bool close(const EigenMatrix<float>& got, const EigenMatrix<double>& expected, Index products) {
  return (got.cast<double>() - expected).cwiseAbs().maxCoeff() <= 5e-7 * static_cast<double>(products);
}

}  // namespace

TEMPLATE_TEST_CASE("project and extract of far rows equal the plain product", "", float, BFloat16) {
  using X = TestType;
  Random random(1);
  for (const Index d : {17, 64, 257, 1024}) {
    for (const Index rank : {1, 4, 5, 8, 9, 33}) {
      const Index extra[] = {1, 2, 3, 50};
      const Index n = (Index{1} << 20) / (4 * d) + extra[random.below(4)];
      const Index gap = 3 * random.below(2);
      const EigenMatrix<X> wide = uniform<float>(n, d + gap, random).template cast<X>();
      const auto w = wide.leftCols(d);
      const EigenMatrix<float> b = uniform<float>(rank, d, random);
      const EigenMatrix<float> mean = uniform<float>(1, d, random);
      const EigenMatrix<double> x = w.template cast<double>();
      const EigenMatrix<double> projected = x * b.cast<double>().transpose();
      const EigenMatrix<double> centred = x.rowwise() - mean.cast<double>().row(0);
      const EigenMatrix<double> extracted = centred * b.cast<double>().transpose();
      for (const simd::Level level : simd::levels()) {
        CAPTURE(simd::name(level), n, d, rank, gap);
        const UseLevel use(level);
        EigenMatrix<float> s(n, rank);
        project<float, X>(w, b, s);
        CHECK(close(s, projected, d));
        extract<float, X>(w, b, mean, s);
        CHECK(close(s, extracted, d));
      }
    }
  }
}

TEMPLATE_TEST_CASE("reconstruct fills rows that share cache sets, many blocks of them", "", float, BFloat16) {
  using W = TestType;
  Random random(2);
  for (const Index d : {33, 65, 300, 1024, 1030}) {
    for (const Index stride : {0, 256, 1024, 2048}) {
      const Index n = 7 + random.below(200);
      const Index rank = 1 + random.below(9);
      const EigenMatrix<float> s = uniform<float>(n, rank, random);
      const EigenMatrix<float> b = uniform<float>(rank, d, random);
      const EigenMatrix<float> mean = uniform<float>(1, d, random);
      EigenMatrix<double> expected = s.cast<double>() * b.cast<double>();
      expected.rowwise() += mean.cast<double>().row(0);
      for (const simd::Level level : simd::levels()) {
        CAPTURE(simd::name(level), n, d, rank, stride);
        const UseLevel use(level);
        EigenMatrix<W> wide = EigenMatrix<W>::Constant(n, std::max(d, stride), W{7});
        reconstruct<float, W>(s, b, mean, wide.leftCols(d), Stores::cached);
        const EigenMatrix<double> got = wide.leftCols(d).template cast<double>();
        const double rounding = std::is_same_v<W, float> ? 5e-6 : 0x1p-8 * static_cast<double>(rank + 1);
        CHECK((got - expected).cwiseAbs().maxCoeff() <= rounding);
        CHECK((wide.rightCols(wide.cols() - d).array() == W{7}).all());
      }
    }
  }
}
