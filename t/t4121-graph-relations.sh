#!/bin/sh

test_description='the relations of small repositories, held against labels made by hand'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

DATA=$TEST_DIRECTORY/conformance/relations

test_expect_success PYTHON 'at least 99 % are found, and 99 % of what is found is one' '
	python3 "$DATA/judge.py" "$(command -v git-vault)" "$DATA"
'

test_expect_success PYTHON 'a label that is wrong is noticed' '
	mkdir wrong && sed "s/^compose.yaml env.file web.env$/compose.yaml env.file none.env/" \
		"$DATA/compose.txt" >wrong/compose.txt &&
	test_must_fail python3 "$DATA/judge.py" "$(command -v git-vault)" wrong >out &&
	test_grep "missed in compose.txt: compose.yaml env.file none.env" out &&
	test_grep "none in compose.txt: compose.yaml env.file web.env" out
'

test_done
