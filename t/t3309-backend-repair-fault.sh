#!/bin/sh
# shellcheck disable=SC2154

test_description='repair of what a vault of others has lost, killed or without room at any call

No value that could be had is lost by it, git finds nothing wrong, and the next
repair does the rest.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-backend.sh"

backend_or_skip

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
backend_vault || exit 1

# of_vault VERB PATH [OPTION…]: what an admin does
of_vault () {
	verb_=$1 path_=$2
	shift 2
	curl -sS -H "X-Vault-Token: $VAULT_TOKEN" -H "X-Vault-Request: true" \
		"$VAULT_ADDR/v1/secret/$verb_/git-vault/$path_" "$@"
}

# newest VALUE: its newest version, destroyed or not
newest () {
	of_vault data $1 | sed "s/.*\"version\": *\([0-9]*\).*/\1/"
}

# The vault has lost what it was given by the try before.
repair () {
	rm -rf "$repo" before && cp -a "$base" "$repo" &&
		for value in $(cat lost)
		do
			n=$(newest $value) && echo "$value $n" >>before &&
				of_vault destroy $value -f \
					-d "{\"versions\":[$n]}" || return 1
		done && git -C "$repo" vault repair >out 2>err
}

# given_once: those of prod are there, and in one version more than before
given_once () {
	while read -r value n
	do
		test "$(newest $value)" = $((n + 1)) || return 1
	done <given
}

whole () {
	git -C "$repo" fsck --full --strict --no-dangling &&
		git -C "$repo" vault verify --all --deep >verified &&
		test_grep "verified, all intact" verified && rm -rf back &&
		git -C "$repo" vault restore latest --to ../back &&
		diff -r "$repo/envs" back/envs
}

# of SCOPE SUFFIX: so many entries
of () {
	git -C "$repo" ls-tree -r --name-only "refs/vault/secrets/$1" |
		grep -c "$2$"
}

# No entry that may lead somewhere is gone, and what the vault was given by the
# one that was struck, it is not given again.
check () {
	case $fault_status in
	0) whole ;;
	1 | 137 | 128 | 3 | 4) ;;
	*) false ;;
	esac && let_days_pass "$repo" &&
		git -C "$repo" fsck --full --strict --no-dangling &&
		test "$(of prod ref)" = 2 && test "$(of dev age)" = 1 &&
		git -C "$repo" vault repair >next 2>&1 && whole &&
		test "$(of prod ref)" = 2 && test "$(of prod age)" = 0 &&
		test "$(of dev age)" = 1 && test "$(of dev ref)" = 0 &&
		grep ^prod before >given && given_once
}

# What git leaves beside a ref it never removes.
check_git () {
	find "$repo/.git" -name "*.lock" -exec rm -f {} + &&
		rm -f "$repo/.git/packed-refs.new" && check
}

test_expect_success 'a vault that has lost three values, one of which is sealed here' '
	git init -q "$base" && cd "$base" && mkdir -p envs/prod/b envs/dev &&
	cat >.gitvault.yaml <<-\EOF &&
	scopes:
	  prod: { keep: vault, vault: team }
	  dev: { keep: both, vault: team }
	vaults:
	  team: { kind: hashicorp }
	EOF
	echo .env >.gitignore && git add . && git commit -q -m first &&
	echo "A=value-one-of-prod" >envs/prod/.env &&
	echo "A=value-two-of-prod" >envs/prod/b/.env &&
	echo "A=value-of-dev" >envs/dev/.env && git vault -q snapshot &&
	for scope in dev prod
	do
		git ls-tree -r --name-only refs/vault/secrets/$scope |
			sed -n "s|^../\(.*\)\.ref|$scope/\1|p" || return 1
	done >../lost && test_line_count -eq 3 ../lost
'

for kind in kill full eio
do
	test_expect_success "repair, the calls of git-vault: $kind" '
		for_each_fault $kind repair check
	'
done

test_expect_success 'repair, git killed too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill repair check_git
'

backend_stop
test_done
