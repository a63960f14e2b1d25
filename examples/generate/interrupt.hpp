// SPDX-License-Identifier: MIT
/// @file
/// Ctrl-C ends an answer; a second one, or one where nothing is being answered, the program.
#pragma once

#include <unistd.h>

#include <csignal>

namespace generate {

/// While one lives, the first Ctrl-C is only remembered. One at a time.
class Interrupt {
 public:
  Interrupt() {
    pending_ = 0;
    previous_ = std::signal(SIGINT, &Interrupt::remember);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() { std::signal(SIGINT, previous_); }

  [[nodiscard]] static bool pending() noexcept { return pending_ != 0; }

 private:
  static void remember(int) {
    constexpr int killed_by_interrupt = 130;
    if (pending_ != 0) {
      _exit(killed_by_interrupt);
    }
    pending_ = 1;
  }

  inline static volatile std::sig_atomic_t pending_ = 0;
  void (*previous_)(int) = SIG_DFL;
};

}  // namespace generate
