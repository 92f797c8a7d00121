#!/bin/sh
# shellcheck disable=SC2154

test_description='a snapshot that is killed

At every call that changes files, with the call torn or left out, and at
moments that nobody chose: git finds nothing wrong, nothing of the user has
changed, what stood before stands, and the next snapshot works and tidies up.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
moments=${fault_max:-100}
test -z "$GIT_VAULT_TEST_LONG" || moments=2000

take () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q snapshot >"$repo.id" 2>"$repo.err"
}

check_killed () {
	test "$fault_status" = 137 &&
		check_untouched "$repo" && check_whole "$repo" &&
		let_days_pass "$repo" && check_next "$repo"
}

# Struck inside git, git-vault lives on and says so.
check_killed_both () {
	case $fault_status in
	0) check_complete "$repo" ;;
	128 | 4) check_sentence "$repo.err" ;;
	*) test "$fault_status" = 137 ;;
	esac &&
		check_untouched "$repo" && check_whole "$repo" &&
		let_days_pass "$repo" && check_next "$repo"
}

test_expect_success 'a repository with work under way' '
	busy_repository "$base" && remember "$base" && test_tick
'

test_expect_success 'killed at every call' '
	for_each_fault kill take check_killed
'

test_expect_success 'killed in the middle of every write' '
	for_each_fault tear take "
		case \$fault_call in
		*write*) check_killed ;;
		esac
	"
'

test_expect_success 'git killed with it, as when the power fails' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill take check_killed_both
'

# The least time of three snapshots, in microseconds.
time_snapshot () {
	for i in 1 2 3
	do
		from=$(date +%s%N) &&
			git-vault -C "$repo" -q snapshot --force >/dev/null &&
			echo $((($(date +%s%N) - from) / 1000)) || return 1
	done | sort -n | head -n 1
}

# Moments spread at random over a little more than the time that a snapshot
# takes. How many are early enough depends on who else uses the machine.
test_expect_success "killed at $moments moments" '
	copy_repository "$base" "$repo" &&
	span=$(time_snapshot) &&
	awk -v n=$moments -v span=$span "BEGIN {
		srand(1)
		while (n--) printf \"%.6f\\n\", 1.2 * span * rand() / 1e6
	}" >moments.list &&
	n=0 && killed=0 &&
	while read -r moment
	do
		n=$((n + 1)) &&
		echo "$n" >>"$repo/env/prod/main.tf" && remember "$repo" &&
		{
			timeout -s KILL "$moment" git-vault -C "$repo" \
				snapshot >/dev/null 2>&1
			test $? != 137 || killed=$((killed + 1))
		} &&
		check_untouched "$repo" && check_whole "$repo" || {
			echo "moment $n: $moment s of $span us"
			return 1
		}
		test $((n % 10)) != 0 || {
			let_days_pass "$repo" && check_next "$repo"
		} || {
			echo "moment $n: $moment s of $span us"
			return 1
		}
	done <moments.list &&
	test_tally $moments "moments of kill -9" &&
	test_tally $killed "of them before the command had ended" &&
	test $killed -gt $((moments / 10))
'

test_done
