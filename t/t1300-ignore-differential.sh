#!/bin/sh
test_description='ignore rules against git, on random trees and patterns'
. "$(dirname "$0")/test-lib.sh"

# GIT_VAULT_TEST_LONG=1 tries thousands; a seed always makes the same tree.
if test -n "$GIT_VAULT_TEST_LONG"
then
	lists=4000 checks=2000
else
	lists=200 checks=60
fi

# Every fourth tree is judged with core.ignoreCase.
make_case () {
	rm -rf case &&
		ignore-tool make "$1" case &&
		cp case/exclude .git/info/exclude &&
		case $1 in
		*[048]) ignore_case=true option=-i ;;
		*) ignore_case=false option= ;;
		esac
}

ask_git () {
	(
		cd case/tree &&
			git --git-dir="$TRASH_DIRECTORY/.git" --work-tree=. \
				-c core.excludesFile="$TRASH_DIRECTORY/case/excludes" \
				-c core.ignoreCase="$ignore_case" "$@"
	)
}

ask_us () {
	ignore-tool "$1" ${option:+"$option"} -x "$TRASH_DIRECTORY/.git/info/exclude" \
		-g "$TRASH_DIRECTORY/case/excludes" case/tree
}

# Show what a failing seed disagrees on.
seed=
compare () {
	cmp -s expect actual && return
	tr '\0' '\n' <expect >expect.lines
	tr '\0' '\n' <actual >actual.lines
	echo "seed $seed, ignoreCase=$ignore_case"
	diff -u expect.lines actual.lines
	return 1
}

list_case () {
	make_case "$seed" &&
		ask_git ls-files -o --exclude-standard -z >expect &&
		ask_us list >actual &&
		compare
}

check_case () {
	make_case "$seed" &&
		(cd case/tree && find . -mindepth 1 -print0) |
		sed -z 's,^\./,,' >paths &&
		{
			ask_git check-ignore -v -n -z --no-index --stdin \
				<paths >expect || test $? = 1
		} &&
		ask_us check <paths >actual &&
		compare
}

test_expect_success "$lists trees: the files that are not ignored" '
	: >all &&
	for seed in $(test_seq $lists)
	do
		list_case || return 1
		cat actual >>all
	done &&
	test_file_not_empty all
'

test_expect_success "$checks trees: the pattern that decides on each path" '
	: >all &&
	for seed in $(test_seq 10001 $((10000 + checks)))
	do
		check_case || return 1
		tr "\0" "\n" <actual >>all
	done &&
	test_grep "^!" all
'

# One file a byte, in directories apart since "/" and NUL are no names.
byte_files () {
	rm -rf case && mkdir -p case/tree &&
		: >case/excludes && : >.git/info/exclude &&
		(
			cd case/tree &&
				for i in $(test_seq 255)
				do
					name=$(printf '%03o' "$i")
					test "$name" = 056 || test "$name" = 057 ||
						printf "\\$name\\000"
				done | xargs -0 touch --
		)
}

test_expect_success 'every byte in every POSIX class, and in none' '
	byte_files &&
	ignore_case=false option= &&
	for class in alnum alpha blank cntrl digit graph lower print punct \
		space upper xdigit
	do
		echo "[[:$class:]]" >case/tree/.gitignore &&
		ask_git ls-files -o --exclude-standard -z >expect &&
		ask_us list >actual &&
		seed=$class && compare || return 1
	done
'

test_expect_success 'every byte as a pattern of its own, with ignoreCase' '
	byte_files &&
	ignore_case=true option=-i &&
	for class in upper lower alpha
	do
		echo "[[:$class:]]" >case/tree/.gitignore &&
		ask_git ls-files -o --exclude-standard -z >expect &&
		ask_us list >actual &&
		seed=$class && compare || return 1
	done &&
	for i in $(test_seq 1 255)
	do
		test "$i" = 10 ||
			printf "/\\$(printf %03o "$i")\\n" || return 1
	done >case/tree/.gitignore &&
	ask_git ls-files -o --exclude-standard -z >expect &&
	ask_us list >actual &&
	seed=bytes && compare
'

test_expect_success 'a link to a directory is no directory' '
	rm -rf case && mkdir -p case/tree/real && : >case/excludes &&
	: >.git/info/exclude && ignore_case=false option= &&
	>case/tree/real/file && ln -s real case/tree/link &&
	echo "link/" >case/tree/.gitignore &&
	ask_git ls-files -o --exclude-standard -z >expect &&
	ask_us list >actual &&
	seed=link && compare &&
	tr "\0" "\n" <actual >lines && test_grep "^link$" lines
'

test_expect_success 'a link in place of .gitignore is not followed' '
	mv case/tree/.gitignore case/rules && echo real >case/rules &&
	ln -s ../rules case/tree/.gitignore &&
	ask_git ls-files -o --exclude-standard -z >expect &&
	ask_us list >actual &&
	seed=rules && compare &&
	tr "\0" "\n" <actual >lines && test_grep "^real/file$" lines
'

test_done
