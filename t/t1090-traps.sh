#!/bin/sh

test_description='the traps that Git, its refs and its servers hold

Each of these has cost some tool of this kind somebody'"'"'s work.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

# repo NAME: a commit, and changed, untracked and precious files.
repo () {
	test_create_repo "$1" &&
	(
		cd "$1" && mkdir -p envs/prod &&
		echo tracked >kept && echo deep >envs/prod/main.tf &&
		echo .env >.gitignore && git add . && test_tick &&
		git commit -q -m base &&
		echo changed >kept && echo new >untracked && echo KEY=1 >.env
	)
}

# refused CODE PATTERN COMMAND…: one sentence on stderr that matches, nothing
# on stdout.
refused () {
	code=$1 pattern=$2 &&
	shift 2 &&
	test_expect_code "$code" "$@" >"$TMPDIR/out.txt" 2>"$TMPDIR/err.txt" &&
	cat "$TMPDIR/err.txt" &&
	test_must_be_empty "$TMPDIR/out.txt" &&
	test_line_count -eq 1 "$TMPDIR/err.txt" &&
	test_grep "^git-vault: $pattern" "$TMPDIR/err.txt"
}

# same_files A B: but for .git
same_files () {
	diff -r --no-dereference -x .git "$1" "$2"
}

# with_git BODY COMMAND…: run it with a program `git` first in PATH, which
# does BODY before it is git. Not `git vault`: git would put its own folder
# before that.
with_git () {
	real_git=$(command -v git) && mkdir -p "$TMPDIR/git-first" &&
	cat >"$TMPDIR/git-first/git" <<-END &&
	#!/bin/sh
	git=$real_git
	$1
	exec "\$git" "\$@"
	END
	chmod +x "$TMPDIR/git-first/git" &&
	shift &&
	test_env PATH="$TMPDIR/git-first:$PATH" "$@"
}

# Have git itself make the ref of a snapshot, as it does where it has a hook to run.
asks_git () {
	mkdir -p .git/hooks && echo "#!/bin/sh" >.git/hooks/reference-transaction &&
	chmod +x .git/hooks/reference-transaction
}

# ---- a push that may still be refused ---------------------------------------

test_expect_success 'in pre-receive no ref is made and no object is left' '
	repo server && git -C server config receive.denyCurrentBranch ignore &&
	git clone -q server pusher && test_commit -C pusher pushed &&
	cat >server/.git/hooks/pre-receive <<-\END &&
	#!/bin/sh
	cd .. && GIT_DIR=.git && export GIT_DIR
	git-vault snapshot 2>../said; echo $? >../code
	git-vault restore latest --in-place 2>/dev/null
	git-vault list >../listed
	exit 1
	END
	chmod +x server/.git/hooks/pre-receive &&
	(cd server/.git && find . -type f | sort) >before &&
	test_must_fail git -C pusher push -q origin main:topic &&
	test "$(cat code)" = 128 && test_line_count = 1 said &&
	test_grep "a push is being received.*post-receive" said &&
	(cd server/.git && find . -type f | sort) >after &&
	test_cmp before after &&
	test_path_is_missing server/.git/vault &&
	git -C server for-each-ref refs/vault >actual &&
	test_must_be_empty actual
'

test_expect_success 'also where the push goes through' '
	sed -i "s/exit 1/exit 0/" server/.git/hooks/pre-receive &&
	git -C pusher push -q origin main:topic &&
	test "$(cat code)" = 128 &&
	git -C server for-each-ref --format="%(refname)" >actual &&
	test_write_lines refs/heads/main refs/heads/topic >expect &&
	test_cmp expect actual && git -C server fsck --strict
'

test_expect_success 'in post-receive a snapshot is one like any other' '
	rm server/.git/hooks/pre-receive &&
	cat >server/.git/hooks/post-receive <<-\END &&
	#!/bin/sh
	cd .. && GIT_DIR=.git && export GIT_DIR
	git-vault snapshot >../id
	END
	chmod +x server/.git/hooks/post-receive &&
	test_commit -C pusher pushed-again &&
	git -C pusher push -q origin main:topic &&
	id=$(cat id) && git -C server vault verify --deep $id &&
	git -C server fsck --strict
'

# ---- odd indexes, formats, owners and clones --------------------------------

test_expect_success 'split and sparse indexes: what is staged, and no more' '
	repo indexes &&
	(
		cd indexes && mkdir far && echo f >far/f && git add far &&
		git commit -q -m far && git checkout -q . &&
		rm .env untracked && id=$(git vault snapshot) &&
		git rev-parse "HEAD^{tree}" >../head &&
		for how in split sparse-full sparse-index
		do
			case $how in
			split) git update-index --split-index ;;
			sparse-full) git update-index --no-split-index &&
				git sparse-checkout set --no-sparse-index envs ;;
			sparse-index) git sparse-checkout set \
				--sparse-index envs ;;
			esac &&
			id=$(git vault snapshot --force) &&
			git rev-parse refs/vault/snapshots/$id:tree >../tree &&
			test_cmp ../head ../tree &&
			test_must_fail git rev-parse -q --verify \
				refs/vault/snapshots/$id:index &&
			git vault status --porcelain >../actual &&
			test_grep ! "^[AMDmX]" ../actual &&
			echo $how >envs/prod/main.tf && git add envs &&
			id=$(git vault snapshot) &&
			git write-tree >../expect &&
			git rev-parse refs/vault/snapshots/$id:index >../actual &&
			test_cmp ../expect ../actual &&
			git reset -q --hard || exit 1
		done
	)
'

test_expect_success 'SHA-256, reftable, the unknown: refused before any write' '
	git init -q --object-format=sha256 sha256 &&
	test_create_repo reftable &&
	printf "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n" \
		>>reftable/.git/config && cp -a reftable unknown &&
	printf "\trefStorage = reftable\n" >>reftable/.git/config &&
	printf "\tunheardOf = true\n" >>unknown/.git/config &&
	for r in sha256 reftable unknown
	do
		echo x >$r/x && find $r | sort >before &&
		refused 128 ".*" git-vault -C $r snapshot &&
		refused 128 ".*" git-vault -C $r init &&
		find $r | sort >after && test_cmp before after || return 1
	done
'

test_expect_success 'replaced objects: what is on disk is kept' '
	test_create_repo replaced &&
	(
		cd replaced && echo A >a && mkdir d && for i in $(test_seq 900)
		do
			echo $i >d/$i || exit 1
		done &&
		git add . && git commit -q -m base &&
		git replace $(git rev-parse HEAD:a) \
			$(echo B | git hash-object -w --stdin) &&
		rm -r a d && git reset -q --hard && test "$(cat a)" = B &&
		id=$(git vault snapshot) && git vault cat $id a >../actual &&
		test_cmp a ../actual
	)
'

test_expect_success SETPRIV 'safe.directory: unset, exact, everything, GIT_DIR' '
	repo owned && id=$(git -C owned vault snapshot) &&
	refused 128 ".*dubious ownership.*git config --global --add safe" \
		test_as_nobody git-vault -C owned list &&
	for value in "$PWD/owned" "*"
	do
		test_as_nobody git config --global safe.directory "$value" &&
		test_as_nobody git vault -C owned list >actual &&
		test_grep "$id" actual || return 1
	done &&
	rm "$TMPDIR/nobody/.gitconfig" &&
	test_env GIT_DIR="$PWD/owned/.git" test_as_nobody git vault list >actual &&
	test_grep "$id" actual
'

test_expect_success 'a partial clone fetches what a restore needs' '
	repo promisor && git -C promisor config uploadpack.allowFilter true &&
	git -C promisor config uploadpack.allowAnySHA1InWant true &&
	id=$(git -C promisor vault snapshot) &&
	git clone -q --filter=blob:none --no-checkout "file://$PWD/promisor" \
		partial &&
	git -C partial fetch -q origin "refs/vault/*:refs/vault/*" &&
	blob=$(git -C promisor rev-parse refs/vault/snapshots/$id:tree/untracked) &&
	git -C partial rev-list --objects --all --missing=print >missing &&
	test_grep "^?$blob" missing &&
	git -C partial vault restore $id --to "$PWD/fetched" &&
	same_files promisor fetched && git -C partial vault verify
'

test_expect_success 'and says so where it cannot' '
	git clone -q --filter=blob:none --no-checkout "file://$PWD/promisor" \
		cut-off &&
	git -C cut-off fetch -q origin "refs/vault/*:refs/vault/*" &&
	git -C cut-off config remote.origin.url "file://$PWD/gone" &&
	refused 128 ".*keyring.*some of its objects are missing; fetch them" \
		git vault -C cut-off restore $id --to "$PWD/not-made" &&
	refused 128 ".*partial clone.*cannot be fetched.*" \
		git vault -C cut-off cat $id kept &&
	test_path_is_missing not-made &&
	test_expect_code 3 git vault -C cut-off log --json kept 2>err >json &&
	test_grep "\"bytes\":null" json && test_grep "cannot be fetched" err
'

test_expect_success 'and gives nothing up that a remote may have' '
	git clone -q --filter=tree:0 --no-checkout "file://$PWD/promisor" \
		cut-trees &&
	git -C cut-trees fetch -q origin "refs/vault/*:refs/vault/*" &&
	git -C cut-trees config remote.origin.url "file://$PWD/gone" &&
	for where in cut-off cut-trees
	do
		git -C $where for-each-ref refs/vault/secrets >before &&
		test_file_not_empty before || return 1
		for command in verify repair "repair -n"
		do
			test_expect_code 1 git vault -C $where $command >out 2>err &&
			test_grep "this clone is partial: objects it could" err &&
			test_grep ! "delete --force" err || return 1
		done &&
		{ git vault -C $where prune --keep-last 1 --reclaim >out 2>err ||
			test $? = 3; } &&
		git -C $where for-each-ref refs/vault/secrets >after &&
		test_cmp before after || return 1
	done &&
	test_expect_code 128 git vault -C cut-trees log kept 2>err &&
	test_grep "no snapshot here can be read: snapshot $id .*cannot be" err &&
	for where in cut-off cut-trees
	do
		git -C $where config remote.origin.url "file://$PWD/promisor" &&
		git vault -C $where verify && git vault -C $where repair &&
		git vault -C $where cat $id kept >out || return 1
	done
'

test_expect_success 'a snapshot of a shallow clone goes to its origin' '
	repo full && git -C full commit -q --allow-empty -m more &&
	git clone -q --depth 1 "file://$PWD/full" shallow &&
	echo mine >shallow/mine && id=$(git -C shallow vault snapshot) &&
	git -C shallow push -q origin \
		refs/vault/snapshots/$id:refs/vault/snapshots/$id &&
	git -C full vault verify --deep $id &&
	git -C full vault restore $id --to "$PWD/from-full" &&
	same_files shallow from-full && git -C full fsck --strict
'

# ---- remotes ----------------------------------------------------------------

test_expect_success 'fetch --prune keeps what only we have' '
	git init -q --bare hub.git && repo local &&
	git -C local remote add origin "$PWD/hub.git" &&
	git -C local push -q -u origin main && git -C local vault init &&
	git -C local vault snapshot &&
	git -C local for-each-ref refs/vault >before &&
	git -C local fetch -q --prune && git -C local fetch -q --all --prune &&
	git -C local remote prune origin && git -C local remote update -p &&
	git -C local for-each-ref refs/vault >after &&
	test_cmp before after && test_line_count = 4 after
'

test_expect_success 'after init push, fetch and clone do what they did' '
	(
		cd local && git config --get-regexp "remote\..*\.push" >../actual
		test_must_be_empty ../actual && test_tick &&
		git commit -q -a -m next && git push -q &&
		git --git-dir=../hub.git for-each-ref --format="%(refname)" \
			>../actual
	) &&
	echo refs/heads/main >expect && test_cmp expect actual &&
	test_cmp_bin local/.git/refs/heads/main hub.git/refs/heads/main &&
	git clone -q hub.git other && test_commit -C other theirs &&
	git -C other push -q && git -C local pull -q --ff-only &&
	test_path_is_file local/theirs.t &&
	git -C local push -q origin "refs/vault/*:refs/vault/*" &&
	rm -rf other && git clone -q hub.git other &&
	git -C other for-each-ref refs/vault >actual &&
	test_must_be_empty actual
'

test_expect_success 'snapshots of others come in beside ours, not over them' '
	git -C other config user.name x && git -C other vault init &&
	echo theirs >other/x && git -C other vault snapshot &&
	git -C other push -q origin \
		"refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	git -C local for-each-ref refs/vault/ >before &&
	git -C local config --add remote.origin.fetch \
		"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" &&
	git -C local fetch -q &&
	git -C local for-each-ref refs/vault/ >after && test_cmp before after &&
	git -C local for-each-ref refs/vault-remote/origin/snapshots/ >actual &&
	test_line_count = 2 actual
'

test_expect_success 'a server that refuses our refs takes the branch' '
	git init -q --bare strict.git &&
	cat >strict.git/hooks/update <<-\END &&
	#!/bin/sh
	case $1 in refs/heads/*) ;; *) exit 1 ;; esac
	END
	chmod +x strict.git/hooks/update &&
	(
		cd local && git remote set-url origin "$PWD/../strict.git" &&
		git vault init && git vault snapshot && git push -q &&
		git fetch -q && test_must_fail git push -q origin \
			"refs/vault/*:refs/vault/*" &&
		git push -q && git vault verify
	) &&
	test_cmp_bin local/.git/refs/heads/main strict.git/refs/heads/main
'

test_expect_success 'a mirror clone carries everything, and restores' '
	id=$(git -C local vault snapshot) &&
	git clone -q --mirror local mirror.git &&
	git -C local for-each-ref refs/vault refs/heads >expect &&
	git -C mirror.git for-each-ref refs/vault refs/heads >actual &&
	test_cmp expect actual && git -C mirror.git vault verify --deep &&
	git -C mirror.git vault restore $id --to "$PWD/from-mirror" &&
	same_files local from-mirror
'

test_expect_success 'a bundle does, too' '
	git -C local bundle create -q ../all.bundle --all &&
	git init -q --bare unbundled.git &&
	git -C unbundled.git fetch -q ../all.bundle "refs/*:refs/*" &&
	git -C unbundled.git vault restore $id --to "$PWD/from-bundle" &&
	same_files local from-bundle
'

test_expect_success 'git log is as it was, and log --all is not decorated' '
	git -C local log --oneline >actual && test_grep ! "snapshot of" actual &&
	git -C local log --all --decorate --oneline >actual &&
	test_grep "snapshot of main" actual &&
	test_grep ! refs/vault actual && test_grep ! vault/snapshots actual &&
	git -C local log --exclude="refs/vault*" --all --oneline >actual &&
	test_grep ! "snapshot of" actual &&
	git -C local branch -a >actual && test_grep ! vault actual &&
	git -C local tag >actual && test_must_be_empty actual &&
	test "$(git -C local describe --always)" = \
		"$(git -C local rev-parse --short HEAD)"
'

# ---- many refs, odd refs, locks ---------------------------------------------

test_expect_success 'ten thousand snapshots' '
	repo many && id=$(git -C many vault snapshot) &&
	(
		cd many && tree=$(git rev-parse refs/vault/snapshots/$id^{tree}) &&
		awk -v tree="$tree" -v ids=../ids "BEGIN {
			for (i = 0; i < 10000; i++) {
				id = sprintf(\"200101%02dT%02d%02d%02dZ-%08x\",
					i / 86400 + 1, i / 3600 % 24,
					i / 60 % 60, i % 60, i)
				text = sprintf(\"number %d\n\nVault-Format: 1\n\" \
					\"Vault-Id: %s\n\", i, id)
				print \"reset refs/tmp\ncommit refs/tmp\"
				print \"mark :\" i + 1
				print \"committer a <b> \" 978307200 + i \" +0000\"
				print \"data \" length(text)
				print text \"M 040000 \" tree \" \\\"\\\"\n\"
				print id >ids
			}
		}" | git fast-import --quiet --export-marks=../marks &&
		git update-ref -d refs/tmp && git pack-refs --all &&
		sed "s/^:\([0-9]*\) /\1 /" ../marks | sort -n | cut -d" " -f2 |
			paste -d" " - ../ids |
			sed "s, , refs/vault/snapshots/," >../lines &&
		{
			sed -n "1p; /vault/!{2,\$p;}" .git/packed-refs &&
			grep " refs/vault" .git/packed-refs |
				sort -k2 - ../lines
		} >../packed-refs && cp ../packed-refs .git/packed-refs &&
		git for-each-ref refs/vault/snapshots >../actual &&
		test_line_count = 10001 ../actual &&
		test_path_is_missing .git/refs/vault/snapshots/$id &&
		echo more >>untracked &&
		timeout 5 git vault snapshot >../id &&
		timeout 5 git vault list --limit 3 >../actual &&
		test_line_count = 4 ../actual && test_grep $(cat ../id) ../actual &&
		timeout 5 git vault list >../actual &&
		test_line_count = 10003 ../actual &&
		timeout 5 git vault status --porcelain &&
		timeout 5 git vault show latest >../actual &&
		timeout 5 git vault cat 20010101T000007Z kept >../actual &&
		test_cmp kept ../actual &&
		git vault snapshot >../again && test_cmp ../id ../again
	)
'

test_expect_success 'packing refs meanwhile changes nothing' '
	(
		cd many && git pack-refs --all --prune && git vault snapshot \
			>../again && test_cmp ../id ../again &&
		git vault verify $(cat ../id)
	)
'

test_expect_success 'names that some systems have no room for' '
	repo names &&
	(
		cd names && git branch con && git branch Main &&
		git branch upper/Case && git branch a/b/c &&
		git tag aux.h && git update-ref refs/odd/nul HEAD &&
		git symbolic-ref refs/heads/link refs/heads/main &&
		id=$(git vault snapshot) && echo $id >../id &&
		echo "$id" | grep -x "[0-9]\{8\}T[0-9]\{6\}Z-[0-9a-f]\{8\}" &&
		git cat-file -p refs/vault/snapshots/$id:meta/origin/refs \
			>../actual &&
		for ref in heads/con heads/Main heads/a/b/c tags/aux.h odd/nul
		do
			test_grep " refs/$ref\$" ../actual || exit 1
		done &&
		git vault verify --deep
	)
'

test_expect_success 'what stands among our refs and is none of ours' '
	(
		cd names && at=refs/vault/snapshots && id=$(cat ../id) &&
		git update-ref $at/con HEAD && git update-ref $at/a/b HEAD &&
		git update-ref $at/UPPER HEAD^{tree} &&
		git update-ref $at/20990101T000000Z-00000001 HEAD &&
		git update-ref $at/20990101T000000Z-00000002 HEAD:kept &&
		git tag -a -m x annotated &&
		git update-ref $at/20990101T000000Z-00000003 annotated &&
		git symbolic-ref $at/20990101T000000Z-00000004 $at/con &&
		git symbolic-ref $at/20990101T000000Z-00000005 $at/missing &&
		test_might_fail git vault list >../actual 2>../err &&
		test_grep "^$id" ../actual && test_grep ! Sanitizer ../err &&
		echo more >>untracked && new=$(git vault snapshot) &&
		git vault show $new >../actual && test_grep $new ../actual &&
		git vault restore $new --to ../names-out &&
		cmp untracked ../names-out/untracked &&
		git vault verify --deep $new &&
		test_expect_code 1 git vault verify 2>../err >../actual &&
		test_grep ! "damaged $new" ../actual
	)
'

test_expect_success 'a ref whose lock is held: told, with what to do' '
	repo locked && id=$(git -C locked vault snapshot) &&
	(
		cd locked && echo more >>untracked && lock=$(git rev-parse \
			--git-path refs/vault/snapshots/$id.lock) &&
		>$lock && git for-each-ref >../before &&
		refused 4 "another git holds the lock .*/$id.lock; .*remove" git vault snapshot &&
		git for-each-ref >../after && test_cmp ../before ../after &&
		rm $lock && git vault snapshot && git vault verify --deep
	)
'

test_expect_success 'what a killed git leaves beside packed-refs: told, too' '
	repo half-packed && id=$(git -C half-packed vault snapshot) &&
	(
		cd half-packed && git pack-refs --all && >.git/packed-refs.new &&
		refused 4 "another git holds .*/packed-refs.new; .*remove" \
			git vault delete $id &&
		rm .git/packed-refs.new && git vault delete $id
	)
'

test_expect_success 'locks that others left do not stop a snapshot' '
	(
		cd locked && for f in packed-refs.lock HEAD.lock index.lock \
			config.lock shallow.lock refs/heads/main.lock gc.pid
		do
			>.git/$f || exit 1
		done &&
		echo more >>untracked && git vault snapshot &&
		echo damage >kept && git vault restore latest --in-place &&
		git vault list && git vault verify &&
		git add -N nothing 2>/dev/null
		refused 4 ".*index.lock" \
			git vault restore latest --in-place --index &&
		find .git -name "*.lock" | xargs rm && rm .git/gc.pid &&
		git vault restore latest --in-place --index && git fsck --strict
	)
'

test_expect_success 'a reference-transaction hook that refuses is heard' '
	(
		cd locked && cat >.git/hooks/reference-transaction <<-\END &&
		#!/bin/sh
		test "$1" != prepared || ! grep -q refs/vault
		END
		chmod +x .git/hooks/reference-transaction &&
		echo more >>untracked && git for-each-ref >../before &&
		refused 128 ".*hook" git vault snapshot &&
		git for-each-ref >../after && test_cmp ../before ../after &&
		rm .git/hooks/reference-transaction && git vault snapshot &&
		git vault verify --deep && git fsck --strict
	)
'

# ---- between the objects and the ref ----------------------------------------

test_expect_success 'git gc --prune=now before the ref: whole all the same' '
	repo pruned && git -C pruned vault snapshot &&
	(
		cd pruned && git stash -q -u && git stash drop -q &&
		git reflog expire --expire=now --all &&
		echo other >other && git add other &&
		echo more >>kept && echo K=2 >.env &&
		with_git "case \$* in
			*update-ref*) \$git gc -q --prune=now \
				>>$TMPDIR/gc.out 2>&1
				echo done >>$TMPDIR/gc.runs ;;
			esac" git-vault snapshot >../id &&
		test_path_is_file "$TMPDIR/gc.runs" &&
		git vault verify --deep && git fsck --strict &&
		git vault restore $(cat ../id) --to ../unpruned &&
		same_files . ../unpruned
	)
'

test_expect_success 'also where the first snapshot has no commit to stand on' '
	test_create_repo first &&
	(
		cd first && echo a >a && git add a && echo b >b &&
		rm -f "$TMPDIR/gc.runs" &&
		with_git "case \$* in
			*update-ref*) \$git gc -q --prune=now
				echo done >>$TMPDIR/gc.runs ;;
			esac" git-vault snapshot >../id &&
		test_path_is_file "$TMPDIR/gc.runs" &&
		git vault verify --deep && git fsck --strict &&
		git vault restore $(cat ../id) --to ../first-out &&
		same_files . ../first-out
	)
'

test_expect_success 'what a snapshot built on and is pruned is stored anew' '
	repo gone &&
	(
		cd gone && first=$(git vault snapshot) && asks_git &&
		echo more >>kept &&
		with_git "case \$* in
			*update-ref*) if mkdir $TMPDIR/once 2>/dev/null; then
				\$git update-ref -d refs/vault/snapshots/$first
				\$git gc -q --prune=now
				fi ;;
			esac" git-vault snapshot >../id &&
		test_path_is_dir "$TMPDIR/once" &&
		git vault verify --deep && git fsck --strict &&
		git vault restore $(cat ../id) --to ../gone-out &&
		same_files . ../gone-out &&
		git vault list >../actual && test_grep ! $first ../actual
	)
'

# A hook that runs once the ref stands, and then takes away what it builds on.
test_expect_success 'a snapshot that is taken back is in no commit-graph' '
	repo back &&
	(
		cd back && git vault -q snapshot && echo anew >untracked &&
		blob=$(git hash-object -w untracked) &&
		mkdir ../hooks && cat >../hooks/reference-transaction <<-END &&
		#!/bin/sh
		if test "\$1" = committed && grep refs/vault >>../moved &&
			mkdir ../taken 2>/dev/null
		then
			git commit-graph write --reachable &&
			rm -f .git/objects/$(echo $blob | sed "s|..|&/|")
		fi
		END
		chmod +x ../hooks/reference-transaction && rm -f ../moved &&
		git -c core.hooksPath="$PWD/../hooks" vault snapshot >../id &&
		test_line_count -eq 4 ../moved &&
		first=$(sed "1!d; s/ refs.*//; s/.* //" ../moved) &&
		test_must_fail git cat-file -e $first &&
		git commit-graph verify && git fsck --strict &&
		git vault verify --deep $(cat ../id)
	)
'

test_expect_success 'what was sealed for one that is taken back stays whole' '
	repo kept-sealed &&
	(
		cd kept-sealed && git vault -q snapshot && echo anew >untracked &&
		echo K=anew >.env && blob=$(git hash-object -w untracked) &&
		cat >.git/hooks/reference-transaction <<-END &&
		#!/bin/sh
		if test "\$1" = committed && mkdir ../taken.sealed 2>/dev/null
		then
			rm -f .git/objects/$(echo $blob | sed "s|..|&/|")
		fi
		END
		chmod +x .git/hooks/reference-transaction &&
		git vault snapshot >../id && test_path_is_dir ../taken.sealed &&
		git fsck --strict && git rev-list --objects --all >/dev/null &&
		git vault verify --deep $(cat ../id) &&
		git vault cat --secrets $(cat ../id) .env >../actual &&
		test_cmp .env ../actual
	)
'

test_expect_success 'no room for the ref: nothing moved, and the next one works' '
	repo room &&
	(
		cd room && git vault snapshot && echo more >>kept &&
		asks_git && git for-each-ref >../before &&
		refused 128 ".*cannot move refs.*" with_git "case \$* in
			*update-ref*) trap \"\" XFSZ; ulimit -f 0 ;;
			esac" git-vault snapshot &&
		git for-each-ref >../after && test_cmp ../before ../after &&
		refused 128 ".*cannot move refs.*" with_git "case \$* in
			*update-ref*) kill -9 \$\$ ;;
			esac" git-vault snapshot &&
		git for-each-ref >../after && test_cmp ../before ../after &&
		find .git -name "*.lock" >../actual &&
		test_must_be_empty ../actual &&
		git vault snapshot && git vault verify --deep &&
		git fsck --strict && find .git -name "gv_tmp_*" \
			-o -name "*.keep" >../actual && test_must_be_empty ../actual
	)
'

test_expect_success 'git dies right after it moved the ref: it stands whole' '
	(
		cd room && echo still more >>kept &&
		test_might_fail with_git "case \$* in
			*update-ref*) \$git \"\$@\"; kill -9 \$\$ ;;
			esac" git-vault snapshot &&
		git vault verify --deep && git fsck --strict &&
		git vault snapshot && git vault verify --deep
	)
'

# ---- history that was purged ------------------------------------------------

test_expect_success 'purged history lives on in snapshots, and goes with them' '
	repo purged &&
	(
		cd purged && echo password >leak && git add leak && test_tick &&
		git commit -q -m leak && leak=$(git rev-parse HEAD:leak) &&
		id=$(git vault snapshot) &&
		git reset -q --hard HEAD^ && rm -f leak &&
		git reflog expire --expire=now --all && git gc -q --prune=now &&
		git cat-file -e $leak &&
		git log --all --format=%H --find-object=$leak >../actual &&
		test_grep "$(git rev-parse refs/vault/snapshots/$id)" ../actual &&
		git update-ref -d refs/vault/snapshots/$id &&
		git gc -q --prune=now && test_must_fail git cat-file -e $leak &&
		git vault list && git vault status --porcelain &&
		git vault snapshot && git vault verify --deep && git fsck --strict
	)
'

test_expect_success 'a base commit that was rewritten stays with its snapshot' '
	repo rewritten &&
	(
		cd rewritten && test_commit second && id=$(git vault snapshot) &&
		base=$(git rev-parse HEAD) &&
		git commit -q --amend -m rewritten &&
		git reflog expire --expire=now --all && git gc -q --prune=now &&
		git cat-file -e $base && git vault verify --deep $id &&
		git vault show $base >../actual && test_grep $id ../actual
	)
'

test_done
