// SPDX-License-Identifier: MIT
/// @file
/// Partial results of several files: which stacks they make together, and the moments of each.
#pragma once

#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/natural_order.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

/// Files that `save_partial` wrote, seen as one: stacks of the same name are one stack. The files stay open and mapped;
/// moments are read when they are asked for.
class PartialFiles {
 public:
  /// Reads the files for their checksums. Throws `Error` that names the file: as `load_partial` does, and for a matrix
  /// that is in two of the files or in two stacks, and for stacks of one name and different widths.
  explicit PartialFiles(const std::vector<std::filesystem::path>& paths);

  /// By width and natural order of their names; matrices in the order of the files.
  [[nodiscard]] const std::vector<PartialStack>& stacks() const noexcept { return stacks_; }

  /// The moments of a stack from all files, of which one is in memory beside the result. Throws `Error` that names the
  /// file for what cannot be moments, and for a name that is none of `stacks()`.
  template <Scalar T>
  [[nodiscard]] StackMoments<T> merged(const std::string& stack) const {
    StackMoments<T> result{.stack = stack, .gram = GramAccumulator<T>(1)};
    for (std::size_t i = 0; i < files_.size(); ++i) {
      for (const auto& part : parts_[i]) {
        if (part.stack != stack) {
          continue;
        }
        auto moments = detail::read_moments<T>(files_[i], part);
        if (result.matrices.empty()) {
          result = std::move(moments);
        } else {
          merge(result, moments);
        }
      }
    }
    require(!result.matrices.empty(), "the partial results hold no stack '", stack, "'");
    return result;
  }

 private:
  /// Where a matrix was seen.
  struct Place {
    std::string stack;
    std::size_t file;
  };

  void join(const PartialStack& part, const std::filesystem::path& path);

  std::vector<SafetensorsFile> files_;
  std::vector<std::vector<PartialStack>> parts_;  // of each file
  std::vector<PartialStack> stacks_;
};

/// The moments of all files, stack by stack. Throws as `PartialFiles` does.
template <Scalar T>
[[nodiscard]] std::vector<StackMoments<T>> merge_partials(const std::vector<std::filesystem::path>& paths);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/basis/files/detail/partial_files_inl.hpp>
#endif
