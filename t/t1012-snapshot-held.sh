#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them

test_description='a branch or stash that must not leave is stored encrypted

A snapshot leaves it out of its parents, so that sync can send the snapshot, and
nothing of it is lost.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

# clean: the server has nothing of it
clean () {
	git -C ../srv.git rev-list --objects --all | cut -c1-40 |
		git -C ../srv.git cat-file --batch >"$T/bytes" &&
	! grep -aqF "$token" "$T/bytes"
}

scene () {
	rm -rf srv.git d && git init -q --bare srv.git &&
	git init -q d && cd d && git remote add origin "$TRASH_DIRECTORY/srv.git" &&
	echo one >a && git add a && git commit -q -m one &&
	git push -q origin main && git vault init >"$T/init" 2>&1
}

# sent: the next snapshot says so, and is sent
sent () {
	git vault snapshot -m later >"$T/id" 2>"$T/said" &&
	snap=refs/vault/snapshots/$(cat "$T/id") &&
	test_grep "possible secret (github-pat) in commit" "$T/said" &&
	test_grep ! "$token" "$T/said" &&
	git vault sync >"$T/out" 2>&1 && test_grep "^sent  *snapshots" "$T/out" &&
	clean && git vault verify >"$T/out" 2>&1
}

# unpack DIR: what was left out, by git and age alone, in a mirror
unpack () {
	rm -rf "$1" && git clone -q --mirror "$TRASH_DIRECTORY/srv.git" "$1" &&
	git -C "$1" cat-file blob "$snap:meta/meta-secrets" >"$T/list" &&
	object=$(awk '$8 == "origin/unpushed.pack" { print $7 }' "$T/list") &&
	key=$(find "$HOME" -name "identity*" -type f | head -n 1) &&
	git -C "$1" cat-file blob "$object" | age -d -i "$key" |
		gzip -dcf | git -C "$1" unpack-objects -q
}

test_expect_success 'a stash' '
	(
		scene && echo "token=$token" >a && git stash -q && sent &&
		test_cmp_rev HEAD "$snap^1" && test_must_fail git rev-parse -q --verify "$snap^2" &&
		stash=$(git rev-parse stash) && unpack ../m &&
		git -C ../m show $stash:a >actual && test_grep "$token" actual
	)
'

test_expect_success 'a branch, by its message' '
	(
		scene && git checkout -q -b other && git commit -q --allow-empty -m $token &&
		tip=$(git rev-parse HEAD) && git checkout -q main && sent && unpack ../m &&
		git -C ../m cat-file commit $tip >actual && test_grep "$token" actual
	)
'

test_expect_success 'one branch of two, and the other stays a parent' '
	(
		scene && git checkout -q -b good && echo g >g && git add g &&
		git commit -q -m good && git checkout -q -b bad main &&
		echo "token=$token" >b && git add b && git commit -q -m bad &&
		git checkout -q main && sent &&
		git rev-list --parents --no-walk $snap >actual &&
		test_grep "$(git rev-parse good)" actual &&
		test_grep ! "$(git rev-parse bad)" actual
	)
'

test_expect_success 'the branch that is checked out' '
	(
		scene && echo "token=$token" >b && git add b && git commit -q -m bad &&
		echo two >c && git add c && git commit -q -m two && sent &&
		head=$(git rev-parse HEAD) && git cat-file commit $snap >actual &&
		test_grep "^Vault-Base: $head$" actual &&
		test_cmp_rev origin/main $snap^1 &&
		git cat-file -e $snap:index &&
		rm actual && git vault snapshot -q >$T/again && git vault snapshot --json >$T/again &&
		test_grep "\"created\": *false" $T/again &&
		unpack ../m && git -C ../m show $head~1:b >$T/actual &&
		test_grep "$token" $T/actual
	)
'

test_expect_success 'another clone has the files and what was staged' '
	rm -rf e && git clone -q srv.git e && (
		cd e && git vault sync >$T/out 2>&1 &&
		git vault verify --all >$T/out 2>&1 &&
		git vault restore latest --to ../to >$T/out 2>&1 &&
		test_cmp ../d/b ../to/b && test_cmp ../d/c ../to/c && rm -rf ../to &&
		git vault restore latest --in-place --index >$T/out 2>&1 &&
		git diff --cached --name-only >$T/staged &&
		test_write_lines b c >$T/expect && test_cmp $T/expect $T/staged &&
		git vault show latest >$T/out && git vault diff latest >$T/out 2>&1
	)
'

test_expect_success 'the same secret on two branches' '
	(
		scene && for b in x y
		do
			git checkout -q -b $b main && echo $b >c && echo "token=$token" >b &&
			git add . && git commit -q -m $b || return 1
		done && git checkout -q main && sent &&
		git rev-list --parents --no-walk $snap >actual &&
		test_cmp_rev main $snap^1 && test_must_fail git rev-parse -q --verify $snap^2
	)
'

test_expect_success 'what the remote has is a parent as before, and without a remote all is' '
	(
		scene && echo "token=$token" >b && git add b && git commit -q -m bad &&
		git push -q origin main && git vault snapshot >$T/id 2>$T/said &&
		test_grep ! "possible secret (github-pat) in" $T/said &&
		test_cmp_rev HEAD refs/vault/snapshots/$(cat $T/id)^1
	) &&
	git init -q alone && (
		cd alone && echo "token=$token" >b && git add b && git commit -q -m bad &&
		git vault snapshot >$T/id 2>$T/said &&
		test_cmp_rev HEAD refs/vault/snapshots/$(cat $T/id)^1
	)
'

test_done
