// SPDX-License-Identifier: MIT
#include <ampsft/train/gradient_sum.hpp>

#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// Behaves as if another rank had the same numbers, and remembers what it was asked to add.
struct Twice {
  std::vector<std::pair<const void*, std::size_t>>* calls;

  [[nodiscard]] Index rank() const { return 0; }
  [[nodiscard]] Index size() const { return 2; }
  void sum(std::span<float> numbers) const { add(numbers); }
  void sum(std::span<double> numbers) const { add(numbers); }
  void broadcast(std::span<std::byte>) const {}

 private:
  template <class T>
  void add(std::span<T> numbers) const {
    calls->emplace_back(numbers.data(), numbers.size());
    for (T& number : numbers) {
      number *= 2;
    }
  }
};

}  // namespace

TEST_CASE("gradients and loss are added in one call, in the same memory each time") {
  Parameter<double> a("a", make_matrix<double>(2, 3, 0.0));
  Parameter<double> b("b", make_matrix<double>(1, 5, 0.0));  // never reached by a backward pass here
  a.gradient = make_matrix<double>(2, 3, 1.5);
  a.has_gradient = true;
  const ParameterList<double> trained{&a, &b};
  std::vector<std::pair<const void*, std::size_t>> calls;
  GradientSum<double> add;
  double loss = 0.25;
  add(Twice{&calls}, trained, loss);
  CHECK(loss == 0.5);
  CHECK((flat(a.gradient) == 3.0).all());
  REQUIRE(b.has_gradient);
  CHECK((flat(b.gradient) == 0.0).all());
  const double* const places[] = {a.gradient.data(), b.gradient.data()};

  b.clear_gradient();
  flat(b.gradient).setConstant(7.0);  // what is left of an older step counts as zero
  add(Twice{&calls}, trained, loss);
  CHECK(loss == 1.0);
  CHECK((flat(a.gradient) == 6.0).all());
  CHECK((flat(b.gradient) == 0.0).all());
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].second == 12);
  CHECK(calls[1] == calls[0]);
  CHECK(a.gradient.data() == places[0]);
  CHECK(b.gradient.data() == places[1]);
}

TEST_CASE("one rank alone leaves gradients and loss as they are") {
  Parameter<float> a("a", make_matrix<float>(2, 2, 0.0F));
  GradientSum<float> add;
  double loss = 0.1;
  add(Alone{}, {&a}, loss);
  CHECK(loss == 0.1);
  CHECK_FALSE(a.has_gradient);
}
