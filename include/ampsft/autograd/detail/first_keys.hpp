// SPDX-License-Identifier: MIT
/// @file
/// The first key that each token sees, by its document and its window.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ampsft::detail {

/// Puts for every token the first of its document, counted within its sequence; `length` for padding. Throws if a
/// document begins anew after another.
inline void first_of_documents(std::span<const std::int32_t> documents, Index length, std::span<std::int32_t> first) {
  for (std::size_t at = 0; at < documents.size(); ++at) {
    const auto place = static_cast<std::size_t>(static_cast<Index>(at) % length);
    if (documents[at] < 0) {
      first[at] = static_cast<std::int32_t>(length);
    } else if (place > 0 && documents[at - 1] == documents[at]) {
      first[at] = first[at - 1];
    } else {
      first[at] = static_cast<std::int32_t>(place);
      for (std::size_t back = place; back > 0;) {  // from document to document
        const std::size_t before = at - place + back - 1;
        require(documents[before] != documents[at], "attention: document ", documents[at], " goes on at token ", place,
                " of a sequence after another; the tokens of a document must follow each other");
        back = documents[before] < 0 ? back - 1 : static_cast<std::size_t>(first[before]);
      }
    }
  }
}

/// Raises the first place that a token sees to that of its window.
inline void limit_to_window(Index window, Index length, std::span<std::int32_t> first) {
  for (std::size_t at = 0; at < first.size(); ++at) {
    const Index place = static_cast<Index>(at) % length;
    first[at] = std::max(first[at], static_cast<std::int32_t>(std::max<Index>(place - window + 1, 0)));
  }
}

/// Both, for the tokens of sequences of `length`: `documents` may be empty, `window` 0.
inline void put_first_keys(std::span<const std::int32_t> documents, Index window, Index length,
                           std::span<std::int32_t> first) {
  if (documents.empty()) {
    std::fill(first.begin(), first.end(), 0);
  } else {
    first_of_documents(documents, length, first);
  }
  if (window > 0) {
    limit_to_window(window, length, first);
  }
}

}  // namespace ampsft::detail
