#!/bin/sh

test_description='one verb in very many repositories: skipped, shared out, resumed, and run by nobody else'
. "$(dirname "$0")/test-lib.sh"

# field FILE EXPRESSION: of its lines, as the list d
field () {
	python3 -c "
import json
d = [json.loads(line) for line in open('$1')]
v = $2
print(','.join(map(str, v)) if isinstance(v, list) else v)"
}

test_expect_success 'set up: bare repositories, a working tree, and folders that are none' '
	git init -q one && (cd one && echo a >a && git add a && test_tick && git commit -q -m one &&
		git vault -q snapshot) &&
	mkdir -p fleet/team/plain && for i in 1 2 3 4 5 6; do
		git clone -q --mirror one fleet/team/r$i.git || return 1
	done &&
	git init -q --bare fleet/empty.git && cp -R one fleet/tree && ln -s ../one fleet/link
'

test_expect_success 'without a project, --root or --list, the command that helps is named' '
	test_expect_code 128 git vault fleet status 2>err && test_grep "hint: git vault fleet status --root" err &&
	test_expect_code 129 git vault fleet burn 2>err && test_grep "status, snapshot, verify" err &&
	test_expect_code 129 git vault fleet status --root fleet --list x 2>err &&
	test_expect_code 128 git vault fleet status --root nowhere 2>err && test_grep nowhere err &&
	test_expect_code 129 git vault fleet status --root fleet --shard 3/3 2>err && test_grep "the last 2" err
'

test_expect_success 'status reads all below a folder, in text and in lines' '
	git vault fleet status --root fleet >out && test_line_count = 2 out &&
	test_grep "^/.*/fleet/tree: done, 1 change since its last snapshot" out &&
	test_grep "^status: 8 looked at or run, 1 without a snapshot, 1 with changes since the last snapshot" out &&
	git vault --json fleet status --root fleet >lines && test_line_count = 9 lines &&
	test "$(field lines "sorted(x[\"kind\"] for x in d[:-1])")" = "bare,bare,bare,bare,bare,bare,bare,worktree" &&
	test "$(field lines "[x[\"vault\"][\"snapshots\"] for x in d if \"empty\" in x.get(\"path\", \"\")]")" = 0 &&
	test "$(field lines "[x[\"output\"][\"files\"] for x in d if x.get(\"kind\") == \"worktree\"]")" = 1
'

test_expect_success 'packing refs changes no digest, a ref that moves does' '
	refs () {
		git vault --json fleet status --root fleet/team/r1.git >lines && field lines "d[0][\"refs\"]"
	} && a=$(refs) && git -C fleet/team/r1.git pack-refs --all && test "$(refs)" = "$a" &&
	git -C fleet/team/r1.git update-ref refs/heads/new HEAD && test "$(refs)" != "$a" &&
	git -C fleet/team/r1.git update-ref -d refs/heads/new && test "$(refs)" = "$a"
'

test_expect_success 'the registered projects are a fleet, as for -A' '
	git vault project add one >/dev/null && git vault fleet snapshot -v >out && test_line_count = 2 out &&
	test_grep "^/.*/one: done" out && git vault project remove one
'

test_expect_success 'verify skips what has not changed, but not what has, nor what failed' '
	git vault fleet verify --root fleet --report report >out && test_grep "^verify: 8 looked" out &&
	git vault fleet verify --root fleet --changed-from report >out && test_grep "^verify: 8 unchanged" out &&
	git -C fleet/team/r2.git update-ref refs/heads/new HEAD &&
	git vault --json fleet verify --root fleet --changed-from report >lines &&
	test "$(field lines "[x[\"path\"][-6:] for x in d if x.get(\"outcome\") == \"done\"]")" = r2.git &&
	later=$(($(date +%s) + 31 * 86400)) &&
	GIT_VAULT_TEST_TIME=$later git vault fleet verify --root fleet --changed-from report >out &&
	test_grep "^verify: 8 looked" out &&
	rm fleet/team/r3.git/objects/pack/*.pack &&
	{ git vault --json fleet verify --root fleet >lines || code=$?; } && test $code -ge 1 &&
	test "$(field lines "d[-1][\"exit\"]")" = $code &&
	test "$(field lines "[x[\"path\"][-6:] for x in d[:-1] if x[\"exit\"]]")" = r3.git &&
	test_must_fail git vault fleet verify --root fleet --changed-from lines >out && test_grep "r3.git: failed" out &&
	test_grep "7 unchanged" out && rm -r fleet/team/r3.git
'

test_expect_success 'a bare repository has no files to save, and copies need a target' '
	git vault --json fleet snapshot --root fleet/team >lines &&
	test "$(field lines "sorted(set(x[\"outcome\"] for x in d[:-1]))")" = skipped &&
	test_expect_code 128 git vault fleet replicate --root fleet/team --report copies >out &&
	test_grep "r1.git: failed.*no target" out &&
	mkdir store && git vault -C one key generate >/dev/null && git -C fleet/team/r1.git vault replicate add home "file://$PWD/store" >/dev/null &&
	test_expect_code 128 git vault fleet replicate --root fleet/team --changed-from copies --report again >out &&
	test_grep "^replicate: 5 looked at or run, 4 failed" out &&
	git vault fleet replicate --root fleet/team/r1.git --changed-from again >out && test_grep "^replicate: 1 unchanged" out
'

test_expect_success 'shards share a list: every repository in one of them' '
	find "$PWD/fleet" -name "*.git" -path "*/r?.git" | sort >list && : >all && for i in 0 1 2; do
		git vault --json fleet status --list - --shard $i/3 <list >part &&
		field part "\"\n\".join(x[\"path\"] for x in d[:-1])" >>all || return 1
	done && grep . all | sort >told && test_cmp list told &&
	JOB_COMPLETION_INDEX=1 git vault --json fleet status --list list --shard 3 >part &&
	git vault --json fleet status --list list --shard 1/3 >same && test_line_count = "$(grep -c . part)" same &&
	mkdir reports && git vault fleet status --list list --shard 1/3 --report reports >out &&
	test_path_is_file reports/status-1-of-3.jsonl &&
	test_expect_code 129 git vault fleet status --list list --shard 3 2>err && test_grep JOB_COMPLETION_INDEX err
'

test_expect_success 'lines that are no path, missing folders and doubles are named, and the rest is done' '
	{
		cat list && printf "a\000b\n\n" && echo "$PWD/fleet/team/plain" && echo "$PWD/gone" &&
			printf "%05000d\n" 1 && cat list
	} >odd && test_expect_code 128 git vault --json fleet status --list odd >lines &&
	test "$(field lines "d[-1][\"before\"]")" = 5 && test "$(field lines "d[-1][\"refused\"]")" = 4 &&
	field lines "\" \".join(m for x in d[:-1] for m in x[\"messages\"])" >out &&
	test_grep "line 6: the line has a NUL" out && test_grep "line 10: the line has more" out &&
	test_grep "not a repository" out && test_grep "is missing" out &&
	test_expect_code 128 git vault fleet status --list nothing 2>err && test_grep nothing err &&
	test_expect_code 128 git vault fleet status --list . 2>err
'

test_expect_success 'a list of a million lines is read once, in little memory' '
	python3 - <<-\END &&
	import resource, subprocess
	with open("million", "wb") as f:
	    f.writelines(b"/nowhere/%d\n" % n for n in range(999_990))
	    f.write(b"/a\0b\n" * 10)
	run = subprocess.run(["git-vault", "--json", "fleet", "status", "--list", "million",
	                      "--shard", "0/2000"], stdout=open("lines", "wb"))
	assert run.returncode == 128
	assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 64_000_000 // 1024
	END
	test "$(field lines "400 < len(d) < 600")" = True && test "$(field lines "d[-1][\"failed\"] == len(d) - 1")" = True &&
	test "$(field lines "d[-1][\"before\"] < 10")" = True
'

test_expect_success ROOT 'a repository of another user is refused, unless safe.directory names it' '
	cp -R fleet/team/r1.git theirs.git && chown -R 4711 theirs.git && echo "$PWD/theirs.git" >their-list &&
	for verb in status verify; do
		test_expect_code 128 git vault --json fleet $verb --list their-list >lines &&
		test "$(field lines "d[0][\"refs\"]")" = None && test_grep "safe.directory" lines || return 1
	done &&
	git config --global --add safe.directory "$PWD/theirs.git" &&
	git vault --json fleet verify --list their-list >lines && test "$(field lines "d[0][\"outcome\"]")" = done &&
	git config --global --unset-all safe.directory
'

test_expect_success 'a repository that would run something is refused, and hooks do not run' '
	evil () {
		rm -rf evil && cp -R one evil && git -C evil config "$1" "$2" && echo x >>evil/a
	} && run="touch $PWD/ran" &&
	for key in core.sshCommand credential.helper gpg.program filter.x.clean remote.origin.uploadpack; do
		evil $key "$run" && test_expect_code 128 git vault fleet snapshot --root evil >out &&
		test_grep "names a program" out && test_path_is_missing ran || return 1
	done && evil include.path more && printf "[core]\n\tsshCommand = %s\n" "$run" >evil/.git/more &&
	test_expect_code 128 git vault fleet snapshot --root evil >out && test_grep core.sshcommand out &&
	evil core.fsmonitor "$run" && printf "#!/bin/sh\n%s\n" "$run" >evil/.git/hooks/reference-transaction &&
	chmod +x evil/.git/hooks/reference-transaction &&
	git vault fleet snapshot --root evil -v >out && test_grep "evil: done" out && test_path_is_missing ran &&
	git -C evil config user.name me && git vault fleet status --root evil
'

test_expect_success 'a working copy of another tool is found by its vault, not as a bare repository' '
	mkdir -p others/copy/.hg others/none/.hg && : >others/copy/.hg/requires && : >others/none/.hg/requires && git clone -q --bare one others/copy/.hg/git-vault &&
	{ git vault --json fleet status --root others >lines || :; } && test_line_count = 2 lines && test_grep "others/copy\"" lines && test_grep "\"kind\":\"linked\"" lines
'

test_expect_success 'nothing runs from where git finds its configuration elsewhere, or from the hooks of a folder' '
	printf "#!/bin/sh\necho >>%s\nexit 1\n" "$PWD/ran" >run && chmod +x run && refused () {
		test_expect_code 128 git vault fleet sync --list odd-place >out && test_grep "$1" out && test_path_is_missing ran
	} && echo "$PWD/evil" >odd-place && evil remote.origin.url ssh://host/x && cp -R evil/.git evil/common &&
	git config -f evil/common/config core.sshCommand "$PWD/run" && echo ../common >evil/.git/commondir && refused core.sshcommand &&
	evil remote.origin.url ssh://host/x && cp -R evil/.git/. evil && git config -f evil/config core.bare true &&
	git config -f evil/config core.sshCommand "$PWD/run" && for head in "ref: nowhere" ""; do
		echo "$head" >evil/.git/HEAD && refused core.sshcommand || return 1
	done && rm evil/.git/HEAD && refused core.sshcommand &&
	evil remote.origin.url ./x && mv evil/.git/config evil/.git/kept && mkfifo evil/.git/config &&
	test_expect_code 128 git vault fleet verify --list odd-place --timeout 1s >out && test_grep "evil: refused" out &&
	mkdir away && evil core.worktree "$PWD/away" && test_expect_code 128 git vault fleet snapshot --list odd-place >out &&
	test_grep "another folder (core.worktree)" out && evil core.worktree .. && git vault fleet snapshot --list odd-place &&
	evil remote.origin.url ./bare && git init -q --bare evil/bare && cp run evil/bare/hooks/pre-receive && refused "not allowed"
'

test_expect_success 'a run that was killed goes on with the rest, and each is done once' '
	for i in 1 2 3 4 5 6 7 8 9; do
		cp -R fleet/team/r1.git fleet/team/k$i.git || return 1
	done &&
	{ git-vault fleet verify --root fleet/team --jobs 1 --report killed >/dev/null 2>&1 & } && pid=$! && tries=200 &&
	until test -s killed || test $tries -eq 0; do
		tries=$((tries - 1)) && sleep 0.02
	done && kill -9 $pid && { wait $pid || :; } 2>/dev/null &&
	printf "{\"command\":\"verify\",\"path\":\"/cut" >>killed &&
	git vault fleet verify --root fleet/team --report killed >out 2>err && test_grep "cut off" err &&
	grep -v "/cut" killed >whole && test "$(field whole "d[-1][\"complete\"]")" = True &&
	test "$(field whole "len([x for x in d if \"path\" in x])")" = 14 &&
	test "$(field whole "len(set(x[\"path\"] for x in d if \"path\" in x))")" = 14 &&
	git vault fleet verify --root fleet/team --report killed >out 2>err && test_grep "^verify: 14 unchanged" out
'

test_expect_success 'one that has no time left leaves the rest to the next run; one report has one writer' '
	test_expect_code 3 env GIT_VAULT_TEST_TICK=400 git vault fleet verify --root fleet/team --jobs 1 --max-time 3s --report late \
		>out 2>err && test_grep "the same command goes on" err && test "$(field late "d[-1][\"complete\"]")" = False &&
	git vault fleet verify --root fleet/team --report late >out && test_grep "done before" out &&
	test "$(field late "len(set(x[\"path\"] for x in d if \"path\" in x))")" = 14 &&
	test_expect_code 4 flock late git vault fleet verify --root fleet/team --report late >out 2>err &&
	test_grep "another run is writing" err &&
	test_expect_code 128 git vault fleet status --root fleet --report /dev/null 2>err && test_grep "no regular file" err &&
	test -c /dev/null
'

test_expect_success 'a drill is recorded; it does not clone a folder, whose hooks would run' '
	mkdir drilled && git clone -q --bare one drilled/origin.git && git clone -q drilled/origin.git drilled/work &&
	(cd drilled/work && git vault -q init && git vault -q snapshot --force && git vault -q sync) &&
	test_expect_code 1 git vault --json fleet drill --root drilled/work >lines &&
	test "$(field lines "d[0][\"output\"][\"result\"]")" = failed && test_grep "not allowed" lines &&
	git -C drilled/work vault drill list >out && test_line_count = 2 out
'

test_done
