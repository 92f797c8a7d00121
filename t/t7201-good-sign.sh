#!/bin/sh

test_description='signatures of known-good records

Signed by the identity at hand in an envelope of DSSE, which a script that knows
nothing of git-vault checks by openssl; a bad signature makes a record count for
nothing.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

check=$GIT_VAULT_SRC_DIR/t/helper/dsse-check.py

test_lazy_prereq OPENSSL '
	python3 -c "import sys" &&
	openssl genpkey -algorithm ed25519 -out key && echo x >text &&
	openssl pkeyutl -sign -rawin -inkey key -in text -out sig
'

test_expect_success 'by the identity of this host' '
	test_commit one && git vault -q init 2>/dev/null &&
	echo "k = hunter2-and-more" >.env && echo .env >.gitignore &&
	git vault -q snapshot >id && git vault -q good mark prod &&
	git vault good show prod >out &&
	test_grep "^signed      by [^,]*, ssh-ed25519 " out &&
	test_grep ! "does not name" out &&
	git vault good show --json prod >out &&
	test_grep "\"signed\": *true" out
'

test_expect_success OPENSSL 'a check that knows nothing of us agrees' '
	git vault good export prod >envelope &&
	python3 "$check" envelope . >statement &&
	test_grep "\"git:commit\"" statement &&
	test_grep "$(git rev-parse HEAD)" statement
'

test_expect_success OPENSSL 'and sees that something was changed' '
	python3 - envelope >changed <<-\END &&
	import base64, json, sys
	e = json.load(open(sys.argv[1]))
	p = base64.b64decode(e["payload"]).replace(b"verified", b"candidat")
	e["payload"] = base64.b64encode(p).decode()
	json.dump(e, sys.stdout, sort_keys=True, separators=(",", ":"))
	END
	test_must_fail python3 "$check" changed .
'

# forge FILE: the record with another last line
forge () {
	{
		git cat-file tag refs/vault/good/prod/1 | sed "\$d" && cat "$1"
	} >tag && tag=$(git hash-object -t tag -w tag) &&
		git update-ref refs/vault/good/prod/2 $tag
}

test_expect_success OPENSSL 'so do we' '
	echo >>changed && forge changed &&
	test_expect_code 128 git vault good show prod 2 2>err &&
	test_grep "record 2 of prod is damaged: the signature does not" err &&
	git vault good show --json prod >out &&
	test_grep "\"record\": *1," out
'

test_expect_success 'a signature of another is told as one' '
	ssh-keygen -q -t ed25519 -N "" -C "" -f other &&
	GIT_VAULT_IDENTITY=other git vault -q good mark stage &&
	git vault good show stage 1 >out &&
	test_grep "by a key that the keyring does not name, $(cut -d" " -f1,2 other.pub)$" out
'

test_expect_success OPENSSL 'a key of ssh signs as that key' '
	git vault good export stage 1 >envelope &&
	test_grep "\"keyid\":\"$(cut -d" " -f1,2 other.pub)\"" envelope &&
	python3 "$check" envelope . >statement
'

test_expect_success 'envelopes that are none are damaged' '
	git vault good export prod 1 >envelope &&
	for change in "s/\"keyid\":\"ssh-ed25519/\"keyid\":\"ssh-rsa/" \
		"s/\"sig\":\"..../\"sig\":\"/" "s/vnd.in-toto/vnd.other/" \
		"s/\"payload\":\"..../\"payload\":\"/" "s/\"signatures\":.*/\"signatures\":[]}/" \
		"s/\"sig\":\"[^\"]*\"/\"sig\":7/" "s/.\$//"
	do
		sed "$change" envelope >changed && forge changed &&
		test_expect_code 128 git vault good show prod 2 2>err &&
		test_grep "record 2 of prod is damaged" err || return 1
	done && git update-ref -d refs/vault/good/prod/2
'

# of PROVIDER NAME=VALUE…: a job that deploys, verifies and tells others
of () {
	provider=$1 && shift &&
		env -i PATH="$PATH" HOME="$HOME" GIT_CONFIG_NOSYSTEM=1 \
			GIT_AUTHOR_NAME=ci GIT_AUTHOR_EMAIL=ci@example.com "$@" \
			sh -c "git vault -q good mark --status candidate job &&
				git vault -q good verify job &&
				git vault good export job" >said 2>err &&
		tail -n 1 said >envelope &&
		python3 "$check" envelope . >statement &&
		test_grep "\"provider\": *\"$provider\"" statement &&
		test_grep "\"status\": *\"verified\"" statement &&
		test_grep "\"checks\": *\[{" statement
}

test_expect_success OPENSSL 'a job marks, verifies and exports, and others read it' '
	sha=$(git rev-parse HEAD) && rm -f key text sig &&
	of github GITHUB_ACTIONS=true GITHUB_SHA=$sha GITHUB_RUN_ID=1 &&
	of gitlab GITLAB_CI=true CI_COMMIT_SHA=$sha CI_PIPELINE_ID=2 &&
	of jenkins JENKINS_URL=https://ci/ GIT_COMMIT=$sha BUILD_NUMBER=3
'

test_expect_success 'without an identity it is not signed' '
	git -c init.defaultBranch=main init -q other-repo && cd other-repo &&
	test_commit two && HOME=$PWD XDG_CONFIG_HOME=$PWD \
		git vault good mark prod 2>../err && cd .. &&
	test_grep "not signed" err
'

test_expect_success 'one that is named has to' '
	records=$(git for-each-ref refs/vault/good) &&
	for file in nowhere /dev/null
	do
		test_must_fail git vault -q good mark --identity $file prod 2>err &&
		test_grep "$file\|identities that --identity names" err || return 1
	done &&
	test "$records" = "$(git for-each-ref refs/vault/good)"
'

test_expect_success 'no value of the snapshot is in a record' '
	git for-each-ref --format="%(refname)" refs/vault/good >refs &&
	for ref in $(cat refs)
	do
		git cat-file tag $ref >out && test_grep ! hunter2 out || return 1
	done
'

test_done
