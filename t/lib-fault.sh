# shellcheck shell=sh disable=SC2034
# Faults in the calls that change files: see t/fault/fault.c.
#
#	for_each_fault enospc 'setup; git vault snapshot' 'check what is left'
#
# Source it after test-lib.sh.

fault_library=$GIT_VAULT_BUILD_DIR/t/fault/fault.so
# calls struck in one run, spread out evenly; without it all are. For builds
# that are slow, beside one that strikes them all.
fault_max=$GIT_VAULT_TEST_FAULTS

# faulty MODE:N COMMAND…: run it, only its own processes named git-vault (or
# those of GV_FAULT_PROGRAMS) struck. Leaves the calls in fault.log.
faulty () {
	(
		GV_FAULT=$1
		GV_FAULT_COUNT=$TRASH_DIRECTORY/fault.log
		LD_PRELOAD=$fault_library${LD_PRELOAD:+:$LD_PRELOAD}
		# a sanitizer wants to come first; it is content without
		ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
		export GV_FAULT GV_FAULT_COUNT LD_PRELOAD ASAN_OPTIONS
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
# that does.
for_each_fault () {
	fault_kind_=$1 fault_check_=$3
	eval "fault_command_ () {
		$2
	}"
	run_faulty_ count 0
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

test -f "$fault_library" ||
	skip_all "t/fault/fault.so is not built: run make check"
