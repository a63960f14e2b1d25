// SPDX-License-Identifier: MIT
/// @file
/// A table of merges from a list of merges.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/text/detail/merge_word.hpp>
#include <ampsft/text/detail/token_index.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// A table of the merges of a list; their ranks are their places in it. If a pair occurs twice, the last one counts, as
/// in Hugging Face's tokenizers. Leaves out merges whose result `is_refused`.
///
/// Throws `Error` for a merge of something that is no token.
template <class IsRefused>
[[nodiscard]] RankedMerges ranks_of_merges(const std::vector<std::pair<std::string, std::string>>& merges,
                                           const TokenIndex& ids, IsRefused&& is_refused) {
  RankedMerges ranked;
  ranked.reserve(merges.size());
  std::int32_t rank = 0;
  const auto id_of = [&](std::string_view text) {
    const std::int32_t id = ids.find(text);
    if (id == TokenIndex::none) [[unlikely]] {  // not `require`, for which each text would be quoted
      fail("merge ", rank, " needs the token ", quoted(text), ", which is not in the vocabulary");
    }
    return id;
  };
  std::string joined;
  for (const auto& [left, right] : merges) {
    const std::uint64_t pair = pair_key(id_of(left), id_of(right));
    joined.assign(left).append(right);
    if (const std::int32_t merged = id_of(joined); !is_refused(merged)) {
      ranked.insert_or_assign(pair, RankedMerge{rank, merged});
    }
    ++rank;
  }
  return ranked;
}

}  // namespace ampsft::detail
