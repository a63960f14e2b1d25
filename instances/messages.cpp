// SPDX-License-Identifier: MIT
/// @file
/// Messages of errors.
#include <ampsft/core/detail/message_inl.hpp>
