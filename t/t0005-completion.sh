#!/bin/sh

test_description='the shells complete what the tables hold'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq BASH 'bash -c "compgen -W x"'
test_lazy_prereq ZSH 'zsh -fc "autoload -U compinit"'
test_lazy_prereq GIT_COMPLETION '
	test -f /usr/share/bash-completion/completions/git'

# What the scripts are driven with: offer_alone and offer_git print what bash
# would offer at the end of a line.
cat >drive.bash <<'END'
test ! -f "$GIT_COMPLETION" || . "$GIT_COMPLETION"
eval "$(git vault completion bash)"

offer () {
	printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d'
}

offer_alone () {
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	__git_vault_alone
	offer
}

offer_git () {
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	read -ra COMP_WORDS <<<"$1"
	case $1 in
	*' ') COMP_WORDS+=("") ;;
	esac
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	__git_wrap__git_main
	offer
}
END

# offers LINE WORD…: these and no others, in any order.
offers () {
	line=$1 &&
	shift &&
	printf "%s\n" "$@" | sed "/^\$/d" | sort >expect &&
	bash -c '. ./drive.bash; offer_alone "$1"' - "$line" >words &&
	sort words >actual &&
	test_cmp expect actual
}

offers_git () {
	line=$1 &&
	shift &&
	printf "%s\n" "$@" | sed "/^\$/d" | sort >expect &&
	GIT_COMPLETION=/usr/share/bash-completion/completions/git \
		bash -c '. ./drive.bash; offer_git "$1"' - "$line" >words &&
	sort words >actual &&
	test_cmp expect actual
}

test_expect_success 'there is a script for bash and one for zsh' '
	git vault completion bash >bash.sh &&
	git vault completion zsh >zsh.sh &&
	test_file_not_empty bash.sh &&
	test_file_not_empty zsh.sh &&
	test_expect_code 129 git vault completion fish 2>err &&
	test_grep "no completion is known for the shell .fish." err
'

test_expect_success BASH 'the script is good bash, and quiet' '
	bash -n bash.sh &&
	bash -c ". ./bash.sh" >out 2>&1 &&
	test_must_be_empty out
'

test_expect_success ZSH 'the other is good zsh' '
	zsh -fn zsh.sh
'

test_expect_success 'both hold every command and every option' '
	for command in $(git vault help | sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p")
	do
		test_grep -w "$command" bash.sh &&
		test_grep "$command)" zsh.sh &&
		test_expect_code 129 git vault $command -h >usage &&
		sed -n "s/^    .*\(--[a-z-]*\).*/\1/p" usage >names &&
		while read -r name
		do
			test_grep -e "^  $command).*[ (]$name[ )=]" bash.sh &&
			test_grep -e "$name" zsh.sh || return 1
		done <names || return 1
	done >out
'

test_expect_success BASH 'commands are offered first' '
	offers "git-vault in" init &&
	offers "git-vault comp" completion &&
	offers "git-vault -q --color=never -C . ini" init &&
	offers "git-vault nonsense "
'

test_expect_success BASH 'options are those of the command and of all' '
	offers "git-vault init --dr" --dry-run &&
	offers "git-vault init --js" --json &&
	offers "git-vault help --dr" &&
	offers "git-vault --vers" --version &&
	offers "git-vault init --vers" &&
	offers "git-vault init -- --dr"
'

test_expect_success BASH 'values are offered where they are known' '
	offers "git-vault --color=a" always auto &&
	offers "git-vault init --color=n" never &&
	offers "git-vault init --color=" never always auto &&
	offers "git-vault completion " bash zsh &&
	offers "git-vault completion bash " &&
	offers "git-vault help vers" version
'

test_expect_success BASH 'what key and secret do is offered, once' '
	offers "git-vault key " generate add remove list show signer rotate \
		reseal adopt escrow recover &&
	offers "git-vault key re" remove reseal recover &&
	offers "git-vault secret " list show history rotate revoke export \
		import purge migrate &&
	offers "git-vault secret --scope prod ex" export &&
	offers "git-vault key list " &&
	offers "git-vault secret list li" &&
	offers "git-vault state " save list show log diff at for-resource \
		blame verify triage repair restore lock unlock locks serve &&
	offers "git-vault state --env prod re" repair restore
'

test_expect_success BASH 'and the options, with their values' '
	offers "git-vault key add --ro" --role &&
	offers "git-vault key add --role w" writer &&
	offers "git-vault key add --role=o" owner operator &&
	offers "git-vault secret export --format " env json k8s age &&
	offers "git-vault secret purge --st" --stdin &&
	>one.key && offers "git-vault key list --identity on" one.key &&
	rm one.key
'

test_expect_success 'what is offered there is' '
	sed -n "s/.*key:0) echo words:\(.*\) ;;/\1/p" bash.sh | tr , "\n" >verbs &&
	test_line_count = 11 verbs &&
	for verb in $(cat verbs)
	do
		test_expect_code 129 git vault key $verb --name=x --shares=2/3 \
			2>err &&
		test_grep "key $verb. does not take" err || return 1
	done &&
	sed -n "s/.*secret:0) echo words:\(.*\) ;;/\1/p" bash.sh |
		tr , "\n" >verbs &&
	test_line_count = 9 verbs &&
	for verb in $(cat verbs)
	do
		test_expect_code 129 git vault secret $verb --env=x --forget \
			x 2>err &&
		test_grep "secret $verb. does not take" err || return 1
	done &&
	sed -n "s/.*state:0) echo words:\(.*\) ;;/\1/p" bash.sh |
		tr , "\n" >verbs &&
	test_line_count = 16 verbs &&
	for verb in $(cat verbs)
	do
		test_expect_code 129 git vault state $verb --wait=x a b c \
			2>err &&
		test_grep "state $verb. .*take.* \(--wait\|not 3\)$" err || return 1
	done &&
	test_grep ":argument:(generate add remove .*)" zsh.sh
'

test_expect_success BASH 'directories are offered behind -C' '
	mkdir -p one/two &&
	>one/file &&
	offers "git-vault -C o" one &&
	offers "git-vault -C one/" one/two
'

test_expect_success BASH,GIT_COMPLETION 'git vault completes through git' '
	offers_git "git vault in" init &&
	offers_git "git -C one vault init --dr" --dry-run &&
	offers_git "git vault --color=al" always &&
	offers_git "git vault completion z" zsh
'

# The functions of a script know kinds that no command may take yet.
test_expect_success BASH 'snapshots, tags, records, branches and remotes come from git' '
	test_commit one &&
	commit=$(printf "a snapshot\n\nVault-Tag: nightly\nVault-Tag: v1\n" |
		git commit-tree HEAD^{tree}) &&
	git update-ref refs/vault/snapshots/20261120T071244Z-00000001 $commit &&
	commit=$(echo another | git commit-tree HEAD^{tree}) &&
	git update-ref refs/vault/snapshots/20261121T071244Z-00000002 $commit &&
	git vault -q good mark --without-snapshot prod && git vault -q good mark --without-snapshot prod &&
	git vault -q good mark --without-snapshot stage && git remote add upstream . &&
	cat >kinds.bash <<-\END &&
	. ./drive.bash
	words=(git-vault x "$2") cword=2 cur=$2 first=1 COMPREPLY=()
	__git_vault_kind "$1" "$2"
	offer
	END
	bash kinds.bash snapshot "" >actual &&
	test_write_lines latest 20261121T071244Z-00000002 \
		20261120T071244Z-00000001 >expect &&
	test_cmp expect actual &&
	bash kinds.bash snapshot 20261121 >actual &&
	echo 20261121T071244Z-00000002 >expect &&
	test_cmp expect actual &&
	bash kinds.bash snapshot tag: >actual &&
	test_write_lines nightly v1 >expect &&
	test_cmp expect actual &&
	blob=$(test_write_lines later v1 | git hash-object -w --stdin) &&
	tree=$(printf "100644 blob $blob\t20261120T071244Z-00000001\n" | git mktree) &&
	tree=$(printf "040000 tree $tree\tpinned\n040000 tree $tree\ttags\n" |
		git mktree) && git update-ref refs/vault/marks \
		$(echo marks | git commit-tree $tree) &&
	mkdir -p below && (cd below && cp ../drive.bash . &&
		bash ../kinds.bash snapshot tag:) >actual &&
	test_write_lines later nightly v1 >expect &&
	test_cmp expect actual && git update-ref -d refs/vault/marks &&
	bash kinds.bash snapshot good: >actual &&
	test_write_lines prod stage >expect &&
	test_cmp expect actual &&
	bash kinds.bash ref ma >actual &&
	echo main >expect &&
	test_cmp expect actual &&
	bash kinds.bash remote u >actual &&
	echo upstream >expect &&
	test_cmp expect actual
'

# What a zsh of its own makes of a line and a tab.
cat >capture.zsh <<'END'
zmodload zsh/zpty
TERM=vt100
zpty z zsh -fi
zpty -w z "PS1=; autoload -U compinit; compinit -u -D; unsetopt beep"
zpty -w z "stty cols 200"
zpty -w z "eval \"\$(git vault completion zsh)\"; echo re\"\"ady"
while zpty -r z line && [[ $line != *ready* ]]; do :; done
zpty -w -n z "$1"$'\t\n'
zpty -w z "echo en\"\"d"
while zpty -r z line && [[ $line != *end* ]]; do print -r -- $line; done
END

test_expect_success ZSH 'zsh offers the same' '
	timeout 60 zsh -f capture.zsh "git-vault ini" >actual &&
	test_grep -a "git-vault init" actual &&
	timeout 60 zsh -f capture.zsh "git-vault init --dr" >actual &&
	test_grep -a "init --dry-run" actual &&
	timeout 60 zsh -f capture.zsh "git vault comp" >actual &&
	test_grep -a "vault completion" actual &&
	timeout 60 zsh -f capture.zsh "git-vault --color=al" >actual &&
	test_grep -a "color=always" actual
'

test_done
