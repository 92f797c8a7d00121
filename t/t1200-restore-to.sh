#!/bin/sh

test_description='git vault restore --to: a new directory, whole or not at all'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-restore.sh"

test_expect_success 'a tree with everything is kept' '
	test_create_repo repo &&
	(
		cd repo &&
		restore_setup &&
		git vault snapshot -q
	)
'

test_expect_success 'all of it comes back, with modes, times, owners and links' '
	(cd repo && git vault restore latest --to ../out) &&
	restore_cmp repo out
'

test_expect_success 'nothing is left beside the new directory' '
	ls -A >left && test_grep ! git-vault left
'

test_expect_success 'hard links are one file again' '
	test "$(stat -c %i out/docs/one)" = "$(stat -c %i out/docs/two)" &&
	test "$(stat -c %i out/docs/one)" = "$(stat -c %i out/envs/three)"
'

test_expect_success HOLES 'a sparse file has its holes' '
	test "$(stat -c %b out/docs/sparse)" -lt 100 &&
	test_cmp_bin repo/docs/sparse out/docs/sparse
'

test_expect_success XATTR 'extended attributes come back' '
	test_when_finished "rm -rf out-x" &&
	(
		cd repo &&
		setfattr -n user.origin -v "a,b=c" docs/plain &&
		setfattr -n user.dir -v yes docs &&
		git vault snapshot -q &&
		git vault restore latest --to ../out-x &&
		getfattr -d docs docs/plain >../expect
	) &&
	(cd out-x && getfattr -d docs docs/plain >../actual) &&
	test_cmp expect actual
'

test_lazy_prereq LINK_XATTR '
	ln -s f l && setfattr -h -n trusted.test -v 1 l && getfattr -h -n trusted.test l'
test_expect_success LINUX,LINK_XATTR 'those of a symbolic link, too, and in place' '
	test_when_finished "rm -rf links out-links" &&
	test_create_repo links &&
	(
		cd links && echo target >f && ln -s f l && ln -s nowhere loose &&
		setfattr -h -n trusted.l -v link l && setfattr -h -n trusted.l -v o loose &&
		id=$(git vault snapshot) && getfattr -h -d -m trusted l loose >../expect &&
		git vault restore $id --to ../out-links &&
		(cd ../out-links && getfattr -h -d -m trusted l loose) >../actual &&
		test_cmp ../expect ../actual && getfattr -d -m trusted f >../actual &&
		test_must_be_empty ../actual && setfattr -h -x trusted.l l &&
		setfattr -h -n trusted.l -v other loose &&
		git vault restore $id --in-place 2>../err && test_grep "2 metadata updated" ../err &&
		getfattr -h -d -m trusted l loose >../actual && test_cmp ../expect ../actual &&
		getfattr -d -m trusted f >../actual && test_must_be_empty ../actual &&
		git vault restore $id --in-place 2>../err && test_grep "nothing differs" ../err
	)
'

test_lazy_prereq ACL '>f && setfacl -m u:daemon:r f'
test_expect_success ACL 'access control lists come back, in place too' '
	test_when_finished "rm -rf acl out-acl" &&
	test_create_repo acl &&
	(
		cd acl && mkdir d && echo x >d/inside && echo y >file &&
		setfacl -m u:daemon:rw,g:bin:r file && chmod g-w file &&
		setfacl -m u:bin:rwx d && setfacl -d -m u:daemon:rx d &&
		setfacl -m o::- d/inside && chmod 750 d &&
		git vault snapshot -q && getfacl -R . >../expect &&
		git vault restore latest --to ../out-acl &&
		setfacl -b file && setfacl -m u:bin:- d/inside &&
		git vault restore latest --in-place -q &&
		getfacl file >../actual && grep -v "^\$" ../actual >../a &&
		sed -n "/^# file: file\$/,/^\$/p" ../expect | grep . >../b &&
		test_cmp ../b ../a
	) &&
	(
		cd out-acl && getfacl -R . >../actual
	) &&
	sed "/# file: .git/,/^\$/d" expect >expect.files &&
	test_cmp expect.files actual
'

test_expect_success DEFAULT_ACL 'what a directory gives to all that is new in it opens nothing' '
	test_when_finished "rm -rf given" &&
	mkdir given && give_default_acl given &&
	(
		cd repo && chmod 640 docs/plain && git vault snapshot -q &&
		git vault restore latest --to ../given/out
	) &&
	list_acls given/out >actual && test_must_be_empty actual &&
	restore_cmp repo given/out
'

test_expect_success DEFAULT_ACL 'nor where the tree stands already, of files and directories' '
	test_when_finished "rm -rf given" &&
	mkdir -p given/out && give_default_acl given/out &&
	(
		cd repo && chmod 640 docs/plain && git vault snapshot -q &&
		git vault restore latest --to ../given/out --overwrite always
	) &&
	list_acls given/out >actual && test_must_be_empty actual &&
	restore_cmp repo given/out &&
	git -C repo vault restore latest --to ../given/out --overwrite always \
		-n 2>err && test_grep ! "metadata updated" err && test_grep " 22 unchanged" err
'

test_expect_success !CASE_FOLDING 'names that differ only in case are two files' '
	test_when_finished "rm -rf case out-case" &&
	test_create_repo case &&
	(
		cd case && mkdir A a && echo 1 >A/x && echo 2 >a/x &&
		echo 3 >Readme && echo 4 >README && git vault snapshot -q &&
		git vault restore latest --to ../out-case
	) &&
	restore_cmp case out-case && echo 5 >case/README &&
	git -C case vault restore latest --in-place -q &&
	restore_cmp case out-case
'

test_expect_success ROOT 'owners come back, and stay ours with --no-owner' '
	test_when_finished "rm -rf out-o out-n" &&
	(
		cd repo &&
		chown 1234:5678 run.sh modules &&
		chmod 4755 run.sh && chmod 2775 modules &&
		touch -d "2004-01-01" run.sh modules . &&
		git vault snapshot -q &&
		git vault restore latest --to ../out-o &&
		git vault restore latest --to ../out-n --no-owner
	) &&
	restore_cmp repo out-o &&
	test "$(stat -c "%u %a" out-n/run.sh out-n/modules)" = "0 4755
0 2775"
'

test_expect_success 'an umask of the restoring user changes nothing' '
	test_when_finished "rm -rf out-u" &&
	(cd repo && umask 077 && git vault restore latest --to ../out-u) &&
	restore_cmp repo out-u
'

test_expect_success 'an empty directory takes the files' '
	test_when_finished "rm -rf out-e" &&
	mkdir out-e && chmod 700 out-e &&
	(cd repo && git vault restore latest --to ../out-e/) &&
	restore_cmp repo out-e
'

test_expect_success 'a link to an empty directory is followed' '
	test_when_finished "rm -rf out-l link" &&
	mkdir out-l && ln -s out-l link &&
	(cd repo && git vault restore latest --to ../link) &&
	test_path_is_symlink link &&
	restore_cmp repo out-l
'

test_expect_success 'a directory that is not empty is refused' '
	test_when_finished "rm -rf full" &&
	mkdir full && echo mine >full/file &&
	test_expect_code 128 git -C repo vault restore latest \
		--to "$PWD/full" 2>err &&
	test_grep "not empty" err &&
	ls full >actual && echo file >expect && test_cmp expect actual
'

test_expect_success 'a file, and a place that does not exist, are refused' '
	test_when_finished "rm -f file" &&
	: >file &&
	test_expect_code 128 git -C repo vault restore latest \
		--to "$PWD/file" 2>err &&
	test_grep "no directory" err &&
	test_expect_code 128 git -C repo vault restore latest \
		--to "$PWD/nowhere/out" 2>err &&
	test_grep "nowhere" err &&
	test_path_is_missing nowhere
'

test_expect_success 'the working tree and the .git folder are refused' '
	(
		cd repo &&
		test_expect_code 128 git vault restore latest --to . \
			--overwrite always 2>../err &&
		test_expect_code 128 git vault restore latest \
			--to .git/out 2>../err2
	) &&
	test_grep "in-place" err &&
	test_grep "own folder" err2 &&
	test_path_is_missing repo/.git/out
'

test_expect_success 'options that do not fit are usage errors' '
	(
		cd repo &&
		test_expect_code 129 git vault restore latest &&
		test_expect_code 129 git vault restore latest --to x --in-place &&
		test_expect_code 129 git vault restore latest --to x --index &&
		test_expect_code 129 git vault restore latest --to x --delete &&
		test_expect_code 129 git vault restore --to x &&
		test_path_is_missing x
	)
'

test_expect_success 'a dry run lists the files and touches nothing' '
	(
		cd repo &&
		git vault restore latest --to ../dry --dry-run >../actual
	) &&
	test_path_is_missing dry &&
	test_grep "^A envs/prod/main.tf$" actual &&
	test_grep "^A \"odd/new.nline\"$" actual &&
	(cd repo && find . -path ./.git -prune -o ! -type d -print) >files &&
	test "$(grep -c ^A actual)" = "$(tr -cd . <files | wc -c | xargs \
		-I_ sh -c "cd repo && find . -path ./.git -prune -o ! -type d \
		-printf x" | wc -c)"
'

test_expect_success JQ 'JSON says what was done' '
	test_when_finished "rm -rf out-j" &&
	(cd repo && git vault --json restore latest --to ../out-j) >json &&
	jq -e ".to == \"../out-j\" and .safety == null and
		.changed == 0 and .deleted == 0 and .skipped == [] and
		.dry_run == false and .created > 10" json &&
	test "$(jq -r .snapshot json)" = "$(git -C repo vault --json list |
		jq -r ".snapshots[0].id")"
'

test_expect_success 'a pathspec chooses files, with git'\''s magic' '
	test_when_finished "rm -rf out-p" &&
	(
		cd repo &&
		git vault restore latest --to ../out-p "*.tf" ":!envs/dev"
	) &&
	(cd out-p && find . ! -type d | sort) >actual &&
	test_write_lines ./envs/prod/main.tf ./modules/net/main.tf >expect &&
	test_cmp expect actual &&
	test "$(stat -c "%a %Y" out-p/envs)" = "$(stat -c "%a %Y" repo/envs)"
'

test_expect_success 'a pathspec is relative to the current directory' '
	test_when_finished "rm -rf out-p" &&
	(cd repo/envs && git vault restore latest --to ../../out-p prod) &&
	(cd out-p && find . ! -type d | sort) >actual &&
	test_write_lines ./envs/prod/main.tf ./envs/prod/prod.tfvars >expect &&
	test_cmp expect actual
'

test_expect_success 'an empty directory can be chosen' '
	test_when_finished "rm -rf out-p" &&
	(cd repo && git vault restore latest --to ../out-p empty) &&
	(cd out-p && find . | sort) >actual &&
	test_write_lines . ./empty ./empty/deep >expect &&
	test_cmp expect actual &&
	test "$(stat -c %a out-p/empty)" = 1777
'

test_expect_success 'a pathspec that matches nothing is said' '
	test_expect_code 128 git -C repo vault restore latest \
		--to "$PWD/out-p" envs nope 2>err &&
	test_grep "nothing that matches .nope." err &&
	test_path_is_missing out-p &&
	ls repo/.git/vault >files && test_grep ! choose files
'

test_expect_success 'a pathspec takes no directory by how it is marked' '
	for spec in "*ory" "*directory" ":(glob)**/*ory" ":(icase)*CTORY" \
		"*/?" "e*[[:cntrl:]]*" "*mpty/?*[a-z]"
	do
		test_expect_code 128 git -C repo vault restore latest \
			--to "$PWD/out-p" "$spec" 2>err &&
		test_grep "nothing that matches" err &&
		test_path_is_missing out-p || return 1
	done &&
	(cd repo && git vault restore latest --to ../out-p "emp*" ":!*ory") &&
	(cd out-p && find . | sort) >actual && rm -r out-p &&
	test_write_lines . ./empty ./empty/deep >expect &&
	test_cmp expect actual
'

test_expect_success '--overwrite if-changed replaces what differs' '
	test_when_finished "rm -rf over" &&
	cp -a out over && rm over/current &&
	echo other >over/run.sh && echo own >over/own &&
	mkdir over/dangling.d && rm -rf over/modules && echo f >over/modules &&
	ino=$(stat -c %i over/docs/plain) &&
	(cd repo && git vault restore latest --to ../over \
		--overwrite if-changed) &&
	test "$(stat -c %i over/docs/plain)" = "$ino" &&
	echo own >expect && test_cmp expect over/own &&
	rm -r over/own over/dangling.d && touch -r repo over &&
	restore_cmp repo over &&
	test_path_is_missing over/.git-vault-restore
'

test_expect_success 'what only has a name like ours is left alone' '
	test_when_finished "rm -rf over app app.git-vault-*" &&
	mkdir app.git-vault-backup app.git-vault-abcdef app.git-vault-012345 &&
	echo mine >app.git-vault-backup/only-copy &&
	chmod 700 app.git-vault-abcdef app.git-vault-012345 &&
	echo mine >app.git-vault-abcdef/tree && mkdir app.git-vault-abcdef/other &&
	mkdir app.git-vault-012345/tree &&
	(cd repo && git vault restore latest --to ../app) &&
	test_path_is_file app.git-vault-backup/only-copy &&
	test_path_is_file app.git-vault-abcdef/tree &&
	test_path_is_missing app.git-vault-012345 &&
	cp -a app over && echo 2 >over/run.sh && mkdir over/.git-vault-restore &&
	echo mine >over/.git-vault-restore/x && (
		cd repo && test_expect_code 128 git vault restore latest --to ../over \
			--overwrite always 2>../err
	) && test_grep "git-vault-restore is in the way.*move it away" err &&
	test_path_is_file over/.git-vault-restore/x &&
	rm -r over/.git-vault-restore && mkdir app/outside &&
	ln -s ../app/outside over/.git-vault-restore && (
		cd repo && test_expect_code 128 git vault restore latest --to ../over \
			--overwrite always 2>../err &&
		test_expect_code 128 git vault restore latest --to ../over \
			--overwrite always -n 2>../dry
	) && test_grep "in the way" err && test_cmp err dry &&
	ls app/outside >actual &&
	test_must_be_empty actual && echo 2 >expect && test_cmp expect over/run.sh
'

test_expect_success '--overwrite if-changed trusts size and time, always does not' '
	test_when_finished "rm -rf over" &&
	cp -a out over &&
	printf "ON newline" >over/docs/plain &&
	touch -r repo/docs/plain over/docs/plain &&
	(cd repo && git vault restore latest --to ../over \
		--overwrite if-changed) &&
	test "$(cat over/docs/plain)" = "ON newline" &&
	(cd repo && git vault restore latest --to ../over \
		--overwrite always) &&
	restore_cmp repo over
'

test_expect_success '--overwrite if-newer leaves what is newer here' '
	test_when_finished "rm -rf over" &&
	cp -a out over &&
	echo newer >over/docs/plain && touch -d 2099-01-01 over/docs/plain &&
	echo older >over/run.sh && touch -d 1999-01-01 over/run.sh &&
	(cd repo && git vault restore latest --to ../over \
		--overwrite if-newer) &&
	echo newer >expect && test_cmp expect over/docs/plain &&
	test_cmp repo/run.sh over/run.sh
'

test_expect_success 'links of several names are one again' '
	test_when_finished "rm -rf links out-l" &&
	test_create_repo links && (
		cd links && mkdir d && ln -s nowhere a && ln a b && ln b d/c &&
		ln -s nowhere other && git add . && git commit -q -m x &&
		git vault snapshot -q && git vault restore latest --to ../out-l &&
		(cd .. && restore_cmp links out-l) &&
		rm ../out-l/b && ln -s nowhere ../out-l/b &&
		git vault restore latest --to ../out-l --overwrite if-changed &&
		(cd .. && restore_cmp links out-l) && test_path_is_symlink a
	)
'

test_expect_success '--overwrite if-newer leaves newer files where directories go' '
	test_when_finished "rm -rf ways over" &&
	test_create_repo ways && (
		cd ways && mkdir d e && echo x >d/x && test_create_repo n &&
		test_commit -C n one && git add d && git commit -q -m x &&
		git vault snapshot -q 2>/dev/null && mkdir ../over && cd ../over &&
		echo new >d && echo new >e && echo new >n && touch -d 2099-01-01 * &&
		cd ../ways && for dry in -n ""
		do
			test_expect_code 3 git vault restore latest --to ../over \
				--overwrite if-newer $dry 2>../err || exit 1
			for path in d e n
			do
				test "$(cat ../over/$path)" = new && test_grep \
					"$path is not restored: a file is there" ../err ||
					exit 1
			done
		done &&
		touch -d 1999-01-01 ../over/* &&
		git vault restore latest --to ../over --overwrite if-newer &&
		test "$(cat ../over/d/x)" = x && test_path_is_dir ../over/e
	)
'

test_expect_success '--overwrite never only makes what is missing' '
	test_when_finished "rm -rf over" &&
	mkdir -p over/envs/prod && echo mine >over/run.sh && echo f >over/docs &&
	(
		cd repo &&
		test_expect_code 3 git vault restore latest --to ../over \
			--overwrite never 2>../err
	) &&
	echo mine >expect && test_cmp expect over/run.sh &&
	echo f >expect && test_cmp expect over/docs &&
	test_cmp repo/envs/prod/main.tf over/envs/prod/main.tf &&
	test_grep "docs is not restored" err
'

test_expect_success '--overwrite --delete leaves what the snapshot holds' '
	test_when_finished "rm -rf over" &&
	cp -a out over && mkdir -p over/a/b over/.git && echo x >over/a/b/c &&
	echo x >over/.git/config && echo x >over/envs/extra &&
	mkdir -p over/mnt/point over/c/empty over/docs/more && echo x >over/c/f &&
	(cd repo && git vault restore latest --to ../over --delete -n \
		--overwrite if-changed) >actual &&
	test_write_lines "D a/b/c" "D c/f" "D envs/extra" >expect &&
	grep "^D" actual >deleted && test_cmp expect deleted &&
	(cd repo && git vault restore latest --to ../over --delete \
		--overwrite if-changed) &&
	test_path_is_missing over/a && test_path_is_missing over/envs/extra &&
	test_path_is_file over/.git/config &&
	test_path_is_missing over/c/f && for dir in mnt/point c/empty docs/more
	do
		test_path_is_dir over/$dir || return 1
	done
'

test_expect_success 'a pathspec that is the very name of a file takes others too' '
	test_when_finished "rm -rf names out-n all" &&
	test_create_repo names && (
		cd names &&
		test_write_lines CASE Case case "s*r" star >../all &&
		while read -r name; do echo 1 >"$name" || exit; done <../all &&
		git vault snapshot -q &&
		git vault archive latest ":(icase)case" "s*r" |
			tar -t | grep -v / >../actual &&
		test_cmp ../all ../actual &&
		git vault restore latest --to ../out-n ":(icase)case" "s*r" &&
		ls ../out-n >../actual && test_cmp ../all ../actual &&
		git vault restore latest --to ../out-n --overwrite always \
			--delete ":(icase)case" "s*r" &&
		ls ../out-n >../actual && test_cmp ../all ../actual &&
		test_expect_code 128 git vault restore latest --to ../none \
			"s*r" "n*e" 2>../err
	) &&
	test_grep "nothing that matches .n.e." err
'

test_expect_success '--delete leaves repositories inside, bare ones too' '
	test_when_finished "rm -rf over held bare-held actual expect" &&
	cp -a out over && git init -q over/own && echo x >over/own/file &&
	git init -q --bare over/a/b.git && echo x >over/a/b.git/file &&
	echo x >over/a/x && mkdir -p over/like/objects over/like/refs &&
	echo x >over/like/objects/x && echo x >over/like/refs/x &&
	mkdir -p over/HEAD/objects over/HEAD/refs &&
	echo x >over/HEAD/objects/x && echo x >over/HEAD/refs/x &&
	git init -q --bare over/envs/prod && rm over/run.sh &&
	git init -q --bare over/run.sh &&
	(cd over && find a/b.git own envs/prod run.sh | sort) >expect && (
		cd repo &&
		test_expect_code 3 git vault restore latest --to ../over \
			--delete --overwrite always 2>../err &&
		cd ../over && find a own envs/prod run.sh | sort >../actual
	) &&
	test_grep "run.sh is not restored: a directory is there" err &&
	grep -v "^a\$" actual >rest && test_cmp expect rest &&
	test_path_is_missing over/like && test_path_is_missing over/HEAD &&
	git init -q --bare bare-held &&
	(
		cd repo &&
		test_expect_code 0 git vault restore latest --to ../bare-held \
			--delete --overwrite always envs "*"
	) &&
	git -C bare-held rev-parse --git-dir
'

test_expect_success '--delete takes from one that the snapshot holds as files' '
	test_when_finished "rm -rf held out-h" &&
	test_create_repo held && (
		cd held && git init -q --bare b.git && snapshot_take &&
		git vault restore latest --to ../out-h &&
		echo x >../out-h/b.git/objects/x &&
		git vault restore latest --to ../out-h --delete \
			--overwrite always
	) &&
	test_path_is_missing out-h/b.git/objects/x &&
	git -C out-h/b.git rev-parse --git-dir
'

test_expect_success 'a directory with files in the way of a file is left' '
	test_when_finished "rm -rf over" &&
	cp -a out over && rm over/run.sh && mkdir over/run.sh &&
	echo keep >over/run.sh/file &&
	(
		cd repo &&
		test_expect_code 3 git vault restore latest --to ../over \
			--overwrite always 2>../err
	) &&
	test_grep "run.sh is not restored: a directory is there" err &&
	test_path_is_file over/run.sh/file
'

test_expect_success '--delete gives a file the place of a directory' '
	test_when_finished "rm -rf over actual" &&
	cp -a out over && rm over/run.sh && mkdir -p over/run.sh/d/e &&
	echo x >over/run.sh/d/file && chmod 555 over/run.sh/d && (
		cd repo &&
		git vault restore latest --to ../over --delete -n \
			--overwrite always >../actual &&
		git vault restore latest --to ../over --delete \
			--overwrite always
	) &&
	test_write_lines "D run.sh/d/file" "M run.sh" >expect &&
	sort actual | grep run.sh >sorted && test_cmp expect sorted &&
	restore_cmp repo over
'

test_expect_success '--delete leaves all in a directory that a file cannot replace' '
	test_when_finished "rm -rf over" &&
	cp -a out over && rm over/run.sh && mkdir over/run.sh &&
	echo keep >over/run.sh/file && git init -q over/run.sh/sub &&
	(
		cd repo &&
		test_expect_code 3 git vault restore latest --to ../over \
			--delete --overwrite always 2>../err
	) &&
	test_grep "run.sh is not restored: a directory is there" err &&
	test_path_is_file over/run.sh/file &&
	test_path_is_file over/run.sh/sub/.git/HEAD &&
	rm -rf over/run.sh/sub && (
		cd repo &&
		test_expect_code 3 git vault restore latest --to ../over \
			--delete --overwrite always run.sh ":!run.sh/f*" 2>../err &&
		test_path_is_file ../over/run.sh/file &&
		git vault restore latest --to ../over --delete \
			--overwrite never &&
		test_path_is_file ../over/run.sh/file
	)
'

test_expect_success 'a nested repository is an empty directory, and named' '
	test_when_finished "rm -rf nest out-g" &&
	test_create_repo nest && (
		cd nest &&
		test_create_repo sub && test_commit -C sub one &&
		git add sub 2>/dev/null && git commit -q -m x &&
		git vault snapshot -q 2>/dev/null &&
		git vault restore latest --to ../out-g 2>../err
	) &&
	test_dir_is_empty out-g/sub &&
	test_grep "sub is a nested repository.*$(git -C nest/sub rev-parse HEAD)" \
		err
'

test_expect_success 'what a snapshot could not hold is told with -v' '
	test_when_finished "rm -rf out-f special" &&
	test_create_repo special &&
	(
		cd special && mkfifo fifo && : >file &&
		git vault snapshot -q &&
		git vault restore latest --to ../out-f -v 2>../err
	) &&
	test_path_is_missing out-f/fifo &&
	test_grep "fifo is not in the snapshot: fifo" err
'

test_expect_success 'a damaged file fails all, or is left out by --skip-damaged' '
	test_when_finished "rm -rf broken out-d" &&
	test_create_repo broken && (
		cd broken &&
		mkdir d && echo one >d/one && echo two >d/two && echo 3 >three &&
		snapshot_take &&
		oid=$(git rev-parse "refs/vault/snapshots/$snapshot:tree/d/one") &&
		file=.git/objects/$(echo $oid | sed "s,^..,&/,") &&
		chmod u+w $file && echo garbage >$file &&
		test_expect_code 128 git vault restore latest --to ../out-d \
			2>../err &&
		test_path_is_missing ../out-d &&
		test_expect_code 3 git vault restore latest --to ../out-d \
			--skip-damaged 2>../err2
	) &&
	test_grep "d/one.*damaged.*; .git vault repair. may find it elsewhere, and --skip-damaged leaves it out$" \
		err && test_grep "d/one is not restored" err2 &&
	ls -A >left && test_grep ! "out-d.git-vault" left &&
	(cd out-d && find . -type f | sort) >actual &&
	test_write_lines ./d/two ./three >expect && test_cmp expect actual
'

test_expect_success 'what is missing is told with what to do, here only' '
	test_when_finished "rm -rf broken out-d" &&
	test_create_repo broken && (
		cd broken && mkdir d && echo one >d/one && echo two >two &&
		snapshot_take && rm d/one &&
		wants="; .git vault repair. may find it elsewhere, and --skip-damaged" &&
		for path in tree/d/one tree/d meta/manifest
		do
			oid=$(git rev-parse "refs/vault/snapshots/$snapshot:$path") &&
			file=.git/objects/$(echo $oid | sed "s,^..,&/,") &&
			mv $file kept && for how in "--to ../out-d" --in-place
			do
				test_expect_code 128 git vault restore $how \
					$snapshot 2>../err &&
				test_grep "$oid.*$wants" ../err || exit 1
			done && mv kept $file || exit 1
		done && test_expect_code 128 git vault restore latest \
			--to ../none/at/all 2>../err && test_grep ! repair ../err &&
		test_expect_code 128 git vault restore latest --to ../out-d \
			no-such 2>../err && test_grep ! repair ../err
	)
'

test_expect_success 'a snapshot without a manifest gives names, bytes and modes' '
	test_when_finished "rm -rf bare-bones out-b" &&
	test_create_repo bare-bones && (
		cd bare-bones &&
		echo x >x && echo y >y && chmod +x y && ln -s x z &&
		git add . && tree=$(git write-tree) &&
		empty=$(git mktree </dev/null) &&
		root=$(printf "040000 tree %s\tmeta\n040000 tree %s\ttree\n" \
			$empty $tree | git mktree) &&
		id=20260101T000000Z-00000001 &&
		commit=$(printf "s\n\nVault-Format: 1\nVault-Id: $id\n" |
			git commit-tree $root) &&
		git update-ref refs/vault/snapshots/$id $commit &&
		git vault restore latest --to ../out-b
	) &&
	test "$(stat -c "%n %a" out-b/x out-b/y)" = "out-b/x 644
out-b/y 755" &&
	test "$(readlink out-b/z)" = x
'

test_expect_success PYTHON 'a tree ten thousand deep comes back' '
	test_when_finished "rm -rf deep out-deep" &&
	test_create_repo deep && (
		cd deep &&
		python3 -c "
p = \"/\".join([\"d\"] * 10000) + \"/file\"
print(\"blob\nmark :1\ndata 5\ndeep\n\ncommit refs/heads/deep\n\" \
	\"committer a <b> 1 +0000\ndata 0\nM 100644 :1 \" + p)" |
			git fast-import --quiet &&
		tree=$(git rev-parse deep^{tree}) &&
		empty=$(git mktree </dev/null) &&
		root=$(printf "040000 tree %s\tmeta\n040000 tree %s\ttree\n" \
			$empty $tree | git mktree) &&
		id=20260101T000000Z-00000001 &&
		commit=$(printf "s\n\nVault-Format: 1\nVault-Id: $id\n" |
			git commit-tree $root) &&
		git update-ref refs/vault/snapshots/$id $commit &&
		(ulimit -s 256 && git vault restore latest --to ../out-deep)
	) &&
	find out-deep -type f -printf "%d\n" >actual &&
	echo 10001 >expect && test_cmp expect actual
'

test_expect_success 'what a killed run left is removed, what a live one has is not' '
	test_when_finished "rm -rf out-k" &&
	mkdir -m 700 out-k.git-vault-abc123 out-k.git-vault-live99 &&
	mkdir -p out-k.git-vault-abc123/tree/d &&
	mkdir out-k.git-vault-other1x &&
	flock out-k.git-vault-live99 sh -c "
		cd repo && git vault restore latest --to ../out-k" &&
	test_path_is_missing out-k.git-vault-abc123 &&
	test_path_is_dir out-k.git-vault-live99 &&
	test_path_is_dir out-k.git-vault-other1x &&
	rm -r out-k.git-vault-*
'

test_expect_success '--sync restores the same' '
	test_when_finished "rm -rf out-s" &&
	(cd repo && git vault restore latest --to ../out-s --sync) &&
	restore_cmp repo out-s
'

test_expect_success 'a bare repository restores to a directory' '
	test_when_finished "rm -rf bare.git out-b" &&
	git clone -q --mirror repo bare.git &&
	(
		cd bare.git &&
		git vault restore latest --as-stored --to ../out-b &&
		test_expect_code 128 git vault restore latest --in-place \
			2>../err
	) &&
	test_grep "no working tree" err &&
	restore_cmp repo out-b
'

# A directory changes its parent only where it may be written to.
test_expect_success SETPRIV 'a tree whose top nobody may write to' '
	test_when_finished "chmod -R u+w top; rm -rf top" &&
	mkdir top && git init -q top/repo && echo one >top/repo/file &&
	chown -R 65534:65534 top && chmod 555 top/repo && (
		cd top/repo && chmod 755 .git &&
		test_as_nobody git vault -q snapshot &&
		test_as_nobody git vault restore latest --to ../out
	) && test "$(stat -c %a top/out)" = 555 && cmp top/repo/file top/out/file &&
	test "$(ls top)" = "out
repo"
'

test_done
