// SPDX-License-Identifier: MIT
/// @file
/// Bodies of partial_files.hpp.
#pragma once

#include <ampsft/basis/files/partial_file.hpp>
#include <ampsft/basis/files/partial_files.hpp>
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

AMPSFT_HEADER_INLINE PartialFiles::PartialFiles(const std::vector<std::filesystem::path>& paths) {
  require(!paths.empty(), "there are no partial results to merge");
  std::map<std::string, Place> places;
  for (const auto& path : paths) {
    files_.emplace_back(path);
    files_.back().verify_checksum();
    parts_.push_back(detail::partial_stacks(files_.back()));
    for (const auto& part : parts_.back()) {
      for (const auto& matrix : part.matrices) {
        const Place here{part.stack, files_.size()};
        const Place& known = places.try_emplace(matrix.name, here).first->second;
        require(known.stack == here.stack, path, ": matrix '", matrix.name, "' is in the stack '", here.stack,
                "' and in '", known.stack, "'; accumulate all parts with the same groups");
        require(known.file == here.file, path, ": matrix '", matrix.name,
                "' is in two of the parts that are merged and would count twice");
      }
      join(part, path);
    }
  }
  std::sort(stacks_.begin(), stacks_.end(), [](const auto& a, const auto& b) {
    return a.width != b.width ? a.width < b.width : natural_less(a.stack, b.stack);
  });
}

AMPSFT_HEADER_INLINE void PartialFiles::join(const PartialStack& part, const std::filesystem::path& path) {
  const auto known =
      std::find_if(stacks_.begin(), stacks_.end(), [&](const auto& one) { return one.stack == part.stack; });
  if (known == stacks_.end()) {
    stacks_.push_back(part);
    return;
  }
  require(known->width == part.width, path, ": its stack '", part.stack, "' has the width ", part.width,
          ", that of the other parts ", known->width);
  require(part.count <= std::numeric_limits<Index>::max() - known->count, path, ": its stack '", part.stack, "' has ",
          part.count, " rows, too many to be counted together with those of the other parts");
  known->count += part.count;
  known->raw_energy += part.raw_energy;
  known->matrices.insert(known->matrices.end(), part.matrices.begin(), part.matrices.end());
}

template <Scalar T>
std::vector<StackMoments<T>> merge_partials(const std::vector<std::filesystem::path>& paths) {
  const PartialFiles files(paths);
  std::vector<StackMoments<T>> merged;
  for (const auto& stack : files.stacks()) {
    merged.push_back(files.merged<T>(stack.stack));
  }
  return merged;
}

AMPSFT_INSTANCE(std::vector<StackMoments<float>> merge_partials(const std::vector<std::filesystem::path>&));
AMPSFT_INSTANCE(std::vector<StackMoments<double>> merge_partials(const std::vector<std::filesystem::path>&));

}  // namespace ampsft
