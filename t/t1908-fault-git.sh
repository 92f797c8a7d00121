#!/bin/sh
# shellcheck disable=SC2154

test_description='ours against git: one in the midst of the other, in pairs

git gc, repack, maintenance, commit, rebase, checkout, stash, worktree, fetch and
their kin run in the midst of each of ours that writes or reads much, and ours
in the midst of each of them, at calls by which the first opens or changes a
file. git ends as it does alone, with the same commits, index and files; ours is
whole, and the next commands work. Then operations of git that have stopped half
way: ours run, and git goes on as if they had not.

Those that once went wrong and a sample of them, begun elsewhere by GIT_VAULT_TEST_SEED=N; with
GIT_VAULT_TEST_LONG=1 all, at GIT_VAULT_TEST_PLACES places each;
GIT_VAULT_TEST_PAIRS="fold,gc" picks some.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-race.sh"

repo=$TRASH_DIRECTORY/repo
places=${GIT_VAULT_TEST_PLACES:-6}
seed=${GIT_VAULT_TEST_SEED:-$(date +%s)}

# ---- the commands -----------------------------------------------------------

ours='snapshot restore-in prune-reclaim fold reclaim repair verify list'
gits='gc gc-cruft repack repack-keep repack-loosen repack-bitmap maintenance
	graph midx prune pack-refs reflog commit amend rebase branch checkout
	stash worktree-add worktree-remove fetch status'

words () {
	v="git -C $repo vault -q" g="git -C $repo"
	case $1 in
	snapshot) echo "$v snapshot --force" ;;
	restore-in) echo "$v restore $s4 --in-place" ;;
	prune-reclaim) echo "$v prune --keep-last 3 --reclaim" ;;
	fold) echo "$v fold" ;;
	reclaim) echo "$v fold --reclaim --expire now" ;;
	repair) echo "$v repair" ;;
	verify) echo "$v verify --all" ;;
	list) echo "$v list" ;;
	gc) echo "$g gc -q --prune=now" ;;
	gc-cruft) echo "$g gc -q --cruft --prune=now" ;;
	repack) echo "$g repack -adq" ;;
	repack-keep) echo "$g repack -adkq" ;;
	repack-loosen) echo "$g repack -Adq" ;;
	repack-bitmap) echo "$g repack -adbq" ;;
	maintenance) echo "$g maintenance run --quiet --task=loose-objects \
		--task=incremental-repack --task=commit-graph" ;;
	graph) echo "$g commit-graph write --reachable --split --no-progress" ;;
	midx) echo "$g multi-pack-index write --no-progress" ;;
	prune) echo "$g prune --expire=now" ;;
	pack-refs) echo "$g pack-refs --all --prune" ;;
	reflog) echo "$g reflog expire --expire=now --all" ;;
	commit) echo "$g commit -q -a -m more" ;;
	amend) echo "$g commit -q --amend -m other" ;;
	rebase) echo "$g rebase -q --autostash upstream" ;;
	branch) echo "$g branch new && $g branch -D -q side" ;;
	checkout) echo "$g checkout -q -m upstream" ;;
	stash) echo "$g stash -q -u" ;;
	worktree-add) echo "$g worktree add -q $TRASH_DIRECTORY/added side" ;;
	worktree-remove) echo "$g worktree remove --force \
		$TRASH_DIRECTORY/linked" ;;
	fetch) echo "$g fetch -q $TRASH_DIRECTORY/remote \
		+refs/heads/*:refs/remotes/r/*" ;;
	status) echo "$g status --porcelain" ;;
	esac
}

# may OURS STATUS ERR GIT: what else than 0 ours may end with: git gc is at
# work, or a ref is locked, or others keep using the packs; or git has changed
# what was to be restored.
may () {
	case $1:$2 in
	*:0) ;;
	*:4) test_grep "try again\|is at work\|is locked\|commit-graph.lock" \
		"$3" ;;
	prune-reclaim:3) test_grep "the space is not returned: " "$3" ;;
	reclaim:128 | fold:128)
		test_grep "others keep using\|git writes a multi-pack" "$3" ;;
	restore-in:3)
		moves_files $4 && test_grep "is not restored: " "$3" ;;
	*) false ;;
	esac
}

moves_files () {
	case $1 in rebase | checkout | stash) ;; *) false ;; esac
}

# ---- what must be so afterwards ---------------------------------------------

# What git says of the user's side.
user_now () {
	git -C $repo for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/\| refs/vault-trash/" &&
		git -C $repo symbolic-ref HEAD && git -C $repo stash list &&
		cat $repo/.git/config &&
		for place in repo linked added
		do
			test ! -d $place || {
				git -C $place ls-files -s &&
				git -C $place ls-files -t -u
			} || return 1
		done
}

# The files as they are before; without times, which a stash sets anew.
bytes_now () {
	(cd $repo && find . -name .git -prune -o -type f -exec sha1sum {} + |
		sort -k2)
}

start () {
	rm -rf repo linked added && cp -a base repo && cp -a base.linked linked
}

# git COMMAND as it is alone; what it leaves in $1.user and $1.files.
alone () {
	start && run_ first "$(words $1)" && cp first.status $1.status &&
		user_now >$1.user && bytes_now >$1.files &&
		test "$(cat $1.status)" = 0 || {
		echo $1
		cat first.err
		return 1
	}
}

# Where git moves files, too, while they are restored, each finds what the other
# left.
check_user () {
	test $1 != restore-in || ! moves_files $2 || return 0
	user_now >now && test_cmp $2.user now && bytes_now >now &&
		case $1:$3 in
		restore-in:0) test_cmp restore-in.files now ;;
		restore-in:*) test_cmp $2.files now ||
			test_cmp restore-in.files now ;;
		*) test_cmp $2.files now ;;
		esac
}

check_vault () {
	git -C $repo for-each-ref --format="%(refname)" refs/vault/snapshots \
		>now &&
	case $1 in
	prune-reclaim)
		test_grep $s3 now && test_grep $s4 now && test_grep $s5 now ;;
	*)
		for s in $s1 $s2 $s3 $s4 $s5
		do
			grep -q $s now || {
				echo "$s is gone"
				return 1
			}
		done
		;;
	esac
}

check_after () {
	git -C $repo fsck --full --strict --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck && git -C $repo vault -q verify --all >said &&
		{
			git -C $repo multi-pack-index verify >said 2>&1 || {
				cat said
				return 1
			}
		} &&
		id=$(git -C $repo vault -q snapshot --force) &&
		git -C $repo vault -q fold --reclaim --expire now &&
		git -C $repo vault -q verify --all >said && check_tidy $repo &&
		git -C $repo gc -q --prune=now &&
		git -C $repo fsck --full --strict --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck && git -C $repo vault -q verify --all >said
}

# A git that keeps what nothing reaches opens every pack that it saw, and gives
# up where one has gone since, as beside another git: nothing is done, and it
# can be called again.
goes_again () {
	removes_packs $1 &&
		grep -q "^fatal: cannot open pack index" $3.err &&
		run_ $3 "$(words $2)" && test "$(cat $3.status)" = 0
}

removes_packs () {
	case $1 in prune-reclaim | fold | reclaim | repair) ;; *) false ;; esac
}

# pair OURS GIT N: git in the midst of ours; pair GIT OURS N: the other way.
pair () {
	late= && test $1 != midx || late=t
	start && meet $3 "$(words $1)" "$(words $2)" &&
		if in_list $1 "$ours"
		then
			set -- $1 $2 first second
		else
			set -- $2 $1 second first
		fi &&
		{
			# git stops where its files change under its hands
			test "$(cat $4.status)" = 0 ||
				{ test $1 = restore-in && moves_files $2; } ||
				goes_again $1 $2 $4
		} || {
		echo "$2 ended with $(cat $4.status) and said:"
		cat $4.err
		return 1
	}
	may $1 "$(cat $3.status)" $3.err $2 || {
		echo "$1 ended with $(cat $3.status) and said:"
		cat $3.err
		return 1
	}
	# nobody can see that one is being written before it has its lock; what
	# came too late goes with the next of ours
	test -z "$late" || git -C $repo vault -q snapshot --force >said &&
	check_user $1 $2 "$(cat $3.status)" && check_vault $1 && check_after
}

# ---- which pairs ------------------------------------------------------------

in_list () {
	case " $(echo $2) " in *" $1 "*) ;; *) false ;; esac
}

# Lines "FIRST SECOND STEP".
all_meetings () {
	for a in $ours
	do
		for b in $gits
		do
			echo $a $b && echo $b $a
		done
	done | awk -v places="$places" '
	{
		for (i = 0; i <= places; i++)
			print $0, i
	}'
}

count_places () {
	start && meeting_places "$(words "$1")"
}

test_expect_success 'a repository with work and packs of every kind' '
	busy_repository $repo && i=0 && ids= && (
		cd $repo && git config vault.reclaimExpire now &&
		git config vault.autoFold false && git config gc.auto 0 &&
		git config commitGraph.changedPaths true &&
		rm -f debug.log && rmdir empty &&
		git branch upstream && git gc -q && git checkout -q -m upstream &&
		echo upstream >upstream && git add upstream &&
		git commit -q -m upstream upstream && git checkout -q -m main &&
		git clone -q --bare . ../remote &&
		git -C ../remote update-ref -d refs/heads/side
	) &&
	old=$(git -C $repo vault -q list --id-only) &&
	while test $i -lt 5
	do
		i=$((i + 1)) && echo "line $i" >>$repo/notes.txt &&
		{ test $i != 3 || git -C $repo vault -q fold; } &&
		ids="$ids $(git -C $repo vault -q snapshot)" || return 1
	done && git -C $repo vault -q delete $old && set -- $ids &&
	s1=$1 s2=$2 s3=$3 s4=$4 s5=$5 &&
	(
		cd $repo && git commit -q --allow-empty -m gone &&
		git reset -q --soft HEAD^ && git commit-graph write --reachable &&
		git worktree add -q ../linked -b linked &&
		echo x >../linked/untracked && echo dangling |
			git hash-object -w --stdin
	) && test_tick && cp -a repo base && cp -a linked base.linked
'

test_expect_success 'each command alone' '
	for name in $gits $ours
	do
		alone $name || return 1
	done
'

test_write_lines "repair repack 2" "repair repack 3" "reclaim repack 2" \
	"fold midx 2" "fold midx 4" "fold maintenance 3" "fold prune 3" \
	"repack-keep fold 1" "fold prune 2" "worktree-add reclaim 3" \
	"worktree-remove prune-reclaim 5" |
	choose_meetings 14
hold_meetings

# ---- half way ---------------------------------------------------------------

# What stands in .git but ours, in an order of its own: git status may write the
# index anew, and a directory then tells of it elsewhere.
names_of_git () {
	find $repo/.git -maxdepth 1 ! -name vault | sort
}

# each_of_ours: all of them, one after the other; git sees no difference, but
# for what a restore writes back: the files are put as they were.
each_of_ours () {
	git -C $repo status --porcelain=v2 >status.before &&
	bytes_now >files.before && names_of_git >names &&
	for name in snapshot fold prune-reclaim reclaim repair verify list
	do
		run_ first "$(words $name)" &&
		test "$(cat first.status)" = 0 || {
			echo "$name said:"
			cat first.err
			return 1
		}
	done &&
	id=$(git -C $repo vault -q snapshot --force) &&
	echo elsewhere >$repo/run.sh &&
	git -C $repo vault -q restore $id --in-place &&
	git -C $repo status --porcelain=v2 >status.after &&
	test_cmp status.before status.after &&
	bytes_now >files.after && test_cmp files.before files.after &&
	names_of_git >names.after &&
	test_cmp names names.after
}

# half_way NAME PREPARE GO-ON…: PREPARE stops half way; with and without ours
# there, each way of going on comes to the same.
half_way () {
	what_=$1 prepare_=$2
	shift 2
	for on_
	do
		test_expect_success "ours while $what_, then git ${on_%% *}" '
			start && (cd repo && eval "$prepare_") &&
			(cd repo && eval "git $on_") &&
			user_now >expect && bytes_now >expect.files &&
			start && (cd repo && eval "$prepare_") && each_of_ours &&
			(cd repo && eval "git $on_") &&
			user_now >actual && bytes_now >actual.files &&
			test_cmp expect actual &&
			test_cmp expect.files actual.files && check_after
		'
	done
}

conflict='git stash -q -u && git checkout -q -b topic &&
	echo theirs >upstream && git add upstream &&
	git commit -q -m theirs && echo two >two && git add two &&
	git commit -q -m two'

half_way 'a rebase has stopped at a conflict' \
	"$conflict && test_must_fail git rebase -q upstream" \
	'checkout --theirs -- upstream && git add upstream &&
		GIT_EDITOR=: git rebase --continue' \
	'rebase --skip' 'rebase --abort'
half_way 'an interactive rebase has stopped to edit' \
	"$conflict"' && GIT_SEQUENCE_EDITOR="sed -i 1s/pick/edit/" \
		git rebase -q -i HEAD~2 && echo edited >>upstream' \
	'commit -q -a --amend --no-edit && git rebase --continue' \
	'rebase --abort'
half_way 'a merge has stopped at a conflict' \
	"$conflict && test_must_fail git merge -q upstream" \
	'checkout --ours -- upstream && git add upstream &&
		git commit -q -m merged' 'merge --abort'
half_way 'a cherry-pick has stopped at a conflict' \
	"$conflict && test_must_fail git cherry-pick upstream" \
	'cherry-pick --abort' 'cherry-pick --skip'
half_way 'a stash has conflicts' \
	'git stash -q && echo other >>env/dev/main.txt &&
		seq 9 >>env/dev/main.tf && git commit -q -a -m other &&
		test_must_fail git stash pop' \
	'checkout -q --theirs -- env/dev/main.tf && git add -u && git stash drop -q'
half_way 'a bisection is at work' \
	'git stash -q -u && git commit -q --allow-empty -m later &&
		git commit -q --allow-empty -m bad &&
		git bisect start HEAD HEAD~2 >bisect.log && rm bisect.log &&
		test_path_is_file .git/BISECT_EXPECTED_REV' \
	'bisect reset'

test_done
