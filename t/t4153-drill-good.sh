#!/bin/sh

test_description='what a known-good record says is demanded of a drill'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# drill STATUS ARG…
drill () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault drill "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

state () {
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":%s,\"lineage\":\"l\"," "$1" &&
	printf "\"outputs\":{},\"resources\":[]}\n"
}

test_expect_success 'set up: a record of prod with an artifact, an image and a state' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod dist && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	echo "locals { a = 1 }" >live/prod/main.tf && echo built >dist/app.tar &&
	git add -A && git commit -qm one && git vault key generate && git vault -q snapshot >../id &&
	state 1 >../s && git vault -q state save --env prod --stack net --new ../s &&
	sum=$(sha256sum dist/app.tar | sed "s/ .*//") &&
	git vault -q good mark prod --artifact "dist/app.tar=sha256:$sum" \
		--artifact "registry/app=sha256:$sum" &&
	git vault -q good verify prod && git push -q origin HEAD && git vault -q sync
'

test_expect_success 'the drill of an environment is about the record, also after later snapshots' '
	echo "locals { b = 2 }" >live/prod/later.tf && git vault -q snapshot &&
	state 2 >../s && git vault -q state save --env prod --stack net ../s && git vault -q sync &&
	drill 3 run --no-validators --env prod &&
	test_grep "good *passed.*1 artifact (1 elsewhere), 1 state, 1 of 1 readers" .git/out &&
	test_grep "$(cat ../id)" .git/out
'

test_expect_success 'a drill of another snapshot is not held against it' '
	drill 3 run --no-validators --env prod --snapshot latest && test_grep "good *nothing" .git/out
'

test_expect_success 'an artifact that came back as something else fails the drill' '
	mkdir -p dist && echo other >dist/app.tar && git add -A && git commit -qm two &&
	git vault -q snapshot && sum=$(echo wrong | sha256sum | sed "s/ .*//") &&
	git vault -q good mark prod --artifact "dist/app.tar=sha256:$sum" &&
	git vault -q good verify prod && git push -q origin HEAD && git vault -q sync &&
	drill 1 --json run --no-validators --env prod &&
	grep "\"code\":\"not_as_recorded\"" .git/out && grep "\"next\":\"git vault good show prod\"" .git/out
'

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'

test_expect_success SPACES 'the commands by which the record was verified run on what came back' '
	printf "good:\n  checks:\n    built: test \"\$GIT_VAULT_ENVIRONMENT\" = prod && grep -q other dist/app.tar\n" >.gitvault.yaml &&
	git add -A && git commit -qm checks && git vault -q policy accept --yes && git vault -q snapshot &&
	git vault -q good mark --status candidate prod >/dev/null && git vault -q good verify prod >/dev/null && git push -q origin HEAD &&
	git vault -q sync && { git vault drill run -v --env prod >.git/out || test $? = 3; } &&
	test_grep "good.checks built .: passed" .git/out &&
	printf "good:\n  checks:\n    other: exit 0\n" >.gitvault.yaml && git vault -q policy accept --yes && git vault -q sync &&
	drill 3 run -v --env prod && test_grep "good.checks built .: could not run: the policy has no such" .git/out &&
	printf "good:\n  checks:\n    built: echo no such thing failed; exit 1\n" >.gitvault.yaml &&
	git vault -q policy accept --yes && git vault -q sync && drill 1 --json run --env prod && grep "\"code\":\"validator\"" .git/out &&
	grep "good.checks built: .: no such thing failed" .git/out
'

test_expect_success 'a record is good only after a drill, if the policy or the user says so' '
	printf "good:\n  drilled: 30d\ndrills:\n  without: [terraform validate]\n" >.gitvault.yaml &&
	git add -A && git commit -qm three && git vault -q policy accept --yes && git vault -q snapshot &&
	git push -q origin HEAD && git vault -q sync && test_expect_code 128 git vault good mark prod 2>.git/err &&
	test_grep "not marked as good: no drill has passed within 30 days: the last one has failed" .git/err &&
	git vault -q good mark --status candidate prod >/dev/null &&
	test_expect_code 1 git vault good verify prod >.git/out 2>.git/err &&
	test_grep "^drill: failed, no drill has passed" .git/out && test_grep "hint: git vault drill run" .git/err &&
	drill 0 run -v && test_grep "terraform validate live/prod: nothing: the policy leaves it out" .git/out &&
	git vault good verify prod >.git/out && test_grep "^drill: passed, drill .* passed .* ago" .git/out &&
	git vault -q good mark prod >/dev/null && git vault good verify --drilled 1h prod >.git/out &&
	test_grep "^drill: passed" .git/out && test_expect_code 129 git vault good verify --drilled soon prod
'

test_expect_success 'nobody loosens that by a push' '
	printf "good:\n  drilled: 900d\n" >.gitvault.yaml && git add -A && git commit -qm four &&
	{ git vault policy diff >.git/out 2>&1 || :; } && test_grep "good.drilled" .git/out &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 3456000)) && export GIT_VAULT_TEST_TIME &&
		test_expect_code 1 git vault good verify prod >.git/out 2>&1) &&
	test_grep "within 30 days: the last one was too long ago" .git/out
'

test_expect_success 'a key of one environment rehearses that environment, and no other' '
	git vault -q policy accept --yes && mkdir -p live/dev && echo "A_PASSWORD=other-c0rrect-h0rse" >live/dev/.env &&
	echo "B_PASSWORD=third-c0rrect-h0rse" >live/prod/.env && echo "locals { d = 1 }" >live/dev/main.tf &&
	printf "drills:\n  without: [terraform validate]\n" >.gitvault.yaml && git add -A && git commit -qm four &&
	git vault -q policy accept --yes && git vault -q snapshot && git vault -q good mark prod && git vault -q good mark dev &&
	git push -q origin HEAD && git vault key generate -o ../ci.key >../ci.pub 2>/dev/null &&
	git vault -q key add --role operator --scope prod --signer "$(sed -n 2p ../ci.pub)" ci "$(sed -n 1p ../ci.pub)" && git vault -q sync &&
	drill 0 run --env prod --identity ../ci.key && test_grep "secrets of other scopes stay encrypted" .git/out &&
	test_grep "sentinel *passed" .git/out && test_grep "but none of other scopes" .git/out &&
	test_grep "prepare *passed.*a key that opens 1 scope, and not 2 others" .git/out &&
	drill 1 run --identity ../ci.key && test_grep "prepare *failed.*no key here opens the secrets of shared" .git/out &&
	drill 1 --json run --env dev --identity ../ci.key && grep "\"code\":\"wrong_recipient\"" .git/out &&
	drill 1 --json run --identity ../ci.key && grep "\"code\":\"wrong_recipient\"" .git/out && drill 0 run --env dev
'

test_expect_success 'nothing is written through a link that somebody pushed in place of a folder' '
	git clone -q ../remote.git ../evil && mkdir ../outside && (
		cd ../evil && git rm -q -r live && ln -s "$TRASH_DIRECTORY/../outside" live && git add -A &&
		git commit -qm evil && git push -q origin HEAD
	) && drill 1 run --env prod && test_grep "save *failed.*is a link in the clone" .git/out &&
	ls -A ../outside >../inside && test_must_be_empty ../inside &&
	git push -q -f origin HEAD
'

test_expect_success 'without a key a drill says so before it begins' '
	mv "$HOME/.config/git-vault" ../away && drill 1 run --env prod && mv ../away "$HOME/.config/git-vault" &&
	test_grep "prepare *failed.* snapshot .* has .* secrets, and there is no key here" .git/out &&
	test_grep "hint: git vault key recover" .git/err
'

test_done
