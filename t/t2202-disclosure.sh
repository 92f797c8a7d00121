#!/bin/sh

test_description='no secret in what is written into records

Reasons, messages, approvers and addresses are kept as they stand, for all who
read the repository, and go out with it.'
. "$(dirname "$0")/test-lib.sh"

token=ghp_$(printf x | sha256sum | cut -c1-36)

# refused OPTION COMMAND...: nothing is done, and the value is not said
refused () {
	option=$1 && shift && git for-each-ref >.git/before &&
	test_expect_code 128 git vault "$@" >.git/out 2>.git/err &&
	test_grep "^git-vault: $option has what looks like a secret (github-" \
		.git/err &&
	test_grep ! "$token" .git/err && test_must_be_empty .git/out &&
	git for-each-ref >.git/after && test_cmp .git/before .git/after &&
	! grep -rqs "$token" .git/vault .git/refs .git/logs
}

test_expect_success 'of a known-good record' '
	test_commit one && git vault -q snapshot >.git/id && id=$(cat .git/id) &&
	refused --evidence good mark --evidence \
		"https://ci.example/7?private_token=$token" prod &&
	refused --evidence good mark --evidence https://ci.example/1 \
		--evidence "https://ci.example/$token" prod &&
	refused --approver good mark --approver "$token" prod &&
	refused --reason good mark --reason "see $token" prod &&
	refused --pipeline-url good mark --pipeline-url \
		"https://ci.example/?t=$token" prod &&
	git vault -q good mark --approver "Ann B. <ann@example.com>" \
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
	github=$token && token=acme_$(printf z | sha256sum | cut -c1-24) &&
	refused --message snapshot -m "with $token"
'

test_expect_success 'a policy that cannot be read takes no rule away' '
	echo "scan: [" >.gitvault.yaml && token=$github &&
	refused --message pin -m "with $token" latest
'

test_done
