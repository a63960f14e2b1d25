// SPDX-License-Identifier: MIT
/// @file
/// The machine's limits, measured in this process with the threads in use: fills, reads, multiply-adds.
#pragma once

#include <ampsft/core/parallel_for.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "support/limit_kernels.hpp"
#include "support/timing.hpp"

namespace bench {

/// Bytes and multiply-adds (as two operations) a second.
struct Limits {
  double stream = 0;  ///< fill past the cache by non-temporal stores; 0 where there are none
  double fill = 0;    ///< fill by ordinary stores
  double read = 0;
  double flops = 0;

  /// The faster way of storing.
  [[nodiscard]] double store() const noexcept { return std::max(stream, fill); }
};

/// What a kernel cannot do without.
struct Work {
  double written = 0;  ///< bytes
  double read = 0;     ///< bytes
  double flops = 0;

  [[nodiscard]] double bytes() const noexcept { return written + read; }
  [[nodiscard]] double intensity() const noexcept { return flops / bytes(); }
  [[nodiscard]] double seconds_of_memory(const Limits& limits) const noexcept {
    return written / limits.store() + read / limits.read;
  }
  [[nodiscard]] double seconds_of_arithmetic(const Limits& limits) const noexcept { return flops / limits.flops; }
  [[nodiscard]] double seconds_at_limit(const Limits& limits) const noexcept {
    return std::max(seconds_of_memory(limits), seconds_of_arithmetic(limits));
  }
};

/// The processor's best level, whatever the kernels are told to use.
inline ampsft::simd::Level processor_level() {
  static const ampsft::simd::Level best = ampsft::simd::levels().back();
  return best;
}

/// Stores that pass the cache exist for it.
inline bool can_stream() {
  return processor_level() >= ampsft::simd::Level::avx2;
}

namespace detail {

inline std::atomic<std::uint64_t> sink;  // what loops return, so that none is left out

/// Calls `body(first, lines)` for the pieces of an array of `bytes`, each on its thread.
template <class Body>
void for_lines(Index bytes, Body&& body) {
  ampsft::parallel_for(bytes / line_bytes, 256, [&](Index begin, Index end) { body(begin, end - begin); });
}

}  // namespace detail

/// The passes over an array of `bytes` on a 64-byte boundary, all threads; a part of a line at its end is left out.
inline void stream_pass([[maybe_unused]] void* data, [[maybe_unused]] Index bytes) {
#if defined(AMPSFT_SIMD_X86)
  auto* const to = static_cast<float*>(data);
  const bool wide = processor_level() == ampsft::simd::Level::avx512;
  detail::for_lines(bytes, [&](Index first, Index lines) {
    wide ? avx512::fill_past_cache(to + first * 16, lines) : avx2::fill_past_cache(to + first * 16, lines);
  });
#endif
}

inline void fill_pass(void* data, Index bytes) {
  auto* const to = static_cast<float*>(data);
  detail::for_lines(bytes, [&](Index first, Index lines) {
    switch (processor_level()) {
#if defined(AMPSFT_SIMD_X86)
      case ampsft::simd::Level::avx512:
        return avx512::fill(to + first * 16, lines);
      case ampsft::simd::Level::avx2:
        return avx2::fill(to + first * 16, lines);
#endif
      default:
        return plain::fill(to + first * 16, lines);
    }
  });
}

inline void read_pass(const void* data, Index bytes) {
  const auto* const from = static_cast<const std::uint64_t*>(data);
  detail::for_lines(bytes, [&](Index first, Index lines) {
    switch (processor_level()) {
#if defined(AMPSFT_SIMD_X86)
      case ampsft::simd::Level::avx512:
        detail::sink += avx512::read(from + first * 8, lines);
        return;
      case ampsft::simd::Level::avx2:
        detail::sink += avx2::read(from + first * 8, lines);
        return;
#endif
      default:
        detail::sink += plain::read(from + first * 8, lines);
        return;
    }
  });
}

/// Multiply-adds in registers on every thread; returns how many operations that was.
template <class T>
double arithmetic_pass() {
  constexpr Index steps = 100'000;  // long beside the start of a thread
  const Index threads = ampsft::thread_count();
  std::atomic<Index> sums = 0;
  ampsft::parallel_for(threads, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      switch (processor_level()) {
#if defined(AMPSFT_SIMD_X86)
        case ampsft::simd::Level::avx512:
          detail::sink += static_cast<std::uint64_t>(avx512::multiply_add(steps, T{0}));
          sums += 24 * 64 / static_cast<Index>(sizeof(T));
          break;
        case ampsft::simd::Level::avx2:
          detail::sink += static_cast<std::uint64_t>(avx2::multiply_add(steps, T{0}));
          sums += 12 * 32 / static_cast<Index>(sizeof(T));
          break;
#endif
        default:
          detail::sink += static_cast<std::uint64_t>(plain::multiply_add<T>(steps));
          sums += 64;
      }
    }
  });
  return 2.0 * static_cast<double>(steps) * static_cast<double>(sums);
}

/// The limits for arrays of `bytes` with the threads in use; measured once for each size and thread count.
template <class T>
const Limits& limits_for(Index bytes) {
  static std::map<std::pair<int, Index>, Limits> known;
  bytes = std::max(bytes / line_bytes, Index{1}) * line_bytes;
  const auto [entry, is_new] = known.try_emplace({ampsft::thread_count(), bytes});
  Limits& limits = entry->second;
  if (is_new) {
    auto array = ampsft::make_matrix<float>(1, bytes / 4, fill_value);
    const int count = bytes < (Index{16} << 20) ? 101 : 21;
    const auto rate = [&](double seconds) { return static_cast<double>(bytes) / seconds; };
    limits.stream = can_stream() ? rate(median_seconds([&] { stream_pass(array.data(), bytes); }, count)) : 0.0;
    limits.fill = rate(median_seconds([&] { fill_pass(array.data(), bytes); }, count));
    limits.read = rate(median_seconds([&] { read_pass(array.data(), bytes); }, count));
    const double operations = arithmetic_pass<T>();
    limits.flops = operations / median_seconds([] { arithmetic_pass<T>(); }, 21);
  }
  return limits;
}

}  // namespace bench
