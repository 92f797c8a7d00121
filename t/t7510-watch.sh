#!/bin/sh
# shellcheck disable=SC2154

test_description='watch: one process saves all projects while somebody works in them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-watch.sh"

# a second of the clock is 20 of the decisions
GIT_VAULT_TEST_HASTE=20
export GIT_VAULT_TEST_HASTE

# project DIR: registered
project () {
	git init -q "$1" && mkdir "$1/src" && echo one >"$1/src/main.tf" &&
		git -C "$1" add . && test_tick && git -C "$1" commit -q -m one &&
		git vault project add "$1"
}

state_is () {
	git vault watch status --json >json 2>/dev/null
	python3 -c "
import json, sys
for p in json.load(open('json'))['projects']:
    if p['path'].endswith('/$1'): sys.exit(p['state'] != '$2')
sys.exit(1)"
}

is_not_listed () {
	git vault watch status >list 2>/dev/null
	! grep -q "/$1 " list
}

# the process of the running one
pid () {
	tr '\0' '\n' <"$HOME/.config/git-vault/watch/board" | sed -n 2p
}

is_indexed () {
	ls a/.git/vault/search/*.seg >/dev/null 2>&1
}

# is_over PID: gone, or waiting for its parent
is_over () {
	test ! -d "/proc/$1" || grep -q "^State:.Z" "/proc/$1/status"
}

end () {
	git vault watch stop
}

test_expect_success 'it is not running: status says how to start it, stop has nothing to do' '
	test_expect_code 1 git vault watch 2>err && test_grep "git vault watch start" err &&
	git vault watch stop 2>err && test_grep "not running" err
'

test_expect_success 'it is started once; each project has a save at once' '
	test_when_finished end && project a && project b &&
	git vault watch start 2>err && test_grep started err && test_grep "warning: $PWD is not registered.*git vault project add" err &&
	(cd a/src && test_expect_code 129 git vault watch start --all) 2>err && test_grep "all registered projects" err &&
	test_grep "hint: git vault watch start" err && (cd a/src && git vault watch start) 2>err && test_grep ! warning err &&
	git vault watch start 2>err && test_grep "running already" err &&
	test_expect_code 4 git vault watch run 2>err && test_grep "running already" err &&
	wait_for has_saves a 1 && wait_for has_saves b 1 && wait_for state_is a saved &&
	git vault watch status >out && test_grep "^.*/a  *saved" out &&
	test -z "$(git -C a for-each-ref refs/vault/snapshots)"
'

test_expect_success 'an edit is saved when it has settled, in a folder that is new, too; what is not kept is not minded' '
	test_when_finished end && git vault watch start && wait_for state_is b saved &&
	echo two >a/src/main.tf && wait_for has_saves a 2 &&
	git -C a show "$(git -C a for-each-ref --format="%(objectname)" refs/vault/auto)^2:tree/src/main.tf" >out &&
	echo two >expect && test_cmp expect out && test "$(saves b)" = 1 &&
	mkdir a/new && sleep 0.2 && echo deep >a/new/f && wait_for has_saves a 3 &&
	echo deeper >a/new/f && wait_for has_saves a 4 &&
	git -C a vault restore auto:now --to ../back && test_cmp a/new/f back/new/f
'

test_expect_success 'killed by kill -9: nothing is lost or doubled, and the next one goes on' '
	test_when_finished end && git vault watch start && wait_for state_is a saved && n=$(saves a) &&
	echo before >a/src/main.tf && old=$(pid) && kill -9 "$old" && wait_for is_over "$old" && test_expect_code 1 git vault watch status &&
	git -C a vault >out && test_grep "^watch .*nothing is saved automatically (danger)" out && test_expect_code 1 git -C a vault doctor >out && test_grep "git vault watch start" out &&
	git vault projects >out 2>err && test_grep "does not run any more.*git vault watch start" err &&
	echo after >a/src/other.tf && git vault watch start && wait_for has_saves a $((n + 1)) &&
	sleep 1 && test "$(saves a)" = $((n + 1)) && rm -rf back && git -C a vault restore auto:now --to ../back &&
	test_cmp a/src/main.tf back/src/main.tf && test_cmp a/src/other.tf back/src/other.tf
'

test_expect_success 'a project that went, and came back, one that fails, one that is locked: each is named' '
	test_when_finished end && git vault watch start && wait_for state_is a saved && wait_for state_is b saved &&
	mv b/.git/vault/project id && mv b gone && wait_for state_is b missing && test_expect_code 3 git vault watch status 2>err &&
	test_grep "/b: there is no repository" err && mv gone b && mv id b/.git/vault/project && echo back >b/src/main.tf &&
	wait_for state_is b saved && wait_for has_saves b 2 &&
	git -C a config vault.chunkThreshold none && echo more >a/src/main.tf && wait_for state_is a failed &&
	test_expect_code 3 git vault watch status 2>err && test_grep "/a: vault.chunkThreshold" err &&
	git -C a config --unset vault.chunkThreshold && wait_for state_is a saved
'

# tells WORDS: status does
tells () {
	git vault watch status 2>err
	grep "$1" err >/dev/null
}

test_expect_success 'a mistake in the policy ends no saves, and is told' '
	test_when_finished "rm -f a/.gitvault.yaml; end" && git vault watch start && wait_for state_is a saved && n=$(saves a) &&
	echo "project: [" >a/.gitvault.yaml && wait_for tells "/a: .gitvault.yaml:2: .*until the file is fixed" && wait_for has_saves a $((n + 1))
'

test_expect_success 'without events of the system it looks at the folders itself' '
	test_when_finished end && n=$(saves a) && git vault watch start --poll && wait_for state_is a saved &&
	sleep 1 && n=$(saves a) && echo polled >a/src/main.tf && wait_for has_saves a $((n + 1)) &&
	git vault watch status --json >json && test_grep "\"polled\":[1-9]" json
'

test_expect_success 'when a session is over, the index for searches has what snapshots hold' '
	test_when_finished "GIT_VAULT_TEST_HASTE=20; end" && git -C a vault -q snapshot >/dev/null &&
	test_path_is_missing a/.git/vault/search && GIT_VAULT_TEST_HASTE=300 && git vault watch start &&
	wait_for state_is a saved && echo session >a/src/main.tf && wait_for is_indexed
'

test_expect_success 'a project that is registered or removed while it runs is on the list in a second or two' '
	test_when_finished "GIT_VAULT_TEST_HASTE=20; end" && GIT_VAULT_TEST_HASTE=1 && git vault watch start &&
	wait_for state_is a saved && project c && wait_for state_is c saved &&
	git vault project remove c && wait_for is_not_listed c
'

test_expect_success LINUX 'a file that changes with each save, and is never committed, is saved one class later' '
	test_when_finished "GIT_VAULT_TEST_HASTE=20; end" && GIT_VAULT_TEST_HASTE=100 && project d && i=0 &&
	while test $i -lt 16
	do
		echo $i >d/notes.md && echo $i >d/src/main.tf && GIT_VAULT_TEST_TIME=$((1700000000 + i * 60)) \
			git -C d vault -q snapshot --auto >out && i=$((i + 1)) || return 1
	done && git vault watch start && wait_for state_is d saved && sleep 2 && n=$(saves d) &&
	echo more >d/notes.md && sleep 3 && test "$(saves d)" = "$n" &&
	echo more >d/src/main.tf && wait_for has_saves d $((n + 1))
'

test_expect_success 'it ends when it is asked to, and no process stays' '
	git vault watch start && wait_for state_is a saved && old=$(pid) && git vault watch stop 2>err &&
	test_grep stopped err && wait_for is_over "$old" && test_expect_code 1 git vault watch
'

test_done
