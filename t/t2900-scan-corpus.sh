#!/bin/sh

test_description='what the scanner finds of a corpus, and what it lets be'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

run=$GIT_VAULT_SRC_DIR/t/conformance/secrets/run

test_expect_success 'examples of all rules are found in every kind of file, and decoys are not' '
	"$run" --table >table &&
	tail -n 4 table &&
	test_line_count -gt 700 table
'

test_expect_success 'so they are with other values' '
	"$run" --seed 2 >first &&
	"$run" --seed 2 >second &&
	test_cmp first second
'

generator=${GIT_VAULT_BENCH_GENERATOR:-$GIT_VAULT_SRC_DIR/../shared/tools/gen-iac-tree.py}
test_lazy_prereq GENERATOR 'python3 -c "import sys" && test -f "$generator"'

test_expect_success GENERATOR 'what is planted in a tree is found, and nothing else' '
	"$run" --tree 2000 >told &&
	test_grep "^tree .* planted, 0 missed, 0 more$" told
'

if test -n "$GIT_VAULT_TEST_LONG"
then
	test_expect_success GENERATOR 'nor of a large one' '
		"$run" --seed 3 --tree 100000 >told &&
		test_grep "^tree .* planted, 0 missed, 0 more$" told
	'
fi

test_done
