// SPDX-License-Identifier: MIT
/// @file
/// Losses of variants that were computed together are those of each adapter by itself.
#include <ampsft/adapter/evaluate_variants.hpp>
#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/parameterization/attach.hpp>

#include <cmath>

#include "adapter/model.hpp"

using namespace ampsft;
using namespace ampsft::test;

namespace {

ScoreAdapter<double> variant(std::uint64_t seed, const AttachTargets& targets) {
  Tuned<double> tuned(targets, ScoreForm::exact_start, seed);
  return take_adapter(tuned.model.weights());
}

/// Five rows of six tokens: documents, padding, targets that are left out, one row without any.
PackedRows some_rows() {
  std::vector<EncodedRecord> records;
  Random random(3);
  for (const std::size_t size : {6, 4, 2, 5, 3, 6, 6}) {
    EncodedRecord record;
    for (std::size_t i = 0; i < size; ++i) {
      record.ids.push_back(static_cast<std::int32_t>(random.below(11)));
      record.learned.push_back(i > 0 && (i % 3 != 0 || size == 6) && records.size() != 5);
    }
    records.push_back(record);
  }
  return pack_records(records, 6);
}

/// Mean loss of a model over the rows, one at a time, from whole logits.
double loss_of(Transformer<double>& model, const PackedRows& rows) {
  double sum = 0.0;
  double count = 0.0;
  for (Index row = 0; row < rows.rows; ++row) {
    const TokenBatch batch = rows.batch(row, 1);
    Tape<double> tape(TapeMode::inference);
    const Matrix<double> logits = model.logits(model.hidden(tape, batch)).value();
    for (std::size_t i = 0; i < batch.targets.size(); ++i) {
      if (batch.targets[i] >= 0) {
        const auto line = map(logits).row(static_cast<Index>(i));
        sum += std::log(line.array().exp().sum()) - line(batch.targets[i]);
        count += 1.0;
      }
    }
  }
  return sum / count;
}

}  // namespace

TEST_CASE("variants that are evaluated together have the losses of each alone") {
  // with the head and the embedding among the adapted, tied or apart, and without
  const AttachTargets targets =
      GENERATE(AttachTargets{.patterns = {"*"}, .tied = Tied::shared},
               AttachTargets{.patterns = {"*"}, .tied = Tied::separate}, AttachTargets{.patterns = {"blocks.*"}});
  const PackedRows rows = some_rows();
  REQUIRE(rows.rows >= 5);
  const std::vector<ScoreAdapter<double>> adapters{variant(1, targets), variant(2, targets)};
  const PackedDataset text(rows);
  VariantStore<double> store(adapters[0]);
  store.add("one", adapters[0]);
  store.add("two", adapters[1]);
  std::vector<double> alone;
  for (const auto& adapter : adapters) {
    Transformer<double> single(tiny::config(), 3);
    attach_adapter(adapter, single.weights());
    alone.push_back(loss_of(single, rows));
  }
  Transformer<double> model(tiny::config(), 3);
  const double base = loss_of(model, rows);
  const auto selection = attach_variants(store, model.weights());
  for (const Index at_once : {1, 2, 9}) {
    std::vector<Index> seen;
    const auto together = evaluate_variants(model, *selection, {store.find("two"), nullptr, store.find("one")}, text,
                                            {.sequences = at_once, .on_batch = [&](Index done, Index) {
                                               seen.push_back(done);
                                               return true;
                                             }});
    REQUIRE(together.size() == 3);
    CHECK(seen.back() == text.window_count());
    CHECK(static_cast<Index>(seen.size()) == (text.window_count() + at_once - 1) / at_once);
    CHECK(together[0].loss == Approx(alone[1]).epsilon(1e-10));
    CHECK(together[1].loss == Approx(base).epsilon(1e-10));
    CHECK(together[2].loss == Approx(alone[0]).epsilon(1e-10));
    CHECK(together[0].tokens == together[2].tokens);
  }
  const auto stopped = evaluate_variants(model, *selection, {nullptr}, text,
                                         {.sequences = 1, .on_batch = [](Index, Index) { return false; }});
  CHECK(stopped[0].stopped);
  CHECK(stopped[0].tokens == counted_targets(text.window_batch(0, 1).targets));
  CHECK(std::abs(alone[0] - base) > 1e-3);
  CHECK(std::abs(alone[0] - alone[1]) > 1e-3);
  CHECK_THROWS_AS(evaluate_variants(model, *selection, {}, text), Error);
  CHECK_THROWS_AS(evaluate_variants(model, *selection, {nullptr}, text, {.sequences = 0}), Error);
}

TEST_CASE("a loss of a part of the rows is refused where sequences have different variants") {
  const auto adapter = variant(1, {.patterns = {"*"}, .tied = Tied::shared});
  VariantStore<double> store(adapter);
  store.add("one", adapter);
  Transformer<double> model(tiny::config(), 3);
  const auto selection = attach_variants(store, model.weights());
  selection->use(std::vector{store.find("one"), {}});
  std::vector<std::int32_t> targets = some_tokens;
  targets[4] = ignored_target;  // the head computes the others' rows
  Tape<double> tape(TapeMode::inference);
  CHECK_THROWS_WITH(model.loss(tape, some_tokens, targets, 2), ContainsSubstring("evaluate_variants"));
}
