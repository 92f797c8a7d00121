#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them
test_description='what Git ignores: stored within bounds, and what is left out is named'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# holds PATH…, lacks PATH…: the last snapshot, or not
holds () {
	git ls-tree -r -z --name-only "$snap:tree" | tr "\0" "\n" >../held &&
		for path_
		do
			grep -qxF "$path_" ../held || { echo "not held: $path_"; return 1; }
		done
}

lacks () {
	git ls-tree -r -z --name-only "$snap:tree" | tr "\0" "\n" >../held &&
		for path_
		do
			! grep -qxF "$path_" ../held || { echo "held: $path_"; return 1; }
		done
}

# sealed PATH…: what stands for it is a placeholder
sealed () {
	for path_
	do
		git cat-file blob "$snap:tree/$path_" >../blob &&
			test_grep "^GITVAULT.file:[0-9a-f]*.$" ../blob || return 1
	done
}

# put FILE…: each with its own name in it
put () {
	for path_
	do
		case $path_ in
		*/*) mkdir -p "${path_%/*}" ;;
		esac && echo "$path_" >"$path_" || return 1
	done
}

test_expect_success 'untracked folders that git does not ignore are stored, whatever their names' '
	put package.json Cargo.toml go.mod a.csproj CMakeLists.txt pyproject.toml \
		dist/a build/b target/c vendor/d bin/e obj/f out/g venv/h \
		coverage/i .cache/j public/k && take &&
	holds dist/a build/b target/c vendor/d bin/e obj/f out/g venv/h \
		coverage/i .cache/j public/k
'

test_expect_success 'but for a few names, and folders that their tools have marked' '
	put node_modules/x/y a/__pycache__/m.pyc live/.terraform/providers/p \
		env/pyvenv.cfg env/lib/z conda/conda-meta/h conda/bin/q tag/data/x tag/y false/x &&
	echo "Signature: 8a477f597d28d172789f06886806bc55" >tag/CACHEDIR.TAG &&
	echo "Signature: none" >false/CACHEDIR.TAG && take &&
	lacks node_modules/x/y a/__pycache__/m.pyc live/.terraform/providers/p \
		env/lib/z conda/bin/q tag/data/x tag/y tag/CACHEDIR.TAG &&
	holds false/x false/CACHEDIR.TAG && git vault status --ignored >../out &&
	for path in node_modules a/__pycache__ live/.terraform/providers env conda tag
	do
		test_grep "^  $path/  (build product or cache)" ../out || return 1
	done && test_grep ! "false" ../out
'

test_expect_success 'a tag that comes, goes or is tracked counts as it stands' '
	cp false/CACHEDIR.TAG ../invalid && cp tag/CACHEDIR.TAG false/ && take && lacks false/x &&
	cp ../invalid false/CACHEDIR.TAG && take && holds false/x &&
	rm tag/CACHEDIR.TAG && take && holds tag/y tag/data/x &&
	cp ../invalid tag/CACHEDIR.TAG && git add tag/y &&
	echo "Signature: 8a477f597d28d172789f06886806bc55" >tag/CACHEDIR.TAG && take &&
	holds tag/y tag/data/x && git rm -q -r --cached tag && rm -r tag && take
'

test_expect_success 'an ignored folder needs its tool beside it' '
	git init -q ../beside && cd ../beside &&
	printf "%s\n" target dist vendor bin obj venv build out .venv >.gitignore &&
	put target/a dist/b vendor/c bin/d obj/e venv/f build/g out/h .venv/i && take &&
	holds target/a dist/b vendor/c bin/d obj/e venv/f build/g out/h && sealed target/a dist/b &&
	lacks .venv/i && put Cargo.toml && take && lacks target/a && holds dist/b &&
	put package.json a.csproj requirements.txt go.mod && take &&
	lacks dist/b vendor/c bin/d obj/e venv/f build/g out/h && rm Cargo.toml && take &&
	holds target/a
'

test_expect_success 'what git tracks in a product is stored' '
	cd ../beside && put Cargo.toml && git add -f target/a && put target/new && take &&
	holds target/a && lacks target/new && git rm -q --cached target/a
'

test_expect_success 'ignored files are stored, and sealed as a whole' '
	git init -q ../ignored && cd ../ignored &&
	printf "%s\n" notes.txt "*.sqlite" uploads odd.bin link fifo wp-config.php nested >.gitignore &&
	put notes.txt local.sqlite uploads/p.jpg uploads/deep/er/q wp-config.php &&
	printf -- "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n" >odd.bin &&
	ln -s notes.txt link && mkfifo fifo && test_create_repo nested && test_commit -C nested n &&
	take && holds notes.txt local.sqlite uploads/p.jpg uploads/deep/er/q wp-config.php odd.bin link &&
	sealed notes.txt local.sqlite uploads/p.jpg uploads/deep/er/q wp-config.php odd.bin &&
	git ls-tree "$snap:tree" nested >../out && test_grep "^160000 commit" ../out &&
	git vault status --ignored >../out &&
	test_grep "^  local.sqlite  (database)" ../out &&
	test_grep "^  odd.bin  (by its content)" ../out &&
	test_grep "^  notes.txt  (within the bounds)" ../out &&
	test_grep "^  fifo  (socket, FIFO or device)" ../out &&
	test_must_fail git grep -q "^notes.txt" "$snap:tree" -- notes.txt &&
	git vault restore "$id" --to ../back && test_cmp notes.txt ../back/notes.txt
'

test_lazy_prereq STRACE 'strace -f -o x true && ! test_have_prereq SANITIZERS'

test_expect_success 'an unchanged tree is not read again' '
	cd ../ignored && take && test "$(field created)" = false &&
	if test_have_prereq STRACE
	then
		strace -f -e trace=openat -o ../trace git vault snapshot >../out &&
		test_grep ! "notes.txt" ../trace
	fi
'

test_expect_success 'over 1 MiB is left out and named, but for what is precious' '
	cd ../ignored && printf "%s\n" big.iso big.pem big2 >>.gitignore &&
	for f in big.iso big.pem big2
	do
		head -c 1048577 /dev/zero >$f || return 1
	done && printf "SQLite format 3\0" >db && cat big2 >>db && mv db big2 &&
	git vault snapshot >../id 2>../err && snap=refs/vault/snapshots/$(cat ../id) &&
	lacks big.iso && holds big.pem big2 &&
	tail -n 1 ../err >../last && test_grep "left out: .*1 ignored file over 1 MiB (1.00 MiB)" ../last &&
	test_grep "git vault status --ignored" ../last &&
	head -c 1048576 /dev/zero >big.iso && take && holds big.iso &&
	head -c 1048577 /dev/zero >big.iso && take && lacks big.iso &&
	git vault status --explain big.iso >../out && test_grep "larger than 1 MiB" ../out
'

test_expect_success 'a folder of more than 10,000 entries is one row' '
	cd ../ignored && echo many >>.gitignore && mkdir -p many/sub &&
	(cd many && test_seq 1 9999 | xargs touch && echo K=1 >.env && echo s >sub/f) &&
	take && holds many/.env && lacks many/1 many/sub/f &&
	git vault status --ignored >../out && test_grep "^  many/  (.*10,000 entries: 10000 left out)" ../out &&
	test "$(grep -c "^  many" ../out)" = 2 && git vault status --explain many/1 >../out &&
	test_grep "more than 10,000 entries" ../out &&
	(cd many && rm .env) && take && holds many/1 && lacks many/sub/f &&
	git vault status --ignored >../out && test_grep "ignored files beyond\|beyond the first" ../out
'

test_expect_success 'together 2,000 files, the first by their paths, the same each time' '
	cd ../ignored && git ls-tree -r --name-only "$snap:tree" many >../first &&
	mv many/9999 many/zz && take && git ls-tree -r --name-only "$snap:tree" many >../second &&
	test_cmp ../first ../second && rm .git/vault/index && take &&
	git ls-tree -r --name-only "$snap:tree" many >../second && test_cmp ../first ../second &&
	rm many/1 many/10 && take && git ls-tree -r --name-only "$snap:tree" many >../second &&
	test_line_count = "$(wc -l <../first)" ../second && test_grep ! "many/10$" ../second &&
	take_is_as_fresh && rm -r many && take
'

test_expect_success 'together 64 MiB' '
	cd ../ignored && echo heap >>.gitignore && mkdir heap &&
	(cd heap && head -c 1000000 /dev/zero >0 && for i in $(test_seq 100 169); do cp 0 $i || exit 1; done) &&
	take && holds heap/100 heap/160 && lacks heap/169 && git vault --json status >../out &&
	test_grep "\"kind\":\"over_total\"" ../out && rm -r heap
'

test_expect_success '--include and --exclude, from the current directory' '
	git init -q ../wishes && cd ../wishes && printf "%s\n" "*.iso" data >.gitignore &&
	mkdir -p sub data node_modules/x && put sub/u u data/a data/b node_modules/x/patch node_modules/y untracked/f &&
	head -c 1048577 /dev/zero >sub/big.iso && cp sub/big.iso top.iso && take &&
	lacks sub/big.iso top.iso && take --include "*.iso" && holds sub/big.iso top.iso && sealed top.iso &&
	take && lacks top.iso && (cd sub && git vault snapshot --include big.iso >../../id) &&
	snap=refs/vault/snapshots/$(cat ../id) && holds sub/big.iso && lacks top.iso &&
	take --exclude u --exclude data/ && lacks u sub/u data/a && holds untracked/f &&
	take --include node_modules/x/patch && holds node_modules/x/patch && lacks node_modules/y &&
	take --include node_modules/ && holds node_modules/y &&
	git add u && take --exclude u && holds u && git rm -q --cached u &&
	test_expect_code 129 git vault snapshot --include "!x" 2>../err && test_grep "is not a pattern" ../err &&
	test_expect_code 129 git vault snapshot --exclude "" 2>../err
'

test_expect_success '.vaultignore has the syntax of .gitignore, and negations bring in' '
	cd ../wishes && printf "%s\n" "# ours" "untracked/" "data/*" "!data/b" "!/top.iso" >.vaultignore &&
	take && lacks untracked/f data/a sub/big.iso && holds data/b top.iso .vaultignore &&
	printf "!big.iso\n" >sub/.vaultignore && take && holds sub/big.iso &&
	git vault status --ignored >../out && test_grep "^  untracked/  (excluded)" ../out &&
	test_grep "^  top.iso  (included)" ../out &&
	printf "%s\n" untracked/ "!untracked/f" >.vaultignore && take && holds untracked/f &&
	git vault status --ignored >../out && test_grep "^  untracked/f  (included)" ../out &&
	test_grep ! "^Ignored by git and" ../out && test_grep "or a rule leaves it out:$" ../out &&
	printf "%s\n" "# ours" "untracked/" "data/*" "!data/b" "!/top.iso" >.vaultignore && take &&
	git vault status --explain data/a >../out && test_grep "excluded (.vaultignore:3: data/\*)" ../out &&
	take --include data/a && holds data/a && git add -f untracked/f && take && holds untracked/f &&
	git rm -q --cached untracked/f && rm .vaultignore sub/.vaultignore && take && holds untracked/f data/a &&
	lacks top.iso && take_is_as_fresh
'

# nowish PATH WHAT: this .vaultignore does not count, and snapshot and status say so
nowish () {
	git vault snapshot >../id 2>../err && snap=refs/vault/snapshots/$(cat ../id) &&
		test_grep "warning: $1 is $2, so its patterns do not count" ../err &&
		holds a.iso sub/b.iso && git vault status >../out 2>../err &&
		test_grep "$1 is $2, so its patterns do not count" ../err &&
		test "$(grep -c "vaultignore is" ../err)" = 1 &&
		git vault status --ignored >../out 2>../err && test_grep "$1 is $2, so" ../err
}

test_expect_success 'a .vaultignore that is no file does not count, which is said' '
	git init -q ../nowish && cd ../nowish && mkdir sub && put a.iso sub/b.iso && echo "*.iso" >../patterns &&
	ln -s ../patterns .vaultignore && nowish .vaultignore "a symbolic link" && rm .vaultignore &&
	ln -s nothing sub/.vaultignore && nowish sub/.vaultignore "a symbolic link" &&
	echo .vaultignore >.gitignore && nowish sub/.vaultignore "a symbolic link" &&
	git vault snapshot --json >../out 2>../err &&
	test_grep "\"kind\":\"not_read\",\"path\":\"sub/.vaultignore\"" ../out &&
	rm sub/.vaultignore .gitignore && mkdir sub/.vaultignore && nowish sub/.vaultignore "a directory" &&
	put sub/.vaultignore/x && nowish sub/.vaultignore "a directory" && rm -r sub/.vaultignore &&
	mkfifo sub/.vaultignore && nowish sub/.vaultignore "a FIFO, socket or device" &&
	rm sub/.vaultignore && cp ../patterns .vaultignore && take && lacks a.iso sub/b.iso &&
	git vault status 2>../err >../out && test_grep ! "do not count" ../err
'

test_expect_success 'the policy includes and excludes, and what is nearer wins' '
	cd ../wishes && cat >.gitvault.yaml <<-END &&
	snapshots:
	  include: ["*.iso", node_modules/x]
	  exclude: untracked/
	END
	accept_policy &&
	take && holds top.iso sub/big.iso node_modules/x/patch && lacks untracked/f node_modules/y &&
	echo /top.iso >.vaultignore && take && lacks top.iso && holds sub/big.iso &&
	take --include top.iso && holds top.iso && rm .vaultignore .gitvault.yaml && take &&
	printf "snapshots: {inclde: x}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>../err && test_grep "the nearest is .include" ../err &&
	printf "snapshots: {include: \"!x\"}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>../err && test_grep ":1: include must be a pattern" ../err &&
	rm .gitvault.yaml
'

test_expect_success 'hooks store a changed ignored file once a day, others at once' '
	git init -q ../daily && cd ../daily && printf "%s\n" app.log .env key >.gitignore && put app.log .env u &&
	take --trigger hook && was=$(git rev-parse "$snap:tree/app.log") &&
	echo more >>app.log && echo more >>u && echo more >>.env && take --trigger hook &&
	test "$was" = "$(git rev-parse "$snap:tree/app.log")" &&
	git cat-file blob "$snap:tree/u" >../out && test_cmp u ../out && git vault verify "$id" &&
	git vault restore "$id" --to ../day1 && echo app.log >../expect && test_cmp ../expect ../day1/app.log &&
	test_cmp .env ../day1/.env && git vault snapshot --trigger watch 2>../err >../out &&
	test_grep "once a day" ../err && put key && take --trigger hook && holds key &&
	take && test "$was" != "$(git rev-parse "$snap:tree/app.log")" &&
	git vault restore "$id" --to ../day2 && test_cmp app.log ../day2/app.log
'

test_expect_success 'and the next day' '
	cd ../daily && was=$(git rev-parse "$snap:tree/app.log") && echo x >>app.log &&
	take --trigger hook && test "$was" = "$(git rev-parse "$snap:tree/app.log")" &&
	test_tick=$((test_tick + 90000)) && test_tick && take --trigger hook &&
	test "$was" != "$(git rev-parse "$snap:tree/app.log")"
'

test_expect_success 'a restore with --delete leaves ignored files that only the bounds could hold' '
	cd ../daily && take && put app2.log && echo app2.log >>.gitignore && take && put other.log &&
	echo other.log >>.git/info/exclude && echo K=2 >.env.new && echo .env.new >>.git/info/exclude &&
	git vault restore "$id" --in-place --delete 2>../err && test_path_is_file other.log &&
	test_path_is_missing .env.new && test_grep "1 file that git ignores stays" ../err
'

test_expect_success 'each folder of the table is left out where its proof is, and stored without' '
	git init -q ../table && cd ../table && python3 - "$GIT_VAULT_SRC_DIR/lib/infra/product.tsv" <<-\END &&
	import os, sys
	def put(path):
	    os.makedirs(os.path.dirname(path), exist_ok=True)
	    open(path, "a").write(path + "\n")
	n, ignored, held, out = 0, [], [], []
	for line in open(sys.argv[1]):
	    if line.startswith("#"):
	        continue
	    folder, proof, rule = line.rstrip("\n").split("\t")
	    how, marks = (proof + " ").split(" ", 1)
	    folder = folder.replace("*", "x")
	    for mark in marks.strip().replace("*", "x").split("|"):
	        for side in "with", "out":
	            n += 1
	            top = "r%d/" % n + folder
	            place = os.path.normpath(os.path.join(top, mark if how == "inside" else "../" + mark))
	            # without: no mark, and Git does not ignore it
	            if how != "name" and side == "out":
	                put(top + "/made")
	                held.append(top + "/made")
	                continue
	            put(top + "/made")
	            if mark:
	                put(place)
	            if how in ("ignored", "beside"):
	                ignored.append("/" + top)
	            out.append(top + "/made")
	open(".gitignore", "w").write("\n".join(ignored) + "\n")
	open("../lacks", "w").write("\n".join(sorted(out)) + "\n")
	open("../holds", "w").write("\n".join(sorted(held)) + "\n")
	END
	take && git ls-tree -r -z --name-only "$snap:tree" | tr "\0" "\n" | sort >../held &&
	LC_ALL=C sort ../held >../held.c && LC_ALL=C sort ../lacks >../lacks.c && LC_ALL=C sort ../holds >../holds.c &&
	test "$(wc -l <../lacks.c)" -gt 300 && LC_ALL=C comm -12 ../held.c ../lacks.c >../actual &&
	test_must_be_empty ../actual && LC_ALL=C comm -13 ../held.c ../holds.c >../actual && test_must_be_empty ../actual
'

test_done
