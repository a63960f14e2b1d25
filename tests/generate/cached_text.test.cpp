// SPDX-License-Identifier: MIT
/// @file
/// A cached text over layers with and without windows, whatever is cut from it and added to it.
#include <ampsft/core/random.hpp>
#include <ampsft/generate/cached_text.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

using Tokens = std::vector<std::int32_t>;

constexpr Index vocabulary = 11;
constexpr Index width = 8;
constexpr Index heads = 2;

Matrix<double> random(Index rows, Index cols, std::uint64_t seed) {
  Random numbers(seed);
  Matrix<double> matrix = make_matrix<double>(rows, cols);
  fill_normal(matrix, 1.0, numbers);
  return matrix;
}

/// `x + attention(x)`, layer after layer.
class WindowedModel {
 public:
  using scalar = double;
  struct Config {
    Index context = 400;
  };

  explicit WindowedModel(std::vector<AttentionOptions> layers) : layers_(std::move(layers)) {}

  [[nodiscard]] const Config& config() const { return config_; }

  /// With a cache, as `CachedText` asks for it.
  Variable<double> hidden(Tape<double>& tape, std::span<const std::int32_t> tokens, KeyValueCache<double>& cache) {
    const Variable<double> x = run(tape, tokens, cache.length(), &cache);
    cache.advance(static_cast<Index>(tokens.size()));
    return x;
  }

  Variable<double> logits(Variable<double> x) const {
    return x.tape().constant(make_matrix(x.map() * map(embeddings_).transpose()));
  }

  /// The logits after a text, without a cache.
  Matrix<double> logits_after(const Tokens& text) {
    Tape<double> tape(TapeMode::inference);
    return make_matrix(run(tape, text, 0, nullptr).map().bottomRows(1) * map(embeddings_).transpose());
  }

  int throws_in_layer = -1;

 private:
  Variable<double> run(Tape<double>& tape, std::span<const std::int32_t> tokens, Index first,
                       KeyValueCache<double>* cache) {
    const auto count = static_cast<Index>(tokens.size());
    require(count + first <= config_.context, "longer than the context");
    Matrix<double> x = make_matrix<double>(count, width);
    for (Index i = 0; i < count; ++i) {
      map(x).row(i) = map(embeddings_).row(tokens[static_cast<std::size_t>(i)]) +
                      map(positions_).row((first + i) % rows(positions_));
    }
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      require(static_cast<int>(layer) != throws_in_layer, "a layer that throws");
      const auto product = [&](std::uint64_t which, Index outputs) {
        const Matrix<double> w = random(width, outputs, 10 * layer + which);
        return tape.constant(make_matrix(map(x) * map(w) / std::sqrt(static_cast<double>(width))));
      };
      const AttentionOptions& options = layers_[layer];
      const Index key_width = width / heads * (options.kv_heads == 0 ? heads : options.kv_heads);
      const auto q = product(1, width);
      const auto k = product(2, key_width);
      const auto v = product(3, key_width);
      const auto y = cache != nullptr ? cached_attention(q, k, v, cache->layer(layer), first, heads, options)
                                      : causal_attention(q, k, v, 1, heads, options);
      map(x) += y.map();
    }
    return tape.constant(std::move(x));
  }

  Config config_;
  std::vector<AttentionOptions> layers_;
  Matrix<double> embeddings_ = random(vocabulary, width, 1);
  Matrix<double> positions_ = random(97, width, 2);
};

WindowedModel mixed_model() {
  return WindowedModel({{.kv_heads = 1, .window = 5}, {}, {.scale = 0.3, .window = 1}, {.kv_heads = 1, .window = 90}});
}

double difference(std::span<const double> cached, const Matrix<double>& expected) {
  REQUIRE(cached.size() == expected.size());
  double most = 0.0;
  for (std::size_t i = 0; i < cached.size(); ++i) {
    most = std::max(most, std::abs(cached[i] - expected.data()[i]));
  }
  return most;
}

/// Random edits of a text; how often a pass computed no more than what was new, and how often more.
struct Edits {
  explicit Edits(WindowedModel& of) : model(of), text(of) {}

  Tokens draw(Index count) {
    Tokens tokens(static_cast<std::size_t>(count));
    for (auto& token : tokens) {
      token = static_cast<std::int32_t>(random_.below(vocabulary));
    }
    return tokens;
  }

  void check(std::span<const double> logits, Index fresh) {
    CHECK(text.tokens() == wanted);
    CHECK(difference(logits, model.logits_after(wanted)) < 1e-10);
    REQUIRE((text.computed() == fresh || text.computed() == text.length()));
    ++(text.computed() == fresh ? cheap : whole);
  }

  void append(Index count) {
    const Tokens added = draw(count);
    const Index fresh = count + static_cast<Index>(wanted.size()) - text.length();
    wanted.insert(wanted.end(), added.begin(), added.end());
    check(text.append(added), fresh);
  }

  void cut(Index length) {
    wanted.resize(static_cast<std::size_t>(length));
    text.cut(length);
  }

  void become(Index same, Index count) {
    wanted.resize(static_cast<std::size_t>(same));
    const Tokens added = draw(count);
    wanted.insert(wanted.end(), added.begin(), added.end());
    const auto known = text.tokens();
    const auto first = std::mismatch(known.begin(), known.end(), wanted.begin(), wanted.end()).second;
    const Index fresh = std::max<Index>(1, wanted.end() - first);
    check(text.become(wanted), fresh);
  }

  /// Mostly small ones near the end, as a chat's are; some anywhere.
  void edit() {
    const Index length = text.length();
    const Index room = model.config().context - length;
    const Index back = std::min(length, random_.below(3) == 0 ? random_.below(400) : random_.below(12));
    switch (random_.below(5)) {
      case 0:
        return cut(length - back);
      case 1:
        return room > 0 ? append(1) : cut(0);
      case 2:
        return room > 0 ? append(1 + random_.below(room)) : cut(length / 2);
      case 3:
        return become(length - back, 1 + random_.below(std::min<Index>(room + back, 30)));
      default:
        return length > back ? become(length - back, 0) : cut(length - back);
    }
  }

  WindowedModel& model;
  CachedText<WindowedModel> text;
  Tokens wanted;
  int cheap = 0;
  int whole = 0;

 private:
  Random random_{5};
};

}  // namespace

TEST_CASE("a cached text over windows gives the logits of fresh passes after any edits", "[generate]") {
  auto model = mixed_model();
  Edits edits(model);
  for (int i = 0; i < 400; ++i) {
    edits.edit();
  }
  CHECK(edits.cheap > 100);
  CHECK(edits.whole > 20);
}

TEST_CASE("a text without windows computes only what is new", "[generate]") {
  WindowedModel model({{}, {.kv_heads = 1}});
  Edits edits(model);
  for (int i = 0; i < 100; ++i) {
    edits.edit();
  }
  CHECK(edits.cheap > 50);
  CHECK(edits.whole < 10);  // whole texts that differ from the first token on
}

TEST_CASE("a cached text stays right after a pass that threw", "[generate]") {
  auto model = mixed_model();
  CachedText text(model);
  Edits source(model);
  const Tokens begin = source.draw(150);
  text.append(begin);
  for (const Index count : {1, 200}) {
    for (int layer = 0; layer < 4; ++layer) {
      model.throws_in_layer = layer;
      CHECK_THROWS_WITH(text.append(source.draw(count)), ContainsSubstring("a layer that throws"));
      CHECK(text.tokens() == begin);
      model.throws_in_layer = -1;
      Tokens longer = begin;
      longer.push_back(3);
      CHECK(difference(text.append(Tokens{3}), model.logits_after(longer)) < 1e-10);
      text.cut(150);
    }
  }
  CHECK_THROWS_WITH(text.append(source.draw(251)), ContainsSubstring("context"));
  CHECK_THROWS_WITH(text.append({}), ContainsSubstring("no tokens"));
  CHECK_THROWS_WITH(text.become({}), ContainsSubstring("no tokens"));
  CHECK_THROWS_WITH(text.cut(151), ContainsSubstring("cannot be cut to 151"));
  CHECK(text.tokens() == begin);
  CHECK(text.room() == 250);
  CHECK(difference(text.become(text.tokens()), model.logits_after(begin)) < 1e-10);  // a view of itself
}
