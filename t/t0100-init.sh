#!/bin/sh

test_description='git vault init sets a repository up, once and for all'
. "$(dirname "$0")/test-lib.sh"

# snapshot_ref NAME: a commit under refs/vault/snapshots, as one would be.
snapshot_ref () {
	commit=$(echo "a snapshot" | git commit-tree "HEAD^{tree}") &&
	git update-ref "refs/vault/snapshots/$1" "$commit"
}

# specs: what a fetch brings of the vault of origin
specs () {
	for kind in "keyrin*g" "marks*" "deleted*" "server/*" "audit/*" \
		"reports/*" "config/*" "secrets/*" "state/*" "good/*"
	do
		echo "+refs/vault/$kind:refs/vault-remote/origin/$kind"
	done
	echo "+refs/notes/vault*:refs/vault-remote/origin/notes/vault*"
}

test_expect_success 'it says and does what the manual tells' '
	test_commit one &&
	git init -q --bare server.git &&
	git remote add origin "$PWD/server.git" &&
	git push -q origin main &&
	git vault init >actual &&
	grep "^[a-z]" actual >lines &&
	specs >specs &&
	cat >expect <<-END &&
	added     $PWD/.git/vault
	added     log.excludeDecoration = refs/vault/*
	added     log.excludeDecoration = refs/vault-remote/*
	added     log.excludeDecoration = refs/vault-trash/*
	$(sed "s/^/added     remote.origin.fetch = /" specs)
	added     fetch.hideRefs = refs/vault/
	added     notes.vault.mergeStrategy = cat_sort_uniq
	END
	test_grep "^added     keyring = SHA256:" lines &&
	grep -v "cruftPacks\|keyring" lines >rest &&
	test_cmp expect rest &&
	test_path_is_dir .git/vault &&
	test_write_lines "refs/vault/*" "refs/vault-remote/*" "refs/vault-trash/*" \
		>expect &&
	git config --get-all log.excludeDecoration >actual &&
	test_cmp expect actual &&
	{
		echo "+refs/heads/*:refs/remotes/origin/*" && cat specs
	} >expect &&
	git config --get-all remote.origin.fetch >actual &&
	test_cmp expect actual &&
	test "$(git config notes.vault.mergeStrategy)" = cat_sort_uniq &&
	test_must_fail git config remote.origin.push
'

test_expect_success 'a second run finds everything and writes nothing' '
	cp .git/config before &&
	git vault init >actual &&
	test_cmp before .git/config &&
	grep "^[a-z]" actual >lines &&
	test_grep ! -v "^found\|^skipped" lines
'

test_expect_success JQ 'the json form says the same' '
	git vault init --json >actual &&
	jq -e "(.changed | not) and (.dry_run | not)" actual &&
	jq -r ".steps[] | [.action, .key // \"folder\"] | join(\" \")" actual \
		>steps &&
	test_grep "^found folder" steps &&
	test_grep "^found remote.origin.fetch" steps &&
	jq -e "[.steps[] | select(.reason | length < 5)] == []" actual
'

# 239 for git 2.39.
version=$(git version | sed "s/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/" |
	awk '{ print $1 * 100 + $2 }')

test_expect_success 'cruft packs are asked for where git needs it' '
	git vault init >actual &&
	if test $version -ge 237 && test $version -lt 241
	then
		test "$(git config gc.cruftPacks)" = true
	else
		test_grep "^skipped *gc.cruftPacks" actual
	fi
'

test_expect_success 'snapshots are hidden from the check of a fetch, and from nobody' '
	test_create_repo hidden &&
	(
		cd hidden && git init -q --bare ../hidden.git &&
		git remote add origin "$PWD/../hidden.git" &&
		test_commit one && snapshot_ref one && git vault init &&
		git ls-remote . >../actual &&
		test_grep "^$commit	refs/vault/snapshots/one\$" ../actual &&
		git clone -q --mirror . ../hidden-mirror.git &&
		git -C ../hidden-mirror.git rev-parse refs/vault/snapshots/one &&
		git rev-list --all >../actual && test_grep $commit ../actual &&
		git config --add remote.origin.fetch \
			"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" &&
		git push -q origin main refs/vault/snapshots/one && git fetch -q &&
		git rev-parse refs/vault-remote/origin/snapshots/one &&
		if test $version -ge 241
		then
			git update-ref -d refs/vault-remote/origin/snapshots/one &&
			git rev-list --exclude-hidden=fetch --all >../actual &&
			git rev-parse HEAD >../expect &&
			test_cmp ../expect ../actual && git fetch -q &&
			git rev-parse refs/vault-remote/origin/snapshots/one
		fi
	)
'

test_expect_success 'what the user has set stays' '
	test_create_repo own &&
	git -C own config notes.vault.mergeStrategy union &&
	git -C own config gc.cruftPacks false &&
	git -C own config log.excludeDecoration "refs/heads/x*" &&
	git vault -C own init >actual &&
	test_grep "^kept *notes.vault.mergeStrategy = union" actual &&
	test "$(git -C own config notes.vault.mergeStrategy)" = union &&
	test "$(git -C own config gc.cruftPacks)" = false &&
	git -C own config --get-all log.excludeDecoration >actual &&
	test_write_lines "refs/heads/x*" "refs/vault/*" "refs/vault-remote/*" \
		"refs/vault-trash/*" \
		>expect &&
	test_cmp expect actual
'

test_expect_success 'a setting of the command line is gone with it' '
	test_create_repo passing &&
	git -C passing -c notes.vault.mergeStrategy=cat_sort_uniq vault init \
		>actual &&
	test_grep "^added *notes.vault.mergeStrategy" actual &&
	git -C passing config notes.vault.mergeStrategy
'

test_expect_success 'a dry run writes nothing' '
	test_create_repo dry &&
	cp dry/.git/config before &&
	git vault -C dry init --dry-run >actual &&
	test_grep "^would add *log.excludeDecoration" actual &&
	test_cmp before dry/.git/config &&
	test_path_is_missing dry/.git/vault
'

test_expect_success 'it is quiet when asked, and does it all the same' '
	git vault -C dry init -q >actual 2>&1 &&
	test_must_be_empty actual &&
	test_path_is_dir dry/.git/vault
'

test_expect_success 'a bare repository is set up too' '
	git init -q --bare bare.git &&
	git vault -C bare.git init >actual &&
	test_path_is_dir bare.git/vault &&
	git --git-dir=bare.git config log.excludeDecoration
'

test_expect_success 'a linked worktree and GIT_DIR mean what they mean to git' '
	git worktree add -q linked &&
	test_when_finished "git worktree remove --force linked" &&
	git vault -C linked init >actual &&
	test_path_is_dir .git/worktrees/linked/vault &&
	test_grep "^found *log.excludeDecoration" actual &&
	test_create_repo other &&
	test_env GIT_DIR="$PWD/other/.git" git vault init >actual &&
	test_path_is_dir other/.git/vault &&
	git -C other config log.excludeDecoration
'

test_expect_success 'remotes are taken as they are' '
	test_create_repo remotes &&
	(
		cd remotes &&
		git remote add team/x ../server.git &&
		git remote add --mirror=fetch mirror ../server.git &&
		git config remote.urlonly.url ../server.git &&
		git config "remote.bad..name.url" ../server.git &&
		git config "remote.bad..name.fetch" "+refs/heads/*:refs/remotes/b/*" &&
		git config "remote.UPPER.url" ../server.git &&
		git config --add "remote.UPPER.url" ../server2.git &&
		git config "remote.UPPER.fetch" "+refs/heads/*:refs/remotes/U/*" &&
		git vault init >actual &&
		git config --get-all remote.team/x.fetch >got &&
		test_grep "^+refs/vault/state/\*:refs/vault-remote/team/x/state/\*\$" got &&
		git config --get-all remote.UPPER.fetch >got &&
		test_line_count = 12 got &&
		test_grep "^skipped *remote.mirror.fetch" actual &&
		test_grep "^skipped *remote.urlonly.fetch" actual &&
		test_grep "^skipped *remote.bad\.\.name.fetch" actual &&
		test_must_fail git config remote.urlonly.fetch &&
		git fetch -q team/x &&
		git fetch -q urlonly && git fetch -q "bad..name" &&
		git fetch -q UPPER
	)
'

test_expect_success 'a remote that comes later is set up by the next run' '
	git remote add later "$PWD/server.git" &&
	git vault init >actual &&
	test_grep "^added *remote.later.fetch" actual &&
	git remote remove later
'

# vaults: what is here of ours and of others
vaults () {
	git for-each-ref --format="%(refname)" refs/vault refs/vault-remote |
		grep -v refs/vault/audit/ | LC_ALL=C sort
}

test_expect_success 'what other clones have arrives beside our own, but for snapshots' '
	git clone -q server.git clone &&
	(
		cd clone && snapshot_ref 20261120T071244Z-00000001 &&
		for ref in keyring idkey marks deleted server/s audit/h \
			reports/drill/1 secrets/prod state/prod/net \
			good/prod/1 locks/prod/net probe/1-1
		do
			git update-ref "refs/vault/$ref" HEAD || exit 1
		done && git update-ref refs/notes/vault HEAD &&
		git push -q origin "refs/vault/*:refs/vault/*" refs/notes/vault
	) &&
	snapshot_ref 20261120T071244Z-00000002 && git fetch -q && vaults >actual &&
	test_write_lines refs/vault-remote/origin/audit/h \
		refs/vault-remote/origin/deleted \
		refs/vault-remote/origin/good/prod/1 \
		refs/vault-remote/origin/keyring \
		refs/vault-remote/origin/marks \
		refs/vault-remote/origin/notes/vault \
		refs/vault-remote/origin/reports/drill/1 \
		refs/vault-remote/origin/secrets/prod \
		refs/vault-remote/origin/server/s \
		refs/vault-remote/origin/state/prod/net refs/vault/keyring \
		refs/vault/snapshots/20261120T071244Z-00000002 >expect &&
	test_cmp expect actual
'

test_expect_success 'the remote is not asked for snapshots' '
	GIT_TRACE_PACKET="$PWD/trace" git -c protocol.version=2 fetch -q &&
	test_grep refs/vault/state/prod/net trace && test_grep ! refs/vault/snap trace
'

test_expect_success 'who wants all of them by each fetch has that, and keeps it' '
	for spec in "+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" \
		"+refs/vault/*:refs/vault-remote/origin/*"
	do
		cp .git/config before &&
		git config --add remote.origin.fetch "$spec" && cp .git/config chosen &&
		git vault init >out && test_cmp chosen .git/config && git fetch -q &&
		git update-ref -d refs/vault-remote/origin/snapshots/20261120T071244Z-00000001 ||
			return 1
	done && cp before .git/config &&
	git config --unset-all remote.origin.fetch refs/vault/ &&
	git config --add remote.origin.fetch "$spec" && cp .git/config chosen &&
	git vault init >out && test_cmp chosen .git/config &&
	test_grep -F "found     remote.origin.fetch = $spec" out && git fetch -q &&
	vaults >actual && test_grep snapshots/20261120T071244Z-00000001 actual &&
	test_grep refs/vault-remote/origin/locks/prod/net actual &&
	cp before .git/config && git config --add remote.origin.fetch \
		"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*"
'

test_expect_success 'a fetch that prunes keeps our snapshots' '
	git -C clone push -q origin :refs/vault/snapshots/20261120T071244Z-00000001 &&
	git -C clone for-each-ref --format="delete %(refname)" refs/vault refs/notes |
		git -C server.git update-ref --stdin && git fetch -q --prune &&
	vaults | grep -v "^refs/vault-remote/.*/\(locks\|probe\|idkey\)" >actual &&
	test_write_lines refs/vault/keyring \
		refs/vault/snapshots/20261120T071244Z-00000002 >expect &&
	test_cmp expect actual
'

test_expect_success 'a plain fetch, push and clone do what they did' '
	for r in with without
	do
		mkdir $r &&
		(
			cd $r && git clone -q --bare ../server.git &&
			git clone -q server.git clone && cd clone &&
			if test $r = with
			then
				git vault init -q
			fi &&
			test_tick= && test_commit more &&
			snapshot_ref 20261120T071244Z-0000000a &&
			git push --dry-run --porcelain >../push 2>&1 &&
			git fetch >../fetch 2>&1 &&
			git rev-parse --abbrev-ref @{upstream} >../up &&
			git push -q &&
			git for-each-ref refs/heads refs/remotes refs/tags \
				>../refs &&
			cd .. &&
			git -C server.git for-each-ref >server &&
			git clone -q clone again &&
			git -C again for-each-ref >again.refs &&
			sed "s,$PWD,PWD," push >push.named
		) || return 1
	done &&
	for f in push.named fetch up refs server again.refs
	do
		test_cmp without/$f with/$f || return 1
	done &&
	test_grep ! vault with/again.refs
'

test_expect_success 'a refspec that could delete snapshots is pointed out' '
	test_create_repo danger &&
	git -C danger remote add origin ../server.git &&
	git -C danger config --add remote.origin.fetch "+refs/vault/*:refs/vault/*" &&
	git vault -C danger init >actual &&
	test_grep "^skipped *remote.origin.fetch" actual &&
	test_grep "s snapshots, and with pruning deletes those" actual
'

test_expect_success 'a branch can be pushed where vault refs are refused' '
	git init -q --bare strict.git &&
	cat >strict.git/hooks/update <<-\END &&
	#!/bin/sh
	case $1 in refs/heads/*|refs/tags/*) ;; *) exit 1 ;; esac
	END
	chmod +x strict.git/hooks/update &&
	git -C with/clone remote add strict "$PWD/strict.git" &&
	git vault -C with/clone init -q &&
	git -C with/clone push -q strict main &&
	git -C with/clone fetch -q strict
'

test_expect_success 'git log does not decorate with snapshots' '
	git update-ref refs/vault/snapshots/20261120T071244Z-00000003 HEAD &&
	git update-ref refs/vault-remote/origin/snapshots/x HEAD &&
	git log -1 --decorate >actual &&
	test_grep ! vault actual
'

test_expect_success 'two at once write each line once' '
	test_create_repo twice &&
	{
		git vault -C twice init >one 2>&1 &
		git vault -C twice init >two 2>&1 &
		wait
	} &&
	git -C twice config --get-all log.excludeDecoration >actual &&
	test_write_lines "refs/vault-remote/*" "refs/vault-trash/*" \
		"refs/vault/*" >expect &&
	sort actual >sorted &&
	test_cmp expect sorted
'

test_expect_success 'a locked configuration is told, and the next run goes on' '
	test_create_repo locked &&
	>locked/.git/config.lock &&
	test_expect_code 4 git vault -C locked init >out 2>err &&
	test_grep "^git-vault: cannot set log.excludeDecoration: .*lock" err &&
	test_line_count = 1 err &&
	rm locked/.git/config.lock &&
	git vault -C locked init >actual &&
	test_grep "^found.*/vault\$" actual &&
	test_grep "^added *log.excludeDecoration" actual
'

test_expect_success SANITY 'a configuration that must not be written is told' '
	test_create_repo readonly &&
	chmod a-w readonly/.git &&
	test_when_finished "chmod u+w readonly/.git" &&
	test_expect_code 128 git vault -C readonly init 2>err &&
	test_grep "readonly/.git/vault" err
'

test_expect_success 'outside of a repository it fails' '
	test_expect_code 128 nongit git vault init 2>err &&
	test_grep "not a git repository" err
'

test_expect_success 'a keyring is made once, for an identity of this host' '
	test_when_finished "rm -rf keys \"$HOME/.config/git-vault\"" &&
	rm -rf "$HOME/.config/git-vault" &&
	git init -q keys &&
	(
		cd keys &&
		git vault init --dry-run >out &&
		test_grep "^would add keyring" out &&
		test_path_is_missing "$HOME/.config/git-vault" &&
		git vault init >out 2>err &&
		test_grep "^added     keyring = SHA256:" out &&
		test_grep "created the identity .*/git-vault/identity" err &&
		git vault init >out 2>err &&
		test_grep "^found     keyring = SHA256:" out &&
		test_must_be_empty err &&
		git vault key list >out &&
		test_grep "^version 1 " out
	)
'

test_done
