// SPDX-License-Identifier: MIT
/// @file
/// What the command lines of the examples share.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>

namespace example {

/// Adds `--threads`.
inline void add_threads(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "0: all cores")->check(CLI::NonNegativeNumber)->capture_default_str();
}

/// Adds `--version` and reads the command line. Throws `ampsft::Error`, in one line, for what is wrong with it; returns
/// false when help or the version was asked for (and printed).
inline bool parse_command_line(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", AMPSFT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    app.exit(request);
    return false;
  } catch (const CLI::ParseError& error) {
    std::string reason = error.what();
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    ampsft::fail(reason, " (--help lists the options)");
  }
  return true;
}

}  // namespace example
