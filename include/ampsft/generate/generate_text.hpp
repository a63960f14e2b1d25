// SPDX-License-Identifier: MIT
/// @file
/// Text from a model, as it is written.
#pragma once

#include <ampsft/generate/stop_strings.hpp>
#include <ampsft/text/streaming_decoder.hpp>
#include <ampsft/generate/generate.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Why a text ended.
enum class TextEnd { count, stop_id, stop_string, context, callback };

/// What a model has written, without the stop that ended it.
struct GeneratedText {
  std::string text;
  std::vector<std::int32_t> ids;  ///< as drawn; the tokens of a stop string among them
  TextEnd end = TextEnd::count;
};

/// `generate`, but for text: `on_text(piece)` is called once a token, with the whole characters (often none) that now
/// belong to the text for certain, and ends it by returning false. `place` is `inside` where the text goes on with
/// words of the prompt, whose space some tokenizers leave out at the start.
///
/// What may be the beginning of one of the `stops` is held back until it is known not to be; one that occurs ends the
/// text and is left out, with whatever follows it in the same token. Special tokens have no text. Where the options
/// name no vocabulary, it is the tokenizer's. Throws as `generate` and `StopStrings` do.
template <class Model, class OnText>
GeneratedText generate_text(CachedText<Model>& text, std::span<const typename Model::scalar> next,
                            const PretrainedTokenizer& tokenizer, GenerateOptions options,
                            std::vector<std::string> stops, OnText&& on_text, TextPlace place = TextPlace::start) {
  StreamingDecoder decoder(tokenizer, true, place);
  StopStrings until(std::move(stops));
  if (options.vocabulary == 0) {
    options.vocabulary = std::min(tokenizer.vocabulary_size(), static_cast<Index>(next.size()));
  }
  GeneratedText written;
  const auto pass_on = [&](std::string_view piece) {
    written.text += piece;
    return static_cast<bool>(on_text(piece));
  };
  auto tokens = generate(text, next, options, [&](std::int32_t id) {
    const bool goes_on = pass_on(until.push(decoder.push(id)));
    return goes_on && !until.stopped();
  });
  if (tokens.end == GenerateEnd::callback) {
    written.end = until.stopped() ? TextEnd::stop_string : TextEnd::callback;
  } else {
    written.end = tokens.end == GenerateEnd::count     ? TextEnd::count
                  : tokens.end == GenerateEnd::stop_id ? TextEnd::stop_id
                                                       : TextEnd::context;
    pass_on(until.push(decoder.finish()));
    pass_on(until.finish());
  }
  written.ids = std::move(tokens.ids);
  return written;
}

}  // namespace ampsft
