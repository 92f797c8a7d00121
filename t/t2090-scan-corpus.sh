#!/bin/sh

test_description='the scanner finds what is planted, and flags few decoys

The cases are in t/conformance/secrets, its README says how they are written.
GIT_VAULT_TEST_LONG=1 takes many seeds, and leaves the whole table in the build
directory as scan-corpus.txt.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

secrets=$GIT_VAULT_SRC_DIR/t/conformance/secrets
table=$secrets/table.awk

corpus () {
	"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" "$@" "$secrets"/*.txt
}

# Of the lines of KIND the sum of a column, as corpus-tool prints them.
sum () {
	awk -F'\t' -v kind="$1" -v column="$2" '$1 == kind { n += $column }
	    END { print n + 0 }' table
}

# at_least PART ALL PERCENT
at_least () {
	test "$2" -gt 0 && test $(($1 * 100)) -ge $(($2 * $3))
}

test_expect_success 'the same texts are made of the same seed' '
	corpus -w one >table &&
	corpus -w two >again &&
	test_cmp table again &&
	diff -r one two >differences &&
	corpus -s 2 -w three >other &&
	test_must_fail cmp -s one/00000/prod/.env three/00000/prod/.env
'

test_expect_success 'there are secrets and decoys enough' '
	test "$(sum format 3)" -ge 1500 &&
	test "$(sum format 7)" -ge 3000 &&
	test "$(sum rule 3)" -ge 1500
'

test_expect_success 'the manifest says what stands where' '
	awk -F"\t" "\$4 == \"secret\" && \$5 == \"env\" { print; exit }" \
		one/MANIFEST >row &&
	IFS="	" read -r path at len rest <row &&
	tail -c +$((at + 1)) "one/$path" | head -c "$len" >value &&
	grep -F "=" "one/$path" >lines &&
	grep -F -f value lines >holds &&
	test_line_count = 1 holds
'

test_expect_success 'no format is found worse, or flagged more, than the figures' '
	awk -v figures="$secrets/figures" -f "$table" table
'

test_expect_success 'a scanner with fewer rules is found to be worse' '
	mkdir -p few/share/git-vault/rules &&
	cp "$GIT_VAULT_SRC_DIR/share/git-vault/rules/generic.yaml" \
		few/share/git-vault/rules &&
	test_env GIT_VAULT_SRC_DIR="$PWD/few" \
		"$GIT_VAULT_BUILD_DIR/t/helper/corpus-tool" \
		"$secrets"/*.txt >worse &&
	test_must_fail awk -v figures="$secrets/figures" -f "$table" worse \
		>complaints &&
	test_grep "^pem: found" complaints
'

test_expect_success 'every rule finds its examples' '
	at_least "$(sum rule 4)" "$(sum rule 3)" 99 &&
	awk -F"\t" "\$1 == \"rule\" && \$3 && ! \$4" table >none &&
	test_must_be_empty none
'

test_expect_success 'published tokens are found in eight carriers' '
	at_least "$(sum anchored 4)" "$(sum anchored 3)" 99 &&
	at_least "$(sum context 4)" "$(sum context 3)" 95
'

test_expect_success 'a checksum that is right verifies, one that is wrong hides nothing' '
	awk -F"\t" "\$2 == \"checksum-right\" && \$3 == \$6 { n++ }
	    /\tchecksum-wrong/ && \$6 == 0 && \$3 - \$4 <= 1 { n++ }
	    END { exit n != 3 }" table
'

test_expect_success 'the table tells of each rule and format' '
	awk -f "$table" table >text &&
	test_grep "^rule  *github-pat " text &&
	test_grep "^all of  *format " text
'

test -z "$GIT_VAULT_TEST_LONG" || test_set_prereq LONG

test_expect_success LONG 'over many seeds it is the same' '
	for seed in $(test_seq 1 50)
	do
		corpus -s "$seed" >>many || return 1
	done &&
	awk -v figures="$secrets/figures" -v slack=1 -f "$table" many &&
	awk -f "$table" many >"$GIT_VAULT_BUILD_DIR/scan-corpus.txt"
'

test_done
