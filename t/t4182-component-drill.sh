#!/bin/sh

test_description='dumps of components in drills, and what goes wrong with them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-component.sh"

# loose: all objects by themselves, so that one can be damaged
loose () {
	rm -rf ../packs && mkdir ../packs &&
	mv .git/objects/pack/*.pack .git/objects/pack/*.idx ../packs/ &&
	for p in ../packs/*.pack
	do
		git unpack-objects -q <$p || return 1
	done
}

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'
test_lazy_prereq MEMORY 'test -w /dev/shm && stat -f -c %T /dev/shm | grep tmpfs'
test_lazy_prereq SQLITE 'test_have_prereq SPACES,MEMORY && sqlite3 --version'

test_expect_success 'set up: a repository, its remote and a component' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	git vault key generate && mkdir ../logs && echo started >../logs/app.log &&
	ln -s app.log ../logs/link && policy <<-EOF &&
	logs: {type: logs, source: $PWD/../logs, environment: prod}
	EOF
	git add -A && git commit -qm policy && component 0 drill && test_grep "there is no dump" ../err &&
	component 0 run
'

test_expect_success SPACES,MEMORY 'an archive is extracted and compared' '
	component 0 drill && test_grep "^proven .* logs of prod: all 3 entries" ../out &&
	component 0 drill --env prod logs --json && test_grep "\"result\":\"equal\"" ../out
'

test_expect_success SQLITE 'a database of SQLite is restored, and dumped again' '
	sqlite3 ../shop.db "create table t (id integer primary key, x text); pragma application_id = 9;
		insert into t select value, hex(randomblob(20)) from generate_series(1, 500);" &&
	policy <<-EOF &&
	shop: {type: sqlite, source: $PWD/../shop.db, environment: prod}
	EOF
	component 0 run && component 0 drill shop && test_grep "^proven .* shop of prod: a second dump of it is the same; a scratch file has 1 tables" ../out &&
	ls /dev/shm >../left && test_must_fail grep "git-vault-mem-$$-" ../left
'

test_expect_success SQLITE 'a dump that cannot be restored fails' '
	printf "BEGIN TRANSACTION;\nCREATE TABLE t (x);\nINSERT INTO gone VALUES(1);\nCOMMIT;\n" >../bad.sql &&
	mkdir ../own && printf "#!/bin/sh\ncase \"\$*\" in *integrity*) echo ok;; *) cat $PWD/../bad.sql;; esac\n" >../own/sqlite3 &&
	chmod +x ../own/sqlite3 && (PATH=$PWD/../own:$PATH && component 0 run shop) &&
	component 1 drill shop && test_grep "^failed .* shop of prod: sqlite3 did not restore it: .*no such table" ../out &&
	git update-ref -d $(newest shop)
'

test_expect_success SQLITE 'a dump that a restore would refuse is not proven' '
	printf "BEGIN TRANSACTION;\nCREATE TABLE t (x);\nCREATE VIEW v AS SELECT 1\n/\nCOMMIT;\n" >../bad.sql &&
	(PATH=$PWD/../own:$PATH && component 0 run shop) && component 1 drill shop &&
	test_grep "^failed .* shop of prod: the dump has a statement that no dump has, .*so a restore refuses it" ../out &&
	component 128 restore shop --into ../new.db && test_grep "the dump has a statement that no dump has" ../err &&
	git update-ref -d $(newest shop) && printf "BEGIN TRANSACTION;\nCREATE TABLE t (x);\nINSERT INTO gone VALUES(1);\nCOMMIT;\n" >../bad.sql &&
	sqlite3 ../shop.db "create view dots as select '"'"'x
.y'"'"'" && component 0 run shop && component 0 drill shop && test_grep "^proven .* shop of prod" ../out &&
	component 0 restore shop --into ../new.db && test "$(sqlite3 ../new.db "select * from dots")" = "x
.y"
'

test_expect_success SQLITE 'what an error quotes of a row is not shown' '
	printf "BEGIN TRANSACTION;\nCREATE TABLE t (x);\nINSERT INTO t VALUES(1 '"'"'row of a customer'"'"');\nCOMMIT;\n" >../bad.sql &&
	(PATH=$PWD/../own:$PATH && component 0 run shop) && component 1 drill shop &&
	test_grep "sqlite3 did not restore it: .*near line 3" ../out && test_must_fail grep customer ../out &&
	git update-ref -d $(newest shop)
'

test_expect_success 'what nobody here can restore is not proven, or by its check' '
	rows "" >../rows && policy <<-EOF &&
	orders: {type: command, run: [cat, $PWD/../rows], environment: prod}
	EOF
	component 0 run && component 3 drill orders && test_grep "^unproven .* orders of prod: its bytes are intact" ../out &&
	sed -i "s/prod}/prod, check: [grep, -q, complete]}/" .gitvault.yaml && git vault policy accept >../accepted 2>&1 &&
	component 0 drill orders && test_grep "^checked .* orders of prod: the .check. of the policy passed" ../out
'

test_expect_success SQLITE 'git vault drill restores dumps of its clone' '
	git add -A && git commit -qm more && git vault -q snapshot >/dev/null && git push -q origin HEAD && git vault -q sync >/dev/null &&
	test_expect_code 3 git vault drill run --no-validators >../out 2>../err &&
	test_grep "components *passed.*3 of 3 components restored and proven" ../out
'

test_expect_success 'a block of the base is damaged: the next dump says so, and stands alone' '
	component 0 run orders && loose && last=$(newest orders) &&
	blob=$(git ls-tree -r $last:blocks | sed -n 1p | cut -c 13-52) &&
	file=.git/objects/$(echo $blob | cut -c 1-2)/$(echo $blob | cut -c 3-) && chmod u+w $file &&
	printf damage | dd of=$file bs=1 seek=300 conv=notrunc 2>/dev/null &&
	component 1 verify orders && component 0 run orders &&
	test_grep "the last dump of orders is no base: .*block 0" ../err && component 0 verify orders &&
	component 0 restore orders --to - && cmp ../rows ../out && component 0 run orders && test_grep "0 of .* pieces new" ../err &&
	test_must_fail grep "no base" ../err
'

test_expect_success 'a reader who comes later: dumps for earlier readers are listed' '
	git vault key generate -o ../bob.key >../bob.pub 2>../err && n=$(git for-each-ref refs/vault/component/prod/orders | wc -l | tr -d " ") &&
	{ git vault key add --name bob "$(head -n 1 ../bob.pub)" >../out 2>../err || { cat ../err; false; }; } &&
	test_grep "$n dumps of the component orders of prod, the newest among them: still encrypted for earlier readers only" ../err &&
	test_grep "hint: .*: git vault component run orders" ../err &&
	component 0 run orders && test_grep "a whole copy" ../err && component 0 verify orders --identity ../bob.key &&
	git vault key reseal --json >../out && test_grep "\"unreadable_components\":\[.*\"name\":\"orders\",\"dumps\":$n,\"newest\":false" ../out
'

test_expect_success 'a program that hangs is ended, and named' '
	policy <<-EOF &&
	slow: {type: command, run: [sleep, "600"], timeout: 1s}
	deaf: {type: command, run: [sh, -c, "trap \"\" TERM; while :; do sleep 0.1; done"], timeout: 1s}
	EOF
	component 3 run && test_grep "slow of shared was not stored: sleep was ended after 1 s, the component.s timeout" ../err &&
	test_grep "deaf of shared was not stored: sh was ended after 1 s" ../err
'

test_expect_success 'output without an end is ended, and leaves nothing' '
	policy <<-EOF &&
	endless: {type: command, run: ["yes"], timeout: 1s}
	EOF
	git count-objects -v >../before && component 3 run && test_grep "endless of shared was not stored: yes was ended after 1 s" ../err &&
	git count-objects -v >../after && test_cmp ../before ../after && test_must_fail ls .git/objects/pack/tmp* .git/vault/*.tmp
'

test_expect_success 'escapes that a program prints reach no terminal' '
	policy <<-EOF &&
	loud: {type: command, run: [sh, -c, "printf \"\\\\033]0;owned\\\\007\\\\033[2J gone\\\\n\" >&2; exit 7"]}
	EOF
	component 3 run && test_grep "sh ended with status 7: .*gone" ../err && test_must_fail grep "$(printf "\033")" ../err
'

test_expect_success 'killed in the middle: the last dump stays, and the next run works' '
	policy <<-EOF &&
	orders: {type: command, run: [sh, -c, "cat $PWD/../rows; touch $PWD/../there; exec sleep 20"], environment: prod}
	EOF
	git for-each-ref refs/vault/component >../before && rm -f ../there &&
	{ git-vault component run >../out 2>../err & } && pid=$! &&
	for i in $(test_seq 600); do test -e ../there && break; sleep 0.05; done && test -e ../there && kill -KILL $pid &&
	{ wait $pid || true; } && git for-each-ref refs/vault/component >../after && test_cmp ../before ../after &&
	policy <<-EOF &&
	orders: {type: command, run: [cat, $PWD/../rows], environment: prod}
	EOF
	component 0 run && component 0 verify && component 0 restore orders --to - && cmp ../rows ../out
'

test_done
