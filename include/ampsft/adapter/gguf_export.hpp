// SPDX-License-Identifier: MIT
/// @file
/// An adapter as a GGUF file that llama.cpp loads as LoRA.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

/// Writes factors for llama.cpp: `<tensor>.lora_a` is `A` (`r x d`), `<tensor>.lora_b` is `L` (`n x r`), of the
/// embedding `L` (`n x r`) and `A` transposed, as F32 or `format`.
///
/// `adapter.lora.alpha` is that of the first factor, by whose ratio to the rank llama.cpp multiplies; factors of
/// another scale are multiplied for it. Rows of q and k are permuted where llama.cpp's models are. Throws as
/// `export_factors`, and `Error` for an embedding that is tied to the head or such a head, because llama.cpp has one
/// tensor for both and applies factors to one use of it alone: merge those.
template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const std::vector<NamedFactors<T>>& changes,
                      const ModelConfig& config, BlockFormat format = BlockFormat::f32);

/// The same of an adapter of scores. Throws as that, and `Error` for a truncated adapter.
template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                      BlockFormat format = BlockFormat::f32);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/gguf_export_inl.hpp>
#endif
