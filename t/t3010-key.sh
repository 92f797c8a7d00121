#!/bin/sh

test_description='who may read what is sealed: recipients come, go and change'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool
own=$HOME/.config/git-vault/identity

# opens IDENTITY SCOPE: whether it opens all values of a scope
opens () {
	GIT_VAULT_IDENTITY=$1 "$tool" all "$2" >opened
}

# fingerprint: that of the keyring as the command prints it
fingerprint () {
	git vault key list | sed -n '1s/.* //p'
}

test_expect_success 'without a keyring there is nothing to list or change' '
	test_commit one &&
	git vault key generate -o other >other.pub &&
	test_expect_code 128 git vault key list 2>err &&
	test_grep "git vault init" err &&
	test_expect_code 128 git vault key add --name a other.pub 2>err &&
	test_grep "git vault init" err &&
	test_path_is_missing "$own" &&
	test -z "$(git for-each-ref refs/vault)"
'

test_expect_success 'an identity is made that nobody else can read, once' '
	test "$(stat -c %a other)" = 600 &&
	test_line_count -eq 2 other.pub &&
	test_grep "^age1" other.pub &&
	test_grep "^ssh-ed25519 " other.pub &&
	cp other before &&
	test_expect_code 128 git vault key generate -o other 2>err &&
	test_grep "is there already" err &&
	test_cmp before other
'

test_expect_success 'it can be made outside of a repository' '
	mkdir "$TMPDIR/outside" &&
	(cd "$TMPDIR/outside" && git vault key generate --json -o id >out) &&
	test_grep "\"recipient\":\"age1" "$TMPDIR/outside/out"
'

test_expect_success 'what is sealed first makes an identity and a keyring' '
	test_write_lines one >v1 &&
	test_write_lines two >v2 &&
	head -c 600000 /dev/urandom >large &&
	"$tool" put prod v1 v2 large >ids &&
	"$tool" put dev v1 >>ids &&
	test "$(stat -c %a "$own")" = 600 &&
	git vault key list >out &&
	test_grep "^version 1 of the keyring SHA256:" out &&
	test_line_count -eq 3 out &&
	git vault key show >out &&
	test_grep "^role    owner" out &&
	test_grep "^signer  ssh-ed25519 " out
'

test_expect_success 'until somebody else can read, status says what hangs on it' '
	git vault status >out &&
	test_grep "Only one key can decrypt the secrets;" out &&
	git vault status --json >out &&
	test_grep "\"sealed_for_one\":true" out &&
	git vault key add --name ci --role writer \
		"$(git vault key generate -o ci | head -n 1)" &&
	git vault status >out &&
	test_grep "Only one key can decrypt the secrets;" out &&
	git vault key remove ci
'

test_expect_success 'whom a scope is shared with reads what was in it already' '
	test_expect_code 5 opens other prod &&
	git vault key add --name bob --scope dev other.pub >out &&
	test_grep "^version 4 " out &&
	test_grep "re-encrypted 1 secret in 1 scope" out &&
	opens other dev &&
	test_expect_code 5 opens other prod &&
	opens "$own" prod &&
	git vault status --json >out &&
	test_grep "\"sealed_for_one\":false" out &&
	git vault key show bob >out &&
	test_grep "^role    reader" out &&
	test_grep "^scopes  dev" out
'

test_expect_success 'a name and a key are in the keyring once' '
	test_expect_code 128 git vault key add --name bob other.pub 2>err &&
	test_grep "has a recipient bob already" err &&
	test_expect_code 128 git vault key add --name bob2 other.pub &&
	git vault key list >out &&
	test_grep "^version 4 " out
'

test_expect_success 'a reader changes nothing' '
	git vault key generate -o third >third.pub &&
	test_expect_code 128 git vault key add --identity other \
		--name carol third.pub 2>err &&
	test_grep "owner" err &&
	test_expect_code 128 git vault key remove --identity other bob &&
	git vault key list >out &&
	test_grep "^version 4 " out
'

test_expect_success 'a second owner does, by the signer that generate prints' '
	test_expect_code 129 git vault key add --name carol --role owner \
		third.pub 2>err &&
	test_grep "signer" err &&
	git vault key add --name carol --role owner \
		--signer "$(tail -n 1 third.pub)" "$(head -n 1 third.pub)" &&
	git vault key add --identity third --name dave --role writer \
		"$(git vault key generate -o fourth | head -n 1)" >out &&
	test_grep "^version 6 " out &&
	opens third prod
'

test_expect_success 'a writer names by a key of its own, always the same, and opens nothing' '
	GIT_VAULT_IDENTITY=fourth "$tool" put prod v1 >actual &&
	sed -n 1p ids | cut -d" " -f1 >owned &&
	cut -d" " -f1 <actual >name &&
	! cmp -s owned name &&
	GIT_VAULT_IDENTITY=fourth "$tool" put prod v1 >again && test_cmp actual again &&
	"$tool" get prod "$(cat name)" >value && test_cmp v1 value &&
	test_expect_code 5 opens fourth prod &&
	GIT_VAULT_IDENTITY=fourth "$tool" news >out &&
	test_grep "random 0" out
'

test_expect_success 'who is removed reads nothing that is sealed afterwards' '
	git vault key remove bob >out &&
	test_grep "^version 7 " out &&
	test_grep "re-encrypted 1 secret" out &&
	test_grep "bob may have read" out &&
	test_grep "^dev  *$(tail -n 1 ids | cut -d" " -f1)" out &&
	test_grep ! "^prod" out &&
	test_expect_code 5 opens other dev &&
	opens "$own" dev &&
	"$tool" put dev v2 &&
	test_expect_code 5 opens other dev
'

test_expect_success 'what he has to give up is told to programs too' '
	git vault key add --name bob other.pub &&
	git vault key remove bob --json >out &&
	test_grep "\"version\":9," out &&
	test_grep "\"fingerprint\":\"SHA256:" out &&
	test "$(grep -o "\"scope\":\"prod\"" out | wc -l)" = 4 &&
	test_grep "\"unopened\":0" out
'

test_expect_success 'a large value is one value, and comes back whole' '
	"$tool" get prod "$(sed -n 3p ids | cut -d" " -f1)" >actual &&
	cmp large actual
'

test_expect_success 'an owner is always left, and his name is needed' '
	git vault key remove carol &&
	me=$(git vault key show | sed -n "s/^name *//p") &&
	test_expect_code 128 git vault key remove "$me" 2>err &&
	test_grep owner err &&
	test_expect_code 128 git vault key remove nobody 2>err &&
	test_grep "no recipient .nobody." err &&
	git vault key list >out &&
	test_grep "^version 10 " out
'

test_expect_success 'a host gets a new key, and reads all as before' '
	fingerprint >expect &&
	cp "$own" before &&
	git vault key rotate >out 2>err &&
	test_grep "old-" err &&
	test_grep "^version 11 " out &&
	test_must_fail test_cmp before "$own" >/dev/null &&
	ls "$HOME"/.config/git-vault >names &&
	test_line_count -eq 2 names &&
	rm "$own".old-* &&
	"$tool" all prod && "$tool" all dev &&
	test_expect_code 5 opens before prod &&
	fingerprint >actual &&
	test_cmp expect actual
'

test_expect_success 'one that was killed on the way is finished' '
	git vault key generate -o "$own.new" &&
	git vault key rotate &&
	test_path_is_missing "$own.new" &&
	"$tool" all prod
'

test_expect_success 'a link to where the key is kept stays one' '
	rm -f "$own".old-* && mkdir safe && mv "$own" safe/mine && ln -s "$PWD/safe/mine" "$own" &&
	cp safe/mine before && git vault key rotate &&
	test -h "$own" && ! test -h safe/mine &&
	! cmp -s before safe/mine && cmp before safe/mine.old-* &&
	ls "$(dirname "$own")" >names && echo identity >expect &&
	test_cmp expect names && "$tool" all prod &&
	old=$(echo safe/mine.old-*) && mv safe/mine "$old" &&
	cp before safe/mine && "$tool" all prod &&
	rm "$own" && mv "$old" "$own" && rm -r safe && "$tool" all prod
'

test_expect_success 'keys that replace each other in one second are all kept' '
	rm -f "$own".old-* && rm -rf olds && mkdir olds &&
	for i in 1 2 3 4
	do
		cp "$own" olds/$i && git vault key rotate || return 1
	done &&
	cat olds/* | grep -v "^#" | sort >expect &&
	cat "$own".old-* | grep -v "^#" | sort >actual &&
	test_cmp expect actual &&
	rm -r "$own".old-* olds && "$tool" all prod
'

test_expect_success 'an ssh key reads and signs by itself' '
	if command -v ssh-keygen >/dev/null
	then
		ssh-keygen -q -t ed25519 -N "" -C me -f ssh &&
		git vault key add --name ssh --role owner ssh.pub &&
		opens ssh prod &&
		git vault key add --identity ssh --name bob other.pub &&
		git vault key remove --identity ssh bob
	fi
'

test_expect_success 'a key that rotate cannot replace is named' '
	test_expect_code 128 test_env GIT_VAULT_IDENTITY="$PWD/other" \
		git vault key rotate 2>err &&
	test_grep "other is no recipient of the keyring, so there is nothing" err &&
	test_expect_code 128 env -u HOME -u XDG_CONFIG_HOME git vault key rotate 2>err &&
	test_grep "this host has no identity file" err
'

test_expect_success 'what is too much for an identity is not read' '
	head -c 2000000 /dev/zero | tr "\000" "#" >large &&
	test_expect_code 128 git vault key add --name x large 2>err &&
	test_grep "large is larger than [0-9]* bytes" err &&
	test_env GIT_VAULT_IDENTITY="$PWD/large" test_must_fail git vault key show 2>err &&
	test_grep "so it holds no identity" err &&
	test_expect_code 128 git vault key show --identity - <large 2>err &&
	test_grep "more than [0-9]* bytes come in" err
'

test_expect_success 'what was left half sealed is finished by the next one' '
	git vault key add --name bob other.pub &&
	git update-ref refs/before "$(git rev-parse refs/vault/secrets/prod)" &&
	git vault key remove bob &&
	git update-ref refs/vault/secrets/prod refs/before &&
	git update-ref -d refs/before &&
	opens other prod &&
	git vault key reseal >out &&
	test_grep "re-encrypted .* secrets in 1 scope" out &&
	test_expect_code 5 opens other prod &&
	"$tool" all prod &&
	git vault key reseal >out &&
	test_grep ! "^re-encrypted " out
'

test_expect_success 'words that do not belong together are refused' '
	test_expect_code 129 git vault key add other.pub &&
	test_expect_code 129 git vault key add --name "a b" other.pub &&
	test_expect_code 129 git vault key list --name a &&
	test_expect_code 129 git vault key remove &&
	test_expect_code 129 git vault key nothing &&
	test_expect_code 129 git vault key show a b &&
	test_expect_code 129 git vault key signer a &&
	test_expect_code 129 git vault key signer a b c &&
	test_expect_code 128 git vault key add --name a --signer x other.pub &&
	test_expect_code 128 git vault key add --name a no-such-file &&
	test_expect_code 128 git vault key add --name a v1
'

test_expect_success 'an identity that others can read is warned of' '
	chmod 644 "$own" &&
	test_when_finished "chmod 600 \"$own\"" &&
	git vault key show 2>err >out &&
	test_grep "others can read" err
'

test_expect_success 'the program age opens what is sealed' '
	if command -v age >/dev/null
	then
		id=$(sed -n 1p ids | cut -d" " -f1) &&
		aa=$(echo $id | cut -c 1-2) &&
		git cat-file blob "refs/vault/secrets/prod:$aa/$id.age" >file &&
		age -d -i "$own" file | gzip -dcf >actual &&
		test_cmp v1 actual &&
		if test -f ssh
		then
			age -d -i ssh file | gzip -dcf >actual && test_cmp v1 actual
		fi
	fi
'

test_expect_success 'a removal that is killed goes on where it was' '
	git init -q killed &&
	(
		cd killed &&
		test_commit one &&
		"$tool" put prod ../v1 >/dev/null &&
		git vault key add --name bob ../other.pub &&
		"$tool" many prod 6000 &&
		before=$(git rev-parse refs/vault/secrets/prod) &&
		{
			"$GIT_VAULT_BUILD_DIR"/git-vault/git-vault \
				key remove bob >out 2>err &
			pid=$!
		} &&
		n=0 &&
		while test $n -lt 2000 &&
			test $before = "$(git rev-parse refs/vault/secrets/prod)"
		do
			sleep 0.01
			n=$((n + 1))
		done &&
		kill -9 $pid && ! wait $pid 2>/dev/null &&
		git cat-file blob refs/vault/secrets/prod:sealed-for >for &&
		test_line_count -eq 2 for &&
		"$tool" all prod &&
		git vault key reseal >out &&
		done=$(sed -n "s/^re-encrypted \([0-9]*\) secret.*/\1/p" out) &&
		test "$done" -gt 0 && test "$done" -lt 6001 &&
		git cat-file blob refs/vault/secrets/prod:sealed-for >for &&
		test_line_count -eq 1 for &&
		test_expect_code 5 opens ../other prod &&
		"$tool" all prod >opened &&
		test_grep "opened	6001" opened
	)
'

# Values that are here already keep their ids, what is new gets one by a new key.
test_expect_success 'after a removal the same bytes are no change' '
	test_create_repo removal && (
		cd removal && echo .env >.gitignore && git add . && git commit -q -m base &&
		echo "PASSWORD=hunter2secret8" >.env && echo "password: xK9#mQ2vL7pWz1" >conf.yml &&
		git vault -q snapshot >../id &&
		git vault key add bob "$(git vault key generate -o ../removed | head -n 1)" &&
		git vault key remove bob && touch .env conf.yml &&
		git vault status -v >../out && test_grep "^  metadata  *.env" ../out &&
		test_grep "^  metadata  *conf.yml" ../out && test_grep ! "^  changed" ../out &&
		git vault diff >../diff && test_must_be_empty ../diff &&
		git vault snapshot >>../id 2>../err && test_grep ! "of them new" ../err &&
		git vault diff latest~1 latest >../diff && test_must_be_empty ../diff &&
		echo "PASSWORD=hunter2secret9" >.env && git vault snapshot >>../id 2>../err &&
		test_grep "1 of them new" ../err &&
		test_expect_code 1 git vault diff latest~1 latest >../diff && test_grep "PASSWORD changed" ../diff
	)
'

test_expect_success 'each change stands in the audit chain, and no other' '
	git log --format=%B --glob="refs/vault/audit/*" >events &&
	test_grep "^Vault-Event: key-add" events &&
	test_grep "^Vault-Event: key-remove" events &&
	test_grep "^Vault-Event: key-rotate" events &&
	version=$(git vault key list | sed -n "1s/version \([0-9]*\) .*/\1/p") &&
	test "$(grep -c "^Vault-Event: key-" events)" = $version
'

test_expect_success 'git finds nothing wrong with what was written' '
	git fsck --strict --no-dangling >out 2>&1 &&
	test_must_be_empty out
'

test_done
