#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault secret rotate --patch: new values in the files

What snapshots withhold is made by a purge of snapshots that are made by hand.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-restore.sh"

T=$TMPDIR

# rotate VALUE: in the place of $id
rotate () {
	printf '%s\n' "$1" | git vault secret rotate --patch "$id"
}

# a snapshot that withholds two values
take () {
	git config vault.scan false &&
	snapshot_take &&
	printf first-value-1 | git vault secret purge --stdin &&
	printf second-value-22 | git vault secret purge --stdin
}

test_expect_success 'there is a snapshot that withholds values' '
	test_commit one &&
	mkdir -p envs/prod &&
	printf "x: second-value-22\na: first-value-1\nb: first-value-1;\nend" \
		>envs/prod/db &&
	chmod 640 envs/prod/db &&
	printf "first-value-1" >envs/prod/token &&
	chmod 4750 envs/prod/token &&
	printf "k: second-value-22\n" >envs/prod/other &&
	take
'

test_expect_success 'rotate says where the old value is used' '
	printf first-value-1 >"$T/v" &&
	for i in $(git vault secret list | awk "/envs/ { print \$1 }")
	do
		rm -f "$T/o" &&
		git vault secret show --reveal --output "$T/o" $i || return 1
		if cmp -s "$T/o" "$T/v"
		then
			one=$i
		fi
	done &&
	test -n "$one" && id=$one &&
	printf "throw-away-value\n" | git vault secret rotate $id >actual &&
	test_grep "^still used in envs/prod/db$" actual &&
	test_grep "^still used in envs/prod/token$" actual &&
	test_grep first-value envs/prod/db
'

test_expect_success 'patch puts the new value in exactly its places' '
	rotate "a-longer-new-value" >actual &&
	test_grep "^patched envs/prod/db$" actual &&
	test_grep "^patched envs/prod/token$" actual &&
	printf "x: second-value-22\na: a-longer-new-value\nb: %s;\nend" \
		a-longer-new-value >expect &&
	test_cmp_bin expect envs/prod/db &&
	printf a-longer-new-value >expect &&
	test_cmp_bin expect envs/prod/token &&
	test "$(stat -c %a envs/prod/db)" = 640 &&
	test "$(stat -c %a envs/prod/token)" = 4750 &&
	ls -A envs/prod >names &&
	test_line_count -eq 3 names
'

test_expect_success 'a file that has changed there is left as it is' '
	printf "x: second-value-22\na: something-else\nb: first-value-1;\nend" \
		>envs/prod/db &&
	printf first-value-1 >envs/prod/token &&
	cp envs/prod/db before &&
	test_expect_code 3 rotate "yet-another-value" >actual 2>err &&
	test_grep "envs/prod/db is left as it is: it has changed" err &&
	test_grep "^patched envs/prod/token$" actual &&
	test_cmp_bin before envs/prod/db &&
	! grep -e yet-another -e first-value err
'

test_expect_success 'what lies behind a link is none of ours' '
	mkdir elsewhere &&
	printf first-value-1 >elsewhere/token &&
	printf "x: second-value-22\na: first-value-1\nb: first-value-1;\nend" \
		>elsewhere/db &&
	mv envs/prod envs/was && ln -s ../elsewhere envs/prod &&
	test_expect_code 3 rotate "a-fourth-value-4" >actual 2>err &&
	test_grep "envs/prod/db is left" err &&
	printf first-value-1 >expect &&
	test_cmp_bin expect elsewhere/token &&
	rm envs/prod && mv envs/was envs/prod
'

test_expect_success 'old snapshots keep the old value' '
	git vault secret show --reveal --output old $id &&
	printf first-value-1 >expect &&
	test_cmp_bin expect old &&
	git vault secret history $id >actual &&
	test_grep "^$id  *rotated" actual
'

test_expect_success 'all of it is told, none of it in clear' '
	git log --format=%B --glob=refs/vault/audit >log &&
	test_grep "^Vault-Event: rotate$" log &&
	git cat-file --batch-all-objects --batch >objects &&
	! grep -a -e throw-away -e a-longer-new -e yet-another -e a-fourth \
		objects
'

test_expect_success DEFAULT_ACL 'a patch opens no file to whom the directory names' '
	test_when_finished "rm -rf given" && test_create_repo given && (
		cd given && mkdir d && echo .env >.gitignore &&
		echo "A=some-value-1" >d/.env && chmod 640 d/.env &&
		git add . && git commit -q -m first && git vault -q snapshot &&
		id=$(git vault secret list | awk "/env/ { print \$1 }") &&
		give_default_acl d &&
		python3 -c "import os; os.setxattr(\"d/.env\", \"user.a\", b\"1\")" &&
		echo "A=new-value-2" | git vault secret rotate --patch $id &&
		python3 -c "import os; print(*os.listxattr(\"d/.env\"))" >../actual &&
		test "$(stat -c %a d/.env)" = 640
	) && echo "user.a" >expect && test_cmp expect actual
'

test_expect_success 'what doctor tells of a revoked value ends its use' '
	test_create_repo doctor && (
		cd doctor && git config core.fsync committed,reference &&
		echo .env >.gitignore && echo "A=some-value-1" >.env &&
		git add . && git commit -q -m first && git vault -q snapshot &&
		id=$(git vault secret list | awk "/env/ { print \$1 }") &&
		git vault secret revoke --reason "posted in a chat" $id &&
		test_expect_code 1 git vault doctor >../text &&
		sed -n "/revoked/{n;s/^    //p;}" ../text >../command &&
		test_line_count = 1 ../command && echo "A=new-value-2" |
			sh ../command && test_might_fail git vault doctor >../text &&
		test_grep ! revoked ../text
	) && echo "A=new-value-2" >expect && test_cmp expect doctor/.env
'

test_done
