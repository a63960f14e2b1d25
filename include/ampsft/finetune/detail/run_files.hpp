// SPDX-License-Identifier: MIT
/// @file
/// The files of a run: checked before, locked while it lasts.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/finetune/finetune_options.hpp>
#include <ampsft/io/file_lock.hpp>

#include <memory>
#include <vector>

namespace ampsft::detail {

/// Makes the folders of the files, locks each of them, and removes the checkpoint that a run with `restart` does not go
/// on from.
[[nodiscard]] AMPSFT_HEADER_INLINE std::vector<std::unique_ptr<FileLock>> open_run_files(
    const FinetuneOptions& options);

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/run_files_inl.hpp>
#endif
