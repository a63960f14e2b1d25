// SPDX-License-Identifier: MIT
/// @file
/// Files of other kinds under the names of weights are named for what they are.
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/io/safetensors.hpp>

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

TEST_CASE("a file that is something else is named", "[io]") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const std::string filling(100, 'x');
  for (const auto& [beginning, word] : std::vector<std::pair<std::string, std::string>>{
           {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS"},
           {"<!DOCTYPE html>", "web page"},
           {"<html>", "web page"},
           {std::string("PK\x03\x04\x00\x00\x08\x08", 8), "zip"},
           {"\x80\x02\x8a\x0a", "pickle"}}) {
    INFO(word);
    write_text(path, beginning + filling);
    CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring(word));
    CHECK_THROWS_WITH(GgufFile(path), ContainsSubstring(word));
  }
  write_text(path, "GGUF" + filling);
  CHECK_THROWS_WITH(SafetensorsFile(path), ContainsSubstring("GGUF file"));
}

TEST_CASE("a header may be as long as the letters of another kind in numbers", "[io]") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const std::string begin = R"({"__metadata__": {"filling": ")";
  const std::string end = "\"}}";
  const std::string header = concat(begin, std::string(0x213c - begin.size() - end.size(), 'x'), end);
  write_text(path, std::string("<!\0\0\0\0\0\0", 8) + header);
  CHECK(SafetensorsFile(path).names().empty());
}
