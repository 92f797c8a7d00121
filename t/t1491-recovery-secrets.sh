#!/bin/sh

test_description='the commands of git-vault-recovery(7) give sealed values back

They are taken from the manual page and run as they stand there, with git, age,
gzip and the tools of the system alone.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-given.sh"

if ! command -v age >/dev/null
then
	skip_all 'age is not installed'
fi

page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7

# run NAME: carry the display of that name out in this shell.
run () {
	awk -v want="$1" '
		$1 == ".\\\"" && $2 == "block" { found = $3 == want; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" >"$TMPDIR/run" &&
	test -s "$TMPDIR/run" && . "$TMPDIR/run"
}

test_expect_success 'a snapshot withholds values' '
	test_create_repo work && cd work && given_setup &&
	mkdir "a dir" && printf "X=blank-secret-9\n" >"a dir/q\"uote" &&
	echo "dev 2 14 token a dir/q\"uote" >>../given.spans &&
	git add -A && git commit -q -m more && given_take && cd ..
'

test_expect_success 'git, age and gzip give every file back' '
	FROM=$TRASH_DIRECTORY/work KEY=$HOME/.config/git-vault/identity &&
	S=refs/vault/snapshots/$snapshot &&
	run mirror && run files && grep -q GITVAULT out/run.sh &&
	run manifest && run entry && run chunks && run value && run values &&
	run apply && cd .. &&
	(cd given.clear && find . -path ./.git -prune -o -mindepth 1 \
		-printf "%P %m %y %T@\n") | sort >expect &&
	(cd rescue.git/out && find . -mindepth 1 -printf "%P %m %y %T@\n") |
		sort >actual &&
	test_cmp expect actual &&
	diff -r -x .git given.clear rescue.git/out
'

test_expect_success 'also where the scope has lost its ref' '
	cd rescue.git && rm -r out && git update-ref -d refs/vault/secrets/prod &&
	run files && run values && cd .. &&
	diff -r -x .git given.clear rescue.git/out
'

test_done
