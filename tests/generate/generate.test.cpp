// SPDX-License-Identifier: MIT
/// @file
/// A text that goes on from its cache is the text that is computed anew for every token.
#include <ampsft/generate/generate.hpp>
#include <ampsft/model/pretrained.hpp>
#include <ampsft/train/adamw.hpp>
#include <ampsft/train/trainer.hpp>

#include <filesystem>
#include <vector>

#include "support/catch.hpp"
#include "train/tiny.hpp"

using namespace ampsft;

namespace {

using Tokens = std::vector<std::int32_t>;

/// Logits of what follows a text, without a cache.
Matrix<double> logits_after(Transformer<double>& model, const Tokens& text) {
  Tape<double> tape(TapeMode::inference);
  const auto hidden = model.hidden(tape, text, 1);
  return model.logits(tape.constant(make_matrix(hidden.map().bottomRows(1)))).value();
}

Tokens greedy(Transformer<double>& model, Tokens text, std::size_t count) {
  Tokens written;
  while (written.size() < count) {
    const auto logits = logits_after(model, text);
    const auto* const begin = logits.data();
    text.push_back(static_cast<std::int32_t>(std::max_element(begin, begin + logits.size()) - begin));
    written.push_back(text.back());
  }
  return written;
}

double difference(std::span<const double> cached, const Matrix<double>& expected) {
  REQUIRE(cached.size() == expected.size());
  double most = 0.0;
  for (std::size_t i = 0; i < cached.size(); ++i) {
    most = std::max(most, std::abs(cached[i] - expected.data()[i]));
  }
  return most;
}

const Tokens prompt{3, 14, 15, 9, 2, 6};

}  // namespace

TEST_CASE("greedy text from the cache is that of whole passes, in every family") {
  for (const auto* name : {"gpt2", "llama", "llama_tied", "qwen2", "qwen3", "chat"}) {
    INFO(name);
    auto model = load_pretrained<double>(std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models" / name);
    CHECK(generate(model, prompt, 24, {.temperature = 0.0}) == greedy(model, prompt, 24));
  }
}

TEST_CASE("a cached text becomes another one by computing what differs") {
  Transformer<double> model(
      {.vocabulary = 20, .context = 12, .hidden_size = 8, .layers = 2, .heads = 2, .intermediate_size = 12}, 3);
  CachedText text(model);
  CHECK(difference(text.append(prompt), logits_after(model, prompt)) < 1e-12);
  const Tokens other{3, 14, 15, 1, 1};
  for (const Tokens& next : {other, Tokens{3, 14, 15, 1, 1, 7, 8}, other, other, Tokens{5}, prompt}) {
    CHECK(difference(text.become(next), logits_after(model, next)) < 1e-12);
    CHECK(text.tokens() == next);
    CHECK(text.room() == 12 - static_cast<Index>(next.size()));
  }
  CHECK_THROWS_WITH(text.append(Tokens(7, 1)), ContainsSubstring("context"));
  CHECK_THROWS_AS(text.append(Tokens{20}), Error);
  CHECK_THROWS_AS(text.append({}), Error);
  CHECK(text.tokens() == prompt);
  CHECK(difference(text.append(Tokens{7}), logits_after(model, {3, 14, 15, 9, 2, 6, 7})) < 1e-12);

  for (auto* parameter : model.parameters()) {
    map(parameter->value) *= 1.5;
  }
  text.forget();
  CHECK(text.length() == 0);
  CHECK(difference(text.append(prompt), logits_after(model, prompt)) < 1e-12);
}

TEST_CASE("a text ends at its count, a stop token, the context, or when it is told to") {
  Transformer<double> model(
      {.vocabulary = 20, .context = 12, .hidden_size = 8, .layers = 1, .heads = 2, .intermediate_size = 12}, 5);
  const Tokens all = greedy(model, prompt, 7);  // one more than fits: the last is drawn, not read
  const auto run = [&](const GenerateOptions& options, Index most = 99) {
    CachedText text(model);
    const auto next = text.append(prompt);
    const auto written = generate(text, next, options, [&](std::int32_t) { return --most > 0; });
    CHECK(text.length() == 6 + static_cast<Index>(written.ids.size()) - (written.end == GenerateEnd::stop_id ? 0 : 1));
    return written;
  };
  const SamplingOptions likeliest{.temperature = 0.0};
  auto written = run({.sampling = likeliest});
  CHECK(written.ids == all);
  CHECK(written.end == GenerateEnd::context);
  written = run({.sampling = likeliest, .count = 3});
  CHECK(written.ids == Tokens(all.begin(), all.begin() + 3));
  CHECK(written.end == GenerateEnd::count);
  written = run({.sampling = likeliest}, 2);
  CHECK(written.ids == Tokens(all.begin(), all.begin() + 2));
  CHECK(written.end == GenerateEnd::callback);
  written = run({.sampling = likeliest, .stop_ids = {99, all[4]}});
  CHECK(written.ids == Tokens(all.begin(), std::find(all.begin(), all.end(), all[4])));
  CHECK(written.end == GenerateEnd::stop_id);
  CHECK_THROWS_AS(run({.sampling = {.top_p = 2.0}}), Error);
  CHECK_THROWS_AS(run({.count = -1}), Error);
}

TEST_CASE("a full context goes on from its newest half") {
  Transformer<double> model(
      {.vocabulary = 20, .context = 7, .hidden_size = 8, .layers = 1, .heads = 2, .intermediate_size = 12}, 5);
  Tokens expected;
  Tokens seen = prompt;
  for (int i = 0; i < 12; ++i) {
    if (seen.size() > 7) {
      seen.erase(seen.begin(), seen.end() - 4);  // three of seven and the one that is new
    }
    expected.push_back(greedy(model, seen, 1).front());
    seen.push_back(expected.back());
  }
  CHECK(generate(model, prompt, 12, {.temperature = 0.0}) == expected);
  const Tokens longer{1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(generate(model, longer, 1, {.temperature = 0.0}) == greedy(model, {3, 4, 5, 6, 7, 8, 9}, 1));
}

TEST_CASE("the repetition penalty sees the prompt and what is written") {
  Transformer<double> model(
      {.vocabulary = 20, .context = 40, .hidden_size = 8, .layers = 1, .heads = 2, .intermediate_size = 12}, 5);
  auto seen = prompt;
  const auto written = generate(model, prompt, 14, {.temperature = 0.0, .repetition_penalty = 1e9});
  for (const std::int32_t id : written) {  // all logits of new tokens that are not negative come first
    const auto logits = logits_after(model, seen);
    double most = -1e300;
    for (std::size_t i = 0; i < 20; ++i) {
      const bool met = std::find(seen.begin(), seen.end(), static_cast<std::int32_t>(i)) != seen.end();
      const double logit = logits.data()[i];
      most = std::max(most, !met ? logit : logit > 0 ? logit / 1e9 : logit * 1e9);
    }
    const auto chosen = static_cast<std::size_t>(id);
    const bool met = std::find(seen.begin(), seen.end(), id) != seen.end();
    CHECK((met ? logits.data()[chosen] / 1e9 : logits.data()[chosen]) == Approx(most));
    seen.push_back(id);
  }
  CHECK(written != generate(model, prompt, 14, {.temperature = 0.0}));
}

TEST_CASE("a model that learned a cycle continues it past its context") {
  Transformer<float> model(tiny::config(), 1);
  const auto text = tiny::text(200);
  Trainer trainer(model, AdamW<float>({.learning_rate = 2e-2}));
  trainer.fit(text, {.steps = 150});
  const auto& tokens = text.tokens();
  const auto written = generate(model, std::span(tokens).first(5), 20, {.temperature = 0.0});
  CHECK(written == std::vector<std::int32_t>(tokens.begin() + 5, tokens.begin() + 25));
  const auto drawn = generate(model, std::span(tokens).first(5), 20, {.seed = 3});
  CHECK(drawn == generate(model, std::span(tokens).first(5), 20, {.seed = 3}));
  CHECK_THROWS_AS(generate(model, std::span<const std::int32_t>(), 3), Error);
}
