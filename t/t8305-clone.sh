#!/bin/sh
# shellcheck disable=SC2154

test_description='clone: a repository with its vault, and what is missing to read it'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

# anew WHO COMMAND…: with a home of somebody, in the folder of that
anew () {
	(
		test -d "$top/$1" || { mkdir "$top/$1" &&
			cp "$top/alice/.gitconfig" "$top/$1"; } || exit 1
		HOME=$top/$1
		XDG_CONFIG_HOME=$HOME/.config
		export HOME XDG_CONFIG_HOME
		cd "$top/$1" || exit 1
		shift
		"$@"
	)
}

field () {
	sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" json
}

test_expect_success 'a team with two snapshots and a secret' '
	cp "$HOME/.gitconfig" .keep && start_team && test_tick && take alice one >one &&
	test_tick && take alice two >two && sync alice &&
	on alice git vault export ../../team.bundle 2>err
'

test_expect_success 'it brings the files, the branches and the vault' '
	anew bob git vault clone ../remote 2>err &&
	test "$(git -C bob/remote rev-parse HEAD)" = "$(as alice git rev-parse HEAD)" &&
	test_path_is_file bob/remote/.gitignore &&
	git -C bob/remote for-each-ref refs/vault/snapshots >out && test_line_count = 2 out &&
	test_grep "cloned into remote with 2 snapshots" err &&
	print=$(as alice git vault key list --json |
		sed "s/.*\"fingerprint\":\"\([^\"]*\)\".*/\1/") &&
	test_grep "first time: compare its fingerprint $print" err
'

test_expect_success 'without a key it says how one is made, and who lets it in' '
	owner=$(as alice git vault key list --json |
		sed "s/.*\"name\":\"\([^\"]*\)\".*/\1/") &&
	test_grep "this host has no key.*to an owner ($owner)" err &&
	test_grep "^git-vault: hint: git vault key generate$" err
'

test_expect_success 'with a key that nobody knows it prints the line of the owner' '
	anew bob git vault key generate >key 2>out && recipient=$(sed -n 1p key) &&
	anew bob git vault clone ../remote again 2>err &&
	test_grep "An owner ($owner) can add it: git vault key add .*$recipient" err &&
	anew bob git vault --json clone ../remote third >json 2>err &&
	test "$(field directory)" = third && test "$(field snapshots)" = 2 &&
	test "$(field recipient)" = "$recipient" && test "$(field role)" = null
'

test_expect_success 'that line works, and then it says who we are' '
	line=$(sed -n "s/.*\"add\":\"git vault \([^\"]*\)\".*/\1/p" json) &&
	test "$line" && (cd alice/clone && HOME=$top/alice && XDG_CONFIG_HOME=$HOME/.config &&
		export HOME XDG_CONFIG_HOME && eval "git vault $line" >../out 2>&1) &&
	sync alice && anew bob git vault clone ../remote fourth 2>err &&
	test_grep "you have a key of its keyring: .* (reader)" err &&
	test_grep "hint: git -C fourth vault list" err &&
	anew bob git -C fourth vault restore latest --in-place >out 2>&1 &&
	echo SECRET=two >expect && test_cmp expect bob/fourth/.env
'

test_expect_success 'a bundle is cloned as well, by its name' '
	anew bob git vault clone ../team.bundle 2>err &&
	test_path_is_file bob/team/.gitignore && test_grep "2 snapshots" err &&
	git -C bob/team for-each-ref refs/vault/snapshots >out && test_line_count = 2 out
'

test_expect_success 'a remote without a vault is a plain clone' '
	git init -q --bare bare.git && git -C alice/clone push -q ../../bare.git HEAD:main &&
	anew carol git vault clone ../bare.git 2>err &&
	test_grep "cloned into bare; the remote has no vault yet" err &&
	test_grep "hint: git -C bare vault snapshot" err &&
	anew carol git vault --json clone ../bare.git twice >json 2>err &&
	test "$(field keyring)" = null && test "$(field snapshots)" = 0 &&
	git -C carol/twice for-each-ref refs/vault >out && test_must_be_empty out
'

test_expect_success 'only the keyring that vault.keyring names is used' '
	anew dave git config --global vault.keyring "SHA256:$(printf %043d 0)" &&
	anew dave git vault clone ../remote 2>err &&
	test_grep "vault.keyring names another one" err &&
	test_must_fail git -C dave/remote rev-parse -q --verify refs/vault/keyring
'

test_expect_success PYTHON 'on a terminal it asks whether the keyring is the right one' '
	anew gil answering y -- git-vault clone ../remote >out &&
	test_grep "fingerprint  $print" out && test_grep "readers .*(everything)" out &&
	test_grep ! "first time" out && test_grep "2 snapshots" out &&
	git -C gil/remote rev-parse -q --verify refs/vault/keyring &&
	anew gil answering -- git-vault clone -y ../remote yes >out &&
	test_grep "first time: compare its fingerprint" out &&
	git -C gil/yes rev-parse -q --verify refs/vault/keyring
'

test_expect_success PYTHON 'after a no it is not used, and the command that does is printed' '
	anew gil answering n -- git-vault clone ../remote no >out &&
	test_must_fail git -C gil/no rev-parse -q --verify refs/vault/keyring &&
	test_grep "2 snapshots" out && tr -d "\r\n" <out >line &&
	pin=$(sed -n "s/.*git config vault.keyring \(SHA256:[^ ]*\) .*/\1/p" line) &&
	git -C gil/no config vault.keyring "$pin" && anew gil git -C no vault sync 2>err &&
	git -C gil/no rev-parse -q --verify refs/vault/keyring
'

test_expect_success 'what git cannot clone leaves nothing, and an option is no address' '
	test_expect_code 128 anew bob git vault clone ../nothing 2>err &&
	test_grep "git could not clone ../nothing" err && test_path_is_missing bob/nothing &&
	test_expect_code 128 anew bob git vault clone -- --upload-pack=touch\ pwned x 2>err &&
	test_path_is_missing bob/pwned && test_path_is_missing bob/x &&
	test_expect_code 128 anew bob git vault clone ../remote again 2>err &&
	test_expect_code 129 anew bob git vault clone 2>err &&
	test_expect_code 129 anew bob git vault clone .. 2>err &&
	test_grep "does not say what the directory is called" err
'

test_expect_success 'a vault that cannot be fetched leaves the clone, and the next command' '
	mkdir wrap && real=$(command -v git) && cat >wrap/git <<-EOF && chmod +x wrap/git &&
	#!/bin/sh
	case " \$* " in
	*" fetch "* | *" ls-remote "*) echo no >&2; exit 128 ;;
	esac
	exec "$real" "\$@"
	EOF
	test_expect_code 3 anew erin env PATH="$top/wrap:$PATH" git-vault clone ../remote 2>err &&
	test_grep "cloned into remote, but without its vault: " err &&
	test_grep "hint: git -C remote vault sync --fetch-only" err &&
	test_path_is_file erin/remote/.gitignore
'

test_expect_success 'variables of git do not lead it elsewhere' '
	before=$(as alice git for-each-ref) &&
	GIT_DIR=$top/alice/clone/.git anew frank git-vault clone ../remote 2>err &&
	test_path_is_file frank/remote/.gitignore &&
	test "$(as alice git for-each-ref)" = "$before"
'

test_done
