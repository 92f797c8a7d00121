#!/bin/sh
# shellcheck disable=SC2034,SC2154

test_description='watch says which folders moved: a snapshot looks at no others, and misses nothing'
. "$(dirname "$0")/test-lib.sh"

test_have_prereq LINUX || skip_all 'needs LINUX: inotify tells what the hint says'
. "$TEST_DIRECTORY/lib-watch.sh"

# a second of the clock is 20 of the decisions
GIT_VAULT_TEST_HASTE=20
export GIT_VAULT_TEST_HASTE

# how many questions were answered by names
hints () {
	git vault watch status --json 2>/dev/null |
		sed -n "s/.*\"hints\":\([0-9]*\).*/\1/p"
}

# how many questions there were, and whether a third of them had an answer: who
# asks may have gone by then on a machine that is busy
answers () {
	git vault watch status --json 2>/dev/null | python3 -c '
import json, sys
board = json.load(sys.stdin)
questions, hints = board["questions"], board["hints"]
print(questions, "questions,", hints, "hints")
sys.exit(questions < 30 or 3 * hints < questions)'
}

is_saved () {
	git vault watch status --json 2>/dev/null | grep -q "\"saved\""
}

# holds_all DIR: the last snapshot has each file as it is
holds_all () (
	cd "$1" && rm -f ../all-index &&
	GIT_INDEX_FILE=../all-index git add -A &&
	GIT_INDEX_FILE=../all-index git write-tree >../want &&
	git rev-parse "refs/vault/snapshots/$(git vault list --id-only |
		head -n 1):tree" >../have &&
	test_cmp ../want ../have
)

has_more () {
	test "$(hints)" -gt "$1"
}

# by_hint DIR: a snapshot that looks at what moved alone; where the machine is
# so busy that watch does not answer in time, the next one
by_hint () {
	before=$(hints)
	for try in 1 2 3 4 5 6 7 8
	do
		git -C "$1" vault -q snapshot >/dev/null || return 1
		for look in 1 2 3 4 5
		do
			has_more "$before" && return 0
			sleep 0.1
		done
	done
	return 1
}

# by_walk DIR: a snapshot where there is no hint; t/unit/t-notice.c tells when
by_walk () {
	git -C "$1" vault -q snapshot >/dev/null
}

# is_looked_at DIR: a restore asks for no hint; watch itself may, meanwhile
is_looked_at () {
	for try in 1 2 3 4 5
	do
		before=$(hints) && echo "$try" >"$1/u/f1" &&
			git -C "$1" vault restore latest --in-place u/f1 \
				>/dev/null 2>&1 && sleep 0.2 || return 1
		has_more "$before" || return 0
	done
	return 1
}

# the process of the running one
pid () {
	tr '\0' '\n' <"$HOME/.config/git-vault/watch/board" | sed -n 2p
}

# is_over PID: gone, or waiting for its parent
is_over () {
	test ! -d "/proc/$1" || grep -q "^State:.Z" "/proc/$1/status"
}

# priority PID: its nice value
priority () {
	awk '{ print $19 }' "/proc/$1/stat"
}

# begin: start it, and let it see the project twice
begin () {
	git vault watch start 2>/dev/null && wait_for is_saved &&
		git -C a vault -q snapshot >/dev/null && by_hint a
}

# the clock of file systems is compared with that of snapshots
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

test_expect_success 'set up a project with folders' '
	git init -q a && mkdir -p a/x/y/z a/u/v a/w &&
	for d in . x x/y x/y/z u u/v w
	do
		for f in 1 2 3
		do
			echo "$d $f" >a/$d/f$f || return 1
		done
	done &&
	git -C a add . && test_tick && git -C a commit -q -m one &&
	git vault project add a && git -C a vault -q snapshot
'

# a watch that answers the first question, is silent at the second, and notes of
# which moment each asks
test_expect_success 'a question that stays unanswered costs one whole walk' '
	cat >silent.py <<-\EOF &&
	import os, socket, struct, sys, time
	where = sys.argv[1] + "/.config/git-vault/watch"
	os.makedirs(where, exist_ok=True)
	listening = socket.socket(socket.AF_UNIX)
	listening.bind(where + "/hint")
	listening.listen(8)
	listening.settimeout(60)
	open("listens", "w").close()
	kept = []
	for i in range(3):
	    one = listening.accept()[0]
	    asked = one.recv(56)
	    print(struct.unpack("@16sQ", asked[32:])[1], flush=True)
	    if i == 0:
	        one.sendall(b"GVHINT2\0" + b"w" * 16 + struct.pack("@QQII", 5, 0, 0, 0))
	        one.close()
	    kept.append(one)
	    time.sleep(0 if i == 0 else 1.5)
	EOF
	{ python3 silent.py "$HOME" >asked & silent=$!; } && wait_for test -e listens &&
	for i in 1 2 3
	do
		echo $i >a/w/f1 && git -C a vault -q snapshot >/dev/null || return 1
	done && wait $silent && rm "$HOME/.config/git-vault/watch/hint" && printf "0\n5\n5\n" >expect && test_cmp expect asked
'

test_expect_success 'the second snapshot beside a running watch goes by the hint' '
	begin
'

test_expect_success 'watch, which commands wait for, has their priority, and a save the lowest' '
	priority $$ >expect && priority "$(pid)" >actual && test_cmp expect actual &&
	mkdir -p a/.git/hooks &&
	cat >a/.git/hooks/reference-transaction <<-\EOF &&
	#!/bin/sh
	test "$1" != committed || awk "{ print \$19 }" /proc/$$/stat >"$(git rev-parse --git-dir)/priority"
	EOF
	chmod +x a/.git/hooks/reference-transaction &&
	echo 1 >a/x/f1 && git -C a vault -q snapshot >/dev/null &&
	test_cmp expect a/.git/priority &&
	echo 2 >a/x/f1 && git -C a vault -q snapshot --auto >/dev/null && echo 19 >lowest &&
	test_cmp lowest a/.git/priority && rm a/.git/hooks/reference-transaction
'

test_expect_success 'each kind of change is found by the hint' '
	echo 2 >a/x/y/f1 && by_hint a && holds_all a &&
	printf 3 >>a/u/v/f2 && by_hint a && holds_all a &&
	chmod +x a/w/f3 && by_hint a && holds_all a &&
	touch -d 2001-01-01 a/w/f2 && by_hint a && holds_all a &&
	echo new >a/x/new && by_hint a && holds_all a &&
	rm a/x/f1 && by_hint a && holds_all a &&
	echo y >a/u/tmp && mv a/u/tmp a/u/f1 && by_hint a && holds_all a &&
	ln -s f1 a/u/link && by_hint a && holds_all a &&
	mkdir -p a/n/m/o && echo 1 >a/n/m/o/f && by_hint a && holds_all a &&
	echo 2 >a/n/m/o/f && by_hint a && holds_all a
'

# has DIR FILE: the last snapshot holds it
has () {
	git -C "$1" rev-parse -q --verify "refs/vault/snapshots/$(git -C "$1" \
		vault list --id-only | head -n 1):tree/$2" >/dev/null
}

test_expect_success 'rules that are written into in place hold for what is below' '
	echo "*.none" >a/x/.vaultignore && echo 1 >a/x/y/z/f.log &&
	by_hint a && has a x/y/z/f.log &&
	echo "*.log" >a/x/.vaultignore && by_hint a && ! has a x/y/z/f.log &&
	rm a/x/.vaultignore && by_hint a && has a x/y/z/f.log
'

test_expect_success 'a file is still open for writing: what was written is found' '
	exec 7>>a/x/y/f2 && echo 1 >&7 && by_hint a && holds_all a &&
	echo 2 >&7 && by_hint a && holds_all a && exec 7>&-
'

test_expect_success 'a file that has another name outside is looked at each time' '
	ln a/w/f1 other && echo 4 >>a/w/f1 && by_hint a && holds_all a &&
	echo 5 >>other && by_hint a && holds_all a
'

test_expect_success 'a folder that gave way to another one of its name is read to its end' '
	rm -r a/x && mkdir -p a/x/y/z && echo other >a/x/y/z/f1 &&
	echo 1 >a/x/f1 && by_hint a && holds_all a &&
	echo 2 >a/x/y/z/f1 && by_hint a && holds_all a
'

test_expect_success 'a folder was moved within the project: all is looked at once' '
	mv a/x/y a/moved && by_walk a && holds_all a &&
	echo 6 >a/moved/z/f1 && by_hint a && holds_all a &&
	mv a/moved a/x/y && echo 7 >a/x/y/z/f1 && by_walk a && holds_all a &&
	echo 8 >a/x/y/z/f1 && by_hint a && holds_all a
'

test_expect_success 'the project itself was moved away, and a copy put in its place' '
	git vault watch stop && cp -a a copy && begin && mv a away && mv copy a &&
	echo other >a/u/f1 && by_walk a && holds_all a &&
	git vault watch stop && rm -rf a && mv away a && begin
'

test_expect_success 'a young file that changed without a new stamp is read' '
	for i in 1 2 3 4 5
	do
		echo $i >a/u/f3 && git -C a vault -q snapshot >/dev/null &&
		echo x >a/u/f3 && by_hint a && holds_all a || return 1
	done
'

test_expect_success 'ignored files and rules that change are found' '
	echo "*.log" >a/u/.gitignore && echo 1 >a/u/x.log && by_hint a &&
	git -C a vault cat latest:u/x.log >one &&
	echo 2 >a/u/x.log && by_hint a &&
	git -C a vault cat latest:u/x.log >two && ! cmp one two &&
	rm a/u/.gitignore && git -C a vault -q snapshot >/dev/null && holds_all a
'

test_expect_success 'one that was killed, or begins again, gives no hint of before' '
	pid=$(pid) &&
	kill -9 "$pid" && echo 9 >a/u/f1 &&
	git -C a vault -q snapshot >/dev/null && holds_all a &&
	wait_for is_over "$pid" && echo 10 >a/u/f1 && begin &&
	holds_all a
'

test_expect_success 'before the safety snapshot of a restore, all is looked at' '
	by_hint a && is_looked_at a
'

# No save of watch is due for a minute: what comes back, a question brings back.
test_expect_success 'events were lost: all is looked at once' '
	git vault watch stop && (GIT_VAULT_TEST_HASTE=1 && begin) &&
	most=$(cat /proc/sys/fs/inotify/max_queued_events) &&
	pid=$(pid) &&
	kill -STOP "$pid" &&
	python3 -c "
for i in range($most // 2):
    f = open(\"a/w/many%d\" % (i % 2), \"w\")
    f.write(str(i))
    f.close()" && echo 12 >a/u/f1 &&
	git -C a vault -q snapshot >/dev/null && holds_all a &&
	kill -CONT "$pid" && by_walk a && holds_all a &&
	echo 13 >a/u/f1 && by_hint a && holds_all a
'

# Changes before, during and after walks that are held up at any moment, while
# watch saves, too.
test_expect_success 'a snapshot that is held up or killed at any moment loses no change' '
	cat >work.py <<-\END &&
	import os, random, shutil, signal, subprocess, sys, time

	seed, rounds = int(sys.argv[1]), int(sys.argv[2])
	r = random.Random(seed)
	def folders():
	    return [d for d, _, _ in os.walk(".") if not d.startswith("./.git")]
	def change(n):
	    d = r.choice(folders())
	    f = os.path.join(d, "f%d" % r.randrange(4))
	    what = r.randrange(8)
	    if what < 4:
	        with open(f, "w") as out:
	            out.write("%d\n" % r.randrange(10))
	    elif what == 4:
	        os.path.isfile(f) and os.remove(f)
	    elif what == 5:
	        os.makedirs(os.path.join(d, "d%d" % r.randrange(3), "e"), exist_ok=True)
	        with open(os.path.join(d, "g"), "w") as out:
	            out.write(str(n))
	        os.rename(os.path.join(d, "g"), f)
	    elif what == 6 and d != "." and d.count("/") > 1:
	        shutil.rmtree(d)
	        os.makedirs(os.path.join(d, "e"))
	        with open(os.path.join(d, "e", "f0"), "w") as out:
	            out.write(str(n))
	    elif d.count("/") > 1:
	        os.rename(d, "./m%d" % r.randrange(1000000))
	def snapshot():
	    return subprocess.Popen(["git", "vault", "-q", "snapshot"],
	        stdout=subprocess.DEVNULL)
	def tree(*words):
	    return subprocess.run(words, check=True, text=True,
	        stdout=subprocess.PIPE).stdout
	for n in range(rounds):
	    for i in range(r.randrange(3)):
	        change(n)
	    p = snapshot()
	    time.sleep(r.random() * 0.03)
	    os.kill(p.pid, signal.SIGSTOP)
	    for i in range(r.randrange(4)):
	        change(n)
	    if r.randrange(5) == 0:
	        os.kill(p.pid, signal.SIGKILL)
	    os.kill(p.pid, signal.SIGCONT)
	    if p.wait() not in (0, 3, 4, -9):
	        sys.exit("seed %d, round %d: it failed" % (seed, n))
	    if r.randrange(2):
	        change(n)
	    if snapshot().wait() != 0:
	        sys.exit("seed %d, round %d: it failed" % (seed, n))
	    env = dict(os.environ, GIT_INDEX_FILE="../work-index")
	    subprocess.run(["git", "add", "-A"], env=env, check=True)
	    want = subprocess.run(["git", "write-tree"], env=env, check=True,
	        text=True, stdout=subprocess.PIPE).stdout
	    last = tree("git", "vault", "list", "--id-only").split()[0]
	    have = tree("git", "rev-parse", "refs/vault/snapshots/%s:tree" % last)
	    if want != have:
	        sys.exit("seed %d, round %d: a change was missed" % (seed, n))
	END
	git vault watch stop && begin &&
	seed=${GIT_VAULT_TEST_SEED:-$(date +%s)} &&
	(cd a && python3 ../work.py "$seed" "${GIT_VAULT_TEST_ROUNDS:-15}") &&
	by_hint a && holds_all a && answers
'

git vault watch stop 2>/dev/null

test_lazy_prereq MOUNT 'mkdir -p on && unshare -m mount --bind on on'

test_expect_success MOUNT 'a file that is mounted from elsewhere is looked at each time' '
	git init -q m && mkdir m/x && echo 1 >m/x/f && echo 0 >outside &&
	git -C m add . && git -C m commit -q -m one &&
	git vault project add m &&
	cat >mounted.sh <<-\EOF &&
	mount --bind outside m/x/f &&
	git -C m vault -q snapshot >/dev/null &&
	git vault watch start 2>/dev/null && sleep 1 || exit
	for i in 1 2 3 4 5 6
	do
		git -C m vault -q snapshot >/dev/null && sleep 0.2 &&
			echo "$i" >>outside &&
			git -C m vault -q snapshot >/dev/null &&
			last=$(git -C m vault list --id-only | head -n 1) &&
			git -C m show "refs/vault/snapshots/$last:tree/x/f" >have &&
			cmp outside have || exit
	done
	EOF
	unshare -m sh -e ./mounted.sh
'

git vault watch stop 2>/dev/null
test_done
