#!/bin/sh
# shellcheck disable=SC2154

test_description='two of our processes at once, in pairs of all commands

The second runs in the midst of the first, at one of the calls by which it opens
or changes a file, in the same working tree or in another one of the repository;
or both begin at once. Each ends as it may, what it said it did is done, the
snapshots that nobody dropped are whole, the files and the index are as they
were or as a restore says, and the next command works.

Those that once went wrong and a sample of them, begun elsewhere by GIT_VAULT_TEST_SEED=N; with
GIT_VAULT_TEST_LONG=1 all ordered pairs of which one writes, at GIT_VAULT_TEST_PLACES
places each; GIT_VAULT_TEST_PAIRS="prune,cat list,tag" picks some.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-race.sh"

repo=$TRASH_DIRECTORY/repo linked=$TRASH_DIRECTORY/linked
places=${GIT_VAULT_TEST_PLACES:-2}
seed=${GIT_VAULT_TEST_SEED:-$(date +%s)}

# ---- the commands -----------------------------------------------------------

writers='snapshot restore-in prune prune-reclaim delete delete-reclaim pin
	unpin tag untag fold reclaim repair reparent init'
readers='restore-to verify verify-deep verify-pieces list show diff log ls cat
	archive status doctor'

# words NAME DIR TAG: the text of one, in that working tree; what it writes
# elsewhere has the TAG in its name.
words () {
	v="git -C $2 vault -q"
	case $1 in
	snapshot) echo "$v snapshot --force" ;;
	restore-in) echo "$v restore $s7 --in-place" ;;
	prune) echo "$v prune --keep-last 6" ;;
	prune-reclaim) echo "$v prune --keep-last 6 --reclaim" ;;
	delete) echo "$v delete $s1 $s2" ;;
	delete-reclaim) echo "$v delete --reclaim $s1 $s2" ;;
	pin) echo "$v pin -m why $s2" ;;
	unpin) echo "$v unpin $s3" ;;
	tag) echo "$v tag $s2 good" ;;
	untag) echo "$v tag -d $s7 old" ;;
	fold) echo "$v fold" ;;
	reclaim) echo "$v fold --reclaim --expire now" ;;
	repair) echo "$v repair" ;;
	reparent) echo "$v repair --reparent $s6" ;;
	init) echo "$v init" ;;
	restore-to) echo "$v restore $s8 --to $TRASH_DIRECTORY/out.$3" ;;
	verify) echo "$v verify --all" ;;
	verify-deep) echo "$v verify --all --deep" ;;
	verify-pieces) echo "$v verify --all --max-time 1h" ;;
	list) echo "$v list -v" ;;
	show) echo "$v --json show $s8" ;;
	diff) echo "$v diff $s7 $s8" ;;
	log) echo "$v log -p notes.txt" ;;
	ls) echo "$v ls -R $s8" ;;
	cat) echo "$v cat $s7 notes.txt" ;;
	archive) echo "$v archive $s8" ;;
	status) echo "$v status" ;;
	doctor) echo "$v doctor" ;;
	esac
}

drops () {
	case $1 in prune* | delete*) ;; *) false ;; esac
}

reclaims () {
	case $1 in *reclaim) ;; *) false ;; esac
}

# may NAME STATUS OTHER ERR: what else than 0 a command may end with beside the
# other: a lock that is held, space that cannot be returned now, a snapshot that
# is gone or pinned.
may () {
	case $1:$2 in
	*:0) ;;
	diff:1 | doctor:1) test "$2" = "$(cat $1.status)" ;;
	snapshot:4 | restore-in:4 | prune*:4 | delete*:4 | pin:4 | unpin:4 | \
		tag:4 | untag:4 | fold:4 | reclaim:4 | repair:4 | reparent:4)
		test_grep "try again\|is at work" "$4" ;;
	prune-reclaim:3 | delete-reclaim:3)
		test_grep "the space is not returned: " "$4" ;;
	status:4) test "$3" = restore-in && test_grep "try again" "$4" ;;
	untag:128) test "$3" = untag && test_grep "has no tag 'old'" "$4" ;;
	log:3) drops "$3" && test_grep "was deleted while" "$4" ;;
	reclaim:128 | fold:128) test_grep "others keep using this repository" "$4" ;;
	pin:128 | tag:128)
		drops "$3" && test_grep "no snapshot\|no longer there\|in the trash" "$4" ;;
	delete*:128)
		{
			drops "$3" && test_grep "no snapshot\|no longer there\|in the trash" "$4"
		} || {
			test "$3" = pin && test_grep "$s2 is pinned" "$4"
		} ;;
	*) false ;;
	esac
}

# ---- what must be so afterwards ---------------------------------------------

has () {
	git -C "$repo" rev-parse -q --verify "refs/vault/snapshots/$1" >/dev/null
}

# done_ NAME TAG OTHER: what a command that ended with 0 (diff: 1) says is so.
done_ () {
	case $1 in
	snapshot)
		id=$(cat "$2.out") && { has "$id" || drops "$3"; } && {
			! has "$id" || {
				tree=$(git -C "$repo" rev-parse \
					"refs/vault/snapshots/$id:tree") &&
				test_grep "^$tree$" trees
			}
		} ;;
	prune*) ! has "$s1" && ! test -s pinned.gone ;;
	delete*) ! has "$s1" && ! has "$s2" ;;
	pin) has "$s2" && git -C "$repo" cat-file -e \
		"refs/vault/marks:pinned/$s2" ;;
	unpin) ! git -C "$repo" cat-file -e \
		"refs/vault/marks:pinned/$s3" 2>/dev/null ;;
	tag) ! has "$s2" || git -C "$repo" vault list --tag good --id-only |
		grep -q "$s2" ;;
	untag) test -z "$(git -C "$repo" vault list --tag old --id-only)" ;;
	reparent) git -C "$repo" rev-parse "refs/vault/snapshots/$s6^@" >parents &&
		test_grep ! "$rewritten" parents ;;
	restore-to) list_all "out.$2" >now && test_cmp out now ;;
	list) grep -q "$s8" "$2.out" ;;
	verify* | doctor | init | fold | reclaim | repair | status | \
		log | restore-in) ;;
	*) test_cmp_bin "$1.alone" "$2.out" ;;
	esac
}

# Both working trees, and what git keeps of each.
places_now () {
	for place in repo linked
	do
		list_all $place >$place.now &&
		index=$(git -C $place rev-parse --absolute-git-dir)/index &&
			sha1sum <"$index" >$place.git.now || return 1
	done &&
	git -C repo for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/\| refs/vault-trash/" >user.now &&
	git -C repo stash list >>user.now && cat repo/.git/config >>user.now &&
	cat repo/.git/HEAD repo/.git/worktrees/linked/HEAD >>user.now
}

# check_place PLACE COMMANDS…: as before, or as a restore in it says.
check_place () {
	place=$1 && test_cmp $place.git $place.git.now && case $2:$3 in
	restore-in:0) test_cmp $place.restored $place.now ;;
	restore-in:*) test_cmp $place.before $place.now ||
		test_cmp $place.restored $place.now ;;
	*) test_cmp $place.before $place.now ;;
	esac
}

# The snapshots that no command of these two drops.
check_there () {
	for s in $s5 $s6 $s7 $s8
	do
		has $s || {
			echo "$s is gone"
			return 1
		}
	done
	drops "$1" || drops "$2" || { has $s1 && has $s2 && has $s4; } || return 1
	test "$1" = unpin || test "$2" = unpin || has $s3
}

check_ends () {
	for side in first second
	do
		test_grep ! "Sanitizer" $side.err || return 1
		case $side in
		first) name=$1 other=$2 ;;
		second) name=$2 other=$1 ;;
		esac
		status=$(cat $side.status)
		may $name "$status" $other $side.err || {
			echo "the $side, $name, ended with $status and said:"
			cat $side.err
			return 1
		}
		test "$status" -gt 1 || done_ $name $side $other || {
			echo "the $side, $name, did not do what it says:"
			head -c 2000 $side.out $side.err
			return 1
		}
	done
}

# The restore of either place, where one of the two was one.
check_places () {
	set -- "$1" "$2" "$3" none 0 none 0 &&
		if test "$1" = restore-in
		then
			set -- "$1" "$2" "$3" $1 "$(cat first.status)" "$6" "$7"
		fi &&
		if test "$2" = restore-in && test "$3" = linked
		then
			set -- "$1" "$2" "$3" "$4" "$5" $2 "$(cat second.status)"
		elif test "$2" = restore-in && test "$5" != 0 ||
			test "$2:$4" = restore-in:none
		then
			set -- "$1" "$2" "$3" $2 "$(cat second.status)" "$6" "$7"
		fi &&
		places_now && test_cmp user user.now &&
		check_place repo "$4" "$5" && check_place linked "$6" "$7"
}

check_after () {
	git -C "$repo" fsck --full --strict --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck &&
		git -C "$repo" vault -q verify --all >said 2>&1 &&
		id=$(git -C "$repo" vault -q snapshot --force) && has "$id" &&
		git -C "$linked" vault -q snapshot --force >said &&
		git -C "$repo" vault -q fold --reclaim --expire now &&
		git -C "$repo" vault -q verify --all >said 2>&1 &&
		git -C "$repo" commit-graph verify 2>&1 && check_tidy "$repo"
}

# pair FIRST SECOND PLACE N: the second works in repo or in linked.
pair () {
	rm -rf repo linked out.* && cp -a base repo && cp -a base.linked linked &&
		meet "$4" "$(words "$1" "$repo" first)" \
			"$(words "$2" "$TRASH_DIRECTORY/$3" second)" &&
		check_ends "$1" "$2" && check_there "$1" "$2" &&
		check_places "$1" "$2" "$3" && check_after
}

# ---- which pairs ------------------------------------------------------------

in_list () {
	case " $(echo $2) " in *" $1 "*) ;; *) false ;; esac
}

# Lines "FIRST SECOND": those of which one writes.
all_pairs () {
	for first in $writers $readers
	do
		for second in $writers $readers
		do
			in_list $first "$writers" || in_list $second "$writers" ||
				continue
			echo $first $second
		done
	done
}

# Lines "FIRST SECOND PLACE STEP": at STEP of $places parts of the first, from 1
# on, or with 0 at once.
all_meetings () {
	all_pairs | awk -v places="$places" '
	{
		for (i = 0; i <= places; i++)
			print $0, ((NR + i) % 2 ? "repo" : "linked"), i
	}'
}

count_places () {
	rm -rf repo linked out.* && cp -a base repo && cp -a base.linked linked &&
		meeting_places "$(words "$1" "$repo" count)"
}

test_expect_success 'a repository with snapshots, a second working tree, a commit-graph' '
	busy_repository "$repo" && i=0 && (
		cd "$repo" && git config vault.reclaimExpire now &&
		git config vault.autoFold false && rm -f debug.log &&
		git gc -q && git branch other && echo more >more &&
		git add more && git commit -q -m more
	) &&
	old=$(git -C "$repo" vault -q list --id-only) && ids= &&
	while test $i -lt 8
	do
		i=$((i + 1)) && echo "line $i" >>"$repo/notes.txt" &&
		case $i in
		4) git -C "$repo" vault -q fold ;;
		6) git -C "$repo" commit -q --allow-empty -m then &&
			rewritten=$(git -C "$repo" rev-parse HEAD) ;;
		7) git -C "$repo" commit -q --amend --allow-empty -m now ;;
		esac &&
		ids="$ids $(git -C "$repo" vault -q snapshot)" || return 1
	done && git -C "$repo" vault -q delete $old &&
	set -- $ids &&
	s1=$1 s2=$2 s3=$3 s4=$4 s5=$5 s6=$6 s7=$7 s8=$8 &&
	git -C "$repo" vault -q pin $s3 && git -C "$repo" vault -q tag $s7 old &&
	git -C "$repo" commit-graph write --reachable &&
	git -C "$repo" worktree add -q "$linked" other &&
	echo "of the other" >"$linked/.env" && echo changed >"$linked/run.sh" &&
	git -C "$repo" config gc.auto 0 && git -C "$repo" vault -q init &&
	echo changed >"$repo/modules/net/vars.tf" && rm "$repo/run.sh" &&
	cp -a repo base && cp -a linked base.linked
'

# What each command says and does alone.
test_expect_success 'each command alone' '
	for name in $writers $readers
	do
		rm -rf repo linked out.* && cp -a base repo &&
		cp -a base.linked linked &&
		run_ first "$(words $name "$repo" first)" &&
		cp first.out $name.alone && cp first.status $name.status &&
		case $name:$(cat first.status) in
		*:0 | diff:1 | doctor:1) ;;
		*)
			echo $name && cat first.err
			return 1 ;;
		esac
		case $name in
		restore-to) list_all out.first >out ;;
		restore-in)
			list_all repo >repo.restored &&
			git -C repo vault -q snapshot --force >id &&
			git -C repo rev-parse \
				"refs/vault/snapshots/$(cat id):tree" >trees &&
			run_ second "$(words $name "$linked" second)" &&
			list_all linked >linked.restored &&
			git -C linked vault -q snapshot --force >id &&
			git -C repo rev-parse \
				"refs/vault/snapshots/$(cat id):tree" >>trees
			;;
		esac || return 1
	done &&
	rm -rf repo linked out.* && cp -a base repo && cp -a base.linked linked &&
	places_now && mv repo.now repo.before && mv linked.now linked.before &&
	mv repo.git.now repo.git && mv linked.git.now linked.git &&
	mv user.now user &&
	for place in repo linked
	do
		git -C $place vault -q snapshot --force >id &&
		git -C repo rev-parse "refs/vault/snapshots/$(cat id):tree" \
			>>trees || return 1
	done
'

test_write_lines "list prune-reclaim linked 2" "log prune-reclaim repo 2" \
	"log delete-reclaim linked 1" "pin delete-reclaim repo 1" \
	"fold doctor linked 2" "repair fold repo 1" \
	"prune-reclaim repair repo 2" "delete-reclaim prune-reclaim linked 0" \
	"reparent reclaim linked 2" "restore-in snapshot repo 2" \
	"restore-in status repo 2" "untag untag linked 2" |
	choose_meetings 12
hold_meetings

test_done
