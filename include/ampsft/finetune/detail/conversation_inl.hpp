// SPDX-License-Identifier: MIT
/// @file
/// How a model answers.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/detail/answer_options_inl.hpp>
#include <ampsft/finetune/detail/model_parts.hpp>
#include <ampsft/finetune/detail/require_finite.hpp>
#include <ampsft/finetune/language_model.hpp>
#include <ampsft/generate/cached_text.hpp>
#include <ampsft/generate/generate_text.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace ampsft {

/// The state of a chat.
struct Conversation::State {
  State(std::shared_ptr<detail::ModelParts> model, AnswerOptions answer_options)
      : parts(std::move(model)), options(std::move(answer_options)), text(parts->model), version(parts->version) {
    options.validate();
    generate = {.sampling = detail::sampling_of(options, parts->text.sampling),
                .count = options.max_tokens,
                .stop_ids = parts->text.stops(parts->chat)};
    reset();
  }

  void reset() {
    messages.clear();
    if (!options.system.empty()) {
      messages.push_back({"system", options.system});
    }
  }

  /// The prompt for the messages, after so many of them were forgotten that an answer has room.
  [[nodiscard]] std::vector<std::int32_t> fitting_prompt() {
    const Index context = parts->text.config.context;
    const Index room = std::min(options.max_tokens, context / 4);
    const std::size_t first = !messages.empty() && messages.front().role == "system" ? 1 : 0;
    forgotten = 0;
    auto kept = messages;  // a message that does not fit leaves the chat as it is
    std::vector<std::int32_t> ids = parts->chat.prompt(kept);
    while (may_forget && static_cast<Index>(ids.size()) + room > context && kept.size() > first + 2) {
      const auto oldest = kept.begin() + static_cast<std::ptrdiff_t>(first);
      kept.erase(oldest, oldest + 2);  // a message and its answer
      forgotten += 2;
      ids = parts->chat.prompt(kept);
    }
    require(static_cast<Index>(ids.size()) < context, "the message has ", ids.size(),
            " tokens with all that belongs to it, but the model's context is ", context);
    messages = std::move(kept);
    return ids;
  }

  [[nodiscard]] std::string write_after(std::span<const std::int32_t> prompt, TextPlace place) {
    using Clock = std::chrono::steady_clock;
    const auto seconds_since = [](Clock::time_point start) {
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    if (version != parts->version) {  // the keys are those of other weights
      text.forget();
      version = parts->version;
    }
    for (const std::int32_t id : prompt) {
      require(id < parts->text.config.vocabulary, "the token ", detail::quoted(parts->text.tokenizer.token(id)),
              " of the prompt has the number ", id, ", but the model has rows for ", parts->text.config.vocabulary,
              " tokens only");
    }
    auto start = Clock::now();
    const auto next = text.become(prompt);
    if (std::any_of(next.begin(), next.end(), [](float logit) { return std::isnan(logit); })) {
      detail::require_finite(parts->base_weights(), parts->model.parameters());  // names the weight
    }
    speed.read += text.computed();
    speed.known += text.length() - text.computed();
    speed.read_seconds += seconds_since(start);
    start = Clock::now();
    auto written = generate_text(
        text, next, parts->text.tokenizer, generate, options.stops,
        [&](std::string_view piece) { return !options.on_text || options.on_text(piece); }, place);
    speed.written += static_cast<Index>(written.ids.size());
    speed.written_seconds += seconds_since(start);
    ++generate.sampling.seed;  // a message that comes again need not get the same answer
    context_full = written.end == TextEnd::context;
    return std::move(written.text);
  }

  [[nodiscard]] std::string answer() { return write_after(fitting_prompt(), TextPlace::start); }

  [[nodiscard]] std::string complete(std::string_view prompt) {
    forgotten = 0;
    std::vector<std::int32_t> ids = parts->text.tokenizer.prefix();
    const auto tokens = parts->text.tokenizer.encode(prompt);
    ids.insert(ids.end(), tokens.begin(), tokens.end());
    require(!ids.empty() && static_cast<Index>(ids.size()) <= parts->text.config.context, "the prompt has ", ids.size(),
            " tokens, but the model's context is ", parts->text.config.context);
    return write_after(ids, TextPlace::inside);
  }

  std::shared_ptr<detail::ModelParts> parts;
  AnswerOptions options;
  CachedText<Transformer<float>> text;
  std::uint64_t version;  // of the weights that read the text
  GenerateOptions generate;
  std::vector<ChatMessage> messages;
  bool may_forget = true;  // the oldest messages, where there is no room for all
  std::size_t forgotten = 0;
  bool context_full = false;
  Speed speed;
};

AMPSFT_HEADER_INLINE Conversation::Conversation(std::shared_ptr<detail::ModelParts> parts, AnswerOptions options)
    : state_(std::make_unique<State>(std::move(parts), std::move(options))) {}
AMPSFT_HEADER_INLINE Conversation::Conversation(Conversation&&) noexcept = default;
AMPSFT_HEADER_INLINE Conversation& Conversation::operator=(Conversation&&) noexcept = default;
AMPSFT_HEADER_INLINE Conversation::~Conversation() = default;

AMPSFT_HEADER_INLINE std::string Conversation::say(std::string_view message) {
  state_->messages.push_back({"user", std::string(message)});
  try {
    std::string answer = state_->answer();
    state_->messages.push_back({"assistant", answer});
    return answer;
  } catch (...) {
    state_->messages.pop_back();
    throw;
  }
}

AMPSFT_HEADER_INLINE std::string Conversation::complete(std::string_view text) {
  state_->reset();
  return state_->complete(text);
}

AMPSFT_HEADER_INLINE void Conversation::reset() {
  state_->reset();
}
AMPSFT_HEADER_INLINE const std::vector<ChatMessage>& Conversation::messages() const noexcept {
  return state_->messages;
}
AMPSFT_HEADER_INLINE std::size_t Conversation::forgotten() const noexcept {
  return state_->forgotten;
}
AMPSFT_HEADER_INLINE bool Conversation::context_full() const noexcept {
  return state_->context_full;
}
AMPSFT_HEADER_INLINE const Conversation::Speed& Conversation::speed() const noexcept {
  return state_->speed;
}

AMPSFT_HEADER_INLINE Conversation LanguageModel::conversation(AnswerOptions options) {
  return {parts_, std::move(options)};
}

AMPSFT_HEADER_INLINE std::string LanguageModel::chat(std::string_view message, const AnswerOptions& options) const {
  return Conversation(parts_, options).say(message);
}

AMPSFT_HEADER_INLINE std::string LanguageModel::chat(const std::vector<ChatMessage>& messages,
                                                     const AnswerOptions& options) const {
  require(options.system.empty() || messages.empty() || messages.front().role != "system",
          "chat: there are two system messages, one among the messages and one in the options");
  Conversation::State state(parts_, options);
  state.may_forget = false;
  state.messages.insert(state.messages.end(), messages.begin(), messages.end());
  return state.answer();
}

AMPSFT_HEADER_INLINE std::string LanguageModel::complete(std::string_view text, const AnswerOptions& options) const {
  return Conversation(parts_, options).complete(text);
}

}  // namespace ampsft
