#!/bin/sh

test_description='no secret in what is written into records

Reasons, messages, approvers, addresses and names are kept as they stand, for
all who read the repository, and go out with it. So is what pipelines and files
say.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

token=ghp_$(printf x | sha256sum | cut -c1-36)

# refused OPTION COMMAND...: nothing is done, and the value is not said
refused () {
	option=$1 && shift && git for-each-ref >.git/before &&
	test_expect_code 128 git vault "$@" >.git/out 2>.git/err &&
	test_grep "^git-vault: $option has a possible secret (github-" \
		.git/err &&
	test_grep ! "$token" .git/err && test_must_be_empty .git/out &&
	git for-each-ref >.git/after && test_cmp .git/before .git/after &&
	! grep -rqs "$token" .git/vault .git/refs .git/logs
}

test_expect_success 'of a known-good record' '
	test_commit one && git vault -q snapshot >.git/id && id=$(cat .git/id) &&
	refused --evidence good mark --without-snapshot --evidence \
		"https://ci.example/7?private_token=$token" prod &&
	refused --evidence good mark --without-snapshot --evidence https://ci.example/1 \
		--evidence "https://ci.example/$token" prod &&
	refused --approver good mark --without-snapshot --approver "$token" prod &&
	refused --reason good mark --without-snapshot --reason "see $token" prod &&
	refused --pipeline-url good mark --without-snapshot --pipeline-url \
		"https://ci.example/?t=$token" prod &&
	git vault -q good mark --without-snapshot --approver "Ann B. <ann@example.com>" \
		--evidence "https://ci.example/job/4711?tab=tests#L12" \
		--pipeline-url https://ci.example/pipelines/4711 prod &&
	refused --reason good revoke --reason "$token leaked" prod 1 &&
	git vault -q good revoke --reason "the password of the database leaked" \
		prod 1
'

test_expect_success 'of all else that is kept with its reason' '
	refused --message snapshot -f -m "with $token" &&
	refused --message pin -m "with $token" latest &&
	refused --reason delete --reason "$token" latest &&
	refused --reason restore --reason "$token" -n latest &&
	refused --reason rollback --reason "$token" -n prod &&
	refused --reason secret revoke --reason "$token" 0123 &&
	refused --reason state lock --reason "$token" one.tfstate &&
	refused --reason cat --reason "$token" latest:one.t &&
	refused --reason archive --reason "$token" latest &&
	git vault -q pin -m "before token rotation, see TICKET-4711" latest
'

# digest WORD
digest () {
	printf %s "$1" | sha256sum | cut -c1-64
}

test_expect_success 'of names of artifacts and environments' '
	name="the name of an artifact" && env="the name of an environment" &&
	refused "$name" good mark --without-snapshot --artifact "a=sha256:$(digest a)" \
		--artifact "x/$token=sha256:$(digest b)" prod &&
	refused "$env" good mark --without-snapshot "$token" &&
	refused "$name" artifact record "$token=sha256:$(digest a)" &&
	refused "$env" artifact record --env "$token" "a=sha256:$(digest a)" &&
	refused --from artifact record --from "$token.yaml" &&
	for name in a/b-c_d:1.2 reg.example.com:5000/a/b api_key app-token \
		secret password "build $(digest build).tar"
	do
		git vault -q artifact record "$name=sha256:$(digest a)" &&
		git vault -q good mark --without-snapshot --artifact "$name=sha256:$(digest a)" \
			test || return 1
	done
'

test_expect_success 'of names of states, and of what their locks say' '
	stack="the name of a stack" && echo "{}" >one.tfstate &&
	test_when_finished "rm one.tfstate" &&
	refused "$env" state save --new --env "$token" one.tfstate &&
	refused "$stack" state save --new --env prod --stack "$token" one.tfstate &&
	refused "$env" state lock --new --env "$token" &&
	refused "$stack" state lock --new --env prod --stack "a-$token" &&
	refused --operation state lock --new --env prod --operation "$token" &&
	refused --info state lock --new --env prod --info "by $token" &&
	refused --env snapshot -f --env "$token" &&
	git vault -q state lock --new --env prod --stack secret-api_key.v1 \
		--info "the token rotation of TICKET-4711" &&
	git vault -q state unlock --env prod --stack secret-api_key.v1
'

# withheld TEXT VARIABLE=VALUE…: marked, warned of TEXT, and without the value
withheld () {
	text=$1 && shift &&
	n=$(env "$@" git vault -q good mark --without-snapshot test 2>.git/err) &&
	test_grep "^git-vault: warning: .*$text (github-" .git/err &&
	git cat-file tag "refs/vault/good/test/$n" >.git/record &&
	test_grep ! "$token" .git/err .git/record
}

test_expect_success 'what a pipeline says is left out of the record, and told' '
	withheld "{GITHUB_ACTOR}" GITHUB_ACTIONS=true GITHUB_RUN_ID=7 \
		GITHUB_ACTOR="$token" && test_grep "\"run\":\"7\"" .git/record &&
	withheld "{GITHUB_REF}" GITHUB_ACTIONS=true \
		GITHUB_REF="refs/heads/$token" &&
	withheld "{GITHUB_JOB} (github-[a-z-]*), .*/.{GITHUB_RUN_ID}" \
		GITHUB_ACTIONS=true GITHUB_RUN_ID=7 GITHUB_JOB="$token" \
		GITHUB_REPOSITORY="o/$token" GITHUB_SERVER_URL=https://h &&
	withheld "{CI_JOB_NAME}" GITLAB_CI=true CI_JOB_NAME="$token" \
		GITLAB_USER_LOGIN=ann &&
	test_grep "\"actor\":\"ann\"" .git/record &&
	withheld "{BUILD_NUMBER}" JENKINS_URL=https://ci/ BUILD_NUMBER="$token"
'

# noted N OUT ARGUMENT…: so many of files were noted, and OUT left out
noted () {
	git vault artifact record --json "$3" "$4" >.git/out 2>.git/err &&
	jq -e ".recorded == $1 and .no_digest == $2" .git/out &&
	git notes --ref=vault show HEAD >.git/note &&
	test_grep ! "$token" .git/err .git/note .git/out
}

test_expect_success 'what a file names is left out, by its place' '
	cat >bom.json <<-END &&
	{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
	 {"name": "one", "hashes": [{"alg": "SHA-256",
	  "content": "$(digest one)"}]},
	 {"name": "$token", "hashes": [{"alg": "SHA-256",
	  "content": "$(digest two)"}]},
	 {"name": "three", "version": "$token", "hashes": [{"alg": "SHA-256",
	  "content": "$(digest three)"}]},
	 {"name": "four", "purl": "pkg:npm/$token@1", "hashes": [
	  {"alg": "SHA-256", "content": "$(digest four)"}]},
	 {"name": "$token", "hashes": [{"alg": "SHA-256", "content": "12"}]}]}
	END
	noted 1 4 --from bom.json &&
	for n in 2 3 4
	do
		test_grep "bom.json: digest $n: its name.*(github-.*recorded" \
			.git/err || return 1
	done &&
	test_grep "bom.json: digest 5: no digest follows sha256:" .git/err &&
	printf "%s v1.0.0 h1:$(digest x)\n" a.com/b a.com/$token a.com/c >go.sum &&
	noted 2 1 --from go.sum && test_grep "go.sum:2: its name" .git/err
'

test_expect_success 'so is an image of a manifest' '
	mkdir k && cat >k/a.yaml <<-END && git add k && git commit -q -m k &&
	a: {image: "one:1@sha256:$(digest one)"}
	b: {image: "two:$token@sha256:$(digest two)"}
	END
	n=$(git vault -q good mark --without-snapshot --images=k prod 2>.git/err) &&
	test_grep "k/a.yaml: digest 2: its name" .git/err &&
	git cat-file tag refs/vault/good/prod/$n >.git/out &&
	test_grep "\"one\"" .git/out && test_grep ! "$token" .git/out .git/err
'

test_expect_success 'nor what the team has rules for' '
	cat >.gitvault.yaml <<-\END &&
	scan:
	  rules:
	  - id: github-acme
	    description: Badge of Acme
	    provider: Acme
	    kind: token
	    anchors: [acme_]
	    pattern: "acme_[0-9a-f]{24}"
	    severity: critical
	    confidence: likely
	    remediation: Ask for another one.
	    positive: ["acme_{hex*24}", "x acme_{hex*24}"]
	    negative: ["acme_{hex*8}", "acme_token"]
	END
	accept_policy && github=$token && token=acme_$(printf z | sha256sum | cut -c1-24) &&
	refused --message snapshot -m "with $token"
'

test_expect_success 'a policy that cannot be read takes no rule away' '
	echo "scan: [" >.gitvault.yaml && token=$github &&
	refused --message pin -m "with $token" latest
'

test_done
