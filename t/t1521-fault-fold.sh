#!/bin/sh
# shellcheck disable=SC2154

test_description='a fold that fails, is killed, or is not alone

At every call that changes files: every object is still there, git finds
nothing wrong, nothing of the user has changed, and the next snapshot and the
next fold work and tidy up. With --reclaim everything that is needed is there.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-race.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

fault_at_most 5

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

fold () {
	copy_repository "$base" "$repo" && run_fold
}

reclaim () {
	copy_repository "$base" "$repo" && run_reclaim
}

test_expect_success 'a repository with work under way and some snapshots' '
	make_fold "$base" && remember "$base"
'

for kind in eio enospc full kill tear
do
	test_expect_success "every call of git-vault: $kind" '
		for_each_fault $kind fold check_fold &&
		test "$fault_total" -gt 15
	'
done

for kind in eio kill
do
	test_expect_success "every call of git-vault and git: $kind" '
		GV_FAULT_PROGRAMS="git-vault git" &&
		export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		for_each_fault $kind fold check_fold
	'

	test_expect_success "with --reclaim: $kind" '
		GV_FAULT_PROGRAMS="git-vault git" &&
		export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		for_each_fault $kind reclaim check_reclaim
	'
done

test_expect_success 'a packer that dies without a word is told of' '
	copy_repository "$base" "$repo" && mkdir -p bin && cat >bin/git <<-END &&
	#!/bin/sh
	case " \$* " in
	*" pack-objects "*) kill -9 \$\$ ;;
	esac
	PATH=$PATH exec git "\$@"
	END
	chmod +x bin/git && {
		(PATH=$PWD/bin:$PATH git-vault -C "$repo" fold 2>"$err")
		fault_status=$?
	} && test $fault_status = 128 &&
	test_grep "pack-objects failed: it was killed" "$err" && check_fold
'

# ---- not alone --------------------------------------------------------------

check_contest () {
	git -C "$repo" fsck --full --no-dangling >"$repo.fsck" 2>&1 &&
		test_must_be_empty "$repo.fsck" &&
		git -C "$repo" vault -q verify && check_tidy "$repo"
}

fold_beside () {
	git -C "$repo" vault -q fold
}

reclaim_beside () {
	git -C "$repo" vault -q fold --reclaim --expire now
}

take_and_check () {
	change_and_take && check_complete "$repo"
}

# The fold may have to give way; what it says then is a sentence.
take_and_fold () {
	change_and_take && change_and_take && {
		git -C "$repo" vault -q fold 2>"$repo.err" ||
			check_sentence "$repo.err"
	} && check_complete "$repo"
}

take_and_reclaim () {
	change_and_take && last=$(cat "$repo.id") && change_and_take &&
		git -C "$repo" update-ref -d "refs/vault/snapshots/$last" && {
		git -C "$repo" vault -q fold --reclaim --expire now \
			2>"$repo.err" || check_sentence "$repo.err"
	} && check_complete "$repo"
}

commit_and_fold () {
	n=$((n + 1)) && echo "commit $n" >>"$repo/modules/net/vars.tf" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id" &&
		git -C "$repo" commit -q -m "$n" modules/net/vars.tf
}

gc_now () {
	git -C "$repo" gc -q --prune=now
}

repack () {
	git -C "$repo" repack -a -d -q
}

contest 'another snapshot' '4 128' fold_beside take_and_check
contest 'git gc --prune=now' '' gc_now take_and_fold
contest 'git repack -ad' '' repack take_and_fold
contest 'another fold' '4 128' fold_beside take_and_fold
contest 'git commit' '4 128' fold_beside commit_and_fold
contest 'git commit, dropping at once' '4 128' reclaim_beside commit_and_fold
contest 'git repack, dropping at once' '' repack take_and_reclaim

test_expect_success 'dropping at once beside a snapshot that needs it again' '
	copy_repository "$base" "$repo" && begin_race &&
	meanwhile_may="4 128" && meanwhile reclaim_beside &&
	while is_round_left
	do
		n=$((n + 1)) && echo "turn $((n % 2))" >"$repo/notes.txt" &&
		git -C "$repo" for-each-ref --format="delete %(refname)" \
			refs/vault/snapshots | head -n -1 >stdin &&
		git -C "$repo" update-ref --stdin <stdin && {
			git -C "$repo" vault -q snapshot --force >"$repo.id" \
				2>"$repo.err" || check_sentence "$repo.err"
		} || {
			stop_beside
			return 1
		}
	done &&
	stop_beside && test_tally $n "rounds not alone" && check_contest
'

test_done
