#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault restore: what is not asked for stays as it is'
. "$(dirname "$0")/test-lib.sh"

# repo NAME: with a commit and a snapshot, whose id is in $id.
repo () {
	cd "$TRASH_DIRECTORY" && test_create_repo "$1" && cd "$1" &&
		mkdir a b && echo 1 >a/f && echo 1 >b/f && git add . &&
		git commit -q -m 1 && id=$(git vault snapshot)
}

test_expect_success '--to --delete with a path removes nothing elsewhere' '
	repo paths && git vault restore $id --to ../paths.to &&
	cd ../paths.to && mkdir a/new && echo mine >a/new/mine &&
	echo mine >b/mine && echo mine >"$(printf "a/new\nline")" &&
	mkdir empty a/empty && : >c.log && cd ../paths &&
	git vault restore $id --to ../paths.to --overwrite always --delete \
		-n a >../actual &&
	git vault restore $id --to ../paths.to --overwrite always --delete a &&
	printf "D %s\n" "\"a/new\\nline\"" a/new/mine >../expect &&
	test_cmp ../expect ../actual &&
	(cd ../paths.to && find . | LC_ALL=C sort) >../actual &&
	test_write_lines . ./a ./a/empty ./a/f ./b ./b/f ./b/mine ./c.log \
		./empty >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'it takes all magic, from where it was said' '
	cd paths && : >../paths.to/b/x.log && echo mine >../paths.to/a/mine &&
	(
		cd b && git vault restore $id --to ../../paths.to \
			--overwrite always --delete . ":!*.log"
	) &&
	test_path_is_missing ../paths.to/b/mine &&
	test_path_is_file ../paths.to/b/x.log &&
	test_path_is_file ../paths.to/a/mine &&
	mkdir ../paths.to/a/.GIT && echo mine >../paths.to/a/.GIT/mine &&
	git vault restore $id --to ../paths.to --overwrite always --delete \
		":(icase)A" &&
	test_path_is_missing ../paths.to/a/mine &&
	test_path_is_file ../paths.to/a/.GIT/mine &&
	test_path_is_file ../paths.to/c.log
'

test_done
