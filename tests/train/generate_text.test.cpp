// SPDX-License-Identifier: MIT
#include <ampsft/data/pretrained_text.hpp>
#include <ampsft/nn/pretrained.hpp>
#include <ampsft/train/generate_text.hpp>

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
