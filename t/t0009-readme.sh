#!/bin/sh

test_description='README says what is there'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

readme=$GIT_VAULT_SRC_DIR/README

# The text below a heading, up to the next one.
section () {
	awk -v want="$1" '
		/^-+$/ { on = previous == want; held = ""; next }
		{ if (on && NR > 1) print held; held = $0; previous = $0 }
		END { if (on) print held }' "$readme"
}

test_expect_success 'its table of commands is that of git vault help' '
	git vault help | sed -n "s/^    \([a-z]*\)  .*/\1/p" |
		sort >expect &&
	section Commands | sed -n "s/^	\([a-z]*\)	.*/\1/p" |
		sort >actual &&
	test_file_not_empty expect &&
	test_cmp expect actual
'

test_expect_success 'the folders of its map are there' '
	section "What is where" |
		sed -n "s/^	\([A-Za-z.-]*\/*\)	.*/\1/p" >map &&
	test_line_count -ge 7 map &&
	while read -r entry
	do
		test_path_exists "$GIT_VAULT_SRC_DIR/$entry" || return 1
	done <map
'

test_expect_success 'its way without git-vault brings a file back' '
	test_create_repo project &&
	echo secret >project/.env && echo .env >project/.gitignore &&
	echo text >project/kept && printf "crlf\r\n" >project/eol &&
	printf "%s\n" "kept export-ignore" "eol text eol=lf" >project/.gitattributes &&
	(cd project && git vault snapshot >../id) &&
	section "Without git-vault" | sed -n "s/^	//p" >commands &&
	test_line_count -eq 8 commands &&
	sed -i "s|FROM|project|; s|ID:tree|$(cat id):tree|" commands &&
	(set -e && . ./commands) >said && tail -n 1 said >actual &&
	test_cmp project/.env actual &&
	for file in .gitignore .gitattributes kept eol
	do
		test_cmp project/$file rescue.git/out/$file || return 1
	done
'

test_done
