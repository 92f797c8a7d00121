# shellcheck shell=sh disable=SC2034,SC2154
# One scene for each command that writes: a repository on which it has work to
# do, the command, and what must hold of the repository afterwards, whether the
# command came to its end, failed, or was killed.
#
#	make_fold base && remember base
#	copy_repository base "$repo" && run_fold; fault_status=$?
#	check_fold
#
# Scenes: snapshot restore prune prune_reclaim delete pin fold reclaim repair
# reparent. A run ends with the command's status, its words are in said and err
# of the trash directory. A check takes $fault_status, 0 for what was
# acknowledged, and ends with the next command's success. What is to stand before
# the command of a run (timeout, setpriv) goes to $fault_before. Source it after
# lib-invariant.sh.

said=$TRASH_DIRECTORY/said err=$TRASH_DIRECTORY/err

scene_git_ () {
	git -C "$repo" "$@"
}

scene_vault_ () {
	$fault_before git-vault -C "$repo" -q "$@" >"$said" 2>"$err"
}

# The status is one of ours, and what went wrong was said.
check_status () {
	case $fault_status in
	0 | 137) ;;
	3 | 4 | 128 | 130) check_sentence "$err" ;;
	*)
		echo "status $fault_status, and it said:"
		cat "$err"
		return 1
		;;
	esac
}

# git finds nothing wrong.
check_sound () {
	scene_git_ fsck --full --strict --no-dangling >"$said.fsck" 2>&1 &&
		test_must_be_empty "$said.fsck" || {
		cat "$said.fsck"
		return 1
	}
}

# What git leaves beside packed-refs when it is killed it never removes; that is
# the user's, as git says.
forget_packed_refs_lock () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new"
}

take_some () {
	for i_ in $(test_seq "$2")
	do
		test_tick && echo "$i_" >>"$1/notes.txt" &&
			git -C "$1" vault -q snapshot --force >"$1.id" ||
			return 1
	done
}

# ---- snapshot ---------------------------------------------------------------

make_snapshot () {
	busy_repository "$1"
}

run_snapshot () {
	scene_vault_ snapshot && cp "$said" "$TRASH_DIRECTORY/id"
}

check_snapshot () {
	check_status && check_untouched "$repo" && check_whole "$repo" ||
		return 1
	if test "$fault_status" = 0
	then
		cp "$TRASH_DIRECTORY/id" "$repo.id" &&
			check_complete "$repo" || return 1
	fi
	let_days_pass "$repo" && check_next "$repo" &&
		scene_git_ vault -q verify --deep
}

# ---- restore in place -------------------------------------------------------

make_restore () {
	two_states "$1"
}

run_restore () {
	scene_vault_ restore "$wanted" --in-place --delete
}

# What is not as it was to become is as it was, and was named.
check_named () {
	sort after >after.lines && sort before >before.lines &&
		sort actual >actual.lines && sort after before >either.lines &&
		comm -13 either.lines actual.lines >neither &&
		test_must_be_empty neither || return 1
	comm -3 after.lines actual.lines |
		sed "s/^.*[ 	]\.\///; s/ -> .*//" | grep -vx "d 755 \." |
		while IFS= read -r path_
		do
			test_grep -F "warning: $path_" warned || return 1
		done || return 1
	# what is empty by now is nothing that --delete deletes
	test ! -d "$repo/fresh" ||
		find "$repo/fresh" -depth -type d -empty -delete
}

# The next command, whichever it is, brings it to one end or the other.
check_restore () {
	check_status && cp "$err" warned &&
		scene_git_ vault -q status >"$said" 2>"$err" &&
		list_all "$repo" >actual || return 1
	if test "$fault_status" = 3
	then
		check_named || return 1
	elif test "$fault_status" = 0 || ! cmp -s before actual
	then
		test_cmp after actual || return 1
	fi
	git_state "$repo" >actual && test_cmp git.before actual &&
		check_whole "$repo" && let_days_pass "$repo" &&
		scene_vault_ restore "$wanted" --in-place --delete &&
		list_all "$repo" >actual && test_cmp after actual
}

# ---- what deletes, and what keeps from being deleted ------------------------

make_prune () {
	busy_repository "$1" && take_some "$1" 5
}

run_prune () {
	scene_vault_ prune --keep-last 2 -g ""
}

make_prune_reclaim () {
	make_prune "$1"
}

run_prune_reclaim () {
	scene_vault_ prune --keep-last 2 -g "" --reclaim
}

make_delete () {
	make_prune "$1"
}

run_delete () {
	scene_vault_ delete latest~3 latest~4 --reclaim
}

count_snapshots () {
	scene_git_ vault list --json | tr "{" "\n" | grep -c "^\"id\""
}

count_entries () {
	scene_git_ rev-parse -q --verify "refs/vault/$1" >/dev/null || return 0
	scene_git_ ls-tree -r --name-only "refs/vault/$1"
}

# check_removed N: all the six are there, or N less and N tombstones; also
# where the space could not be returned.
check_removed () {
	check_status && forget_packed_refs_lock && check_untouched "$repo" &&
		check_sound || return 1
	case $(count_snapshots),$(count_entries deleted | wc -l) in
	6,0) test "$fault_status" != 0 ;;
	"$((6 - $1)),$1") ;;
	*) false ;;
	esac || {
		echo "$(count_snapshots) snapshots are left," \
			"$(count_entries deleted | wc -l) tombstones stand"
		return 1
	}
	let_days_pass "$repo" && scene_vault_ pin latest &&
		scene_vault_ unpin latest && scene_vault_ prune --keep-last 2 -g "" &&
		test "$(count_snapshots)" = 2 &&
		vault_refs_ "$repo" >"$repo.vault" && check_next "$repo" &&
		scene_vault_ fold --reclaim --expire now && check_sound &&
		scene_vault_ verify --deep
}

check_prune () {
	check_removed 4
}

check_prune_reclaim () {
	check_removed 4
}

check_delete () {
	check_removed 2
}

make_pin () {
	make_prune "$1"
}

run_pin () {
	scene_vault_ pin -m why latest~1 && scene_vault_ tag latest~2 keep
}

check_pin () {
	check_status && check_untouched "$repo" && check_sound || return 1
	n_=$(count_entries marks | wc -l)
	case $(count_snapshots),$n_ in
	6,0 | 6,1) test "$fault_status" != 0 ;;
	6,2) ;;
	*)
		echo "$(count_snapshots) snapshots, $n_ marks"
		false
		;;
	esac && let_days_pass "$repo" && run_pin &&
		test "$(count_entries marks | wc -l)" = 2 &&
		vault_refs_ "$repo" >"$repo.vault" && check_next "$repo"
}

# ---- folding ----------------------------------------------------------------

objects_of () {
	git -C "$1" cat-file --batch-all-objects --batch-check | sort
}

make_fold () {
	busy_repository "$1" && take_some "$1" 3 &&
		gone_=$(git -C "$1" for-each-ref --count=1 \
			--format="%(refname)" refs/vault/snapshots) &&
		git -C "$1" update-ref -d "$gone_" && objects_of "$1" >objects
}

run_fold () {
	scene_vault_ fold
}

make_reclaim () {
	make_fold "$1"
}

run_reclaim () {
	scene_vault_ fold --reclaim --expire now
}

# The next snapshot and the next fold work, and nothing is left of this one.
check_next_fold () {
	check_untouched "$repo" && check_whole "$repo" &&
		let_days_pass "$repo" && check_next "$repo" &&
		scene_vault_ fold && scene_git_ vault fold >"$said" &&
		test_grep "^nothing to fold" "$said" && check_tidy "$repo" &&
		find "$repo/.git/objects/pack" -name "*.pack" >"$said.packs" &&
		find "$repo/.git/objects/pack" -name "*.idx" >"$said.idx" &&
		test_line_count -eq 1 "$said.packs" &&
		test_line_count -eq 1 "$said.idx" && check_sound &&
		scene_vault_ verify --deep
}

# Every object is there, needed or not.
check_fold () {
	check_status && forget_packed_refs_lock && objects_of "$repo" >actual &&
		comm -23 objects actual >lost && test_must_be_empty lost &&
		check_next_fold
}

check_reclaim () {
	check_status && forget_packed_refs_lock && check_next_fold
}

# ---- repair -----------------------------------------------------------------

flip () {
	byte_=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') && chmod u+w "$1" &&
		printf "\\$(printf %o $((255 - byte_)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# Objects that git can read, one a line.
readable () {
	git -C "$1" cat-file --batch-all-objects --batch-check="%(objectname)" |
		git -C "$1" cat-file --batch --buffer 2>/dev/null |
		grep -a -o '^[0-9a-f]\{40\} [a-z]* [0-9]*$' | sort -u
}

# A damaged pack, an index that is gone and a damaged loose object. What they
# held stands in the working tree still.
make_repair () {
	busy_repository "$1" && id_=$(git -C "$1" vault -q snapshot) &&
		readable "$1" >want &&
		o_=$(git -C "$1" rev-parse HEAD:run.sh) &&
		flip "$1/.git/objects/$(echo "$o_" | sed "s,^..,&/,")" 4 &&
		o_=$(git -C "$1" rev-parse \
			"refs/vault/snapshots/$id_:tree/notes.txt") || return 1
	for idx_ in "$1"/.git/objects/pack/*.idx
	do
		at_=$(git show-index <"$idx_" |
			awk -v o="$o_" '$2 == o { print $1 }')
		if test -n "$at_"
		then
			flip "${idx_%.idx}.pack" $((at_ + 3))
		else
			rm -f "$idx_"
		fi || return 1
	done
}

run_repair () {
	scene_vault_ repair
}

check_repair () {
	check_status && check_untouched "$repo" && let_days_pass "$repo" &&
		if test "$fault_status" != 0
		then
			run_repair
		fi && check_sound && scene_vault_ verify --deep &&
		readable "$repo" >now && comm -23 want now >lost &&
		test_must_be_empty lost &&
		run_repair && test_path_is_missing "$repo/.git/vault/repair" &&
		rm -rf "$repo/.git/vault/damaged" &&
		check_next "$repo"
}

# A snapshot on a commit that was amended since.
make_reparent () {
	busy_repository "$1" && echo second >>"$1/run.sh" &&
		git -C "$1" commit -q -m second run.sh &&
		git -C "$1" vault -q snapshot --force >"$1.id" &&
		git -C "$1" vault -q snapshot --force >"$1.id" &&
		old=$(git -C "$1" rev-parse HEAD) &&
		git -C "$1" commit -q --amend -m "second, again" &&
		trees_of "$1" >trees
}

trees_of () {
	git -C "$1" for-each-ref --format="%(refname) %(tree)" \
		refs/vault/snapshots
}

run_reparent () {
	scene_vault_ repair --reparent --all-of "$old"
}

count_parents () {
	scene_git_ for-each-ref --format="%(parent)" refs/vault/snapshots |
		grep -c "$old"
}

check_reparent () {
	check_status && forget_packed_refs_lock && check_untouched "$repo" &&
		check_sound && trees_of "$repo" >actual &&
		test_cmp trees actual || return 1
	test "$fault_status" != 0 || test "$(count_parents)" = 0 || return 1
	let_days_pass "$repo" && run_reparent &&
		test "$(count_parents)" = 0 && trees_of "$repo" >actual &&
		test_cmp trees actual && vault_refs_ "$repo" >"$repo.vault" &&
		check_next "$repo" && scene_vault_ verify --deep
}
