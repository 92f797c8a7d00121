#!/bin/sh

test_description='git vault scan: allowances, baselines, rules of a team'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=Zk3fj29sLq0x
other=pQ8vT2mX7c5w

# allow LINE…: a policy with one allowance of these lines
allow () {
	printf "scan:\n  allow:\n  - %s\n" "$1" >.gitvault.yaml &&
	shift &&
	for line
	do
		printf "    %s\n" "$line" >>.gitvault.yaml || return 1
	done
}

# print NAME FILE [N]: the fingerprint or value_digest of a finding
print () {
	test_might_fail git vault scan --json "$2" >$T/print.json 2>/dev/null &&
	sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" $T/print.json
}

test_expect_success 'set up' '
	mkdir -p prod libs/deep && echo "password: $value" >prod/a.yaml &&
	echo "password: $value" >libs/deep/b.yaml && git add . && test_tick &&
	git commit -q -m first && one=$(print fingerprint prod/a.yaml) &&
	digest=$(print value_digest prod/a.yaml)
'

test_expect_success 'by fingerprint: this value in this file, on any line' '
	allow "fingerprint: $one" "reason: the sandbox" &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	test_line_count = 1 $T/out && test_grep "^libs/deep/b.yaml:1" $T/out &&
	test_grep "1 likely; 1 allowed" $T/err && test_grep ! warning $T/err &&
	test_write_lines "#" "#" "password: $value" >prod/a.yaml &&
	git vault scan prod &&
	echo "password: $other" >>prod/a.yaml &&
	test_expect_code 1 git vault scan prod >$T/out &&
	test_line_count = 1 $T/out && test_grep "^prod/a.yaml:4" $T/out &&
	echo "password: $value" >prod/a.yaml
'

test_expect_success 'by value, by path, by rule, and by several at once' '
	allow "value: $digest" "reason: known" && git vault scan &&
	allow "path: libs/**" "reason: documentation" &&
	test_expect_code 1 git vault scan >$T/out &&
	test_line_count = 1 $T/out && test_grep "^prod" $T/out &&
	allow "path: \"*.yaml\"" "reason: none is there" &&
	test_expect_code 1 git vault scan >$T/out && test_line_count = 2 $T/out &&
	allow "rule: generic-secret" "reason: all of them" && git vault scan &&
	allow "rule: generic-secret" "path: prod/*" "reason: both" &&
	test_expect_code 1 git vault scan >$T/out &&
	test_line_count = 1 $T/out && test_grep "^libs" $T/out &&
	allow "rule: github-pat" "path: prod/*" "reason: another rule" &&
	test_expect_code 1 git vault scan >$T/out && test_line_count = 2 $T/out
'

test_expect_success 'staged files are allowed in the same way' '
	allow "path: prod/*" "reason: sandbox" && echo "#" >>prod/a.yaml &&
	git add prod && git vault scan --staged 2>$T/err &&
	test_grep "1 allowed" $T/err && git reset -q &&
	echo "password: $value" >prod/a.yaml
'

test_expect_success 'one that has expired does not count, and is told' '
	allow "path: prod/*" "reason: r" "expires: 2001-01-31" &&
	test_expect_code 1 git vault scan prod 2>$T/err &&
	test_grep "gitvault.yaml:3: this allowance has expired" $T/err &&
	allow "path: prod/*" "reason: r" "expires: 9999-01-31" &&
	git vault scan prod 2>$T/err && test_grep ! warning $T/err
'

test_expect_success 'one without a reason does not count, and is told' '
	for reason in "" "reason:" "reason: \"\"" "reason: null"
	do
		allow "path: prod/*" "$reason" &&
		test_expect_code 1 git vault scan prod 2>$T/err &&
		test_grep "gitvault.yaml:3: .*has no reason" $T/err || return 1
	done
'

test_expect_success 'one that matches nothing is told of a whole tree' '
	allow "path: gone/*" "reason: r" &&
	test_expect_code 1 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:3: this allowance matches nothing" $T/err &&
	test_expect_code 1 git vault scan prod 2>$T/err &&
	test_grep ! warning $T/err
'

test_expect_success 'one that names no rule or is no digest is told' '
	allow "rule: generic-secrets" "reason: r" &&
	test_expect_code 1 git vault scan prod 2>$T/err &&
	test_grep "this rule does not exist, so it" $T/err &&
	allow "fingerprint: 1234" "reason: r" &&
	test_expect_code 1 git vault scan prod 2>$T/err &&
	test_grep "is no fingerprint" $T/err
'

test_expect_success JQ 'JSON has what is allowed, why, and the doubts' '
	allow "path: prod/*" "reason: sandbox" &&
	printf "  - rule: github-pat\n    reason: r\n" >>.gitvault.yaml &&
	test_expect_code 1 git vault scan --json >$T/json &&
	jq -e ".counts.likely == 1 and (.findings | length) == 1 and
		(.allowed | length) == 1 and .allowed[0].path == \"prod/a.yaml\" and
		.allowed[0].allowed_by == \"policy\" and
		.allowed[0].reason == \"sandbox\" and
		.allowances == [{path: \".gitvault.yaml\", line: 5,
			matter: \"unused\"}]" $T/json
'

test_expect_success 'a comment on the line allows its rule, with a reason' '
	rm .gitvault.yaml && mkdir $T/c && cat >c.yaml <<-END &&
	password: "$value" # gitvault:allow generic-secret the sandbox has it
	password: "$value" # gitvault:allow generic-secret
	password: "$value" # gitvault:allow github-pat why not
	password: "$value" <!-- gitvault:allow generic-secret -->
	password: "$value" # gitvault:allow generic-secret-2 why
	# gitvault:allow generic-secret on another line
	password: "$value"
	END
	test_expect_code 1 git vault scan c.yaml >$T/out 2>$T/err &&
	cut -d: -f2 $T/out >$T/actual && test_write_lines 2 3 4 5 7 >$T/expect &&
	test_cmp $T/expect $T/actual && test_grep "; 1 allowed" $T/err &&
	test_grep "c.yaml:2: .*has no reason" $T/err &&
	test_grep "c.yaml:4: .*has no reason" $T/err && rm c.yaml
'

test_expect_success 'a comment may have a last day' '
	cat >c.yaml <<-END &&
	password: "$value" # gitvault:allow generic-secret until=2001-01-31 why
	password: "$value" # gitvault:allow generic-secret until=9999-01-31 why
	password: "$value" # gitvault:allow generic-secret until=9999-01-31
	password: "$value" # gitvault:allow generic-secret until=soon why
	END
	test_expect_code 1 git vault scan c.yaml >$T/out 2>$T/err &&
	cut -d: -f2 $T/out >$T/actual && test_write_lines 1 3 4 >$T/expect &&
	test_cmp $T/expect $T/actual &&
	test_grep "c.yaml:1: this allowance has expired" $T/err &&
	test_grep "c.yaml:3: .*has no reason" $T/err &&
	test_grep "c.yaml:4: this allowance has expired" $T/err && rm c.yaml
'

test_expect_success 'one is written through a link' '
	test_when_finished "rm -rf $T/link $T/disk" && mkdir $T/disk &&
	ln -s disk/base $T/link && git vault scan --write-baseline $T/link &&
	test -L $T/link && test_grep "^# git-vault baseline 1" $T/disk/base
'

test_expect_success 'a baseline holds what is known; what is new is told' '
	git vault scan --write-baseline base >$T/out 2>$T/err &&
	test_must_be_empty $T/out && test_grep "2 likely" $T/err &&
	test_line_count = 3 base && test_grep "^# git-vault baseline 1" base &&
	test_grep "^$one generic-secret prod/a.yaml\$" base &&
	test_grep ! $value base &&
	git vault scan --baseline base 2>$T/err &&
	test_grep "no findings; 2 allowed" $T/err &&
	test_write_lines "#" "password: $value" "password: $other" >prod/a.yaml &&
	test_expect_code 1 git vault scan --baseline base >$T/out &&
	test_line_count = 1 $T/out && test_grep "^prod/a.yaml:3:" $T/out &&
	git add prod && git commit -q -m "more" && git reset -q --soft HEAD~1 &&
	git commit -q -m squashed &&
	test_expect_code 1 git vault scan --baseline base >$T/out &&
	test_line_count = 1 $T/out && cp base base.2 &&
	git vault scan --baseline base --write-baseline base.2 &&
	test_line_count = 4 base.2 && git vault scan --baseline base.2
'

test_expect_success 'it survives a rebase, lines that move and a renamed neighbour' '
	test_when_finished "rm -rf rebased" && git init -q -b main rebased &&
	(
		cd rebased && mkdir app &&
		echo "db: main" >app/names.yaml &&
		printf "password: %s\ntoken: \"%s\" # prod\n" \
			"$value" "$other" >app/values.yaml &&
		git add . && git commit -q -m base &&
		git vault scan --write-baseline $T/rebased 2>$T/err &&
		test_grep "2 likely" $T/err &&
		git checkout -q -b topic && git mv app/names.yaml app/hosts.yaml &&
		git commit -q -m renamed && printf "%s\n" "# head" "a: 1" \
			"$(cat app/values.yaml)" "z: 2" >app/values.new &&
		mv app/values.new app/values.yaml && git commit -qam moved &&
		git checkout -q main && echo x >other && git add other &&
		git commit -q -m other && git checkout -q topic &&
		git rebase -q main 2>$T/err && test_line_count = 5 app/values.yaml &&
		git vault scan --baseline $T/rebased 2>$T/err &&
		test_grep "no findings; 2 allowed" $T/err &&
		git checkout -q main && git merge -q --squash topic >$T/out &&
		git commit -q -m squashed &&
		git vault scan --baseline $T/rebased &&
		git vault scan --baseline $T/rebased --range HEAD~1..HEAD
	)
'

test_expect_success 'it does not hide another value on a line that it allows' '
	test_when_finished "rm -rf changed" && git init -q -b main changed &&
	(
		cd changed && echo "password: $value" >a.yaml && git add . &&
		git commit -q -m base &&
		git vault scan --write-baseline $T/changed &&
		echo "{password: $value, token: $other}" >a.yaml &&
		test_expect_code 1 git vault scan --baseline $T/changed \
			>$T/out 2>$T/err && test_line_count = 1 $T/out &&
		test_grep "1 likely; 1 allowed" $T/err &&
		echo "password: $other" >a.yaml && git add . &&
		test_expect_code 1 git vault scan --staged \
			--baseline $T/changed >$T/out &&
		test_line_count = 1 $T/out && mv a.yaml b.yaml &&
		echo "password: $value" >b.yaml &&
		test_expect_code 1 git vault scan --baseline $T/changed >$T/out
	)
'

test_expect_success 'an entry of it that matches nothing is told' '
	rm libs/deep/b.yaml && test_expect_code 1 git vault scan \
		--baseline base >$T/out 2>$T/err &&
	test_grep "base:[23]: this allowance matches nothing" $T/err &&
	git checkout -q -- libs && echo "password: $value" >prod/a.yaml
'

test_expect_success 'what is no baseline is refused, with its line' '
	test_expect_code 128 git vault scan --baseline none 2>$T/err &&
	test_grep "there is no baseline none" $T/err &&
	echo x >bad && test_expect_code 128 git vault scan --baseline bad 2>$T/err &&
	test_grep "bad:1: line 1 is not .# git-vault baseline 1." $T/err &&
	test_write_lines "# git-vault baseline 1" "" "# more" "$one x" zz >bad &&
	test_expect_code 128 git vault scan --baseline bad 2>$T/err &&
	test_grep "bad:5: a line begins with a fingerprint" $T/err &&
	test_write_lines "# git-vault baseline 1" "$one" \
		"0${one#?}" "f${one#?}" >bad &&
	test_expect_code 128 git vault scan --baseline bad 2>$T/err &&
	test_grep "this fingerprint was made with the key" $T/err && rm bad
'

test_expect_success 'a clone without the key makes none, and says what to do' '
	allow "fingerprint: $one" "reason: sandbox" &&
	git clone -q . $T/clone && cp .gitvault.yaml $T/clone &&
	cp prod/a.yaml $T/clone/prod &&
	test_expect_code 1 git -C $T/clone vault scan -v prod >$T/out 2>$T/err &&
	test_grep "allowances are of the key ${one%%-*}, which this clone" $T/err &&
	git -C $T/clone for-each-ref refs/vault >$T/refs &&
	test_must_be_empty $T/refs &&
	git -C $T/clone fetch -q origin refs/vault/idkey:refs/vault/idkey &&
	git -C $T/clone vault scan prod && rm .gitvault.yaml
'

test_expect_success 'a comment that allows nothing is told' '
	git init -q comments && (
		cd comments && test_write_lines "host: db" \
			"password: $value # gitvault:allow generic-secret sandbox" \
			"port: 1 # gitvault:allow generic-secret moved away" \
			"password: $value # gitvault:allow github-pat another" \
			"token: x # gitvault:allow no-such-rule typed wrongly" \
			"text: gitvault:allow RULE and gitvault:allow <rule>" >a.yaml &&
		test_write_lines "gitvault:allow generic-secret as one writes it" \
			>README.md &&
		test_expect_code 1 git vault scan >$T/out 2>$T/err &&
		grep warning $T/err | sed "s/.*warning: //" >$T/actual &&
		cat >$T/expect <<-\END &&
		a.yaml:3: this allowance matches nothing
		a.yaml:4: this allowance matches nothing
		a.yaml:5: this rule does not exist, so it allows nothing
		END
		test_cmp $T/expect $T/actual && git add . && git commit -q -m one &&
		test_expect_code 1 git vault scan --all-history >$T/out 2>$T/err &&
		test_grep ! "matches nothing" $T/err
	) && rm -rf comments
'

test_expect_success 'such comments are told once and by their line, however far' '
	{
		yes "filler: nothing of note" | head -n 400000 &&
		echo "port: 1 # gitvault:allow generic-secret moved" &&
		yes "filler: nothing of note" | head -n 200000 &&
		echo "port: 1 # gitvault:allow generic-secret moved"
	} >large.yaml && git vault scan large.yaml 2>$T/err &&
	grep warning $T/err | sed "s/.*warning: //" >$T/actual &&
	cat >$T/expect <<-\END &&
	large.yaml:400001: this allowance matches nothing
	large.yaml:600002: this allowance matches nothing
	END
	test_cmp $T/expect $T/actual && rm large.yaml
'

test_expect_success 'a team switches rules off and changes severities' '
	printf "scan:\n  disable: [generic-secret]\n" >.gitvault.yaml &&
	git vault scan && git vault scan --list-rules >$T/out &&
	test_grep ! "^generic-secret " $T/out &&
	printf "scan:\n  severity:\n    generic-secret: critical\n" \
		>.gitvault.yaml &&
	test_expect_code 1 git vault scan --json >$T/out &&
	test_grep "\"severity\":\"critical\"" $T/out &&
	printf "scan:\n  disable: [generic]\n" >.gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:2: there is no rule .generic." $T/err
'

test_expect_success 'a team has rules of its own' '
	cat >.gitvault.yaml <<-\END &&
	scan:
	  rules:
	  - id: acme-token
	    description: Token of the Acme gateway
	    provider: Acme
	    kind: token
	    anchors: [acme_]
	    pattern: "acme_[0-9a-f]{24}"
	    severity: critical
	    confidence: likely
	    remediation: Ask the gateway team.
	    positive: ["acme_{hex*24}", "x acme_{hex*24}"]
	    negative: ["acme_{hex*8}", "acme_token"]
	END
	echo "use acme_$(printf x | sha256sum | cut -c1-24) now" >acme.txt &&
	test_expect_code 1 git vault scan acme.txt >$T/out &&
	test_grep "^acme.txt:1:5: likely: acme-token: acme_… (29 bytes)" $T/out &&
	git vault scan --explain acme-token >$T/out &&
	test_grep "Ask the gateway team" $T/out
'

test_expect_success 'rules that are none are refused, with the reason' '
	sed "s/acme_\[0/acme_([0/" .gitvault.yaml >$T/policy &&
	cp .gitvault.yaml $T/good && cp $T/policy .gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:8: rule .acme-token.: its pattern is invalid" \
		$T/err &&
	sed "s/acme_\[0.*/acme_(?:(?:a{0,30}){0,10}){0,3}b\"/" $T/good \
		>.gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:8: rule .acme-token.: its pattern has 18.. steps" \
		$T/err &&
	sed "s/id: acme-token/id: github-pat/" $T/good >.gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "has a rule .github-pat. already" $T/err &&
	sed "s/    severity: critical/    colour: red/" $T/good >.gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:9: a rule has no .colour." $T/err &&
	printf "scan:\n  alow: []\n" >.gitvault.yaml &&
	test_expect_code 128 git vault scan 2>$T/err &&
	test_grep "gitvault.yaml:2: there is no key .alow.; the nearest is .allow." \
		$T/err
'

# All that a rule may cost, at each byte of a file. Once the pipe has taken all
# but what it holds itself, the first window is full. The signal comes once: of a
# second one it would die.
test_expect_success 'a scan that takes long is interrupted at once' '
	sed "s/acme_\[0.*/aaaa(?:a{0,60}[ab]?){0,8}c\"/; s/\[acme_\]/[aaaa]/" \
		$T/good >.gitvault.yaml &&
	sed -i "s/^\( *\)severity: critical/\1open: both\n&/" .gitvault.yaml &&
	mkfifo $T/slow &&
	{ env --default-signal=INT timeout --foreground \
		--preserve-status -s KILL 60 \
		git-vault scan --stdin <$T/slow >$T/out 2>$T/err & } &&
	pid=$! &&
	head -c 4250000 /dev/zero | tr "\0" a >$T/slow &&
	kill -INT $pid && test_expect_code 130 wait $pid &&
	test_grep "interrupted" $T/err &&
	cp $T/good .gitvault.yaml
'

test_expect_success 'our own rules are clean by our own policy' '
	git init -q ours && mkdir -p ours/share/git-vault && (
		cd ours && cp "$GIT_VAULT_SRC_DIR/.gitvault.yaml" . &&
		cp -r "$GIT_VAULT_SRC_DIR/share/git-vault/rules" share/git-vault &&
		git vault scan >$T/out && test_must_be_empty $T/out
	) && rm -rf ours
'

test_done
