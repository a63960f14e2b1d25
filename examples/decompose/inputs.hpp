// SPDX-License-Identifier: MIT
/// @file
/// What a run reads is not what it writes.
#pragma once

#include "decompose/options.hpp"
#include "decompose/source.hpp"

namespace decompose {

/// Throws `ampsft::Error` if a file that will be written is one that is read, if it would later be taken for a part of
/// the model, or if bases alone would come to lie beside an earlier run's scores, which do not fit them.
void require_inputs_kept(const Options& options, const Source* source);

}  // namespace decompose
