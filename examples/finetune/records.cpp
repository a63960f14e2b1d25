// SPDX-License-Identifier: MIT
#include "records.hpp"

#include <ampsft/basis/source.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/data/encode_records.hpp>
#include <ampsft/data/records.hpp>
#include <ampsft/io/checksum.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

namespace finetune {
namespace {

using ampsft::EncodedRecord;

std::vector<EncodedRecord> encode_files(const std::vector<path>& files, const Options& options, Index length,
                                        const example::Pretrained& pretrained) {
  const auto bad = options.skip_bad_records ? ampsft::BadRecord::skip : ampsft::BadRecord::refuse;
  std::vector<EncodedRecord> all;
  for (const path& file : files) {
    ampsft::DataReport report;
    const auto records = ampsft::read_records(file, bad, report);
    std::vector<EncodedRecord> encoded;
    try {
      encoded = ampsft::encode_records(records, pretrained.chat(), options.loss, length, bad, report);
    } catch (const ampsft::Error& error) {
      ampsft::fail(file, " ", error.what());
    }
    std::printf("%s: %s", file.string().c_str(), report.text().c_str());
    std::move(encoded.begin(), encoded.end(), std::back_inserter(all));
  }
  return all;
}

/// Takes some of the records out, which the seed chooses; both keep their order.
std::vector<EncodedRecord> take_share(std::vector<EncodedRecord>& records, double share, std::uint64_t seed) {
  const auto wanted = static_cast<Index>(std::lround(share * static_cast<double>(records.size())));
  ampsft::require(records.size() >= 2,
                  "a single record cannot be divided into training and validation; give --eval-data",
                  ", or --eval-split 0 for no validation");
  auto left = std::clamp<Index>(wanted, 1, static_cast<Index>(records.size()) - 1);
  ampsft::Random random(seed);
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

void add_to(ampsft::Checksum& checksum, const ampsft::PackedDataset& data) {
  for (const auto* list : {&data.packed().inputs, &data.packed().targets, &data.packed().documents}) {
    checksum.update(std::as_bytes(std::span(*list)));
  }
}

}  // namespace

Records read_all_records(const Options& options, const example::Pretrained& pretrained) {
  const Index length = std::min(options.context, pretrained.config().context);
  auto training = encode_files(options.data, options, length, pretrained);
  auto validation = encode_files(options.validation_data, options, length, pretrained);
  if (options.validation_data.empty() && options.validation_share > 0.0) {
    validation = take_share(training, options.validation_share, options.seed);
  }
  Records records{.training = ampsft::PackedDataset(ampsft::pack_records(training, length)),
                  .validation = {},
                  .training_count = training.size(),
                  .validation_count = validation.size(),
                  .hash = {}};
  ampsft::Checksum checksum;
  add_to(checksum, records.training);
  if (!validation.empty()) {
    records.validation.emplace(ampsft::pack_records(validation, length));
    add_to(checksum, *records.validation);
  }
  records.hash = ampsft::hash_text(checksum.value());
  std::printf("%zu records to train on in %td rows of %td tokens, %.0f %% filled; %zu for validation\n",
              records.training_count, records.training.window_count(), length,
              100.0 * records.training.packed().filled(), records.validation_count);
  return records;
}

}  // namespace finetune
