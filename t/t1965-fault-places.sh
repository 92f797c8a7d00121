#!/bin/sh
# shellcheck disable=SC2154

test_description='the library where memory runs out and calls fail

Each place of the library that unit tests of some modules reach, and that asks for memory or calls
the system, is made to fail once while that test runs (t/fault/places.c). The test need
not pass; but the library must not crash, and it must come to an end. With
GIT_VAULT_TEST_LONG it is more modules.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

units=$GIT_VAULT_BUILD_DIR/t/unit/units places=$GIT_VAULT_BUILD_DIR/t/fault/places.so
if test_have_prereq SANITIZERS
then
	skip_all "the sanitizers have an allocator of their own"
fi
test -x "$units" && test -f "$places" && command -v nm >/dev/null ||
	skip_all "it takes the unit tests, t/fault/places.so and nm"

# where the library begins and ends in the program
nm "$units" | sed -n "s/^\([0-9a-f]*\) T gv_.*/\1/p" | sort >symbols
first=$(head -n 1 symbols) last=$(tail -n 1 symbols)

# What an address is in the sources.
name_addresses () {
	command -v addr2line >/dev/null || return 0
	tr " " "\n" <"$1" | sed -n "s/;$//; /^0x/p" | sort -u | while read -r address
	do
		echo "$address $(addr2line -s -f -e "$units" "$address" | tr "\n" " ")"
	done
}

# strike MODULE [N]: each N-th place of its unit tests
strike () {
	env LD_PRELOAD="$places" GV_PLACES_FROM="$first" GV_PLACES_TO="$last" \
		GV_PLACES_EACH="${2:-1}" "$units" "$1" >out 2>&1 || {
		cat out
		name_addresses out
		return 1
	}
	n=$(sed -n "s/.*: \([0-9]*\) places.*/\1/p" out) &&
		test "${n:-0}" -gt 0 && test_tally "$n" "places struck"
}

quick='armor identity sops recipient stream plugin withheld live keyring_edit state_plan
	state_docker state_repair schema_place lint_terraform lint_kubernetes lint_ci
	backend gitsign valuefile state_coding'
slow='age share redact schema schema_limit state_ansible state_hidden state_pulumi
	state_cloudformation state_kubernetes track_graph track_patch'

for module in $quick ${GIT_VAULT_TEST_LONG:+$slow}
do
	test_expect_success "no place of $module crashes the library" '
		strike $module
	'
done

test_done
