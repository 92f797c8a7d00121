#!/bin/sh

test_description='a secret comes back only where no more people read it

Alice reads all, bob reads "dev" only. Bob pushes snapshots that name secrets of
"prod" in files of "dev".'
. "$(dirname "$0")/test-lib.sh"

test_have_prereq PYTHON || skip_all 'python3 is not installed'

prod=Pr0dYaml-S3cret-8hGt5RvYc1
dev=D3v-S3cret-4mNv8bQx2LpA

# forge SNAPSHOT WORD...: prints the id of a copy of the newest snapshot, as
# somebody else would push it. Words: span (the secret of envs/prod/app.yaml in
# envs/dev/app.yaml), whole (envs/prod/.env as envs/dev/.env), large (the same of
# .env.local), new (the span in a file that is not there), link (a second name of
# the file of prod), policy (which says that envs/dev is prod), index (the span
# staged), clear (the span in docs/app.yaml), as-is.
cat >"$HOME/forge.py" <<'EOF'
import os, subprocess, sys, time

def git(*args, text=None):
    return subprocess.run(("git",) + args, input=text, check=True,
                          stdout=subprocess.PIPE).stdout

def blob(data):
    return git("hash-object", "-w", "--stdin", text=data).decode().strip()

snap, words = sys.argv[1], sys.argv[2:]
ref = "refs/vault/snapshots/" + snap
index = os.environ["GIT_INDEX_FILE"] = os.path.abspath(".git/forged")
lines = git("cat-file", "-p", ref + ":meta/secrets").decode().splitlines()[1:]

def line_of(path):
    return next(l for l in lines if l.endswith(" " + path)).split(" ")

def tree(top, put):
    if os.path.exists(index):
        os.unlink(index)
    git("read-tree", top)
    for path, oid in put:
        git("update-index", "--add", "--cacheinfo", "100644," + oid + "," + path)
    return git("write-tree").decode().strip()

def at(path):
    return git("rev-parse", ref + ":tree/" + path).decode().strip()

put, meta, more, index_lines = [], [], [], []
def move(source, target):
    put.append((target, at(source)))
    lines[:] = [l for l in lines if not l.endswith(" " + target)]
    lines.append(" ".join(line_of(source)[:-1] + [target]))
for word in words:
    if word == "span":
        move("envs/prod/app.yaml", "envs/dev/app.yaml")
    elif word == "whole":
        move("envs/prod/.env", "envs/dev/.env")
    elif word == "large":
        move("envs/prod/.env.local", "envs/dev/.env.local")
    elif word == "new":
        move("envs/prod/app.yaml", "envs/dev/new.yaml")
    elif word == "clear":
        move("envs/prod/app.yaml", "docs/app.yaml")
    elif word == "policy":
        put.append((".gitvault.yaml", blob(
            b"secrets:\n  scopes:\n  - path: envs/dev/**\n    scope: prod\n")))
    elif word == "link":
        put.append(("envs/dev/app.yaml", at("envs/prod/app.yaml")))
        move("envs/prod/app.yaml", "envs/dev/app.yaml")
        meta.append(("f", "l=1"))
    elif word == "index":
        src = line_of("envs/prod/app.yaml")
        index_lines.append(" ".join(src[:-1] + ["envs/dev/app.yaml"]))
lines.sort(key=lambda l: (l.split(" ", 7)[7], int(l.split(" ")[1])))
secrets = "git-vault secrets 1\n" + "".join(l + "\n" for l in lines)
new_tree = tree(ref + ":tree", put)
entries = ["040000 tree %s\ttree" % new_tree]
m = [l for l in git("ls-tree", ref + ":meta").decode().splitlines()
     if not l.endswith("\tsecrets")]
m.append("100644 blob %s\tsecrets" % blob(secrets.encode()))
if index_lines:
    m.append("100644 blob %s\tindex-secrets" % blob(
        ("git-vault secrets 1\n" + "".join(l + "\n" for l in index_lines)).encode()))
    entries.append("040000 tree %s\tindex" % tree(
        ref + ":tree", [("envs/dev/app.yaml", at("envs/prod/app.yaml"))]))
m.sort(key=lambda l: l.split("\t")[1])
entries.append("040000 tree %s\tmeta" % git(
    "mktree", text="".join(l + "\n" for l in m).encode()).decode().strip())
entries.sort(key=lambda l: l.split("\t")[1])
top = git("mktree", text="".join(l + "\n" for l in entries).encode()).decode().strip()
sid = snap[:17] + "%08x" % (int(time.time() * 1000) & 0xffffffff)
body = git("log", "-1", "--format=%B", ref).decode().rstrip("\n").replace(snap, sid)
body = "\n".join("Vault-Secrets: %d" % len(lines) if l.startswith("Vault-Secrets:")
                 else l for l in body.split("\n")) + "\n"
os.environ["GIT_AUTHOR_DATE"] = os.environ["GIT_COMMITTER_DATE"] = git(
    "log", "-1", "--format=%ct +0000", ref).decode().strip()
commit = git("commit-tree", top, "-p", "HEAD", text=body.encode()).decode().strip()
git("update-ref", "refs/vault/snapshots/" + sid, commit)
print(sid)
EOF

first=

forge () {
	python3 "$HOME/forge.py" "$first" "$@"
}

test_expect_success 'alice has secrets of prod and of dev, and bob reads dev' '
	XDG_CONFIG_HOME=$HOME/bob git vault key generate >"$HOME/bob.pub" 2>/dev/null &&
	mkdir -p envs/prod envs/dev docs &&
	printf ".env\n" >.gitignore &&
	printf "db:\n  password: $prod\n" >envs/prod/app.yaml &&
	printf "db:\n  password: $dev\n" >envs/dev/app.yaml &&
	echo "API_TOKEN=$prod" >envs/prod/.env &&
	echo "API_TOKEN=$dev" >envs/dev/.env &&
	python3 -c "
import random
random.seed(7)
print(\"\".join(random.choices(\"abcdefghij0123456789\", k=600000)))" >envs/prod/.env.local &&
	echo .env.local >>.gitignore && echo dev >envs/dev/.env.local &&
	echo docs >docs/app.yaml && echo f >f && git add f .gitignore docs &&
	git commit -qm init && git vault -q init 2>/dev/null &&
	git vault -q key add --name bob --new-scope --scope dev "$(head -n 1 "$HOME/bob.pub")" \
		2>/dev/null &&
	git vault snapshot -q >/dev/null &&
	first=$(git vault list --id-only)
'

# refused PATH: the restore in place ended with 5, named PATH, and left it
refused () {
	test "$status" = 5 && test_grep "$1 is left as it is" "$HOME/err" &&
	test_grep "bob reads this path (scope dev)" "$HOME/err" &&
	test_grep "cross-scope" "$HOME/err" && ! grep -rq "$prod" envs/dev docs
}

restore () {
	git vault restore "$@" >"$HOME/said" 2>"$HOME/err"
	status=$?
}

test_expect_success 'a forged place of a secret stays a placeholder' '
	id=$(forge span) &&
	restore "$id" --in-place && refused envs/dev/app.yaml &&
	restore "$id" --in-place envs/dev/app.yaml && refused envs/dev/app.yaml &&
	restore --json "$id" --in-place -n && test "$status" = 5 &&
	test_grep "\"cross_scope\":true" "$HOME/said" &&
	test_grep "\"to_scope\":\"dev\"" "$HOME/said"
'

test_expect_success 'so does a whole file, and one in chunks' '
	id=$(forge whole large) &&
	restore "$id" --in-place && refused envs/dev/.env &&
	test_grep "envs/dev/.env.local is left" "$HOME/err" &&
	echo dev >"$HOME/expect" && test_cmp "$HOME/expect" envs/dev/.env.local
'

test_expect_success 'what is not there is not made' '
	id=$(forge new) &&
	restore "$id" --in-place && test "$status" = 5 &&
	test_path_is_missing envs/dev/new.yaml
'

test_expect_success 'a policy in the snapshot says nothing of it' '
	id=$(forge span policy) &&
	test_when_finished "rm -f .gitvault.yaml" &&
	restore "$id" --in-place envs && refused envs/dev/app.yaml
'

test_expect_success 'what is staged follows the same rule' '
	id=$(forge index) &&
	restore "$id" --in-place --index && test "$status" = 5 &&
	git ls-files -s >"$HOME/staged" && ! git grep -q --cached "$prod" -- envs/dev docs
'

test_expect_success 'a path that is stored in clear is read by everybody' '
	test_when_finished "rm -f .gitvault.yaml" &&
	printf "secrets:\n  paths:\n  - path: docs/**\n    keep: clear\n" >.gitvault.yaml &&
	accept_policy && id=$(forge clear) && restore "$id" --in-place docs &&
	test "$status" = 5 && test_grep "stores this path in clear" "$HOME/err" &&
	! grep -q "$prod" docs/app.yaml
'

test_expect_success 'a second name of a file is no way around' '
	id=$(forge link) &&
	restore "$id" --in-place && refused envs/dev/app.yaml
'

test_expect_success 'a copy outside the working tree has every secret' '
	id=$(forge span whole) &&
	restore "$id" --to "$HOME/out" && test "$status" = 0 &&
	grep -q "$prod" "$HOME/out/envs/dev/app.yaml" &&
	test_expect_code 129 git vault restore "$id" --to "$HOME/out2" --cross-scope
'

test_expect_success 'a rollback touches nothing for it' '
	id=$(forge span) &&
	echo changed >>envs/prod/app.yaml &&
	git vault -q good mark dev --snapshot "$id" >/dev/null 2>&1 &&
	test_expect_code 5 git vault rollback dev >"$HOME/said" 2>"$HOME/err" &&
	test_grep "envs/dev/app.yaml" "$HOME/err" && test_grep "cross-scope" "$HOME/err" &&
	test_grep changed envs/prod/app.yaml
'

test_expect_success 'a rollback with --cross-scope writes them' '
	git vault -q rollback -y --cross-scope dev && grep -q "$prod" envs/dev/app.yaml && git vault -q undo -y &&
	! grep -q "$prod" envs/dev/app.yaml
'

test_expect_success '--cross-scope writes them' '
	id=$(forge span) &&
	restore "$id" --in-place --cross-scope && test "$status" = 0 &&
	grep -q "$prod" envs/dev/app.yaml
'

test_expect_success 'an own snapshot puts back what stood there, whatever the policy is now' '
	test_when_finished "rm -f .gitvault.yaml" &&
	printf "db:\n  password: $dev\n" >envs/dev/app.yaml &&
	printf "secrets:\n  scopes:\n  - path: envs/prod/app.yaml\n    scope: dev\n" >.gitvault.yaml &&
	echo gone >envs/prod/app.yaml &&
	restore "$first" --in-place envs/prod && test "$status" = 0 &&
	grep -q "$prod" envs/prod/app.yaml
'

test_expect_success 'a copy of it that somebody else made does not' '
	test_when_finished "rm -f .gitvault.yaml" &&
	printf "secrets:\n  scopes:\n  - path: envs/prod/app.yaml\n    scope: dev\n" >.gitvault.yaml &&
	accept_policy && echo gone >envs/prod/app.yaml && id=$(forge as-is) &&
	restore "$id" --in-place envs/prod && test "$status" = 5 &&
	test_grep gone envs/prod/app.yaml
'

test_expect_success 'where both are read by the same people nothing is held back' '
	id=$(forge span) &&
	printf "db:\n  password: $dev\n" >envs/dev/app.yaml &&
	git vault -q key remove bob 2>/dev/null >/dev/null &&
	restore "$id" --in-place envs/dev && test "$status" = 0 &&
	grep -q "$prod" envs/dev/app.yaml &&
	git vault -q key add --name bob "$(head -n 1 "$HOME/bob.pub")" 2>/dev/null &&
	printf "db:\n  password: $dev\n" >envs/dev/app.yaml &&
	restore "$id" --in-place envs/dev && test "$status" = 0 &&
	grep -q "$prod" envs/dev/app.yaml
'

test_done
