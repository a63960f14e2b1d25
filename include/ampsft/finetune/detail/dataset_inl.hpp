// SPDX-License-Identifier: MIT
/// @file
/// How records become a dataset.
#pragma once

#include <ampsft/basis/source.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/data/encode_records.hpp>
#include <ampsft/finetune/detail/make_dataset.hpp>
#include <ampsft/io/checksum.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <span>
#include <utility>

namespace ampsft {

AMPSFT_HEADER_INLINE void DatasetOptions::validate() const {
  require(validation_share >= 0.0 && validation_share <= 0.9,
          "dataset: validation_share must lie between 0 and 0.9, not ", validation_share);
  require(context >= 2, "dataset: context must be at least 2 tokens, not ", context);
}

AMPSFT_HEADER_INLINE Dataset::Dataset(Parts parts) : parts_(std::move(parts)) {
  Checksum checksum;
  const auto add = [&](const PackedDataset& data) {
    for (const auto* list : {&data.packed().inputs, &data.packed().targets, &data.packed().documents}) {
      checksum.update(std::as_bytes(std::span(*list)));
    }
  };
  add(parts_.training);
  if (parts_.validation) {
    add(*parts_.validation);
  }
  hash_ = hash_text(checksum.value());
}

namespace detail {

AMPSFT_HEADER_INLINE void require_token_rows(const std::vector<EncodedRecord>& records, const std::string& what,
                                             const PretrainedTokenizer& tokenizer, Index vocabulary) {
  for (const EncodedRecord& record : records) {
    for (const std::int32_t id : record.ids) {
      require(id < vocabulary, what, " line ", record.line, ": the token ", quoted(tokenizer.token(id)),
              " has the number ", id, ", but the model has rows for ", vocabulary,
              " tokens only: it was added to the tokenizer, and the model's embedding was not made larger");
    }
  }
}

AMPSFT_HEADER_INLINE EncodedFile encode_given(const std::vector<TextRecord>& records, const std::string& what,
                                              const ChatTemplate& chat, const DatasetOptions& options, Index context) {
  DataReport report;
  report.records = records.size();
  EncodedFile file;
  try {
    file.records = encode_records(records, chat, options.loss, context, options.bad, report);
  } catch (const Error& error) {
    fail(what, " ", error.what());
  }
  file.report = concat(what, ": ", report.text());
  require(!file.records.empty(), what, " holds no record that can be used: ", report.reasons());
  return file;
}

AMPSFT_HEADER_INLINE EncodedFile encode_file(const std::filesystem::path& path, const ChatTemplate& chat,
                                             const DatasetOptions& options, Index context) {
  DataReport report;
  const auto records = read_records(path, options.bad, report);
  EncodedFile file;
  try {
    file.records = encode_records(records, chat, options.loss, context, options.bad, report);
  } catch (const Error& error) {
    fail(path, " ", error.what());
  }
  file.report = concat(path.string(), ": ", report.text());
  require(!file.records.empty(), path, " holds no record that can be used: ", report.reasons());
  return file;
}

/// Takes some of the records out, which the seed chooses; both keep their order.
inline std::vector<EncodedRecord> take_share(std::vector<EncodedRecord>& records, double share, std::uint64_t seed) {
  const auto wanted = static_cast<Index>(std::lround(share * static_cast<double>(records.size())));
  require(records.size() >= 2, "a single record cannot be divided into training and validation; give files for ",
          "validation, or a validation_share of 0 for none");
  auto left = std::clamp<Index>(wanted, 1, static_cast<Index>(records.size()) - 1);
  Random random(seed);
  std::vector<EncodedRecord> taken;
  std::vector<EncodedRecord> kept;
  for (std::size_t i = 0; i < records.size(); ++i) {  // Knuth's algorithm S: all choices are equally likely
    const bool take = random.below(static_cast<Index>(records.size() - i)) < left;
    left -= take ? 1 : 0;
    (take ? taken : kept).push_back(std::move(records[i]));
  }
  records = std::move(kept);
  return taken;
}

AMPSFT_HEADER_INLINE Dataset make_dataset(std::vector<EncodedFile> training, std::vector<EncodedFile> validation,
                                          const DatasetOptions& options, Index context, std::string text_side,
                                          const std::string& head) {
  std::string report = head;
  const auto join = [&](std::vector<EncodedFile>& files) {
    std::vector<EncodedRecord> all;
    for (EncodedFile& file : files) {
      report += file.report;
      std::move(file.records.begin(), file.records.end(), std::back_inserter(all));
    }
    return all;
  };
  auto learned = join(training);
  auto measured = join(validation);
  if (validation.empty() && options.validation_share > 0.0) {
    measured = take_share(learned, options.validation_share, options.seed);
  }
  Dataset::Parts parts{.training = PackedDataset(pack_records(learned, context)),
                       .validation = {},
                       .training_records = learned.size(),
                       .validation_records = measured.size(),
                       .text_side = std::move(text_side),
                       .report = {},
                       .loss = options.loss};
  if (!measured.empty()) {
    parts.validation.emplace(pack_records(measured, context));
  }
  char filled[16];
  std::snprintf(filled, sizeof filled, "%.0f", 100.0 * parts.training.packed().filled());
  parts.report = concat(report, parts.training_records, parts.validation ? " records to train on in " : " records in ",
                        parts.training.window_count(), " rows of ", context, " tokens, ", filled, " % filled",
                        parts.validation ? concat("; ", parts.validation_records, " for validation") : "", "\n");
  return Dataset(std::move(parts));
}

}  // namespace detail

}  // namespace ampsft
