#!/bin/sh
# shellcheck disable=SC2120

test_description='notes on the commits that versions of states were applied from

Each version adds a line to the note of its commit in refs/notes/vault, which is
git notes as git reads and merges them, and never names a version that is not
there.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

secret='canary-7d02ee4c61b95af3'

# state SERIAL [LINEAGE]
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"%s","outputs":{"p":{"value":"%s-%d",' \
		"${2:-one}" $secret "$1"
	printf '"type":"string"}},"resources":[],"check_results":null}\n'
}

# save ENV STACK SERIAL [OPTION]…: prints its id
save () {
	env_=$1 stack_=$2 serial_=$3 && shift 3 &&
		state "$serial_" "$env_$stack_" |
		git vault -q state save --new --env "$env_" --stack "$stack_" "$@" -
}

# line ENV STACK SERIAL VERSION: as it is to stand in a note
line () {
	printf '{"env":"%s","kind":"state","serial":%s,"stack":"%s",' \
		"$1" "$3" "$2"
	printf '"time":"%s","version":"%s"}\n' "$(TZ=UTC git show -s \
		--date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$4")" "$4"
}

# show [COMMIT]: its note
show () {
	git notes --ref=vault show ${1+"$1"}
}

whole () {
	git fsck --full --strict --no-dangling --no-progress >fsck 2>&1 &&
		test_must_be_empty fsck
}

test_expect_success 'before there is a commit there is no note' '
	save prod net 1 && test_must_fail git rev-parse -q --verify refs/notes/vault
'

test_expect_success 'a version is named by the note of its commit' '
	test_commit one && two=$(save prod net 2) && show >actual &&
	line prod net 2 $two >expect && test_cmp expect actual &&
	git log -1 --format=%N --notes=vault >out && grep -F "$(cat expect)" out &&
	git log -1 --format=%B refs/notes/vault >out &&
	test_grep "^Notes added by .git vault.$" out && whole
'

test_expect_success 'another one adds a line, and what is as it was adds none' '
	test_tick && dev=$(save dev default 7) &&
	{ line dev default 7 $dev && line prod net 2 $two; } >expect &&
	show >actual && test_cmp expect actual &&
	git rev-parse refs/notes/vault >before && save dev default 7 &&
	git rev-parse refs/notes/vault >after && test_cmp before after
'

test_expect_success 'the commit is that which it was applied from' '
	test_commit second && three=$(save prod net 3 --commit HEAD~1) &&
	test_must_fail show && show HEAD~1 >actual &&
	test_grep "$three" actual && test_line_count = 3 actual
'

test_expect_success 'a note does not go with a commit that is amended' '
	save prod net 4 && show && git commit -q --amend -m other &&
	test_must_fail show
'

test_expect_success 'nothing of a value is in it' '
	git log -p refs/notes/vault >out && test_grep ! canary out
'

test_expect_success 'what somebody has written there stays as it is' '
	test_commit third && printf "z of mine\n\na of mine" |
		git notes --ref=vault add -F - && five=$(save prod net 5) &&
	{
		printf "z of mine\n\na of mine\n" && line prod net 5 $five
	} >expect && show >actual && test_cmp expect actual
'

test_expect_success 'two clones merge line by line' '
	test_commit fourth && save prod net 6 &&
	git init -q clone && git -C clone fetch -q -u .. "refs/*:refs/*" &&
	git -C clone reset -q --hard main && a=$(save prod net 7) &&
	b=$(cd clone && save prod web 1) &&
	git fetch -q clone refs/notes/vault:refs/notes/other &&
	git notes --ref=vault merge -q -s cat_sort_uniq other && show >actual &&
	test_grep "$a" actual && test_grep "$b" actual &&
	test_line_count = 3 actual && c=$(save prod net 8) && show >actual &&
	test_line_count = 4 actual && sort -c actual && rm -r clone
'

test_expect_success 'a fetch brings those of another clone beside ours' '
	git init -q --bare server.git && git init -q mine && git init -q yours && (
		cd mine && git remote add origin ../server.git &&
		git vault -q init && test_commit base && git push -q origin main &&
		a=$(save prod net 1) && git fetch -q &&
		test_must_fail git rev-parse -q --verify \
			refs/vault-remote/origin/notes/vault && cd ../yours &&
		git pull -q ../mine main && b=$(save prod web 1) &&
		git push -q ../server.git refs/notes/vault && cd ../mine &&
		git rev-parse refs/notes/vault >../before && git fetch -q --prune &&
		git rev-parse refs/notes/vault >../after &&
		test_cmp ../before ../after && git fetch -q --prune &&
		git notes --ref=vault merge -q refs/vault-remote/origin/notes/vault &&
		show >../actual && test_grep "$a" ../actual &&
		test_grep "$b" ../actual && test_line_count = 2 ../actual &&
		git push -q origin refs/notes/vault
	) && rm -rf server.git mine yours
'

# Git writes trees by itself where there are many notes.
test_expect_success 'among notes in trees of whatever depth' '
	empty=$(git mktree </dev/null) &&
	git rev-list HEAD >commits && git rev-parse refs/notes/vault >notes &&
	for n in $(test_seq 300)
	do
		printf "commit refs/heads/many\nmark :%d\ncommitter a <b> %d " \
			$n $n &&
		printf "+0000\ndata 1\nx\n"
	done >import && {
		cat import && printf "commit refs/notes/vault\n" &&
		printf "committer a <b> 1 +0000\ndata 1\nx\n" &&
		printf "from %s\n" "$(cat notes)" &&
		for n in $(test_seq 300)
		do
			printf "N inline :%d\ndata 2\n%d\n\n" $n $((n % 9)) ||
				return 1
		done
	} | git fast-import --quiet --force &&
	git ls-tree refs/notes/vault >tree && test_grep " tree " tree &&
	test_commit fifth && id=$(save prod net 9) && show >actual &&
	test_grep "$id" actual &&
	for n in 1 2 3 4 5 6
	do
		id=$(save prod net 1$n --commit many~$n) &&
		show many~$n >actual && test_grep "$id" actual || return 1
	done && git notes --ref=vault list >list && test_line_count -gt 300 list &&
	whole
'

test_expect_success 'many notes become trees as git makes them' '
	git init -q fan && (
		cd fan && for n in $(test_seq 120)
		do
			printf "commit refs/heads/main\ncommitter a <b> %d " $n &&
			printf "+0000\ndata 1\nx\n" || return 1
		done | git fast-import --quiet && n=0 &&
		git rev-list main >../list &&
		while read -r commit
		do
			n=$((n + 1)) &&
			save prod net $n --commit $commit >id &&
			git notes --ref=mine add -m "$n" $commit || return 1
		done <../list &&
		git ls-tree --name-only refs/notes/mine >../expect &&
		git ls-tree --name-only refs/notes/vault >../actual &&
		test_line_count -gt 16 ../expect && test_cmp ../expect ../actual &&
		git ls-tree -r --name-only refs/notes/mine >../expect &&
		git ls-tree -r --name-only refs/notes/vault >../actual &&
		test_cmp ../expect ../actual &&
		git fsck --full --strict --no-dangling --no-progress
	) && rm -rf fan
'

# ---- what is in the way ------------------------------------------------------

test_expect_success 'notes that are locked keep no version from being saved' '
	test_commit sixth && : >.git/refs/notes/vault.lock &&
	state 20 prodnet >s && git vault state save --new --env prod --stack net s \
		>id 2>err &&
	test_grep "warning: the version is saved, but the note of commit" err &&
	test_grep "vault.lock" err &&
	test "$(git rev-parse refs/vault/state/prod/net)" = $(cat id) &&
	rm .git/refs/notes/vault.lock && test_must_fail show
'

test_expect_success 'and the next save of the same adds the line' '
	git vault state save --new --env prod --stack net s >again 2>err &&
	test_cmp id again && test_grep ! warning err && show >actual &&
	test_grep "$(cat id)" actual
'

test_expect_success 'a lock that a killed git left goes' '
	: >.git/refs/notes/vault.lock &&
	touch -d "2 days ago" .git/refs/notes/vault.lock &&
	id=$(save prod net 21) && show >actual && test_grep "$id" actual
'

# damaged WORDS: saved with a warning that has these words
damaged () {
	serial=$((serial + 1)) && state $serial prodnet >s &&
		git vault state save --new --env prod --stack net s >id 2>err &&
		test_grep "warning: the version is saved, but" err &&
		test_grep "refs/notes/vault" err && test_grep "$1" err &&
		test "$(git rev-parse refs/vault/state/prod/net)" = "$(cat id)" &&
		git vault state restore --env prod --stack net >out &&
		test_cmp s out
}

test_expect_success 'nor do notes that are damaged' '
	serial=30 && good=$(git rev-parse refs/notes/vault) &&
	echo garbage >.git/refs/notes/vault && damaged . &&
	echo $(echo absent | git hash-object --stdin) >.git/refs/notes/vault &&
	damaged . && git update-ref --no-deref refs/notes/vault \
		$(echo text | git hash-object -w --stdin) && damaged . &&
	tree=$(printf "040000 tree %s\t%s\n" \
		$(echo none | git hash-object -t blob --stdin) \
		$(git rev-parse HEAD | cut -c1-2) | git mktree --missing) &&
	git update-ref refs/notes/vault $(git commit-tree -m x $tree) &&
	damaged . && git symbolic-ref refs/notes/vault refs/heads/main &&
	git rev-parse main >before && damaged . && git rev-parse main >after &&
	test_cmp before after && git symbolic-ref -d refs/notes/vault &&
	git update-ref refs/notes/vault $good && damaged=$(cat id) &&
	git vault state save --new --env prod --stack net s 2>err &&
	show >actual && test_grep "$damaged" actual
'

# ---- others at work, and kill -9 ---------------------------------------------

test_expect_success 'of two that save at once both are named' '
	test_commit seventh &&
	for round in 1 2 3 4 5 6
	do
		for stack in a b c
		do
			{
				state $round $stack$round | git vault -q state \
					save --new --env prod --stack $stack$round - \
					>$stack.id 2>$stack.err ||
					: >failed
			} &
		done
		wait
		test_path_is_missing failed && show >actual &&
		for stack in a b c
		do
			test_must_be_empty $stack.err &&
			test_grep "$(cat $stack.id)" actual || return 1
		done || return 1
	done && test_line_count = 18 actual && whole
'

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

copy () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

save_next () {
	git-vault -C "$repo" -q state save --new --env prod ../next.tfstate >id 2>err
}

# What the notes name is there; git reads them; the next save says what is
# missing, and leaves nothing behind.
check () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
	let_days_pass "$repo" && (
		cd "$repo" && whole && show >note &&
		sed "s/.*\"version\":\"//; s/\".*//" note >named &&
		while read -r id
		do
			git rev-list refs/vault/state >/dev/null 2>&1
			git merge-base --is-ancestor $id \
				refs/vault/state/prod/default || exit 1
		done <named &&
		git vault -q state save --new --env prod ../next.tfstate >id &&
		show >note && test_grep "$(cat id)" note &&
		test_line_count -eq 2 note && rm note named id fsck &&
		find .git "(" -name "gv_tmp_*" -o -name "*.keep" \
			-o -name "*.lock" ")" >../left
	) && test_must_be_empty left
}

test_expect_success 'a repository with a note' '
	git init -q "$base" && (
		cd "$base" && test_commit one && state 1 x |
			git vault -q state save --new --env prod -
	) && state 2 x >next.tfstate
'

for kind in kill eio full
do
	test_expect_success "no note without its version: $kind" '
		GV_FAULT_PROGRAMS="git-vault git" &&
		export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		for_each_fault '$kind' "copy && save_next" check
	'
done

test_done
