// SPDX-License-Identifier: MIT
/// @file
/// Tokenizers and chat templates.
#include <ampsft/text/added_tokens.hpp>
#include <ampsft/text/bpe_tokenizer.hpp>
#include <ampsft/text/bpe_trainer.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/detail/text_splitter.hpp>
#include <ampsft/text/detail/word_encoder.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>
#include <ampsft/text/pretokenization.hpp>
#include <ampsft/text/pretrained_tokenizer.hpp>
#include <ampsft/text/streaming_decoder.hpp>

#undef AMPSFT_EXTERN
#define AMPSFT_EXTERN  // what the headers from here on name is compiled here

#include <ampsft/text/detail/added_tokens_inl.hpp>
#include <ampsft/text/detail/bpe_tokenizer_inl.hpp>
#include <ampsft/text/detail/bpe_trainer_inl.hpp>
#include <ampsft/text/detail/chat_template_inl.hpp>
#include <ampsft/text/detail/gguf_tokenizer_inl.hpp>
#include <ampsft/text/detail/hf_tokenizer_inl.hpp>
#include <ampsft/text/detail/hf_tokenizer_writer_inl.hpp>
#include <ampsft/text/detail/pretokenization_inl.hpp>
#include <ampsft/text/detail/pretrained_tokenizer_inl.hpp>
#include <ampsft/text/detail/streaming_decoder_inl.hpp>
#include <ampsft/text/detail/text_normalizer_inl.hpp>
#include <ampsft/text/detail/text_splitter_inl.hpp>
#include <ampsft/text/detail/word_encoder_inl.hpp>
