#!/bin/sh
test_description='tree/ of a snapshot is the tree that git would make

of the bytes that stand on disk; and HEAD'\''s own tree where all is clean.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# Make the files of the index old enough for git to vouch for them, each time
# by another time, since git itself looks at whole seconds.
settled=1577880000
settle () {
	settled=$((settled + 1)) &&
		git ls-files -z | xargs -0 touch -h -d "@$settled.123456" &&
		git update-index -q --really-refresh
}

test_expect_success 'a clean tree has the very tree id of HEAD' '
	mkdir -p a/b a.d a-d "odd name" && echo 1 >a/b/c && echo 2 >a.d/x &&
	echo 3 >a-d/y && echo 4 >"odd name/z" && ln -s a/b link &&
	echo "#!/bin/sh" >run && chmod +x run && : >empty &&
	git add . && test_tick && git commit -q -m clean && settle &&
	take && test_cmp_rev "$snap:tree" HEAD: &&
	test "$(field stored_files)" = 0
'

test_expect_success 'also where the index knows no trees' '
	git reset -q && git read-tree HEAD && settle && rm .git/vault/index &&
	take --force && test_cmp_rev "$snap:tree" HEAD:
'

test_expect_success 'also where no file is old enough to be believed' '
	git ls-files -z | xargs -0 touch -h && git update-index -q --refresh &&
	rm .git/vault/index && take --force && test_cmp_rev "$snap:tree" HEAD:
'

test_expect_success 'with edits it is what git add would make' '
	echo more >>a/b/c && rm a.d/x && mkdir new && echo n >new/n &&
	chmod -x run && rm link && echo file >link && rm -r a-d && echo f >a-d &&
	expect=$(tree_of_all) && take && test_cmp_rev "$snap:tree" "$expect" &&
	take_is_as_fresh
'

test_expect_success 'modes are those on disk' '
	chmod 0755 a/b/c && chmod 0600 empty && chmod 0711 new/n &&
	expect=$(tree_of_all) && take && test_cmp_rev "$snap:tree" "$expect" &&
	chmod 0644 a/b/c new/n && take && git ls-tree "$snap:tree/new" >../actual &&
	test_grep "^100644 .*n$" ../actual
'

test_expect_success 'a mode alone, of a file that git vouches for' '
	git add -A && git commit -q -m modes && settle && chmod +x empty &&
	expect=$(tree_of_all) && take && test_cmp_rev "$snap:tree" "$expect" &&
	rm .git/vault/index && take --force && test_cmp_rev "$snap:tree" "$expect"
'

test_expect_success 'names in every order that git has an opinion of' '
	mkdir order && (cd order && mkdir a "a b" "a/b" a0 && >a.txt && >a-b &&
	>a/b/c && >"a b/c" && >a0/c && >a1 && >A && mkdir B && >B/x && >B.x) &&
	expect=$(tree_of_all) && take && test_cmp_rev "$snap:tree" "$expect"
'

test_expect_success 'a repository inside stands where git sorts it' '
	test_create_repo sub && test_commit -C sub first && >sub.txt && >sub-x &&
	>sub0 && expect=$(tree_of_all) && take &&
	test_cmp_rev "$snap:tree" "$expect" && git fsck --full --strict &&
	git ls-tree "$snap:tree" sub >../actual &&
	test_grep "^160000 commit $(git -C sub rev-parse HEAD)" ../actual &&
	test_commit -C sub second && take && test "$(field created)" = true &&
	git ls-tree "$snap:tree" sub >../actual &&
	test_grep "^160000 commit $(git -C sub rev-parse HEAD)" ../actual &&
	rm -rf sub sub.txt sub-x sub0
'

test_expect_success 'what git would convert is kept as it is on disk' '
	git config core.autocrlf false &&
	printf "%s\n" "*.crlf text eol=crlf" "*.lf text eol=lf" "*.id ident" \
		"*.utf16 text working-tree-encoding=UTF-16LE" \
		"*.rot filter=rot" "*.auto text=auto" >.gitattributes &&
	git config filter.rot.clean "tr a-z n-za-m" &&
	git config filter.rot.smudge "tr a-z n-za-m" &&
	printf "one\r\ntwo\r\n" >f.crlf && printf "one\ntwo\n" >f.lf &&
	printf "a\0b\0" >f.utf16 && echo secret >f.rot &&
	printf "\$Id\$\n" >f.id && printf "mixed\r\nends\n" >f.auto &&
	git add . && git commit -q -m attributes &&
	rm f.id f.crlf && git checkout f.id f.crlf && settle &&
	git status --porcelain -- "f.*" >../status && test_must_be_empty ../status &&
	rm .git/vault/index && take --force &&
	for f in f.crlf f.lf f.utf16 f.rot f.id f.auto
	do
		git cat-file blob "$snap:tree/$f" >../bytes &&
		test_cmp_bin $f ../bytes || return 1
	done && take_is_as_fresh
'

test_expect_success 'also where the attributes came or went afterwards' '
	settle && mv .gitattributes ../saved && rm -f .git/vault/index &&
	take --force && mv ../saved .gitattributes &&
	for f in f.crlf f.lf f.id f.auto f.utf16 f.rot
	do
		git cat-file blob "$snap:tree/$f" >../bytes &&
		test_cmp_bin $f ../bytes || return 1
	done &&
	git init -q ../went && cd ../went && echo "* eol=crlf" >.gitattributes &&
	printf "a\r\nb\r\n" >f && git add . && git commit -q -m x && settle &&
	test -z "$(git status --porcelain)" && rm .gitattributes && take &&
	git cat-file blob "$snap:tree/f" >../bytes && test_cmp_bin f ../bytes
'

test_expect_success 'also where they stand in the index alone, or elsewhere' '
	settle && rm .gitattributes .git/vault/index && take --force &&
	git cat-file blob "$snap:tree/f.crlf" >../bytes &&
	test_cmp_bin f.crlf ../bytes &&
	git cat-file blob "$snap:tree/f.rot" >../bytes &&
	test_cmp_bin f.rot ../bytes &&
	git checkout .gitattributes && git mv .gitattributes .attributes-then &&
	git commit -q -m "attributes go" &&
	cp .attributes-then .git/info/attributes && settle &&
	rm -f .git/vault/index && take --force &&
	git cat-file blob "$snap:tree/f.rot" >../bytes &&
	test_cmp_bin f.rot ../bytes && rm .git/info/attributes &&
	git config core.attributesFile "$PWD/.attributes-then" &&
	rm -f .git/vault/index && take --force &&
	git cat-file blob "$snap:tree/f.rot" >../bytes &&
	test_cmp_bin f.rot ../bytes &&
	git config --unset core.attributesFile
'

test_expect_success 'and where autocrlf alone converts' '
	printf "one\r\n" >win.txt && git -c core.autocrlf=true add win.txt &&
	git config core.autocrlf true && settle && rm .git/vault/index &&
	take --force && git cat-file blob "$snap:tree/win.txt" >../bytes &&
	test_cmp_bin win.txt ../bytes && git config --unset core.autocrlf &&
	rm .git/vault/index && take --force &&
	git cat-file blob "$snap:tree/win.txt" >../bytes &&
	test_cmp_bin win.txt ../bytes
'

# The large-file filter as git-lfs is one, without it.
test_expect_success 'a clean large file is kept as its pointer, and so marked' '
	cat >"$HOME/lfs" <<-\END &&
	#!/bin/sh
	case $1 in
	clean)
		cat >"$HOME/big" &&
		echo "version https://git-lfs.github.com/spec/v1" &&
		echo "oid sha256:$(sha256sum <"$HOME/big" | cut -c1-64)" &&
		echo "size $(wc -c <"$HOME/big")"
		;;
	smudge) cat "$HOME/big" ;;
	esac
	END
	chmod +x "$HOME/lfs" &&
	git config filter.lfs.clean "\"$HOME/lfs\" clean" &&
	git config filter.lfs.smudge "\"$HOME/lfs\" smudge" &&
	echo "*.bin filter=lfs diff=lfs merge=lfs -text" >.gitattributes &&
	test_seq 1 2000 >big.bin && git add . && git commit -q -m large &&
	settle && rm .git/vault/index && take --force &&
	test_cmp_rev "$snap:tree/big.bin" HEAD:big.bin &&
	line_of big.bin >../actual && test_grep "r=pointer" ../actual &&
	take_is_as_fresh
'

test_expect_success 'a snapshot with a pointer is whole, and a restore leaves the file' '
	take --force && git vault verify --all && cp -p big.bin ../big &&
	git vault restore $id --in-place >../out &&
	test_cmp_bin ../big big.bin && touch big.bin &&
	git vault restore $id --in-place >../out &&
	test_cmp_bin ../big big.bin && test "$(stat -c %y ../big)" = "$(stat -c %y big.bin)" &&
	git vault restore $id --in-place --overwrite always >../out &&
	test_cmp_bin ../big big.bin && echo more >more &&
	git vault -q snapshot >../out && git vault verify --all &&
	rm more && git update-index -q --refresh
'

test_expect_success 'one that the filter has nowhere is not replaced by another pointer' '
	sed s,1,2, <big.bin >../big.2 &&
	settle && take --force && line_of big.bin >../actual &&
	test_grep "r=pointer" ../actual && cp ../big.2 big.bin &&
	git add big.bin && git commit -q -m second && settle &&
	git vault -q snapshot >../second &&
	test_expect_code 3 git vault restore $id --in-place -n 2>../err &&
	test_grep "big.bin.*only the pointer of it" ../err &&
	test_expect_code 3 git vault restore $id --in-place >../out 2>../err &&
	test_grep "big.bin.*only the pointer of it" ../err &&
	test_cmp_bin ../big.2 big.bin &&
	sum=$(sha256sum <big.bin | cut -c1-64) &&
	store=.git/lfs/objects/$(echo $sum | cut -c1-2)/$(echo $sum | cut -c3-4) &&
	mkdir -p $store && cp big.bin $store/$sum &&
	git vault restore $id --in-place -n >../out &&
	test_grep "^M big.bin" ../out &&
	git vault restore $id --in-place >../out 2>../err &&
	test_grep "of 1 file there is the pointer" ../err &&
	git cat-file blob "refs/vault/snapshots/$id:tree/big.bin" >../bytes &&
	test_cmp_bin ../bytes big.bin && cp ../big big.bin && git add big.bin &&
	git commit -q -m back && settle
'

test_expect_success 'a changed one is kept whole' '
	echo more >>big.bin && take &&
	git cat-file blob "$snap:tree/big.bin" >../bytes &&
	test_cmp_bin big.bin ../bytes &&
	line_of big.bin >../actual && test_grep ! "r=pointer" ../actual &&
	git add big.bin && settle && take &&
	test_cmp_rev "$snap:tree/big.bin" :big.bin && take_is_as_fresh
'

test_expect_success 'one as large as its pointer is read' '
	git cat-file blob :big.bin | tr a-z A-Z >same.bin && cp same.bin ../same &&
	git add same.bin && settle &&
	test "$(git cat-file -s :same.bin)" -lt 200 &&
	size=$(git cat-file -s :same.bin) &&
	head -c $size ../same >same.bin &&
	while test "$(wc -c <same.bin)" -lt $size; do printf x >>same.bin; done &&
	git add same.bin && settle &&
	test "$(git cat-file -s :same.bin)" = "$(wc -c <same.bin)" &&
	rm .git/vault/index && take --force &&
	git cat-file blob "$snap:tree/same.bin" >../bytes &&
	test_cmp_bin same.bin ../bytes
'

test_expect_success 'where the attribute goes, so does the pointer' '
	git add -A && git commit -q -m all && settle && take &&
	line_of big.bin >../actual && test_grep "r=pointer" ../actual &&
	git rm -q .gitattributes && take &&
	git cat-file blob "$snap:tree/big.bin" >../bytes &&
	test_cmp_bin big.bin ../bytes && take_is_as_fresh
'

test_expect_success 'a blob that the repository lost is read from disk again' '
	echo precious content >lost && git add lost && git commit -q -m lost &&
	settle && blob=$(git rev-parse :lost) &&
	rm -f .git/vault/index ".git/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)" &&
	test_must_fail git cat-file -e $blob && take --force &&
	git cat-file blob "$snap:tree/lost" >../bytes && test_cmp_bin lost ../bytes
'

test_expect_success 'same size and time, changed within the tick' '
	git init -q ../racy && cd ../racy && echo 1111 >f && git add f &&
	git commit -q -m x && take && echo 2222 >f &&
	touch -d @1000000000 f && take && git cat-file blob "$snap:tree/f" >../actual &&
	test_cmp f ../actual && i=0 &&
	while test $i -lt 20
	do
		printf "%04d\n" $i >f && touch -d @1000000000 f && take &&
		git cat-file blob "$snap:tree/f" >../actual &&
		test_cmp f ../actual || return 1
		i=$((i + 1))
	done
'

test_expect_success 'git add and a change in the same tick' '
	cd ../racy && i=0 &&
	while test $i -lt 20
	do
		printf "a%03d\n" $i >f && git add f && printf "b%03d\n" $i >f &&
		rm -f .git/vault/index && take --force &&
		git cat-file blob "$snap:tree/f" >../actual &&
		test_cmp f ../actual || return 1
		i=$((i + 1))
	done
'

test_expect_success 'a file from the future is read every time' '
	cd ../racy && echo 1 >f && touch -d "2100-01-01" f && take && echo 2 >f &&
	touch -d "2100-01-01" f && take && echo 2 >../expect &&
	git cat-file blob "$snap:tree/f" >../actual && test_cmp ../expect ../actual
'

test_expect_success 'an empty repository gives an empty tree' '
	git init -q ../empty && cd ../empty && take &&
	test "$(git rev-parse "$snap:tree")" = "$(git mktree </dev/null)" &&
	test "$(field files)" = 0 && git fsck --full --strict &&
	test_must_fail git rev-parse -q --verify "$snap^"
'

test_done
