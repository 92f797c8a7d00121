# shellcheck shell=sh disable=SC2034,SC2154
# Not alone: what runs beside the test, and a rival in the midst of a command.
# Source it after test-lib.sh and lib-invariant.sh; to meet, lib-fault.sh too.
#
#	meanwhile git -C "$repo" gc -q
#	while …; do change_and_take || { stop_beside; return 1; }; done
#	stop_beside
#
#	meet 7 'git vault prune …' 'git vault list'

# how many rounds a contest has
race_rounds=10
test -z "$GIT_VAULT_TEST_LONG" || race_rounds=200

begin_race () {
	race_left_=$race_rounds n=0
}

is_round_left () {
	test $race_left_ -gt 0 && race_left_=$((race_left_ - 1))
}

# meanwhile COMMAND…: again and again beside the test, until the file `stop`
# is there. Of its runs, counted in `meanwhile.n`, those that fail with another
# status than $meanwhile_may has are in `meanwhile.err`.
meanwhile () {
	rm -f "$TRASH_DIRECTORY/stop" "$TRASH_DIRECTORY"/meanwhile.*
	(
		n=0
		while ! test -e "$TRASH_DIRECTORY/stop"
		do
			"$@" >"$TRASH_DIRECTORY/meanwhile.out" 2>&1
			status=$?
			case " 0 $meanwhile_may " in
			*" $status "*) ;;
			*) cat "$TRASH_DIRECTORY/meanwhile.out" \
				>>"$TRASH_DIRECTORY/meanwhile.err" ;;
			esac
			n=$((n + 1))
		done
		echo $n >"$TRASH_DIRECTORY/meanwhile.n"
	) &
	beside=$!
}

stop_beside () {
	touch "$TRASH_DIRECTORY/stop" && wait $beside &&
		test_tally "$(cat "$TRASH_DIRECTORY/meanwhile.n")" \
			"runs of something else beside" && {
		! test -e "$TRASH_DIRECTORY/meanwhile.err" || {
			echo "and it said:" &&
			head -n 20 "$TRASH_DIRECTORY/meanwhile.err" && false
		}
	}
}

# Change something in $repo, old and new, and take a snapshot of it.
change_and_take () {
	n=$((n + 1)) &&
		test_seq $n $((n + 300)) >"$repo/env/prod/main.tf" &&
		echo "round $n" >>"$repo/notes.txt" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id"
}

# contest NAME MAY COMMAND ROUND: in a copy of $base COMMAND beside, ROUND for
# each of the rounds, then check_contest; statuses MAY of COMMAND are
# fine.
contest () {
	contest_=$4
	test_expect_success "beside $1 nothing is lost" '
		copy_repository "$base" "$repo" && begin_race &&
		meanwhile_may="'"$2"'" && meanwhile '"$3"' &&
		while is_round_left
		do
			'"$contest_"' || {
				stop_beside
				return 1
			}
		done &&
		stop_beside && test_tally $n "rounds not alone" && check_contest
	'
}

# run_ NAME COMMAND: its status and its words in NAME.status, .out and .err.
run_ () {
	(eval "$2") >"$1.out" 2>"$1.err" 3>&- 5>&- 6>&-
	echo $? >"$1.status"
}

# How many places there are in COMMAND for another to come in.
meeting_places () {
	rm -f "$TRASH_DIRECTORY/fault.log"
	: >"$TRASH_DIRECTORY/fault.log"
	GV_FAULT_PROGRAMS='git-vault git' faulty meet:0 run_ first "$1"
	fault_calls
}

# meet N FIRST SECOND: SECOND runs before the N-th call of FIRST, and both go
# on together where it waits for FIRST; with 0 they begin at once. What becomes
# of them stands in first.* and second.*.
meet () {
	rm -f first.* second.* "$TRASH_DIRECTORY/fault.log"
	: >"$TRASH_DIRECTORY/fault.log"
	if test "$1" = 0
	then
		run_ second "$3" &
		second_=$!
		run_ first "$2"
		wait $second_
		return 0
	fi
	cat >rival <<-EOF
	#!/bin/sh
	# git tells its own children of a repository that is not the rival's
	unset LD_PRELOAD GV_FAULT GV_FAULT_RUN \$(git rev-parse --local-env-vars)
	cd "$PWD" && exec 9>second.lock && flock 9
	(
		($3) >second.out 2>second.err
		echo \$? >second.status
	) &
	exec 9>&-
	flock -w 0.2 second.lock true
	exit 0
	EOF
	chmod +x rival && (
		GV_FAULT_PROGRAMS='git-vault git' GV_FAULT_RUN=$PWD/rival
		export GV_FAULT_PROGRAMS GV_FAULT_RUN
		faulty "meet:$1" run_ first "$2"
	)
	# a call that did not come this time
	test -e second.lock || ./rival
	flock second.lock true
}

# Pairs that meet: the test says with `all_meetings` which there are, a line
# each, FIRST SECOND [WHERE] STEP, STEP of $places parts of FIRST or 0 for both
# at once, and with `pair FIRST SECOND [WHERE] CALL` what is held of one.

# choose_meetings N: those to hold: what GIT_VAULT_TEST_PAIRS names, all, or
# those of the input and N others as $seed has it.
choose_meetings () {
	if test -n "$GIT_VAULT_TEST_PAIRS"
	then
		all_meetings | awk -v want="$GIT_VAULT_TEST_PAIRS" '
		BEGIN { n = split(want, w, " ") }
		{ for (i = 1; i <= n; i++) if ($1 "," $2 == w[i]) print }'
	elif test -n "$GIT_VAULT_TEST_LONG"
	then
		all_meetings
	else
		cat && all_meetings | awk -v seed="$seed" '
		BEGIN { srand(seed) }
		{ print rand(), $0 }' | sort -n | cut -d" " -f2- | head -n "$1"
	fi >meetings
	say_ "# seed $seed: $(wc -l <meetings) meetings of" \
		"$(cut -d" " -f1,2 meetings | sort -u | wc -l) pairs"
}

# The call in the middle of the STEP-th part of FIRST; `count_places FIRST` of
# the test counts them, once.
place_of_ () {
	test "$2" = 0 && echo 0 && return
	test -f "calls.$1" || count_places "$1" >"calls.$1"
	echo $((($(cat "calls.$1") * (2 * $2 - 1)) / (2 * places) + 1))
}

# hold_meetings_of FIRST
hold_meetings_of () {
	grep "^$1 " meetings >mine && bad_=0 || return 1
	while read -r one_ two_ rest_ <&3
	do
		step_=${rest_##* } where_=${rest_%"${rest_##* }"}
		n=$(place_of_ "$one_" "$step_") || return 1
		# shellcheck disable=SC2086
		pair "$one_" "$two_" $where_ "$n" && continue
		echo "^ $one_, at call $n (part $step_ of $places): $two_ $where_"
		bad_=$((bad_ + 1))
	done 3<mine
	test $bad_ = 0
}

hold_meetings () {
	cut -d" " -f1 meetings | sort -u >firsts
	while read -r first <&4
	do
		test_expect_success "in the midst of $first" \
			"hold_meetings_of $first"
	done 4<firsts
}
