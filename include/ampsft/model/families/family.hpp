// SPDX-License-Identifier: MIT
/// @file
/// All that is known of a family of models: how its files name and store things.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/model/config.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ampsft {

namespace detail {

class JsonFields;
class GgufFields;

}  // namespace detail

/// How the file of a family stores a layer. Layers of a block that have the same name in the file lie in one tensor,
/// their rows one after the other in the order of the rules.
struct TensorRule {
  std::string_view ours;    ///< without block number and ".weight", say "attention.q"
  std::string_view theirs;  ///< say "self_attn.q_proj"
  bool transposed = false;  ///< matrices are stored as inputs x outputs (GPT-2's Conv1D)
  double offset = 0;        ///< added to what is stored: 1 for gains that are stored as their difference from 1
};

/// How a kind of files names the tensors of a family.
struct TensorNames {
  std::string_view prefix;  ///< before all names but the head's
  std::string_view block;   ///< before a block's number
  std::span<const TensorRule> rules;
  RopePairing pairing = RopePairing::halves;  ///< the order in which the rows of q and k are stored
};

/// One family: a value a file in model/families/. `families_inl.hpp` lists them.
struct Family {
  std::string_view name;               ///< `ModelConfig::family`
  std::string_view huggingface_class;  ///< in "architectures" of config.json
  std::string_view huggingface_type;   ///< "model_type" of config.json
  std::string_view gguf_architecture;  ///< "general.architecture" of GGUF files
  std::string_view turn_end;           ///< the token that ends an answer of its chat models, if a tokenizer has it
  TensorNames huggingface;
  TensorNames gguf;
  /// The config that config.json means, but for vocabulary, tied head, and beginning and end of text.
  ModelConfig (*read_huggingface)(const detail::JsonFields& json);
  /// Puts all that `read_huggingface` reads. Throws `Error` for what such a file cannot say.
  void (*write_huggingface)(const ModelConfig& config, nlohmann::json& json);
  /// The config that the metadata of a GGUF file mean, but for vocabulary, tied head, and beginning and end of text.
  ModelConfig (*read_gguf)(const detail::GgufFields& gguf);
  /// What config.json means where it lacks "tie_word_embeddings", "vocab_size", "bos_token_id" and "eos_token_id";
  /// where there is no value here, the second is needed and the others mean none.
  bool tied_by_default = false;
  std::optional<Index> default_vocabulary = {};
  std::optional<std::int32_t> default_bos = {};
  std::optional<std::int32_t> default_eos = {};
};

}  // namespace ampsft
