// SPDX-License-Identifier: MIT
/// @file
/// Byte-level byte-pair encoding: text to token ids and back, for any bytes.
#pragma once

#include <ampsft/core/compat/json_fwd.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/pretokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ampsft {

/// The two tokens that a merge joins.
struct BpeMerge {
  std::int32_t left;
  std::int32_t right;
  friend bool operator==(const BpeMerge&, const BpeMerge&) = default;
};

/// A byte-level BPE vocabulary (Sennrich et al. 2016; over bytes, Radford et al. 2019).
///
/// Ids 0 to 255 are the bytes; merge `i` creates id `256 + i`. Within each word, `encode` applies the earliest merge
/// first, from left to right, until no merge applies. Immutable, so threads may share one.
class BpeTokenizer {
 public:
  static constexpr std::int32_t byte_count = 256;
  /// The longest token allowed, in bytes. Without a limit, a small hostile file could decode to endless text.
  static constexpr std::int64_t longest_token = 4096;

  /// Throws `Error` unless every merge joins two earlier ids, no two merges are equal and no token is too long.
  explicit BpeTokenizer(std::vector<BpeMerge> merges = {});

  [[nodiscard]] Index vocabulary_size() const noexcept { return byte_count + static_cast<Index>(merges_.size()); }
  [[nodiscard]] const std::vector<BpeMerge>& merges() const noexcept { return merges_; }
  friend bool operator==(const BpeTokenizer& a, const BpeTokenizer& b) noexcept { return a.merges_ == b.merges_; }

  /// The ids of any bytes. Cost: n log n in the longest word; each distinct word is merged once.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;

  /// The bytes of the tokens, concatenated. Throws `Error` for an id outside the vocabulary.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;

  /// Writes a versioned JSON file, atomically.
  void save(const std::filesystem::path& path) const;

  /// Reads what `save` wrote; throws `Error` with the path for anything else.
  [[nodiscard]] static BpeTokenizer load(const std::filesystem::path& path);

 private:
  static constexpr const char* format = "ampsft-bpe";
  static constexpr int version = 1;

  [[nodiscard]] static std::int32_t id_of(const nlohmann::json& value, const std::string& source);

  std::vector<BpeMerge> merges_;
  detail::MergeIds ranks_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/bpe_tokenizer_inl.hpp>
#endif
