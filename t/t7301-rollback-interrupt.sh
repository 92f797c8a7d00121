#!/bin/sh
# shellcheck disable=SC2154

test_description='a rollback that is killed, or whose disk is full or fails

The next command, whichever it is, finishes or undoes it: files, states and what is
told of it are all of one side.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-race.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[],"check_results":null}\n'
}

test_expect_success 'a deployment that was good, and what came after it' '
	test_create_repo bad && (
		cd bad && echo .env >.gitignore && mkdir -p a/b c &&
		for i in 1 2 3 4 5 6
		do
			echo one $i >a/b/$i || return 1
		done &&
		git add . && git commit -q -m one &&
		echo "DB_PASSWORD=Correct-Horse-41" >.env &&
		git vault -q snapshot &&
		state 3 | git vault -q state save --new --env prod --stack net - &&
		state 7 | git vault -q state save --new --env prod --stack data - &&
		git vault -q good mark prod
	) && standing bad >good.sum &&
	(
		cd bad && echo two >a/b/1 && git rm -q a/b/2 a/b/3 &&
		echo new >c/new && chmod +x a/b/4 && git add -A &&
		git commit -q -m two &&
		echo "DB_PASSWORD=Battery-Staple-77" >.env &&
		state 4 | git vault -q state save --new --env prod --stack net - &&
		state 8 | git vault -q state save --new --env prod --stack data -
	) && standing bad >bad.sum && ! cmp -s good.sum bad.sum &&
	state 5 >net && state 9 >data
'

fresh () {
	rm -rf "$TRASH_DIRECTORY/work" &&
		cp -a "$TRASH_DIRECTORY/bad" "$TRASH_DIRECTORY/work" &&
		{ cd "$TRASH_DIRECTORY/work" || return 1; }
}

# Ids of rollbacks that left something.
left () {
	find work/.git/vault/rollback -mindepth 1 -maxdepth 1 -type d \
		2>/dev/null
}

# How often it was told, or waits to be.
told () {
	{
		git -C work log --format=%B --glob=refs/vault/audit
		cat work/.git/vault/audit-queue/* 2>/dev/null
	} | grep -c "^Vault-Event: rollback"
}

# How many records there are; the first is what was marked.
records () {
	git -C work for-each-ref refs/vault/good/prod | wc -l
}

# It has its record, once, unless the disk would not have it.
is_done () {
	test "$(records)" = 2 || {
		test "$(records)" = 1 && test "$fault_mode" != kill &&
			test "$fault_mode" != tear
	} || return 1
	dir=$(left) && cmp net "$dir/states/prod/net.tfstate" &&
		cmp data "$dir/states/prod/data.tfstate" &&
		test_path_is_file "$dir/note" &&
		test -n "$(find "$dir" -name net.tfstate -perm 600)" &&
		test "$(told)" -gt 0 &&
		test -z "$(git -C work log --format=%B --glob=refs/vault/audit |
			grep "^Vault-Event: restore$")"
}

is_undone () {
	test "$(records)" = 1 && test -z "$(left)" && test "$(told)" = 0
}

# One command more, and all is of one side; then it can be done, or taken back.
check_rollback () {
	git -C work vault list >list 2>next || return 1
	standing work >now
	if cmp -s good.sum now
	then
		is_done && side=finished
	else
		cmp bad.sum now && is_undone && side=undone
	fi || {
		echo "after the next command:" && cat next && left
		return 1
	}
	test $fault_status != 0 || test $side = "$goes" || return 1
	test_path_is_missing work/.git/vault/rollback/pending &&
		test_path_is_missing work/.git/vault/rollback/played &&
		test_path_is_missing work/.git/vault/restore || return 1
	echo $side >>sides
	if test $side = finished
	then
		git -C work vault -q rollback --undo "$(basename "$(left)")" \
			>out && standing work >now && cmp bad.sum now
	else
		git -C work vault -q rollback prod >out &&
			standing work >now && cmp good.sum now && is_done
	fi || return 1
	git -C work fsck --no-dangling >fsck 2>&1 &&
		test_grep ! "^error\|missing" fsck
}

# With fewer moments none of them might come before the switch.
few=$fault_max
test "${fault_max:-6}" -ge 6 || fault_max=6

for mode in kill tear enospc eio
do
	test_expect_success "it is of one side after: $mode" '
		: >sides && goes=finished &&
		for_each_fault $mode "fresh && git vault rollback prod" \
			check_rollback &&
		grep -q ^finished sides && grep -q ^undone sides
	'
done
fault_max=$few

# The user writes a file that is about to go back: it is kept, in the tree or in
# the snapshot of what stood, and what is told of the rollback is so.
meet_the_user () {
	fresh && cd .. && meet "$1" "git -C work vault -q rollback prod" \
		"echo mine >work/a/b/1" && status=$(cat first.status) &&
		git -C work vault audit list --json --kind rollback >told &&
		if test "$(cat work/a/b/1)" != mine
		then
			test $status = 0 && test "$(records)" = 2 &&
				standing work >now && cmp good.sum now &&
				echo back >>sides
		elif test $status = 3
		then
			test_grep "warning: a/b/1 did not go back: " first.err &&
				test_grep "the rollback is incomplete, so no record" first.err &&
				test_grep "\"result\": *\"part\"" told &&
				test "$(records)" = 1 && echo part >>sides
		else
			test $status = 0 && echo after >>sides
		fi
}

test_expect_success 'a file that changes in the midst stays, and that is told' '
	fresh && cd .. && n=$(meeting_places "git -C work vault -q rollback prod") &&
	: >sides && i=0 && while test $i -lt "$n"
	do
		i=$((i + (n + 59) / 60)) && meet_the_user $i || {
			echo "at call $i of $n: $(cat first.status first.err)"
			return 1
		}
	done && sort sides | uniq -c && grep -q part sides && grep -q back sides
'

# The commit is there with all of its files, or nothing of it is.
check_commit () {
	git -C work vault list >list 2>next || return 1
	standing work >now
	if test "$(git -C work rev-parse HEAD)" = "$(git -C bad rev-parse HEAD)"
	then
		cmp bad.sum now && is_undone && side=undone
	else
		cmp code.sum now &&
			test "$(git -C work rev-parse "HEAD^{tree}")" = \
				"$(git -C bad rev-parse "HEAD^^{tree}")" &&
			test "$(git -C work rev-parse HEAD^)" = \
				"$(git -C bad rev-parse HEAD)" &&
			test "$(told)" -gt 0 && side=finished
	fi || {
		echo "after the next command:" && cat next && left
		return 1
	}
	test $fault_status != 0 || test $side = finished || return 1
	test_path_is_missing work/.git/vault/rollback/pending &&
		test_path_is_missing work/.git/vault/rollback/played &&
		test_path_is_missing work/.git/vault/restore &&
		test_path_is_missing work/.git/index.lock || return 1
	echo $side >>sides
	git -C work status --short >status && test_must_be_empty status &&
		if test $side = finished
		then
			git -C work vault -q rollback --undo \
				"$(basename "$(left)")" >out &&
				standing work >now && cmp bad.sum now
		else
			git -C work vault -q rollback --as-commit prod >out &&
				standing work >now && cmp code.sum now
		fi && git -C work status --short >status &&
		test_must_be_empty status || return 1
	git -C work fsck --no-dangling >fsck 2>&1 &&
		test_grep ! "^error\|missing" fsck
}

for mode in kill tear enospc eio
do
	test_expect_success "a commit on the branch is of one side after: $mode" '
		fresh && git vault -q rollback --as-commit prod >out && rm out &&
		cd .. && standing work >code.sum && : >sides &&
		for_each_fault $mode \
			"fresh && git vault rollback --as-commit prod" \
			check_commit &&
		grep -q ^finished sides && grep -q ^undone sides
	'
done

# The last kill that leaves the branch where it was and the journal.
kill_before_move () {
	fresh && : >../fault.log &&
		faulty count:0 git vault -q rollback --as-commit prod >../out &&
		cd .. && n=$(fault_calls) &&
		while test "$n" -gt 0
		do
			fresh && : >../fault.log || return 1
			faulty "kill:$n" git vault -q rollback --as-commit prod \
				>../out 2>&1
			cd .. || return 1
			if test -f work/.git/vault/restore/journal &&
				test "$(git -C work rev-parse HEAD)" = \
					"$(git -C bad rev-parse HEAD)"
			then
				return 0
			fi
			n=$((n - 1))
		done
	return 1
}

test_expect_success 'a branch that goes on before the next command stays' '
	kill_before_move &&
	git -C work commit -q --allow-empty -m mine &&
	mine=$(git -C work rev-parse HEAD) && git -C work vault list >out 2>err &&
	test_grep "refs/heads/.* moved meanwhile and stays" err &&
	test "$(git -C work rev-parse HEAD)" = $mine &&
	test_path_is_missing work/.git/vault/restore &&
	test_path_is_missing work/.git/vault/rollback/played
'

test_expect_success 'hooks, and what opens no repository, leave it to the next command' '
	kill_before_move &&
	for command in version help "completion bash" "hooks status" \
		"hooks install" "hooks run pre-commit"
	do
		git -C work vault $command >out 2>&1 &&
		test_path_is_file work/.git/vault/restore/journal || {
			echo "after $command:" && cat out
			return 1
		}
	done &&
	git -C work vault key list >out 2>&1 &&
	test_path_is_missing work/.git/vault/restore &&
	test_path_is_missing work/.git/vault/rollback/played
'

test_expect_success 'an undo is of one side, too, where it is killed' '
	fresh && git vault -q rollback prod >../out && cd .. &&
	mv bad bad.first && mv work bad && id=$(sed -n "s/^undo //p" out) &&
	for_each_fault kill "fresh && git vault rollback --undo $id" "
		git -C work vault list >list 2>next && standing work >now &&
		if cmp -s bad.sum now
		then
			test_path_is_missing work/.git/vault/rollback/$id
		else
			cmp good.sum now &&
			test_path_is_file \
				work/.git/vault/rollback/$id/states/prod/net.tfstate &&
			git -C work vault -q rollback --undo $id >out &&
			standing work >now && cmp bad.sum now
		fi &&
		test_path_is_missing work/.git/vault/rollback/pending &&
		test_path_is_missing work/.git/vault/rollback/played
	"
'

test_done
