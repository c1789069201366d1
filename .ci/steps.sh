# For .ci/run: runs steps one after the other and adds up their tests.
passed=0
failed=0
skipped=0

# step <what it is> <command> [<argument> …]: runs the command, whatever came of the steps before it. Its tests are those
# of the last line "N passed, N failed" that it prints; a command that prints none counts as one test.
step() {
  local name=$1 began=$SECONDS status=0 output tally
  shift
  output=$(mktemp)
  printf '\n== %s\n' "$name"
  # Only the last line of all is a bare tally, so a step's own is marked.
  "$@" </dev/null 2>&1 | tee "$output" | sed -uE 's/^[0-9]+ passed, [0-9]+ failed/== &/' || status=$?
  tally=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$output" | tail -n 1 || true)
  rm -f "$output"
  count "$status" "$tally"
  printf '== %s: ended with status %s after %s s\n' "$name" "$status" $((SECONDS - began))
}

# A command that fails without a failed test (its formatter, say) counts as one failure.
count() {
  local status=$1 tally=$2 failures=0
  if [[ $tally =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failures=${BASH_REMATCH[2]}
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  elif [[ $status == 0 ]]; then
    passed=$((passed + 1))
  fi
  if [[ $status != 0 && $failures == 0 ]]; then failures=1; fi
  failed=$((failed + failures))
}

# The last line, and the script's end.
finish() {
  printf '\n%s passed, %s failed' "$passed" "$failed"
  if [[ $skipped != 0 ]]; then printf ', %s skipped' "$skipped"; fi
  printf '\n'
  if [[ $failed != 0 ]]; then exit 1; fi
}
