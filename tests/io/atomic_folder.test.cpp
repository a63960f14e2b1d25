// SPDX-License-Identifier: MIT
/// @file
/// Folders of files that come into place together; permissions and pipes of single files.
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/read_text.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
namespace fs = std::filesystem;
using ampsft::testing::TemporaryFolder;

namespace {

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
    }
  }
  return files;
}

}  // namespace

TEST_CASE("a folder's files come together, and others stay", "[io]") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "made" / "here" / "model";
  {
    AtomicFolder fresh(target);
    write_text(fresh.path() / "config", "one");
    write_text(fresh.path() / "weights", "one");
    CHECK_FALSE(fs::exists(target));
    fresh.commit();
  }
  CHECK(contents(target) == std::map<std::string, std::string>{{"config", "one"}, {"weights", "one"}});
  write_text(target / "notes", "mine");
  fs::create_directories(target / "deep" / "er");
  write_text(target / "deep" / "er" / "note", "mine too");
  {
    AtomicFolder next(target);
    write_text(next.path() / "config", "two");
    write_text(next.path() / "weights", "two");
    CHECK(contents(target).at("config") == "one");
    next.commit();
  }
  CHECK(contents(target) ==
        std::map<std::string, std::string>{
            {"config", "two"}, {"weights", "two"}, {"notes", "mine"}, {"deep/er/note", "mine too"}});
  {
    AtomicFolder dropped(target);
    write_text(dropped.path() / "config", "three");
  }
  CHECK(contents(target).at("config") == "two");
  std::size_t beside = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(target.parent_path())) {
    ++beside;
  }
  CHECK(beside == 1);  // nothing is left beside it
}

TEST_CASE("what a killed program left of a folder is removed by the next one", "[io]") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / ".model.new");
  write_text(folder.path() / ".model.new" / "stale", "half");
  CHECK_THROWS_WITH(AtomicFolder(folder.path() / "model"), ContainsSubstring("in the way"));  // whose is it?
  CHECK(read_text(folder.path() / ".model.new" / "stale") == "half");
  write_text(folder.path() / ".model.lock", "");  // a killed program leaves that too
  AtomicFolder next(folder.path() / "model");
  write_text(next.path() / "config", "whole");
  next.commit();
  CHECK(contents(folder.path() / "model") == std::map<std::string, std::string>{{"config", "whole"}});
}

TEST_CASE("the working directory is written where it is", "[io]") {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::create_directory(folder.path() / "here");
  fs::current_path(folder.path() / "here");
  AtomicFolder next(".");
  write_text(next.path() / "config", "new");
  fs::create_directory(next.path() / "templates");
  write_text(next.path() / "templates" / "tools", "new too");
  next.commit();
  CHECK(read_text("config") == "new");
  CHECK(read_text(fs::path("templates") / "tools") == "new too");
  fs::current_path(before);
}

TEST_CASE("a folder that cannot be written is an error, and nothing is left", "[io]") {
  const TemporaryFolder folder;
  write_text(folder.path() / "file", "");
  CHECK_THROWS_AS(AtomicFolder(folder.path() / "file"), Error);
  CHECK_THROWS_AS(AtomicFolder(folder.path() / "file" / "below"), Error);
  { const AtomicFolder dropped(folder.path() / "not" / "there" / "model"); }
  CHECK_FALSE(fs::exists(folder.path() / "not"));
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "link");
  CHECK_THROWS_AS(AtomicFolder(folder.path() / "link"), Error);
  const AtomicFolder first(folder.path() / "model");
  CHECK_THROWS_WITH(AtomicFolder(folder.path() / "model"), ContainsSubstring("another program"));
}

TEST_CASE("a file that is replaced keeps its permissions", "[io]") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "secret";
  write_text(path, "one");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  write_text(path, "two");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

#if AMPSFT_POSIX
TEST_CASE("a pipe under the temporary name is an error, not a wait", "[io]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder.path() / ".target.tmp").c_str(), 0666) == 0);
  CHECK_THROWS_WITH(write_text(folder.path() / "target", "text"), ContainsSubstring("no regular file"));
}
#endif
