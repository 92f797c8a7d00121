#!/bin/sh
# shellcheck disable=SC2154

test_description='large files are kept in chunks

The threshold is small here, so that it goes quickly.'
. "$(dirname "$0")/test-lib.sh"

# Bytes that do not repeat: noise NAME KIB
noise () {
	dd if=/dev/urandom of="$1" bs=1024 count="$2" 2>/dev/null
}

# shellcheck disable=SC2120
take () {
	git vault -q snapshot "$@"
}

# What a path of a snapshot's commit is.
of () {
	git rev-parse -q --verify "refs/vault/snapshots/$1:$2"
}

# Whether the path is kept in chunks.
is_chunked () {
	git cat-file blob "$(of "$1" "tree/$2")" | head -c 18 >"$TMPDIR/head" &&
		echo "git-vault chunks 1" | tr -d "\n" |
		test_cmp - "$TMPDIR/head" &&
		of "$1" "meta/chunks/$(of "$1" "tree/$2")" >/dev/null
}

# Bytes of all packs.
packs () {
	find .git/objects/pack -name "*.pack" -printf "%s\n" |
		awk '{ n += $1 } END { print n + 0 }'
}

# The same, and what a snapshot adds to it.
grows_by () {
	before=$(packs) && take >/dev/null && echo $(($(packs) - before))
}

test_expect_success 'a file over the threshold is kept in chunks, one at it is not' '
	git config vault.chunkThreshold 256k &&
	test_commit base &&
	noise large 2000 && noise small 256 && mkdir deep &&
	noise deep/one 257 && cp large again && ln large twin &&
	first=$(take) &&
	for f in large deep/one again twin
	do
		is_chunked $first $f || return 1
	done &&
	git cat-file blob $(of $first tree/small) >../actual &&
	test_cmp_bin small ../actual &&
	git ls-tree $(of $first meta/chunks) >../actual &&
	test_line_count = 2 ../actual &&
	git fsck --full --strict
'

test_expect_success 'the manifest says so, and its format and the snapshot'\''s with it' '
	git cat-file blob $(of $first meta/manifest/0000) >../manifest &&
	test_grep "^git-vault manifest 2\$" ../manifest &&
	test_grep "^f .* c=2048000 large\$" ../manifest &&
	test_grep ! "c=.* small\$" ../manifest &&
	git log -1 --format=%B refs/vault/snapshots/$first >../message &&
	test_grep "^Vault-Format: 2\$" ../message &&
	test_grep "^Vault-Bytes: $(cat large small deep/one again twin base.t |
		wc -c)\$" ../message
'

test_expect_success 'a snapshot without such files is of format 1' '
	test_create_repo plain && (
		cd plain && echo x >x && take >id &&
		git log -1 --format=%B refs/vault/snapshots/$(cat id) >message &&
		test_grep "^Vault-Format: 1\$" message &&
		git cat-file blob $(of $(cat id) meta/manifest/0000) >manifest &&
		test_grep "^git-vault manifest 1\$" manifest &&
		test_must_fail git rev-parse -q --verify \
			refs/vault/snapshots/$(cat id):meta/chunks
	) && rm -r plain
'

test_expect_success 'every file comes back, by all ways' '
	git vault restore $first --to ../out &&
	diff -r -x .git . ../out &&
	test $(stat -c %i ../out/large) = $(stat -c %i ../out/twin) &&
	git vault cat $first deep/one >../actual && test_cmp_bin deep/one ../actual &&
	git vault cat $first:large >../actual && test_cmp_bin large ../actual &&
	git vault verify && git vault verify --deep && rm -r ../out
'

test_expect_success 'unchanged files are not read again, a touched one stores nothing' '
	take --force >/dev/null && take --dry-run >../actual 2>../err &&
	test_grep ! "large\|twin\|again" ../actual &&
	touch large twin again deep/one &&
	test $(grows_by) -lt 3000 &&
	id=$(take --force) && test $(of $id tree) = $(of $first tree) &&
	test $(of $id meta/chunks) = $(of $first meta/chunks)
'

test_expect_success 'a change in the middle costs the chunks that it touches' '
	noise piece 20 && dd if=piece of=again bs=1024 seek=1000 conv=notrunc \
		2>/dev/null && rm piece &&
	test $(grows_by) -lt 1100000 &&
	id=$(take --force) && is_chunked $id again &&
	test $(of $id tree/again) != $(of $first tree/again) &&
	{ head -c 700000 large && echo inserted && tail -c +700001 large; } >again &&
	test $(grows_by) -lt 1100000 &&
	git vault cat latest again >../actual && test_cmp_bin again ../actual &&
	git vault cat $first again >../actual && test_cmp_bin large ../actual
'

test_expect_success 'a file that crosses the threshold changes its way' '
	noise moving 300 && id=$(take) && is_chunked $id moving &&
	truncate -s 100k moving && id=$(take) && test_must_fail is_chunked $id moving &&
	git vault cat $id moving >../actual && test_cmp_bin moving ../actual &&
	noise moving 300 && id=$(take) && is_chunked $id moving &&
	rm moving && take >/dev/null && git vault verify --deep
'

test_expect_success 'what git has whole stays whole, also where it is read' '
	noise tracked 900 && git add tracked && git commit -q -m tracked &&
	id=$(take) && test $(of $id tree/tracked) = $(git rev-parse HEAD:tracked) &&
	touch tracked && id=$(take) &&
	test $(of $id tree/tracked) = $(git rev-parse HEAD:tracked) &&
	rm .git/vault/index && touch tracked && id=$(take) &&
	test $(of $id tree/tracked) = $(git rev-parse HEAD:tracked) &&
	test_must_fail git rev-parse -q --verify \
		refs/vault/snapshots/$id:meta/chunks/$(of $id tree/tracked) &&
	printf x | dd of=tracked bs=1 seek=5000 conv=notrunc 2>/dev/null &&
	id=$(take) && is_chunked $id tracked &&
	git checkout -q tracked && id=$(take) &&
	test $(of $id tree/tracked) = $(git rev-parse HEAD:tracked) &&
	git vault verify --deep
'

test_expect_success 'a file that git is given later is git'\''s then' '
	test_create_repo given && (
		cd given && git config vault.chunkThreshold 256k &&
		mkdir d && noise d/a 300 && noise b 300 && touch -d "2 days ago" d/a b &&
		id=$(take) && is_chunked $id d/a && is_chunked $id b &&
		take --force >/dev/null && take --force >/dev/null &&
		git add . && git commit -q -m both &&
		git vault status >../actual &&
		test_grep "^Nothing changed since" ../actual &&
		id=$(take) &&
		test $(of $id tree) = $(git rev-parse HEAD^{tree}) &&
		git log -1 --format=%B refs/vault/snapshots/$id >../message &&
		test_grep "^Vault-Format: 1\$" ../message &&
		git rm -q --cached b && id=$(take) && git vault verify --deep &&
		printf x >>b && git add -N b && id=$(take) && is_chunked $id b &&
		git vault verify --deep
	) && rm -r given
'

test_expect_success 'in chunks here and whole there it is the same file' '
	test_create_repo both && (
		cd both && git config vault.chunkThreshold 256k &&
		mkdir d && noise d/a 300 && noise "b *" 300 && echo 1 >c &&
		one=$(take) && is_chunked $one d/a &&
		git add . && git commit -q -m all &&
		git vault diff $one >../actual && test_must_be_empty ../actual &&
		two=$(take --force) && test $(of $two tree) = $(git rev-parse HEAD^{tree}) &&
		git vault diff $one $two && git vault diff $two $one &&
		git vault diff --stat $one $two -- d &&
		git --literal-pathspecs vault diff $one HEAD &&
		git --literal-pathspecs vault diff $one HEAD -- "b *" && echo 2 >c &&
		test_expect_code 1 git --literal-pathspecs vault diff $one >../actual &&
		test_grep "^+2" ../actual && test_grep ! "Binary" ../actual &&
		test_expect_code 1 git --literal-pathspecs vault diff --stat $one \
			-- d c >../actual && test_grep "c | 2 +-" ../actual &&
		test_line_count = 2 ../actual &&
		( cd d && git --literal-pathspecs vault diff --stat $one -- "*" ) &&
		test_expect_code 1 git vault diff $one >../actual &&
		test_grep "^+2" ../actual && test_grep ! "Binary" ../actual &&
		( cd d && test_expect_code 1 git vault diff --stat $one >../../actual ) &&
		test_grep "1 file changed" ../actual &&
		printf x >>d/a && test_expect_code 1 git vault diff $one >../actual &&
		test_grep "^Binary files a/d/a and b/d/a differ" ../actual &&
		test_grep ! "Binary.*b \*" ../actual
	) && rm -r both
'

test_expect_success 'a file that looks like a pointer stays itself' '
	git cat-file blob $(of $first tree/large) >pointer && id=$(take) &&
	test $(of $id tree/pointer) = $(of $first tree/large) &&
	git vault cat $id pointer >../actual && test_cmp_bin pointer ../actual &&
	git vault restore $id --to ../out && test_cmp_bin pointer ../out/pointer &&
	test_cmp_bin large ../out/large && rm -r ../out &&
	git vault verify --deep && rm pointer
'

test_expect_success 'with 0, or false, nothing is cut' '
	for value in 0 false no
	do
		rm -f .git/vault/index &&
		id=$(git -c vault.chunkThreshold=$value vault -q snapshot --force) &&
		test $(of $id tree/large) = $(git hash-object large) || return 1
	done &&
	test_expect_code 129 git -c vault.chunkThreshold=many vault snapshot \
		2>../err &&
	test_grep "vault.chunkThreshold is .many., which is no size" ../err &&
	test_expect_code 129 git -c vault.chunkThreshold=-1 vault snapshot &&
	rm .git/vault/index && id=$(take --force) && is_chunked $id large
'

test_expect_success 'the threshold takes git'\''s suffixes, and is 32 MiB by itself' '
	test_create_repo suffix && (
		cd suffix && truncate -s 33554432 at && truncate -s 33554433 over &&
		noise two 2049 &&
		id=$(take) && is_chunked $id over && test_must_fail is_chunked $id at &&
		rm .git/vault/index && test_config vault.chunkThreshold 2m &&
		id=$(take --force) && is_chunked $id two
	) && rm -r suffix
'

test_expect_success 'status and diff know sizes and changes' '
	one=$(take) && noise large 2001 && rm twin &&
	git vault status --json >../status &&
	test_grep "\"large\",\"change\":\"changed\".*\"bytes\":2049024" ../status &&
	test_expect_code 1 git vault diff --name-status $one >../actual &&
	printf "M\tlarge\nD\ttwin\n" >../expect && test_cmp ../expect ../actual &&
	test_expect_code 1 git vault diff $one >../actual &&
	test_grep "^Binary files a/large and b/large differ" ../actual &&
	test_grep ! "sha256" ../actual &&
	test_expect_code 1 git vault diff --json $one -- large >../actual &&
	test_grep "\"old_bytes\":2048000,\"new_bytes\":2049024" ../actual &&
	id=$(take) &&
	test_expect_code 1 git vault diff --json $one $id -- large >../actual &&
	test_grep "\"old_bytes\":2048000" ../actual &&
	test_grep "\"new_bytes\":2049024" ../actual
'

# chart ARGUMENTS: `git vault diff --stat` with these prints what is expected.
chart () {
	test_expect_code 1 git vault diff --stat "$@" >../actual &&
		test_cmp ../expect ../actual
}

test_expect_success 'a chart tells the sizes of the files, not of their pointers' '
	test_create_repo chart && (
		cd chart && git config vault.chunkThreshold 256k &&
		noise a 300 && noise "b Bin 1" 301 && echo 1 >c && noise e 10 &&
		noise g 400 && one=$(take) &&
		noise a 400 && rm "b Bin 1" && echo 2 >>c && noise d 500 &&
		noise e 20 && truncate -s 400 g &&
		cat >../expect <<-\END &&
		 a       | Bin 307200 -> 409600 bytes
		 b Bin 1 | Bin 308224 -> 0 bytes
		 c       |   1 +
		 d       | Bin 0 -> 512000 bytes
		 e       | Bin 10240 -> 20480 bytes
		 g       | Bin 409600 -> 400 bytes
		 6 files changed, 1 insertion(+)
		END
		chart $one && two=$(take) && chart $one $two &&
		test_expect_code 1 git -c color.ui=always vault diff --stat \
			$one $two >../colored &&
		test_grep "Bin .\[31m307200.\[m -> .\[32m409600.\[m" ../colored &&
		printf " a | Bin 409600 -> 307200 bytes\n" >../expect &&
		printf " 1 file changed, 0 insertions(+), 0 deletions(-)\n" \
			>>../expect && chart -R $one $two -- a &&
		test_expect_code 1 git vault diff --numstat $one $two >../actual &&
		test_grep "^-.-.a$" ../actual &&
		git vault log --stat a >../actual &&
		test_grep "^ a | Bin 307200 -> 409600 bytes" ../actual &&
		test_grep "^ a | Bin 0 -> 307200 bytes" ../actual &&
		mv d moved && printf x >>moved &&
		test_expect_code 1 git vault diff --stat -M1% $two >../actual &&
		test_grep "d => moved.* | Bin 512000 -> 512001 bytes" ../actual &&
		echo "v3* diff" >.git/info/attributes && noise v3-24 300 &&
		noise "v3 Bin 1" 300 && one=$(take) && printf x >>v3-24 &&
		printf x >>"v3 Bin 1" && two=$(take) &&
		test_expect_code 1 git vault diff --stat $one $two >../actual &&
		test_grep "^ v3-24    | Bin 307200 -> 307201 bytes$" ../actual &&
		test_grep "^ v3 Bin 1 | Bin 307200 -> 307201 bytes$" ../actual
	) && rm -r chart
'

# counts ATTRIBUTES: with these each form tells of the files in chunks what it
# tells without, but for how wide a column of the chart is.
counts () {
	for form in --stat --numstat --shortstat
	do
		for sides in "$one $two" "$two $one" $one
		do
			rm -f .git/info/attributes &&
				test_expect_code 1 git vault diff $form $sides >../wide &&
				tr -s " " <../wide >../expect &&
				printf "%b\n" "$1" >.git/info/attributes &&
				test_expect_code 1 git vault diff $form $sides >../wide &&
				tr -s " " <../wide >../actual && test_cmp ../expect ../actual || return 1
		done
	done
}

test_expect_success 'no attribute has lines of a pointer counted' '
	test_create_repo chart && (
		cd chart && git config vault.chunkThreshold 64k && mkdir -p .git/info d &&
		for f in a.txt d/b.txt gone.txt old.txt less.txt kind.txt
		do
			test_seq 30000 >$f && echo $f >>$f || exit 1
		done && echo 1 >c.txt && echo 1 >e && one=$(take) &&
		sed -i s/^7$/seven/ a.txt && echo x >>d/b.txt && rm gone.txt &&
		mv old.txt "n | 3 ++-.txt" && echo 1 >less.txt && rm kind.txt &&
		ln -s a.txt kind.txt && test_seq 40000 >"new 1.txt" && echo 2 >>c.txt &&
		echo 2 >e && two=$(take) && counts "*.txt diff\nc.txt !diff" &&
		git config diff.t.binary false && counts "*.txt diff=t\nc.txt !diff" &&
		echo "*.txt diff" >.git/info/attributes &&
		test_expect_code 1 git vault diff --numstat $one $two >../actual &&
		printf "%s\t%s\t%s\n" - - a.txt 1 0 c.txt >../expect &&
		sed 2q ../actual >../told && test_cmp ../expect ../told &&
		git vault log --stat -n 1 a.txt >../actual &&
		test_grep "^ a.txt | Bin 168900 -> 168904 bytes$" ../actual &&
		test_grep "^ 1 file changed, 0 insertions(+), 0 deletions(-)$" ../actual
	) && rm -r chart
'

test_expect_success 'where git tells no sizes the chart has none' '
	test_create_repo chart && (
		cd chart && git config vault.chunkThreshold 256k &&
		noise v1.bin 300 && noise "v1 | Bin 3 -> 4" 301 && one=$(take) &&
		mv v1.bin v2.bin && chmod +x "v1 | Bin 3 -> 4" &&
		cat >../expect <<-\END &&
		 v1 | Bin 3 -> 4  | Bin
		 v1.bin => v2.bin | Bin
		 2 files changed, 0 insertions(+), 0 deletions(-)
		END
		chart $one && test_expect_code 1 git -c color.ui=always vault diff \
			--stat $one >../actual && test_cmp ../expect ../actual
	) && rm -r chart
'

test_expect_success 'what is as long and as old as before is compared as well' '
	test_create_repo same && (
		cd same && git config vault.chunkThreshold 256k &&
		noise a 300 && touch -d "2020-01-01" a . && one=$(take) &&
		noise a 300 && touch -d "2020-01-01" a . && rm .git/vault/index &&
		two=$(take) && test $(of $one meta/manifest) = $(of $two meta/manifest) &&
		printf " a | Bin 307200 -> 307200 bytes\n" >../expect &&
		printf " 1 file changed, 0 insertions(+), 0 deletions(-)\n" \
			>>../expect && chart $one $two &&
		test_expect_code 1 git vault diff --json $one $two >../actual &&
		test_grep "\"old_bytes\":307200,\"new_bytes\":307200" ../actual
	) && rm -r same
'

test_expect_success 'a dry run and status of one path store nothing' '
	touch large && before=$(packs) &&
	git vault snapshot --dry-run >../actual && test_grep large ../actual &&
	git vault status large >../actual && git vault status >../actual &&
	test $before = $(packs) && take >/dev/null
'

test_expect_success 'in place only what differs is written' '
	id=$(take) && cp -p deep/one ../one && ino=$(stat -c %i large) &&
	touch large && noise deep/one 300 &&
	git vault restore $id --in-place >../actual 2>../err &&
	test $(stat -c %i large) = $ino && test_cmp_bin ../one deep/one &&
	git vault restore $id --in-place --overwrite always 2>../err &&
	test_grep "nothing differs" ../err &&
	test $(stat -c %i large) = $ino
'

# a system that does not tell of holes reads 30 GB of them
test_expect_success LINUX 'holes cost nothing and come back' '
	test_create_repo holes && (
		cd holes && git config vault.chunkThreshold 256k &&
		truncate -s 20G empty && truncate -s 10G middle &&
		echo here | dd of=middle bs=1 seek=5000000000 conv=notrunc 2>/dev/null &&
		noise front 300 && truncate -s 5M front && noise tail 400 &&
		truncate -s 3M back && cat tail >>back &&
		id=$(take) && git vault verify &&
		test $(packs) -lt 2000000 &&
		git ls-tree -r $(of $id meta/chunks) | wc -l >n &&
		git ls-tree -r -t $(of $id meta/chunks) | awk "{ print \$3 }" |
			sort -u >objects && test_line_count -lt 100 objects &&
		rm n objects tail && take >/dev/null &&
		git vault restore latest --to ../out &&
		for f in empty middle front back
		do
			test $(stat -c %s $f) = $(stat -c %s ../out/$f) || return 1
		done &&
		test $(du -k ../out/empty | cut -f1) = 0 &&
		test $(du -k ../out/middle | cut -f1) -lt 100 &&
		test_cmp_bin front ../out/front && test_cmp_bin back ../out/back &&
		git vault restore latest --in-place >../actual &&
		git vault cat latest front >../actual && test_cmp_bin front ../actual &&
		tail -c +4999999990 ../out/middle | head -c 20 >../a &&
		tail -c +4999999990 middle | head -c 20 >../b && test_cmp_bin ../a ../b
	) && rm -rf holes out
'

test_expect_success 'a damaged chunk is named with its path and place' '
	test_create_repo broken && (
		cd broken && git config vault.chunkThreshold 256k &&
		noise a 1000 && echo x >b && id=$(take) &&
		tree=$(of $id meta/chunks/$(of $id tree/a)) &&
		git ls-tree -r $tree | sed -n "2s/.* \([0-9a-f]*\)	.*/\1/p" >chunk &&
		first=$(git ls-tree -r -l $tree | awk "NR == 1 { print \$4 }") &&
		size=$(git cat-file -s $(cat chunk)) &&
		mkdir ../packs && mv .git/objects/pack/* ../packs/ &&
		for p in ../packs/*.pack
		do
			git unpack-objects -q <$p || return 1
		done &&
		loose=.git/objects/$(sed "s,^..,&/," chunk) && chmod u+w $loose &&
		cp $loose ../saved && rm $loose &&
		test_expect_code 1 git vault verify >../actual &&
		test_grep "^damaged $id:tree/a: its bytes from $first on are missing" \
			../actual &&
		noise other 1 && git hash-object -w other >../blob && rm other &&
		cp .git/objects/$(sed "s,^..,&/," ../blob) $loose &&
		test_expect_code 1 git vault verify >../actual &&
		test_grep "^damaged $id:tree/a: its bytes from $first to " ../actual &&
		test_grep "^damaged $id:meta/chunks/.*0001: " ../actual &&
		test_expect_code 1 git vault verify --deep >../actual.deep &&
		test_cmp ../actual ../actual.deep &&
		test_expect_code 128 git vault cat latest a >/dev/null 2>../err &&
		test_grep "byte $first" ../err &&
		test_must_fail git vault restore latest --to ../out 2>../err &&
		test_grep "a: from byte $first on" ../err && test_path_is_missing ../out &&
		cp ../saved $loose && git vault verify --deep
	) && rm -rf broken packs
'

# A snapshot of plain git whose chunks are not those of its pointer.
test_expect_success 'chunks that are another file'\''s are found by --deep' '
	test_create_repo forged && (
		cd forged && git config vault.chunkThreshold 256k &&
		noise a 300 && cp a b && printf x |
			dd of=b bs=1 seek=3 conv=notrunc 2>/dev/null && id=$(take) &&
		git cat-file blob $(of $id tree/a) | tr -d "\0" | sed "/^sha256/d" \
			>text &&
		ours=$(sed -n "s/^tree //p" text) &&
		sum=$(git cat-file blob $(of $id tree/b) | tr -d "\0" |
			sed -n "/^sha256/p") &&
		pointer=$({ sed -n 1,2p text && echo "$sum" && echo "tree $ours" &&
			printf "\0"; } | git hash-object -w --stdin) &&
		tree=$(git ls-tree $(of $id tree) a |
			sed "s/ [0-9a-f]\{40\}/ $pointer/" | git mktree) &&
		chunks=$(printf "040000 tree $ours\t$pointer\n" | git mktree) &&
		manifest=$(git cat-file blob $(of $id meta/manifest/0000) |
			sed "/ b\$/d" | git hash-object -w --stdin) &&
		layers=$(printf "100644 blob $manifest\t0000\n" | git mktree) &&
		meta=$(printf "040000 tree %s\t%s\n" $chunks chunks $layers manifest |
			git mktree) &&
		root=$(printf "040000 tree %s\t%s\n" $meta meta $tree tree |
			git mktree) &&
		new=20260101T000000Z-00000001 &&
		git update-ref refs/vault/snapshots/$new $(printf \
			"x\n\nVault-Format: 2\nVault-Id: $new\n" |
			git commit-tree $root) &&
		git vault verify $new &&
		test_expect_code 1 git vault verify --deep $new >../actual &&
		test_grep "^damaged $new:tree/a: .*SHA-256 differs" ../actual &&
		test_must_fail git vault restore $new --to ../out 2>../err &&
		test_grep "SHA-256 differs" ../err && test_path_is_missing ../out &&
		meta=$(printf "040000 tree %s\t%s\n" $layers manifest | git mktree) &&
		root=$(printf "040000 tree %s\t%s\n" $meta meta $tree tree |
			git mktree) &&
		git update-ref refs/vault/snapshots/$new $(printf \
			"x\n\nVault-Format: 2\nVault-Id: $new\n" |
			git commit-tree $root) &&
		test_expect_code 1 git vault verify $new >../actual &&
		test_grep "meta/chunks has no tree of chunks for it" ../actual
	) && rm -rf forged
'

test_expect_success 'a manifest that calls a plain file a pointer is damage' '
	test_create_repo claimed && (
		cd claimed && echo plain >a && id=$(take) &&
		manifest=$(git cat-file blob $(of $id meta/manifest/0000) |
			sed "s/ a\$/ c=6 a/; 1s/1/2/" | git hash-object -w --stdin) &&
		layers=$(printf "100644 blob $manifest\t0000\n" | git mktree) &&
		meta=$(printf "040000 tree %s\t%s\n" $layers manifest | git mktree) &&
		root=$(printf "040000 tree %s\t%s\n" $meta meta $(of $id tree) tree |
			git mktree) &&
		new=20260101T000000Z-00000001 &&
		git update-ref refs/vault/snapshots/$new $(printf \
			"x\n\nVault-Format: 2\nVault-Id: $new\n" |
			git commit-tree $root) &&
		test_expect_code 1 git vault verify $new >../actual &&
		test_grep "^damaged $new:tree/a: .*it is no pointer to chunks" \
			../actual &&
		test_expect_code 128 git vault restore $new --to ../out 2>../err &&
		test_grep "a: it is no pointer to chunks" ../err &&
		test_path_is_missing ../out
	) && rm -rf claimed
'

test_expect_success 'with one thread, or many, the objects are the same' '
	for n in 1 2 7
	do
		rm -f .git/vault/index &&
		of $(take --force --threads $n) tree >>../trees &&
		of $(git vault list --json >/dev/null; take --force --threads $n) \
			meta/chunks >>../trees || return 1
	done &&
	sort -u ../trees >../unique && test_line_count = 2 ../unique
'

test_expect_success 'a file that grows while it is read is cut and flagged' '
	test_create_repo growing && (
		cd growing && git config vault.chunkThreshold 256k &&
		noise log 20000 && { (
			i=0
			while test ! -e ../stop && test $i -lt 3000000
			do
				printf x
				i=$((i + 1))
			done
		) >>log & } &&
		writer=$! && id=$(take 2>../err) && : >../stop && wait $writer &&
		git vault snapshot --only log 2>/dev/null >/dev/null &&
		is_chunked $id log &&
		git cat-file blob $(of $id meta/manifest/0000) >../manifest &&
		test_grep "^f .* r=unstable c=[0-9]* log\$" ../manifest &&
		git vault cat --secrets $id log >../actual &&
		head -c $(wc -c <../actual) log >../expect &&
		test_cmp_bin ../expect ../actual && git vault verify --deep
	) && rm -rf growing stop
'

test_expect_success 'ls, log and archive tell of the file, not of its pointer' '
	test_create_repo looks && (
		cd looks && git config vault.chunkThreshold 256k &&
		noise large 2000 && ln large twin && truncate -s 3M sparse &&
		noise tail 300 && cat tail >>sparse && first=$(take) &&
		noise head 100 && cat large >>head && mv head large &&
		second=$(take) && is_chunked $second sparse &&
		size=$(stat -c %s large) &&
		git vault --json ls $second >../json &&
		jq -e ".entries[] | select(.path == \"large\").bytes == $size" \
			../json &&
		git vault --json log large >../json &&
		jq -e "[.versions[].bytes] == [$size, 2048000]" ../json &&
		mkdir ../tree && git vault archive $second |
		tar -C ../tree -xf - && diff -r -x .git . ../tree &&
		test $(du -k ../tree/sparse | cut -f1) -lt 1000
	) && rm -rf looks tree json
'

test_expect_success 'a link in the place of one is a link, and the other way round' '
	git init -q swap && (
		cd swap && git config vault.chunkThreshold 64k &&
		noise x 100 && cp x y && git add y && git commit -q -m y &&
		take >../id && for f in x y
		do
			mv $f ../was.$f && ln -s elsewhere $f || return 1
		done && two=$(take) && test "$(git cat-file blob $(of $two tree/x))" = elsewhere &&
		git ls-tree $(of $two tree) >../tree && test_grep "^120000.*	x$" ../tree &&
		git vault verify --deep && rm x y && mv ../was.x x && mv ../was.y y &&
		three=$(take) && is_chunked $three x &&
		git vault -q restore $three --to ../swapped &&
		cmp x ../swapped/x && cmp y ../swapped/y
	)
'

test_expect_success 'names that differ only in case are two files' '
	test_create_repo case && (
		cd case && git config vault.chunkThreshold 256k &&
		noise Model 300 && noise model 300 && id=$(take) &&
		is_chunked $id Model && is_chunked $id model &&
		git vault restore latest --to ../out && diff -r -x .git . ../out
	) && rm -rf case out
'

test_done
