// SPDX-License-Identifier: MIT
/// @file
/// A language model that is loaded, asked and adapted.
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/model/transformer.hpp>
#include <ampsft/text/chat_template.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "finetune/chat_model.hpp"

using namespace ampsft;
using namespace ampsft::test;
using ampsft::testing::TemporaryFolder;

TEST_CASE("a model answers, streams, and remembers a conversation", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  std::string streamed;
  AnswerOptions options{.max_tokens = 12, .greedy = true};
  const std::string silent = model.chat("what is it", options);
  options.on_text = [&](std::string_view piece) {
    streamed += piece;
    return true;
  };
  CHECK(model.chat("what is it", options) == silent);
  CHECK(streamed == silent);
  options.on_text = nullptr;
  CHECK(model.chat(std::vector<ChatMessage>{{"user", "what is it"}}, options) == silent);

  auto conversation = model.conversation(options);
  CHECK(conversation.say("what is it") == silent);
  REQUIRE(conversation.messages().size() == 2);
  const std::string second = conversation.say("and now");
  CHECK(second ==
        model.chat(conversation.messages().size() == 4
                       ? std::vector<ChatMessage>(conversation.messages().begin(), conversation.messages().end() - 1)
                       : std::vector<ChatMessage>{},
                   options));
  CHECK(conversation.speed().known > 0);
  conversation.reset();
  CHECK(conversation.messages().empty());
}

TEST_CASE("nothing that a model gives dangles when it moves or goes", "[finetune]") {
  std::optional<Conversation> conversation;
  std::optional<Dataset> data;
  std::string before;
  {
    auto first = LanguageModel::load(chat_folder());
    before = first.chat("what is it", {.max_tokens = 5, .greedy = true});
    auto moved = std::move(first);
    data = moved.dataset(chat_records(), {.context = 64});
    conversation = moved.conversation({.max_tokens = 5, .greedy = true});
  }
  CHECK(conversation->say("what is it") == before);
  CHECK(data->training_records() + data->validation_records() == 40);
}

TEST_CASE("a conversation reads its text again after the adapter has changed", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = model.dataset(chat_records(), {.context = 64});
  auto conversation = model.conversation({.max_tokens = 8, .greedy = true});
  const std::string untouched = conversation.say("what is 3");
  const auto run = finetune(model, data, quick(Scores{.rank = 3}, 60));
  conversation.reset();
  CHECK(conversation.say("what is 3") == model.chat("what is 3", {.max_tokens = 8, .greedy = true}));
  model.detach();
  conversation.reset();
  CHECK(conversation.say("what is 3") == untouched);
}

TEST_CASE("an adapter that was trained with another template warns at its use", "[finetune]") {
  const TemporaryFolder folder;
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = model.dataset(chat_records(), {.context = 64});
  const auto run = finetune(model, data, quick(Scores{.rank = 2}, 3));
  std::vector<std::string> warnings;
  LanguageModelOptions options{.chat_template = "plain"};
  options.on_warning = [&](const std::string& line) { warnings.push_back(line); };
  auto plain = LanguageModel::load(chat_folder(), options);
  plain.attach(run.adapter);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings.front(), ContainsSubstring("chatml") && ContainsSubstring("plain"));
  options.chat_template = "chatml";
  auto same = LanguageModel::load(chat_folder(), options);
  same.attach(run.adapter);
  CHECK(warnings.size() == 1);
}

TEST_CASE("an adapter of another base is refused, and the model has none then", "[finetune]") {
  auto model = LanguageModel::load(chat_folder(), {.storage = WeightStorage::dense});
  const Dataset data = model.dataset(chat_records(), {.context = 64});
  const auto run = finetune(model, data, quick(Lora{.rank = 2}, 3));
  auto other = LanguageModel::load(chat_folder(), {.storage = WeightStorage::dense});
  other.transformer().weights().front()->own_parameter()->value(0, 0) += 1.0F;
  CHECK_THROWS_WITH(other.attach(run.adapter), ContainsSubstring("hash"));
  CHECK(other.adapter().empty());
}

TEST_CASE("records of files and of memory give one dataset, and unusable ones are errors", "[finetune]") {
  const TemporaryFolder folder;
  const auto model = LanguageModel::load(chat_folder());
  std::string lines;
  for (const auto& record : chat_records()) {
    lines += R"({"messages": [{"role": "user", "content": ")" + record.messages[0].content +
             R"("}, {"role": "assistant", "content": ")" + record.messages[1].content + "\"}]}\n";
  }
  write_text(folder.path() / "chats.jsonl", lines);
  const Dataset file = model.dataset(folder.path() / "chats.jsonl", {.context = 64});
  const Dataset memory = model.dataset(chat_records(), {.context = 64});
  CHECK(file.hash() == memory.hash());
  CHECK(file.training_records() == 36);
  CHECK(file.validation_records() == 4);
  CHECK_THAT(file.report(), ContainsSubstring("40 records read"));
  CHECK(model.dataset(chat_records(), {.context = 64, .loss = LossOn::everything}).hash() != memory.hash());

  write_text(folder.path() / "empty.jsonl", R"({"text": ""})"
                                            "\n");
  CHECK_THROWS_WITH(model.dataset(folder.path() / "empty.jsonl", {.context = 64}), ContainsSubstring("no record"));
  CHECK_THROWS_WITH(model.dataset(chat_records(), {.validation_files = {folder.path() / "empty.jsonl"}, .context = 64}),
                    ContainsSubstring("empty.jsonl"));
  CHECK_THROWS_WITH(model.dataset(chat_records(1), {.context = 64}), ContainsSubstring("validation"));
  CHECK_THROWS_AS(model.dataset(chat_records(), {.validation_share = 2.0}), Error);
  CHECK_THROWS_WITH(LanguageModel::load(folder.path() / "nothing.gguf"), ContainsSubstring("there is no model"));
}

TEST_CASE("threads may ask one model at once", "[finetune]") {
  auto model = LanguageModel::load(chat_folder());
  const Dataset data = model.dataset(chat_records(), {.context = 64});
  static_cast<void>(finetune(model, data, quick(Scores{.rank = 3}, 5)));
  const AnswerOptions options{.max_tokens = 10, .greedy = true};
  const std::string expected = model.chat("what is 5", options);
  const double loss = model.evaluate(data, {.sequences = 1}).loss;
  std::vector<std::string> answers(4);
  std::vector<double> losses(4);
  {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back([&, i] {
        answers[i] = model.chat("what is 5", options);
        losses[i] = model.evaluate(data, {.sequences = 1}).loss;
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CHECK(answers[i] == expected);
    CHECK(losses[i] == loss);
  }
}
