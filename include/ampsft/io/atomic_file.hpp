// SPDX-License-Identifier: MIT
/// @file
/// Files that are either written completely or not at all.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/detail/output_file.hpp>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace ampsft {

/// Writes a temporary file beside the target and, on `commit`, puts it in the target's place.
///
/// Whoever opens the target sees the old contents or the new ones, never a mixture, even after a power failure.
/// Without `commit`, and when anything throws, the temporary (`.NAME.tmp`) is removed and the target stays as it was.
/// Every error names the target and the reason: missing or unwritable folder, full disk, a second writer at work.
class AtomicFile {
 public:
  /// The folder must exist; a target that exists must be a regular file or a link to one, which is then replaced
  /// where it lies.
  explicit AtomicFile(const std::filesystem::path& target);

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  ~AtomicFile() {
    if (file_) {
#if !AMPSFT_POSIX
      file_.reset();  // open files cannot be removed there
#endif
      std::error_code ignored;  // nothing can be done about it here
      std::filesystem::remove(temporary_, ignored);
    }
  }

  /// Appends the bytes; not buffered, so pass large pieces.
  void write(std::span<const std::byte> bytes);

  void write(std::string_view text) {
    write(std::as_bytes(std::span(text)));
  }

  /// Flushes to the disk, then renames over the target. The target is as it was when anything before the rename
  /// fails; should only the folder's own flush fail after it, the new file is in place and the error says so.
  void commit();

 private:
  [[nodiscard]] std::filesystem::path folder() const {
    return target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::optional<detail::OutputFile> file_;
};

/// Calls `writer(file)` with an `AtomicFile` and commits it; see there for what holds when something fails.
template <std::invocable<AtomicFile&> Writer>
void write_atomically(const std::filesystem::path& path, Writer&& writer) {
  AtomicFile file(path);
  std::forward<Writer>(writer)(file);
  file.commit();
}

/// Puts a file with exactly this text into place, atomically.
inline void write_text(const std::filesystem::path& path, std::string_view text) {
  write_atomically(path, [&](AtomicFile& file) { file.write(text); });
}

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/atomic_file_inl.hpp>
#endif
