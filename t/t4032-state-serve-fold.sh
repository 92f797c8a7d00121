#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='the packs that git vault state serve leaves are folded while it runs'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip

# but for what a fold that was ended had begun: the next writer sweeps that
packs () {
	find .git/objects/pack -name "*.idx" ! -name "gv_tmp_*" | wc -l
}

# fewer_than N: packs, in half a minute at most: folding gives way to all else
fewer_than () {
	for try_ in $(test_seq 300)
	do
		test "$(packs)" -ge "$1" || return 0
		sleep 0.1
	done
	echo "there are $(packs) packs"
	return 1
}

# post FROM TO: these serials
post () {
	for serial in $(test_seq "$1" "$2")
	do
		state $serial net "of $serial" >s &&
			answers 200 POST prod/net --data-binary @s || return 1
	done
}

test_expect_success 'after sixty versions there are no sixty packs' '
	test_commit base && git config vault.autoFold true && serve_start . && post 1 60 && fewer_than 40 &&
	for serial in $(test_seq 60)
	do
		git vault state restore --env prod --stack net serial:$serial >out &&
		state $serial net "of $serial" >expect &&
		test_cmp_bin expect out || return 1
	done && git fsck --strict --no-dangling
'

test_expect_success 'what is given out is told, and that is folded as well' '
	chain=$(git for-each-ref --format="%(refname)" refs/vault/audit) &&
	before=$(git rev-list --count "$chain") && for i in $(test_seq 45)
	do
		answers 200 GET prod/net && test_cmp_bin s got || return 1
	done && fewer_than 40 && serve_stop &&
	test "$(git rev-list --count "$chain")" = $((before + 45)) &&
	git fsck --strict --no-dangling
'

test_expect_success 'who does not want it has it not done' '
	git config vault.autoFold false && serve_start . && before=$(packs) &&
	post 61 85 && serve_stop && test "$(packs)" = $((before + 25)) &&
	git config vault.autoFold true
'

test_expect_success 'many that were there before, too' '
	serve_start . && fewer_than 25 && serve_stop
'

# In place of a fold that takes long.
test_expect_success 'one at a time, and it ends with the server' '
	real=$(command -v git-vault) path=$PATH && mkdir bin &&
	cat >bin/git-vault <<-EOF && chmod +x bin/git-vault &&
	#!/bin/sh
	test "\$1" = fold || exec "$real" "\$@"
	trap "kill \\\$child; echo \$\$ >>\"$PWD/ended\"; exit 1" TERM
	sleep 1000 &
	child=\$!
	echo \$\$ >>"$PWD/begun"
	wait
	EOF
	PATH=$PWD/bin:$PATH && serve_start . && PATH=$path && post 86 130 &&
	test_line_count = 1 begun && serve_stop && test_cmp begun ended &&
	test_must_fail kill -0 "$(cat begun)" && git fsck --strict --no-dangling
'

test_done
