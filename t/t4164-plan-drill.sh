#!/bin/sh

test_description='a recovery plan is rehearsed in a drill, with its commands in a sandbox'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'

# run STATUS COMMAND ARG…
run () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# share: the plan from standard input is accepted, pushed and saved
share () {
	cat >.gitvault/plans/lost.yaml && git add -A && git commit -qm plan &&
	git vault -q policy accept >/dev/null && git vault -q good mark prod >/dev/null &&
	git push -q origin HEAD && git vault -q sync >/dev/null
}

test_expect_success 'set up: an environment with a secret, a state and a record' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod .gitvault/plans && echo ".env" >.gitignore &&
	printf "replicas: 3\nregion: west # where\n" >live/prod/app.yaml &&
	echo "DB_PASSWORD=c0rrect-h0rse-battery" >live/prod/.env &&
	git add -A && git commit -qm one && git vault key generate && git vault -q snapshot &&
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":7,\"lineage\":\"l\"," >../s &&
	printf "\"outputs\":{},\"resources\":[]}\n" >>../s &&
	git vault -q state save --env prod --stack net --new ../s
'

test_expect_success SPACES 'a plan brings back what it needs, and reaches nothing of this host' '
	echo "outside" >../host-file && mkdir ../home-file && export HOST_FILE="$PWD/../host-file" &&
	share <<-END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: state, kind: state, stack: net, into: "\${{ folder }}/net.tfstate"}
	  - {id: have, needs: [files], run: [grep, -c, DB_PASSWORD, live/prod/.env], outputs: {n: stdout}}
	  - {id: hand, needs: [have], shell: "echo \$N >made", env: {N: "\${{ steps.have.outputs.n }}"}, preconditions: [{key: replicas, file: live/prod/app.yaml, expect: "3"}]}
	  - {id: made, needs: [hand], check: {file: made}}
	  - {id: east, needs: [made], kind: switch, file: live/prod/app.yaml, key: region, to: east, after: {command: [grep, "region: east # where", live/prod/app.yaml]}}
	  - {id: bound, needs: [state], shell: "cat \$DIR/*.tfstate* | grep -q lineage", env: {DIR: "\${{ folder }}"}}
	  - {id: apart, needs: [east], shell: "test ! -e $PWD/../host-file && test ! -e $PWD/.git && test ! -e $HOME/.config/git-vault/identity && ! (exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null"}
	  - {id: agree, needs: [apart], kind: approve}
	  - {id: tell, needs: [agree], shell: "touch $PWD/../told || true; sed -n s/^Uid:.//p /proc/self/status"}
	END
	git status --porcelain >../before && run 0 plan drill lost &&
	test_grep "plan *passed.*9 steps passed, 1 skipped" .git/out && test_path_is_missing ../told made &&
	git status --porcelain >../after && test_cmp ../before ../after && test_path_is_missing .git/vault/plans &&
	test_grep "region: west" live/prod/app.yaml
'

test_expect_success SPACES 'a rehearsal writes nothing outside of its tree' '
	top=${PWD%/*} && share <<-END &&
	environment: prod
	steps:
	  - {id: state, kind: state, stack: net, into: $top/away.tfstate}
	  - {id: files, kind: restore, into: $top/away.d}
	  - {id: other, kind: restore, into: ../away.e}
	END
	run 0 plan drill lost && test_grep "plan *passed.*3 steps passed" .git/out &&
	test_path_is_missing ../away.tfstate ../away.d ../away.e
'

cat >../keys.py <<\END
import ctypes, os, sys
call = ctypes.CDLL(None, use_errno=True).syscall
call.restype = ctypes.c_long
if sys.argv[1] == "add":
    assert call(250, 1, b"git-vault-test", 0, 0, 0) >= 0
    assert call(248, b"user", b"git-vault-test", b"of-the-host", 11, -3) >= 0
    os.execvp(sys.argv[2], sys.argv[2:])
key = call(250, 10, -3, b"user", b"git-vault-test", 0)
text = ctypes.create_string_buffer(100)
n = call(250, 11, key, text, 100, 0) if key >= 0 else -1
print("found", text.raw[:n].decode() if n >= 0 else "nothing")
END

# The numbers of the system calls are those of this machine.
test_lazy_prereq KEYRINGS 'test "$(uname -m)" = x86_64 && python3 "$TRASH_DIRECTORY/../keys.py" add true'

test_expect_success SPACES,KEYRINGS 'nor does it read the keyrings of this host' '
	cp ../keys.py . && python3 ../keys.py add python3 keys.py read >.git/out && test_grep "found of-the-host" .git/out &&
	share <<-\END &&
	steps:
	  - {id: keys, run: [python3, keys.py, read]}
	END
	test_expect_code 0 python3 ../keys.py add git vault plan run --yes --sandbox lost >.git/out 2>.git/err &&
	test_grep "found nothing" .git/out && ! grep of-the-host .git/out .git/err &&
	rm -r .git/vault/plans
'

test_expect_success SPACES 'a step that fails is named, and what needs a network could not be tried' '
	share <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: bad, needs: [files], shell: "echo said; exit 7"}
	END
	run 1 --json drill run --no-validators --env prod --plan lost && grep "\"code\":\"plan\"" .git/out &&
	grep "step bad of plan lost: it ended with status 7" .git/out &&
	share <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: up, needs: [files], check: {tcp: "127.0.0.1:1"}}
	  - {id: later, needs: [up], run: [test, -e, live/prod/.env]}
	END
	run 3 plan drill lost && test_grep "plan *could not run.*2 steps passed, 1 skipped; 1 of these" .git/out
'

test_expect_success SPACES 'only what is accepted here is run, whatever the remote has' '
	git clone -q ../remote.git ../evil && (
		cd ../evil && echo "  - {id: evil, shell: \"touch $PWD/ran\"}" >>.gitvault/plans/lost.yaml &&
		git commit -qam evil && git push -q origin HEAD
	) && run 3 drill run --no-validators --plan lost &&
	test_grep "the plan in the clone is not the one that is accepted here" .git/out && test_path_is_missing ran &&
	run 128 drill run --no-validators --plan none && test_grep "there is no plan .none." .git/err &&
	run 128 plan run --yes --digest 00 lost && test_grep "its SHA-256 is" .git/err
'

test_expect_success SPACES 'a rehearsal is not resumed, nor taken back' '
	run 0 plan run --yes --sandbox --digest "$(sha256sum <.gitvault/plans/lost.yaml | cut -d" " -f1)" lost &&
	test_grep "up: skipped: it could not be tried" .git/out && run 128 plan undo --yes "$(ls .git/vault/plans)" &&
	test_grep "was a rehearsal in a sandbox" .git/err
'

test_expect_success SPACES 'a rehearsal in which nothing was done proves nothing' '
	rm -r .git/vault/plans && git fetch -q origin && git reset -q --hard FETCH_HEAD && share <<-\END &&
	environment: prod
	steps:
	  - {id: a, run: [terraform, apply], drill: skip}
	  - {id: ok, kind: approve, needs: [a]}
	END
	run 0 plan run --yes --sandbox lost && test_grep "nothing is proven" .git/err && run 0 plan list &&
	test_grep "^lost *validated" .git/out && rm -r .git/vault/plans && run 3 drill run --env prod --plan lost &&
	test_grep "plan *could not run.*nothing is proven" .git/out
'

test_expect_success SPACES 'a plan is rehearsed with its inputs, and a step that fails says what it printed last' '
	share <<-\END &&
	environment: prod
	inputs: {ticket: {required: true}}
	steps: [{id: a, shell: "echo the-reason-why of $T >&2; exit 7", env: {T: "${{ inputs.ticket }}"}}]
	END
	run 129 plan drill lost && test_grep "needs the input .ticket." .git/err &&
	run 129 drill run --input ticket=x && test_grep "goes with --plan only" .git/err &&
	run 1 plan drill --input "ticket=T 1" lost && test_grep "step a of plan lost: it ended with status 7; .*printed: the-reason-why" .git/out &&
	test_grep "hint: git vault drill run --keep --env prod --plan lost --input .ticket=T 1.$" .git/err &&
	run 1 drill run --no-validators --plan lost --input ticket=T-2 --snapshot latest &&
	test_grep "run --keep --snapshot latest --plan lost --input ticket=T-2 --no-validators$" .git/err &&
	share <<-\END &&
	environment: prod
	steps: [{id: a, shell: "p=c0rrect; echo DB_PASSWORD=$p-h0rse-battery; exit 7"}]
	END
	run 1 plan drill lost && ! grep c0rrect .git/out .git/err
'

test_done
