#!/bin/sh
# shellcheck disable=SC2154

test_description='watch poke, editors that use it, and the service of systemd'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-watch.sh"

# a second of the clock is 20 of the decisions
GIT_VAULT_TEST_HASTE=20
export GIT_VAULT_TEST_HASTE

# what is of which time is looked at
unset GIT_VAULT_TEST_TIME

# a file that no save has, so that nothing but a poke tells of it
f=a/node_modules/f.js

dir=$HOME/.config/git-vault/watch
unit=$HOME/.config/systemd/user/git-vault-watch.service

# value NAME: of the project in what status says
value () {
	git vault watch status --json >json 2>/dev/null
	python3 -c "import json; print(json.load(open('json'))['projects'][0]['$1'])"
}

is_saved () {
	test "$(value state)" = saved
}

is_changed () {
	test "$(value changed_time)" != "$before"
}

# later: from now on, a change has another time
later () {
	before=$(value changed_time) && sleep 1.1
}

is_running () {
	git vault watch status >/dev/null 2>&1 || test $? = 3
}

end () {
	git vault watch stop
}

test_expect_success 'set up: a project, and a watch that no event reaches' '
	git init -q a && mkdir a/node_modules && echo one >a/main.tf && echo node_modules >a/.gitignore &&
	echo one >$f && git -C a add . && git -C a commit -q -m one && git vault project add a && ln -s a link &&
	test_expect_code 1 git vault watch poke $f 2>err && test_grep "git vault watch start" err &&
	git vault watch start --poll 2>err && test_grep "until the machine restarts" err &&
	wait_for is_saved
'

test_expect_success 'a poke counts as a change of this project, also by another name and without the file' '
	later && git vault watch poke link/node_modules/f.js && wait_for is_changed &&
	later && (cd a && git vault watch poke gone.tf) && wait_for is_changed
'

test_expect_success 'the pipe is for this user alone; what comes through it is bounded' '
	test "$(stat -c %a "$dir/poke")" = 600 && later &&
	head -c 100000 /dev/zero | tr "\0" x >"$dir/poke" && printf "\0no/path\0/\0\0" >"$dir/poke" &&
	git vault watch poke $f && wait_for is_changed && is_running
'

test_expect_success 'a file that no project has, a folder, a path that is too long' '
	echo x >f && test_expect_code 1 git vault watch poke f 2>err && test_grep "git vault project add" err &&
	test_expect_code 129 git vault watch poke a/.. 2>err && test_grep "no path of a file" err &&
	test_expect_code 129 git vault watch poke nowhere/f 2>err && test_grep "no folder" err &&
	test_expect_code 129 git vault watch poke "$(printf "%5000s" x)" 2>err && test_grep "more than" err
'

test_lazy_prereq VIM 'vim --version 2>/dev/null | grep -q "[+]job"'
test_lazy_prereq EMACS 'emacs --version >/dev/null 2>&1'
test_lazy_prereq NODE 'node --version >/dev/null 2>&1'

test_expect_success VIM 'vim pokes what it writes' '
	later && mkdir plugin && cp "$GIT_VAULT_SRC_DIR"/contrib/editors/git-vault.vim plugin &&
	vim -u NONE -es -c "source plugin/git-vault.vim" -c "edit $f" -c write -c "sleep 500m" -c quit </dev/null &&
	wait_for is_changed
'

test_expect_success EMACS 'Emacs pokes what it saves' '
	later &&
	emacs -Q --batch -l "$GIT_VAULT_SRC_DIR/contrib/editors/git-vault.el" --eval "(progn
		(git-vault-poke-mode 1) (find-file \"$f\") (insert \"x\") (save-buffer)
		(while (get-process \"git-vault-poke\") (accept-process-output nil 0.1)))" 2>err &&
	wait_for is_changed
'

test_expect_success NODE 'the extension for VS Code pokes what is saved' '
	later && mkdir -p node_modules/vscode &&
	echo "exports.workspace = {onDidSaveTextDocument: (f) => { exports.saved = f; }};" >node_modules/vscode/index.js &&
	cp "$GIT_VAULT_SRC_DIR"/contrib/editors/vscode/extension.js . &&
	python3 -m json.tool "$GIT_VAULT_SRC_DIR/contrib/editors/vscode/package.json" >/dev/null &&
	node -e "
		const context = {subscriptions: []};
		require(\"./extension.js\").activate(context);
		require(\"vscode\").saved({uri: {scheme: \"untitled\"}, fileName: \"/nowhere\"});
		require(\"vscode\").saved({uri: {scheme: \"file\"}, fileName: process.cwd() + \"/$f\"});" &&
	wait_for is_changed
'

test_expect_success 'nobody reads the pipe of one that has ended' '
	git vault watch stop && test_path_exists "$dir/poke" &&
	test_expect_code 1 git vault watch poke $f 2>err && test_grep "not running" err
'

# A systemctl that runs the service at once, as systemd would.
test_expect_success 'with systemd, a service is written, enabled and started; stop removes it' '
	test_when_finished "end; PATH=\$old" && old=$PATH && mkdir fake && cat >fake/systemctl <<-EOF &&
	#!/bin/sh
	echo "\$*" >>$PWD/calls
	case "\$*" in
	"--user enable --now git-vault-watch.service")
		sed -n "s/^ExecStart=//p" $unit | sed "s/^/exec /" >$PWD/command
		setsid sh $PWD/command >/dev/null 2>&1 </dev/null &
		;;
	esac
	EOF
	chmod +x fake/systemctl && PATH=$PWD/fake:$PATH && git vault watch start 2>err &&
	test_grep "at each login, by the service $unit" err && wait_for is_running &&
	test_grep "^ExecStart=\"/.*\" watch run$" "$unit" && test_grep "^WantedBy=default.target$" "$unit" &&
	git vault watch stop && test_path_is_missing "$unit" && test_expect_code 1 git vault watch &&
	test_grep "disable --now git-vault-watch.service" calls &&
	git vault watch start --poll --json >json && test_grep "\"service\":\"$unit\"" json &&
	test_grep "^ExecStart=.* watch run --poll$" "$unit"
'

test_lazy_prereq SYSTEMD 'systemd-analyze --version >/dev/null 2>&1'

test_expect_success SYSTEMD 'systemd takes the service' '
	test_when_finished "PATH=\$old" && old=$PATH && cat >fake/systemctl <<-EOF &&
	#!/bin/sh
	cp $unit $PWD/git-vault-watch.service 2>/dev/null
	test "\$2" = show-environment
	EOF
	chmod +x fake/systemctl && PATH=$PWD/fake:$PATH && rm -f "$unit" &&
	test_expect_code 128 git vault watch start 2>err && test_grep "systemctl --user daemon-reload failed" err &&
	systemd-analyze --man=no verify "$PWD/git-vault-watch.service" >out 2>&1
'

test_done
