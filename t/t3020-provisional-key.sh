#!/bin/sh

test_description='whose key a clone encrypts for, before it has a keyring

What a clone encrypts for a key of its own alone, nobody else can read. So it
asks its remote first; and whoever can push could put a keyring there, so a
person or vault.keyring has to agree.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

top=$PWD
secret=hJ8sK2lPq9XzR4tVb7Ny

# as WHO COMMAND...: by the home of somebody, in the folder at hand
as () {
	who_=$1
	shift
	test_env HOME="$top/home-$who_" XDG_CONFIG_HOME="$top/home-$who_/.config" "$@"
}

# fresh [OPTION...]: a new clone of "srv.git" by a new host
fresh () {
	rm -rf "$top/ci" "$top/home-ci" && mkdir "$top/home-ci" &&
	cp "$HOME/.gitconfig" "$top/home-ci" &&
	git clone -q "$@" "file://$top/srv.git" "$top/ci" &&
	echo .env >"$top/ci/.git/info/exclude" &&
	echo "DB_PASSWORD=$secret" >"$top/ci/.env"
}

# snap: a snapshot by the clone; its words are in err
snap () {
	(cd "$top/ci" && as ci git vault snapshot) >"$top/id" 2>"$top/err"
}

# owner_reads: the owner has the clone's snapshot, and its secret
owner_reads () {
	(
		cd "$top/owner" && as owner git vault -q sync origin &&
		as owner git vault cat --secrets "$(head -n 1 "$top/id")" .env
	) >"$top/actual" && grep -q "$secret" "$top/actual"
}

is_provisional () {
	test_grep "encrypted for a provisional key" "$top/err"
}

test_expect_success 'a remote has the keyring of an owner' '
	mkdir home-owner && cp "$HOME/.gitconfig" home-owner &&
	git init -q --bare srv.git && git init -q owner &&
	(
		cd owner && test_commit one && git remote add origin "$top/srv.git" &&
		git push -q origin main && as owner git vault -q init 2>/dev/null &&
		echo "token: 5Tq8sK2lPq9XzR4tVb7N" >t.yaml &&
		as owner git vault -q snapshot >/dev/null 2>&1 &&
		as owner git vault -q sync origin
	) &&
	print=$(cd owner && as owner git vault key list --json |
		grep -o "SHA256:[A-Za-z0-9+/]*" | head -n 1) && test -n "$print"
'

test_expect_success 'without a person or a pin it is a provisional key, and said' '
	fresh && snap && is_provisional && test_grep "$print" err &&
	test_grep "git config vault.keyring $print" err
'

test_expect_success 'nothing is sent without the secrets that it names' '
	(cd ci && test_expect_code 3 as ci git vault sync >../out 2>../err) &&
	test_grep "^held     snapshots/$(cat id): its secrets" out &&
	git -C srv.git for-each-ref --format="%(refname)" refs/vault >refs &&
	test_grep ! "$(cat id)" refs &&
	(cd ci && as ci git vault cat --secrets "$(cat ../id)" .env) >actual &&
	test_grep "$secret" actual
'

# Of its configuration too what may be a secret is encrypted.
test_expect_success 'nor where only its configuration is; what has none goes' '
	(
		cd ci && rm .env && as ci git vault snapshot --force >../id2 2>../err &&
		test_expect_code 3 as ci git vault sync >../out 2>../err
	) && git -C ci cat-file -e "refs/vault/snapshots/$(cat id2):meta/meta-secrets" &&
	test_grep "^held     snapshots/$(cat id2)" out && test_grep "^pushed   audit/" out
'

test_expect_success 'a pin later has sync encrypt again, and nothing is lost' '
	(
		cd ci && as ci git config vault.keyring "$print" &&
		as ci git vault sync >../out 2>../err &&
		as ci git vault key list --json >../keys
	) && test_grep "uses the keyring $print" err && test_grep "$print" keys &&
	owner_reads &&
	(cd ci && as ci git vault sync) >out 2>err && test_grep "is in sync" err
'

test_expect_success 'a state is held, and then read by the owner as well' '
	fresh && snap && is_provisional && printf "%s\\n" \
		"{\"version\":4,\"terraform_version\":\"1.7.5\",\"serial\":1,\"lineage\":\"x\",\"outputs\":{},\"resources\":[],\"check_results\":null}" >ci/s.json &&
	(
		cd ci && as ci git vault -q state save --new --env stage --stack db s.json \
			>/dev/null &&
		test_expect_code 3 as ci git vault sync >../out 2>/dev/null
	) && test_grep "^held     state/stage/db: its secrets of scope stage" out &&
	(
		cd ci && as ci git config vault.keyring "$print" &&
		as ci git vault sync >../out 2>../err
	) && test_grep "1 secrets, 1 states" err && test_grep "^pushed   state/stage/db" out &&
	(
		cd owner && as owner git vault -q sync origin >../out &&
		as owner git vault state restore --env stage --stack db 2>/dev/null
	) >actual && test_cmp ci/s.json actual
'

test_expect_success 'a pin has it right at once' '
	fresh -c vault.keyring="$print" && snap && ! is_provisional &&
	(cd ci && as ci git vault -q sync) && owner_reads
'

test_expect_success 'a pin by the environment and without its prefix, too' '
	fresh && (
		cd ci && as ci git -c vault.keyring="${print#SHA256:}" vault snapshot
	) >id 2>err && ! is_provisional &&
	(cd ci && as ci git vault -q sync) && owner_reads
'

test_expect_success 'a pin of another keyring takes none' '
	fresh -c vault.keyring=SHA256:0000000000000000000000000000000000000000000 &&
	snap && is_provisional && test_grep "names another one" err &&
	(cd ci && test_expect_code 3 as ci git vault sync 2>/dev/null >../out) &&
	test_grep "^held     snapshots/" out &&
	fresh -c vault.keyring=SHA256:0000000000000000000000000000000000000000000 &&
	(cd ci && test_must_fail as ci git vault init 2>../err) &&
	test_grep "names another one" err
'

test_expect_success PYTHON 'a terminal is shown fingerprint and readers, and asked' '
	fresh && (cd ci && as ci answering y -- git vault snapshot) >out &&
	test_grep "fingerprint  $print" out && test_grep "readers .*(everything)" out &&
	test_grep ! provisional out &&
	(cd ci && as ci git vault list --id-only) >id &&
	(cd ci && as ci git vault -q sync) && owner_reads &&
	fresh && (cd ci && as ci answering n -- git vault snapshot) >out &&
	test_grep "encrypted for a provisional key" out
'

test_expect_success PYTHON 'and so by sync, once there is a provisional key' '
	fresh && snap && is_provisional &&
	(cd ci && test_expect_code 3 as ci answering n -- git vault sync) >out &&
	test_grep "fingerprint  $print" out &&
	(cd ci && as ci answering y -- git vault sync) >out && owner_reads
'

test_expect_success 'without a remote, or a vault there, the key is its own' '
	fresh && git -C ci remote remove origin && snap && ! is_provisional &&
	git init -q --bare empty.git && fresh &&
	git -C ci remote set-url origin "$top/empty.git" && snap && ! is_provisional
'

test_expect_success 'a remote that is gone, or hangs, holds up nothing' '
	fresh && git -C ci remote set-url origin "$top/no-such" && snap &&
	is_provisional && test_grep "could not be asked" err &&
	fresh && git -C ci config protocol.ext.allow always &&
	git -C ci remote set-url origin "ext::sleep 1000" &&
	begin=$(date +%s) && snap && is_provisional &&
	test $(($(date +%s) - begin)) -lt 20 &&
	git -C ci remote set-url origin "file://$top/srv.git" &&
	git -C ci config vault.keyring "$print" &&
	(cd ci && as ci git vault -q sync) && owner_reads
'

# is_known PRINT: the keyring that vault.keyring names is used, which nobody has
# to compare
is_known () {
	test_grep ! "first time" "$top/err" &&
	(cd "$top/ci" && as ci git vault key list) >"$top/keys" &&
	test_grep "$1" "$top/keys"
}

test_expect_success 'of two remotes that of the branch counts' '
	fresh && git clone -q --bare srv.git other.git &&
	git -C ci remote rename origin upstream &&
	git -C ci remote add origin "$top/empty.git" &&
	git -C ci config vault.keyring "$print" && snap && ! is_provisional && is_known "$print"
'

test_expect_success 'below a prefix it is found as well' '
	fresh && git -C owner config vault.pre.prefix refs/heads/vault/ &&
	git init -q --bare pre.git && git -C owner push -q "$top/pre.git" main &&
	git -C owner remote add pre "$top/pre.git" &&
	(cd owner && as owner git vault -q sync pre) &&
	git -C ci remote set-url origin "$top/pre.git" &&
	git -C ci config vault.origin.prefix refs/heads/vault/ &&
	git -C ci config vault.keyring "$print" && snap && ! is_provisional && is_known "$print"
'

test_expect_success 'in a shallow clone, a detached HEAD and a linked tree likewise' '
	fresh --depth=1 -c vault.keyring="$print" && snap && ! is_provisional &&
	fresh -c vault.keyring="$print" && git -C ci checkout -q --detach &&
	snap && ! is_provisional && is_known "$print" &&
	fresh -c vault.keyring="$print" && rm -rf linked &&
	git -C ci worktree add -q ../linked -b linked 2>/dev/null &&
	cp ci/.env linked && (cd linked && as ci git vault snapshot) >id 2>err &&
	! is_provisional && is_known "$print"
'

test_expect_success 'a keyring that is changed on the remote is none of ours' '
	fresh -c vault.keyring="$print" && snap && ! is_provisional &&
	git init -q evil && mkdir -p home-evil && cp "$HOME/.gitconfig" home-evil &&
	(
		cd evil && test_commit evil && as evil git vault -q init 2>/dev/null &&
		git push -q -f "$top/srv.git" refs/vault/keyring:refs/vault/keyring
	) &&
	(cd ci && test_expect_code 3 as ci git vault sync) >out 2>err &&
	test_grep "^held     snapshots/$(cat id)" out &&
	git -C owner push -q -f "$top/srv.git" refs/vault/keyring:refs/vault/keyring &&
	(cd ci && as ci git vault -q sync) && owner_reads
'

# rewind COMMIT: the remote has this version of the keyring
rewind () {
	git -C owner push -q -f "$top/srv.git" "$1:refs/vault/keyring"
}

# takes PIN: a new clone with this pin uses the keyring; declines PIN: it does not
takes () {
	fresh -c vault.keyring="$1" && snap && ! is_provisional
}

declines () {
	fresh -c vault.keyring="$1" && snap && is_provisional
}

test_expect_success 'a pin with a version takes no older one' '
	first=$(git -C owner rev-parse refs/vault/keyring) &&
	v=$(git -C owner cat-file blob refs/vault/keyring:keyring |
		sed -n "s/^version //p") && next=$((v + 1)) &&
	(
		cd owner && as owner git vault key generate -o ../bob.key >../bob.pub &&
		as owner git vault -q key add --name bob ../bob.pub &&
		as owner git vault -q sync origin
	) && takes "$print@$next" && takes "$print@$v" &&
	takes "${print#SHA256:}@$next" && rewind "$first" &&
	takes "$print" && takes "$print@$v" && declines "$print@$next" &&
	test_grep "has version $v of the keyring $print, which is older" err &&
	(cd ci && test_expect_code 3 as ci git vault sync >../out 2>../err) &&
	test_grep "^held     snapshots/" out &&
	fresh -c vault.keyring="$print@$next" &&
	(cd ci && test_must_fail as ci git vault init 2>../err) &&
	test_grep "which is older" err && test_grep "git vault sync" err &&
	rewind "refs/vault/keyring" &&
	(cd ci && as ci git vault -q sync && as ci git vault -q init) 2>err
'

# fetched PIN COMMAND…: in a new clone with this pin, whose refs plain git has brought
fetched () {
	fresh -c vault.keyring="$1" && shift && (
		cd ci && as ci git fetch -q origin "+refs/vault/*:refs/vault/*" &&
		as ci "$@" >../out 2>../err
	)
}

test_expect_success 'an old keyring that plain git has fetched is not used either' '
	rewind refs/vault/keyring && for pin in "$print" "$print@$next" "${print#SHA256:}@$v" ""
	do
		fetched "$pin" git vault key list && test_grep "$print" out || return 1
	done &&
	rewind "$first" && fetched "$print@$v" git vault key list &&
	for how in "key list" "snapshot" "init" "key show" "good mark prod"
	do
		! fetched "$print@$next" git vault $how && test_grep "names a later one" err &&
		test_grep "git update-ref -d refs/vault/keyring && git vault sync" err || return 1
	done && rewind refs/vault/keyring &&
	(
		cd ci && git update-ref -d refs/vault/keyring && as ci git vault sync &&
		as ci git vault key list
	) >out 2>err && test_grep "$print" out &&
	rm -rf ci && git clone -q --mirror -c vault.keyring="$print@99" srv.git ci &&
	(cd ci && ! as ci git vault key list 2>../err) && test_grep "names a later one" err
'

test_expect_success 'a pin with a version that is none names no keyring' '
	for end in @ @0 @01 @x "@1 " @1@1 @99999999999999999999
	do
		declines "$print$end" && test_grep "names another one" err || return 1
	done
'

test_done
