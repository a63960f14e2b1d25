// SPDX-License-Identifier: MIT
/// @file
/// Sampling defaults and chat templates of Hugging Face folders.
#include <ampsft/generate/generation_defaults.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

TEST_CASE("sampling defaults are read, and empty where nothing is said") {
  const testing::TemporaryFolder folder;
  CHECK_FALSE(read_generation_defaults(folder.path()).temperature.has_value());
  folder.write("generation_config.json", R"({"do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8,
    "repetition_penalty": 1.1, "eos_token_id": [1, 2]})");
  const GenerationDefaults defaults = read_generation_defaults(folder.path());
  CHECK(defaults.sample == true);
  CHECK(defaults.temperature == 0.7);
  CHECK(defaults.top_k == 20);
  CHECK(defaults.top_p == 0.8);
  CHECK(defaults.repetition_penalty == 1.1);
  folder.write("generation_config.json", R"({"temperature": -1})");
  CHECK_THROWS_WITH(read_generation_defaults(folder.path()),
                    ContainsSubstring("generation_config.json") && ContainsSubstring("\"temperature\""));
  folder.write("generation_config.json", R"({"top_k": -1})");
  CHECK_THROWS_WITH(read_generation_defaults(folder.path()), ContainsSubstring("\"top_k\""));
  folder.write("generation_config.json", R"({"do_sample": 1})");
  CHECK_THROWS_WITH(read_generation_defaults(folder.path()), ContainsSubstring("true or false"));
}

TEST_CASE("the template of chats is found wherever folders keep it") {
  const testing::TemporaryFolder folder;
  CHECK_FALSE(read_chat_template(folder.path()).has_value());
  folder.write("tokenizer_config.json", R"({"eos_token": "x"})");
  CHECK_FALSE(read_chat_template(folder.path()).has_value());
  folder.write("tokenizer_config.json", R"({"chat_template": "one"})");
  CHECK(read_chat_template(folder.path()) == "one");
  folder.write("tokenizer_config.json", R"({"chat_template": [{"name": "tool", "template": "two"},
                                                              {"name": "default", "template": "three"}]})");
  CHECK(read_chat_template(folder.path()) == "three");
  folder.write("chat_template.jinja", "four");
  CHECK(read_chat_template(folder.path()) == "four");
  folder.write("tokenizer_config.json", R"({"chat_template": 5})");
  CHECK(read_chat_template(folder.path()) == "four");
}

TEST_CASE("a temperature of 0, which transformers writes beside do_sample false, is read") {
  const testing::TemporaryFolder folder;
  folder.write("generation_config.json", R"({"do_sample": false, "temperature": 0.0})");
  CHECK(read_generation_defaults(folder.path()).temperature == 0.0);
}
