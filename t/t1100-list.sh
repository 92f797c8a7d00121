#!/bin/sh

test_description='git vault list'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# The ids of a JSON list, in its order.
ids () {
	tr , '\n' | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}

test_expect_success 'without snapshots it says so and prints nothing' '
	git vault list >.git/out 2>.git/err &&
	test_must_be_empty .git/out &&
	test_grep "no snapshot yet; .git vault snapshot. takes one" .git/err &&
	git vault list --tag any 2>.git/err &&
	test_grep "no snapshot yet; .git vault snapshot. takes one" .git/err &&
	git vault list --json >.git/out 2>.git/err &&
	test_must_be_empty .git/err &&
	test_grep "\"snapshots\": *\[\]" .git/out
'

test_expect_success 'set up' '
	mkdir env && echo x=1 >env/prod.tf && ln -s prod.tf env/link &&
	echo pw >.env && echo .env >.gitignore &&
	git add . && test_tick && git commit -q -m first &&
	snapshot_take -m "before the upgrade" -t prod -t v1 -e prod &&
	one=$snapshot &&
	snapshot_take -b feature -H other -m "with
a body

of two paragraphs" -t prod && two=$snapshot &&
	snapshot_take -m "third" && three=$snapshot
'

test_expect_success 'one line each, the newest first' '
	base=$(git rev-parse HEAD | cut -c1-10) &&
	cat >expect <<-END &&
	ID                         AGE             BRANCH   BY        BASE        FILES      SIZE  TAGS     SUBJECT
	$three  0 seconds ago   main     A U Thor  $base      4  19 bytes           third
	$two  60 seconds ago  feature  A U Thor  $base      4  19 bytes  prod     with
	$one  2 minutes ago   main     A U Thor  $base      4  19 bytes  prod,v1  before the upgrade
	END
	git vault list >actual &&
	test_cmp expect actual
'

test_expect_success JQ 'the JSON document holds every field' '
	git vault list --json >out &&
	cat >expect <<-END &&
	{
	  "id": "$one",
	  "time": "$(date -u -d @$((test_tick - 120)) +%Y-%m-%dT%H:%M:%SZ)",
	  "commit": "$(git rev-parse refs/vault/snapshots/$one)",
	  "base": "$(git rev-parse HEAD)",
	  "branch": "main",
	  "host": "fixture",
	  "tags": [
	    "prod",
	    "v1"
	  ],
	  "pinned": false,
	  "environments": [
	    "prod"
	  ],
	  "trigger": "manual",
	  "subject": "before the upgrade",
	  "message": "before the upgrade",
	  "author": "A U Thor <author@example.com>",
	  "previous": null,
	  "only": null,
  "omits": null,
	  "files": 4,
	  "bytes": 19,
	  "secrets": 0,
	  "tree": "$(git rev-parse refs/vault/snapshots/$one:tree)",
	  "nested": [],
	  "latest": false,
	  "own": false,
	  "verified_time": null,
	  "remotes": [],
	  "copies": {
	    "targets": 0,
	    "regions": 0,
	    "durable": null
	  }
	}
	END
	jq ".snapshots[2]" out >actual &&
	test_cmp expect actual &&
	jq -r ".snapshots[1] | .previous, .message" out >actual &&
	test_write_lines "$one" with "" "a body" "" "of two paragraphs" >expect &&
	test_cmp expect actual &&
	jq -c .damaged out >actual &&
	echo "[]" >expect &&
	test_cmp expect actual
'

test_expect_success 'by tag, by several, by branch, by host, and so many' '
	git vault list --json --tag prod | ids >actual &&
	test_write_lines $two $one >expect &&
	test_cmp expect actual &&
	git vault list --json --tag prod --tag v1 | ids >actual &&
	test_write_lines $one >expect &&
	test_cmp expect actual &&
	git vault list --json --branch feature | ids >actual &&
	test_write_lines $two >expect &&
	test_cmp expect actual &&
	git vault list --json --host fixture | ids >actual &&
	test_write_lines $three $one >expect &&
	test_cmp expect actual &&
	git vault list --json -n 2 | ids >actual &&
	test_write_lines $three $two >expect &&
	test_cmp expect actual &&
	git vault list --json --limit=1 --tag v1 | ids >actual &&
	test_write_lines $one >expect &&
	test_cmp expect actual &&
	git vault list --json -n 0 | ids >actual &&
	test_must_be_empty actual &&
	git vault list -n 0 >out 2>err && test_must_be_empty err &&
	git vault list --tag nothing >out 2>err &&
	test_must_be_empty out &&
	test_grep "none fits these options, out of 3 snapshots; .git vault list." \
		err &&
	git vault list --tag v11 2>err &&
	test_grep "no snapshot has the tag .v11.; did you mean .v1." err &&
	git vault list --tag v1 --host nowhere 2>err &&
	test_grep "none fits these options" err &&
	git vault list --branch featrue 2>err &&
	test_grep "has the branch .featrue.; did you mean .feature." err
'

test_expect_success 'by environment, trigger, message and time' '
	all="$three $two $one" && now=$test_tick &&
	wants () {
		want=$1 && shift && test_write_lines $want >expect &&
		git vault list --id-only "$@" >actual 2>err &&
		test_cmp expect actual || return 1
	} &&
	wants $one --env prod &&
	wants "$all" --trigger manual &&
	git vault list --id-only --trigger hook >actual 2>err &&
	test_must_be_empty actual && test_grep "none fits .* of 3 snapshots" err &&
	test_expect_code 129 git vault list --trigger cron 2>err &&
	test_grep "cron. is not a trigger; use manual, hook, schedule, ci," err &&
	wants $one --grep upgrade && wants $one --grep "^before.*e\$" &&
	wants $two --grep "two paragraphs" && wants $two --grep "^a body\$" &&
	wants "$three $one" --grep third --grep up.rade &&
	wants $three --since "@$now" &&
	wants "$three $two" --since "@$((now - 60))" &&
	wants "$two $one" --until "@$((now - 1))" &&
	wants $two --since "@$((now - 60))" --until "@$((now - 60))" &&
	wants "$all" --since "3 hours ago" &&
	wants "$three $two" --since 60s && wants "$two $one" --until 1s &&
	wants "$all" --since 30d && wants "$all" --since 1y6m &&
	wants $two --until "@$((now - 1))" -n 1 &&
	wants $one --tag prod --until "@$((now - 61))" --host fixture &&
	test_expect_code 129 git vault list --grep "\\(" 2>err &&
	test_grep "no regular expression" err &&
	test_expect_code 128 git vault list --since someday 2>err &&
	test_grep "git does not understand the time .someday." err &&
	test_expect_code 128 git vault list --since 30m 2>err &&
	test_grep "the m of .30m. may mean minutes or months" err &&
	test_expect_code 129 git vault list --since 30D 2>err &&
	test_grep "30D. is not a duration" err &&
	test_expect_code 128 git vault list --since "@$((now + 1))" 2>err &&
	test_grep "is yet to come" err &&
	wants "$all" --until "@$((now + 86400))"
'

test_expect_success 'by a path that differs from the snapshot before' '
	echo x=2 >env/prod.tf && snapshot_take && four=$snapshot &&
	echo other >other && snapshot_take && five=$snapshot &&
	rm env/prod.tf && snapshot_take && six=$snapshot &&
	wants "$six $four $one" --path env/prod.tf &&
	wants "$six $four $one" --path env/ &&
	wants "$six $four $one" --path "*.tf" &&
	wants "$five" --path other && wants "$six" --path env -n 1 &&
	wants "$six $five $four $one" --path other --path "env/*" &&
	wants "$four" --path env --until "@$((test_tick - 60))" -n 1 &&
	(cd env && wants "$six $four $one" --path prod.tf) &&
	git vault list --id-only --path nothing >actual 2>err &&
	test_must_be_empty actual &&
	test_expect_code 128 git vault list --path ":(nonsense)x" 2>err &&
	test_grep nonsense err &&
	for id in $four $five $six
	do
		git update-ref -d refs/vault/snapshots/$id || return 1
	done
'

test_expect_success 'it takes no arguments' '
	test_expect_code 129 git vault list $one 2>err &&
	test_grep "takes no arguments" err
'

# damage ID COMMIT-TEXT: put a commit of this text there
damage () {
	git hash-object --literally -t commit -w --stdin >commit &&
		git update-ref "refs/vault/snapshots/$1" "$(cat commit)"
}

test_expect_success 'damaged ones are named on stderr, the others listed' '
	one_ref=refs/vault/snapshots/$one &&
	time=20260101T000000Z &&
	git cat-file commit $one_ref >text &&
	damage $time-00000001 <text &&
	sed "s/$one/$time-00000002/; s/^Vault-Tag: v1/Vault-Files: 9/" text |
		damage $time-00000002 &&
	sed "s/$one/$time-00000003/; s/prod/a$(printf "\033")[31mb/" text |
		damage $time-00000003 &&
	sed "s/$one/$time-00000004/; s/Format: ./Format: 7/" text |
		damage $time-00000004 &&
	sed "s/$one/$time-00000005/; s/^tree .*/tree $(git mktree <\/dev\/null)/" text |
		damage $time-00000005 &&
	sed "/Vault-/d" text | damage $time-00000006 &&
	git update-ref refs/vault/snapshots/$time-00000007 \
		$(git rev-parse "$one_ref^{tree}") &&
	git update-ref refs/vault/snapshots/not-an-id $one_ref &&
	sed "s/$one/$time-00000008/; s/^tree .*/tree $(printf %040d 1)/" text |
		damage $time-00000008 &&
	test_expect_code 3 git vault list --json >out 2>err &&
	ids <out >actual &&
	test_write_lines $three $two $one >expect &&
	test_cmp expect actual &&
	cat >expect <<-END &&
	git-vault: warning: snapshot $time-00000001 is damaged: its commit says that it is $one
	git-vault: warning: snapshot $time-00000002 is damaged: its trailer Vault-Files is there twice
	git-vault: warning: snapshot $time-00000003 is damaged: its trailer Vault-Tag is empty or holds a control character
	git-vault: warning: snapshot $time-00000004 is damaged: it is of format 7, and this git vault knows 4; use a newer one
	git-vault: warning: snapshot $time-00000005 is damaged: there is no tree/ in its commit
	git-vault: warning: snapshot $time-00000006 is damaged: its commit message has no trailers, so it is no snapshot of git vault
	END
	sort err | head -n 6 >actual &&
	test_cmp expect actual &&
	test_grep "snapshot $time-00000007 is damaged: " err &&
	test_grep "snapshot $time-00000008 is damaged: " err &&
	test_grep "not-an-id is not named like a snapshot" err &&
	test_line_count = 9 err &&
	test_expect_code 3 git vault list >out 2>err &&
	test_line_count = 9 err &&
	test_line_count = 4 out &&
	git vault list -n 0
'

test_expect_success 'nothing of what a commit says reaches the terminal raw' '
	git for-each-ref --format="delete %(refname)" refs/vault |
		git update-ref --stdin &&
	snapshot_take -m "$(printf "a\033]0;title\007b\r\tc")" -b "ok" \
		-x "Vault-Tag: \"\\033[31m\"" &&
	git vault list >out &&
	git vault show >>out &&
	test_grep ! "$(printf "[\\001-\\010\\013-\\037\\177]")" out
'

test_expect_success 'many snapshots, and packed refs' '
	git for-each-ref --format="delete %(refname)" refs/vault |
		git update-ref --stdin &&
	snapshot_take -m many &&
	snapshot_many 1000 &&
	git pack-refs --all &&
	git vault list --json >out &&
	ids <out >actual &&
	git for-each-ref --format="%(refname:lstrip=3)" refs/vault/snapshots |
		sort -r >expect &&
	test_line_count = 1001 expect &&
	test_cmp expect actual &&
	git vault list -n 1 --json | ids >actual &&
	head -n 1 expect >newest &&
	test_cmp newest actual
'

test_done
