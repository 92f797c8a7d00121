# shellcheck shell=sh
# Trees with everything that a restore must bring back, and what they are
# compared by. Source this after test-lib.sh.

# As test_list_tree, with owners, the number of names and bytes of a file.
restore_list () {
	(
		cd "$1" &&
		find . -path ./.git -prune -o \
			-printf '%y %m %T@ %s %u %g %n %p -> %l\n' |
			sed 's/^\(d [0-9]* [0-9.]*\) [0-9]* \([^ ]* [^ ]*\) [0-9]*/\1 - \2 -/' |
			LC_ALL=C sort -k8 &&
		find . -path ./.git -prune -o -type f -print0 |
			LC_ALL=C sort -z | xargs -0 sha1sum
	)
}

# restore_cmp A B: the same names, kinds, modes, times, owners, links, bytes.
restore_cmp () {
	restore_list "$1" >list.expect &&
		restore_list "$2" >list.actual &&
		test_cmp list.expect list.actual
}

# The checksum of a journal's line, which is the one of gzip.
restore_crc () {
	# shellcheck disable=SC2046
	set -- $(printf "%s" "$1" | gzip -c | tail -c 8 | od -An -tx1 -N4)
	echo "$4$3$2$1"
}

# A working tree (here) with a bit of everything, committed and snapshot.
restore_setup () {
	mkdir -p envs/prod envs/dev modules/net empty/deep odd docs &&
	echo 'prod' >envs/prod/main.tf &&
	echo 'dev' >envs/dev/main.tf &&
	echo 'net' >modules/net/main.tf &&
	printf 'no newline' >docs/plain &&
	: >docs/nothing &&
	printf 'a\000b\377\n' >docs/binary &&
	echo '#!/bin/sh' >run.sh && chmod 755 run.sh &&
	ln -s envs/prod/main.tf current &&
	ln -s /nonexistent/absolute dangling &&
	ln -s ../docs envs/docs &&
	echo shared >docs/one && ln docs/one docs/two && ln docs/one envs/three &&
	echo odd >'odd/new
line' && echo odd >'odd/tab	here' && echo odd >'odd/back\slash' &&
	echo odd >'odd/ "quoted"  ' && echo odd >"odd/$(printf '\377\376')" &&
	echo odd >odd/m=644 &&
	truncate -s 1M docs/sparse &&
	printf 'in the middle' |
		dd of=docs/sparse bs=1 seek=500000 conv=notrunc 2>/dev/null &&
	echo 'secret = 1' >envs/prod/prod.tfvars &&
	test_write_lines '*.tfvars' 'build/' '*.log' '*.pyc' >.gitignore &&
	chmod 600 envs/prod/main.tf && chmod 750 docs && chmod 1777 empty &&
	git add -A && git commit -q -m base &&
	touch -d '2001-02-03 04:05:06.123456789' envs/dev/main.tf &&
	touch -h -d '2002-03-04 05:06:07.987654321' current &&
	touch -d '2003-04-05 06:07:08.000000001' empty/deep empty odd .
}

# give_default_acl DIR: what is made in DIR is given to user 65534 as well, as
# far as its mode for the group goes; without the programs for such lists, which
# few systems have.
give_default_acl () {
	python3 - "$1" <<-\EOF
	import os, struct, sys
	none = 0xffffffff
	entries = ((1, 7, none), (2, 7, 65534), (4, 5, none), (16, 7, none),
		(32, 5, none))
	os.setxattr(sys.argv[1], "system.posix_acl_default",
		struct.pack("<I", 2) +
		b"".join(struct.pack("<HHI", *e) for e in entries))
	EOF
}

# list_acls DIR: each path below (or it itself) that has such a list.
list_acls () {
	(
		cd "$1" &&
		find . -path ./.git -prune -o ! -type l -print0 |
			python3 -c '
import os, sys
for path in sys.stdin.buffer.read().split(b"\0")[:-1]:
	if any("posix_acl" in name for name in os.listxattr(path)):
		sys.stdout.buffer.write(path + b"\n")' | LC_ALL=C sort
	)
}

test_lazy_prereq DEFAULT_ACL 'mkdir d && give_default_acl d && >d/f &&
	list_acls d >list && grep f list'
