#!/bin/sh

test_description='which snapshot a known-good record of a commit is of

One that was taken on that very commit; of several the newest whose tracked files
are those of the commit, however git stores them.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-lose.sh"

# of REF: the snapshot that a record is of, or nothing.
of () {
	git vault good show prod "$1" | sed -n 's/^snapshot *//p'
}

# marks N SNAPSHOT: the next record is N, of that snapshot.
marks () {
	git vault good mark --without-snapshot prod >.git/n 2>.git/err &&
		echo "$1" >.git/expect && test_cmp .git/expect .git/n &&
		test "$(of "$1")" = "$2"
}

test_expect_success 'a snapshot of the commit before it was amended is none' '
	git vault -q hooks install 2>.git/err && test_commit one &&
	git vault -q snapshot >.git/before && echo two >two.t && git add two.t &&
	git commit -q --amend -m amended &&
	git vault show HEAD >.git/out && test_grep "$(cat .git/before)" .git/out &&
	marks 1 "" && test_grep "no snapshot of that commit" .git/err &&
	git vault artifact record app=sha256:$(printf %064d 1) &&
	git vault artifact find app >.git/out &&
	test_grep ! "$(cat .git/before)" .git/out
'

test_expect_success 'one of the files of the commit comes before a newer one' '
	git vault -q snapshot >.git/clean && marks 2 "$(cat .git/clean)" &&
	echo try >one.t &&
	git vault -q snapshot >.git/tried && marks 3 "$(cat .git/clean)" &&
	test_grep "newer snapshot $(cat .git/tried) has files otherwise .* one.t;" \
		.git/err &&
	git vault good mark prod --snapshot latest 2>.git/err &&
	test "$(of 4)" = "$(cat .git/tried)" && test_grep ! "otherwise" .git/err
'

test_expect_success 'where there is none of its files, that is said' '
	git commit -q -a -m tried && echo more >>one.t && rm two.t &&
	git vault -q snapshot >.git/tried && marks 5 "$(cat .git/tried)" &&
	test_grep "warning: snapshot $(cat .git/tried) has files that differ" \
		.git/err &&
	test_grep "such as one.t, and a rollback" .git/err &&
	git checkout -q one.t && git vault -q snapshot >.git/tried &&
	marks 6 "$(cat .git/tried)" && test_grep "such as two.t, and" .git/err &&
	git checkout -q two.t
'

test_expect_success 'files that stand otherwise than git stores them are the same' '
	cat >.gitattributes <<-\END &&
	*.bat text eol=crlf
	*.id ident
	*.flt filter=upper
	END
	git config filter.upper.clean "tr a-z A-Z" &&
	git config filter.upper.smudge "tr A-Z a-z" &&
	printf "a\r\nb\r\n" >x.bat && echo "\$Id\$" >x.id && echo x >x.flt &&
	git add . && git commit -q -m filters && rm x.* &&
	git checkout -q -f HEAD -- . && test_grep "Id: [0-9a-f]" x.id &&
	git vault -q snapshot >.git/clean && marks 7 "$(cat .git/clean)" &&
	test_grep ! "otherwise\|warning" .git/err &&
	printf "a\r\nc\r\n" >x.bat && git vault -q snapshot >.git/tried &&
	marks 8 "$(cat .git/clean)" && test_grep "such as x.bat;" .git/err &&
	git checkout -q x.bat
'

test_expect_success 'so are values that are withheld; what git leaves out is none' '
	echo "password = \"Tr0ub4dor&3xyzzy\"" >app.tfvars &&
	echo ignored >.gitignore && echo x >ignored && echo untracked >other &&
	git add app.tfvars .gitignore && git commit -q --no-verify -m value &&
	git vault -q snapshot >.git/clean &&
	git cat-file blob refs/vault/snapshots/$(cat .git/clean):tree/app.tfvars \
		>.git/withheld && test_grep ! Tr0ub .git/withheld &&
	marks 9 "$(cat .git/clean)" && test_grep ! "otherwise\|taken of" .git/err &&
	echo x >>x.flt && git vault -q snapshot >.git/filtered &&
	marks 10 "$(cat .git/filtered)" && git checkout -q x.flt &&
	chmod +x one.t && git vault -q snapshot >.git/mode &&
	marks 11 "$(cat .git/mode)" && chmod -x one.t
'

test_expect_success 'a candidate from before the snapshot is verified with it' '
	git rm -q app.tfvars && test_commit candidate &&
	git vault good mark --without-snapshot prod --status candidate &&
	test -z "$(of 12)" && git vault -q snapshot >.git/clean &&
	git vault good verify prod >.git/out 2>.git/err &&
	test_grep "^snapshot: passed" .git/out && test "$(of 13)" = "$(cat .git/clean)" &&
	git vault show good:prod >.git/out && test_grep "$(cat .git/clean)" .git/out &&
	test_grep ! "no snapshot" .git/err &&
	git fsck --strict --no-dangling --no-progress
'

test_expect_success 'where there is none even then, that is said' '
	test_commit bare && git vault good mark --without-snapshot next --status candidate &&
	git vault good verify next 2>.git/err &&
	test_grep "there is no snapshot of that commit" .git/err
'

test_expect_success 'git is asked once about a file that differs in many' '
	test_create_repo many && (
		cd many && test_commit one &&
		for i in 1 2 3 4 5
		do
			echo $i >>one.t && git vault snapshot -q || exit 1
		done >.git/ids && test_line_count -eq 5 .git/ids &&
		GIT_TRACE2="$PWD/.git/trace" git vault good mark prod 2>.git/err &&
		test_grep "has files otherwise\|files that differ" .git/err &&
		grep " start .*check-attr" .git/trace >.git/asked &&
		test_line_count -eq 1 .git/asked
	)
'

test_expect_success 'one that cannot be read is not before one that can' '
	test_create_repo damaged && (
		cd damaged && mkdir d && echo 1 >d/f && git add . &&
		git commit -q -m one && whole=$(git vault snapshot) && echo 2 >d/f &&
		bad=$(git vault snapshot) && unpack &&
		lose refs/vault/snapshots/$bad:tree/d && git checkout -q . &&
		git vault good mark --without-snapshot prod 2>.git/err &&
		test "$(of 1)" = $whole && test_grep ! otherwise .git/err &&
		test_grep ! "and a rollback restores those; if they" .git/err
	)
'

test_done
