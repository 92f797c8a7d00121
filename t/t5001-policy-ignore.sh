#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them

test_description='what a .vaultignore leaves out counts only once it is accepted'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# has PATH…, lacks PATH…: the last snapshot, or not
has () {
	git ls-tree -r --name-only "$snap:tree" >../held &&
		for path_
		do
			grep -qxF "$path_" ../held || { echo "lacks: $path_"; return 1; }
		done
}

lacks () {
	git ls-tree -r --name-only "$snap:tree" >../held &&
		for path_
		do
			! grep -qxF "$path_" ../held || { echo "has: $path_"; return 1; }
		done
}

# pushed COMMAND: what somebody who may push does, and a pull of it
pushed () {
	(cd ../theirs && eval "$1" && git add -A && git commit -q -m theirs && git push -q origin HEAD) &&
		git pull -q --no-rebase
}

test_expect_success 'set up' '
	git init -q --bare ../remote && git clone -q ../remote ../theirs 2>err && cd ../theirs &&
	printf "%s\n" "*.cache" >.gitignore && git add . && git commit -q -m one &&
	git push -q origin HEAD && git clone -q ../remote ../ours && cd ../ours &&
	mkdir sub deep && echo x >notes && echo x >sub/notes && echo x >deep/notes &&
	echo x >a.cache && echo x >sub/big.cache && take && has notes sub/notes
'

test_expect_success 'one that a pull brings leaves nothing out, and one line says so' '
	cd ../ours && pushed "printf \"%s\n\" notes \"!a.cache\" >.vaultignore" &&
	git vault snapshot --force 2>../err && take && has notes sub/notes a.cache &&
	test "$(grep -c "not accepted" ../err)" = 1 &&
	test_grep ".vaultignore: 1 pattern is not accepted and leaves nothing out" ../err &&
	test_grep "git vault policy diff" ../err &&
	git vault status --explain notes >../out && test_grep ! "excluded" ../out &&
	test_might_fail git vault scan 2>../err >../out &&
	test_grep "1 pattern is not accepted" ../err
'

test_expect_success 'diff and show have it, and accept accepts it' '
	cd ../ours && test_expect_code 1 git vault policy diff >../out &&
	test_grep ".vaultignore (which files snapshots leave out): does not count" ../out &&
	test_grep "+ .vaultignore: notes" ../out &&
	test_expect_code 1 git vault policy diff --json >../out && test_grep "\"file\":\"*.vaultignore" ../out &&
	git vault policy accept && git vault policy diff && git vault policy show >../out &&
	test_grep "^.vaultignore: !a.cache" ../out && take && lacks notes sub/notes deep/notes && has a.cache &&
	git vault snapshot --force 2>../err && test_grep ! "not accepted" ../err &&
	git vault status --explain notes >../out && test_grep "excluded (.vaultignore:1: notes)" ../out
'

test_expect_success 'one in another directory needs it, too; the others still count' '
	cd ../ours && echo x >sub/other && echo x >deep/other &&
	pushed "mkdir -p sub && echo other >sub/.vaultignore" &&
	take && has sub/other deep/other && lacks notes sub/notes &&
	git vault policy accept && take && lacks sub/other && has deep/other
'

test_expect_success 'a pattern that brings in counts at once, and its loss does not' '
	cd ../ours && pushed "mkdir -p deep && echo !notes >deep/.vaultignore" &&
	git vault snapshot --force 2>../err && test_grep ! "not accepted" ../err &&
	take && has deep/notes && lacks notes && git vault policy accept &&
	pushed "git rm -q deep/.vaultignore" && take && has deep/notes && lacks notes &&
	git vault snapshot --force 2>../err && test_grep "include patterns were removed or moved, which" ../err &&
	git vault policy accept && take && lacks deep/notes
'

test_expect_success 'the order of patterns is part of it' '
	cd ../ours && pushed "printf \"%s\n\" notes \"!deep/notes\" >.vaultignore" &&
	git vault policy accept && take && has deep/notes && lacks notes &&
	pushed "printf \"%s\n\" \"!deep/notes\" notes >.vaultignore" && take && has deep/notes && lacks notes &&
	pushed "printf \"%s\n\" \"# text\" \"\" notes \"!deep/notes\" >.vaultignore" &&
	git vault policy diff && git vault snapshot --force 2>../err && test_grep ! "not accepted" ../err
'

test_expect_success 'one that is gone leaves nothing out; one that Git does not track is the user'\''s' '
	cd ../ours && pushed "git rm -q .vaultignore sub/.vaultignore" && take && has notes sub/other &&
	git vault policy accept &&
	echo notes >.vaultignore && take && lacks notes sub/notes && git add .vaultignore &&
	git vault policy accept && take && lacks notes && echo "deep/" >>.vaultignore && take &&
	lacks notes && has deep/other && git rm -q -f --cached .vaultignore && take && lacks deep/other &&
	rm .vaultignore
'

test_expect_success 'the command line wins, and needs no consent' '
	cd ../ours && pushed "echo other >.vaultignore" && take --exclude other && lacks sub/other &&
	take && has sub/other && git vault policy accept && take && lacks sub/other &&
	take --include other && has sub/other
'

test_expect_success 'vault.policy names a commit with all of them, or a blob with none' '
	cd ../ours && pushed "echo notes >>.vaultignore" && take && has notes && lacks sub/other &&
	git config vault.policy "$(git rev-parse HEAD)" && take && lacks sub/other notes &&
	git config vault.policy "$(git hash-object -w /dev/null)" && take && has sub/other notes &&
	git config --unset vault.policy
'

test_expect_success 'a repository that was made here accepts its own at the first snapshot' '
	git init -q ../made && cd ../made && echo x >notes && echo x >other &&
	echo notes >.vaultignore && git add .vaultignore && git commit -q -m m && take && lacks notes &&
	git vault policy show >../out && test_grep "^.vaultignore: notes" ../out &&
	echo other >>.vaultignore && take && has other && lacks notes &&
	git vault policy accept && take && lacks other
'

test_expect_success 'a folder that is left out, a link and an odd name change nothing of that' '
	cd ../ours && mkdir "odd: name" && echo x >"odd: name/f" && echo x >real &&
	pushed "mkdir -p \"odd: name\" && echo f >\"odd: name/.vaultignore\" && echo odd >odd &&
		mkdir -p l && ln -s ../odd l/.vaultignore && echo \"sub/\" >>.vaultignore" &&
	take && has "odd: name/f" sub/notes && git vault policy accept && take &&
	lacks "odd: name/f" sub/notes && has real
'

test_done
