// SPDX-License-Identifier: MIT
/// @file
/// The mask of dropout: the same at every level and with any number of threads, for any length.
#include <ampsft/simd/dropout.hpp>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

template <class T>
Matrix<T> counted(Index rows, Index cols) {
  Matrix<T> x = make_matrix<T>(rows, cols);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<T>(i + 1);
  }
  return x;
}

template <class T>
Matrix<T> dropped(const Matrix<T>& x, double p, std::uint64_t seed) {
  Matrix<T> y = make_matrix<T>(rows(x), cols(x), std::numeric_limits<T>::quiet_NaN());
  dropout<T>(map(x), map(y), p, seed);
  return y;
}

template <class T>
bool same_elements(const Matrix<T>& a, const Matrix<T>& b) {
  return map(a) == map(b);
}

/// xoshiro128+ number `lane` of a piece, one number at a time.
class Lane {
 public:
  Lane(std::uint64_t seed, Index lane) {
    Random seeds(seed);
    for (auto& word : state_) {
      for (Index i = 0; i < 8; ++i) {
        const std::uint64_t two = seeds();
        if (i == lane / 2) {
          word = static_cast<std::uint32_t>(lane % 2 == 0 ? two : two >> 32U);
        }
      }
    }
  }

  std::uint32_t operator()() {
    const std::uint32_t result = state_[0] + state_[3];
    const std::uint32_t shifted = state_[1] << 9U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = (state_[3] << 11U) | (state_[3] >> 21U);
    return result;
  }

 private:
  std::uint32_t state_[4]{};
};

}  // namespace

TEMPLATE_TEST_CASE("dropout's mask is that of its generators one by one", "", float, double) {
  using T = TestType;
  constexpr Index piece = 4096;
  const std::pair<Index, Index> shapes[] = {{1, 1}, {3, 5}, {1, 16}, {7, 33}, {3, 4096}, {5, 1000}};
  for (const auto& [rows, cols] : shapes) {
    const Matrix<T> x = counted<T>(rows, cols);
    for (const double p : {0.0, 0.1, 0.9}) {
      Matrix<T> expected = make_matrix<T>(rows, cols);
      for (Index first = 0; first < rows * cols; first += piece) {
        std::vector<Lane> lanes;
        for (Index lane = 0; lane < 16; ++lane) {
          lanes.emplace_back(77 + static_cast<std::uint64_t>(first / piece), lane);
        }
        for (Index i = first; i < std::min(first + piece, rows * cols); ++i) {
          const bool passes = lanes[static_cast<std::size_t>(i % 16)]() >= std::round(p * 0x1p32);
          expected.data()[i] = passes ? x.data()[i] * static_cast<T>(1.0 / (1.0 - p)) : T{0};
        }
      }
      for (const simd::Level level : simd::levels()) {
        const UseLevel use(level);
        CHECK(same_elements(dropped(x, p, 77), expected));
      }
    }
  }
}

TEMPLATE_TEST_CASE("dropout adds to what is there, and takes no number from what it drops", "", float, double) {
  using T = TestType;
  Matrix<T> x = counted<T>(9, 100);
  const Matrix<T> once = dropped(x, 0.5, 3);
  Matrix<T> twice = once;
  dropout<T>(map(x), map(twice), 0.5, 3, WriteMode::add);
  CHECK((flat(twice) == T{2} * flat(once)).all());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (once.data()[i] == T{0}) {
      x.data()[i] = std::numeric_limits<T>::quiet_NaN();
    }
  }
  CHECK(same_elements(dropped(x, 0.5, 3), once));
}

TEST_CASE("dropout's mask does not depend on the threads", "") {
  const Matrix<float> x = counted<float>(100, 1000);
  set_thread_count(1);
  const Matrix<float> alone = dropped(x, 0.3, 5);
  set_thread_count(3);
  const Matrix<float> together = dropped(x, 0.3, 5);
  set_thread_count(0);
  CHECK(same_elements(alone, together));
}

TEST_CASE("dropout's mask has neither pattern in rows nor in columns", "") {
  // Elements that differ by any small distance are dropped together as often as independent ones would be.
  const Matrix<float> y = dropped(counted<float>(1, 1 << 18), 0.25, 11);
  const Index count = static_cast<Index>(y.size());
  for (const Index distance : {1, 2, 8, 15, 16, 17, 32, 4080, 4096, 8192}) {
    Index both = 0;
    for (Index i = 0; i + distance < count; ++i) {
      both += y.data()[i] == 0.0F && y.data()[i + distance] == 0.0F ? 1 : 0;
    }
    const double share = static_cast<double>(both) / static_cast<double>(count - distance);
    CHECK(std::abs(share - 0.0625) < 6.0 * std::sqrt(0.0625 / static_cast<double>(count)));
  }
}

TEST_CASE("dropout refuses shapes and probabilities that cannot be", "") {
  Matrix<float> x = counted<float>(4, 6);
  Matrix<float> y = counted<float>(4, 6);
  CHECK_THROWS_AS(dropout<float>(map(x), map(y).topRows(3), 0.5, 1), Error);
  CHECK_THROWS_AS(dropout<float>(map(x).leftCols(5), map(y).leftCols(5), 0.5, 1), Error);
  CHECK_THROWS_AS(dropout<float>(map(x), map(y), 1.0, 1), Error);
  CHECK_THROWS_AS(dropout<float>(map(x), map(y), std::numeric_limits<double>::quiet_NaN(), 1), Error);
}
