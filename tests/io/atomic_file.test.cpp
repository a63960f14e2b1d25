// SPDX-License-Identifier: MIT
/// @file
/// Checks that a file is written whole or not at all.

#include <ampsft/io/atomic_file.hpp>

#include <sys/resource.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

/// While it lives, no file can grow beyond `bytes`: what a full disk looks like, without filling one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("a committed file has the new contents and leaves no other file") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("file", "a longer old text");
  write_atomically(path, [](AtomicFile& file) {
    file.write("new ");
    file.write("text");
  });
  CHECK(folder.read("file") == "new text");
  CHECK(folder.file_count() == 1);

  write_text(folder.path() / "fresh", std::string("a\0b", 3));
  CHECK(folder.read("fresh") == std::string("a\0b", 3));
}

TEST_CASE("until the commit the old file is there") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  {
    AtomicFile file(path);
    file.write("new");
    CHECK(folder.read("file") == "old");
    file.commit();
    CHECK(folder.read("file") == "new");
    CHECK_THROWS_AS(file.write("more"), Error);
    CHECK_THROWS_AS(file.commit(), Error);
  }
  { AtomicFile(path).write("never committed"); }
  CHECK(folder.read("file") == "new");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a writer that throws leaves the old file and no temporary") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  const auto writer = [](AtomicFile& file) {
    file.write("half of the new");
    throw std::logic_error("broken off");
  };
  CHECK_THROWS_AS(write_atomically(path, writer), std::logic_error);
  CHECK(folder.read("file") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a full disk is an error that leaves the old file and no temporary") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  {
    const FileSizeLimit limit(1000);
    CHECK_THROWS_WITH(write_text(path, std::string(100'000, 'x')), ContainsSubstring("cannot write"));
  }
  CHECK(folder.read("file") == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("two writers of one file do not mix") {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  AtomicFile first(path);
  first.write("first");
  CHECK_THROWS_WITH(AtomicFile(path), ContainsSubstring("another program is writing it"));
  first.commit();
  CHECK(folder.read("file") == "first");
  write_text(path, "second");
  CHECK(folder.read("file") == "second");
}

TEST_CASE("what a killed writer left behind is used again") {
  const testing::TemporaryFolder folder;
  folder.write(".file.tmp", "a long remainder of a killed program");
  write_text(folder.path() / "file", "new");
  CHECK(folder.read("file") == "new");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a link keeps pointing at the file that is replaced") {
  const testing::TemporaryFolder folder;
  folder.write("deep/file", "old");
  std::filesystem::create_symlink("deep/file", folder.path() / "link");
  write_text(folder.path() / "link", "new");
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  CHECK(folder.read("deep/file") == "new");
}

TEST_CASE("targets that cannot be files are errors") {
  const testing::TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
  CHECK_THROWS_WITH(AtomicFile(folder.path()), ContainsSubstring("not a regular file"));
  CHECK_THROWS_WITH(AtomicFile(folder.path() / ""), ContainsSubstring("names a folder"));
  CHECK_THROWS_WITH(AtomicFile(folder.path() / "missing" / "file"), ContainsSubstring("there is no folder"));
  CHECK_THROWS_WITH(AtomicFile(folder.write("file", "x") / "below"), ContainsSubstring("there is no folder"));
  CHECK_THROWS_WITH(AtomicFile(folder.path() / "dangling"), ContainsSubstring("leads nowhere"));
  CHECK_THROWS_WITH(AtomicFile("/dev/full"), ContainsSubstring("not a regular file"));
}
