#!/bin/sh

test_description='git vault secret purge: what old snapshots have in clear'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

T=$TMPDIR
value=hunter2-the-value

# reachable: all that refs of ours lead to and the user's do not, as bytes
reachable () {
	git rev-list --objects --glob='refs/vault/*' >"$T/ids" &&
	cut -d' ' -f1 "$T/ids" | git cat-file --batch >"$T/bytes"
}

test_expect_success 'there are snapshots that hold a value in many forms' '
	test_commit one &&
	git config vault.scan false &&
	mkdir -p envs/prod &&
	echo "password: $value" >envs/prod/db.yaml &&
	echo "a=$value b=$value" >two &&
	printf "data:\n  p: %s\n" "$(printf %s $value | base64)" >k8s.yaml &&
	printf "x:%s\n" "$(printf "user:%s" $value | base64)" >auth &&
	echo nothing >plain &&
	chmod 600 two &&
	snapshot_take -m "before $value came out" -t keep && first=$snapshot &&
	git add two &&
	echo more >>plain &&
	snapshot_take && second=$snapshot &&
	rm -rf envs two k8s.yaml auth &&
	git rm -q --cached two &&
	snapshot_take && third=$snapshot
'

test_expect_success 'a dry run says where, and changes nothing' '
	git for-each-ref refs/vault >before &&
	printf "%s\n" $value | git vault secret purge -n --stdin >actual 2>err &&
	git for-each-ref refs/vault >after &&
	test_cmp before after &&
	test_grep "^rewritten $first:envs/prod/db.yaml$" actual &&
	test_grep "^rewritten $first:two$" actual &&
	test_grep "^rewritten $second:k8s.yaml$" actual &&
	test_grep "2 snapshots would be rewritten" actual &&
	! grep -e $value actual err
'

test_expect_success 'purge rewrites those that hold it, and no others' '
	was=$(git rev-parse refs/vault/snapshots/$third) &&
	printf "%s\n" $value |
		git vault secret purge --stdin --reason leaked >actual 2>err &&
	test_grep "^2 snapshots rewritten, 1[0-9] places in clear$" actual &&
	test_cmp_rev $was refs/vault/snapshots/$third &&
	reachable &&
	! grep -a -F -e $value "$T/bytes" &&
	! grep -a -F -e "$(printf %s $value | base64)" "$T/bytes" &&
	! grep -a -F -e "dGhlLXZhbHVl" "$T/bytes" &&
	! grep -e $value actual err
'

test_expect_success 'placeholders stand there, and a list says for what' '
	git show refs/vault/snapshots/$first:tree/envs/prod/db.yaml >actual &&
	test_grep "^password: GITVAULT.purged:[0-9a-f]\{40\}.$" actual &&
	git show refs/vault/snapshots/$first:tree/plain >actual &&
	echo nothing >expect &&
	test_cmp expect actual &&
	git show refs/vault/snapshots/$first:meta/secrets >actual &&
	test_grep "^s 10 .* prod purged .* envs/prod/db.yaml$" actual &&
	grep -c " two$" actual >count &&
	echo 2 >expect &&
	test_cmp expect count
'

test_expect_success 'the commit is the same but for that' '
	git log -1 --format=%B refs/vault/snapshots/$first >actual &&
	test_grep "^before GITVAULT.* came out$" actual &&
	test_grep "^Vault-Id: $first$" actual &&
	test_grep "^Vault-Tag: keep$" actual &&
	test_grep "^Vault-Format: 4$" actual &&
	test_grep "^Vault-Rewritten: .*Z$" actual &&
	lines=$(git show refs/vault/snapshots/$first:meta/secrets |
		grep -c "^s ") &&
	test_grep "^Vault-Secrets: $lines$" actual &&
	test_cmp_rev refs/vault/snapshots/$first^ HEAD &&
	git fsck --strict --no-dangling &&
	git vault list >actual &&
	test_grep "$first" actual &&
	test "$(git log -1 --format=%P refs/vault/snapshots/$first)" = \
		"$(git rev-parse HEAD)"
'

test_expect_success 'the value is sealed, and comes back' '
	git vault secret list >actual &&
	id=$(awk "/prod .*purged/ { print \$1 }" actual) &&
	git vault secret show --reveal --output out $id &&
	printf %s $value >expect &&
	test_cmp_bin expect out &&
	git vault secret list --scope shared >actual &&
	test_grep "auth$" actual
'

test_expect_success 'it is told to the audit chain' '
	git log -1 --format=%B --glob=refs/vault/audit >actual &&
	git log --format=%B --glob=refs/vault/audit >actual &&
	test_grep "^Vault-Event: purge$" actual &&
	test_grep "^Vault-Reason: leaked$" actual &&
	! grep $value actual
'

test_expect_success 'once more there is nothing to do' '
	git for-each-ref refs/vault/snapshots >before &&
	printf "%s\n" $value | git vault secret purge --stdin >actual &&
	test_grep "^no snapshots rewritten, no places" actual &&
	git for-each-ref refs/vault/snapshots >after &&
	test_cmp before after
'

test_expect_success 'a value that is known by its id needs no typing' '
	echo "k: $value" >again &&
	snapshot_take && fourth=$snapshot &&
	rm again &&
	git vault secret purge $id >actual &&
	test_grep "rewritten $fourth:again" actual &&
	reachable &&
	! grep -a -F -e $value "$T/bytes"
'

test_expect_success 'what the user has himself is named' '
	echo "mine: $value" >mine &&
	git add mine &&
	git commit -q -m mine &&
	echo "staged: $value" >mine &&
	git add mine &&
	printf "%s\n" $value >"$T/value" &&
	test_expect_code 3 git vault secret purge --stdin <"$T/value" >actual &&
	test_grep "^left  *your own history: mine$" actual &&
	test_grep "^left  *the index: mine$" actual &&
	mkdir sub && for literal in 0 1
	do
		(
			cd sub && GIT_LITERAL_PATHSPECS=$literal &&
			export GIT_LITERAL_PATHSPECS &&
			test_expect_code 3 git vault secret purge --stdin \
				<"$T/value" >../actual
		) && test_grep "^left  *the index: mine$" actual || return 1
	done && rmdir sub &&
	git reset -q --hard HEAD &&
	snapshot_take && fifth=$snapshot &&
	test_expect_code 3 git vault secret purge --stdin <"$T/value" >actual &&
	test_grep "rewritten $fifth:mine" actual
'

test_expect_success 'history that is gone but for a snapshot goes with it' '
	git reset -q --hard HEAD^ &&
	git reflog expire --expire=now --all &&
	git vault secret purge --stdin <"$T/value" >actual &&
	reachable &&
	! grep -a -F -e $value "$T/bytes" &&
	git fsck --strict --no-dangling
'

test_expect_success 'what was staged then is stored without other values, too' '
	test_create_repo staged &&
	(
		cd staged &&
		test_commit one &&
		echo "mine: $value" >mine &&
		echo "password = \"correct-h0rse-9q\"" >other.conf &&
		git add . &&
		git commit -q -m both &&
		git ls-files -s >"$T/want" &&
		snapshot=$(git vault snapshot) &&
		git reset -q --hard HEAD^ &&
		git reflog expire --expire=now --all &&
		git vault secret purge --stdin <"$T/value" &&
		reachable &&
		! grep -a -F -e $value -e correct-h0rse "$T/bytes" &&
		git fsck --strict --no-dangling &&
		git vault restore -q $snapshot --in-place --index &&
		git ls-files -s >"$T/have" &&
		test_cmp "$T/want" "$T/have"
	)
'

test_expect_success 'what a reflog has is named as such' '
	echo "mine: $value" >mine &&
	git add mine &&
	git commit -q -m mine &&
	git reset -q --hard HEAD^ &&
	test_expect_code 3 git vault secret purge --stdin <"$T/value" >actual &&
	test_grep "left .*: mine (only a reflog names it)" actual &&
	git reflog expire --expire=now --all
'

test_expect_success JQ 'the same as JSON' '
	test_config core.abbrev 40 &&
	echo "k: $value" >again &&
	snapshot_take && sixth=$snapshot &&
	rm again &&
	git vault --json secret purge --stdin <"$T/value" >out &&
	jq -r "[.rewritten, .left, .notes[0].kind, .notes[0].path] |
		join(\" \")" out >actual &&
	echo "1 0 rewritten again" >expect &&
	test_cmp expect actual
'

test_expect_success 'forget leaves the placeholder and nothing else' '
	git vault secret purge --forget $id >actual &&
	test_grep "^forgotten $first:envs/prod/db.yaml$" actual &&
	git show refs/vault/snapshots/$first:meta/secrets >list &&
	! grep envs/prod/db.yaml list &&
	git show refs/vault/snapshots/$first:tree/envs/prod/db.yaml >actual &&
	test_grep "^password: GITVAULT" actual &&
	git vault secret list >actual &&
	! grep "^$id" actual
'

test_expect_success 'of old snapshots those with ignored files are counted' '
	echo .env >>.git/info/exclude &&
	ln -s x .env && snapshot_take &&
	echo one >other && snapshot_take &&
	rm .env && echo "A=1" >.env && snapshot_take && two=$snapshot &&
	echo two >other && snapshot_take && three=$snapshot &&
	git add -f .env && git commit -q -m "of git now" && snapshot_take &&
	echo three >other && snapshot_take &&
	git rm -q -f .env && git commit -q -m "no more" && rm -f other &&
	snapshot_take &&
	test_might_fail git vault doctor >actual &&
	test_grep "2 snapshots hold ignored files in plaintext.*\($two\|$three\):.env" \
		actual &&
	git update-ref -d refs/vault/snapshots/$two &&
	git update-ref -d refs/vault/snapshots/$three &&
	test_might_fail git vault doctor >actual &&
	! grep "in clear" actual
'

# Nothing would seal these, however often they are taken.
test_expect_success 'files that nobody ignores do not count' '
	test_create_repo ../open && (
		cd ../open && echo a >a && git add a && git commit -q -m 1 &&
		git config core.fsync committed,reference &&
		echo "PORT=1" >.env && mkdir d && echo "PORT=2" >d/.env &&
		git vault -q snapshot &&
		test_might_fail git vault doctor >../actual &&
		test_grep ! "in clear" ../actual &&
		echo "/d/.env" >.gitignore &&
		test_expect_code 1 git vault doctor >../actual &&
		test_grep "1 snapshot holds ignored files in plaintext.*:d/.env" \
			../actual && rm d/.env && rmdir d && ln -s . d &&
		test_might_fail git vault doctor >../actual &&
		test_grep "ignored files in plaintext, from before they" ../actual
	) && rm -rf ../open
'

test_expect_success 'precious files of old snapshots are sealed whole' '
	echo ".env" >.gitignore &&
	git add .gitignore && git commit -q -m ignore &&
	printf "A=some-old-value\nB=other\n" >.env &&
	printf "C=tracked\n" >prod.tfvars &&
	git add prod.tfvars && git commit -q -m tfvars &&
	snapshot_take && old=$snapshot &&
	test_might_fail git vault doctor >actual &&
	test_grep "1 snapshot holds ignored files in plaintext.*$old:.env" \
		actual &&
	test_grep "git vault secret purge --precious" actual &&
	git vault secret purge --precious >actual &&
	test_grep "rewritten $old:.env" actual &&
	! grep prod.tfvars actual &&
	git show refs/vault/snapshots/$old:tree/.env >actual &&
	test_grep "^GITVAULT.file:[0-9a-f]*.$" actual &&
	git show refs/vault/snapshots/$old:meta/secrets >actual &&
	test_grep "^f 0 .* \.env$" actual &&
	reachable &&
	! grep -a -F some-old-value "$T/bytes" &&
	test_might_fail git vault doctor >actual &&
	! grep "in clear" actual &&
	file=$(git vault secret list | awk "/[.]env$/ { print \$1 }") &&
	git vault secret show --reveal --output env.out $file &&
	test_cmp_bin .env env.out
'

# layers SNAPSHOT…: all that their manifests are made of
layers () {
	for id
	do
		git ls-tree -r "refs/vault/snapshots/$id" meta/manifest
	done | sed "s/.* blob \([0-9a-f]*\).*/\1/" | sort -u |
		git cat-file --batch
}

test_lazy_prereq HOLES '
	truncate -s 1M f && test "$(stat -c %b f)" -lt 1000'
test_expect_success HOLES 'no size of a sparse file tells the length of a value that left it' '
	test_create_repo "$T/sparse" && (
		cd "$T/sparse" && git config vault.scan false && echo x >plain && truncate -s 65536 disk &&
		printf "%s\n" hunter2-the-value >>disk && truncate -s 8192 other &&
		echo end >>other && git add plain && git commit -q -m one &&
		git vault -q snapshot >"$T/one" && echo y >plain &&
		git vault -q snapshot >"$T/two" && cp disk "$T/disk" &&
		layers $(cat "$T/one" "$T/two") >"$T/before" &&
		test_grep " e=65536+18,65554 disk" "$T/before" &&
		printf "%s\n" hunter2-the-value | git vault secret purge --stdin &&
		layers $(cat "$T/one" "$T/two") >"$T/after" &&
		test_grep ! 65554 "$T/after" && test_grep " e=0 disk" "$T/after" &&
		test_grep " e=8192+4,8196 other" "$T/after" &&
		git vault verify --all --deep &&
		for id in $(cat "$T/one" "$T/two")
		do
			git vault restore $id --to "$T/out-$id" &&
			test_cmp_bin "$T/disk" "$T/out-$id/disk" &&
			test "$(stat -c %b "$T/out-$id/disk")" -lt 100 || return 1
		done
	)
'

test_expect_success 'records of what was good are named, and how they are made anew' '
	test_create_repo marked &&
	(
		cd marked && git config vault.scan false && mkdir -p envs/prod &&
		echo "p: $value" >envs/prod/db.yaml && git add . &&
		git commit -q -m one && git vault -q snapshot >"$T/one" &&
		git vault good mark prod && echo "p: ask" >envs/prod/db.yaml &&
		git commit -qam two && git vault -q snapshot >"$T/two" &&
		git vault good mark prod &&
		echo $value | test_expect_code 3 git vault secret purge -n --stdin 2>"$T/err" &&
		test_grep "prod: 1 known-good record is of a snapshot that would be" "$T/err" &&
		echo $value | test_expect_code 3 git vault secret purge --stdin 2>"$T/err" &&
		test_grep "prod: 1 known-good record is of a snapshot that was" "$T/err" &&
		git vault good list prod >"$T/list" &&
		test_grep "it was purged there, or somebody moved it" "$T/list" &&
		sed -n "s/.*: git vault \(good mark --snapshot.*\)/\1/p" "$T/err" >"$T/next" &&
		git vault $(cat "$T/next") && git vault good list prod >"$T/list" &&
		test_grep "^prod  *3  verified.* $(cat "$T/one")  *$" "$T/list"
	)
'

test_expect_success 'a value that is too short is refused' '
	printf "short\n" >"$T/short" &&
	test_must_fail git vault secret purge --stdin <"$T/short" 2>err &&
	test_grep "too short" err &&
	! grep "^git-vault.*short$" err &&
	test_expect_code 129 git vault secret purge &&
	test_expect_code 129 git vault secret purge --forget --stdin </dev/null
'

test_expect_success 'a file leaves the stages of a merge, and the list of them' '
	git init -q merge && (
		cd merge && echo base >gone && echo base >"a\"b" && echo base >kept && git add . &&
		test_tick && git commit -q -m base && git branch -q other &&
		for n in gone "a\"b" kept; do echo ours >"$n" || exit 1; done && git commit -q -a -m ours &&
		git checkout -q other &&
		for n in gone "a\"b" kept; do echo other >"$n" || exit 1; done && git commit -q -a -m other &&
		! git merge -q @{-1} >/dev/null 2>&1 &&
		ref=refs/vault/snapshots/$(git vault snapshot -m merge 2>"$T/err") &&
		git cat-file -p $ref:meta/index >"$T/before" && test_line_count = 9 "$T/before" &&
		test_expect_code 3 git vault purge gone "a\"b" >"$T/out" 2>"$T/err" &&
		git cat-file -p $ref:meta/index >"$T/after" && test_line_count = 3 "$T/after" &&
		! grep -v "	kept$" "$T/after" && git ls-tree -r --name-only $ref:meta/stages >"$T/names" &&
		test_grep "/kept$" "$T/names" && ! grep -e gone -e "a.*b" "$T/names" &&
		test_expect_code 3 git vault purge kept >"$T/out" 2>"$T/err" &&
		! git cat-file -e $ref:meta/index && git vault verify --all >"$T/out"
	)
'

# failing WORD COMMAND…: where git itself fails at what has this word in it
failing () {
	mkdir -p "$T/bin" && cat >"$T/bin/git" <<-END || return 1
	#!/bin/sh
	case " \$* " in
	*" $1 "*) echo "fatal: made to fail" >&2 && exit 128 ;;
	esac
	PATH=$PATH exec git "\$@"
	END
	chmod +x "$T/bin/git" && shift && (PATH=$T/bin:$PATH && "$@")
}

test_expect_success 'git that fails to list is told of, and nothing is changed' '
	printf "%s\n" another-long-value >"$T/value" && echo another-long-value >clear && snapshot_take &&
	git for-each-ref refs/heads refs/vault/snapshots refs/vault/secrets >"$T/before" &&
	test_expect_code 128 failing --batch-all-objects \
		git-vault secret purge --stdin <"$T/value" >out 2>err &&
	test_grep "git cannot list the objects: .*made to fail" err &&
	test_expect_code 128 failing --full-history git-vault purge clear >out 2>err &&
	test_grep "git cannot list the history: .*made to fail" err &&
	git for-each-ref refs/heads refs/vault/snapshots refs/vault/secrets >"$T/after" &&
	test_cmp "$T/before" "$T/after"
'

test_done
