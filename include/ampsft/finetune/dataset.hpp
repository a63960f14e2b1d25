// SPDX-License-Identifier: MIT
/// @file
/// Records for a model, encoded, divided and packed.
#pragma once

#include <ampsft/data/packed_dataset.hpp>
#include <ampsft/data/records.hpp>
#include <ampsft/text/encoded_record.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// How records are read and divided.
struct DatasetOptions {
  std::vector<std::filesystem::path> validation_files = {};  ///< records for validation
  /// The share of the records that is taken for validation where there are no `validation_files`; 0: none.
  double validation_share = 0.1;
  std::uint64_t seed = 0;             ///< chooses them
  Index context = 512;                ///< tokens of a row of packed records; longer records are cut off
  LossOn loss = LossOn::answers;      ///< what is learned
  BadRecord bad = BadRecord::refuse;  ///< what happens to records that cannot be read

  /// Throws `Error` for a share outside of 0 to 0.9 and a context below 2.
  void validate() const;
};

/// Records as a model reads them. Owns its tokens; needs the model no more. `LanguageModel::dataset` makes one.
class Dataset {
 public:
  /// What stands in it.
  struct Parts {
    PackedDataset training;
    std::optional<PackedDataset> validation;
    std::size_t training_records = 0;
    std::size_t validation_records = 0;
    std::string text_side;  ///< tokenizer and template that encoded it
    std::string report;
    LossOn loss = LossOn::answers;
  };

  explicit Dataset(Parts parts);

  [[nodiscard]] const PackedDataset& training() const noexcept { return parts_.training; }
  /// Null if there are no records for validation.
  [[nodiscard]] const PackedDataset* validation() const noexcept {
    return parts_.validation ? &*parts_.validation : nullptr;
  }
  [[nodiscard]] std::size_t training_records() const noexcept { return parts_.training_records; }
  [[nodiscard]] std::size_t validation_records() const noexcept { return parts_.validation_records; }
  [[nodiscard]] LossOn loss() const noexcept { return parts_.loss; }

  /// What was read, used, cut off and skipped, file by file: lines of text.
  [[nodiscard]] const std::string& report() const noexcept { return parts_.report; }

  /// A hash of all tokens and of which are learned.
  [[nodiscard]] const std::string& hash() const noexcept { return hash_; }

  /// What encoded it; two models with one tokenizer and one template have the same.
  [[nodiscard]] const std::string& text_side() const noexcept { return parts_.text_side; }

 private:
  Parts parts_;
  std::string hash_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/dataset_inl.hpp>
#endif
