#!/bin/sh
# shellcheck disable=SC2154

test_description='repair of sealed values, killed or without room at any call

What is not mended then the next repair mends, and no entry of a scope leads
nowhere without being told of.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

repair () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault repair >out 2>err
}

whole () {
	git -C "$repo" fsck --full --strict --no-dangling &&
		git -C "$repo" vault verify --all --deep &&
		rm -rf back &&
		git -C "$repo" vault restore latest --to ../back &&
		cmp back/.env "$repo/.env" && cmp back/b.tf "$repo/b.tf"
}

check_repaired () {
	case $fault_status in
	0) whole ;;
	137 | 128 | 3 | 4) ;;
	*) false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" vault repair >next 2>&1 && whole
}

check_git () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
		check_repaired
}

test_expect_success 'a repository that has lost two values' '
	git init -q "$base" && cd "$base" && echo .env >.gitignore &&
	git add . && git commit -q -m first &&
	echo "A=all-of-this-is-secret" >.env &&
	echo "db_password = \"Zk3vQ9xLr7WbT2mY\"" >b.tf &&
	git vault -q snapshot && mkdir ../packs &&
	mv .git/objects/pack/* ../packs &&
	for p in ../packs/*.pack
	do
		git unpack-objects -q <$p || return 1
	done &&
	git cat-file blob $(git for-each-ref --format="%(refname)" \
		refs/vault/snapshots):meta/secrets >../list &&
	sed -n "s/^[sf] .* \([0-9a-f]*\) [^ ]*$/\1/p" ../list >../lost &&
	while read -r o
	do
		rm -f .git/objects/$(printf %.2s $o)/${o#??} || return 1
	done <../lost && test_expect_code 1 git vault verify
'

for kind in full eio kill
do
	test_expect_success "repair, the calls of git-vault: $kind" '
		for_each_fault $kind repair check_repaired
	'
done

test_expect_success 'repair, git killed too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill repair check_git
'

test_done
