#!/bin/sh

test_description='no rule makes a scan take longer than its text grows

Of each rule that is taken hostile texts are made, of its own anchors and
examples (t/helper/scan-storm.h says which). A time that grows with the square
of the text would be 16 times as long for four times the text; half of that is
allowed, since others work here. GIT_VAULT_TEST_LONG=1 takes all rules, and
leaves the table of the slowest in the build directory as scan-storm.txt.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

step=83
test -z "$GIT_VAULT_TEST_LONG" || step=1

storm () {
	"$GIT_VAULT_BUILD_DIR/t/helper/scan-tool" \
		"$GIT_VAULT_SRC_DIR/share/git-vault/rules" storm "$@"
}

test_expect_success !SANITIZERS 'each rule is given each kind of text' '
	storm $step >table &&
	awk -F"\t" "{ n[\$1]++ } END { for (id in n) { rules++
		if (n[id] != 11) exit 1 } exit rules < 10 }" table
'

test_expect_success !SANITIZERS 'the texts hold what their rules find' '
	awk -F"\t" "\$2 == \"examples\" { n++; found += \$5 > 100 }
		END { exit !n || found < n * 0.6 }" table
'

test_expect_success !SANITIZERS 'four times the text takes no more than eight times as long' '
	awk -F"\t" "\$4 > 8 * \$3 + 5" table >over &&
	test_must_be_empty over
'

# A bound that only a blow-up meets: how fast it has to be says t/bench/scan.
test_expect_success !SANITIZERS 'no text is scanned at less than a megabyte a second' '
	awk -F"\t" "\$4 > 4000" table >over &&
	test_must_be_empty over
'

# A choice with a thousand repeats behind it was RE2's, which had no room for
# its automaton and took 8 seconds a megabyte.
test_expect_success !SANITIZERS 'so it is with keys that are in base64' '
	storm pem-base64 >table.pem && test_line_count = 11 table.pem &&
	awk -F"\t" "\$4 > 4000" table.pem >over &&
	test_must_be_empty over
'

test -z "$GIT_VAULT_TEST_LONG" || test_set_prereq LONG

test_expect_success !SANITIZERS,LONG 'the slowest are told' '
	awk -F"\t" "BEGIN { OFS = FS } { printf \"%.0f\t\", 4000 / (\$4 + .001)
		print }" table | sort -n >"$GIT_VAULT_BUILD_DIR/scan-storm.txt" &&
	sed 20q "$GIT_VAULT_BUILD_DIR/scan-storm.txt"
'

test_done
