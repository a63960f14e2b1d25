// SPDX-License-Identifier: MIT
/// @file
/// What the trainer asks of processes that train one model together.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/tensor.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ampsft {

/// A handle, cheap to copy, of processes (ranks) that each hold a replica of the model.
///
/// - `rank()`, `size()`: which of how many this one is.
/// - `sum(numbers)`: each element becomes its sum over all ranks, the same bits on every one.
/// - `broadcast(bytes)`: rank 0's bytes on every rank.
///
/// All ranks make the same calls in the same order and wait for each other in them; a call that fails throws `Error`.
template <class C>
concept Communicator = std::copyable<C> &&
    requires(const C& ranks, std::span<float> floats, std::span<double> doubles, std::span<std::byte> bytes) {
  { ranks.rank() } -> std::same_as<Index>;
  { ranks.size() } -> std::same_as<Index>;
  ranks.sum(floats);
  ranks.sum(doubles);
  ranks.broadcast(bytes);
};

/// One process by itself: nothing is sent, nothing costs anything.
struct Alone {
  [[nodiscard]] static constexpr Index rank() noexcept { return 0; }
  [[nodiscard]] static constexpr Index size() noexcept { return 1; }
  static constexpr void sum(std::span<float>) noexcept {}
  static constexpr void sum(std::span<double>) noexcept {}
  static constexpr void broadcast(std::span<std::byte>) noexcept {}
};

/// Throws `Error` with the joined message, on all ranks together, unless all have the same `own`.
template <Communicator C, class... Parts>
void require_same(const C& ranks, std::uint64_t own, const Parts&... parts) {
  std::uint64_t first = own;
  ranks.broadcast(std::as_writable_bytes(std::span(&first, 1)));
  std::array<double, 1> others{first == own ? 0.0 : 1.0};
  ranks.sum(std::span<double>(others));
  require(others[0] == 0.0, parts..., " (", others[0], " of ", ranks.size(), " ranks differ from rank 0)");
}

}  // namespace ampsft
