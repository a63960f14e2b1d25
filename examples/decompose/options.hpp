// SPDX-License-Identifier: MIT
/// @file
/// What the command line asks for.
#pragma once

#include <ampsft/basis/grouping.hpp>
#include <ampsft/core/dtype.hpp>
#include <ampsft/linalg/svd_options.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace decompose {

using ampsft::Index;

struct Options {
  std::filesystem::path model;                     ///< file, index or folder; empty: only partial results are merged
  std::filesystem::path output = "out/decompose";  ///< folder
  std::vector<std::string> include = {"*"};
  std::vector<std::string> exclude;
  ampsft::Grouping grouping;

  std::string kind = "weights";  ///< "weights", "random" or "file"
  std::filesystem::path basis;   ///< for "file"
  ampsft::SvdOptions svd;        ///< rank, method, centring, seed
  std::optional<double> variance;
  std::optional<Index> budget;

  ampsft::DType score_dtype = ampsft::DType::f32;
  int threads = 0;
  bool verify = false;
  std::filesystem::path partial_out;
  std::vector<std::filesystem::path> merge;
};

/// Reads the command line. Throws `ampsft::Error` for what is wrong with it; returns false when help or the version
/// was asked for (and printed).
bool parse_options(int argc, char** argv, Options& options);

}  // namespace decompose
