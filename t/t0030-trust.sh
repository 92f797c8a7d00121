#!/bin/sh
# shellcheck disable=SC2154

test_description='what somebody who trusts the first sentence would lose: names that are
nearly right, copies that never have a snapshot, keys of one vault, questions'
. "$(dirname "$0")/test-lib.sh"

secret=4g8Kq2vLw9sZx7Rt

# project DIR: a repository with a secret
project () {
	git init -q "$1" && (
		cd "$1" && echo .env >.gitignore && git add . && test_tick && git commit -q -m one &&
		echo "DB_PASSWORD=$secret$1" >.env
	)
}

test_expect_success 'a record of a name that is nearly an environment is refused, and with --new it is not' '
	project one && cd one && git vault -q good mark --without-snapshot prod >../out 2>../err &&
	test_expect_code 128 git vault good mark --without-snapshot prdo 2>../err &&
	test_grep "there is no environment .prdo.; did you mean .prod.? To begin records of it: git vault good mark --new prdo" ../err &&
	git vault -q good mark --without-snapshot --new prdo >../out &&
	git vault -q good mark --without-snapshot prdo >../out && git vault -q good mark --without-snapshot stage >../out
'

test_expect_success 'a copy has the snapshots of a repository without remote, whatever an old commit has' '
	project copied && cd copied && printf "aws = \"AKIAQ3EGRV6JXYZ7LM2P\"\n" >leak.tf && git add leak.tf && git commit -q -m leak &&
	git rm -q leak.tf && git commit -q -m gone && git vault -q snapshot >../id && mkdir ../store &&
	git vault -q replicate add nas "file://$TRASH_DIRECTORY/store" &&
	test_expect_code 3 git vault replicate push >../out 2>../err && test_grep "A new snapshot encrypts these commits: git vault snapshot" ../err &&
	git vault -q snapshot >../new && ! test_cmp ../id ../new && test_expect_code 3 git vault replicate push >../out 2>../err &&
	test_grep "pushed 1 new snapshot" ../err && cd .. && git vault replicate restore "file://$TRASH_DIRECTORY/store" back 2>err &&
	test_grep "it has no remote and no target yet; to copy to this store again: git -C back vault replicate add store" err &&
	(cd back && git vault -q restore latest --in-place >out 2>&1) && test_cmp copied/.env back/.env &&
	test_expect_code 128 git vault replicate restore "file://$TRASH_DIRECTORY/stroe" other 2>err &&
	test_grep "is its disk mounted, and is the name right" err && test_grep ! mkdir err
'

test_expect_success 'an encrypted target takes commits as they are, so no snapshot is taken for it' '
	project sealed && cd sealed && git vault -q snapshot >../id && mkdir ../sealed-store &&
	git vault -q replicate add --encrypt nas "file://$TRASH_DIRECTORY/sealed-store" && git vault -q snapshot >../new && test_cmp ../id ../new
'

test_expect_success 'what is encrypted is not said to be nowhere' '
	project sought && cd sought && git vault -q snapshot >../id &&
	test_expect_code 1 git vault search "${secret}sought" 2>../err &&
	test_grep "nothing found; encrypted files, values and states were not searched" ../err
'

test_expect_success 'an escrow says of which vault it is, and how others take it' '
	echo "my long pass phrase 12" >phrase && project first && project second && (cd second && git vault -q snapshot >../id) && cd first &&
	git vault -q snapshot >../id && git vault key escrow --passphrase-file ../phrase -o ../paper >../out 2>../err &&
	sed -n "s/.*it opens this vault only; to let it open another one, there: //p" ../err >../add && test_line_count = 1 ../add &&
	(cd ../second && sh ../add) && mv "$HOME/.config/git-vault/identity" ../mine &&
	git vault key recover --passphrase-file ../phrase ../paper >../out 2>&1 &&
	(cd ../second && git vault cat --secrets latest .env >../out && test_cmp .env ../out) &&
	test_expect_code 128 git vault key recover --passphrase-file ../phrase ../paper 2>../err &&
	sed -n "s/.* beside it: \(.*\); commands then .*/\1/p" ../err >../again && test_line_count = 1 ../again &&
	sh -c "$(cat ../again) --passphrase-file ../phrase" && test_path_is_file "$HOME/.config/git-vault/identity-recovered" &&
	mv ../mine "$HOME/.config/git-vault/identity"
'

test_expect_success 'no escrow is made with -A' '
	git vault project add first >out 2>&1 && git vault project add second >out 2>&1 &&
	test_expect_code 128 git vault -A key escrow --passphrase-file phrase -o paper-of-all 2>err &&
	test_grep "an escrow opens one vault" err && test_path_is_missing paper-of-all &&
	git vault project remove first && git vault project remove second
'

test_expect_success 'a first snapshot of a fleet says that there is a key, and counts what it has saved' '
	mkdir fleet home && project fleet/a && project fleet/b && HOME=$PWD/home && XDG_CONFIG_HOME=$PWD/home && export HOME XDG_CONFIG_HOME &&
	git vault fleet snapshot --root fleet >out 2>err && test_grep "created your key .*; back it up now" err && test_line_count = 1 err &&
	test_grep ! "without a snapshot" out && rm fleet/a/.env && git vault fleet status --root fleet >out &&
	test_grep "fleet/a: done, 1 change since its last snapshot" out && test_grep ! "fleet/b:" out
'

test_expect_success PYTHON 'a purge asks somebody at a terminal' '
	project purged && cd purged && echo precious >kept && git vault -q snapshot >../id && rm kept &&
	test_expect_code 1 python3 "$TEST_DIRECTORY/helper/terminal.py" n -- git vault purge kept >../out &&
	test_grep "remove kept from all snapshots, the trash and all copies, for good?" ../out &&
	test_grep "nothing was removed" ../out && echo precious >../expect && git vault cat latest kept >../actual &&
	test_cmp ../expect ../actual && python3 "$TEST_DIRECTORY/helper/terminal.py" y -- git vault purge kept >../out &&
	test_must_fail git vault cat latest kept && git vault -q purge -y .env
'

test_done
