#!/bin/sh
# shellcheck disable=SC2154

test_description='clones of one remote that change everything at random, sync, and are killed at it

Three clones for 20 rounds; with GIT_VAULT_TEST_LONG=1 eight for 2,000. In each
round every clone does something, and then some of them sync, also two at once;
each fourth sync is killed, at times with the git that it runs. In the end every
record that was made is on every clone, and all have the same refs.
GIT_VAULT_TEST_SEED=N repeats what was chosen, GIT_VAULT_TEST_CLONES=N and
GIT_VAULT_TEST_ROUNDS=N have it so many.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

if test -n "$GIT_VAULT_TEST_LONG"
then
	n_clones=8 rounds=2000
else
	n_clones=3 rounds=20
fi
n_clones=${GIT_VAULT_TEST_CLONES:-$n_clones}
rounds=${GIT_VAULT_TEST_ROUNDS:-$rounds}
seed=${GIT_VAULT_TEST_SEED:-$(date +%s)}
team=$(printf "alice bob carol dave erin frank grace heidi" | cut -d" " -f1-$n_clones)
say_ "# seed $seed, $n_clones clones, $rounds rounds"

# What was made is a line each: snapshots ID VALUE, states STACK SERIAL, notes
# COMMIT LINE, tags ID TAG, pins ID, keys NAME; of snapshots also who is deleted.
book=$TRASH_DIRECTORY/book
mkdir "$book" && : >"$book/deleted"
for kind in snapshots states notes tags pins keys
do
	: >"$book/$kind"
done
serial=0 made=0 kills=0 syncs=0 resolved=0 locks=0

# chance N: one of N, from 0, in $it
chance () {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	it=$((seed / 65536 % $1))
}

# any FILE: a line of it in $line; fails where there is none
any () {
	n_=$(wc -l <"$1")
	test "$n_" -gt 0 || return 1
	chance "$n_"
	line=$(sed -n "$((it + 1))p" "$1")
}

snapshots_of () {
	git -C "$top/$1/clone" for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault/snapshots
}

# gone WHO COMMAND…: it, and note which snapshots went by it
gone () {
	of_=$1
	shift
	snapshots_of "$of_" >before
	on "$of_" "$@" >out 2>err
	status_=$?
	snapshots_of "$of_" >after
	comm -23 before after >>"$book/deleted"
	test $status_ = 0
}

# ---- what a clone does ------------------------------------------------------

do_snapshot () {
	made=$((made + 1))
	id=$(take "$1" "value-$made") && test -n "$id" &&
		echo "$id value-$made" >>"$book/snapshots"
}

do_state () {
	made=$((made + 1)) serial=$((serial + 1))
	chance 2 && stack=stack$it
	save_state "$1" $stack $serial && echo "$stack $serial" >>"$book/states"
}

# A sync that was killed may have left a lock, which git does not take away.
do_note () {
	made=$((made + 1))
	as "$1" git rev-list -n 5 HEAD >commits && any commits || return 1
	if as "$1" git notes --ref=vault append -m "{\"n\":$made}" "$line" 2>err
	then
		echo "$line {\"n\":$made}" >>"$book/notes"
	else
		grep -q "\.lock" err
	fi
}

do_tag () {
	snapshots_of "$1" >ids && any ids || return 0
	made=$((made + 1))
	on "$1" git vault -q tag "$line" t$made >out &&
		echo "$line t$made" >>"$book/tags"
}

do_pin () {
	snapshots_of "$1" >ids && any ids || return 0
	made=$((made + 1))
	on "$1" git vault -q pin "$line" >out && echo "$line" >>"$book/pins"
}

# One that is pinned is refused.
do_delete () {
	snapshots_of "$1" >ids && any ids || return 0
	gone "$1" git vault -q delete "$line" || test_grep pinned err
}

do_prune () {
	gone "$1" git vault -q prune --keep-last 12
}

do_key () {
	made=$((made + 1))
	rm -f key.file
	on alice git vault key generate -o "$top/key.file" >key.pub &&
		on alice git vault -q key add --name r$made "$top/key.pub" &&
		echo r$made >>"$book/keys"
}

# All that git does of itself now and then; not by itself here, since what is
# left of it behind a kill would meet what is taken away then, and a remote with
# more than it likes of what nothing reaches would do it at each push.
do_gc () {
	find "$1/clone/.git" -name gc.pid -delete
	as "$1" git -c gc.auto=2000 -c gc.autoDetach=false gc --auto -q 2>err ||
		grep -q "\.lock" err || return 1
	test "$1" != alice || git -C remote -c gc.autoDetach=false gc --auto -q
}

do_something () {
	: >err
	chance 21 && doing=$it
	case $it in
	[0-5]) do_snapshot "$1" ;;
	[6-8]) do_state "$1" ;;
	9 | 10) do_note "$1" ;;
	1[1-3]) do_tag "$1" ;;
	14) do_pin "$1" ;;
	15 | 16) do_delete "$1" ;;
	17) do_prune "$1" ;;
	18) chance 16 && test $it != 0 || do_key ;;
	19) do_snapshot "$1" && do_state "$1" ;;
	20) do_gc "$1" ;;
	esac
}

# ---- how they sync ----------------------------------------------------------

# Which states are to be resolved, by what a sync has printed.
resolve () {
	stacks=$(sed -n 's,^conflict state/\(prod/[a-z0-9]*\):.*,\1,p' "$top/$1/sync.out")
	test -n "$stacks" || return 1
	side=ours && chance 2 && test $it = 0 || side=theirs
	resolved=$((resolved + 1))
	# shellcheck disable=SC2086
	sync "$1" --resolve $side $stacks
}

# may STATUS: others may be quicker each time, or have moved a state again
may () {
	case $1 in 0 | 1 | 4) ;; *) false ;; esac
}

sync_once () {
	syncs=$((syncs + 1))
	sync "$1"
	status_=$?
	if test $status_ = 1
	then
		resolve "$1"
		status_=$?
	fi
	may $status_ || {
		echo "sync of $1 ended with $status_" && cat "$top/$1/sync.err"
		return 1
	}
}

# has_ended PID: also where nobody has asked yet how
has_ended () {
	! kill -0 "$1" 2>/dev/null ||
		grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null
}

# Killed after a while, at times with the git that it runs. What that leaves is
# as old as it is for who comes a minute later.
sync_killed () {
	kills=$((kills + 1)) syncs=$((syncs + 1))
	chance 250 && pause=$it && chance 2 && with_git=$it
	(
		HOME=$top/$1 XDG_CONFIG_HOME=$top/$1/.config
		export HOME XDG_CONFIG_HOME
		cd "$top/$1/clone" || exit 1
		test "$own_hosts" || exec git-vault sync
		exec unshare -u sh -c 'hostname "$0" && exec git-vault sync' "$1"
	) >killed.out 2>&1 &
	pid=$!
	sleep "$(printf "0.%03d" $pause)"
	kids=$(ps -o pid= --ppid $pid)
	kill -9 $pid 2>/dev/null
	test $with_git = 0 || kill -9 $kids 2>/dev/null
	wait $pid 2>/dev/null
	for kid in $kids
	do
		until has_ended "$kid"
		do
			sleep 0.01
		done
	done
	find "$1/clone/.git" -name "*.lock" >left
	locks=$((locks + $(wc -l <left)))
	# those of all packed refs name no ref of ours, so they are for the user
	rm -f "$1/clone/.git/packed-refs.lock" "$1/clone/.git/packed-refs.new"
	find "$1/clone/.git/refs" -name "*.lock" -exec touch -d "2 minutes ago" {} +
}

# Both at once; they are of different clones.
sync_both () {
	syncs=$((syncs + 2))
	sync "$1" &
	one=$!
	sync "$2"
	status_=$?
	wait $one && other=0 || other=$?
	may $status_ && may $other || {
		echo "syncs of $1 and $2 ended with $other and $status_" &&
			cat "$top/$1/sync.err" "$top/$2/sync.err"
		return 1
	}
}

sync_some () {
	for who in $team
	do
		chance 8
		case $it in
		[0-2]) sync_once $who ;;
		3) sync_killed $who ;;
		4) if test $who = alice
			then
				sync_both alice bob
			else
				sync_both $who alice
			fi ;;
		*) ;;
		esac || return 1
	done
}

round () {
	for who in $team
	do
		do_something $who || {
			echo "what $who does ($doing) went wrong" && cat err
			return 1
		}
	done && sync_some
}

# ---- the test ---------------------------------------------------------------

test_expect_success 'clones of one team' '
	start_team && for n in 1 2 3 4
	do
		as alice git commit -q --allow-empty -m "of the project $n" ||
			return 1
	done && as alice git push -q origin HEAD && set -- $team && shift &&
	join "$@" && is_same alice && for who in $team
	do
		as $who git config gc.auto 0 || return 1
	done && git -C remote config receive.autogc false
'

test_expect_success 'rounds of changes, syncs and kills' '
	n=0 && while test $n -lt $rounds
	do
		n=$((n + 1)) && echo $n >round && round || return 1
	done
'

# Each state in conflict is resolved by the first who comes.
test_expect_success 'after two quiet syncs each, all have the same' '
	for turn in 1 2
	do
		for who in $team
		do
			sync $who || resolve $who || return 1
		done || return 1
	done && is_same $team
'

sort -u "$book/deleted" >"$book/may-be-gone"

test_expect_success 'every snapshot that nobody deleted is on every clone' '
	cut -d" " -f1 "$book/snapshots" | sort -u >made.ids &&
	comm -23 made.ids "$book/may-be-gone" >expect &&
	for who in $team
	do
		snapshots_of $who >actual && comm -23 expect actual >lost &&
			test_must_be_empty lost || return 1
	done
'

test_expect_success 'what was deleted is gone, unless it was pinned' '
	sort -u "$book/pins" >pinned && comm -23 "$book/may-be-gone" pinned >expect &&
	for who in $team
	do
		snapshots_of $who >actual && comm -12 expect actual >back &&
			test_must_be_empty back || return 1
	done
'

# stays ID: nobody deleted it
stays () {
	! grep -q "^$1\$" "$book/may-be-gone"
}

test_expect_success 'every tag and pin of these is on every clone' '
	for who in $team
	do
		while read -r id tag
		do
			! stays $id || git -C $who/clone cat-file -p \
				"refs/vault/marks:tags/$id" | grep -q "^$tag\$" ||
				{ echo "$who: no tag $tag of $id" && return 1; }
		done <"$book/tags" &&
		while read -r id
		do
			! stays $id || git -C $who/clone cat-file -e \
				"refs/vault/marks:pinned/$id" || return 1
		done <"$book/pins" || return 1
	done
'

test_expect_success 'every version of a state is in the history on every clone' '
	stacks=$(cut -d" " -f1 "$book/states" | sort -u) && for who in $team
	do
		for stack in $stacks
		do
			on $who git vault state log --env prod --stack $stack \
				--json >log || return 1
			tr ",{" "\n\n" <log | sed -n "s/^\"serial\"://p" |
				sort -u >actual &&
				sed -n "s/^$stack //p" "$book/states" |
				sort -u >expect &&
				comm -23 expect actual >lost &&
				test_must_be_empty lost || return 1
		done
	done
'

test_expect_success 'every line that was noted is on every clone' '
	for who in $team
	do
		while read -r commit text
		do
			as $who git notes --ref=vault show $commit >note &&
				grep -q -F -x -e "$text" note || return 1
		done <"$book/notes" || return 1
	done
'

test_expect_success 'every key that was added is in the keyring of every clone' '
	for who in $team
	do
		on $who git vault key list >list || return 1
		while read -r name
		do
			grep -q -w "$name" list || return 1
		done <"$book/keys"
	done
'

# Who did not know of a key yet has not sealed for it.
test_expect_success 'every clone gives back every value, and verifies' '
	on alice git vault key reseal && sync alice && for who in $team
	do
		sync $who || return 1
	done && is_same $team && for who in $team
	do
		on $who git vault -q verify --all || return 1
		while read -r id value
		do
			! git -C $who/clone rev-parse -q --verify \
				refs/vault/snapshots/$id >/dev/null ||
				on $who git vault cat --secrets $id .env |
				grep -q -x "SECRET=$value" || return 1
		done <"$book/snapshots" || return 1
	done
'

cat "$book"/[!dm]* | wc -l >n_made
test_expect_success 'it was something' '
	test_tally $rounds rounds && test_tally $syncs syncs &&
	test_tally $kills "of them killed" && test_tally $locks "locks left by kills" &&
	test_tally $resolved "states resolved" &&
	test_tally "$(cat n_made)" "records made" && test_tally 0 "records lost"
'

test_done
