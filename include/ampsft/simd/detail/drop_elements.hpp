// SPDX-License-Identifier: MIT
/// @file
/// The kernel of dropout, in vectors that every compiler knows and turns into the instructions of the function that it
/// becomes part of.
#pragma once

#include <ampsft/core/random.hpp>
#include <ampsft/simd/detail/math_arguments.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ampsft::simd::detail {

/// Numbers that one random seed is spread over: the masks do not depend on how threads share the pieces.
inline constexpr Index drop_piece = 4096;

template <class T, Index Count>
struct LanesOf {
  typedef T type __attribute__((vector_size(Count * sizeof(T))));  // NOLINT(modernize-use-using): GCC needs it
};

/// `y = kept x`, or zero where a random number of 32 bits is below `threshold`, or that added to `y`.
///
/// The numbers are those of 16 generators xoshiro128+ (Blackman and Vigna 2019) side by side, of whose 32 bits the
/// higher ones, which decide, are good.
template <class T>
__attribute__((always_inline)) inline void drop_elements(const DropElements<T>& arguments) noexcept {
  constexpr Index lanes = 16;
  using Bits = typename LanesOf<std::uint32_t, lanes>::type;
  using Values = typename LanesOf<T, lanes>::type;
  using Mask = typename LanesOf<std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>, lanes>::type;
  const DropElements<T> d = arguments;  // a copy that no store can alias
  Random seeds(d.seed);
  Bits state[4];
  for (auto& words : state) {
    for (Index lane = 0; lane < lanes; lane += 2) {
      const std::uint64_t two = seeds();
      std::memcpy(reinterpret_cast<char*>(&words) + 4 * lane, &two, sizeof two);
    }
  }
  for (Index i = 0; i < d.count; i += lanes) {
    const Bits bits = state[0] + state[3];
    const Bits shifted = state[1] << 9U;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = (state[3] << 11U) | (state[3] >> 21U);

    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(std::min(lanes, d.count - i));
    Values x{};
    bytes == sizeof x ? std::memcpy(&x, d.x + i, sizeof x) : std::memcpy(&x, d.x + i, bytes);
    x *= d.kept;
    Mask value;
    std::memcpy(&value, &x, sizeof x);
    value &= __builtin_convertvector(bits >= d.threshold, Mask);
    Values y{};
    std::memcpy(&y, &value, sizeof y);
    if (d.add) {
      Values before{};
      bytes == sizeof x ? std::memcpy(&before, d.y + i, sizeof x) : std::memcpy(&before, d.y + i, bytes);
      y += before;
    }
    bytes == sizeof x ? std::memcpy(d.y + i, &y, sizeof x) : std::memcpy(d.y + i, &y, bytes);
  }
}

}  // namespace ampsft::simd::detail
