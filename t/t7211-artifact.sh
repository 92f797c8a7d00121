#!/bin/sh
# shellcheck disable=SC2154

test_description='artifacts by their digest

From a digest to the commit, the snapshot, the environment and the states, by
notes and by known-good records, in the clone that noted it and in another.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# digest WORD
digest () {
	printf %s "$1" | sha256sum | cut -c1-64
}

app=$(digest app)
web=$(digest web)

# found WHO TEXT: what it prints, without the heading
found () {
	on "$1" git vault artifact find "$2" >"$top/found" &&
		sed 1d "$top/found" | sed 's/  */ /g; s/ $//' >"$top/actual"
}

test_expect_success 'one that is noted is found by its digest and its name' '
	start_team && join bob && save_state alice net 3 &&
	version=$(git -C alice/clone rev-parse refs/vault/state/prod/net) &&
	id=$(take alice one) && sha=$(git -C alice/clone rev-parse HEAD) &&
	on alice git vault artifact record --env prod "app=sha256:$app" \
		"a=b=sha256:$web" &&
	printf "app %.12s %.12s %s prod - net:%.12s\n" $app $sha $id $version \
		>expect &&
	for text in app $app sha256:$app $(printf %.7s $app)
	do
		found alice $text && test_cmp expect actual || return 1
	done && found alice a=b && test_grep "^a=b $(printf %.12s $web) " actual
'

test_expect_success 'in another clone, and as JSON' '
	sync alice && sync bob && found bob $app && test_cmp expect actual &&
	on bob git vault artifact find --json app >out &&
	test_grep "\"sha256\": *\"$app\"" out &&
	test_grep "\"commit\": *\"$sha\"" out &&
	test_grep "\"snapshot\": *\"$id\"" out &&
	test_grep "\"version\": *\"$version\"" out &&
	test_grep "\"record\": *null" out
'

test_expect_success 'the note is one of git, with sorted keys' '
	git -C bob/clone notes --ref=vault show HEAD >out &&
	test_grep -F "{\"artifact\":\"app\",\"digest\":\"sha256:$app\",\"env\":\"prod\",\"kind\":\"artifact\",\"snapshot\":\"$id\"," out
'

test_expect_success 'what is not there is no error, and exits with 1' '
	test_expect_code 1 on alice git vault artifact find other >out &&
	test_must_be_empty out &&
	test_expect_code 1 on alice git vault artifact find \
		$(printf %.6s $app) &&
	test_expect_code 1 on alice git vault artifact find $(digest none)
'

test_expect_success 'a known-good record says it as well, and how it stands' '
	on alice git vault good mark --artifact "shop=sha256:$(digest shop)" \
		prod && found alice shop &&
	test_grep "^shop .* $id prod 1, verified net:" actual &&
	on alice git vault good revoke --reason slow prod 1 &&
	found alice $(digest shop) && test_grep "1, revoked" actual
'

test_expect_success 'of another commit, and of a snapshot' '
	test_tick && as alice git commit -q --allow-empty -m later &&
	old=$sha && sha=$(git -C alice/clone rev-parse HEAD) &&
	on alice git vault artifact record "app=sha256:$web" &&
	on alice git vault artifact record --commit $old "old=sha256:$web" &&
	on alice git vault artifact record --snapshot $id "snap=sha256:$web" &&
	found alice $web && test_line_count = 4 actual &&
	test_grep "^app .* $(printf %.12s $sha) - - - -" actual &&
	test_grep "^old .* $(printf %.12s $old) $id - - -" actual &&
	test_grep "^snap .* $(printf %.12s $old) $id - - -" actual &&
	found alice app && test_line_count = 2 actual
'

# refuses CODE TEXT ARGUMENT…: and no note is another
refuses () {
	code_=$1 text_=$2
	shift 2
	before_=$(git -C "$top/alice/clone" rev-parse refs/notes/vault) &&
		test_expect_code "$code_" on alice git vault artifact record \
			"$@" 2>"$top/err" && test_grep "$text_" "$top/err" &&
		test "$before_" = \
			"$(git -C "$top/alice/clone" rev-parse refs/notes/vault)"
}

test_expect_success 'what is off is refused as a whole' '
	refuses 129 "an artifact is NAME=sha256: and 64 digits" \
		"x=sha256:$app" "y=sha256:abc" &&
	refuses 129 "64 digits" "x=$app" &&
	refuses 129 "the name of an artifact" "=sha256:$app" &&
	refuses 129 "the name of an artifact" "$(printf "a\nb")=sha256:$app" &&
	refuses 129 "environment" --env "a b" "x=sha256:$app" &&
	refuses 128 "git knows no commit" --commit none "x=sha256:$app" &&
	refuses 128 "was taken on commit" --snapshot $id --commit HEAD \
		"x=sha256:$app" &&
	refuses 129 "record takes NAME=sha256:DIGITS one or more times," &&
	test_expect_code 129 on alice git vault artifact find --env prod app
'

test_expect_success 'nor is one noted with a snapshot that was deleted' '
	gone=$(take alice gone) &&
	commit=$(git -C alice/clone rev-parse refs/vault/snapshots/$gone) &&
	on alice git vault -q delete $gone &&
	refuses 128 "snapshot .$gone. was deleted" \
		--snapshot $commit "x=sha256:$app" &&
	as alice git checkout -q $commit &&
	on alice git vault artifact record "gone=sha256:$(digest gone)" &&
	found alice gone && test_grep "^gone .* - - - -$" actual &&
	as alice git checkout -q -
'

test_expect_success 'lines of others are passed over, and counted' '
	as alice git notes --ref=vault append -m "not of ours" &&
	as alice git notes --ref=vault append \
		-m "{\"kind\":\"artifact\",\"artifact\":\"app\"}" &&
	as alice git notes --ref=vault append -m "{\"kind\":\"artifact\"" &&
	as alice git notes --ref=vault append -m "{\"artifact\":\"app\",\"digest\":\"sha256:$app\",\"env\":7,\"kind\":\"artifact\",\"states\":[1,{\"stack\":\"x\"}],\"time\":\"2026-01-01T00:00:00Z\"}" &&
	on alice git vault artifact find app >out 2>err &&
	test_line_count = 4 out && test_grep "notes or records cannot be read and were passed over (2)" err
'

test_expect_success 'among the notes of 600 commits' '
	as alice sh -c "for i in \$(seq 600)
		do
			echo commit refs/heads/many
			echo \"committer a <a@b> \$i +0000\"
			echo data 1
			echo x
		done | git fast-import --quiet" &&
	blob=$(printf "%s\n" "{\"artifact\":\"n\",\"digest\":\"sha256:$(digest many)\",\"env\":null,\"kind\":\"artifact\",\"snapshot\":null,\"states\":[],\"time\":\"2026-01-01T00:00:00Z\"}" |
		git -C alice/clone hash-object -w --stdin) &&
	git -C alice/clone rev-list many >commits && {
		printf "%s\n" "commit refs/notes/vault" \
			"committer a <a@b> 1700000000 +0000" "data 1" x \
			"from refs/notes/vault^0" &&
		sed "s/^/N $blob /" commits
	} >stream && as alice git fast-import --quiet <stream &&
	git -C alice/clone ls-tree -d refs/notes/vault >out &&
	test_file_not_empty out && found alice $(digest many) &&
	test_line_count = 600 actual && found alice $app
'

test_expect_success 'whom the policy does not trust has verified nothing' '
	git init -q ../trust && (
		cd ../trust && test_commit one &&
		git vault -q good mark --artifact shop=sha256:$(printf %064d 5) prod &&
		git vault artifact find shop >out && test_grep "1, verified" out &&
		printf "good:\n  signers: [SHA256:%s]\n" \
			AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA >.gitvault.yaml &&
		git vault artifact find shop >out && test_grep "1, untrusted" out &&
		git vault good export --format slsa-vsa prod 1 >out &&
		test_grep "\"verificationResult\":\"FAILED\"" out &&
		git vault good export --format github-deployment prod 1 >out &&
		test_grep ! "success\|verified" out &&
		git vault good export --format gitlab-deployment prod 1 >out &&
		test_grep "\"status\":\"failed\"" out
	)
'

test_expect_success 'a name that says a password is refused, and not printed' '
	sum=sha256:$(printf %064d 6) &&
	for name in https://bob:hunter2@reg.example.com/shop \
		https://hunter2@reg.example.com/shop bob:hunter2@reg.example.com/shop
	do
		test_expect_code 129 git vault artifact record "$name=$sum" 2>err &&
		test_grep "name or password before its host" err &&
		test_grep ! hunter2 err &&
		test_expect_code 129 git vault good mark --reason r \
			--artifact "$name=$sum" prod 2>err &&
		test_grep ! hunter2 err || return 1
	done &&
	printf "%s\"bob:hunter2@h/n\",\"version\":\"1\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"%s\"}]}]}" \
		"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[{\"type\":\"library\",\"name\":" \
		${sum#sha256:} >../trust/bill.json &&
	test_must_fail git -C ../trust vault artifact record --from bill.json 2>err &&
	test_grep "bill.json: a component has a name or password" err &&
	test_grep ! hunter2 err &&
	for name in @scope/pkg@1.0 reg.example.com:5000/a/b@1 org.x:lib@1 pkg:npm/a@1
	do
		git -C ../trust vault artifact record "$name=$sum" || return 1
	done
'

test_expect_success 'a note that is too large to be read is counted' '
	git init -q ../large && (
		cd ../large && test_commit one &&
		git vault -q artifact record big=sha256:$(printf %064d 7) &&
		{
			git notes --ref vault show HEAD &&
			head -c 17000000 /dev/zero | tr "\0" x | fold -w 1000
		} >.git/text && git notes --ref vault add -f -F .git/text HEAD &&
		test_expect_code 1 git vault artifact find big 2>.git/err &&
		test_grep "cannot be read and were passed over (1)" .git/err
	)
'

test_expect_success 'a state that cannot be read stops those of its environment' '
	git init -q ../states && (
		cd ../states && test_commit one &&
		git update-ref refs/vault/state/other/net HEAD &&
		git vault -q artifact record --env prod \
			app=sha256:$(printf %064d 7) &&
		test_must_fail git vault artifact record --env other \
			app=sha256:$(printf %064d 8) 2>.git/err &&
		test_grep "the state other/net belongs to the artifact" .git/err
	)
'

test_done
