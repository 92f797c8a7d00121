#!/bin/sh
# shellcheck disable=SC2154

test_description='what prune -n says is what the prune after it does

It takes what commits said out of a cache, and reads those that would stay. On
the same repository a prune is then run: the same go and stay, for the same
reasons, with damaged commits, a forged cache and clocks that were set back.'
. "$(dirname "$0")/test-lib.sh"

GIT_VAULT_TEST_TIME=$(date -u -d 2000-03-01 +%s)
TZ=UTC
export GIT_VAULT_TEST_TIME TZ

# commits: from lines "DAY SECOND NUMBER PREVIOUS HOST" as many snapshots of the
# files that are committed; the second is that of the id, the commit's time is
# the same day's beginning plus it.
commits () {
	root=$(git rev-parse "root^{tree}") &&
		awk -v base="$(git rev-parse HEAD)" -v root="$root" '
		function id(day, second, number) {
			return sprintf("200001%02dT0000%02dZ-%08x", day,
				second, number)
		}
		{
			me[NR] = id($1, $2, $3)
			at[NR] = ($1 - 1) * 86400 + $2
			previous[NR] = $4
			host[NR] = $5
		}
		END {
			for (i = 1; i <= NR; i++) {
				text = "number " i "\n\nVault-Format: 1\n" \
					"Vault-Id: " me[i] "\nVault-Host: " \
					host[i] "\n"
				if (previous[i] > 0)
					text = text "Vault-Previous: " \
						me[previous[i]] "\n"
				if (i % 10 == 0)
					text = text "Vault-Tag: t" i "\n"
				print "commit refs/vault/snapshots/" me[i]
				print "committer a <b> " 946684800 + at[i] \
					" +0000"
				print "data " length(text) "\n" text
				print "from " base "\nM 040000 " root " \"\"\n"
			}
		}' | git fast-import --quiet
}

# repository NAME: from the lines on standard input, every object by itself,
# and what the commits say kept.
repository () {
	test_create_repo "$1" && (
		cd "$1" && git config fastimport.unpackLimit 10000 &&
			mkdir .git/vault && echo x >f && git add f &&
			git commit -q -m base &&
			printf "040000 tree %s\tmeta\n040000 tree %s\ttree\n" \
				"$(git rev-parse "HEAD^{tree}")" \
				"$(git rev-parse "HEAD^{tree}")" | git mktree |
			xargs git tag root && commits &&
			git vault list >/dev/null &&
			test_path_is_file .git/vault/records
	)
}

# Thirty days with two snapshots each, each naming the one before.
two_a_day () {
	awk 'BEGIN {
		for (i = 1; i <= 60; i++)
			print int((i + 1) / 2), (i + 1) % 2 * 7, i, i - 1, "h"
	}'
}

# The verdicts with their reasons, and who is damaged, a line each.
told () {
	tr '{' '\n' <"$1" | sed -n 's/.*"\(id":.*\)/\1/p' | sort &&
		sed -n 's/.*"damaged":\[\(.*\)\].*/\1/p' "$1"
}

# dry_then_wet DIR RULE…: both on it, in ./dry and ./wet what they told.
dry_then_wet () {
	rm -rf copy && cp -a "$1" copy && shift &&
		{
			git -C copy vault prune -n --json "$@" >json
			dry=$?
		} && sed 's/"dry_run":true/"dry_run":false/' json >json.dry &&
		{
			git -C copy vault prune --yes --json "$@" >json.wet
			wet=$?
		} && told json.dry >dry && told json.wet >wet &&
		test_file_not_empty dry && test $dry = $wet
}

same () {
	dry_then_wet "$@" && test_cmp wet dry && test_cmp json.wet json.dry
}

# flip DIR OBJECT: one byte of a loose object, in its middle.
flip () {
	file_=$1/.git/objects/$(echo "$2" | sed 's,..,&/,') &&
		at_=$(($(wc -c <"$file_") / 2)) && chmod +w "$file_" &&
		printf "\\$(printf %o $((255 - $(od -An -tu1 -j $at_ -N 1 \
			"$file_"))))" | dd of="$file_" bs=1 seek=$at_ \
			conv=notrunc 2>/dev/null
}

# damaged DIR ID: a copy of ./whole with that commit's bytes flipped.
damaged () {
	rm -rf "$1" && cp -a whole "$1" &&
		flip "$1" "$(git -C "$1" rev-parse "refs/vault/snapshots/$2")"
}

newest=20000130T000007Z-0000003c

test_expect_success 'with every rule' '
	two_a_day | repository whole &&
	for rules in "--keep-last 1" "--keep-last 5" "--keep-daily 7" \
		"--keep-daily 3 --keep-weekly 9" "--keep-within 3d" \
		"--keep-tag t20" "--keep-last 59" ""
	do
		same whole $rules || return 1
	done && same whole -g host --keep-monthly 3
'

test_expect_success 'the newest is damaged: the one before it stays' '
	damaged bad $newest && same bad --keep-last 1 &&
	test_grep "$newest is damaged" dry && same bad --keep-daily 2
'

test_expect_success 'one that a rule keeps is damaged, and another takes its place' '
	damaged bad 20000120T000007Z-00000028 && same bad --keep-daily 15 &&
	test_grep "20000120T000000Z-00000027.*keep" dry &&
	damaged bad 20000110T000007Z-00000014 && same bad --keep-tag t20 &&
	test_grep "00000014 is damaged" dry
'

test_expect_success 'the tree of those that stay is damaged' '
	rm -rf bad && cp -a whole bad &&
	flip bad "$(git -C bad rev-parse "root^{tree}")" &&
	same bad --keep-last 1 && test_grep "00003c is damaged" dry
'

# The one thing that only the prune itself finds.
test_expect_success 'one that would go is damaged: it is named and stays' '
	damaged bad 20000110T000000Z-00000013 &&
	git -C bad vault prune -n --keep-last 1 >out &&
	test_expect_code 3 git -C bad vault prune --keep-last 1 2>err &&
	test_grep "20000110T000000Z-00000013 is damaged" err &&
	git -C bad for-each-ref refs/vault/snapshots >refs &&
	test_line_count = 2 refs
'

test_expect_success 'one that would go is not there' '
	rm -rf bad && cp -a whole bad &&
	commit=$(git -C bad rev-parse \
		refs/vault/snapshots/20000110T000000Z-00000013) &&
	rm -f "bad/.git/objects/$(echo $commit | sed "s,..,&/,")" &&
	same bad --keep-last 1 && test_grep "00000013 is damaged" dry
'

# forge DIR FROM TO: in the cache, with a checksum that is right.
forge () {
	rm -rf "$1" && cp -a whole "$1" && python3 -c "if 1:
		import sys, zlib
		name, old, new = sys.argv[1:]
		data = open(name, 'rb').read()[:-4]
		assert data.count(old.encode()) >= 1 and len(old) == len(new)
		data = data.replace(old.encode(), new.encode())
		data += zlib.crc32(data).to_bytes(4, 'big')
		open(name, 'wb').write(data)
	" "$1/.git/vault/records" "$2" "$3"
}

test_expect_success PYTHON 'the cache is forged: what would stay is asked' '
	forge bad t20 t21 && same bad --keep-tag t21 &&
	forge bad t20 xxx && forge bad t30 t20 && same bad --keep-tag t20 &&
	forge bad number NUMBER && same bad --keep-last 3
'

test_expect_success 'a clock that was set back' '
	two_a_day | awk "
		NR == 58 { \$4 = 60 } NR == 57 { \$4 = 58 } NR == 40 { \$4 = 57 }
		{ print }" | repository back &&
	same back --keep-last 1 && test_grep "taken after" dry &&
	mv whole whole.forward && mv back whole &&
	damaged bad 20000129T000000Z-00000039 && same bad --keep-last 1 &&
	mv whole back && mv whole.forward whole
'

test_expect_success 'a chain through another group is broken by damage' '
	two_a_day | awk "
		NR == 50 { \$4 = 60 } NR == 40 { \$4 = 50 }
		NR == 50 || NR == 52 { \$5 = \"other\" }
		{ print }" | repository chain &&
	same chain -g host --keep-last 1 &&
	mv whole whole.forward && mv chain whole &&
	damaged bad 20000125T000007Z-00000032 && same bad -g host --keep-last 1 &&
	mv whole chain && mv whole.forward whole
'

test_expect_success 'those of one second, whose order hangs on one another' '
	two_a_day | awk "
		NR > 56 { \$1 = 30; \$2 = 9; \$3 = 100 - NR }
		{ print }" | repository burst &&
	same burst --keep-last 1 &&
	for n in 28 29 2a 2b
	do
		id=20000130T000009Z-000000$n &&
		mv whole whole.forward && mv burst whole &&
		damaged bad $id && same bad --keep-last 1 &&
		mv whole burst && mv whole.forward whole || return 1
	done
'

test_expect_success 'it writes and deletes nothing' '
	git -C whole for-each-ref >expect &&
	cp whole/.git/vault/records records &&
	git -C whole vault prune -n --keep-last 1 >out &&
	test_cmp records whole/.git/vault/records &&
	git -C whole for-each-ref >actual && test_cmp expect actual
'

test_done
