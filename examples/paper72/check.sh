#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the experiment with a tiny model: the whole path, killed and started again, and every kind of bad input, which
# must end with one line on stderr, exit code 2 and no half-written file. ctest gives the program as the argument.
set -euo pipefail

program=$1
forbidden=bad/report.json
source "$(dirname "$0")/../support/check.sh"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export OMP_WAIT_POLICY=passive

# Two texts of different kinds.
for i in $(seq 1 400); do echo "and the $((i * 7919 % 613)) sons of the house went out of the city, every man unto his place."; done > english.txt
for i in $(seq 1 400); do echo "  template <int N$i> struct Box_$((i * 31 % 97)) { static constexpr int value = N$i + $((i % 13)); };"; done > code.txt
texts=(--model tiny --pretrain-text english.txt --sft-text code.txt)
run() { "$program" "${texts[@]}" "$@"; }
short=(--pretrain-steps 30 --steps 10)

# The whole path, once without a break and once killed again and again.
started=$(date +%s%N)
run "${short[@]}" --output whole > whole.log
whole=$((($(date +%s%N) - started) / 1000000)) # milliseconds
for report in whole/report.json whole/report.html; do [[ -s $report ]] || die "$report is missing"; done
grep -q 'Recovery' whole.log || die 'no tables were printed'
! LC_ALL=C grep -q $'\r' whole.log || die 'a terminal line in output that is no terminal'
grep -q 'http://\|https://\|src=' whole/report.html && die 'the page refers to something outside'
for key in score_coefficients basis non_weight weight_structure total unique_parameters stacked_rows base_loss \
    r2_by_rank variance_by_rank participation_ratio start_loss end_loss improvement efficiency recovery learning_rate \
    tokens_per_second seconds adapter_bytes trainable; do
  grep -q "\"$key\"" whole/report.json || die "report.json lacks $key"
done
kills=0
for share in 10 20 30 40; do # of the time that the whole took, in percent: processors differ
  "$program" "${texts[@]}" "${short[@]}" --output broken > /dev/null 2>&1 & pid=$!  # not run(): a shell would stand between
  sleep "$(printf '%d.%05d' $((whole * share / 100000)) $((whole * share % 100000)))"
  if kill -KILL $pid 2>/dev/null; then kills=$((kills + 1)); fi
  wait $pid 2>/dev/null || true
done
((kills > 0)) || die 'the program ended before it could be killed'
run "${short[@]}" --output broken > broken.log
losses() { grep -E '"(end_loss|start_loss|base_loss|recovery)"' "$1"; }
diff <(losses whole/report.json) <(losses broken/report.json) || die 'a killed run came to other losses'
[[ $(run "${short[@]}" --output whole | grep -c 'kept from an earlier run') == 7 ]] || die 'results were not reused'

# The long mode with little to do: two seeds, the study of ranks.
run --full --seeds 2 --pretrain-steps 40 --steps 12 --output full > full.log
grep -q 'Exact start on every matrix, by rank' full.log || die 'the ranks were not studied'
grep -q '"recovery_spread"' full/report.json || die 'no spread over seeds'

# An interrupt leaves a checkpoint and says so.
"$program" "${texts[@]}" --pretrain-steps 100000 --output stopped > /dev/null 2> stopped.err & pid=$!
wait_for stopped/runs # made when interrupts are caught
sleep 1; kill -INT $pid; code=0; wait $pid || code=$?
[[ $code == 130 ]] && grep -q 'start again' stopped.err || die "an interrupt ended with $code: $(cat stopped.err)"
checkpoint=$(ls stopped/*.checkpoint.safetensors)

# Bad input.
: > empty.txt
echo 'too short' > short.txt
refuse 'no such file' --model tiny --pretrain-text missing.txt --output bad
refuse 'is empty' --model tiny --pretrain-text english.txt --sft-text empty.txt --output bad
refuse 'one context' --model tiny --pretrain-text english.txt --sft-text short.txt --output bad
refuse 'rank' "${texts[@]}" --rank 0 --output bad
refuse 'rank' "${texts[@]}" --rank 33 --output bad
refuse 'seeds' "${texts[@]}" --seeds 0 --output bad
refuse 'threads' "${texts[@]}" --threads -1 --output bad
refuse 'nonsense' "${texts[@]}" --nonsense --output bad
refuse 'excludes' --quick --full
refuse 'output' "${texts[@]}" --output english.txt/below
if [[ $(id -u) != 0 ]]; then
  mkdir locked && chmod a-w locked
  refuse 'locked' "${texts[@]}" --output locked
fi

# Damaged files: a checkpoint cut short, one with a flipped byte, and a header that lies about its length.
cp "$checkpoint" good.bin
damage() { cp good.bin "$checkpoint"; "$@"; refuse "$(basename "$checkpoint")" "${texts[@]}" --pretrain-steps 100000 --output stopped; }
flip() { printf '\xff' | dd of="$checkpoint" bs=1 seek=$(($(stat -c %s good.bin) - 100)) conv=notrunc status=none; }
lie() { printf '\xff\xff\xff\xff\xff\xff\xff\x7f' | dd of="$checkpoint" bs=1 conv=notrunc status=none; }
cut_short() { truncate -s -1000 "$checkpoint"; }
damage cut_short
damage flip
damage lie
echo 'all checks passed'
