// SPDX-License-Identifier: MIT
/// @file
/// Replaces operator new by one that counts. For one file of a program only. Eigen's own allocations come from malloc:
/// they are counted too where the linker sends those here (AMPSFT_COUNTS_MALLOC, tests/CMakeLists.txt).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace ampsft::test {

inline std::atomic<long> allocations = 0;  ///< of at least `counted_from` bytes, so far
inline std::atomic<std::size_t> counted_from = 0;

/// Every block is aligned as matrices want it, so that all forms of operator new can be one.
inline void* allocate(std::size_t bytes) noexcept {
  constexpr std::size_t alignment = 64;
  if (bytes >= counted_from) {
    ++allocations;
  }
  return std::aligned_alloc(alignment, (bytes / alignment + 1) * alignment);
}

inline void* allocate_or_throw(std::size_t bytes) {
  void* const memory = allocate(bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

/// Not inlined, or GCC takes this `free` and the replaced operator new for no pair.
[[gnu::noinline]] inline void release(void* memory) noexcept {
  std::free(memory);
}

/// Allocations of at least `least` bytes while `work` runs.
template <class Work>
long count_allocations(std::size_t least, Work&& work) {
  counted_from = least;
  const long before = allocations;
  work();
  return allocations - before;
}

}  // namespace ampsft::test

#if defined(AMPSFT_COUNTS_MALLOC)
// The names that the linker's option --wrap=malloc gives: what the program's objects call, and what they called.
extern "C" void* __real_malloc(std::size_t bytes);   // NOLINT(bugprone-reserved-identifier)
extern "C" void* __wrap_malloc(std::size_t bytes) {  // NOLINT(bugprone-reserved-identifier)
  if (bytes >= ampsft::test::counted_from) {
    ++ampsft::test::allocations;
  }
  return __real_malloc(bytes);
}
#endif

// All of them, so that a sanitizer sees no pair of which one half is its own.
// clang-format off
void* operator new(std::size_t bytes) { return ampsft::test::allocate_or_throw(bytes); }
void* operator new[](std::size_t bytes) { return ampsft::test::allocate_or_throw(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return ampsft::test::allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return ampsft::test::allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t) { return ampsft::test::allocate_or_throw(bytes); }
void* operator new[](std::size_t bytes, std::align_val_t) { return ampsft::test::allocate_or_throw(bytes); }
void operator delete(void* memory) noexcept { ampsft::test::release(memory); }
void operator delete[](void* memory) noexcept { ampsft::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { ampsft::test::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { ampsft::test::release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { ampsft::test::release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { ampsft::test::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { ampsft::test::release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { ampsft::test::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { ampsft::test::release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { ampsft::test::release(memory); }
// clang-format on
