// SPDX-License-Identifier: MIT
/// @file
/// Steps are quiet while they are short, then say in whole lines where they are and how long it takes.
#include "support/steps.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "support/catch.hpp"

using namespace example;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// What a job writes to a file, which is no terminal.
template <class Job>
std::string written_by(Job&& job, std::chrono::milliseconds first = std::chrono::seconds(1)) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(file != nullptr);
  {
    Steps steps("job", 2, file.get(), first);
    const auto wait = [&] {  // for the first line, which comes of itself
      struct stat status {};
      for (int i = 0; i < 3000 && ::fstat(fileno(file.get()), &status) == 0 && status.st_size == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    };
    job(steps, wait);
  }
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), '\0');
  std::rewind(file.get());
  REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
  return text;
}

}  // namespace

TEST_CASE("short steps leave nothing but what is said") {
  const auto later = std::chrono::hours(1);
  const auto job = [](Steps& steps, const auto&) {
    steps.begin("one");
    steps.update("half of it", 0.5);
    steps.begin("two");
    steps.say("done");
  };
  CHECK(written_by(job, later) == "done\n");
  CHECK(written_by([](Steps&, const auto&) {}, later).empty());
}

TEST_CASE("a long step shows its number, its state and the time that is left, without saying anything more") {
  const std::string text = written_by([](Steps& steps, const auto& wait) {
    steps.begin("one");
    steps.begin("two");
    steps.update("7 of 9 tensors", 0.25);
    wait();
    steps.say("done");
  });
  CHECK_THAT(text, StartsWith("  job  step 2 of 2: two, 7 of 9 tensors, "));
  CHECK_THAT(text, ContainsSubstring(" left\n"));
  CHECK_THAT(text, EndsWith("done\n"));
  CHECK(text.find('\r') == std::string::npos);
}

TEST_CASE("a step that does not know its share shows the time that it took, and so does its next part") {
  const std::string text = written_by([](Steps& steps, const auto& wait) {
    steps.begin("one");
    steps.update("first part", 1.0);
    steps.update("second part");
    wait();
  });
  CHECK_THAT(text, StartsWith("  job  step 1 of 2: one, second part, "));
  CHECK_THAT(text, ContainsSubstring(" so far\n"));
}
