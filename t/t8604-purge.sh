#!/bin/sh
# shellcheck disable=SC2154

test_description='purge: a file leaves every snapshot and every copy

What holds it in a copy is seen in the indexes of its packs, and everything else
must come back from the copy.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

top=$PWD

# one ARG…: git vault in the clone "one"
one () {
	git -C "$top/one" vault "$@" >out 2>err
}

# save NAME: a snapshot, and a push to all targets
save () {
	git -C one vault snapshot -m "$1" --force >id 2>/dev/null &&
	git -C one vault replicate push >pushed 2>&1 || {
		cat pushed && return 1
	}
}

# objects DIR: of all packs in a store's folder
objects () {
	for idx in "$1"/packs/*.idx
	do
		git show-index <"$idx" | cut -d" " -f2
	done | sort -u
}

# blobs SNAPSHOT PATH: what a file is stored as
blobs () {
	git -C one rev-parse "refs/vault/snapshots/$1:tree/$2"
}

# clean DIR ID…: no pack has one of them
clean () {
	objects "$1" >have && shift &&
	for id
	do
		! grep "$id" have || return 1
	done
}

# back URL DIR: restored from a copy, with the files of all snapshots but `gone`
back () {
	rm -rf "$2" && git vault replicate restore "$1" "$2" >/dev/null 2>err &&
	git -C "$2" fsck --connectivity-only 2>/dev/null &&
	files one >want && files "$2" >is && test_cmp want is
}

# files DIR: of all snapshots, as they are stored
files () {
	git -C "$1" for-each-ref --format="%(refname)" refs/vault/snapshots |
	while read -r ref
	do
		echo "$ref" && git -C "$1" ls-tree -r "$ref" || return 1
	done
}

test_expect_success 'snapshots with a file, and copies of them' '
	mkdir home usb && git init -q one && (
		cd one && echo .env >.gitignore && mkdir dump && echo 1 >keep &&
		git add . && test_tick && git commit -q -m one &&
		printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
		git vault replicate add home "file://$top/home" &&
		git vault replicate add --encrypt usb "file://$top/usb"
	) && save zero && head -c 200000 /dev/urandom >one/dump/a.bin &&
	echo "customer 1" >one/dump/b.csv && save first && first=$(cat id) &&
	echo 2 >one/keep && echo "customer 2" >one/dump/b.csv &&
	save second && second=$(cat id) && rm -r one/dump && mkdir one/dump &&
	echo other >one/dump/c && save third && third=$(cat id) &&
	gone="$(blobs "$first" dump/a.bin) $(blobs "$first" dump/b.csv)
		$(blobs "$second" dump/b.csv)" &&
	! clean home $gone
'

test_expect_success 'what is no file of the tree is refused' '
	test_expect_code 129 git -C one vault purge . 2>err &&
	test_grep "git vault delete" err &&
	test_expect_code 129 git -C one vault purge ../x 2>err &&
	test_expect_code 129 git -C one vault purge --local 2>err
'

test_expect_success 'an identity that is missing is named, also by a dry run' '
	test_expect_code 128 git -C one vault purge -n --identity none keep 2>err &&
	test_grep "none" err
'

test_expect_success 'a dry run names the files and changes nothing' '
	git -C one for-each-ref >before &&
	cp "$HOME/.config/git-vault/identity" key.txt &&
	one purge -n --identity "$top/key.txt" dump/a.bin dump/b.csv &&
	test_grep "^removed *$first:dump/a.bin" out &&
	test_grep "2 snapshots would be rewritten, 4 files" out &&
	git -C one for-each-ref >after && test_cmp before after &&
	test ! -e one/.git/vault/replica/home/purge
'

test_expect_success 'a purge that is killed before the copies is known' '
	one purge --local --reason customers dump/a.bin dump/b.csv &&
	test_grep "2 snapshots rewritten, 4 files removed" out &&
	one purge -n && test_grep "target home: an earlier purge" out &&
	test_grep "target usb: an earlier purge" out && ! clean home $gone
'

test_expect_success 'snapshots keep their ids and all other files' '
	for id in $first $second
	do
		git -C one ls-tree -r --name-only "refs/vault/snapshots/$id" \
			>names && ! grep "tree/dump/[ab]" names &&
		grep "tree/keep" names || return 1
	done && git -C one vault verify --all >out &&
	git -C one log -1 --format=%B "refs/vault/snapshots/$first" >out &&
	test_grep "^Vault-Id: $first" out && test_grep "^Vault-Rewritten:" out &&
	git -C one vault restore "$second" --to "$top/second" &&
	test "$(cat second/keep)" = 2 && test ! -e second/dump/b.csv &&
	git -C one log -1 --format=%B --glob=refs/vault/audit >out &&
	git -C one log --format=%B --glob=refs/vault/audit >out &&
	test_grep "Vault-Reason: customers" out
'

test_expect_success 'a target that is away is named, with what to do' '
	mv home away && test_expect_code 3 git -C one vault purge >out 2>err &&
	test_grep "the target home still has it: .*to go on: git vault purge" err &&
	test_grep "target usb: removed [2-9] packs" out && mv away home
'

test_expect_success 'then it goes on, and no copy has the file' '
	one purge && test_grep "target home: removed [2-9] packs" out &&
	clean home $gone && test ! -e one/.git/vault/replica/home/purge &&
	test ! -e one/.git/vault/replica/usb/purge && one purge &&
	test_must_be_empty out
'

test_expect_success 'everything else comes back from each copy' '
	back "file://$top/home" back && back "file://$top/usb" back &&
	git -C one vault replicate verify --level read >out
'

test_expect_success 'the next push goes on from there' '
	echo 3 >one/keep && save fourth && back "file://$top/home" back
'

test_expect_success 'large files lose their chunks, but not those of others' '
	head -c 3000000 /dev/urandom >one/big && {
		cat one/big && head -c 300000 /dev/urandom
	} >one/bigger && git -C one config vault.chunkThreshold 200k &&
	save big && big=$(cat id) &&
	git -C one ls-tree -r -t "refs/vault/snapshots/$big:meta/chunks" >chunks &&
	test -s chunks && one purge bigger &&
	git -C one vault verify --all >out &&
	git -C one vault restore "$big" --to "$top/large" && cmp one/big large/big &&
	test ! -e large/bigger && back "file://$top/home" back &&
	objects home >have &&
	git -C one ls-tree -r -t "refs/vault/snapshots/$big:meta/chunks" |
		cut -f1 | cut -d" " -f3 | sort -u >stay &&
	cut -f1 chunks | cut -d" " -f3 | sort -u >all &&
	comm -23 all stay >lost && test -s lost && comm -12 lost have >still &&
	test_must_be_empty still && one purge big && objects home >have &&
	comm -12 stay have >still && test_must_be_empty still
'

test_expect_success 'what the history has is named, and removed later' '
	echo history >one/h && git -C one add h && git -C one commit -q -m h &&
	h=$(git -C one rev-parse HEAD:h) && save h &&
	test_expect_code 3 git -C one vault purge h >out 2>err &&
	test_grep "your own history: h" out &&
	test_grep "1 object of Git with it is still in branches" out &&
	git -C one reset -q --hard HEAD^ &&
	git -C one reflog expire --expire=now --all &&
	one purge h && clean home "$h" && back "file://$top/home" back
'

test_expect_success 'what equals the file at another path stays' '
	echo same >one/x && echo same >one/y && save xy && xy=$(cat id) &&
	one purge x && test "$(git -C one cat-file -p \
		"refs/vault/snapshots/$xy:tree/y")" = same &&
	back "file://$top/home" back &&
	test ! -e one/.git/vault/replica/home/purge
'

test_expect_success 'a purge that does not end here is not done in the copies' '
	echo begun >"one/a
b" && save begun && n=$(git -C one rev-parse "refs/vault/snapshots/$(cat id):tree/a
b") && mkdir -p one/.git/hooks && cat >one/.git/hooks/reference-transaction <<-\END &&
	#!/bin/sh
	! grep -q refs/vault/snapshots/
	END
	chmod +x one/.git/hooks/reference-transaction &&
	test_must_fail git -C one vault purge "a
b" 2>err && rm one/.git/hooks/reference-transaction &&
	test_expect_code 3 git -C one vault purge >out 2>err &&
	test_grep "did not end; to end it: git vault purge -- " out &&
	test_might_fail git -C one vault doctor >out 2>&1 &&
	test_grep "target home still has files of an earlier purge" out &&
	one purge "a
b" && clean home "$n" && test ! -e one/.git/vault/replica/home/purge
'

test_expect_success 'of two secrets from stdin, the one that ends does not end the other' '
	printf "plain-value-one" >one/first && printf "plain-value-two" >one/second &&
	save values && n=$(git -C one rev-parse "refs/vault/snapshots/$(cat id):tree/first") &&
	cat >one/.git/hooks/reference-transaction <<-\END &&
	#!/bin/sh
	! grep -q refs/vault/snapshots/
	END
	chmod +x one/.git/hooks/reference-transaction &&
	test_must_fail git -C one vault secret purge --stdin <one/first 2>err &&
	rm one/.git/hooks/reference-transaction &&
	test_expect_code 3 git -C one vault secret purge --stdin <one/second >out 2>err &&
	test_expect_code 3 git -C one vault purge >out 2>err &&
	test_grep "did not end; to end it: git vault secret purge --stdin --reason .value [0-9a-f]\{8\}.$" out &&
	eval "$(sed -n "s/.*to end it: git vault/one/p" out) <one/first" &&
	clean home "$n" && test ! -e one/.git/vault/replica/home/purge &&
	rm one/first one/second
'

test_expect_success 'automatic saves are rewritten, and the copy has them' '
	echo "save 1" >one/v && git -C one vault -q snapshot --auto &&
	v=$(printf "save 1\n" | git hash-object --stdin) && echo "save 2" >one/v &&
	save auto && ! clean home "$v" && rm one/v && one purge v &&
	test_grep "1 snapshot and 1 automatic save rewritten" out && clean home "$v" &&
	back "file://$top/home" back
'

test_expect_success 'a known-good record keeps the file, and is named' '
	mkdir -p one/envs/prod && echo "p: good" >one/envs/prod/g &&
	git -C one vault -q snapshot -m good --force >id 2>err &&
	g=$(blobs "$(cat id)" envs/prod/g) &&
	git -C one vault good mark prod >out 2>&1 &&
	git -C one vault replicate push && ! clean home "$g" &&
	test_expect_code 3 git -C one vault purge envs/prod/g >out 2>err &&
	test_grep "left .*tree/envs/prod/g (a known-good record" out &&
	test_grep "left .*known-good records of this clone" out &&
	! clean home "$g" &&
	test_expect_code 3 git -C one vault purge envs/prod/g >out 2>err &&
	git -C one for-each-ref --format="delete %(refname)" refs/vault/good |
		git -C one update-ref --stdin && rm one/envs/prod/g &&
	one purge envs/prod/g && clean home "$g"
'

test_expect_success 'a purge of what was not to be in plaintext goes on in the copies' '
	echo "port = 1" >one/open.tfvars && save plain &&
	e=$(blobs "$(cat id)" open.tfvars) && ! clean home "$e" &&
	one secret purge --precious && test_grep "rewritten .*open.tfvars" out &&
	clean home "$e" && rm one/open.tfvars && back "file://$top/home" back
'

# loose ID…: they are files of the repository "broken", to be removed
loose () (
	cd broken && for p in .git/objects/pack/*.pack
	do
		mv "$p" unpacked && rm -f "${p%.pack}".* &&
		git unpack-objects -q <unpacked || exit 1
	done && for id
	do
		rm ".git/objects/$(echo "$id" | sed "s,^..,&/,")" || exit 1
	done
)

test_expect_success 'a damaged file can be purged, a damaged folder is named' '
	git init -q broken && mkdir broken/d && echo 1 >broken/d/f &&
	echo 2 >broken/g && git -C broken vault -q snapshot >id 2>/dev/null &&
	f=$(git -C broken rev-parse "refs/vault/snapshots/$(cat id):tree/d/f") &&
	loose "$f" && rm broken/d/f && git -C broken vault purge d/f &&
	g=$(git -C broken rev-parse "refs/vault/snapshots/$(cat id):tree") &&
	loose "$g" &&
	test_must_fail git -C broken vault purge g 2>err &&
	test_grep "git vault verify " err && (
		cd broken && eval "$(sed -n "s/.*first: \(git vault delete\)/\1 -y/p" ../err)" &&
		git vault snapshot && git vault purge g
	)
'

test_expect_success 'history goes for its own path, not for equal content' '
	git -C one checkout -q -b side && echo equal >one/e1 && >one/e0 &&
	git -C one add e0 e1 && git -C one commit -q -m side && save side &&
	side=refs/vault/snapshots/$(cat id) && tip=$(git -C one rev-parse side) &&
	git -C one checkout -q - && git -C one branch -q -D side &&
	git -C one reflog expire --expire=now --all && echo equal >one/e2 &&
	>one/e3 && save equal && one purge e3 &&
	test_expect_code 3 git -C one vault purge e2 >out 2>err &&
	test_grep "history that a snapshot keeps: e1 (purge that path, too)" out &&
	test "$(git -C one rev-parse "$side^")" = "$tip" && rm one/e2 one/e3 &&
	one purge e1 && test "$(git -C one rev-parse "$side^")" != "$tip" &&
	clean home $(echo equal | git hash-object --stdin)
'

test_expect_success 'the chain of another host is named, and purged from its clone' '
	echo shared >one/s && save shared && s=$(blobs "$(cat id)" s) &&
	git clone -q one two && (
		cd two && git vault sync >/dev/null 2>&1 &&
		git vault replicate add home "file://$top/home" &&
		git vault replicate push
	) && test_expect_code 3 git -C one vault purge s >out 2>err &&
	test_grep "the host .* needs [1-9].*in its clone: git vault purge -- s" out &&
	! clean home "$s" && back "file://$top/home" back &&
	git -C two vault purge -- s >out && clean home "$s" &&
	one purge && test ! -e one/.git/vault/replica/home/purge &&
	git -C one vault replicate verify home >out
'

# purge_at_once FILE: by both clones; true if each ended, or named what it left
purge_at_once () {
	git -C one vault purge $1 >one.out 2>&1 &
	first=$!
	git -C two vault purge $1 >two.out 2>&1
	second=$?
	wait $first
	case $?,$second in
	[03],[03]) ;;
	*) cat one.out two.out && return 1 ;;
	esac
}

test_expect_success 'two clones that purge at once leave each other alone' '
	echo both >one/t && save both && t=$(blobs "$(cat id)" t) && rm one/t &&
	test_might_fail git -C two vault sync >/dev/null 2>&1 &&
	git -C two vault replicate push &&
	! clean home "$t" && purge_at_once t && purge_at_once && purge_at_once &&
	clean home "$t" && test ! -e one/.git/vault/replica/home/purge &&
	test ! -e two/.git/vault/replica/home/purge && back "file://$top/home" back &&
	git -C one vault replicate verify --level read home >out &&
	git -C two vault replicate verify --level read home >out &&
	echo next >one/t && save next && back "file://$top/home" back
'

test_expect_success 'the pack of a first push that was killed is named, and goes later' '
	mkdir first && git init -q three && echo k >three/k && (
		cd three && git vault replicate add first "file://$top/first" &&
		git vault -q snapshot && git vault replicate push
	) >out 2>&1 && k=$(git -C three hash-object k) && ! clean first "$k" &&
	rm -r first/manifests first/heads three/.git/vault/replica/first &&
	test_expect_code 3 git -C three vault purge k >out 2>err &&
	test_grep "left .*may be of a push that is under way until" out &&
	! clean first "$k" && test_expect_code 3 git -C three vault purge >out 2>err &&
	GIT_VAULT_TEST_TIME=$(($(date +%s) + 8 * 86400)) git -C three vault purge >out 2>err &&
	test_grep "removed 1 pack" out && clean first "$k" &&
	test ! -e three/.git/vault/replica/first/purge
'

test_expect_success 'who must agree to deletions must agree to a purge' '
	printf "delete:\n  approvals: 1\n" >one/.gitvault.yaml &&
	git -C one add .gitvault.yaml && git -C one commit -q -m asks &&
	echo asked >one/q && save asked && q=$(cat id) &&
	test_expect_code 128 git -C one vault purge q 2>err &&
	test_grep "git vault delete --approve.* --no-trash.*$q" err &&
	blobs "$q" q && one purge --without-approval --reason urgent q &&
	test_must_fail blobs "$q" q && git -C one reset -q --hard HEAD^
'

test_expect_success 'bundles that may have it go, and a new one is written' '
	mkdir cdn && git -C one vault replicate remove usb &&
	git -C one vault replicate add --bundles cdn "file://$top/cdn" &&
	echo b >one/b && git -C one add b && git -C one commit -q -m b &&
	save bundled && ls cdn/bundles >bundles && test_line_count = 1 bundles &&
	git -C one reset -q --hard HEAD^ && echo n >one/n && git -C one add n &&
	git -C one commit -q -m n &&
	git -C one reflog expire --expire=now --all &&
	one purge b && ls cdn/bundles >now && test_line_count = 1 now &&
	! test_cmp bundles now && git bundle list-heads cdn/bundles/* >out &&
	grep "$(git -C one rev-parse HEAD)" out
'

test_expect_success 'versions of a bucket go, too' '
	store_start s3 && git init -q far && (
		cd far && echo 1 >keep && git add . && git commit -q -m one &&
		git vault replicate add --endpoint "$endpoint" s3 "$store_url"
	) && echo secret >far/f && git -C far vault -q snapshot >/dev/null 2>&1 &&
	git -C far vault replicate push && store_on versions && store_on page 1 &&
	git -C far vault purge f >out 2>err &&
	test_grep "target s3: removed 1 pack" out && store versions packs/ >out &&
	test_line_count = 2 out && test $(grep -c current out) = 2 && store_off
'

# prune_later ARG…: a minute after the last push
prune_later () {
	GIT_VAULT_TEST_TIME=$(($(date +%s) + 60)) git -C far vault replicate prune --grace 1s "$@" s3
}

test_expect_success 'a prune deletes what a bucket hides of objects that nobody needs, or names it' '
	store_on versions && echo v >far/v && git -C far vault -q snapshot >/dev/null 2>&1 && git -C far vault replicate push && git -C far vault replicate push --whole &&
	store_on locked never && prune_later 2>err && test_grep "hidden versions* of deleted objects stay in .* cost money: this host may not delete them.*git vault replicate prune s3" err &&
	store versions packs/ >hidden && grep marker hidden && rm "$store_dir/on/locked" && prune_later --no-fold -n 2>err && test_grep "would delete [1-9][0-9]* hidden versions* of deleted objects" err &&
	store versions packs/ >now && test_cmp hidden now && prune_later --no-fold 2>err && test_grep "deleted [1-9][0-9]* hidden versions*" err &&
	store versions packs/ >now && ! grep marker now && ! grep -v current now && git -C far vault replicate verify s3
'

test_expect_success 'what is needed stays hidden, and a store that tells of no versions is named' '
	pack=$(store list packs/ | grep -o "packs/pack-[0-9a-f]*[.]pack" | head -n 1) && store get $pack >pack && store delete $pack && prune_later --no-fold &&
	store versions $pack >now && grep marker now && grep -v "marker\|current" now && store put $pack pack && echo w >far/w &&
	git -C far vault -q snapshot >/dev/null 2>&1 && git -C far vault replicate push && git -C far vault replicate push --whole && store_off && store_on unversioned &&
	prune_later --no-fold 2>err && test_grep "does not let this host list versions" err && store_off && store_on versions
'

test_expect_success 'what was deleted before, and is kept by the bucket, goes' '
	store_on versions && echo again >far/g &&
	git -C far vault -q snapshot >/dev/null 2>&1 &&
	git -C far vault replicate push && git -C far vault replicate push --whole &&
	store list packs/ >all && n=$(wc -l <all) &&
	store_on locked 2031-05-06T00:00:00Z && prune_later 2>err &&
	test_grep "hidden versions* of deleted objects locked in the store until 2031-05-06" err && rm "$store_dir/on/locked" &&
	store versions packs/ >out &&
	grep marker out && git -C far vault purge g >out 2>err &&
	store versions packs/ >out && test_line_count = 2 out && ! grep marker out
'

test_expect_success 'a lock is named with the day on which it ends' '
	echo locked >far/l && git -C far vault -q snapshot >/dev/null 2>&1 &&
	git -C far vault replicate push && store_on locked 2031-05-06T00:00:00Z &&
	test_expect_code 3 git -C far vault --json purge l >out 2>err &&
	test_grep "\"kind\":\"locked\".*\"until\":\"2031-05-06T00:00:00Z\"" out &&
	test_expect_code 3 git -C far vault purge >out 2>err &&
	test_grep "locked in the store until 2031-05-06" out &&
	rm "$store_dir/on/locked" && git -C far vault purge >out 2>err &&
	test_grep "removed [1-9]" out && store versions packs/ >out &&
	! grep -v current out && store_off
'

test_expect_success 'a host that may not delete is told so' '
	echo denied >far/d && git -C far vault -q snapshot >/dev/null 2>&1 &&
	git -C far vault replicate push && store_on readonly &&
	test_expect_code 3 git -C far vault purge d >out 2>err &&
	test_grep "does not let this host delete .*git vault purge" out && store_off &&
	git -C far vault purge >out && test_grep "removed [1-9]" out
'

test_expect_success 'a host that may not list versions is told so' '
	echo hidden >far/h && git -C far vault -q snapshot >/dev/null 2>&1 &&
	git -C far vault replicate push && store_on unversioned &&
	test_expect_code 3 git -C far vault purge h >out 2>err &&
	test_grep "does not let this host list versions" out && store_off &&
	git -C far vault purge >out && store_stop
'

test_done
