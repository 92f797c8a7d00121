#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault verify --max-time, which stops and goes on later

What a run has read whole the next one does not read again, and what is damaged
is told in that round all the same.'
. "$(dirname "$0")/test-lib.sh"

now=1700001000

# later COMMAND…: it runs a second after the one before
later () {
	now=$((now + 1)) && test_env GIT_VAULT_TEST_TIME=$now "$@"
}

# The file of a loose object.
loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

# All objects in a file each.
unpack () {
	mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
		for pack_ in .git/packs/*.pack
		do
			git unpack-objects -q <"$pack_" || return 1
		done && rm -rf .git/packs
}

# Three snapshots that share a file, $shared, in a folder of which the second
# has another version, and the third that one again.
three () {
	cd "$TRASH_DIRECTORY" && rm -rf repo && git init -q repo && cd repo &&
		mkdir d && test_seq 200 >d/shared && echo 1 >d/other &&
		echo 1 >top && later git vault -q snapshot &&
		echo 2 >d/other && later git vault -q snapshot &&
		echo 3 >top && later git vault -q snapshot && unpack &&
		shared=$(git rev-parse "$(git for-each-ref --count=1 \
			--format="%(refname)" refs/vault/snapshots):tree/d/shared")
}

# spoil OID: its bytes are other ones, which can be read
spoil () {
	file_=$(loose "$1") && chmod u+w "$file_" && python3 -c '
import sys, zlib
data = bytearray(zlib.decompress(open(sys.argv[1], "rb").read()))
data[-5] ^= 1
open(sys.argv[1], "wb").write(zlib.compress(data))' "$file_"
}

# slowly MS COMMAND…: run it, with each look at the clock so many ms after the
# one before
slowly () {
	ms_=$1 && shift && test_env GIT_VAULT_TEST_TICK=$ms_ "$@"
}

# left N COMMAND…: there was no time for so many
left () {
	left_=$1 && shift && "$@" >../json
	test_grep "\"left\":$left_," ../json
}

# two_of_three [OPTION…]: a run that has time for two snapshots
two_of_three () {
	left 1 slowly 600 later git vault verify --json --max-time 1 "$@"
}

test_expect_success PYTHON 'what two share is damaged for the third, too' '
	three && spoil $shared && two_of_three &&
	test_grep "\"damaged\":2" ../json &&
	test_expect_code 1 later git vault verify --max-time 1h >../out &&
	test_grep "^damaged .*:tree/d/shared: " ../out &&
	git vault list --json >../out && test_grep ! "\"verified_time\":\"" ../out
'

test_expect_success 'what was read whole and is lost since is damage' '
	for lost in d/shared d
	do
		three && two_of_three &&
		third=$(git for-each-ref --format="%(refname:lstrip=3)" \
			--sort=-refname --count=1 refs/vault/snapshots) &&
		oid=$(git rev-parse refs/vault/snapshots/$third:tree/$lost) &&
		rm -f "$(loose $oid)" &&
		test_expect_code 1 later git vault verify --max-time 1h >../out &&
		test_grep "^damaged $third:.*$oid" ../out &&
		test_path_is_missing .git/vault/verifying &&
		test_expect_code 1 later git vault verify --max-time 1h >../out &&
		test_grep "^damaged .*:tree/$lost: " ../out || return 1
	done
'

test_expect_success '--deep goes on with nothing that was not' '
	three && two_of_three && later git vault verify --json --deep \
		--max-time 1h >../json && test_grep "\"snapshots\":3," ../json &&
	two_of_three --deep && later git vault verify --json --deep \
		--max-time 1h >../json && test_grep "\"snapshots\":1," ../json &&
	two_of_three --deep && later git vault verify --json \
		--max-time 1h >../json && test_grep "\"snapshots\":1," ../json
'

test_expect_success 'what went on without --deep is no deep round' '
	three && two_of_three --deep && echo 4 >top && later git vault -q snapshot &&
	left 1 slowly 1200 later git vault verify --json --max-time 1 &&
	later git vault verify --json --deep --max-time 1h >../json &&
	test_grep "\"snapshots\":4," ../json
'

test_expect_success 'a date of this round is none of --deep' '
	three && two_of_three --deep && id=$(git for-each-ref \
		--format="%(refname:lstrip=3)" refs/vault/snapshots) &&
	later git vault verify $id && later git vault verify --json --deep \
		--max-time 1h >../json && test_grep "\"snapshots\":1," ../json
'

test_expect_success 'doctor knows the file of either' '
	for deep in "" --deep
	do
		three && two_of_three $deep && test -f .git/vault/verifying &&
		test_might_fail git vault doctor --json >../json &&
		test_grep ! cache_damaged ../json &&
		printf x >>.git/vault/verifying &&
		test_might_fail git vault doctor --json >../json &&
		test_grep cache_damaged ../json || return 1
	done
'

test_done
