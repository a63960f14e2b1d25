// SPDX-License-Identifier: MIT
#include "corpus.hpp"

#include <ampsft/basis/source.hpp>
#include <ampsft/data/text.hpp>
#include <ampsft/io/checksum.hpp>
#include <ampsft/text/bpe_trainer.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "support/progress.hpp"
#include "training.hpp"

namespace paper72 {
namespace {

using ampsft::require;

/// What a command prints; empty if it cannot be run or fails.
std::string output_of(const char* command) {
  std::string text;
  FILE* pipe = popen(command, "r");
  if (pipe == nullptr) {
    return text;
  }
  char buffer[65536];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, count);
  }
  return pclose(pipe) == 0 ? text : std::string();
}

std::string king_james_bible() {
  std::string text = output_of("bible -f 'Gen1:1-Rev22:21' 2>/dev/null");
  require(!text.empty(),
          "the King James Bible is not installed; install the package bible-kjv or give --pretrain-text");
  return text;
}

std::string eigen_headers() {
  const std::string flags = output_of("pkg-config --variable=includedir eigen3 2>/dev/null");
  std::vector<std::filesystem::path> places;
  if (const auto end = flags.find('\n'); end != std::string::npos && end > 0) {
    places.emplace_back(flags.substr(0, end));
  }
  const std::string include = output_of("pkg-config --cflags-only-I eigen3 2>/dev/null");
  if (include.starts_with("-I")) {
    places.insert(places.begin(), include.substr(2, include.find_first_of(" \n") - 2));
  }
  for (const auto& place : places) {
    if (std::filesystem::is_directory(place / "Eigen")) {
      return ampsft::load_text({place});
    }
  }
  ampsft::fail("Eigen's headers were not found by pkg-config; install libeigen3-dev and pkg-config or give --sft-text");
}

std::uint64_t hash_of(const std::string& a, const std::string& b) {
  ampsft::Checksum checksum;
  for (const std::string* text : {&a, &b}) {
    const std::uint64_t size = text->size();  // or the border between the texts would not count
    checksum.update(std::as_bytes(std::span(&size, 1)));
    checksum.update(std::as_bytes(std::span(*text)));
  }
  return checksum.value();
}

std::string name_of(const std::vector<std::filesystem::path>& paths, const char* fallback) {
  std::string name;
  for (const auto& path : paths) {
    name += (name.empty() ? "" : ", ") + path.filename().string();
  }
  return name.empty() ? fallback : name;
}

ampsft::TextSplit split(const std::string& text) {
  return ampsft::split_text(text, 0.05, 0.05);
}

ampsft::BpeTokenizer make_tokenizer(const Options& options, std::string_view training_text, std::uint64_t text_hash) {
  const auto path = options.output /
                    ampsft::concat("tokenizer-", options.model.vocabulary, "-", ampsft::hash_text(text_hash), ".json");
  if (std::filesystem::exists(path)) {
    return ampsft::BpeTokenizer::load(path);
  }
  example::Progress progress("tokenizer");
  auto tokenizer = ampsft::train_bpe(training_text, options.model.vocabulary, [&](Index done, Index all) {
    stop_if_interrupted();
    progress.show(ampsft::concat(done, " of ", all, " tokens"));
  });
  tokenizer.save(path);
  progress.done(ampsft::concat(tokenizer.vocabulary_size(), " tokens"));
  return tokenizer;
}

Corpus make_corpus(std::string name, const std::string& text, const ampsft::BpeTokenizer& tokenizer,
                   const Options& options, const Stage& stage) {
  const auto parts = split(text);
  const auto part = [&](const std::string& content, const char* what) {
    auto tokens = tokenizer.encode(content);
    require(static_cast<Index>(tokens.size()) > options.model.context, "the ", what, " part of the text '", name,
            "' has only ", tokens.size(), " tokens, but one context is ", options.model.context,
            " and a token; give more text");
    return ampsft::TokenStream(std::move(tokens), stage.length);
  };
  Corpus corpus{name,
                text.size(),
                0,
                part(parts.train, "training"),
                part(parts.validation, "validation"),
                part(parts.test, "test"),
                parts.test.substr(0, 2000)};
  corpus.tokens = corpus.train.size() + corpus.validation.size() + corpus.test.size();
  std::printf("  %s: %zu bytes, %td tokens\n", corpus.name.c_str(), corpus.bytes, corpus.tokens);
  return corpus;
}

}  // namespace

Texts load_texts(const Options& options) {
  const std::string pretraining =
      options.pretrain_text.empty() ? king_james_bible() : ampsft::load_text(options.pretrain_text);
  const std::string sft = options.sft_text.empty() ? eigen_headers() : ampsft::load_text(options.sft_text);
  const std::uint64_t hash = hash_of(pretraining, sft);
  auto tokenizer = make_tokenizer(options, split(pretraining).train + split(sft).train, hash);
  auto first = make_corpus(name_of(options.pretrain_text, "King James Bible"), pretraining, tokenizer, options,
                           options.pretraining);
  auto second = make_corpus(name_of(options.sft_text, "Eigen's C++ headers"), sft, tokenizer, options, options.tuning);
  return {std::move(tokenizer), std::move(first), std::move(second), hash};
}

}  // namespace paper72
