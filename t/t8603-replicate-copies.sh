#!/bin/sh

test_description='copies by policy: how many a snapshot needs, where they may be, who pushes

Stores are folders. Regions make them independent: without one, two folders
count as one place.'
. "$(dirname "$0")/test-lib.sh"

top=$PWD

# one ARG…: git vault in the clone "one", for people
one () {
	git -C "$top/one" vault "$@" >out 2>err
}

# policy: the policy of "one", from stdin
policy () {
	cat >"$top/one/.gitvault.yaml"
}

# change FILE: a snapshot more, and no push by itself
change () {
	echo "$1" >"$top/one/$1" &&
	git -C "$top/one" vault -q snapshot >/dev/null 2>&1
}

# field NAME: the first of that name in the last document
field () {
	sed -n 's/^.*"'"$1"'":\([^,}]*\).*/\1/p' out
}

# pushed NAME: a push in the background has ended
pushed () {
	i_=0
	while test "$(git -C one vault --json replicate status --offline "$1" |
		sed -n 's/^.*"behind_snapshots":\([0-9]*\).*/\1/p')" != 0
	do
		i_=$((i_ + 1)) && test $i_ -lt 600 && sleep 0.1 || return 1
	done
}

test_expect_success 'a policy that asks for two copies in two regions' '
	mkdir a b c && git init -q one && policy <<-EOF &&
	environments:
	  base: {copies: {min: 2, regions: 2, verified: 7d}}
	  prod: {extends: base}
	targets:
	  far: {url: "file://$top/b", region: eu-b, push: manual}
	residency: ["eu-*"]
	EOF
	(
		cd one && echo .env >.gitignore && echo one >file && git add . &&
		test_tick && git commit -q -m one &&
		printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
		git vault -q snapshot >/dev/null
	) && one replicate list && test_grep "^far .*policy" out
'

test_expect_success 'a snapshot without copies is named, with what to do' '
	one list -v && test_grep "COPIES" out && test_grep "0 (too few)" out &&
	test_grep "1 of 1 snapshots are not durable.*git vault help replicate" err &&
	test_expect_code 1 git -C one vault doctor >out 2>err &&
	test_grep "1 of 1 snapshots are not durable" out &&
	one && test_grep "copies.*far was never pushed to; 1 of 1 snapshots" out
'

test_expect_success 'a target in another region is refused before a byte is sent' '
	test_expect_code 128 git -C one vault replicate add --region us-a near \
		"file://$top/a" 2>err &&
	test_grep "region us-a.*eu-\*" err &&
	test_expect_code 128 git -C one vault replicate add near "file://$top/a" \
		2>err &&
	test_grep "does not say its region" err &&
	one replicate add --region eu-a near "file://$top/a" &&
	git -C one config vault.target.near.region us-a &&
	test_expect_code 3 git -C one vault replicate push 2>err &&
	test_grep "nothing was sent" err && test -z "$(ls a)" &&
	test_expect_code 1 git -C one vault doctor >out && test_grep "near is in the region us-a" out &&
	test_grep "git vault replicate remove .near" out && test_grep ! "replicate push .near" out &&
	one && test_grep "near is refused by residency" out &&
	git -C one config vault.target.near.region eu-a && one replicate push
'

test_expect_success 'a push alone is no copy; two verified ones are' '
	one --json list && test "$(field durable)" = false &&
	one replicate verify far && one --json list &&
	test "$(field targets)" = 1 && test "$(field durable)" = false &&
	one replicate verify near && one --json list &&
	test "$(field targets)" = 2 && test "$(field durable)" = true &&
	one list -v && ! grep "too few" out && ! grep durable err &&
	test_expect_code 1 git -C one vault doctor >out && ! grep durable out
'

test_expect_success 'copies grow old, and a damaged store has none' '
	later=$(($(date +%s) + 8 * 86400)) &&
	GIT_VAULT_TEST_TIME=$later one --json list &&
	test "$(field durable)" = false &&
	mv a/packs/*.pack . && test_expect_code 1 git -C one vault replicate \
		verify near && one --json list && test "$(field targets)" = 1 &&
	mv ./*.pack a/packs && one replicate verify near && one --json list &&
	test "$(field durable)" = true
'

test_expect_success 'two folders of one region are one place' '
	git -C one config vault.target.near.region eu-b && one --json list &&
	test "$(field targets)" = 1 && test "$(field durable)" = false &&
	git -C one config vault.target.near.region eu-a
'

test_expect_success 'push --verify does both' '
	change two && one --json list -n 1 && test "$(field durable)" = false &&
	one --json replicate push --verify && test "$(field verified)" = true &&
	one --json list -n 1 && test "$(field durable)" = true
'

test_expect_success 'what came by a pull sends nothing before it is accepted' '
	(cd one && git add . && git commit -q -m two) &&
	git clone -q one two && (
		cd two && git vault replicate list >../out 2>&1
	) && ! grep ^far out && test_grep "targets are not accepted" out &&
	test_expect_code 128 git -C two vault replicate push far 2>err &&
	(cd two && git vault policy accept --yes >/dev/null 2>&1 &&
		git vault replicate list >../out) && test_grep "^far" out
'

test_expect_success 'a tighter list of regions that was pulled ends no copies before it is accepted' '
	(cd two && sed "s/^residency: .*/residency: [eu-c]/" .gitvault.yaml >p && mv p .gitvault.yaml &&
		git commit -qam tight && echo more >>file && git vault -q snapshot >/dev/null 2>&1) &&
	git -C two vault replicate push far >out 2>err && test_grep "pushed 1 new snapshot" out err &&
	git -C two vault replicate status far >out 2>err &&
	test_grep "far is in the region eu-b, and .gitvault.yaml lets copies be in eu-c only.*copies go on.*git vault policy diff" err &&
	git -C two vault --json replicate status far >out && test "$(field residency)" = "\"waiting\"" &&
	test_expect_code 1 git -C two vault doctor >out 2>err && test_grep "far is in the region eu-b, and .gitvault.yaml" out &&
	test_grep "git vault policy accept" out && git -C two vault policy accept --yes >/dev/null 2>&1 &&
	test_expect_code 128 git -C two vault replicate push far 2>err &&
	test_grep "policy lets copies be in eu-c only.*nothing was sent. To see the policy: git vault policy show" err &&
	test_expect_code 1 git -C two vault doctor >out 2>err && test_grep "far is in the region eu-b, and the policy lets" out &&
	! grep "target far began to fail" out
'

test_expect_success 'a limit is refused with what is missing, and nothing is half there' '
	one replicate add --region eu-c --limit 1MiB small "file://$top/c" &&
	head -c 2000000 /dev/urandom >one/large && change three &&
	test_expect_code 128 git -C one vault replicate push small 2>err &&
	test_grep "at most 1.0 MB (limit), and this needs 2.* MB more" err &&
	test -z "$(find c -name "*.pack" -o -path "*manifests/*" -type f)" &&
	one replicate remove small &&
	test_expect_code 129 git -C one vault replicate add --limit much x \
		"file://$top/c" 2>err &&
	one replicate push
'

test_expect_success 'a snapshot and a sync push to automatic targets, and do not wait' '
	git -C one config vault.target.near.auto true && change four &&
	pushed near && git init -q --bare hub.git &&
	git -C one remote add origin "$top/hub.git" && change five &&
	one sync && pushed near && one replicate verify near
'

# holding: the lock of the target near is held until the file go is there
holding () {
	rm -f go held && mkdir -p one/.git/vault/replica/near && {
		flock one/.git/vault/replica/near/lock sh -c \
			": >held; until test -e go; do sleep 0.05; done" 5>&- &
	} && until_is "test -e held"
}

# until_is COMMAND
until_is () {
	i_=0
	until eval "$1"
	do
		i_=$((i_ + 1)) && test $i_ -lt 600 && sleep 0.05 || return 1
	done
}

# is_held NAME: some process has that lock of the target near; to try it would take
# it from whom it is for
is_held () {
	test -e "one/.git/vault/replica/near/$1" &&
	grep -q ":$(stat -c %i "one/.git/vault/replica/near/$1") " /proc/locks
}

test_expect_success 'one push waits for what works with the target, and others leave it to that one' '
	test_when_finished ": >go" && holding && change queued && until_is "is_held turn" &&
	change later && one replicate push --auto && test_grep ! "another git vault" err &&
	one --json replicate status --offline near && test "$(field behind_snapshots)" = 2 &&
	: >go && wait && pushed near && one replicate verify near
'

test_expect_success 'so does a hook, which a target that fails does not stop' '
	one hooks install --only post-commit && (cd one && echo six >six && git add six &&
		git commit -q -m six) && pushed near &&
	mv a gone && (cd one && echo seven >seven && git add seven &&
		git commit -q -m seven 2>../err) && i=0 &&
	while ! test -f one/.git/vault/replica/near/failing
	do
		i=$((i + 1)) && test $i -lt 600 && sleep 0.1 || return 1
	done
'

test_expect_success 'it is reported once, and by doctor until it ends' '
	(cd one && echo eight >eight && git add eight && git commit -q -m 8) 2>err &&
	test_grep "not pushed to the target near.*git vault replicate push near" err &&
	(cd one && echo nine >nine && git add nine && git commit -q -m 9) 2>err &&
	! grep "target near" err &&
	test_expect_code 1 git -C one vault doctor >out &&
	test_grep "pushes to the target near began to fail" out &&
	one && test_grep "near fails" out && mv gone a &&
	one replicate push near && test_path_is_missing one/.git/vault/replica/near/failing &&
	one && test_grep "near has every snapshot" out
'

test_expect_success 'a purge of a secret goes on in the copies' '
	printf plainvalue77 >one/in-clear &&
	git -C one vault -q snapshot >/dev/null 2>&1 && pushed near && {
		printf plainvalue77 | one secret purge --stdin || test $? = 3
	} && test_grep "target near: removed [1-9]" out &&
	test_grep "target far: no pack removed" out
'

test_expect_success 'without a target nothing is pushed, which is an error' '
	git init -q bare && test_expect_code 128 git -C bare vault replicate push \
		2>err && test_grep "nothing was done" err &&
	test_expect_code 128 git -C bare vault replicate verify 2>err &&
	git -C bare vault replicate 2>err && test_grep "no target" err
'

test_done
