// SPDX-License-Identifier: MIT
/// @file
/// The processors of a container, from files as the kernel shows them.
#include <ampsft/core/detail/cpu_quota.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using ampsft::detail::cpu_quota;

TEST_CASE("a container's processors are those of the tightest group above it", "[core]") {
  const ampsft::testing::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << text;
  };
  const auto quota = [&] { return cpu_quota(folder.path() / "groups", folder.path() / "own"); };
  CHECK(quota() == 0);  // no control groups at all

  write("own", "0::/a/b\n");
  write("groups/a/b/cpu.max", "max 100000\n");
  CHECK(quota() == 0);
  write("groups/a/b/cpu.max", "400000 100000\n");
  CHECK(quota() == 4);
  write("groups/a/cpu.max", "150000 100000\n");
  CHECK(quota() == 2);  // rounded up
  write("groups/cpu.max", "20000 100000\n");
  CHECK(quota() == 1);  // inside of a container the group is the root
  write("groups/cpu.max", "damaged\n");
  CHECK(quota() == 2);

  write("own", "4:cpu,cpuacct:/c\n3:cpuset:/d\n");  // version 1
  CHECK(quota() == 0);
  write("groups/cpu/c/cpu.cfs_period_us", "100000\n");
  write("groups/cpu/c/cpu.cfs_quota_us", "-1\n");
  CHECK(quota() == 0);
  write("groups/cpu/c/cpu.cfs_quota_us", "300000\n");
  CHECK(quota() == 3);
}
