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

test_expect_success 'so is a version of a state of which some is sealed' '
	git init -q states && cd states &&
	echo "state: {seal: sensitive}" >.gitvault.yaml &&
	cat >s.tfstate <<-\EOF &&
	{ "version": 4, "serial": 1, "lineage": "l", "outputs": {
	    "a": { "value": "split-secret-7", "type": "string",
	      "sensitive": true },
	    "b": { "value": "to be seen", "type": "string" } },
	  "resources": [] }
	EOF
	git vault state save --new --env prod s.tfstate && cd .. && rm -rf rescue.git &&
	FROM=$TRASH_DIRECTORY/states KEY=$HOME/.config/git-vault/identity &&
	run mirror && run state >said && cmp ../states/s.tfstate terraform.tfstate &&
	sed "s/ .*//" said | sort -u >sums && test_line_count -eq 1 sums &&
	git cat-file --batch-all-objects --batch --buffer >all &&
	test_grep -a "to be seen" all && test_grep ! -a split-secret all
'

test_expect_success 'paths through a link, and into .git, are left alone' '
	mkdir -p out/.git away && ln -s ../away out/link && for path in . a/b link out/.git/x link/x .Git/x ../x /x a//b d/.git
	do
		for kind in f l
		do
			line="$kind 1 644 $path" && run entry && entry && echo "$kind $path" || return 1
		done
	done >seen && test_write_lines "f ." "l ." "f a/b" "l a/b" "x link" "l link" "x out/.git/x" "x out/.git/x" \
		"x link/x" "x link/x" "x .Git/x" "x .Git/x" "x ../x" "x ../x" "x /x" "x /x" "x a//b" "x a//b" \
		"x d/.git" "x d/.git" >expect && test_cmp expect seen && rm -r out away
'

# no_keyring WHY: nothing is sealed, and the page is named
no_keyring () {
	echo "B=lost-secret-2" >.env &&
	for command in snapshot init
	do
		test_must_fail git vault $command 2>../err &&
		test_grep "$1.*git-vault-recovery(7)" ../err || return 1
	done
}

test_expect_success 'a keyring whose ref went comes back' '
	git init -q lost && cd lost && echo .env >.gitignore &&
	echo "A=lost-secret-1" >.env && git add .gitignore &&
	git commit -q -m one && git vault snapshot >../first &&
	git vault key generate -o ../other.key >../other &&
	git vault key add --name other "$(sed -n "s/.*\(age1\)/\1/p" ../other)" &&
	git update-ref -d refs/vault/keyring && no_keyring "is missing" &&
	(run keyring) >../found && test_line_count = 2 ../found &&
	git update-ref refs/vault/keyring "$(sed -n "1s/.* //p" ../found)" &&
	test_must_fail git vault snapshot 2>../err &&
	git update-ref refs/vault/keyring "$(sed -n "\$s/.* //p" ../found)" &&
	git vault snapshot && git vault restore "$(cat ../first)" --to ../back &&
	echo "A=lost-secret-1" >../expect && test_cmp ../expect ../back/.env
'

test_expect_success 'one that nobody has is made anew, and age opens the old' '
	cd lost && for pack in .git/objects/pack/pack-*.pack
	do
		mv "$pack" ../moved && git unpack-objects -q <../moved &&
		rm -f "${pack%.pack}".* || return 1
	done && o=$(git rev-parse refs/vault/keyring) &&
	rm ".git/objects/$(echo $o | sed "s,^..,&/,")" &&
	no_keyring "objects are missing" && (run restart) &&
	git vault restore latest --to ../anew && cmp .env ../anew/.env &&
	test_expect_code 3 git vault restore "$(cat ../first)" --to ../old &&
	test_grep GITVAULT ../old/.env && cd .. &&
	FROM=$TRASH_DIRECTORY/lost KEY=$HOME/.config/git-vault/identity &&
	S=refs/vault/snapshots/$(cat first) && rm -rf rescue.git out &&
	run mirror && run files && run value && run values && cd .. &&
	test_cmp expect rescue.git/out/.env
'

test_done
