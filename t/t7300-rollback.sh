#!/bin/sh

test_description='an environment goes back to what was good

git vault rollback: files in place, states made ready to be pushed, and the undo of
both; --as-branch, which touches no file.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# resource NAME ID [NEEDS]: one of a state
resource () {
	printf '{"mode":"managed","type":"t","name":"%s","provider":' "$1"
	printf '"provider[\\"registry.terraform.io/hashicorp/null\\"]",'
	printf '"instances":[{"schema_version":0,"attributes":{"id":"%s"}' "$2"
	printf ',"dependencies":[%s]}]}' "$3"
}

# state SERIAL RESOURCES
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[%s],' "$2"
	printf '"check_results":null}\n'
}

# ready: the file that was made ready
ready () {
	sed -n "s/^ready \(.*\) serial .*/\1/p" .git/out
}

test_expect_success 'a deployment is marked good, and another one goes wrong' '
	echo .env >.gitignore && echo one >app && echo same >same &&
	git add . && git commit -q -m one && git branch deployed &&
	echo "DB_PASSWORD=Correct-Horse-41" >.env &&
	git vault -q snapshot >.git/good &&
	network=$(resource net n1) &&
	state 3 "$network,$(resource old o1 "\"t.net\""),$(resource disk d1 \
		"\"t.old\",\"t.net\"")" >.git/first &&
	git vault -q state save --new --env prod --stack net - <.git/first &&
	git vault -q good mark --artifact app=sha256:$(printf %064d 7) prod &&
	standing >.git/before &&
	echo two >app && echo added >added && rm same && git add -A &&
	git commit -q -m two && echo "DB_PASSWORD=Battery-Staple-77" >.env &&
	state 4 "$(resource net n2),$(resource new w1 "\"t.net\""),$(resource \
		top p1 "\"t.new\",\"t.net\"")" |
		git vault -q state save --new --env prod --stack net - &&
	standing >.git/after
'

test_expect_success 'a dry run shows files, resources in order and artifacts' '
	git for-each-ref >.git/listed &&
	git vault rollback -n prod >.git/out 2>.git/err &&
	sed -e "s/^\(state prod.net\) [0-9a-f]*/\1 ID/" \
		-e "/^m /d" .git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	M .env
	  change DB_PASSWORD (sealed)
	D added
	M app
	A same
	state prod/net ID serial 3, from 4
	  in the state file; nothing is created or destroyed in the cloud:
	  replaced t.net
	  added t.old
	  added t.disk
	  removed t.top
	  removed t.new
	artifact app sha256:0000000000000000000000000000000000000000000000000000000000000007
	END
	test_cmp .git/expect .git/actual &&
	test_grep "would roll back prod to known-good record 1" .git/err &&
	standing >.git/actual && test_cmp .git/after .git/actual &&
	git for-each-ref >.git/actual && test_cmp .git/listed .git/actual &&
	test_path_is_missing .git/vault/rollback
'

test_expect_success 'as JSON it says all of it' '
	git vault rollback -n --json prod >.git/out &&
	python3 - .git/out <<-\END
	import json, sys
	d = json.load(open(sys.argv[1]))
	assert d["environment"] == "prod" and d["record"] == 1, d
	assert d["dry_run"] and d["undo"] is None, d
	assert {"action": "delete", "path": "added",
	        "shared": False, "directory": False} in d["changes"], d
	s = d["states"][0]
	assert s["to"]["serial"] == 3 and s["ready"] is None, s
	assert [r["address"] for r in s["resources"]][0] == "t.net", s
	assert d["artifacts"][0]["name"] == "app", d
	END
'

test_expect_success 'it goes back, and the state is ready above the newest' '
	git vault rollback --reason "lost orders" prod >.git/out 2>.git/err &&
	standing >.git/actual && test_cmp .git/before .git/actual &&
	test_grep "DB_PASSWORD=Correct-Horse-41" .env &&
	id=$(undo_id) && ready=$(ready) &&
	test "$ready" = "$PWD/.git/vault/rollback/$id/states/prod/net.tfstate" &&
	test "$(stat -c %a "$ready")" = 600 &&
	sed "s/\"serial\":3/\"serial\":5/" .git/first >.git/expect &&
	test_cmp .git/expect "$ready" &&
	test_grep "rolled back prod to known-good record 1" .git/err &&
	test_path_is_missing .git/vault/rollback/pending &&
	test_path_is_missing .git/vault/rollback/played &&
	test "$(git rev-parse HEAD)" != "$(git rev-parse deployed)" &&
	git vault state restore --env prod --stack net >.git/actual &&
	test_grep "\"serial\":4" .git/actual
'

test_expect_success 'the audit chain has it, with the reason' '
	git vault audit list --json >.git/audit &&
	test_grep "\"rollback\"" .git/audit &&
	test_grep "good/prod/1, id $(undo_id)" .git/audit &&
	test_grep "lost orders" .git/audit
'

test_expect_success 'a candidate says that it was a rollback, and of what' '
	tag=$(git rev-parse refs/vault/good/prod/1) &&
	says 2 $(undo_id)/to/$tag && test_grep "lost orders" .git/record &&
	git vault good export prod 1 >.git/first.json &&
	git vault good export prod 2 >.git/second.json &&
	python3 - .git/first.json .git/second.json <<-\END &&
	import base64, json, sys
	def statement(path):
	    d = json.load(open(path))
	    if "payload" in d:
	        d = json.loads(base64.b64decode(d["payload"]))
	    return d
	a, b = statement(sys.argv[1]), statement(sys.argv[2])
	assert a["subject"] == b["subject"], b["subject"]
	a, b = a["predicate"], b["predicate"]
	assert a["states"] == b["states"] and b["states"], b["states"]
	assert b["promotes"] is None and b["status"] == "candidate", b
	assert b["reason"] == "lost orders", b
	END
	test_grep "made known-good record 2 of prod" .git/err &&
	git vault rollback -n prod 2>.git/err &&
	test_grep "to known-good record 1" .git/err
'

test_expect_success 'it is taken back, once, and the clear state goes' '
	id=$(undo_id) && git vault rollback --undo $id -n >.git/plan &&
	test_grep "^A added" .git/plan && test_grep "the newest saved" .git/plan &&
	git vault rollback --undo $id >.git/out2 2>.git/err &&
	standing >.git/actual && test_cmp .git/after .git/actual &&
	test_path_is_missing .git/vault/rollback/$id &&
	sed -n "s/^undo //p" .git/out2 >.git/undo2 &&
	says 3 $(cat .git/undo2)/undoes/$id &&
	test_grep "\"snapshot\": *\"$id\"" .git/record &&
	test_expect_code 128 git vault rollback --undo $id 2>.git/err &&
	test_grep "taken back already" .git/err &&
	test_grep "git vault restore $id --in-place" .git/err
'

# of_code N COMMIT: record N is of that commit
of_code () {
	git vault --json good show prod "$1" >.git/record &&
		test_grep "\"commit\": *\"$(git rev-parse "$2")\"" .git/record
}

test_expect_success 'an undo that is undone is of the commit whose files come back' '
	test_create_repo ../again && (
		cd ../again && echo one >app && echo old >old && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && git rm -q old &&
		git commit -q -m fewer && git vault -q snapshot &&
		git vault -q good mark prod && git tag fewer && echo two >app &&
		git commit -q -a -m two && git vault rollback --to 1 prod >.git/out &&
		git vault rollback --undo $(undo_id) >.git/out &&
		of_code 4 HEAD && test "$(cat app)" = two &&
		git vault rollback --undo $(undo_id) >.git/out &&
		of_code 5 HEAD~2 && test "$(cat app)" = one &&
		git vault rollback --to 2 prod >.git/out && of_code 6 fewer &&
		git vault rollback --undo $(undo_id) >.git/out &&
		of_code 7 HEAD~2 && test_path_is_file old &&
		git vault rollback --undo $(undo_id) >.git/out &&
		of_code 8 fewer && echo three >app &&
		git vault rollback --to 2 prod >.git/out &&
		git vault rollback --undo $(undo_id) >.git/out && of_code 10 HEAD &&
		git vault -q good verify prod 8 && git vault rollback \
			--as-branch back prod && test "$(git show back:app)" = one &&
		test_must_fail git cat-file -e back:old
	)
'

test_expect_success 'the undo of a rollback that was pushed gives its state back' '
	git vault rollback prod >.git/out &&
	git vault -q state save --new --env prod --stack net "$(ready)" &&
	git vault rollback --undo $(undo_id) >.git/out &&
	test_grep "\"serial\": *6" "$(ready)" &&
	test_grep "\"name\": *\"top\"" "$(ready)" &&
	standing >.git/actual && test_cmp .git/after .git/actual
'

test_expect_success '--scope leaves the other part' '
	git vault rollback --scope state prod >.git/out && test_path_is_file "$(ready)" &&
	standing >.git/actual && test_cmp .git/after .git/actual &&
	git for-each-ref refs/vault/good >.git/listed &&
	git vault rollback --scope files prod >.git/out &&
	git for-each-ref refs/vault/good >.git/actual &&
	test_cmp .git/listed .git/actual &&
	test -z "$(ready)" && standing >.git/actual &&
	test_cmp .git/before .git/actual &&
	git vault -q rollback --undo $(undo_id) &&
	test_expect_code 129 git vault rollback --scope codes prod 2>.git/err &&
	test_grep "is not a scope of a rollback;" .git/err
'

test_expect_success 'an undo removes the clear state also where no file differs' '
	git vault -q rollback --scope files prod >.git/out && files=$(undo_id) &&
	for scope in state code,state files,state
	do
		git vault rollback --scope $scope prod >.git/out &&
		id=$(undo_id) && ready=$(ready) && test_path_is_file "$ready" &&
		git vault rollback --undo $id -n 2>.git/err &&
		test_grep "would take back rollback $id" .git/err &&
		test_path_is_file "$ready" &&
		git vault rollback --undo $id >.git/out 2>.git/err &&
		test_grep "took back rollback $id" .git/err &&
		test_path_is_missing .git/vault/rollback/$id &&
		git vault audit list --json >.git/audit &&
		test_grep "undo of $id, id $(undo_id)" .git/audit &&
		standing >.git/actual && test_cmp .git/before .git/actual &&
		test_expect_code 128 git vault rollback --undo $id 2>.git/told &&
		test_grep "taken back already" .git/told || return 1
	done &&
	n=$(sed -n "s/.*known-good record \([0-9]*\) of prod, a candidate.*/\1/p" \
		.git/err) &&
	says $n $(undo_id)/undoes/$id &&
	git vault -q rollback --undo $files
'

test_expect_success 'a chain that cannot be written keeps nobody from it; a damaged one does' '
	chain=refs/vault/audit/$(hostname) && tip=$(git rev-parse $chain) &&
	mkdir -p .git/${chain%/*} && >.git/$chain.lock &&
	test_when_finished "rm -f .git/$chain.lock" &&
	git vault rollback --reason outage prod >.git/out 2>.git/err &&
	test_path_is_file "$(ready)" &&
	standing >.git/actual && test_cmp .git/before .git/actual &&
	test_grep "warning: states are opened, but the event waits in" .git/err &&
	test_grep "warning: the rollback is done, but the event waits" .git/err &&
	test_cmp_rev $tip $chain && rm .git/$chain.lock &&
	git vault rollback --undo $(undo_id) >.git/out 2>.git/err &&
	test_grep ! waits .git/err && test_dir_is_empty .git/vault/audit-queue &&
	for kind in unseal state-restore rollback
	do
		git vault audit list --kind $kind >.git/audit &&
		test_grep outage .git/audit || return 1
	done &&
	tip=$(git rev-parse $chain) &&
	git update-ref $chain "$(git cat-file commit $tip |
		sed "s/^Vault-Event: .*/Vault-Event: other/" |
		git hash-object -t commit -w --stdin)" &&
	test_expect_code 128 git vault rollback prod 2>.git/err &&
	test_grep "the audit chain .* cannot tell of it" .git/err &&
	test_expect_code 128 git vault rollback --scope state prod &&
	git update-ref $chain $tip &&
	standing >.git/actual && test_cmp .git/after .git/actual
'

test_expect_success '--as-branch commits the code and touches no file' '
	test_tick && git vault rollback --as-branch back prod >.git/out &&
	test_cmp_rev back $(cat .git/out) && test_cmp_rev back^ HEAD &&
	test "$(git rev-parse back^{tree})" = "$(git rev-parse deployed^{tree})" &&
	standing >.git/actual && test_cmp .git/after .git/actual &&
	git diff --cached --exit-code && git diff --exit-code &&
	test_expect_code 128 git vault rollback --as-branch back prod 2>.git/err &&
	test_grep "the branch back exists already" .git/err &&
	test_expect_code 129 git vault rollback --as-branch a..b prod &&
	test_expect_code 129 git vault rollback --as-branch x -n prod
'

test_expect_success '--as-branch goes on where git knows nobody who commits' '
	nobody () {
		env -u GIT_AUTHOR_NAME -u GIT_AUTHOR_EMAIL \
			-u GIT_COMMITTER_NAME -u GIT_COMMITTER_EMAIL -u EMAIL \
			GIT_CONFIG_COUNT=1 \
			GIT_CONFIG_KEY_0=user.useConfigOnly \
			GIT_CONFIG_VALUE_0=true "$@"
	} &&
	test_must_fail nobody git commit --allow-empty -m none &&
	nobody git vault rollback --as-branch by-nobody prod >.git/out &&
	git show -s --format="%an %ae %cn" by-nobody >.git/actual &&
	test_grep "^git-vault .*@.* git-vault$" .git/actual &&
	nobody git -c user.name=Jane -c user.email=jane@example.com \
		vault rollback --as-branch by-jane prod &&
	git show -s --format="%an <%ae> %cn <%ce>" by-jane >.git/actual &&
	echo "Jane <jane@example.com> Jane <jane@example.com>" >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'a resource stands behind what it needs through others' '
	state 1 "$(resource a-leaf l1 "\"t.mid\""),$(resource mid m1 \
		"\"t.z-base\""),$(resource z-base z1)" |
		git vault -q state save --new --env dev --stack chain - &&
	git vault -q good mark dev &&
	state 2 "$(resource a-leaf l2 "\"t.mid\""),$(resource mid m1 \
		"\"t.z-base\""),$(resource z-base z2)" |
		git vault -q state save --new --env dev --stack chain - &&
	git vault rollback -n --scope state dev >.git/out &&
	sed 1,2d .git/out >.git/actual &&
	test_write_lines "  replaced t.z-base" \
		"  replaced t.a-leaf" >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'one that is under way locks out another' '
	test_expect_code 4 flock .git/vault/rollback/lock \
		git vault rollback prod 2>.git/err &&
	test_grep "a rollback of .* is under way" .git/err &&
	standing >.git/actual && test_cmp .git/after .git/actual
'

test_expect_success '--to names a record; one that is not good is refused' '
	git vault -q good mark --status candidate prod &&
	test_expect_code 128 git vault rollback --to 2 prod 2>.git/err &&
	test_grep "record 2 of prod is a candidate" .git/err &&
	git vault rollback -n --to 1 prod >.git/expect &&
	git vault rollback -n --to good:prod prod >.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 129 git vault rollback --to good:dev prod &&
	test_expect_code 129 git vault rollback --to latest prod &&
	test_expect_code 129 git vault rollback &&
	test_expect_code 129 git vault rollback --undo latest prod &&
	test_expect_code 128 git vault rollback --undo $(cat .git/good) &&
	test_expect_code 128 git vault rollback --to 9 prod
'

test_expect_success 'what stands under the name of its snapshot is not taken for it' '
	test_create_repo ../swapped && (
		cd ../swapped && echo one >app && git add . && git commit -q -m one &&
		git vault -q snapshot >.git/id && git vault -q good mark prod &&
		echo two >app && git commit -q -a -m two && git vault -q good mark prod &&
		ref=refs/vault/snapshots/$(cat .git/id) && was=$(git rev-parse $ref) &&
		forged=$(git cat-file commit $was | sed "s/^author [^<]*/author Mallory /" |
			git hash-object -t commit -w --stdin) &&
		git update-ref $ref $forged && git vault show $(cat .git/id) >.git/out &&
		for how in --scope=files --scope=state --as-commit --as-branch=back -n
		do
			test_expect_code 128 git vault rollback $how --to 1 prod 2>.git/err &&
			test_grep "record 1 of prod names .* as commit $(git rev-parse \
				--short=10 $was), but .*$(git rev-parse --short=10 $forged)" \
				.git/err && test "$(cat app)" = two || return 1
		done && git update-ref $ref $was &&
		git vault -q rollback --to 1 prod && test "$(cat app)" = one
	)
'

test_expect_success 'without the key nothing is done' '
	git vault key generate -o .git/nobody >.git/pub &&
	git for-each-ref >.git/listed &&
	test_expect_code 5 env GIT_VAULT_IDENTITY=$PWD/.git/nobody \
		git vault rollback --scope files prod 2>.git/err &&
	test_grep "cannot be decrypted here" .git/err &&
	test_expect_code 5 env GIT_VAULT_IDENTITY=$PWD/.git/nobody \
		git vault rollback --scope state prod 2>.git/err &&
	test_grep "state prod/net" .git/err &&
	standing >.git/actual && test_cmp .git/after .git/actual &&
	test_path_is_missing .git/vault/rollback/pending &&
	for dir in .git/vault/rollback/*/
	do
		test_path_is_file $dir/note || return 1
	done
'

test_expect_success 'a value that was revoked does not come back' '
	git vault secret list --json >.git/out && value=$(sed -n \
		"s/.*\"id\": *\"\([0-9a-f]*\)\".*/\1/p" .git/out | head -n 1) &&
	for value in $(grep -o "\"id\": *\"[0-9a-f]*\"" .git/out |
		grep -o "[0-9a-f]\{16,\}")
	do
		git vault -q secret revoke --reason leaked $value || return 1
	done &&
	test_expect_code 128 git vault rollback prod 2>.git/err &&
	test_grep "revoked" .git/err && test_grep "scope code,config" .git/err &&
	standing >.git/actual && test_cmp .git/after .git/actual
'

test_expect_success 'an undo to what was revoked is done, and has no record' '
	(
		released revoked && git vault -q good mark prod &&
		git vault rollback --to 1 prod >.git/out &&
		git vault -q good revoke --reason "it lost orders" prod 2 &&
		git for-each-ref refs/vault/good >.git/listed &&
		git vault rollback --reason again --undo $(undo_id) >.git/out \
			2>.git/err &&
		test_grep "the rollback is done, but it has no record" .git/err &&
		test_grep "was revoked for prod by record 4: it lost orders" \
			.git/err && test "$(cat app)" = two &&
		git for-each-ref refs/vault/good >.git/actual &&
		test_cmp .git/listed .git/actual
	)
'

test_expect_success 'of a commit without a snapshot no file comes back' '
	(
		released bare && git vault good mark --without-snapshot bare 2>.git/err &&
		test_grep "no snapshot of that commit" .git/err &&
		standing >.git/expect &&
		test_expect_code 128 git vault rollback bare 2>.git/err &&
		test_grep "without a snapshot.*by --scope state" .git/err &&
		for how in as-commit as-branch=back
		do
			test_expect_code 128 git vault rollback --$how bare \
				2>.git/err &&
			test_grep "of no snapshot.*git revert" .git/err || return 1
		done &&
		standing >.git/actual && test_cmp .git/expect .git/actual
	)
'

test_expect_success 'a revoked record is refused, by its number too' '
	git vault -q good revoke --reason "it lost orders" prod 1 &&
	test_expect_code 128 git vault rollback prod 2>.git/err &&
	test_expect_code 128 git vault rollback --to 1 prod 2>.git/err &&
	test_grep "record 1 of prod was revoked by [0-9]*: it lost orders" .git/err
'

test_expect_success 'what is in the way is named, and nothing is touched' '
	git init -q ../part && (
		cd ../part && echo a >lib.bin && echo x >f && mkdir d &&
		echo l >d/f && git add . &&
		git commit -q -m good && git vault -q snapshot &&
		git vault -q good mark prod && git rm -q --cached lib.bin &&
		test_write_lines "lib.*" /d >.gitignore && echo y >f &&
		git rm -q -r d && git add . && git commit -q -m bad &&
		truncate -s 2M lib.bin && cp lib.bin d && cp d ../bad.bin &&
		for dry in -n ""
		do
			test_expect_code 128 git vault rollback prod $dry \
				>out 2>err || return 1
			test_grep "warning: lib.bin cannot go back: .*move it away" err &&
			test_grep "warning: d cannot go back: .*not in the safety" err &&
			test_grep "2 paths of .* nothing was changed" err &&
			test_cmp_bin ../bad.bin lib.bin &&
			test_cmp_bin ../bad.bin d && test "$(cat f)" = y ||
				return 1
		done &&
		git vault good list >out && test_line_count = 2 out &&
		rm lib.bin d out err && git vault rollback prod >/dev/null 2>../err &&
		test_grep "a candidate" ../err && test "$(cat lib.bin)" = a
	)
'

test_expect_success 'a dry run without the key ends as the run does' '
	git init -q ../sealed && (
		cd ../sealed && echo "*.env" >.gitignore && git add . &&
		git commit -q -m one && echo "PASSWORD=correcthorse9" >a.env &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo "PASSWORD=wrong" >a.env &&
		mv "$HOME/.config/git-vault" "$HOME/.config/away" &&
		test_expect_code 5 git vault rollback -n prod 2>err &&
		test_expect_code 5 git vault rollback prod 2>err &&
		rm -rf "$HOME/.config/git-vault" &&
		mv "$HOME/.config/away" "$HOME/.config/git-vault"
	)
'

test_expect_success 'what was kept of the bad files, and one of some, is not marked good' '
	git init -q ../mark && (
		cd ../mark && echo a >f && echo a >g && git add . &&
		git commit -q -m good && git vault -q snapshot &&
		git vault -q good mark prod && echo bad >f &&
		git commit -q -a -m bad && git vault -q rollback prod &&
		git vault good mark --without-snapshot next 2>err && test_grep "no snapshot of that commit" err &&
		git vault -q snapshot -f >id && git vault -q snapshot --only f -f &&
		git vault good mark --without-snapshot last 2>err && test_grep "of snapshot $(cat id)" err
	)
'

test_expect_success 'what the bad one ignores is not deleted, by an undo nor by a second run' '
	git init -q ../ignores && (
		cd ../ignores && echo "*.log" >.gitignore && echo x >f &&
		git add . && git commit -q -m good && git vault -q snapshot &&
		git vault -q good mark prod && echo bad >f &&
		printf "%s\r\n" "# more" "*.log" "local-data/" "/cache  " >.gitignore &&
		git add . && git commit -q -m bad && mkdir local-data &&
		echo mine >local-data/db && echo old >cache && echo new >new &&
		git vault -q rollback prod >../out &&
		test_path_is_missing new && test "$(cat f)" = x &&
		git vault rollback prod >../out 2>../err &&
		test_grep "nothing differs" ../err &&
		git vault -q rollback --undo \
			$(ls .git/vault/rollback | grep Z-) >../out &&
		test "$(cat local-data/db cache new f)" = "mine
old
new
bad"
	)
'

test_expect_success 'the candidate of one is no promotion' '
	git init -q ../cand && (
		cd ../cand && echo a >f && git add f && git commit -q -m one &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo b >f && git vault -q rollback prod &&
		git vault audit list --kind good-promote >out &&
		test_grep ! prod out && git vault audit list --kind good-mark >out &&
		test_grep -c "of prod" out | grep -qx 2
	)
'

test_expect_success 'git fails at the code that is gone back to, or has no such commit' '
	git init -q ../gone && (
		cd ../gone && test_commit one && git vault -q snapshot &&
		git vault -q good mark prod && good=$(git rev-parse HEAD) &&
		test_commit two && mkdir ../full && real=$(command -v git) &&
		cat >../full/git <<-END &&
		#!/bin/sh
		case \$* in
		"read-tree $good")
			echo "fatal: unable to write new index file" >&2
			exit 128
		esac
		exec "$real" "\$@"
		END
		chmod +x ../full/git &&
		for as in --as-commit --as-branch=back
		do
			(
				PATH=$PWD/../full:$PATH && export PATH &&
				test_expect_code 128 git-vault rollback $as prod 2>../err
			) && test_grep "unable to write new index file" ../err &&
			test_grep ! "fetch it" ../err || return 1
		done &&
		git checkout -q --orphan other && git commit -q -m other &&
		git branch -D main && git tag -d one two && git reflog expire --all \
			--expire=now && rm ".git/objects/$(echo $good | sed "s|..|&/|")" &&
		test_expect_code 128 git vault rollback --as-commit prod 2>../err &&
		test_grep "commit $good is not here; fetch it" ../err
	)
'

# What the snapshot withholds is of the files, from which it was gone by then.
test_expect_success 'a secret that only the commit had in clear is not carried into a new one' '
	git init -q clear && (
		cd clear && mkdir etc && echo 1 >app &&
		secret=ghp_$(printf x | sha256sum | cut -c1-36) &&
		echo "token = $secret" | tee conf >etc/same &&
		printf "%s\n" "token = $secret" >"etc/a b\"c" &&
		git add . && git commit -q -m one &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo "token = y" >conf && echo 2 >app && git rm -q etc/a* &&
		git commit -q -a -m two &&
		git vault rollback --as-branch back prod 2>.git/err &&
		test_grep "2 files of it with secrets stay as HEAD has them" \
			.git/err &&
		test_grep "^git-vault:   conf$" .git/err &&
		test_grep "^git-vault:   \"etc/a b" .git/err &&
		test_grep "git checkout $(git rev-parse --short=10 HEAD~) -- conf" \
			.git/err &&
		test "$(git show back:conf)" = "token = y" &&
		test "$(git show back:app)" = 1 &&
		test_must_fail git cat-file -e "back:etc/a b\"c" &&
		git vault rollback -n --json --as-commit prod >.git/out &&
		jq -e ".kept == 2 and (.kept_paths | index(\"conf\"))" .git/out &&
		printf "%s\n" "scan:" "  allow:" "  - path: conf" \
			"    reason: an example" \
			>.gitvault.yaml && accept_policy &&
		git checkout -q HEAD~ -- conf etc && git add . && git commit -q -m three &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo "token = y" >conf && git rm -q etc/a* && git commit -q -a -m four &&
		git vault rollback --as-branch allowed prod 2>.git/err &&
		test_grep "1 file of it with secrets" .git/err &&
		test "$(git show allowed:conf)" = "token = $secret"
	)
'

test_expect_success 'an environment may be called as a file of ours is' '
	git init -q names && (
		cd names && echo one >app && git add . && git commit -q -m one &&
		git vault -q snapshot && for env in note paths states
		do
			for serial in 1 2
			do
				state $serial "" >.git/state &&
				git vault -q state save --new --env $env --stack net \
					.git/state &&
				{
					test $serial = 2 ||
						git vault -q good mark $env
				} || return 1
			done && echo $env >app &&
			git vault rollback --scope code,state $env >.git/out &&
			test "$(cat app)" = one &&
			id=$(sed -n "s/^undo //p" .git/out) &&
			test_path_is_file \
				.git/vault/rollback/$id/states/$env/net.tfstate &&
			git vault rollback --undo $id && test "$(cat app)" = $env &&
			echo one >app || return 1
		done
	)
'

# of_snapshot N ID: record N of prod is the first one, but of that snapshot
of_snapshot () {
	was=refs/vault/snapshots/$(cat .git/id) is=refs/vault/snapshots/$2
	git cat-file tag refs/vault/good/prod/1 | sed "s/${was##*/}/$2/g
		s/$(git rev-parse "$was")/$(git rev-parse "$is")/g
		s/$(git rev-parse "$was:tree")/$(git rev-parse "$is:tree")/2" \
		>.git/tag &&
		git update-ref "refs/vault/good/prod/$1" \
			"$(git hash-object -t tag -w .git/tag)"
}

test_expect_success 'what is not of all files is neither marked nor gone back to' '
	git init -q some && (
		cd some && mkdir d && echo a >a && echo b >d/b && git add . &&
		git commit -q -m one && git vault -q snapshot >.git/id &&
		env GIT_VAULT_IDENTITY=$PWD/.git/none git vault -q good mark prod &&
		id=$(git vault -q snapshot --only d) &&
		test_expect_code 128 git vault good mark --snapshot $id prod \
			2>.git/err &&
		test_grep "$id contains only d" .git/err &&
		of_snapshot 2 $id &&
		test_expect_code 128 git vault rollback --to 2 prod 2>.git/err &&
		test_grep "record 2 of prod contains only d.*vault restore $id" \
			.git/err && test_path_is_file a &&
		way=$(sed -n "s/.*git \(vault restore [^;,]*\). restores.*/\1/p" \
			.git/err) && echo c >d/b && git $way &&
		echo b >.git/expect && test_cmp .git/expect d/b
	)
'

# Anybody may have taken it, and write what he likes for what it was taken of.
test_expect_success 'what it was taken of gets no line of its own' '
	(
		cd some && id=$(git vault -q snapshot --only d -f) &&
		at=refs/vault/snapshots/$id && git cat-file commit $at |
			sed "s/^Vault-Only: .*/Vault-Only: \"d\\\\nall is well\"/" |
			git hash-object -t commit -w --stdin >.git/new &&
		git update-ref $at $(cat .git/new) &&
		test_expect_code 128 git vault good mark --snapshot $id prod \
			2>.git/err &&
		test_line_count = 1 .git/err &&
		test_grep "contains only d.012all is well" .git/err &&
		of_snapshot 3 $id &&
		test_expect_code 128 git vault rollback --to 3 prod 2>.git/err &&
		test_line_count = 1 .git/err &&
		test_grep "contains only d.012all is well" .git/err
	)
'

test_done
