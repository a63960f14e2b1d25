// SPDX-License-Identifier: MIT
/// @file
/// The config of a model in a GGUF file, from its metadata and tensors.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/io/gguf.hpp>
#include <ampsft/model/config.hpp>

namespace ampsft {

/// The config of a GGUF file of any family's architecture (llama is Mistral's too).
///
/// What the metadata leave open is told by the tensors: vocabulary, tied head, biases, q/k norms. Throws `Error` with
/// the file for a missing or wrong key, an architecture that is not supported (with the list of those that are), a
/// split file, an adapter, and for any key of the architecture that is not understood, by its name.
[[nodiscard]] AMPSFT_HEADER_INLINE ModelConfig read_gguf_config(const GgufFile& file);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/model/detail/gguf_config_inl.hpp>
#endif
