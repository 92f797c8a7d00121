#!/bin/sh

test_description='sync does not look again at what it found nothing in

But what is new, what another remote lacks and what other rules find is looked
at.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)
cleared=.git/vault/cleared

# scene: a clone of an empty server, in d, with a branch that nobody has
scene () {
	rm -rf srv.git two.git d && git init -q --bare srv.git &&
	git init -q --bare two.git && git init -q d && cd d &&
	git remote add origin "$TRASH_DIRECTORY/srv.git" &&
	echo one >a && git add a && git commit -q -m one &&
	git push -q origin main && git vault init >$T/init 2>&1 &&
	echo two >a && git commit -q -a -m two &&
	git vault snapshot >$T/id 2>$T/said
}

# state: of HEAD, without a look at it
state () {
	git config --rename-section remote.origin away.origin &&
	git vault state save --new --env prod --stack s a >$T/out 2>$T/said &&
	git config --rename-section away.origin remote.origin
}

held () {
	test_expect_code 3 git vault sync "$@" >$T/out 2>$T/err &&
	test_grep "possible secret" $T/out
}

test_expect_success 'a snapshot clears its commits for the sync behind it' '
	(
		scene && test_grep "^$(git rev-parse HEAD)$" $cleared &&
		test_grep "^^$(git rev-parse origin/main)$" $cleared &&
		git vault sync >$T/out 2>&1 && git vault sync >$T/out 2>&1
	)
'

test_expect_success 'a secret on top of what is cleared is found' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && state && held
	) &&
	(
		scene && git commit -q --allow-empty -m "use $token" && state && held
	)
'

test_expect_success 'what one remote has is looked at for another one' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && git push -q origin main &&
		echo three >a && git commit -q -a -m three &&
		git vault snapshot >$T/id 2>$T/said &&
		test_grep "^$(git rev-parse HEAD)$" $cleared &&
		git vault sync >$T/out 2>&1 &&
		git remote add two "$TRASH_DIRECTORY/two.git" && held two &&
		git -C ../two.git rev-list --objects --all >$T/objects &&
		test_grep ! "$(git rev-parse HEAD:b)" $T/objects
	)
'

test_expect_success 'what is allowed is not noted' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b &&
		state && held &&
		print=$(sed -n "s/.*--allow \([^ ]*\) .*/\1/p" $T/out | head -1) &&
		git vault sync --allow $print >$T/out 2>&1 &&
		test_grep ! "^$(git rev-parse HEAD)$" $cleared &&
		test_grep ! "^$(git rev-parse refs/vault/state/prod/s)$" $cleared
	)
'

test_expect_success 'another rule has all of it looked at' '
	(
		scene && echo "use acme_$(printf x | sha256sum | cut -c1-24) now" >b && git add b &&
		git commit -q -m b && git vault snapshot --force >$T/id 2>$T/said &&
		test_grep "^$(git rev-parse HEAD)$" $cleared &&
		cat >.gitvault.yaml <<-\EOF &&
		scan:
		  rules:
		  - id: acme-token
		    description: Token of the Acme gateway
		    provider: Acme
		    kind: token
		    anchors: [acme_]
		    pattern: "acme_[0-9a-f]{24}"
		    severity: critical
		    confidence: likely
		    remediation: Ask the gateway team.
		    positive: ["acme_{hex*24}", "x acme_{hex*24}"]
		    negative: ["acme_{hex*8}", "acme_token"]
		EOF
		git add .gitvault.yaml && git commit -q -m policy &&
		git vault policy accept >$T/said 2>&1 && state && held
	)
'

test_expect_success 'a file that is damaged, or says too much, clears nothing' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && state &&
		git rev-parse HEAD >>$cleared && held
	) &&
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && state && : >$cleared && held
	)
'

test_done
