// SPDX-License-Identifier: MIT
/// @file
/// A NaN or an infinity reaches the results that it belongs to, and changes no bit of the others.
///
/// (The tests of each entry point compare random ones with a naive twin; here the places are named.)
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

#include <cmath>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

const std::vector<Shape> shapes{{1, 1, 1},  {2, 7, 1},    {7, 16, 3},   {5, 33, 5},  {13, 65, 8},
                                {6, 64, 9}, {50, 100, 7}, {40, 17, 33}, {3, 600, 2}, {12, 31, 80}};

/// Runs `call` at every level, before and after one element of `input` is made `value`. `hit(i, j)` says which elements
/// of `output` must then not be finite; all others keep their bits.
template <class T, class Call, class Hit>
void check_reach(Placed<T>& input, Index row, Index col, T value, Placed<T>& output, Call&& call, Hit&& hit) {
  const auto former = static_cast<T>(input(row, col));
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    call();
    const Placed<T> clean = output;
    input.put(row, col, value);
    call();
    input.put(row, col, former);
    Index wrong = 0;
    for (Index i = 0; i < output.rows(); ++i) {
      for (Index j = 0; j < output.cols(); ++j) {
        const bool reached = std::isnan(value) ? std::isnan(output.now(i, j)) : !std::isfinite(output.now(i, j));
        wrong += (hit(i, j) ? reached : output.now(i, j) == clean.now(i, j)) ? 0 : 1;
      }
    }
    CAPTURE(simd::name(level), row, col, value, output.rows(), output.cols());
    CHECK(wrong == 0);
  }
}

/// The first element, the last one and one between.
template <class T, class Body>
void for_places(const Placed<T>& matrix, Body&& body) {
  for (const T value : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::infinity()}) {
    body(Index{0}, Index{0}, value);
    body(matrix.rows() / 2, matrix.cols() / 2, value);
    body(matrix.rows() - 1, matrix.cols() - 1, value);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("what is not finite in scores stays in its row, in the basis or the mean in its column", "", float,
                   double) {
  using T = TestType;
  Random random(1);
  for (const auto& [n, d, k] : shapes) {
    Placed<T> s(n, k, random);
    Placed<T> b(k, d, random);
    Placed<T> mean(1, d, random);
    Placed<T> w(n, d, random);
    const auto run = [&] { reconstruct<T>(s.view(), b.view(), mean.view(), w.view()); };
    for_places(s, [&](Index row, Index col, T value) {
      check_reach(s, row, col, value, w, run, [&](Index i, Index) { return i == row; });
    });
    for_places(b, [&](Index row, Index col, T value) {
      check_reach(b, row, col, value, w, run, [&](Index, Index j) { return j == col; });
    });
    for_places(mean, [&](Index row, Index col, T value) {
      check_reach(mean, row, col, value, w, run, [&](Index, Index j) { return j == col; });
    });
  }
}

TEMPLATE_TEST_CASE("what is not finite in weights stays in its row of scores, in the basis in its column", "", float,
                   double) {
  using T = TestType;
  Random random(2);
  for (const auto& [n, d, k] : shapes) {
    Placed<T> w(n, d, random);
    Placed<T> b(k, d, random, 0.01);  // small scores, so that the residuals are above zero
    Placed<T> mean(1, d, random);
    Placed<T> s(n, k, random);
    Placed<T> residuals(1, n, random);
    const auto run_project = [&] { project<T>(w.view(), b.view(), s.view()); };
    const auto run_extract = [&] { extract<T>(w.view(), b.view(), mean.view(), s.view(), residuals.view()); };
    for_places(w, [&](Index row, Index col, T value) {
      const auto in_row = [&](Index i, Index) { return i == row; };
      check_reach(w, row, col, value, s, run_project, in_row);
      check_reach(w, row, col, value, s, run_extract, in_row);
      check_reach(w, row, col, value, residuals, run_extract, [&](Index, Index i) { return i == row; });
    });
    for_places(b, [&](Index row, Index col, T value) {
      const auto in_column = [&](Index, Index j) { return j == row; };
      check_reach(b, row, col, value, s, run_project, in_column);
      check_reach(b, row, col, value, s, run_extract, in_column);
    });
    for_places(mean, [&](Index row, Index col, T value) {
      check_reach(mean, row, col, value, s, run_extract, [](Index, Index) { return true; });
    });
  }
}

TEMPLATE_TEST_CASE("what is not finite in a gradient reaches its row of dS, its column of dB and dmu", "", float,
                   double) {
  using T = TestType;
  Random random(3);
  for (const auto& [n, d, k] : shapes) {
    Placed<T> dw(n, d, random);
    Placed<T> s(n, k, random);
    Placed<T> b(k, d, random);
    Placed<T> ds(n, k, random);
    Placed<T> db(k, d, random);
    Placed<T> dmu(1, d, random);
    const auto run = [&] { reconstruct_backward<T>(dw.view(), s.view(), b.view(), ds.view(), db.view(), dmu.view()); };
    for_places(dw, [&](Index row, Index col, T value) {
      const auto in_column = [&](Index, Index j) { return j == col; };
      check_reach(dw, row, col, value, ds, run, [&](Index i, Index) { return i == row; });
      check_reach(dw, row, col, value, db, run, in_column);
      check_reach(dw, row, col, value, dmu, run, in_column);
    });
    for_places(s, [&](Index row, Index col, T value) {
      check_reach(s, row, col, value, db, run, [&](Index l, Index) { return l == col; });
    });
    for_places(b, [&](Index row, Index col, T value) {
      check_reach(b, row, col, value, ds, run, [&](Index, Index l) { return l == row; });
    });
  }
}
