#!/bin/sh

test_description='a push sends large packs of the repository as they are

But only where each object of the pack is one that the push is to send.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

top=$PWD

# one ARG…: git vault in the clone "one"
one () {
	git -C "$top/one" vault "$@" >out 2>err
}

# sums DIR: SHA-256 of each pack
sums () {
	sha256sum "$1"/*.pack | cut -d" " -f1 | sort
}

# ids DIR: of all objects of all packs
ids () {
	for idx in "$1"/*.idx
	do
		git show-index <"$idx" | cut -d" " -f2
	done | sort
}

# back STORE DIR: restored from a copy, with every ref as it is here
back () {
	rm -rf "$2" &&
	git vault replicate restore "file://$top/$1" "$2" >/dev/null 2>err &&
	git -C "$2" fsck --connectivity-only 2>/dev/null &&
	git -C one for-each-ref refs/vault/snapshots refs/heads >want &&
	git -C "$2" for-each-ref refs/vault/snapshots refs/heads >is &&
	test_cmp want is
}

# noise NAME: 9 MB that nothing can compress
noise () {
	head -c 9000000 /dev/urandom >"one/$1"
}

# target NAME [OPTION]: a new store, and a target of that name
target () {
	to_=$1 && shift && mkdir "$to_" &&
	one replicate add "$@" "$to_" "file://$top/$to_"
}

# large: the packs of 8 MiB or more
large () {
	find one/.git/objects/pack -name "*.pack" -size +8192k | sort
}

test_expect_success 'a repository with two large packs of snapshots' '
	git init -q one && (
		cd one && git config vault.autoFold false && echo 1 >keep &&
		git add . && test_tick && git commit -q -m one
	) && one key generate && noise a && one snapshot && noise b && one snapshot -m second &&
	large >packs && test_line_count = 2 packs
'

test_expect_success 'both are sent as they are, and the rest in one pack' '
	target home && one replicate push home &&
	sums home/packs >sent && test_line_count = 3 sent &&
	for pack in $(large)
	do
		sha256sum <"$pack" | cut -d" " -f1 || return 1
	done | sort >ours && comm -12 sent ours >both && test_cmp ours both &&
	ids home/packs >got && uniq -d got >twice && test_must_be_empty twice &&
	git -C one rev-list --objects --all --no-object-names | sort >all &&
	test_cmp all got
'

test_expect_success 'such a copy is verified and comes back' '
	one replicate verify --level read home && back home again
'

test_expect_success 'what comes later goes by itself' '
	echo 2 >one/keep && one snapshot && one --json replicate push home &&
	test_grep "\"whole\":false" out && ! grep "pack_bytes\":[0-9]\{7\}" out &&
	one replicate verify --level read home && back home again
'

test_expect_success 'a damaged object is named, and nothing is acknowledged' '
	pack=$(large | head -1) && size=$(wc -c <"$pack") && cp "$pack" saved &&
	chmod u+w "$pack" &&
	printf "\001\002\003" | dd of="$pack" bs=1 seek=$((size / 2)) \
		conv=notrunc 2>/dev/null &&
	target late && test_must_fail git -C one vault replicate push late \
		>out 2>err &&
	test_grep "object [0-9a-f]\{40\} is damaged in the pack pack-" err &&
	test_grep "git vault repair" err && ! ls late/manifests/*/* &&
	sum=$(sha256sum <"$pack") && ! ls "late/packs/pack-${sum%% *}.pack" &&
	cp saved "$pack" && one replicate push late && back late again
'

test_expect_success 'a pack of a partial clone is not sent as it is' '
	pack=$(large | head -1) && : >"${pack%pack}promisor" &&
	target far && one replicate push far && rm "${pack%pack}promisor" &&
	sum=$(sha256sum <"$pack") && sums far/packs >sent &&
	! grep "${sum%% *}" sent && back far again
'

test_expect_success 'where nothing is left over, no pack is made' '
	git init -q plain && (
		cd plain && git config vault.autoFold false &&
		head -c 9000000 /dev/urandom >a && git add a && test_tick &&
		git commit -q -m a && mkdir "$top/tidy" &&
		git vault replicate add tidy "file://$top/tidy" &&
		git vault -q snapshot >/dev/null &&
		git vault replicate push tidy && git repack -q -a -d &&
		git vault replicate push --whole tidy
	) >/dev/null 2>&1 &&
	large=$(sha256sum plain/.git/objects/pack/*.pack | cut -d" " -f1) &&
	grep -l "$large" tidy/manifests/*/*2 &&
	rm -rf back && git vault replicate restore "file://$top/tidy" back \
		>/dev/null 2>&1 && cmp plain/a back/a
'

test_expect_success 'a pack with an object that nothing leads to is packed again' '
	noise gone && one snapshot -m gone && rm one/gone &&
	gone=$(git -C one rev-parse \
		"$(git -C one for-each-ref --sort=-creatordate --count=1 \
		--format="%(refname)" refs/vault/snapshots):tree/gone") &&
	noise c && one snapshot -m third &&
	git -C one repack -q -a -d && large >packs && test_line_count = 1 packs &&
	id=$(git -C one for-each-ref --format="%(refname) %(contents:subject)" \
		refs/vault/snapshots | sed -n "s,^refs/vault/snapshots/\([^ ]*\) gone.*,\1,p") &&
	test -n "$id" && one delete -y "$id" &&
	git -C one cat-file -e "$gone" &&
	target next && one replicate push next && ids next/packs >got &&
	! grep "$gone" got && back next again
'

test_expect_success 'of an encrypted copy, too' '
	target sealed --encrypt && one replicate push sealed &&
	back sealed again && git -C one repack -q -a -d &&
	git -C one gc -q --prune=now && target clean --encrypt &&
	one replicate push clean && back clean again &&
	one replicate verify --level read clean &&
	! git -C again cat-file -e "$gone"
'

test_expect_success 'a branch that comes back has its pack already' '
	(
		cd one && git checkout -q -b side && head -c 9000000 /dev/urandom >s &&
		git add s && test_tick && git commit -q -m side &&
		git rev-parse HEAD^{commit} HEAD^{tree} HEAD:s |
		git pack-objects -q .git/objects/pack/pack && git prune-packed -q &&
		git vault replicate push clean && git vault replicate push next &&
		git checkout -q - && tip=$(git rev-parse side) &&
		git branch -q -D side && git vault replicate push next &&
		git branch side "$tip" && git vault replicate push next
	) >/dev/null 2>&1 && one replicate verify --level read next &&
	back next again
'

test_done
