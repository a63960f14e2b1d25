// SPDX-License-Identifier: MIT
/// @file
/// Packs records of different lengths into rows of one length, with boundaries that attention must not cross.
#pragma once

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
  [[nodiscard]] TokenBatch batch(Index first, Index count) const {
    require(first >= 0 && count > 0 && count <= rows - first, "there are no rows ", first, " to ", first, " + ", count,
            " - 1 among ", rows);
    const auto part = [&](const std::vector<std::int32_t>& all) {
      return std::span(all).subspan(static_cast<std::size_t>(first * length), static_cast<std::size_t>(count * length));
    };
    return {.tokens = part(inputs),
            .sequences = count,
            .targets = part(targets),
            .documents = part(documents),
            .positions = part(positions)};
  }

  /// The share of places that are filled.
  [[nodiscard]] double filled() const {
    const auto empty = std::count(documents.begin(), documents.end(), -1);
    return documents.empty() ? 0.0 : 1.0 - static_cast<double>(empty) / static_cast<double>(documents.size());
  }
};

namespace detail {

/// A piece of a record that fits into a row.
struct Piece {
  const EncodedRecord* record;
  std::size_t begin;
  std::size_t size;
};

/// Splits records that are longer than a row.
[[nodiscard]] inline std::vector<Piece> cut_into_pieces(std::span<const EncodedRecord> records, std::size_t length) {
  std::vector<Piece> pieces;
  for (const EncodedRecord& record : records) {
    for (std::size_t begin = 0; begin < record.ids.size(); begin += length) {
      pieces.push_back({&record, begin, std::min(length, record.ids.size() - begin)});
    }
  }
  return pieces;
}

/// The row of each piece, by best fit decreasing: at most 22 % more rows than the optimum (Johnson 1973). Cost: n log
/// n.
[[nodiscard]] inline std::vector<std::size_t> assign_rows(std::span<const Piece> pieces, std::size_t length) {
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pieces[a].size > pieces[b].size; });
  std::set<std::pair<std::size_t, std::size_t>> open;  // room left and row
  std::vector<std::size_t> row_of(pieces.size());
  std::size_t rows = 0;
  for (const std::size_t piece : order) {
    const std::size_t size = pieces[piece].size;
    auto place = open.lower_bound({size, 0});
    if (place == open.end()) {
      place = open.emplace(length, rows++).first;
    }
    const auto [room, row] = *place;
    open.erase(place);
    row_of[piece] = row;
    if (room > size) {
      open.emplace(room - size, row);
    }
  }
  return row_of;
}

}  // namespace detail

/// Packs records into rows of `length` tokens.
///
/// Targets are shifted by one. The last token of a document has no target, and neither has a token whose successor is
/// not learned. A record longer than a row is split into pieces; each is a document, and its last token still predicts
/// the first token of the next piece. Empty places hold `padding`. The same records give the same rows, and documents
/// keep their order within a row. Throws `Error` for a length below 2.
[[nodiscard]] inline PackedRows pack_records(std::span<const EncodedRecord> records, Index length,
                                             std::int32_t padding = 0) {
  require(length >= 2, "a row must hold at least 2 tokens, not ", length);
  const auto row_size = static_cast<std::size_t>(length);
  const auto pieces = detail::cut_into_pieces(records, row_size);
  const auto row_of = detail::assign_rows(pieces, row_size);
  const std::size_t rows = row_of.empty() ? 0 : *std::max_element(row_of.begin(), row_of.end()) + 1;

  PackedRows packed;
  packed.rows = static_cast<Index>(rows);
  packed.length = length;
  packed.inputs.assign(rows * row_size, padding);
  packed.targets.assign(rows * row_size, ignored_target);
  packed.documents.assign(rows * row_size, -1);
  packed.positions.assign(rows * row_size, 0);
  std::vector<std::size_t> used(rows);           // tokens of each row
  std::vector<std::int32_t> documents_of(rows);  // documents of each row
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto& [record, begin, size] = pieces[i];
    const std::size_t row = row_of[i];
    const std::size_t first = row * row_size + used[row];
    for (std::size_t j = 0; j < size; ++j) {
      const std::size_t next = begin + j + 1;
      packed.inputs[first + j] = record->ids[begin + j];
      packed.documents[first + j] = documents_of[row];
      packed.positions[first + j] = static_cast<std::int32_t>(j);
      if (next < record->ids.size() && record->learned[next]) {
        packed.targets[first + j] = record->ids[next];
      }
    }
    used[row] += size;
    ++documents_of[row];
  }
  return packed;
}

}  // namespace ampsft
