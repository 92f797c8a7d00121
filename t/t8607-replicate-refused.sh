#!/bin/sh
# shellcheck disable=SC2154

test_description='copies in a store: what a push, a purge and a restore refuse, word for word'
. "$(dirname "$0")/test-lib.sh"

top=$PWD
forget="rm -r ONE/.git/vault/replica/home"

# refused STATUS DIR SENTENCE WORDS…: git vault WORDS fails in DIR with the sentence,
# which has STORE and ONE for the places of the store and of one
refused () {
	status_=$1 dir_=$2 sentence_=$3 && shift 3 &&
	test_expect_code "$status_" git -C "$dir_" vault "$@" >out 2>err &&
	sed "s|file:///[^ ]*/store|STORE|g; s|/[^ ]*/one/|ONE/|g" err >said &&
	grep -qxF -e "git-vault: $sentence_" said || {
		cat out err
		return 1
	}
}

# lost SENTENCE: so a restore of the copy fails
lost () {
	refused 128 . "$1" replicate restore "file://$top/store" new && rm -rf new
}

# kept SENTENCE: so a purge removes nothing of the copy, and says how to go on
kept () {
	find store -type f | sort >before &&
	refused 3 one "warning: the copy in the target home still has it: $1; to go on: git vault purge" purge &&
	find store -type f | sort | comm -23 before - >gone && test_must_be_empty gone
}

# again: the store and the clone are as they were saved
again () {
	rm -rf store one && cp -Rp saved/store store && cp -Rp saved/one one
}

save () {
	rm -rf saved && mkdir saved && cp -Rp store one saved
}

manifests () {
	find store/manifests -type f | sort
}

# unsigned: what comes behind the text of each manifest is no signature
unsigned () {
	for file in ${1:-$(manifests)}
	do
		head -n 1 "$file" >text && echo junk >>text && cp text "$file" || return 1
	done
}

test_expect_success 'set up: a repository and its copy' '
	mkdir store && git init -q one && (
		cd one && echo .env >.gitignore && echo one >file && git add . &&
		test_tick && git commit -q -m one &&
		printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
		git vault -q snapshot >/dev/null
	) && git -C one vault -q replicate add home "file://$top/store" &&
	git -C one vault -q replicate push && save
'

test_expect_success 'a push of half a history, or for nobody' '
	git init -q plain && (
		cd plain && echo one >file && git add . && test_tick && git commit -q -m one &&
		echo two >file && test_tick && git commit -q -a -m two
	) && mkdir far && git clone -q --depth 1 "file://$top/plain" shallow &&
	git -C shallow vault -q replicate add far "file://$top/far" &&
	refused 128 shallow "target far: this repository is shallow, and a copy of it would lack commits that snapshots need: fetch them by \`git fetch --unshallow\`" \
		replicate push far &&
	git -C plain vault -q replicate add --encrypt far "file://$top/far" &&
	refused 128 plain "target far: the target far is encrypted for the readers of the keyring, and there is no keyring yet: the first snapshot with a secret makes it, or git vault key add" \
		replicate push far &&
	test -z "$(ls far)"
'

test_expect_success 'a target by another name, or of another configuration' '
	git -C one config "vault.target.a b.url" "file://$top/store" &&
	refused 129 one "the name of the target in vault.target.a b.url must be letters, digits, '\''_'\'' and '\''-'\''" \
		replicate list &&
	git -C one config --remove-section "vault.target.a b" &&
	git config --global vault.target.all.url "file://$top/store" &&
	refused 128 one "the target '\''all'\'' is not of this repository: remove it where git config --show-origin --get vault.target.all.url finds it" \
		replicate remove all &&
	git config --global --remove-section vault.target.all &&
	printf "targets:\n  \"a b\": {url: \"file:///x\"}\n" >one/.gitvault.yaml &&
	git -C one vault policy accept >out 2>err &&
	refused 128 one ".gitvault.yaml:2: the name of a target must be letters, digits, '\''_'\'' and '\''-'\''" \
		replicate list && again
'

test_expect_success 'a restore of a store without manifests, with too large objects, or without signatures' '
	rm -rf store/manifests store/packs store/heads &&
	lost "the store at STORE has no manifest: nothing was pushed to it yet" && again &&
	rm store/format && head -c 3000000 /dev/zero >store/format &&
	lost "the object format is larger than it can be" && again &&
	chmod u+w store/packs/*.pack && echo more >>"$(ls store/packs/*.pack)" &&
	lost "packs/$(cd store/packs && ls ./*.pack | sed "s|./||") is longer in the store than its manifest says" && again &&
	unsigned &&
	lost "nothing was restored: manifest 1 of host $(ls store/manifests) cannot be used: the signature of the manifest: the signature is damaged or cut off. Compare that key with your emergency card; if it is the same, name it by --signer, or bring the identity by --identity" &&
	again
'

test_expect_success 'a clone that has lost what it knows of its chain' '
	rm one/.git/vault/replica/home/state && unsigned &&
	refused 128 one "target home: the chain of this clone in the target home is damaged (manifest 1 of host $(ls store/manifests) cannot be used: the signature of the manifest: the signature is damaged or cut off); to begin another one: $forget" \
		replicate push && again &&
	rm one/.git/vault/replica/home/state &&
	sed "s/\"store\":\"[0-9a-f]*\"/\"store\":\"00000000000000000000000000000000\"/" saved/store/format >store/format &&
	refused 128 one "target home: the target home is another store than before, although its address is the same; if that is meant: $forget" \
		replicate push && again
'

test_expect_success 'a purge does not go on where the copy is not as it was' '
	cp -Rp one two && rm -rf two/.git/vault/replica && (
		cd two && echo more >>file && git vault -q snapshot >/dev/null &&
		git vault -q replicate push
	) &&
	other=$(ls store/manifests | tail -n 1) &&
	mkdir one/dump && echo hello >one/dump/a && git -C one vault -q snapshot >/dev/null &&
	git -C one vault -q replicate push && git -C one vault -q replicate verify home >out &&
	git -C one vault -q purge --local --reason x dump/a && save &&
	rm -rf store/* &&
	kept "STORE does not have the copy that this clone has pushed: is its disk mounted? If that copy is lost, to forget it: $forget" &&
	again && echo x >one/.git/vault/replica/home/purge &&
	kept "ONE/.git/vault/replica/home/purge is damaged, so it is not known what this target has to lose: remove it, and purge again" &&
	again && rm -r "store/manifests/$other" "store/heads/$other" &&
	kept "no pack was removed, since the store lists no chain of host $other, which had manifest 1 when it was last seen here" &&
	again && unsigned "store/manifests/$other/*" &&
	kept "no pack was removed, since a chain cannot be read: manifest 1 of host $other cannot be used: the signature of the manifest: the signature is damaged or cut off; for all that is wrong: git vault replicate verify home" &&
	again && git -C one vault -q purge
'

test_done
