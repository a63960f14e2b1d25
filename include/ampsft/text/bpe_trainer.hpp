// SPDX-License-Identifier: MIT
/// @file
/// Learns a byte-level BPE vocabulary from text.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/text/bpe_tokenizer.hpp>
#include <ampsft/text/detail/pair_index.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft {

/// Called after every merge with the current and the final size of the vocabulary.
using BpeProgress = std::function<void(Index done, Index wanted)>;

/// A tokenizer of at most `vocabulary_size` ids, at least 256, trained on `text` (Sennrich et al. 2016).
///
/// Each step merges the most frequent pair, counted over all words with overlapping occurrences. Ties go to the
/// smallest left id, then to the smallest right id, so the result depends on nothing else. Training stops early, with a
/// smaller vocabulary, when no pair occurs twice and fits into `BpeTokenizer::longest_token` bytes. Throws `Error` for
/// a vocabulary below 256. Cost: 13 MB of text and 15,000 ids take below a second on one core; 10 MB in one single
/// word, the worst case, 5 seconds.
[[nodiscard]] AMPSFT_HEADER_INLINE BpeTokenizer train_bpe(std::string_view text, Index vocabulary_size,
                                                          const BpeProgress& progress = {});

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/text/detail/bpe_trainer_inl.hpp>
#endif
