#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lets one rank die in the middle of a run, and resumes the run: death.sh kill|throw MPIRUN... RANKS_PROGRAM
set -euo pipefail

death=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

complain() {
  echo "death.sh: $1" >&2
  cat "$folder/errors" >&2
  exit 1
}

timeout 60 "$@" train "$folder/whole.safetensors" >"$folder/whole"
grep -qx 'first update: 1' "$folder/whole"

for rank in 0 1; do
  checkpoint=$folder/rank$rank.safetensors
  status=0
  timeout 60 "$@" train "$checkpoint" "$death" $rank >"$folder/output" 2>"$folder/errors" || status=$?
  ((status != 0)) || complain "rank $rank died, but the job ended well"
  ((status != 124)) || complain "rank $rank died, but the job did not end"
  if [[ $death == throw ]]; then
    grep -qx "ampsft: rank $rank of 2 ends the job: out of luck" "$folder/errors" || complain "no word of rank $rank"
  else
    grep -q "rank $rank .*signal 9" "$folder/errors" || complain "no word of rank $rank"
  fi
  timeout 60 "$@" train "$checkpoint" >"$folder/resumed" 2>"$folder/errors" || complain "the run cannot be resumed"
  grep -qx 'first update: 7' "$folder/resumed" || complain 'the run does not go on behind its last checkpoint'
  diff <(tail -n +2 "$folder/whole") <(tail -n +2 "$folder/resumed") || complain 'the resumed run has other losses'
done
