#!/bin/sh

test_description='all that is odd about files, there and back

Each oddity is taken by a snapshot, changed, told by status and diff, and
restored, in place and to a new directory.'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq ACL '>f && setfacl -m u:daemon:r f'
test_lazy_prereq CAPABILITY '>f && setcap cap_net_raw+ep f && getcap f'
test_lazy_prereq MKNOD 'mknod null c 1 3'
git config --global gc.auto 0
id=

# describe DIR: kinds, modes, owners, times, links, contents, attributes.
describe () {
	(
		cd "$1" && find . -path ./.git -prune -o \
			-printf '%p %y %m %U:%G %T@ %n %s -> %l\n' |
			sed '/^[^ ]* d /s/ [0-9]* [0-9]* ->/ ->/' | sort &&
		find . -path ./.git -prune -o -type f -exec cksum {} + | sort -k3 &&
		if test_have_prereq XATTR
		then
			find . -path ./.git -prune -o -print0 | sort -z |
				xargs -0 getfattr -h -d -m - 2>/dev/null
		fi
	)
}

# What cannot be stored is not asked to come back.
without_special () {
	grep -v '^[^ ]* [pcbs] '
}

# changed [STATUS-LINE…]: what was done is told by status, and by diff but for
# what is a matter of the disk alone; and is undone.
changed () {
	git vault status --porcelain >../status &&
	for line
	do
		grep -q -x "$line" ../status || {
			cat ../status && echo "no line '$line'" && return 1
		}
	done &&
	now=$(git vault snapshot) && test "$now" != "$id" &&
	test_might_fail git vault diff --name-status $id $now >../diff &&
	git vault verify $now &&
	git vault restore $id --in-place --delete &&
	describe . | without_special >../after && test_cmp ../before ../after &&
	last=$(git vault snapshot) &&
	git vault diff --name-status $id $last >../undone &&
	test_must_be_empty ../undone
}

# told STATUS PATH: by the diff.
told () {
	printf '%s\t%s\n' "$@" >../expect && test_cmp ../expect ../diff
}

test_expect_success 'set up' '
	test_create_repo work && cd work &&
	echo a >a && ln a b && echo plain >plain && mkdir -p empty/in dir &&
	echo in >dir/in && echo 1 >Case && echo two >case &&
	mkdir Dir && echo upper >Dir/in && ln -s nowhere link &&
	truncate -s 4M holes && printf x | dd of=holes bs=1 seek=3000000 \
		conv=notrunc status=none &&
	if test_have_prereq XATTR
	then
		echo x >marked && setfattr -n user.k -v v marked &&
		setfattr -n user.d -v v dir
	fi &&
	if test_have_prereq ACL
	then
		echo x >acl && setfacl -m u:daemon:rw acl && mkdir grants &&
		setfacl -m u:daemon:rwx grants && setfacl -d -m u:bin:rx grants
	fi &&
	if test_have_prereq CAPABILITY
	then
		echo x >able && setcap cap_net_raw+ep able
	fi &&
	if test_have_prereq ROOT
	then
		echo x >named && chown daemon:bin named &&
		echo x >numbered && chown 54321:54322 numbered &&
		chmod 6755 named && chown -h daemon link && chown :bin dir
	fi &&
	find . -path ./.git -prune -o -exec touch -h -d @1700000000.123456789 {} + &&
	id=$(git vault snapshot) &&
	describe . >../before && cd .. && git -C work vault verify --deep
'

test_expect_success 'nothing is changed by all of that' '
	cd work && git vault status --porcelain >../status &&
	test_grep ! "^[AMD]" ../status &&
	git vault diff $id >../diff && test_must_be_empty ../diff
'

test_expect_success 'all of it comes back to a new directory' '
	cd work && git vault restore $id --to ../out && describe ../out >../after &&
	test_cmp ../before ../after && rm -rf ../out
'

test_expect_success 'names of one file that are two' '
	cd work && rm b && cp -p a b && changed "mu a" "mu b" &&
	test "$(stat -c %h a)" = 2
'

test_expect_success 'and files that become one' '
	cd work && ln -f plain case && changed "mu plain" "Mu case" &&
	test "$(stat -c %h plain)" = 1
'

test_expect_success XATTR 'an attribute that changes, goes, or comes' '
	cd work && setfattr -n user.k -v w marked && changed "mu marked" &&
	told m marked &&
	setfattr -x user.k marked && changed "mu marked" && told m marked &&
	setfattr -n user.more -v 1 marked && changed "mu marked" &&
	told m marked &&
	setfattr -n user.new -v 1 plain && changed "mu plain" && told m plain
'

test_expect_success XATTR 'the same of a directory' '
	cd work && setfattr -n user.d -v w dir &&
	git vault restore $id --in-place 2>../err &&
	test_grep ! "nothing differs" ../err && test_grep restored ../err &&
	setfattr -n user.d -v w dir && changed && told m dir &&
	setfattr -x user.d dir && changed && told m dir &&
	setfattr -n user.more -v 1 Dir && changed && told m Dir &&
	setfattr -n user.top -v 1 . && changed && told m .
'

test_expect_success ACL 'an access control list that goes, changes, or comes' '
	cd work && setfacl -b acl && changed "mu acl" && told m acl &&
	setfacl -m u:daemon:r acl && changed "mu acl" && told m acl &&
	setfacl -m u:daemon:rw plain && changed "mu plain" && told m plain &&
	setfacl -b grants && changed && told m grants &&
	setfacl -k grants && changed && told m grants &&
	setfacl -d -m u:bin:rx dir && changed && told m dir
'

test_expect_success CAPABILITY 'a capability' '
	cd work && setcap -r able && changed "mu able" && told m able &&
	setcap cap_net_raw+ep plain && changed "mu plain" && told m plain
'

test_expect_success 'empty directories that go' '
	cd work && rmdir empty/in empty && changed && told m empty/in
'

test_expect_success 'empty directories that come' '
	cd work && mkdir -p new/in empty/in/more && changed &&
	told m empty/in/more m new/in && test_path_is_missing new &&
	test_dir_is_empty empty/in && mkdir -p new/in &&
	git vault restore $id --in-place --delete --dry-run >../actual &&
	test_write_lines "D new/" "D new/in/" >../expect &&
	test_cmp ../expect ../actual && test_path_exists new/in &&
	git vault restore $id --in-place && test_path_exists new/in &&
	git vault restore $id --in-place --delete -- plain &&
	test_path_exists new/in && rm -r new
'

test_expect_success 'but none that is ignored, or in another repository' '
	cd work && echo "ig/" >.git/info/exclude && mkdir -p ig/in new/ig/in &&
	git init -q other && mkdir other/empty &&
	git vault restore $id --in-place --delete &&
	test_path_exists ig/in && test_path_exists new/ig/in &&
	test_path_exists other/empty &&
	rm -r ig new other .git/info/exclude &&
	git vault restore $id --in-place &&
	describe . >../after && test_cmp ../before ../after
'

test_expect_success ROOT 'owners of files, directories and links' '
	cd work && chown 0:0 named && changed "mu named" && told m named &&
	chown daemon:daemon numbered && changed "mu numbered" &&
	told m numbered && chown 54321 dir && changed && told m dir &&
	chown -h 54321:54322 link && changed "mu link" && told m link
'

test_expect_success 'modes' '
	cd work && chmod 700 plain && changed "[mM]u plain" &&
	chmod 1700 Dir && changed && told m Dir
'

test_expect_success ROOT 'set-id bits' '
	cd work && chmod 755 named && changed "mu named" && told m named
'

test_expect_success !CASE_FOLDING 'names that differ only in case' '
	cd work && rm Case && changed "Du Case" && told D Case &&
	rm -r Dir && changed "Du Dir/in" &&
	mv case other && mv Case case && mv other Case &&
	changed "Mu Case" "Mu case" && told M Case M case
'

test_expect_success 'holes that are filled' '
	cd work && cp --sparse=never -p holes full && mv full holes &&
	test "$(stat -c %b holes)" -gt 4000 &&
	now=$(git vault snapshot) && test $now != $id &&
	rm holes && git vault restore $now --in-place holes &&
	test "$(stat -c %b holes)" -gt 4000 &&
	rm holes && git vault restore $id --in-place holes &&
	test "$(stat -c %b holes)" -lt 1000 &&
	git vault restore $id --in-place &&
	describe . >../after && test_cmp ../before ../after
'

test_expect_success 'times, of directories and links too' '
	cd work && touch plain && changed "mu plain" && touch dir && changed &&
	touch -h link && changed "mu link"
'

test_expect_success 'a FIFO is noted, and left alone' '
	cd work && mkfifo fifo && git vault snapshot -v 2>../err >../id &&
	test_grep "fifo is not stored: a FIFO" ../err &&
	test_might_fail git vault diff --name-status $id $(cat ../id) >../diff &&
	told m fifo &&
	git vault restore $id --in-place --delete &&
	test "$(stat -c %F fifo)" = fifo &&
	git vault restore $(cat ../id) --to ../out -v 2>../err &&
	test_path_is_missing ../out/fifo &&
	test_grep "fifo is not in the snapshot: fifo" ../err &&
	rm -rf ../out fifo
'

test_expect_success MKNOD 'devices are noted, and left alone' '
	cd work && mknod dev c 1 3 && mknod block b 7 99 &&
	git vault snapshot -v 2>../err >../id &&
	test_grep "dev is not stored: a device" ../err &&
	test_grep "block is not stored: a device" ../err &&
	git vault restore $id --in-place --delete &&
	test "$(stat -c %t:%T dev block)" = "$(test_write_lines 1:3 7:63)" &&
	git vault restore $(cat ../id) --to ../out -v 2>../err &&
	test_path_is_missing ../out/dev && rm -rf ../out dev block
'

test_done
