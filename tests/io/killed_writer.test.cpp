// SPDX-License-Identifier: MIT
/// @file
/// Writers that are killed between any two system calls: what they write is as before, or whole.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <ampsft/io/atomic_file.hpp>
#include <ampsft/io/atomic_folder.hpp>
#include <ampsft/io/read_text.hpp>

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
namespace fs = std::filesystem;
using ampsft::testing::TemporaryFolder;

namespace {

enum class End { killed, done, untraceable };

/// Runs `work` in a process that is killed at its `stop`-th entry to or return from a system call.
template <class Work>
End run_killed(int stop, Work&& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
      ::_exit(3);
    }
    ::raise(SIGSTOP);
    try {
      work();
    } catch (...) {
      ::_exit(2);
    }
    ::_exit(0);
  }
  int status = 0;
  for (int stops = 0; ::waitpid(child, &status, 0) == child; ++stops) {
    if (WIFEXITED(status)) {
      return WEXITSTATUS(status) == 0 ? End::done : End::untraceable;
    }
    if (stops == stop) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return End::killed;
    }
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return End::untraceable;
    }
  }
  return End::untraceable;
}

}  // namespace

TEST_CASE("a folder whose writer is killed is the old one or the new one", "[io]") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "model";
  const auto write = [&](const std::string& text) {
    AtomicFolder made(target);
    write_text(made.path() / "config", text);
    write_text(made.path() / "weights", text);
    made.commit();
  };
  write("one");
  write_text(target / "notes", "mine");
  int olds = 0;
  int news = 0;
  End end = End::killed;
  for (int stop = 1; end == End::killed && stop < 2000; ++stop) {
    end = run_killed(stop, [&] { write("two"); });
    if (end == End::untraceable) {
      WARN("processes cannot be traced here");
      return;
    }
    const std::string config = read_text(target / "config");
    INFO("killed at stop " << stop);
    REQUIRE(config == read_text(target / "weights"));
    REQUIRE((config == "one" || config == "two"));
    REQUIRE(read_text(target / "notes") == "mine");
    if (config == "two") {
      ++news;
      write("one");  // back again, whatever was left
    } else {
      ++olds;
    }
  }
  CHECK(end == End::done);
  CHECK(olds > 10);
  CHECK(news > 2);
}

TEST_CASE("a file whose writer is killed is the old one or the new one", "[io]") {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "file";
  write_text(target, "one");
  End end = End::killed;
  for (int stop = 1; end == End::killed && stop < 500; ++stop) {
    end = run_killed(stop, [&] { write_text(target, "two"); });
    if (end == End::untraceable) {
      WARN("processes cannot be traced here");
      return;
    }
    const std::string text = read_text(target);
    REQUIRE((text == "one" || text == "two"));
    write_text(target, "one");
  }
  CHECK(end == End::done);
}
#endif
