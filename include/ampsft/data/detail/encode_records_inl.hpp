// SPDX-License-Identifier: MIT
/// @file
/// Bodies of encode_records.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/data/encode_records.hpp>
#include <ampsft/data/records.hpp>
#include <ampsft/text/chat_template.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE std::vector<EncodedRecord> encode_records(const std::vector<TextRecord>& records,
                                                               const ChatTemplate& chat, LossOn loss, Index longest,
                                                               BadRecord bad, DataReport& report) {
  require(longest >= 2, "a record must have room for 2 tokens, not ", longest);
  std::vector<EncodedRecord> all;
  for (const TextRecord& record : records) {
    EncodedRecord encoded;
    try {
      encoded = chat.encode(record, loss);
    } catch (const Error& error) {
      require(bad == BadRecord::skip, "line ", record.line, ": ", error.what());
      report.skip(record.line, "bad record", error.what());
      continue;
    }
    const bool anything = encoded.learned_count() > 0;
    // Packing splits plain texts into pieces.
    const bool cut = record.kind != RecordKind::text && static_cast<Index>(encoded.ids.size()) > longest;
    if (cut) {
      encoded.ids.resize(static_cast<std::size_t>(longest));
      encoded.learned.resize(static_cast<std::size_t>(longest));
    }
    if (encoded.learned_count() == 0) {
      report.skip(record.line, anything ? concat("its answer begins after ", longest, " tokens")
                                        : "there is nothing to learn in it");
      continue;
    }
    report.shortened += cut ? 1 : 0;
    report.add(encoded.ids.size(), encoded.learned_count());
    all.push_back(std::move(encoded));
  }
  return all;
}

}  // namespace ampsft
