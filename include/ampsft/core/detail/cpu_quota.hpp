// SPDX-License-Identifier: MIT
/// @file
/// How many processors a container may use.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

namespace ampsft::detail {

/// Processors that the control groups of this process allow it, rounded up; 0 if they set no limit or there are none.
///
/// Reads `cpu.max` of version 2, or `cpu.cfs_quota_us` of version 1, of the process's group and of all groups above it.
/// `groups` is where they are mounted, `own` says which is the process's.
[[nodiscard]] inline int cpu_quota(const std::filesystem::path& groups = "/sys/fs/cgroup",
                                   const std::filesystem::path& own = "/proc/self/cgroup") {
  double least = std::numeric_limits<double>::infinity();
  const auto limit = [&](double quota, double period) {
    if (quota > 0.0 && period > 0.0) {
      least = std::min(least, quota / period);
    }
  };
  const auto read_group = [&](const std::filesystem::path& group) {
    double quota = 0.0;
    double period = 0.0;
    if (std::ifstream file(group / "cpu.max"); file >> quota >> period) {  // "max" is no number
      limit(quota, period);
    }
    std::ifstream quota_file(group / "cpu.cfs_quota_us");
    std::ifstream period_file(group / "cpu.cfs_period_us");
    if (quota_file >> quota && period_file >> period) {
      limit(quota, period);
    }
  };
  const auto read_up = [&](const std::filesystem::path& root, std::filesystem::path path) {
    for (path = path.relative_path(); !path.empty(); path = path.parent_path()) {
      read_group(root / path);
    }
    read_group(root);
  };
  std::ifstream list(own);
  for (std::string line; std::getline(list, line);) {  // "0::/path", or "4:cpu,cpuacct:/path"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::filesystem::path path = line.substr(second + 1);
    if (controllers == ",,") {
      read_up(groups, path);
    } else if (controllers.find(",cpu,") != std::string::npos) {
      read_up(groups / "cpu", path);
    }
  }
  return std::isfinite(least) ? std::max(1, static_cast<int>(std::min(std::ceil(least), 1e6))) : 0;
}

}  // namespace ampsft::detail
