// SPDX-License-Identifier: MIT
/// @file
/// Replaces operator new by one that counts blocks and bytes. For one file of a program only. Eigen's own allocations
/// come from malloc: their blocks are counted too where the linker sends those here (AMPSFT_COUNTS_MALLOC,
/// tests/CMakeLists.txt).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace ampsft::test {

inline std::atomic<long> allocations = 0;  ///< of at least `counted_from` bytes, so far
inline std::atomic<std::size_t> counted_from = 0;
inline std::atomic<std::size_t> bytes_held = 0;  ///< now
inline std::atomic<std::size_t> bytes_peak = 0;

/// Every block is aligned as matrices want it, so that all forms of operator new can be one.
inline constexpr std::size_t alignment = 64;

/// The block's size stands in a line of its own before it.
inline void* allocate(std::size_t bytes) noexcept {
  if (bytes >= counted_from) {
    ++allocations;
  }
  auto* const block = static_cast<std::byte*>(std::aligned_alloc(alignment, (bytes / alignment + 2) * alignment));
  if (block == nullptr) {
    return nullptr;
  }
  std::memcpy(block, &bytes, sizeof(bytes));
  const std::size_t held = bytes_held += bytes;
  std::size_t peak = bytes_peak;
  while (held > peak && !bytes_peak.compare_exchange_weak(peak, held)) {
  }
  return block + alignment;
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
  if (memory == nullptr) {
    return;
  }
  std::byte* const block = static_cast<std::byte*>(memory) - alignment;
  std::size_t bytes = 0;
  std::memcpy(&bytes, block, sizeof(bytes));
  bytes_held -= bytes;
  std::free(block);
}

/// Allocations of at least `least` bytes while `work` runs.
template <class Work>
long count_allocations(std::size_t least, Work&& work) {
  counted_from = least;
  const long before = allocations;
  work();
  return allocations - before;
}

/// The most bytes that are held at once while `work` runs, beside those that were held before.
template <class Work>
std::size_t peak_bytes(Work&& work) {
  const std::size_t before = bytes_held;
  bytes_peak = before;
  work();
  return bytes_peak - before;
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
