#!/bin/sh
# shellcheck disable=SC2034,SC2154

test_description='next to watch, the list of projects says again what still holds, and nothing else'
. "$(dirname "$0")/test-lib.sh"

test_have_prereq LINUX || skip_all 'needs LINUX: inotify tells watch what happens in projects'
. "$TEST_DIRECTORY/lib-watch.sh"

# a second of the clock is 60 of the decisions
GIT_VAULT_TEST_HASTE=60
export GIT_VAULT_TEST_HASTE

# the clock of file systems is compared with that of watch
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

kept="$HOME/.config/git-vault/watch/projects"

all_saved () {
	git vault watch status --json 2>/dev/null >status &&
		test "$(grep -o "\"state\":\"[a-z]*\"" status | sort -u)" = "\"state\":\"saved\""
}

# truth_once: what a process in each project says now, and what the list says
truth_once () {
	git vault projects --json >list.json || return
	for p in a b c
	do
		git -C $p vault project show --json || return
	done >each.json
	python3 - <<-\END
	import json, sys
	listed = {p["path"]: p for p in json.load(open("list.json"))["projects"]}
	dec, text, bad = json.JSONDecoder(), open("each.json").read(), 0
	while text.strip():
	    one, at = dec.raw_decode(text.lstrip())
	    text = text.lstrip()[at:]
	    one.pop("schema", None)
	    # watch saves meanwhile
	    one.pop("size")
	    listed[one["path"]].pop("size")
	    if listed[one["path"]] != one:
	        print("listed:", listed[one["path"]], "is:", one)
	        bad = 1
	sys.exit(bad)
	END
}

# truth: a save may come between both once, and what is not true stays so
truth () {
	truth_once >said || truth_once >said || truth_once
}

# mark NAME: have what is kept call the branch of the projects so, with a sum
# that fits; a list that says so has looked at nothing
mark () {
	python3 - "$kept" "$1" <<-\END
	import sys, zlib
	b = open(sys.argv[1], "rb").read()[:-4]
	b = b.replace(b"\"branch\":\"main\"", b"\"branch\":\"" + sys.argv[2].encode() + b"\"")
	open(sys.argv[1], "wb").write(b + zlib.crc32(b).to_bytes(4, "big"))
	END
}

# says PROJECT...: those of which the list says what is kept
says () {
	git vault projects --json >list.json && rm -f "$kept" &&
		python3 -c '
import json
print(*sorted(p["name"] for p in json.load(open("list.json"))["projects"] if p["branch"] == "kept"))' >said &&
		echo "$*" >want && test_cmp want said
}

# all_kept: the list asked no process, so there was nothing new to keep
all_kept () {
	was=$(stat -c %i "$kept" 2>/dev/null)
	git vault projects >/dev/null && test "$was" = "$(stat -c %i "$kept")"
}

all_said_again () {
	all_kept && mark kept && says a b c
}

b_and_c_kept () {
	git vault projects >/dev/null && mark kept && says b c
}

# step PROJECT COMMAND: after it, nothing that is kept of this one is said again
step () {
	git vault projects >/dev/null && mark kept && eval "$2" &&
		git vault projects --json >list.json && rm -f "$kept" &&
		python3 - "$1" <<-\END
	import json, sys
	said = {p["name"] for p in json.load(open("list.json"))["projects"] if p["branch"] == "kept"}
	print("said again:", *said)
	sys.exit(sys.argv[1] in said or sys.argv[1] == "all" and said != set())
	END
}

test_expect_success 'set up three projects' '
	git config --global init.defaultBranch main &&
	for p in a b c
	do
		git init -q -b main $p && mkdir -p $p/x/y && echo 1 >$p/x/y/f && echo 1 >$p/x/g &&
		git -C $p add . && git -C $p commit -q -m one && git vault project add $p &&
		git -C $p vault -q snapshot >/dev/null || return 1
	done
'

test_expect_success 'without watch, nothing is kept' '
	git vault projects >/dev/null && test_path_is_missing "$kept" && truth
'

# No second save is due for a minute.
test_expect_success 'from the first save of watch on, what still holds is said again' '
	(GIT_VAULT_TEST_HASTE=1 && git vault watch start 2>/dev/null) && wait_for all_saved &&
	wait_for all_said_again && git vault watch stop 2>/dev/null
'

test_expect_success 'next to watch, what still holds is said again' '
	git vault watch start 2>/dev/null && wait_for all_saved && wait_for all_said_again && truth
'

test_expect_success 'what happens in the files of a project is seen at once' '
	wait_for all_kept && step a "echo 2 >>a/x/y/f" &&
	step b "mkdir -p b/n/m/o && echo 1 >b/n/m/o/f" && step c "rm c/x/g" && truth
'

test_expect_success 'so is what happens in a new folder, and to rights' '
	wait_for all_kept && step a "chmod +x a/x/y/f" && step b "echo 2 >b/n/m/o/f" &&
	step c "echo 1 >c/x/new" && truth
'

test_expect_success 'so are refs, and the vault' '
	wait_for all_kept && step a "git -C a update-ref refs/remotes/o/main HEAD" &&
	step b "git -C b commit -q --allow-empty -m two" &&
	step c "git -C c vault -q snapshot >/dev/null" && truth
'

test_expect_success 'so are settings, of a project and of the user' '
	wait_for all_kept && step a "echo \"*.tmp\" >a/.git/info/exclude" &&
	step b "git -C b config vault.scan false" && wait_for all_kept &&
	step all "git vault project set a phase live >/dev/null" && truth && wait_for all_kept &&
	step all "mkdir -p \"\$HOME/.config/git\" && echo x >\"\$HOME/.config/git/ignore\"" && truth
'

test_expect_success 'so are files that settings include, keys, and folders of a vault' '
	git config --global include.path "$HOME/included" && printf "[vault]\n\tscan = true\n" >"$HOME/included" && wait_for all_kept &&
	step all "printf \"[vault]\\n\\tscan = false\\n\" >\"\$HOME/included\"" && wait_for all_kept &&
	mkdir -p a/.git/vault/deep/er && wait_for all_kept && step a "echo 1 >a/.git/vault/deep/er/f" && wait_for all_kept &&
	: >>"$HOME/.config/git-vault/identity" && wait_for all_kept && step all "echo \"# note\" >>\"\$HOME/.config/git-vault/identity\"" && truth &&
	rm "$HOME/.config/git-vault/identity"
'

test_expect_success 'damage, and a watch that is gone: all is looked at' '
	wait_for all_kept && step all "echo x >>\"\$kept\"" && wait_for all_kept &&
	step all "git vault watch stop" && truth
'

test_expect_success 'a file with a name elsewhere may change without an event' '
	ln a/x/y/f other && git vault watch start 2>/dev/null && wait_for all_saved &&
	wait_for b_and_c_kept && echo 3 >>other && truth && echo 4 >>other && truth
'

git vault watch stop 2>/dev/null
test_done
