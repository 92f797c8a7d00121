#!/bin/sh
# shellcheck disable=SC2154

test_description='a purge, killed or without room at any call

All snapshots are rewritten or none, all give back what they held, and the next
purge does the rest.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
value=hunter2-the-value

purge () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault secret purge --stdin <value >out 2>err
}

# clear: how many snapshots hold it in clear
clear () {
	for ref in $(git -C "$repo" for-each-ref --format='%(refname)' \
		refs/vault/snapshots)
	do
		git -C "$repo" vault cat ${ref##*/}:a | grep -q -e $value &&
			echo "$ref"
	done | wc -l
}

whole () {
	git -C "$repo" fsck --full --strict --no-dangling &&
		git -C "$repo" vault verify --all --deep &&
		rm -rf back &&
		git -C "$repo" vault restore latest --to ../back &&
		cmp back/a "$repo/a"
}

check_purged () {
	n=$(clear)
	case $fault_status,$n in
	0,0 | 137,[02] | 128,[02] | 4,2) ;;
	*) false ;;
	esac && let_days_pass "$repo" && whole &&
		git -C "$repo" vault secret purge --stdin <value >next 2>&1 &&
		test "$(clear)" = 0 && whole
}

test_expect_success 'two snapshots with a large file' '
	echo $value >value && git init -q "$base" && cd "$base" &&
	git config vault.chunkThreshold 100k && git config vault.scan false &&
	echo x >x && git add x && git commit -q -m one &&
	perl -e "srand 1; print join q(), map { chr(97 + rand 26) } 1..200000" \
		>a && echo " $value" >>a && git vault -q snapshot &&
	echo more >>a && git vault -q snapshot
'

for kind in full kill
do
	test_expect_success "purge, the calls of git-vault: $kind" '
		for_each_fault $kind purge check_purged
	'
done

# The same of a file that goes as a whole.
purge_path () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault purge a >out 2>err
}

# having: how many snapshots have the file
having () {
	for ref in $(git -C "$repo" for-each-ref --format='%(refname)' \
		refs/vault/snapshots)
	do
		git -C "$repo" ls-tree --name-only "$ref:tree"
	done | grep -c '^a$'
}

check_path () {
	n=$(having)
	case $fault_status,$n in
	0,0 | 137,[02] | 128,[02] | 4,2) ;;
	*) false ;;
	esac && git -C "$repo" vault verify --all &&
		git -C "$repo" vault purge a >next 2>&1 && test "$(having)" = 0 &&
		git -C "$repo" fsck --full --strict --no-dangling &&
		git -C "$repo" vault verify --all
}

for kind in full kill
do
	test_expect_success "purge of a file, the calls of git-vault: $kind" '
		for_each_fault $kind purge_path check_path
	'
done

test_done
