// SPDX-License-Identifier: MIT
/// @file
/// The front door: load a language model, make a dataset, fine-tune, chat, save.
#pragma once

#include <ampsft/finetune/finetune.hpp>
#include <ampsft/finetune/language_model.hpp>
