// SPDX-License-Identifier: MIT
/// @file
/// From records to a dataset.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/dataset.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/messages.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace ampsft::detail {

/// Records of one place, and the report on them.
struct EncodedFile {
  std::vector<EncodedRecord> records;
  std::string report;
};

/// Throws `Error` that names token and record for tokens that the model has no row for.
AMPSFT_HEADER_INLINE void require_token_rows(const std::vector<EncodedRecord>& records, const std::string& what,
                                             const PretrainedTokenizer& tokenizer, Index vocabulary);

/// Reads and encodes a file. Throws `Error` that names it and the line, and if nothing in it can be used.
[[nodiscard]] AMPSFT_HEADER_INLINE EncodedFile encode_file(const std::filesystem::path& file, const ChatTemplate& chat,
                                                           const DatasetOptions& options, Index context);

/// Encodes records that are in memory; `what` names them.
[[nodiscard]] AMPSFT_HEADER_INLINE EncodedFile encode_given(const std::vector<TextRecord>& records,
                                                            const std::string& what, const ChatTemplate& chat,
                                                            const DatasetOptions& options, Index context);

/// Divides and packs the records of all places; `head` begins the report.
[[nodiscard]] AMPSFT_HEADER_INLINE Dataset make_dataset(std::vector<EncodedFile> training,
                                                        std::vector<EncodedFile> validation,
                                                        const DatasetOptions& options, Index context,
                                                        std::string text_side, const std::string& head);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/dataset_inl.hpp>
#endif
