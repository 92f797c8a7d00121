#!/bin/sh
# shellcheck disable=SC2154
test_description='what the manifest says of files beside their bytes'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# settled FILE…: time goes by, as far as the cache is concerned
settled () {
	take && i=0 && while test $i -lt 3
	do
		take && i=$((i + 1))
	done
}

# line_is PATH LINE-WITHOUT-PATH
line_is () {
	line_of "$1" >../actual && echo "$2 $1" >../expect &&
		test_cmp ../expect ../actual
}

# says PATH PATTERN
says () {
	line_of "$1" >../actual && test_grep -E "$2" ../actual
}

test_expect_success 'times to the nanosecond, also before 1970 and far ahead' '
	mkdir d && echo x >d/f && ln -s nowhere l && : >old && : >far &&
	touch -d "2001-02-03 04:05:06.789012345" d/f &&
	touch -h -d "2002-02-03 04:05:06.000000001" l &&
	touch -d "1969-12-31 23:59:58.250000000" old &&
	touch -d "2200-01-01 00:00:00.5" far &&
	touch -d "2003-02-03 04:05:06.5" d && take &&
	line_is d/f "f 981173106.789012345 m=644 u=$(id -un) g=$(id -gn) h=0 a= e= r=" &&
	line_is d "d 1044245106.500000000 m=755 u=$(id -un) g=$(id -gn) h=0 a= e= r=" &&
	says l "^l 1012709106.000000001 " && says old "^f -2.250000000 " &&
	says far "^f 7258118400.500000000 "
'

# Of those that many file systems have no room for.
test_lazy_prereq FAR_TIMES '
	>f && touch -d 1500-01-01 f && test "$(stat -c %Y f)" = -14831769600'
test_expect_success FAR_TIMES 'times that 64 bits of nanoseconds do not hold' '
	test_when_finished "rm -rf ../far" && test_create_repo ../far &&
	(
		cd ../far && mkdir dir && echo 1 >late && echo 2 >early &&
		ln -s late link && touch -d "2300-01-01 00:00:00.25" late dir &&
		touch -d "1500-01-01 00:00:00.75" early &&
		touch -h -d "2300-01-01" link && touch -d "2263-01-01" . &&
		stat -c "%n %.9Y" . * >../times && git vault snapshot >../id &&
		git vault restore "$(cat ../id)" --in-place 2>../err &&
		test_grep "nothing differs" ../err &&
		touch -d "2400-01-01" late && git vault snapshot >../id.2 &&
		! test_cmp ../id ../id.2 >/dev/null &&
		git vault restore "$(cat ../id)" --in-place >/dev/null &&
		stat -c "%n %.9Y" . * >../again && test_cmp ../times ../again &&
		git vault restore "$(cat ../id.2)" --in-place >/dev/null &&
		test "$(stat -c %y late)" = "2400-01-01 00:00:00.000000000 +0000"
	)
'

test_expect_success 'the lines are as the format says' '
	git cat-file blob "$snap:meta/manifest/0000" >../actual &&
	cat >../expect <<-END &&
	git-vault manifest 1
	owner $(id -un) $(id -gn)
	d $(stat -c %.9Y .) .
	f 7258118400.500000000 far
	l 1012709106.000000001 l
	f -2.250000000 old
	d 1044245106.500000000 d
	f 981173106.789012345 d/f
	END
	test_cmp ../expect ../actual
'

test_expect_success 'a time alone makes a snapshot, and one line' '
	for i in 1 2 3 4 5 6 7 8; do >many$i || return 1; done && settled && touch -d "2004-01-01" d/f && take &&
	test "$(field created)" = true && test "$(field stored_files)" = 0 &&
	git cat-file blob "$snap:meta/manifest/0001" >../actual &&
	test_write_lines "git-vault manifest 1" "owner $(id -un) $(id -gn)" \
		"f 1072915200.000000000 d/f" >../expect &&
	test_cmp ../expect ../actual && take_is_as_fresh
'

test_expect_success 'all bits of the mode' '
	settled && for m in 0600 0755 0444 04755 02711 01644 0000 0777
	do
		echo $m >m$m && chmod $m m$m || return 1
	done && mkdir dm && chmod 3770 dm && take &&
	for m in 0600 0755 0444 04755 02711 01644 0777
	do
		says m$m " m=${m#0} " || return 1
	done && says dm " m=3770 " && chmod 0644 m0000 && take &&
	says m0000 " m=644 " && take_is_as_fresh
'

test_expect_success 'a mode alone' '
	settled && chmod 0600 m0755 && take && test "$(field stored_files)" = 0 &&
	says m0755 " m=600 " && chmod 700 d && take && says d " m=700 " &&
	take_is_as_fresh
'

test_expect_success ROOT 'owners by name, or by number where they have none' '
	settled && echo x >owned && chown daemon:bin owned && echo y >numbered &&
	chown 54321:54322 numbered && take && says owned " u=daemon g=bin " &&
	says numbered " u=54321 g=54322 " && settled &&
	chown bin owned && chown -h daemon l && chown :bin d && take &&
	says owned " u=bin g=bin " && says l " u=daemon " && says d " g=bin " &&
	take_is_as_fresh
'

test_expect_success ROOT 'another owner of the top changes nobody else'\''s line' '
	settled && chown daemon . && git config --global safe.directory "*" &&
	take && says . " u=daemon " && says d/f " u=root " && take_is_as_fresh &&
	chown root . && take && says . " u=root "
'

test_expect_success 'hard links have a number in common' '
	echo linked >h1 && ln h1 h2 && ln h1 d/h3 && echo alone >h4 && take &&
	ino=$(printf %x "$(stat -c %i h1)") && says h1 " h=$ino " &&
	says h2 " h=$ino " && says d/h3 " h=$ino " && says h4 " h=0 "
'

test_expect_success 'also where the other name comes or goes later' '
	settled && ln h4 h5 && take && says h4 " h=[1-9a-f]" && says h5 " h=[1-9a-f]" &&
	take_is_as_fresh && settled && rm h5 && take && says h4 " h=0 " &&
	take_is_as_fresh && ln h4 ../outside && take && take_is_as_fresh
'

test_expect_success XATTR 'extended attributes, of any bytes' '
	settled && setfattr -n user.text -v plain d/f && take &&
	says d/f " a=user.text=cGxhaW4= " && settled &&
	setfattr -n user.bin -v 0x00ff00 d/f && setfattr -n "user.o=d,d %" -v "" h4 &&
	take && says d/f " a=user.bin=AP8A,user.text=cGxhaW4= " &&
	says h4 " a=user.o%3Dd%2Cd%20%25= " && setfattr -n user.dir -v 1 d &&
	take && says d " a=user.dir=MQ== " && take_is_as_fresh &&
	settled && setfattr -x user.text d/f && setfattr -x user.dir d && take &&
	says d/f " a=user.bin=AP8A " && says d " a= " && take_is_as_fresh
'

test_lazy_prereq ACL '>f && setfacl -m u:daemon:r f'
test_expect_success ACL 'access control lists' '
	settled && setfacl -m u:daemon:rw h2 && setfacl -d -m u:bin:rx d && take &&
	says h2 " a=system.posix_acl_access=" &&
	says d " a=system.posix_acl_default=" && take_is_as_fresh
'

test_lazy_prereq HOLES '
	truncate -s 1M f && printf x | dd of=f bs=1 seek=500000 conv=notrunc &&
	test "$(stat -c %b f)" -lt 1000'
test_expect_success HOLES 'where a sparse file has data' '
	truncate -s 1048576 holes && printf data |
	dd of=holes bs=1 seek=524288 conv=notrunc 2>/dev/null &&
	truncate -s 65536 nothing && take &&
	says holes " e=524288\+4096,1048576 " && says nothing " e=65536 " &&
	settled && printf x | dd of=holes bs=1 seek=8192 conv=notrunc 2>/dev/null &&
	take && says holes " e=8192\+4096,524288\+4096,1048576 " &&
	take_is_as_fresh && dd if=/dev/zero of=holes bs=4096 count=256 2>/dev/null &&
	take && says holes " e= " && take_is_as_fresh
'

test_expect_success 'empty directories are lines, and no trees' '
	mkdir -p empty/inner && take && says empty "^d " && says empty/inner "^d " &&
	test_must_fail git rev-parse -q --verify "$snap:tree/empty" &&
	settled && rmdir empty/inner && take &&
	line_of empty/inner >../actual && test_must_be_empty ../actual &&
	take_is_as_fresh
'

test_expect_success 'links to anywhere are kept as they are' '
	ln -s / root && ln -s ../../../etc/passwd up && ln -s loop loop &&
	ln -s "$(printf "odd\nname")" odd && ln -s d to-d && take &&
	for l in root up loop odd to-d
	do
		git cat-file blob "$snap:tree/$l" >../actual &&
		printf %s "$(readlink -n $l)" >../expect &&
		test_cmp ../expect ../actual && says $l "^l " || return 1
	done && settled && ln -sfn elsewhere loop && take &&
	echo elsewhere >../expect && git cat-file blob "$snap:tree/loop" >../actual &&
	echo >>../actual && test_cmp ../expect ../actual && take_is_as_fresh
'

test_expect_success 'what has no content is told with its reason' '
	mkfifo fifo && take && says fifo "^x .* r=fifo " &&
	test "$(note_of fifo)" = "special: a FIFO" && take &&
	test "$(field created)" = false && test -z "$(note_of fifo)" && settled &&
	rm fifo && echo file >fifo && take && says fifo "^f .* r= " &&
	take_is_as_fresh && rm fifo && mkfifo fifo && take &&
	says fifo "^x .* r=fifo " && take_is_as_fresh
'

test_expect_success PYTHON 'a socket' '
	python3 -c "
import socket
socket.socket(socket.AF_UNIX).bind(\"sock\")" && take && says sock "^x .* r=socket " &&
	test "$(note_of sock)" = "special: a socket" && rm sock
'

test_lazy_prereq MKNOD 'mknod null c 1 3'
test_expect_success MKNOD 'a device' '
	mknod dev c 1 3 && take && says dev "^x .* r=device " &&
	test "$(note_of dev)" = "special: a device" && rm dev
'

test_expect_success 'a build product is one line, without what is in it' '
	echo "{}" >package.json && mkdir -p node_modules/a/b && >node_modules/a/b/c &&
	take && says node_modules "^x .* r=build product " &&
	manifest >../all && test_grep ! node_modules/ ../all &&
	git cat-file blob "$snap:meta/manifest/0000" >../layers &&
	>node_modules/more && take && test "$(field created)" = false &&
	take_is_as_fresh
'

test_expect_success 'what becomes one, or is none any more' '
	rm package.json && echo dist >>.git/info/exclude && mkdir dist && >dist/f &&
	take && says dist/f "^f " && settled && echo "{}" >package.json && take && says dist "^x " &&
	line_of dist/f >../actual && test_must_be_empty ../actual &&
	take_is_as_fresh && git add -f dist/f && take && says dist/f "^f " &&
	take_is_as_fresh && git rm -q --cached dist/f && rm package.json && take &&
	says dist/f "^f " && take_is_as_fresh
'

test_expect_success 'what changes its kind, each for each other' '
	for kinds in "file dir" "dir file" "file link" "link dir" "dir fifo" \
		"fifo dir" "dir repo" "repo dir" "repo file" "file repo" \
		"dir dir2" "file file2"
	do
		rm -rf k && for kind in $kinds
		do
			rm -rf k &&
			case $kind in
			file*) echo $kind >k ;;
			dir) mkdir -p k/a/b && echo 1 >k/f && echo 2 >k/a/b/f ;;
			dir2) mkdir -p k/a k/z && echo 3 >k/a/b && echo 1 >k/g ;;
			link) ln -s d k ;;
			fifo) mkfifo k ;;
			repo) git init -q k && test_commit -C k k$test_tick ;;
			esac && take && take_is_as_fresh ||
			{
				echo "at: $kinds, $kind"
				return 1
			}
		done
	done && rm -rf k
'

test_expect_success 'a directory moved is its old lines gone and its new ones' '
	mkdir -p mv/a/b && echo 1 >mv/a/b/c && settled && mv mv mv2 && take &&
	manifest >../all && test_grep ! " mv/" ../all && says mv2/a/b/c "^f " &&
	take_is_as_fresh && settled && mv mv2/a mv && rmdir mv2 && take &&
	take_is_as_fresh
'

test_expect_success 'many snapshots: layers are merged, and say the same' '
	i=0 && while test $i -lt 40
	do
		echo $i >churn && rm -f "c$((i - 3))" && >c$i && take || return 1
		i=$((i + 1))
	done && take_is_as_fresh &&
	git ls-tree --name-only "$snap:meta/manifest" >../layers &&
	test_line_count -le 33 ../layers
'

test_expect_success 'a layer that was lost is replaced by a new base' '
	layer=$(git ls-tree --name-only "$snap:meta/manifest" | tail -n 1) &&
	blob=$(git rev-parse "$snap:meta/manifest/$layer") &&
	mkdir ../packs && mv .git/objects/pack/* ../packs && for p in ../packs/*.pack
	do
		git unpack-objects -q <$p || return 1
	done && rm ".git/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)" &&
	test_must_fail git cat-file -e $blob && i=0 && while test $i -lt 20
	do
		echo after$i >churn && take || return 1
		i=$((i + 1))
	done && manifest >../all && take_is_as_fresh
'

test_done
