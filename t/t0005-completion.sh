#!/bin/sh

test_description='the shells complete what the tables and the snapshots hold'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq BASH 'bash -c "compgen -W x"'
test_lazy_prereq ZSH 'zsh -fc "autoload -U compinit"'
test_lazy_prereq FISH 'fish -c true'
test_lazy_prereq GIT_COMPLETION '
	test -f /usr/share/bash-completion/completions/git'
scripts=$TEST_DIRECTORY/../share/completion

# words WORD…: what the program offers for the last word, without what is said
# of each.
words () {
	git vault completion candidates bash -- "$@" >raw &&
	cut -f 1 <raw | sed 1d
}

# offered WORD… = VALUE…: these and no others, in any order.
offered () {
	rm -f asked &&
	while test "$1" != =
	do
		printf "%s\n" "$1" >>asked && shift
	done &&
	shift &&
	printf "%s\n" "$@" | sed "/^\$/d" | sort >expect &&
	(
		set -- &&
		while IFS= read -r word
		do
			set -- "$@" "$word"
		done <asked &&
		words "$@"
	) | sort >actual &&
	test_cmp expect actual
}

# What the script is driven with: offer_alone and offer_git print what bash
# would offer at the end of a line.
cat >drive.bash <<'END'
test ! -f "$GIT_COMPLETION" || . "$GIT_COMPLETION"
eval "$(git vault completion bash)"

offer () {
	printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d'
}

# Cut the line as readline does: at blanks, and around '=' and ':'.
cut_words () {
	local word rest=$1
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=() COMP_WORDS=()
	while [[ -n $rest ]]; do
		rest=${rest#"${rest%%[! ]*}"}
		case $rest in
		[=:]*) word=${rest%%[^=:]*} ;;
		*) word=${rest%%[ =:]*} ;;
		esac
		COMP_WORDS+=("$word")
		rest=${rest#"$word"}
	done
	case $1 in
	*' '* | *[=:])
		case $1 in
		*[\ =:]) COMP_WORDS+=("") ;;
		esac
		;;
	esac
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
}

offer_alone () {
	cut_words "$1"
	__git_vault_alone
	offer
}

offer_git () {
	cut_words "$1"
	__git_wrap__git_main
	offer
}
END

# offers LINE WORD…: these and no others, in any order.
offers () {
	line=$1 &&
	shift &&
	printf "%s\n" "$@" | sed "/^\$/d" | sort >expect &&
	bash -c '. ./drive.bash; offer_alone "$1"' - "$line" >offered &&
	sort offered >actual &&
	test_cmp expect actual
}

offers_git () {
	line=$1 &&
	shift &&
	printf "%s\n" "$@" | sed "/^\$/d" | sort >expect &&
	GIT_COMPLETION=/usr/share/bash-completion/completions/git \
		bash -c '. ./drive.bash; offer_git "$1"' - "$line" >offered &&
	sort offered >actual &&
	test_cmp expect actual
}

test_expect_success 'the program prints the scripts that are installed' '
	git vault completion bash >bash.sh && test_cmp "$scripts/git-vault.bash" bash.sh &&
	git vault completion zsh >zsh.sh && test_cmp "$scripts/_git-vault" zsh.sh &&
	git vault completion fish >fish.sh && test_cmp "$scripts/git-vault.fish" fish.sh &&
	test_expect_code 129 git vault completion tcsh 2>err &&
	test_grep "no completion is known for the shell .tcsh." err &&
	test_expect_code 129 git vault completion bash x 2>err &&
	test_expect_code 129 git vault completion candidates 2>err &&
	test_expect_code 129 git vault completion candidates tcsh -- x 2>err
'

test_expect_success BASH 'the script is good bash, and quiet' '
	bash -n bash.sh &&
	bash -uc ". ./bash.sh" >out 2>&1 &&
	test_must_be_empty out
'

test_expect_success ZSH 'the other is good zsh' '
	zsh -fn zsh.sh
'

test_expect_success FISH 'and the third is good fish' '
	fish -n fish.sh && fish -n "$scripts/git-vault-conf.fish"
'

test_expect_success 'every command and every option is offered' '
	words "" >commands &&
	git vault help | sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p" >expect &&
	test_line_count -gt 30 expect &&
	sort expect >expect.sorted && sort commands >actual.sorted &&
	test_cmp expect.sorted actual.sorted &&
	for command in $(cat commands)
	do
		words "$command" -- >options &&
		test_expect_code 129 git vault $command -h >usage &&
		sed -n "s/^    \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p" usage >names &&
		while read -r name
		do
			test_grep -e "^$name=\{0,1\}\$" options || return 1
		done <names || return 1
	done >out
'

test_expect_success 'commands are offered first, with what they do' '
	offered in = init && grep "^init	..* " raw &&
	offered -q --color=never -C . ini = init &&
	offered nonsense "" = && words >none && test_must_be_empty none
'

test_expect_success 'options are those of the command and of all' '
	offered init --dr = --dry-run &&
	offered init --js = --json &&
	offered help --dr = && offered --vers = --version &&
	offered init --vers = && offered init -- --dr =
'

test_expect_success 'values are offered where they are known' '
	offered --color=a = --color=always --color=auto &&
	offered init --color=n = --color=never &&
	offered completion "" = bash zsh fish candidates &&
	offered completion bash "" = &&
	offered help vers = version && offered help tut = tutorial &&
	offered key add --role w = writer &&
	offered key add --role=o = --role=owner --role=operator &&
	offered secret export --format "" = env json k8s age
'

test_expect_success 'what key and secret do is offered, once' '
	offered key re = remove reseal recover &&
	offered secret --scope prod ex = export &&
	offered key list "" = && offered secret list li = &&
	offered state --env prod re = repair restore
'

# Each verb is offered as the usage has it, so none can be missing; that it is
# one is told by the command itself.
test_expect_success 'what is offered there is' '
	for command in key secret state
	do
		words $command "" >verbs && test_line_count -gt 8 verbs &&
		for verb in $(cat verbs)
		do
			test_expect_code 129 git vault $command $verb a b c d e \
				--no-such 2>err &&
			test_grep "unknown option" err || return 1
		done || return 1
	done
'

test_expect_success 'files and directories are left to the shell' '
	for line in "key recover" "key list --identity" "export" "state save"
	do
		git vault completion candidates bash -- $line "" >actual &&
		echo files >expect && test_cmp expect actual || return 1
	done &&
	echo dirs >expect &&
	git vault completion candidates bash -- -C "" >actual && test_cmp expect actual &&
	git vault completion candidates bash -- restore latest --to "" >actual &&
	test_cmp expect actual
'

test_expect_success 'without a repository nothing is offered, and nothing said' '
	mkdir outside && (cd outside && GIT_CEILING_DIRECTORIES=$PWD/.. &&
		export GIT_CEILING_DIRECTORIES && rm -rf ../.hidden &&
		git vault -C / completion candidates bash -- restore "" >../out 2>../err) &&
	echo words >expect && test_cmp expect out && test_must_be_empty err
'

test_expect_success 'a repository with three snapshots' '
	git config user.name Ann && git config user.email ann@example.org &&
	mkdir -p live/prod live/stage "my dir" && echo one >live/prod/main.tf &&
	echo two >live/stage/main.tf && echo x >"my dir/\$(touch pwned)" &&
	echo .env >.gitignore && echo "DB_PASSWORD=correct-horse-7Gq2" >.env &&
	git add . && test_tick && git commit -q -m first &&
	git vault snapshot -q -m "before the upgrade" --tag nightly --env prod &&
	rm -r live/prod && test_tick &&
	git vault snapshot -q -m "it is gone" --tag weekly && test_tick &&
	git vault snapshot -q --force -m again --tag weekly &&
	git vault list --id-only >ids && test_line_count = 3 ids &&
	sed "s/.*-//" ids >short && first=$(sed -n 3p short)
'

test_expect_success 'snapshots are offered, the newest first, with age and subject' '
	git vault completion candidates bash -- restore "" >actual &&
	{
		echo order && echo latest && cat short &&
		test_write_lines tag:weekly tag:nightly
	} >expect && cut -f 1 actual >names && test_cmp expect names &&
	test_grep "^$first	.* ago, before the upgrade \[nightly\]$" actual &&
	offered restore nigh = nightly && offered restore week = &&
	offered restore tag:w = tag:weekly && offered restore "$first" = "$first" &&
	offered restore "$(sed -n 1p ids)" = "$(sed -n 1p ids)" &&
	offered diff latest~1..nig = latest~1..nightly &&
	offered good mark --snapshot nig = nightly
'

test_expect_success 'only so many are offered where nothing is typed' '
	test_when_finished "rm -rf many" && git clone -q . many &&
	for i in $(test_seq 45)
	do
		test_tick && git -C many vault snapshot -q --force -m $i >out 2>err ||
			return 1
	done &&
	words -C many restore "" >actual && test_line_count = 41 actual &&
	test_line_count = 45 "$(git -C many vault list --id-only >all; echo all)"
'

test_expect_success 'paths inside the snapshot are offered, those that are lost as well' '
	offered restore nightly -- live/ = live/prod/ live/stage/ &&
	test_grep "^live/prod/	missing here$" raw &&
	offered restore nightly --in-place l = live/ &&
	offered cat nightly live/prod/ = live/prod/main.tf &&
	offered cat nightly:live/pr = nightly:live/prod/ &&
	offered restore --in-place tag:nightly:live/prod/m = tag:nightly:live/prod/main.tf &&
	offered restore latest live/p = && offered log live/ = live/stage/ &&
	offered diff nightly -- live/p = live/prod/ &&
	(cd live && offered cat nightly pr = prod/ &&
		offered cat nightly ../my = "../my dir/" &&
		offered cat nightly:my = "nightly:my dir/")
'

test_expect_success 'environments, stacks, tags, secrets and people are offered' '
	sed "s/^.//" >net.tfstate <<-\EOF &&
	-{"version": 4, "terraform_version": "1.7.5", "serial": 1,
	- "lineage": "2b0c6f1e-7a54-4f0e-9a31-0f6a1c9d7e55", "outputs": {},
	- "resources": []}
	EOF
	git vault state save -q --new --env stage --stack net net.tfstate >out 2>err &&
	git vault good mark -q --without-snapshot dr >out 2>err &&
	offered state show --env "" = stage dr prod &&
	offered state show --env stage --stack "" = net &&
	offered state show --env prod --stack "" = &&
	offered rollback d = dr && offered good show p = prod &&
	offered restore good: = good:dr && offered list --tag n = nightly &&
	offered snapshot --env=st = --env=stage &&
	git vault secret list --json | sed -n "s/.*\"id\":\"\([0-9a-f]*\)\".*/\1/p" |
		head -n 1 >id && short=$(cut -c 1-8 id) &&
	offered secret show $short = $short && test_grep ", .env" raw &&
	offered secret list --scope sh = shared &&
	git vault key list --json | sed -n "s/.*\"name\":\"\([^\"]*\)\".*/\1/p" >name &&
	offered key remove "" = "$(cat name)" && git remote add upstream . &&
	offered sync up = upstream && offered good mark --commit ma = main
'

test_expect_success 'a deleted one is offered to undelete' '
	git vault delete -q "$(sed -n 2p ids)" >out &&
	offered undelete "" = "$(sed -n 2p ids)" &&
	git vault undelete -q "$(sed -n 2p ids)" >out
'

test_expect_success 'names with control characters are not offered' '
	esc=$(printf "odd\\033[31m") && tab=$(printf "odd\\tname") &&
	echo x >"$esc" && echo x >"$tab" && echo x >odd-plain && test_tick &&
	git vault snapshot -q -m "$(printf "a\\033[31mb")" >out &&
	offered cat latest odd = odd-plain && rm "$esc" "$tab" odd-plain &&
	git vault completion candidates bash -- restore "" >raw &&
	! grep "$(printf "\\033")" raw
'

test_expect_success 'a look changes nothing, and asks nobody' '
	rm -f .git/vault/keyring && cp -R .git before &&
	git vault completion candidates bash -- key show "" >out 2>err </dev/null &&
	git vault completion candidates bash -- secret show "" >>out 2>>err </dev/null &&
	git vault completion candidates bash -- cat latest "" >>out 2>>err </dev/null &&
	test_must_be_empty err && test_path_is_missing .git/vault/keyring &&
	git for-each-ref >after && git --git-dir before for-each-ref >expect &&
	test_cmp expect after
'

test_expect_success 'a TAB costs three processes at the most' '
	real=$(command -v git) && mkdir -p counted && cat >counted/git <<-EOF &&
	#!/bin/sh
	echo "\$*" >>"$PWD/started"
	exec "$real" "\$@"
	EOF
	chmod +x counted/git &&
	for line in "restore" "restore nightly -- live/" "secret show" "state show --env" \
		"rollback" "list --tag" "key remove" "sync" "undelete"
	do
		rm -f started && >started &&
		PATH=$PWD/counted:$PATH git-vault completion candidates bash -- \
			$line "" >out && grep -v -e ^config -e ^rev-parse started >more
		test_line_count -le 1 more && test_line_count -le 3 started ||
			return 1
	done
'

test_expect_success BASH 'bash offers the same, whatever it cuts a word at' '
	offers "git-vault in" init && offers "git-vault init --color=n" never &&
	offers "git-vault key add --role=o" owner operator &&
	offers "git-vault restore tag:n" nightly &&
	offers "git-vault cat tag:nightly:live/pr" live/prod/ &&
	offers "git-vault cat nightly live/pr" live/prod/ &&
	>one.key && offers "git-vault key list --identity on" one.key &&
	offers "git-vault key list --identity=on" one.key && rm one.key &&
	offers "git-vault -C li" live && offers "git-vault -C live/st" live/stage
'

test_expect_success BASH,GIT_COMPLETION 'git vault completes through git' '
	offers_git "git vault in" init &&
	offers_git "git -C live vault cat nightly pr" prod/ &&
	offers_git "git vault --color=al" always &&
	offers_git "git vault restore nightly -- live/pr" live/prod/ &&
	offers_git "git vault completion z" zsh
'

# typed SHELL LINE: what an interactive shell shows after a TAB
typed () {
	python3 "$TEST_DIRECTORY/helper/tab.py" "$1" "$1.rc" "$2" >actual
}

# becomes SHELL LINE RESULT: the line is just that after a TAB
becomes () {
	typed "$1" "$2" &&
	printf "%s\n" "$3" >expect && test_cmp expect actual
}

cat >bash.rc <<-END
. /usr/share/bash-completion/completions/git
. "$scripts/git-vault.bash"
END

test_expect_success BASH,GIT_COMPLETION,PYTHON 'a bash on a terminal quotes what it completes' '
	becomes bash "git-vault restore nightly -- live/pr" \
		"git-vault restore nightly -- live/prod/" &&
	becomes bash "git vault cat nightly my" "git vault cat nightly my\\ dir/" &&
	becomes bash "git vault cat nightly my\\ dir/" \
		"git vault cat nightly my\\ dir/\\\$\\(touch\\ pwned\\) " &&
	becomes bash "git vault restore nigh" "git vault restore nightly " &&
	test_path_is_missing pwned
'

cat >zsh.rc <<-END
fpath=("$scripts" \$fpath)
autoload -U compinit
compinit -u -D
unsetopt beep
END

test_expect_success ZSH,PYTHON 'so does zsh' '
	becomes zsh "git-vault ini" "git-vault init " &&
	becomes zsh "git vault compl" "git vault completion " &&
	becomes zsh "git-vault --color=al" "git-vault --color=always " &&
	becomes zsh "git-vault restore nightly -- live/pr" \
		"git-vault restore nightly -- live/prod/" &&
	becomes zsh "git -C live vault cat nightly pr" \
		"git -C live vault cat nightly prod/" &&
	becomes zsh "git vault cat nightly my\\ dir/" \
		"git vault cat nightly my\\ dir/\\\$\\(touch\\ pwned\\) " &&
	becomes zsh "git vault restore tag:n" "git vault restore tag:nightly " &&
	test_path_is_missing pwned
'

cat >fish.rc <<-END
set fish_complete_path "$scripts" \$fish_complete_path
source "$scripts/git-vault-conf.fish"
END

test_expect_success FISH,PYTHON 'so does fish' '
	becomes fish "git-vault ini" "git-vault init " &&
	becomes fish "git vault compl" "git vault completion " &&
	becomes fish "git vault restore tag:n" "git vault restore tag:nightly " &&
	typed fish "git-vault restore nightly -- live/pr" &&
	test_grep "^git-vault restore nightly -- live/prod/" actual &&
	typed fish "git -C live vault cat nightly pr" &&
	test_grep "^git -C live vault cat nightly prod/" actual &&
	test_path_is_missing pwned
'

test_done
