#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them
test_description='what does not get through elsewhere, or is not searched, is said when it is stored'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# finds KIND: doctor does
finds () {
	git vault --json doctor >../doctor
	test_grep "\"kind\":\"$1\"" ../doctor
}

# says PATTERN: the next snapshot does
says () {
	git vault snapshot >../id 2>../err && id=$(cat ../id) &&
		snap=refs/vault/snapshots/$id && test_grep "$1" ../err
}

long_line () {
	printf "%03000d" 0
	echo " text"
}

test_expect_success 'a strict server to push to' '
	git init -q --bare ../strict.git && git -C ../strict.git config receive.fsckObjects true &&
	echo a >a && git add a && git commit -q -m one && git remote add origin ../strict.git &&
	git push -q origin main
'

test_expect_success 'what a strict fsck refuses is sealed, said, pushed and comes back' '
	long_line >.gitattributes && says "gitattributes is stored encrypted.*2,048 bytes" &&
	git fsck --full --strict && git push -q origin "$snap" &&
	git vault restore "$id" --to ../out && test_cmp .gitattributes ../out/.gitattributes &&
	take && test "$(field created)" = false && rm .gitattributes
'

for what in "[submodule \"../../x\"]" "[submodule \"a/../b\"]" "url = -u./payload" "path = -x" "update = !rm"
do
	test_expect_success "$what in .gitmodules" '
		mkdir -p deep/er && { printf "%s\n" "[submodule \"m\"]" "	path = m" "	$what"; } >deep/er/.gitmodules &&
		says "deep/er/.gitmodules is stored encrypted" &&
		git fsck --full --strict && git push -q origin "$snap" &&
		git vault restore "$id" --to ../out.$test_count && test_cmp deep/er/.gitmodules \
			../out.$test_count/deep/er/.gitmodules && rm -r deep
	'
done

test_expect_success 'what fsck takes is stored as it is' '
	printf "%s\n" "*.x text" "$(printf "%02000d" 0) text" >.gitattributes &&
	printf "%s\n" "[submodule \"a..b\"]" "	path = m" "	url = https://example.org/-x" >.gitmodules &&
	git vault snapshot >../id 2>../err && test_grep ! "stored encrypted" ../err &&
	snap=refs/vault/snapshots/$(cat ../id) && git cat-file blob "$snap:tree/.gitattributes" >../actual &&
	test_cmp .gitattributes ../actual && git push -q origin "$snap" && rm .gitattributes .gitmodules
'

# Git has what is staged as objects of its own, so that fsck of the repository
# fails from here on; the server tells.

# staged: the same of what is staged, which the snapshot has as index/, too
staged () {
	git add -A && says "$1 is stored encrypted" && git push -q origin "$snap" &&
		git cat-file -e "$snap:index/$1"
}

test_expect_success 'so is what is staged, of the same content or another' '
	long_line >.gitattributes && staged .gitattributes &&
	test "$(grep -c "stored encrypted" ../err)" = 1 &&
	git vault restore "$id" --to ../out.staged && test_cmp .gitattributes ../out.staged/.gitattributes &&
	take && test "$(field created)" = false &&
	mkdir -p deep/er && long_line >deep/er/.GitAttributes && git add -A && echo short >deep/er/.GitAttributes &&
	says "deep/er/.GitAttributes is stored encrypted" && git push -q origin "$snap" &&
	git cat-file blob "$snap:tree/deep/er/.GitAttributes" >../actual && test_cmp deep/er/.GitAttributes ../actual &&
	rm deep/er/.GitAttributes && says "saved" && git push -q origin "$snap" &&
	git status --porcelain >../before && git ls-files -s >>../before && id=$(cat ../id) &&
	git reset -q && rm -rf .gitattributes deep && git vault restore "$id" --in-place --index &&
	git status --porcelain >../after && git ls-files -s >>../after && test_cmp ../before ../after &&
	git rm -rfq --cached . && git read-tree HEAD && rm -rf .gitattributes deep
'

test_expect_success 'and with no search for secrets, and where a policy stores it in clear' '
	long_line >.gitattributes && git add -A && git vault snapshot --no-scan >../id 2>../err &&
	test_grep "gitattributes is stored encrypted" ../err &&
	git push -q origin "refs/vault/snapshots/$(cat ../id)" &&
	printf "%s\n" "secrets:" "  paths:" "    - {path: .gitattributes, keep: clear}" >.gitvault.yaml &&
	echo x >>.gitattributes && git add -A && git vault policy accept >/dev/null &&
	says "gitattributes is stored encrypted" && git push -q origin "$snap" &&
	git rm -rfq --cached . && git read-tree HEAD && rm -f .gitattributes .gitvault.yaml
'

test_expect_success 'the stages of a conflict' '
	git switch -q -c one && long_line >.gitattributes && git add -A && git commit -q -m l &&
	git switch -q -c two main && { long_line; echo y; } >.gitattributes && git add -A && git commit -q -m r &&
	test_must_fail git merge -q one >/dev/null && says "gitattributes is stored encrypted" &&
	git cat-file -e "$snap:meta/stages/3/.gitattributes" &&
	git cat-file blob "$snap:meta/stages/3/.gitattributes" >../actual && test_grep ! "0000000000000000" ../actual &&
	git merge --abort && git switch -q main && git branch -q -D one two
'

test_expect_success 'what git has is said by doctor' '
	long_line >.gitattributes && git add .gitattributes && git commit -q -m long && take &&
	finds refused_elsewhere && test_grep "gitattributes (a line of it has 2,048" ../doctor &&
	git rm -q .gitattributes && git commit -q -m gone && take
'

for name in aux com1.txt "Nul.tar.gz" "ends." "blank " "a:b" "q?" "tab	x"
do
	test_expect_success "a name that others cannot have: $name" '
		echo x >"$name" && says "1 new path cannot be restored on other systems" &&
		finds unportable_names && rm "$name"
	'
done

for path in aux/f e/con.d/f "a./f" "d /f" "a:b/c/f"
do
	test_expect_success "a path that others cannot have: $path" '
		mkdir -p "${path%/*}" && echo x >"$path" &&
		says "1 new path cannot be restored on other systems" &&
		finds unportable_names && rm -r "${path%%/*}"
	'
done

test_expect_success 'a path that is too long for others, though each name is not' '
	part=$(printf "%0100d" 0) && mkdir -p $part/$part && last=$(printf "%053d" 0) &&
	echo x >$part/$part/${last%0} && git vault snapshot 2>../err &&
	test_grep ! "other systems" ../err && test_must_fail finds unportable_names &&
	echo x >$part/$part/$last && says "1 new path cannot be restored on other systems" &&
	test_grep "more than 259 characters" ../err && finds unportable_names && rm -r $part
'

test_expect_success 'names that others can have, and two that differ in case' '
	for name in auxiliary com com10 console lpt0 nul1 a.aux .hidden.x
	do
		echo x >$name || return 1
	done && git vault snapshot 2>../err && test_grep ! "other systems" ../err &&
	test_must_fail finds unportable_names &&
	mkdir Dir dir && echo 1 >Dir/f && echo 2 >dir/f && take && finds unportable_names &&
	test_grep "differs in case alone" ../doctor && rm -r Dir
'

test_expect_success 'a name that is no UTF-8' '
	printf x >"$(printf "caf\351")" && says "macOS and Windows need names in UTF-8" &&
	rm "$(printf "caf\351")"
'

test_expect_success 'borrowed objects are said by snapshot and doctor, and the command ends it' '
	for how in --shared --reference
	do
		rm -rf ../lent && case $how in
		--shared) git clone -q --shared . ../lent ;;
		*) git clone -q --reference . --no-local "file://$PWD" ../lent ;;
		esac && (
			cd ../lent && echo z >z && git vault snapshot 2>err &&
			test_grep "borrows objects" err && finds borrowed_objects &&
			git repack -a -d -q && rm .git/objects/info/alternates && git vault verify --all &&
			test_must_fail finds borrowed_objects
		) || return 1
	done
'

# packed FILE BYTES: a file that begins so
packed () {
	{ printf "$2" && head -c 3000 /dev/urandom; } >"$1"
}

test_expect_success 'files that nobody sees into are named by snapshot and scan, with a count' '
	test_create_repo ../packed && cd ../packed && packed a.bz2 "BZh91AY" && packed b.xz "\3757zXZ\0" &&
	packed c.zst "\050\265\057\375" && packed d.7z "7z\274\257\047\034" && packed e.rar "Rar!\032\007\001" &&
	packed f.enc "Salted__" && packed g.lz4 "\004\042\115\030" && echo text >h.bz2 && : >i.xz &&
	git vault snapshot >../id 2>../err && test_grep "a.bz2 is stored, but not searched" ../err &&
	test_grep "7 files are stored, but not searched" ../err &&
	test_expect_code 3 git vault scan >../scanned 2>../err &&
	test_grep "not searched in full: 7" ../err && for f in a.bz2 b.xz c.zst d.7z e.rar f.enc g.lz4
	do
		test_grep "$f was scanned: it is" ../err || return 1
	done && test_grep ! "h.bz2\|i.xz" ../err && test_grep "7 files were not searched" ../err &&
	test_expect_code 3 git vault --json scan >../json && test_grep "\"not_searched\":\[{\"path\":\"a.bz2\"" ../json &&
	test_expect_code 3 git vault scan a.bz2 2>../err && test_grep a.bz2 ../err &&
	test_expect_code 3 git vault --json scan e.rar >../json &&
	test_grep "\"not_searched\":\[{\"path\":\"e.rar\"" ../json
'

test_expect_success 'a link in the place of a directory goes with --delete' '
	test_create_repo ../links && cd ../links && mkdir -p env/prod a/b/c && echo v >env/prod/vars &&
	echo 1 >a/b/c/d && echo t >top && take && was=$id && mkdir ../else && echo theirs >../else/vars &&
	for target in ../../else missing prod2 /dev/null .
	do
		rm -rf env/prod a && ln -s "$target" env/prod && ln -s "$target" a &&
		test_expect_code 3 git vault restore "$was" --in-place 2>../err &&
		test_grep "restore with --delete" ../err && test_grep ! "nothing differs" ../err &&
		git vault restore "$was" --in-place --delete 2>../err && test -f env/prod/vars &&
		test ! -L env/prod && test -f a/b/c/d && test ! -L a && git vault diff "$was" >../differs &&
		test_must_be_empty ../differs && git vault restore "$was" --in-place --delete 2>../err &&
		test_grep "nothing differs" ../err || return 1
	done && echo theirs >../expect && test_cmp ../expect ../else/vars &&
	rm -rf env/prod && echo file >env/prod && git vault restore "$was" --in-place --delete &&
	test -f env/prod/vars
'

test_done
