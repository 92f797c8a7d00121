#!/bin/sh
# shellcheck disable=SC2154,SC2034 # lib-clones.sh sets $top

test_description='runs of recovery plans: approvals that are used up, runs that are
tried again, ended by others, and begun at once'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

# plan STATUS ARG…
plan () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault plan "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# write NAME: a plan from standard input, which is accepted
write () {
	mkdir -p .gitvault/plans && cat >".gitvault/plans/$1.yaml" &&
	git vault policy accept >/dev/null 2>.git/err || {
		cat .git/err
		return 1
	}
}

# step STEP WORDS: of the last run
step () {
	git vault plan status >.git/doc && grep "^$1 .*$2" .git/doc || {
		cat .git/doc
		return 1
	}
}

# interrupt NAME: a run whose process is killed once the file "begun" is there
interrupt () {
	rm -f begun &&
	{ "$GIT_VAULT_BUILD_DIR/git-vault/git-vault" plan run -y "$@" >/dev/null 2>&1 & pid=$!; } &&
	while ! test -e begun; do sleep 0.1; done && kill -9 $pid &&
	{ wait $pid 2>/dev/null; true; }
}

test_expect_success 'what no run is, and what none may be given' '
	git commit -q --allow-empty -m zero && write asks <<-\END &&
	inputs: {word: {}}
	steps: [{id: a, shell: "true"}]
	END
	plan 0 run -y --input word=none asks && plan 0 run -y --input word=some asks &&
	plan 128 status 20 && test_grep "2 runs have .20. in their id; give more of it" .git/err &&
	write long <<-\END &&
	steps:
	  - {id: a, shell: "touch begun; test ! -e wait || sleep 60"}
	END
	touch wait && interrupt long && rm wait && { git vault plan status >.git/doc || true; } &&
	run=$(grep -o "20[0-9T]*Z-[0-9a-f]*" .git/doc | head -n 1) && plan 128 undo -y "$run" &&
	test_grep "is not over; to end it and take it back: git vault plan abort --rollback" .git/err &&
	plan 0 abort
'

test_expect_success 'a run that failed is tried again from its failed step' '
	git commit -q --allow-empty -m one && write again <<-\END &&
	steps:
	  - {id: a, shell: "echo a >>log"}
	  - {id: b, needs: a, shell: "echo b >>log; test -e ok", retry: {attempts: 2}}
	  - {id: c, needs: b, shell: "echo c >>log"}
	  - {id: d, shell: "echo d >>log", when: "a == b"}
	finally: [{id: tell, shell: "echo tell >>log"}]
	END
	plan 1 run -y again && test_grep "hint: to try its failed steps again: git vault plan resume 2" .git/err &&
	printf "a\nb\nb\ntell\n" >../want && test_cmp ../want log &&
	plan 1 resume && printf "b\nb\ntell\n" >>../want && test_cmp ../want log &&
	plan 128 resume --redo a && test_grep "a was not interrupted: it is passed" .git/err &&
	plan 128 resume --done b && touch ok && plan 0 resume --redo b &&
	printf "b\nc\ntell\n" >>../want && test_cmp ../want log && step b "passed  *5" &&
	plan 128 resume && test_grep "has passed already" .git/err
'

test_expect_success 'one that was ended, or is taken back, does not go on' '
	write back <<-\END &&
	steps:
	  - {id: a, run: [touch, made], rollback: [rm, made]}
	  - {id: b, needs: a, run: ["false"], on_failure: rollback}
	END
	plan 1 run -y back && test_path_is_missing made && plan 128 resume &&
	test_grep "failed and is taken back, so nothing .* git vault plan run back" .git/err &&
	write hold <<-\END && plan 3 run -y hold && plan 0 abort && plan 128 resume &&
	environment: prod
	steps: [{id: agree, kind: approve}]
	END
	test_grep "was ended, so nothing of it can go on" .git/err
'

test_expect_success 'a run whose step was interrupted is ended, with its finally' '
	write once <<-\END && interrupt once && step a interrupted && plan 0 abort && test_path_is_file told &&
	steps: [{id: a, shell: "touch begun; sleep 1", once: true}, {id: b, needs: a, run: [touch, b]}]
	finally: [{id: tell, run: [touch, told]}]
	END
	step a "skipped .* it was interrupted, and what it did" && step tell passed && test_path_is_missing b &&
	git vault plan history >.git/out && test_grep "once .* aborted" .git/out
'

test_expect_success 'a run at work is ended by another process, and its finally runs there' '
	write busy <<-\END && rm -f begun told &&
	steps: [{id: a, shell: "touch begun; sleep 4168"}, {id: b, needs: a, run: [touch, b]}]
	finally: [{id: tell, run: [touch, told]}]
	END
	{ git vault plan run -y busy >../busy 2>&1 & pid=$!; } && while ! test -e begun; do sleep 0.1; done &&
	step a running && git vault plan status >.git/out && test_grep "of plan busy: running" .git/out &&
	plan 4 resume && test_grep "to end it: git vault plan abort 2" .git/err &&
	plan 4 run -y busy && test_grep "of plan busy is at work in this working tree, so nothing was run" .git/err &&
	id=$(sed -n "s/.*of plan busy is .*plan abort //p" .git/err) &&
	git vault plan run --env other -y again && plan 0 abort "$id" &&
	test_expect_code 130 wait $pid && test_grep "was stopped; to go on" ../busy &&
	test_path_is_file told && test_path_is_missing b && test_must_fail pgrep -f "sleep 4168"
'

test_expect_success 'of many that begin at once, one runs' '
	write many <<-\END && rm -f ran &&
	steps: [{id: a, shell: "echo x >>ran; sleep 3"}]
	END
	for i in 1 2 3 4 5; do
		{ { git vault plan run -y many >/dev/null 2>../many.$i; echo $? >../many.$i.code; } & } || return 1
	done && wait && cat ../many.*.code | sort >../codes && printf "0\n4\n4\n4\n4\n" >../want &&
	test_cmp ../want ../codes && test_line_count = 1 ran
'

test_expect_success 'what a person says of a step stays to be seen' '
	write said <<-\END && interrupt said && plan 0 resume --done a && step a "passed .*resume --done said that it was" &&
	steps: [{id: a, shell: "touch begun; sleep 1", once: true}]
	END
	git vault plan status --json >.git/out && test_grep "\"by_hand\":true" .git/out &&
	git vault audit list -v >.git/out && test_grep "plan=said result=passed .* done-by-hand=a" .git/out
'

test_expect_success LINUX 'a killed rehearsal is ended, and its folder goes' '
	write box <<-\END && TMPDIR=$PWD/../tmp && export TMPDIR && mkdir -p ../tmp &&
	steps: [{id: a, shell: "sleep 4"}]
	END
	{ "$GIT_VAULT_BUILD_DIR/git-vault/git-vault" plan run --sandbox -y box >../box 2>&1 & pid=$!; } &&
	n=0 && until test -s "$(ls -d .git/vault/plans/2* | tail -n 1)/box" || test $((n += 1)) -gt 100; do sleep 0.1; done &&
	kill -9 $pid && { wait $pid 2>/dev/null; true; } && ls ../tmp >../boxes && test_grep git-vault-box ../boxes &&
	plan 128 resume && test_grep "to end it: git vault plan abort" .git/err && plan 0 abort &&
	test_grep "is ended, and its sandbox removed" .git/err && ls ../tmp >../boxes && test_must_be_empty ../boxes &&
	git vault plan history >.git/out && test_grep "box .* aborted" .git/out
'

test_lazy_prereq FULL 'test "$(id -u)" = 0 && mkdir m && mount -t tmpfs -o size=64k none m && umount m'
test_expect_success FULL 'a run that cannot begin leaves nothing' '
	git init -q ../full && git -C ../full commit -q --allow-empty -m one && mkdir -p ../full/.git/vault/plans &&
	mount -t tmpfs -o size=16k none ../full/.git/vault/plans && test_when_finished "umount -l ../full/.git/vault/plans" &&
	{ mkdir -p ../full/.gitvault/plans && { echo "steps:" && for i in $(test_seq 1 400); do
		echo "  - {id: s$i, run: [\"true\"]}"; done; } >../full/.gitvault/plans/p.yaml; } &&
	{ dd if=/dev/zero of=../full/.git/vault/plans/.fill bs=1k count=8 2>/dev/null; true; } &&
	test_must_fail git -C ../full vault plan run -y p 2>.git/err && test_grep "No space left" .git/err &&
	test_must_fail git -C ../full vault plan status 2>.git/err && test_grep "no plan was run" .git/err &&
	git -C ../full vault plan history >.git/out && test_line_count = 0 .git/out
'

test_expect_success 'colours, tabs and what is overwritten are shown as text, and divide no secret' '
	echo "printf \"token=ghp_\\033[1m16C7e42F292c6912E77\\033[0m10c838347Ae178B4a\\n\"" >../paint.sh &&
	write paint <<-\END && plan 0 run -y paint && test_grep "^a| Error: no$" .git/out &&
	steps:
	  - {id: a, run: [printf, "\\033[31mError:\\033[0m no\\nx\\ty\\n10%%\\r100%%\\n"]}
	  - {id: s, run: [sh, ../paint.sh]}
	END
	test_grep "^a| x       y$" .git/out && test_grep "^a| 100%$" .git/out &&
	test_grep "^s| token=<withheld>" .git/out && test_grep ! "16C7e42F" .git/out && test_grep ! "\\\\0" .git/out
'

test_expect_success 'a status that is no signal is called a status' '
	write ends <<-\END && plan 1 run -y ends && step a "it ended with status 129" && step b "signal 9 ended it" 
	jobs: 1
	steps:
	  - {id: a, shell: "exit 129", on_failure: continue}
	  - {id: b, shell: "kill -9 $$", on_failure: continue}
	END
'

test_expect_success PYTHON 'a run prints without a pager' '
	write noisy <<-\END && rm -f after && cat >../t.py <<-\PY &&
	steps:
	  - {id: a, shell: "i=0; while [ $i -lt 4000 ]; do echo line $i of some long output here; i=$((i+1)); done"}
	  - {id: b, needs: a, run: [touch, after]}
	END
	import os, pty, select, sys, time
	pid, fd = pty.fork()
	if pid == 0:
	    os.environ.update(TERM="xterm", PAGER="less", GIT_PAGER="less")
	    os.execvp("git", ["git", "vault", "plan", "run", "-y", "noisy"])
	end = time.time() + 30
	while time.time() < end and not os.path.exists("after"):
	    if select.select([fd], [], [], .2)[0]:
	        try:
	            os.read(fd, 65536)
	        except OSError:
	            break
	sys.exit(0 if os.path.exists("after") else 1)
	PY
	python3 ../t.py
'

# ---- switches and templates ----

test_expect_success 'a switch that is taken back leaves the file as it was, byte for byte' '
	printf "a: \047db1\047  # one\nb: db1.example.org\nc: \"x y\"\n" >../sides.yaml && cp ../sides.yaml ../was &&
	write sides <<-\END && plan 0 run -y sides && test_grep ! db1 ../sides.yaml &&
	steps:
	  - {id: a, kind: switch, file: ../sides.yaml, key: a, to: "db2: x"}
	  - {id: b, kind: switch, needs: a, file: ../sides.yaml, key: b, to: "db2: x"}
	  - {id: c, kind: switch, needs: b, file: ../sides.yaml, key: c, to: z}
	END
	plan 0 undo -y "$(sed -n "s/.*run \(2[^ ]*\) of plan.*/\1/p" .git/err)" && test_cmp ../was ../sides.yaml
'

test_expect_success 'set up: an environment that is deployed by a playbook' '
	mkdir -p live/prod ansible/inventory/prod ../bin && echo "primary: db1" >live/prod/app.yaml &&
	echo "DB_PASSWORD=c0rrect-h0rse-battery" >live/prod/.env && echo .env >.gitignore &&
	printf "[web]\nweb1\n" >ansible/inventory/prod/hosts.ini && printf -- "- hosts: web\n" >ansible/site.yml &&
	printf "#!/bin/sh\nsed -n \"s/^primary: //p\" live/prod/app.yaml >../live\n" >../bin/ansible-playbook &&
	chmod +x ../bin/ansible-playbook && git add . && git commit -qm env && git vault key generate >../key &&
	git vault init -q && git vault -q good mark prod
'

test_expect_success 'the undo of a failover applies the old side again' '
	PATH=$(cd ../bin && pwd):$PATH && git vault plan new --template failover --env prod && git vault policy accept -y &&
	test_grep "playbook: {default: ansible/site.yml}" .gitvault/plans/failover-prod.yaml && plan 0 lint failover-prod &&
	plan 0 run -y --input file=live/prod/app.yaml --input key=primary --input to=db2 failover-prod &&
	echo db2 >../want && test_cmp ../want ../live &&
	plan 0 undo -y "$(sed -n "s/.*run \(2[^ ]*\) of plan.*/\1/p" .git/err)" &&
	echo db1 >../want && test_cmp ../want ../live && test_grep "^primary: db1$" live/prod/app.yaml
'

test_expect_success 'the plan for a leaked secret takes the id of one, and replaces it' '
	git vault plan new --template leaked-secret --env prod && git vault policy accept -y && echo "n3w-h0rse-battery" >../value &&
	id=$(git vault secret list --json | sed -n "s/.*\"id\":\"\([^\"]*\)\".*/\1/p") && test -n "$id" &&
	plan 0 run -y --input id="$id" --input file="$PWD/../value" leaked-secret-prod &&
	test_grep "n3w-h0rse-battery" live/prod/.env
'

test_expect_success 'a playbook that is nowhere is asked for' '
	git rm -q ansible/site.yml && git commit -qm gone && git vault plan new --template whole-environment --env prod &&
	test_grep "playbook: {required: true}" .gitvault/plans/whole-environment-prod.yaml &&
	rm .gitvault/plans/*-prod.yaml && git vault policy accept -y
'

# ---- plans of others ----

# left NAME WORDS: the policy is accepted without that plan, and says so; the plan again runs
left () {
	echo "# changed" >>.gitvault/plans/again.yaml && rm -f log &&
	test_expect_code 3 git vault policy accept -y >.git/out 2>.git/err && test_grep "left out: plan $1: .*$2" .git/err &&
	plan 128 run -y "$1" && plan 0 run -y again && plan 0 list && test_grep "^$1 *draft" .git/out && plan 1 lint &&
	test_grep "$1:1:" .git/out && { git vault policy diff >.git/out 2>.git/err; test $? = 0; } &&
	test_grep "left out: plan $1" .git/err
}

test_expect_success 'one plan that is a link, a folder or too large keeps no other from being accepted' '
	ln -s /etc/hostname .gitvault/plans/link.yaml &&
	left link "is a symbolic link" && rm .gitvault/plans/link.yaml && mkdir .gitvault/plans/dir.yaml && left dir . &&
	rmdir .gitvault/plans/dir.yaml && { echo "steps:" && for i in $(test_seq 1 9000); do
		echo "  - {id: s$i, name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, run: [a]}"
	done; } >.gitvault/plans/aaa.yaml && left aaa "more than 1 MiB" && rm .gitvault/plans/aaa.yaml &&
	git vault policy accept -y
'

test_expect_success 'where all do not fit, the larger ones are left out' '
	for n in aaa bbb; do { echo "steps:" && for i in $(test_seq 1 5000); do
		echo "  - {id: s$i, name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, run: [a]}"
	done; } >.gitvault/plans/$n.yaml; done && echo "# larger" >>.gitvault/plans/aaa.yaml &&
	test_expect_code 3 git vault policy accept -y >.git/out 2>.git/err && test_grep "left out: plan aaa: .*together" .git/err &&
	test_grep ! "plan bbb" .git/err && plan 128 run -y aaa && plan 0 run -y again && rm .gitvault/plans/[ab][ab]?.yaml &&
	git vault policy accept -y
'

test_expect_success 'lint and test name what a plan needs and is not there' '
	cat >.gitvault/plans/lacks.yaml <<-\END && git vault policy accept -y && plan 1 lint lacks &&
	environment: prdo
	steps:
	  - {id: e, kind: switch, file: nosuch.yaml, key: a, to: b}
	  - {id: f, kind: approve, approvers: [nobodyhere]}
	  - {id: g, run: [nosuchprogram], dir: no/such}
	  - {id: h, run: [./nosuch.sh]}
	  - {id: i, run: ["${{ environment }}/x"], dir: "${{ environment }}"}
	END
	printf "lacks:%s\n" "1:1: there is no environment prdo; to list them: git vault env" \
		"4:1: approver nobodyhere is not in the keyring, or has no key that signs; to list them: git vault key list" \
		"3:1: step e: there is no file nosuch.yaml" "5:1: step g: there is no directory no/such" \
		"6:1: step h: there is no program ./nosuch.sh" | sort >../want && sort .git/out >../actual && sed "s/:0: /:1: /" ../actual >../got &&
	test_cmp ../want ../got && test_grep "warning: lacks:5: step g: the program nosuchprogram is not on this host" .git/err &&
	test_expect_code 1 git vault plan test lacks 2>.git/err && test_grep "nosuchprogram" .git/err && test_grep prdo .git/err &&
	sed "s/prdo/prod/; s/nobodyhere/$(git vault key list --json | sed -n "s/.*\"name\":\"\([^\"]*\)\".*/\1/p")/" .gitvault/plans/lacks.yaml >../text &&
	mkdir -p live/prod && echo "x: 1" >live/prod/x.yaml && { cat ../text && echo "  - {id: j, kind: state, stack: net, into: x}" &&
	echo "  - {id: k, kind: restore}"; } >.gitvault/plans/lacks.yaml && plan 1 lint lacks &&
	test_grep "no state net of prod is saved; to list them: git vault state list" .git/out && test_line_count = 1 .git/out &&
	rm -r .gitvault/plans/lacks.yaml live
'

test_expect_success 'a policy with a secret is not signed' '
	echo "# https://ann:Zk3fj29sLq0xW7v@api.lan/x" >.gitvault.yaml &&
	test_expect_code 128 git vault policy accept -y 2>.git/err &&
	test_grep "nothing was accepted: .gitvault.yaml likely has a secret" .git/err && rm .gitvault.yaml
'

# ---- approvals ----

test_expect_success 'two users; the policy wants one approval' '
	git init -q --bare ../remote && top=$(cd .. && pwd) && clone alice && clone bob &&
	as alice sh -c "mkdir -p .gitvault/plans live/prod && echo x >live/prod/x && cat >.gitvault/plans/go.yaml &&
		printf \"environments: {prod: {approvals: 1}}\\n\" >.gitvault.yaml &&
		printf \"environment: prod\\nsteps: [{id: agree, kind: approve}]\\n\" >.gitvault/plans/agree.yaml &&
		git add . && git commit -qm plans && git push -q origin HEAD" <<-\END &&
	environment: prod
	inputs: {x: "1"}
	steps: [{id: go, shell: "echo went >>went"}]
	END
	as alice git vault init -q && as alice git vault -q sync &&
	as bob git vault key generate >bob.pub 2>err && as bob git config vault.auditName bob &&
	as bob git pull -q && as bob git vault init -q 2>err &&
	as alice git vault key add --name bob --signer "$(sed -n 2p bob.pub)" "$PWD/bob.pub" >/dev/null &&
	as alice git vault policy accept >/dev/null && as alice git vault -q good mark prod &&
	as alice git vault -q sync && as bob git pull -q && as bob git vault -q sync
'

# share: all that both have
share () {
	as bob git vault -q sync && as alice git vault -q sync && as bob git vault -q sync
}

# asked COMMAND…: alice may not, for want of an approval
asked () {
	test_expect_code 128 as alice git vault "$@" 2>err && test_grep "there are 0" err
}

test_expect_success 'an approval is for one run: the next one asks again' '
	asked plan run -y go && as bob git vault plan approve go 2>err && test_grep "for prod once, by somebody else" err &&
	share && as alice git vault plan run -y go 2>err && test_grep "uses the approval of bob for prod" err &&
	test_grep "once they have it: git vault sync" err && test_line_count = 1 ../alice/clone/went &&
	as alice git vault plan status >out && test_grep "^approved by bob" out &&
	as alice git vault plan status --json >out && test_grep "\"approved_by\":\\[\"bob\"\\]" out &&
	asked plan run -y go && test_grep "@.* used it for plan/go/2.*, and one approval is for one use" err &&
	test_line_count = 1 ../alice/clone/went &&
	as alice git vault audit list --kind approval-use >out && test_line_count = 2 out &&
	as alice git vault audit verify >out
'

test_expect_success 'a recovery as another environment is approved with its options' '
	as alice sh -c "printf \"environments: {prod: {approvals: 1}, blue: {approvals: 1, paths: live/blue}}\n\" >.gitvault.yaml &&
		git commit -qam blue && git push -q origin HEAD" && as alice git vault policy accept >/dev/null && as bob git pull -q &&
	asked recover -y --as blue prod && test_grep "git vault recover --approve --to [0-9]* --as blue prod" err &&
	as bob git vault recover --approve --as blue --replace prod 2>err && test_grep "bob approves .* of prod is recovered as blue once" err &&
	share && asked recover -y --as blue prod &&
	as bob git vault recover --approve --as blue prod && share &&
	as alice git vault recover -y --as blue prod 2>err && test_grep "uses the approval of bob for blue" err &&
	test "$(cat ../alice/clone/live/blue/x)" = x && rm -r ../alice/clone/live/blue && asked recover -y --as blue prod &&
	test_expect_code 128 as bob git vault recover --approve --as none prod 2>err && test_grep "requires no approvals for none" err &&
	test_expect_code 129 as bob git vault recover --approve prod 2>err && test_grep "git vault rollback --approve prod" err &&
	for more in -n "--component x" "--without-state x" "--in-freeze --reason x" --without-approval
	do
		test_expect_code 129 as bob git vault recover --approve --as blue $more prod 2>err &&
			test_grep "does nothing else" err || return 1
	done
'

test_expect_success 'all approvals that are there are for that run, and what is not run uses none' '
	as bob git vault plan approve go 2>err && as bob git vault plan approve go 2>err && share &&
	test_expect_code 129 as alice git vault plan run go 2>err && as alice git vault plan run -y go 2>err &&
	asked plan run -y go && test_line_count = 2 ../alice/clone/went &&
	as bob git vault plan approve --input x=2 go && share && asked plan run -y go &&
	as alice git vault plan run -y --input x=2 go
'

test_expect_success 'another clone knows of it once it has fetched it' '
	cp -a ../alice ../carol && as bob git vault plan approve go && share &&
	as carol git vault -q sync && as alice git vault plan run -y go 2>err && share && as carol git vault -q sync &&
	test_expect_code 128 as carol git vault plan run -y go 2>err && test_grep "used it for plan/go" err
'

test_expect_success 'a use that nobody has signed, or a stranger, takes no approval away' '
	as bob git vault plan approve go && share &&
	event=$(as alice git rev-parse refs/vault/audit/bob) &&
	use=$(as alice git rev-list -1 --grep="^Vault-Event: approval-use" --all) && test -n "$use" &&
	forged=$(as alice git cat-file commit $use | sed -e "/^parent /d" -e "/^Vault-Signature/d" \
		-e "s/^Vault-Number: .*/Vault-Number: 1/" -e "s/^Vault-Ids: .*/Vault-Ids: $event/" |
		as alice git hash-object -t commit -w --stdin) &&
	as alice git update-ref refs/vault/audit/mallory $forged && as alice git vault plan run -y go 2>err &&
	as alice git update-ref -d refs/vault/audit/mallory && rm -f ../alice/clone/.git/vault/audit-end-*mallory*
'

# By whoever can write into her repository, for her next event to sign.
test_expect_success 'an approval that was put where events wait is told by nobody' '
	event=$(as bob git rev-list -1 --grep="^Vault-Event: plan-approve" refs/vault/audit/bob) &&
	as bob git cat-file commit $event | sed -n "/^Vault-Event: /,\$p" |
		grep -v "^Vault-\(Told\|Signature\|Number\): " >said && mkdir -p ../alice/clone/.git/vault/audit-queue &&
	for kind in plan-approve config-approve approval-use
	do
		sed "s/^Vault-Event: .*/Vault-Event: $kind/" said >../alice/clone/.git/vault/audit-queue/20200101T000000Z-1-1 &&
		as alice git vault -q good mark prod && as alice git vault audit verify 2>err >out &&
		test_grep "event waits" err && rm ../alice/clone/.git/vault/audit-queue/* || return 1
	done
'

test_expect_success 'a recovery uses the approval of its record up' '
	share && asked recover -y prod && as bob git vault rollback --approve prod && share &&
	as alice git vault recover -y prod 2>err && test_grep "uses the approval of bob for prod" err && asked recover -y prod
'

test_expect_success 'those who run a plan are told at once that theirs does not count, and who approved stays' '
	as bob git vault plan approve agree && share && { as alice git vault plan run -y agree >out 2>err; test $? = 3; } &&
	run=$(sed -n "s/.*run \(2[^ ]*\) of plan agree.*/\1/p" err) &&
	test_expect_code 128 as alice git vault plan approve agree $run agree 2>err &&
	test_grep "was begun in this clone, and the approval of those who run" err &&
	as bob git vault plan approve agree $run agree && share && as alice git vault plan resume &&
	as alice git vault plan status >out && test_grep "^agree .*approved by bob" out &&
	as alice git vault plan status --json >out && test_grep "\"kind\":\"approve\".*\"approved_by\":\\[\"bob\"\\]" out
'

test_expect_success 'what a process left that was killed as its run began goes with the next run' '
	echo "steps: [{id: a, run: [\"true\"]}]" | write begin &&
	left=.git/vault/plans/.20200101T000000Z-000000 && mkdir -p $left &&
	cp .gitvault/plans/begin.yaml $left/plan.yaml && touch $left/lock &&
	plan 0 history && test_grep ! 20200101 .git/out && test_path_is_dir $left &&
	plan 0 run -y begin && test_path_is_missing $left && test_path_is_file .git/vault/plans/.lock &&
	test_path_is_dir .git/vault/plans/"$(git vault plan history | sed -n "2s/ .*//p")"
'

test_expect_success 'abort can take back what the run did, and steps run one at a time' '
	echo "region: west" >place.yaml && git add place.yaml && git commit -qm place && write back <<-\END &&
	steps:
	  - {id: east, kind: switch, file: place.yaml, key: region, to: east}
	  - {id: wait, needs: [east], shell: "touch begun; sleep 3"}
	END
	interrupt -j 1 back && plan 0 abort && test_grep east place.yaml &&
	git checkout -q place.yaml && interrupt --jobs 2 back && test_grep east place.yaml &&
	plan 0 abort --rollback && test_grep west place.yaml
'

test_done
