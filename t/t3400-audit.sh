#!/bin/sh

test_description='git vault audit: what was done, by whom, and when'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
value=Zk3vQ9xLr7WbT2mY

ref () {
	git for-each-ref --format='%(refname)' refs/vault/audit
}

# kinds [OPTION…]: of the events that are listed, the newest first
kinds () {
	git vault audit list --json "$@" >list.json &&
		python3 -c "
import json
for e in json.load(open('list.json'))['events']:
    print(e['kind'])"
}

# field NAME [OPTION…]: of the newest event that is listed
field () {
	field_=$1 && shift &&
		git vault audit list --json -n 1 "$@" >list.json &&
		python3 -c "
import json
v = json.load(open('list.json'))['events'][0]['$field_']
print(' '.join(v) if isinstance(v, list) else v)"
}

test_expect_success 'where nothing was told there is nothing to list' '
	git commit -q --allow-empty -m zero &&
	git vault audit list >out 2>err &&
	test_must_be_empty out &&
	test_grep "no events found" err &&
	git vault audit verify >out 2>err &&
	test_grep "there is no audit chain yet: nothing" err &&
	git vault audit list --json >out &&
	echo "{\"schema\":1,\"events\":[],\"damaged\":[]}" >expect &&
	test_cmp expect out
'

# begin_anew: without the event of the first keyring, which t3403 looks at
begin_anew () {
	git update-ref -d "$(ref)" && rm -f .git/vault/audit-end-* \
		.git/vault/audit-at-*
}

test_expect_success 'restores are told, and what of them was' '
	mkdir -p envs/prod &&
	echo /.env >.gitignore &&
	printf "db_password = \"%s\"\n" $value >envs/prod/terraform.tfvars &&
	echo A=$value >.env && echo one >file &&
	git add .gitignore envs file && git commit -q -m one &&
	git vault snapshot -q && id=$(git vault list --id-only) && begin_anew &&
	git vault restore --no-secrets --reason "a look" $id --to "$T/one" &&
	echo restore >expect &&
	kinds >actual && test_cmp expect actual &&
	test "$(field snapshot)" = "$id" &&
	test "$(field target)" = "$T/one" &&
	test "$(field result)" = done &&
	test "$(field reason)" = "a look" &&
	test "$(field number)" = 1 &&
	echo two >file &&
	git vault restore $id --in-place --overwrite always file &&
	test "$(field target)" = "$PWD" &&
	test "$(field number)" = 2
'

test_expect_success 'one that opens values is two events: that they are, and the restore' '
	git vault restore --reason "a drill" $id --to "$T/two" &&
	test_write_lines restore unseal restore restore >expect &&
	kinds >actual && test_cmp expect actual &&
	test "$(field scopes --kind unseal)" = "prod shared"
'

test_expect_success 'one that touches nothing, or is only rehearsed, is none' '
	git vault restore $id --in-place file &&
	git vault restore --dry-run $id --to "$T/three" &&
	test_must_fail git vault restore --no-secrets $id --to "$T/two" &&
	test $(kinds | wc -l) = 4
'

test_expect_success 'a deletion is told in the transaction that does it' '
	git vault snapshot -q && git vault snapshot -q &&
	new=$(git vault list --id-only -n 2 | sort | tr "\n" " ") &&
	git vault delete -n $new &&
	test $(kinds | wc -l) = 4 &&
	git vault delete --reason "test data" $new &&
	test "$(field kind)" = delete &&
	test "$(field snapshots) " = "$new" &&
	test "$(field reason)" = "test data" &&
	test "$(field result)" = done
'

test_expect_success 'a deletion that is refused is not told' '
	git vault pin $id &&
	test_must_fail git vault delete $id &&
	test $(kinds | wc -l) = 5 &&
	git vault unpin $id
'

test_expect_success 'a prune tells which snapshots went, and by what rules' '
	old=$id &&
	git vault snapshot -q && new=$(git vault list --id-only -n 1) &&
	git vault prune --keep-last 1 -n &&
	test $(kinds | wc -l) = 5 &&
	git vault prune --keep-last 1 &&
	test "$(field kind)" = prune &&
	test "$(field snapshots)" = "$old" &&
	test "$(field reason)" = "by the rules of the command line" &&
	git vault prune --keep-last 1 &&
	test $(kinds | wc -l) = 6
'

test_expect_success 'every event is signed, and the chain is whole' '
	git vault audit verify -v >out 2>err &&
	test_must_be_empty err &&
	test_grep "^whole $(git vault audit list --json | sed "s/.*\"host\":\"\([^\"]*\)\".*/\1/"): 6 events, 6 signed" out &&
	test_grep "6 events signed by SHA256:.* of the keyring" out &&
	git fsck --strict --no-dangling >out 2>&1 &&
	test_must_be_empty out
'

test_expect_success 'events are chosen by time, actor, scope, object, host and kind' '
	test_write_lines prune delete restore unseal restore restore >all &&
	kinds --since "1 hour ago" >actual && test_cmp all actual &&
	kinds --until "1 hour ago" >actual && test_must_be_empty actual &&
	kinds --since 1h >actual && test_cmp all actual &&
	kinds --until 1h >actual && test_must_be_empty actual &&
	kinds --actor "a u thor" >actual && test_cmp all actual &&
	kinds --actor nobody >actual && test_must_be_empty actual &&
	echo unseal >expect &&
	kinds --scope prod >actual && test_cmp expect actual &&
	kinds --scope pro >actual && test_must_be_empty actual &&
	kinds --kind unseal >actual && test_cmp expect actual &&
	one=$(field ids --kind unseal | cut -c1-12) &&
	kinds --object $one >actual && test_cmp expect actual &&
	kinds --object $old >actual &&
	test_write_lines prune restore unseal restore restore >expect &&
	test_cmp expect actual &&
	host=$(field host) &&
	kinds --host "$host" >actual && test_cmp all actual &&
	test_must_fail git vault audit list --host nowhere 2>err &&
	test_grep "no audit chain of a host .nowhere" err &&
	kinds -n 2 >actual &&
	test_write_lines prune delete >expect && test_cmp expect actual &&
	test_expect_code 128 git vault audit list --since whenever 2>err &&
	test_grep "git does not understand the time" err &&
	test_expect_code 128 git vault audit list --since 2040-01-01 2>err &&
	test_grep "2040-01-01.* is yet to come" err
'

test_expect_success 'a table says the same' '
	git vault audit list >out &&
	test_line_count = 7 out &&
	test_grep "^ID  *TIME  *HOST  *EVENT  *WHO  *SIGNED BY  *WHAT  *RESULT  *REASON" out &&
	test_grep "delete .*A U Thor <author@example.com> .*2 snapshots .*done .*test data" out &&
	test_grep "unseal .*$old, 2 ids of prod shared" out
'

test_expect_success 'one event is shown by its commit or its number' '
	commit=$(git rev-parse "$(ref)~1") &&
	git vault audit show "$host:5" >expect &&
	test_grep "^event     $commit$" expect &&
	test_grep "^kind      delete$" expect &&
	test_grep "^key       SHA256:" expect &&
	test_grep "^snapshots 2" expect &&
	git vault audit show $(echo $commit | cut -c1-7) >actual &&
	test_cmp expect actual &&
	git vault audit show --json "$host:5" >one.json &&
	python3 -c "
import json
e = json.load(open(\"one.json\"))
assert e[\"event\"] == \"$commit\" and e[\"number\"] == 5, e
assert len(e[\"snapshots\"]) == e[\"snapshots_total\"] == 2, e" &&
	test_must_fail git vault audit show "$host:99" 2>err &&
	test_grep "there is no event" err &&
	test_expect_code 129 git vault audit show xyz 2>err &&
	test_expect_code 129 git vault audit show "$host:x" 2>err
'

test_expect_success 'the fingerprint is that which ssh shows' '
	git log -1 --format=%B "$(ref)" |
		sed -n "s/^Vault-Signature: //p" | base64 -d |
		head -c 32 >raw &&
	{
		printf "ssh-ed25519 " &&
		{
			printf "\000\000\000\013ssh-ed25519\000\000\000\040" &&
			cat raw
		} | base64 -w0
	} >key.pub &&
	ssh-keygen -l -f key.pub >out &&
	test_grep "$(field fingerprint)" out
'

test_expect_success 'an export in JSON has all, the oldest first' '
	git vault audit export --format json >out.json &&
	python3 - <<-\EOF
	import json
	e = json.load(open("out.json"))["events"]
	assert [x["number"] for x in e] == [1, 2, 3, 4, 5, 6], e
	assert e[4]["kind"] == "delete" and e[4]["reason"] == "test data"
	assert all(x["fingerprint"].startswith("SHA256:") for x in e)
	EOF
'

test_expect_success 'odd words come back from CSV and CEF as they are' '
	odd="=a|b\\c, \"d\" = e
f" &&
	git vault restore --no-secrets --reason "$odd" $new --to "$T/odd" file &&
	ODD=$odd && export ODD &&
	git vault audit export --format csv >out.csv &&
	git vault audit export --format cef >out.cef &&
	python3 - <<-\EOF
	import csv, os, re
	rows = list(csv.DictReader(open("out.csv", newline="")))
	assert len(rows) == 7, rows
	assert [r["number"] for r in rows] == list("1234567"), rows
	# what a spreadsheet would run begins with an apostrophe
	assert rows[6]["reason"] == "\x27" + os.environ["ODD"], rows[6]
	assert rows[4]["snapshots_total"] == "2" and rows[4]["kind"] == "delete"
	lines = open("out.cef").read().split("\n")
	assert lines.pop() == "" and len(lines) == 7, lines
	for l in lines:
	    head = re.split(r"(?<!\\)\|", l, maxsplit=7)
	    assert head[0] == "CEF:0" and len(head) == 8, head
	    assert 0 <= int(head[6]) <= 10
	ext = head[7]
	pairs = dict(re.findall(r"(\w+)=((?:\\.|[^=\\])*?)(?= \w+=|$)", ext))
	back = pairs["reason"].replace("\\n", "\n")
	back = re.sub(r"\\([\\=])", r"\1", back)
	assert back == os.environ["ODD"], back
	assert pairs["rt"].endswith("000") and pairs["cn1"] == "7", pairs
	assert pairs["outcome"] == "done"
	EOF
'

test_expect_success 'which format is to be said' '
	test_expect_code 129 git vault audit export 2>err &&
	test_grep "name a --format, json, csv or cef, or a --control" err &&
	test_expect_code 129 git vault --json audit export --format csv 2>err &&
	test_expect_code 129 git vault audit list --remote origin 2>err &&
	test_expect_code 129 git vault audit verify --actor me 2>err
'

test_expect_success 'who has a pipeline do it is told' '
	unset GITHUB_ACTIONS GITLAB_CI JENKINS_URL &&
	n=0 &&
	while read -r is who expect
	do
		n=$((n + 1)) &&
		env "$is" "$who" git vault restore --no-secrets $new \
			--to "$T/ci$n" file &&
		test "$(field pipeline)" = "$expect" || return 1
	done <<-\EOF &&
	GITHUB_ACTIONS=true GITHUB_ACTOR=octocat github octocat
	GITLAB_CI=true GITLAB_USER_LOGIN=tanuki gitlab tanuki
	JENKINS_URL=http://j/ BUILD_USER=butler jenkins butler
	BUILDKITE=true BUILDKITE_BUILD_CREATOR=kite buildkite kite
	EOF
	kinds --actor octocat >actual &&
	echo restore >expect && test_cmp expect actual
'

test_expect_success 'what looks like a secret there is left out, and the variable told' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	n=0 &&
	while read -r is who expect
	do
		n=$((n + 1)) &&
		env "$is" "$who" git vault restore --no-secrets $new \
			--to "$T/planted$n" file &&
		test "$(field pipeline)" = "$expect" || return 1
	done <<-EOF &&
	GITHUB_ACTIONS=true GITHUB_ACTOR=$token github without \${GITHUB_ACTOR} (github-pat)
	GL_REPOSITORY=project-1 GL_USERNAME=$token gitlab-push without \${GL_USERNAME} (github-pat)
	GL_REPOSITORY=project-1 GL_ID=$token gitlab-push without \${GL_ID} (github-pat)
	GITEA_PUSHER_NAME=tea GL_ID=$token gitea-push tea
	EOF
	git log --format=%B "$(ref)" >log && test_grep ! "$token" log &&
	git vault audit verify
'

test_expect_success 'by the rules of the team, too, and by ours where its policy is none' '
	test_when_finished "rm -f .gitvault.yaml" &&
	cat >.gitvault.yaml <<-\EOF &&
	scan:
	  rules:
	  - id: acme-token
	    description: Token of the Acme gateway
	    kind: token
	    anchors: [acme_]
	    pattern: "acme_[0-9a-f]{24}"
	    severity: critical
	    confidence: likely
	    remediation: Ask the gateway team.
	    positive: ["acme_{hex*24}", "x acme_{hex*24}"]
	    negative: ["acme_{hex*8}", "acme_token"]
	EOF
	accept_policy && GITHUB_ACTIONS=true GITHUB_ACTOR=acme_$(printf x | sha256sum | cut -c1-24) \
		git vault restore --no-secrets $new --to "$T/team" file &&
	test "$(field pipeline)" = "github without \${GITHUB_ACTOR} (acme-token)" &&
	echo "scan: 7" >.gitvault.yaml &&
	for who in octocat $token
	do
		GITHUB_ACTIONS=true GITHUB_ACTOR=$who git vault restore \
			--no-secrets $new --to "$T/none-$who" file &&
		field pipeline || return 1
	done >actual &&
	cat >expect <<-\EOF &&
	github octocat
	github without ${GITHUB_ACTOR} (github-pat)
	EOF
	test_cmp expect actual
'

test_expect_success 'what waits is judged as well' '
	tip=$(git rev-parse "$(ref)") &&
	git update-ref "$(ref)" "$(git cat-file commit "$tip" |
		sed "s/^Vault-Event: .*/Vault-Event: other/" |
		git hash-object -t commit -w --stdin)" &&
	GITHUB_ACTIONS=true GITHUB_ACTOR=$token git vault restore \
		--no-secrets $new --to "$T/waiting" file 2>err &&
	test_grep "the event waits in" err &&
	grep -h Vault-Pipeline .git/vault/audit-queue/* >actual &&
	echo "Vault-Pipeline: github without \${GITHUB_ACTOR} (github-pat)" >expect &&
	test_cmp expect actual &&
	git update-ref "$(ref)" $tip &&
	git vault restore --no-secrets $new --to "$T/goes" file
'

test_expect_success 'an event that cannot be told waits, and comes with the next one' '
	tip=$(git rev-parse "$(ref)") &&
	git update-ref "$(ref)" "$(git cat-file commit "$tip" |
		sed "s/^Vault-Event: .*/Vault-Event: other/" |
		git hash-object -t commit -w --stdin)" &&
	n=$(git rev-list --count $tip) &&
	git vault restore --no-secrets --reason waits $new --to "$T/waits" \
		2>err &&
	test_path_is_file "$T/waits/file" &&
	test_grep "warning: the restore is done, but the event waits in" err &&
	test_must_fail git vault delete $new 2>err &&
	test_grep "nothing is deleted: the audit chain .* cannot tell" err &&
	git vault show $new >/dev/null &&
	test_expect_code 1 git vault audit verify 2>err &&
	test_grep "1 event waits to be recorded" err &&
	git update-ref "$(ref)" $tip &&
	git vault restore --no-secrets --reason now $new --to "$T/now" &&
	test $(git rev-list --count "$(ref)") = $((n + 2)) &&
	test "$(field reason)" = now &&
	git vault audit show "$host:$((n + 1))" >out &&
	test_grep "^reason    waits$" out &&
	test_grep "^recorded  " out &&
	git vault audit verify 2>err &&
	test_must_be_empty err &&
	test -z "$(ls .git/vault/audit-queue)"
'

test_expect_success 'what waits and is damaged is told of, and waits on' '
	echo junk >.git/vault/audit-queue/20200101T000000Z-1-1 &&
	git vault restore --no-secrets $new --to "$T/junk" &&
	git vault audit verify 2>err &&
	test_grep "1 event waits .* damaged: look into" err &&
	rm .git/vault/audit-queue/20200101T000000Z-1-1
'

test_expect_success 'of a reason that no event could hold the front is told of what is done' '
	long=$(printf "%070000d" 0) &&
	git vault restore --no-secrets --reason "$long" $new --to "$T/long" \
		2>err &&
	test_grep ! "audit" err &&
	git vault audit list --json >out &&
	test_grep "\"reason\": *\"00000*000 \.\.\. (70000 bytes)\"" out &&
	GIT_AUTHOR_NAME=$long GITHUB_ACTIONS=true GITHUB_ACTOR=$long \
		git vault restore --no-secrets $new --to "$T/short" --reason short &&
	git vault audit list --json >out && test_grep "\"reason\": *\"short\"" out &&
	git vault audit verify
'

test_expect_success 'a clone on the same host can have a chain of another name' '
	test_config vault.auditName "ci runner/7" &&
	git vault restore --no-secrets $new --to "$T/named" &&
	test "$(field host --kind restore --host ci-runner-7)" = ci-runner-7 &&
	test "$(field number --host ci-runner-7)" = 1 &&
	test "$(field host --host "$host")" = "$host" &&
	git vault --json audit export --format json >out.json &&
	python3 -c "
import json
e = json.load(open(\"out.json\"))[\"events\"]
assert {x[\"host\"] for x in e} == {\"ci-runner-7\", \"$host\"}, e" &&
	git vault audit verify >out && test_line_count = 2 out
'

test_expect_success 'a repair that finds nothing is no event' '
	git vault audit list >before &&
	git vault repair >out &&
	git vault audit list >after &&
	test_cmp before after
'

test_expect_success 'what an event of another host says reaches no terminal as it is' '
	event=$(printf "tree %s\nauthor A <a@b> 1763800000 +0000\ncommitter A <a@b> 1763800000 +0000\n\nx\n\nVault-Format: 1\nVault-Number: 1\nVault-Event: \"restore\\\\033[2J\\\\nsigner    alice\"\nVault-Time: 2025-11-22T08:26:40Z\nVault-Actor: A <a@b>\nVault-User: a@b\nVault-Snapshots: \"x\\\\033[2J\"\n" \
		$(git hash-object -t tree -w --stdin </dev/null) |
		git hash-object -t commit -w --stdin) &&
	git update-ref refs/vault/audit/evil $event &&
	git vault audit show evil:1 >out && test_grep "^kind  *restore.033" out &&
	test_grep ! "^signer" out && test_grep ! "$(printf "\033")" out &&
	git update-ref -d refs/vault/audit/evil
'

test_expect_success 'each kind of event has a name of its own in CEF' '
	for kind in rollback-approve prune-values
	do
		event=$(printf "tree %s\nauthor A <a@b> 1763800000 +0000\ncommitter A <a@b> 1763800000 +0000\n\nx\n\nVault-Format: 1\nVault-Number: 1\nVault-Event: $kind\nVault-Time: 2025-11-22T08:26:40Z\nVault-Actor: A <a@b>\nVault-User: a@b\n" \
			$(git hash-object -t tree -w --stdin </dev/null) |
			git hash-object -t commit -w --stdin) &&
		git update-ref refs/vault/audit/named $event &&
		git vault audit export --format cef --host named >out &&
		test_grep "|$kind|[A-Z]" out || return 1
	done && git update-ref -d refs/vault/audit/named
'

test_done
