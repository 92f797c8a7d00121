#!/bin/sh
# shellcheck disable=SC2154

test_description='who writes a cache may be killed, and leaves nothing for ever

Each cache below .git/vault is written beside its place under one name of its
own, and moved there. Whoever is killed in between leaves that: the next one who
would write takes it over a minute later, and the next snapshot removes it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

# Forty snapshots, each with another tree, so that what they say is worth keeping.
forty () {
	awk -v base="$(git rev-parse HEAD)" -v root="$(git rev-parse \
		"refs/vault/snapshots/$(git vault list --id-only -n 1):")" '
		BEGIN {
			for (i = 10; i < 50; i++) {
				id = "20000101T0000" i "Z-0123abcd"
				text = "number " i "\n\nVault-Format: 1\n" \
					"Vault-Id: " id "\n"
				print "commit refs/vault/snapshots/" id
				print "committer a <b> " 946684800 + i " +0000"
				print "data " length(text) "\n" text
				print "from " base "\nM 040000 " root " \"\""
				print "M 100644 inline tree/n\ndata 3\n" i "\n"
			}
		}' | git fast-import --quiet
}

test_expect_success 'a repository with forty snapshots and a secret' '
	test_create_repo "$base" && (
		cd "$base" && echo "password: Tr0ub4dor8xQz71" >s.yaml &&
		printf "retention:\n  keep-last: 100\n  auto: true\n" \
			>.gitvault.yaml && git add . && test_tick &&
		git commit -q -m base && git vault -q snapshot --no-scan &&
		forty && rm -r .git/vault && mkdir .git/vault
	)
'

# Everything that is kept, made by those who make it.
keep_all () {
	git -C "$repo" vault -q snapshot --force --no-scan &&
		git -C "$repo" vault list >/dev/null &&
		git -C "$repo" vault log s.yaml >/dev/null &&
		test_expect_code 1 git -C "$repo" vault scan --all-history \
			>/dev/null 2>&1 &&
		git -C "$repo" vault -q verify latest
}

fresh () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

all='facts index paths pruned records scanned verified'

test_expect_success 'where the repository is shared, each cache is' '
	for mode in group:660 all:664 0640:640
	do
		fresh && git -C "$repo" config core.sharedRepository \
			${mode%:*} && (umask 077 && keep_all) || return 1
		for name in $all
		do
			echo "$name ${mode#*:}"
		done >expect && (
			cd "$repo/.git/vault" && stat -c "%n %a" $all
		) >actual && test_cmp expect actual || return 1
	done && fresh && (umask 077 && keep_all) &&
	stat -c %a "$repo"/.git/vault/[a-z]* | sort -u >actual &&
	echo 600 >expect && test_cmp expect actual
'

left () {
	find "$repo/.git/vault" -name "*.*" >left
}

# No more than one name a cache; and what was killed first is not in the way.
check_killed () {
	test "$fault_status" = 137 && left &&
		test_grep ! -v "/\(facts\|index\|paths\|records\|scanned\|verified\|choose\.[0-9]*\).tmp$" \
			left &&
		find "$repo/.git/vault" -name "*.tmp" \
			-exec touch -d "2 minutes ago" {} + &&
		git -C "$repo" vault list >again && test_cmp listed again &&
		git -C "$repo" vault -q snapshot --force --no-scan && left &&
		test_must_be_empty left
}

test_expect_success 'killed at every call: a list, a log, a restore, …' '
	fresh && git -C "$repo" vault list >listed &&
	for command in list "log s.yaml" "verify latest" \
		"scan --all-history" "restore latest --to $PWD/to s.yaml"
	do
		for_each_fault kill "
			fresh && rm -rf to && git -C \"\$repo\" vault $command \
				>/dev/null 2>&1
			status_=\$?
			test \$status_ -le 1 || return \$status_
		" check_killed || return 1
	done
'

# plant AGE NAME…: what somebody left there.
plant () {
	age=$1 && shift && for name
	do
		echo left >"$repo/.git/vault/$name" && touch -d "$age" \
			"$repo/.git/vault/$name" || return 1
	done
}

test_expect_success 'a snapshot removes what was left, under older names too' '
	for age in "2 minutes ago" "2 minutes"
	do
		fresh && plant "$age" facts.tmp index.tmp records.tmp \
			records.4711.tmp paths.1.tmp scanned.99999.tmp \
			verified.2.tmp verifying.3.tmp pruned.4.tmp \
			choose.5.tmp choose.5.tmp.lock &&
		git -C "$repo" vault -q snapshot && left &&
		test_must_be_empty left || return 1
	done
'

test_expect_success 'so it does in a linked working tree, for both folders' '
	fresh && git -C "$repo" worktree add -q ../linked &&
	plant "2 minutes ago" records.tmp paths.1.tmp &&
	vault=$repo/.git/worktrees/linked/vault && mkdir "$vault" &&
	echo left >"$vault/index.tmp" && echo left >"$vault/pruned.7.tmp" &&
	touch -d "2 minutes ago" "$vault"/*.tmp &&
	git -C linked vault -q snapshot && left && test_must_be_empty left &&
	find "$vault" -name "*.*" >left && test_must_be_empty left
'

test_expect_success 'what one of another process is written to now stays' '
	fresh && plant now records.tmp paths.tmp facts.tmp scanned.tmp \
		verified.tmp && cp "$repo/.git/vault/records.tmp" young &&
	keep_all 2>err && test_must_be_empty err &&
	for name in records paths facts scanned verified
	do
		test_path_is_missing "$repo/.git/vault/$name" &&
		test_cmp young "$repo/.git/vault/$name.tmp" || return 1
	done
'

test_expect_success 'who would write takes over what was left' '
	for age in "2 minutes ago" "2 minutes"
	do
		fresh && plant "$age" records.tmp paths.tmp facts.tmp \
			scanned.tmp verified.tmp &&
		git -C "$repo" vault list >/dev/null &&
		git -C "$repo" vault log s.yaml >/dev/null &&
		test_expect_code 1 git -C "$repo" vault scan --all-history \
			>/dev/null 2>&1 && git -C "$repo" vault -q verify latest &&
		(
			cd "$repo/.git/vault" &&
			ls records paths facts scanned verified
		) && left && test_must_be_empty left || return 1
	done
'

test_expect_success 'a snapshot has a lock, so that no other one writes its cache' '
	fresh && git -C "$repo" vault -q snapshot --force --no-scan &&
	rm "$repo/.git/vault/index" && plant now index.tmp &&
	git -C "$repo" vault -q snapshot --force --no-scan &&
	test_path_is_file "$repo/.git/vault/index" && left &&
	test_must_be_empty left
'

test_done
