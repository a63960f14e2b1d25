// SPDX-License-Identifier: MIT
/// @file
/// A chat with a model: its messages, the text that the model has read, and the answers.
#pragma once

#include <ampsft/data/records.hpp>
#include <ampsft/generate/generate_text.hpp>

#include <span>
#include <string>
#include <vector>

#include "generate/options.hpp"
#include "support/pretrained.hpp"
#include "support/switched_model.hpp"

namespace generate {

/// Tokens and the time that they took.
struct Meter {
  Index tokens = 0;
  double seconds = 0.0;

  [[nodiscard]] std::string rate() const;
};

/// A model that is talked to. Answers go to stdout as they are written, remarks to stderr.
class Talk {
 public:
  explicit Talk(const Options& options);

  /// Goes on after a text that is no message.
  void complete(const std::string& prompt);

  /// Answers a message; both stay in the history. Where the history does not fit the context, its oldest messages are
  /// forgotten. Throws `ampsft::Error`, and forgets the message, if it is longer than the context by itself.
  void answer(const std::string& message);

  /// Forgets all messages but the system's.
  void reset();

  /// Puts another adapter to use. What was read is read again before the next answer, for the keys and values that are
  /// kept belong to the weights that made them.
  void use(const std::string& adapter);

  [[nodiscard]] const example::SwitchedModel& adapters() const noexcept { return adapters_; }

  /// How fast all of it was, to stderr.
  void report() const;

 private:
  /// The prompt for the messages, after so many of them were forgotten that an answer has room.
  [[nodiscard]] std::vector<std::int32_t> fitting_prompt();
  std::string write_after(std::span<const std::int32_t> prompt, ampsft::TextPlace place);

  const Options* options_;
  example::Pretrained pretrained_;
  example::SwitchedModel adapters_;
  ampsft::CachedText<ampsft::Transformer<float>> text_;
  ampsft::GenerateOptions generate_;
  std::vector<ampsft::ChatMessage> messages_;
  Meter read_;
  Meter written_;
  Index reused_ = 0;  // tokens of prompts that were still there
};

}  // namespace generate
