#!/bin/sh

test_description='the identity that --identity names, in each command that decrypts or signs'
. "$(dirname "$0")/test-lib.sh"

secret=Zk4pQ9wTr7mXc2vB
id=$HOME/.config/git-vault/identity

test_expect_success 'set up: a secret in two snapshots, and the identity elsewhere' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	echo .env >.gitignore && git add . && test_tick && git commit -q -m first &&
	git push -q origin main && git vault -q init && echo "PASSWORD=$secret" >.env &&
	git vault -q snapshot && echo "OTHER=1" >>.env && test_tick && git vault -q snapshot &&
	git vault -q sync && mv "$id" ../key
'

# with COMMAND…: it prints the secret with the identity, and not without
with () {
	code=0
	git vault "$@" --secrets >out 2>err || code=$?
	case $code in 3 | 5) ;; *) return 1 ;; esac
	test_grep ! $secret out &&
	{ git vault "$@" --secrets --identity ../key --reason "case 7 of $1" >out 2>err || test $? = 1; } &&
	test_grep -a $secret out
}

test_expect_success 'what prints secrets decrypts by it, and the trail has the reason' '
	with show latest .env && with cat latest .env && with diff latest~1 latest && with log -p .env &&
	with archive latest && git vault log -S $secret --secrets --identity ../key .env >out && test_line_count = 2 out &&
	git vault audit list -l >trail && for command in show cat diff log archive; do
		test_grep "case 7 of $command" trail || return 1
	done
'

test_expect_success 'a file that is not there is named, and nothing is printed' '
	for command in "show latest .env --secrets" "cat latest .env --secrets" "diff latest~1 latest --secrets" \
		"archive latest --secrets" "verify --deep"
	do
		test_expect_code 128 git vault $command --identity ../nowhere >out 2>err </dev/null &&
		test_grep "nowhere" err && test_grep ! $secret out || return 1
	done
'

test_expect_success 'verify and restore read what it opens' '
	git vault verify --deep --identity ../key >out && test_grep "all intact" out &&
	git vault restore latest --to ../out --identity ../key && test_cmp .env ../out/.env
'

test_expect_success 'clones, bundles and copies are made and taken with it' '
	git vault export --identity ../key ../bundle && git vault clone -y --identity ../key ../remote.git ../cloned &&
	git -C ../cloned vault import --identity "$PWD/../key" ../bundle &&
	git vault sync --identity ../key && mkdir ../store && git vault replicate add --encrypt home "file://$PWD/../store" &&
	git vault replicate push --identity ../key home &&
	test_expect_code 5 git vault replicate restore "file://$PWD/../store" ../back &&
	git vault replicate restore --identity ../key "file://$PWD/../store" ../back &&
	git -C ../back vault restore latest --to ../out2 --identity "$PWD/../key" && test_cmp .env ../out2/.env
'

test_expect_success 'so do init, status and repair, which need it for their own reasons' '
	git init -q ../fresh && git -C ../fresh vault init -q --identity "$PWD/../key" &&
	git -C ../fresh vault key list >out && test_grep "age1" out && test_path_is_missing "$id" &&
	git vault status --secrets --identity ../key --reason "case 7 of status" .env >out && test_grep ! "$secret" out &&
	git vault repair --identity ../key >out && test_grep "nothing to repair" out
'

test_expect_success 'a snapshot that anybody could have pushed is not restored by a name' '
	test_expect_code 128 git -C ../cloned vault restore any:latest --to ../named --trusted 2>err &&
	test_grep "anybody who can push could have made" err && test_path_is_missing ../named &&
	git -C ../cloned vault restore "$(git vault list --id-only -1)" --to ../named --trusted --identity "$PWD/../key" &&
	test_cmp .env ../named/.env
'

test_expect_success 'deletions and prunes are signed by it, and one that cannot be read is named before' '
	git init -q ../gone && cd ../gone && echo 1 >one && git add . && git commit -q -m one && git vault -q init --identity ../key && git vault -q snapshot && for n in 2 3 4; do
		echo $n >one && git vault -q snapshot || return 1
	done && for words in "delete latest" "prune --keep-last 1"; do
		test_expect_code 128 git vault $words --identity ../nowhere 2>err && test_grep nowhere err || return 1
	done && git vault delete latest && git vault -q delete latest --identity ../key && git vault prune -y --keep-last 1 --identity ../key &&
	git vault audit list --json | sed "s/{\"event\"/\n&/g" | grep "\"kind\":\"\(delete\|prune\)\"" >events && test_line_count = 3 events &&
	grep "\"signer\":null" events >unsigned && test_line_count = 1 unsigned && cd "$TRASH_DIRECTORY"
'

test_expect_success 'a server names an identity that is not there when it starts' '
	for words in "serve --health" "state serve" "config serve"; do
		test_expect_code 128 timeout 20 git vault $words --listen 127.0.0.1:0 --identity ../nowhere 2>err && test_grep nowhere err || return 1
	done
'

test_expect_success 'approvals of deletions are signed by it' '
	git init -q ../asked && cd ../asked && printf "delete: {approvals: 1}\nprune: {approvals: 1}\n" >.gitvault.yaml &&
	git add . && git commit -q -m policy && git vault -q init --identity ../key && git vault -q snapshot &&
	echo 2 >two && git vault -q snapshot && git vault policy accept -q --yes && for words in "delete latest" "prune --keep-last 1"; do
		test_expect_code 128 git vault $words --approve --identity ../nowhere 2>err && test_grep nowhere err &&
		git vault $words --approve --identity ../key 2>err && test_grep "approves that somebody else may" err || return 1
	done
'

test_done
