// SPDX-License-Identifier: MIT
/// @file
/// Training on packed records against the records one by one.
#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/data/token_stream.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/collect_moments.hpp>
#include <ampsft/train/memory_plan.hpp>
#include <ampsft/train/sgd.hpp>
#include <ampsft/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "train/thread_ranks.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

/// A Llama in small: rotary positions, so that a wrong position is seen.
ModelConfig small() {
  ModelConfig config = tiny::config();
  config.context = 24;
  config.learned_positions = false;
  for (auto& layer : config.layers) {
    layer.rope = RopeConfig{};
  }
  return config;
}

/// Records of 3 to 11 tokens; of some, most is learned, of others only the last token.
std::vector<EncodedRecord> some_records(int count = 13) {
  Random random(4);
  std::vector<EncodedRecord> records;
  for (int i = 0; i < count; ++i) {
    EncodedRecord record;
    const Index size = 3 + random.below(9);
    for (Index j = 0; j < size; ++j) {
      record.ids.push_back(static_cast<std::int32_t>((i + j * j) % 11));
      record.learned.push_back(j > 0 && (i % 3 > 0 || j + 1 == size));
    }
    records.push_back(record);
  }
  return records;
}

PackedDataset packed(Index length = 12) {
  return PackedDataset(pack_records(some_records(), length));
}

/// A record as a batch of its own.
Batch alone(const EncodedRecord& record) {
  Batch batch{.inputs = record.ids, .targets = {}, .sequences = 1, .length = static_cast<Index>(record.ids.size())};
  for (std::size_t i = 1; i <= record.ids.size(); ++i) {
    batch.targets.push_back(i < record.ids.size() && record.learned[i] ? record.ids[i] : ignored_target);
  }
  return batch;
}

template <Scalar T>
std::vector<double> gradients(const ParameterList<T>& parameters) {
  std::vector<double> all;
  for (const auto* parameter : parameters) {
    all.insert(all.end(), parameter->gradient.storage().begin(), parameter->gradient.storage().end());
  }
  return all;
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(a[i] - b[i]));
  }
  return most;
}

TrainOptions short_run() {
  TrainOptions options;
  options.steps = 9;
  options.sequences = 2;
  options.clip_norm = 0.0;
  options.evaluate_every = 3;
  options.seed = 5;
  return options;
}

}  // namespace

TEST_CASE("evaluation and one update of packed rows are those of the records one by one") {
  Transformer<double> model(small(), 1);
  const auto records = some_records();
  const PackedDataset data = packed();
  REQUIRE(data.window_count() < static_cast<Index>(records.size()));  // rows hold several

  double sum = 0.0;
  double targets = 0.0;
  for (const auto& record : records) {
    targets += static_cast<double>(record.learned_count());
  }
  Tape<double> tape;
  for (const auto& record : records) {
    const double share = static_cast<double>(record.learned_count()) / targets;
    const Batch batch = alone(record);
    const auto loss = model.loss(tape, batch.view());
    sum += loss.value()(0, 0) * share;
    tape.backward(loss, share);
    tape.clear();
  }
  const auto expected = gradients(model.parameters());
  const auto before = tiny::values(model.parameters());

  for (const Index sequences : {1, 2, 100}) {
    const Evaluation evaluation = evaluate(model, data, {.sequences = sequences});
    CHECK(evaluation.loss == Approx(sum).epsilon(1e-12));
    CHECK(evaluation.tokens == static_cast<Index>(targets));
  }

  // One step of plain SGD over all rows, in batches of any size: the update is the gradient itself.
  const Index all = data.window_count();
  REQUIRE(all == 9);
  for (const Index accumulation : {1, 3, 9}) {
    Transformer<double> other(small(), 1);
    TrainOptions options = short_run();
    options.steps = 1;
    options.schedule.decay = Decay::constant;
    options.accumulation = accumulation;
    options.sequences = all / accumulation;
    const auto report = Trainer(other, Sgd<double>({.learning_rate = 1.0, .momentum = 0.0})).fit(data, options);
    CHECK(report.losses.front() == Approx(sum).epsilon(1e-12));
    std::vector<double> update = before;
    const auto after = tiny::values(other.parameters());
    for (std::size_t i = 0; i < update.size(); ++i) {
      update[i] -= after[i];
    }
    CHECK(difference(update, expected) < 1e-12);
  }
}

TEST_CASE("a run on packed rows that is stopped and resumed equals one that was not") {
  const PackedDataset data = packed();
  auto options = short_run();
  options.accumulation = 2;
  options.sequences = 1;
  Transformer<float> whole(small(), 1);
  const auto expected = Trainer(whole, AdamW<float>({.learning_rate = 1e-2})).fit(data, options, &data);
  const testing::TemporaryFolder folder;
  options.checkpoint = folder.path() / "run.safetensors";
  for (const Index stop : {4, 7, 100}) {
    Transformer<float> model(small(), 1);
    options.on_update = [&](const TrainingProgress& progress) { return progress.step != stop; };
    const auto report = Trainer(model, AdamW<float>({.learning_rate = 1e-2})).fit(data, options, &data);
    CHECK(report.stopped == (stop != 100));
    if (stop == 100) {
      CHECK(report.losses == expected.losses);
      CHECK(tiny::values(model.parameters()) == tiny::values(whole.parameters()));
    }
  }
  options.identity = "another text";
  Transformer<float> model(small(), 1);
  CHECK_THROWS_WITH(Trainer(model, AdamW<float>({.learning_rate = 1e-2})).fit(data, options, &data),
                    ContainsSubstring("another run") && ContainsSubstring("another text"));
}

TEST_CASE("two ranks learn from packed rows what one process learns") {
  const PackedDataset data = packed();
  for (const Index accumulation : {1, 2}) {
    auto options = short_run();
    options.accumulation = accumulation;
    Transformer<double> whole(small(), 1);
    const auto expected = Trainer(whole, AdamW<double>({.learning_rate = 1e-2})).fit(data, options, &data);
    options.sequences = 1;
    TrainReport reports[2];
    const auto thrown = tiny::on_ranks(2, [&](const tiny::ThreadRanks& ranks) {
      Transformer<double> model(small(), 1);
      reports[ranks.rank()] = Trainer(model, AdamW<double>({.learning_rate = 1e-2}), ranks).fit(data, options, &data);
    });
    CHECK(thrown == std::vector<std::exception_ptr>(2));
    for (const auto& report : reports) {
      CHECK(difference(report.losses, expected.losses) < 1e-11);
      REQUIRE(report.validation.size() == 3);
      CHECK(report.validation.back().loss == Approx(expected.validation.back().loss).epsilon(1e-11));
    }
  }
}

TEST_CASE("the plan of a packed step is what it takes") {
  const PackedDataset data = packed();
  const AdamW<float> optimizer;
  Transformer<float> model(small(), 1);
  const Batch batch = data.window_batch(0, 3);
  const MemoryPlan plan = plan_memory(model, optimizer, batch.view());
  Tape<float> tape;
  for (int i = 0; i < 2; ++i) {
    tape.backward(model.loss(tape, batch.view()));
    tape.clear();
  }
  CHECK(std::abs(static_cast<double>(plan.activations - tape.bytes())) < 0.1 * static_cast<double>(tape.bytes()));
  Batch one = batch;  // target, the first that counts
  const auto counts = std::find_if(one.targets.begin(), one.targets.end(), [](auto target) { return target >= 0; });
  std::fill(counts + 1, one.targets.end(), ignored_target);
  CHECK(plan_memory(model, optimizer, one.view()).activations == plan.activations);
}

TEST_CASE("moments of activations of packed rows are those of their documents one by one, without padding") {
  const PackedDataset data = packed();
  Transformer<double> model(small(), 1);
  const CollectOptions options{.batches = 2, .sequences = 3, .seed = 5, .patterns = {"*attention.q*", "*mlp.down*"}};
  std::vector<std::vector<double>> read[2];  // by q, 8 wide, and by the MLP's last matrix, 12 wide
  Tape<double> tape(TapeMode::inference);
  tape.observe_inputs([&](const std::string& weight, Variable<double> x) {
    const bool down = weight.find("mlp.down") != std::string::npos;
    if (down || weight.find("attention.q") != std::string::npos) {
      for (Index i = 0; i < x.rows(); ++i) {
        const double* first = x.value().data() + i * x.cols();
        read[down ? 1 : 0].emplace_back(first, first + x.cols());
      }
    }
  });
  Random random(5);
  Index padding = 0;
  for (int i = 0; i < 2; ++i) {
    const Batch batch = data.sample(random, 3);
    for (std::size_t begin = 0, end = 0; begin < batch.inputs.size(); begin = end) {
      const auto same = [&](std::size_t j) {
        return j < batch.inputs.size() && j / 12 == begin / 12 && batch.documents[j] == batch.documents[begin];
      };
      for (end = begin + 1; same(end);) {
        ++end;
      }
      if (batch.documents[begin] < 0) {
        padding += static_cast<Index>(end - begin);
        continue;
      }
      const std::span document(batch.inputs.begin() + static_cast<std::ptrdiff_t>(begin), end - begin);
      static_cast<void>(model.loss(tape, {.tokens = document, .sequences = 1, .targets = document}));
      tape.clear();
    }
  }
  REQUIRE(padding > 0);

  const auto moments = collect_activations(model, data, options);
  REQUIRE(moments.size() == 2);
  for (const auto& rows : read) {
    const auto count = static_cast<Index>(rows.size());
    const Index width = static_cast<Index>(rows.front().size());
    CAPTURE(width);
    const auto& found = moments.at(width);
    CHECK(found.count() == count);
    CHECK(count + padding == 2 * 3 * 12);
    const Matrix<double> second = found.second_moment();
    for (std::size_t a = 0; a < rows.front().size(); ++a) {
      double mean = 0.0;
      for (const auto& row : rows) {
        mean += row[a] / static_cast<double>(count);
      }
      CHECK(found.mean()(0, a) == Approx(mean).margin(1e-12));
      for (std::size_t b = 0; b < rows.front().size(); ++b) {
        double sum = 0.0;
        for (const auto& row : rows) {
          sum += row[a] * row[b];
        }
        CHECK(second(a, b) == Approx(sum).epsilon(1e-10).margin(1e-10));
      }
    }
  }
}

TEST_CASE("a text without a target that counts is refused, by training and by evaluation") {
  struct Silent {
    [[nodiscard]] Index length() const { return 6; }
    [[nodiscard]] Index window_count() const { return 2; }
    [[nodiscard]] Batch window_batch(Index, Index count) const { return batch(count); }
    [[nodiscard]] Batch sample(Random&, Index count) const { return batch(count); }
    [[nodiscard]] static Batch batch(Index count) {
      const auto size = static_cast<std::size_t>(6 * count);
      return {.inputs = std::vector<std::int32_t>(size, 1),
              .targets = std::vector<std::int32_t>(size, ignored_target),
              .sequences = count,
              .length = 6};
    }
  };
  const Silent text;
  Transformer<float> model(small(), 1);
  CHECK_THROWS_WITH(Trainer(model, AdamW<float>()).fit(text, short_run(), &text), ContainsSubstring("ignored"));
  CHECK_THROWS_WITH(evaluate(model, text), ContainsSubstring("ignored"));
}

TEST_CASE("epochs are as many steps as it takes to read all rows so often") {
  const PackedDataset data = packed();
  const Index rows = data.window_count();
  REQUIRE(rows % 2 == 1);
  Transformer<float> model(small());
  Trainer trainer(model, Sgd<float>({.learning_rate = 0.01}));
  CHECK(trainer.fit(data, {.epochs = 2, .sequences = 2}).losses.size() == static_cast<std::size_t>(rows));
  CHECK_THROWS_AS(trainer.fit(data, {.epochs = -1}), Error);
  const TokenStream stream(std::vector<std::int32_t>(100, 1), 12);
  CHECK_THROWS_WITH(trainer.fit(stream, {.epochs = 1}), ContainsSubstring("epochs"));
}
