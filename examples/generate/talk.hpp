// SPDX-License-Identifier: MIT
/// @file
/// A model that is talked to, and the adapters that it switches between.
#pragma once

#include <ampsft/finetune/language_model.hpp>

#include <string>
#include <utility>
#include <vector>

#include "generate/options.hpp"

namespace generate {

/// A chat. Answers go to stdout as they are written, remarks to stderr.
class Talk {
 public:
  /// The first adapter is in use. Throws `ampsft::Error` for a model or an adapter that cannot be read, and an adapter
  /// of another model.
  explicit Talk(const Options& options);

  /// Goes on after a text that is no message.
  void complete(const std::string& prompt);
  /// Answers a message; both stay in the chat. Throws `ampsft::Error`, and forgets the message, if it is longer than
  /// the context by itself.
  void answer(const std::string& message);
  /// Forgets all messages but the system's.
  void reset() { chat_.reset(); }

  /// Puts another adapter, or the model as it is ("none"), to use. Throws `ampsft::Error` for a name that is not there.
  void use(const std::string& name);
  /// The names of all adapters and "none", a line each, to stderr; a star for the one in use.
  void list() const;
  [[nodiscard]] const std::string& current() const noexcept { return current_; }

  /// How fast all of it was, to stderr.
  void report() const;

 private:
  void end_answer() const;

  ampsft::LanguageModel model_;
  std::vector<std::pair<std::string, ampsft::Adapter>> adapters_;
  std::string current_ = "none";
  ampsft::Conversation chat_;
};

}  // namespace generate
