// SPDX-License-Identifier: MIT
/// @file
/// Chats as tokens: the text that each template makes, what is learned of it, and how templates are recognised.
#include <ampsft/data/encode_records.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/hf_tokenizer.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;

namespace {

/// Every byte is a token; the ids from 256 on are control tokens.
PretrainedTokenizer bytes_and(const std::vector<std::string>& control, std::vector<std::int32_t> prefix = {}) {
  PretrainedTokenizerParts parts;
  for (const std::uint32_t point : detail::byte_alphabet) {
    detail::append_character(parts.tokens.emplace_back(), point);
  }
  for (const std::string& content : control) {
    AddedToken token;
    token.content = content;
    token.id = static_cast<std::int32_t>(parts.tokens.size());
    token.special = true;
    parts.tokens.emplace_back();
    parts.added.push_back(token);
  }
  parts.prefix = std::move(prefix);
  return PretrainedTokenizer(std::move(parts));
}

TextRecord chat(const std::vector<ChatMessage>& messages) {
  TextRecord record;
  record.kind = RecordKind::chat;
  record.messages = messages;
  return record;
}

/// The text, what is learned of it in double brackets.
std::string shown(const PretrainedTokenizer& tokenizer, const EncodedRecord& record) {
  REQUIRE(record.ids.size() == record.learned.size());
  std::string text;
  bool open = false;
  for (std::size_t i = 0; i < record.ids.size(); ++i) {
    if (record.learned[i] != open) {
      text += open ? "))" : "((";
      open = !open;
    }
    text += tokenizer.token(record.ids[i]);
  }
  return text + (open ? "))" : "");
}

const std::vector<ChatMessage> talk{
    {"system", "Be."}, {"user", " Hi\n"}, {"assistant", "Yo "}, {"user", "?"}, {"assistant", "!"}};

}  // namespace

TEST_CASE("ChatML") {
  const PretrainedTokenizer tokenizer = bytes_and({"<|im_start|>", "<|im_end|>"});
  const ChatTemplate chatml(ChatTemplateKind::chatml, tokenizer);
  CHECK(
      shown(tokenizer, chatml.encode(chat(talk))) ==
      "<|im_start|>system\nBe.<|im_end|>\n<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\n((Yo <|im_end|>))\n"
      "<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n((!<|im_end|>))\n");
  CHECK(tokenizer.decode(chatml.prompt({{"user", "Hi"}})) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  CHECK_THROWS_WITH(chatml.prompt(talk), ContainsSubstring("must end with a message of the user"));
  CHECK_THROWS_WITH(ChatTemplate(ChatTemplateKind::llama3, tokenizer),
                    ContainsSubstring("\"<|start_header_id|>\"") && ContainsSubstring("llama3"));
}

TEST_CASE("control tokens inside of a message are text") {
  const PretrainedTokenizer tokenizer = bytes_and({"<|im_start|>", "<|im_end|>"});
  const ChatTemplate chatml(ChatTemplateKind::chatml, tokenizer);
  const EncodedRecord record = chatml.encode(chat({{"user", "<|im_end|>"}, {"assistant", "<|im_start|>"}}));
  CHECK(std::count(record.ids.begin(), record.ids.end(), 257) == 2);
  CHECK(std::count(record.ids.begin(), record.ids.end(), 256) == 2);
}

TEST_CASE("Llama-3") {
  const PretrainedTokenizer tokenizer =
      bytes_and({"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, {256});
  const ChatTemplate llama3(ChatTemplateKind::llama3, tokenizer);
  const auto turn = [](const std::string& role, const std::string& text) {
    return "<|start_header_id|>" + role + "<|end_header_id|>\n\n" + text;
  };
  CHECK(shown(tokenizer, llama3.encode(chat(talk))) ==
        "<|begin_of_text|>" + turn("system", "Be.<|eot_id|>") + turn("user", "Hi<|eot_id|>") +
            turn("assistant", "((Yo<|eot_id|>))") + turn("user", "?<|eot_id|>") + turn("assistant", "((!<|eot_id|>))"));
  CHECK(tokenizer.decode(llama3.prompt({{"user", "Hi"}})) ==
        "<|begin_of_text|>" + turn("user", "Hi<|eot_id|>") + turn("assistant", ""));
}

TEST_CASE("Llama-2") {
  const PretrainedTokenizer tokenizer = bytes_and({"<s>", "</s>"}, {256});
  const ChatTemplate llama2(ChatTemplateKind::llama2, tokenizer, 257);
  CHECK(shown(tokenizer, llama2.encode(chat(talk))) ==
        "<s>[INST] <<SYS>>\nBe.\n<</SYS>>\n\n Hi [/INST](( Yo </s>))<s>[INST] ? [/INST](( ! </s>))");
  CHECK(tokenizer.decode(llama2.prompt({{"user", "Hi"}})) == "<s>[INST] Hi [/INST]");
  CHECK_THROWS_WITH(llama2.encode(chat({{"user", "a"}, {"user", "b"}})), ContainsSubstring("alternate"));
}

TEST_CASE("Zephyr") {
  const PretrainedTokenizer tokenizer = bytes_and({"<s>", "</s>"}, {256});
  const ChatTemplate zephyr(ChatTemplateKind::zephyr, tokenizer, 257);
  CHECK(shown(tokenizer, zephyr.encode(chat(talk))) ==
        "<s><|system|>\nBe.</s>\n<|user|>\n Hi\n</s>\n<|assistant|>\n((Yo </s>))\n<|user|>\n?</s>\n"
        "<|assistant|>\n((!</s>))\n");
  CHECK(tokenizer.decode(zephyr.prompt({{"user", "Hi"}})) == "<s><|user|>\nHi</s>\n<|assistant|>\n");
  CHECK_THROWS_WITH(ChatTemplate(ChatTemplateKind::zephyr, tokenizer), ContainsSubstring("end-of-text"));
}

TEST_CASE("chats over a vocabulary of characters have the ids of the text that their template makes") {
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(testing::tokenizer_file("metaspace_always"));
  const auto with_prefix = [&](std::vector<std::int32_t> ids) {
    ids.insert(ids.begin(), tokenizer.prefix().begin(), tokenizer.prefix().end());
    return ids;
  };
  const std::vector<ChatMessage> messages{{"user", "Hi you"}, {"assistant", "the answer"}, {"user", "?"}};
  CHECK(ChatTemplate(ChatTemplateKind::zephyr, tokenizer, 2).prompt(messages) ==
        with_prefix(tokenizer.encode("<|user|>\nHi you</s>\n<|assistant|>\nthe answer</s>\n<|user|>\n?</s>\n"
                                     "<|assistant|>\n")));
  CHECK(ChatTemplate(ChatTemplateKind::llama2, tokenizer, 2).prompt(messages) ==
        tokenizer.encode("<s>[INST] Hi you [/INST] the answer </s><s>[INST] ? [/INST]"));
  TextRecord record;
  record.text = "some text";
  CHECK(ChatTemplate(ChatTemplateKind::plain, tokenizer).encode(record).ids ==
        with_prefix(tokenizer.encode("some text")));
}

TEST_CASE("plain words, completions and texts") {
  const PretrainedTokenizer tokenizer = bytes_and({"<s>", "</s>"}, {256});
  const ChatTemplate plain(ChatTemplateKind::plain, tokenizer, 257);
  CHECK(shown(tokenizer, plain.encode(chat({{"system", "S"}, {"user", "U"}, {"assistant", "A"}}))) ==
        "<s>System: S\nUser: U\nAssistant:(( A</s>))\n");
  const ChatTemplate endless(ChatTemplateKind::plain, tokenizer);
  CHECK(shown(tokenizer, endless.encode(chat({{"user", "U"}, {"assistant", "A"}}))) ==
        "<s>User: U\nAssistant:(( A\n))");
  CHECK(tokenizer.decode(plain.prompt({{"user", "U"}})) == "<s>User: U\nAssistant:");
  TextRecord record;
  record.text = "some text";
  CHECK(shown(tokenizer, plain.encode(record)) == "<s>((some text</s>))");
  record.kind = RecordKind::completion;
  record.prompt = "after";
  CHECK(shown(tokenizer, plain.encode(record)) == "<s>after((some text</s>))");
  CHECK(shown(tokenizer, plain.encode(record, LossOn::everything)) == "<s>((aftersome text</s>))");
  const PretrainedTokenizer other = bytes_and({"<|im_start|>", "<|im_end|>"});
  CHECK(shown(other, ChatTemplate(ChatTemplateKind::chatml, other).encode(record)) ==
        "<|im_start|>user\nafter<|im_end|>\n<|im_start|>assistant\n((some text<|im_end|>))\n");
  CHECK_THROWS_WITH(ChatTemplate(ChatTemplateKind::plain, tokenizer, 999), ContainsSubstring("999"));
}

TEST_CASE("a base model with a beginning token and no template gets plain prompts") {
  const PretrainedTokenizer tokenizer = read_huggingface_tokenizer(testing::tokenizer_file("gemma"));
  const std::int32_t end = tokenizer.find_added("<eos>").value();
  const ChatTemplate plain(ChatTemplateKind::plain, tokenizer, end);
  const std::string question = "Hi  you\n\n<b> <bos><end_of_turn>\n";
  const auto prompt = plain.prompt({{"user", question}});
  // One beginning token, runs of white space and tags as they are in texts, control tokens in a message as text.
  auto expected = tokenizer.prefix();
  REQUIRE(expected.size() == 1);
  const auto text = tokenizer.encode_plain("User: " + question + "\nAssistant:");
  expected.insert(expected.end(), text.begin(), text.end());
  CHECK(prompt == expected);
  CHECK(std::count(prompt.begin(), prompt.end(), expected.front()) == 1);
  const auto taught = plain.encode(chat({{"user", question}, {"assistant", "No."}}));
  REQUIRE(taught.ids.size() > prompt.size());
  CHECK(std::equal(prompt.begin(), prompt.end(), taught.ids.begin()));
  CHECK(shown(tokenizer, taught).ends_with("Assistant:(( No.<eos>))\n"));
  // An answer that the model wrote begins with the space of the template.
  CHECK(plain.prompt({{"user", "a"}, {"assistant", " No."}, {"user", "b"}}) ==
        plain.prompt({{"user", "a"}, {"assistant", "No."}, {"user", "b"}}));
}

TEST_CASE("a model's own template is recognised") {
  const PretrainedTokenizer tokenizer = bytes_and({"<|im_start|>", "<|im_end|>"});
  // The beginnings of SmolLM2's and Qwen2.5's templates.
  const std::string smollm =
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
      "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}";
  const std::string qwen =
      "{{- '<|im_start|>system\\n' }}{{- messages[0]['content'] }}{{- '<|im_end|>\\n' }}"
      "{{- '<|im_start|>system\\nYou are Qwen.<|im_end|>\\n' }}";
  const ChatTemplate chatml = ChatTemplate::recognize(smollm, tokenizer);
  CHECK(chatml.kind() == ChatTemplateKind::chatml);
  CHECK(chatml.default_system() == "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
  CHECK(tokenizer.decode(chatml.prompt({{"user", "Hi"}})).starts_with("<|im_start|>system\nYou are a helpful"));
  CHECK(tokenizer.decode(chatml.prompt({{"system", "S"}, {"user", "Hi"}})).starts_with("<|im_start|>system\nS<"));
  CHECK(ChatTemplate::recognize(qwen, tokenizer).default_system() == "You are Qwen.");
  CHECK(ChatTemplate::recognize("<|im_start|>", tokenizer).default_system().empty());
  CHECK(recognize_chat_template("{{ '<|start_header_id|>' }}") == ChatTemplateKind::llama3);
  CHECK(recognize_chat_template("{{ bos_token + '[INST] ' }}") == ChatTemplateKind::llama2);
  // A line of TinyLlama's, and of one that ends turns in another way.
  CHECK(recognize_chat_template("{{ '<|user|>\n' + message['content'] + eos_token }}") == ChatTemplateKind::zephyr);
  CHECK(recognize_chat_template("{{ '<|user|>\\n' + message['content'] + eos_token }}") == ChatTemplateKind::zephyr);
  CHECK_THROWS_WITH(recognize_chat_template("{{ '<|user|>\n' + message['content'] + '<|end|>' }}"),
                    ContainsSubstring("by name"));
  CHECK_THROWS_WITH(recognize_chat_template("<start_of_turn>"), ContainsSubstring("by name"));
  for (const auto kind : {ChatTemplateKind::chatml, ChatTemplateKind::llama2, ChatTemplateKind::llama3,
                          ChatTemplateKind::zephyr, ChatTemplateKind::plain}) {
    CHECK(chat_template_of(chat_template_name(kind)) == kind);
  }
  CHECK_THROWS_WITH(chat_template_of("alpaca"), ContainsSubstring("\"alpaca\"") && ContainsSubstring("chatml"));
}

TEST_CASE("records become tokens of a bounded length, with a report") {
  const PretrainedTokenizer tokenizer = bytes_and({"<s>"});
  const ChatTemplate plain(ChatTemplateKind::plain, tokenizer);
  const auto completion = [](std::size_t line, const std::string& prompt, const std::string& text) {
    TextRecord record;
    record.kind = RecordKind::completion;
    record.prompt = prompt;
    record.text = text;
    record.line = line;
    return record;
  };
  TextRecord text;
  text.text = std::string(50, 'x');
  text.line = 5;
  const std::vector<TextRecord> records{completion(1, "abc", "de"), completion(2, "abc", std::string(20, 'd')),
                                        completion(3, std::string(12, 'a'), "b"), completion(4, "abc", ""), text};
  DataReport report;
  const auto encoded = encode_records(records, plain, LossOn::answers, 10, BadRecord::refuse, report);
  REQUIRE(encoded.size() == 3);
  CHECK(encoded[0].ids.size() == 5);
  CHECK(encoded[1].ids.size() == 10);
  CHECK(encoded[1].learned_count() == 7);
  CHECK(encoded[2].ids.size() == 50);  // packing cuts texts into pieces
  CHECK(encoded[2].line == 5);
  CHECK(report.shortened == 1);
  CHECK((report.tokens == 65 && report.learned_tokens == 2 + 7 + 49));
  CHECK((report.shortest == 5 && report.longest == 50));
  CHECK(report.skipped.at("its answer begins after 10 tokens") == 1);
  CHECK(report.skipped.at("there is nothing to learn in it") == 1);
  CHECK(report.named[0].line == 3);

  const ChatTemplate llama2(ChatTemplateKind::llama2, tokenizer);
  TextRecord twice = chat({{"user", "a"}, {"user", "b"}});
  twice.line = 9;
  CHECK_THROWS_WITH(encode_records({twice}, llama2, LossOn::answers, 10, BadRecord::refuse, report),
                    ContainsSubstring("line 9: Llama-2"));
  CHECK(encode_records({twice}, llama2, LossOn::answers, 10, BadRecord::skip, report).empty());
  CHECK(report.skipped.at("bad record") == 1);
  CHECK_THROWS_WITH(encode_records({}, plain, LossOn::answers, 1, BadRecord::skip, report), ContainsSubstring("2"));
}
