// SPDX-License-Identifier: MIT
/// @file
/// What the command lines of the examples share.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace example {

/// An option that takes one of some names.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& names,
                        const std::string& description) {
  std::string now;
  for (const auto& [word, meaning] : names) {
    now = meaning == value ? word : now;
  }
  const std::function<void(const std::string&)> choose = [&value, names](const std::string& word) {
    value = names.at(word);
  };
  return app.add_option_function(name, choose, description)
      ->check(CLI::IsMember(names))
      ->default_str(now)
      ->type_name("");
}

/// Adds `--threads`.
inline void add_threads(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "0: all cores")->check(CLI::NonNegativeNumber)->capture_default_str();
}

/// What is wrong with a file of options, from what CLI11 says of it.
inline std::string config_error(const CLI::App& app, const std::string& reason) {
  const std::string unknown = "INI was not able to parse ";
  const std::string file = app.get_config_ptr()->as<std::string>();
  if (!reason.starts_with(unknown)) {
    return ampsft::concat(file, ": ", reason);
  }
  std::string name = reason.substr(unknown.size());
  const bool section = name.ends_with(".++");  // as CLI11 marks its beginning
  name.resize(name.size() - (section ? 3 : 0));
  return ampsft::concat(file, ": there is no ", section ? "section " : "option ", name, " (--help lists the options)");
}

/// A reason in one line. CLI11 writes the end of "all positive numbers" in 310 digits.
inline std::string one_line(std::string reason) {
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  const std::size_t range = reason.find(" not in range ");
  constexpr std::size_t readable = 64;
  return range != std::string::npos && reason.size() > range + readable ? reason.substr(0, range) + " is too small"
                                                                        : reason;
}

/// Adds `--config` and `--version`, and reads the command line and the file that it names. Throws `ampsft::Error`, in
/// one line, for what is wrong with it; returns false when help or the version was asked for (and printed).
inline bool parse_command_line(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", AMPSFT_VERSION);
  app.set_config("--config", "",
                 "a file of options, one a line: NAME = VALUE, without dashes, lists as [A, B] (TOML or INI); what the "
                 "command line gives counts more")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    app.exit(request);
    return false;
  } catch (const CLI::ConfigError& error) {
    ampsft::fail(config_error(app, one_line(error.what())));
  } catch (const CLI::ParseError& error) {
    ampsft::fail(one_line(error.what()), " (--help lists the options)");
  }
  return true;
}

}  // namespace example
