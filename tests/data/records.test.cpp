// SPDX-License-Identifier: MIT
/// @file
/// Records out of JSON Lines and texts; bad ones are named by line.
#include <ampsft/data/records.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/mutate.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

namespace {

std::string error_of(const std::string& lines) {
  DataReport report;
  try {
    static_cast<void>(parse_records(lines, "data", BadRecord::refuse, report));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("records of all kinds are read") {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("data.jsonl", R"({"messages": [{"role": "user", "content": "Hi", "name": "x"},)"
                                               R"( {"role": "assistant", "content": "H\u00e9llo\n"}], "id": 7})"
                                               "\r\n\n"
                                               R"({"prompt": "1+1=", "completion": "2"})"
                                               "\n"
                                               R"({"text": ""})");
  DataReport report;
  const auto records = read_records(path, BadRecord::refuse, report);
  REQUIRE(records.size() == 3);
  CHECK(report.records == 3);
  CHECK(records[0].kind == RecordKind::chat);
  CHECK(records[0].messages == std::vector<ChatMessage>{{"user", "Hi"}, {"assistant", "H\xc3\xa9llo\n"}});
  CHECK(records[1].kind == RecordKind::completion);
  CHECK((records[1].prompt == "1+1=" && records[1].text == "2" && records[1].line == 3));
  CHECK(records[2].kind == RecordKind::text);
  CHECK(records[2].line == 4);
}

TEST_CASE("any other file is one text") {
  const testing::TemporaryFolder folder;
  DataReport report;
  const auto records = read_records(folder.write("a.txt", "{\nnot JSON\n"), BadRecord::refuse, report);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text == "{\nnot JSON\n");
  CHECK_THROWS_WITH(read_records(folder.write("b.txt", ""), BadRecord::refuse, report),
                    ContainsSubstring("b.txt") && ContainsSubstring("no record"));
}

TEST_CASE("a bad record is named by its line") {
  const std::string ok = "{\"text\": \"x\"}\n";
  CHECK_THAT(error_of(ok + ok + "{\"text\": 1}"), ContainsSubstring("data line 3: \"text\" must be a string"));
  CHECK_THAT(error_of(ok + "{\"text\": "), ContainsSubstring("data line 2: parse error"));
  CHECK_THAT(error_of("[]"), ContainsSubstring("object"));
  CHECK_THAT(error_of("{\"txt\": \"x\"}"), ContainsSubstring("needs \"messages\""));
  CHECK_THAT(error_of("{\"prompt\": \"x\"}"), ContainsSubstring("\"completion\" is missing"));
  CHECK_THAT(error_of("{\"messages\": []}"), ContainsSubstring("at least one"));
  CHECK_THAT(error_of(R"({"messages": [{"role": "tool", "content": "x"}]})"),
             ContainsSubstring("message 1") && ContainsSubstring("\"tool\"") && ContainsSubstring("assistant"));
  CHECK_THAT(error_of(R"({"messages": [{"role": "user", "content": ["x"]}]})"),
             ContainsSubstring("\"content\" must be a string"));
  CHECK_THAT(error_of(R"({"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "x"}]})"),
             ContainsSubstring("message 2") && ContainsSubstring("must be the first"));
}

TEST_CASE("bad records may be skipped, and the report tells of them") {
  DataReport report;
  const auto records = parse_records("{\"text\": \"x\"}\nnonsense\n{\"text\": 1}\n", "data", BadRecord::skip, report);
  CHECK(records.size() == 1);
  CHECK(report.records == 1);
  CHECK(report.skipped.at("bad record") == 2);
  REQUIRE(report.named.size() == 2);
  CHECK(report.named[1].line == 3);
  CHECK(report.named[1].reason == "bad record: \"text\" must be a string");
  for (std::size_t i = 0; i < 100; ++i) {
    report.skip(i, "other");
  }
  CHECK(report.named.size() == DataReport::most_named);
  report.add(10, 4);
  report.add(20, 5);
  CHECK_THAT(report.text(), ContainsSubstring("1 records read, 2 used\n30 tokens, 9 of them learned; 10 to 20 tokens"));
  CHECK_THAT(report.text(), ContainsSubstring("100 skipped: other\n") && ContainsSubstring("  line 3: bad record: "));
}

TEST_CASE("damaged JSON Lines are read or refused") {
  const std::string lines =
      R"({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]})"
      "\n{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"text\": \"c\"}\n";
  Random random(9);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    DataReport report;
    try {
      static_cast<void>(parse_records(testing::mutate(lines, random, lines.size()), "data", BadRecord::refuse, report));
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}

TEST_CASE("members that are not read may nest, and an array is refused by its name") {
  DataReport report;
  std::string nested = R"({"text": "x", "tools": )" + std::string(30, '[') + std::string(30, ']') + "}";
  CHECK(parse_records(nested, "data", BadRecord::refuse, report).size() == 1);
  nested = R"({"text": "x", "tools": )" + std::string(300, '[') + std::string(300, ']') + "}";
  CHECK_THROWS_AS(parse_records(nested, "data", BadRecord::refuse, report), Error);
  CHECK_THROWS_WITH(parse_records("[\n{\"text\": \"x\"}\n]\n", "data", BadRecord::refuse, report),
                    ContainsSubstring("JSON Lines"));
}

TEST_CASE("a file of bad records says why none can be used, in one line") {
  const testing::TemporaryFolder folder;
  DataReport report;
  const auto path = folder.write("bad.jsonl", "{\"text\": 1}\nnonsense\n");
  try {
    static_cast<void>(read_records(path, BadRecord::skip, report));
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("2 skipped: bad record"));
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}
