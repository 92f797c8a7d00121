#!/bin/sh

test_description='a failover is taken back, but not to a side that is behind'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

# write NAME: a plan from standard input, which is accepted
write () {
	mkdir -p .gitvault/plans && cat >".gitvault/plans/$1.yaml" &&
	git vault policy accept >/dev/null 2>.git/err || {
		cat .git/err
		return 1
	}
}

# over PLAN TO: the traffic goes to a side; its run is in $run
over () {
	git vault plan run -y --input to="$2" "$1" 2>.git/err || { cat .git/err && return 1; }
	run=$(git vault plan history --json | sed -n "s/.*\"runs\":\[{\"id\":\"\([^\"]*\)\".*/\1/p")
	test -n "$run" || run=$(ls -t .git/vault/plans | head -n 1)
	test "$(cat pointer.yaml)" = "side: $2"
}

# back STATUS [ARG…]
back () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault plan undo -y "$@" "$run" >.git/out 2>.git/err ||
		{ cat .git/out .git/err && return 1; }
}

# state ENV SERIAL LINEAGE: a version of its state net
state () {
	printf '{"version":4,"terraform_version":"1.5.0","serial":%s,"lineage":"%s","outputs":{},"resources":[]}' \
		"$2" "$3" >../net.tfstate &&
	git vault -q state save ${4-} --env "$1" --stack net ../net.tfstate >/dev/null
}

test_expect_success 'two sides, and a plan that moves the traffic' '
	mkdir -p live/west live/east && echo "a: 1" >live/west/app.yaml && echo "a: 1" >live/east/app.yaml &&
	echo "side: west" >pointer.yaml && git add . && git commit -q -m one && git vault key generate >../key &&
	git vault init -q && write over <<-\END && write lag <<-\END2 && write by <<-\END3
	inputs: {to: {required: true}}
	steps: [{id: traffic, kind: switch, file: pointer.yaml, key: side, to: "${{ inputs.to }}"}]
	END
	inputs: {to: {required: true}}
	steps:
	  - id: traffic
	    kind: switch
	    file: pointer.yaml
	    key: side
	    to: "${{ inputs.to }}"
	    caught_up: {shell: "test -e synced"}
	END2
	inputs: {to: {required: true}}
	steps:
	  - id: traffic
	    kind: switch
	    run: [sh, -c, "echo side: east >pointer.yaml"]
	    rollback: [sh, -c, "echo side: west >pointer.yaml"]
	    caught_up: {file: synced}
	END3
'

test_expect_success 'nothing has changed since, so it goes back' '
	git vault -q good mark west && git vault -q good mark east && over over east && sleep 1 &&
	back 0 && echo "side: west" >../want && test_cmp ../want pointer.yaml
'

test_expect_success 'a record of the new side since is refused, with the way on' '
	over over east && sleep 1 && echo "a: 2" >live/east/app.yaml && git commit -qam two &&
	git vault -q good mark east && back 128 && test "$(cat pointer.yaml)" = "side: east" &&
	test_grep "nothing was taken back, since west is behind: known-good record 2 of east was made" .git/err &&
	test_grep "git vault plan undo --behind west $run" .git/err &&
	git vault plan status "$run" >.git/out && test_grep passed .git/out
'

test_expect_success 'the override names the side, and is recorded' '
	back 128 --behind east && test_grep "west is behind" .git/err && test_grep "side: east" pointer.yaml &&
	back 0 --behind west && test_grep "warning: west is behind" .git/err && test_grep "side: west" pointer.yaml &&
	git vault audit list -v --kind plan >.git/out && test_grep "result=undone.* behind: west" .git/out
'

test_expect_success 'an override that nobody needs is refused' '
	git vault -q good mark west && over over east && back 129 --behind west && test_grep "is not needed" .git/err && back 0
'

test_expect_success 'a state is held against that of its lineage by its serial' '
	state west 4 one && state east 4 one --new && over over east && state east 5 one && back 128 &&
	test_grep "its state net has serial 4, and that of east has 5" .git/err && state west 6 one && back 0
'

test_expect_success 'another word for an environment is the environment' '
	printf "environments: {west: {aliases: [blue]}, east: {aliases: [green]}}\n" >.gitvault.yaml &&
	git add . && git commit -qm policy && git vault policy accept -y 2>.git/err &&
	echo "side: blue" >pointer.yaml && over over green && state east 9 one && back 128 &&
	test_grep "since blue is behind: its state net has serial 6" .git/err && back 0 --behind blue &&
	echo "side: west" >pointer.yaml
'

test_expect_success 'the check of a plan decides where it is given' '
	over lag east && back 128 && test_grep "since west is behind: .*1" .git/err && touch synced && back 0 && rm synced
'

test_expect_success 'of a command, too' '
	over by east && back 128 && test_grep "since traffic is behind: .*synced" .git/err && touch synced && back 0 &&
	test_grep "side: west" pointer.yaml && rm synced
'

test_expect_success 'of sides that are no environments nothing is known, which is said' '
	echo "side: db1.example.org" >pointer.yaml && over over db2.example.org && back 0 &&
	test_grep "warning: whether db1.example.org has what happened since the switch is not known" .git/err &&
	test_grep "side: db1.example.org" pointer.yaml
'

test_expect_success 'a run that goes back by itself is not held up' '
	echo "side: west" >pointer.yaml && write fails <<-\END && state east 12 one &&
	steps:
	  - {id: traffic, kind: switch, file: pointer.yaml, key: side, to: east}
	  - {id: healthy, needs: traffic, run: ["false"], on_failure: rollback}
	END
	test_expect_code 1 git vault plan run -y fails 2>.git/err && test_grep "side: west" pointer.yaml
'

test_done
