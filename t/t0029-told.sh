#!/bin/sh
# shellcheck disable=SC2154

test_description='what each command says of what it does not do: sentences that no
other test waits for'
. "$(dirname "$0")/test-lib.sh"

# refused CODE SENTENCE WORDS…: git vault WORDS ends so and says the sentence
refused () {
	code_=$1 sentence_=$2 && shift 2 &&
	test_expect_code "$code_" git vault "$@" >"$TRASH_DIRECTORY/out" 2>"$TRASH_DIRECTORY/err" &&
	said "$sentence_"
}

said () {
	grep -qF -e "$1" "$TRASH_DIRECTORY/err" || {
		cat "$TRASH_DIRECTORY/err"
		return 1
	}
}

digest=sha256:$(printf %064d 1)

test_expect_success 'set up: a repository with a secret and a remote' '
	git init -q one && git init -q --bare far.git && cd one && git config receive.denyCurrentBranch ignore &&
	echo .env >.gitignore && git add . && test_tick && git commit -q -m one &&
	echo "DB_PASSWORD=4g8Kq2vLw9sZx7Rt" >.env && git vault -q snapshot >../id &&
	git remote add origin ../far.git && git vault -q sync >../out 2>../err
'

test_expect_success 'drills of what is not there, and which of several is meant' '
	cd one && refused 128 "there is no snapshot of prod to choose one of" drill run --random --env prod &&
	refused 128 "the keyring has one version only: none is older" drill run --fault old-keyring &&
	git vault -q drill run >../out && git vault -q drill run >../out &&
	refused 128 "; give more of it" drill show 20 && said "'\''20'\'' is a part of "
'

test_expect_success 'artifacts without a commit, or with a name that no note can have' '
	git init -q none && cd none &&
	refused 128 "there is no commit it could be built from: name one by --commit, or a snapshot by --snapshot" \
		artifact record "a=$digest" &&
	git commit -q --allow-empty -m x && bad=$(printf "a\377.json") &&
	printf "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"%064d\"}]}]}" 3 >"$bad" &&
	refused 128 "a\\377.json: a note can only name files in UTF-8, and this name is not UTF-8" \
		artifact record --from "$bad"
'

test_expect_success 'more images than a record has room for' '
	git init -q images && cd images && {
		printf "kind: Pod\nspec:\n  containers:\n" &&
		test_seq 1001 | awk "{ printf \"  - image: a%d@sha256:%064d\n\", \$1, \$1 }"
	} >pod.yaml && git add . && git commit -q -m pod &&
	refused 128 "the manifests name 1001 images, and a record has room for 1000 artifacts: name a folder by --images=DIR" \
		good mark --images --without-snapshot prod &&
	set -- && for n in $(test_seq 1001)
	do
		set -- "$@" --artifact "a$n=$digest"
	done && refused 129 "a record has room for 1000 of a kind, not for 1001" good mark --without-snapshot "$@" prod
'

test_expect_success 'a file of credentials that is too large, and TLS at a socket' '
	cd one && truncate -s 200M ../cred && chmod 600 ../cred &&
	refused 128 "../cred is too large" state serve --credentials ../cred &&
	refused 129 "a socket of this host does not use TLS" \
		state serve --listen unix:sock --tls-cert a --tls-key b
'

test_expect_success 'a damaged line of packed refs' '
	git clone -q one two && cd two && git pack-refs --all &&
	sed "s/^[0-9a-f]\{5\}/zzzzz/" .git/packed-refs >../packed && cp ../packed .git/packed-refs &&
	refused 128 "packed-refs: the line of refs/heads/main is damaged" list
'

test_expect_success 'a reason that is longer than an event' '
	cd one && long=$(head -c 60000 /dev/zero | tr "\0" a) &&
	refused 129 "an event of the audit chain has at most 57344 bytes; give a shorter reason" \
		delete --yes --reason "$long" latest && git vault -q list >../out && test_file_not_empty ../out
'

test_expect_success 'no home and no scheduler' '
	cd one && mkdir -p ../bin && for program in git sh sed
	do
		ln -sf "$(command -v $program)" ../bin/ || return 1
	done && self=$(dirname "$(command -v git-vault)") &&
	test_expect_code 128 env PATH="$self:$TRASH_DIRECTORY/bin" git vault schedule start \
		>"$TRASH_DIRECTORY/out" 2>"$TRASH_DIRECTORY/err" &&
	said "there is no scheduler here: neither systemd of this user nor crontab" &&
	(unset HOME XDG_CONFIG_HOME && refused 128 \
		"there is no home directory, so there is no place for the schedule; set HOME" schedule status)
'

test_expect_success 'configuration that a form or a path cannot have' '
	git init -q cfg && cd cfg && mkdir config && echo "a b: 1" >config/dev.yaml &&
	echo "db: 1" >config/base.yaml && cat >.gitvault.yaml <<-\END && git add . && git commit -q -m x &&
	config:
	  app: {layers: [config/base.yaml, "config/{env}.yaml"]}
	END
	refused 128 "a ConfigMap cannot have the key" config render --env dev --format configmap --name n &&
	refused 128 "is no path of keys" config set --env dev a..b 1 &&
	head -c 17000000 /dev/zero | tr "\0" a >../big &&
	git vault config merge-file ../big ../big ../big a.yaml 2>"$TRASH_DIRECTORY/err" &&
	said "a.yaml is merged line by line: it has more than 16 MiB" &&
	head -c 100 /dev/urandom >bin.dat && git add -f bin.dat &&
	refused 128 "'\''bin.dat'\'' cannot be read as a document with keys" drift "bin.dat#x" "bin.dat#y"
'

test_expect_success 'configuration of a server that git cannot lock' '
	cd far.git && : >config.lock && refused 128 \
		"cannot set receive.hideRefs in git'\''s configuration: error: could not lock config file" \
		hooks install --server && rm config.lock
'

test_done
