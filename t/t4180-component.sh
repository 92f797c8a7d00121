#!/bin/sh

test_description='dumps of components: stored, checked, restored, pruned and synced'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-component.sh"

page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7

dumps () {
	git for-each-ref --format="%(refname)" refs/vault/component | wc -l | tr -d " "
}

test_lazy_prereq SQLITE 'sqlite3 --version'
test_lazy_prereq AGE 'age --version && gzip --version && perl -e 1'

test_expect_success 'set up: a repository with a command that dumps' '
	git vault key generate && git add -A &&
	policy <<-EOF &&
	orders:
	  type: command
	  run: [cat, $PWD/../rows]
	  expect: database dump complete
	  environment: prod
	  restore: [tee, $PWD/../restored]
	EOF
	git add -A && git commit -qm policy && rows "" >../rows
'

test_expect_success 'a dump is stored and comes back byte for byte' '
	component 0 run && test_grep "stored orders of prod: .*, a whole copy" ../err &&
	component 0 list && test_grep "orders .*command .*whole" ../out &&
	component 0 restore orders --to ../back && cmp ../rows ../back &&
	component 0 restore orders --into x --reason drill && cmp ../rows ../restored &&
	component 0 verify && test_grep "^intact .* orders of prod" ../out &&
	git vault audit list --json >../out && test_grep "component-restore" ../out
'

test_expect_success 'nothing of it is in clear in the repository' '
	git cat-file --batch-all-objects --batch >../objects && test_must_fail grep -a "paid by card" ../objects
'

test_expect_success 'a second dump stores what changed' '
	du -k .git/objects | tail -n 1 | cut -f 1 >../before &&
	rows "/^[0-9]*00	/s/paid/open/" >../rows && component 0 run &&
	test_grep "pieces new, .* of these as changes to" ../err &&
	du -k .git/objects | tail -n 1 | cut -f 1 >../after &&
	test $(($(cat ../after) - $(cat ../before))) -lt 40 &&
	component 0 list orders && test_grep "delta" ../out &&
	component 0 restore orders --to - && cmp ../rows ../out
'

test_expect_success 'a mode is a word: what was stored is reported' '
	component 0 run --mode full orders && test_grep "a whole copy$" ../err &&
	component 0 run --mode differential --label nightly && test_grep "0 of .* pieces new" ../err &&
	component 0 list --json && test_grep "\"mode\":\"differential\"" ../out &&
	component 129 run --mode half && test_grep "full, incremental or differential" ../err &&
	component 0 restore orders --label nightly --to - && cmp ../rows ../out &&
	component 128 restore orders --label noon --to ../x && test_grep "no dump of orders has the label .noon.; to list them: git vault component list --env [a-z]* orders" ../err &&
	component 128 restore orders 29990101 --to ../x && test_grep "no dump of orders is .29990101.; to list them: git vault component list --env [a-z]* orders" ../err
'

test_expect_success 'a dump without its last line, or of a program that failed, is not stored' '
	before=$(dumps) && cp ../rows ../whole &&
	head -c 100000 ../whole >../rows && component 3 run &&
	test_grep "orders of prod was not stored: the dump is not complete: its last line" ../err &&
	: >../rows && component 3 run && test_grep "it is empty" ../err &&
	rm ../rows && component 3 run && test_grep "cat ended with status 1: .*No such file" ../err &&
	component 3 run --json && test_grep "\"status\":\"failed\"" ../out &&
	cp ../whole ../rows && test "$(dumps)" = "$before"
'

test_expect_success 'one that fails does not keep the others from being stored' '
	mkdir ../logs && echo "started" >../logs/app.log &&
	policy <<-EOF &&
	broken: {type: command, run: [false]}
	logs: {type: logs, source: $PWD/../logs, environment: prod}
	checked:
	  type: configuration
	  source: $PWD/../logs
	  check: [grep, -q, stopped]
	gone: {type: command, run: [./dump.sh]}
	own: {type: command, run: [$PWD/dump.sh]}
	way: {type: command, run: [$PWD/../way/dump.sh]}
	EOF
	printf "#!/bin/sh\necho dump\n" >dump.sh && chmod +x dump.sh && ln -s "$PWD" ../way &&
	component 3 run && rm dump.sh ../way && test_grep "broken of shared was not stored: false ended with status 1" ../err &&
	test "$(grep -c "dump.sh is not run: .* no file of the working tree" ../err)" = 3 && test_grep "stored logs of prod" ../err &&
	test_grep "checked of shared was not stored: the check did not pass: grep ended with status 1" ../err &&
	test_grep "gone of shared was not stored: ./dump.sh is not run: .* no file of the working tree" ../err &&
	mkdir ../new && component 0 restore logs --into $PWD/../new && diff -r ../logs ../new
'

test_expect_success 'components of a snapshot have its id as their label' '
	policy <<-EOF &&
	logs: {type: logs, source: $PWD/../logs, environment: prod}
	EOF
	git add -A && git commit -qm logs && git vault snapshot --components >../out 2>../err && id=$(sed -n 1p ../out) &&
	component 0 list --json && test_grep "\"label\":\"$id\"" ../out &&
	printf "  broken: {type: command, run: [\"false\"]}\n" >>.gitvault.yaml && accept &&
	test_expect_code 3 git vault snapshot --force --components --json >../out && test_grep "\"status\":\"failed\"" ../out
'

test_expect_success 'a point dumps in its order, under one label, and ends what it began' '
	policy <<-EOF &&
	b: {type: command, run: [cat, $PWD/../order]}
	a: {type: command, run: [cat, $PWD/../order]}
	EOF
	cat >>.gitvault.yaml <<-EOF &&
	points:
	  evening:
	    components: [a, b]
	    before: [cp, $PWD/../whole, $PWD/../order]
	    after: [rm, $PWD/../order]
	EOF
	accept && component 0 run --point evening && test_path_is_missing ../order &&
	sed -n "s/.*stored \(.\) of.*/\1/p" ../err | tr -d "\n" >../names && test "$(cat ../names)" = ab &&
	component 0 list --json &&
	test "$(tr "," "\n" <../out | grep "\"label\":\"evening-" | sort | uniq -c | awk "{print \$1}")" = 2 &&
	component 128 run --point morning && test_grep "no point .morning." ../err
'

test_expect_success 'a point that is stopped ends what it began' '
	policy <<-EOF &&
	slow: {type: command, run: [sleep, "60"]}
	EOF
	cat >>.gitvault.yaml <<-EOF &&
	points:
	  evening:
	    components: [slow]
	    before: [cp, $PWD/../whole, $PWD/../order]
	    after: [rm, $PWD/../order]
	EOF
	accept && { git-vault component run --point evening >../out 2>../err & } && pid=$! &&
	for i in $(test_seq 300); do test -e ../order && break; sleep 0.1; done && sleep 0.5 && kill -TERM $pid &&
	test_expect_code 130 wait $pid && test_path_is_missing ../order
'

test_expect_success 'credentials that decide what a program loads are refused' '
	policy <<-EOF &&
	own: {type: command, run: [env]}
	EOF
	printf "TOKEN=x\nLD_PRELOAD=/tmp/x.so\n" >../own && chmod 600 ../own &&
	git config vault.component.own.credentials "$PWD/../own" && component 3 run &&
	test_grep "the credentials set LD_PRELOAD" ../err && echo TOKEN=x >../own && component 0 run &&
	for lines in "no name" "A-B=x" 1A=x =x "$(seq -f "V%.0f=x" 33)"
	do
		echo "$lines" >../own && component 3 run &&
		test_grep "credentials for the environment are lines NAME=value, at most 32 of them" ../err || return 1
	done && printf "%070000d" 1 >../own && component 3 run && test_grep "the credentials are too large" ../err &&
	rm ../own && component 3 run && test_grep "the credentials: cannot .*own" ../err &&
	git config --unset vault.component.own.credentials
'

test_expect_success LINUX 'of the policy they are the id of an encrypted secret' '
	policy <<-EOF &&
	bad: {type: command, run: [env], environment: prod, credentials: own}
	EOF
	component 3 run bad &&
	test_grep "the credentials of the component .bad. must be the first seven digits of the id of a secret of prod; to list them: git vault secret list --scope prod" ../err &&
	echo "LOGIN=DB_TOKEN=made-up-and-long-9271" >../token && git vault secret import --scope prod ../token >../id &&
	id=$(cut -c1-7 <../id) && policy <<-EOF &&
	good: {type: command, run: [sh, -c, "printf %s \"\$DB_TOKEN\""], environment: prod, credentials: $id}
	EOF
	component 0 run good && component 0 restore good --to - && test "$(cat ../out)" = made-up-and-long-9271
'

# Of 1500 ids, two begin with the same four digits but once in ten million times.
test_expect_success LINUX 'only a current secret counts, and digits of several are ambiguous' '
	for i in $(test_seq 1500); do echo "NAME_$i=value-of-no-use-$i-$i"; done >../many.env &&
	git vault -q secret import --scope prod --format env ../many.env && git vault --json secret list --scope prod | tr , "\n" |
		sed -n "s/.*\"id\":\"\(....\).*/\1/p" | sort | uniq -d | head -n 1 >../twice && test_line_count = 1 ../twice && policy <<-EOF &&
	two: {type: command, run: [env], environment: prod, credentials: "$(cat ../twice)"}
	good: {type: command, run: [sh, -c, "printf %s \"\$DB_TOKEN\""], environment: prod, credentials: $id}
	EOF
	component 3 run two && test_grep "the credentials of the component .two. are ambiguous: the ids of [2-9] secrets of prod begin with .$(cat ../twice)." ../err &&
	component 0 run good && git vault -q secret revoke --reason "it was seen" "$id" && component 3 run good &&
	test_grep "the credentials of the component .good. are a secret that is revoked" ../err
'

test_expect_success LINUX 'a program that only writes files writes one in memory, which is gone' '
	mkdir -p ../saves && cat >../saves/consul <<-\END && chmod +x ../saves/consul &&
	#!/bin/sh
	for file; do :; done
	echo "$file" >../saves/file && test ! -e ../saves/fails && gzip -c ../rows >"$file" && echo Saved
	END
	policy <<-EOF &&
	kv: {type: consul, source: x, environment: prod}
	EOF
	(PATH=$PWD/../saves:$PATH && export PATH && component 0 run && component 0 restore kv --to - &&
	gzip -dc <../out | cmp ../rows - && test_path_is_missing "$(cat ../saves/file)" &&
	>../saves/fails && component 3 run && test_grep "kv of prod was not stored: consul" ../err &&
	printf "#!/bin/sh\necho Saved\n" >../saves/consul && component 3 run &&
	test_grep "consul wrote no dump" ../err)
'

test_expect_success 'a component that was never dumped, and a job whose dumps all failed, are findings' '
	policy <<-EOF &&
	lost: {type: command, run: [sh, -c, "echo disk is full >&2; exit 3"], environment: prod, schedule: 6h}
	EOF
	test_might_fail git vault health >../out 2>../err && test_grep "component lost of prod was never dumped" ../out &&
	test_grep "git vault component run lost" ../out &&
	test_expect_code 1 git vault schedule run lost 2>../err && git vault schedule list >../out &&
	test_grep "^lost failed: lost: sh ended with status 3: disk is full" ../out &&
	test_might_fail git vault health >../out 2>../err && test_grep "job lost (components) failed.*disk is full" ../out &&
	git vault metrics >../out && test_grep "last_run_status{.*lost.*} 2" ../out &&
	test_grep "component_last_dump_timestamp_seconds{.*component=\"lost\".*} 0" ../out
'

test_expect_success 'a component that has no command for a restore is restored to a file' '
	policy <<-EOF &&
	plain: {type: command, run: [cat, $PWD/../rows], environment: prod}
	EOF
	component 0 run plain && component 128 restore plain --into x &&
	test_grep "^git-vault: a component of type command is restored to a file: git vault component restore plain --to plain.dump$" ../err
'

test_expect_success SQLITE 'a database of SQLite: dump, damage, restore, equal' '
	sqlite3 ../shop.db "create table t (id integer primary key, x text); pragma user_version = 7;
		insert into t select value, hex(randomblob(20)) from generate_series(1, 3000);" &&
	policy <<-EOF &&
	shop: {type: sqlite, source: $PWD/../shop.db, environment: prod}
	typo: {type: sqlite, source: $PWD/../shop.bd}
	EOF
	sqlite3 ../shop.db .dump >../expect &&
	component 3 run && test_grep "stored shop of prod" ../err && test_grep "typo of shared was not stored: sqlite3" ../err &&
	test_path_is_missing ../shop.bd &&
	cp ../shop.db ../whole.db && printf "damage damage damage" | dd of=../shop.db bs=1 seek=9000 conv=notrunc 2>/dev/null &&
	component 3 run shop && test_grep "shop of prod was not stored: sqlite3" ../err &&
	component 128 restore shop --into $PWD/../shop.db && test_grep "nothing was restored: what is in .*could not be dumped first.*--yes" ../err &&
	component 0 restore shop --yes --into $PWD/../shop.db && ! grep undo: ../err &&
	mkdir ../folder && component 128 restore shop --yes --into $PWD/../folder &&
	test_grep "^git-vault: $PWD/../folder is a directory$" ../err &&
	sqlite3 ../shop.db .dump | cmp ../expect - && test "$(sqlite3 ../shop.db "pragma user_version")" = 7 &&
	mkdir -p below && (cd below && git vault component restore shop --into own.db && sqlite3 own.db .dump | cmp ../../expect -) &&
	test_path_is_missing own.db.git-vault-new && rm -r below &&
	component 0 restore shop --into $PWD/../own.db && ls -l ../own.db >../out && test_grep "^-rw------- " ../out &&
	chmod 640 ../shop.db && component 0 restore shop --into $PWD/../shop.db && ls -l ../shop.db >../out &&
	test_grep "^-rw-r----- " ../out
'

test_expect_success SQLITE 'what a restore replaces is dumped first, and comes back by the undo that is printed' '
	sqlite3 ../shop.db "insert into t values (9999, 1)" && sqlite3 ../shop.db .dump >../newer &&
	component 0 restore shop --into $PWD/../shop.db && sqlite3 ../shop.db .dump | cmp ../expect - &&
	undo=$(sed -n "s/.*undo: \(git vault .*\)/\1/p" ../err) && git vault component list shop >../out &&
	component 0 restore shop --to ../newest && grep -v "^PRAGMA [au]" ../newest | cmp ../expect - &&
	component 0 verify shop && test_grep "^intact" ../out && saved=$(echo "$undo" | sed "s/.* shop \([^ ]*\) .*/\1/") &&
	test_grep ! "$saved" ../out && policy <<-EOF &&
	shop: {type: sqlite, source: $PWD/../shop.db, environment: prod, retention: {keep-last: 1}}
	EOF
	git vault prune --keep-last 1 -n >../all 2>../err && test_grep "would delete" ../err &&
	sed -n "s/^intact *\([^ ]*\) .*/\1/p" ../out >../real && test_grep ! "$(cat ../real)" ../all && test_grep ! "$saved" ../all &&
	(eval "$undo" 2>../err) && sqlite3 ../shop.db .dump | cmp ../newer - &&
	git vault --json component restore shop --into $PWD/../shop.db >../out && grep "\"undo\":\"20" ../out &&
	sqlite3 ../shop.db .dump | cmp ../expect -
'

test_expect_success 'a missing directory is made where the user is, and a ref that is no dump is passed over' '
	mkdir -p ../etc below && echo x >../etc/f && policy <<-EOF &&
	etc: {type: configuration, source: $PWD/../etc}
	EOF
	component 0 run && (cd below && git vault component restore etc --into new 2>../../err && test_cmp ../../etc/f new/f) &&
	! grep undo: ../err && echo y >below/new/f && (cd below && git vault component restore etc --into new 2>../../err) &&
	test_grep "undo: git vault component restore etc 20.* --into new" ../err && test_cmp ../etc/f below/new/f &&
	ref=$(git for-each-ref --format="%(refname)" refs/vault/component/shared/etc | head -1) &&
	git update-ref "${ref%/*}/29991130T235959Z-aaaaaaaa" "$ref" && component 0 restore etc --to ../etc.tar &&
	test_grep "passed over: .*29991130T235959Z-aaaaaaaa" ../err && git update-ref -d "${ref%/*}/29991130T235959Z-aaaaaaaa" &&
	rm -r below
'

test_expect_success SQLITE 'what somebody put behind a statement of the schema does not run' '
	policy <<-EOF &&
	evil: {type: sqlite, source: $PWD/../evil.db}
	EOF
	echo secret-of-the-host >../private && read="INSERT INTO h SELECT data FROM fsdir('\''$PWD/../private'\'')" &&
	for tail in ".shell touch $PWD/../ran" ".trace $PWD/../ran" "ATTACH \"$PWD/../ran\" AS x; CREATE TABLE x.t(a);" \
		"$read;" "CREATE TABLE i AS SELECT data FROM fsdir('\''$PWD/../private'\'');" \
		"CREATE TEMP TRIGGER r AFTER INSERT ON h BEGIN $read; END; INSERT INTO h VALUES(1);" \
		"$(printf "CREATE VIEW v AS SELECT 1\ngo\n%s;" "$read")" "SELECT writefile('\''$PWD/../ran'\'', 1);"
	do
		printf "%s\n" "CREATE TABLE h(a);" "$tail" >../schema && rm -f ../evil.db &&
		sqlite3 ../evil.db "create table h(a); pragma writable_schema = 1; update sqlite_schema set sql = readfile(\"../schema\")" &&
		component 0 run evil && component 128 restore evil --into $PWD/../came.db &&
		test_grep "the dump has .*so sqlite3 is not given it; .*component restore evil --env [a-z]* --to evil.dump" ../err &&
		test_path_is_missing ../ran && test_path_is_missing ../came.db || return 1
	done
'

test_expect_success 'a restore that reads only the beginning is none' '
	rows "" >../many && for i in 1 2 3 4 5 6; do cat ../many ../many >../more && mv ../more ../many || return 1; done &&
	policy <<-EOF &&
	large: {type: command, run: [cat, $PWD/../many], restore: [head, -c, 10], environment: prod}
	EOF
	component 0 run large && component 128 restore large --into x && test_grep "head ended before it had read all of the dump" ../err
'

test_expect_success 'retention is of each component, and leaves tombstones' '
	policy <<-EOF &&
	orders:
	  type: command
	  run: [cat, $PWD/../rows]
	  environment: prod
	  retention: {keep-last: 2}
	EOF
	git for-each-ref refs/vault/component/prod/orders >../was && test $(wc -l <../was) -gt 3 &&
	others=$(($(dumps) - $(wc -l <../was))) &&
	git vault prune --keep-last 1 -n 2>../err && test_grep "would delete .* dumps of components" ../err &&
	git vault prune --keep-last 1 2>../err && test_grep "deleted .* dumps of components" ../err &&
	git for-each-ref refs/vault/component/prod/orders >../is && test $(wc -l <../is) -lt $(wc -l <../was) &&
	test $(($(dumps) - $(wc -l <../is))) = $others &&
	gone=$(sed -n "1s/.*orders.//p" ../was) && git cat-file -e refs/vault/deleted:$(echo $gone | cut -c 1-6)/$gone &&
	component 0 verify --all && component 0 restore orders --to - && cmp ../rows ../out && git vault verify --deep
'

test_expect_success 'dumps that somebody forged push none out' '
	git for-each-ref refs/vault/component/prod/orders >../was && ref=$(sed -n "\$s/.*\trefs/refs/p" ../was) &&
	forged=$(git cat-file blob $ref:record | sed "s/[0-9a-f]\{8\}\$/00000000/" | git hash-object -w --stdin) &&
	tree=$(git ls-tree $ref | sed "s/$(git rev-parse $ref:record)/$forged/" | git mktree) &&
	one=$(git cat-file commit $ref | sed "s/^tree .*/tree $tree/" | git hash-object -t commit -w --stdin) &&
	for id in 20990101T000000Z-00000001 20990102T000000Z-00000002 20990103T000000Z-00000003
	do
		git update-ref refs/vault/component/prod/orders/$id $one || return 1
	done &&
	git vault prune --keep-last 1 2>../err && test_grep "3 dumps of components stay: no key" ../err &&
	git for-each-ref refs/vault/component/prod/orders | grep -v /2099 >../is && test_cmp ../was ../is &&
	git for-each-ref --format="delete %(refname)" refs/vault/component/prod/orders/2099* | git update-ref --stdin
'

test_expect_success 'dumps travel with sync, and deletions do' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	git push -q origin HEAD && git vault -q sync >/dev/null &&
	git vault clone ../remote.git ../clone >../out 2>&1 &&
	(cd ../clone && git vault -q sync >/dev/null && git for-each-ref refs/vault/component) >../there &&
	git for-each-ref refs/vault/component >../here && test_cmp ../here ../there &&
	sed -i "s/keep-last: 2/keep-last: 1/" .gitvault.yaml && accept &&
	git vault prune --keep-last 1 2>../err && git vault -q sync >/dev/null &&
	(cd ../clone && git vault -q sync >/dev/null && git for-each-ref refs/vault/component) >../there &&
	git for-each-ref refs/vault/component >../here && test_cmp ../here ../there &&
	git -C ../remote.git for-each-ref refs/vault/component >../there && test_cmp ../here ../there
'

test_expect_success 'a policy that came by a pull runs nothing before it is accepted' '
	printf "components:\n  evil: {type: command, run: [touch, $PWD/../evil]}\n" >.gitvault.yaml &&
	git add -A && git commit -qm evil && git push -q origin HEAD &&
	(cd ../clone && git pull -q && test_expect_code 128 git vault component run evil 2>../err &&
		test_grep "no component .evil." ../err && git vault component run >../out 2>../err) &&
	test_path_is_missing ../evil
'

test_expect_success 'a dump that nobody with the key made is fed to no program' '
	component 0 verify orders && ref=refs/vault/component/prod/orders/$(sed -n "s/^intact *\([^ ]*\) .*/\1/p" ../out) &&
	git cat-file blob $ref:record | sed "s/^pieces .*/pieces 1/" | git hash-object -w --stdin >../record &&
	git ls-tree $ref | sed "s/blob [0-9a-f]*	record/blob $(cat ../record)	record/" | git mktree >../tree &&
	git update-ref $ref $(printf "x\n\nVault-Format: 1\n" | git commit-tree $(cat ../tree)) &&
	component 128 restore orders --to ../x && test_grep "its binding does not match" ../err && test_path_is_missing ../x &&
	component 1 verify orders && test_grep "^damaged .*binding" ../out
'

test_expect_success 'a password is no argument' '
	policy <<-EOF &&
	b: {type: mariadb, source: shop, options: [-phunter22]}
	EOF
	component 3 run && test_grep "b of shared was not stored: .*has a password" ../err && test_must_fail grep hunter ../err
'

# run NAME: carry out a display of the manual, in a shell of its own.
run () {
	awk -v name="$1" '
		$1 == ".\\\"" && $2 == "block" { found = $3 == name; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" >"$TMPDIR/run.sh" &&
	test -s "$TMPDIR/run.sh" && sh "$TMPDIR/run.sh"
}

test_expect_success AGE 'a chain of eight comes back by git, age and the script of the manual' '
	policy <<-EOF &&
	orders: {type: command, run: [cat, $PWD/../rows], environment: prod}
	EOF
	git for-each-ref --format="delete %(refname)" refs/vault/component/prod/orders | git update-ref --stdin &&
	i=0 && while test $i -lt 10
	do
		rows "/^[0-9]*$i	/s/paid/open $i/" >../rows && component 0 run || return 1
		cp ../rows ../rows.$i && i=$((i + 1))
	done &&
	KEY=$(ls "$HOME"/.config/git-vault/identity) && export KEY &&
	git clone -q --mirror . ../mirror.git && (cd ../mirror.git && run component && cmp ../rows orders.dump) &&
	for back in 9 8 7 6 5 4 3 2 1
	do
		(cd ../mirror.git && ref=$(git for-each-ref --format="%(refname)" refs/vault/component/prod/orders | tail -n 1) &&
			git update-ref -d $ref && run component && cmp ../rows.$((back - 1)) orders.dump) || return 1
	done
'

test_expect_success 'a broken base costs its chain, and is named' '
	last=$(git for-each-ref --format="%(refname)" refs/vault/component/prod/orders | tail -n 1) &&
	git repack -adq && git unpack-objects -q <$(ls .git/objects/pack/*.pack) && true &&
	blob=$(git ls-tree -r $last:blocks | sed -n 1p | cut -c 13-52) &&
	mkdir ../packs && mv .git/objects/pack/*.pack .git/objects/pack/*.idx ../packs/ &&
	for p in ../packs/*.pack
	do
		git unpack-objects -q <$p || return 1
	done &&
	rm -f .git/objects/$(echo $blob | cut -c 1-2)/$(echo $blob | cut -c 3-) &&
	component 1 verify orders && test_grep "^damaged .*orders" ../out && test_grep "piece .* of dump" ../out &&
	rows "/^[0-9]*5	/s/paid/late/" >../rows && component 0 run &&
	test_grep "the last dump of orders is no base: .*block" ../err &&
	component 0 verify orders && component 0 restore orders --to - && cmp ../rows ../out
'

test_done
