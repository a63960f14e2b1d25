// SPDX-License-Identifier: MIT
/// @file
/// A strict reader of markup, for the tests of what writes it.
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

/// What is wrong with the markup, or an empty string: every tag closed in order, attributes quoted, `<`, `>` and `&`
/// only as markup or entities. A `<style>` is passed over.
inline std::string markup_error(const std::string& html) {
  std::vector<std::string> open;
  std::size_t i = html.rfind("<!doctype html>\n", 0) == 0 ? 16 : 0;
  while (i < html.size()) {
    if (html[i] == '>') {
      return "a bare > at " + std::to_string(i);
    }
    if (html[i] == '&') {
      const std::size_t end = html.find(';', i);
      if (end == std::string::npos || end - i > 6) {
        return "a bare & at " + std::to_string(i);
      }
    }
    if (html[i] != '<') {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    bool quoted = false;
    while (end < html.size() && (quoted || html[end] != '>')) {
      quoted = html[end] == '"' ? !quoted : quoted;
      if (html[end] == '<' || (!quoted && html[end] == '=' && html[end + 1] != '"')) {
        return "a broken tag at " + std::to_string(i);
      }
      ++end;
    }
    if (end >= html.size()) {
      return "an open tag at the end";
    }
    const bool closing = html[i + 1] == '/';
    std::size_t stop = i + 1 + (closing ? 1 : 0);
    std::string name;
    while (std::isalnum(static_cast<unsigned char>(html[stop])) != 0) {
      name += html[stop++];
    }
    if (name.empty()) {
      return "a tag without a name at " + std::to_string(i);
    }
    if (closing) {
      if (open.empty() || open.back() != name) {
        return "</" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">");
      }
      open.pop_back();
    } else if (html[end - 1] != '/') {
      open.push_back(name);
      if (name == "style") {
        end = html.find("</style>", end) - 1;
      }
    }
    i = end + 1;
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

/// How often `what` occurs.
inline int occurrences(const std::string& text, const std::string& what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}
