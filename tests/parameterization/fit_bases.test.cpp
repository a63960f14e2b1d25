// SPDX-License-Identifier: MIT
/// @file
/// From weights to one basis for each input width.
#include <ampsft/basis/stack_moments.hpp>
#include <ampsft/parameterization/attach.hpp>
#include <ampsft/parameterization/fit_bases.hpp>

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "parameterization/cases.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

struct Model {
  Weight<double> embedding{"embedding", random_matrix<double>(9, 4, 1)};
  Weight<double> up{"up", random_matrix<double>(6, 4, 2)};
  Weight<double> down{"down", random_matrix<double>(4, 6, 3)};
  Weight<double> head = embedding.tied("head");

  [[nodiscard]] WeightList<double> weights() { return {&embedding, &up, &down, &head}; }
};

}  // namespace

TEST_CASE("weights are stacked by width, a tied one twice", "[parameterization]") {
  Model model;
  const auto stacks = stack_weights(model.weights());
  REQUIRE(stacks.size() == 2);
  CHECK(stacks[0].width() == 4);
  CHECK(stacks[0].rows() == 9 + 6 + 9);
  CHECK(stacks[1].width() == 6);
  CHECK(stacks[1].rows() == 4);
  CHECK(stacks[0].blocks()[2].name() == "head");
  Matrix<double> unused;
  CHECK(stacks[0].blocks()[0].read(0, 9, unused).data() == model.embedding.base().matrix()->data());  // views
  CHECK(stack_weights(model.weights(), {"up", "embedding"}).front().rows() == 15);
}

TEST_CASE("each width gets the basis of its stack", "[parameterization]") {
  Model model;
  const auto bases = fit_bases(model.weights(), SvdOptions{.rank = 2});
  REQUIRE(bases.size() == 2);
  const auto stacks = stack_weights(model.weights());
  for (const auto& stack : stacks) {
    const auto expected = UniversalBasis<double>::fit(stack, {.rank = 2});
    const auto& basis = *bases.at(stack.width());
    CHECK(difference<double>(basis.components(), expected.components()) < 1e-9);
    CHECK(difference<double>(basis.mean(), expected.mean()) < 1e-12);
  }
}

TEST_CASE("bases are fitted to weights that exist and are not adapted, at a rank that fits", "[parameterization]") {
  Model model;
  CHECK_THROWS_WITH(fit_bases(model.weights(), SvdOptions{}, {"q"}), ContainsSubstring("'q'"));
  CHECK_THROWS_AS(fit_bases(model.weights(), SvdOptions{.rank = 5}), Error);
  attach_scores(model.weights(), fit_bases(model.weights(), SvdOptions{.rank = 2}), ScoreForm::exact_start,
                {.patterns = {"up"}});
  CHECK_THROWS_WITH(stack_weights(model.weights()),
                    ContainsSubstring("up is parameterised as score (exact start)") && ContainsSubstring("detach"));
  detach(model.weights());
  CHECK(stack_weights(model.weights()).front().rows() == 24);
  const std::vector stacks{stack_weights(model.weights(), {"up"}).front(),
                           stack_weights(model.weights(), {"embedding"}).front()};
  CHECK_THROWS_WITH(fit_bases(stacks, SvdOptions{.rank = 1}), ContainsSubstring("another basis of width 4"));
}

TEST_CASE("any form of weights gives the bases of its numbers", "[parameterization]") {
  const auto form = GENERATE(BlockFormat::q8_0, BlockFormat::bf16, BlockFormat::f32);
  const bool in_memory = GENERATE(false, true);
  if (in_memory && form != BlockFormat::bf16) {
    return;
  }
  CAPTURE(block_format_name(form), in_memory);
  // more rows than are read at once, and some that make no whole panel
  std::vector<Weight<float>> stored;
  std::vector<Weight<float>> dense;
  for (const auto& [name, rows, cols] : {std::tuple<const char*, Index, Index>{"embedding", 1300, 64},
                                         {"up", 333, 64},
                                         {"down", 64, 96},
                                         {"gate", 40, 96}}) {
    FrozenBase<float> base = stored_weight<float>(form, rows, cols, static_cast<std::uint64_t>(rows));
    if (in_memory) {
      base = std::shared_ptr<const FrozenWeight<float>>(std::make_shared<const Bf16Weight<float>>(base.dequantized()));
    }
    stored.emplace_back(name, FrozenParameterization<float>(name, base));
    dense.emplace_back(name, base.dequantized());
  }
  const auto list = [](std::vector<Weight<float>>& weights) {
    WeightList<float> all;
    for (auto& weight : weights) {
      all.push_back(&weight);
    }
    return all;
  };
  const auto same = [](const BasisSet<float>& bases, const BasisSet<float>& expected) {
    CHECK(expected.size() == 2);
    CHECK(bases == expected);  // bit for bit
  };
  for (const auto method : {SvdMethod::automatic, SvdMethod::krylov, SvdMethod::tsqr}) {
    const SvdOptions options{.rank = 5, .method = method};
    same(fit_bases(list(stored), options), fit_bases(list(dense), options));
  }
  same(fit_bases(list(stored), RandomBasis{.rank = 3, .seed = 7}),
       fit_bases(list(dense), RandomBasis{.rank = 3, .seed = 7}));
  for (const auto& [one, other] : {std::pair(stack_weights(list(stored)), stack_weights(list(dense)))}) {
    REQUIRE(one.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto moments = accumulate(one[i]);
      const auto expected = accumulate(other[i]);
      CHECK(moments.matrices == expected.matrices);  // names, shapes, hashes of the values
      CHECK(map(moments.gram.mean()) == map(expected.gram.mean()));
    }
  }
}

TEST_CASE("a stack of stored weights is read in panels, never whole", "[parameterization]") {
  constexpr Index rows = 4000;
  constexpr Index cols = 32;
  std::atomic<Index> most = 0;
  std::atomic<Index> read = 0;
  const Matrix<float> values = random_matrix<float>(rows, cols, 3);
  RowStack<float> stack;
  stack.add(RowBlock<float>("w", rows, cols, [&](Index first, Index count, float* to) {
    Index known = most;
    while (known < count && !most.compare_exchange_weak(known, count)) {
    }
    read += count;
    std::copy_n(values.data() + first * cols, count * cols, to);
  }));
  static_cast<void>(fit_bases<float>({stack}, SvdOptions{.rank = 4}));
  CHECK(read >= rows);
  CHECK(most <= 1024);
}
