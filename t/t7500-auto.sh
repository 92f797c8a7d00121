#!/bin/sh
# shellcheck disable=SC2154

test_description='automatic saves: a chain that is thinned, next to snapshots and not among them'
. "$(dirname "$0")/test-lib.sh"

r=p

# v WORD...: in the repository at hand
v () {
	git -C "$r" vault "$@"
}

# save [SECONDS]: prints the id; as if it were so much later than the first
save () {
	if test $# = 0
	then
		v -q snapshot --auto
	else
		GIT_VAULT_TEST_TIME=$((1700000000 + $1)) v -q snapshot --auto
	fi
}

# killed MS: a save that is killed so much later
killed () {
	git -C $r vault -q snapshot --auto >/dev/null 2>&1 &
	pid=$!
	sleep "0.0$(printf %02d "$1")"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	:
}

# old_prune [-n]: a year later
old_prune () {
	GIT_VAULT_TEST_TIME=$((test_tick + 366 * 86400)) v prune "$@" --yes --empty-trash --keep-last 1 -g ""
}

# saves: the ids
saves () {
	v list --auto --id-only
}

chain () {
	git -C "$r" for-each-ref --format='%(refname)' refs/vault/auto
}

tip () {
	git -C "$r" rev-parse "$(chain)"
}

test_expect_success 'a save is on the chain, and no snapshot' '
	git init -q p && echo one >p/f && git -C p add f && test_tick && git -C p commit -q -m one &&
	echo draft >p/new && save >one && test_line_count = 1 one &&
	chain >out && test_line_count = 1 out && test_grep "^refs/vault/auto/[^/]*/main$" out &&
	test -z "$(git -C p for-each-ref refs/vault/snapshots)" && test_path_is_missing p/.git/vault/own &&
	v list >out 2>err && test_grep ! "$(cat one)" out && test_grep "no snapshot yet" err &&
	v list --auto >out && test_line_count = 2 out && test_grep "^$(cat one)" out &&
	saves >out && test_cmp one out
'

test_expect_success 'nothing changed: no save; a snapshot in between counts for the next save' '
	tip >before && save >out && test_cmp one out && tip >after && test_cmp before after &&
	echo more >>p/new && v -q snapshot >snap && save >out && test_cmp snap out &&
	tip >after && test_cmp before after &&
	echo again >>p/new && save >two && test_must_fail cmp two snap && saves >out &&
	cat two one >expect && test_cmp expect out && v list --id-only >out && test_cmp snap out &&
	v status --porcelain >out && test_grep "new" out
'

test_expect_success 'what a save has comes back, by its time and by its id, with modes as they were' '
	chmod 4755 p/new && save >three && echo lost >p/new && chmod 600 p/new &&
	v restore auto:now --to ../back >out 2>err && printf "draft\nmore\nagain\n" >expect &&
	test_cmp expect back/new && test -u back/new &&
	v restore "$(cat one)" --to ../back1 && echo draft >expect && test_cmp expect back1/new &&
	test_must_fail git -C p vault restore auto:2h --to ../no 2>err && test_grep "git vault list --auto" err &&
	v restore auto:now --in-place new && printf "draft\nmore\nagain\n" >expect && test_cmp expect p/new
'

test_expect_success 'verify reads the saves, too, and names a damaged one' '
	v verify >out && test_grep "2 snapshots, 3 automatic saves verified, all intact" out &&
	v verify --json >json && test_grep "\"automatic_saves\":3" json &&
	cp -R p hurt && echo only here >hurt/new && id=$(git -C hurt vault -q snapshot --auto) &&
	blob=$(git -C hurt rev-parse "$(git -C hurt for-each-ref --format="%(objectname)" refs/vault/auto)^2:tree/new") &&
	for pack in hurt/.git/objects/pack/*.pack
	do
		mv "$pack" loose && git -C hurt unpack-objects -q <loose && rm -f loose "${pack%.pack}".* || return 1
	done && rm -f "hurt/.git/objects/$(echo "$blob" | cut -c 1-2)/$(echo "$blob" | cut -c 3-)" &&
	test_expect_code 1 git -C hurt vault verify >out 2>err && test_grep "$id (an automatic save):tree/new: " out &&
	rm -rf hurt
'

test_expect_success 'restore latest says that a save is newer' '
	git init -q n && echo one >n/new && (
		r=n && GIT_VAULT_TEST_TIME=1700000000 && export GIT_VAULT_TEST_TIME && v -q snapshot >out &&
		echo two >n/new && save 60 >out && GIT_VAULT_TEST_TIME=1700000100 &&
		v restore latest --to ../back2 2>err && test_grep "(40 seconds ago).*auto:now" err &&
		v restore latest:new --to ../back3 2>err && test_grep "name it .auto:now:new." err &&
		v restore auto:now:new --to ../back4 2>err && test_grep ! "is newer" err && test_grep two back4/new &&
		v -q snapshot --force >out && v restore latest --to ../back5 2>err && test_grep ! "is newer" err
	)
'

test_expect_success 'without the list of what this clone did it comes back as from another clone' '
	mv p/.git/vault/auto kept && rm -rf back && v restore auto:now --to ../back &&
	test_must_fail test -u back/new && mv kept p/.git/vault/auto
'

test_expect_success 'no command waits for a save, and a save waits for none' '
	echo x >>p/new && flock p/.git/vault/lock git -C p vault -q snapshot --auto >out && test_line_count = 1 out &&
	echo y >>p/new && flock p/.git/vault/auto-lock git -C p vault -q snapshot >out && test_line_count = 1 out &&
	echo z >>p/new && test_expect_code 4 flock p/.git/vault/auto-lock git -C p vault snapshot --auto &&
	save >out && test_line_count = 1 out
'

test_expect_success 'secrets are encrypted, and stay as long as a save has them' '
	key=$(printf AKIA%s Z7QX2M5VTB4NRKWD) && echo "key = \"$key\"" >p/cfg && save >s &&
	v list --auto -n 1 --json >json && commit=$(python3 -c "
import json; print(json.load(open(\"json\"))[\"saves\"][0][\"commit\"])") &&
	git -C p show "$commit:tree/cfg" >blob && test_grep "GITVAULT" blob && test_grep ! "$key" blob &&
	rm p/cfg && save >out && v -q snapshot >out &&
	old_prune -n >out && test_grep ! "value" out && end=$(tip) && ref=$(chain) &&
	git -C p update-ref -d "$ref" && old_prune -n >out && test_grep "drop *value" out &&
	git -C p update-ref "$ref" "$end" && old_prune >out &&
	rm -rf back && v restore "$(cat s)" --to ../back && test_grep "$key" back/cfg
'

test_expect_success 'nothing of the chain goes to a remote or into a bundle' '
	git init -q --bare remote && git -C p remote add origin ../remote && git -C p push -q origin HEAD &&
	v -q sync origin && git -C remote for-each-ref >out &&
	test_grep refs/vault/snapshots out && test_grep ! refs/vault/auto out &&
	v export ../bundle && git bundle list-heads bundle >out && test_grep ! auto out
'

test_expect_success 'thinned by age: all of a day, then by the hour' '
	r=t && git init -q t && i=0 &&
	while test $i -lt 59
	do
		echo $i >t/f && save $((i * 600)) >out && i=$((i + 1)) || return 1
	done &&
	saves >out && test_line_count = 59 out &&
	echo late >t/f && save $((3 * 86400)) >out &&
	saves >out && test_line_count = 11 out && v restore auto:now --to ../thin && test_grep late thin/f &&
	git -C t rev-list --count "$(tip)" >out && echo 22 >expect && test_cmp expect out &&
	echo later >t/f && save $((3 * 86400 + 60)) >out && saves >out && test_line_count = 12 out &&
	git -C t fsck --strict
'

test_expect_success 'a file that changes with each save, and is never committed, goes down one class' '
	r=q && git init -q q && echo one >q/main.c && git -C q add main.c && test_tick && git -C q commit -q -m one &&
	echo 0 >q/doc.md && i=0 &&
	while test $i -lt 21
	do
		echo $i >q/dump.json && echo $i >q/main.c && save $((i * 60)) >out && i=$((i + 1)) || return 1
	done &&
	v status --explain dump.json >out && test_grep "class normal" out &&
	test_grep "changed in 20 of the last 20 saves and was never" out &&
	v status --explain main.c >out && test_grep "class critical" out && test_grep ! "never" out &&
	v status --explain doc.md >out && test_grep "class normal" out && test_grep ! "never" out &&
	v status --explain dump.json --json >json && test_grep "\"class\":\"normal\"" json &&
	printf "dump.json\0" >expect && test_cmp expect q/.git/vault/restless && r=p
'

test_expect_success 'each linked working tree has a chain of its own' '
	r=p && saves >expect && git -C p worktree add -q ../linked && echo w >linked/w &&
	r=linked && save >one && saves >out && test_cmp one out && chain >out && test_line_count = 2 out &&
	r=p && saves >out && test_cmp expect out && git -C p worktree remove --force ../linked
'

test_expect_success 'killed at any moment, a save is there or not, and the next one works' '
	r=p && for ms in 0 2 4 6 8 10 14 18 25 40
	do
		echo $ms >>p/new && killed $ms && saves >out || return 1
	done &&
	echo last >>p/new && save >out && rm -rf back && v restore auto:now --to ../back &&
	test_cmp p/new back/new && git -C p fsck && find p/.git/refs -name "*.lock" >out && test_must_be_empty out &&
	find p/.git/objects/pack -name "*.keep" >out && test_must_be_empty out
'

test_expect_success 'a chain that is none is named, and nothing is lost by it' '
	r=d && git init -q d && echo 1 >d/f && save >one && ref=$(chain) && good=$(tip) &&
	bad=$(git -C d commit-tree -m none "$(git -C d mktree </dev/null)") && git -C d update-ref "$ref" $bad &&
	test_expect_code 3 git -C d vault list --auto 2>err && test_grep "no link of a chain" err &&
	echo 2 >d/f && test_must_fail git -C d vault snapshot --auto 2>err && test_grep "no link of a chain" err &&
	git -C d update-ref "$ref" $good && save >two && saves >out && cat two one >expect && test_cmp expect out
'

test_expect_success 'a purge rewrites automatic saves that have the secret in clear' '
	r=u && git init -q u && echo "note hunter-Zq9wK-vault" >u/f && v -q snapshot --auto --no-scan >one &&
	echo 1 >u/g && v -q snapshot --auto --no-scan >two && saves >before &&
	printf hunter-Zq9wK-vault >pass && old=$(tip) &&
	v secret purge -n --stdin <pass >out 2>err && test "$(tip)" = "$old" &&
	test_grep "2 automatic saves would be rewritten" out &&
	v secret purge --stdin <pass >out 2>err && test_grep ! "left" out &&
	test_grep "rewritten .*:f .automatic save." out && saves >after && test_cmp before after &&
	! git -C u grep hunter-Zq9wK-vault "$(tip)^2" && v cat "$(cat two):g" >out && test "$(cat out)" = 1 &&
	v cat --secrets "$(cat one):f" >out 2>err && test_grep hunter-Zq9wK-vault out && v verify --all
'

test_expect_success 'a file leaves automatic saves, and others are named' '
	r=w && git init -q w && echo gone >w/f && v -q snapshot --auto >one && echo 1 >w/g &&
	v -q snapshot --auto >two && rm w/f && echo 2 >w/g && v -q snapshot --auto >three &&
	newest=$(tip) && git -C w update-ref refs/vault/auto/elsewhere/main "$newest" &&
	test_expect_code 3 git -C w vault purge f >out 2>err &&
	test_grep "no snapshots and 2 automatic saves rewritten, 2 files removed" out &&
	test_grep "to end them: git update-ref -d refs/vault/auto/elsewhere/main" out &&
	git -C w update-ref -d refs/vault/auto/elsewhere/main && v purge f >out 2>err &&
	cat three two one >expect && saves >out && test_cmp expect out &&
	git -C w log --format=%T --glob=refs/vault/auto >trees && while read -r tree; do
		! git -C w ls-tree -r "$tree" | grep "tree/f$" || return 1
	done <trees && v cat "$(cat two):g" >out && test "$(cat out)" = 1 && v verify --all &&
	echo 3 >w/g && v -q snapshot --auto >four && saves >out && test_line_count = 4 out &&
	git -C w fsck --strict --no-dangling
'

test_expect_success 'auto:5m is minutes, in each command; a save is named by the end of its id' '
	r=m && git init -q m && echo one >m/f && GIT_VAULT_TEST_TIME=1700000000 && export GIT_VAULT_TEST_TIME &&
	save >first && echo two >m/f && GIT_VAULT_TEST_TIME=$((GIT_VAULT_TEST_TIME + 600)) && save >second &&
	GIT_VAULT_TEST_TIME=$((GIT_VAULT_TEST_TIME + 60)) &&
	v cat auto:5m:f >out && echo one >expect && test_cmp expect out && test_expect_code 128 git -C m vault cat auto:1h f 2>err &&
	test_grep "no automatic save .*, and no snapshot of it, is as old as .auto:1h." err &&
	v restore auto:1m --to ../m1 2>err && test_cmp m/f m1/f &&
	v list --auto --since 5m --id-only >out && test_cmp second out &&
	test_must_fail git -C m vault list --since 5m 2>err && test_grep "minutes or months" err &&
	for id in $(saves)
	do
		v cat "${id##*-}" f >out && test_grep "one\|two" out && v cat "${id%?????}" f >again &&
		test_cmp out again || return 1
	done && test_must_fail git -C m vault cat 01234567 f 2>err && test_grep "no snapshot is .01234567." err &&
	unset GIT_VAULT_TEST_TIME
'

test_expect_success 'auto:TIME is the state of that time, whoever saved it' '
	r=both && git init -q both && echo one >both/f && save 0 >first && echo mid >both/f && GIT_VAULT_TEST_TIME=1700000300 v -q snapshot >snap &&
	echo two >both/f && save 600 >second && echo part >both/g && GIT_VAULT_TEST_TIME=1700000610 v -q snapshot --only g && rm both/g &&
	GIT_VAULT_TEST_TIME=1700000660 && export GIT_VAULT_TEST_TIME && v restore auto:5m --to ../both1 2>err && echo mid >expect &&
	test_cmp expect both1/f && test_grep "the snapshot $(cat snap) was made 6 minutes ago; no automatic save is nearer" err &&
	v cat auto:11m f >out && echo one >expect && test_cmp expect out && v restore auto:0m --to ../both2 2>err && echo two >expect &&
	test_cmp expect both2/f && test_grep "automatic save $(cat second) was made" err && GIT_VAULT_TEST_TIME=1700000720 &&
	echo three >both/f && v -q snapshot >third && v cat auto:now f >out && test_cmp both/f out && git -C both update-ref -d "$(chain)" &&
	v cat auto:7m f >out && echo mid >expect && test_cmp expect out && unset GIT_VAULT_TEST_TIME
'

# names_newest CODE [WORD...]: it ends with CODE and names the newest save
names_newest () {
	code=$1 && shift && test_expect_code $code v "$@" >out 2>&1 && test_grep ! "nothing here is protected" out &&
	test_grep "only automatic saves: the newest is auto:now (.* ago)" out
}

test_expect_success 'with saves alone, status, list, log and restore name the newest and its age' '
	r=only && git init -q only && echo K >only/gone && save >one && rm only/gone && echo x >only/f && save >two &&
	for words in "0 status" "0" "0 log" "0 list" "128 restore latest --in-place" "128 cat latest:f"
	do
		names_newest $words || return 1
	done && short=$(sed "s/.*-//" one) &&
	for words in "status gone" "restore auto:now --in-place gone" "restore auto:now --to ../x g*e" \
		"cat auto:now:gone"
	do
		test_expect_code 128 v $words >out 2>&1 && test_grep "the automatic save $(cat one) (.* ago) has it" out &&
		test_grep "^hint: git vault restore $short --\(in-place\|to ../x\) " out || return 1
	done && test_expect_code 128 git -C only vault log gone 2>err && test_grep "^hint: git vault log --auto gone" err &&
	test_expect_code 128 git -C only vault search K >out 2>err && test_grep "^hint: git vault search --auto K" err &&
	mkdir only/sub && test_must_fail git -C only/sub vault cat auto:now:gone 2>err &&
	hint=$(sed -n "s/^hint: git vault//p" err) && (cd only/sub && eval "git vault -q$hint") && test_path_is_file only/gone
'

test_expect_success 'list --auto says what changed, and filters by path and time' '
	r=c && git init -q c && mkdir c/src && echo 1 >c/src/vat.js && save 0 >s0 &&
	for i in 1 2 3 4
	do
		echo $i >c/f$i || return 1
	done && echo 2 >c/src/vat.js && save 3600 >s1 && rm c/f1 && save 7200 >s2 && git -C c add f2 && save 7300 >s3 &&
	v list --auto >out && test_grep "^$(cat s1).*5 files: f1, f2, f3, …" out &&
	test_grep "^$(cat s2).*1 file: f1 (deleted)" out && test_grep "^$(cat s3).*no file; the index" out &&
	test_grep "^$(cat s0).* -$" out &&
	v list --auto --path f1 --id-only >out && cat s2 s1 >expect && test_cmp expect out &&
	v list --auto --path src --path f1 -n 2 --id-only >out && test_cmp expect out &&
	v list --auto --path no 2>err && test_grep "none fits these options, out of 4 automatic saves" err &&
	GIT_VAULT_TEST_TIME=1700007400 v list --auto --since 60m --until 2m --id-only >out && test_cmp s2 out &&
	v list --auto --json >json && python3 -c "
import json; s = json.load(open(\"json\"))[\"saves\"]
print(s[3][\"changes\"], \" \".join(c[\"change\"] + c[\"path\"] for c in s[1][\"changes\"]), len(s[2][\"changes\"]), s[0][\"changes\"])" >out &&
	echo "None removedf1 5 []" >expect &&
	test_cmp expect out && test_expect_code 129 git -C c vault list --deleted --path f1
'

test_expect_success 'search and log look at saves with --auto, and say so where only these have it' '
	r=found && git init -q found && GIT_VAULT_TEST_TIME=1700000000 && export GIT_VAULT_TEST_TIME &&
	echo base >found/b && v -q snapshot >out && echo "function invoiceLedger() {}" >found/ledger.js &&
	save >one && rm found/ledger.js && save >two && echo z >found/z &&
	GIT_VAULT_TEST_TIME=1700000060 && v -q snapshot >out &&
	test_expect_code 1 git -C found vault search invoiceLedger >out 2>err && test_must_be_empty out &&
	test_grep "^hint: git vault search --auto invoiceLedger" err && test_grep "have it, in ledger.js" err &&
	v search --auto invoiceLedger >out 2>err && test_grep "introduced .*$(cat one)" out &&
	test_grep "removed .*$(cat two)" out && test_must_be_empty err &&
	test_expect_code 1 git -C found vault search --removed -w --path "*.js" invoiceLedger 2>err &&
	test_grep "^hint: git vault search --word --removed --auto --path .\*.js. invoiceLedger" err &&
	test_expect_code 1 git -C found vault search --path "*.c" invoiceLedger 2>err && test_grep ! hint err &&
	test_expect_code 1 git -C found vault search nobodywrotethis 2>err && test_grep ! hint err &&
	test_expect_code 1 git -C found vault search --json invoiceLedger >json 2>err && test_grep hint err &&
	v log --auto ledger.js >out && test_grep "^added .*$(cat one)" out && test_grep "^removed .*$(cat two)" out &&
	v log >out && test_grep ! "$(cat one)" out && v log --auto >out && test_grep "$(cat one)" out &&
	v log -S invoiceLedger >out && test_grep ! ledger.js out && v log --auto -S invoiceLedger >out &&
	test_grep "added .*$(cat one).*ledger.js" out &&
	test_must_fail git -C found vault log ledger.js 2>err && test_grep "^hint: git vault log --auto ledger.js" err &&
	test_must_fail git -C found vault log never.js 2>err && test_grep ! hint err
'

test_expect_success 'a restore from a save says its age, and whether the latest snapshot is newer' '
	v restore auto:now --to ../age1 2>err &&
	test_grep "the snapshot $(git -C found vault list --id-only -n 1) was made .* ago; no automatic save is nearer" err &&
	v status >out && test_grep ! "automatic save is newer" out && echo y >found/y &&
	GIT_VAULT_TEST_TIME=1700000120 && save >out &&
	v restore auto:now --to ../age2 2>err && test_grep "was made .* ago" err && test_grep ! "is newer" err &&
	v status >out && test_grep "An automatic save is newer: auto:now (.* ago)" out && unset GIT_VAULT_TEST_TIME
'

test_expect_success 'pin and tag make a save a snapshot; delete says how all are deleted' '
	r=pinned && git init -q pinned && echo 1 >pinned/f && save 0 >one && echo 2 >pinned/f && save 60 >two &&
	echo 3 >pinned/f && GIT_VAULT_TEST_TIME=1700000120 v -q snapshot >snap &&
	for words in "pin auto:2023-11-14T22:13:21Z" "tag auto:2023-11-14T22:14:21Z before-lunch"
	do
		v $words >out 2>err && test_grep "is a snapshot of its own now" err || return 1
	done && v list --id-only >out && cat snap two one >expect && test_cmp expect out &&
	saves >out && cat two one >expect && test_cmp expect out &&
	v list --json -n 1 >json && test_grep "\"latest\":true" json && v cat latest:f >out && echo 3 >expect &&
	test_cmp expect out && v status >out && test_grep "Last snapshot $(cat snap)" out &&
	git -C pinned update-ref -d "$(chain)" && v cat "$(cat one)" f >out && echo 1 >expect && test_cmp expect out &&
	v restore tag:before-lunch --to ../lunch && v verify >out && test_grep "3 snapshots" out &&
	echo 4 >pinned/f && save 180 >four && end=$(tip) && tail -n 1 four >id &&
	for words in "delete auto:now" "delete $(sed "s/.*-//" id)"
	do
		test_expect_code 128 git -C pinned vault $words 2>err &&
		test_grep "$(cat id) is an automatic save.*: git update-ref -d $(chain)" err || return 1
	done && test "$(tip)" = "$end" &&
	v pin auto:now auto:now 2>err && v pin auto:now 2>err && test_must_be_empty err &&
	v unpin auto:now && v delete "$(cat id)" 2>err && v cat "$(cat id)" f >out && echo 4 >expect &&
	test_cmp expect out && test_expect_code 128 git -C pinned vault pin auto:now 2>err && test_grep undelete err
'

test_expect_success 'a command that takes no save says what it is, and what does what is wanted' '
	r=none && git init -q none && echo 1 >none/f && save 0 >one && for words in "export auto:now" "rollback auto:now" "rollback --to auto:now prod"
	do
		test_expect_code 129 git -C none vault $words 2>err || return 1
	done && test_grep "rollback takes an environment back to a known-good record" err &&
	test_grep "^hint: .*git vault restore auto:now --in-place" err && test_path_is_missing none/auto:now &&
	test_expect_code 129 git -C none vault export auto:now 2>err && test_grep "the name of the bundle comes first" err &&
	test_expect_code 128 git -C none vault export "../a b" auto:now 2>err && test_grep "is an automatic save, which stays on this machine" err &&
	test_path_is_missing "a b" && test_expect_code 128 git -C none vault unpin auto:now 2>err && test_grep "save, which is not pinned" err &&
	test_grep "^hint: .*: git vault pin $(cat one)" err && test_expect_code 128 git -C none vault export "../a b" auto:now 2>err &&
	(cd none && eval "$(sed -n "s/^hint: .*snapshot of its own.*: git/git/p" ../err)") 2>err2 && test_path_is_file "a b" && v unpin auto:now
'

test_expect_success 'sync says that newer saves stay on this machine' '
	r=there && git init -q there && git init -q --bare far && git -C there remote add origin ../far &&
	echo 1 >there/f && GIT_VAULT_TEST_TIME=1700000000 v -q snapshot >out &&
	v sync 2>err && test_grep ! "stay on this machine" err && echo 2 >there/f && save 60 >out &&
	v sync 2>err && test_grep "is in sync" err && test_grep "saves stay on this machine, .* (.* ago)" err &&
	v sync --fetch-only 2>err && test_grep ! "stay on this machine" err &&
	GIT_VAULT_TEST_TIME=1700000120 v -q snapshot --force >out && v sync 2>err && test_grep ! "stay on" err
'

test_expect_success 'options that do not fit are refused' '
	test_expect_code 129 git -C p vault snapshot --auto --tag x &&
	test_expect_code 129 git -C p vault list --auto --branch main &&
	test_expect_code 129 git -C p vault list --auto --deleted
'

test_expect_success 'a mistake in the policy ends no automatic save: the last right one holds, and all say so' '
	git init -q wrong && echo a >wrong/f && printf "snapshots: {exclude: [\"*.tmp\"]}\n" >wrong/.gitvault.yaml && echo x >wrong/x.tmp &&
	git -C wrong vault -q snapshot --auto >out && test_must_fail git -C wrong vault cat auto:now x.tmp &&
	printf "snapshots: {limt: 1GiB}\n" >wrong/.gitvault.yaml && echo work >wrong/f && printf ".env\n" >wrong/.gitignore && echo A=secret >wrong/.env &&
	git -C wrong vault snapshot --auto >out 2>err && test_grep "there is no key .limt.*the policy that was right last is in force" err &&
	git -C wrong vault cat auto:now f >out && test_cmp wrong/f out && test_must_fail git -C wrong vault cat auto:now x.tmp &&
	git -C wrong vault cat auto:now .env --no-secrets >out && test_grep "^GITVAULT" out &&
	test_must_fail git -C wrong vault snapshot 2>err && test_expect_code 1 git -C wrong vault doctor >out && test_grep "automatic saves go by the policy that was right last" out &&
	rm -r wrong/.git/vault/policy-last && echo more >wrong/f && git -C wrong vault snapshot --auto >out 2>err && test_grep "the defaults are in force" err &&
	git -C wrong vault cat auto:now f >out && test_cmp wrong/f out
'

test_done
