// SPDX-License-Identifier: MIT
/// @file
/// Nothing: CMake wants a source for the target whose precompiled header all test runners share.
