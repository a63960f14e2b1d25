// SPDX-License-Identifier: MIT
/// @file
/// Progress of a job of several steps, some of which cannot tell how far they are.
#pragma once

#include <ampsft/core/error.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "support/progress.hpp"

namespace example {

/// Shows which step a job is at, what it says of itself, and the time left or, where that is not known, spent. A thread
/// of its own shows it, so a step need not say anything.
class Steps {
 public:
  Steps(std::string name, int count, std::FILE* out = stdout, std::chrono::milliseconds first = std::chrono::seconds(2))
      : count_(count), out_(out), progress_(std::move(name), out, first), shower_([this] { show_until_ended(); }) {}
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  ~Steps() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_one();
    shower_.join();
  }

  /// The next step. A terminal shows it at once.
  void begin(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++step_;
    what_ = what;
    restart();
    progress_.show(text(), progress_.is_terminal());
  }

  /// How far the step is, and which share of it is done; 0: not known. A share that falls begins another part of the
  /// step, whose time is its own, and which a terminal shows at once. From any thread.
  void update(const std::string& state, double share = 0.0) {
    const std::lock_guard lock(mutex_);
    const bool begins = share < share_;
    if (begins) {
      restart();
    }
    state_ = state;
    share_ = share;
    progress_.show(text(), begins && progress_.is_terminal());
  }

  /// A line that stays.
  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    progress_.erase();
    std::fprintf(out_, "%s\n", line.c_str());
    std::fflush(out_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void restart() {
    state_.clear();
    share_ = 0.0;
    start_ = Clock::now();
  }

  [[nodiscard]] std::string text() const {
    const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
    const std::string time =
        share_ > 0.0 ? clock_time(spent / share_ * (1.0 - share_)) + " left" : clock_time(spent) + " so far";
    return ampsft::concat("step ", step_, " of ", count_, ": ", what_, state_.empty() ? "" : ", ", state_, ", ", time);
  }

  void show_until_ended() {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, std::chrono::milliseconds(100), [this] { return ended_; })) {
      if (step_ > 0) {
        progress_.show(text());
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  int count_;
  int step_ = 0;
  std::string what_;
  std::string state_;
  double share_ = 0.0;
  Clock::time_point start_ = Clock::now();
  std::FILE* out_;
  Progress progress_;
  std::thread shower_;  // last: it uses the others
};

}  // namespace example
