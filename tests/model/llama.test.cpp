// SPDX-License-Identifier: MIT
/// @file
/// Laws of the Llama family: gradients, packed rows, and text that goes on from a cache.
#include <ampsft/autograd/gradient_check.hpp>
#include <ampsft/model/transformer.hpp>

#include <span>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

/// Grouped heads whose width is not the model's, q/k norms, every bias, rotated by any pairing.
ModelConfig tiny(RopePairing pairing, Index layers = 1) {
  ModelConfig config;
  config.vocabulary = 11;
  config.context = 12;
  config.hidden_size = 6;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 4;
  config.intermediate_size = 7;
  config.norm = NormKind::rms;
  config.learned_positions = false;
  config.layers = {layers,
                   {.rope = RopeConfig{.theta = 50, .pairing = pairing},
                    .qk_norm = QkNorm::per_head,
                    .gated = true,
                    .activation = Activation::silu}};
  config.initial_stddev = 0.4;
  return config;
}

constexpr std::int32_t text[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 8};

Matrix<double> logits_of(Transformer<double>& model, const TokenBatch& batch) {
  Tape<double> tape(TapeMode::inference);
  return model.logits(model.hidden(tape, batch)).value();
}

double difference(const ConstMatrixMap<double>& a, const ConstMatrixMap<double>& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

ConstMatrixMap<double> some_rows(const Matrix<double>& matrix, Index first, Index count) {
  return {matrix.data() + first * cols(matrix), count, cols(matrix)};
}

}  // namespace

TEST_CASE("gradients of a Llama block equal finite differences", "[model]") {
  for (const auto pairing : {RopePairing::halves, RopePairing::interleaved}) {
    Transformer<double> model(tiny(pairing), 5);
    const std::int32_t documents[] = {0, 0, 0, 1, 1, 1, 1, 0, 0, -1};
    const std::int32_t targets[] = {1, 4, -1, 5, 9, 2, -1, 5, 8, -1};
    const auto parameters = model.parameters();
    CHECK(parameters.size() == 1 + 4 + 7 * 2 + 1);  // embedding, norms, layers with biases, final norm
    const auto check = check_gradients<double>(
        [&](Tape<double>& tape) {
          return model.loss(tape, {.tokens = text, .sequences = 2, .targets = targets, .documents = documents});
        },
        std::span<Parameter<double>* const>(parameters));
    INFO(check.parameter << " " << check.element);
    CHECK(check.largest_error < 1e-7);
  }
}

TEST_CASE("documents packed into one row compute what each computes alone", "[model]") {
  for (const bool learned : {false, true}) {
    ModelConfig config = tiny(RopePairing::halves, 2);
    if (learned) {
      config.learned_positions = true;
      for (auto& layer : config.layers) {
        layer.rope.reset();
      }
    }
    Transformer<double> model(config, 5);
    const std::int32_t documents[] = {0, 0, 0, 0, 1, 1, 1, 1, 1, -1};
    const std::int32_t places[] = {0, 1, 2, 3, 0, 1, 2, 3, 4, 0};
    const std::span<const std::int32_t> tokens(text);
    const auto packed = logits_of(model, {.tokens = tokens, .documents = documents, .positions = places});
    const auto first = logits_of(model, {.tokens = tokens.first(4)});
    const auto second = logits_of(model, {.tokens = tokens.subspan(4, 5)});
    CHECK(difference(some_rows(packed, 0, 4), map(first)) < 1e-12);
    CHECK(difference(some_rows(packed, 4, 5), map(second)) < 1e-12);
    const auto whole = logits_of(model, {.tokens = tokens});
    CHECK(difference(some_rows(packed, 4, 5), some_rows(whole, 4, 5)) > 1e-3);  // documents matter

    const std::int32_t far[] = {0, 1, 2, 12};
    CHECK_THROWS_WITH(logits_of(model, {.tokens = tokens.first(4), .positions = far}),
                      ContainsSubstring("position 12"));
    CHECK_THROWS_WITH(logits_of(model, {.tokens = tokens, .documents = std::span(documents).first(9)}),
                      ContainsSubstring("9 documents"));
  }
}

TEST_CASE("text that goes on from a cache computes what the whole text computes", "[model]") {
  for (const bool learned : {false, true}) {
    ModelConfig config = tiny(RopePairing::interleaved, 2);
    if (learned) {
      config.learned_positions = true;
      for (auto& layer : config.layers) {
        layer.rope.reset();
      }
    }
    Transformer<double> model(config, 5);
    const std::span<const std::int32_t> tokens(text);
    const auto whole = logits_of(model, {.tokens = tokens});
    KeyValueCache<double> cache;
    Tape<double> tape(TapeMode::inference);
    const auto go_on = [&](Index first, Index count) {
      const auto part = tokens.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      const Matrix<double> logits = model.logits(model.hidden(tape, part, cache)).value();
      tape.clear();
      CHECK(difference(map(logits), some_rows(whole, first, count)) < 1e-12);
    };
    go_on(0, 4);
    go_on(4, 1);
    go_on(5, 3);
    CHECK(cache.length() == 8);
    cache.truncate(3);  // and differently on
    go_on(3, 2);
    go_on(5, 5);
    CHECK_THROWS_WITH(model.hidden(tape, tokens.first(3), cache), ContainsSubstring("10 + 3"));
    CHECK_THROWS_WITH(cache.truncate(11), ContainsSubstring("cannot be cut to 11"));
    KeyValueCache<double> fresh;
    Tape<double> training;
    CHECK_THROWS_WITH(model.hidden(training, tokens, fresh), ContainsSubstring("tape of inference"));
  }
}
