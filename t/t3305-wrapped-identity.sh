#!/bin/sh
# shellcheck disable=SC2154

test_description='an identity that the key of a service wraps: AWS KMS, Transit

beside the servers of t3300 and t3301; the identity is in no file in clear'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-93b1f05ce7d2486a'
own=$HOME/.config/git-vault/identity

# server KIND: a new one, whose keys nobody has wrapped anything by yet, and how
# it logs that it was asked to unwrap
server () {
	case $1 in
	vault)
		backend_vault && unwraps=/transit/decrypt/ ;;
	aws)
		backend_aws && unwraps=Decrypt ;;
	esac
}

# down COMMAND…: while nobody answers
down () {
	(
		VAULT_ADDR=http://127.0.0.1:1 AWS_ENDPOINT_URL=http://127.0.0.1:1
		export VAULT_ADDR AWS_ENDPOINT_URL
		"$@"
	)
}

# vaults KIND: the policy
vaults () {
	case $1 in
	vault) how='kind: transit' values='kind: hashicorp' name= ;;
	aws)
		how='kind: kms, region: eu-central-1' name=alias/
		values='kind: aws, region: eu-central-1' ;;
	esac
	cat <<-END
	vaults:
	  team: { $how, key: ${name}team }
	  other: { $how, key: ${name}other }
	  none: { $how, key: ${name}none }
	  values: { $values }
	END
}

# asked N: how often something was unwrapped since this was looked at last
asked () {
	test "$(backend_asked $unwraps)" = "$1" || {
		echo "asked $(backend_asked $unwraps) times, not $1" >&2
		return 1
	}
	backend_forget
}

# refused CODE WORDS COMMAND…: with a sentence, and no file "new"
refused () {
	code_=$1 words_=$2
	shift 2
	test_expect_code "$code_" "$@" >out 2>err &&
		test_must_be_empty out && test_grep "$words_" err &&
		test_path_is_missing new && test_path_is_missing "$own.new"
}

# placeholders WORDS: a restore gives them, and says why
placeholders () {
	rm -rf ../none &&
		test_expect_code 5 git vault restore latest --to ../none \
			>out 2>err </dev/null &&
		test_grep "GITVAULT" ../none/envs/prod.env &&
		test_grep ! -r "$value" ../none &&
		cmp plain ../none/plain && test_grep "identity.*$1" err
}

# whole: a restore gives all
whole () {
	rm -rf ../full && git vault restore latest --to ../full &&
		diff -r envs ../full/envs && cmp plain ../full/plain
}

# flip FILE AT: another byte there
flip () {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1") &&
		printf "\\$(printf %o $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# nowhere: the identity is in no file, in no object, in none of its forms
nowhere () {
	key=$(backend-tool unlock "$own" |
		sed -n "s/^AGE-SECRET-KEY-1//p") && test ${#key} = 58 &&
		git cat-file --batch-all-objects --batch --buffer >../all &&
		for form in "AGE-SECRET-KEY-1" "$key" \
			"$(printf %s "$key" | base64 -w 0 | cut -c 1-72)" \
			"$(printf %s "x$key" | base64 -w 0 | cut -c 5-72)" \
			"$(printf %s "xx$key" | base64 -w 0 | cut -c 5-72)"
		do
			! grep -r -l -a -F -e "$form" "$TRASH_DIRECTORY/.." ||
				return 1
		done
}

for kind in vault aws
do

server $kind || exit 1
rm -rf "$HOME/.config/git-vault"

test_expect_success "$kind: an identity is made that the service has wrapped" '
	rm -rf repo full none && test_create_repo repo && cd repo &&
	vaults $kind >.gitvault.yaml &&
	git vault key generate --wrap team -o new >new.pub &&
	test "$(stat -c %a new)" = 600 &&
	test_line_count -eq 2 new.pub &&
	test_grep "^age1" new.pub && test_grep "^ssh-ed25519 " new.pub &&
	sed -n 1,2p new >actual &&
	test_write_lines "git-vault wrapped identity 1" "vault team" >expect &&
	test_cmp expect actual &&
	test_grep ! SECRET new &&
	cp new before &&
	test_expect_code 128 git vault key generate --wrap team -o new 2>err &&
	test_grep "is there already" err && test_cmp before new &&
	git vault key generate --wrap team --json -o json >out &&
	test_grep "\"recipient\":\"age1" out && asked 0 &&
	rm new new.pub before json
'

test_expect_success "$kind: what cannot be wrapped leaves no file" '
	cd repo &&
	refused 128 "there is no vault .nobody. in .gitvault.yaml" \
		git vault key generate --wrap nobody -o new &&
	refused 128 "the vault values keeps values and wraps no keys" \
		git vault key generate --wrap values -o new &&
	refused 128 "vault none: .*none" \
		git vault key generate --wrap none -o new &&
	refused 128 "vault team: cannot reach 127.0.0.1:1" \
		down git vault key generate --wrap team -o new &&
	backend_on expired &&
	refused 5 "vault team: .*expired" \
		git vault key generate --wrap team -o new &&
	backend_off expired && backend_on malformed &&
	refused 128 "vault team: .*no JSON" \
		git vault key generate --wrap team -o new &&
	test_expect_code 129 git vault key list --wrap team 2>err &&
	test_grep "does not take --wrap" err &&
	mkdir "$TMPDIR/$kind" && cd "$TMPDIR/$kind" &&
	refused 128 "and this is not a git repository" \
		git vault key generate --wrap team -o new
'

test_expect_success "$kind: it is what a first keyring is made for, or nothing is made" '
	cd repo &&
	git vault key generate --wrap team >pub && backend_forget &&
	test_expect_code 5 down git vault init >out 2>err &&
	test_grep "$own (vault team: cannot reach 127.0.0.1:1" err &&
	test -z "$(git for-each-ref refs/vault/keyring)" &&
	git vault init && asked 1 &&
	git vault key list >out && asked 0 &&
	test_grep "$(head -n 1 pub)" out &&
	git vault key show >out && asked 1 &&
	test_grep "$(tail -n 1 pub)" out &&
	rm pub out err
'

test_expect_success "$kind: what is sealed comes back, and the service is asked once" '
	cd repo &&
	test_write_lines "/*" !/envs !/plain !/.gitvault.yaml \
		>.git/info/exclude &&
	mkdir envs && echo "DB_PASSWORD=$value" >envs/prod.env &&
	echo plain >plain && git add plain && git commit -q -m first &&
	backend_forget &&
	id=$(git vault snapshot) && asked 1 &&
	git grep -q GITVAULT "refs/vault/snapshots/$id:tree" &&
	whole && asked 1 &&
	git vault cat --secrets latest:envs/prod.env >../actual && asked 1 &&
	test_cmp envs/prod.env ../actual &&
	echo other >envs/prod.env &&
	git vault restore latest --in-place envs/prod.env && asked 1 &&
	test_cmp ../actual envs/prod.env
'

test_expect_success "$kind: it may come in, and the service is asked once" '
	cd repo && id=$(git vault snapshot) && came=$TMPDIR/came &&
	mv "$own" "$came" && test_when_finished "mv $came $own" &&
	rm -rf ../full && backend_forget &&
	git vault restore $id --to ../full --identity - <"$came" &&
	diff -r envs ../full/envs && asked 1 && rm envs/prod.env &&
	git vault restore $id --in-place --identity - <"$came" &&
	diff -r envs ../full/envs && asked 1
'

test_expect_success "$kind: who needs no key does not ask" '
	cd repo &&
	sleep 0.1 && # a file this young is looked into again, for its id
	git vault snapshot && backend_forget &&
	for command in "status" "list" "log plain" "ls latest" "key list" \
		"cat latest:plain" "verify" "secret list" \
		"repair" "key reseal" "snapshot" \
		"restore latest --no-secrets --to ../none"
	do
		rm -rf ../none && git vault $command && asked 0 &&
		rm -rf ../none && down git vault $command 2>../err &&
		test_grep ! vault.team ../err || return 1
	done &&
	echo more >>plain && git vault snapshot && asked 0
'

test_expect_success "$kind: while it is down the rest is done, and it is said why" '
	cd repo &&
	down placeholders "opens nothing: vault team: cannot reach 127.0.0.1:1" &&
	echo "DB_PASSWORD=$value-two" >envs/prod.env &&
	down git vault snapshot 2>err &&
	test_grep "identity $own opens nothing: vault team: cannot reach" err &&
	test_grep "without it the id key cannot be" err &&
	git cat-file --batch-all-objects --batch --buffer >../all &&
	test_grep ! -a "$value" ../all && whole &&
	git vault key list >before && cp "$own" own &&
	refused 5 "vault team: cannot reach" down git vault key rotate &&
	refused 5 "vault team: cannot reach" down git vault key show &&
	git vault key generate -o bob >bob.pub &&
	refused 5 "vault team: cannot reach" down git vault key add --name bob \
		--role writer "$(head -n 1 bob.pub)" && rm bob bob.pub &&
	test_cmp own "$own" && ls "$own"* >actual && test_line_count -eq 1 actual &&
	git vault key list >actual && test_cmp before actual && rm before own
'

test_expect_success "$kind: a scan asks for its findings, and says what it is without" '
	cd repo && cp .gitvault.yaml ../policy &&
	test_when_finished "mv policy repo/.gitvault.yaml" && backend_forget &&
	git vault scan plain && asked 0 &&
	test_expect_code 1 git vault scan -v >out && asked 1 &&
	print=$(sed -n "s/.*fingerprint //p" out) &&
	cat >>.gitvault.yaml <<-END &&
	scan:
	  allow:
	  - { fingerprint: $print, reason: it is known }
	END
	# to accept it here would ask the service for the key that signs
	test_config vault.policy $(git hash-object -w .gitvault.yaml) &&
	git vault scan && asked 1 &&
	test_expect_code 1 down git vault scan 2>err &&
	test_grep "identity $own opens nothing: vault team: cannot reach" err
'

test_expect_success "$kind: a token that is over is told" '
	cd repo &&
	backend_on expired &&
	placeholders "opens nothing: vault team: .*expired" &&
	refused 5 "$own is not opened: vault team: .*expired" \
		git vault key rotate
'

test_expect_success "$kind: one that does not answer is waited for once" '
	cd repo &&
	test_when_finished "rm -f $own.old-*" &&
	for i in 1 2 3
	do
		git vault key generate --wrap team -o "$own.old-$i" || return 1
	done &&
	backend_on malformed && backend_forget &&
	placeholders "no JSON" && backend_off malformed &&
	test "$(backend_asked $unwraps)" = 4 && backend_forget &&
	if test $kind = vault
	then
		backend_on slow && GIT_VAULT_TIMEOUT=1 &&
		export GIT_VAULT_TIMEOUT &&
		test_when_finished "unset GIT_VAULT_TIMEOUT" &&
		placeholders "did not answer completely in time" && asked 1
	fi
'

test_expect_success "$kind: a text that is not as it was opens nothing, and is named" '
	cd repo &&
	cp "$own" "$TMPDIR/own" && test_when_finished "mv $TMPDIR/own $own" &&
	sed "s|^key .*team|key ${name}other|" "$TMPDIR/own" >"$own" &&
	placeholders "vault team: .*${name}other" &&
	sed "s|^kind .*|&\naddress https://vault.example.com|" "$TMPDIR/own" >"$own" &&
	backend_forget &&
	placeholders "vault team: its address is https://vault.ex" &&
	asked 0 &&
	sed "s|^kind .*|&\naddress http://10.0.0.1|" "$TMPDIR/own" >"$own" &&
	VAULT_ADDR=http://10.0.0.1 AWS_ENDPOINT_URL=http://10.0.0.1 \
		placeholders "vault team: .*http://10.0.0.1" &&
	sed "s/^vault .*/vault else/" "$TMPDIR/own" >"$own" && whole &&
	sed "/^kind/d" "$TMPDIR/own" >"$own" &&
	placeholders "no wrapped identity, or damaged" &&
	size=$(wc -c <"$TMPDIR/own") && at=0 &&
	while test $at -lt $size
	do
		cp "$TMPDIR/own" "$own" && flip "$own" $at && at=$((at + 7)) &&
		code=0 && { rm -rf ../none && git vault restore latest \
			--to ../none >out 2>err </dev/null || code=$?; } &&
		case $code in
		0) test_grep "$value" ../none/envs/prod.env ;;
		5) test_grep "$own" err && test_grep ! -r "$value" ../none ;;
		3) test_grep "$own: line 1" err && test_grep ! SECRET err ;;
		*) false ;;
		esac || return 1
	done
'

test_expect_success "$kind: a rotation has the new one wrapped by the same" '
	cd repo &&
	cp "$own" before && backend_forget &&
	git vault key rotate >out 2>err &&
	test_grep "^version " out && asked 2 &&
	test_grep "^vault team" "$own" && ! cmp -s before "$own" &&
	cmp before "$own".old-* && test_path_is_missing "$own.new" &&
	rm before && whole && rm "$own".old-* && whole && nowhere &&
	printf "xx%s" "$key" | base64 -w 0 >../planted && ! nowhere &&
	rm ../planted
'

test_expect_success "$kind: one that was killed on the way is finished" '
	cd repo &&
	git vault key generate --wrap other -o "$own.new" >pub &&
	git vault key rotate && test_path_is_missing "$own.new" &&
	test_grep "^vault other" "$own" && rm "$own".old-* &&
	git vault key show >out && test_grep "$(head -n 1 pub)" out &&
	rm pub out && whole
'

test_expect_success "$kind: none in clear takes its place" '
	cd repo &&
	git vault key generate -o "$own.new" && cp "$own" before &&
	test_expect_code 128 git vault key rotate 2>err &&
	test_grep "$own.new is in clear, and $own is not" err &&
	test_cmp before "$own" && rm "$own.new" before && nowhere
'

test_expect_success "$kind: a wrapped one takes the place of one in clear" '
	cd repo &&
	git vault key generate -o clear >pub &&
	git vault key add --name clear --role owner \
		--signer "$(tail -n 1 pub)" "$(head -n 1 pub)" &&
	git vault key generate --wrap team -o clear.new &&
	git vault key rotate --identity clear &&
	test_grep "^vault team" clear && rm clear.old-* pub &&
	GIT_VAULT_IDENTITY=$PWD/clear whole &&
	git vault key remove clear && rm clear
'

test_expect_success "$kind: recipients come and go, and one is kept on paper" '
	cd repo &&
	git vault key generate --wrap team -o bob >bob.pub && backend_forget &&
	git vault key add --name bob "$(head -n 1 bob.pub)" && asked 1 &&
	git vault restore latest --identity bob --to ../bob && asked 1 &&
	test_cmp envs/prod.env ../bob/envs/prod.env && rm -r ../bob &&
	git vault key remove bob && asked 1 &&
	echo passphrase >../phrase &&
	git vault key escrow --passphrase-file ../phrase -o ../paper &&
	asked 1 &&
	git vault key recover --passphrase-file ../phrase -o ../back ../paper &&
	asked 0 &&
	GIT_VAULT_IDENTITY=$PWD/../back whole && asked 0 &&
	rm ../back &&
	refused 5 "wrong" git vault key recover --wrap team \
		--passphrase-file plain -o new ../paper &&
	refused 128 "cannot reach" down git vault key recover --wrap team \
		--passphrase-file ../phrase -o new ../paper &&
	git vault key recover --wrap team --passphrase-file ../phrase -o new \
		../paper && test_grep "^vault team" new && asked 0 &&
	GIT_VAULT_IDENTITY=$PWD/new whole && asked 1 &&
	rm ../paper new bob.pub bob && git vault key remove escrow &&
	whole && nowhere
'

test_expect_success "$kind: an identity in clear asks nobody" '
	cd repo &&
	mv "$own" "$TMPDIR/own" && test_when_finished "mv $TMPDIR/own $own" &&
	git init -q ../clear && cp -r envs plain ../clear && cd ../clear &&
	GIT_VAULT_IDENTITY=$PWD/../clear.key && export GIT_VAULT_IDENTITY &&
	test_when_finished "unset GIT_VAULT_IDENTITY" &&
	backend_forget && git vault key generate -o ../clear.key &&
	git vault init && git vault snapshot && whole &&
	git vault key rotate && whole && asked 0 &&
	test "$(backend_asked .)" = 0 && rm -r ../clear*
'

test_expect_success "$kind: another service of the same kind opens nothing" '
	cd repo &&
	backend_stop && server $kind && placeholders "vault other: .*damaged"
'

backend_stop

done

test_done
