// SPDX-License-Identifier: MIT
/// @file
/// Generates text with a model.
#pragma once

#include <ampsft/generate/generate.hpp>
#include <ampsft/generate/stop_strings.hpp>
#include <ampsft/text/streaming_decoder.hpp>

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

/// A generated text, without the stop that ended it.
struct GeneratedText {
  std::string text;
  std::vector<std::int32_t> ids;  ///< as sampled; includes the tokens of a stop string
  TextEnd end = TextEnd::count;
};

/// `generate` for text. Calls `on_text(piece)` once for each token, with the complete characters (often none) that are
/// now certain to belong to the text; it ends the text by returning false. `place` is `inside` if the text continues
/// the words of the prompt, so that no space is removed from its start.
///
/// Text that may be the beginning of one of the `stops` is held back. A stop string ends the text; it is left out, with
/// all that follows it in the same token. Special tokens have no text. If the options name no vocabulary, the
/// tokenizer's is used. Throws as `generate` and `StopStrings` do.
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
