// SPDX-License-Identifier: MIT
#include "generate/talk.hpp"

#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include "generate/interrupt.hpp"

namespace generate {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool write_piece(std::string_view piece) {
  std::fwrite(piece.data(), 1, piece.size(), stdout);
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

}  // namespace

std::string Meter::rate() const {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f tokens/s", seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0);
  return text;
}

Talk::Talk(const Options& options)
    : options_(&options),
      pretrained_(options.pretrained, {.storage = options.storage}),
      adapters_(example::load_adapters(options.adapters), pretrained_.model()),
      text_(pretrained_.model()) {
  if (!adapters_.names().empty()) {
    adapters_.use(adapters_.names().front());
  }
  generate_ = {.sampling = options.sampling(pretrained_.sampling()),
               .count = options.max_tokens,
               .stop_ids = pretrained_.stops()};
  reset();
}

void Talk::complete(const std::string& prompt) {
  std::vector<std::int32_t> ids = pretrained_.tokenizer().prefix();
  const auto text = pretrained_.tokenizer().encode(prompt);
  ids.insert(ids.end(), text.begin(), text.end());
  ampsft::require(!ids.empty() && static_cast<Index>(ids.size()) <= pretrained_.config().context, "the prompt has ",
                  ids.size(), " tokens, but the model's context is ", pretrained_.config().context);
  write_after(ids, ampsft::TextPlace::inside);
}

void Talk::answer(const std::string& message) {
  messages_.push_back({"user", message});
  try {
    messages_.push_back({"assistant", write_after(fitting_prompt(), ampsft::TextPlace::start)});
  } catch (...) {
    messages_.pop_back();
    throw;
  }
}

void Talk::reset() {
  messages_.clear();
  if (!options_->system.empty()) {
    messages_.push_back({"system", options_->system});
  }
}

void Talk::use(const std::string& adapter) {
  if (adapter != adapters_.current()) {
    adapters_.use(adapter);
    text_.forget();
  }
}

std::vector<std::int32_t> Talk::fitting_prompt() {
  const Index context = pretrained_.config().context;
  const Index room = std::min(options_->max_tokens, context / 4);
  const std::size_t first = options_->system.empty() ? 0 : 1;
  std::size_t forgotten = 0;
  auto kept = messages_;  // a message that does not fit leaves the chat as it is
  std::vector<std::int32_t> ids = pretrained_.chat().prompt(kept);
  while (static_cast<Index>(ids.size()) + room > context && kept.size() > first + 2) {
    const auto oldest = kept.begin() + static_cast<std::ptrdiff_t>(first);
    kept.erase(oldest, oldest + 2);  // a message and its answer
    forgotten += 2;
    ids = pretrained_.chat().prompt(kept);
  }
  ampsft::require(static_cast<Index>(ids.size()) < context, "the message has ", ids.size(),
                  " tokens with all that belongs to it, but the model's context is ", context);
  messages_ = std::move(kept);
  if (forgotten > 0) {
    std::fprintf(stderr, "(the context of %ld tokens is full: the oldest %zu messages are forgotten)\n",
                 static_cast<long>(context), forgotten);
  }
  return ids;
}

std::string Talk::write_after(std::span<const std::int32_t> prompt, ampsft::TextPlace place) {
  const Interrupt interrupt;
  auto start = Clock::now();
  const auto next = text_.become(prompt);
  reused_ += text_.length() - text_.computed();
  read_.tokens += text_.computed();
  read_.seconds += seconds_since(start);
  start = Clock::now();
  auto written = ampsft::generate_text(
      text_, next, pretrained_.tokenizer(), generate_, options_->stops,
      [&](std::string_view piece) { return write_piece(piece) && !interrupt.pending(); }, place);
  written_.tokens += static_cast<Index>(written.ids.size());
  written_.seconds += seconds_since(start);
  ++generate_.sampling.seed;  // a message that comes again need not get the same answer
  write_piece("\n");
  if (written.end == ampsft::TextEnd::context) {
    std::fprintf(stderr, "(the context of %ld tokens is full)\n", static_cast<long>(pretrained_.config().context));
  }
  return std::move(written.text);
}

void Talk::report() const {
  std::fprintf(stderr, "read %ld tokens at %s (%ld more were known), wrote %ld at %s\n",
               static_cast<long>(read_.tokens), read_.rate().c_str(), static_cast<long>(reused_),
               static_cast<long>(written_.tokens), written_.rate().c_str());
}

}  // namespace generate
