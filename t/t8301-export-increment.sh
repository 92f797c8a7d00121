#!/bin/sh
# shellcheck disable=SC2154

test_description='export and import: increments, which leave out what another bundle has'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# fresh NAME: an empty repository with alice's home
fresh () {
	mkdir "$top/$1" && cp -R "$top/alice/.gitconfig" "$top/alice/.config" \
		"$top/$1" && git init -q "$top/$1/clone"
}

# in_it FILE: the refs of a bundle but the manifest
in_it () {
	git bundle list-heads "$1" | sed "s/.* //; /vault-bundle/d"
}

# is_alice NAME: it has what she has
is_alice () {
	records alice/clone >expect && records "$1/clone" >actual &&
		test_cmp expect actual && git -C "$1/clone" fsck --no-dangling &&
		on "$1" git vault verify --all --deep >out
}

test_expect_success 'there is no increment before there was an export' '
	start_team && test_tick && take alice one >one &&
	test_expect_code 128 on alice git vault export --incremental ../../no 2>err &&
	test_grep "nothing was exported from here yet" err &&
	test_expect_code 129 on alice git vault export --incremental --basis x ../../no &&
	test_expect_code 128 on alice git vault export --basis ../../nowhere ../../no 2>err &&
	test_grep "nowhere" err && test_path_is_missing no
'

test_expect_success 'what came since the last export, and nothing else' '
	save_state alice net 1 && on alice git vault good mark prod >out &&
	on alice git vault export ../../1.bundle && test_tick && take alice two >two &&
	on alice git vault export --incremental ../../2.bundle 2>err &&
	test_grep "imported where its basis" err && in_it 2.bundle >actual &&
	test_write_lines refs/vault/secrets/shared \
		"refs/vault/snapshots/$(cat two)" >expect &&
	test_cmp expect actual
'

test_expect_success 'by the bundle or its manifest it is the same' '
	on alice git vault export --basis ../../1.bundle ../../2b.bundle &&
	in_it 2b.bundle >actual && test_cmp expect actual &&
	git init -q --bare look.git && git -C look.git fetch -q "$top/1.bundle" \
		"+refs/*:refs/*" &&
	git -C look.git show refs/vault-bundle/manifest:manifest >1.json &&
	on alice git vault export --basis ../../1.json ../../2c.bundle &&
	in_it 2c.bundle >actual && test_cmp expect actual &&
	on alice git vault export -n --json --basis ../../1.json ../../2d >json &&
	test_grep "\"basis\":\"$(git hash-object 1.json)\"" json &&
	test_grep "\"in\":false" json
'

test_expect_success 'a damaged basis is not gone by' '
	size=$(wc -c <1.bundle) && head -c $((size - 100)) 1.bundle >cut &&
	test_expect_code 128 on alice git vault export --basis ../../cut ../../no 2>err &&
	test_grep "basis cannot be used: .*damaged or cut" err &&
	sed "s/\"format\":1/\"format\":2/" 1.json >new.json &&
	test_expect_code 128 on alice git vault export --basis ../../new.json ../../no 2>err &&
	test_grep "newer git-vault" err &&
	sed "s/,\"host\"/, \"host\"/" 1.json >odd.json &&
	test_expect_code 128 on alice git vault export --basis ../../odd.json ../../no 2>err &&
	test_grep "one form" err && test_path_is_missing no &&
	find alice/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out
'

test_expect_success 'of another vault it is no basis' '
	fresh other && as other git commit -q --allow-empty -m other &&
	test_expect_code 128 on other git vault export --basis ../../1.json ../../no 2>err &&
	test_grep "nothing of the basis is in this" err
'

test_expect_success 'without its basis it is refused, and says what is missing' '
	fresh bob && git -C bob/clone for-each-ref >before &&
	find bob/clone/.git/objects | sort >objects &&
	test_expect_code 128 on bob git vault import ../../2.bundle 2>err &&
	test_grep "2.bundle: it continues another bundle, of which [0-9]* commits\{0,1\} .* missing here, such as [0-9a-f]\{40\}" err &&
	git -C bob/clone for-each-ref >after && test_cmp before after &&
	find bob/clone/.git/objects | sort >after && test_cmp objects after
'

test_expect_success 'one after the other they make the whole' '
	on bob git vault import ../../1.bundle && on bob git vault import ../../2.bundle &&
	is_alice bob
'

test_expect_success 'one that was left out between is noticed, though git has all it needs' '
	test_tick && take alice three >three &&
	on alice git vault export --incremental ../../3.bundle && test_tick &&
	save_state alice net 2 && on alice git vault export --incremental ../../4.bundle &&
	! in_it 4.bundle | grep "$(cat three)" &&
	git -C bob/clone bundle verify -q "$top/4.bundle" &&
	records bob/clone >before &&
	test_expect_code 128 on bob git vault import ../../4.bundle 2>err &&
	test_grep "4.bundle: it continues another bundle, of which .* missing here, such as refs/vault/s" err &&
	records bob/clone >after && test_cmp before after &&
	on bob git vault import ../../3.bundle && on bob git vault import ../../4.bundle &&
	is_alice bob
'

test_expect_success 'a record of a snapshot that the basis has is in it, and its need is told' '
	on alice git vault export ../../5.bundle &&
	on alice git vault good mark --snapshot "$(cat one)" prod >out &&
	on alice git vault export --incremental ../../6.bundle &&
	in_it 6.bundle >actual && test_grep "refs/vault/good/prod/2" actual &&
	commit=$(as alice git rev-parse "refs/vault/snapshots/$(cat one)") &&
	sed -n "/^$/q; /^-/p" 6.bundle >needs && test_grep "^-$commit" needs &&
	fresh lone && test_expect_code 128 on lone git vault import ../../6.bundle 2>err &&
	test_grep "missing here" err &&
	on bob git vault import ../../6.bundle && is_alice bob
'

test_expect_success 'a deletion since goes along, and what was deleted here is not missed' '
	on alice git vault export ../../7.bundle && on bob git vault import ../../7.bundle &&
	on alice git vault -q delete "$(cat three)" &&
	on alice git vault export --incremental ../../8.bundle &&
	on bob git vault import ../../8.bundle >out &&
	test_grep "^deleted  snapshots/$(cat three)" out && is_alice bob &&
	on bob git vault -q delete "$(cat two)" &&
	as bob git reflog expire --expire=now --all && as bob git gc -q --prune=now &&
	save_state alice net 5 && on alice git vault export --incremental ../../9.bundle &&
	on bob git vault import ../../9.bundle && on bob git vault list --json >list &&
	! grep "$(cat two)" list
'

test_expect_success 'what the snapshot before has and no commit is not in it once more' '
	as alice sh -c "head -c 100000 /dev/urandom >large.bin" && test_tick &&
	take alice with-large >large && on alice git vault export ../../large1.bundle &&
	test_tick && take alice after-large >after &&
	on alice git vault export --incremental ../../large2.bundle &&
	test "$(wc -c <large2.bundle)" -lt 20000 &&
	commit=$(as alice git rev-parse "refs/vault/snapshots/$(cat large)") &&
	sed -n "/^$/q; /^-/p" large2.bundle >needs && test_grep "^-$commit" needs &&
	on bob git vault import ../../large1.bundle >out &&
	on bob git vault import ../../large2.bundle >out &&
	on bob git vault restore "$(cat after)" --to ../large-back &&
	cmp alice/clone/large.bin bob/large-back/large.bin && rm alice/clone/large.bin
'

test_expect_success 'where nothing is new the bundle has the manifest alone, and is taken' '
	on alice git vault export --incremental ../../10.bundle 2>err &&
	test_grep "no refs\|0 refs" err && in_it 10.bundle >actual && test_must_be_empty actual &&
	on bob git vault import ../../10.bundle >out 2>err && test_must_be_empty out
'

test_expect_success 'an object that git gc has packed with bitmaps is not left out' '
	as alice git -c repack.writeBitmaps=true repack -adbq &&
	find alice/clone/.git/objects/pack -name "*.bitmap" | grep . &&
	on alice git vault export ../../11.bundle && test_tick &&
	as alice sh -c "echo kept >apart.txt && echo apart.txt >>.git/info/exclude" &&
	take alice eleven >eleven && on alice git vault export --incremental ../../12.bundle &&
	test_tick && take alice twelve >twelve && as alice git repack -adbq &&
	on alice git vault export --incremental ../../13.bundle &&
	on bob git vault import ../../11.bundle >out &&
	on bob git vault import ../../12.bundle >out &&
	on bob git vault import ../../13.bundle >out &&
	on bob git vault verify --all --deep && git -C bob/clone fsck --no-dangling
'

test_expect_success 'objects of the basis do for nothing where its refs never came' '
	on alice git vault export ../../sun.bundle && save_state alice fresh 1 &&
	on alice git vault export --incremental ../../mon.bundle &&
	mkdir near && cp -R alice/.gitconfig alice/.config near &&
	git clone -q alice/clone near/clone &&
	git -C near/clone bundle verify -q "$top/mon.bundle" &&
	test_expect_code 128 on near git vault import ../../mon.bundle 2>err &&
	test_grep "mon.bundle: it continues another bundle, of which .* missing here, such as refs/" err &&
	as near git for-each-ref refs/vault >out && test_must_be_empty out &&
	on near git vault import ../../sun.bundle &&
	on near git vault import ../../mon.bundle && is_alice near
'

test_expect_success 'nor do they where one ref is not there, or behind' '
	fresh part && on part git vault import ../../sun.bundle &&
	id=$(as part git rev-parse "refs/vault/snapshots/$(cat one)") &&
	as part git update-ref -d "refs/vault/snapshots/$(cat one)" &&
	test_expect_code 128 on part git vault import ../../mon.bundle 2>err &&
	test_grep "of which 1 ref is missing here, such as refs/vault/snapshots/$(cat one)" err &&
	as part git update-ref "refs/vault/snapshots/$(cat one)" $id &&
	as part git update-ref refs/vault/state/prod/net refs/vault/state/prod/net~1 &&
	test_expect_code 128 on part git vault import ../../mon.bundle 2>err &&
	test_grep "of which 1 ref is missing here, such as refs/vault/state/prod/net" err &&
	on part git vault import ../../sun.bundle && save_state part net 7 &&
	on part git vault import ../../mon.bundle
'

test_done
