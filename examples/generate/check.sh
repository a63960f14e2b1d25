#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Talks to the tiny chat model of the tests: prompts, chats with commands, adapters, and bad input, which must end with
# one line on stderr and exit code 2. ctest gives the program as the argument.
set -euo pipefail

program=$1
[[ -x $(dirname "$program")/export ]] || { echo "the check needs the program export; build it as well" >&2; exit 1; }
forbidden=bad
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../support/check.sh"
fixtures=$here/../../tests/data/fixtures
model=$fixtures/models/chat
one=$fixtures/chat_adapters/one.safetensors
two=$fixtures/chat_adapters/two.safetensors
truncated=$fixtures/chat_adapters/truncated.safetensors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_WAIT_POLICY=passive LC_ALL=C

run() { "$program" --model "$model" --max-tokens 12 --threads 1 "$@" 2> err.log || die "$(cat err.log)"; }
same() { [[ $1 == "$2" ]] || die "$3: '$1' and '$2'"; }
other() { [[ $1 != "$2" ]] || die "$3: '$1'"; }

# One prompt: the same seed gives the same answer; greedy text has no seed.
base=$(run --greedy -p hello)
same "$base" "$(run --greedy --seed 5 -p hello)" 'greedy text depends on the seed'
same "$base" "$(run --greedy --weights stored -p hello)" 'weights as they are stored compute something else'
same "$(run --seed 5 -p hello)" "$(run --seed 5 -p hello)" 'the same seed, another answer'
other "$(run --seed 5 -p hello)" "$(run --seed 6 -p hello)" 'another seed, the same answer'
other "$base" "$(run --greedy --repetition-penalty 5 -p hello)" 'the repetition penalty has no effect'
other "$base" "$(run --greedy --raw -p hello)" 'a raw prompt is answered as a message'
other "$base" "$(run --greedy --template plain -p hello)" 'the template has no effect'
grep -q 'wrote 12 at .* tokens/s' err.log || die "no speed: $(cat err.log)"
stop=${base:1:2}
same "${base%%"$stop"*}" "$(run --greedy --stop "$stop" -p hello)" 'the stop string has no effect'

# A chat: what was said stays, and stays read; /reset forgets it.
run --greedy > chat.log <<< $'hello\nhello\n/reset\nhello\n/help\n\n/nonsense\n/quit\nhello'
grep -q 'there is no command /nonsense' err.log || die 'an unknown command'
grep -q '/adapters' err.log || die 'no help'
known=$(sed -n 's/.*(\([0-9]*\) more were known).*/\1/p' err.log)
((known > 20)) || die "only $known tokens of the history were known"
[[ $(grep -c '' chat.log) -ge 3 ]] || die 'three answers'
[[ $(head -c ${#base} chat.log) == "$base" && $(tail -c $((${#base} + 1)) chat.log) == "$base" ]] || die 'a chat begins otherwise'
other "$(run --greedy -s 'You sing.' -p hello)" "$base" 'the system message has no effect'

# Adapters: the first is in use, commands switch, and a history is read again with other weights.
first=$(run --greedy -a "$one" -p hello)
second=$(run --greedy -a "$two" -p hello)
other "$base" "$first" 'an adapter without effect'
other "$first" "$second" 'two adapters, one answer'
both=(-a "$one" -a "zwei=$two")
same "$first" "$(run --greedy "${both[@]}" -p hello)" 'beside another one an adapter computes something else'
same "$second" "$(run --greedy "${both[@]}" <<< $'/adapter zwei\nhello')" 'switched to, an adapter computes something else'
same "$base" "$(run --greedy "${both[@]}" <<< $'/adapters\n/adapter none\nhello')" 'without adapter it is not the base'
grep -q '^\* one$' err.log && grep -q '^  zwei$' err.log || die "a list of adapters: $(cat err.log)"
same "$(run --greedy "${both[@]}" <<< $'hello\n/adapter zwei\n/adapter one\nagain')" \
  "$(run --greedy "${both[@]}" <<< $'hello\nagain')" 'switched there and back, the history is another'
run --greedy "${both[@]}" <<< $'/adapter none\nhello\n/adapter drei\nhello' > chat.log
grep -q 'there is no adapter drei' err.log || die 'an adapter that is not there'
other "$base" "$(run --greedy -a "$truncated" -p hello)" 'a truncated adapter without effect'
same "$base" "$(run --greedy -a "$truncated" <<< $'/adapter none\nhello')" 'the base after a truncated adapter'
same "$first" "$(run --greedy -a "$truncated" -a "$one" <<< $'/adapter one\nhello')" 'an adapter after a truncated one'
run --greedy -a "$one" -a "$fixtures/chat_adapters/apart.safetensors" <<< $'/adapter apart\nhello' > chat.log
other "$first" "$(cat chat.log)" 'an adapter over another basis without effect'

# PEFT folders stand beside score files: that of an adapter's own change answers as it does.
"$(dirname "$program")/export" --model "$model" -a "$two" --peft zwei > export.log
same "$second" "$(run --greedy -a zwei -p hello)" 'a PEFT folder of the same change'
same "$second" "$(run --greedy -a "$one" -a zwei/ <<< $'/adapter zwei\nhello')" 'switched to, a PEFT folder answers otherwise'
same "$first" "$(run --greedy -a zwei -a "$one" <<< $'/adapter one\nhello')" 'a score file after a PEFT folder'

# A file of options, which the command line overrides.
printf 'greedy = true\nadapter = ["%s", "zwei=%s"]\nmax-tokens = 3\n' "$one" "$two" > options.toml
same "$second" "$(run --config options.toml <<< $'/adapter zwei\nhello')" 'options of a file are not those of the command line'
"$program" --help > help.log && grep -q -- '--config' help.log || die 'no --config in the help'

# Ctrl-C ends an answer; a second one, or one where nothing is being answered, the program. A full pipe holds answers up,
# so that it comes in the middle of one; a shell without job control would have the program ignore it (env undoes that);
# the kernel says whether the program catches it, which is while it answers.
begin_talk() {
  rm -f lines words
  mkfifo lines words
  exec 3<> lines 4<> words
  dd if=/dev/zero of=words bs=4096 count=1024 oflag=nonblock conv=notrunc 2> dd.log || true
  grep -q 'temporarily unavailable' dd.log || die "the pipe cannot be filled: $(cat dd.log)"
  env --default-signal=INT "$program" --model "$model" --max-tokens 200 --threads 1 --greedy < lines > words 2> err.log 3>&- 4>&- &
  pid=$!
  echo hello >&3
  for ((i = 0; i < 3000; ++i)); do
    [[ ! /proc/$pid/exe -ef $program ]] || # not the shell any more, nor env
      [[ $(sed -n 's/^SigCgt:[[:space:]]*//p' /proc/$pid/status 2> sed.log) != *[2367abef] ]] || return 0
    kill -0 $pid 2> kill.log || die "the program ended: $(cat err.log)"
    sleep 0.02
  done
  die 'Ctrl-C is not caught while the program answers'
}
# drain: lets the answer pass, and waits until the program obeys commands.
drain() {
  tr -d '\0' < words > chat.log 3>&- 4>&- & reader=$!
  exec 4>&-
  echo /help >&3
  for ((i = 0; i < 3000; ++i)); do ! grep -q '/adapters' err.log || return 0; sleep 0.02; done
  die 'the program does not go on'
}
# ended CODE WHAT: how the program ended; should it not have, its input does.
ended() { exec 3>&-; local code=0; wait $pid || code=$?; [[ $code == "$1" ]] || die "$2: exit code $code"; }

if [[ -r /proc/self/status ]] && env --default-signal=INT true 2> env.log; then
  whole=$("$program" --model "$model" --max-tokens 200 --threads 1 --greedy -p hello 2> err.log)
  begin_talk
  kill -INT $pid
  drain
  ended 0 'Ctrl-C in an answer'
  wait $reader
  part=$(cat chat.log)
  [[ -n $part && $whole == "$part"* ]] || die "an answer that was interrupted is another one: '$part'"
  ((4 * ${#part} < ${#whole})) || die "Ctrl-C did not end the answer: '$part'"

  begin_talk
  drain
  kill -INT $pid
  ended 130 'Ctrl-C where nothing is answered'

  begin_talk
  for ((i = 0; i < 100; ++i)); do kill -INT $pid 2> kill.log || break; sleep 0.05; done
  ((i < 100)) || die 'a second Ctrl-C does not end the program'
  ended 130 'a second Ctrl-C'
  exec 4>&-
fi

refuse 'there is no model' --model nowhere -p hello
refuse 'fetch-smollm2' -p hello
refuse 'Multiple\|excludes' --model "$model" --greedy --temperature 1 -p hello
refuse 'top_p' --model "$model" --top-p 2 -p hello
refuse 'must not be empty' --model "$model" --stop '' -p hello
refuse 'no chat template' --model "$model" --template nonsense -p hello
refuse '--raw' --model "$model" --raw
refuse '0123456789abcdef' --model "$model" -a "$fixtures/chat_adapters/foreign.safetensors" -p hello
refuse 'two adapters are called one' --model "$model" -a "$one" -a "$one" -p hello
refuse 'name other than none' --model "$model" -a "none=$one" -p hello
refuse 'is no adapter' --model "$model" -a "$model/model.safetensors" -p hello
refuse 'context is 256' --model "$model" -p "$(printf 'a b %.0s' {1..200})"
echo 'gready = true' > wrong.toml
refuse 'wrong.toml: there is no option gready' --config wrong.toml --model "$model" -p hello
refuse 'nowhere.toml' --config nowhere.toml --model "$model" -p hello
refuse 'adapter_config.json' --model "$model" -a "$model" -p hello
refuse_full --model "$model" --max-tokens 5 --threads 1 -p hello
refuse 'There is no such file\|No such file' --model "$model" -a nowhere -p hello
echo 'generate: all checks passed'
