#!/bin/sh
test_description='files of configuration are merged by key'
. "$(dirname "$0")/test-lib.sh"

# A repository with a file that both branches change next to each other.
GIT_AUTHOR_DATE='2026-11-01 12:00 +0000' GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
GIT_AUTHOR_NAME=Ann
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE GIT_AUTHOR_NAME
bob () {
	GIT_AUTHOR_NAME=Bob git "$@"
}
start () {
	rm -rf repo && git init -q -b main repo && cd repo &&
	mkdir config &&
	printf "%s\n" "# the pool" "pool:" "  max: 10 # per host" "  min: 1" \
		"log: info" >config/prod.yaml &&
	printf "%s\n" "{" "  \"a\": 1," "  \"b\": 1" "}" >config/prod.json &&
	printf "%s\n" "A=1" "B=1" >.env && printf "%s\n" "a = 1" "b = 1" >p.tfvars &&
	git add . && git commit -q -m base &&
	git checkout -q -b theirs &&
	sed -i "s/min: 1/min: 2/" config/prod.yaml && echo "new: 1" >>config/prod.yaml &&
	sed -i "s/\"b\": 1/\"b\": 2/" config/prod.json && sed -i "s/B=1/B=2/" .env &&
	sed -i "s/b = 1/b = 2/" p.tfvars &&
	bob commit -q -a -m theirs &&
	git checkout -q main &&
	sed -i "s/max: 10/max: 40/" config/prod.yaml && sed -i "s/\"a\": 1/\"a\": 3/" config/prod.json &&
	sed -i "s/A=1/A=3/" .env && sed -i "s/a = 1/a = 3/" p.tfvars &&
	git commit -q -a -m ours
}

merged () {
	printf "%s\n" "# the pool" "pool:" "  max: 40 # per host" "  min: 2" \
		"log: info" "new: 1" >expect && test_cmp expect config/prod.yaml &&
	printf "%s\n" "{" "  \"a\": 3," "  \"b\": 2" "}" >expect && test_cmp expect config/prod.json &&
	printf "%s\n" "A=3" "B=2" >expect && test_cmp expect .env &&
	printf "%s\n" "a = 3" "b = 2" >expect && test_cmp expect p.tfvars && rm expect
}

# Both change one key; `what` of git brings theirs.
clash () {
	start && git checkout -q theirs && sed -i "s/max: 10/max: 20/" config/prod.yaml &&
	bob commit -q -a -m "20 are enough" && git checkout -q main
}

one_conflict () {
	grep "^<<<<<<<" config/prod.yaml >found && test_line_count -eq 1 found &&
	grep "^<<<<<<< ours: pool.max, by $1 in [0-9a-f]\{8\}\$" config/prod.yaml &&
	grep "^>>>>>>> theirs: pool.max, by $2 in [0-9a-f]\{8\}\$" config/prod.yaml &&
	rm found
}

test_expect_success 'without the driver git merges lines, and neighbours conflict' '
	(start && test_must_fail git merge theirs && grep "^=======\$" config/prod.yaml) >out
'

test_expect_success 'with the driver each key is merged by itself' '
	(start && git vault hooks install && git merge theirs && merged) >out &&
	grep "^added *merge driver for configuration" out
'

test_expect_success 'in a rebase, a cherry-pick, a revert and a stash, too' '
	(start && git vault hooks install && git rebase theirs && merged &&
	start && git vault hooks install && git cherry-pick theirs && merged &&
	git revert HEAD && grep "min: 1" config/prod.yaml && grep "max: 40" config/prod.yaml &&
	start && git vault hooks install && git checkout -q -b work HEAD~1 &&
	git checkout -q theirs -- . && bob stash && git merge -q main &&
	git stash pop && merged) >out
'

test_expect_success 'a conflict is one key, with both authors' '
	(clash && git vault hooks install && test_must_fail git merge theirs && one_conflict Ann Bob &&
	grep "min: 2" config/prod.yaml && grep "new: 1" config/prod.yaml &&
	clash && git vault hooks install && test_must_fail git rebase theirs && one_conflict Bob Ann &&
	clash && git vault hooks install && git checkout -q -b work && git checkout -q main &&
	test_must_fail git cherry-pick theirs~1..theirs && grep "^>>>>>>> theirs: pool.max, by Bob in" config/prod.yaml &&
	clash && git vault hooks install && git checkout -q theirs~1 && git checkout -q theirs -- . &&
	bob stash && git checkout -q main && test_must_fail git stash pop &&
	one_conflict Ann Bob) >out
'

test_expect_success 'the base is shown where people want to see it' '
	(clash && git vault hooks install && git config merge.conflictStyle zdiff3 &&
	test_must_fail git merge theirs && grep "^||||||| base: pool.max\$" config/prod.yaml &&
	grep "max: 10" config/prod.yaml) >out
'

test_expect_success 'a removed key that was changed is a conflict' '
	(start && git checkout -q theirs && sed -i "/max/d" config/prod.yaml &&
	bob commit -q -a -m "no limit" && git checkout -q main &&
	git vault hooks install && test_must_fail git merge theirs &&
	grep "^>>>>>>> theirs: pool.max, removed by Bob in" config/prod.yaml) >out
'

test_expect_success 'what cannot be read is merged line by line, as without the driver' '
	(start && git vault hooks install && git checkout -q theirs && echo "x: [" >>config/prod.yaml &&
	git commit -q -a -m broken && git checkout -q main && sed -i "s/^log.*/&\nlast: 1/" config/prod.yaml &&
	git commit -q -a -m ours && test_must_fail git merge theirs 2>err &&
	grep "config/prod.yaml is merged line by line: the other side: line 8" err &&
	grep "^=======\$" config/prod.yaml && grep "B=2" .env) >out
'

test_expect_success 'a file without a driver that works is merged by git' '
	(start && git vault hooks install && program=$(command -v git-vault) &&
	git config merge.git-vault.driver "$(git config merge.git-vault.driver |
		sed "s,$program,/nowhere/git-vault,; s,command -v git-vault,false,")" &&
	test_must_fail git merge theirs && grep "^<<<<<<< ours" config/prod.yaml &&
	grep "^>>>>>>> theirs" config/prod.yaml) >out
'

test_expect_success 'git gets 0, 1, or more and the file as it was' '
	(cd repo && printf "a: 1\n" >o && printf "a: 2\n" >a && printf "a: 1\n" >b &&
	git vault config merge-file o a b x.yaml && grep "a: 2" a &&
	printf "a: 3\n" >b && test_expect_code 1 git vault config merge-file o a b x.yaml 9 2>err &&
	grep "^<<<<<<<<< ours: a\$" a && grep "in conflict:" err &&
	printf "a: 2\n" >a && cp a was && test_expect_code 128 git vault config merge-file o a missing x.yaml &&
	test_expect_code 129 git vault config merge-file o a b x.yaml 0 && test_cmp was a)
'

test_expect_success 'lines that fit but say something else are not taken' '
	(cd repo && printf "x:\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n" >o &&
	printf "x:\n  e: 5\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n" >a &&
	printf "x:\n  a: 1\n  b: 1\n  c: 1\n  d: 1\n  e: 6\n" >b &&
	test_expect_code 1 git vault config merge-file o a b x.yaml 2>err &&
	grep "^<<<<<<< ours: x.e\$" a)
'

test_expect_success 'hostile files end in time, with a merge or lines' '
	(cd repo && cat >make.py <<-\END &&
	import sys
	n = 20000
	deep = "".join("%s{\"a\":" % "" for _ in range(n)) + "%s" + "}" * n
	wide = "".join("k%d: %d\n" % (i, i) for i in range(n))
	open("o.json", "w").write(deep % 1)
	open("a.json", "w").write(deep % 2)
	open("b.json", "w").write(deep % 3)
	open("o.yaml", "w").write(wide)
	open("a.yaml", "w").write(wide.replace(": 7\n", ": x\n"))
	open("b.yaml", "w").write(wide.replace(": 8\n", ": y\n"))
	bomb = "a0: &a0 [1, 1]\n" + "".join("a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 60))
	for f in "oab":
	    open(f + ".bomb", "w").write(bomb + "z: %s\n" % f)
	    open(f + ".nul", "wb").write(b"a: \0" + f.encode() + b"\n")
	END
	/usr/bin/python3 make.py &&
	test_expect_code 1 timeout 60 git vault config merge-file o.json a.json b.json x.json 2>err &&
	grep "line by line" err &&
	timeout 60 git vault config merge-file o.yaml a.yaml b.yaml x.yaml &&
	grep "^k7: x" a.yaml && grep "^k8: y" a.yaml &&
	test_expect_code 1 timeout 60 git vault config merge-file o.bomb a.bomb b.bomb x.yaml &&
	test_expect_code 1 timeout 60 git vault config merge-file o.nul a.nul b.nul x.yaml)
'

test_expect_success 'uninstall takes the driver away, and no line of others' '
	(start && mkdir -p .git/info && echo "*.lock merge=ours" >.git/info/attributes && git vault hooks install &&
	git check-attr merge config/prod.yaml >found && grep "git-vault\$" found &&
	git check-attr merge x.lock >found && grep "ours\$" found &&
	git vault hooks install >again && ! grep "merge driver" again &&
	git vault hooks status >found && grep "^installed *merge driver" found &&
	git vault hooks uninstall && echo "*.lock merge=ours" >expect &&
	test_cmp expect .git/info/attributes && test_must_fail git config merge.git-vault.driver) >out
'

test_done
