// SPDX-License-Identifier: MIT
/// @file
/// Moments of whole stacks: values, hashes, threads, memory.
#include <ampsft/basis/stack_moments.hpp>
#include <ampsft/core/random.hpp>

#include "support/catch.hpp"
#include "support/count_allocations.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
Matrix<T> normal(Index rows, Index cols, std::uint64_t seed) {
  Random random(seed);
  Matrix<T> matrix = make_matrix<T>(rows, cols);
  fill_normal(matrix, 1.0, random);
  return matrix;
}

/// Rows that are read into a buffer.
template <class T>
RowBlock<T> converted(const std::string& name, const Matrix<T>& matrix) {
  return {name, rows(matrix), cols(matrix), [&matrix](Index first, Index count, T* to) {
            std::copy_n(matrix.data() + first * cols(matrix), count * cols(matrix), to);
          }};
}

template <class T>
RowStack<T> stack_of(const Matrix<T>& a, const Matrix<T>& b, bool in_place) {
  RowStack<T> stack("s");
  stack.add(in_place ? RowBlock<T>("a", map(a)) : converted("a", a));
  stack.add(in_place ? RowBlock<T>("b", map(b)) : converted("b", b));
  return stack;
}

struct ThreadCount {
  explicit ThreadCount(int count) { set_thread_count(count); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { set_thread_count(0); }
};

}  // namespace

TEMPLATE_TEST_CASE("moments of a stack are those of its rows, wherever they lie", "[basis]", float, double) {
  using T = TestType;
  // less than a chunk and several; more chunks than are read at once, with a rest
  for (const auto& [n, m, d] : {std::tuple<Index, Index, Index>{3, 2500, 7}, {700, 17'000, 33}, {40, 21'000, 400}}) {
    const Matrix<T> a = normal<T>(n, d, 1);
    const Matrix<T> b = normal<T>(m, d, 2);
    GramAccumulator<T> expected(d);
    expected.add(map(a));
    expected.add(map(b));
    for (const bool in_place : {true, false}) {
      CAPTURE(n, m, d, in_place);
      Index told = 0;
      const auto moments = accumulate(stack_of(a, b, in_place), [&](Index rows) { told += rows; });
      CHECK(told == n + m);
      CHECK(moments.gram.count() == n + m);
      CHECK((map(moments.gram.mean()) - map(expected.mean())).cwiseAbs().maxCoeff() < 1e-13);
      const Matrix<double> found = moments.gram.scatter();
      const Matrix<double> wanted = expected.scatter();
      CHECK((map(found) - map(wanted)).cwiseAbs().maxCoeff() < 1e-9);
      CHECK(moments.gram.raw_energy() == Approx(expected.raw_energy()).epsilon(1e-13));
      REQUIRE(moments.matrices.size() == 2);
      const Index height = detail::chunk_rows(d);
      std::vector<std::uint64_t> hashes;
      for (Index first = 0; first < m; first += height) {
        hashes.push_back(
            detail::hash_rows<T>({b.data() + first * d, std::min(height, m - first), d, Eigen::OuterStride<>(d)}));
      }
      CHECK(moments.matrices[1].hash == hash_text(detail::join_hashes(hashes)));
    }
  }
}

TEST_CASE("the number of threads changes no bit of a stack's moments", "[basis]") {
  const Matrix<float> a = normal<float>(900, 70, 1);
  const Matrix<float> b = normal<float>(5000, 70, 2);
  const auto with = [&](int threads) {
    const ThreadCount count(threads);
    return accumulate(stack_of(a, b, true));
  };
  const auto serial = with(1);
  const auto threaded = with(5);
  CHECK((serial.gram.scatter() == threaded.gram.scatter()));
  CHECK((serial.gram.mean() == threaded.gram.mean()));
}

TEST_CASE("moments of a stack take at most 1.3 d^2 doubles, however many threads there are", "[basis]") {
  for (const Index d : {363, 577, 1000}) {
    const Matrix<float> a = normal<float>(1500, d, 1);
    const Matrix<float> b = normal<float>(900, d, 2);
    for (const bool in_place : {true, false}) {
      for (const int threads : {1, 16}) {
        const ThreadCount count(threads);
        const auto stack = stack_of(a, b, in_place);
        const auto bytes = peak_bytes([&] { static_cast<void>(accumulate(stack)); });
        const auto square = static_cast<std::size_t>(d * d) * sizeof(double);
        CAPTURE(d, in_place, threads);
        CHECK(bytes >= square);
        CHECK(bytes <= square * 13 / 10);
      }
    }
  }
}

TEST_CASE("a NaN in a stack is named", "[basis]") {
  const Matrix<float> a = normal<float>(900, 5, 1);
  Matrix<float> b = normal<float>(20'000, 5, 2);
  map(b)(17'345, 3) = std::numeric_limits<float>::quiet_NaN();
  for (const bool in_place : {true, false}) {
    CHECK_THROWS_WITH(accumulate(stack_of(a, b, in_place)), ContainsSubstring("'b'") && ContainsSubstring("row 17345"));
  }
  CHECK_THROWS_WITH(accumulate(RowStack<float>()), ContainsSubstring("empty stack"));
}
