# shellcheck shell=sh disable=SC2034
# Faults in the calls that change files: see t/fault/fault.c.
#
#	for_each_fault enospc 'setup; git vault snapshot' 'check what is left'
#
# Source it after test-lib.sh.

fault_library=$GIT_VAULT_BUILD_DIR/t/fault/fault.so
# calls struck in one run, spread out evenly; where it is empty all are
fault_max=$GIT_VAULT_TEST_FAULTS
test -n "$GIT_VAULT_TEST_LONG$fault_max" || fault_max=8

# fault_at_most N: where nothing else is asked for, for a script that takes long
fault_at_most () {
	test -n "$GIT_VAULT_TEST_LONG$GIT_VAULT_TEST_FAULTS" || fault_max=$1
}

# faulty MODE:N COMMAND…: run it, only its own processes named git-vault (or
# those of GV_FAULT_PROGRAMS) struck. Leaves the calls in fault.log.
faulty () {
	(
		GV_FAULT=$1
		GV_FAULT_COUNT=$TRASH_DIRECTORY/fault.log
		case $1 in
		places:* | memory:*)
			# a program of its own; what makes calls fail is asleep
			PATH=$GIT_VAULT_BUILD_DIR/t/fault/starved:$PATH ;;
		*)
			LD_PRELOAD=$fault_library${LD_PRELOAD:+:$LD_PRELOAD}
			# a sanitizer wants to come first; it is content without
			ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 ;;
		esac
		export GV_FAULT GV_FAULT_COUNT LD_PRELOAD ASAN_OPTIONS PATH
		shift
		"$@"
	)
}

fault_calls () {
	wc -l <"$TRASH_DIRECTORY/fault.log"
}

run_faulty_ () {
	rm -f "$TRASH_DIRECTORY/fault.log"
	: >"$TRASH_DIRECTORY/fault.log"
	cd "$TRASH_DIRECTORY" || return 1
	fault_n=$2 fault_mode=$1
	faulty "$1:$2" fault_command_
	fault_status=$?
	cd "$TRASH_DIRECTORY" || return 1
}

# for_each_fault MODE COMMAND CHECK: COMMAND once without a fault, for the
# count of its calls, then once for each of them with that one struck, then
# CHECK, which finds $fault_n, $fault_mode, the command's $fault_status and
# $fault_call, the call that was struck. COMMAND makes the state it starts from
# itself: what it runs beside git-vault is not struck. Fails at the first CHECK
# that does. The calls struck are counted and told when the script ends.
for_each_fault () {
	fault_kind_=$1 fault_check_=$3
	eval "fault_command_ () {
		$2
	}"
	case $1 in
	memory) run_faulty_ places 0 ;;
	*) run_faulty_ count 0 ;;
	esac
	if test $fault_status != 0
	then
		echo "for_each_fault: it fails without a fault: $fault_status"
		return 1
	fi
	fault_total=$(fault_calls)
	if test "$fault_total" = 0
	then
		echo "for_each_fault: it makes no call that could fail"
		return 1
	fi
	fault_step_=1
	test -z "$fault_max" ||
		fault_step_=$(((fault_total + fault_max - 1) / fault_max))
	fault_next_=1
	while test $fault_next_ -le "$fault_total"
	do
		run_faulty_ "$fault_kind_" $fault_next_
		test_tally 1 "calls struck: $fault_kind_"
		fault_call=$(sed -n "${fault_next_}s/ *$//p" \
			"$TRASH_DIRECTORY/fault.log")
		if ! eval "$fault_check_"
		then
			echo "for_each_fault: $fault_kind_ at call $fault_next_" \
				"of $fault_total: $fault_call" \
				"(status $fault_status)"
			return 1
		fi
		cd "$TRASH_DIRECTORY" || return 1
		# the last one always
		if test $fault_next_ -lt "$fault_total" &&
			test $((fault_next_ + fault_step_)) -gt "$fault_total"
		then
			fault_next_=$fault_total
		else
			fault_next_=$((fault_next_ + fault_step_))
		fi
	done
}

# Where the moments come from; the same again with GIT_VAULT_TEST_SEED=N.
fault_seed=${GIT_VAULT_TEST_SEED:-$(od -An -N 2 -tu2 /dev/urandom | tr -d ' ')}

# killed_at_moments N SETUP RUN CHECK: RUN, which starts its commands behind
# $fault_before, is killed with all that it started, as kill -9 does, at N
# moments spread at random over a little more than the time that it takes; each
# time after SETUP, and then CHECK finds its $fault_status. How many are early
# enough depends on who else uses the machine.
killed_at_moments () {
	fault_total=$1 fault_setup_=$2 fault_run_=$3 fault_check_=$4
	fault_span_=$(fault_time_)
	if test -z "$fault_span_"
	then
		echo "killed_at_moments: it fails without a fault: $fault_run_"
		return 1
	fi
	awk -v n="$fault_total" -v span="$fault_span_" -v seed="$fault_seed" '
		BEGIN {
			srand(seed)
			while (n--)
				printf "%.6f\n", 1.1 * span * rand() / 1e6
		}' >"$TRASH_DIRECTORY/moments"
	fault_seed=$((fault_seed + 1))
	cat >"$TMPDIR/kill-after" <<-\END && chmod +x "$TMPDIR/kill-after"
	#!/bin/sh
	echo $$ >"$TMPDIR/group"
	exec timeout -s KILL "$@"
	END
	while read -r fault_moment_ <&3
	do
		eval "$fault_setup_" || return 1
		fault_before="$TMPDIR/kill-after $fault_moment_"
		eval "$fault_run_"
		fault_status=$? fault_before=
		fault_wait_
		test_tally 1 "moments of kill -9"
		test $fault_status != 137 ||
			test_tally 1 "of them before the command had ended"
		cd "$TRASH_DIRECTORY" && eval "$fault_check_" || {
			echo "killed_at_moments: after $fault_moment_ s" \
				"of $fault_span_ us: $fault_run_" \
				"(status $fault_status)"
			return 1
		}
	done 3<"$TRASH_DIRECTORY/moments"
}

# timeout dies with those that it kills; they may take a little longer, and who
# is dead stays in the list until somebody asks how.
fault_wait_ () {
	fault_until_=$(($(date +%s) + 10)) fault_group_=$(cat "$TMPDIR/group")
	while kill -0 "-$fault_group_" 2>/dev/null &&
		sed "s/.*) //" /proc/[0-9]*/stat 2>/dev/null |
		grep -q "^[^ZX] [0-9]* $fault_group_ " &&
		test "$(date +%s)" -lt $fault_until_
	do
		sleep 0.01
	done
}

# The least of three times, in microseconds.
fault_time_ () {
	fault_before=
	for try_ in 1 2 3
	do
		eval "$fault_setup_" || return 1
		from_=$(date +%s%N)
		eval "$fault_run_" || return 1
		echo $((($(date +%s%N) - from_) / 1000))
	done | sort -n | head -n 1
}

test -f "$fault_library" ||
	skip_all "t/fault/fault.so is not built: run make check"

# What a killed process left in .git is now two days old, so that nobody can
# take it for that of a living one.
let_days_pass () {
	find "$1/.git" "(" -name "gv_tmp_*" -o -name "*.keep" \
		-o -name "*.lock" -o -name "*.tmp" ")" \
		-exec touch -h -d "2 days ago" {} +
}
