// SPDX-License-Identifier: MIT
/// @file
/// A tiny chat model with a tokenizer, and records for it.
#pragma once

#include <ampsft/finetune/finetune.hpp>
#include <ampsft/finetune/language_model.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace ampsft::test {

inline std::filesystem::path chat_folder() {
  return std::filesystem::path(AMPSFT_TEST_DATA) / "fixtures" / "models" / "chat";
}

inline std::vector<TextRecord> chat_records(int count = 40) {
  std::vector<TextRecord> records;
  for (int i = 1; i <= count; ++i) {
    TextRecord record;
    record.kind = RecordKind::chat;
    record.messages = {{"user", "what is " + std::to_string(i)}, {"assistant", "it is " + std::to_string(i * 7 % 10)}};
    record.line = static_cast<std::size_t>(i);
    records.push_back(record);
  }
  return records;
}

/// Options of a run that learns in seconds.
inline FinetuneOptions quick(Method method, Index steps = 30) {
  FinetuneOptions options;
  options.method = std::move(method);
  options.steps = steps;
  options.learning_rate = 0.05;
  return options;
}

}  // namespace ampsft::test
