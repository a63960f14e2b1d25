// SPDX-License-Identifier: MIT
/// @file
/// The two texts of the experiment as tokens, each divided into train, validation and test parts.
#pragma once

#include <ampsft/data/token_stream.hpp>
#include <ampsft/text/bpe_tokenizer.hpp>

#include <cstdint>
#include <string>

#include "options.hpp"

namespace paper72 {

/// One text, tokenised.
struct Corpus {
  std::string name;
  std::size_t bytes = 0;
  Index tokens = 0;
  ampsft::TokenStream train;
  ampsft::TokenStream validation;
  ampsft::TokenStream test;
  std::string test_text;  ///< the beginning of the test part, for samples
};

/// The tokenizer, trained on the training parts of both texts as one for general use would be, and both texts.
struct Texts {
  ampsft::BpeTokenizer tokenizer;
  Corpus pretraining;
  Corpus sft;
  std::uint64_t hash;  ///< of both texts as read
};

/// Loads or makes everything; the tokenizer is kept in the output folder.
///
/// Throws `ampsft::Error` if a text is missing, empty, or too short for one context in each of its parts.
Texts load_texts(const Options& options);

}  // namespace paper72
