#!/bin/sh

test_description='recovery plans: run, interrupted, resumed, taken back'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL
# retries wait for the clock
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

# plan STATUS ARG…
plan () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault plan "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# accept: what the plans say now
accept () {
	git vault policy accept >/dev/null 2>.git/err || {
		cat .git/err
		return 1
	}
}

# write NAME: a plan from standard input, which is accepted
write () {
	cat >".gitvault/plans/$1.yaml" && accept
}

# status STEP STATUS: of the last run
status () {
	git vault plan status --json >.git/doc &&
	grep -q "\"id\":\"$1\",\"kind\":\"[a-z]*\",\"status\":\"$2\"" .git/doc || {
		cat .git/doc
		return 1
	}
}

test_expect_success 'set up: an environment with a secret and a record' '
	mkdir -p live/prod .gitvault/plans && echo ".env" >.gitignore &&
	printf "replicas: 3\nregion: west # where\n" >live/prod/app.yaml &&
	echo "DB_PASSWORD=c0rrect-h0rse-battery" >live/prod/.env &&
	git add -A && git commit -qm one && git vault key generate &&
	git vault -q good mark prod
'

test_expect_success 'without a plan there is a hint, and a mistyped one is named' '
	plan 0 && test_must_be_empty .git/out && test_grep "no plans" .git/err &&
	plan 128 run -y nothing && test_grep "there is no plan .nothing." .git/err &&
	echo "steps: [{id: a, run: [true]}]" | write empty && plan 128 show empti &&
	test_grep "did you mean .empty." .git/err
'

test_expect_success 'faults are told with their lines, and nothing runs' '
	write bad <<-\END &&
	environment: prod
	steps:
	  - {id: a, run: [touch, ran]}
	  - {id: b, needs: [c], run: [touch, ran]}
	  - {id: d, needs: [a], shell: "rm ${{ plan }}"}
	END
	plan 1 lint && test_grep "^bad:4:.*no step has the id .c." .git/out &&
	plan 128 run -y bad && test_grep "line 4" .git/err &&
	test_path_is_missing ran && sed -i "s/c]/a]/" .gitvault/plans/bad.yaml && plan 1 lint bad &&
	test_grep "bad:5:1: a line of shell takes values by its environment" .git/out &&
	rm .gitvault/plans/bad.yaml
'

test_expect_success 'a plan restores, checks, hands values on and switches' '
	write lost <<-\END &&
	title: prod on a new machine
	environment: prod
	inputs: {to: east}
	steps:
	  - {id: files, kind: restore}
	  - {id: keys, kind: secrets, needs: [files]}
	  - id: code
	    needs: [keys]
	    run: [sh, -c, "echo on standard error >&2; echo 10.0.0.7"]
	    preconditions: [{file: live/prod/.env}, {key: replicas, file: live/prod/app.yaml, expect: "3"}]
	    outputs: {ip: stdout}
	  - id: traffic
	    kind: switch
	    needs: [code]
	    file: live/prod/app.yaml
	    key: region
	    to: ${{ inputs.to }}
	    after: {command: [grep, "region: east # where", live/prod/app.yaml]}
	  - {id: never, needs: [traffic], when: "${{ inputs.to }} == west", run: [touch, ran]}
	  - {id: after, needs: [never], run: [sh, -c, "echo $IP >ip"], env: {IP: "${{ steps.code.outputs.ip }}"}}
	finally:
	  - {id: tell, run: [sh, -c, "echo $1 >told", sh, "${{ result }}"]}
	END
	rm live/prod/.env && plan 129 run lost && test_grep "nobody can be asked" .git/err &&
	test_path_is_missing .git/vault/plans && plan 0 show lost && test_grep "files *restore" .git/out &&
	plan 0 run -y lost && test_grep "code| on standard error" .git/out &&
	test "$(cat ip)" = 10.0.0.7 && test "$(cat told)" = passed &&
	test_grep "^DB_PASSWORD" live/prod/.env && test_path_is_missing ran &&
	test_grep "^region: east # where$" live/prod/app.yaml && status never skipped &&
	plan 0 list && test_grep "lost *ready *prod" .git/out && plan 0 history &&
	test_grep "lost *prod.*passed" .git/out && plan 128 resume && test_grep "passed already" .git/err &&
	git vault audit list | test_grep " plan " && git vault audit verify
'

test_expect_success 'outputs are parts of what is printed, and steps are told of by references' '
	write parts <<-\END &&
	environment: prod
	steps:
	  - {id: a, run: [echo, "{\"ip\": {\"v\": \"10.0.0.8\"}}"], outputs: {ip: {select: .ip.v}}}
	  - {id: text, needs: [a], run: [echo, "no: {"], outputs: {o: {select: .a}}, on_failure: continue}
	  - {id: gone, needs: [a], run: [echo, "{}"], outputs: {o: {select: .a}}, on_failure: continue}
	  - {id: long, needs: [a], shell: "printf %5000s x", outputs: {o: stdout}, on_failure: continue}
	  - {id: unset, kind: check, check: {variable: NOBODY_HAS_THIS}, on_failure: continue}
	  - {id: never, needs: [a], when: "${{ plan }} == other", run: [touch, ran]}
	  - {id: says, needs: [never], run: [echo, "said ${{ steps.a.outputs.ip }} ${{ environment }} ${{ plan }} in ${{ run }}"]}
	finally:
	  - {id: tell, run: [echo, "were ${{ steps.a.result }} ${{ steps.text.result }} ${{ steps.never.result }}"]}
	END
	plan 1 run -y parts && test_grep "says| said 10.0.0.8 prod parts in [0-9A-Za-z-]*" .git/out &&
	test_grep "tell| were passed failed skipped" .git/out && test_path_is_missing ran &&
	test_grep "output .o.: it is no JSON" .git/out && test_grep "output .o.: there is no .\.a. in it" .git/out &&
	test_grep "output .o. is longer than 4 KiB, or has a NUL in it" .git/out &&
	test_grep "the variable NOBODY_HAS_THIS of the environment is not set" .git/out
'

test_expect_success 'what does not work behind a switch is switched back' '
	write over <<-\END &&
	environment: prod
	steps:
	  - {id: file, kind: switch, file: live/prod/app.yaml, key: region, to: nowhere, after: {command: ["false"]}, on_failure: continue}
	  - {id: run, kind: switch, run: [touch, over], rollback: [rm, over], after: {command: ["false"]}, on_failure: continue}
	  - {id: stuck, kind: switch, run: [touch, stuck], rollback: ["false"], after: {command: ["false"]}, on_failure: continue}
	  - {id: text, kind: switch, file: live/prod/notes, key: region, to: west, on_failure: continue}
	END
	echo region >live/prod/notes && cp live/prod/app.yaml ../kept && plan 1 run -y over &&
	test_cmp ../kept live/prod/app.yaml && test_path_is_missing over && test_path_is_file stuck &&
	test "$(grep -c "failed.*; it was switched back" .git/out)" = 2 &&
	test_grep "stuck: failed.*; and it could not be switched back: " .git/out &&
	test_grep "live/prod/notes is of no format that has keys" .git/out && rm stuck live/prod/notes
'

test_expect_success 'what a plan did is taken back, the last first, and failures are told' '
	git checkout -q live && rm live/prod/.env ip told &&
	write back <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: one, needs: [files], run: [sh, -c, "echo one >>log"], rollback: [sh, -c, "echo -one >>log"]}
	  - {id: two, needs: [one], shell: "echo two >>log", rollback: {shell: "pwd >>../log; false", dir: live}}
	  - {id: east, kind: switch, needs: [two], file: live/prod/app.yaml, key: region, to: east}
	  - {id: bad, needs: [east], run: ["false"], on_failure: rollback}
	  - {id: later, needs: [bad], run: [touch, ran]}
	END
	plan 1 run -y back && status files rolled_back && status one rolled_back &&
	status two rollback_failed && status east rolled_back && status later skipped &&
	test_path_is_missing ran live/prod/.env && git diff --exit-code live &&
	printf "one\ntwo\n%s/live\n-one\n" "$PWD" >../want && test_cmp ../want log &&
	test_grep "ended with status 1" .git/doc && sed -i "s/; false//" .gitvault/plans/back.yaml &&
	plan 1 resume && status two rollback_failed && rm log
'

test_expect_success 'tries are counted, wait, and end in time' '
	write tries <<-\END &&
	steps:
	  - {id: third, shell: "echo x >>count; test $(wc -l <count) = 3", retry: {attempts: 3, delay: 1s}}
	  - {id: up, kind: wait, needs: [third], check: {file: up}, retry: {delay: 1s}, deadline: 20s}
	  - id: hangs
	    needs: [up]
	    shell: "trap : TERM; (trap : TERM; sleep 4160; touch ran) & sleep 4160"
	    timeout: 1s
	    on_failure: continue
	  - {id: floods, needs: [up], shell: "yes | head -c 3000000", outputs: {o: stdout}, on_failure: continue}
	END
	{ { sleep 3 && touch up; } & } &&
	plan 1 run -y tries && wait &&
	test_grep "third: begins, attempt 3 of 3" .git/out && test "$(wc -l <count)" = 3 &&
	status third passed && status up passed && status hangs failed &&
	test_grep "it took too long" .git/doc && test_grep "more than 1 MiB" .git/doc &&
	! pgrep -f "sleep 4160" >/dev/null && rm count up
'

test_expect_success 'a run that is killed goes on, and repeats nothing that ended' '
	write killed <<-\END &&
	steps:
	  - {id: a, shell: "echo a >>log"}
	  - {id: b, needs: [a], shell: "echo b >>log; test -e go || kill -9 $PPID; sleep 1"}
	  - {id: c, needs: [b], shell: "echo c >>log"}
	END
	{ git vault plan run -y killed; test $? -gt 128; } && status b interrupted && touch go &&
	plan 0 resume && printf "a\nb\nb\nc\n" >../want && test_cmp ../want log && rm log go &&
	sed -i "s/{id: b,/{id: b, once: true,/" .gitvault/plans/killed.yaml && accept &&
	{ git vault plan run -y killed; test $? -gt 128; } && touch go &&
	plan 3 resume && test_grep "plan resume --redo b" .git/err && test "$(cat log)" = "a
b" &&
	plan 128 resume --done a && test_grep "not interrupted" .git/err &&
	plan 0 resume --done b && printf "a\nb\nc\n" >../want && test_cmp ../want log && rm log go
'

# by /proc
test_expect_success LINUX 'programs that a killed run left are waited for, or ended in time' '
	sed "s/sleep 416[34]/&.$$/g" <<-\END | write left &&
	steps:
	  - {id: a, shell: "echo a >>log; test -e go || { touch go; kill -9 $PPID; sleep 1; echo late >>log; }", once: true}
	  - {id: b, needs: [a], shell: "echo b >>log; test -e on || { touch on; setsid sleep 4164 & until grep -q \" b$\" $(ls -d .git/vault/plans/* | tail -n 1)/programs; do sleep 0.02; done; kill -9 $PPID; trap : TERM; sleep 4163; sleep 4163; }", timeout: 2s}
	END
	{ git vault plan run -y left; test $? -gt 128; } && plan 3 resume &&
	test_grep "a| process [0-9]* goes on since the run was killed: waiting" .git/out &&
	test "$(cat log)" = "a
late" && { git vault plan resume --done a; test $? -gt 128; } && pgrep -f "sleep 4163.$$" >/dev/null &&
	plan 0 resume && test_grep "b| process [0-9]* goes on since the run was killed: ending" .git/out &&
	printf "a\nlate\nb\nb\n" >../want && test_cmp ../want log && ! pgrep -f "sleep 4163.$$" >/dev/null &&
	pkill -f "sleep 4164.$$" && rm log on && { git vault plan run -y left; test $? -gt 128; } &&
	plan 0 abort && ! pgrep -f "sleep 4163.$$" >/dev/null && pkill -f "sleep 4164.$$" && rm log go on
'

test_expect_success 'killed anywhere, it comes to the end of an undisturbed run' '
	python3 - >.gitvault/plans/many.yaml <<-\END &&
	print("jobs: 3\nsteps:")
	for i in range(12):
	    needs = ", ".join("s%d" % k for k in range(i) if (i * 7 + k * 3) % 5 == 0)
	    print("  - {id: s%d, needs: [%s], shell: \"mkdir s%d || touch twice; echo s%d >>done/s%d; rmdir s%d\"}" % (i, needs, i, i, i, i))
	END
	accept &&
	for at in 01 02 03 04 06 08 10 13
	do
		mkdir done && { timeout -s KILL "0.$at" git vault plan run -y many >/dev/null 2>&1; true; } &&
		find .git/refs -name "*.lock" -delete &&
		if git vault plan status >.git/out 2>/dev/null && ! test_grep -q "many: passed" .git/out &&
			test_grep -q "plan many" .git/out
		then
			plan 0 resume
		else
			plan 0 run -y many
		fi && cat done/* | sort -u | wc -l >../n && test "$(cat ../n)" = 12 && rm -r done &&
		test_path_is_missing twice || return 1
	done
'

test_expect_success 'steps beside each other that switch keys of one file lose no value' '
	python3 - >.gitvault/plans/keys.yaml <<-\END &&
	print("jobs: 8\nsteps:")
	for i in range(24):
	    print("  - {id: s%d, kind: switch, file: ../keys.yaml, key: k%d, to: new}" % (i, i))
	END
	for i in $(test_seq 0 23); do echo "k$i: old"; done >../keys.yaml && accept &&
	plan 0 run -y keys && test_must_fail grep old ../keys.yaml
'

test_expect_success 'two do not go on with one run, and a stopped one can be ended' '
	write long <<-\END &&
	steps:
	  - {id: a, shell: "touch begun; sleep 4161", rollback: [touch, back]}
	END
	{ git vault plan run -y long >/dev/null 2>.git/err & pid=$!; } &&
	while ! test -e begun; do sleep 0.1; done &&
	plan 4 resume && test_grep "another process is at work" .git/err &&
	pkill -TERM -f "git-vault plan run -y long" && { wait $pid; test $? -ne 0; } && ! pgrep -f "sleep 4161" >/dev/null &&
	status a interrupted && plan 0 abort && plan 0 history && test_grep "long.*aborted" .git/out &&
	plan 128 abort && test_grep "over already" .git/err && rm begun
'

test_expect_success 'no secret is written, and none is a word of a shell' '
	write leak <<-\END &&
	environment: prod
	inputs: {x: none}
	steps:
	  - {id: files, kind: restore}
	  - {id: out, needs: [files], run: [cat, live/prod/.env], outputs: {password: stdout}, on_failure: continue}
	  - {id: to, kind: switch, needs: [files], file: live/prod/.env, key: DB_PASSWORD, to: y, on_failure: continue}
	  - {id: word, needs: [files], run: [printf, "%s", "${{ inputs.x }}"], outputs: {w: stdout}}
	END
	plan 128 run -y --input x=ghp_16C7e42F292c6912E7710c838347Ae178B4a leak &&
	test_must_fail grep -r 16C7e42F .git/err .git/vault/plans &&
	plan 129 run -y --input y=1 leak && plan 1 run -y --input "x=\$(touch ran);\`touch ran\`" leak &&
	status out failed && test_grep "likely is a secret" .git/doc && status to failed &&
	status word passed && test_path_is_missing ran &&
	test_must_fail grep -r "c0rrect-h0rse" .git/vault/plans
'

test_expect_success 'nor is one shown that a program of a step prints' '
	write prints <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore}
	  - {id: show, needs: [files], run: [sh, -c, "cat live/prod/.env; echo done >&2"]}
	END
	plan 0 run -y prints && cat .git/out .git/err >.git/all && test_grep "DB_PASSWORD=<withheld>" .git/all &&
	test_grep "done" .git/all && test_must_fail grep "c0rrect-h0rse" .git/all
'

test_expect_success 'a test asks what has to hold, and changes nothing' '
	write ready <<-\END &&
	steps:
	  - {id: a, run: [touch, ran], preconditions: [{file: live}, {variable: HOME}]}
	  - {id: b, run: [touch, ran], preconditions: [{file: nothing}]}
	  - {id: c, check: {tcp: "127.0.0.1:1", within: 1s}}
	END
	ls .git/vault/plans >../runs && plan 1 test ready && test_grep "a: passed" .git/out &&
	test_grep "b: failed.*no file .nothing." .git/out && test_grep "c: failed" .git/out &&
	ls .git/vault/plans >../now && test_cmp ../runs ../now && test_path_is_missing ran
'

test_expect_success 'a torn line did not happen, and a damaged journal or plan is named' '
	mkdir done && plan 0 run -y many && run=$(ls .git/vault/plans | tail -n 1) && at=.git/vault/plans/$run &&
	cp "$at/journal" ../kept && printf "{\"at\":\"20" >>"$at/journal" && plan 0 status &&
	test_grep "passed" .git/out && echo >>"$at/journal" && plan 0 status && cp ../kept "$at/journal" && echo "{\"what\":\"odd\"}" >>"$at/journal" &&
	plan 128 status && test_grep "run $run, line [0-9]* of its journal" .git/err &&
	plan 0 history && test_grep "line [0-9]* of its journal" .git/err && test_grep "tries" .git/out &&
	: >"$at/journal" && plan 128 status "$run" && test_grep "is empty" .git/err &&
	cp ../kept "$at/journal" && echo "# more" >>"$at/plan.yaml" && plan 128 status &&
	test_grep "was changed since it began" .git/err && rm -r done "$at"
'

test_expect_success 'estimates come from the last run, and graphs name all steps' '
	plan 0 estimate many && test_grep "critical path: " .git/out && plan 0 graph many --format dot &&
	test_grep "\"s0\" -> \"s5\"" .git/out && plan 0 graph many --format mermaid &&
	test_grep "s0 --> s5" .git/out
'

test_expect_success 'a plan that a pull brought runs only once it is accepted' '
	git add -A && git commit -qm plans && git vault -q snapshot && git init -q --bare ../remote.git &&
	git remote add origin ../remote.git && git push -q origin HEAD && git vault -q sync &&
	git clone -q ../remote.git ../clone && cd ../clone && plan 128 run -y ready &&
	test_grep "plan ready is not accepted as it is now" .git/err && test_path_is_missing ran &&
	plan 0 list && test_grep "ready *draft" .git/out && test_expect_code 1 git vault policy diff >out &&
	test_grep "recovery plans, which run commands" out && test_grep "+.*ready: .*touch, ran" out &&
	accept && plan 0 list && test_grep "ready *validated" .git/out &&
	echo "  - {id: d, run: [touch, ran]}" >>.gitvault/plans/ready.yaml && plan 128 run -y ready &&
	plan 0 list && test_grep "lost *validated" .git/out
'

test_expect_success 'no more plans than there may be, and none of another name' '
	(git init -q ../many && cd ../many && mkdir -p .gitvault/plans && cd .gitvault/plans &&
	for i in $(test_seq 1000); do : >p$i.yaml; done && : >notes.txt && : >a.b.yaml && : >.yaml &&
	git vault plan list >../../out && test_line_count -gt 999 ../../out && test_grep ! "notes\|a\.b" ../../out &&
	: >more.yaml && test_expect_code 128 git vault plan list 2>../../err &&
	test_grep "^git-vault: .gitvault/plans has more than 1000 plans$" ../../err) && rm -rf ../many
'

test_expect_success 'a bare repository has the plans and schemas of its HEAD' '
	git init -q ../team && (cd ../team && mkdir -p .gitvault/plans/folder .gitvault/schemas/sub &&
	printf "environment: prod\nsteps: [{id: a, run: [touch, ran]}]\n" >.gitvault/plans/ready.yaml &&
	: >.gitvault/plans/notes.txt && ln -s ready.yaml .gitvault/plans/link.yaml &&
	: >.gitvault/plans/folder/in.yaml && awk "BEGIN { for (i = 0; i < 250000; i++) print \"#\" }" >.gitvault/plans/lines.yaml &&
	echo "{}" >.gitvault/schemas/named.json && echo "{}" >.gitvault/schemas/sub/other.json && echo "a: 1" >base.yaml &&
	printf "config:\n  c: {layers: [base.yaml], schema: .gitvault/schemas/named.json}\n" >.gitvault.yaml &&
	git add -A && git commit -qm team) && git clone -q --bare ../team ../team.git && (cd ../team.git && git vault init -q &&
	test_expect_code 1 git vault policy diff >out 2>err && test_grep "^  + ready: .*touch, ran" out &&
	test_grep "lines: it has more than 1 MiB" out err && test_grep ! "link\|notes\|in.yaml" out &&
	test_grep "^  + [0-9a-f]* .gitvault/schemas/named.json$" out &&
	test_grep "^  + [0-9a-f]* .gitvault/schemas/sub/other.json$" out &&
	test_expect_code 3 git vault policy accept -q --yes && git vault policy diff)
'

test_expect_success 'a plan that is given up is deprecated, and one that passed is ready for its period' '
	printf "environment: prod\ndeprecated: use lost\nsteps: [{id: a, run: [\"true\"]}]\n" >.gitvault/plans/old.yaml &&
	printf "environment: prod\nevery: 7d\nsteps: [{id: a, run: [\"true\"]}]\n" >.gitvault/plans/often.yaml && accept &&
	plan 0 run -y often && plan 0 list && test_grep "old *deprecated" .git/out && test_grep "often *ready" .git/out &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 8 * 86400)) && export GIT_VAULT_TEST_TIME &&
		plan 0 list && test_grep "often *validated" .git/out) &&
	rm .gitvault/plans/old.yaml .gitvault/plans/often.yaml && accept
'

test_expect_success 'show hides nothing of what a plan runs' '
	cat >.gitvault/plans/all.yaml <<-\EOF && plan 0 show all && tr -d "\n " <.git/out >../flat && plan 0 show --json all &&
	environment: prod
	steps:
	  - id: a
	    shell: |
	      echo safe
	      touch seen-1
	    rollback: {shell: touch seen-2}
	    preconditions: [{shell: touch seen-3}]
	    env: {LD_PRELOAD: seen-4}
	    dir: seen-5
	  - {id: s, kind: switch, run: [true], rollback: [touch, seen-6], after: {shell: touch seen-7}, before: {file: seen-8}}
	EOF
	for n in 1 2 3 4 5 6 7 8
	do
		test_grep "seen-$n" ../flat && test_grep "seen-$n" .git/out || return 1
	done && rm .gitvault/plans/all.yaml
'

test_expect_success 'an accepted plan goes through no link that a pull brings' '
	git checkout -q -- . && mkdir ../outside && printf "{\"ip\":\"private-42\"}\n" >../outside/o.json &&
	printf "active: a\n" >../outside/dns.yaml && cat >.gitvault/plans/out.yaml <<-\EOF && git add -A && git commit -qm plan &&
	environment: prod
	steps:
	  - {id: re, kind: restore, snapshot: latest, into: out/r, on_failure: continue}
	  - {id: ou, run: [true], outputs: {x: {file: out/o.json, select: .ip}}, on_failure: continue}
	  - {id: sw, kind: switch, file: dns.yaml, key: active, to: b, on_failure: continue}
	  - {id: di, run: [touch, ran], dir: out, on_failure: continue}
	  - {id: ch, kind: check, check: {file: out/o.json}, on_failure: continue}
	EOF
	accept && ln -s ../outside out && ln -s ../outside/dns.yaml dns.yaml && plan 1 run -y out &&
	test "$(grep -c "failed.* leads through a symbolic link" .git/out)" = 5 && test "$(ls ../outside | wc -l)" = 2 &&
	test "$(cat ../outside/dns.yaml)" = "active: a" && ! grep private-42 .git/out
'

test_expect_success 'an approval is of the values of the inputs, too, and shows them' '
	cat >.gitvault/plans/ask.yaml <<-\END && git add -A && git commit -qm ask && git push -q origin HEAD && accept && git vault -q sync &&
	environment: prod
	inputs: {word: {default: calm}}
	steps:
	  - {id: ok, kind: approve}
	  - {id: go, needs: [ok], run: [echo, "word=${{ inputs.word }}"]}
	END
	git vault key generate -o ../ben.key >../ben.pub 2>/dev/null &&
	git vault key add --signer "$(sed -n 2p ../ben.pub)" ben "$(sed -n 1p ../ben.pub)" >.git/out 2>&1 && git vault -q sync &&
	plan 3 run -y --input word="all of it" ask && run=$(ls .git/vault/plans | tail -1) &&
	test_grep "others approve by: git vault plan approve --input .word=all of it. ask $run ok" .git/err &&
	git clone -q ../remote.git ../ben && (cd ../ben && git config vault.auditName ben && git vault -q init &&
		git vault -q sync && GIT_VAULT_IDENTITY=$PWD/../ben.key git vault plan approve ask $run ok 2>../said && git vault -q sync) &&
	test_grep "with the input word: calm" ../said && git vault -q sync && plan 3 resume $run &&
	test_grep "another step, run, content or input" .git/err && test_grep ! "go: begins" .git/out &&
	(cd ../ben && GIT_VAULT_IDENTITY=$PWD/../ben.key git vault plan approve --input word="all of it" ask $run ok 2>../said &&
		git vault -q sync) && test_grep "with the input word: all of it" ../said && git vault -q sync && plan 0 resume $run
'

test_expect_success 'a plan with a secret in clear is not signed, and the others are' '
	echo "steps: [{id: a, run: [touch, beside]}]" >.gitvault/plans/beside.yaml && cat >.gitvault/plans/clear.yaml <<-\END &&
	environment: prod
	steps:
	  - {id: call, run: [curl, "https://ann:Zk3fj29sLq0xW7v@api.lan/x"]}
	END
	test_expect_code 3 git vault policy accept -y 2>.git/err >.git/out &&
	test_grep "left out: plan clear: it likely has a secret in clear (url-password)" .git/err &&
	git vault policy show >.git/out && test_grep "beside: steps" .git/out && test_grep ! "clear: " .git/out &&
	plan 0 run -y beside && plan 128 run -y clear && test_grep "clear is not accepted" .git/err && git vault -q sync &&
	test_must_fail grep Zk3fj29s .git/err .git/out && rm .gitvault/plans/clear.yaml &&
	git vault policy accept -y 2>.git/err >.git/out && test_grep ! "in clear" .git/err
'

# As in plans that are made from templates: an address that is not given is not asked.
test_expect_success 'a test asks nothing of a step whose condition is false' '
	cat >.gitvault/plans/conditional.yaml <<-\END &&
	title: a check that an input turns on
	inputs:
	  address: {default: ""}
	steps:
	  - {id: a, run: ["true"]}
	  - {id: asked, kind: wait, needs: [a], when: "${{ inputs.address }}", check: {http: "${{ inputs.address }}"}, deadline: 10m}
	END
	git vault -q policy accept -y && plan 0 test conditional &&
	test_grep "^asked: skipped: its condition is false$" .git/out
'

test_done
