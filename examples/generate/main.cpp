// SPDX-License-Identifier: MIT
// Talks to a pretrained model: one prompt, or a chat in which adapters are switched by commands.
#include <ampsft/core/parallel_for.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "generate/options.hpp"
#include "generate/talk.hpp"
#include "support/program.hpp"

namespace {

using generate::Talk;

constexpr const char* commands =
    "/adapter NAME   use another adapter; none: the model as it is\n"
    "/adapters       list the adapters\n"
    "/reset          forget the chat so far\n"
    "/quit           end (so do Ctrl-D, and Ctrl-C while nothing is being answered)\n"
    "//TEXT          say /TEXT\n";

/// False: the chat is over.
bool obey(const std::string& command, Talk& talk) {
  const std::string use = "/adapter ";
  if (command == "/quit") {
    return false;
  }
  if (command == "/reset") {
    talk.reset();
  } else if (command == "/adapters") {
    talk.list();
  } else if (command.starts_with(use)) {
    talk.use(command.substr(use.size()));
    std::fprintf(stderr, "adapter: %s\n", talk.current().c_str());
  } else if (command == "/help") {
    std::fputs(commands, stderr);
  } else {
    ampsft::fail("there is no command ", command, "; /help lists them");
  }
  return true;
}

void chat(Talk& talk) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  std::string line;
  const auto next_line = [&] {
    if (terminal) {
      std::fputs("> ", stderr);
    }
    return static_cast<bool>(std::getline(std::cin, line));
  };
  bool goes_on = true;
  while (goes_on && std::ferror(stdout) == 0 && next_line()) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    try {
      if (line.starts_with("//")) {
        talk.answer(line.substr(1));
      } else if (line.front() == '/') {
        goes_on = obey(line, talk);
      } else {
        talk.answer(line);
      }
    } catch (const ampsft::Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program([&] {
    generate::Options options;
    if (!generate::parse_options(argc, argv, options)) {
      return 0;
    }
    ampsft::set_thread_count(options.threads);
    Talk talk(options);
    if (!options.prompt) {
      chat(talk);
    } else if (options.raw) {
      talk.complete(*options.prompt);
    } else {
      talk.answer(*options.prompt);
    }
    talk.report();
    return 0;
  });
}
