#!/bin/sh

test_description='--recurse-submodules: repositories inside keep themselves

Each has a snapshot of its own, which that of the repository around links and
brings back.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

git config --global protocol.file.allow always
git config --global gc.auto 0

# links SNAP: its links, "ID COMMIT PATH" each.
links () {
	git cat-file commit "refs/vault/snapshots/$1" |
		sed -n 's/^Vault-Nested: //p'
}

# linked PATH [SNAP]: the id that it links there.
linked () {
	links "${2:-$id}" | sed -n "s|^\([^ ]*\) [0-9a-f]* $1\$|\1|p"
}

# content DIR: all files but those of git, with kinds, modes, times and links.
content () {
	(
		cd "$1" && find . -name .git -prune -o ! -name . \
			-printf '%y %m %T@ %s %p -> %l\n' |
			sed 's/^\(d [0-9]* [0-9.]*\) [0-9]*/\1/' | sort -k5 &&
		find . -name .git -prune -o -type f -exec cksum {} + | sort
	)
}

# refused_there PATH PATTERN: a snapshot of all is taken, only not there.
refused_there () {
	test_expect_code 3 git vault snapshot --recurse-submodules \
		>"$TMPDIR/id" 2>"$TMPDIR/err" &&
	id=$(cat "$TMPDIR/id") &&
	test_grep "warning: $1: .*$2" "$TMPDIR/err" &&
	test_grep "warning: $1: .*only the id of its commit" "$TMPDIR/err" &&
	test -z "$(linked "$1")" &&
	git rev-parse --verify -q "refs/vault/snapshots/$id^0"
}

test_expect_success 'set up: a submodule, a clone, and one within that' '
	test_create_repo library && (
		cd library && mkdir deep && echo l >l && echo d >deep/d &&
		git add . && test_tick && git commit -q -m library
	) &&
	test_create_repo super && (
		cd super && echo top >top &&
		git submodule --quiet add ../library mods/library &&
		git add . && test_tick && git commit -q -m super &&
		git clone -q ../library clone &&
		git clone -q ../library clone/within
	)
'

test_expect_success 'without it they are kept by their commits alone' '
	(
		cd super && id=$(git vault snapshot 2>../err) &&
		test_grep "clone: .*only the id of its commit" ../err &&
		links $id >../actual && test_must_be_empty ../actual &&
		git -C clone for-each-ref refs/vault >../actual &&
		test_must_be_empty ../actual &&
		git vault status >../actual &&
		test_grep "^Left out: 1 nested repository .neither .* saved" ../actual &&
		git vault >../actual && test_grep "^left out .*1 nested repository" ../actual &&
		git vault status --ignored >../actual &&
		test_grep "^  clone/  .repository of its own.*not saved" ../actual &&
		test_grep "git -C clone vault sync" ../actual &&
		test_grep ! mods/library ../actual
	)
'

test_expect_success 'what is not committed in them is kept there, and linked' '
	(
		cd super && echo changed >mods/library/l &&
		echo staged >mods/library/s && git -C mods/library add s &&
		echo untracked >mods/library/u && echo TOKEN=1 >clone/.env &&
		echo .env >>clone/.git/info/exclude &&
		echo innermost >clone/within/deep/d &&
		content . >../before &&
		id=$(git vault snapshot --recurse-submodules -m why 2>../err) &&
		test_grep ! warning ../err &&
		links $id >../actual && test_line_count -eq 2 ../actual &&
		sub=$(linked mods/library) clone=$(linked clone) &&
		git -C mods/library rev-parse refs/vault/snapshots/$sub \
			>../commits &&
		git -C clone rev-parse refs/vault/snapshots/$clone >>../commits &&
		links $id | cut -d" " -f2 | sort >../actual &&
		sort ../commits >../expect && test_cmp ../expect ../actual &&
		test_path_is_file .git/modules/mods/library/vault/index &&
		for file in l s u
		do
			git -C mods/library vault cat $sub $file >../actual &&
			test_cmp mods/library/$file ../actual || exit 1
		done &&
		git -C mods/library rev-parse -q --verify \
			refs/vault/snapshots/$sub:index/s &&
		test "$(git -C clone vault cat --secrets $clone .env)" = TOKEN=1 &&
		git -C clone log -1 --format=%s refs/vault/snapshots/$clone \
			>../actual &&
		test "$(cat ../actual)" = why && echo $id >../id
	)
'

test_expect_success 'the innermost stands before what links it' '
	(
		cd super && id=$(cat ../id) &&
		clone=$(linked clone) &&
		git -C clone cat-file commit refs/vault/snapshots/$clone |
			sed -n "s/^Vault-Nested: //p" >../link &&
		read -r within commit path <../link && test "$path" = within &&
		git -C clone/within rev-parse refs/vault/snapshots/$within \
			>../actual &&
		test "$(cat ../actual)" = "$commit" &&
		test "$(git -C clone/within vault cat $within deep/d)" = innermost &&
		git fsck --strict && git -C clone fsck --strict &&
		git vault verify --deep && git -C clone vault verify --deep
	)
'

test_expect_success 'nothing changed: the same links and the same snapshot' '
	(
		cd super && id=$(cat ../id) &&
		for repo in . clone clone/within mods/library
		do
			git -C $repo for-each-ref refs/vault || exit 1
		done >../expect &&
		test "$(git vault snapshot --recurse-submodules)" = $id &&
		for repo in . clone clone/within mods/library
		do
			git -C $repo for-each-ref refs/vault || exit 1
		done >../actual &&
		test_cmp ../expect ../actual
	)
'

test_expect_success 'a change in the innermost alone makes new ones around it' '
	(
		cd super && old=$(cat ../id) &&
		echo more >>clone/within/deep/d && content . >../before &&
		id=$(git vault snapshot --recurse-submodules) &&
		test $id != $old && echo $id >../id2 &&
		test "$(linked clone $id)" != "$(linked clone $old)" &&
		test "$(linked mods/library)" = "$(linked mods/library $old)" &&
		git rev-parse refs/vault/snapshots/$id:tree \
			refs/vault/snapshots/$old:tree >../trees &&
		test "$(uniq <../trees | wc -l)" = 1
	)
'

test_expect_success 'vault.recurseSubmodules, and --no-recurse-submodules' '
	(
		cd super && id2=$(cat ../id2) &&
		test "$(git -c vault.recurseSubmodules=true vault snapshot)" = $id2 &&
		id=$(git -c vault.recurseSubmodules=true vault snapshot \
			--no-recurse-submodules) &&
		test $id != $id2 &&
		links $id >../actual && test_must_be_empty ../actual &&
		test "$(git vault snapshot)" = $id
	)
'

test_expect_success 'a dry run enters none' '
	(
		cd super && echo dry >>clone/l &&
		git -C clone for-each-ref refs/vault >../expect &&
		git vault snapshot --recurse-submodules --dry-run &&
		git -C clone for-each-ref refs/vault >../actual &&
		test_cmp ../expect ../actual &&
		git -C clone checkout -q l && touch -d @1700000000 clone/l
	)
'

test_expect_success 'what says where this repository is does not reach them' '
	(
		cd super && echo by-environment >mods/library/u &&
		GIT_DIR=$PWD/.git GIT_WORK_TREE=$PWD GIT_INDEX_FILE=$PWD/.git/index &&
		export GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE &&
		id=$(git vault snapshot --recurse-submodules) &&
		unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE &&
		sub=$(linked mods/library) &&
		git -C mods/library vault cat $sub u >../actual &&
		test_cmp mods/library/u ../actual &&
		test "$(git -C mods/library vault cat $sub l)" = changed
	)
'

test_expect_success 'the umask of a shared repository is its own' '
	git init -q --shared=group shared && (
		cd shared && umask 077 && echo 1 >f && git init -q inside &&
		echo 2 >inside/f && chmod g-s inside inside/.git &&
		id=$(git vault snapshot --recurse-submodules) &&
		test -n "$(linked inside)" &&
		test "$(stat -c %a .git/vault/index)" = 660 &&
		test "$(stat -c %a inside/.git/vault/index)" = 600
	)
'

test_expect_success 'show, list and ls tell of the links' '
	(
		cd super && id=$(cat ../id2) && clone=$(linked clone) &&
		git vault show $id >../actual &&
		test_grep "^Linked snapshots:" ../actual &&
		test_grep "^  $clone  clone (changed)\$" ../actual &&
		test_grep "^  $(linked mods/library)  mods/library\$" ../actual &&
		git vault list --json >../actual &&
		test_grep "\"nested\":\[{\"path\":\"clone\",\"snapshot\":\"$clone\",\"commit\":\"" ../actual &&
		git vault show --json $id >../actual &&
		test_grep "\"nested\":\[{\"path\":\"clone\",\"snapshot\":\"$clone\"" ../actual &&
		git vault ls $id >../actual &&
		test_grep "^clone  (repository at .*, its snapshot $clone)" ../actual &&
		git vault ls $id:mods >../actual &&
		test_grep "^library .*its snapshot $(linked mods/library)" ../actual &&
		git vault ls -l $id:mods/library >../actual &&
		test_grep "its snapshot $(linked mods/library)" ../actual &&
		git vault ls --json $id >../actual &&
		test_grep "\"path\":\"clone\".*\"snapshot\":\"$clone\"" ../actual
	)
'

test_expect_success 'restore --to brings all of it back, without repositories' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		content . >../before && git vault restore $id --to ../out \
			--recurse-submodules 2>../err &&
		test_grep "clone: within: restored" ../err &&
		content ../out >../after && test_cmp ../before ../after &&
		find ../out -name .git >../actual &&
		test_must_be_empty ../actual &&
		git vault restore $id --to ../out-alone 2>../err &&
		test_grep "inside have snapshots.*--recurse-submodules" ../err &&
		test_grep "clone is a nested repository: .* not saved" ../err &&
		test_dir_is_empty ../out-alone/clone
	)
'

test_expect_success 'restore --to takes the pathspecs that match one' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		git vault restore $id --to ../out-mods --recurse-submodules mods &&
		test_path_is_file ../out-mods/mods/library/l &&
		test_path_is_missing ../out-mods/clone &&
		test_path_is_missing ../out-mods/top
	)
'

test_expect_success 'restore --in-place, and back by the safety snapshot' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		content . >../before &&
		echo x >top && echo x >mods/library/l && rm mods/library/u &&
		echo x >clone/within/deep/d && content . >../damaged &&
		git vault restore $id --in-place --recurse-submodules --dry-run &&
		content . >../after && test_cmp ../damaged ../after &&
		git vault restore $id --in-place --recurse-submodules \
			>../out.txt 2>../err &&
		safety=$(sed -n "s/^safety snapshot //p" ../out.txt) &&
		content . >../after && test_cmp ../before ../after &&
		test_grep "clone: within: safety snapshot" ../err &&
		links $safety >../actual && test_line_count -eq 2 ../actual &&
		git vault restore $safety --in-place --delete \
			--recurse-submodules &&
		content . >../after && test_cmp ../damaged ../after &&
		git vault restore $id --in-place --recurse-submodules &&
		content . >../after && test_cmp ../before ../after &&
		git -C mods/library diff --cached --name-only >../actual &&
		test_write_lines s >../expect && test_cmp ../expect ../actual
	)
'

test_expect_success 'restore --json tells what came of each' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		echo x >clone/l &&
		git vault restore $id --in-place --recurse-submodules --json \
			>../actual &&
		test_grep "\"nested\":\[{\"path\":\"clone\",\"snapshot\":\"$(linked clone)\".*\"exit_status\":0,\"message\":\"safety snapshot " ../actual
	)
'

test_expect_success 'a repository that is gone is named, the rest restored' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		mv clone ../clone-away && echo x >mods/library/l &&
		test_expect_code 3 git vault restore $id --in-place \
			--recurse-submodules 2>../err &&
		test_grep "warning: clone: there is no repository at clone" ../err &&
		test "$(cat mods/library/l)" = changed &&
		test_dir_is_empty clone &&
		test_expect_code 3 git vault restore $id --to ../out-gone \
			--recurse-submodules 2>../err &&
		test_dir_is_empty ../out-gone/clone &&
		test_path_is_file ../out-gone/mods/library/u &&
		git vault verify 2>../err &&
		test_grep "links the snapshot $(linked clone) of clone: there is no repository" ../err &&
		rmdir clone && mv ../clone-away clone
	)
'

test_expect_success 'a linked snapshot that is missing there is named' '
	(
		cd super && id=$(git vault snapshot --recurse-submodules) &&
		clone=$(linked clone) &&
		commit=$(git -C clone rev-parse refs/vault/snapshots/$clone) &&
		git -C clone update-ref -d refs/vault/snapshots/$clone &&
		git vault verify $id >../out.txt 2>../err &&
		test_grep "$id links the snapshot $clone of clone: it is not in" ../err &&
		git vault verify --json $id >../actual &&
		test_grep "\"links_missing\":\[{\"snapshot\":\"$id\",\"path\":\"clone\",\"linked\":\"$clone\"" ../actual &&
		test_expect_code 3 git vault restore $id --in-place \
			--recurse-submodules 2>../err &&
		test_grep "warning: clone: its snapshot $clone is not in" ../err &&
		git -C clone update-ref refs/vault/snapshots/$clone $commit &&
		git vault verify $id 2>../err && test_grep ! links ../err
	)
'

test_expect_success 'retention there keeps what is linked here' '
	test_create_repo keep && (
		cd keep && test_create_repo inside && echo 1 >inside/f &&
		one=$(git vault snapshot --recurse-submodules) &&
		echo 2 >inside/f && two=$(git -C inside vault snapshot) &&
		echo 3 >inside/f &&
		three=$(git vault snapshot --recurse-submodules) &&
		test_expect_code 128 git -C inside vault delete \
			$(linked inside $one) 2>../err &&
		test_grep "is pinned, so nothing is deleted" ../err &&
		git -C inside vault prune --keep-last 1 &&
		git -C inside vault list >../actual &&
		test_grep "^$(linked inside $one) .*pinned" ../actual &&
		test_grep ! "^$two " ../actual &&
		git -C inside vault show $(linked inside $one) >../actual &&
		test_grep "^Pinned: .*linked by a snapshot of the repository around" \
			../actual &&
		test_write_lines $one $three >../ids
	)
'

test_expect_success 'what nothing links any more is let go of' '
	(
		cd keep && one=$(sed 1q ../ids) three=$(sed -n 2p ../ids) &&
		first=$(linked inside $one) third=$(linked inside $three) &&
		echo new >outside && four=$(git vault snapshot \
			--recurse-submodules) &&
		test "$(linked inside $four)" = $third &&
		git vault delete --no-trash $one $three &&
		git -C inside vault list >../actual &&
		test_grep "^$first " ../actual &&
		test_grep ! "^$first .*pinned" ../actual &&
		test_grep "^$third .*pinned" ../actual &&
		git -C inside vault pin -m "mine" $third &&
		git vault snapshot && git vault prune --keep-last 1 &&
		git vault list >../actual && test_grep ! $four ../actual &&
		git -C inside vault show $third >../actual &&
		test_grep "^Pinned: .*: mine" ../actual
	)
'

test_expect_success 'a submodule that was moved or removed lets go, too' '
	test_create_repo moved && (
		cd moved && git submodule --quiet add --name "a name" \
			../library at &&
		git submodule --quiet add ../library other &&
		git commit -q -m subs && echo 1 >at/l && echo 1 >other/l &&
		one=$(git vault snapshot --recurse-submodules) &&
		git mv at then && git commit -q -m then && echo 2 >then/l &&
		two=$(git vault snapshot --recurse-submodules) &&
		git mv then now && git rm -q -f other && git commit -q -m now &&
		git submodule --quiet add ../library at && echo 3 >now/l &&
		three=$(git vault snapshot --recurse-submodules) &&
		first=$(linked at $one) second=$(linked then $two) &&
		test "$(linked other $one)" = "$(linked other $two)" &&
		git vault delete --no-trash $one && git -C now vault list >../actual &&
		test_grep ! "^$first .*pinned" ../actual &&
		test_grep "^$second .*pinned" ../actual &&
		test_grep "^$(linked now $three) .*pinned" ../actual &&
		git vault delete --no-trash $two && git -C now vault list >../actual &&
		test_grep ! "^$second .*pinned" ../actual &&
		git --git-dir=.git/modules/other --work-tree=. vault list \
			--json >../actual &&
		test_grep "\"pinned\":false" ../actual &&
		test_grep ! "\"pinned\":true" ../actual
	)
'

test_expect_success 'and no commit-graph of either names what has gone' '
	test_create_repo graphs && (
		cd graphs && test_create_repo inside && echo 1 >inside/f &&
		one=$(git vault snapshot --recurse-submodules) &&
		first=$(linked inside $one) && echo 2 >inside/f &&
		git vault snapshot --recurse-submodules &&
		git commit-graph write --reachable &&
		git -C inside commit-graph write --reachable &&
		commit=$(git -C inside rev-parse refs/vault/snapshots/$first) &&
		git vault delete --no-trash $one &&
		git -C inside vault prune --keep-last 1 --empty-trash &&
		for repo in . inside
		do
			git -C $repo repack -adq &&
			git -C $repo prune --expire=now &&
			git -C $repo commit-graph verify &&
			git -C $repo fsck --strict || return 1
		done && test_must_fail git -C inside cat-file -e $commit
	)
'

test_expect_success 'a submodule that is not checked out is left as it is' '
	git -C super add . && git -C super commit -q -m clones &&
	git clone -q super without 2>/dev/null && (
		cd without && id=$(git vault snapshot --recurse-submodules \
			2>../err) &&
		test_grep ! warning ../err &&
		links $id >../actual && test_must_be_empty ../actual &&
		test_dir_is_empty mods/library &&
		git vault restore $id --to ../out-without --recurse-submodules &&
		test_dir_is_empty ../out-without/mods/library
	)
'

test_expect_success 'a bare repository inside is files like others' '
	test_create_repo with-bare && (
		cd with-bare && git clone -q --bare ../library bare.git &&
		content . >../before &&
		id=$(git vault snapshot --recurse-submodules) &&
		links $id >../actual && test_must_be_empty ../actual &&
		git vault restore $id --to ../out-bare &&
		content ../out-bare >../after && test_cmp ../before ../after &&
		git -C ../out-bare/bare.git fsck --strict &&
		test_path_is_missing bare.git/vault
	)
'

test_expect_success 'a linked working tree inside, of the same repository' '
	test_create_repo wood && (
		cd wood && echo 1 >f && git add f && git commit -q -m 1 &&
		git worktree add -q wt && echo 2 >wt/f && echo new >wt/new &&
		id=$(git vault snapshot --recurse-submodules) &&
		wt=$(linked wt) && test "$(git vault cat $wt f)" = 2 &&
		test "$(git vault cat $wt new)" = new &&
		test "$(git vault snapshot --recurse-submodules)" = $id &&
		rm wt/new && echo 3 >wt/f &&
		git vault restore $id --in-place --recurse-submodules &&
		test "$(cat wt/f wt/new)" = "$(test_write_lines 2 new)" &&
		git worktree remove --force wt && git vault verify
	)
'

test_expect_success 'one whose own folder lies elsewhere, by a link' '
	test_create_repo by-link && (
		cd by-link && test_create_repo inside && echo 1 >inside/f &&
		mv inside/.git ../far.git && ln -s ../../far.git inside/.git &&
		id=$(git vault snapshot --recurse-submodules) &&
		inner=$(linked inside) && test -n "$inner" &&
		git --git-dir=../far.git rev-parse -q --verify \
			refs/vault/snapshots/$inner && echo 2 >inside/f &&
		git vault restore $id --in-place --recurse-submodules &&
		test "$(cat inside/f)" = 1
	)
'

test_expect_success 'links are not followed, in a circle or out' '
	test_create_repo circle && test_create_repo outside && (
		cd circle && test_create_repo inside && echo 1 >inside/f &&
		ln -s ../.. inside/up && ln -s inside twice &&
		ln -s ../outside out && ln -s . self &&
		id=$(git vault snapshot --recurse-submodules) &&
		links $id >../actual && test_line_count -eq 1 ../actual &&
		test -n "$(linked inside)" &&
		git -C ../outside for-each-ref refs/vault >../actual &&
		test_must_be_empty ../actual
	)
'

test_expect_success 'a path of any name' '
	test_create_repo odd && (
		cd odd && name=$(printf "a b\t\"q\"\n\303\251 ") &&
		mkdir "$name" && test_create_repo "$name/c:d" &&
		echo 1 >"$name/c:d/f" &&
		id=$(git vault snapshot --recurse-submodules) &&
		git vault show $id >../actual && test_grep "c:d\"\$" ../actual &&
		git vault restore $id --to ../odd-out --recurse-submodules &&
		test "$(cat "../odd-out/$name/c:d/f")" = 1
	)
'

test_expect_success 'one that is broken is no repository, and no way out' '
	test_create_repo broken && (
		cd broken && test_create_repo inside && echo 1 >inside/f &&
		git -C inside config core.repositoryFormatVersion 7 &&
		refused_there inside "ersion.*7" &&
		git config -f inside/.git/config core.repositoryFormatVersion 0 &&
		mkdir -p hollow/.git/objects hollow/.git/refs &&
		echo "ref: refs/heads/x" >hollow/.git/HEAD &&
		printf "[core\n" >hollow/.git/config &&
		refused_there hollow "config" && test -n "$(linked inside)"
	)
'

test_expect_success 'one with SHA-256 is named, the rest kept' '
	test_create_repo sha && (
		cd sha && git init -q --object-format=sha256 inside &&
		echo 1 >inside/f && test_create_repo other && echo 1 >other/f &&
		refused_there inside SHA-1 && test -n "$(linked other)"
	)
'

test_expect_success SETPRIV 'one of somebody else is named, the rest kept' '
	test_create_repo theirs && (
		cd theirs && test_create_repo inside && echo 1 >inside/f &&
		chown -R 65534:65534 inside && echo mine >mine &&
		refused_there inside "dubious ownership.*safe.directory" &&
		test "$(git vault cat $id mine)" = mine &&
		git -C inside/.. for-each-ref refs/vault >../actual &&
		test_path_is_missing inside/.git/vault
	)
'

test_expect_success 'what could not be read in one is said, and its rest linked' '
	test_create_repo partly && (
		cd partly && test_create_repo inside && echo 1 >inside/f &&
		mkdir inside/sub && echo x >inside/sub/git~1 &&
		test_expect_code 3 git vault snapshot --recurse-submodules \
			>../id 2>../err && id=$(cat ../id) &&
		test_grep "warning: inside: sub/git~1 is not stored" ../err &&
		test -n "$(linked inside)" &&
		test_expect_code 3 git vault snapshot --recurse-submodules --json \
			>../actual &&
		test_grep "\"path\":\"inside\",.*\"exit_status\":3,\"message\":\"warning: sub/git~1" \
			../actual
	)
'

test_expect_success 'a link that a stranger made leads nowhere else' '
	test_create_repo hostile && (
		cd hostile && mkdir ../escape real real/lib &&
		test_create_repo real/lib && echo 1 >real/lib/f &&
		inner=$(git -C real/lib vault snapshot) &&
		commit=$(git -C real/lib rev-parse refs/vault/snapshots/$inner) &&
		mkdir ../store && mv real ../store/real &&
		ln -s ../escape mods && git add mods && git commit -q -m link &&
		snapshot_take -x "Vault-Nested: $inner $commit mods/lib" &&
		rm mods && mkdir mods && mv ../store/real/lib mods/lib &&
		test_expect_code 3 git vault restore $snapshot --to ../out-hostile \
			--recurse-submodules 2>../err &&
		test_grep "warning: mods/lib: the directory that it is in is not in" \
			../err &&
		test_dir_is_empty ../escape &&
		rm -r mods && git checkout -q mods &&
		snapshot_take -x "Vault-Nested: $inner $commit ../store" &&
		test_must_fail git vault restore $snapshot --to ../out-hostile2 \
			--recurse-submodules 2>../err &&
		test_grep "Vault-Nested" ../err &&
		test_path_is_missing ../out-hostile2
	)
'

test_done
