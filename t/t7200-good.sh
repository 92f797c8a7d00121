#!/bin/sh

test_description='known-good records of environments

git vault good mark --without-snapshot, list, show, revoke and export, and good:ENV where a snapshot
is named: an annotated tag each, whole in git by itself, which the note of its
commit names, and which nobody moves again.'
. "$(dirname "$0")/test-lib.sh"

# clear of the pipeline that these tests may run in
for name in $(env | sed -n 's/^\([A-Z_]*\)=.*/\1/p')
do
	case $name in
	CI | CI_* | GITHUB_* | GITLAB_* | GITEA_* | FORGEJO_* | JENKINS_* | \
		TF_BUILD | CIRCLE* | BUILDKITE* | DRONE* | TEKTON_* | ARGOCD_*)
		unset "$name" ;;
	esac
done

digest=$(printf %064d 7)

# field NAME FILE: of a JSON document on one line, its first of that name
field () {
	sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$2" | head -n 1
}

# statement N [ENV]: what the tag holds
statement () {
	git cat-file tag "refs/vault/good/${2:-prod}/$1" | tail -n 1
}

whole () {
	git fsck --full --strict --no-dangling --no-progress >.git/fsck 2>&1 &&
		test_must_be_empty .git/fsck
}

test_expect_success 'before there is a record, that is said' '
	git vault good list >.git/out 2>.git/err &&
	test_must_be_empty .git/out &&
	test_grep "good mark ENV" .git/err &&
	git vault good list --json >.git/out &&
	test_grep "\"records\": *\[\]" .git/out &&
	test_expect_code 128 git vault show good:prod 2>.git/err &&
	test_grep "prod has no known-good record; to record what is deployed: git vault good mark prod" \
		.git/err
'

test_expect_success 'without a commit there is nothing to mark' '
	test_expect_code 128 git vault good mark --without-snapshot prod 2>.git/err &&
	test_grep "there is no commit to mark: name" .git/err &&
	test_must_fail git rev-parse -q --verify refs/vault/good/prod/1
'

test_expect_success 'a commit is marked where it has no snapshot' '
	test_commit one && git vault good mark --without-snapshot prod >.git/out 2>.git/err &&
	echo 1 >.git/expect && test_cmp .git/expect .git/out &&
	test "$(git cat-file -t refs/vault/good/prod/1)" = tag &&
	test_cmp_rev HEAD "refs/vault/good/prod/1^{commit}" &&
	test_grep "there is no snapshot of that commit" .git/err &&
	test_expect_code 128 git vault show good:prod 2>.git/err &&
	test_grep "record 1 of prod is of commit" .git/err && whole
'

test_expect_success 'the newest snapshot of the commit is marked, and pinned' '
	git vault -q snapshot >.git/first && echo more >more &&
	git vault -q snapshot >.git/second &&
	test_tick && git vault good mark --without-snapshot prod 2>.git/err &&
	test_grep ! "there is no snapshot" .git/err &&
	test_cmp_rev refs/vault/snapshots/$(cat .git/second) \
		"refs/vault/good/prod/2^{commit}" &&
	git vault show --json good:prod >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/second)" &&
	test_grep "known-good: prod" .git/out &&
	test_must_fail git vault delete $(cat .git/second) && whole
'

test_expect_success 'git itself takes the tag for a good one' '
	git cat-file tag refs/vault/good/prod/2 >.git/tag &&
	git mktag --strict <.git/tag >.git/actual &&
	git rev-parse refs/vault/good/prod/2 >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'the note of the commit names its records' '
	git notes --ref=vault show >.git/out &&
	for n in 1 2
	do
		tag=$(git rev-parse refs/vault/good/prod/$n) &&
		test_grep "^{\"env\":\"prod\",\"kind\":\"good\",\"status\":\"verified\",\"tag\":\"$tag\",\"time\":\"[-0-9T:]*Z\"}$" .git/out || return 1
	done && test_line_count = 2 .git/out
'

test_expect_success 'what was given is in the statement, sorted' '
	echo passed >report && echo x >other && test_tick &&
	git vault -q good mark --without-snapshot --artifact "z/app=1=sha256:$digest" \
		--artifact "a=sha256:$digest" --evidence report \
		--evidence https://ci.example.com/7 --approver Ann \
		--pipeline-url https://ci.example.com/run prod &&
	statement 3 >.git/out &&
	sum=$(sha256sum <report | cut -c1-64) &&
	test_grep -F "\"evidence\":[{\"uri\":\"https://ci.example.com/7\"},{\"digest\":{\"sha256\":\"$sum\"},\"name\":\"report\"}]" .git/out &&
	test_grep -F "\"approvers\":[\"Ann\"]" .git/out &&
	test_grep -F "\"url\":\"https://ci.example.com/run\"" .git/out &&
	test_grep -F "{\"digest\":{\"sha256\":\"$digest\"},\"name\":\"a\"},{\"digest\":{\"sha256\":\"$digest\"},\"name\":\"z/app=1\"}]}" .git/out &&
	test_grep -F "{\"digest\":{\"gitCommit\":\"$(git rev-parse HEAD)\"},\"name\":\"git:commit\"}" .git/out &&
	test_grep -F "{\"digest\":{\"gitTree\":\"$(git rev-parse HEAD^{tree})\"},\"name\":\"git:tree\"}" .git/out &&
	test_grep -F "\"previous\":\"$(git rev-parse refs/vault/good/prod/2)\"" .git/out
'

test_expect_success PYTHON 'the statement is canonical JSON' '
	python3 -c "
import json, sys
text = sys.stdin.read().rstrip(\"\n\")
doc = json.loads(text)
again = json.dumps(doc, sort_keys=True, separators=(\",\", \":\"),
    ensure_ascii=False)
sys.exit(again != text)" <.git/out
'

test_expect_success 'words that are off change nothing' '
	git for-each-ref >.git/before &&
	for words in "a..b" "--artifact a=sha256:12 prod" "--artifact git:x=sha256:$digest prod" \
		"--artifact a=sha256:$digest --artifact a=sha256:$digest prod" \
		"--evidence https://me:pw@example.com/ prod" \
		"--pipeline-url https://me:pw@example.com/ prod" \
		"--pipeline-url me:pw@example.com/run/7 prod" \
		"--pipeline-url $(printf "x\033[31m") prod" \
		"--pipeline-url notaurl prod" "--pipeline-url ://run prod" \
		"--status revoked prod" "--format intoto prod"
	do
		test_expect_code 129 git vault good mark --without-snapshot $words 2>.git/err || return 1
		test_grep ! "me:pw" .git/err || return 1
	done &&
	test_expect_code 129 git vault good mark --without-snapshot --pipeline-url ci/7 prod 2>.git/err &&
	test_grep "run is one by https or http.*such as https://" .git/err &&
	test_expect_code 128 git vault good mark --without-snapshot --evidence missing prod 2>.git/err &&
	test_grep missing .git/err &&
	test_expect_code 128 git vault good mark --without-snapshot --commit nothing prod &&
	test_expect_code 128 git vault good mark --without-snapshot --snapshot nothing prod &&
	test_expect_code 129 git vault good show prod 0 &&
	test_expect_code 128 git vault good show prod 99 2>.git/err &&
	test_grep "no record 99 of prod" .git/err &&
	git for-each-ref >.git/after && test_cmp .git/before .git/after
'

test_expect_success 'a snapshot of one commit is not marked for another' '
	test_commit two &&
	test_expect_code 128 git vault good mark --without-snapshot --commit HEAD \
		--snapshot $(cat .git/second) prod 2>.git/err &&
	test_grep "was taken on commit" .git/err
'

test_expect_success 'a candidate does not count' '
	git vault -q snapshot >.git/third &&
	git vault -q good mark --without-snapshot --status candidate prod &&
	git vault show --json good:prod >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/second)" &&
	git vault -q good mark --without-snapshot --status candidate stage &&
	test_expect_code 128 git vault show good:stage 2>.git/err &&
	test_grep "record 1 is a candidate" .git/err
'

test_expect_success 'nor is one marked that was deleted, and that nothing keeps' '
	gone=$(git vault -q snapshot --force) &&
	commit=$(git rev-parse refs/vault/snapshots/$gone) &&
	git vault -q delete $gone && git for-each-ref >.git/before &&
	test_expect_code 128 git vault good mark --without-snapshot --snapshot $commit prod \
		2>.git/err &&
	test_grep "snapshot .$gone. was deleted" .git/err &&
	git for-each-ref >.git/after && test_cmp .git/before .git/after &&
	git checkout -q $commit && git vault -q good mark --without-snapshot there &&
	git vault good show --json there >.git/out &&
	test_grep "\"snapshot\": *null" .git/out && git checkout -q - &&
	git vault good revoke --reason nothing there 1
'

test_expect_success 'good:ENV~N goes back' '
	git vault -q good mark --without-snapshot prod &&
	git vault show --json good:prod >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/third)" &&
	git vault show --json good:prod~ >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/second)" &&
	git vault show --json good:prod~2 >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/second)" &&
	test_expect_code 128 git vault show good:prod~4 2>.git/err &&
	test_grep "there are 4, so ~3 is the oldest" .git/err &&
	test_expect_code 128 git vault show good:prod~x
'

test_expect_success 'wherever a snapshot is named, with a path too' '
	git vault cat good:prod~1:more >.git/out && echo more >.git/expect &&
	test_cmp .git/expect .git/out &&
	test_expect_code 1 git vault diff --name-status good:prod~1 good:prod \
		>.git/out &&
	test_grep "two" .git/out &&
	git vault restore good:prod~1 --to back && test_cmp more back/more &&
	rm -r back
'

test_expect_success 'what is revoked does not count any more' '
	test_expect_code 129 git vault good revoke prod 5 &&
	git vault -q good revoke --reason "latency doubled" prod 5 >.git/out &&
	echo 6 >.git/expect && test_cmp .git/expect .git/out &&
	git vault show --json good:prod >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/second)" &&
	git vault good list prod >.git/out &&
	sed "s/  */ /g" .git/out | cut -d" " -f1-3 >.git/actual &&
	cat >.git/expect <<-\END &&
	ENVIRONMENT N STATUS
	prod 6 revocation
	prod 5 revoked
	prod 4 revoked
	prod 3 verified
	prod 2 verified
	prod 1 verified
	END
	test_cmp .git/expect .git/actual &&
	test_grep "latency doubled" .git/out &&
	git vault list --json >.git/out &&
	git vault show --json $(cat .git/third) >.git/out &&
	test_grep "\"pinned\": *false" .git/out && whole
'

test_expect_success 'nor is it revoked twice, nor a revocation' '
	test_expect_code 128 git vault good revoke --reason x prod 5 2>.git/err &&
	test_grep "revoked already, by record 6: latency doubled" .git/err &&
	test_expect_code 128 git vault good revoke --reason x prod 6 2>.git/err &&
	test_grep "itself a revocation" .git/err &&
	test_expect_code 128 git vault good revoke --reason x prod 60
'

test_expect_success 'nor is its commit to be deployed again, which a pipeline can ask' '
	test_expect_code 1 git vault good check prod >.git/out &&
	test_grep "^commit .* was revoked for prod by record 6: latency doubled$" \
		.git/out && test_expect_code 1 git vault good check prod HEAD &&
	test_expect_code 1 git vault good check --json prod >.git/json &&
	test "$(field revoked .git/json)" = true &&
	test "$(field commit .git/json)" = "$(git rev-parse HEAD)" &&
	git vault good check staging 2>.git/err && test_grep "nobody has" .git/err &&
	test_grep "warning: this clone has no record of staging" .git/err &&
	git vault good check --json staging >.git/json 2>.git/err &&
	test_grep "\"known\":false" .git/json &&
	other=$(git commit-tree -m other HEAD^{tree}) &&
	git vault good check --json prod $other >.git/json &&
	test "$(field revoked .git/json)" = false &&
	test "$(field reason .git/json)" = null &&
	test_expect_code 128 git vault good check prod not-there 2>.git/err &&
	test_grep "no commit .not-there." .git/err &&
	test_expect_code 129 git vault good check &&
	test_expect_code 129 git vault good check "a b"
'

test_expect_success 'a revoked commit is marked again only for a reason' '
	test_expect_code 128 git vault good mark --without-snapshot prod 2>.git/err &&
	test_grep "was revoked for prod by record 6: latency doubled" .git/err &&
	test_expect_code 128 git vault good mark --without-snapshot --status candidate prod &&
	test_expect_code 128 git vault good mark --without-snapshot --reason "" prod &&
	test_expect_code 128 git vault good mark --without-snapshot --reason " " prod &&
	test_expect_code 129 git vault good revoke --reason " " prod 5 &&
	git vault -q good mark --without-snapshot dev &&
	git vault -q good mark --without-snapshot --reason "it was the network" prod &&
	git vault good show --json prod >.git/out &&
	test "$(field record .git/out)" = 7 &&
	test "$(field supersedes .git/out)" = "$(git rev-parse refs/vault/good/prod/6)" &&
	git vault -q good mark --without-snapshot prod &&
	git vault good show --json prod >.git/out &&
	test "$(field record .git/out)" = 8 &&
	git vault show --json good:prod >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/third)"
'

test_expect_success 'and then it may be deployed again' '
	git vault good check prod >.git/out 2>.git/err &&
	test_must_be_empty .git/out && test_grep "nobody has revoked" .git/err
'

test_expect_success 'show says all of it' '
	git vault good show prod 3 >.git/out &&
	test_grep "^prod/3" .git/out &&
	test_grep "^status      verified$" .git/out &&
	test_grep "^artifact    z/app=1 sha256:$digest$" .git/out &&
	test_grep "^evidence    https://ci.example.com/7$" .git/out &&
	test_grep "^approver    Ann$" .git/out &&
	test_grep "^commit      $(git rev-parse HEAD~)$" .git/out
'

test_expect_success 'a pin goes with the last record that needs it, and no other does' '
	git vault -q snapshot --force >.git/pins &&
	git vault -q good mark --without-snapshot --snapshot $(cat .git/pins) east >.git/n1 &&
	git vault -q good mark --without-snapshot --snapshot $(cat .git/pins) west >.git/n2 &&
	git vault -q good revoke --reason r east $(cat .git/n1) &&
	git vault show --json $(cat .git/pins) >.git/out &&
	test_grep "\"pinned\": *true" .git/out &&
	git vault -q good revoke --reason r west $(cat .git/n2) &&
	git vault show --json $(cat .git/pins) >.git/out &&
	test_grep "\"pinned\": *false" .git/out &&
	git vault -q pin -m mine $(cat .git/pins) &&
	git vault -q good mark --without-snapshot --snapshot $(cat .git/pins) south >.git/n3 &&
	git vault -q good revoke --reason r south $(cat .git/n3) &&
	git vault show --json $(cat .git/pins) >.git/out &&
	test_grep "\"pinned\": *true" .git/out && test_grep mine .git/out &&
	git vault unpin $(cat .git/pins) && git vault -q delete $(cat .git/pins)
'

test_expect_success 'a record is passed over where its snapshot is deleted' '
	git vault -q good mark --without-snapshot --snapshot $(cat .git/first) gone &&
	git vault -q good mark --without-snapshot --snapshot $(cat .git/second) gone &&
	git vault unpin $(cat .git/second) && git vault -q delete $(cat .git/second) &&
	git vault show --json good:gone >.git/out &&
	test "$(field id .git/out)" = "$(cat .git/first)" &&
	git vault verify && git vault good list gone >.git/out &&
	test_grep "^gone  *2  verified .*its snapshot is not here, so none" .git/out &&
	test_grep ! "^gone  *1 .*not here" .git/out &&
	git vault good show gone 2 >.git/out &&
	test_grep "^lost  *its snapshot is not here" .git/out &&
	git vault --json good show gone 2 >.git/out &&
	test_grep "\"lost\": *\"its snapshot is not here" .git/out &&
	git vault --json good show gone 1 >.git/out &&
	test_grep "\"lost\": *null" .git/out &&
	for as in -n --as-branch=back
	do
		test_expect_code 128 git vault rollback $as --to 2 gone 2>.git/err &&
		test_grep "snapshot $(cat .git/second) of record 2 of gone is not" \
			.git/err && test_grep "scope state" .git/err || return 1
	done &&
	git vault rollback -n --scope state --to 2 gone
'

# damage SED: the newest record of "hurt", made anew with its bytes changed
damage () {
	git cat-file tag refs/vault/good/hurt/2 | sed "$1" >.git/tag &&
		tag=$(git hash-object -t tag --literally -w .git/tag) &&
		test "$tag" != "$(git rev-parse refs/vault/good/hurt/2)" &&
		git update-ref refs/vault/good/hurt/3 $tag
}

test_expect_success 'what is damaged counts for nothing, and is shown' '
	git vault -q good mark --without-snapshot hurt && test_tick &&
	git vault -q good mark --without-snapshot --artifact "a=sha256:$digest" hurt &&
	for change in "s/\"format\":1/\"format\":1,\"more\":2/" "\$s/}$//" \
		"s/\"hurt\"/\"prod\"/" "s/^object .*/object $(git rev-parse HEAD~)/" \
		"s/\"verified\"/\"perfect\"/" "s/,\"name\":\"git:commit\"//" \
		"s/\"snapshot\":\"[^\"]*\"/\"snapshot\":\"good:hurt\"/" \
		"s/\"sha256\":\"0/\"sha256\":\"\\\\u001b/" \
		"s/\"revokes\":null/\"revokes\":\"$(git rev-parse HEAD)\"/" \
		"s/{\"_type\"/{ \"_type\"/" "\$d" "s/\"time\":\"2/\"time\":\"x/" \
		"s/^type commit/type tree/" "s/\"gitCommit\":\"[0-9a-f]*/\"gitCommit\":\"123/"
	do
		damage "$change" &&
		git vault good list hurt >.git/out &&
		test_grep "^hurt  *3  *damaged " .git/out &&
		git vault good list --json hurt >.git/out &&
		test_grep "\"damage\": *\"[a-z]" .git/out &&
		test_expect_code 128 git vault good show hurt 3 2>.git/err &&
		test_grep "record 3 of hurt is damaged: " .git/err &&
		git vault good check hurt 2>.git/err &&
		test_grep "warning: record 3 of hurt is damaged and cannot be read" \
			.git/err &&
		git vault good show --json hurt >.git/out &&
		test "$(field record .git/out)" = 2 || return 1
	done
'

test_expect_success 'a record counts once, by its lowest number' '
	for n in 1 2 3
	do
		test_tick && git vault -q good mark --without-snapshot --approver $n twice || return 1
	done && git vault -q good revoke --reason bad twice 2 >.git/out &&
	test_tick && git vault -q good mark --without-snapshot --reason mended twice &&
	for n in 1 4
	do
		git update-ref refs/vault/good/twice/50$n refs/vault/good/twice/$n || return 1
	done && git vault good list twice >.git/out &&
	test_grep "^twice  *501  *damaged " .git/out &&
	test_grep "^twice  *504  *damaged .*it is record 4 once more" .git/out &&
	test_expect_code 128 git vault good show twice 501 2>.git/err &&
	test_grep "record 501 of twice is damaged: it is record 1 once more" .git/err &&
	git vault good show --json twice >.git/out &&
	test "$(field record .git/out)" = 5 &&
	test_expect_code 128 git vault rollback -n --to 501 twice 2>.git/err &&
	test_grep "it is record 1 once more" .git/err &&
	for n in 501 504
	do
		git update-ref -d refs/vault/good/twice/$n || return 1
	done
'

test_expect_success 'the last number is no end, and what is no number none' '
	git update-ref refs/vault/good/last/999999999 refs/vault/good/hurt/1 &&
	test "$(git vault good mark --without-snapshot last)" = 999999998 &&
	git update-ref refs/vault/good/odd/1x refs/vault/good/hurt/1 &&
	git update-ref refs/vault/good/odd/2/3 refs/vault/good/hurt/1 &&
	git update-ref refs/vault/good/odd/0 HEAD &&
	git vault good list odd >.git/out && test_must_be_empty .git/out &&
	for ref in last/999999999 last/999999998 odd/1x odd/2/3 odd/0
	do
		git update-ref -d refs/vault/good/$ref || return 1
	done
'

test_expect_success 'a newer format is named as such' '
	damage "s/\"format\":1/\"format\":2/" &&
	test_expect_code 128 git vault good show hurt 3 2>.git/err &&
	test_grep "newer git-vault" .git/err &&
	git update-ref -d refs/vault/good/hurt/3
'

test_expect_success JQ 'it is told to other tools' '
	git vault good export prod 3 >.git/out &&
	statement 3 >.git/expect && test_cmp .git/expect .git/out &&
	git vault good export --format slsa-vsa prod 3 >.git/out &&
	jq -e ".predicateType == \"https://slsa.dev/verification_summary/v1\" and
		.predicate.verificationResult == \"PASSED\" and
		.subject[0].digest.sha256 == \"$digest\"" .git/out &&
	git vault good export --format slsa-vsa prod 5 >.git/out &&
	jq -e ".predicate.verificationResult == \"FAILED\" and
		.predicate.verifiedLevels == [\"FAILED\"] and
		.predicate.verifier.id == \"urn:git-vault:verifier\"" .git/out &&
	git vault good export --format github-deployment prod 5 >.git/out &&
	jq -e "(.status.state == \"failure\") and
		(.status.description | test(\"revoked\"))" .git/out &&
	test_expect_code 128 git vault good export --format slsa-vsa stage 1 &&
	git vault good export --format github-deployment prod 3 >.git/out &&
	jq -e ".deployment.ref == \"$(git rev-parse HEAD~)\" and
		.deployment.environment == \"prod\" and
		.status.state == \"success\" and
		.status.log_url == \"https://ci.example.com/run\"" .git/out &&
	git vault good export --format gitlab-deployment prod 5 >.git/out &&
	jq -e ".sha == \"$(git rev-parse HEAD)\" and .status == \"failed\" and
		.tag == false" .git/out
'

test_expect_success 'the states of the environment belong to it' '
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":12,\"lineage\":\"net-1\",\"outputs\":{},\"resources\":[],\"check_results\":null}\n" >net.json &&
	git vault -q state save --new --env prod --stack net net.json >.git/version &&
	git vault -q state save --new --env dev --stack net net.json &&
	git vault -q good mark --without-snapshot prod &&
	git vault good show --json prod >.git/out &&
	test_grep "\"states\": *\[{\"stack\": *\"net\", *\"version\": *\"$(cat .git/version)\", *\"tool\": *\"terraform\", *\"serial\": *12, *\"lineage\": *\"net-1\"" .git/out &&
	test_grep ! "\"states\":\[.*\"stack\".*\"stack\"" .git/out &&
	test_grep "\"recipients\": *\[{\"name\"" .git/out
'

test_expect_success 'in a shallow clone with a detached HEAD' '
	git clone -q --depth 1 "file://$PWD" .git/shallow &&
	(
		cd .git/shallow && git checkout -q --detach &&
		git vault -q good mark --without-snapshot prod &&
		test_cmp_rev HEAD "refs/vault/good/prod/1^{commit}" && whole
	)
'

test_expect_success 'in a bare repository a commit is named' '
	git clone -q --bare . .git/bare &&
	git -C .git/bare vault -q good mark --without-snapshot --commit HEAD~1 prod &&
	git -C .git/bare vault good show --json prod >.git/out &&
	test "$(field commit .git/out)" = "$(git rev-parse HEAD~)"
'

test_expect_success 'inside of a push nothing is written' '
	git for-each-ref >.git/before &&
	test_expect_code 128 env GIT_QUARANTINE_PATH="$PWD/.git/q" \
		git vault good mark --without-snapshot prod &&
	git for-each-ref >.git/after && test_cmp .git/before .git/after
'

test_expect_success 'ten at once get ten numbers, and each its note' '
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		git vault -q good mark --without-snapshot --approver "who$i" race >.git/n$i 2>.git/err$i &
	done && wait &&
	sort -n .git/n1 .git/n? .git/n10 | uniq >.git/actual &&
	test_seq 1 10 >.git/expect && test_cmp .git/expect .git/actual &&
	git notes --ref=vault show | grep -c "\"env\":\"race\"" >.git/out &&
	echo 10 >.git/expect && test_cmp .git/expect .git/out &&
	git fsck --connectivity-only --no-dangling --no-progress
'

test_expect_success 'what is wrong with the arguments is said as it is' '
	test_expect_code 129 git vault good diff prod 1 2>err &&
	test_grep "takes three arguments, not 2" err &&
	test_expect_code 129 git vault good check 2>err &&
	test_grep "takes one or two arguments, not 0" err &&
	test_expect_code 129 git vault good list a b 2>err &&
	test_grep "takes one argument at most, not 2" err &&
	git vault good list nowhere >out 2>err && test_must_be_empty out &&
	test_grep "no known-good record of nowhere;.*good mark nowhere" err
'

# Nothing of the tag around a statement is signed by an identity.
test_expect_success 'a tag that differs in its own words is none that came later' '
	for n in 1 2
	do
		test_tick && git vault -q good mark --without-snapshot --approver $n again || return 1
	done &&
	tag=$(git cat-file tag refs/vault/good/again/1 |
		sed "s/^tagger [^<]*/tagger Mallory /" |
		git hash-object -t tag -w --stdin) &&
	git update-ref refs/vault/good/again/3 $tag &&
	git vault good show --json again >.git/out &&
	test "$(field record .git/out)" = 2 &&
	git vault good list again >.git/out &&
	sed -n 2p .git/out >.git/newest && test_grep "^again  *2 " .git/newest
'

test_expect_success 'what two tags say is counted once' '
	git vault show --json good:again~1 >.git/out &&
	test_expect_code 128 git vault show good:again~2 2>.git/err &&
	test_grep "there are 2, so ~1 is the oldest" .git/err &&
	git update-ref -d refs/vault/good/again/3
'

test_expect_success 'a snapshot of no commit that was revoked takes a reason, too' '
	git init -q unborn && (
		cd unborn && echo a >a && id=$(git vault -q snapshot) &&
		git vault -q good mark --without-snapshot --snapshot $id prod &&
		git vault -q good revoke --reason bad prod 1 &&
		test_expect_code 128 git vault good mark --without-snapshot --snapshot $id prod \
			2>.git/err &&
		test_grep "snapshot $id was revoked for prod by record 2" .git/err &&
		git vault -q good mark --without-snapshot --snapshot $id --reason mended prod &&
		git vault good show --json prod >.git/out &&
		test_grep "\"record\": *3" .git/out
	)
'

test_expect_success 'why a commit was revoked is printed on one line' '
	git vault -q good mark --without-snapshot --reason r lines &&
	git vault -q good revoke --reason "$(printf "a\n::b\033[2J")" lines 1 &&
	test_expect_code 1 git vault good check lines >.git/out &&
	test_line_count = 1 .git/out && test_grep "a.012::b.033" .git/out &&
	for told in "good check lines" "good mark --without-snapshot lines" \
		"rollback --to 1 lines" "good revoke --reason s lines 1"
	do
		test_must_fail git vault $told >.git/out 2>&1 &&
		test_grep "a.012::b.033" .git/out &&
		test_grep ! "^::b" .git/out || return 1
	done
'

test_done
