#!/bin/bash
# run.sh - every test, or those of the layers named: installs what they need, builds, runs, cleans.
#
#   tests/run.sh [LAYER...]    layers: see below, in the order in which they run
#
# MUST_RUN=1 makes a skipped test a failure, unless tests/cannot-run.txt names it with a reason
# that holds here. A test that passes is quiet. The last line is `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
# shellcheck source=deploy/root.sh
. deploy/root.sh
own_root tests/run.sh "$@"

layers=(lint unit sanitize sessions shell kernel container kubernetes attack arm64 release tidy fuzz bench)
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${layers[@]}")
for layer in "${wanted[@]}"; do
    [[ " ${layers[*]} " == *" $layer "* ]] || { echo "no layer '$layer': ${layers[*]}"; exit 2; }
done

build=${LIMPET_BUILD:-$PWD/build}
agent=$build/bin/limpet-agent
client=$build/bin/limpet
passed=0 failed=0 skipped=0
folder=$(mktemp -d /tmp/limpet-tests.XXXXXX)
export LIMPET_TEST_RUN=${folder##*.}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# shellcheck source=deploy/daemon.sh
. deploy/daemon.sh

finish() {
    trap - EXIT
    trap '' INT TERM
    [ -z "${builds_job:-}" ] || kill -- "-$builds_job" 2>/dev/null
    remove_containers
    daemon_stop
    rm -rf "$folder"
}
trap 'finish; exit 1' INT TERM
trap finish EXIT

leftover_containers() {
    command -v docker >/dev/null && docker ps -aq --filter "label=limpet-test=$LIMPET_TEST_RUN" \
        2>/dev/null
}

# Of the agent as it was built, not of its sealed copies, which the attacks look for themselves.
leftover_agents() {
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/exe")" = "$agent" ] || continue
        echo "${process#/proc/}: $(tr '\0' ' ' <"$process/cmdline")"
    done 2>/dev/null
}

remove_containers() {
    local id
    for id in $(leftover_containers); do docker rm -f -v "$id" >/dev/null 2>&1; done
}

fail() {  # NAME, then what it printed on stdin
    failed=$((failed + 1))
    echo "FAIL $1"
    tail -n 60 | sed 's/^/    /'
}

# A skip counts as one only when it need not run, or cannot: the third field is a command that
# proves the reason.
skip() {  # NAME REASON
    local name condition reason
    if [ -n "${MUST_RUN:-}" ]; then
        while IFS='|' read -r name reason condition; do
            [ "${name% }" = "$1" ] && bash -c "$condition" >/dev/null 2>&1 && {
                skipped=$((skipped + 1))
                echo "skip $1:$reason"
                return
            }
        done < <(grep -v '^#' tests/cannot-run.txt)
        fail "$1" <<<"skipped, and MUST_RUN is set: $2"
        return
    fi
    skipped=$((skipped + 1))
    echo "skip $1: $2"
}

# One step that is a test by itself: passes when the command does.
step() {  # NAME SECONDS COMMAND...
    local name=$1 seconds=$2 status
    shift 2
    timeout -k 10 "$seconds" "$@" >"$folder/out" 2>&1 </dev/null
    status=$?
    case $status in
        0) passed=$((passed + 1)) ;;
        77) skip "$name" "$(tail -n 1 "$folder/out")" ;;
        *) fail "$name (status $status)" <"$folder/out" ;;
    esac
    return $status
}

# A program that prints a line for each of its cases: ok NAME, FAIL NAME: why, skip NAME: why; or
# closes with `N passed, N failed`.
cases() {  # NAME SECONDS COMMAND...
    local name=$1 seconds=$2 status ok bad skips line
    shift 2
    timeout -k 10 "$seconds" "$@" >"$folder/out" 2>&1 </dev/null
    status=$?
    ok=$(grep -c '^ok ' "$folder/out")
    bad=$(grep -c '^FAIL ' "$folder/out")
    if [[ $(tail -n 1 "$folder/out") =~ ^([0-9]+)" passed, "([0-9]+)" failed" ]]; then
        ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}  # it counts for itself
    fi
    mapfile -t skips < <(grep '^skip ' "$folder/out")
    passed=$((passed + ok))
    if [ "$bad" -gt 0 ] || { [ $status -ne 0 ] && [ $status -ne 77 ]; }; then
        [ "$bad" -gt 0 ] && [ $status -ne 1 ] && bad=$((bad + 1))  # it also died of something
        [ "$bad" -gt 0 ] || bad=1
        fail "$name (status $status)" < <(grep -v '^ok ' "$folder/out")
        failed=$((failed + bad - 1))
    elif [ "$ok" -eq 0 ] && [ ${#skips[@]} -eq 0 ]; then
        if [ $status -eq 77 ]; then
            skip "$name" "$(tail -n 1 "$folder/out")"
        else
            fail "$name" <<<"it ran no case at all"
        fi
    fi
    for line in "${skips[@]}"; do
        line=${line#skip }
        skip "$name/${line%%:*}" "${line#*: }"
    done
}

scripts() {  # LAYER SECONDS: every script of tests/LAYER, each with agent and client
    local script
    for script in tests/"$1"/*.py; do
        # The file that is named after its folder is what the others share.
        [ -e "$script" ] && [ "$(basename "$script" .py)" != "$1" ] || continue
        cases "$1/$(basename "$script" .py)" "$2" python3 "$script" "$agent" "$client"
    done
}

catch2() {  # NAME PROGRAM: counts its test cases
    local status line
    timeout -k 10 600 "$2" --durations no >"$folder/out" 2>&1 </dev/null
    status=$?
    line=$(tail -n 3 "$folder/out" | grep -E '^(All tests passed|test cases:)' | tail -n 1)
    if [[ $line =~ ^"All tests passed ("[0-9]+" assertion"s?" in "([0-9]+) ]] && [ $status -eq 0 ]; then
        passed=$((passed + BASH_REMATCH[1]))
    else
        fail "$1 (status $status)" <"$folder/out"
        if [[ $line =~ ([0-9]+)" passed" ]]; then passed=$((passed + BASH_REMATCH[1])); fi
        if [[ $line =~ ([0-9]+)" failed" ]]; then failed=$((failed + BASH_REMATCH[1] - 1)); fi
    fi
}

compile() {  # FOLDER TARGET OPTIONS...: a build that fails ends everything
    local where=$1 target=$2
    shift 2
    cmake -S . -B "$where" -G Ninja "$@" >"$folder/out" 2>&1 &&
        cmake --build "$where" --target "$target" >>"$folder/out" 2>&1 && return 0
    fail "build of $where" <"$folder/out"
    return 1
}

# What clang and the compiler for arm64 do takes a quarter of an hour of two processors, and the layers
# with containers mostly wait: it runs beside them, at the lowest priority, one after the other.
builds_begin() {
    [ -z "${builds_job:-}" ] || return
    # A job of its own can be ended with all that it started.
    set -m
    (
        renice -n 19 $BASHPID >/dev/null
        is_wanted arm64 && beside arm64 build_arm64
        is_wanted release && beside again tests/release/reproducible.sh "$build"
        { is_wanted tidy || is_wanted fuzz; } && beside fuzzers build_fuzzers
        is_wanted tidy && beside tidy tests/lint/tidy.sh "$PWD/build-fuzz"
    ) &
    builds_job=$!
    set +m
}
beside() {  # NAME COMMAND...: leaves what it printed, then its status
    local name=$1
    shift
    "$@" >"$folder/$name.out" 2>&1 </dev/null
    echo $? >"$folder/$name.status"
}
builds_end() {  # arm64|fuzzers|tidy: waits for it and returns its status
    builds_begin
    while [ ! -s "$folder/$1.status" ]; do
        kill -0 "$builds_job" 2>/dev/null || break
        sleep 0.5
    done
    [ -s "$folder/$1.status" ] && return "$(cat "$folder/$1.status")"
}
# Not optimised as a whole: that alone would take as long as the rest.
build_arm64() {
    cmake --preset arm64 -DLIMPET_LTO=OFF &&
        cmake --build build-arm64 --target limpet-agent architecture
}
# One configuration for both: tidy reads its commands, fuzz builds. Without precompiled headers,
# which tidy would want built first, and which hide a missing include.
build_fuzzers() {
    cmake -S . -B build-fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLIMPET_FUZZ=ON \
        -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
        -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 &&
        cmake --build build-fuzz --target "$(is_wanted fuzz && echo fuzzers || echo help)"
}
is_wanted() { [[ " ${wanted[*]} " == *" $1 "* ]]; }

layer_lint() {
    step lint/format 60 tests/lint/format.sh
    step lint/style 60 tests/lint/style.sh
    cases lint/layers 300 python3 tests/lint/layers.py "$build"
    step lint/docs 60 bash -c 'docs/generate.sh "$1" | diff docs/commands.md -' docs "$agent"
}
layer_unit() { catch2 unit "$build/bin/unit"; }
layer_sanitize() {
    compile "$PWD/build-sanitize" unit -DCMAKE_BUILD_TYPE=Debug -DLIMPET_SANITIZE=ON &&
        catch2 sanitize "$PWD/build-sanitize/bin/unit"
}
layer_sessions() {
    scripts sessions 300
    cases sessions/properties 120 python3 tests/properties/run.py "$agent"
}
layer_shell() {
    scripts shell 300
    cases shell/oracles 120 python3 tests/shell/run.py "$agent" --oracles
}
layer_kernel() {
    [ -x "$build/bin/kernel" ] && catch2 kernel "$build/bin/kernel"
    scripts kernel 300
}
layer_container() { scripts container 900; }
layer_kubernetes() { scripts kubernetes 600; }
layer_attack() { scripts attack 300; }
layer_arm64() {
    if ! builds_end arm64; then
        fail "build for arm64" <"$folder/arm64.out"
        return
    fi
    scripts arm64 600
}
layer_release() {
    scripts release 120
    if builds_end again; then
        passed=$((passed + 1))
    else
        fail "release/the same bytes from another folder" <"$folder/again.out"
    fi
}
layer_tidy() {
    if builds_end tidy; then
        passed=$((passed + 1))
    else
        fail tidy < <(cat "$folder/fuzzers.out" "$folder/tidy.out")
    fi
}
layer_fuzz() {
    local program
    if ! builds_end fuzzers; then
        fail "build of the fuzzers" <"$folder/fuzzers.out"
        return
    fi
    for program in build-fuzz/bin/fuzz_*; do
        [ -x "$program" ] && step "fuzz/${program##*/fuzz_}" 60 tests/fuzz/smoke.sh "$program"
    done
}
layer_bench() {
    step bench 300 python3 tests/bench/run.py "$agent" "$client" --short && cat "$folder/out"
    step bench/trace 120 python3 tests/bench/trace.py "$agent" 0.3 && cat "$folder/out"
    for one in shell text process network capture transfer forward; do
        step "bench/$one" 120 python3 "tests/bench/$one.py" "$agent" "$client" --short &&
            cat "$folder/out"
    done
}

deploy/install.sh test || exit 1
echo "building"
if ! compile "$build" all -DCMAKE_BUILD_TYPE=Release -DLIMPET_TESTS=ON; then
    echo "$passed passed, $failed failed, $skipped skipped"
    exit 1
fi
case " ${wanted[*]} " in
    *" container "* | *" kubernetes "* | *" attack "* | *" bench "*)
        daemon_start || echo "no Docker here: $daemon_why"
        ;;
esac

for layer in "${layers[@]}"; do
    is_wanted "$layer" || continue
    case $layer in
        kernel | container | kubernetes | attack)
            for later in arm64 release tidy fuzz; do
                if is_wanted $later; then builds_begin; fi
            done
            ;;
    esac
    began=$SECONDS before=$failed
    "layer_$layer"
    left=$(leftover_containers)
    if [ -n "$left" ]; then
        fail "$layer left containers behind" <<<"$left"
        remove_containers
    fi
    left=$(leftover_agents)
    if [ -n "$left" ]; then
        fail "$layer left processes behind" <<<"$left"
        cut -d: -f1 <<<"$left" | xargs kill -KILL
    fi
    echo "$layer: $([ "$failed" -eq "$before" ] && echo good || echo BAD), $((SECONDS - began)) s"
done

finish
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
