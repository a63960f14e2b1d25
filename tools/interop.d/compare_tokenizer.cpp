// SPDX-License-Identifier: MIT
/// @file
/// Compares the library's ids of texts and chats with those of a file of cases; the first argument is a GGUF file or a
/// tokenizer.json.
#include <ampsft/data/chat_template.hpp>
#include <ampsft/data/gguf_tokenizer.hpp>
#include <ampsft/data/hf_tokenizer.hpp>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

ampsft::PretrainedTokenizer read(const std::filesystem::path& path) {
  return path.extension() == ".gguf" ? ampsft::read_gguf_tokenizer(ampsft::GgufFile(path))
                                     : ampsft::read_huggingface_tokenizer(path);
}

/// Compares ids with the expected ones, shows the first few that differ.
class Comparison {
 public:
  explicit Comparison(std::string what) : what_(std::move(what)) {}

  void add(const nlohmann::json& source, const std::vector<std::int32_t>& actual, const nlohmann::json& ids) {
    ++count_;
    const auto expected = ids.get<std::vector<std::int32_t>>();
    if (actual == expected) {
      return;
    }
    constexpr int shown = 5;
    if (++different_ <= shown) {
      std::cout << what_ << ' ' << count_ << ": " << source << '\n';
      show("expected", expected);
      show("actual  ", actual);
    }
  }

  /// Says how many differ; returns whether none does.
  [[nodiscard]] bool finish() const {
    std::cout << what_ << ": " << different_ << " of " << count_ << " differ\n";
    return different_ == 0 && count_ > 0;
  }

 private:
  static void show(const char* name, const std::vector<std::int32_t>& ids) {
    std::cout << "  " << name;
    for (const std::int32_t id : ids) {
      std::cout << ' ' << id;
    }
    std::cout << '\n';
  }

  std::string what_;
  int count_ = 0;
  int different_ = 0;
};

bool compare_chats(const ampsft::PretrainedTokenizer& tokenizer, const std::filesystem::path& path,
                   const nlohmann::json& cases) {
  const ampsft::GgufFile file(path);
  const auto chat = ampsft::ChatTemplate::recognize(file.value("tokenizer.chat_template").text(), tokenizer);
  Comparison comparison(path.filename().string() + " chats");
  for (std::size_t i = 0; i < cases["chats"].size(); ++i) {
    ampsft::TextRecord record;
    record.kind = ampsft::RecordKind::chat;
    for (const auto& message : cases["chats"][i]) {
      record.messages.push_back({message["role"].get<std::string>(), message["content"].get<std::string>()});
    }
    comparison.add(cases["chats"][i], chat.encode(record).ids, cases["chat_ids"][i]);
  }
  return comparison.finish();
}

bool compare(const std::filesystem::path& path, const std::filesystem::path& cases_path) {
  const ampsft::PretrainedTokenizer tokenizer = read(path);
  const auto cases = nlohmann::json::parse(ampsft::read_text(cases_path));
  Comparison comparison(path.filename().string() + " lines");
  for (std::size_t i = 0; i < cases["texts"].size(); ++i) {
    comparison.add(cases["texts"][i], tokenizer.encode(cases["texts"][i].get<std::string>()), cases["ids"][i]);
  }
  const bool same = comparison.finish();
  return (!cases.contains("chats") || compare_chats(tokenizer, path, cases)) && same;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    ampsft::require(count == 3, "usage: compare_tokenizer TOKENIZER CASES.json");
    return compare(arguments[1], arguments[2]) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "compare_tokenizer: " << error.what() << '\n';
    return 2;
  }
}
