#!/bin/sh

test_description='a record stands behind all that it names, whatever its number is

Numbers are in nothing that is signed: whoever may push gives others, and two
clones that mark at the same time are given others.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

hub=$PWD/../hub.git
good=refs/vault/good/prod

# renumber FROM TO [FROM TO]...: records of the remote, all at once
renumber () {
	git -C "$hub" for-each-ref --format="%(refname) %(objectname)" $good >"$TMPDIR/was" &&
	git -C "$hub" for-each-ref --format="delete %(refname)" $good |
		git -C "$hub" update-ref --stdin &&
	while test $# -gt 0
	do
		tag=$(sed -n "s,^$good/$1 ,,p" "$TMPDIR/was") &&
		git -C "$hub" update-ref $good/$2 $tag && shift 2 || return 1
	done
}

# fresh: another clone, named ../fresh
fresh () {
	rm -rf ../fresh && git clone -q "$hub" ../fresh &&
	git -C ../fresh config vault.auditName fresh &&
	git -C ../fresh vault -q sync >/dev/null
}

test_expect_success 'two releases' '
	git init -q --bare "$hub" && git remote add origin "$hub" &&
	test_commit old && git vault -q good mark prod &&
	test_commit new && git vault -q good mark prod &&
	git push -q origin HEAD:refs/heads/main && git vault -q sync &&
	git vault good show prod >../newest
'

test_expect_success 'numbers that are swapped do not bring the old one back' '
	renumber 1 2 2 1 && fresh &&
	git -C ../fresh vault good show prod >.git/out &&
	test_grep "^prod/1$" .git/out &&
	test_grep "^commit *$(git rev-parse new)" .git/out &&
	git vault -q sync && git vault good show prod >.git/out &&
	test_grep "^commit *$(git rev-parse new)" .git/out &&
	git -C ../fresh vault good list >.git/out &&
	sed -n 2p .git/out | test_grep "^prod *1 *verified"
'

test_expect_success 'nor do they take back a revocation' '
	git for-each-ref --format="delete %(refname)" $good | git update-ref --stdin &&
	git -C "$hub" for-each-ref --format="delete %(refname)" $good |
		git -C "$hub" update-ref --stdin &&
	git vault -q good mark prod && git vault -q good revoke --reason bad prod 1 &&
	git vault -q good mark --reason "not so bad" prod &&
	git vault -q good revoke --reason "very bad" prod 3 && git vault -q sync &&
	renumber 1 1 2 3 3 4 4 2 && fresh &&
	test_expect_code 1 git -C ../fresh vault good check prod $(git rev-parse new) >.git/out &&
	test_grep "very bad" .git/out &&
	test_expect_code 128 git -C ../fresh vault good show prod
'

test_expect_success 'what overrules a revocation does not overrule one that came since' '
	git for-each-ref --format="delete %(refname)" $good | git update-ref --stdin &&
	git -C "$hub" for-each-ref --format="delete %(refname)" $good |
		git -C "$hub" update-ref --stdin &&
	git vault -q good mark prod && git vault -q good revoke --reason one prod 1 &&
	git vault -q sync && fresh &&
	git vault -q good mark --reason "it was a cable" prod &&
	git -C ../fresh vault -q good mark --reason "looks fine" prod &&
	git -C ../fresh vault -q good revoke --reason "it loses orders" prod 3 &&
	git -C ../fresh vault -q sync && git vault -q sync &&
	test_expect_code 1 git vault good check prod new >.git/out &&
	test_grep "it loses orders" .git/out &&
	test_expect_code 128 git vault good show prod &&
	git vault -q good mark --reason "orders are found again" prod &&
	git vault good check prod new
'

test_expect_success 'whoever takes the last number keeps nobody from revoking' '
	git vault -q sync && tag=$(git rev-parse $good/1) &&
	git -C "$hub" update-ref $good/999999999 $tag && git vault -q sync &&
	git update-ref $good/999999999 $tag &&
	n=$(git vault good mark prod 2>/dev/null) && test "$n" = 999999998 &&
	git vault good show prod >.git/out && test_grep "^prod/$n$" .git/out &&
	git vault good revoke --reason over prod $n &&
	test_expect_code 1 git vault good check prod new
'

# Each names the one before, and its number is that of the one behind it; each
# second takes back what the one before it found good again.
test_expect_success PYTHON 'many of them, numbered backwards, take no time' '
	git init -q ../many && (
		cd ../many && test_commit one && python3 - <<-\END &&
		import hashlib, json, subprocess
		def git(*a, **k):
		    return subprocess.run(("git",) + a, check=True, text=True,
		                          stdout=subprocess.PIPE, **k).stdout.split()
		n, previous, tags = 6000, None, []
		commit, tree = git("rev-parse", "HEAD", "HEAD^{tree}")
		for i in range(n):
		    is_bad = i % 2 == 1
		    statement = json.dumps({
		        "_type": "https://in-toto.io/Statement/v1", "predicate": {
		            "actor": "A <a@b>", "approvers": [], "checks": [],
		            "environment": "prod", "evidence": [], "format": 1,
		            "pipeline": None, "previous": previous,
		            "promotes": None, "reason": "r" if is_bad else None,
		            "recipients": {"keyring": None, "readers": []},
		            "revokes": previous if is_bad else None,
		            "snapshot": None, "states": [],
		            "status": "revoked" if is_bad else "verified",
		            "supersedes": None if is_bad else previous,
		            "time": "2025-11-22T08:%02d:%02dZ" % (i // 60 % 60, i % 60)},
		        "predicateType": "urn:git-vault:known-good:v1", "subject": [
		            {"digest": {"gitCommit": commit}, "name": "git:commit"},
		            {"digest": {"gitTree": tree}, "name": "git:tree"}]},
		        sort_keys=True, separators=(",", ":"))
		    tag = ("object %s\ntype commit\ntag prod-%d\ntagger A <a@b> 1 +0000\n\n"
		           "prod\n\n%s\n" % (commit, i, statement)).encode()
		    tags.append(tag)
		    previous = hashlib.sha1(b"tag %d\0" % len(tag) + tag).hexdigest()
		for i, tag in enumerate(tags):
		    open(".git/tag-%d" % i, "wb").write(tag)
		names = "".join(".git/tag-%d\n" % i for i in range(n))
		ids = git("hash-object", "-t", "tag", "-w", "--stdin-paths", input=names)
		git("update-ref", "--stdin", input="".join(
		    "create refs/vault/good/prod/%d %s\n" % (n - i, tag)
		    for i, tag in enumerate(ids)))
		END
		rm .git/tag-* && git pack-refs --all &&
		test_expect_code 1 timeout 40 git vault good check prod >.git/out &&
		test_grep "by record 1: r" .git/out
	)
'

test_done
