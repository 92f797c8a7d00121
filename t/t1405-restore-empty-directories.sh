#!/bin/sh

test_description='directories that no file is in, wherever they stand'
. "$(dirname "$0")/test-lib.sh"

test_expect_success 'set up directories before, between, below and behind' '
	mkdir -p a/empty b/1empty/deep b/full/0empty b/full/9empty b/zempty &&
	mkdir -p c0 c0/e c/e c-/e d/x/y/z &&
	echo one >b/full/file && echo two >b/s && echo three >c/file &&
	echo four >d/x/f && chmod 700 a/empty && chmod 711 b/full/9empty &&
	touch -d "2020-02-02 02:02:02.020202020" b/1empty/deep b/1empty d/x/y &&
	git vault snapshot -m "with empty directories" &&
	test_list_tree . >../expect
'

test_expect_success 'each comes back where it was, and files stay in theirs' '
	git vault restore latest --to ../restored &&
	test_list_tree ../restored >../actual &&
	test_cmp ../expect ../actual &&
	diff -r --exclude=.git . ../restored
'

test_expect_success 'the same in place, after all of it is gone' '
	rm -rf a b c* d &&
	git vault restore latest --in-place &&
	test_list_tree . >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'one alone that is in another without files, by its path' '
	git vault restore latest --to ../some b/1empty/deep "d/x/y" 2>err &&
	test_grep ! warning err && (cd ../some && find . -mindepth 1 | sort) >../actual &&
	test_write_lines ./b ./b/1empty ./b/1empty/deep ./d ./d/x ./d/x/y ./d/x/y/z \
		>../expect.some && test_cmp ../expect.some ../actual &&
	rm -rf b/1empty d/x/y && git vault restore latest --in-place b/1empty/deep &&
	test_path_is_dir b/1empty/deep && test_path_is_missing d/x/y
'

test_done
