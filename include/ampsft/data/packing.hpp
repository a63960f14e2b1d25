// SPDX-License-Identifier: MIT
/// @file
/// Packs records of different lengths into rows of one length, with boundaries that attention must not cross.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/token_batch.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/text/chat_template.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// `rows x length` tokens, row-major.
struct PackedRows {
  Index rows = 0;
  Index length = 0;
  std::vector<std::int32_t> inputs;
  std::vector<std::int32_t> targets;    ///< the next token of the document, or `ignored_target`
  std::vector<std::int32_t> documents;  ///< numbers of documents within a row; -1 for empty places
  std::vector<std::int32_t> positions;  ///< places within the document

  /// A view of rows `first` to `first + count - 1`. Throws `Error` unless they exist.
  [[nodiscard]] TokenBatch batch(Index first, Index count) const;

  /// The share of places that are filled.
  [[nodiscard]] double filled() const;
};

namespace detail {

/// A piece of a record that fits into a row.
struct Piece {
  const EncodedRecord* record;
  std::size_t begin;
  std::size_t size;
};

/// Splits records that are longer than a row.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<Piece> cut_into_pieces(std::span<const EncodedRecord> records,
                                                                      std::size_t length);

/// The row of each piece, by best fit decreasing: at most 22 % more rows than the optimum (Johnson 1973). Cost: n log
/// n.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::size_t> assign_rows(std::span<const Piece> pieces,
                                                                        std::size_t length);

}  // namespace detail

/// Packs records into rows of `length` tokens.
///
/// Targets are shifted by one. The last token of a document has no target, and neither has a token whose successor is
/// not learned. A record longer than a row is split into pieces; each is a document, and its last token still predicts
/// the first token of the next piece. Empty places hold `padding`. The same records give the same rows, and documents
/// keep their order within a row. Throws `Error` for a length below 2.
[[nodiscard]] AMPSFT_HEADER_INLINE PackedRows pack_records(std::span<const EncodedRecord> records, Index length,
                                                           std::int32_t padding = 0);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/data/detail/packing_inl.hpp>
#endif
