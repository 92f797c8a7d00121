#!/bin/sh
# shellcheck disable=SC2154

test_description='copies in a store: push, what is behind, verify, restore, prune

The store is a folder, so that the test can damage it as a store does that
lies, loses or is set back.'
. "$(dirname "$0")/test-lib.sh"

url=file://$PWD/store
top=$PWD

# field NAME: the first of that name in the last document
field () {
	sed -n 's/^.*"'"$1"'":\([^,}]*\).*/\1/p' out
}

# replicate ARG…: its document is in out
replicate () {
	git -C "$top/one" vault --json replicate "$@" >out 2>err
}

# plain STATUS ARG…: for people; what it says is in err
plain () {
	want_=$1 && shift &&
	test_expect_code "$want_" git -C "$top/one" vault replicate "$@" >out 2>err
}

# nobody DIR COMMAND…: somebody without a key
nobody () {
	mkdir -p "$1" && home_=$top/$1 && shift &&
	HOME=$home_ XDG_CONFIG_HOME=$home_ "$@"
}

# newest: the newest manifest of the only host
newest () {
	find "$top/store/manifests" -type f | sort | tail -1
}

# faulty KIND COMMAND…: verify finds just that, and what was done is undone
faulty () {
	rm -rf saved && cp -Rp store saved && kind_=$1 && shift && "$@" &&
	test_expect_code 1 git -C one vault replicate verify home >out 2>err &&
	test_grep "^  $kind_  " out && rm -rf store && cp -Rp saved store &&
	git -C one vault replicate verify home >out
}

test_expect_success 'a repository, and a folder for its copies' '
	mkdir store && git init -q one && (
		cd one && echo .env >.gitignore && echo one >file && git add . &&
		test_tick && git commit -q -m one && git tag v1 &&
		printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
		git vault -q snapshot >/dev/null
	)
'

test_expect_success 'a target is added once, and never with a password' '
	plain 128 status other &&
	test_grep "no target .other." err &&
	replicate add home "$url" && replicate list &&
	test "$(field target)" = "\"home\"" &&
	plain 128 add home "$url" &&
	test_grep "already" err &&
	plain 129 add two file://u:hidden@h/x &&
	! grep hidden err && plain 129 add --endpoint http://u:hidden@h:9 two s3://b/x &&
	! grep hidden err && plain 129 add --endpoint u:hidden@h two s3://b/x && ! grep hidden one/.git/config &&
	plain 129 add "a b" "$url"
'

test_expect_success 'a dry run writes nothing, and the first push everything' '
	replicate push -n && test "$(field snapshots)" = 1 &&
	test -z "$(ls store)" && replicate push &&
	test "$(field manifest)" = 1 && test "$(field whole)" = false &&
	test -f store/format && test -f "$(newest)" &&
	replicate push && test "$(field manifest)" = 0 &&
	test "$(field requests)" = 1
'

# In a folder a push also writes the hint, where requests cost nothing.
test_expect_success 'how far it is behind, and a push of one snapshot in four requests' '
	replicate status && test "$(field behind_snapshots)" = 0 && (
		cd one && head -c 300000 /dev/urandom >large && git add large &&
		git vault -q snapshot >/dev/null
	) && replicate status && test "$(field behind_snapshots)" = 1 &&
	test "$(field behind_bytes)" -gt 300000 &&
	test "$(field requests)" -le 3 && replicate push &&
	test "$(field requests)" -le 5 &&
	test "$(field bytes)" -le $((300000 * 11 / 10)) &&
	replicate status && test "$(field behind_snapshots)" = 0
'

test_expect_success 'status tells bytes, requests and what they cost' '
	git -C one config vault.target.home.priceStorage 1000000 &&
	git -C one config vault.target.home.priceTraffic 1000000 &&
	git -C one config vault.target.home.currency EUR && plain 0 status &&
	test_grep "packs, about [1-9][0-9]*.[0-9]* EUR a month" out &&
	test_grep "requests* from this clone, .* sent, .* read, about .* EUR" out &&
	replicate status && test "$(field cost_used_millionths)" != null
'

test_expect_success 'three levels of verify' '
	replicate verify && test "$(field ok)" = true &&
	test "$(field requests)" -le 4 &&
	plain 3 verify --level hashed &&
	test_grep "unchecked" out &&
	replicate verify --level read && test "$(field checked)" = 2 &&
	replicate verify --level read --share 1 && test "$(field checked)" = 1 &&
	plain 129 verify --share 1 &&
	replicate status && ! grep "\"read\":null" out
'

test_expect_success 'the signature is what ssh-keygen reads' '
	sed 1q "$(newest)" >line && sed 1d "$(newest)" >sig &&
	ssh-keygen -Y check-novalidate -n git-vault-replica -s sig <line >out &&
	test_grep "Good" out
'

pack () {
	find store/packs -name "*.pack" | sort | head -1
}

test_expect_success 'what is missing, cut or changed is found' '
	faulty missing sh -c "rm \"\$1\"" - "$(pack)" &&
	faulty size sh -c "chmod u+w \"\$1\" && printf x >>\"\$1\"" - "$(pack)" &&
	rm -rf saved && cp -Rp store saved && chmod u+w "$(pack)" &&
	printf "xyz" | dd of="$(pack)" bs=1 seek=100 conv=notrunc 2>/dev/null &&
	git -C one vault replicate verify home >out &&
	test_expect_code 1 git -C one vault replicate verify --level read home >out &&
	test_grep "^  content  " out && rm -rf store && cp -Rp saved store
'

# A manifest whose number 2 was written by somebody without a key.
forge () {
	chmod u+w "$(newest)" && sed 1q "$(newest)" | sed "$1" >forged &&
		sed 1d "$(newest)" >>forged && cat forged >"$(newest)"
}

test_expect_success 'a chain that is set back, has gaps, or is forged is found' '
	faulty rollback sh -c "rm \"\$1\"" - "$(newest)" &&
	git -C one vault -q snapshot --force >/dev/null && replicate push &&
	faulty gap rm store/manifests/*/0000000002 &&
	rm -rf saved && cp -Rp store saved &&
	forge "s/\"whole\":false/\"whole\":true/" &&
	test_expect_code 1 git -C one vault replicate verify --level read home >out &&
	test_grep "cannot be used: .*signature" out &&
	rm -rf store && cp -Rp saved store &&
	chmod u+w "$(newest)" && sed 1q "$(newest)" >forged &&
	cat forged >"$(newest)" &&
	test_expect_code 1 git -C one vault replicate verify --level read home >out &&
	test_grep "nobody has signed" out &&
	rm -rf store && cp -Rp saved store &&
	cp "$(newest)" forged && cp -f forged "${forged_=$(newest | sed s/3$/4/)}" &&
	test_expect_code 1 git -C one vault replicate verify --level read home >out &&
	test_grep "written for another place" out &&
	rm -rf store && cp -Rp saved store
'

test_expect_success 'also by the audit, where this clone has forgotten it' '
	rm -rf saved && cp -Rp store saved && mv one/.git/vault/replica aside &&
	rm store/manifests/*/0000000003 store/manifests/*/0000000002 &&
	test_expect_code 1 git -C one vault replicate verify home >out &&
	test_grep "the audit tells of manifest 2" out &&
	rm -rf store one/.git/vault/replica && cp -Rp saved store &&
	mv aside one/.git/vault/replica
'

same () {
	git -C one for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/audit/" | sort >expect &&
		git -C "$1" for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/audit/" | sort >actual &&
		test_cmp expect actual
}

# has_all DIR: what is in one is there, beside what others had
has_all () {
	: >lost && { same "$1" >/dev/null || comm -23 expect actual >lost; } &&
		test_must_be_empty lost
}

test_expect_success 'everything comes back on a bare machine' '
	git -C one vault -q snapshot --force >/dev/null && replicate push &&
	git vault --json replicate restore "$url" back >out &&
	test "$(field snapshots)" = 4 && same back &&
	test_cmp one/file back/file && git -C back fsck --strict &&
	git -C back vault restore latest --in-place >/dev/null 2>&1 &&
	test_cmp one/.env back/.env
'

test_expect_success 'not from whom nobody knows, unless named; nor over something' '
	key=$(ssh-keygen -Y check-novalidate -n git-vault-replica -s sig <line |
		sed "s/.*key //") &&
	nobody none test_expect_code 128 \
		git vault replicate restore "$url" strange 2>err &&
	test_grep "$key, a key that is not known" err && test_path_is_missing strange &&
	nobody none git vault replicate restore \
		--bare --signer "$key" "$url" strange && same strange &&
	test_expect_code 128 git vault replicate restore "$url" back 2>err &&
	test_grep "not empty" err &&
	test_expect_code 129 git vault replicate restore --signer x "$url" y
'

test_expect_success 'one that was interrupted goes on' '
	id=$(sed "s/.*\"store\":\"\([0-9a-f]*\).*/\1/" store/format) &&
	git init -q half && printf %s "$id" >half/.git/vault-restore &&
	first=$(pack) && name=$(basename "$first" .pack | cut -c1-45) &&
	cp "$first" half/.git/objects/pack/$name.pack &&
	echo cut >half/.git/objects/pack/$name.idx.part &&
	git vault replicate restore "$url" half 2>said && same half &&
	offered=$(sed -n "s/.*hint: .*: git -C/git -C/p" said) &&
	test_path_is_missing half/.env && eval "$offered" &&
	test_cmp one/.env half/.env &&
	test_path_is_missing half/.git/vault-restore &&
	test -z "$(find half/.git -name "*.part")"
'

test_expect_success 'another clone of this host writes a chain of its own' '
	git clone -q one two && (
		cd two && git vault -q sync >/dev/null 2>&1 && echo two >file &&
		git vault -q snapshot >/dev/null &&
		git vault replicate add home "$url" &&
		git vault --json replicate push >../out
	) && test "$(field manifest)" = 1 && test "$(field objects)" -lt 40 &&
	test "$(ls store/manifests | wc -l)" = 2 &&
	git -C one vault replicate verify --level read home &&
	git vault --json replicate restore "$url" both >out &&
	test "$(field snapshots)" = 5
'

test_expect_success 'a copy of a clone stops, and replaces nothing' '
	cp -Rp one three && git -C one vault -q snapshot --force >/dev/null &&
	replicate push && cp -Rp store saved2 &&
	git -C three vault -q snapshot --force >/dev/null &&
	test_expect_code 128 git -C three vault replicate push 2>err &&
	test_grep "another clone uses the same name" err &&
	diff -r saved2/manifests store/manifests && rm -rf three saved2
'

test_expect_success 'another project is refused' '
	git init -q other && (
		cd other && echo x >x && git add x && git commit -q -m x &&
		git vault -q snapshot >/dev/null &&
		git vault replicate add home "$url" &&
		test_expect_code 128 git vault replicate push 2>../err
	) && test_grep "belongs to another project" err
'

test_expect_success 'an encrypted copy has nothing in clear, and comes back' '
	mkdir sealed && replicate add --encrypt sealed "file://$PWD/sealed" &&
	replicate push sealed && ! grep -rq refs/heads sealed/manifests &&
	for f in sealed/packs/*
	do
		test "$(head -c 18 "$f")" = age-encryption.org || return 1
	done &&
	replicate verify --level read sealed &&
	git vault replicate restore "file://$PWD/sealed" opened && same opened &&
	nobody none test_expect_code 5 \
		git vault replicate restore "file://$PWD/sealed" shut
'

test_expect_success 'what is not needed goes after the grace time' '
	replicate prune home && test "$(field packs)" = 0 &&
	test "$(field folded)" = true && test "$(field waiting)" -gt 0 &&
	now=$(date +%s) &&
	for clone in one two
	do
		GIT_VAULT_TEST_TIME=$((now + 900000)) git -C $clone vault replicate \
			push --whole home || return 1
	done &&
	GIT_VAULT_TEST_TIME=$((now + 2000000)) git -C one vault --json replicate \
		prune --no-fold home >out && test "$(field packs)" -gt 0 &&
	test "$(field manifests)" -gt 0 &&
	git -C one vault replicate verify --level read home &&
	git vault replicate restore "$url" pruned && has_all pruned
'

test_expect_success 'what was deleted leaves a copy of one pack, too' '
	mkdir solo && head -c 2000000 /dev/urandom >one/big && id=$(git -C one vault -q snapshot) && rm one/big &&
	replicate add solo "file://$PWD/solo" && replicate push solo && test "$(ls solo/packs/*.pack | wc -l)" = 1 &&
	replicate prune solo && test "$(field folded)" = false &&
	git -C one vault -q delete --no-trash "$id" && replicate prune solo && test "$(field folded)" = true &&
	GIT_VAULT_TEST_TIME=$(($(date +%s) + 2000000)) git -C one vault --json replicate prune --no-fold solo >out &&
	test "$(field packs)" = 1 && test "$(cat solo/packs/*.pack | wc -c)" -lt 2000000 &&
	git -C one vault replicate verify --level read solo && replicate remove solo
'

test_expect_success 'so do bundles that the list does not name' '
	mkdir bundled && replicate add --bundles bundled "file://$PWD/bundled" &&
	replicate push bundled && git -C one tag v2 &&
	replicate push --whole bundled &&
	test "$(ls bundled/bundles | wc -l)" = 2 &&
	replicate prune --no-fold bundled && test "$(field bundles)" = 0 &&
	GIT_VAULT_TEST_TIME=$(($(date +%s) + 2000000)) git -C one vault --json \
		replicate prune --no-fold bundled >out && test "$(field bundles)" = 1 &&
	bundle=$(sed -n "s/.*uri = //p" bundled/bundle-list) &&
	test "$(ls bundled/bundles)" = "${bundle#bundles/}" &&
	git clone -q "bundled/$bundle" unbundled && git -C unbundled rev-parse v2 &&
	replicate remove bundled
'

test_expect_success 'what seems to be a secret is kept back, and the rest goes' '
	(
		cd one && git checkout -q -b leak &&
		echo "password: 8Kq2vLw9sZx7Rt4g" >app.yaml && git add app.yaml &&
		git commit -q --no-verify -m leak && git rev-parse HEAD >../leaked && git checkout -q - &&
		git vault -q snapshot --force >/dev/null
	) && GIT_VAULT_TEST_TIME=$(($(date +%s) + 3000000)) test_expect_code 3 \
		git -C one vault --json replicate push home >out 2>err &&
	test_grep "app.yaml" err && test "$(field kept_back)" -ge 1 &&
	! grep -r refs/heads/leak store/manifests && test_grep "\"status\":\"partial\"" out
'

test_expect_success 'that is no success: it is reported once, and until nothing is left out' '
	test "$(git -C one vault metrics | sed -n "s/^git_vault_replica_last_success[^}]*remote=.home.*} //p")" -lt \
		"$(sed -n "s/^pushed //p" one/.git/vault/replica/home/memory)" &&
	git -C one config vault.target.home.auto true && (cd one && git vault -q snapshot --force) >out 2>err &&
	test_grep "not everything is in the target home: [0-9]* refs\? with a likely secret" err &&
	test_expect_code 1 git -C one vault doctor >out && test_grep "pushes to the target home leave something out" out &&
	git -C one vault >out 2>err && test_grep "home is incomplete" out &&
	git -C one config --unset vault.target.home.auto && git -C one branch -D leak
'

test_expect_success 'a target that is removed leaves what is stored' '
	replicate remove sealed && replicate list && ! grep sealed out &&
	test -f sealed/format && plain 128 remove sealed
'

test_expect_success 'a finding that is no secret may leave, once somebody said so' '
	git -C one branch leak "$(cat leaked)" && plain 3 push home && print=$(sed -n "s/.*--allow \([0-9a-f-]*\) .*/\1/p" err) && test -n "$print" &&
	test_path_is_file one/.git/vault/replica/home/failing && plain 0 push --allow "$print" home &&
	test_path_is_missing one/.git/vault/replica/home/failing && plain 0 push home
'

test_expect_success 'what a store is to do is written down as its own settings' '
	replicate add --region eu-1 --profile p --sse aws:kms --sse-key k1 --storage-class COLD --rate 100k \
		--ca "$top/ca.pem" --auto far s3://bucket/x && git -C one config --get-regexp "vault.target.far" >out &&
	for setting in "region eu-1" "profile p" "sse aws:kms" "ssekey k1" "storageclass COLD" "rate 102400" \
		"ca $top/ca.pem" "auto true"; do
		test_grep "^vault.target.far.$setting$" out || return 1
	done && replicate remove far && test_expect_code 1 git -C one config --get-regexp "vault.target.far" &&
	plain 129 add --rate x far s3://bucket/x && plain 129 add --sse foo far s3://bucket/x &&
	plain 128 add --sse AES256 far file:///not/there && test_grep "cannot encrypt" err && plain 128 add --storage-class COLD far sftp://host/dir && test_grep "cannot keep objects in classes" err &&
	test_expect_code 1 git -C one config --get-regexp "vault.target.far" && plain 0 push --auto && test_grep ! "home: pushed" err
'

test_expect_success 'the store as it was at a time, and the branches of another host' '
	mkdir aged && replicate add aged "file://$top/aged" && GIT_VAULT_TEST_TIME=1800000000 git -C one vault replicate push aged &&
	git -C one branch later && GIT_VAULT_TEST_TIME=1800001000 git -C one vault replicate push aged &&
	git vault replicate restore --at @1800000500 "file://$top/aged" at-that-time &&
	test_must_fail git -C at-that-time rev-parse -q --verify later && git vault replicate restore "file://$top/aged" at-last &&
	git -C at-last rev-parse -q --verify later && host=$(ls aged/manifests | head -n 1) &&
	git vault replicate restore --host "$host" "file://$top/aged" of-host && git -C of-host rev-parse -q --verify later &&
	test_expect_code 128 git vault replicate restore --at @1700000000 "file://$top/aged" none 2>err &&
	test_grep "nothing as old as" err && test_expect_code 128 git vault replicate restore --host nowhere "file://$top/aged" none 2>err &&
	test_grep "no chain of host nowhere" err && replicate remove aged
'

test_expect_success 'without a key to sign with, nothing is sent' '
	mkdir unsigned && git init -q keyless && echo 1 >keyless/a && nobody new git -C keyless vault -q snapshot &&
	git -C keyless vault -q replicate add there "file://$top/unsigned" && rm -rf new/.config new/git-vault &&
	test_expect_code 5 nobody new git -C keyless vault replicate push there 2>err &&
	test_grep "no key to sign a copy with; to make one: git vault key generate" err &&
	test_dir_is_empty unsigned && nobody new git -C keyless vault replicate push -n there 2>err
'

test_done
