// SPDX-License-Identifier: MIT
/// @file
/// An adapter as a GGUF file that llama.cpp loads as LoRA.
#pragma once

#include <ampsft/adapter/export_factors.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf_writer.hpp>

#include <array>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace ampsft {

/// Writes an adapter for llama.cpp: `<tensor>.lora_a` is the basis (`K x d`), `<tensor>.lora_b` the scores (`n x K`),
/// of the embedding the scores (`n x K`) and the basis transposed, as F32 or `format`.
///
/// `adapter.lora.alpha` is the rank of the first factor, so llama.cpp's scale is 1; scores of another rank `K` are
/// multiplied by `K / alpha` for it. Rows of q and k are permuted where llama.cpp's models are. Throws as
/// `export_factors`, and `Error` for an embedding that is tied to the head or such a head, because llama.cpp has one
/// tensor for both and applies factors to one use of it alone: merge those.
template <Scalar T>
void export_gguf_lora(const std::filesystem::path& path, const ScoreAdapter<T>& adapter, const ModelConfig& config,
                      BlockFormat format = BlockFormat::f32);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/adapter/detail/gguf_export_inl.hpp>
#endif
