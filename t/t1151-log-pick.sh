#!/bin/sh
# shellcheck disable=SC2154 # the harness, or a test that is quoted, sets them

test_description='git vault log -S and -G: where a string or a line came and went'
. "$(dirname "$0")/test-lib.sh"

# picked OPTION…: "change subject path" of each
picked () {
	git vault log "$@" --json >.git/out &&
	jq -r ".changes[] | [.change, .snapshot, .path] | join(\" \")" .git/out |
		sed -e "s/$one/one/" -e "s/$two/two/" -e "s/$three/three/" >.git/actual
}

test_expect_success 'set up' '
	mkdir sub && echo "alpha 1" >a && echo "alpha 2" >sub/b && echo .env >.gitignore &&
	printf "API_TOKEN=Zx81kkwQpT77aLmB\n" >.env && git add a sub .gitignore &&
	test_tick && git commit -q -m base &&
	git vault snapshot -q -m one >.git/id && one=$(cat .git/id) &&
	echo "alpha 1 alpha" >a && echo "beta" >sub/b && echo new >sub/c &&
	git vault snapshot -q -m two >.git/id && two=$(cat .git/id) &&
	echo "alpha 7 alpha" >a && printf "API_TOKEN=Ab99kkwQpT77aLmB\n" >.env &&
	git vault snapshot -q -m three >.git/id && three=$(cat .git/id)
'

test_expect_success JQ '-S finds where a string occurs more or less often' '
	picked -S alpha && cat >.git/expect <<-\END &&
	added two a
	removed two sub/b
	added one a
	added one sub/b
	END
	test_cmp .git/expect .git/actual &&
	picked -S nowhere && test_must_be_empty .git/actual
'

test_expect_success JQ '-G finds changed lines that match' '
	picked -G "alpha [0-9]" && cat >.git/expect <<-\END &&
	changed three a
	changed two a
	removed two sub/b
	added one a
	added one sub/b
	END
	test_cmp .git/expect .git/actual
'

test_expect_success JQ 'paths, times and -n limit it' '
	picked -S alpha sub && printf "removed two sub/b\nadded one sub/b\n" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	(cd sub && git vault log -S alpha --json b) >.git/out &&
	test "$(jq ".changes | length" .git/out)" = 2 &&
	picked -S alpha -n 1 && echo "added two a" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	picked -S alpha --until 1990-01-01 && test_must_be_empty .git/actual
'

test_expect_success JQ 'secrets are searched only when asked for, by whoever has a key' '
	picked -S Zx81kkwQ && test_must_be_empty .git/actual &&
	picked -S Zx81kkwQ --secrets && printf "removed three .env\nadded one .env\n" \
		>.git/expect && test_cmp .git/expect .git/actual &&
	test_grep ! Zx81 .git/out &&
	picked -G "^API_TOKEN=Ab" --secrets .env &&
	echo "added three .env" >.git/expect && test_cmp .git/expect .git/actual &&
	mv "$HOME/.config" "$HOME/.away" &&
	test_when_finished "mv \"\$HOME/.away\" \"\$HOME/.config\"" &&
	test_expect_code 5 git vault log -S Zx81kkwQ --secrets 2>.git/err &&
	test_grep "not searched" .git/err
'

test_expect_success 'a table for people' '
	git vault log -S alpha >.git/out && test_grep "^CHANGE" .git/out &&
	test_grep "^removed .*sub/b" .git/out
'

test_expect_success 'who finds nothing reads where it was not sought' '
	git vault log -S "is nowhere" >.git/out 2>.git/err && test_must_be_empty .git/out &&
	test_grep "no snapshot adds or removes that outside of secrets" .git/err &&
	test_grep "hint: git vault log --secrets -S .is nowhere.$" .git/err &&
	git vault log --secrets -S "is nowhere" >.git/out 2>.git/err &&
	test_grep "no snapshot adds or removes that$" .git/err
'

test_expect_success 'what cannot be asked is refused' '
	test_expect_code 129 git vault log -S "" &&
	test_expect_code 129 git vault log -G "a(" &&
	test_expect_code 129 git vault log -S a -G b &&
	test_expect_code 129 git vault log -S a -p &&
	test_expect_code 129 git vault log -S a "*.tf"
'

test_done
