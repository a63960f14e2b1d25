// SPDX-License-Identifier: MIT
#include <ampsft/generate/generate_text.hpp>
#include <ampsft/generate/pretrained_text.hpp>
#include <ampsft/model/pretrained.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

struct Chat {
  std::filesystem::path folder = std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models" / "chat";
  PretrainedText files = load_pretrained_text(folder);
  Transformer<float> model = load_pretrained<float>(folder);
  std::vector<std::int32_t> prompt = files.chat().prompt({{"user", "hello"}});

  GeneratedText run(std::vector<std::string> stops, std::string& streamed, std::size_t most = 1000) {
    CachedText text(model);
    const auto next = text.append(prompt);
    return generate_text(text, next, files.tokenizer, {.sampling = {.seed = 4}, .count = 60}, std::move(stops),
                         [&](std::string_view piece) {
                           streamed += piece;
                           return streamed.size() < most;
                         });
  }
};

}  // namespace

TEST_CASE("streamed text is the decoded text, and ends where a stop string begins") {
  Chat chat;
  std::string streamed;
  const auto whole = chat.run({}, streamed);
  CHECK(whole.end == TextEnd::count);
  CHECK(whole.ids.size() == 60);
  CHECK(whole.text == chat.files.tokenizer.decode(whole.ids, true));
  CHECK(streamed == whole.text);
  // stop strings that begin anywhere and end in the middle of tokens or span several of them
  int stopped = 0;
  for (std::size_t begin = 0; begin + 9 < whole.text.size(); begin += 5) {
    for (const std::size_t length : {1, 4, 9}) {
      const std::string stop = whole.text.substr(begin, length);
      streamed.clear();
      const auto cut = chat.run({stop, "never in this text"}, streamed);
      CHECK(cut.end == TextEnd::stop_string);
      CHECK(streamed == cut.text);
      CHECK(cut.text == whole.text.substr(0, whole.text.find(stop)));
      CHECK(cut.ids.size() <= whole.ids.size());
      ++stopped;
    }
  }
  CHECK(stopped > 20);
  streamed.clear();
  const auto told = chat.run({}, streamed, 10);
  CHECK(told.end == TextEnd::callback);
  CHECK(streamed == told.text);
  CHECK(told.text.size() < whole.text.size());
}

namespace {

/// The same model with 8 more rows in its embedding, which is its head, of which one has the largest logit.
Transformer<float> padded(Transformer<float>& model) {
  ModelConfig config = model.config();
  REQUIRE(config.tied_head);
  config.vocabulary += 8;
  Transformer<float> larger(config);
  const auto ours = model.parameters();
  const auto theirs = larger.parameters();
  REQUIRE(ours.size() == theirs.size());
  Random random(7);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const Index missing = rows(theirs[i]->value) - rows(ours[i]->value);
    for (Index row = 0; row < missing; row += 2) {
      for (Index col = 0; col < config.hidden_size; ++col) {
        const auto value = static_cast<float>(100.0 * random.normal());
        map(theirs[i]->value)(rows(ours[i]->value) + row, col) = value;
        map(theirs[i]->value)(rows(ours[i]->value) + row + 1, col) = -value;
      }
    }
    map(theirs[i]->value).topRows(rows(ours[i]->value)) = map(ours[i]->value);
  }
  return larger;
}

}  // namespace

TEST_CASE("tokens that the tokenizer does not have are never drawn, however likely the model finds them") {
  Chat chat;
  const Index vocabulary = chat.files.tokenizer.vocabulary_size();
  REQUIRE(vocabulary == chat.model.config().vocabulary);
  Transformer<float> larger = padded(chat.model);
  for (const double temperature : {0.0, 1.0}) {
    const GenerateOptions options{.sampling = {.temperature = temperature, .repetition_penalty = 1.5}, .count = 20};
    const auto written_by = [&](Transformer<float>& model, Index cut) {
      CachedText text(model);
      GenerateOptions limited = options;
      limited.vocabulary = cut;
      return generate(text, text.append(chat.prompt), limited, [](std::int32_t) {}).ids;
    };
    const auto all = written_by(larger, 0);
    CHECK(std::all_of(all.begin(), all.end(), [&](std::int32_t id) { return id >= vocabulary; }));
    const auto expected = written_by(chat.model, 0);
    CHECK(written_by(larger, vocabulary) == expected);
    CachedText text(larger);
    const auto written = generate_text(text, text.append(chat.prompt), chat.files.tokenizer, options, {},
                                       [](std::string_view) { return true; });
    CHECK(written.ids == expected);
    CHECK(written.text == chat.files.tokenizer.decode(expected, true));
    CHECK_THROWS_WITH(written_by(larger, vocabulary + 9), ContainsSubstring("vocabulary"));
    CHECK_THROWS_WITH(written_by(larger, -1), ContainsSubstring("vocabulary"));
  }
}

TEST_CASE("a tokenizer of more tokens than the model has leaves all of the model's") {
  Chat chat;
  ModelConfig config = chat.model.config();
  config.vocabulary -= 60;
  Transformer<float> smaller(config);
  CachedText text(smaller);
  const auto written = generate_text(text, text.append(std::vector<std::int32_t>{3}), chat.files.tokenizer,
                                     {.count = 5}, {}, [](std::string_view) { return true; });
  CHECK(written.ids.size() == 5);
}
