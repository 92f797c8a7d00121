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

test_expect_success 'a schema that cannot be read, and an entry that is not on lines of its own' '
	cd cfg && echo "{\"type\": " >schema.json && echo "a: [" >schema.yaml && git add . && for schema in schema.json schema.yaml
	do
		printf "config:\n  app: {layers: [config/base.yaml], schema: %s}\n" $schema >.gitvault.yaml &&
		test_expect_code 3 git vault config validate --all >"$TRASH_DIRECTORY/err" 2>"$TRASH_DIRECTORY/out" &&
		said "unknown: schema: $schema: " || return 1
	done && printf "%s\n" config: "  app: {layers: [config/base.yaml, \"config/{env}.yaml\"]}" \
		environments: "  ? dev" "  : {paths: [config/dev.yaml]}" >.gitvault.yaml &&
	git vault policy accept >../out 2>../err &&
	refused 128 ".gitvault.yaml: the entry of '\''dev'\'' is not on lines of its own; add one of '\''stage'\'' there first" \
		config new-env --like dev stage
'

test_expect_success 'a state that its tool has encrypted is not held against code' '
	git init -q tofu && cd tofu && git commit -q --allow-empty -m x && mkdir s &&
	printf "{\"serial\":3,\"lineage\":\"b-1\",\"meta\":{},\"encrypted_data\":\"YWJj\",\"encryption_version\":\"v0\"}" >s/e.tfstate &&
	git vault -q state save --env dev --stack enc s/e.tfstate >../out 2>../err &&
	refused 128 "it cannot be held against its code: its tool has encrypted it, so its content is unknown" \
		state verify --code . --env dev --stack enc
'

test_expect_success 'files that would have one name, and an environment that is whole in no snapshot' '
	git init -q as && cd as && echo a=1 >prod.tfvars && echo a=2 >production.tfvars && git add . && git commit -q -m x &&
	echo "environments: {prod: {paths: [prod.tfvars, production.tfvars]}}" >.gitvault.yaml &&
	git vault policy accept >../out 2>../err && git vault -q snapshot >../id 2>../err &&
	refused 128 "nothing was restored: two files of prod would both be stage.tfvars; restore one of them by its path" \
		restore --env prod --as stage latest --in-place &&
	git init -q ../held && cd ../held && git commit -q --allow-empty -m x && mkdir prod && echo a >prod/main.tf &&
	printf "{\"version\":4,\"terraform_version\":\"1.5.0\",\"serial\":1,\"lineage\":\"a-1\",\"outputs\":{},\"resources\":[]}" >prod/a.tfstate &&
	git vault -q state save --env prod --stack prod prod/a.tfstate >../out 2>../err &&
	git vault -q state lock --env prod --stack prod >../out && git vault -q snapshot >../id 2>../err && id=$(cat ../id) &&
	refused 128 "environment prod is whole in no snapshot of this working tree; in $id: state prod: it was locked; to restore from it all the same: git vault restore $id" \
		restore --env prod latest --to ../held-out && test_path_is_missing ../held-out
'

test_expect_success 'a remote by another name, a key that a program does not name, too many schedules' '
	cd one && refused 129 "there is no remote '\''orign'\''; did you mean '\''origin'\''?" list --on orign &&
	git config gpg.format ssh && git config gpg.ssh.defaultKeyCommand "echo nothing" &&
	refused 128 "the record cannot be signed: gpg.ssh.defaultKeyCommand (echo nothing) named no key" \
		good mark --without-snapshot --sign prod && git config --unset gpg.format &&
	git init -q ../many && cd ../many && {
		echo "schedule:" && test_seq 201 | sed "s/.*/  s&: {what: drill, every: 90d}/"
	} >.gitvault.yaml && refused 128 "there are at most 200 schedules" schedule list
'

test_expect_success 'recoveries that nothing approves, breaks or can hold' '
	newline=$(printf "a\nb") && git init -q --bare bare.git && git init -q "$newline" && (
		cd "$newline" && echo "environments: {prod: {approvals: 1, paths: prod}}" >.gitvault.yaml &&
		mkdir prod && echo x >prod/a && git add . && git commit -q -m x && git remote add origin ../bare.git &&
		git vault policy accept 2>../err && git vault -q snapshot >../out 2>../err &&
		refused 128 "the policy at HEAD requires approvals, and only a known-good record can be approved; name one by --to" \
			recover -y prod &&
		refused 128 "no scheduler can hold the name of this repository; run it from another program" drill schedule -y
	) && git init -q plain && cd plain && echo a >f && git add . && git commit -q -m x && git remote add origin ../bare.git &&
	git vault -q snapshot >../out && git vault -q sync >../out && git push -q origin HEAD &&
	refused 128 "the remote has neither a keyring nor a state to lose" drill run --fault half-sync &&
	cd ../one && git vault -q good mark --without-snapshot prod >../out 2>../err &&
	refused 129 "'\''-x'\'' cannot be a branch'\''s name" rollback --to 1 --as-branch=-x prod &&
	git init -q ../sub && cd ../sub && echo 1 >x && git add . && git commit -q -m x &&
	git vault -q good mark prod >../out 2>../err && git rm -q x && mkdir x &&
	git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),x" && git commit -q -m y &&
	refused 128 "x is a submodule on one side only; go back by --as-branch and check that branch out" \
		rollback --as-commit --to 1 prod
'

test_expect_success 'environments that lean on what is gone, and components of several' '
	git init -q lean && cd lean && mkdir -p net prod live && echo "variable \"x\" {}" >net/main.tf &&
	printf "module \"net\" {\n  source = \"../net\"\n}\n" >prod/main.tf && cat >.gitvault.yaml <<-\END &&
	environments:
	  prod: {paths: [prod, live/prod.tfvars]}
	  dev: {paths: [live/dev.tfvars]}
	  staging: {paths: [staging]}
	END
	printf "variable \"x\" {}\n" >live/main.tf && echo x=1 >live/prod.tfvars && echo x=2 >live/dev.tfvars &&
	git add . && git commit -q -m x && git vault policy accept >../out 2>../err && git vault -q snapshot >../id &&
	refused 128 "the component live has files of other environments, so it is recovered with all of prod only" \
		recover -y --component live prod && git rm -rq net && git commit -q -m gone &&
	refused 128 "nothing was recovered: prod/main.tf uses net, which is not there; restore that first" \
		recover -y --snapshot "$(cat ../id)" --as staging prod && test_path_is_missing staging
'

test_expect_success 'a state that is put together from a damaged version' '
	git init -q st && cd st && git commit -q --allow-empty -m x && mkdir s &&
	printf "{\"version\":4,\"terraform_version\":\"1.5.0\",\"serial\":1,\"lineage\":\"a-1\",\"outputs\":{},\"resources\":[]}" >s/a.tfstate &&
	git vault -q state save --env dev --stack web s/a.tfstate >../out 2>../err &&
	printf "{\"version\":4,\"serial\":2,\"lineage\":\"a-1\",\"resources\":[{\"type\":\"a\",\"name\":\"b\",\"mode\":\"managed\",\"instances\":[{}]},{\"ty" >s/a.tfstate &&
	git vault -q state save --env dev --stack web --force --reason x s/a.tfstate >../out 2>../err &&
	refused 128 "the version to take resources from is damaged too: it ends early" \
		state repair --env dev --stack web --from latest s/a.tfstate && said "; name another one by --from"
'

test_expect_success 'configuration of a server that git cannot lock' '
	cd far.git && : >config.lock && refused 128 \
		"cannot set receive.hideRefs in git'\''s configuration: error: could not lock config file" \
		hooks install --server && rm config.lock
'

test_done
