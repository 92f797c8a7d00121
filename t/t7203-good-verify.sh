#!/bin/sh

test_description='the checks by which a candidate becomes known-good

git vault good verify: snapshot, states, secrets in what was deployed, and the
commands of the policy. A candidate is promoted by a later record, and only where
all of them pass.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# records: how many prod has
records () {
	git for-each-ref refs/vault/good/prod | wc -l | tr -d ' '
}

# statement N: what is in the envelope
statement () {
	git cat-file tag "refs/vault/good/prod/$1" |
		sed -n 's/.*"payload":"\([^"]*\)".*/\1/p' | base64 -d
}

state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[],"check_results":null}\n'
}

test_expect_success 'without a record there is nothing to verify' '
	test_commit one &&
	test_expect_code 128 git vault good verify prod 2>err &&
	test_grep "has no record to verify; to record" err && rm err
'

test_expect_success 'a candidate is promoted by a record of its own' '
	echo "keep: it" >notes && git vault -q snapshot >.git/id &&
	state 3 | git vault -q state save --new --env prod --stack net - &&
	git vault -q good mark --status candidate --approver Ann \
		--artifact a=sha256:$(printf %064d 1) prod &&
	git vault good verify prod >.git/out 2>.git/err &&
	sed "s/[0-9][0-9]*/N/g" .git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	snapshot: passed, N objects, N faults
	state net: passed, N resources, N findings
	scan: passed, N file, N findings
	END
	test_cmp .git/expect .git/actual &&
	test_grep "prod: record 2 makes candidate 1 good" .git/err &&
	statement 2 >.git/out &&
	test_grep "\"promotes\":\"$(git rev-parse refs/vault/good/prod/1)\"" .git/out &&
	test_grep "\"checks\":\[{\"detail\":\"[^\"]*\",\"name\":\"snapshot\",\"passed\":true}" .git/out &&
	test_grep "\"approvers\":\[\"Ann\"\]" .git/out &&
	test_grep "\"serial\":3" .git/out && test_grep "\"name\":\"a\"" .git/out &&
	git vault show --json good:prod >.git/out &&
	test_grep "$(cat .git/id)" .git/out && test_grep "known-good: prod" .git/out
'

test_expect_success 'what is verified already is only looked at' '
	git vault good verify prod >.git/out && test "$(records)" = 2 &&
	git vault good verify prod 1 >.git/out && test "$(records)" = 2
'

test_expect_success 'it says of the candidate what was, not what is' '
	git vault -q good mark --status candidate prod &&
	state 4 | git vault -q state save --new --env prod --stack net - &&
	git vault -q good verify prod &&
	statement 4 >.git/out &&
	test_grep "\"serial\":3" .git/out && test_grep ! "\"serial\":4" .git/out
'

test_expect_success 'commands of the policy have their say' '
	cat >.gitvault.yaml <<-\END &&
	good:
	  checks:
	    smoke: test "$GIT_VAULT_ENVIRONMENT" = prod && test -f one.t
	    facts: >-
	      echo "$GIT_VAULT_RECORD $GIT_VAULT_COMMIT $GIT_VAULT_SNAPSHOT" >.git/told
	    left: "sleep 20 & exit 0"
	END
	accept_policy &&
	git vault -q good mark --without-snapshot --status candidate prod &&
	mkdir -p sub && (cd sub && git vault good verify prod) >.git/out &&
	test_grep "^smoke: passed, exit status 0$" .git/out &&
	test_grep "^facts: passed, exit status 0$" .git/out &&
	test_grep "^left: passed, exit status 0, and a process of it went on$" \
		.git/out &&
	echo "5 $(git rev-parse HEAD) $(cat .git/id)" >.git/expect &&
	test_cmp .git/expect .git/told && test "$(records)" = 6
'

test_expect_success 'without a working tree they are not run, and nothing is promoted' '
	git clone -q --mirror . ../bare.git &&
	printf "good:\n  checks:\n    ran: touch %s/ran\n" "$(cd .. && pwd)" >.gitvault.yaml &&
	git add .gitvault.yaml && git commit -q -m policy &&
	git push -q ../bare.git HEAD:main && accept_policy ../bare.git &&
	git -C ../bare.git vault -q good mark --status candidate prod &&
	test_expect_code 1 git -C ../bare.git vault good verify prod >out 2>err &&
	test_grep "^ran: failed, it was not run" out &&
	test_grep "commands of the policy run in a" err &&
	test_path_is_missing ../ran && rm out err &&
	git reset -q --hard HEAD^
'

test_expect_success 'one that fails promotes nothing, and its words are kept nowhere' '
	cat >.gitvault.yaml <<-\END &&
	good:
	  checks:
	    smoke: "echo >&2 the token is quite-a-secret; exit 7"
	    other: "true"
	END
	accept_policy &&
	git vault -q good mark --status candidate prod && n=$(records) &&
	test_expect_code 1 git vault good verify prod >.git/out 2>.git/err &&
	test_grep "^smoke: failed, exit status 7$" .git/out &&
	test_grep "^other: passed" .git/out &&
	test_grep "smoke: the token is quite-a-secret" .git/err &&
	test_grep "1 of 5 checks failed" .git/err && test "$(records)" = $n &&
	git vault good show --json prod >.git/out &&
	test_grep "\"record\": *6," .git/out
'

test_expect_success 'nor is a secret shown that a failing one prints' '
	cat >.gitvault.yaml <<-\END &&
	good:
	  checks:
	    leak: "p=Zk3fj29s; echo >&2 login failed: password=${p}Lq0xW7; exit 7"
	END
	accept_policy && test_expect_code 1 git vault good verify prod >.git/out 2>.git/err &&
	test_grep "leak: login failed: password=<withheld>" .git/err &&
	test_must_fail grep Zk3fj29s .git/out .git/err &&
	cat >.gitvault.yaml <<-\END && accept_policy
	good:
	  checks:
	    smoke: "echo >&2 the token is quite-a-secret; exit 7"
	    other: "true"
	END
'

test_expect_success JQ 'as JSON' '
	test_expect_code 1 git vault good verify --json prod >.git/out &&
	jq -e "(.passed | not) and (.promoted | not) and .records == [] and
		(.checks[] | select(.name == \"smoke\") | .passed | not)" .git/out &&
	echo "good: { checks: }" >.gitvault.yaml && accept_policy &&
	git vault good verify --json prod >.git/out &&
	jq -e ".passed and .promoted and .records[0].record == 8" .git/out
'

test_expect_success 'a policy that is off ends it' '
	git vault -q good mark --status candidate prod && n=$(records) &&
	for text in "good: 7" "good: { check: {} }" "good: { checks: [a] }" \
		"good: { checks: { a: { b: c } } }" "good: { checks: { a: } }"
	do
		echo "$text" >.gitvault.yaml &&
		test_expect_code 128 git vault good verify prod 2>.git/err &&
		test_grep "^git-vault: .gitvault.yaml:1: " .git/err || return 1
	done && rm .gitvault.yaml && test "$(records)" = $n
'

test_expect_success 'a secret in what was deployed is found, also where it is old' '
	printf "aws_secret_access_key = \"%s\"\n" \
		"wJalrXUtnFEMIK7MDENGbPxRfiCYzQ3vT8nHs2Lq" >old.tf &&
	printf "aws_access_key_id = \"AKIA%s\"\n" Z7Q3TDNX2VLMK4RJ >>old.tf &&
	git add old.tf && git commit -q -m "a key" && test_commit later &&
	git vault -q good mark --status candidate prod &&
	test_expect_code 1 git vault good verify prod >.git/out &&
	test_grep "^scan: failed, .* the first: old.tf:[12] " .git/out &&
	test_grep ! wJalr .git/out &&
	git rm -q old.tf && git commit -q -m "without" &&
	git vault -q good mark --status candidate prod &&
	git vault good verify prod >.git/out && test_grep "^scan: passed" .git/out
'

test_expect_success 'what was revoked meanwhile is not promoted' '
	test_commit bad && git vault -q good mark --status candidate prod >.git/n &&
	git vault -q good revoke --reason "no" prod $(cat .git/n) &&
	test_expect_code 128 git vault good verify prod $(cat .git/n) 2>.git/err &&
	test_grep "is revoked, so there is nothing to verify" .git/err
'

test_expect_success 'another snapshot under the name of its own fails, however whole' '
	test_commit swapped && git vault -q snapshot --force >.git/id &&
	git vault -q good mark --status candidate prod && n=$(records) &&
	ref=refs/vault/snapshots/$(cat .git/id) && was=$(git rev-parse $ref) &&
	forged=$(git cat-file commit $was | sed "s/^author [^<]*/author Mallory /" |
		git hash-object -t commit -w --stdin) &&
	git update-ref $ref $forged && git vault show $(cat .git/id) >.git/out &&
	test_expect_code 1 git vault good verify prod >.git/out &&
	test_grep "^snapshot: failed, .*$(git rev-parse --short=10 $forged)" .git/out &&
	test "$(records)" = $n && git update-ref $ref $was &&
	git vault good verify prod >.git/out && test_grep "^snapshot: passed" .git/out
'

test_expect_success 'a lost state and a deleted snapshot fail' '
	test_commit whole && git vault -q snapshot --force >.git/id &&
	git vault -q good mark --status candidate prod &&
	git update-ref -d refs/vault/state/prod/net &&
	test_expect_code 1 git vault good verify prod >.git/out &&
	test_grep "^state net: failed, " .git/out &&
	test_grep "^snapshot: passed, " .git/out &&
	git vault -q delete $(cat .git/id) &&
	test_expect_code 1 git vault good verify prod >.git/out &&
	test_grep "^snapshot: failed, it is not here any more$" .git/out
'

test_expect_success 'who is not trusted does not keep a candidate from being promoted' '
	git init -q trust && (
		cd trust && test_commit one && git vault -q init 2>/dev/null &&
		echo "good: {signers: [\"$(git vault key signer)\"]}" \
			>.gitvault.yaml &&
		git add . && git commit -q -m policy && accept_policy &&
		git vault -q snapshot &&
		git vault -q good mark --status candidate prod &&
		git vault -q good verify prod && statement 2 >.git/statement &&
		{
			git cat-file tag refs/vault/good/prod/2 | sed "\$d" &&
			cat .git/statement && echo
		} >.git/tag &&
		git update-ref refs/vault/good/prod/2 \
			$(git hash-object -t tag -w .git/tag) &&
		test_expect_code 128 git vault good show prod &&
		git vault good verify prod 2>.git/err &&
		test_grep "record 3 makes candidate 1 good" .git/err &&
		git vault good show prod >.git/out && test_grep "^prod/3" .git/out
	)
'

# soon COMMAND: whether it succeeds in some seconds
soon () {
	i=0
	until "$@" 2>/dev/null
	do
		i=$((i + 1)) && test $i -lt 200 && sleep 0.1 || return 1
	done
}

is_gone () {
	! kill -0 "$1"
}

# verifying COMMAND: verify a candidate of dev with that check, until it has
# written what process it is into .git/long
verifying () {
	cat >.gitvault.yaml <<-END &&
	good:
	  checks:
	    long: '$1'
	    next: "touch .git/next"
	END
	accept_policy && rm -f .git/long && git vault -q good mark --status candidate dev &&
	{ git-vault good verify dev 2>.git/err & } && verifying=$! &&
	soon test -s .git/long
}

# not_promoted N: nor does the check still run, and N records are there
not_promoted () {
	soon is_gone "$(cat .git/long)" && test_path_is_missing .git/next &&
	test "$(git for-each-ref refs/vault/good/dev | wc -l)" = $1
}

# A signal to us alone, not by a terminal to all.
test_expect_success 'who is to stop ends the check that runs, and promotes nothing' '
	verifying "echo \$\$ >.git/long; sleep 60 & wait" &&
	kill -TERM $verifying && test_expect_code 130 wait $verifying &&
	not_promoted 1
'

test_expect_success 'also where it writes elsewhere' '
	verifying "exec >.git/log 2>&1; echo \$\$ >.git/long; sleep 60 & wait" &&
	kill -TERM $verifying && test_expect_code 130 wait $verifying &&
	not_promoted 2
'

test_expect_success 'also where it does not end, and he is told to stop again' '
	verifying "trap \"\" TERM; echo \$\$ >.git/long; sleep 60; sleep 60" &&
	kill -TERM $verifying && sleep 0.3 &&
	{ kill -TERM $verifying || :; } &&
	{ wait $verifying 2>.git/err; test $? -ge 130; } && not_promoted 3
'

test_done
