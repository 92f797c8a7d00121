#!/bin/sh
# shellcheck disable=SC2154

test_description='verify, doctor, repair and scan look into the trash, too: what undelete
brings back must be whole, and what it keeps is searched'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"

loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

# scene NAME: a repository with a snapshot of plain git's making, deleted, and one that
# is not; all objects are loose. Its id is in $gone, its commit in $commit.
scene () {
	test_create_repo "../$1" && cd "../$1" && mkdir d && echo "$1" >d/f && echo x >g && git add . &&
		git commit -q -m base && echo changed >d/f && snapshot_take -m one && gone=$snapshot &&
		echo again >d/f && snapshot_take -m two && kept=$snapshot &&
		commit=$(git rev-parse refs/vault/snapshots/$gone) && git config core.fsync committed,reference &&
		git vault -q delete $gone && mkdir .git/packs && mv .git/objects/pack/*.pack .git/packs &&
		rm -f .git/objects/pack/* && for pack in .git/packs/*
		do
			git unpack-objects -q <"$pack" || return 1
		done
}

# faults N TEXT…: verify reports N faults, of the deleted snapshot alone, with these words
faults () {
	test_expect_code 1 git vault verify >.git/out 2>.git/err && test_line_count -eq "$1" .git/out &&
		test_grep ! "$kept" .git/out && shift && for text
		do
			test_grep "$text" .git/out || return 1
		done
}

test_expect_success 'a whole trash is counted, with a name, in JSON and in pieces' '
	(
		scene whole && git vault verify >.git/out &&
		test_grep "^1 snapshot, 1 in the trash verified, all intact" .git/out &&
		git vault verify --json >.git/out && test_grep "\"snapshots\":1,\"in_trash\":1,\"automatic_saves\":0,\"damaged\":0" .git/out &&
		git vault verify $gone >.git/out && test_grep "1 in the trash verified, all intact" .git/out &&
		git vault verify --deep ${gone%?} && git vault verify --max-time 1h >.git/out &&
		test_grep "1 in the trash verified, all intact" .git/out &&
		test_expect_code 128 git vault verify 20010101T000000Z-00000000 2>.git/err &&
		git vault -q undelete $gone && git vault verify >.git/out && test_grep "^2 snapshots verified" .git/out
	)
'

test_expect_success 'a file, a tree and the commit of a deleted snapshot that are lost are reported' '
	(
		scene file && rm -f "$(loose "$(git rev-parse $commit:tree/d/f)")" &&
		faults 1 "^damaged $gone (in the trash):tree/d/f: " && test_grep "1 in the trash verified, 1 damaged" .git/err &&
		test_expect_code 1 git vault verify --json >.git/out && test_grep "\"in_trash\":true" .git/out &&
		test_expect_code 1 git vault verify $gone && git vault verify $kept
	) && (
		scene tree && rm -f "$(loose "$(git rev-parse $commit:tree/d)")" && faults 1 "^damaged $gone (in the trash):tree/d: "
	) && (
		scene commit && rm -f "$(loose $commit)" && faults 1 "^damaged $gone (in the trash): .*$commit" &&
		test_expect_code 1 git vault doctor --json >.git/out && test_grep "\"kind\":\"trash_unreadable\"" .git/out &&
		test_grep "1 snapshot in the trash cannot be brought back, such as $gone" .git/out
	)
'

test_expect_success 'so are a list of deleted snapshots and the file of its ref' '
	(
		scene list && ref=$(git for-each-ref --format="%(refname)" refs/vault-trash) &&
		rm -f "$(loose "$(git rev-parse "$ref^{tree}")")" && faults 1 "^damaged $ref: " &&
		test_expect_code 1 git vault doctor >.git/out 2>.git/err && test_grep "git update-ref -d $ref" .git/out &&
		git vault doctor --json >.git/out; test_grep "\"kind\":\"trash_damaged\"" .git/out
	) && (
		scene empty && ref=$(git for-each-ref --format="%(refname)" refs/vault-trash) && : >".git/$ref" &&
		faults 1 "^damaged $ref: the file of its ref is damaged" &&
		test_expect_code 1 git vault doctor --json >.git/out && test_grep "\"kind\":\"ref_broken\"" .git/out
	)
'

test_expect_success 'repair finds a lost file of it elsewhere, and it comes back' '
	(
		scene mended && cp -r . ../spare && blob=$(git rev-parse $commit:tree/d/f) && rm -f "$(loose $blob)" &&
		git remote add spare ../spare && git vault repair --remote spare >.git/out 2>.git/err &&
		git vault verify >.git/out && git vault -q undelete $gone && git vault cat $gone:d/f >.git/out &&
		echo changed >.git/expect && test_cmp .git/expect .git/out
	)
'

test_expect_success 'scan --all-history finds what only a snapshot keeps, deleted or not' '
	(
		test_create_repo ../history && cd ../history && echo a >a && git add a && git commit -q -m one &&
		git checkout -q -b side && echo "token = \"ghp_$(printf x | sha256sum | cut -c1-36)\"" >key.txt && git add key.txt &&
		git commit -q -m "oh no" && git vault -q snapshot && id=$(git vault list --id-only) && git checkout -q main &&
		git branch -q -D side && git reflog expire --expire=now --all &&
		test_expect_code 1 git vault scan --all-history >.git/out && test_grep "key.txt" .git/out &&
		git vault -q delete $id && test_expect_code 1 git vault scan --all-history >.git/out && test_grep "key.txt" .git/out &&
		rm -rf .git/vault/scanned* && test_expect_code 1 git vault scan --all-history >.git/out &&
		git vault -q prune --empty-trash --reclaim 2>.git/err && git vault scan --all-history >.git/out
	)
'

test_done
