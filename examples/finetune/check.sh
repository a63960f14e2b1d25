#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fine-tunes a tiny chat model: the whole path, stopped and killed and started again, and bad input, which must end with
# one line on stderr, exit code 2 and no half-written file. ctest gives the program as the argument.
set -euo pipefail

program=$1
evaluate=$(dirname "$program")/evaluate
[[ -x $evaluate ]] || { echo "the check needs $evaluate; build it as well" >&2; exit 1; }
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
sed -n '3~4p' chats.jsonl | sed 's/it is/it may be/' > held.jsonl
for i in $(seq 1 60); do echo "it is $i and what is this"; done > text.txt
tiny=(--model "$model" --data chats.jsonl --context 64 --threads 1)
run() { "$program" "${tiny[@]}" "$@"; }
perplexity() { sed -n "s/^Validation perplexity .*-> \([0-9.]*\) .*/\1/p" "$1"; }

# Reads everything, writes nothing. For bases of gradients it plans a second model, in float, with its gradients.
run --rank 3 --dry-run --output dry/adapter.safetensors > dry.log
for words in '40 records read' 'records to train on' 'scores to train' 'activations' 'nothing was trained'; do
  grep -q "$words" dry.log || die "the dry run does not say '$words'"
done
! grep -q 'in float' dry.log || die 'a second model is planned where there is none'
run --rank 3 --dry-run --basis gradients --output dry/adapter.safetensors > dry.log
for line in model 'same, in float' 'its gradients' activations moments together; do
  grep -q "^$line  *[0-9.]* MiB" dry.log || die "the plan of the bases has no line '$line': $(cat dry.log)"
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

# What it prints of the adapter at the end is what `evaluate` finds in the file, in either format of the scores, to the
# digits printed; and to rounding, which differs since `evaluate` computes the base beside it.
for scores in f32 bf16; do
  for context in 128 32; do # records of several a row, and records that are cut off
    "$program" --model "$model" --data chats.jsonl --eval-data held.jsonl --context $context --threads 1 --scores $scores \
      --rank 3 --steps 30 --learning-rate 0.05 --output told/adapter.safetensors > told.log
    "$evaluate" --model "$model" --data held.jsonl --context $context --threads 1 --json --adapter told/adapter.safetensors > found.json
    found=$(tr -d ' \n' < found.json | tr '{' '\n' | sed -n '/"name":"adapter"/s/.*"perplexity":\([0-9.e+]*\).*/\1/p')
    stored=$(grep -ao 'validation_perplexity[\": ]*[0-9][0-9.e+]*' told/adapter.safetensors | sed 's/.*[": ]//')
    awk -v printed="$(perplexity told.log)" -v stored="$stored" -v found="$found" 'BEGIN {
      d = found - stored; if (d < 0) d = -d; e = found - printed; if (e < 0) e = -e
      exit !(found > 1 && d <= 1e-5 * found && e <= 0.0005 + 1e-5 * found) }' ||
      die "$scores, context $context: finetune printed $(perplexity told.log) and stored $stored, evaluate found $found"
  done
done

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

# Interrupted while it validates, which it does after every update: the validation ends there, and the run goes on with it.
often=(--learning-rate 0.05 --rank 3 --steps 40 --evaluate-every 1 --eval-split 0.5 --checkpoint-seconds 0)
run "${often[@]}" --output calm/adapter.safetensors > calm.log
"$program" "${tiny[@]}" "${often[@]}" --output hasty/adapter.safetensors > hasty.log 2> hasty.err & pid=$!
wait_for hasty/adapter.checkpoint.safetensors
kill -INT $pid || die 'the run ended before it could be interrupted'
code=0; wait $pid || code=$?
[[ $code == 130 ]] && grep -q 'goes on from' hasty.err || die "an interrupt ended with $code: $(cat hasty.err)"
state() { grep -ao "\\\\\"$1\\\\\":[^a-z]*" hasty/adapter.checkpoint.safetensors; }
step=$(state step | tr -dc 0-9)
validations=$(state validation | tr -cd '[' | wc -c) # one bracket more than validations
[[ $step == "$validations" ]] || die "step $step has $((validations - 1)) validations: an interrupt waited for the last one"
run "${often[@]}" --dry-run --output hasty/adapter.safetensors > dry.log
grep -q "go on from step $step" dry.log || die "the dry run does not see the checkpoint of step $step: $(cat dry.log)"
refuse 'another run' "${tiny[@]}" "${often[@]}" --seed 9 --dry-run --output hasty/adapter.safetensors
run "${often[@]}" --output hasty/adapter.safetensors > hasty.log
[[ $(perplexity calm.log) == "$(perplexity hasty.log)" ]] || die 'another perplexity after an interrupted validation'
cmp <(figures calm/adapter.metrics.jsonl) <(figures hasty/adapter.metrics.jsonl) || die 'other metrics after an interrupted validation'

# A run that diverges leaves the best it had, and says so. Only absurd rates get a model with norms so far: the first step
# is 50 times too short for that, all 40 are 15 times too long.
wild=(--learning-rate 1e13 --warmup 1 --clip 0 --rank 3 --steps 40 --checkpoint-seconds 0)
refuse 'training diverged: .* step' "${tiny[@]}" "${wild[@]}" --evaluate-every 1 --output wild/adapter.safetensors
for words in 'best scores so far, those of step' 'wild/adapter.safetensors' '--learning-rate below' '--restart'; do
  grep -q -- "$words" err.log || die "a run that diverged does not say '$words': $(cat err.log)"
done
best=$(sed -n 's/.*those of step \([0-9]*\) (validation perplexity \([0-9.]*\)).*/\1 \2/p' err.log)
lowest=$(sed -n 's/.*"step":\([0-9]*\),.*"validation_perplexity":\([0-9.]*\).*/\2 \1/p' wild/adapter.metrics.jsonl | sort -g | head -1)
[[ ${best% *} == "${lowest#* }" ]] || die "the best is not $best but $lowest"
[[ -s wild/adapter.checkpoint.safetensors && -s wild/adapter.html ]] || die 'a run that diverged left too little'
"$evaluate" --model "$model" --data chats.jsonl --context 64 --adapter wild/adapter.safetensors > /dev/null || die 'its adapter cannot be read'
refuse 'Nothing was saved' "${tiny[@]}" "${wild[@]}" --eval-split 0 --output bad/adapter.safetensors
rm -r bad

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
refuse_both() { refuse "$@"; refuse "$@" --dry-run; } # a dry run refuses what a run refuses before it trains
echo '{"messages": 3}' > wrong.jsonl
echo '{"prompt": "a", "completion": ""}' > silent.jsonl
: > empty.jsonl
echo 'not a model' > model.gguf
echo 'not a basis' > basis.safetensors
refuse_both 'fetch-smollm2' --model missing.gguf --data chats.jsonl "${bad[@]}"
refuse_both 'model.gguf' --model model.gguf --data chats.jsonl "${bad[@]}"
refuse_both 'data' --model "$model" "${bad[@]}"
refuse_both 'missing.jsonl' "${tiny[@]}" --eval-data missing.jsonl "${bad[@]}"
refuse_both 'wrong.jsonl.* line 1' --model "$model" --data wrong.jsonl "${bad[@]}"
refuse_both 'empty.jsonl' --model "$model" --data empty.jsonl "${bad[@]}"
refuse_both 'divided' --model "$model" --data pairs.jsonl "${bad[@]}"
refuse_both 'rank' "${tiny[@]}" --rank 17 "${bad[@]}"
refuse_both 'rank' "${tiny[@]}" --rank 0 "${bad[@]}"
refuse_both 'nothing.here' "${tiny[@]}" --targets nothing.here "${bad[@]}"
cp chats.jsonl victim.jsonl
refuse_both 'overwrite' --model "$model" --data victim.jsonl --output victim.jsonl
refuse_both 'overwrite' --model "$model" --data victim.jsonl --checkpoint victim.jsonl --restart --output some/adapter.safetensors
cmp -s chats.jsonl victim.jsonl || die 'the data were touched'
refuse_both 'neither' "${tiny[@]}" --basis directions "${bad[@]}"
refuse_both 'basis.safetensors' "${tiny[@]}" --basis basis.safetensors "${bad[@]}"
refuse_both 'llama9' "${tiny[@]}" --template llama9 "${bad[@]}"
refuse_both 'scores' "${tiny[@]}" --scores f16 "${bad[@]}"
refuse_both 'patience' "${tiny[@]}" --patience 2 --eval-split 0 "${bad[@]}"
refuse_both 'epochs' "${tiny[@]}" --epochs 2 --steps 3 "${bad[@]}"
refuse_both 'folder' "${tiny[@]}" --output whole/
refuse_both 'model.gguf' "${tiny[@]}" --output model.gguf/adapter.safetensors
refuse_both 'rank' "${tiny[@]}" --rank 5 --basis whole/adapter.safetensors "${bad[@]}"
refuse_both 'looked up' "${tiny[@]}" --rank 3 --targets token_embedding.weight "${bad[@]}"
# A name that is no UTF-8, which JSON cannot hold, does not keep a run from being saved.
latin=$(printf 'mod\xe9')
if cp -r "$model" "$latin" 2> /dev/null; then
  "$program" --model "$latin" --data chats.jsonl --context 64 --threads 1 --epochs 1 --output latin/adapter.safetensors > latin.log || die 'a name stopped a run'
fi
mkdir -p folder/adapter.metrics.jsonl plain.checkpoint.safetensors
mkfifo pipe.safetensors
ln -s nowhere/adapter.safetensors link.safetensors
refuse_both 'whole. is a folder' "${tiny[@]}" --output whole
refuse_both 'metrics.jsonl. is a folder' "${tiny[@]}" --output folder/adapter.safetensors
refuse_both 'checkpoint.safetensors. is a folder' "${tiny[@]}" --output plain.safetensors
refuse_both 'some. is a folder' "${tiny[@]}" --checkpoint some "${bad[@]}"
refuse_both 'no regular file' "${tiny[@]}" --output pipe.safetensors
refuse_both 'leads nowhere' "${tiny[@]}" --output link.safetensors
ln -s nowhere lost
refuse_both 'leads nowhere' "${tiny[@]}" --output lost/adapter.safetensors
refuse_both 'are one' "${tiny[@]}" --output same/a.safetensors --checkpoint same/./a.safetensors
refuse_both 'are one' "${tiny[@]}" --output same/a.safetensors --checkpoint same/a.metrics.jsonl
[[ ! -d /proc/self ]] || refuse_both 'cannot write' "${tiny[@]}" --output /proc/folder/adapter.safetensors # nobody may

# A damaged checkpoint, and one of another run.
"$program" "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors > broken.log 2>&1 & pid=$!
wait_for broken/adapter.checkpoint.safetensors
kill -INT $pid || die 'the run ended before it could be interrupted'
wait $pid || true
refuse_both 'another run' "${tiny[@]}" "${long[@]}" --seed 9 --output broken/adapter.safetensors
truncate -s -100 broken/adapter.checkpoint.safetensors
refuse_both 'adapter.checkpoint' "${tiny[@]}" "${long[@]}" --output broken/adapter.safetensors
run "${long[@]}" --restart --dry-run --output broken/adapter.safetensors > dry.log
[[ -e broken/adapter.checkpoint.safetensors ]] || die 'a dry run removed the checkpoint'
run "${long[@]}" --restart --output broken/adapter.safetensors > broken.log
[[ $(perplexity broken.log) == "$(perplexity whole.log)" ]] || die 'another perplexity after a restart'
echo 'all checks passed'
