// SPDX-License-Identifier: MIT
/// @file
/// A batch of variants computes what each variant computes by itself; the store may change while others read it.
#include <ampsft/adapter/merge.hpp>
#include <ampsft/adapter/variant_weights.hpp>
#include <ampsft/autograd/gradient_check.hpp>
#include <ampsft/autograd/ops/weighted_sum.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <atomic>
#include <thread>

#include "adapter/model.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

/// Adapters of one base, over one basis, by seed.
ScoreAdapter<double> variant(std::uint64_t seed, AttachTargets targets = {}) {
  Tuned<double> tuned(std::move(targets), ScoreForm::exact_start, seed);
  return take_adapter(tuned.model.weights());
}

}  // namespace

TEST_CASE("every sequence of a batch uses its own variant, or the base") {
  const AttachTargets targets{.patterns = {"*"}, .tied = GENERATE(Tied::shared, Tied::separate)};
  const std::vector<ScoreAdapter<double>> adapters{variant(1, targets), variant(2, targets)};
  VariantStore<double> store(adapters[0]);
  store.add("one", adapters[0]);
  store.add("two", adapters[1]);
  Transformer<double> model(tiny::config(), 3);
  const auto base = logits_of(model, some_tokens, 4);
  std::vector<Matrix<double>> alone;
  for (const auto& adapter : adapters) {
    Transformer<double> single(tiny::config(), 3);
    attach_adapter(adapter, single.weights());
    alone.push_back(logits_of(single, some_tokens, 4));
  }
  const auto selection = attach_variants(store, model.weights());
  CHECK(distance(logits_of(model, some_tokens, 4), base) < 1e-12);
  selection->use({store.find("two"), store.find("one"), nullptr, store.find("one")});
  const auto mixed = logits_of(model, some_tokens, 4);
  const Matrix<double>* const expected[] = {&alone[1], &alone[0], &base, &alone[0]};
  for (Index sequence = 0; sequence < 4; ++sequence) {
    CHECK((map(mixed).middleRows(3 * sequence, 3) - map(*expected[sequence]).middleRows(3 * sequence, 3))
              .cwiseAbs()
              .maxCoeff() < 1e-12);
  }
  CHECK(distance(alone[0], alone[1]) > 0.01);
  selection->use(store.find("two"));
  CHECK(distance(logits_of(model, some_tokens, 4), alone[1]) < 1e-12);
  selection->use({store.find("two"), store.find("one"), nullptr, nullptr, nullptr});
  CHECK_THROWS_WITH(logits_of(model, some_tokens, 4), ContainsSubstring("5 sequences"));
}

TEST_CASE("a variant of another base, basis or set of matrices is refused") {
  const auto good = variant(1);
  VariantStore<double> store(good);
  auto bad = good;
  bad.base = "0123456789abcdef";
  CHECK_THROWS_WITH(store.add("bad", bad), ContainsSubstring("0123456789abcdef"));
  bad = good;
  bad.bases.erase(12);
  bad.bases.insert(UniversalBasis<double>::random(12, 3, 77));
  CHECK_THROWS_WITH(store.add("bad", bad), ContainsSubstring("bases"));
  CHECK_THROWS_AS(store.add("bad", variant(1, {.patterns = {"blocks.*"}})), Error);
  bad = good;
  auto& scores = bad.matrices.back().scores;
  scores = make_matrix<double>(rows(scores), cols(scores) + 1, 1.0);
  CHECK_THROWS_AS(store.add("bad", bad), Error);
  CHECK(store.names().empty());
  CHECK_THROWS_WITH(store.find("bad"), ContainsSubstring("'bad'"));
  Transformer<double> other(tiny::config(), 4);
  CHECK_THROWS_WITH(attach_variants(store, other.weights()), ContainsSubstring(good.base));
}

TEST_CASE("variants come and go while others use them") {
  const std::vector<ScoreAdapter<double>> adapters{variant(1, {.patterns = {"blocks.*"}}),
                                                   variant(2, {.patterns = {"blocks.*"}})};
  VariantStore<double> store(adapters[0]);
  store.add("kept", adapters[0]);
  const double first = adapters[0].matrices[0].scores(0, 0);
  const double second = adapters[1].matrices[0].scores(0, 0);
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (int turn = 0; turn < 2000; ++turn) {
        const double value = store.find("kept")->scores(0, 0);
        wrong += value != first && value != second ? 1 : 0;
      }
    });
  }
  for (int turn = 0; turn < 500; ++turn) {
    store.add("kept", adapters[static_cast<std::size_t>(turn) % 2]);
    store.add("passing", adapters[1]);
    wrong += store.remove("passing") ? 0 : 1;
  }
  for (auto& reader : readers) {
    reader.join();
  }
  CHECK(wrong == 0);
  CHECK_FALSE(store.remove("passing"));
  const auto held = store.find("kept");
  const double value = held->scores(0, 0);
  CHECK(store.remove("kept"));
  CHECK(held->scores(0, 0) == value);
  CHECK(store.names().empty());
}

TEST_CASE("gradients pass through a batch of variants, unless others are selected in between") {
  const Index outputs = 7;
  const Index rank = 3;
  const auto basis = std::make_shared<const UniversalBasis<double>>(UniversalBasis<double>::random(5, rank, 1));
  auto any = [random = Random(3)](Index rows, Index cols) mutable {
    auto matrix = make_matrix<double>(rows, cols);
    fill_normal(matrix, 1, random);
    return matrix;
  };
  const auto selection = std::make_shared<VariantSelection<double>>();
  const auto one = std::make_shared<const Variant<double>>(Variant<double>{any(1, outputs * rank)});
  const auto two = std::make_shared<const Variant<double>>(Variant<double>{any(1, outputs * rank)});
  selection->use({two, nullptr, one});
  const FrozenBase<double> base = std::make_shared<const Matrix<double>>(any(outputs, 5));
  VariantParameterization<double> weight("w", base, {{"w"}, outputs, 0, basis}, selection);
  Parameter<double> x("x", any(6, 5));
  const Matrix<double> factor = any(6, outputs);
  const auto loss = [&](Tape<double>& tape) { return weighted_sum(linear(weight.products(tape.leaf(x))), factor); };
  const ParameterList<double> parameters{&x};
  CHECK(check_gradients<double>(loss, parameters).largest_error < 1e-8);

  Tape<double> tape;
  const auto y = loss(tape);
  selection->use({two, nullptr, two});
  CHECK_THROWS_WITH(tape.backward(y), ContainsSubstring("other variants were selected"));
}

TEST_CASE("a model that uses one variant is merged as its adapter is; one that uses several is refused") {
  Tuned<double> tuned({.patterns = {"blocks.*"}});
  const auto adapter = take_adapter(tuned.model.weights());
  VariantStore<double> store(adapter);
  store.add("one", adapter);
  Transformer<double> model(tiny::config(), 3);
  const auto selection = attach_variants(store, model.weights());
  const auto before = base_hash(model.weights());
  CHECK(before == adapter.base);
  selection->use(std::vector{store.find("one"), store.find("one")});
  CHECK_THROWS_WITH(merge(model.weights()), ContainsSubstring("2 sequences"));
  selection->use(store.find("one"));
  auto merged = merge(model.weights());
  const auto expected = merge(tuned.model.weights());
  for (std::size_t i = 0; i < model.weights().size(); ++i) {
    CHECK_FALSE(model.weights()[i]->is_adapted());
    CHECK(same(model.weights()[i]->materialize(), tuned.model.weights()[i]->materialize()));  // bit for bit
  }
  merged.unmerge();
  CHECK_THROWS_WITH(take_adapter(model.weights()), ContainsSubstring("parameterised as variants"));
  detach(model.weights());
  CHECK(base_hash(model.weights()) == before);
}

TEST_CASE("a variant's memory is its scores") {
  const auto adapter = variant(1);
  VariantStore<double> store(adapter);
  store.add("one", adapter);
  Index scores = 0;
  for (const auto& matrix : adapter.matrices) {
    scores += static_cast<Index>(matrix.scores.size());
  }
  CHECK(store.bytes_each() == scores * static_cast<Index>(sizeof(double)));
  CHECK(static_cast<Index>(store.find("one")->scores.size()) == scores);
}

TEST_CASE("any number of threads computes the product of a batch, each sequence with its own scores") {
  const Index outputs = 4096;  // so many that some rows are worth a thread
  const Index rank = 8;
  const Index offset = 5;
  const Index length = 25;
  const auto basis = std::make_shared<const UniversalBasis<double>>(UniversalBasis<double>::random(12, rank, 1));
  Random random(1);
  std::vector<std::shared_ptr<const Variant<double>>> variants;
  for (int i = 0; i < 2; ++i) {
    auto made = std::make_shared<Variant<double>>(Variant<double>{make_matrix<double>(1, offset + outputs * rank)});
    fill_normal(made->scores, 1, random);
    variants.push_back(std::move(made));
  }
  const auto selection = std::make_shared<VariantSelection<double>>();
  selection->use({variants[0], nullptr, variants[1], variants[0]});
  VariantExpansion<double> expansion(selection, {{"w"}, outputs, offset, basis});
  expansion.expect(4 * length);
  auto z = make_matrix<double>(4 * length, rank);
  auto bias = make_matrix<double>(1, outputs);
  auto before = make_matrix<double>(4 * length, outputs);
  for (auto* matrix : {&z, &bias, &before}) {
    fill_normal(*matrix, 1, random);
  }
  const WriteMode mode = GENERATE(WriteMode::overwrite, WriteMode::add);
  const ConstMatrixMap<double> added(bias.data(), mode == WriteMode::add ? 0 : 1, outputs);
  Matrix<double> expected = mode == WriteMode::add ? before : make_matrix<double>(4 * length, outputs, 0.0);
  for (Index row = 0; row < 4 * length; ++row) {
    const auto* variant = selection->sequences()[static_cast<std::size_t>(row / length)].get();
    for (Index n = 0; n < outputs; ++n) {
      map(expected)(row, n) += mode == WriteMode::add ? 0.0 : map(bias)(0, n);
      for (Index k = 0; variant != nullptr && k < rank; ++k) {
        map(expected)(row, n) += 0.5 * map(z)(row, k) * map(variant->scores)(0, offset + k * outputs + n);
      }
    }
  }
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    Matrix<double> y = before;
    expansion.output(map(z), map(y), mode, 0.5, added);
    Matrix<double> parts = before;
    for (const auto& [first, count] : {std::pair<Index, Index>{0, 3}, {3, outputs - 3}}) {
      expansion.output_part(first, map(z), map(parts).middleCols(first, count), mode, 0.5,
                            added.middleCols(first, count));
    }
    set_thread_count(0);
    CHECK(distance(y, expected) < 1e-12);
    CHECK(distance(parts, expected) < 1e-12);
  }
}
