#!/bin/sh
# shellcheck disable=SC2154

test_description='taking over the keyring of a team, killed or without room at any call

What was sealed before is opened by one of the two, git finds nothing wrong, and
the same command called again does the rest.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
mine=$XDG_CONFIG_HOME/git-vault/identity team=$TRASH_DIRECTORY/team.key

adopt () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault key adopt "$print" >out 2>err
}

# opens KEY: whether it gives all back
opens () {
	rm -rf back &&
		git -C "$repo" vault restore latest --identity "$1" --to ../back &&
		cmp back/.env "$repo/.env" && cmp back/prod.tf "$repo/prod.tf"
}

check_adopted () {
	case $fault_status in
	0 | 137 | 128 | 3 | 4) ;;
	*) false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" fsck --full --strict --no-dangling &&
		{ opens "$mine" || opens "$team"; } &&
		git -C "$repo" vault key adopt "$print" &&
		git -C "$repo" vault key list >list &&
		test "$(sed -n "1s/.* //p" list)" = "$print" &&
		opens "$team" && git -C "$repo" fsck --full --strict --no-dangling
}

test_expect_success 'a clone that sealed before it knew of the team' '
	git init -q teams && git vault key generate -o team.key &&
	test_env GIT_VAULT_IDENTITY="$team" git -C teams vault init &&
	git init -q "$base" && cd "$base" && echo .env >.gitignore &&
	git add . && git commit -q -m first && echo "A=of-this-clone" >.env &&
	echo "db_password = \"Zk3vQ9xLr7WbT2mY\"" >prod.tf &&
	git vault -q snapshot && git remote add team ../teams &&
	git fetch -q team "+refs/vault/*:refs/vault-remote/team/*" &&
	print=$(git -C ../teams vault key list | sed -n "1s/.* //p") &&
	test -n "$print"
'

test_expect_success 'killed at any call' '
	for_each_fault kill adopt check_adopted
'

# What git leaves beside a ref it never removes.
check_git () {
	find "$repo/.git" -name "*.lock" -exec rm -f {} + &&
		rm -f "$repo/.git/packed-refs.new" && check_adopted
}

test_expect_success 'killed at any call, and git too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill adopt check_git
'

test_expect_success 'no room at any call' '
	for_each_fault full adopt check_adopted
'

test_done
