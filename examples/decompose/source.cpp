// SPDX-License-Identifier: MIT
#include "decompose/source.hpp"

#include <ampsft/core/glob.hpp>
#include <ampsft/io/model_tensors.hpp>
#include <ampsft/io/require_matches.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace decompose {

namespace {

using Names = std::vector<std::string>;

bool matches_any(const Names& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return ampsft::matches_glob(pattern, name); });
}

}  // namespace

Source open_source(const Options& options) {
  Source source{.tensors = ampsft::ModelTensors(options.model), .stacks = {}};
  Names matrices;
  for (const auto& name : source.tensors.names()) {
    if (source.tensors.is_matrix(name)) {
      matrices.push_back(name);
    }
  }
  ampsft::require(!matrices.empty(), options.model, " holds no matrix of F64, F32, BF16 or F16 numbers");
  ampsft::require_matches(options.include, matrices, "--include", "matrix");
  ampsft::require_matches(options.exclude, matrices, "--exclude", "matrix");
  std::vector<ampsft::RowBlock<float>> chosen;
  for (const auto& name : source.tensors.names()) {
    const auto& shape = source.tensors.file(name).entry(name).shape;
    const Index size = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
    if (source.tensors.is_matrix(name) && matches_any(options.include, name) && !matches_any(options.exclude, name)) {
      chosen.push_back(source.tensors.rows<float>(name));
      source.elements += size;
    } else {
      source.other_elements += size;
    }
  }
  ampsft::require(!chosen.empty(), "--include and --exclude leave no matrix of ", matrices.size());
  source.matrices = static_cast<Index>(chosen.size());
  source.left_out = static_cast<Index>(matrices.size() - chosen.size());
  source.stacks = ampsft::group_rows(chosen, options.grouping);
  return source;
}

}  // namespace decompose
