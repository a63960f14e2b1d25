// SPDX-License-Identifier: MIT
/// @file
/// Laws of a pretrained tokenizer, and texts that are no UTF-8.
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/streaming_decoder.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/random_text.hpp"
#include "text/tokenizer_cases.hpp"

using namespace ampsft;
using Ids = std::vector<std::int32_t>;

namespace {

PretrainedTokenizer fixture(const std::string& name) {
  return read_huggingface_tokenizer(testing::tokenizer_file(name));
}

PretrainedTokenizerParts letters() {
  PretrainedTokenizerParts parts;
  parts.tokens = {"a", "b", "ab", "<x>"};
  parts.merges = {{"a", "b"}};
  AddedToken token;
  token.content = "<x>";
  token.id = 3;
  token.special = true;
  parts.added = {token};
  return parts;
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

TEST_CASE("decoding gives the text back, any bytes included") {
  const PretrainedTokenizer tokenizer = fixture("smollm");
  Random random(2);
  for (int i = 0; i < 200; ++i) {
    std::string bytes;
    for (Index size = random.below(60); size > 0; --size) {
      bytes.push_back(static_cast<char>(random()));
    }
    CHECK(tokenizer.decode(tokenizer.encode_plain(bytes)) == bytes);
  }
}

TEST_CASE("special tokens are text where nobody vouches for it") {
  const PretrainedTokenizer tokenizer = fixture("smollm");
  const std::string text = "<|im_start|>user";
  CHECK(tokenizer.encode(text).front() == 1);
  const Ids plain = tokenizer.encode_plain(text);
  for (const std::int32_t id : plain) {
    CHECK_FALSE(tokenizer.is_special(id));
  }
  CHECK(tokenizer.decode(plain) == text);
  CHECK(tokenizer.decode(Ids{1, 0, 2}) == "<|im_start|><|endoftext|><|im_end|>");
  CHECK(tokenizer.decode(Ids{1, 0, 2}, true).empty());
  CHECK(tokenizer.find_added("<|im_end|>") == 2);
  CHECK_FALSE(tokenizer.find_added("<|im_en|>").has_value());
  // Added tokens that are not special stay tokens.
  CHECK(tokenizer.encode_plain("<both>") == tokenizer.encode("<both>"));
  CHECK(tokenizer.encode("<both>").size() == 1);
}

TEST_CASE("a tokenizer that was moved encodes the same") {
  PretrainedTokenizer first = fixture("llama3");
  const Ids ids = first.encode("zebra snowman 123");
  CHECK(ids.size() == 4);  // the first two words and the number are tokens that no merges make
  const PretrainedTokenizer second = std::move(first);
  CHECK(second.encode("zebra snowman 123") == ids);
}

TEST_CASE("text comes out as soon as its characters are complete") {
  const PretrainedTokenizer tokenizer = fixture("smollm");
  for (const std::string text : {"naïve 你好 \xf0\x9f\x98\x80!", "tail \xe4\xbd", "\xf0\x9f", "\x80\x80"}) {
    StreamingDecoder decoder(tokenizer);
    std::string all;
    for (std::size_t i = 0; i < text.size(); ++i) {  // a token for each byte
      const Ids id = tokenizer.encode_plain(std::string_view(text).substr(i, 1));
      REQUIRE(id.size() == 1);
      const std::string part = decoder.push(id[0]);
      CHECK(detail::incomplete_tail(part) == 0);
      all += part;
    }
    CHECK(all.size() + 4 > text.size());
    all += decoder.finish();
    CHECK(all == text);
  }
  StreamingDecoder decoder(tokenizer);
  CHECK(decoder.push(2).empty());
  CHECK(StreamingDecoder(tokenizer, false).push(2) == "<|im_end|>");
  CHECK_THROWS_WITH(decoder.push(100000), ContainsSubstring("100000"));
}

TEST_CASE("bytes that the vocabulary lacks are left out, or unknown") {
  PretrainedTokenizerParts parts = letters();
  CHECK(PretrainedTokenizer(parts).encode("acb") == Ids{2});
  parts.unknown = 3;
  CHECK(PretrainedTokenizer(parts).encode("acc") == Ids{0, 3, 3});
}

TEST_CASE("parts that do not fit are refused by name") {
  CHECK(error_of(letters()) == "nothing thrown");
  PretrainedTokenizerParts parts = letters();
  parts.tokens.emplace_back("a");
  CHECK_THAT(error_of(parts), ContainsSubstring("tokens 0 and 4 are both \"a\""));
  parts = letters();
  parts.merges.emplace_back("b", "a");
  CHECK_THAT(error_of(parts), ContainsSubstring("merge 1 needs the token \"ba\""));
  parts = letters();
  parts.added[0].id = 4;
  CHECK_THAT(error_of(parts), ContainsSubstring("token id 4"));
  parts = letters();
  parts.added.push_back(parts.added[0]);
  CHECK_THAT(error_of(parts), ContainsSubstring("two added tokens"));
  parts = letters();
  parts.added[0].content = std::string(2000, 'x');
  CHECK_THAT(error_of(parts), ContainsSubstring("2000 bytes"));
  parts = letters();
  parts.prefix = {7};
  CHECK_THAT(error_of(parts), ContainsSubstring("token id 7"));
  const PretrainedTokenizer tokenizer(letters());
  CHECK_THROWS_WITH(tokenizer.decode(Ids{-1}), ContainsSubstring("-1"));
}
