// SPDX-License-Identifier: MIT
/// @file
/// Added tokens: control tokens and words that are searched for in a text before it is tokenized.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// A token with the flags of Hugging Face's tokenizers.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;      ///< a control token, not text
  bool left_strip = false;   ///< includes the white space before it
  bool right_strip = false;  ///< includes the white space after it
  bool single_word = false;  ///< found only if no word character stands next to it
  bool normalized = false;   ///< searched for in the normalized text, not in the raw one

  bool operator==(const AddedToken&) const = default;
};

namespace detail {

/// Finds the longest of a set of added tokens at each place of a text, leftmost first.
class AddedTokenFinder {
 public:
  /// The longest content allowed. It keeps the cost linear in the text.
  static constexpr std::size_t longest_content = 1024;

  AddedTokenFinder() = default;

  explicit AddedTokenFinder(std::vector<AddedToken> tokens);

  /// The id of the token of this content.
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view content) const;

  /// Calls `on_text(part)` for the text between tokens, `on_token(token)` for each token, in order. With
  /// `special_as_text` special tokens stay text.
  template <class OnText, class OnToken>
  void split(std::string_view text, bool special_as_text, OnText&& on_text, OnToken&& on_token) const {
    std::size_t done = 0;  // all before it is given out
    for (std::size_t at = 0; at < text.size();) {
      const AddedToken* const token = longest_at(text.substr(at));
      if (token == nullptr) {
        ++at;
        continue;
      }
      std::size_t begin = at;
      std::size_t end = at + token->content.size();
      at = end;
      if (begin < done || (token->special && special_as_text) || (token->single_word && !alone(text, begin, end))) {
        continue;
      }
      if (token->left_strip) {
        begin -= white_space_before(text.substr(done, begin - done));
      }
      if (token->right_strip) {
        end += white_space_after(text.substr(end));
      }
      if (done < begin) {
        on_text(text.substr(done, begin - done));
      }
      on_token(*token);
      done = end;
    }
    if (done < text.size()) {
      on_text(text.substr(done));
    }
  }

 private:
  [[nodiscard]] const AddedToken* longest_at(std::string_view text) const;

  [[nodiscard]] static std::size_t common_prefix(std::string_view a, std::string_view b);

  [[nodiscard]] static bool alone(std::string_view text, std::size_t begin, std::size_t end);

  [[nodiscard]] static std::size_t white_space_before(std::string_view text);

  [[nodiscard]] static std::size_t white_space_after(std::string_view text);

  std::vector<AddedToken> tokens_;  // sorted by content, which differ
  // By the first byte of tokens: where they end in the list, and how many bytes all of them begin with.
  std::array<std::size_t, 256> ends_{};
  std::array<std::size_t, 256> common_{};
};

}  // namespace detail

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/added_tokens_inl.hpp>
#endif
