#!/bin/sh
# shellcheck disable=SC2154

test_description='pruning sealed values, killed or without room at any call

Every snapshot that stands gives its values back, git finds nothing wrong, and
the next prune does what this one did not.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
day=86400 now=1772000000

at () {
	GIT_VAULT_TEST_TIME=$1 && export GIT_VAULT_TEST_TIME
}

# values: how many the scope has
values () {
	git -C "$repo" ls-tree -r --name-only refs/vault/secrets/shared |
		grep -c "age$"
}

prune () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault prune --empty-trash --keep-last 1 -g "" >out 2>err
}

check_pruned () {
	case $fault_status in
	0) test "$(values)" = 1 ;;
	3)
		test_grep "no encrypted secrets were deleted: \|the space is not returned: \|expired entries stay in the trash" \
			err
		;;
	137 | 128 | 4) ;;
	*) false ;;
	esac &&
		case $(values) in 1 | 3) ;; *) false ;; esac &&
		let_days_pass "$repo" &&
		git -C "$repo" fsck --full --strict --no-dangling &&
		git -C "$repo" vault verify --all --deep &&
		git -C "$repo" vault prune --empty-trash --keep-last 1 -g "" &&
		test "$(values)" = 1 &&
		git -C "$repo" vault fold --reclaim --expire=now &&
		git -C "$repo" fsck --full --strict --no-dangling &&
		rm -rf back && git -C "$repo" vault restore latest --to ../back &&
		cmp back/.env "$repo/.env"
}

# What git leaves beside packed-refs it never removes.
check_git () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
		check_pruned
}

test_expect_success 'three snapshots, each with a value of its own' '
	git init -q "$base" && cd "$base" && echo .env >.gitignore &&
	git add . && git commit -q -m first &&
	for n in 1 2 3
	do
		at $((now + n)) && echo "A=the-value-of-$n" >.env &&
		git vault -q snapshot || return 1
	done && at $((now + day))
'

for kind in full eio kill
do
	test_expect_success "prune, the calls of git-vault: $kind" '
		for_each_fault $kind prune check_pruned
	'
done

test_expect_success 'prune, git killed too' '
	git -C "$base" pack-refs --all &&
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill prune check_git
'

test_done
