#!/bin/sh

test_description='snapshots in every kind of repository that git knows

Each either works from snapshot to restore or is refused with a sentence.'
. "$(dirname "$0")/test-lib.sh"

# files DIR: its files without repositories, kinds, modes, times and links.
files () {
	(
		cd "$1" && find . -name .git -prune -o -type f -print -exec \
			cksum {} + -o -printf '%y %m %p %l\n' | sort
	)
}

# plant: tracked, changed, untracked and precious files, and one worth nothing; needs a repository.
plant () {
	mkdir -p envs/prod &&
	echo tracked >kept && echo deep >envs/prod/main.tf &&
	git add kept envs && test_tick &&
	git commit -q --allow-empty -m planted &&
	echo changed >kept &&
	echo new >untracked &&
	test_write_lines .env "*.pid" >.gitignore &&
	echo KEY=value >.env && echo noise >run.pid
}

# go_round [FILE]: all that a person does here, in the current directory,
# with the environment as it is. FILE, "kept" at first, is what gets damaged.
go_round () {
	file=${1:-kept} out=$TMPDIR/out &&
	rm -rf "$out" &&
	git status --porcelain >"$TMPDIR/before" &&
	files . >"$TMPDIR/expect" &&
	git vault snapshot >"$TMPDIR/id" && id=$(cat "$TMPDIR/id") &&
	git vault list >"$TMPDIR/list" && test_grep "^$id" "$TMPDIR/list" &&
	git vault snapshot >"$TMPDIR/again" &&
	test_cmp "$TMPDIR/id" "$TMPDIR/again" &&
	git vault status --porcelain >"$TMPDIR/clean" &&
	test_grep ! "^[AMD]" "$TMPDIR/clean" &&
	git vault verify --deep "$id" &&
	git vault restore "$id" --to "$out" &&
	sed "/run\.pid/d" "$TMPDIR/expect" >"$TMPDIR/wanted" &&
	files "$out" >"$TMPDIR/actual" &&
	test_cmp "$TMPDIR/wanted" "$TMPDIR/actual" &&
	cp -p "$file" "$TMPDIR/good" &&
	echo damage >"$file" &&
	git vault restore "$id" --in-place &&
	cmp "$TMPDIR/good" "$file" &&
	files . >"$TMPDIR/actual" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual" &&
	git status --porcelain >"$TMPDIR/after" &&
	test_cmp "$TMPDIR/before" "$TMPDIR/after"
}

# repo NAME: a planted repository in a directory of its own.
repo () {
	test_create_repo "$1" && (cd "$1" && plant)
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

test_expect_success 'a plain repository' '
	repo plain && (cd plain && go_round && git fsck --strict)
'

test_expect_success 'from a directory below the top' '
	repo below &&
	(
		cd below/envs && id=$(git vault snapshot) &&
		git -C .. ls-tree -r --name-only \
			refs/vault/snapshots/$id:tree >../names &&
		test_write_lines .env .gitignore envs/prod/main.tf kept \
			untracked >../expect &&
		test_cmp ../expect ../names &&
		echo damage >prod/main.tf &&
		git vault restore latest --in-place prod/main.tf &&
		test "$(cat prod/main.tf)" = deep
	)
'

test_expect_success 'GIT_DIR, the working tree being where one stands' '
	repo gitdir && mv gitdir/.git elsewhere.git &&
	(
		cd gitdir && GIT_DIR=../elsewhere.git && export GIT_DIR &&
		go_round
	)
'

test_expect_success 'GIT_DIR within the working tree under another name' '
	repo renamed && mv renamed/.git renamed/.hidden &&
	(
		cd renamed && echo /.hidden >>.hidden/info/exclude &&
		GIT_DIR=.hidden && export GIT_DIR &&
		id=$(git vault snapshot) &&
		git ls-tree -r --name-only refs/vault/snapshots/$id:tree >names &&
		test_grep ! hidden names && test_grep kept names &&
		git vault restore $id --in-place --delete --dry-run >../actual &&
		test_write_lines "D names" >../expect &&
		test_cmp ../expect ../actual &&
		git vault restore $id --in-place --delete &&
		test_path_is_missing names && git fsck --strict &&
		git vault verify
	)
'

test_expect_success 'GIT_WORK_TREE' '
	repo gwt && mv gwt/.git gwt.git && git --git-dir=gwt.git config \
		core.bare false &&
	(
		GIT_DIR=$PWD/gwt.git GIT_WORK_TREE=$PWD/gwt &&
		export GIT_DIR GIT_WORK_TREE &&
		cd gwt && go_round
	) &&
	(
		# from outside of it, relative
		echo more >>gwt/kept &&
		GIT_DIR=gwt.git GIT_WORK_TREE=gwt && export GIT_DIR GIT_WORK_TREE &&
		id=$(git vault snapshot) &&
		echo damage >gwt/kept &&
		git vault restore "$id" --in-place &&
		test "$(tail -n 1 gwt/kept)" = more
	)
'

test_expect_success 'git --git-dir and --work-tree pass both on' '
	echo again >>gwt/kept &&
	id=$(git --git-dir=gwt.git --work-tree=gwt vault snapshot) &&
	git --git-dir=gwt.git cat-file -p refs/vault/snapshots/$id:tree/kept \
		>actual &&
	test_cmp gwt/kept actual
'

test_expect_success 'core.worktree' '
	repo cwt && mkdir cwt-repo && mv cwt/.git cwt-repo/.git &&
	git -C cwt-repo config core.worktree "$PWD/cwt" &&
	(cd cwt && GIT_DIR=$PWD/../cwt-repo/.git && export GIT_DIR && go_round)
'

test_expect_success 'GIT_OBJECT_DIRECTORY' '
	repo objdir &&
	(
		cd objdir && mv .git/objects ../objects &&
		mkdir .git/objects &&
		GIT_OBJECT_DIRECTORY=$PWD/../objects &&
		export GIT_OBJECT_DIRECTORY && go_round &&
		test_dir_is_empty .git/objects
	)
'

test_expect_success 'GIT_INDEX_FILE, as in a hook of commit -a' '
	repo hook &&
	(
		cd hook && git add -A . &&
		cat >.git/hooks/pre-commit <<-\END &&
		#!/bin/sh
		echo "$GIT_INDEX_FILE" >.git/index-seen
		git vault snapshot >.git/id-seen
		END
		chmod +x .git/hooks/pre-commit &&
		echo all >kept && test_tick &&
		git commit -q -a -m "with a hook" &&
		test_grep "index.lock\$" .git/index-seen &&
		id=$(cat .git/id-seen) &&
		git rev-parse "HEAD^{tree}" >expect &&
		git rev-parse refs/vault/snapshots/$id:index >actual &&
		test_cmp expect actual && rm expect actual &&
		echo only >kept && test_tick &&
		git commit -q -m "one path" kept &&
		test_grep "next-index" .git/index-seen &&
		id=$(cat .git/id-seen) &&
		git rev-parse "HEAD^{tree}" >.git/expect &&
		git rev-parse refs/vault/snapshots/$id:index >.git/actual &&
		test_cmp .git/expect .git/actual &&
		go_round && git fsck --strict
	)
'

test_expect_success 'linked worktrees share refs and have caches of their own' '
	repo main-tree &&
	git -C main-tree worktree add -q ../linked &&
	(cd main-tree && go_round) &&
	(
		cd linked && echo here >only-here && echo linked >kept &&
		go_round && rm only-here
	) &&
	git -C main-tree for-each-ref refs/vault >expect &&
	git -C linked for-each-ref refs/vault >actual &&
	test_cmp expect actual &&
	test_path_is_file main-tree/.git/vault/index &&
	test_path_is_file main-tree/.git/worktrees/linked/vault/index &&
	echo last >main-tree/kept && git -C main-tree vault snapshot &&
	echo last too >linked/kept && git -C linked vault snapshot &&
	git -C main-tree vault status --porcelain >actual &&
	test_grep ! "^[AMD]" actual &&
	git -C linked vault status --porcelain >actual &&
	test_grep ! "^[AMD]" actual
'

test_expect_success 'a worktree within another is kept by its commit alone' '
	git -C main-tree worktree add -q inner &&
	head=$(git -C main-tree/inner rev-parse HEAD) &&
	id=$(git -C main-tree vault snapshot) &&
	echo "160000 commit $head	inner" >expect &&
	git -C main-tree ls-tree refs/vault/snapshots/$id:tree inner >actual &&
	test_cmp expect actual &&
	git -C main-tree worktree remove --force inner
'

test_expect_success 'a bare repository: all but what needs a working tree' '
	git clone -q --mirror plain bare.git &&
	id=$(git -C plain rev-parse --verify -q refs/vault/snapshots/$(
		git -C plain vault snapshot) >/dev/null &&
		git -C plain vault snapshot) &&
	git -C bare.git fetch -q &&
	(
		cd bare.git &&
		refused 128 ".*working tree" git vault snapshot &&
		refused 128 ".*working tree" git vault status &&
		git vault cat --secrets $id .env >actual &&
		test_cmp ../plain/.env actual &&
		refused 128 ".*working tree" git vault restore $id --in-place &&
		git vault list >actual && test_grep $id actual &&
		git vault show $id >actual && test_grep $id actual &&
		git vault cat $id kept >actual &&
		test_cmp ../plain/kept actual &&
		rm actual &&
		git vault verify --deep &&
		git vault restore $id --to ../from-bare &&
		git for-each-ref refs/vault >../after-bare
	) &&
	test_cmp plain/kept from-bare/kept &&
	test_cmp plain/.env from-bare/.env
'

test_expect_success 'inside .git there is no working tree' '
	(
		cd plain/.git &&
		git for-each-ref >../../refs-before &&
		refused 128 ".*working tree" git vault snapshot &&
		git for-each-ref >../../refs-after &&
		git vault list >../../actual
	) &&
	test_cmp refs-before refs-after &&
	test_grep "^2" actual
'

test_expect_success 'outside of any repository' '
	for cmd in snapshot list status verify init
	do
		refused 128 "not a git repository.*-C" nongit git vault $cmd ||
			return 1
	done
'

test_expect_success 'GIT_DIR that is no repository' '
	test_env GIT_DIR=nowhere refused 128 \
		"not a git repository: .nowhere." git vault snapshot &&
	refused 128 ".*nowhere" git vault -C nowhere snapshot
'

test_expect_success 'inside a submodule, and a superproject with one' '
	git init -q super && repo library &&
	git -C library add -A . && git -C library commit -q -m all &&
	(
		cd super && git submodule --quiet add ../library lib/library &&
		plant && git -C lib/library config user.name x &&
		(
			cd lib/library && echo changed >kept && go_round &&
			echo other >envs/prod/main.tf
		) &&
		test_path_is_file .git/modules/lib/library/vault/index &&
		commit=$(git -C lib/library rev-parse HEAD) &&
		id=$(git vault snapshot 2>../err) &&
		test_grep "lib/library.*only the id of its commit" ../err &&
		echo "160000 commit $commit	lib/library" >../expect &&
		git ls-tree refs/vault/snapshots/$id:tree lib/library \
			>../actual &&
		test_cmp ../expect ../actual &&
		git cat-file -p refs/vault/snapshots/$id:meta/origin/submodules \
			>../actual &&
		test_grep "^$commit lib/library\$" ../actual &&
		echo damage >kept &&
		git vault restore $id --in-place &&
		test "$(cat kept)" = changed &&
		test "$(cat lib/library/envs/prod/main.tf)" = other &&
		git vault restore $id --to ../super-out &&
		test_dir_is_empty ../super-out/lib/library &&
		git vault verify --deep
	)
'

test_expect_success 'a restore with --delete leaves other repositories alone' '
	repo around &&
	(
		cd around && early=$(git vault snapshot) &&
		git submodule --quiet add ../library lib/library &&
		git commit -q -m "a submodule" &&
		git init -q nested && echo n >nested/n &&
		files lib/library >../expect &&
		git vault restore $early --in-place --delete &&
		files lib/library >../actual && test_cmp ../expect ../actual &&
		test_path_is_file nested/n && test_path_is_missing .gitmodules &&
		git -C lib/library fsck && git fsck --strict
	)
'

test_expect_success 'a nested repository without a commit yet' '
	repo before-first &&
	(
		cd before-first && git init -q lib/new && echo n >lib/new/n &&
		id=$(git vault snapshot) &&
		git cat-file -p refs/vault/snapshots/$id:meta/manifest/0000 \
			>../actual &&
		test_grep "^g .* lib/new\$" ../actual &&
		git vault verify && git vault verify --deep &&
		git vault restore $id --to ../before-first-out &&
		test_dir_is_empty ../before-first-out/lib/new &&
		echo damage >kept &&
		git vault restore $id --in-place --delete &&
		test "$(cat kept) $(cat lib/new/n)" = "changed n" &&
		git vault diff $id >../actual && test_must_be_empty ../actual &&
		git vault archive $id | tar tf - >../actual &&
		test_grep "^lib/new/\$" ../actual &&
		git -C lib/new -c user.name=x add n &&
		git -C lib/new -c user.name=x commit -q -m first &&
		git vault snapshot && git vault verify
	)
'

test_expect_success 'a submodule that is not checked out stays as it is' '
	git -C super commit -q -a -m "a submodule" &&
	git clone -q super super-clone &&
	(
		cd super-clone && id=$(git vault snapshot) &&
		git ls-tree HEAD lib/library >../expect &&
		git ls-tree refs/vault/snapshots/$id:tree lib/library >../actual &&
		test_cmp ../expect ../actual &&
		git rev-parse HEAD^{tree} refs/vault/snapshots/$id:tree >../ids &&
		test "$(uniq <../ids | wc -l)" = 1 &&
		git vault restore $id --in-place &&
		git status --porcelain >../actual && test_must_be_empty ../actual
	)
'

test_expect_success 'alternates, also nested' '
	git clone -q --no-local plain base &&
	git clone -q --shared base first && (cd first && plant) &&
	git -C first repack -q -a -d -l &&
	git clone -q --shared first second &&
	git -C second config user.name x &&
	test_path_is_file second/.git/objects/info/alternates &&
	(
		cd second && echo mine >mine && echo KEY >.env && go_round mine &&
		git fsck --strict &&
		tree=$(git rev-parse HEAD^{tree}) &&
		git vault list >/dev/null &&
		objects=$(git count-objects -v | sed -n "s/^in-pack: //p") &&
		test "$objects" -lt 60
	)
'

test_expect_success 'no commit yet' '
	git init -q unborn &&
	(
		cd unborn && echo 1 >kept && git add kept && echo 2 >kept &&
		echo 3 >untracked && go_round &&
		git vault list >../actual && git fsck --strict
	) &&
	test_grep "^2" actual
'

test_expect_success 'no commit and no file' '
	git init -q empty &&
	(
		cd empty && id=$(git vault snapshot) && git vault verify --deep &&
		git vault restore $id --to ../from-empty &&
		echo x >x && git vault restore $id --in-place --delete
	) &&
	test_dir_is_empty from-empty &&
	test_path_is_missing empty/x
'

test_expect_success 'a detached HEAD' '
	repo detached &&
	(
		cd detached && git checkout -q --detach && go_round &&
		git for-each-ref --format="%(trailers:key=Vault-Branch)" \
			refs/vault >../actual && git vault list
	) &&
	test_grep ! Vault-Branch actual
'

test_expect_success 'a conflicted index: its stages come back with --index' '
	git init -q conflict &&
	(
		cd conflict && test_commit base f base &&
		git checkout -q -b side && test_commit side f side &&
		git checkout -q main && test_commit ours f ours &&
		test_must_fail git merge -q side &&
		git ls-files -s >../expect && test_line_count = 3 ../expect &&
		go_round f &&
		id=$(git vault snapshot) &&
		git vault status >../actual &&
		git reset -q --hard &&
		git vault restore $id --in-place --index &&
		git ls-files -s >../actual && test_cmp ../expect ../actual &&
		git fsck --strict
	)
'

test_expect_success 'the stages outlive a gc, for a snapshot keeps them' '
	(
		cd conflict && id=$(git vault list --json |
			sed -n "s/.*\"id\": *\"\([^\"]*\)\".*/\1/p" | sed -n 1p) &&
		git reset -q --hard && git branch -D side &&
		git reflog expire --expire=now --all && git gc -q --prune=now &&
		git vault verify --deep
	)
'

test_expect_success 'a split index' '
	repo split &&
	(
		cd split && git update-index --split-index &&
		git add kept && echo later >>kept &&
		test -n "$(ls .git/sharedindex.*)" && go_round
	)
'

test_expect_success 'index.version 4' '
	repo v4 &&
	(
		cd v4 && git update-index --index-version 4 && git add -A . &&
		test "$(git update-index --show-index-version 2>/dev/null ||
			od -An -tu1 -j7 -N1 .git/index | tr -d " ")" = 4 &&
		go_round
	)
'

test_expect_success 'an untracked cache, and no fsmonitor' '
	repo untracked-cache &&
	(
		cd untracked-cache && git config core.untrackedCache true &&
		git config core.fsmonitor false &&
		git update-index --force-untracked-cache && git status &&
		cp .git/index ../index &&
		go_round && echo more >>untracked && git vault snapshot &&
		git vault status --porcelain >../actual &&
		test_grep ! "^[AMD]" ../actual
	)
'

test_expect_success 'sparse checkout: what is not on disk is no deletion' '
	git init -q sparse-full &&
	(
		cd sparse-full && mkdir -p a/in b/out/deep &&
		echo a >a/in/f && echo b >b/out/deep/f && echo t >top &&
		git add -A . && test_tick && git commit -q -m all &&
		git sparse-checkout set --no-sparse-index a &&
		test_path_is_missing b/out && echo changed >a/in/f &&
		echo b >../b.expect &&
		id=$(git vault snapshot) &&
		git ls-tree -r --name-only refs/vault/snapshots/$id:tree \
			>../actual &&
		test_write_lines a/in/f b/out/deep/f top >../expect &&
		test_cmp ../expect ../actual &&
		git vault status --porcelain >../actual &&
		test_grep ! "^[AMD]" ../actual &&
		git vault verify --deep &&
		echo damage >a/in/f &&
		git vault restore $id --in-place &&
		test "$(cat a/in/f)" = changed &&
		test_path_is_missing b &&
		git vault diff $id >../actual && test_must_be_empty ../actual &&
		echo changed again >a/in/f && git vault snapshot &&
		test_expect_code 1 git vault diff --name-status $id latest \
			>../actual &&
		test_write_lines "M	a/in/f" >../expect &&
		test_cmp ../expect ../actual &&
		git ls-files -t b >../actual && test_grep "^S" ../actual &&
		git vault restore $id --to ../sparse-out &&
		test_path_is_missing ../sparse-out/b &&
		rm -r ../sparse-out &&
		git vault restore $id --to ../sparse-out 2>../err &&
		test_grep "1 tracked file is not there, since a sparse" ../err &&
		where=refs/vault/snapshots/$id:tree &&
		test_grep "git archive $where" ../err &&
		git archive $where b | tar -xO b/out/deep/f >../actual &&
		test_cmp ../b.expect ../actual &&
		git vault restore $id --to ../sparse-a a 2>../err &&
		test_grep ! "sparse" ../err &&
		git vault restore --json $id --to ../sparse-json >../actual &&
		test_grep "\"sparse\":1," ../actual &&
		git vault restore $id --in-place -n 2>../err &&
		test_grep ! "sparse" ../err &&
		git vault archive $id 2>../err >../sparse.tar &&
		test_grep "1 tracked file is not there, since a sparse" ../err &&
		git vault archive $id:b/out 2>../err >../sparse.tar &&
		test_grep "1 tracked file is not there, since a sparse" ../err &&
		git vault archive $id:a 2>../err >../sparse.tar &&
		test_grep ! "sparse" ../err &&
		git vault cat $id b/out/deep/f >../actual &&
		test_cmp ../b.expect ../actual
	)
'

test_expect_success 'what a sparse checkout takes away or brings is followed' '
	(
		cd sparse-full && git stash -q && git sparse-checkout disable &&
		git vault snapshot && git vault verify --deep &&
		git sparse-checkout set --no-sparse-index a &&
		test_path_is_missing b && id=$(git vault snapshot) &&
		git vault verify --deep &&
		git ls-tree -r --name-only refs/vault/snapshots/$id:tree \
			>../actual &&
		test_grep "^b/out/deep/f\$" ../actual &&
		git vault restore $id --in-place && test_path_is_missing b &&
		git sparse-checkout disable && id=$(git vault snapshot) &&
		git vault verify --deep && rm -r b &&
		git vault restore $id --in-place &&
		test "$(cat b/out/deep/f)" = b && git stash pop -q &&
		git sparse-checkout set --no-sparse-index a
	)
'

test_expect_success 'sparse checkout with a sparse index' '
	git clone -q --no-local sparse-full sparse-index &&
	(
		cd sparse-index && git config index.sparse true &&
		git sparse-checkout set --cone --sparse-index a &&
		git ls-files --sparse >../actual && test_grep "^b/\$" ../actual &&
		echo changed >a/in/f &&
		id=$(git vault snapshot) &&
		git ls-tree -r --name-only refs/vault/snapshots/$id:tree \
			>../actual &&
		test_write_lines a/in/f b/out/deep/f top >../expect &&
		test_cmp ../expect ../actual &&
		git vault status --porcelain >../actual &&
		test_grep ! "^[AMD]" ../actual &&
		git vault verify --deep &&
		echo damage >a/in/f && git vault restore $id --in-place &&
		test "$(cat a/in/f)" = changed && test_path_is_missing b &&
		git add a && echo later >a/in/f && id=$(git vault snapshot) &&
		git ls-files -s >../expect &&
		git reset -q --hard && git vault restore $id --in-place --index &&
		git ls-files -s >../actual && test_cmp ../expect ../actual &&
		git ls-files -t b >../actual && test_grep "^S" ../actual &&
		test_path_is_missing b &&
		git sparse-checkout disable && test "$(cat b/out/deep/f)" = b
	)
'

test_expect_success 'a shallow clone' '
	test_commit -C plain second-commit &&
	git clone -q --depth 1 "file://$PWD/plain" shallow &&
	(
		cd shallow && git config user.name x &&
		test "$(git rev-parse --is-shallow-repository)" = true &&
		echo mine >kept && echo KEY >.env && go_round &&
		git fsck --strict && git vault show latest >../actual
	)
'

test_expect_success 'a partial clone' '
	git -C plain config uploadpack.allowFilter true &&
	git -C plain config uploadpack.allowAnySHA1InWant true &&
	test_commit -C plain newer kept newer newer &&
	git clone -q --filter=blob:none "file://$PWD/plain" partial &&
	(
		cd partial && echo mine >second-commit.t && echo KEY >.env &&
		go_round second-commit.t &&
		git rev-list --objects --all --missing=print >../missing &&
		test_grep "^?" ../missing
	)
'

test_expect_success 'a partial clone of which little is checked out' '
	git -C sparse-full config uploadpack.allowFilter true &&
	git clone -q --filter=blob:none --sparse "file://$PWD/sparse-full" \
		partial-sparse &&
	(
		cd partial-sparse && git sparse-checkout set a &&
		blob=$(git rev-parse HEAD:b/out/deep/f) &&
		git rev-list --objects --all --missing=print >../missing &&
		test_grep "^?$blob" ../missing &&
		echo changed >a/in/f &&
		id=$(git vault snapshot) &&
		git vault status --porcelain >../actual &&
		test_grep ! "^[AMD]" ../actual &&
		test_expect_code 0 git vault diff && rm .git/vault/index &&
		GIT_TRACE=$PWD/../trace git vault snapshot && test_grep ! fetch ../trace &&
		git vault status && git rev-list --objects --all --missing=print >../missing &&
		test_grep "^?$blob" ../missing &&
		echo damage >a/in/f && git vault restore $id --in-place &&
		test "$(cat a/in/f)" = changed &&
		git vault verify
	)
'

test_expect_success 'format 1 with extensions that mean nothing to us' '
	repo extended &&
	(
		cd extended && git config core.repositoryFormatVersion 1 &&
		git config extensions.worktreeConfig true &&
		git config extensions.preciousObjects true &&
		git config extensions.partialClone origin &&
		git config --worktree user.email worktree@example.com &&
		go_round
	)
'

test_expect_success 'core.fileMode=false: the index knows what can be run' '
	repo modeless &&
	(
		cd modeless && git add -A . && git commit -q -m all &&
		rm .env && git config core.fileMode false && chmod +x kept &&
		git update-index --chmod=+x untracked &&
		git commit -q -m "one can be run" && chmod -x untracked &&
		id=$(git vault snapshot) &&
		git rev-parse "HEAD^{tree}" >../expect &&
		git rev-parse refs/vault/snapshots/$id:tree >../actual &&
		test_cmp ../expect ../actual &&
		git vault restore $id --to ../modeless-out &&
		test_path_is_executable ../modeless-out/kept &&
		test "$(stat -c %a ../modeless-out/untracked)" = 644 &&
		go_round && git vault verify --deep
	)
'

test_expect_success 'SHA-256 is refused' '
	git init -q --object-format=sha256 sha256 &&
	(
		cd sha256 && echo x >x &&
		for cmd in snapshot status list verify init
		do
			refused 128 ".*sha256.*SHA-1" git vault $cmd || exit 1
		done &&
		git for-each-ref >actual && test_must_be_empty actual
	)
'

test_expect_success 'reftable and unknown extensions are refused' '
	repo reftable &&
	(
		cd reftable && cp .git/config ../config &&
		printf "[core]\n\trepositoryFormatVersion = 1\n" >>.git/config &&
		printf "[extensions]\n\trefStorage = reftable\n" >>.git/config &&
		for cmd in snapshot status list verify init
		do
			refused 128 ".*refstorage" git-vault $cmd || exit 1
		done &&
		sed "s/refStorage.*/fromTheFuture = true/" .git/config >../future &&
		cp ../future .git/config &&
		refused 128 ".*fromthefuture" git-vault snapshot &&
		cp ../config .git/config &&
		printf "[core]\n\trepositoryFormatVersion = 7\n" >>.git/config &&
		refused 128 ".*[vV]ersion.*7" git-vault snapshot &&
		cp ../config .git/config &&
		git for-each-ref refs/vault >../actual &&
		test_must_be_empty ../actual && test_path_is_missing .git/vault
	)
'

test_expect_success 'a path with blanks' '
	repo " a b  c " && (cd " a b  c " && go_round)
'

test_expect_success 'a path with quotes, a tab and what a shell would eat' '
	name=$(printf "q\"\047\t\$HOME;*\\\\") &&
	repo "$name" && (cd "$name" && go_round)
'

test_expect_success 'a path with bytes that are no text' '
	name=$(printf "\377\376 caf\351") &&
	repo "$name" && (cd "$name" && go_round)
'

test_expect_success 'a path with a newline' '
	name="$(printf "new\nline\n.")" &&
	repo "$name" && (cd "$name" && go_round) &&
	(
		cd "$name" && sub="$(printf "sub\n\n.")" && mkdir "$sub" &&
		echo 1 >"$sub/f" && cd "$sub" && id=$(git vault snapshot) &&
		echo 2 >f && git vault restore $id --in-place f &&
		test "$(cat f)" = 1
	) &&
	git -C "$name" clone -q --mirror . ../bare-newline.git &&
	git clone -q --bare "$name" "$(printf "bare\n.git")" &&
	git -C "$(printf "bare\n.git")" vault list
'

test_expect_success SETPRIV 'a repository of someone else' '
	repo foreign &&
	id=$(git -C foreign vault snapshot) &&
	(
		cd foreign &&
		refused 128 ".*dubious ownership.*safe.directory.*foreign" \
			test_as_nobody git vault list &&
		test_as_nobody git config --global --add safe.directory "$PWD" &&
		test_as_nobody git vault list >../actual &&
		test_grep $id ../actual &&
		test_as_nobody git vault verify --deep &&
		test_expect_code 5 test_as_nobody git vault restore $id \
			--to "$TMPDIR/nobody/out" &&
		test_cmp kept "$TMPDIR/nobody/out/kept" &&
		rm "$TMPDIR/nobody/.gitconfig" &&
		test_as_nobody git config --global safe.directory "*" &&
		test_as_nobody git vault list >../actual &&
		test_grep $id ../actual &&
		rm "$TMPDIR/nobody/.gitconfig" &&
		GIT_DIR=$PWD/.git && export GIT_DIR &&
		test_as_nobody git vault list >../actual &&
		test_grep $id ../actual
	)
'

test_expect_success SETPRIV 'one that we must not write to: looking works' '
	(
		cd foreign &&
		test_as_nobody git config --global safe.directory "*" &&
		git for-each-ref >../expect && files .git >../files-before &&
		refused 128 ".*[Pp]ermission denied" test_as_nobody git vault snapshot &&
		echo new >>untracked &&
		refused 128 ".*[Pp]ermission denied" test_as_nobody git vault snapshot &&
		test_as_nobody git vault status --porcelain >../actual &&
		test_grep "^Mu untracked" ../actual &&
		refused 128 ".*[Pp]ermission denied" \
			test_as_nobody git vault restore latest --in-place &&
		chmod a+w . untracked &&
		refused 128 ".*[Pp]ermission denied" \
			test_as_nobody git vault restore latest --in-place &&
		chmod 755 . && chmod 644 untracked &&
		test "$(tail -n 1 untracked)" = new &&
		git for-each-ref >../actual && test_cmp ../expect ../actual &&
		files .git >../files-after &&
		test_cmp ../files-before ../files-after
	)
'

test_expect_success SETPRIV 'a whole repository that is read-only' '
	repo readonly && git -C readonly vault snapshot &&
	echo new >readonly/untracked2 &&
	chown -R 65534:65534 readonly && chmod -R a-w readonly &&
	test_when_finished "chmod -R u+w readonly" &&
	(
		cd readonly &&
		test_as_nobody git vault list >../actual && test_grep "^2" ../actual &&
		test_as_nobody git vault verify &&
		refused 128 ".*[Pp]ermission denied" test_as_nobody git vault snapshot &&
		git config --global safe.directory "*" &&
		git fsck --strict
	)
'

# ours DIR: what we made in a repository, with modes.
ours () {
	(
		cd "$1/.git" && find vault refs/vault objects/pack \
			\( -name "*.pack" -o -name "*.idx" -o -type d \
			-o -path "vault/*" -o -path "refs/vault/*" \) \
			-printf "%m %y %p\n" | sed "s/pack-.*\./pack./; s/2026.*/ID/" |
			sort -u
	)
}

test_expect_success 'core.sharedRepository holds against the umask' '
	git init -q --shared=group shared &&
	(
		cd shared && umask 077 && plant && git vault snapshot &&
		test "$(stat -c %a kept)" = 600
	) &&
	ours shared >actual && test_grep vault/index actual &&
	test_grep ! -v "^\(277[05] d\|66[04] f\|44[04] f\) " actual &&
	git init -q --shared=0640 exact &&
	(cd exact && umask 077 && plant && git vault init && git vault snapshot) &&
	ours exact >actual &&
	test_grep "^600 f vault/lock$" actual &&
	test_grep ! -v "^\(2750 d\|640 f\|440 f\) \|^600 f vault/[a-z-]*lock$" actual &&
	git init -q --shared=all all &&
	(cd all && umask 077 && plant && git vault snapshot) &&
	ours all >actual &&
	test_grep "^660 f vault/lock$" actual &&
	test_grep ! -v "^\(2775 d\|664 f\|444 f\) \|^660 f vault/[a-z-]*lock$" actual &&
	repo private &&
	(cd private && umask 077 && git vault snapshot) &&
	ours private >actual && test_grep "600 f vault/index" actual
'

test_expect_success SETPRIV 'two users of a shared repository take turns' '
	git config --global safe.directory "*" &&
	test_when_finished "git config --global --unset safe.directory" &&
	git init -q --shared=group turns && chgrp -R 65534 turns &&
	(
		cd turns && (umask 077 && plant && git vault snapshot) &&
		chgrp -R 65534 . && chmod -R g+rwX envs kept untracked .env \
			.gitignore run.pid &&
		test_as_nobody git config --global safe.directory "*" &&
		echo more >>kept && touch envs/prod/theirs &&
		test_as_nobody git vault snapshot >../id &&
		git vault list >../actual && test_grep "$(cat ../id)" ../actual &&
		echo still more >>kept &&
		(umask 077 && git vault snapshot) &&
		test_as_nobody git vault verify --deep &&
		git vault list >../actual && test_line_count = 4 ../actual
	)
'

test_done
