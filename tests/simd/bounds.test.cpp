// SPDX-License-Identifier: MIT
/// @file
/// No kernel touches memory outside its matrices: they end, or begin, at pages that cannot be read.
///
/// (The address sanitizer sees plain loads and stores; of masked ones it knows nothing, but the processor does.)
#if __has_include(<sys/mman.h>)
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gram.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include "simd/testing.hpp"
#include "support/catch.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// A matrix of ones that fills its pages to their end or from their start, between two forbidden pages.
template <class T>
class Fenced {
 public:
  Fenced(Index rows, Index cols, Index stride, bool at_end) : rows_(rows), cols_(cols), stride_(stride) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto elements = static_cast<std::size_t>((rows - 1) * stride + cols);
    const std::size_t inside = (elements * sizeof(T) + page - 1) / page * page;
    bytes_ = inside + 2 * page;
    void* const pages = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(pages != MAP_FAILED, "no memory for the test");
    pages_ = static_cast<std::byte*>(pages);
    require(mprotect(pages_ + page, inside, PROT_READ | PROT_WRITE) == 0, "no memory for the test");
    first_ = reinterpret_cast<T*>(pages_ + page + (at_end ? inside - elements * sizeof(T) : 0));
    std::fill_n(first_, elements, static_cast<T>(1.0F));
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { munmap(pages_, bytes_); }

  [[nodiscard]] StridedMap<T> view() { return {first_, rows_, cols_, Eigen::OuterStride<>(stride_)}; }

 private:
  Index rows_, cols_, stride_;
  std::size_t bytes_ = 0;
  std::byte* pages_ = nullptr;
  T* first_ = nullptr;
};

/// All entry points at one shape; a stray access ends the program.
template <class T, class W>
void call_all(Index n, Index d, Index k, Index gap, bool at_end) {
  Fenced<T> s(n, k, k + gap, at_end);
  Fenced<T> b(k, d, d + gap, at_end);
  Fenced<T> mean(1, d, d, at_end);
  Fenced<W> w(n, d, d + gap, at_end);
  Fenced<T> residuals(1, n, n, at_end);
  for (const simd::Level level : simd::levels()) {
    const UseLevel use(level);
    for (const Stores stores : {Stores::cached, Stores::streaming}) {
      reconstruct<T, W>(s.view(), b.view(), mean.view(), w.view(), stores);
      reconstruct_onto<T, W>(w.view(), T{0}, s.view(), b.view(), mean.view(), w.view(), stores);
    }
    project<T, W>(w.view(), b.view(), s.view(), WriteMode::add);
    extract<T, W>(w.view(), b.view(), mean.view(), s.view(), residuals.view());
    if constexpr (std::is_same_v<T, W>) {
      GramSums<T>(mean.view(), T{1}).add(w.view());
    }
    Fenced<T> ds(n, k, k + gap, at_end);
    Fenced<T> db(k, d, d + gap, at_end);
    Fenced<T> q(d, k, k + gap, at_end);
    reconstruct_backward<T, W>(w.view(), s.view(), b.view(), ds.view(), db.view(), mean.view());
    factored_output<T, W>(s.view(), q.view(), w.view(), WriteMode::add);
    factored_input_gradient<T, W>(w.view(), q.view(), ds.view(), WriteMode::add);
    factored_scores_gradient<T, W>(w.view(), s.view(), q.view());
    factored_basis_gradient<T, W>(w.view(), s.view(), db.view());
  }
}

}  // namespace

TEMPLATE_TEST_CASE("no kernel touches memory outside its matrices", "", Fp32, Fp64, Bf16) {
  Random random(1);
  for (Index d = 1; d <= 140; ++d) {  // each length of a row's end, with and without whole panels before it
    for (const bool at_end : {true, false}) {
      const Index n = 1 + random.below(40);
      const Index k = 1 + random.below(d % 4 == 0 ? 80 : 20);
      call_all<typename TestType::T, typename TestType::W>(n, d, k, random.below(3), at_end);
    }
  }
  SUCCEED();
}

#endif
