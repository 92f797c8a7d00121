#!/bin/sh
test_description='git vault snapshot: what it takes, prints and leaves alone'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

test_expect_success 'a repository to begin with' '
	mkdir -p live/dev live/prod node_modules/x &&
	echo "{}" >package.json &&
	for env in dev prod
	do
		echo "env = \"$env\"" >live/$env/main.tf || return 1
	done &&
	printf "%s\n" .env node_modules/ "*.pid" "*.tfstate" >.gitignore &&
	git add . && test_tick && git commit -q -m "the code" &&
	echo TOKEN=x >.env && echo "{}" >live/prod/terraform.tfstate &&
	echo noise >debug.pid && echo built >node_modules/x/y &&
	echo new >untracked && echo "# more" >>live/dev/main.tf
'

test_expect_success 'a snapshot changes nothing of the user'\''s' '
	echo staged >staged && git add staged &&
	echo kept >>live/prod/main.tf && git stash -q &&
	git stash apply -q && git add staged &&
	state_of_all >../before && take && state_of_all >../after &&
	test_cmp ../before ../after
'

test_expect_success 'its id is its time and its own, and names its ref' '
	echo "$id" >../actual &&
	test_grep -E "^20050407T[0-9]{6}Z-[0-9a-f]{8}$" ../actual &&
	git rev-parse --verify "$snap^{commit}" >../actual &&
	field commit >../expect && test_cmp ../expect ../actual
'

test_expect_success 'its JSON has the fields that scripts rely on' '
	tr "," "\n" <"$TMPDIR/json" | sed -n "s/^[{]*\"\([a-z_]*\)\":.*/\1/p" >../actual &&
	test_write_lines schema id created commit base files bytes secrets \
		sealed stored_files objects pack_bytes findings exposed held notes \
		left_out count bytes entries states environment stack version serial created damage nested \
		>../expect &&
	test_cmp ../expect ../actual &&
	test "$(field created)" = true &&
	test "$(field base)" = "$(git rev-parse HEAD)" &&
	test "$(field secrets)" = 2 && test "$(field sealed)" = 2
'

test_expect_success 'it counts the files that it holds, and their bytes' '
	git ls-tree -r --name-only "$snap:tree" | tr "\n" "\0" |
		xargs -0 cat | wc -c >../bytes &&
	echo "$(git ls-tree -r --name-only "$snap:tree" | wc -l)" \
		"$(cat ../bytes)" >../expect &&
	echo "$(field files) $(field bytes)" >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'it holds tracked, untracked and precious files' '
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines .env .gitignore live/dev/main.tf live/prod/main.tf \
		live/prod/terraform.tfstate package.json staged untracked \
		>../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'each with the bytes that stand on disk, if git may see them' '
	git ls-tree -r --name-only "$snap:tree" >../all &&
	sed "/\.env/d; /tfstate/d" ../all >../list &&
	for path in .env live/prod/terraform.tfstate
	do
		git cat-file blob "$snap:tree/$path" >../bytes &&
		test_grep "^GITVAULT.file:[0-9a-f]*.$" ../bytes || return 1
	done &&
	while read -r path
	do
		git cat-file blob "$snap:tree/$path" >../bytes &&
		test_cmp_bin "$path" ../bytes || return 1
	done <../list
'

test_expect_success 'its commit tells the rest in trailers, in their order' '
	git log -1 --format=%B "$snap" >../actual &&
	cat >../expect <<-END &&
	snapshot of main

	Vault-Format: 4
	Vault-Id: $id
	Vault-Host: $(uname -n)
	Vault-Trigger: manual
	Vault-Branch: main
	Vault-Files: 8
	Vault-Bytes: 256
	Vault-Secrets: 2

	END
	test_cmp ../expect ../actual
'

test_expect_success 'the first parent is HEAD' '
	test_cmp_rev "$snap^1" HEAD
'

test_expect_success 'git finds nothing wrong with it' '
	git fsck --full --strict >../actual 2>&1 &&
	test_grep ! -e error -e warning -e missing ../actual
'

test_expect_success 'where nothing changed none is taken, and the last is named' '
	last=$id && git for-each-ref >../before &&
	find .git/objects -type f | sort >../objects.before &&
	take && test "$id" = "$last" && test "$(field created)" = false &&
	test "$(field commit)" = "$(git rev-parse "$snap")" &&
	git for-each-ref >../after && test_cmp ../before ../after &&
	find .git/objects -type f | sort >../objects.after &&
	test_cmp ../objects.before ../objects.after
'

test_expect_success 'and so it is said to people' '
	git vault snapshot >../out 2>../err &&
	echo "$last" >../expect && test_cmp ../expect ../out &&
	test_grep "nothing changed since this snapshot" ../err
'

test_expect_success '-q prints the id alone' '
	echo a >new && git vault snapshot -q >../out 2>../err &&
	test_must_be_empty ../err && test_line_count = 1 ../out &&
	test_grep -E "^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$" ../out
'

test_expect_success '--force takes one where nothing changed' '
	take && last=$id && take --force && test "$id" != "$last" &&
	test "$(field created)" = true && test_cmp_rev "$snap:tree" \
		"refs/vault/snapshots/$last:tree"
'

test_expect_success '-m gives subject and body' '
	take --force -m "before the upgrade

of the provider" &&
	git log -1 --format=%s "$snap" >../actual &&
	echo "before the upgrade" >../expect && test_cmp ../expect ../actual &&
	git log -1 --format=%b "$snap" | sed -n 1p >../actual &&
	echo "of the provider" >../expect && test_cmp ../expect ../actual
'

test_expect_success 'a message that looks like trailers deceives nobody' '
	take --force -m "subject

Vault-Id: 20200101T000000Z-00000000
Vault-Files: 999999" &&
	git vault --json show "$id" >../actual &&
	test_grep "^{\"schema\":1,\"id\":\"$id\"" ../actual &&
	test_grep "\"files\":$(field files)," ../actual
'

test_expect_success '--tag takes one with labels even where nothing changed' '
	take --tag release --tag v1.0 &&
	test "$(field created)" = true &&
	git log -1 --format="%(trailers:key=Vault-Tag)" "$snap" >../actual &&
	test_write_lines "Vault-Tag: release" "Vault-Tag: v1.0" "" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'a label is one word' '
	for tag in "" "two words" "tab	" "new
line"
	do
		test_expect_code 129 git vault snapshot --tag "$tag" || return 1
	done
'

test_expect_success 'the trigger is recorded, and must be a known one' '
	take --force --trigger schedule &&
	git log -1 --format="%(trailers:key=Vault-Trigger)" "$snap" >../actual &&
	test_grep "Vault-Trigger: schedule" ../actual &&
	test_expect_code 129 git vault snapshot --trigger cron
'

test_expect_success 'each names the one before it' '
	last=$id && take --force &&
	git log -1 --format="%(trailers:key=Vault-Previous)" "$snap" >../actual &&
	test_grep "Vault-Previous: $last" ../actual
'

test_expect_success '--dry-run says what and why, and stores nothing' '
	echo more >>untracked && echo more >>.env && echo n >brand-new &&
	git for-each-ref >../before && cksum <.git/vault/index >../cache.before &&
	find .git -type f | sort >../files.before &&
	git vault snapshot --dry-run >../actual &&
	test_write_lines "A untracked brand-new" "M precious  .env" \
		"M untracked untracked" | sort >../expect &&
	sort ../actual >../sorted && test_cmp ../expect ../sorted &&
	git for-each-ref >../after && test_cmp ../before ../after &&
	find .git -type f | sort >../files.after &&
	test_cmp ../files.before ../files.after &&
	cksum <.git/vault/index >../cache.after &&
	test_cmp ../cache.before ../cache.after
'

test_expect_success '--dry-run --json lists it for programs' '
	take --dry-run && test "$(field id)" = null &&
	test "$(field created)" = false && test "$(field commit)" = null &&
	test_grep "{\"change\":\"added\",\"path\":\"brand-new\",\"reason\":\"untracked\",\"bytes\":2}" \
		"$TMPDIR/json"
'

test_expect_success '--dry-run needs no repository that can be written' '
	git -C "$TRASH_DIRECTORY" rev-parse --git-dir &&
	git init -q ../fresh && echo a >../fresh/a &&
	(cd ../fresh && git vault snapshot -n >../actual &&
	 git vault snapshot -n --only a >../actual) &&
	echo "A untracked a" >../expect && test_cmp ../expect ../actual &&
	test_path_is_missing ../fresh/.git/vault && ls -A "$TMPDIR" >../actual &&
	test_grep ! git-vault- ../actual
'

test_expect_success '--only keeps what matches, by all the magic of pathspecs' '
	take --only "live/prod" --only "*.tf" &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines live/dev/main.tf live/prod/main.tf \
		live/prod/terraform.tfstate >../expect &&
	test_cmp ../expect ../actual && test "$(field files)" = 3 &&
	take --only ":(icase)LIVE" --only ":!*.tfstate" &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines live/dev/main.tf live/prod/main.tf >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success '--only says nothing of what it left out' '
	manifest >../all && sed "s/.* //" ../all | sort >../actual &&
	test_write_lines . live live/dev live/dev/main.tf live/prod \
		live/prod/main.tf | sort >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success '--only takes paths from where we are' '
	(cd live/dev && take --only main.tf &&
	 git ls-tree -r --full-tree --name-only "$snap:tree" >../../../actual) &&
	echo live/dev/main.tf >../expect && test_cmp ../expect ../actual
'

test_expect_success '--only takes more than the file of that very name' '
	mkdir names && touch names/CASE names/case names/s\*r names/star &&
	take --only ":(icase)names/case" --only "names/s*r" &&
	git ls-tree -r --name-only "$snap:tree/names" >../actual &&
	test_write_lines CASE case "s*r" star >../expect &&
	rm -r names && test_cmp ../expect ../actual
'

test_expect_success 'what matches nothing is told in one sentence' '
	test_expect_code 128 git vault snapshot --only nothing-here >../out 2>../err &&
	test_must_be_empty ../out && test_line_count = 1 ../err &&
	test_grep "nothing-here" ../err && test_grep ! "git add" ../err &&
	test_path_is_missing .git/vault/only.*
'

test_expect_success 'a partial one is no base of the next' '
	take && test "$(field created)" = true &&
	git rev-parse "$snap:tree/.env" "$snap:tree/untracked" &&
	take && test "$(field created)" = false && take_is_as_fresh
'

test_expect_success 'it may be taken from any directory below' '
	last=$id && (cd live/prod && take && test "$id" = "$last") &&
	git -C live vault snapshot -q >../actual && echo "$last" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'wrong words are a usage error' '
	test_expect_code 129 git vault snapshot --nonsense &&
	test_expect_code 129 git vault snapshot extra &&
	test_expect_code 129 git vault snapshot --threads many
'

test_expect_success 'one thread gives the same as many' '
	echo x >one && take --threads 1 && one=$(git rev-parse "$snap:tree") &&
	rm .git/vault/index && take --force --threads 8 &&
	test "$one" = "$(git rev-parse "$snap:tree")"
'


test_lazy_prereq TASKSET 'taskset -c 0 true'
test_expect_success TASKSET 'a single core will do' '
	echo core >core && rm .git/vault/index &&
	taskset -c 0 git vault snapshot -q >../id &&
	git cat-file -e "refs/vault/snapshots/$(cat ../id):tree/core" &&
	test "$(git rev-parse "refs/vault/snapshots/$(cat ../id):tree")" = \
		"$(rm .git/vault/index && git vault snapshot -q --force >../id &&
		git rev-parse "refs/vault/snapshots/$(cat ../id):tree")"
'

test_expect_success 'two at once both succeed' '
	echo z >three && (git vault snapshot --force -q >../a 2>&1 &
	git vault snapshot --force -q >../b 2>&1; wait) &&
	test_line_count = 1 ../a && test_line_count = 1 ../b &&
	git rev-parse "refs/vault/snapshots/$(cat ../a):tree" \
		"refs/vault/snapshots/$(cat ../b):tree" >../trees &&
	test 1 = "$(sort -u ../trees | wc -l)" && git fsck --full --strict
'

test_expect_success 'the author is who git says, and never nobody' '
	take --force && git log -1 --format="%an <%ae>" "$snap" >../actual &&
	echo "A U Thor <author@example.com>" >../expect &&
	test_cmp ../expect ../actual &&
	(
		unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME \
			GIT_COMMITTER_EMAIL USER LOGNAME
		take --force && git log -1 --format="%an <%ae>" "$snap"
	) >../actual &&
	echo "git-vault <$(id -un)@$(uname -n)>" >../expect &&
	test_cmp ../expect ../actual &&
	git fsck --full --strict
'

test_expect_success 'a name that git would not take is made one that it takes' '
	GIT_AUTHOR_NAME=". <Evil>
 Name," GIT_AUTHOR_EMAIL="<x@y>" take --force &&
	git log -1 --format="%an <%ae>" "$snap" >../actual &&
	echo "Evil Name <x@y>" >../expect && test_cmp ../expect ../actual &&
	git fsck --full --strict
'

test_expect_success 'time zones are those of the clock' '
	TZ=XXX-5:45 take --force && git log -1 --format=%ad --date=format:%z "$snap" >../actual &&
	echo +0545 >../expect && test_cmp ../expect ../actual
'

test_expect_success 'of those of one second the order stays when some are deleted' '
	test_create_repo ../second && (
		cd ../second && GIT_VAULT_TEST_TIME=1793613600 &&
		export GIT_VAULT_TEST_TIME && for i in 1 2 3 4 5 6 7 8
		do
			echo $i >f && git vault -q snapshot || exit 1
		done >../ids && sort ../ids >../sorted && test_cmp ../sorted ../ids &&
		sed -n "2p;4p;7p" ../ids | xargs git vault -q delete &&
		test "$(git vault cat latest f)" = 8 && rm -r .git/vault && echo 9 >f &&
		git vault -q snapshot >../nine && test "$(git vault cat latest f)" = 9 &&
		echo 10 >f && git vault -q snapshot --only f >../ten &&
		test "$(git vault cat latest f)" = 9 &&
		test "$(git vault cat "$(cat ../ten)" f)" = 10
	)
'

test_expect_success 'within one second the last is the newest, whoever took it' '
	test_create_repo ../turns && (
		cd ../turns && GIT_VAULT_TEST_TIME=1793613600 &&
		export GIT_VAULT_TEST_TIME && mkdir d && echo 0 >a && echo 0 >d/x &&
		git add . && git commit -q -m a &&
		git worktree add -q ../other && for i in 1 2 3 4 5 6
		do
			echo $i >a && git vault -q snapshot &&
			git vault -q snapshot --only d &&
			git -C ../other vault -q snapshot --force || exit 1
		done >../ids && sort ../ids >../sorted && test_cmp ../sorted ../ids &&
		git vault list --id-only -n 1 >../actual &&
		tail -n 1 ../ids >../expect && test_cmp ../expect ../actual
	)
'

test_done
