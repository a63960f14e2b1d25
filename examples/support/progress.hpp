// SPDX-License-Identifier: MIT
/// @file
/// Progress of long jobs: one line that is rewritten on a terminal; elsewhere a line after two seconds, and one every
/// five.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace example {

/// Whole seconds as "1:05" or "2:03:04".
inline std::string clock_time(double seconds) {
  const long all = seconds > 0.0 ? static_cast<long>(seconds + 0.5) : 0;
  char text[48];
  if (all >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", all / 60, all % 60);
  }
  return text;
}

/// Shows the state of one job under its name; nothing for jobs that end before the first line is due (elsewhere than on
/// a terminal after `first`).
class Progress {
 public:
  explicit Progress(std::string name, std::FILE* out = stdout,
                    std::chrono::milliseconds first = std::chrono::seconds(2))
      : name_(std::move(name)),
        out_(out),
        terminal_(isatty(fileno(out)) != 0),
        next_(Clock::now() + (terminal_ ? std::chrono::milliseconds(200) : first)) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { erase(); }

  /// Shows `state` if enough time has passed since the last call that did, or at once.
  void show(const std::string& state, bool at_once = false) {
    const auto now = Clock::now();
    if (!at_once && now < next_) {
      return;
    }
    next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000));
    if (terminal_) {
      std::fprintf(out_, "\r\033[K  %s  %s", name_.c_str(), state.c_str());
      dirty_ = true;
    } else {
      std::fprintf(out_, "  %s  %s\n", name_.c_str(), state.c_str());
    }
    std::fflush(out_);
  }

  [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }

  /// Takes the line off a terminal.
  void erase() {
    if (dirty_) {
      std::fprintf(out_, "\r\033[K");
      std::fflush(out_);
      dirty_ = false;
    }
  }

  /// Replaces the progress by a last line.
  void done(const std::string& result) {
    erase();
    std::fprintf(out_, "  %s  %s\n", name_.c_str(), result.c_str());
    std::fflush(out_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string name_;
  std::FILE* out_;
  bool terminal_;
  bool dirty_ = false;
  Clock::time_point next_;
};

}  // namespace example
