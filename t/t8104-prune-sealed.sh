#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault prune: sealed values that no snapshot has any more'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"
. "$TEST_DIRECTORY/lib-withhold.sh"

# sealed [SCOPE]: ids of the values that the scope has
sealed () {
	git ls-tree -r -t --name-only "refs/vault/secrets/${1:-shared}" |
		sed -n 's|^../\([0-9a-f]*\)\.age$|\1|p' | sort
}

# is_sealed ID [SCOPE]
is_sealed () {
	sealed $2 >ids.out && grep -q "^$1" ids.out
}

# id_of PATH: of the value that the last snapshot has there
id_of () {
	git cat-file blob "$snap:meta/secrets" |
		sed -n "s| [0-9a-f]* $1\$||p" | sed -n '1s/.* //p'
}

# snap_at TIME
snap_at () {
	now_is "$1" && take --force
}

# random SEED LENGTH: as many letters
random () {
	perl -e 'srand $ARGV[0]; print chr(32 + rand 90) for 1..$ARGV[1]' "$1" "$2"
}

keep_one () {
	git vault prune --empty-trash --keep-last 1 -g "" "$@" >out 2>err
}

test_expect_success 'three snapshots, each with a value of its own' '
	printf "%s\n" "*.env" "*.out" out err >.gitignore &&
	printf "%s\n" "*" "!*.env" >.vaultignore && git add . &&
	git commit -q -m first &&
	echo "A=one-of-the-first" >.env && echo "S=same-in-all-of-them" >s.env &&
	snap_at "2026-03-01 10:00" && one=$(id_of .env) &&
	echo "A=two-of-the-second" >.env &&
	snap_at "2026-03-01 11:00" && two=$(id_of .env) &&
	echo "A=three-of-the-third" >.env &&
	snap_at "2026-03-01 12:00" && three=$(id_of .env) &&
	test -n "$one" && test -n "$two" && test -n "$three" &&
	is_sealed $one && is_sealed $two && is_sealed $three
'

test_expect_success 'a dry run says which, and changes nothing' '
	now_is "2026-03-02 12:00" &&
	git for-each-ref refs/vault >before &&
	keep_one -n && git for-each-ref refs/vault >after &&
	test_cmp before after &&
	test_grep "drop  value $one of scope shared" out &&
	test_grep "drop  value $two of scope shared" out &&
	test_grep ! "value $three" out &&
	test_grep "would drop 2 encrypted secrets of" err &&
	git vault --json prune -n --empty-trash --keep-last 1 -g "" >json &&
	test_grep "\"sealed\":.*\"dropped\": *2" json && test_grep "$one" json
'

test_expect_success 'what a snapshot keeps stays' '
	git vault prune -n --empty-trash --keep-last 3 -g "" >out 2>err &&
	test_grep ! "value" out && test_grep ! "encrypted" err
'

test_expect_success 'those go that no snapshot has, and their objects with them' '
	was=$(git rev-parse refs/vault/secrets/shared) &&
	object=$(git rev-parse refs/vault/secrets/shared:$(printf %.2s $one)/$one.age) &&
	keep_one && test_grep "dropped 2 encrypted secrets of" err &&
	git vault audit list -n 2 --json >json &&
	test_grep "\"kind\":\"prune-values\".*\"kind\":\"prune\"" json &&
	test_grep "\"ids\":\[[^]]*$one[^]]*\],\"ids_total\":2" json &&
	is_sealed $three && ! is_sealed $one && ! is_sealed $two &&
	git rev-parse -q --verify refs/vault/secrets/shared:sealed-for &&
	git rev-list --objects --glob=refs/vault/ >reached.out &&
	test_grep ! $object reached.out && test_grep ! $was reached.out &&
	git fsck --strict --no-dangling && git vault verify --deep >out &&
	test_grep "verified, all intact" out &&
	git vault restore latest --to ../back && test_cmp .env ../back/.env
'

test_expect_success 'once more there is nothing to do' '
	git for-each-ref refs/vault >before && keep_one &&
	git for-each-ref refs/vault >after && test_cmp before after &&
	test_grep ! "encrypted" err
'

test_expect_success 'what was sealed within two hours stays' '
	echo "A=four-that-is-young" >.env &&
	snap_at "2026-03-03 12:00" && four=$(id_of .env) &&
	echo "A=three-of-the-third" >.env && snap_at "2026-03-03 12:30" &&
	now_is "2026-03-03 13:50" && keep_one && is_sealed $four &&
	now_is "2026-03-03 14:10" && keep_one && ! is_sealed $four &&
	is_sealed $three
'

test_expect_success 'what somebody named, revoked or rotated stays' '
	echo "A=five-is-revoked-now" >.env &&
	snap_at "2026-03-04 10:00" && five=$(id_of .env) &&
	echo "SIX=six-is-imported-by-hand" >../six.env &&
	git vault secret import --scope shared ../six.env >import.out 2>err &&
	git vault secret revoke $five --reason lost >revoke.out 2>err &&
	echo "A=seven-will-be-rotated" >.env &&
	snap_at "2026-03-04 10:10" && seven=$(id_of .env) &&
	echo "A=eight-took-its-place" >.env && cp .env eight.out &&
	git vault secret rotate --value-from eight.out $seven >rotate.out 2>err &&
	eight=$(sed -n "s/.*new value is //p" rotate.out) &&
	echo "A=three-of-the-third" >.env && snap_at "2026-03-04 11:00" &&
	sealed >before &&
	now_is "2026-03-06 10:00" && keep_one &&
	is_sealed $five && is_sealed $seven && is_sealed $eight &&
	git vault secret list >list.out && test_grep SIX list.out &&
	sealed >after && test_cmp before after
'

test_expect_success 'a value in chunks goes and stays with them' '
	random 7 600000 >big.env && cp big.env big.out &&
	snap_at "2026-03-07 10:00" && big=$(id_of big.env) &&
	random 8 200000 >big.env && cat big.out >>big.env &&
	cp big.env big2.out && snap_at "2026-03-07 11:00" &&
	now_is "2026-03-08 10:00" && keep_one && ! is_sealed $big &&
	git vault verify --deep >verify.out &&
	git vault restore latest --to ../back2 &&
	test_cmp_bin big2.out ../back2/big.env &&
	sealed >many && test $(wc -l <many) -gt 8 &&
	rm big.env && snap_at "2026-03-08 11:00" &&
	now_is "2026-03-09 12:00" && keep_one &&
	sealed >few && test $(wc -l <few) -lt 7
'

test_expect_success 'where a list cannot be read nothing goes' '
	echo "A=nine-of-the-ninth" >.env &&
	snap_at "2026-03-10 10:00" && nine=$(id_of .env) &&
	echo "A=ten-of-the-tenth" >.env &&
	snap_at "2026-03-10 11:00" && now_is "2026-03-11 12:00" &&
	cp -a . ../hurt && cd ../hurt &&
	snapshot_list=list.out && echo "git-vault secrets 9" >list.out &&
	GIT_VAULT_TEST_TIME= && unset GIT_VAULT_TEST_TIME &&
	test_tick=$(date -u -d "2026-03-11 11:00" +%s) &&
	snapshot_take -x "Vault-Secrets: 1" &&
	now_is "2026-03-11 13:00" &&
	keep_one && test_grep "no encrypted secrets were deleted: the list of a snapshot" err &&
	is_sealed $nine && cd "$OLDPWD"
'

test_expect_success 'while another worktree takes a snapshot nothing goes' '
	git worktree add -q ../second && git -C ../second vault status >out &&
	mkdir -p .git/worktrees/second/vault &&
	flock .git/worktrees/second/vault/lock \
		git vault prune --empty-trash --keep-last 1 -g "" >out 2>err &&
	test_grep "another working tree is taking a snapshot" err &&
	is_sealed $nine
'

test_expect_success 'nor where nobody can tell which worktrees there are' '
	mv .git/worktrees ../aside && ln -s worktrees .git/worktrees &&
	test_when_finished "rm -f .git/worktrees &&
		mv ../aside .git/worktrees" &&
	test_expect_code 3 git vault prune --empty-trash --keep-last 1 -g "" >out 2>err &&
	test_grep "no encrypted secrets were deleted: cannot open .*worktrees" err &&
	is_sealed $nine &&
	git vault hooks status >out &&
	{ git vault doctor >out 2>err || test $? = 1; } &&
	test_must_be_empty err
'

test_expect_success 'then they do' '
	keep_one && ! is_sealed $nine
'

test_expect_success 'a file beside the folders of worktrees is none' '
	touch .git/worktrees/.DS_Store && keep_one -v &&
	test_grep ! "cannot make" err && rm .git/worktrees/.DS_Store
'

test_expect_success 'states have parts of their own, and hold no value back' '
	printf "{\"version\":4,\"serial\":1,\"lineage\":\"l\"}" >state.json &&
	git vault state save --new --env prod state.json >id && mv state.json ../ &&
	now_is "2027-03-01 10:00:00" &&
	echo "TOKEN=$(random 77 24 | tr -dc A-Za-z0-9)" >gone.env &&
	snap_at "2027-03-01 10:00:00" && rm gone.env &&
	snap_at "2027-03-01 14:00:00" && snap_at "2027-03-01 14:00:01" &&
	keep_one && test_grep ! "states" err && git vault state restore >back &&
	cmp ../state.json back && rm back id
'

test_done
