// SPDX-License-Identifier: MIT
/// @file
/// The records of examples/data: all can be read, are in their format, and no question is in two sets.
#include <ampsft/data/records.hpp>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "support/catch.hpp"

using namespace ampsft;

namespace {

const std::filesystem::path folder =
    std::filesystem::path(AMPSFT_TEST_DATA).parent_path().parent_path() / "examples" / "data";

/// Checks the chats of a file and adds their questions.
void read_questions(const std::string& name, std::size_t count, std::set<std::string>& questions) {
  const std::regex format("» Answer: [^\n]+\n» Why: [^\n]+\n» Confidence: [1-5]/5");
  DataReport report;
  const auto records = read_records(folder / name, BadRecord::refuse, report);
  CHECK(records.size() == count);
  for (const TextRecord& record : records) {
    INFO(name << " line " << record.line);
    REQUIRE(record.messages.size() == 2);
    CHECK(record.messages[0].role == "user");
    CHECK(record.messages[1].role == "assistant");
    CHECK(std::regex_match(record.messages[1].content, format));
    CHECK(questions.insert(record.messages[0].content).second);
  }
}

}  // namespace

TEST_CASE("the demonstration's records are chats in one format, no question twice") {
  std::set<std::string> questions;
  read_questions("train.jsonl", 300, questions);
  read_questions("validation.jsonl", 30, questions);
  std::istringstream prompts(read_text(folder / "prompts.txt"));
  std::size_t count = 0;
  for (std::string prompt; std::getline(prompts, prompt); ++count) {
    CHECK(questions.insert(prompt).second);
  }
  CHECK(count == 10);
}
