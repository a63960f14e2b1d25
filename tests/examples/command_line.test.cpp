// SPDX-License-Identifier: MIT
/// @file
/// Options of a file count as those of the command line do, which count more; what is wrong in it is named.
#include "support/command_line.hpp"

#include <ampsft/io/atomic_file.hpp>

#include <string>
#include <vector>

#include "support/adapter_choice.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;
using ampsft::testing::TemporaryFolder;

namespace {

struct Parsed {
  int steps = 1;
  bool merged = false;
  std::vector<std::string> adapters;
  std::string data;
};

/// A command line that names `read`, where options.toml holds the text.
Parsed parse(const std::string& text, std::vector<const char*> given = {}, const char* read = "options.toml") {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / read).string();
  write_text(folder.path() / "options.toml", text);
  Parsed parsed;
  CLI::App app;
  app.add_option("-d,--data", parsed.data)->required();
  app.add_option("--steps", parsed.steps)->check(CLI::PositiveNumber);
  app.add_option("-a,--adapter", parsed.adapters)->allow_extra_args(false);
  app.add_flag("--merged", parsed.merged);
  given.insert(given.begin(), {"program", "--config", file.c_str()});
  std::vector<char*> arguments;
  for (const char* one : given) {
    arguments.push_back(const_cast<char*>(one));  // NOLINT(cppcoreguidelines-pro-type-const-cast): as main has them
  }
  const bool goes_on = example::parse_command_line(app, static_cast<int>(arguments.size()), arguments.data());
  CHECK(goes_on);
  return parsed;
}

}  // namespace

TEST_CASE("a file of options, TOML or INI, and the command line above it") {
  const Parsed toml =
      parse("# what is trained\ndata = \"a b.jsonl\"\nsteps = 3\nmerged = true\nadapter = [\"x\", \"y\"]\n");
  CHECK(toml.data == "a b.jsonl");
  CHECK(toml.steps == 3);
  CHECK(toml.merged);
  CHECK(toml.adapters == std::vector<std::string>{"x", "y"});
  CHECK(parse("data=a.jsonl\nsteps=3\n").data == "a.jsonl");
  CHECK(parse("d = \"a\"\nsteps = 3\n", {"--steps", "5"}).steps == 5);
}

TEST_CASE("what is wrong in a file of options is named, with the file") {
  const auto refuses = [](const std::string& text, const std::string& words) {
    CHECK_THROWS_WITH(parse("data = \"a\"\n" + text), ContainsSubstring("options.toml") && ContainsSubstring(words));
  };
  refuses("stepz = 3\n", "no option stepz");
  refuses("[training]\nsteps = 3\n", "section training");
  refuses("config = \"b\"\n", "config");
  CHECK_THROWS_WITH(parse("data = \"a\"\nsteps = -3\n"),
                    ContainsSubstring("--steps") && !ContainsSubstring("000000"));  // without a range of 310 digits
  CHECK_THROWS_WITH(parse("steps = 3\n"), ContainsSubstring("--data"));
  CHECK_THROWS_WITH(parse("data = \"a\"\n", {}, "nowhere"), ContainsSubstring("nowhere"));
}

TEST_CASE("an adapter's name is that of its file or folder, unless it is given one") {
  const auto choices = example::adapter_choices({"some/one.safetensors", "out/peft/", "zwei=out/peft"});
  REQUIRE(choices.size() == 3);
  CHECK(choices[0].name == "one");
  CHECK(choices[1].name == "peft");
  CHECK(choices[2].name == "zwei");
  CHECK(choices[2].file == "out/peft");
}
