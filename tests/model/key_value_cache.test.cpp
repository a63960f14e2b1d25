// SPDX-License-Identifier: MIT
/// @file
/// Layers with and without a window: attention to what they keep is attention to the whole text, in bounded memory.
#include <ampsft/core/random.hpp>
#include <ampsft/model/key_value_cache.hpp>

#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

constexpr Index heads = 2;
constexpr Index width = 3;  // of a head; one head of keys

/// A text of random queries, keys and values.
struct Text {
  explicit Text(Index length)
      : q(make_matrix<double>(length, heads * width)),
        k(make_matrix<double>(length, width)),
        v(make_matrix<double>(length, width)) {
    Random random(static_cast<std::uint64_t>(length));
    for (auto* matrix : {&q, &k, &v}) {
      fill_normal(*matrix, 1.0, random);
    }
  }

  Matrix<double> q, k, v;
};

AttentionOptions options(Index window) {
  return {.kv_heads = 1, .scale = 0.7, .window = window};
}

/// A cache of one layer, which holds the beginning of a text.
struct Reader {
  const Text& text;
  Index window;
  KeyValueCache<double> cache{};
  Tape<double> tape{TapeMode::inference};

  /// The result for the next tokens.
  Matrix<double> read(Index count) {
    const auto rows = [&](const Matrix<double>& of) {
      return tape.constant(make_matrix(map(of).middleRows(cache.length(), count)));
    };
    Matrix<double> y = cached_attention(rows(text.q), rows(text.k), rows(text.v), cache.layer(0), cache.length(), heads,
                                        options(window))
                           .value();
    cache.advance(count);
    tape.clear();
    return y;
  }

  /// The largest difference from attention to the whole text.
  double error(Index count, const Matrix<double>& whole) {
    const Index first = cache.length();
    const Matrix<double> y = read(count);
    return (map(y) - map(whole).middleRows(first, count)).cwiseAbs().maxCoeff();
  }
};

Matrix<double> whole_attention(const Text& text, Index window) {
  Tape<double> tape(TapeMode::inference);
  return causal_attention(tape.constant(text.q), tape.constant(text.k), tape.constant(text.v), 1, heads,
                          options(window))
      .value();
}

Index most_bytes(Index window) {
  return 2 * (window + std::max<Index>(64, window / 8)) * width * static_cast<Index>(sizeof(double));
}

}  // namespace

TEST_CASE("a layer with a window keeps few rows and attends as to the whole text", "[model]") {
  const Text text(1200);
  for (const Index window : {1, 2, 5, 64, 600, 2000}) {
    const Matrix<double> whole = whole_attention(text, window);
    Random random(static_cast<std::uint64_t>(window));
    for (const Index longest : {1, 12, 90, 500}) {
      Reader reader{text, window};
      double worst = 0.0;
      while (reader.cache.length() < 1200) {
        const Index count = std::min(1 + random.below(longest), 1200 - reader.cache.length());
        worst = std::max(worst, reader.error(count, whole));
        REQUIRE(reader.cache.bytes() <= most_bytes(window));
        const Index back = std::min<Index>(std::max<Index>(32, window / 16), reader.cache.length());
        REQUIRE(reader.cache.kept(reader.cache.length() - back) == reader.cache.length() - back);
      }
      CAPTURE(window, longest);
      CHECK(worst < 1e-13);
    }
  }
}

TEST_CASE("a long text is forgotten at once but for what the window needs", "[model]") {
  const Text text(1200);
  const Matrix<double> whole = whole_attention(text, 10);
  for (const Index before : {0, 1, 9, 60, 200}) {
    Reader reader{text, 10};
    for (Index i = 0; i < before; ++i) {
      static_cast<void>(reader.read(1));
    }
    CHECK(reader.error(900, whole) < 1e-13);
    CHECK(reader.cache.bytes() == most_bytes(10));
    const Index length = reader.cache.length();  // of which 74 rows are there; a token sees 9 before it
    CHECK(reader.cache.kept(length - 65) == length - 65);
    CHECK(reader.cache.kept(length - 66) == 0);
    CHECK(reader.error(1, whole) < 1e-13);
    CHECK(reader.error(60, whole) < 1e-13);
  }
}

TEST_CASE("a cache goes back as far as its layers can", "[model]") {
  const Text text(800);
  for (const Index window : {0, 1, 8, 150}) {
    const Matrix<double> whole = whole_attention(text, window);
    Reader reader{text, window};
    Random random(7);
    int kept = 0;
    int lost = 0;
    double worst = 0.0;
    for (int round = 0; round < 300; ++round) {
      const Index room = 800 - reader.cache.length();
      if (room > 0) {
        const Index count = std::min(room, random.below(4) == 0 ? 1 + random.below(300) : 1 + random.below(8));
        worst = std::max(worst, reader.error(count, whole));
      }
      const Index length = random.below(reader.cache.length() + 1);
      const Index to = random.below(2) == 0 ? length : std::max<Index>(0, reader.cache.length() - random.below(90));
      const Index last = reader.cache.kept(to);
      CHECK((last == to || last == 0));
      if (last == to) {
        kept += to > 0 ? 1 : 0;
      } else {
        ++lost;
        CHECK_THROWS_WITH(reader.cache.truncate(to), ContainsSubstring("cut it to 0"));
      }
      reader.cache.truncate(last);
      CHECK(reader.cache.length() == last);
    }
    CAPTURE(window, kept, lost);
    CHECK(worst < 1e-13);
    CHECK(kept > 20);
    CHECK((lost > 20) == (window > 0));
  }
}

TEST_CASE("a cache refuses a layer's use that it cannot serve", "[model]") {
  const Text text(300);
  Reader reader{text, 4};
  static_cast<void>(reader.read(200));
  auto& layer = reader.cache.layer(0);
  const auto rows = [&](Index count, Index columns) {
    return reader.tape.constant(make_matrix<double>(count, columns, 0.0));
  };
  const auto use = [&](Index length, Index window, Index columns = width) {
    static_cast<void>(cached_attention(rows(1, 2 * columns), rows(1, columns), rows(1, columns), layer, length, heads,
                                       options(window)));
  };
  CHECK_THROWS_WITH(use(200, 5), ContainsSubstring("a window of 5 after one of 4"));
  CHECK_THROWS_WITH(use(200, 0), ContainsSubstring("a window of 0 after one of 4"));
  CHECK_THROWS_WITH(use(200, -1), ContainsSubstring("not -1"));
  CHECK_THROWS_WITH(use(100, 4), ContainsSubstring("token 100 sees tokens before token 132"));
  CHECK_THROWS_WITH(use(200, 4, 2), ContainsSubstring("keys of 2 columns after those of 3"));
  CHECK_THROWS_WITH(cached_attention(rows(1, 6), rows(2, 3), rows(1, 3), layer, 200, heads, options(4)),
                    ContainsSubstring("the keys are 2 x 3"));
  CHECK_THROWS_WITH(reader.cache.kept(201), ContainsSubstring("cannot be cut to 201"));
  CHECK_THROWS_AS(reader.cache.kept(-1), Error);
  use(200, 4);
  reader.cache.truncate(0);
  use(0, 5, 2);  // another model's text
  Tape<double> training;
  const auto x = training.constant(make_matrix<double>(1, 3, 0.0));
  CHECK_THROWS_WITH(cached_attention(x, x, x, layer, 0, 1), ContainsSubstring("tape of inference"));
}
