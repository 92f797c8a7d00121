# shellcheck shell=sh
# Waiting for `git vault watch`, which saves projects next to the test.
# Source this after test-lib.sh.

# wait_for COMMAND...: until it succeeds, at most 30 seconds
wait_for () {
	tries=0
	until "$@"
	do
		tries=$((tries + 1))
		test $tries -lt 300 || return 1
		sleep 0.1
	done
}

# saves DIR: how many
saves () {
	git -C "$1" vault list --auto --id-only 2>/dev/null | wc -l | tr -d ' '
}

# has_saves DIR N: at least
has_saves () {
	test "$(saves "$1")" -ge "$2"
}
