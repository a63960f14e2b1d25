// SPDX-License-Identifier: MIT
/// @file
/// With an orthonormal basis, project and extract undo reconstruct, and the residual is what the basis misses.
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>

#include <cmath>

#include "simd/matrices.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

// Let M = (|S| |B| + 1 |mu|') |B|'. Making W costs at most (K + 3) eps |S| |B| + 1 |mu|', taking it back (d + 3) eps,
// and the rounded basis is orthonormal to eps: in all less than (d + K + 8) eps M.
TEMPLATE_TEST_CASE("project and extract give back the scores of an orthonormal basis", "", float, double) {
  using T = TestType;
  using M = EigenMatrix<T>;
  Random random(3);
  for (const auto& [n, d, k] : law_shapes) {
    const Index rank = std::min(k, d);
    const M b = orthonormal<T>(rank, d, random);
    const M s = uniform<T>(n, rank, random);
    for (const double size : {0.0, 1.0, 1000.0}) {
      const M mean = size > 0 ? M(static_cast<T>(size) * uniform<T>(1, d, random)) : M(0, d);
      EigenMatrix<double> magnitude = magnitudes<T>(s) * magnitudes<T>(b);
      if (size > 0) {
        magnitude.rowwise() += magnitudes<T>(mean).row(0);
      }
      const EigenMatrix<double> bound =
          static_cast<double>(d + rank + 8) * epsilon<T> * magnitude * magnitudes<T>(b).transpose();
      for (const simd::Level level : simd::levels()) {
        const UseLevel use(level);
        CAPTURE(simd::name(level), n, d, rank, size);
        M w(n, d);
        M back(n, rank);
        reconstruct<T>(s, b, mean, w);
        extract<T>(w, b, mean, back);
        CHECK(within<T>(back, s, bound));
        if (size == 0.0) {
          project<T>(w, b, back);
          CHECK(within<T>(back, s, bound));
        }
      }
    }
  }
}

// |w - mu|^2 - |s|^2 = |w - mu - s B|^2 + 2 s (s - (w - mu) B')' for an orthonormal basis, and each score is good to
// (d + 4) eps |w - mu|; the sums of squares to (d + K + 4) eps |w - mu|^2.
TEMPLATE_TEST_CASE("the residual of extract is what the basis misses", "", float, double) {
  using T = TestType;
  using M = EigenMatrix<T>;
  Random random(4);
  for (const auto& [n, d, k] : law_shapes) {
    const Index rank = std::min(k, (d + 1) / 2);
    const M b = orthonormal<T>(rank, d, random);
    const M w = uniform<T>(n, d, random);
    const M mean = uniform<T>(1, d, random);
    EigenMatrix<double> centred = w.template cast<double>();
    centred.rowwise() -= mean.row(0).template cast<double>();
    const double relative = 4 * std::sqrt(static_cast<double>(rank)) * static_cast<double>(d + 8) * epsilon<T>;
    for (const simd::Level level : simd::levels()) {
      const UseLevel use(level);
      CAPTURE(simd::name(level), n, d, rank);
      M s(n, rank);
      M residuals(1, n);
      extract<T>(w, b, mean, s, residuals);
      const EigenMatrix<double> missed = centred - s.template cast<double>() * b.template cast<double>();
      for (Index i = 0; i < n; ++i) {
        CHECK(residuals(0, i) >= 0);
        CHECK(std::fabs(static_cast<double>(residuals(0, i)) - missed.row(i).squaredNorm()) <=
              relative * centred.row(i).squaredNorm());
      }
    }
  }
}
