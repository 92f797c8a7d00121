#!/bin/sh

test_description='copies in a store: settings that change, disks that are not there, names'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

top=$PWD

# replicate ARG…: of the clone "one", for people
replicate () {
	git -C "$top/one" vault replicate "$@" >out 2>err
}

# change FILE: a snapshot more
change () {
	echo "$1" >"$top/one/$1" &&
	git -C "$top/one" vault -q snapshot >/dev/null
}

# damaged 0|1 NAME [WORDS]: whether doctor and metrics say so; the overview is in out
damaged () {
	git -C "$top/one" vault metrics >metrics && test_grep "git_vault_replica_damaged{.*remote=\"$2\".*} $1$" metrics &&
	{ git -C "$top/one" vault doctor >out 2>err || test $? = 1; } && if test "$1" = 1
	then
		test_grep "the copy in the target $2 was found damaged or gone.*$3" out
	else
		! grep "in the target $2 was found damaged" out
	fi && git -C "$top/one" vault >out 2>err
}

# mend NAME: by the command of doctor
mend () {
	{ git -C "$top/one" vault --json doctor >doctor || test $? = 1; } &&
	command=$(tr "{" "\n" <doctor | sed -n "s/.*\"kind\":\"target_damaged\".*target $1 .*\"command\":\"\([^\"]*\)\".*/\1/p") &&
	test -n "$command" && (cd "$top/one" && eval "$command")
}

test_expect_success 'a repository with two targets' '
	mkdir store sealed && git init -q one && (
		cd one && echo one >file && git add . && test_tick &&
		git commit -q -m one &&
		printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
		echo .env >.gitignore && git vault -q snapshot >/dev/null
	) && replicate add home "file://$top/store" &&
	replicate add --encrypt safe "file://$top/sealed" &&
	replicate push
'

# opened PID: it has opened the lock of the target late
opened () {
	find /proc/"$1"/fd -lname "*/replica/late/lock" 2>/dev/null | grep -q .
}

test_lazy_prereq WATCHED 'command -v flock && test -r /proc/self/fd'

test_expect_success WATCHED 'two first pushes at once make a copy that is intact' '
	mkdir late && replicate add late "file://$top/late" &&
	mkdir -p one/.git/vault/replica/late && (
		exec 9>one/.git/vault/replica/late/lock && flock 9 && cd one &&
		for i in 1 2
		do
			git-vault replicate push late >"$top/late.$i" 2>&1 9>&- &
			eval "p$i=\$!"
		done &&
		until opened "$p1" && opened "$p2"
		do
			sleep 0.1 && kill -0 "$p1" && kill -0 "$p2" || return 1
		done && exec 9>&- &&
		wait "$p1" && wait "$p2"
	) && replicate verify --level read late &&
	change third && replicate push late && replicate verify late &&
	replicate remove late
'

test_expect_success 'an encrypted copy has no bundle, whatever the configuration says' '
	git -C one config vault.target.safe.bundles true &&
	test_expect_code 129 git -C one vault replicate push safe 2>err &&
	test_grep "vault.target.safe.bundles" err &&
	test ! -e sealed/bundle-list &&
	git -C one config --unset vault.target.safe.bundles
'

test_expect_success 'a store stays encrypted, or in clear, as it was begun' '
	change clear && git -C one config vault.target.home.encrypt true &&
	test_expect_code 128 git -C one vault replicate push home 2>err &&
	test_grep "choose another prefix" err &&
	git -C one config vault.target.home.encrypt false &&
	git -C one config vault.target.safe.encrypt false &&
	test_expect_code 128 git -C one vault replicate push safe 2>err &&
	test_grep "is encrypted, and the target" err &&
	git -C one config vault.target.safe.encrypt true &&
	replicate push && replicate verify --level read
'

test_expect_success 'an empty folder is no place to go on' '
	change mount && mv store kept && mkdir store &&
	test_expect_code 128 git -C one vault replicate push home 2>err &&
	test_grep "is its disk mounted" err && test -z "$(ls store)" &&
	damaged 1 home "is its disk mounted" && test_grep "home is damaged or gone" out &&
	rmdir store && mv kept store && replicate push home && damaged 0 home &&
	replicate verify home
'

# As on two disks that are mounted at one place in turn: both have a manifest 1 of one host.
test_expect_success 'another store of this host at the same address is no place to go on' '
	mkdir disk && replicate add disk "file://$top/disk" && replicate push disk && mv disk kept && mkdir disk &&
	rm -r one/.git/vault/replica/disk && replicate push disk && mv disk second && mv kept disk && find disk >was &&
	change turn && test_expect_code 128 git -C one vault replicate push disk 2>err &&
	test_grep "has another manifest 1 than the one this clone has pushed" err && find disk >now && test_cmp was now &&
	damaged 1 disk "has another manifest 1" && mv disk kept && mv second disk && replicate push disk &&
	damaged 0 disk && replicate verify disk && replicate remove disk && rm -r kept
'

test_expect_success 'damage that was seen is an error until it is mended by the command that is named' '
	mkdir own && replicate add own "file://$top/own" && replicate push own && damaged 0 own && mv own/packs/*.pack . &&
	test_expect_code 1 git -C one vault replicate verify own >out 2>&1 && test_grep "hint: to mend it: git vault" out &&
	damaged 1 own "does not have pack-" && test_grep "own is damaged or gone" out && damaged 0 safe &&
	test_expect_code 1 git -C one vault replicate status --offline own >out && test_grep "damaged or gone, found.*does not have pack-" out &&
	test_expect_code 1 git -C one vault health --html ../page >/dev/null && test_grep "is damaged or gone" page &&
	mend own && damaged 0 own && rm ./*.pack
'

test_expect_success 'the report of a push is no reason for another one' '
	change runs && replicate push own && git -C one for-each-ref refs/vault/reports/run | grep . >/dev/null &&
	git -C one vault --json replicate status --offline own >status && test_grep "\"behind_bytes\":0,.*\"behind_refs\":0," status &&
	ls own/manifests/* >names.1 && replicate push own && test_grep "up to date" err && ls own/manifests/* >names.2 && test_cmp names.1 names.2 &&
	change more-runs && replicate push own && git -C one for-each-ref --format="%(objectname)" refs/vault/reports/run | head -1 >report &&
	mkdir unpacked && git -C unpacked init -q --bare && for pack in own/packs/*.pack
	do
		git -C unpacked unpack-objects -q <"$pack" || return 1
	done && git -C unpacked cat-file -e "$(cat report)" && rm -rf unpacked
'

test_expect_success 'what a reading look found, only a reading look proves to be gone' '
	pack=$(ls own/packs/*.pack | tail -1) && chmod u+w "$pack" &&
	printf xyz | dd of="$pack" bs=1 seek=40 conv=notrunc 2>/dev/null &&
	other=$(ls own/packs/*.pack | head -1) && test "$other" != "$pack" && mv "$other" . &&
	test_expect_code 1 git -C one vault replicate verify --level read own >out &&
	mv ./*.pack own/packs && damaged 1 own "pack-" && replicate verify own && damaged 1 own "pack-" &&
	mend own && damaged 0 own
'

test_expect_success 'a copy that was emptied is found by a verification, too' '
	mv own kept && mkdir own && test_expect_code 1 git -C one vault replicate verify own >out 2>&1 &&
	again=$(sed -n "s/^.*hint: to mend it: //p" out) && test_grep "there is no copy at .*own any more" out &&
	damaged 1 own "no copy at" && test -n "$again" && (cd one && eval "$again") &&
	damaged 0 own && replicate verify own && replicate remove own && rm -rf own one/.git/vault/replica/own
'

test_expect_success 'what cannot be asked is no word for what is missing' '
	mv store/packs/*.pack . &&
	GIT_VAULT_TEST_TIME=2000000000 test_expect_code 1 \
		git -C one vault replicate verify --level hashed home &&
	mv ./*.pack store/packs &&
	test_expect_code 1 git -C one vault --json replicate status --offline home >status &&
	test_grep "\"listed\":\"20" status && ! grep "\"verified\":{[^}]*2033-" status
'

test_expect_success 'branches of two hosts may stand in each other'\''s way' '
	git clone -q one two && git -C one branch deep &&
	git -C one branch flat/a && git -C two vault -q sync >/dev/null 2>&1 &&
	git -C two branch deep/er && git -C two branch flat &&
	git -C two vault replicate add home "file://$top/store" &&
	replicate push home && echo two >two/file &&
	git -C two vault -q snapshot >/dev/null &&
	git -C two vault replicate push home &&
	git vault replicate restore "file://$top/store" back &&
	git -C back for-each-ref --format="%(refname)" >refs &&
	grep "^refs/heads/deep" refs && grep "^refs/heads/flat" refs &&
	test "$(grep -c "/deep$" refs)" = 1 &&
	test "$(grep -c "/deep/er$" refs)" = 1 &&
	test "$(grep -c "/flat$" refs)" = 1 &&
	test "$(grep -c "/flat/a$" refs)" = 1
'

test_expect_success 'a restore that goes on sets what is there now' '
	sed "s/.*\"store\":\"\([0-9a-f]*\).*/\1/" store/format >id &&
	tr -d "\n" <id >back/.git/vault-restore &&
	git -C one branch -D flat/a && git -C one branch flat/a/b &&
	replicate push home &&
	git vault replicate restore "file://$top/store" back &&
	git -C back rev-parse flat/a/b && test ! -e back/.git/vault-restore
'

test_expect_success 'what a folder cannot do is refused, and not left out' '
	test_expect_code 128 git -C one vault replicate add --lock COMPLIANCE --lock-days 30 worm "file://$top/store" 2>err &&
	test_grep "cannot lock objects" err && replicate add worm "file://$top/store" &&
	git -C one config vault.target.worm.lock COMPLIANCE && git -C one config vault.target.worm.lockDays 30 &&
	test_expect_code 128 git -C one vault replicate push worm 2>err && test_grep "cannot lock objects" err && replicate remove worm
'

test_expect_success 'a number of days has an end' '
	git -C one config vault.target.far.url s3://bucket/x &&
	git -C one config vault.target.far.lockDays 9223372036854775807 &&
	test_expect_code 129 git -C one vault replicate list 2>err &&
	test_grep lockdays err && git -C one config --remove-section vault.target.far
'

test_expect_success 'a password in the configuration is refused, and not shown' '
	git -C one config vault.target.far.url s3://AKIDKEY:hidden@bucket/x &&
	test_must_fail git -C one vault replicate push far >out 2>&1 &&
	! grep hidden out &&
	test_must_fail git -C one vault replicate list >out 2>&1 &&
	! grep hidden out && git -C one config --remove-section vault.target.far &&
	test_must_fail git vault replicate restore s3://AKIDKEY:hidden@bucket/x y \
		>out 2>&1 && ! grep hidden out &&
	test_must_fail git vault replicate restore https://u:hidden@h/x y >out 2>&1 &&
	! grep hidden out
'

test_expect_success 'a prune sees that a chain is gone' '
	rm -rf gone && two=$(ls store/manifests | tail -1) && change more &&
	git -C one vault replicate verify --level read home &&
	mv "store/manifests/$two" gone &&
	test_expect_code 128 git -C one vault replicate prune --grace 1m home 2>err &&
	test_grep "$two" err && mv gone "store/manifests/$two"
'

test_expect_success 'a ref that no manifest can name is kept back' '
	bad=$(printf "refs/heads/b\377d") && worse=$(printf "refs/heads/b\376d") &&
	git -C one update-ref "$bad" HEAD && git -C one update-ref "$worse" HEAD &&
	test_expect_code 3 git -C one vault replicate push home 2>err &&
	test_grep "UTF-8" err && replicate verify --level read home
'

test_expect_success 'a chain that was written anew is found' '
	git -C one for-each-ref --format="delete %(refname)" "refs/heads/b*" |
	git -C one update-ref --stdin && replicate push home &&
	cp -Rp store before && cp -Rp one fork && change mine &&
	replicate push home && rm -rf store && mv before store &&
	echo other >fork/other && git -C fork vault -q snapshot >/dev/null &&
	git -C fork vault replicate push home &&
	test_expect_code 1 git -C one vault replicate verify --level read home >out &&
	test_grep "^  link  " out
'

test_expect_success 'so is another store in its place' '
	rm -rf store fork/.git/vault/replica && mkdir store &&
	git -C fork vault replicate push home &&
	test_expect_code 1 git -C one vault replicate verify home >out &&
	test_grep "^  foreign  " out
'

# stranger COMMAND…: somebody with a key that nobody here knows
stranger () {
	HOME=$top/stranger XDG_CONFIG_HOME=$top/stranger "$@"
}

test_expect_success 'who is trusted is not for another repository to say' '
	mkdir both stranger && git init -q mine && (
		cd mine && echo one >file && git add . && git commit -q -m one &&
		git vault -q snapshot >/dev/null &&
		git vault replicate add both "file://$top/both" &&
		git vault replicate push
	) && git clone -q mine theirs && (
		cd theirs && echo two >file && stranger git vault key generate &&
		stranger git vault -q snapshot >/dev/null &&
		stranger git vault replicate add both "file://$top/both" &&
		stranger git vault replicate push && stranger git vault init
	) && test_expect_code 3 env GIT_DIR="$top/theirs/.git" \
		git vault replicate restore "file://$top/both" again >out &&
	test_grep "^  signer  " out
'

# hint: carry out what the last command said after ": "
hint () {
	(cd one && eval "$(sed -n "s/.*hint: to mend it: $1//p" ../err)")
}

test_expect_success 'a chain with a gap is given up, and can then be removed by what is named' '
	mkdir old && replicate add old "file://$top/old" && replicate push old &&
	change gap1 && replicate push old && change gap2 && replicate push old &&
	rm old/manifests/*/0000000002 && test_expect_code 1 replicate verify old &&
	test_grep "manifest 2 of host .* is missing" out && hint "" &&
	test_expect_code 1 replicate verify old &&
	test_grep "manifest 2 of host .* is missing" out &&
	test_expect_code 128 replicate prune old && test_grep "nothing was removed" err &&
	damaged 1 old "manifest 2" && test_expect_code 1 replicate verify old &&
	hint ".*it can go: " && replicate verify old && damaged 0 old && replicate prune old &&
	git vault replicate restore "file://$top/old" old.back >out 2>err && git -C old.back vault cat latest:gap2 >out && test_cmp one/gap2 out
'

test_expect_success 'what is to be locked is, and what is replaced is not' '
	store_start s3 && git init -q locked && (
		cd locked && echo one >file && git add . && git commit -q -m one &&
		git vault -q snapshot >/dev/null &&
		git vault replicate add --endpoint "$endpoint" --lock COMPLIANCE \
			--lock-days 30 far s3://vault/p &&
		git vault replicate push
	) && store_log >log &&
	for name in packs/.*pack packs/.*idx manifests/.* format
	do
		grep "^PUT .*/p/$name 200 locked COMPLIANCE$" log || return 1
	done &&
	grep "^PUT .*/p/heads/.* 200$" log &&
	git -C locked vault replicate verify --level read far
'

# in_locked ARG…: its document is in out
in_locked () {
	git -C locked vault --json replicate "$@" >out 2>err
}

test_expect_success 'a push takes four requests, and sees that a bucket was set back' '
	i=2 && while test $i -le 9
	do
		echo $i >locked/more && git -C locked vault -q snapshot >/dev/null &&
		in_locked push && test "$(sed -n "s/.*\"requests\":\([0-9]*\).*/\1/p" out)" -le 4 ||
			return 1
		i=$((i + 1))
	done && store list heads/ >list && test -s list &&
	last=$(store list manifests/ | tail -1 | sed "s/.* //") &&
	store get "$last" >last && store delete "$last" && store list >before &&
	echo gone >locked/more && git -C locked vault -q snapshot >/dev/null &&
	test_expect_code 128 git -C locked vault replicate push 2>err &&
	test_grep "manifest 9, which this clone has pushed: it was set back" err &&
	test_expect_code 128 git -C locked vault replicate push 2>err &&
	store list >after && test_cmp before after &&
	store put "$last" last new && in_locked push
'

test_expect_success 'everything comes back from there' '
	git vault replicate restore --endpoint "$endpoint" s3://vault/p far &&
	test_cmp locked/file far/file && store_stop
'

test_done
