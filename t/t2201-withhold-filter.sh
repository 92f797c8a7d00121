#!/bin/sh
# shellcheck disable=SC2154 # lib-withhold.sh sets snap

test_description='what git encrypts is in clear in no snapshot'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-withhold.sh"

if ! have_age
then
	skip_all 'age is not installed'
fi

command -v git-crypt >/dev/null && test_set_prereq GIT_CRYPT

plan="the plan for tomorrow, which nobody is to read"

# in_clear PATH: whether the snapshot has the file as it stands
in_clear () {
	test "$(git rev-parse "$snap:tree/$1")" = \
		"$(git hash-object --no-filters "$1")"
}

# filter NAME FRONT: one that puts it before what it turns by 13 letters
filter () {
	cat >"$HOME/$1" <<-END &&
	#!/bin/sh
	printf '$2' && tr a-zA-Z n-za-mN-ZA-M
	END
	cat >"$HOME/un-$1" <<-END &&
	#!/bin/sh
	tail -c +$(($(printf "$2" | wc -c) + 1)) | tr n-za-mN-ZA-M a-zA-Z
	END
	chmod +x "$HOME/$1" "$HOME/un-$1" &&
	git config "filter.$1.clean" "$HOME/$1" &&
	git config "filter.$1.smudge" "$HOME/un-$1"
}

test_expect_success GIT_CRYPT 'git-crypt: what is tracked, new, staged and changed' '
	git init -q ../crypt && (
		cd ../crypt && git-crypt init >/dev/null &&
		echo "secret/* filter=git-crypt diff=git-crypt" >.gitattributes &&
		mkdir secret && echo "$plan" >secret/plan && echo open >plain &&
		git add . && git commit -q -m one &&
		take && ! leaks secret/plan && in_clear plain &&
		test "$(field secrets)" = 1 && gives_back secret/plan plain &&
		echo "and one more thing to hide" >secret/new &&
		echo "which was not thought of before" >secret/staged &&
		git add secret/staged && echo "at noon, I should think" >>secret/plan &&
		take && test "$(field secrets)" = 3 &&
		for file in plan new staged
		do
			! leaks secret/$file || return 1
		done &&
		take && test "$(field created)" = false &&
		git vault status >.git/out && test_grep "Nothing changed" .git/out &&
		git vault verify --deep >/dev/null &&
		git vault restore --to ../back latest >/dev/null 2>&1 &&
		diff -r secret ../back/secret && rm -r ../back
	)
'

test_expect_success 'one that nobody knows is told by what git has of a file' '
	filter mine "\\0GITCRYPT\\0" && filter rot "" &&
	printf "%s\n" "*.key filter=mine" "*.txt filter=rot" >.gitattributes &&
	echo "$plan" >a.key && echo "turned, and not hidden" >b.txt &&
	echo "what came when the blob was not there" >c.key &&
	git add .gitattributes a.key b.txt && git commit -q -m one &&
	take && ! leaks a.key && ! leaks c.key && in_clear b.txt &&
	test "$(field secrets)" = 2 && gives_back a.key b.txt c.key
'

test_expect_success 'a filter is found whatever `git config` alone is to look at' '
	echo "what was written since" >new.key &&
	test_when_finished "unset GIT_CONFIG; rm -f new.key" && >.git/none &&
	GIT_CONFIG=$PWD/.git/none && export GIT_CONFIG && take &&
	! leaks a.key && ! leaks new.key && test "$(field secrets)" = 3
'

test_expect_success 'one that says so is, before git has any' '
	filter my-crypt "" && filter enc "" &&
	git config filter.enc.clean "openssl enc -aes-256-cbc -pass file:key" &&
	printf "%s\n" "*.one filter=my-crypt" "*.two filter=enc" >>.gitattributes &&
	echo "first of two that are new" >new.one &&
	echo "what comes behind that one" >new.two &&
	take && ! leaks new.one && ! leaks new.two && test "$(field secrets)" = 4
'

test_expect_success 'a file that comes to be encrypted is sealed, though it is as it was' '
	echo "a page for everybody to read" >page && take && in_clear page &&
	echo "page filter=mine" >>.gitattributes && take &&
	! in_clear page && test "$(field secrets)" = 5 && gives_back page &&
	sed -i "\$d" .gitattributes && take && in_clear page
'

test_expect_success 'the policy may keep one in clear, and nothing is searched for where it is not' '
	cat >.gitvault.yaml <<-\END &&
	secrets:
	  paths:
	  - {path: "*.one", keep: clear}
	END
	accept_policy && take && in_clear new.one && ! leaks new.two &&
	take --no-scan --force && in_clear new.one && ! leaks new.two
'

test_expect_success 'large ones, too' '
	git config vault.chunkThreshold 1m && rm .gitvault.yaml && accept_policy &&
	awk "BEGIN { for (i = 0; i < 200000; i++) print \"line \" i * 7919 }" >big.key &&
	take && test "$(git cat-file -s $snap:tree/big.key)" -lt 100 &&
	hides "line 791900" && gives_back big.key
'

test_expect_success 'without the filter nothing is encrypted' '
	git config --remove-section filter.enc &&
	git config --remove-section filter.my-crypt && take &&
	in_clear new.one && in_clear new.two && ! leaks a.key
'

test_done
