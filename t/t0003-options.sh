#!/bin/sh

test_description='options and arguments are read as git reads them'
. "$(dirname "$0")/test-lib.sh"

# expect_echo LINE… : ARGUMENT…: what the tool makes of them.
expect_echo () {
	: >expect &&
	while test "$1" != :
	do
		echo "$1" >>expect && shift || return 1
	done &&
	shift &&
	frame-tool -q echo "$@" >actual 2>/dev/null &&
	test_cmp expect actual
}

usage_error () {
	echo "git-vault: $1" >expect &&
	shift &&
	test_expect_code 129 "$@" >out 2>err &&
	test_must_be_empty out &&
	sed 1q err >actual &&
	test_cmp expect actual &&
	sed -n 2p err >actual &&
	test_grep "^hint: git vault " actual &&
	test "$(wc -l <err)" = 2
}

test_expect_success 'options stand before and behind arguments' '
	expect_echo "number 3 flag 1 dashes -1 verbosity -1" \
		"word x" "word y" "arg a" "arg b" : \
		-w x a --number=3 b --word y --flag
'

test_expect_success 'values are attached or separate, long and short' '
	expect_echo "number 4 flag 0 dashes -1 verbosity -1" \
		"word a" "word b" "word c" "word d" : \
		-wa -w b --word=c --word d -n4
'

test_expect_success 'two dashes end the options, and it is told where' '
	expect_echo "number 7 flag 0 dashes 1 verbosity -1" \
		"arg a" "arg --flag" "arg --" : a -- --flag -- &&
	expect_echo "number 7 flag 0 dashes 0 verbosity -1" "arg -n" : -- -n
'

test_expect_success 'a lone dash is an argument' '
	expect_echo "number 7 flag 0 dashes -1 verbosity -1" "arg -" : -
'

test_expect_success 'unique abbreviations are taken' '
	expect_echo "number 5 flag 1 dashes -1 verbosity -1" "word z" : \
		--fl --num 5 --wo=z
'

test_expect_success 'an ambiguous abbreviation names what it could be' '
	usage_error \
	    "option '\''--no'\'' is short for both '\''--no-word'\'' and '\''--no-progress'\''" \
	    frame-tool echo --no
'

test_expect_success '--no- takes an option back' '
	expect_echo "number 7 flag 0 dashes -1 verbosity -1" "word b" : \
		--flag -w a --no-flag --no-word -w b
'

test_expect_success 'an unknown option names the nearest' '
	usage_error \
	    "unknown option '\''--falg'\''; did you mean '\''--flag'\''?" \
	    frame-tool echo --falg &&
	usage_error "unknown option '\''--qqqqqqqq'\''" \
	    frame-tool echo --qqqqqqqq &&
	usage_error "unknown option '\''-x'\''" frame-tool echo -x
'

test_expect_success 'an unknown command names the nearest' '
	usage_error \
	    "unknown command '\''ehco'\''; did you mean '\''echo'\''?" \
	    frame-tool ehco &&
	usage_error "unknown command '\''zzzzzz'\''" frame-tool zzzzzz
'

test_expect_success 'help and init know what they take' '
	usage_error "unknown command '\''inti'\''; did you mean '\''init'\''?" \
	    git vault help inti &&
	usage_error "'\''init'\'' takes no arguments, but here is '\''x'\''" \
	    git vault init x &&
	usage_error "'\''help'\'' takes at most 1 argument; '\''b'\'' is one too many" \
	    git vault help a b &&
	usage_error "'\''completion'\'' needs 1 argument, not 0" \
	    git vault completion
'

test_expect_success 'a wrong usage is answered with the command that prints the right one' '
	usage_error "unknown option '\''--zzzzzzzz'\''" \
	    git vault key add --zzzzzzzz &&
	test_grep "^hint: git vault key -h$" err &&
	usage_error "unknown command '\''key ad'\''; did you mean '\''key add'\''?" \
	    git vault key ad &&
	test_grep "^hint: git vault key add -h$" err
'

test_expect_success 'a missing or a bad value is told' '
	usage_error "option '\''--word'\'' needs a value (WORD)" \
	    frame-tool echo --word &&
	usage_error "option '\''--flag'\'' takes no value" \
	    frame-tool echo --flag=1 &&
	usage_error "option '\''--color'\'' takes never, always or auto, not '\''red'\''" \
	    frame-tool echo --color=red
'

test_expect_success 'options that all commands take stand on either side' '
	git vault --json version >front &&
	git vault version --json >back &&
	test_cmp front back &&
	test_grep version front &&
	frame-tool -v -v echo >actual 2>err &&
	test_grep "verbosity 2" actual &&
	test_grep "^git-vault: detailed" err &&
	frame-tool echo -q >actual 2>err &&
	echo "git-vault: warning: warned" >expect &&
	test_cmp expect err
'

test_expect_success '-C changes the directory, and once more from there' '
	git init -q a/b &&
	git vault -C a -C b init -q &&
	test_path_is_dir a/b/.git/vault &&
	test_path_is_missing .git/vault
'

test_expect_success '-C into nowhere fails' '
	test_expect_code 128 git vault -C nowhere init 2>err &&
	echo "git-vault: cannot change to '\''nowhere'\'': No such file or directory" \
		>expect &&
	test_cmp expect err
'

test_expect_success '-C does not stand behind the command' '
	usage_error "unknown option '\''-C'\''" git vault init -C a
'

test_expect_success 'the help has four lines to start with, and seven groups by task' '
	git vault help >out && sed -n "/^start here$/,/^$/p" out >start &&
	test_line_count = 6 start && test_grep "^    git vault sync " start &&
	grep "^[a-z][a-z ]*$" out >groups &&
	test_write_lines "start here" save look "get it back" "secrets and access" \
		"states and deployments" share "check and clean up" \
		"about git vault" "options of every command" >expect &&
	test_cmp expect groups &&
	test_expect_code 129 git vault -h >actual && test_cmp out actual
'

test_expect_success 'no command outside a repository lists them all and fails' '
	nongit test_expect_code 129 git vault >actual 2>err &&
	test_must_be_empty err &&
	git vault help >expect &&
	test_cmp expect actual
'

test_expect_success '-h works outside of a repository' '
	test_expect_code 129 nongit git vault init -h >actual &&
	test_grep "^usage: git vault init" actual &&
	test_expect_code 129 nongit git-vault -h >actual &&
	git vault help >expect &&
	test_cmp expect actual
'

test_expect_success 'a command that needs a repository says where there is none' '
	test_expect_code 128 nongit git vault init 2>err &&
	test_grep "not a git repository" err &&
	test_line_count = 1 err
'

test_expect_success '--json is refused where there is no such form' '
	test_expect_code 129 frame-tool echo --json >out &&
	test_grep "\"message\":\"'\''echo'\'' has no JSON form; leave --json out\"" out &&
	test_expect_code 129 git vault --json completion bash >out &&
	test_grep "\"message\":\"'\''completion'\'' has no JSON form; leave --json out\"" out
'

test_expect_success 'no command has a letter or a name for two options' '
	for command in $(git vault help | sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p")
	do
		test_expect_code 129 git vault $command -h >usage &&
		sed -n "s/^    \(-[A-Za-z0-9]\)[ ,].*/\1/p" usage >words &&
		sed -n "s/^    \(-., \)*\(--[a-z-]*\).*/\2/p" usage >>words &&
		sort words | uniq -d | sed "s/^/$command /" >twice &&
		test_must_be_empty twice || return 1
	done
'

test_expect_success 'y is yes wherever something is asked' '
	for command in $(git vault help | sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p")
	do
		test_expect_code 129 git vault $command -h >usage &&
		! grep -e "^    -y" -e "--yes" usage >lines ||
			grep -q "^    -y, --yes " lines || return 1
	done
'

test_expect_success '--version is the version command' '
	git vault version >expect &&
	git vault --version >actual &&
	test_cmp expect actual &&
	test_grep "^git-vault version [0-9]" actual
'

test_expect_success 'every failure has its exit status' '
	frame-tool answer 0 &&
	test_expect_code 1 frame-tool answer 1 &&
	test_expect_code 3 frame-tool answer 3 &&
	for pair in 1:128 2:128 3:128 4:4 5:128 6:128 7:5 8:130 9:128 10:129
	do
		test_expect_code ${pair#*:} frame-tool fail ${pair%:*} \
			>out 2>err || return 1
		echo before >expect &&
		test_cmp expect out &&
		sed 1q err >actual &&
		echo "git-vault: it failed on purpose" >expect &&
		test_cmp expect actual || return 1
		test ${pair%:*} = 10 || test_line_count = 1 err || return 1
	done
'

test_expect_success 'where memory fails, a message that got lost is one, too' '
	test_expect_code 128 frame-tool fail 9 "" 2>err &&
	test_grep "^git-vault: out of memory$" err
'

test_done
