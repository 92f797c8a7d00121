#!/bin/sh

test_description='text, JSON, colour, pager, progress and signals'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq PTY 'script -qec true /dev/null'
test_lazy_prereq FULL 'test -c /dev/full && ! echo x >/dev/full'

# on_terminal COMMAND-LINE: what it prints with a terminal around it.
on_terminal () {
	TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d '\r'
}

esc=$(printf '\033')

test_expect_success 'columns are aligned, the last one without blanks' '
	frame-tool columns a 1 x long-name 12345 yy >actual &&
	cat >expect <<-\END &&
	NAME        SIZE  TEXT
	a              1  x
	long-name  12345  yy
	END
	test_cmp expect actual
'

test_expect_success 'columns are measured as a terminal shows them' '
	git config core.quotePath false &&
	test_when_finished "git config --unset core.quotePath" &&
	frame-tool columns "日本" 1 x "e$(printf "\314\201")" 2 y abcd 3 z >actual &&
	cat >expect <<-END &&
	NAME  SIZE  TEXT
	日本     1  x
	e$(printf "\314\201")        2  y
	abcd     3  z
	END
	test_cmp expect actual
'

test_expect_success 'no rows print nothing' '
	frame-tool columns >actual &&
	test_must_be_empty actual
'

test_expect_success 'odd paths are quoted as git quotes them' '
	name=$(printf "a\tb\303\244\"") &&
	frame-tool columns "$name" 1 x >actual &&
	>"$name" &&
	git ls-files -o -- "$name" >git &&
	sed -n "2s/  *1  x\$//p" actual >ours &&
	test_cmp git ours
'

test_expect_success 'control characters of others never reach the terminal' '
	frame-tool columns n 1 "red$(printf "\033[31m\a\177\302\233\342\200\256")" \
		>actual &&
	test_grep "red\\\\033\\[31m\\\\007\\\\177\\\\302\\\\233\\\\342\\\\200\\\\256\$" actual &&
	LC_ALL=C tr -d "\n -~" <actual >odd &&
	test_must_be_empty odd
'

test_expect_success 'nor by a message' '
	test_must_fail frame-tool "a$(printf "\033[31m")" 2>err &&
	test_grep ! "$esc" err &&
	test_grep "a.033\\[31m" err
'

test_expect_success 'sizes and counts read well' '
	frame-tool sizes 0 1 2 1023 1024 10239 1048575 1048576 \
		18446744073709551615 >actual &&
	cat >expect <<-\END &&
	0 bytes, no files
	1 byte, 1 file
	2 bytes, 2 files
	1023 bytes, 1023 files
	1.00 KiB, 1024 files
	10.0 KiB, 10239 files
	1.00 MiB, 1048575 files
	1.00 MiB, 1048576 files
	16.0 EiB, 18446744073709551615 files
	END
	test_cmp expect actual
'

test_expect_success JQ 'json is one document with a newline behind it' '
	git vault version --json >actual &&
	test_line_count = 1 actual &&
	jq -e .version actual &&
	git vault init --json >actual &&
	test_line_count = 1 actual &&
	jq -e ".steps | length > 3" actual
'

test_expect_success JQ 'json survives a directory of odd bytes' '
	dir=$(printf "d\377\"\t\\\\") &&
	git init -q "$dir" &&
	git vault -C "$dir" init --json >actual &&
	test_line_count = 1 actual &&
	jq -r .git_dir_base64 actual | base64 -d >bytes &&
	printf "%s/%s/.git" "$PWD" "$dir" >expect &&
	test_cmp_bin expect bytes
'

test_expect_success 'there is no colour where no terminal is' '
	git vault init >actual &&
	test_grep ! "$esc" actual
'

test_expect_success '--color decides before all else' '
	NO_COLOR=1 TERM=dumb git vault init --color=always >actual &&
	test_grep "$esc" actual &&
	NO_COLOR=1 git vault --color init >actual &&
	test_grep "$esc" actual &&
	git -c color.ui=always vault init --no-color >actual &&
	test_grep ! "$esc" actual &&
	git -c color.ui=always vault init --color=auto >actual &&
	test_grep ! "$esc" actual
'

test_expect_success 'what a script takes is never in colour' '
	git init -q ids && (
		cd ids && echo 1 >file &&
		git config color.ui always && id=$(git vault -q snapshot) &&
		git vault show "$id" >../actual && test_grep "$esc" ../actual &&
		git vault -q tag "$id" one >../actual &&
		git vault -q pin "$id" >>../actual && echo 2 >file &&
		git vault -q snapshot --color >>../actual &&
		test_expect_code 1 git vault diff --name-status "$id" \
			>>../actual &&
		git vault -q restore --in-place "$id" >>../actual &&
		git vault -q delete "$(git vault list --id-only -n 1)" >>../actual
	) && test_grep ! "$esc" actual && test_line_count -ge 5 actual
'

test_expect_success PTY 'but on a terminal it is' '
	on_terminal "git-vault -C ids snapshot --force" >actual &&
	test_grep "$esc" actual
'

test_expect_success 'color.vault stands before color.ui' '
	git -c color.ui=always vault init >actual &&
	test_grep "$esc" actual &&
	git -c color.ui=always -c color.vault=never vault init >actual &&
	test_grep ! "$esc" actual &&
	git -c color.ui=false -c color.vault=always vault init >actual &&
	test_grep "$esc" actual
'

test_expect_success 'slots take git'\''s words for colours' '
	git -c color.vault=always -c color.vault.dim="bold #ff8800 brightblue" \
		vault init >actual &&
	test_grep "$esc\\[1;38;2;255;136;0;104m" actual &&
	git -c color.vault=always -c color.vault.dim="ul 208 no-bold" \
		vault init >actual &&
	test_grep "$esc\\[4;38;5;208;22m" actual &&
	git -c color.vault=always -c color.vault.dim=nonsense \
		vault init >actual &&
	test_grep "$esc\\[2m" actual
'

test_expect_success PTY 'a terminal has colour, a dumb one and NO_COLOR none' '
	on_terminal "git-vault init" >actual &&
	test_grep "$esc" actual &&
	on_terminal "TERM=dumb git-vault init" >actual &&
	test_grep ! "$esc" actual &&
	on_terminal "NO_COLOR=1 git-vault init" >actual &&
	test_grep ! "$esc" actual &&
	on_terminal "NO_COLOR= git-vault init" >actual &&
	test_grep "$esc" actual &&
	on_terminal "git-vault init | cat" >actual &&
	test_grep ! "$esc" actual
'

test_expect_success PTY 'only the word itself is coloured in an error' '
	on_terminal "git-vault -C . init x" >actual &&
	test_grep "^error: .init. takes no arguments" actual &&
	on_terminal "frame-tool fail 1" >actual &&
	test_grep "$esc\\[31merror:$esc\\[m it failed" actual
'

test_expect_success PTY 'text to read goes through the pager' '
	test_config core.pager "sed s/^/P:/" &&
	on_terminal "frame-tool columns a 1 x" >actual &&
	test_grep "^P:.*NAME" actual &&
	on_terminal "frame-tool --no-pager columns a 1 x" >actual &&
	test_grep ! P: actual &&
	on_terminal "frame-tool columns --no-pager a 1 x" >actual &&
	test_grep ! P: actual &&
	on_terminal "frame-tool columns a 1 x | cat" >actual &&
	test_grep ! P: actual &&
	on_terminal "git-vault init" >actual &&
	test_grep ! P: actual
'

test_expect_success PTY 'nothing to read starts no pager' '
	test_config core.pager "echo started; cat" &&
	on_terminal "frame-tool columns" >actual &&
	test_must_be_empty actual
'

test_expect_success PTY 'the pager is chosen as git chooses it' '
	on_terminal "PAGER=\"sed s/^/E:/\" frame-tool columns a 1 x" >actual &&
	test_grep "^E:" actual &&
	test_config core.pager "sed s/^/C:/" &&
	on_terminal "PAGER=\"sed s/^/E:/\" frame-tool columns a 1 x" >actual &&
	test_grep "^C:" actual &&
	test_config pager.vault "sed s/^/V:/" &&
	on_terminal "frame-tool columns a 1 x" >actual &&
	test_grep "^V:" actual &&
	on_terminal "GIT_PAGER=\"sed s/^/G:/\" frame-tool columns a 1 x" >actual &&
	test_grep "^G:" actual &&
	on_terminal "GIT_PAGER=cat frame-tool columns a 1 x" >actual &&
	test_grep "^[^A-Z]*NAME" actual &&
	on_terminal "GIT_PAGER= frame-tool columns a 1 x" >actual &&
	test_grep "^[^A-Z]*NAME" actual
'

test_expect_success PTY 'one that is not there is told, and the text comes without' '
	on_terminal "GIT_PAGER=no-such-pager frame-tool columns a 1 x" >actual &&
	test_grep "warning:.* cannot run the pager .no-such-pager.: No such file" actual &&
	test_grep "^[^A-Z]*NAME" actual && grep -c NAME actual >count &&
	echo 1 >expect && test_cmp expect count &&
	printf "#!/bin/sh\nsed s/^/P:/\n" >plain && chmod +x plain &&
	on_terminal "GIT_PAGER=$PWD/plain frame-tool columns a 1 x" >actual &&
	test_grep "^P:.*NAME" actual
'

test_expect_success PTY 'pager.vault switches it off and on' '
	test_config core.pager "sed s/^/C:/" &&
	test_config pager.vault false &&
	on_terminal "frame-tool columns a 1 x" >actual &&
	test_grep ! C: actual &&
	test_config pager.vault true &&
	on_terminal "git-vault init" >actual &&
	test_grep "^C:" actual
'

test_expect_success PTY 'the pager has LESS=FRX unless the user has said more' '
	test_config core.pager "echo LESS=\$LESS; cat >/dev/null" &&
	on_terminal "frame-tool columns a 1 x" >actual &&
	echo LESS=FRX >expect &&
	test_cmp expect actual &&
	on_terminal "LESS=mine frame-tool columns a 1 x" >actual &&
	echo LESS=mine >expect &&
	test_cmp expect actual
'

test_expect_success PTY 'json goes through no pager' '
	test_config core.pager "sed s/^/C:/" &&
	test_config pager.vault true &&
	on_terminal "git-vault init --json" >actual &&
	test_grep "^{" actual
'

test_expect_success PTY 'the status is the command'\''s, not the pager'\''s' '
	test_config core.pager "cat; false" &&
	test_config pager.vault true &&
	TERM=xterm script -qec "git-vault init" /dev/null </dev/null >actual
'

test_expect_success PTY 'a wide table is cut to the terminal' '
	long=$(printf "%0200d" 0) &&
	on_terminal "COLUMNS=40 frame-tool --no-pager --no-color \
		columns a 1 $long" >actual &&
	cat >expect <<-\END &&
	NAME  SIZE  TEXT
	a        1  000000000000000000000000000…
	END
	test_cmp expect actual &&
	frame-tool columns a 1 $long >actual &&
	test_grep $long actual
'

test_expect_success 'progress is shown with --progress, and counts all threads' '
	GIT_PROGRESS_DELAY=0 frame-tool --progress work >out 2>err &&
	echo done >expect &&
	test_cmp expect out &&
	tail -n 1 err >last &&
	test_grep "^doing work: 100% (10000/10000), 9.54 MiB | .*/s, done in" last &&
	test_grep "^git-vault: warning: in between" err
'

test_expect_success 'progress moves inside one large file' '
	test_when_finished "rm -rf large" && git init -q large &&
	head -c 33554432 /dev/zero >large/disk.img &&
	GIT_PROGRESS_DELAY=0 git -C large vault snapshot --progress 2>err &&
	grep "^storing files: *[0-9]*% (0/1), [0-9.]* [KM]iB | .*/s" err >lines &&
	! grep "100%" lines &&
	test_grep "100% (1/1), 32.0 MiB | .*, done in" err &&
	git -C large add disk.img && git -C large commit -q -m large &&
	touch large/disk.img && GIT_PROGRESS_DELAY=0 git -C large vault snapshot \
		--force --progress 2>err &&
	test_grep "100% (1/1), 32.0 MiB | .*, done in" err
'

test_expect_success 'there is none without a terminal, and none of short work' '
	GIT_PROGRESS_DELAY=0 frame-tool work 2>err &&
	test_grep ! doing err &&
	frame-tool work --progress 2>err &&
	test_grep ! doing err &&
	GIT_PROGRESS_DELAY=0 frame-tool --progress --quiet work 2>err &&
	test_grep ! doing err
'

test_expect_success PTY 'on a terminal there is, on one line, cleared for messages' '
	TERM=xterm GIT_PROGRESS_DELAY=0 script -qec "frame-tool work" /dev/null \
		</dev/null >actual &&
	tr "\r" "\n" <actual >lines &&
	test_grep "^doing work: .*(.*/10000)" lines &&
	test_grep "^[^a-z]*warning:[^a-z]* in between" lines &&
	grep -c "^doing work.*done in" lines >n &&
	echo 1 >expect &&
	test_cmp expect n &&
	TERM=xterm GIT_PROGRESS_DELAY=0 script -qec "frame-tool work --no-progress" \
		/dev/null </dev/null >actual &&
	test_grep ! "doing work" actual
'

test_expect_success 'messages are errors, warnings, and what was said' '
	frame-tool echo >out 2>err &&
	cat >expect <<-\END &&
	git-vault: said
	git-vault: warning: warned
	END
	test_cmp expect err
'

test_expect_success PTY 'a user who typed the command reads no name, a hook'\''s does' '
	on_terminal "NO_COLOR=1 frame-tool echo" >actual &&
	test_grep "^said" actual &&
	test_grep "^warning: warned" actual &&
	on_terminal "GIT_VAULT_HOOK=x NO_COLOR=1 frame-tool echo" >actual &&
	test_grep "^git-vault: said" actual &&
	test_grep "^git-vault: warning: warned" actual
'

test_expect_success FULL 'a full disk on stdout is an error' '
	test_expect_code 128 git vault init >/dev/full 2>err &&
	echo "git-vault: cannot write to standard output: No space left on device" \
		>expect &&
	test_cmp expect err &&
	test_expect_code 128 frame-tool flood >/dev/full 2>err &&
	test_grep stopped err &&
	test_grep "No space left" err &&
	test_line_count = 2 err
'

test_expect_success 'so is a closed one' '
	test_expect_code 128 git-vault version >&- 2>err &&
	test_grep "cannot write to standard output" err
'

test_expect_success 'a reader that goes away is none' '
	{
		frame-tool flood 2>err
		echo $? >code
	} | head -n 1 >out &&
	echo 0 >expect &&
	test_cmp expect code &&
	echo "line 0" >expect &&
	test_cmp expect out &&
	echo "git-vault: warning: stopped" >expect &&
	test_cmp expect err
'

test_expect_success 'closed standard files are no trap' '
	git vault init <&- >out 2>&- &&
	test_file_not_empty out
'

# What a shell starts in the background ignores SIGINT, this script perhaps too.
test_expect_success 'the first SIGINT asks, and the status tells' '
	test_expect_code 130 env --default-signal=INT \
		frame-tool interrupt 1 2>err &&
	cat >expect <<-\END &&
	git-vault: warning: stopping
	git-vault: interrupted
	END
	test_cmp expect err
'

test_expect_success 'the second SIGINT ends it' '
	test_expect_code 130 env --default-signal=INT \
		frame-tool interrupt 2 2>err &&
	test_must_be_empty err
'

# At a terminal git gets the signal, too, and dies of it first. Two are asked at
# once, and the signal comes once.
test_expect_success 'it is the interruption that is told, not what it broke' '
	git init -q stopped && mkdir stopping &&
	cat >stopping/git <<-\END &&
	#!/bin/sh
	case $* in
	*rev-parse*) kill -INT 0 ;;
	*) exec sleep 10 ;;
	esac
	END
	chmod +x stopping/git &&
	test_expect_code 130 setsid -w env --default-signal=INT \
		PATH="$PWD/stopping:$PATH" git-vault -C stopped list 2>err &&
	test_grep "^git-vault: interrupted" err
'

test_expect_success 'a signal that the parent ignores stays ignored' '
	(
		trap "" INT &&
		test_expect_code 128 frame-tool interrupt 1 2>err
	) &&
	test_grep "no signal has arrived" err
'

test_expect_success PTY 'a value or a file cannot speak to a terminal, and a pipe gets its bytes' '
	test_create_repo shown && cd shown && mkdir config && printf "b: 1\n" >config/prod.yaml &&
	printf "a: \"\\\\e[31mred\"\n" >config/base.yaml &&
	printf "one \033[31mred\302\233\ttwo\r\n" >file && git add . && git commit -q -m x &&
	git-vault -q snapshot && git-vault cat latest:file >../bytes && test_cmp file ../bytes &&
	on_terminal "git-vault --no-pager cat latest:file" >../shown.txt && test_grep ! "$esc" ../shown.txt &&
	test_grep "one .033.31mred" ../shown.txt &&
	git-vault config get a >../bytes && test_grep "$esc" ../bytes &&
	on_terminal "git-vault --no-pager config get a" >../shown.txt &&
	test_grep ! "$esc" ../shown.txt && test_grep "033.31mred" ../shown.txt && cd ..
'

test_done
