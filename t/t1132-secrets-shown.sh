#!/bin/sh

test_description='secrets in views: names of changed keys, values with --secrets'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq PTY 'script -qec true /dev/null'

# What is printed goes below .git, so that it is in no snapshot.

test_expect_success 'set up' '
	echo .env >.gitignore && mkdir app &&
	printf "API_TOKEN=Zx81kkwQpT77aLmB\nMODE=x\nGONE=1\n" >.env &&
	printf "DB_HOST=db\nDB_PASSWORD=hunter2-Xk9vQ2mZt7\nDB_PORT=5\n" \
		>app/config.env &&
	echo plain >plain.txt &&
	git add .gitignore plain.txt && test_tick && git commit -q -m base &&
	git vault snapshot -q -m one >.git/id && one=$(cat .git/id) &&
	printf "API_TOKEN=Ab99kkwQpT77aLmB\nMODE=x\nNEW=1\n" >.env &&
	sed -i s/hunter2-Xk9vQ2mZt7/Winter9-Qm4xV7pLs2/ app/config.env &&
	echo other >plain.txt &&
	git vault snapshot -q -m two >.git/id && two=$(cat .git/id)
'

test_expect_success 'diff names the changed keys and prints no value' '
	cat >.git/expect <<-END &&
	secrets:
	 .env: API_TOKEN changed, GONE removed, NEW added
	 app/config.env: DB_PASSWORD changed
	 to show their values: git vault diff --secrets $one $two
	END
	test_expect_code 1 git vault diff $one $two >.git/out &&
	sed -n "/^secrets:/,\$p" .git/out >.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_grep "^+other" .git/out &&
	test_grep ! "hunter2\|Winter9\|Zx81\|Ab99" .git/out &&
	test_expect_code 1 git vault diff --stat $one $two >.git/out &&
	test_grep ! secrets: .git/out
'

test_expect_success JQ 'so does JSON' '
	test_expect_code 1 git vault diff --json $one $two >.git/out &&
	jq -r ".changes[] | select(.keys) | .path + \" \" +
		(.keys[] | .key + \" \" + .change)" .git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	.env API_TOKEN changed
	.env GONE removed
	.env NEW added
	app/config.env DB_PASSWORD changed
	END
	test_cmp .git/expect .git/actual &&
	git vault show --json $two >.git/out &&
	jq -r ".changes.paths[] | select(.keys) | .keys[].key" .git/out \
		>.git/actual &&
	test_line_count = 4 .git/actual
'

test_expect_success 'diff --secrets prints the lines as they were' '
	cat >.git/expect <<-\END &&
	diff --git a/.env b/.env
	--- a/.env
	+++ b/.env
	@@ -1,3 +1,3 @@
	-API_TOKEN=Zx81kkwQpT77aLmB
	+API_TOKEN=Ab99kkwQpT77aLmB
	 MODE=x
	-GONE=1
	+NEW=1
	diff --git a/app/config.env b/app/config.env
	--- a/app/config.env
	+++ b/app/config.env
	@@ -1,3 +1,3 @@
	 DB_HOST=db
	-DB_PASSWORD=hunter2-Xk9vQ2mZt7
	+DB_PASSWORD=Winter9-Qm4xV7pLs2
	 DB_PORT=5
	END
	test_expect_code 1 git vault diff --secrets $one $two -- .env app \
		>.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --secrets $one $two >.git/actual &&
	test_grep "^+other" .git/actual &&
	test_grep ! GITVAULT .git/actual &&
	test_expect_code 1 git vault diff --secrets -R -U0 $one $two -- app \
		>.git/actual &&
	tail -n 3 .git/actual >.git/tail &&
	printf "@@ -2 +2 @@\n-DB_PASSWORD=%s\n+DB_PASSWORD=%s\n" \
		Winter9-Qm4xV7pLs2 hunter2-Xk9vQ2mZt7 >.git/expect &&
	test_cmp .git/expect .git/tail
'

test_expect_success 'git applies what was printed' '
	git init -q .git/apply && (
		cd .git/apply && mkdir app &&
		git vault -C ../.. cat --secrets $one .env >.env &&
		git vault -C ../.. cat --secrets $one app/config.env \
			>app/config.env &&
		test_expect_code 1 git vault -C ../.. diff --secrets $one $two \
			-- .env app >patch &&
		git apply patch
	) &&
	test_cmp .env .git/apply/.env &&
	test_cmp app/config.env .git/apply/app/config.env
'

test_expect_success 'the audit chain has the event, with its reason' '
	test_expect_code 1 git vault diff --secrets --reason "ticket 7" $one $two \
		>.git/out &&
	git vault audit list --json >.git/out &&
	test_grep "ticket 7" .git/out &&
	test_grep $one .git/out
'

test_expect_success 'the working tree is compared in clear, and kept nowhere' '
	cp .env .git/saved && sed -i s/MODE=x/MODE=yq7yq7yq7/ .env &&
	test_expect_code 1 git vault diff >.git/out &&
	test_grep "^ .env: MODE changed" .git/out &&
	test_expect_code 1 git vault diff --secrets >.git/out &&
	test_grep "^+MODE=yq7yq7yq7" .git/out &&
	git vault status -v >.git/out &&
	test_grep "^ .env: MODE changed" .git/out &&
	git vault status --secrets >.git/out &&
	test_grep "^+MODE=yq7yq7yq7" .git/out &&
	rm .git/out &&
	! grep -r yq7yq7yq7 .git &&
	git cat-file --batch-all-objects --batch >../objects &&
	test_grep ! yq7yq7yq7 ../objects &&
	mv .git/saved .env
'

test_expect_success 'log -p and show name keys, and show values when asked' '
	git vault log -p .env >.git/out &&
	test_grep "^ .env: API_TOKEN changed" .git/out &&
	test_grep ! "Zx81\|Ab99" .git/out &&
	git vault log -p --secrets .env >.git/out &&
	test_grep "^+API_TOKEN=Ab99kkwQpT77aLmB" .git/out &&
	test_grep "^+API_TOKEN=Zx81kkwQpT77aLmB" .git/out &&
	test_grep ! GITVAULT .git/out &&
	git vault show $two >.git/out &&
	test_grep "DB_PASSWORD changed" .git/out &&
	test_grep ! Winter9 .git/out &&
	git vault show --secrets $two >.git/out &&
	test_grep "^+DB_PASSWORD=Winter9-Qm4xV7pLs2" .git/out &&
	git vault show --secrets $two .env >.git/out &&
	test_cmp .env .git/out
'

test_expect_success 'forms that cannot show secrets are refused' '
	test_expect_code 129 git vault diff --secrets --stat $one $two &&
	test_expect_code 129 git vault diff --secrets --json $one $two &&
	test_expect_code 129 git vault diff --secrets --word-diff $one $two &&
	test_expect_code 129 git vault log --secrets .env &&
	test_expect_code 129 git vault show --json --secrets &&
	git vault cat --secrets $one .env >.git/clear &&
	git vault cat --json --secrets $one .env | jq -j ".files[].content" >.git/out &&
	test_cmp .git/clear .git/out &&
	git vault show --json $one .env >.git/out && test_grep ! "$(sed -n "s/.*=//p" .git/clear | head -n 1)" .git/out &&
	test_expect_code 129 git vault status --porcelain --secrets
'

test_expect_success 'without a key: what stays encrypted is named, exit status 5' '
	mv "$HOME/.config" "$HOME/.away" &&
	test_when_finished "mv \"\$HOME/.away\" \"\$HOME/.config\"" &&
	test_expect_code 5 git vault diff --secrets $one $two \
		>.git/out 2>.git/err &&
	test_grep "DB_PASSWORD of app/config.env is not shown" .git/err &&
	test_grep "^+other" .git/out &&
	test_grep "GITVAULT" .git/out &&
	test_expect_code 3 git vault log -p --secrets .env >.git/out 2>.git/err &&
	test_grep ".env is not shown" .git/err &&
	test_expect_code 1 git vault diff $one $two >.git/out &&
	test_grep "^ .env: changed, fully encrypted" .git/out &&
	test_grep "^ app/config.env: DB_PASSWORD changed" .git/out
'

test_expect_success PTY 'cat on a terminal says how to see the secret' '
	script -qec "git vault cat $two .env" /dev/null >.git/out &&
	test_grep "git vault cat --secrets $two:.env" .git/out &&
	git vault cat $two .env >.git/out 2>.git/err &&
	test_must_be_empty .git/err
'

test_expect_success PTY 'secrets go to no pager, and control characters to no terminal' '
	printf "API_TOKEN=Ab99kkwQpT77aLmB\nMODE=x\nNEW=\033[31m1\n" >.env &&
	test_might_fail test_env TERM=xterm GIT_PAGER="touch .git/paged; cat" \
		script -qec "git vault diff --secrets $two -- .env" /dev/null \
		>.git/out &&
	test_path_is_missing .git/paged &&
	tr -d "\r" <.git/out | grep "NEW" >.git/lines &&
	test_grep "NEW=.033\[31m1" .git/lines
'

test_done
