// SPDX-License-Identifier: MIT
/// @file
/// Memory on cache-line boundaries.
#pragma once

#include <cstddef>
#include <new>

namespace ampsft {

/// A standard allocator whose blocks begin on a 64-byte boundary.
///
/// Vectorised sums start at the first aligned element; were that another one in each process, a run that is resumed
/// would round differently from one that was never stopped. It also spares the kernels split cache lines.
template <class T>
struct AlignedAllocator {
  using value_type = T;  // NOLINT(readability-identifier-naming): the standard's
  static constexpr std::align_val_t alignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): as the standard's

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count == 0) {
      return nullptr;  // an empty matrix costs nothing
    }
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) {
      throw std::bad_array_new_length();
    }
    return static_cast<T*>(::operator new(count * sizeof(T), alignment));
  }
  void deallocate(T* block, std::size_t) noexcept { ::operator delete(block, alignment); }

  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
};

}  // namespace ampsft
