// SPDX-License-Identifier: MIT
/// @file
/// What can be written is told without a trace, and so is what cannot.
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/writable.hpp>

#include <sys/stat.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
namespace fs = std::filesystem;

TEST_CASE("files that can be written, their folders there or not") {
  const testing::TemporaryFolder folder;
  write_text(folder.path() / "there", "text");
  fs::create_symlink(folder.path() / "there", folder.path() / "link");
  for (const char* name : {"new", "there", "link", "a/b/new"}) {
    CHECK_NOTHROW(require_writable(folder.path() / name));
  }
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
}

TEST_CASE("files that cannot be written are named") {
  const testing::TemporaryFolder folder;
  write_text(folder.path() / "file", "text");
  fs::create_symlink("nowhere", folder.path() / "lost");
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(require_writable(folder.path()), ContainsSubstring("is a folder"));
  CHECK_THROWS_WITH(require_writable(folder.path() / "file" / "x"), ContainsSubstring("is not a folder"));
  CHECK_THROWS_WITH(require_writable(folder.path() / "lost"), ContainsSubstring("leads nowhere"));
  CHECK_THROWS_WITH(require_writable(folder.path() / "lost" / "x"), ContainsSubstring("leads nowhere"));
  CHECK_THROWS_WITH(require_writable(folder.path() / "pipe"), ContainsSubstring("no regular file"));
}
