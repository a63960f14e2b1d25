// SPDX-License-Identifier: MIT
/// @file
/// Checks reading files, mapped and copied.

#include <ampsft/io/mapped_file.hpp>
#include <ampsft/io/read_text.hpp>

#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

std::string as_text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST_CASE("a mapped file has the file's bytes and keeps them when it moves") {
  const testing::TemporaryFolder folder;
  const std::string contents("a\0b\xff\n", 5);
  MappedFile file(folder.write("file", contents));
  CHECK(as_text(file) == contents);

  const auto* const address = file.bytes().data();
  MappedFile moved(std::move(file));
  CHECK(as_text(moved) == contents);
  CHECK(moved.bytes().data() == address);

  MappedFile other(folder.write("other", "other"));
  other = std::move(moved);
  CHECK(as_text(other) == contents);
  CHECK(other.path() == folder.path() / "file");
}

TEST_CASE("a file replaced while it is mapped keeps its old bytes in the map") {
  const testing::TemporaryFolder folder;
  const MappedFile file(folder.write("file", "old"));
  std::filesystem::rename(folder.write("new", "new and longer"), folder.path() / "file");
  CHECK(as_text(file) == "old");
}

TEST_CASE("text is read whole, whatever it holds") {
  const testing::TemporaryFolder folder;
  std::string large(1'000'003, 'x');
  large[262'144] = '\0';
  CHECK(read_text(folder.write("large", large)) == large);
  CHECK(read_text(folder.write("piece", large.substr(0, 262'144))) == large.substr(0, 262'144));
  CHECK(read_text(folder.write("empty", "")).empty());
}

TEST_CASE("files that cannot be read are errors that name the path and the reason") {
  const testing::TemporaryFolder folder;
  const auto missing = folder.path() / "missing";
  CHECK_THROWS_WITH(MappedFile(missing), ContainsSubstring("missing\": No such file"));
  CHECK_THROWS_WITH(read_text(missing), ContainsSubstring("missing\": No such file"));
  CHECK_THROWS_WITH(MappedFile(folder.path()), ContainsSubstring("it is a folder"));
  CHECK_THROWS_WITH(read_text(folder.path()), ContainsSubstring("it is a folder"));
  CHECK_THROWS_WITH(MappedFile(folder.write("empty", "")), ContainsSubstring("the file is empty"));
  CHECK_THROWS_WITH(MappedFile("/dev/null"), ContainsSubstring("not a regular file"));
  CHECK_THROWS_AS(MappedFile(missing), Error);
  CHECK_THROWS_AS(read_text(missing), Error);
}
