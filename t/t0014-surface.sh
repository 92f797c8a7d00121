#!/bin/sh

test_description='what a person types without having read the manual'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# same VERB COMMAND [OPTION...]: without a verb, COMMAND does what VERB does.
same () {
	verb=$1 command=$2 rc=0 &&
	shift 2 &&
	git vault "$command" $verb "$@" >expect 2>expect.err </dev/null || rc=$?
	test_expect_code $rc git vault "$command" "$@" >actual 2>actual.err \
	    </dev/null &&
	test_cmp expect actual && test_cmp expect.err actual.err
}

test_expect_success 'set up' '
	echo one >file && git add file && test_tick && git commit -q -m first &&
	git vault init -q &&
	printf "DB_PASSWORD=hunter2-%s\n" 5f3Kq9Zx7Lw2 >app.env &&
	git vault snapshot -q -m first &&
	digits=$(printf %064d 7) &&
	git vault artifact record -q "app=sha256:$digits" "db=sha512:$digits$digits" &&
	git vault good mark -q prod
'

test_expect_success 'without a verb the noun is listed' '
	same list key && test_file_not_empty actual &&
	same list secret && test_file_not_empty actual &&
	same list audit && test_file_not_empty actual &&
	same list good && test_file_not_empty actual &&
	same list artifact && test_line_count = 3 actual &&
	same status hooks && test_file_not_empty actual &&
	same list state
'

test_expect_success 'options of the verb, and those of all commands, go with it' '
	same list key --json && test_grep "{" actual &&
	same list audit -n 1 && test_line_count = 2 actual &&
	same list audit --json --kind snapshot &&
	same list secret --env prod &&
	same list state --json && test_grep "\[\]" actual &&
	same list good -n 0 &&
	same list artifact -n 1 && test_line_count = 2 actual &&
	git vault artifact list -n 1 >expect && test_cmp expect actual &&
	same list artifact --json --limit 1 && test_grep "\"app\"\|\"db\"" actual &&
	same status hooks --json && test_grep "{" actual
'

test_expect_success 'an option of another verb is still refused' '
	test_expect_code 129 git vault key --name x 2>err &&
	test_grep "key list. does not take --name" err &&
	test_expect_code 129 git vault artifact --env prod 2>err &&
	test_grep "artifact list. does not take --env" err &&
	test_expect_code 129 git vault hooks --server 2>err &&
	test_grep "hooks status. does not take --server" err
'

test_expect_success '-h names the verb that is run, and changes nothing' '
	for noun in key state secret good audit artifact
	do
		test_expect_code 129 git vault $noun -h >out &&
		test_grep "^Without a verb: git vault $noun list$" out || return 1
	done &&
	test_expect_code 129 git vault hooks -h >out &&
	test_grep "^Without a verb: git vault hooks status$" out &&
	test_expect_code 129 git vault list -h >out &&
	test_grep ! "Without a verb" out
'

test_expect_success 'it works in a folder, in a bare repository and before the first record' '
	mkdir -p deep/er && git vault good list >expect &&
	(cd deep/er && git vault good) >actual && test_cmp expect actual &&
	git init -q --bare bare.git &&
	for noun in state good audit artifact hooks
	do
		git -C bare.git vault $noun >out 2>err || return 1
	done &&
	git -C bare.git vault artifact 2>err && test_grep "no artifact is recorded yet" err &&
	git -C bare.git vault artifact --json >out && test_grep "\"artifacts\": *\[\]" out &&
	nongit test_expect_code 128 git vault state
'

SQ="'"

# answers HINT WORD…: the unknown command is answered with the right one, on one
# line and in one that can be pasted.
answers () {
	echo "hint: git vault $1" >expect &&
	shift &&
	test_expect_code 129 git vault "$@" >out 2>err &&
	test_must_be_empty out &&
	test "$(wc -l <err)" = 2 &&
	sed 1q err >first && test_grep "^git-vault: unknown command " first &&
	sed 1d err >actual &&
	test_cmp expect actual
}

test_expect_success 'a word of another tool is answered with the command here' '
	answers "snapshot" backup &&
	answers "snapshot" save -m "my words" &&
	answers "list" snapshots &&
	answers "prune" forget &&
	answers "delete latest" forget latest &&
	answers "delete one two" rm -f one two &&
	answers "delete -h" remove &&
	answers "restore --in-place latest file" checkout latest file &&
	answers "log -- file" find file &&
	answers "log -- ." find &&
	answers "sync origin" push origin main &&
	answers "sync" pull &&
	answers "scan" detect &&
	answers "fold" gc &&
	answers "list --deleted" trash
'

test_expect_success 'what was typed is quoted for the shell, and a secret is not repeated' '
	answers "log -- ${SQ}*.tf${SQ}" find "*.tf" &&
	answers "delete ${SQ}a; rm b${SQ}" rm "a; rm b" &&
	answers "delete ${SQ}it${SQ}\\${SQ}${SQ}s${SQ}" rm "it${SQ}s" &&
	answers "secret list" encrypt hunter2 &&
	answers "search -h" grep hunter2 && test_grep ! hunter2 err
'

test_expect_success 'a verb without its noun, and a misspelt command, keep what was typed' '
	answers "state lock --env prod" lock --env prod &&
	answers "key escrow" escrow &&
	answers "good mark prod" mark prod &&
	answers "list -n 3" lits -n 3 &&
	answers "status" stauts &&
	answers "help" qwertz
'

test_expect_success 'a word of another tool for a verb is answered too' '
	answers "key list" key ls &&
	answers "key remove anna" key rm anna &&
	answers "key remove -h" key rm &&
	answers "key generate" key create &&
	answers "key escrow" key backup &&
	answers "secret show --reveal ab12" secret get ab12 &&
	answers "secret list" secret ls x y &&
	answers "state save ${SQ}my state${SQ}" state push "my state" &&
	answers "state verify" state check &&
	answers "good mark prod" good add prod &&
	answers "audit list" audit log &&
	answers "hooks status" hooks list &&
	answers "hooks uninstall" hooks rm &&
	answers "artifact find app" artifact search app &&
	answers "policy accept" policy approve &&
	answers "scan" secret scan &&
	answers "key rotate" key rotat &&
	answers "key -h" key frobnicate
'

test_expect_success 'help answers with the page' '
	answers "help snapshot" help backup &&
	answers "help state" help lock &&
	answers "help list" help lits &&
	answers "help" help qwertz
'

test_expect_success 'each hint is a command that git vault has' '
	sed -n "/^} commands/,/^};/s/.*\"\([a-z]*\)[^\"]*\" },$/\1/p
	    /^} verb_words/,/^};/s/.*\"\([a-z-]*\)[^\"]*\" },$/\1/p" \
	    "$GIT_VAULT_SRC_DIR/git-vault/front/synonym.c" | sort -u >heads &&
	test_line_count -gt 15 heads &&
	git vault help | sed -n "s/^    \([a-z]*\)  .*/\1/p" >known &&
	for noun in key state secret good audit hooks artifact policy drill plan
	do
		test_expect_code 129 git vault $noun -h |
			sed -n "s/.*git vault $noun \([a-z-]*\).*/\1/p" || return 1
	done >>known &&
	sort -u known >known.sorted &&
	comm -23 heads known.sorted >strange &&
	test_must_be_empty strange
'

test_expect_success 'set up a history of snapshots' '
	for i in 2 3 4
	do
		echo $i >file && echo $i >other && git vault snapshot -q -m "number $i" || return 1
	done &&
	git vault tag -q latest newest both && git vault tag -q latest~1 both &&
	git vault pin -q latest~2 &&
	git vault list --id-only >ids && test_line_count = 4 ids
'

test_expect_success '-5 is short for -n 5' '
	git vault list -n 2 --id-only >expect && git vault list -2 --id-only >actual &&
	test_cmp expect actual && test_line_count = 2 actual &&
	git vault list --id-only -12 >actual && test_cmp ids actual &&
	git vault list -0 >actual && test_must_be_empty actual &&
	git vault log -n 1 file >expect && git vault log -1 file >actual &&
	test_cmp expect actual &&
	git vault audit -n 2 >expect && git vault audit -2 >actual &&
	test_cmp expect actual &&
	git vault artifact -1 >actual && test_line_count = 2 actual &&
	git vault list --tag both -1 --id-only >actual && test_line_count = 1 actual
'

test_expect_success 'it is refused where -n is no number, or no number follows' '
	test_expect_code 129 git vault prune -5 2>err &&
	test_grep "unknown option .-5." err &&
	test_expect_code 129 git vault list -5x 2>err &&
	test_grep "unknown option .-5." err &&
	test_expect_code 129 git vault list -99999999999999999999 2>err &&
	test_grep "too large" err &&
	test_expect_code 129 git vault status -3 2>err &&
	test_grep "unknown option .-3." err
'

test_expect_success '--oneline has a name that other commands take' '
	git vault list --oneline >out && test_line_count = 4 out &&
	sed -n 1p out >actual &&
	echo "$(sed -n 1s/.*-//p ids) (tag: both, tag: newest) number 4" >expect &&
	test_cmp expect actual &&
	sed -n 3p out >actual &&
	echo "$(sed -n 3s/.*-//p ids) (pinned) number 2" >expect &&
	test_cmp expect actual &&
	while read -r short rest
	do
		git vault show $short | sed 1q | sed "s/^snapshot //" || return 1
	done <out >actual &&
	test_cmp ids actual &&
	git vault list --oneline -1 >actual && test_line_count = 1 actual &&
	test_expect_code 129 git vault list --oneline --id-only &&
	test_expect_code 129 git vault list --oneline --deleted &&
	git vault list --oneline --json >actual && test_grep "^{" actual
'

test_expect_success 'the bare name of a unique tag names its snapshot' '
	git vault show tag:newest >expect && git vault show newest >actual &&
	test_cmp expect actual &&
	git vault cat newest:file >actual && echo 4 >expect && test_cmp expect actual &&
	test_expect_code 1 git vault diff --name-only latest~1 newest >actual &&
	test_grep file actual &&
	test_expect_code 128 git vault show both 2>err &&
	test_grep "both. is the tag of 2 snapshots; .* write tag:both" err &&
	test_expect_code 128 git vault delete both 2>err &&
	git vault list --id-only >actual && test_cmp ids actual &&
	test_expect_code 128 git vault show newes 2>err &&
	test_grep "no snapshot is .newes.; did you mean .newest." err &&
	test_expect_code 128 git vault show latset~1 2>err &&
	test_grep "did you mean .latest~1." err &&
	test_expect_code 128 git vault show unlike 2>err &&
	test_grep "it is not an id or a tag" err
'

test_expect_success 'an id and a name of git come before a tag' '
	git branch branchy && git vault tag -q latest~1 branchy &&
	git vault show branchy >actual && git vault show tag:branchy >tagged &&
	git vault show HEAD >expect && test_cmp expect actual &&
	! cmp -s tagged actual &&
	git vault tag -q -d latest~1 branchy && git branch -D -q branchy
'

# differs ARGUMENT…: diff ARGUMENT… prints what is in expect and exits with 1.
differs () {
	test_expect_code 1 git vault diff --name-status "$@" >actual &&
	test_cmp expect actual
}

test_expect_success 'A..B compares two snapshots' '
	test_expect_code 1 git vault diff --name-status latest~2 newest >expect &&
	test_file_not_empty expect &&
	differs latest~2..newest && differs latest~2.. && differs -R newest..latest~2 &&
	differs tag:newest..latest~2 -R &&
	test_expect_code 1 git vault diff -p latest~2 latest file >expect &&
	test_expect_code 1 git vault diff latest~2..latest file >actual &&
	test_cmp expect actual &&
	test_expect_code 1 git vault diff latest~2..latest -- file >actual &&
	test_cmp expect actual &&
	test_expect_code 1 git vault diff --name-status latest latest~1 >expect &&
	differs ..latest~1 &&
	test_expect_code 1 git vault diff --json latest~1..latest >actual &&
	test_grep "\"from\"" actual
'

test_expect_success 'a path with dots is no range, and three dots are answered' '
	test_expect_code 129 git vault diff latest~1...latest 2>err &&
	test_grep "latest~1\.\.latest" err &&
	test_expect_code 128 git vault diff nothing..latest 2>err &&
	test_grep "no snapshot is .nothing." err &&
	echo changed >other &&
	(cd deep && test_expect_code 1 git vault diff --name-only latest -- ../other) >actual &&
	echo other >expect && test_cmp expect actual &&
	test_expect_code 129 git vault diff latest~1..latest latest -- file
'

# undone WORD…: restores by these words, then pastes the undo line; the tree is
# as before.
undone () {
	git status --porcelain --ignored >.git/before && cat file other >>.git/before &&
	git vault restore "$@" >.git/out 2>.git/err &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	test "$(wc -l <.git/undo)" = 1 &&
	sh .git/undo >.git/out2 2>.git/err2 &&
	git status --porcelain --ignored >.git/after && cat file other >>.git/after &&
	test_cmp .git/before .git/after
}

test_expect_success 'a restore in place prints the command that undoes it' '
	rm -rf bare.git actual expect* err out first ids known* heads strange tagged actual.err &&
	git vault snapshot -q &&
	echo now >file && undone latest --in-place &&
	test_grep "^git vault restore 2[0-9TZ]*-[0-9a-f]* --in-place$" .git/undo &&
	echo now >file && undone latest --in-place file other &&
	test_grep " --in-place -- file other$" .git/undo &&
	echo then >other && undone latest~1 --in-place --overwrite always other
'

test_expect_success 'what the restore made is removed again, and nothing else' '
	git vault restore latest --in-place -q &&
	rm -f file && echo keep >mine &&
	git vault restore latest --in-place 2>.git/err && test_path_is_file file &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	test_grep " --in-place --delete$" .git/undo &&
	sh .git/undo 2>.git/err && test_path_is_missing file && test_path_is_file mine &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	sh .git/undo && test_path_is_file file && test_path_is_file mine && rm mine
'

test_expect_success 'odd paths, the index and -C are in it' '
	echo 1 >"it${SQ}s odd" && git add "it${SQ}s odd" && git vault snapshot -q &&
	echo 2 >"it${SQ}s odd" &&
	git vault restore latest --in-place "it${SQ}s odd" 2>.git/err &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	sh .git/undo && echo 2 >.git/expect && test_cmp .git/expect "it${SQ}s odd" &&
	git rm -q -f --cached "it${SQ}s odd" && git diff --cached --name-status >.git/expect &&
	git vault restore latest --in-place --index 2>.git/err &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	test_grep " --index" .git/undo &&
	sh .git/undo && git diff --cached --name-status >.git/actual && test_cmp .git/expect .git/actual &&
	echo 3 >file && git vault -C deep -C er restore latest --in-place 2>.git/err &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	test_grep "^git vault -C deep -C er restore" .git/undo &&
	sh .git/undo && echo 3 >.git/expect && test_cmp .git/expect file
'

test_expect_success 'JSON has it, and what changes nothing has none' '
	echo 4 >file &&
	git vault restore latest --in-place --json >.git/actual &&
	test_grep "\"undo\": *\"git vault restore 2.* --in-place" .git/actual &&
	git vault restore latest --in-place --json >.git/actual &&
	test_grep "\"undo\": *null" .git/actual &&
	echo 5 >file &&
	git vault restore latest --in-place -n 2>.git/err && test_grep ! "undo:" .git/err &&
	git vault restore latest --to ../to 2>.git/err && test_grep ! "undo:" .git/err
'

test_expect_success 'without a key the command that helps is named' '
	mv "$HOME/.config/git-vault/identity" ../identity.owner &&
	test_expect_code 5 git vault restore latest --to ../none 2>err &&
	test_grep "no key of yours was found here; .* git vault key generate$" err &&
	git vault key generate >recipient 2>&1 &&
	test_expect_code 5 env USER=anna git vault restore latest --to ../none2 2>err &&
	test_grep "your key is not in the keyring; an owner (.*) adds it by: git vault key add anna age1[0-9a-z]*$" err &&
	sed -n "s/.*adds it by: //p" err >paste &&
	mv "$HOME/.config/git-vault/identity" ../identity.anna &&
	mv ../identity.owner "$HOME/.config/git-vault/identity" &&
	sh paste && mv "$HOME/.config/git-vault/identity" ../identity.owner &&
	mv ../identity.anna "$HOME/.config/git-vault/identity" &&
	git vault restore latest --to ../whole 2>err && cmp app.env ../whole/app.env &&
	mv ../identity.owner "$HOME/.config/git-vault/identity" &&
	git vault restore latest --to ../none3 --no-secrets 2>err &&
	test_grep ! "hint:" err
'

test_expect_success 'cat, show, ls and restore take SNAP PATH and SNAP:PATH' '
	mkdir -p deep/er && echo a >deep/a && echo b >"deep/er/b c" && git vault snapshot -q &&
	cat deep/a "deep/er/b c" >.git/expect &&
	git vault cat latest deep/a "deep/er/b c" >.git/actual && test_cmp .git/expect .git/actual &&
	git vault show latest deep/a "deep/er/b c" >.git/actual && test_cmp .git/expect .git/actual &&
	(cd deep && git vault cat latest a "er/b c") >.git/actual && test_cmp .git/expect .git/actual &&
	git vault ls latest:deep >.git/expect && git vault ls latest deep >.git/actual &&
	test_cmp .git/expect .git/actual &&
	echo x >deep/a && echo y >"deep/er/b c" &&
	git vault restore "latest:deep/er/b c" --in-place 2>.git/err &&
	test "$(cat "deep/er/b c")" = b && test "$(cat deep/a)" = x &&
	sed -n "s/^git-vault: undo: //p" .git/err >.git/undo &&
	(cd deep/er && sh ../../.git/undo) && test "$(cat "deep/er/b c")" = y &&
	(cd deep && git vault restore latest:./a --in-place) && test "$(cat deep/a)" = a &&
	git vault restore latest:deep/er --to ../part &&
	test_path_is_missing ../part/deep/a && test_path_is_file "../part/deep/er/b c" &&
	test_expect_code 129 git vault restore latest:deep/a --in-place deep/er &&
	test_expect_code 128 git vault restore latest:nothing --in-place &&
	test_expect_code 128 git vault cat latest deep/a nothing >.git/actual
'

# OPTION-AND-WORDS | what the hint is, behind "git vault "
test_expect_success 'an option of the same git command is answered with the command for it' '
	while IFS="|" read -r typed hint
	do
		# shellcheck disable=SC2086 # several words
		test_expect_code 129 git vault $typed 2>err &&
		echo "hint: git vault $hint" >expect && sed -n 2p err >actual &&
		test_cmp expect actual || return 1
	done <<-\END
	tag -m hello newest|show newest
	sync --prune|prune
	export --output=x.bundle|export x.bundle
	export -o x.bundle|export x.bundle
	restore -s newest|restore newest --in-place
	log --follow file|log file
	show --stat newest|log -p
	END
'

test_done
