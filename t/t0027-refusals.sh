#!/bin/sh

test_description='what a command refuses, it refuses in a sentence with the status of its kind'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

T=$TMPDIR
slack=xoxb-2345678901-2345678901234-Kq7RvT2mXw9LzB4cNd8JhY3s

# refuses TITLE: the table on stdin has two lines a case: a status and the words
# of git vault, then the sentence that it fails with. @ID, @HERE and the like stand
# for the snapshot, the folder above, and runs of plans. A wrong usage comes with
# the hint where to read on, and nothing is changed.
refuses () {
	cat >"$T/table" && test_expect_success "$1" '
		git for-each-ref >$T/before && git status --porcelain >>$T/before &&
		sed "s|@ID|$id|g; s|@HERE|${PWD%/*}|g; s|@FAILED|$failed|g; s|@BACK|$back|g; s|@WEB|$web|g" \
			$T/table >$T/cases && fail_as_told <$T/cases >$T/odd && test_must_be_empty $T/odd &&
		git for-each-ref >$T/after && git status --porcelain >>$T/after && test_cmp $T/before $T/after
	'
}

fail_as_told () {
	rows=0
	while IFS= read -r words && IFS= read -r sentence
	do
		rows=$((rows + 1))
		eval "git-vault ${words#* }" >"$T/out" 2>"$T/err" </dev/null
		status=$?
		test $status = "${words%% *}" && case $words in
		*--json*) grep -qF "\"message\":\"$sentence" "$T/out" ;;
		129*) grep -qxF "git-vault: $sentence" "$T/err" && grep -q "^hint: git vault " "$T/err" ;;
		*) grep -qxF "git-vault: $sentence" "$T/err" ;;
		esac || {
			echo "$words: status $status"
			cat "$T/out" "$T/err"
		}
	done
	test $rows -gt 0 || echo "the table is empty"
}

# run PLAN: its run
run () {
	git vault plan run --yes --json "$1" | sed -n 's/.*"run":"\([^"]*\)".*/\1/p'
}

test_expect_success 'a table without a row is no success' '
	fail_as_told </dev/null >"$T/told" && echo "the table is empty" >"$T/expect" && test_cmp "$T/expect" "$T/told"
'

test_expect_success 'set up: two environments, a snapshot, a remote' '
	mkdir config ../outside &&
	printf "database:\n  host: db.local\n  port: 5432\n" >config/base.yaml &&
	printf "database:\n  host: db.prod.acme.io\n" >config/prod.yaml &&
	printf "database:\n  host: db.dev.acme.io\n" >config/dev.yaml &&
	git add . && test_tick && git commit -q -m first && git vault init -q &&
	id=$(git vault snapshot -q --tag first) && git init -q --bare ../bare.git &&
	git remote add origin ../bare.git && git vault sync -q origin
'

refuses 'commands that look at snapshots and files' <<\END
129 --project web -A status
--project and -A exclude each other
129 status --secrets --json
--secrets prints changed lines; leave out --json and other forms
129 status -- ../outside
../outside is outside the working tree
129 list --deleted --auto
--deleted and --auto exclude each other
129 list --deleted --oneline
--deleted goes with --limit and --id-only only
129 list --oneline --id-only
--oneline and --id-only exclude each other
129 show --secrets --json latest
--secrets prints changed lines; leave out --json
129 log -S x -G y
give -S or -G, not both
129 log -S x -p
-S and -G print a table; to see a change: git vault diff
129 log --metadata
--metadata is for the versions of one path; give the path
129 log --secrets
--secrets is for 'log -p'; leave out --json and other forms
129 log --secrets --json -p
--secrets is for 'log -p'; leave out --json and other forms
129 log -S x ':(icase)x'
-S and -G take paths of files and directories, not the pathspec ':(icase)x'
129 diff latest...latest
'diff' compares two snapshots as they are: write 'latest..latest' with two dots
129 diff --secrets --json latest
--secrets prints changed lines; leave out --json, -w, -b, --word-diff and other forms
129 diff latest:config/base.yaml latest:config/prod.yaml
'diff' compares one path of two snapshots, and 'config/base.yaml' and 'config/prod.yaml' are two; to compare the two files: diff <(git vault cat latest:config/base.yaml) <(git vault cat latest:config/prod.yaml)
129 diff latest:config/base.yaml config/base.yaml config/dev.yaml
'diff' takes no other paths behind SNAP:PATH; leave out 'config/dev.yaml'
129 diff latest:config/base.yaml config/dev.yaml
'diff' compares one path of two snapshots, and 'config/base.yaml' and 'config/dev.yaml' are two; to compare the two files: diff <(git vault cat latest:config/base.yaml) config/dev.yaml
129 cat latest
'cat' needs a path too: SNAP PATH, or SNAP:PATH
129 archive latest --json
stdout is for the archive; with --json, give -o FILE
129 verify --all latest
--all means every snapshot; name some, or all
129 verify --remote origin latest
--remote compares everything on the remote; it takes no snapshot and no other option except --all
129 verify --max-time 3m latest
--max-time is for all snapshots; leave the names out
129 verify --max-time soon
--max-time takes a duration as 90s, 10m or 2h, not 'soon'
129 env --keys --status
--explain, --keys and --status exclude each other
129 env --env prod
--env goes with --status
129 graph --impact HEAD
--impact wants two commits or snapshots, A..B; to compare with now: HEAD..HEAD
129 graph --json --format dot
--json and --format dot exclude each other
129 graph --path x --impact HEAD..HEAD
--path and --impact exclude each other
129 graph --at HEAD --impact HEAD..HEAD
--at and --impact exclude each other; --impact reads the second of its commits
129 graph --reverse
--reverse goes with --path
129 graph --depth 3
--depth goes with --path
128 graph --path config/prod.yml
there is no 'config/prod.yml' in this tree; did you mean 'config/prod.yaml'?
128 graph --path nope
there is no 'nope' in this tree
129 search --in web -A word
--in and -A exclude each other
128 -C ../outside search word
this is not a git repository; to search in all projects, add -A
129 reuse nope:3-1
'nope:3-1' is neither a file nor FILE:LINES, such as nope:10-40
129 reuse --between one
--between takes two projects
129 reuse a b
one file can be looked for at a time
128 -C ../outside reuse
no project is registered yet
129 check --format sarif --json
--json and --format sarif exclude each other
129 check --json --write-baseline -
with --json, give --write-baseline a file
129 check --patch --json
--patch does not go with --json, --format and --write-baseline
129 check --rule nope
unknown rule 'nope'; to list the rules: git vault check --list-rules
129 scan --json --write-baseline -
with --json, give --write-baseline a file
129 check --write-baseline - --json
with --json, give --write-baseline a file
END

refuses 'a remote by a wrong name, and keys without a repository' <<\END
129 sync origim
there is no remote 'origim'; did you mean 'origin'?
128 -C ../outside key adopt SHA256:x
this is not a git repository
END

refuses 'what config reads and writes' <<\END
129 config tag a b c
a name is given to one commit: git vault config tag a b
129 config access nope
'access' has no verb 'nope'; there is: git vault config access explain
129 config approve --verify --reason x
--verify gives no approval, so it takes neither --reason nor --identity
129 config validate --all --app nope
--app takes a version such as 2.3.1, or one of a service such as api=2.3.1, not 'nope'
129 config validate --all --app 1.0.0 --app 2.0.0
--app 1.0.0 and --app 2.0.0 are of the same services: give one, or one for each service, such as --app api=2.0.0
129 config validate --all --app 1.0.0
--app 1.0.0 decides nothing: no set that was checked has app: versions in .gitvault.yaml
129 config validate --all --app api=1.0.0
--app api=1.0.0 decides nothing: no set with app: versions has a service 'api' that was checked
128 config approve
the policy of refs/heads/main has no rules of access, so nothing needs an approval; see git-vault-policy(5)
129 config history --at latest database.host
'latest' is a snapshot, and a history is that of a commit; to see what it has: git vault config get --at latest
129 config history ''
a key is empty
128 config get nope
there is no 'nope' in the common layers; to see all keys: git vault config list
129 config set --env prod database.host
name a value, or give it on stdin: git vault config set --env prod --stdin database.host
129 config set --stdin --env prod database.host a
--stdin is the value of one key, and values on the command line exclude it
129 config set --env prod a b c
'c' has no value: each key needs one
129 config set --env prod --in-freeze a b
--in-freeze needs a --reason, which is recorded in the audit chain
129 config set --env prod --reason x a b
with set and unset, --reason goes with --in-freeze only
128 config set --env prod password hunter2hunter2
'password' is possibly a secret, and others can see the command line; to set it: git vault config set --env prod --stdin password
128 config tag v1 nope
'nope' is not a commit
128 config tag main
'main' is the name of a commit or snapshot already
128 config tag first
'first' is the name of a commit or snapshot already
129 config validate --all --env prod
--all and --env exclude each other
129 config validate
name an environment, or all of them: git vault config validate --all
END

refuses 'drift and drills' <<\END
129 drift --class nope prod dev
there is no class 'nope'
129 drift prod prod
'prod' and 'prod' are one environment
129 drift --reason x prod dev
--reason, --until and --owner go with accept
129 drift --from a --all
--from and --all exclude each other
129 drift --all prod
--all takes no environments
129 drift --from HEAD
--from takes one environment
129 drift prod
two environments are needed, or --all
129 drift --patch --json prod dev
--patch does not go with --all, --from, --since, --class and --json
129 drift --comments --patch prod dev
--comments does not go with --from, --state and --patch
129 drift --state --patch prod dev
--state does not go with --all, --from, --since and --patch
129 drift --state --since HEAD prod dev
--state does not go with --all, --from, --since and --patch
129 drift --since HEAD --from dev prod
--since and --from exclude each other
129 drift --since HEAD 'a#b' 'c#d'
FILE#KEY does not go with --since and --patch
128 -C ../bare.git drift --from a prod
--from needs a working tree, and @HERE/bare.git is a bare repository; run it in a clone
128 -C ../bare.git drift accept x --reason y
'drift accept' needs a working tree, and @HERE/bare.git is a bare repository; run it in a clone
129 drift accept
'drift accept' needs the key of a difference; to list them: git vault drift --all
129 drift accept x --all
'drift accept' goes with --state, --reason, --until and --owner only
129 drift accept x
'drift accept' needs a --reason
129 drift accept x --reason y --until tomorrow
--until takes a day such as 2027-01-31, not 'tomorrow'
128 drift accept no#key --reason y
there is no drift at 'no#key'; to list it: git vault drift --all
128 drift accept --state no.key --reason y
the saved states have no drift at 'no.key'; to list it: git vault drift --state A B
129 drill run --if-due soon
'soon' is not a duration; give one such as 24h or 90d, or policy
129 drill schedule --every soon
'soon' is not a duration; give one such as 24h or 90d
129 drill bisect latest
'drill bisect' takes two snapshots, one that passed and a later one that failed, or none
128 drill bisect
no drill has passed yet, so bisect needs the two snapshots as arguments; to list them: git vault list
128 drill bisect latest latest
@ID is not older than @ID: a bisection goes from a snapshot that passed to a later one that failed
129 drill run --budget soon
'soon' is not a duration; give one such as 90s, 10m or 2h
129 drill run --random --snapshot latest
--random and --snapshot exclude each other
END

refuses 'a restore is not guessed' <<\END
129 restore latest
say where to: --to DIR, or --in-place for the working tree
129 restore latest --to x --cross-scope
--cross-scope goes with --in-place only: --to writes every secret that you can read
129 restore latest --to x --index
--index goes with --in-place only
129 restore latest --in-place --with-base
--with-base goes with --to and a new directory, and without --overwrite, --delete, --dry-run and --env
129 restore latest --to x --delete
--delete with --to needs --overwrite too: a new directory holds nothing to remove
129 restore latest --in-place --index config
--index brings back all of the index, so it goes with no path; 'git restore --staged' or 'git add' stages some
129 restore latest --to x --with-base config
--with-base restores a working copy as a whole, so it goes with no path
129 restore latest --in-place --env prod config
--env names all files of an environment, so it goes with no path
129 restore latest --in-place --env prod --index
--index brings back all of the index, so it goes with no --env
129 restore latest --in-place --as blue
--as goes with --env, which names the environment whose files these are
129 restore latest --in-place --env prod --as blue --delete
--as writes the files of one environment and no others, so it goes without --delete
129 restore latest --in-place --env prod --as blue --with-related
--as writes the files of one environment and no others, so it goes without --with-related
129 restore latest --in-place --env prod --as blue --recurse-submodules
--as writes the files of one environment and no others, so it goes without --recurse-submodules
129 restore latest --in-place --force
--force goes with --env only
129 restore latest --in-place --with-related
--with-related goes with --env, or with the paths that something is related to; without them all files are restored
129 restore latest:config --in-place config
'latest:config' already names a path; to restore several, give all of them after the snapshot
129 restore latest --in-place --env prod --as 'a/b'
'a/b' cannot name an environment: a name has letters, digits, '.', '-' and '_'
129 restore latest --in-place --env prod --as prod
the files of prod would be restored as those of prod: without --as they are
129 restore latest --in-place --env prod --as blue '*.yaml'
with --as, '*.yaml' has to be the path of a file or folder
128 restore latest --in-place --env nope
snapshot @ID has no files of an environment 'nope'; it has files of dev, prod
129 restore project:  --to x
'project:' does not say which project; to list them: git vault project list
129 recover --approve prod
--approve goes with --as; a recovery of prod in place is approved by: git vault rollback --approve prod
129 recover --approve --as blue --dry-run prod
--approve is of a whole known-good record in place, and does nothing else: it goes with --as, --to, --replace, --cross-scope, --with-states and --reason alone
129 recover --replace prod
--replace goes with --as, which writes the files of prod elsewhere
129 recover --as 'a/b' prod
'a/b' cannot name an environment: a name has letters, digits, '.', '-' and '_'
129 recover --as prod prod
prod is recovered as itself without --as
129 recover --to 1 --at now prod
--to, --snapshot and --at exclude each other
129 recover --to nope prod
'nope' is not the number of a record; to list the records: git vault good list prod
129 rollback --approve --undo x
--approve says that an environment may go back to a record and does nothing else: it goes with --to, --reason and --identity alone
129 rollback --allow-unsigned prod
--allow-unsigned needs --to with the number of a record: an expression never selects an unsigned one
129 rollback --without-approval prod
--without-approval needs a --reason, which is recorded in the audit chain
129 rollback --in-freeze prod
--in-freeze needs a --reason, which is recorded in the audit chain
129 rollback --in-freeze --reason x --as-branch b prod
--approve and --as-branch change no environment, so they do not go with --in-freeze
129 rollback --undo x prod
--undo reverses one whole rollback; give only its id
129 rollback
name an environment, or a rollback to reverse by --undo ID
129 rollback --as-commit --scope code prod
--as-commit makes one commit of the code and touches nothing else: it goes with --to, --scope all, --reason, --without-approval and -n alone
129 rollback --as-branch b --scope code prod
--as-branch makes one commit of the code and touches nothing else: it goes with --to, --scope all and --reason alone
129 rollback --to good:dev prod
--to names a record of prod: its number, or good:prod~N, not 'good:dev'
129 rollback --to nope prod
a record is named by its number, as 'git vault good list' has it, not by 'nope'
128 rollback --undo latest
no rollback @ID was done in this working tree, or it was taken back already; 'git vault restore @ID --in-place --delete' brings the files of that snapshot back
128 -A rollback prod
nothing was changed: with -A, git vault rollback destroys work in each of your projects
128 undo
there is nothing to undo: this clone has done no restore in place, rollback, prune or delete; to go back to a snapshot: git vault restore SNAP --in-place
129 undelete
name the snapshots to undelete by their ids, which 'git vault list --deleted' shows, or give --all
129 undelete --all x
give ids, or --all, or --from REMOTE, and only one of these
END

refuses 'snapshots are marked and removed as the words say' <<\END
129 snapshot --auto --tag x
--auto excludes --only, --tag, --trigger and --recurse-submodules
129 snapshot --tag 'a b'
a tag is one word without blanks or control characters
129 snapshot --trigger nope
'nope' is not a trigger; use manual, hook, schedule, ci, watch or safety
129 tag latest 'a b'
a tag is one word without blanks or control characters
128 tag --delete latest first
the tag 'first' was given to snapshot @ID when it was taken; its commit keeps it for good
128 tag --delete latest nope
snapshot @ID has no tag 'nope'
128 delete --approve latest
the policy at HEAD requires no approvals to delete snapshots, so an approval has no effect; see git-vault-policy(5)
129 delete latest --without-approval
--without-approval needs a --reason, which is recorded in the audit chain
129 prune --approve --dry-run
--approve agrees to a removal and removes nothing, so it does not go with --dry-run or --without-approval
129 prune --without-approval
--without-approval needs a --reason, which is recorded in the audit chain
128 prune --approve
the policy at HEAD requires no approvals to prune snapshots, so an approval has no effect; see git-vault-policy(5)
129 repair --reparent
--reparent takes snapshots or --all-of COMMIT, and no --remote
129 repair --reparent latest --remote origin
--reparent takes snapshots or --all-of COMMIT, and no --remote
129 repair --all-of HEAD
--all-of goes with --reparent
129 fold --expire 1d
--expire limits --reclaim; give both
129 fold --auto --reclaim
--auto reclaims where it is due: leave --reclaim out
END

refuses 'copies, bundles and remotes' <<\END
129 sync --push-only --dry-run
--dry-run must fetch to learn what the remote has
129 sync --push-only --fetch-only
--push-only and --fetch-only leave nothing to be done
129 sync --refs x --since y
--refs names refs itself, and goes with neither --only nor --since
129 sync --remote origin
--remote goes with --resolve; else the remote is the argument
129 sync a b
name one remote: they are synced one at a time
129 sync upstraem
there is no remote 'upstraem'; list them by `git remote`, or add one by `git remote add`
129 sync origni
there is no remote 'origni'; did you mean 'origin'?
128 replicate push
there is no target for copies, so nothing was done; for how to add one: git vault help replicate
129 replicate verify --share 200
--share is a number of percent, from 1 to 100
129 replicate verify --share 20
--share goes with --level read: the other levels take nothing from the store
128 -C ../outside replicate status
this is not a git repository; for how to make one of a copy: git vault help replicate
129 -C ../outside replicate restore ../bare.git new --signer nope
--signer wants the fingerprint of a key, as ssh-keygen -l prints it: SHA256:…
129 replicate add one ../one --encrypt --bundles
a bundle for git clone cannot be encrypted: choose --encrypt or --bundles
129 replicate add one ../one --lock GOVERNANCE
--lock and --lock-days go together
129 replicate add one s3://bucket/x --lock SOME --lock-days 3
--lock must be GOVERNANCE or COMPLIANCE, not 'SOME'
129 replicate add one s3://bucket/x --sse SOME
--sse must be AES256, aws:kms or aws:kms:dsse, not 'SOME'
129 export --basis x --incremental y
use --basis or --incremental, not both
129 export --allow x --dry-run y
--dry-run changes nothing, and --allow does
129 export --json -
--json prints where the bundle is to go: name a FILE
129 import a b
one bundle is imported at a time
129 import --resolve ours a
--resolve needs the states to resolve, as ENV/STACK
END

refuses 'records, plans, components and keys' <<\END
129 good show prod nope
a record is named by its number, as 'git vault good list' has it, not by 'nope'
129 good revoke prod 1
a record is revoked for a reason: say it by --reason
129 good revoke prod nope --reason x
a record is named by its number, as 'git vault good list' has it, not by 'nope'
128 good verify prod 9
there is no record 9 of prod
128 plan new --template nope --env prod
there is no template 'nope'; list them: git vault plan new
129 plan new --template nope
'plan new' needs a template and an environment; to list templates: git vault plan new
129 component restore pg
say where to: --to FILE writes the dump, --into TARGET restores it into a server, a file or a directory
128 component restore pg --to x
there is no dump of a component yet; to make one: git vault component run
129 component restore pg --to - --json
--json and --to - both write to stdout
128 component run pg
the policy in force has no component 'pg'; if others wrote it, accept it first: git vault policy accept
128 component run --point p
the policy in force has no point 'p'; if others wrote it, accept it first: git vault policy accept
129 component run --point p x
--point and --env choose the components: leave the names out
129 component run --point p --env prod
--point and --env exclude each other
128 component run
no components are in force: describe them in 'components:' of .gitvault.yaml (git vault help component); if others did, accept them: git vault policy accept
129 key escrow --json
with --json, say --output too
128 -C ../outside key list
this is not a git repository
128 -C ../outside key rotate
this is not a git repository
129 project link web
say what it was rewritten from: --from PROJECT
129 fleet dance
unknown command 'fleet dance'; there are status, snapshot, verify, sync, replicate and drill
129 fleet status --timeout soon --root .
--timeout takes a duration of at most 24 days, such as 50m; this is 'soon'
129 fleet status --max-time 30d --root .
--max-time takes a duration of at most 24 days, such as 50m; this is '30d'
129 fleet status --root . --list x
--root and --list exclude each other
128 fleet status
no project is registered, and neither --root nor --list says where the repositories are
129 schedule run --now soon
'soon' is not a time; give one such as 2026-12-24T02:30:00Z
129 schedule list --now soon
'soon' is not a time; give one such as 2026-12-24T02:30:00Z
END

refuses 'what is asked of this installation' <<\END
129 -A completion bash
'completion' does not work in a project; leave -A out
129 completion tcsh
no completion is known for the shell 'tcsh'; there are scripts for bash, zsh and fish
129 completion candidates
'completion candidates' needs a shell and the words of a line
129 completion bash x
'completion bash' takes no other arguments
129 -A version
'version' does not work in a project; leave -A out
129 artifact record
record takes NAME=sha256:DIGITS one or more times, or files by --from
129 audit export
name a --format, json, csv or cef, or a --control
129 audit export --format csv --json
--json goes with --format json only
129 audit export --control nope
no control is called 'nope'; there are A1.2, A1.3, CC7.5, A.5.30, A.8.13, CP-4, CP-9, DORA-11 and DORA-12
129 doctor --brief origin
--brief asks no remote; leave it or 'origin' out
129 doctor --brief --fix --html x.html
--fix and --html exclude each other
129 doctor --html x.html
the page is of the quick checks: add --brief
129 doctor --brief --json --html -
with --json, give --html a file
129 hooks run nope
git vault has no hook 'nope'; to list its hooks: git vault hooks status
129 hooks install --client --server
--client and --server exclude each other
129 hooks run pre-push
pre-push needs the name of the remote, as githooks(5) says
129 hooks run svn-post-commit
svn-post-commit runs for a working copy of Subversion
129 serve --refresh 0
--refresh takes 1 to 86400 seconds, not 0
END

refuses 'what is not there is named' <<\END
128 good check prod nope
this clone has no commit 'nope'; in a pipeline, check out the commit that it deploys
128 env --status --env prd
there is no environment 'prd'; did you mean 'prod'?
128 env --status --env stagnation
there is no environment 'stagnation'; to list them: git vault env
129 config new-env staging
name the environment that 'staging' is to be like: --like prod
129 config merge-file config/base.yaml config/dev.yaml config/prod.yaml config/x.yaml 99999
a marker has 1 to 200 signs, not '99999'
129 schedule cancel ""
name the run
128 schedule cancel nope
no run 'nope' is at work here
128 state log --env prod --stack web
no state is saved yet; to save one: git vault state save FILE
128 recover --component nope prod
prod has no component 'nope' there; list them: git vault graph
129 recover prod
nobody can be asked here, so nothing was recovered; to do it: git vault recover --yes prod
128 recover --to 1 --as blue --approve prod
there is no record 1 of prod; to list records: git vault good list
128 recover --approve --as blue staging
only a known-good record can be approved; staging has none
129 plan new --template failover --env prod "a b"
'a b' cannot name a plan: at most 64 letters, digits, '-' and '_'
128 secret export
there is no secret to export
128 clone ../nowhere ../copy
git could not clone ../nowhere: see its message above
END

test_expect_success 'set up: records, a state, plans, projects' '
	git vault good mark --without-snapshot prod && git vault good mark --status candidate prod &&
	git vault good mark --snapshot first dev && git vault good revoke --reason bad dev 1 &&
	printf "{\"version\":4,\"serial\":1,\"lineage\":\"a\",\"outputs\":{},\"resources\":[]}" >$T/tfstate &&
	git vault state save --env prod --stack web $T/tfstate &&
	mkdir -p .gitvault/plans ../web ../gone ../one && cd .gitvault/plans &&
	printf "steps:\n  - {id: one, run: [\"true\"]}\n  - {id: two, run: [\"false\"]}\n" >loose.yaml &&
	printf "environment: prod\nsteps:\n  - {id: gate, kind: approve, approvals: 1}\n  - {id: one, run: [\"true\"]}\n" >gate.yaml &&
	printf "steps:\n  - {id: one, dance: x}\n" >bad.yaml &&
	printf "steps:\n  - {id: one, run: [\"true\"]}\n" >draft.yaml && cd ../.. &&
	printf "[]\n" >$T/list && echo "{}" >$T/empty &&
	printf "{\"version\":4,\n" >.git/cut && echo "PASS=k7Qz-plum-sable-41" | git vault secret import --scope prod --format env - &&
	secret=$(git vault secret list --json | sed -n "s/.*\"id\":\"\([0-9a-f]*\).*/\1/p") &&
	git vault replicate add one "file://${PWD%/*}/one" &&
	echo "git-vault: nothing" >$T/marks &&
	git add . && git commit -q -m plans && git vault policy accept &&
	echo "# changed" >>.gitvault/plans/draft.yaml &&
	back=$(run loose) && git vault plan undo --yes $back && failed=$(run loose) &&
	for p in web gone
	do
		git init -q ../$p && echo x >../$p/f && git -C ../$p add f && git -C ../$p commit -q -m x &&
			git vault -C ../$p project add && git vault -C ../$p snapshot || return 1
	done && web=$(git vault -C ../web list --id-only) && rm -r ../gone && ln -s ../outside ../web/link && echo "{" >../web/cut &&
	echo "token = $slack" >../outside/f && git vault good mark --without-snapshot prod && git vault check --write-baseline $T/baseline && echo word >>$T/baseline
'

refuses 'a record that is not good is not gone back to' <<\END
128 good verify dev 1
record 1 of dev is revoked, so there is nothing to verify
129 good verify --drilled soon prod
'soon' is not a duration; give one such as 24h or 90d
128 rollback --to 2 prod
record 2 of prod is a candidate, so nobody found it good; 'git vault good verify' does
128 rollback --to 1 dev
record 1 of dev was revoked by 2: bad; 'git vault good list dev' tells which are not
128 rollback --to 2 dev
record 2 of dev is a revocation, so nobody found it good
128 rollback --approve --to 1 prod
the policy at HEAD requires no approvals for a rollback of prod, so an approval has no effect; see git-vault-policy(5)
128 recover --to 1 dev
record 1 of dev was revoked; others: git vault good list dev
128 recover --to 1 --as blue --approve prod
the policy requires no approvals for blue, so an approval has no effect; see git-vault-policy(5)
128 recover prod
record 3 of prod is of a commit without a snapshot; to choose another one for --to: git vault good list prod
128 recover --to 3 prod
record 3 of prod is of a commit without a snapshot; to choose another one for --to: git vault good list prod
129 recover --to 1 --as blue prod
nobody can be asked here, so nothing was recovered; to do it: git vault recover --to 1 --as blue --yes prod
129 plan run --yes --input x loose
an input is NAME=VALUE, and 'x' is not
129 state restore --env prod --stack web --json
stdout is for the state; with --json, give --to FILE
129 state restore --env prod --stack web nope
'nope' names no version: say latest, latest~N, serial:N or the beginning of an id that 'git vault state log' tells
128 state log --env prod --stack nope
no state prod/nope is saved yet; to list saved states: git vault state list
END

refuses 'a plan is run as it was accepted, and a run goes on as it stands' <<\END
128 plan run bad
plan bad cannot be run: line 2: a step has no such key; did you mean 'once'?
128 plan run --yes draft
plan draft is not accepted as it is now; read it, then accept it
128 plan run --digest abc loose
plan loose does not have the content that --digest names: its SHA-256 is e77b2310b8825d6839c39141aa42a091eb0ebe824f7769ab78da664646a4c72f
129 plan run loose
nobody can be asked here, so nothing was run; to do it: git vault plan --yes run loose
129 plan run --in-freeze loose
--in-freeze needs a --reason, which is recorded in the audit chain
129 plan run --without-approval loose
--without-approval needs a --reason, which is recorded in the audit chain
128 plan approve gate $failed gate
run @FAILED was begun in this clone, and the approval of those who run a plan does not count; somebody else approves in their clone: git vault plan approve gate @FAILED gate
129 plan approve loose
plan loose names no environment; give one by --env
129 plan approve loose x
approve takes a plan alone, or a plan, a run and a step
128 plan approve loose x one
plan loose has no step 'one' that asks for approvals
129 plan resume --redo nope $failed
plan loose has no step 'nope'
128 plan resume --done one $failed
step one was not interrupted: it is passed
128 plan resume --redo one $failed
step one was not interrupted: it is passed
128 plan abort $failed
run @FAILED is over already
129 plan undo --yes --behind left $failed
no side of run @FAILED is behind, as far as is known, so --behind left is not needed
129 plan undo $failed
nobody can be asked here, so nothing was taken back; to do it: git vault plan --yes undo @FAILED
128 plan resume $back
run @BACK is taken back already
128 plan undo --yes $back
run @BACK is taken back already
128 plan abort $back
run @BACK is over already
128 plan undo nope
no run of this clone is 'nope'; list them: git vault plan history
128 plan new --template failover --env prod loose
there is a plan loose already; give the new one another name: git vault plan new --template failover --env prod loose-2
END

refuses 'a project is one of those that are registered' <<\END
128 project show gone
there is no folder @HERE/gone any more
128 --project gone status
the folder of the project 'gone' is missing: @HERE/gone
129 --project web restore project:web --to x
'project:web' names a project, and so does --project
128 restore project:web --in-place
nothing was changed: this would overwrite or remove what the project web has, in @HERE/web
129 project link web@main --from web
the newer one is the project as it is now; only the one that it was rewritten from may be a branch
128 project unlink web
'web' is not linked to any project
128 project unlink web --from gone
'web' is not linked to gone
128 -A delete latest
nothing was changed: with -A, git vault delete destroys work in each of your projects
128 check --baseline $T/list
'@HERE/tmp/list' is not a baseline of git vault check; --write-baseline writes one
128 check --baseline $T/baseline
@HERE/tmp/baseline:2: a line has to be a rule and a subject
128 secret import --scope prod $T/list
@HERE/tmp/list: line 1: there is no NAME=value
128 secret import --scope prod --format json $T/empty
@HERE/tmp/empty: it has no secret
129 replicate prune --grace soon one
--grace wants a length of time, such as 7d, not 'soon'
129 secret show --output $T/x $secret
--output goes with --reveal
129 state repair --from x .git/cut
'x' names no version: say latest, latest~N, serial:N or the beginning of an id that 'git vault state log' tells
128 search --in nope word
no project is called 'nope'; did you mean 'gone'?
END

refuses 'what has no such name, place or form is not looked for' <<\END
129 -C ../bare.git diff $id
there is no working tree here; name two snapshots
128 -C ../web restore latest --in-place --env prod
snapshot @WEB has no files of an environment 'prod', nor of any other one; to see why: git vault env --explain PATH
128 -C ../outside scan --write-baseline b f
a baseline lists fingerprints, and these findings do not have any outside of a repository
129 rollback --reason "$(printf "a\nb")" prod
--reason takes one line
128 -C ../web drift --all
--all compares 2 to 16 environments, and there are 0; to list them: git vault env
129 doctor nope
there is no remote 'nope'; list them by `git remote`, or add one by `git remote add`
128 rollback --to 3 prod
record 3 of prod is of a commit without a snapshot, so its files are not known; go back further by --to, to its states alone by --scope state, or check its commit out
129 -C ../web state repair --from x cut
a version of which state? say it by --env and --stack
128 -C ../web state repair --with-lost cut
no intact version is stored to take the missing resources from; give --env and --stack, or leave out --with-lost
128 restore --in-place --env prod --as dev latest
nothing was restored: config/dev.yaml is there with other content; --overwrite if-changed replaces what dev has
128 restore "good:prod~x" --to y
'good:prod~x' is invalid: a number must follow '~'
128 restore good:prod~9 --to y
no known-good record is 'good:prod~9'; there are 2, so ~1 is the oldest; record 2 is a candidate, 'git vault good verify prod' makes it one
128 show 20050101T000000Z
no snapshot has the id '20050101T000000Z'; the nearest is @ID
129 rollback --as-branch "a b" --to 1 prod
'a b' cannot be a branch's name
128 config tag -d nope
there is no configuration 'nope'; to list them: git vault config tag
129 config tag "a b"
a name has letters, digits, '.', '_' and '-', at most 64, and begins with a letter or digit
128 config set --env nope a b
the layout 'config' has no file of the environment 'nope'
129 config set "" b
a key is empty
129 config get --env "" a
'' is no name of an environment
128 config set --layer ../x a b
'../x' is no layer here, by its path from the top of the working tree; to list the layers: git vault config explain a
128 config unset nope
config/base.yaml: there is no 'nope' to remove
128 config new-env --like nope staging
the environment 'nope' has no layer of its own that Git tracks; environments that are known: dev, prod
128 config new-env --like prod dev
config/dev.yaml is there already; to change it: git vault config set --env dev
128 config new-env --like prod base
config/base.yaml is a layer of all environments, so none can be called 'base' here; choose another name
129 config new-env --like prod a/b
'a/b' can be no name of an environment: letters, digits, '.', '_' and '-', a letter or digit first
128 -C ../bare.git config get a
a bare repository has no working tree; name a commit or snapshot: --at HEAD
128 -C ../web config init
no layered configuration is recognised here: there is no config/base.yaml, values.yaml, hiera.yaml, group_vars/all.yml, application.yml, variables.tf, .env or base/config.yaml; for one in the folder of a service, add --service; to declare other files: git vault help configuration
END

test_expect_success 'a folder that is gone leads nowhere' '
	mkdir ../dead && (cd ../dead && rmdir ../dead &&
		test_expect_code 128 git-vault restore project:web --to x 2>$T/err) &&
	test_grep "^git-vault: the current folder is gone, so .x. leads nowhere$" $T/err
'

# no STATUS SENTENCE COMMAND…: on a terminal that says no
no () {
	code=$1 sentence=$2 && shift 2 && test_expect_code $code answering n -- git-vault "$@" >$T/out &&
	grep -qxF "error: $sentence" $T/out || {
		cat $T/out
		return 1
	}
}

test_expect_success PYTHON 'a terminal is no place for a bundle or a value, and its no is no' '
	no 129 "a bundle is not printed on a terminal; name a FILE, or send it elsewhere" export - &&
	no 129 "give the new value on stdin, or by --value-from FILE" secret rotate $secret &&
	no 130 "nothing was run" plan run loose && no 130 "nothing was taken back" plan undo $failed &&
	no 130 "nothing was recovered" recover --to 1 prod
'

test_expect_success 'set up: layers of other forms, large files, dumps' '
	head -c 2000000 /dev/zero | tr "\000" x >$T/large && truncate -s 65M $T/huge &&
	for p in hiera glob huge fresh comp set
	do
		git init -q ../$p && git -C ../$p commit -q --allow-empty -m x || return 1
	done &&
	mkdir ../hiera/data ../glob/data ../huge/config ../fresh/config &&
	printf "version: 5\nhierarchy:\n  - {name: all, path: common.yaml}\n" >../hiera/hiera.yaml &&
	printf "version: 5\nhierarchy:\n  - {name: all, glob: \"*.yaml\"}\n" >../glob/hiera.yaml &&
	echo "a: 1" >../hiera/data/common.yaml && cp ../hiera/data/common.yaml ../glob/data &&
	truncate -s 65M ../huge/config/base.yaml && echo "a: 1" >../fresh/config/base.yaml &&
	printf "config:\n  app:\n    layers:\n      - conf/{env}.yaml\n" >../set/.gitvault.yaml &&
	git -C ../hiera add . && git -C ../glob add . && git -C ../set add . &&
	for env in prod dev
	do
		printf "components:\n  own: {type: command, environment: $env, run: [echo, x]}\npoints:\n  night: {components: [own], before: [\"false\"]}\n" >../comp/.gitvault.yaml &&
		git -C ../comp add . && git -C ../comp commit -q -m $env && git vault -C ../comp init -q && git vault -C ../comp policy accept &&
		git vault -C ../comp component run own || return 1
	done
'

refuses 'large values, layers of other forms and dumps are told apart' <<\END
128 config set --stdin a <$T/large
the value is larger than 1 MiB
128 secret import --scope prod --format json $T/huge
@HERE/tmp/huge is larger than 64 MiB, which no value is
128 -C ../huge config get a
config/base.yaml: it is larger than 64 MiB
128 -C ../hiera config init
hiera.yaml says itself what its layers are; no set is needed
128 -C ../hiera config new-env --like a b
hiera.yaml names the files of its hierarchy itself; copy those of 'a' by hand
128 -C ../glob config get a
hiera.yaml: not supported: glob (data/*.yaml)
128 -C ../fresh config init
Git tracks no file of the layout 'config'; to add them: git add
128 -C ../set config get a
.gitvault.yaml: no layer of the set 'app' exists
129 restore latest --to ""
--to needs a directory's name
128 restore latest --with-base --to ../x
snapshot @ID does not know of a working copy of Subversion or Mercurial; restore it without --with-base
128 -C ../bare.git restore $id --in-place
this repository has no working tree; use --to DIR
129 rollback --scope nope prod
'nope' is not a scope of a rollback; scopes are code, config, secrets, files (the first three) and state
128 -C ../comp component run --point night
before the point night: false ended with status 1
129 -C ../comp component list own
the environments dev and prod both have a component 'own': name one by --env
129 -C ../comp component restore --to ../x own
the environments dev and prod both have a component 'own': name one by --env
128 -C ../comp component restore --to ../x nope
there is no dump of a component 'nope'; there are dumps of own
128 -C ../comp component restore --to ../x --env prod own 9
no dump of own is '9'; to list them: git vault component list --env prod own
128 -C ../comp component restore --to ../x --env prod own 2
no dump of own is '2'; to list them: git vault component list --env prod own
128 -C ../comp component restore --to ../x --env prod --label nope own
no dump of own has the label 'nope'; to list them: git vault component list --env prod own
128 -C ../comp component restore --into ../x --yes --env prod own
the policy in force has no component own of prod, so nobody knows how to restore it; to get the dump: git vault component restore --env prod own --to own.dump
128 export --incremental $T/c
nothing was exported from here yet, so nothing can be left out: export without --incremental first
END

test_done
