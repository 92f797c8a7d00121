#!/bin/sh

test_description='which program a plugin of age is, and who allows it to run

A keyring comes with a fetch, and so do the files of a clone. Neither may decide
that a program runs here.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

test_have_prereq PYTHON || skip_all 'python3 is not installed'

helper=$TEST_DIRECTORY/helper/age-plugin-test
programs=$HOME/programs
plain=$PATH

# The keyring of "owner" has a recipient of the plugin, and that of "clone"
# comes from there. The plugin logs each start.
test_expect_success 'a keyring comes with a recipient of a plugin' '
	mkdir "$programs" && cp "$helper" "$programs/age-plugin-test" &&
	AGE_PLUGIN_TEST_LOG=$HOME/log && export AGE_PLUGIN_TEST_LOG &&
	python3 "$helper" 0123456789abcdef >"$HOME/made" &&
	git init -q --bare srv.git && git init -q owner &&
	(
		cd owner && test_commit one && git remote add origin ../srv.git &&
		PATH=$programs:$PATH git vault -q init 2>/dev/null &&
		PATH=$programs:$PATH git vault -q key add --name yubi \
			"$(head -n 1 "$HOME/made")" 2>/dev/null &&
		git push -q origin main && git vault -q sync origin
	) &&
	git -C owner config --get vault.plugin >actual &&
	echo test >expect && test_cmp expect actual
'

# snapshot_with PATH [CONFIG...]: in a new clone, by a user without an identity
# of the plugin; its status is in $status, its messages are in err
snapshot_with () {
	rm -rf clone && git clone -q srv.git clone && : >"$HOME/log" &&
	mkdir clone/bin && cp "$helper" clone/bin/age-plugin-test &&
	path=$1 && shift &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		for c
		do
			git config "${c%%=*}" "${c#*=}" || exit 1
		done &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		PATH=$path git vault snapshot >../out 2>../err
	)
	status=$?
}

started () {
	test -s "$HOME/log"
}

test_expect_success 'it is named and not run where nobody can be asked' '
	snapshot_with "$programs:$plain" &&
	test "$status" = 128 && ! started &&
	test_grep "needs the program $programs/age-plugin-test" err &&
	test_grep "git config vault.plugin test" err
'

test_expect_success 'the configuration allows it, of that name only' '
	snapshot_with "$programs:$plain" vault.plugin=other &&
	test "$status" = 128 && ! started &&
	snapshot_with "$programs:$plain" vault.plugin=test &&
	test "$status" = 0 && started
'

test_expect_success 'a policy of the clone allows nothing' '
	rm -rf clone && git clone -q srv.git clone && : >"$HOME/log" &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		printf "[vault]\n\tplugin = test\n" >.gitconfig &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		test_must_fail env PATH="$programs:$plain" git vault snapshot
	) && ! started
'

test_expect_success 'an identity of the plugin allows it' '
	tail -n 1 "$HOME/made" >"$HOME/id" && chmod 600 "$HOME/id" &&
	GIT_VAULT_IDENTITY=$HOME/id && export GIT_VAULT_IDENTITY &&
	test_when_finished "unset GIT_VAULT_IDENTITY" &&
	snapshot_with "$programs:$plain" && test "$status" = 0 && started
'

test_expect_success 'a terminal is asked once, and yes is remembered' '
	rm -rf clone && git clone -q srv.git clone && : >"$HOME/log" &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		PATH=$programs:$PATH && export PATH &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		test_expect_code 128 answering n -- git vault snapshot >../out &&
		test_grep "allow git-vault to run it" ../out && ! started &&
		test_must_fail git config vault.plugin &&
		answering y -- git vault snapshot >../out && started &&
		echo "password: 5Tq8sK2lPq9XzR4tVb7N" >new.yaml &&
		answering -- git vault snapshot >../out &&
		test_grep ! "allow git-vault" ../out
	)
'

# The folders of PATH that do not count: each leads to the clone own program.
test_expect_success 'PATH counts by absolute folders outside the working tree' '
	ln -s "$PWD/clone/bin" "$HOME/link" &&
	mkdir "$HOME/single" && ln -s "$PWD/clone/bin/age-plugin-test" "$HOME/single/" &&
	test_tally 7 "ways into the working tree" &&
	for path in bin ./bin :"$plain" "$PWD/clone/bin" "$PWD/owner/../clone/bin" \
		"$HOME/link" "$HOME/single" /proc/self/cwd/bin
	do
		test "$path" != ":$plain" || path=
		snapshot_with "$plain:$path" vault.plugin=test &&
		test "$status" = 128 && ! started || return 1
	done &&
	test_grep "lies in the working tree" err
'

test_expect_success 'what lies in the clone itself is not found by an empty entry' '
	rm -rf clone && git clone -q srv.git clone && : >"$HOME/log" &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		git config vault.plugin test && cp "$helper" . &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		test_must_fail env PATH="$plain:" git vault snapshot 2>../err
	) && ! started && test_grep "relative" err
'

test_expect_success 'another working tree of the repository is no better' '
	rm -rf clone linked && git clone -q srv.git clone && : >"$HOME/log" &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		git config vault.plugin test &&
		git worktree add -q ../linked -b linked &&
		cp "$helper" ../linked/age-plugin-test &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		test_must_fail env PATH="$plain:$PWD/../linked" git vault snapshot
	) && ! started
'

test_expect_success 'a skipped one does not hide a good one behind it' '
	snapshot_with "bin:$PWD/clone/bin:$programs:$plain" vault.plugin=test &&
	test "$status" = 0 && started
'

test_lazy_prereq BIND '
	unshare -m true
'

test_expect_success LINUX,BIND 'a bind mount of the working tree is seen' '
	rm -rf clone && git clone -q srv.git clone && : >"$HOME/log" &&
	mkdir -p clone/bin "$HOME/bound" &&
	cp "$helper" clone/bin/age-plugin-test &&
	(
		cd clone && git vault -q init 2>/dev/null &&
		git config vault.plugin test &&
		echo "password: Hn8sK2lPq9XzR4tVb7Ny" >new.yaml &&
		test_must_fail unshare -m sh -c "
			mount --bind bin \"$HOME/bound\" &&
			PATH=\"\$PATH:$HOME/bound\" git vault snapshot
		" 2>../err
	) && ! started && test_grep "lies in the working tree" err
'

test_done
