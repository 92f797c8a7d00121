#!/bin/sh
# shellcheck disable=SC2154

test_description='values that move between git and a vault, killed or without room at any call

Every snapshot gives its bytes back, git finds nothing wrong, and the same
command called again does the rest.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-backend.sh"

backend_or_skip

repo=$TRASH_DIRECTORY/repo
backend_vault || exit 1

# policy KEEP PATH: of both scopes
policy () {
	cat <<-EOF
	scopes:
	  prod: { keep: $1, vault: team }
	  dev: { keep: $1, vault: team }
	vaults:
	  team: { kind: hashicorp, path: $2 }
	EOF
}

# calmly COMMAND…: with no call of it struck
calmly () {
	(
		unset LD_PRELOAD GV_FAULT &&
		"$@"
	)
}

# A path of its own has the vault begin anew each time.
to_vault () {
	rm -rf "$repo" && cp -a "$TRASH_DIRECTORY/in-git" "$repo" &&
		policy vault "$fault_mode-$fault_n" >"$repo/.gitvault.yaml" &&
		calmly accept_policy "$repo" &&
		git -C "$repo" vault secret migrate >out 2>err
}

to_git () {
	rm -rf "$repo" && cp -a "$TRASH_DIRECTORY/in-vault" "$repo" &&
		policy git fixed >"$repo/.gitvault.yaml" &&
		calmly accept_policy "$repo" &&
		git -C "$repo" vault secret migrate >out 2>err
}

# names SUFFIX: how many entries of both scopes end so
names () {
	for scope in prod dev
	do
		git -C "$repo" ls-tree -r --name-only refs/vault/secrets/$scope
	done | grep -c "$1$"
}

all_back () {
	for one in kept/*
	do
		rm -rf back && git -C "$repo" vault restore "${one##*/}" \
			--to ../back && diff -r "$one/envs" back/envs || return 1
	done
}

# check AGE REF: so many of each are there in the end
check () {
	case $fault_status in
	0 | 137 | 128 | 3 | 4) ;;
	*) false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" fsck --full --strict --no-dangling && all_back &&
		git -C "$repo" vault secret migrate &&
		test "$(names age)" = "$1" && test "$(names ref)" = "$2" &&
		git -C "$repo" fsck --full --strict --no-dangling && all_back
}

# What git leaves beside a ref it never removes.
check_git () {
	find "$repo/.git" -name "*.lock" -exec rm -f {} + &&
		rm -f "$repo/.git/packed-refs.new" && check "$@"
}

test_expect_success 'values of two scopes, in git and in a vault' '
	git init -q in-git && cd in-git && mkdir -p envs/prod envs/dev &&
	echo .env >.gitignore && git add . && git commit -q -m first &&
	for n in 1 2
	do
		echo "A=value-$n-of-prod" >envs/prod/.env &&
		echo "A=value-$n-of-dev" >envs/dev/.env &&
		id=$(git vault -q snapshot --json |
			sed "s/.*\"id\": *\"\([^\"]*\).*/\1/") &&
		mkdir -p "../kept/$id" && cp -a envs "../kept/$id" || return 1
	done && cp -a . ../in-vault && cd ../in-vault &&
	policy vault fixed >.gitvault.yaml && accept_policy &&
	git vault secret migrate &&
	(
		repo=$PWD && test "$(names age)" = 0 &&
			test "$(names ref)" = 4
	)
'

for kind in kill full eio
do
	test_expect_success "from git to the vault: $kind" '
		for_each_fault $kind to_vault "check 0 4"
	'

	test_expect_success "from the vault to git: $kind" '
		for_each_fault $kind to_git "check 4 0"
	'
done

test_expect_success 'git killed too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill to_vault "check_git 0 4" &&
	for_each_fault kill to_git "check_git 4 0"
'

backend_stop
test_done
