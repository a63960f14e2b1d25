// SPDX-License-Identifier: MIT
/// @file
/// BPE over characters with marked spaces: Hugging Face's ids and texts of every kind, text that streams, and laws.
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/streaming_decoder.hpp>

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using Ids = std::vector<std::int32_t>;

namespace {

PretrainedTokenizer fixture(const std::string& name) {
  return read_huggingface_tokenizer(testing::tokenizer_file(name));
}

/// `<unk>`, `</s>` (special), a mark, letters with scores, two bytes.
PretrainedTokenizerParts letters() {
  PretrainedTokenizerParts parts;
  parts.alphabet = TokenAlphabet::characters;
  const std::string mark(detail::space_mark);
  parts.tokens = {"<unk>", "</s>", mark, "a", "b", "ab", "bb", mark + "a", "<0xC3>", "<0xA9>"};
  parts.scores = {0, 0, -5, -6, -7, -2, -1, -3, 0, 0};
  parts.added = {{.content = "</s>", .id = 1, .special = true}};
  parts.unknown = 0;
  return parts;
}

std::string streamed(const PretrainedTokenizer& tokenizer, const Ids& ids, TextPlace place = TextPlace::start) {
  StreamingDecoder decoder(tokenizer, false, place);
  std::string text;
  for (const std::int32_t id : ids) {
    text += decoder.push(id);
  }
  return text + decoder.finish();
}

std::string error_of(PretrainedTokenizerParts parts) {
  try {
    PretrainedTokenizer(std::move(parts));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("every way to mark spaces gives Hugging Face's ids, and their texts, at once and streamed") {
  for (const std::string& name : testing::character_tokenizers) {
    const PretrainedTokenizer tokenizer = fixture(name);
    const testing::TokenizerCases cases(name);
    REQUIRE(cases.texts.size() >= 30);
    for (std::size_t i = 0; i < cases.texts.size(); ++i) {
      INFO(name << ": " << cases.texts[i]);
      CHECK(tokenizer.encode(cases.texts[i]) == cases.ids[i]);
      CHECK(tokenizer.decode(cases.ids[i]) == cases.decoded[i]);
      CHECK(streamed(tokenizer, cases.ids[i]) == cases.decoded[i]);
    }
  }
}

TEST_CASE("text that nobody vouches for comes back byte for byte, without a special token") {
  const PretrainedTokenizer tokenizer = fixture("llama");
  for (const std::string text : {" two  spaces ", "</s> <s>", "tail \xe4\xbd", "\x80\xff", "\xf0\x9f\x98\x80", " "}) {
    const Ids ids = tokenizer.encode_plain(text);
    CHECK(tokenizer.decode(ids) == text);
    for (const std::int32_t id : ids) {
      CHECK_FALSE(tokenizer.is_special(id));
    }
  }
  CHECK(tokenizer.encode("").empty());
  Ids both = tokenizer.encode("a");
  const Ids second = tokenizer.encode("b");
  both.push_back(1);
  both.insert(both.end(), second.begin(), second.end());
  CHECK(tokenizer.encode("a<s>b") == both);
  CHECK(tokenizer.find_added("</s>") == 2);  // though it is looked for behind a space
}

TEST_CASE("a piece inside of a text gets no space in front and loses none") {
  const PretrainedTokenizer tokenizer(letters());
  CHECK(tokenizer.encode("a") == Ids{7});
  CHECK(tokenizer.encode_plain("a", TextPlace::after_token) == Ids{7});
  CHECK(tokenizer.encode_plain("a", TextPlace::inside) == Ids{3});
  CHECK(tokenizer.encode("a</s>a", TextPlace::inside) == Ids{3, 1, 7});
  CHECK(tokenizer.decode(Ids{7, 7}) == "a a");
  CHECK(tokenizer.decode(Ids{7, 7}, false, TextPlace::inside) == " a a");
  CHECK(streamed(tokenizer, Ids{7, 7}) == "a a");
  CHECK(streamed(tokenizer, Ids{7, 7}, TextPlace::inside) == " a a");
  CHECK(tokenizer.decode(Ids{1, 7}) == "</s> a");
  CHECK(tokenizer.decode(Ids{1, 7}, true) == "a");
  PretrainedTokenizerParts parts = letters();
  parts.spaces.in_front = SpaceInFront::at_start;
  CHECK(PretrainedTokenizer(parts).encode("a</s>a") == Ids{7, 1, 3});
  parts.spaces = {.in_front = SpaceInFront::nowhere, .stripped = false};
  CHECK(PretrainedTokenizer(parts).encode("a</s>a") == Ids{3, 1, 3});
  CHECK(PretrainedTokenizer(parts).decode(Ids{7}) == " a");
}

TEST_CASE("the highest score merges first, then the leftmost; what is unknown becomes bytes or one token") {
  PretrainedTokenizerParts parts = letters();
  parts.spaces.in_front = SpaceInFront::nowhere;
  CHECK(PretrainedTokenizer(parts).encode("abb") == Ids{3, 6});
  CHECK(PretrainedTokenizer(parts).encode("bbb") == Ids{6, 4});
  CHECK(PretrainedTokenizer(parts).encode("a\xc3\xa9") == Ids{3, 8, 9});
  CHECK(PretrainedTokenizer(parts).encode("axyb") == Ids{3, 0, 0, 4});
  parts.fuse_unknown = true;
  CHECK(PretrainedTokenizer(parts).encode("axyb") == Ids{3, 0, 4});
  parts.unknown.reset();
  CHECK(PretrainedTokenizer(parts).encode("axyb") == Ids{5});  // left out, so its neighbours meet
  parts = letters();
  parts.added.push_back({.content = "bb", .id = 6, .special = true});
  CHECK(PretrainedTokenizer(parts).encode_plain("bbb", TextPlace::inside) == Ids{4, 4, 4});
  parts.scores.clear();
  parts.merges = {{"b", "b"}, {"a", "b"}};
  CHECK(PretrainedTokenizer(parts).encode_plain("abbb", TextPlace::inside) == Ids{5, 4, 4});
}

TEST_CASE("scores that do not fit are refused by name") {
  CHECK(error_of(letters()) == "nothing thrown");
  PretrainedTokenizerParts parts = letters();
  parts.scores.pop_back();
  CHECK_THAT(error_of(parts), ContainsSubstring("9 scores for 10 tokens"));
  parts = letters();
  parts.scores[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(error_of(parts), ContainsSubstring("no number"));
  parts = letters();
  parts.merges = {{"a", "b"}};
  CHECK_THAT(error_of(parts), ContainsSubstring("merges or scores"));
  parts = letters();
  parts.ignore_merges = true;
  CHECK_THAT(error_of(parts), ContainsSubstring("bytes alone"));
  parts = letters();
  parts.tokens[4] = std::string(129, 'b');
  CHECK_THAT(error_of(parts), ContainsSubstring("129 bytes"));
  parts = letters();
  parts.unknown = 10;
  CHECK_THAT(error_of(parts), ContainsSubstring("token id 10"));
  // Each run of letters is made of two shorter ones in as many ways as it has places to be cut.
  parts = {};
  parts.alphabet = TokenAlphabet::characters;
  for (char letter = 1; letter <= 104; ++letter) {
    for (std::size_t size = 1; size <= 128; ++size) {
      parts.tokens.emplace_back(size, letter);
    }
  }
  parts.scores.assign(parts.tokens.size(), 0);
  CHECK_THAT(error_of(parts), ContainsSubstring("more than 786432 ways"));
}

TEST_CASE("parts of tokenizer.json that do not go with byte_fallback are refused by name") {
  const auto error_after = [](const std::string& name, const std::string& from, const std::string& to) -> std::string {
    std::string text = read_text(testing::tokenizer_file(name));
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    const testing::TemporaryFolder folder;
    const auto path = folder.write("tokenizer.json", text.replace(at, from.size(), to));
    try {
      static_cast<void>(read_huggingface_tokenizer(path));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  CHECK_THAT(error_after("llama", "\"Prepend\"", "\"Lowercase\""), ContainsSubstring("\"Lowercase\""));
  CHECK_THAT(error_after("llama", "\"prepend\":\"\xe2\x96\x81\"", "\"prepend\":\"_\""), ContainsSubstring("Prepend"));
  CHECK_THAT(error_after("llama", "\"String\":\" \"", "\"String\":\"x\""), ContainsSubstring("\"Replace\""));
  CHECK_THAT(error_after("llama", "\"pre_tokenizer\":null", "\"pre_tokenizer\":{\"type\":\"Whitespace\"}"),
             ContainsSubstring("both"));
  CHECK_THAT(error_after("gemma", "\"pattern\":{\"String\":\" \"},\"behavior\"",
                         "\"pattern\":{\"String\":\"x\"},\"behavior\""),
             ContainsSubstring("both"));
  CHECK_THAT(error_after("llama", "\"ByteFallback\"", "\"CTC\""), ContainsSubstring("ByteFallback"));
  CHECK_THAT(error_after("llama", "\"start\":1", "\"start\":2"), ContainsSubstring("Strip"));
  CHECK_THAT(error_after("llama", "\"ignore_merges\":false", "\"ignore_merges\":true"), ContainsSubstring("bytes"));
  CHECK_THAT(error_after("metaspace_first", "\"first\"", "\"last\""), ContainsSubstring("\"last\""));
  CHECK_THAT(error_after("metaspace_first", "\"Metaspace\"", "\"Whitespace\""), ContainsSubstring("\"Whitespace\""));
}
