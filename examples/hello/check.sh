#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program ends with 0 only if training lowered the loss.
set -euo pipefail

"$1" | grep -E '^loss before [0-9.]+, after [0-9.]+$'
