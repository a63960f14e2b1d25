// SPDX-License-Identifier: MIT
/// @file
/// How records are packed into rows.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/core/token_batch.hpp>
#include <ampsft/data/batch.hpp>
#include <ampsft/data/packing.hpp>
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

AMPSFT_HEADER_INLINE TokenBatch PackedRows::batch(Index first, Index count) const {
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

AMPSFT_HEADER_INLINE double PackedRows::filled() const {
  const auto empty = std::count(documents.begin(), documents.end(), -1);
  return documents.empty() ? 0.0 : 1.0 - static_cast<double>(empty) / static_cast<double>(documents.size());
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_HEADER_INLINE std::vector<Piece> cut_into_pieces(std::span<const EncodedRecord> records, std::size_t length) {
  std::vector<Piece> pieces;
  for (const EncodedRecord& record : records) {
    for (std::size_t begin = 0; begin < record.ids.size(); begin += length) {
      pieces.push_back({&record, begin, std::min(length, record.ids.size() - begin)});
    }
  }
  return pieces;
}

AMPSFT_HEADER_INLINE std::vector<std::size_t> assign_rows(std::span<const Piece> pieces, std::size_t length) {
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

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_HEADER_INLINE PackedRows pack_records(std::span<const EncodedRecord> records, Index length,
                                             std::int32_t padding) {
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
