#!/bin/sh
# shellcheck disable=SC2154

test_description='an export writes all but what must not leave

A secret behind a ref keeps that ref out of the bundle, with or without a
remote; all else is written, and what is allowed goes.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)
other=ghp_$(printf y | sha256sum | cut -c1-36)

# scene: a repository without a remote, with a vault and a clean snapshot, in d
scene () {
	rm -rf d x.bundle y.bundle && git init -q d && cd d &&
	echo one >a && git add a && git commit -q -m one &&
	git vault init >$T/init 2>&1 &&
	git vault snapshot -m clean >$T/clean 2>$T/said
}

# has BUNDLE TEXT: whether what the bundle has holds it
has () {
	rm -rf "$T/look" && git init -q --bare "$T/look" &&
	git -C "$T/look" fetch -q "$PWD/$1" "+refs/*:refs/b/*" &&
	git -C "$T/look" rev-list --objects --all >"$T/objects" &&
	cut -c1-40 "$T/objects" |
		git -C "$T/look" cat-file --batch >"$T/bytes" &&
	cat "$T/objects" >>"$T/bytes" && grep -aqF -e "$2" "$T/bytes"
}

# held [OPTION…]: the export leaves the secret, and what leads to it, here
held () {
	test_expect_code 3 git vault export "$@" ../x.bundle >$T/out 2>$T/err &&
	test_grep "possible secret (" $T/err &&
	test_grep "not exported" $T/err &&
	test_grep "hint: if these are no secrets: git vault export --allow " $T/err &&
	test_grep ! "$token" $T/err && test_grep ! "$token" $T/out &&
	! has ../x.bundle "$token" &&
	git bundle list-heads ../x.bundle >$T/heads &&
	test_grep refs/vault/keyring $T/heads
}

# run_hint: what it said, as it stands there
run_hint () {
	sed -n "s/.*no secrets: //p" $T/err >$T/hint && test -s $T/hint &&
	(set -e; . "$T/hint") >$T/out 2>$T/said
}

test_expect_success 'a file of a stash: all else is written, and the mend works' '
	(
		scene && echo "token=$token" >a && git stash -q &&
		git vault snapshot --force >$T/id 2>$T/said && held &&
		test_grep "a:1: possible secret (github-pat) in commit" $T/err &&
		test_grep refs/vault/snapshots/$(cat $T/clean) $T/heads &&
		test_grep ! refs/vault/snapshots/$(cat $T/id) $T/heads &&
		run_hint && has ../x.bundle "$token" &&
		git bundle list-heads ../x.bundle >$T/heads &&
		test_grep refs/vault/snapshots/$(cat $T/id) $T/heads &&
		git vault export --force ../x.bundle
	)
'

test_expect_success 'a message, a name and a link on another branch' '
	(
		scene && git checkout -q -b other &&
		git commit -q --allow-empty -m "use $token" &&
		git checkout -q main && git vault snapshot --force >$T/id 2>$T/said && held
	) &&
	(
		scene && git checkout -q -b other && >$token && git add . &&
		git commit -q -m named && git checkout -q main &&
		git vault snapshot --force >$T/id 2>$T/said && held
	) &&
	(
		scene && git checkout -q -b other && ln -s $token l && git add . &&
		git commit -q -m link && git checkout -q main &&
		git vault snapshot --force >$T/id 2>$T/said && held
	)
'

test_expect_success 'two secrets are both named, by one hint' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && echo "token=$other" >c &&
		git add c && git commit -q --no-verify -m c &&
		git vault snapshot --force >$T/id 2>$T/said && held &&
		test_grep "b:1: " $T/err && test_grep "c:1: " $T/err &&
		! has ../x.bundle "$other" &&
		run_hint && has ../x.bundle "$token" && has ../x.bundle "$other"
	)
'

test_expect_success 'the commit that a state, and a record, are of' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b &&
		git vault state save --new --env prod --stack s a >$T/said 2>&1 &&
		git vault good mark --reason works prod >$T/said 2>&1 && held &&
		test_grep ! refs/vault/good $T/heads
	)
'

test_expect_success 'a note' '
	(
		scene && git notes --ref=vault add -m "see $token" HEAD && held &&
		test_grep ! refs/notes/vault $T/heads && run_hint &&
		git bundle list-heads ../x.bundle >$T/heads &&
		test_grep refs/notes/vault $T/heads
	)
'

test_expect_success 'a dry run says so, and writes nothing' '
	(
		scene && echo "token=$token" >a && git stash -q &&
		git vault snapshot --force >$T/id 2>$T/said &&
		test_expect_code 3 git vault export -n ../x.bundle 2>$T/err &&
		test_grep "not exported" $T/err && test_path_is_missing ../x.bundle &&
		test_path_is_missing .git/vault/exported &&
		test_expect_code 129 git vault export -n --allow x ../x.bundle 2>$T/err
	)
'

test_expect_success 'to standard output, and as JSON' '
	(
		scene && echo "token=$token" >a && git stash -q &&
		git vault snapshot --force >$T/id 2>$T/said &&
		test_expect_code 3 git vault export - >../x.bundle 2>$T/err &&
		! has ../x.bundle "$token" &&
		test_expect_code 3 git vault export --json ../y.bundle >$T/out 2>$T/err &&
		test_grep "\"kept_back\":1,\"held\":\[\"a:1: possible secret" $T/out &&
		! has ../y.bundle "$token"
	)
'

test_expect_success 'an increment, and what is allowed comes with the next one' '
	(
		scene && git vault export ../x.bundle 2>$T/said &&
		rm -f ../x.bundle && echo "token=$token" >a && git stash -q &&
		git vault snapshot --force >$T/id 2>$T/said &&
		git notes --ref=vault add -m "well" HEAD &&
		test_expect_code 3 git vault export --incremental ../y.bundle 2>$T/err &&
		git bundle list-heads ../y.bundle >$T/heads &&
		test_grep refs/notes/vault $T/heads &&
		test_grep ! refs/vault/snapshots $T/heads &&
		run_hint && git bundle list-heads ../y.bundle.2 >$T/heads &&
		test_grep refs/vault/snapshots/$(cat $T/id) $T/heads
	)
'

test_expect_success 'a ref that the basis has stays as it was there' '
	(
		scene && git vault state save --new --env prod --stack s a >$T/said 2>&1 &&
		git vault export ../x.bundle 2>$T/said &&
		before=$(git rev-parse refs/vault/state/prod/s) &&
		echo two >a && echo "token=$token" >b && git add . &&
		git commit -q --no-verify -m b &&
		git vault state save --new --env prod --stack s a >$T/said 2>&1 &&
		git vault snapshot --force >$T/id 2>$T/said &&
		test_expect_code 3 git vault export --json --basis ../x.bundle \
			../y.bundle >$T/out 2>$T/err &&
		! git bundle list-heads ../y.bundle | grep snapshots/$(cat $T/id)
	)
'

test_expect_success 'what a remote has is out, and is not looked at again' '
	(
		scene && git init -q --bare ../srv.git &&
		git remote add origin ../srv.git &&
		echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && git push -q origin main &&
		git vault snapshot --force >$T/id 2>$T/said &&
		git vault export ../x.bundle 2>$T/said && has ../x.bundle "$token"
	)
'

test_expect_success 'a bundle that keeps something back is imported' '
	(
		scene && echo "token=$token" >a && git stash -q &&
		git vault snapshot --force >$T/id 2>$T/said && held
	) &&
	git clone -q d e && cd e && git vault import ../x.bundle >$T/out 2>&1 &&
	git vault list >$T/list && test_grep "$(cat $T/clean)" $T/list
'

test_done
