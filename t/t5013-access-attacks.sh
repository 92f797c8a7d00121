#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='what rules of access hold against, and the commands that a server asks

The host names who pushes by a variable, as its programs do.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

test_expect_success 'set up: a server with hooks, and an approved change of bob' '
	team && rules "
	  - {paths: [\"config/prod*\"], keys: [db.**], approvals: 1, by: [dba], valid: 1d}
	  - {env: prod, roles: [sre, dba]}" &&
	for who in bob carol dan
	do
		as $who sh -c "git pull -q && git remote set-head origin main" || return 1
	done &&
	git -C remote vault hooks install >/dev/null && main=$(git -C remote rev-parse main) &&
	as bob sh -c "git switch -q -c host && sed -i s/db1/db9/ config/prod.yaml &&
		git commit -q -a -m nine && git push -q origin host" &&
	later 60 && as carol sh -c "git fetch -q && git vault config approve origin/host" 2>/dev/null && share carol
'

# by WHO REFSPEC…: refused, and main is where it was; taken likewise
by () {
	GL_USER=$1 && export GL_USER && shift && as bob git push -q --no-verify --force origin "$@" 2>err
	by_=$?
	unset GL_USER
	return $by_
}
refused () {
	! by "$@" && test "$(git -C remote rev-parse main)" = "$main"
}
taken () {
	by "$@" && git -C remote update-ref refs/heads/main $main &&
		as bob git fetch -q
}

test_expect_success 'the approved change is taken, by who may' 'taken bob host:main'

test_expect_success 'author and committer decide nothing' '
	as bob sh -c "git switch -q -c posing origin/main && sed -i s/5/6/ config/prod.yaml &&
		git -c user.name=bob -c user.email=bob@x commit -q -a -m six --author=\"bob <bob@x>\"" &&
	refused dan posing:main && test_grep "dan does not have that role" err &&
	refused "" posing:main && test_grep "nobody knows who changes it" err &&
	refused nobody posing:main
'

test_expect_success 'an approval that is forged, of somebody else, or signed by nobody counts for nothing' '
	as bob sh -c "git switch -q -c other origin/main && sed -i s/db1/db7/ config/prod.yaml && git commit -q -a -m seven &&
		git push -q origin other" &&
	as dan sh -c "git fetch -q" && test_must_fail as dan git vault config approve origin/other 2>err &&
	share bob && approval=$(git -C remote rev-parse refs/vault/audit/carol) &&
	subject=$(git -C remote cat-file commit $approval | sed -n "s/^Vault-Ids: //p") && test -n "$subject" &&
	forged=$(git -C remote cat-file commit $approval | sed "s/$subject/0123456789012345678901234567890123456789/" |
		git -C remote hash-object -t commit -w --stdin) &&
	git -C remote update-ref refs/vault/audit/forged $forged && refused bob other:main &&
	test_grep "1 more approval is needed" err && git -C remote update-ref -d refs/vault/audit/forged &&
	taken bob host:main
'

test_expect_success 'replace refs change nothing of what is judged' '
	as bob sh -c "git replace \$(git rev-parse other) \$(git rev-parse origin/main)" &&
	by dan "refs/replace/*:refs/replace/*" && refused bob other:main && test_grep "1 more approval" err &&
	as bob git replace -d $(git -C bob/clone rev-parse other) && git -C remote for-each-ref --format="delete %(refname)" refs/replace |
		git -C remote update-ref --stdin
'

test_expect_success 'another name of the branch is the branch' '
	git -C remote symbolic-ref refs/heads/alias refs/heads/main && refused bob other:alias &&
	test_grep "1 more approval" err && git -C remote symbolic-ref -d refs/heads/alias
'

test_expect_success 'a loosened policy on another branch helps no push to main, nor one in the same push' '
	as bob sh -c "git switch -q -c loose origin/main && git rm -q .gitvault.yaml && git commit -q -m loose" &&
	by bob loose:refs/heads/loose && refused bob loose:refs/heads/loose2 other:main && test_grep "1 more approval" err &&
	as bob sh -c "git merge -q -m both other" && refused bob loose:main && test_grep "only owner may change" err
'

test_expect_success 'an older policy is no way around the newest' '
	as bob sh -c "git switch -q -c old origin/main~1 && sed -i s/db1/db6/ config/prod.yaml && git commit -q -a -m six &&
		git merge -q -m merge origin/main" && refused bob old:main && test_grep "1 more approval" err &&
	refused bob origin/main~1:main && test_grep "moves forward only" err
'

test_expect_success 'rules that a push brings hold for its next commit' '
	as alice sh -c "git fetch -q && git switch -q -c tight origin/main &&
		echo \"  - {paths: [other], roles: [dba]}\" >>.gitvault.yaml && git commit -q -a -m tight &&
		echo x >other && git add other && git commit -q -m other && git push -q origin tight" &&
	as bob git fetch -q && refused root@$(hostname) origin/tight:main && test_grep "other: only dba" err
'

test_expect_success 'who left the keyring has no role, and no approval' '
	as alice git vault key remove carol >/dev/null 2>&1 && share alice &&
	refused carol posing:main && test_grep "the keyring has nobody called .carol.; access.accounts" err &&
	refused bob host:main && test_grep "removed from the keyring\|too few people" err &&
	as alice git vault key add --name carol --signer "$(sed -n 2p carol.pub)" "$top/carol.pub" >/dev/null && share alice &&
	taken bob host:main
'

test_expect_success 'an approval ends, and nobody makes it longer by a clock' '
	later 90000 && refused bob host:main && test_grep "1 more approval\|too old" err &&
	as carol git fetch -q && later -200000 && as carol git vault config approve origin/host 2>/dev/null && share carol &&
	later 200000 && refused bob host:main
'

# ---- commands that are asked -------------------------------------------------

test_expect_success 'a command that nobody accepted on the server is not run, and refuses' '
	as alice sh -c "git switch -q main && git pull -q &&
		{ cat .gitvault.yaml && echo \"  authorize: touch $top/ran; cat $top/answer\" &&
		echo \"  identity: touch $top/ran; cat $top/who\"; } >x && mv x .gitvault.yaml &&
		git commit -q -a -m ask && git push -q origin main:ask" &&
	git -C remote update-ref refs/heads/main $(git -C remote rev-parse ask) && main=$(git -C remote rev-parse main) &&
	as bob sh -c "git fetch -q && git switch -q -C pool origin/main && sed -i s/5/8/ config/prod.yaml && git commit -q -a -m pool" &&
	echo bob >who && echo "{\"allowed\": true}" >answer &&
	refused bob pool:main && cat err && test_grep "is not accepted on this server" err && test_path_is_missing ran
'

test_expect_success 'accepted, it says who pushes, and may only refuse' '
	git -C remote config vault.policy $(git -C remote rev-parse main:.gitvault.yaml) &&
	taken dan pool:main && test_path_is_file ran &&
	echo dan >who && refused bob pool:main && test_grep "dan does not have that role" err &&
	: >who && refused bob pool:main && test_grep "nobody knows" err && echo bob >who &&
	echo "{\"allowed\": false, \"reason\": \"not today\"}" >answer && refused bob pool:main && test_grep "not today" err &&
	for answer in "" "yes" "{}" "{\"allowed\": \"true\"}" "{\"allowed\": true"
	do
		echo "$answer" >answer && refused bob pool:main && test_grep "gave no answer" err || return 1
	done &&
	rm answer && refused bob pool:main && test_grep "ended with status" err &&
	echo "{\"allowed\": true}" >answer && echo dan >who && refused bob pool:main
'

test_expect_success 'a policy of the server holds as well' '
	echo bob >who && printf "access:\n  rules: [{paths: [config/**], roles: [owner]}]\n" >server.yaml &&
	git -C remote config vault.receive.policy "$top/server.yaml" &&
	refused bob pool:main && test_grep "only owner may change" err &&
	git -C remote config --unset vault.receive.policy && taken bob pool:main
'

test_expect_success 'an administrator can have it warn, or be silent' '
	echo dan >who && git -C remote config vault.receive.access warn && taken dan pool:main &&
	test_grep "dan does not have that role" err &&
	git -C remote config vault.receive.access ignore && taken dan pool:main && test_grep ! "role" err &&
	git -C remote config vault.receive.access maybe && refused dan pool:main &&
	git -C remote config --unset vault.receive.access
'

test_expect_success 'a policy that nobody can read: the accepted rules count' '
	git -C remote update-ref refs/heads/before refs/heads/main && as alice sh -c "git fetch -q && git switch -q -C broken origin/main &&
		git vault policy accept" >/dev/null 2>&1 && share alice && sed -i "s/^access:/access: [/" alice/clone/.gitvault.yaml &&
	as alice git commit -q -a --no-verify -m broken && git -C remote fetch -q -f ../alice/clone broken:refs/heads/main &&
	as bob sh -c "git fetch -q && git switch -q -C under origin/main && sed -i s/db1/evil/ config/prod.yaml &&
		git commit -q -a --no-verify -m evil" &&
	test_must_fail env GL_USER=dan git -C bob/clone push -q --no-verify origin under:main 2>err && cat err &&
	test_grep "access" err
'

test_expect_success 'a layer of an environment and a provider is one of the environment' '
	git -C remote update-ref refs/heads/main refs/heads/before && printf "%s\n" "environments: {prod: {}}" \
		"access: {roles: {sre: [bob]}, rules: [{env: prod, roles: [sre]}]}" >policy &&
	as alice sh -c "git fetch -q && git switch -q -C plain origin/main && cp ../../policy .gitvault.yaml && git commit -q -a --no-verify -m plain" &&
	git -C remote fetch -q -f ../alice/clone plain:refs/heads/main && as dan git fetch -q && for path in config/prod.aws.yaml values-prod-aws.yaml
	do
		as dan sh -c "git switch -q -C cloud origin/main && echo a: 1 >$path && git add $path && git commit -q --no-verify -m cloud" &&
		test_must_fail env GL_USER=dan git -C dan/clone push -q --no-verify origin cloud:main 2>err && cat err &&
		test_grep "only sre may change it" err || return 1
	done && as dan sh -c "git switch -q -C cloud origin/main && echo a: 1 >config/notes.aws.yaml && git add config && git commit -q --no-verify -m notes" &&
	env GL_USER=dan git -C dan/clone push -q --no-verify origin cloud:main
'

test_done
