// SPDX-License-Identifier: MIT
#include "generate/talk.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "generate/interrupt.hpp"
#include "support/load_model.hpp"

namespace generate {

namespace {

bool write_piece(std::string_view piece) {
  std::fwrite(piece.data(), 1, piece.size(), stdout);
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

ampsft::AnswerOptions streamed(ampsft::AnswerOptions options) {
  options.on_text = [](std::string_view piece) { return write_piece(piece) && !Interrupt::pending(); };
  return options;
}

std::string rate(ampsft::Index tokens, double seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f tokens/s", seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0);
  return text;
}

}  // namespace

Talk::Talk(const Options& options)
    : model_(example::load_model(options.pretrained, options.storage)),
      chat_(model_.conversation(streamed(options.answer))) {
  for (const auto& [name, file] : options.adapters) {
    adapters_.emplace_back(name, model_.load_adapter(file));
  }
  if (!adapters_.empty()) {
    use(adapters_.front().first);
  }
}

void Talk::complete(const std::string& prompt) {
  const Interrupt interrupt;
  static_cast<void>(chat_.complete(prompt));
  end_answer();
}

void Talk::answer(const std::string& message) {
  const Interrupt interrupt;
  static_cast<void>(chat_.say(message));
  end_answer();
}

void Talk::end_answer() const {
  write_piece("\n");
  const auto context = static_cast<long>(model_.config().context);
  if (chat_.forgotten() > 0) {
    std::fprintf(stderr, "(the context of %ld tokens was full: the oldest %zu messages were forgotten)\n", context,
                 chat_.forgotten());
  }
  if (chat_.context_full()) {
    std::fprintf(stderr, "(the context of %ld tokens is full)\n", context);
  }
}

void Talk::use(const std::string& name) {
  if (name == current_) {
    return;
  }
  const auto found =
      std::find_if(adapters_.begin(), adapters_.end(), [&](const auto& known) { return known.first == name; });
  ampsft::require(name == "none" || found != adapters_.end(), "there is no adapter ", name,
                  "; /adapters lists those that are there");
  current_ = "none";
  if (found == adapters_.end()) {
    model_.detach();
  } else {
    model_.attach(found->second);
    current_ = name;
  }
}

void Talk::list() const {
  const auto line = [this](const std::string& name) {
    std::fprintf(stderr, "%s %s\n", name == current_ ? "*" : " ", name.c_str());
  };
  for (const auto& [name, adapter] : adapters_) {
    line(name);
  }
  line("none");
}

void Talk::report() const {
  const auto& speed = chat_.speed();
  std::fprintf(stderr, "read %ld tokens at %s (%ld more were known), wrote %ld at %s\n", static_cast<long>(speed.read),
               rate(speed.read, speed.read_seconds).c_str(), static_cast<long>(speed.known),
               static_cast<long>(speed.written), rate(speed.written, speed.written_seconds).c_str());
}

}  // namespace generate
