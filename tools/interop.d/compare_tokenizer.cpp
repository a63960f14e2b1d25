// SPDX-License-Identifier: MIT
/// @file
/// Compares the library's ids with those of a file of cases; the first argument is a GGUF file or a tokenizer.json.
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

int compare(const std::filesystem::path& tokenizer_path, const std::filesystem::path& cases_path) {
  const ampsft::PretrainedTokenizer tokenizer = read(tokenizer_path);
  const auto cases = nlohmann::json::parse(ampsft::read_text(cases_path));
  constexpr int shown = 5;
  int different = 0;
  for (std::size_t i = 0; i < cases["texts"].size(); ++i) {
    const auto text = cases["texts"][i].get<std::string>();
    const auto expected = cases["ids"][i].get<std::vector<std::int32_t>>();
    const auto actual = tokenizer.encode(text);
    if (actual != expected && ++different <= shown) {
      std::cout << "line " << i << ": " << cases["texts"][i] << "\n  expected";
      for (const std::int32_t id : expected) {
        std::cout << ' ' << id;
      }
      std::cout << "\n  actual  ";
      for (const std::int32_t id : actual) {
        std::cout << ' ' << id;
      }
      std::cout << '\n';
    }
  }
  std::cout << tokenizer_path.filename().string() << ": " << different << " of " << cases["texts"].size()
            << " lines differ\n";
  return different == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    ampsft::require(count == 3, "usage: compare_tokenizer TOKENIZER CASES.json");
    return compare(arguments[1], arguments[2]);
  } catch (const std::exception& error) {
    std::cerr << "compare_tokenizer: " << error.what() << '\n';
    return 2;
  }
}
