// SPDX-License-Identifier: MIT
/// @file
/// Compares the library's ids of texts and chats, and the texts of ids, with those of a file of cases; the first
/// argument is a GGUF file or a tokenizer.json. A third argument is a tokenizer.json to write from the GGUF file. Ends
/// with 1 if any differs, with 2 if a file is refused.
#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/read_text.hpp>
#include <ampsft/text/chat_template.hpp>
#include <ampsft/text/gguf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer.hpp>
#include <ampsft/text/hf_tokenizer_writer.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

ampsft::PretrainedTokenizer read(const std::filesystem::path& path) {
  return path.extension() == ".gguf" ? ampsft::read_gguf_tokenizer(ampsft::GgufFile(path))
                                     : ampsft::read_huggingface_tokenizer(path);
}

/// Compares ids or texts with the expected ones, shows the first few that differ.
class Comparison {
 public:
  explicit Comparison(std::string what) : what_(std::move(what)) {}

  void add(const nlohmann::json& source, const nlohmann::json& actual, const nlohmann::json& expected) {
    ++count_;
    constexpr int shown = 5;
    if (actual != expected && ++different_ <= shown) {
      std::cout << what_ << ' ' << count_ << ": " << source << "\n  expected " << expected << "\n  actual   " << actual
                << '\n';
    }
  }

  /// Says how many differ; returns whether none does.
  [[nodiscard]] bool finish() const {
    std::cout << what_ << ": " << different_ << " of " << count_ << " differ\n";
    return different_ == 0 && count_ > 0;
  }

 private:
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

/// Texts in which nothing is a control token, and what stands around a text.
bool compare_plain(const ampsft::PretrainedTokenizer& tokenizer, const std::filesystem::path& path,
                   const nlohmann::json& cases) {
  Comparison comparison(path.filename().string() + " plain texts and what stands around one");
  for (std::size_t i = 0; i < cases["plain_texts"].size(); ++i) {
    comparison.add(cases["plain_texts"][i], tokenizer.encode_plain(cases["plain_texts"][i].get<std::string>()),
                   cases["plain_ids"][i]);
  }
  std::vector<std::int32_t> around = tokenizer.prefix();
  around.insert(around.end(), tokenizer.suffix().begin(), tokenizer.suffix().end());
  comparison.add("what stands around a text", around, cases["around"]);
  return comparison.finish();
}

bool compare(const std::filesystem::path& path, const std::filesystem::path& cases_path) {
  const ampsft::PretrainedTokenizer tokenizer = read(path);
  const auto cases = nlohmann::json::parse(ampsft::read_text(cases_path));
  Comparison comparison(path.filename().string() + " lines");
  for (std::size_t i = 0; i < cases["texts"].size(); ++i) {
    comparison.add(cases["texts"][i], tokenizer.encode(cases["texts"][i].get<std::string>()), cases["ids"][i]);
  }
  bool same = comparison.finish();
  if (cases.contains("plain_texts")) {
    same = compare_plain(tokenizer, path, cases) && same;
  }
  if (cases.contains("decoded")) {
    Comparison texts(path.filename().string() + " texts of ids");
    for (std::size_t i = 0; i < cases["texts"].size(); ++i) {
      texts.add(cases["ids"][i], tokenizer.decode(cases["ids"][i].get<std::vector<std::int32_t>>()),
                cases["decoded"][i]);
    }
    same = texts.finish() && same;
  }
  return (!cases.contains("chats") || compare_chats(tokenizer, path, cases)) && same;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    ampsft::require(count == 3 || count == 4, "usage: compare_tokenizer TOKENIZER CASES.json [WRITTEN.json]");
    if (count == 4) {
      const auto parts = ampsft::read_gguf_tokenizer_parts(ampsft::GgufFile(arguments[1]));
      std::ofstream(arguments[3]) << ampsft::huggingface_tokenizer_json(parts).dump();
    }
    return compare(arguments[1], arguments[2]) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "compare_tokenizer: " << error.what() << '\n';
    return 2;
  }
}
