// SPDX-License-Identifier: MIT
/// @file
/// Tokenizer, template and sampling defaults of a model's files.
#include <ampsft/generate/pretrained_text.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
namespace fs = std::filesystem;

namespace {

const fs::path fixtures = fs::path(AMPSFT_TEST_DATA) / "fixtures";

}  // namespace

TEST_CASE("a folder tells its config, tokenizer, template and sampling", "[pretrained_text]") {
  const PretrainedText text = load_pretrained_text(fixtures / "models" / "chat");
  CHECK(text.config.vocabulary == text.tokenizer.vocabulary_size());
  CHECK(text.sampling.temperature == 0.7);
  const ChatTemplate chat = text.chat();
  CHECK(chat.kind() == ChatTemplateKind::chatml);
  CHECK(chat.end_of_turn() == text.config.eos.front());
  const auto ids = chat.prompt({{"user", "hello"}});
  CHECK(text.tokenizer.decode(ids) == "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n");
}

TEST_CASE("a template by name comes before the model's own, and none means plain", "[pretrained_text]") {
  PretrainedText text = load_pretrained_text(fixtures / "models" / "chat");
  CHECK(text.chat(ChatTemplateKind::plain).kind() == ChatTemplateKind::plain);
  CHECK_FALSE(text.chat(ChatTemplateKind::plain).end_of_turn().has_value());
  text.jinja.reset();
  CHECK(text.chat().kind() == ChatTemplateKind::plain);
  text.jinja = "nothing known";
  CHECK_THROWS_WITH(text.chat(), ContainsSubstring("choose one"));
}

TEST_CASE("what is missing in a folder is named", "[pretrained_text]") {
  const testing::TemporaryFolder folder;
  fs::copy_file(fixtures / "models" / "chat" / "config.json", folder.path() / "config.json");
  CHECK_THROWS_WITH(load_pretrained_text(folder.path()), ContainsSubstring("tokenizer.json"));
}
