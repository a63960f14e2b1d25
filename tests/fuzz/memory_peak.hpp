// SPDX-License-Identifier: MIT
/// @file
/// Replaces the program's operators new and delete by ones that know how many bytes are in use. One unit includes this.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace ampsft::testing {

inline std::atomic<std::size_t> bytes_in_use{0};
inline std::atomic<std::size_t> highest_in_use{0};

inline void* counted(void* memory) noexcept {
  const std::size_t now = bytes_in_use += memory != nullptr ? ::malloc_usable_size(memory) : 0;
  highest_in_use = std::max(highest_in_use.load(), now);
  return memory;
}

inline void* required(void* memory) {
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

inline void release(void* memory) noexcept {
  bytes_in_use -= memory != nullptr ? ::malloc_usable_size(memory) : 0;
  std::free(memory);
}

/// Forgets the peak; returns what is in use.
inline std::size_t reset_memory_peak() {
  highest_in_use = bytes_in_use.load();
  return bytes_in_use;
}

inline std::size_t memory_peak() {
  return highest_in_use;
}

}  // namespace ampsft::testing

void* operator new(std::size_t size) {
  return ampsft::testing::required(ampsft::testing::counted(std::malloc(size > 0 ? size : 1)));
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return ampsft::testing::counted(std::malloc(size > 0 ? size : 1));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return ampsft::testing::required(ampsft::testing::counted(std::aligned_alloc(step, (size + step - 1) / step * step)));
}
void operator delete(void* memory) noexcept {
  ampsft::testing::release(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  ampsft::testing::release(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  ampsft::testing::release(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  ampsft::testing::release(memory);
}
