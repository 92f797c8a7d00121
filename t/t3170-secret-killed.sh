#!/bin/sh
# shellcheck disable=SC2154,SC2046

test_description='git vault secret, killed in the midst, leaves nothing half'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

T=$TMPDIR
value=plain-looking-thing


test_expect_success 'set up' '
	git config gc.auto 0 &&
	mkdir -p envs/prod &&
	printf "db_password = \"Zk3vQ9xLr7WbT2mY\"\n" \
		>envs/prod/terraform.tfvars &&
	git add envs && git commit -q -m one &&
	git vault snapshot -q &&
	echo "note: $value" >notes &&
	git vault snapshot -q &&
	echo "again: $value" >more &&
	git vault snapshot -q &&
	id=$(git vault secret list | awk "/tfvars/ { print \$1 }") &&
	printf "%s\n" $value >"$T/value" &&
	printf "newer-value-1234\n" >"$T/new" &&
	printf "A=one-thing-to-seal\nB=another-thing\n" >"$T/import" &&
	cp -R . "$T/template"
'

# fresh: the repository as it was
fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf work && cp -R "$T/template" work &&
		cd work || return 1
}

# whole: all that can be read is whole
whole () {
	cd "$TRASH_DIRECTORY/work" &&
		git fsck --strict --no-dangling --no-reflogs >fsck 2>&1 &&
		git vault verify --all >verified 2>&1 &&
		git vault secret list >listed &&
		rm -f fsck verified listed .git/index.lock
}

# clear: how many snapshots hold it in clear
clear () {
	for ref in $(git for-each-ref --format='%(refname)' \
		refs/vault/snapshots)
	do
		git grep -q -e $value "$ref" -- tree/ && echo "$ref"
	done | wc -l
}

check_purge () {
	whole &&
	n=$(clear) && { test $n = 0 || test $n = 2; } &&
	git vault secret purge --stdin <"$T/value" >out &&
	test $(clear) = 0 &&
	git vault verify --all >out
}

check_rotate () {
	whole &&
	{ grep -q Zk3vQ9xLr7WbT2mY envs/prod/terraform.tfvars ||
		grep -q newer-value-1234 envs/prod/terraform.tfvars; } &&
	test "$(wc -l <envs/prod/terraform.tfvars)" = 1 &&
	git vault secret show $id >shown
}

check_import () {
	whole && git vault secret import --scope prod "$T/import" >out &&
	git vault secret export --scope prod >out &&
	test_grep "^A=.one-thing-to-seal.$" out
}

for mode in kill enospc
do
	test_expect_success "a purge, at each call: $mode" '
		for_each_fault $mode \
			"fresh && git vault secret purge --stdin <\"$T/value\"" \
			check_purge
	'

	test_expect_success "a rotation that patches, at each call: $mode" '
		for_each_fault $mode \
			"fresh && git vault secret rotate --patch $id <\"$T/new\"" \
			check_rotate
	'

	test_expect_success "an import, at each call: $mode" '
		for_each_fault $mode \
			"fresh && git vault secret import --scope prod \"$T/import\"" \
			check_import
	'
done

test_done
