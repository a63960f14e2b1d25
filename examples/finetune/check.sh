#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fine-tunes a tiny chat model: the whole path, stopped and killed and started again, and bad input, which must end with
# one line on stderr, exit code 2 and no half-written file. ctest gives the program as the argument.
set -euo pipefail

program=$1
forbidden=bad/adapter.safetensors
source "$(dirname "$0")/../support/check.sh"
model=$(cd "$(dirname "$0")/../../tests/data/fixtures/models/chat" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_WAIT_POLICY=passive

for i in $(seq 1 40); do
  echo "{\"messages\": [{\"role\": \"user\", \"content\": \"what is $i\"}, {\"role\": \"assistant\", \"content\": \"it is $((i * 7 % 10))\"}]}"
done > chats.jsonl
echo '{"prompt": "what is it", "completion": "it is this"}' > pairs.jsonl
for i in $(seq 1 60); do echo "it is $i and what is this"; done > text.txt
tiny=(--model "$model" --data chats.jsonl --context 64 --threads 1)
run() { "$program" "${tiny[@]}" "$@"; }
perplexity() { sed -n "s/^Validation perplexity .*-> \([0-9.]*\) .*/\1/p" "$1"; }

# Reads everything, writes nothing.
run --rank 3 --dry-run --output dry/adapter.safetensors > dry.log
for words in '40 records read' 'records to train on' 'scores to train' 'activations' 'nothing was trained'; do
  grep -q "$words" dry.log || die "the dry run does not say '$words'"
done
[[ ! -e dry ]] || die 'a dry run wrote something'

# The whole path without a break.
long=(--learning-rate 0.05 --rank 3 --steps 120 --evaluate-every 10 --checkpoint-seconds 0)
run "${long[@]}" --output whole/adapter.safetensors > whole.log
for file in adapter.safetensors adapter.metrics.jsonl adapter.html; do [[ -s whole/$file ]] || die "$file is missing"; done
[[ ! -e whole/adapter.checkpoint.safetensors ]] || die 'a finished run left its checkpoint'
[[ $(wc -l < whole/adapter.metrics.jsonl) == 120 ]] || die 'not one line of metrics a step'
grep -q 'http://\|https://\|src=' whole/adapter.html && die 'the page refers to something outside'
! LC_ALL=C grep -q $'\r' whole.log || die 'a terminal line in output that is no terminal'
before=$(sed -n 's/^Validation perplexity of the untouched model: //p' whole.log)
awk -v a="$(perplexity whole.log)" -v b="$before" 'BEGIN { exit !(a > 0 && a < 0.75 * b) }' || die "it learned little: $before -> $(perplexity whole.log)"

# Interrupted once, then killed again and again: the same adapter, and the same metrics but for the clock.
"$program" "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors > broken.log 2> broken.err & pid=$!
wait_for broken/adapter.checkpoint.safetensors
kill -INT $pid || die 'the run ended before it could be interrupted'
code=0; wait $pid || code=$?
[[ $code == 130 ]] && grep -q 'goes on from' broken.err || die "an interrupt ended with $code: $(cat broken.err)"
kills=0
for _ in 1 2 3; do
  cp broken/adapter.checkpoint.safetensors last.bin
  "$program" "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors > broken.log 2>&1 & pid=$!
  for _ in $(seq 1 600); do kill -0 $pid 2>/dev/null || break; cmp -s broken/adapter.checkpoint.safetensors last.bin || break; sleep 0.02; done
  if kill -KILL $pid 2>/dev/null; then kills=$((kills + 1)); fi
  wait $pid 2>/dev/null || true
  [[ -e broken/adapter.checkpoint.safetensors ]] || break # it was done
done
((kills > 0)) || die 'the program ended before it could be killed'
run "${long[@]}" --output broken/adapter.safetensors > broken.log
[[ $(perplexity broken.log) == "$(perplexity whole.log)" ]] || die 'another perplexity after kills'
figures() { sed 's/,"tokens_per_second":[^,}]*//' "$1"; }
cmp <(figures whole/adapter.metrics.jsonl) <(figures broken/adapter.metrics.jsonl) || die 'other metrics after kills'

# Every kind of basis, form, storage and record.
short=(--rank 3 --steps 4 --output some/adapter.safetensors)
for basis in weights random gradients; do run "${short[@]}" --basis $basis > /dev/null; done
run "${short[@]}" --basis whole/adapter.safetensors > /dev/null # so that both can be used together
run "${short[@]}" --form truncated --storage dense > /dev/null
run "${short[@]}" --targets linear embeddings head --storage bf16 --scores f32 --checkpoint-blocks > /dev/null
run "${short[@]}" --data chats.jsonl pairs.jsonl --eval-data pairs.jsonl --loss everything --template plain > /dev/null
run "${short[@]}" --eval-split 0 --accumulation 2 --schedule constant --data text.txt > none.log
! grep -q 'perplexity' none.log || die 'a validation without records'
run --rank 3 --steps 200 --evaluate-every 1 --patience 3 --learning-rate 5 --output some/adapter.safetensors > patient.log
[[ $(wc -l < some/adapter.metrics.jsonl) -lt 200 ]] || die 'patience did not end the run'

# Bad input.
bad=(--output bad/adapter.safetensors)
echo '{"messages": 3}' > wrong.jsonl
echo '{"prompt": "a", "completion": ""}' > silent.jsonl
: > empty.jsonl
echo 'not a model' > model.gguf
echo 'not a basis' > basis.safetensors
refuse 'fetch-smollm2' --model missing.gguf --data chats.jsonl "${bad[@]}"
refuse 'model.gguf' --model model.gguf --data chats.jsonl "${bad[@]}"
refuse 'data' --model "$model" "${bad[@]}"
refuse 'missing.jsonl' "${tiny[@]}" --eval-data missing.jsonl "${bad[@]}"
refuse 'wrong.jsonl.* line 1' --model "$model" --data wrong.jsonl "${bad[@]}"
refuse 'empty.jsonl' --model "$model" --data empty.jsonl "${bad[@]}"
refuse 'divided' --model "$model" --data pairs.jsonl "${bad[@]}"
refuse 'rank' "${tiny[@]}" --rank 17 "${bad[@]}"
refuse 'rank' "${tiny[@]}" --rank 0 "${bad[@]}"
refuse 'nothing.here' "${tiny[@]}" --targets nothing.here "${bad[@]}"
cp chats.jsonl victim.jsonl
refuse 'overwrite' --model "$model" --data victim.jsonl --output victim.jsonl
refuse 'overwrite' --model "$model" --data victim.jsonl --checkpoint victim.jsonl --restart --output some/adapter.safetensors
cmp -s chats.jsonl victim.jsonl || die 'the data were touched'
refuse 'neither' "${tiny[@]}" --basis directions "${bad[@]}"
refuse 'basis.safetensors' "${tiny[@]}" --basis basis.safetensors "${bad[@]}"
refuse 'llama9' "${tiny[@]}" --template llama9 "${bad[@]}"
refuse 'scores' "${tiny[@]}" --scores f16 "${bad[@]}"
refuse 'patience' "${tiny[@]}" --patience 2 --eval-split 0 "${bad[@]}"
refuse 'epochs' "${tiny[@]}" --epochs 2 --steps 3 "${bad[@]}"
refuse 'folder' "${tiny[@]}" --output whole/
refuse 'model.gguf' "${tiny[@]}" --output model.gguf/adapter.safetensors

# A damaged checkpoint, and one of another run.
"$program" "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors > broken.log 2>&1 & pid=$!
wait_for broken/adapter.checkpoint.safetensors
kill -INT $pid || die 'the run ended before it could be interrupted'
wait $pid || true
refuse 'another run' "${tiny[@]}" "${long[@]}" --seed 9 --output broken/adapter.safetensors
truncate -s -100 broken/adapter.checkpoint.safetensors
refuse 'adapter.checkpoint' "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors
run "${long[@]}" --restart --output broken/adapter.safetensors > broken.log
[[ $(perplexity broken.log) == "$(perplexity whole.log)" ]] || die 'another perplexity after a restart'
echo 'all checks passed'
