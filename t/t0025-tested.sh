#!/bin/sh

test_description='each command, verb and option is named by a test; t/coverage fits the sources'
. "$(dirname "$0")/test-lib.sh"

if ! test_have_prereq PYTHON
then
	skip_all "python3 is not there"
fi

src=$GIT_VAULT_SRC_DIR
named () {
	python3 "$src/t/helper/named.py" "$@"
}

test_expect_success 'a test names each command, verb and option' '
	named "$src" git-vault >actual && test_must_be_empty actual
'

test_expect_success 'an option and a verb that no test names are seen' '
	mkdir bin t && cat >bin/program <<-\END &&
	#!/bin/sh
	case $1 in
	help) printf "    list     list\n    key      keys\n" ;;
	list) printf "usage: git vault list [-n N]\n\n    -n, --limit N   at most\n    --old        all\n    -q, --quiet  less\n" ;;
	key) printf "usage: git vault key add [-x]\n   or: git vault key show\n\n    -x    cross\n" ;;
	esac
	END
	chmod +x bin/program && cat >t/t0000-x.sh <<-\END &&
	lists () {
		git vault list "$@"
	}
	of="--no-old"
	lists $of &&
	git vault key add -x && echo --quiet # list -q
	git log -n 3
	END
	named . bin/program >actual &&
	printf "%s\n" "list -n/--limit" "list -q/--quiet" "key show" >expect && test_cmp expect actual &&
	echo "list -q ~/.config/git-vault/key -n3" >>t/t0000-x.sh && echo "git vault key show" >>t/t0000-x.sh &&
	named . bin/program >actual && test_must_be_empty actual && sed -i "\$d" t/t0000-x.sh && sed -i "\$d" t/t0000-x.sh &&
	echo "git vault list -n3 && git -C x vault list -q; git vault key show" >>t/t0000-x.sh &&
	named . bin/program >actual && test_must_be_empty actual
'

test_expect_success 'the groups, lines and messages of t/coverage are there' '
	python3 "$src/t/helper/coverage.py" check "$src"
'

test_expect_success 'a run is held against them' '
	mkdir -p tree/t/coverage tree/lib/a tree/git-vault && cat >tree/lib/a/b.c <<-\END &&
	int
	f(int n)
	{
		/* not gv_err(GV_ERROR, "this") */
		if (n == 1)
			return gv_err(GV_ERROR, "one of %d",
			    n);
		if (n == 2)
			return gv_err_sys("cannot "
			    "do it");
		if (n == 3)
			return gv_err_nomem();
		return gv_err_in(n, "all");
	}
	END
	{
		echo "SF:$PWD/tree/lib/a/b.c" &&
			for n in 5 6 7 8 9 10 11 12 13; do
				case $n in
				6 | 7 | 9 | 10 | 12) echo "DA:$n,0" ;;
				*) echo "DA:$n,4" ;;
				esac
			done
	} >info &&
	printf "90 letters\n\ta\n" >tree/t/coverage/groups &&
	printf "kind memory: no memory\nmemory\t*\tgv_err_nomem\n" >tree/t/coverage/lines &&
	printf "kind disk: a disk fails\ndisk\tlib/a/b.c\tcannot do it\n" >tree/t/coverage/messages &&
	coverage () {
		python3 "$src/t/helper/coverage.py" "$@"
	} &&
	coverage check tree && test_expect_code 1 coverage report tree info out >table &&
	test_grep "^letters  *8  *4  *1  *50.0  *90  short$" table &&
	test_grep "1 lines are out: no memory" table &&
	test_grep "^messages: 3, 1 raised, 1 with a reason why not, 1 neither" table &&
	printf "lib/a/b.c:6\tgv_err\tone of %%d\n" >expect && test_cmp expect out/unraised &&
	test_line_count = 4 out/unreached &&
	sed "s/,0/,1/" info >whole && coverage report tree whole >table &&
	test_grep "raised, take it out of t/coverage/messages: lib/a/b.c: cannot do it" table &&
	echo "tape	lib/a/b.c	cannot do that" >>tree/t/coverage/messages &&
	test_expect_code 1 coverage check tree >faults && test_line_count = 2 faults
'

test_expect_success 'what runs only where a named call fails can be left out' '
	mkdir -p fails/t/coverage fails/lib/a fails/git-vault && cat >fails/lib/a/b.c <<-\END &&
	int
	f(int n)
	{
		int r = grow(n);

		if (r < 0)
			return r; /* out */
		if ((r = grow(1)) < 0 || (r = peek("||", (1))) < 0)
			return r;
		if (n == 1 && (r = grow(n)) < 0) {
			n++; /* out */
			return n; /* out */
		}
		r = n ? grow(n) : 0;
		if (r < 0)
			return r; /* out */
		r = peek("x", 1);
		if (r < 0)
			return r;
		if ((r = grow(n)) < 0)
			n = 0; /* out */
		else
			n = 1;
		if (n == 2)
			r = grow(n);
		if (r < 0)
			return r;
		n = n ? grow(n) : n;
		r = grow(n);
		if (r == 0 && n)
			r = grow(n);
		if (r < 0)
			return r; /* out */
		r = peek("y", n);
		if (r == 0)
			r = grow(n);
		if (r < 0)
			return r;
		if ((r = grow(n)) == 0)
			r = grow(n);
		if (r < 0)
			return r; /* out */
		p->all = grow(n);
		if (p->all == NULL)
			return -1; /* out */
		return n;
	}
	END
	{
		echo "SF:$PWD/fails/lib/a/b.c" &&
			for n in 7 9 11 12 16 19 21 23 25 27 28 33 38 42 45; do
				echo "DA:$n,0"
			done
	} >info &&
	printf "90 letters\n\ta\n" >fails/t/coverage/groups && >fails/t/coverage/messages &&
	printf "kind memory: no memory\nmemory\t*\tfails grow\n" >fails/t/coverage/lines &&
	coverage check fails && test_expect_code 1 coverage report fails info out >table &&
	sed "s/.*:\([0-9]*\)\t.*/\1/" out/unreached >actual &&
	printf "%s\n" 9 19 23 25 27 28 38 >expect && test_cmp expect actual &&
	grep -n "/[*] out" fails/lib/a/b.c | wc -l >n && test_grep "$(cat n) lines are out: no memory" table &&
	printf "memory\tlib/a/*\tif ^n == 2$\n" >>fails/t/coverage/lines &&
	test_expect_code 1 coverage report fails info out >table && test_line_count = 6 out/unreached &&
	! grep ":25" out/unreached && coverage check fails &&
	printf "memory\tlib/a/b.c\tif ^n == 3$\nmemory\tlib/a/*\tfails grow shrink\n" >>fails/t/coverage/lines &&
	test_expect_code 1 coverage check fails >faults &&
	test_grep "nothing in lib/a/. calls shrink" faults && test_grep "like lib/a/b.c: if ^n == 3" faults &&
	test_line_count = 2 faults
'

test_done
