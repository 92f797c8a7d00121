#!/bin/sh
# shellcheck disable=SC2154

test_description='each object of the keyring, of the secrets and of the states, missing or damaged

One after the other is taken away or overwritten, and commands that read it are run. None
crashes or hangs; one that cannot do its work says in a sentence what is the matter.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-damage.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
where="--env prod --stack one"

# try WORD…: it ends, with a status that is ours, and where that is an error's it has
# said so
try () {
	timeout 20 git-vault -C "$repo" "$@" >out 2>err </dev/null
	code=$?
	case $code in
	0 | 1 | 3 | 4 | 5) ;;
	128) check_sentence err ;;
	*) false ;;
	esac || {
		echo "git vault $* ended with status $code and said:"
		cat err
		return 1
	}
}

# copy: the repository anew
copy () {
	rm -rf "$repo" && cp -a "$base" "$repo"
}

# loosen: each object is a file
loosen () {
	mv base/.git/objects/pack packs && mkdir base/.git/objects/pack &&
		for pack in packs/*.pack
		do
			git -C base unpack-objects -q <"$pack" || return 1
		done
}

# strike OBJECT HOW: it is missing, cut off, or not what it should be
strike () {
	file=$repo/$(loose "$1") && chmod u+w "$file" &&
		case $2 in
		missing) rm "$file" ;;
		damaged) echo damaged >"$file" ;;
		esac
}

# each_object HOW BODY REVISION…: BODY once for each of their objects
each_object () {
	how=$1 body=$2 && shift 2 &&
		git -C "$base" rev-list --objects --no-object-names "$@" >objects && test -s objects &&
		while read -r object
		do
			test_tally 1 "objects struck" && copy && strike "$object" $how &&
				$body || {
				echo "$object is $how: $(git -C "$base" cat-file -t "$object")"
				return 1
			}
		done <objects
}

look_at_secrets () {
	try secret list --reuse && try secret history "$id" && try secret show "$id" &&
		try secret export --scope prod --format env &&
		try secret export --scope prod --format age &&
		try secret purge -n "$id" && try key list && try key show &&
		try status && try verify --deep
}

change_secrets () {
	try secret import --scope prod ../imported && copy && strike "$object" $how &&
		try key add bob "$bob" && copy && strike "$object" $how &&
		try key rotate && copy && strike "$object" $how &&
		try secret rotate --value-from ../value "$id" && copy &&
		strike "$object" $how && try secret purge "$id" && copy &&
		strike "$object" $how && try secret revoke "$id" && copy &&
		strike "$object" $how && try key remove carol &&
		copy && strike "$object" $how && try snapshot --force && copy &&
		strike "$object" $how && try state save $where ../third &&
		copy && strike "$object" $how && try key reseal --all-versions
}

look_at_states () {
	try state log $where && try state show $where && try state show $where latest~1 &&
		try state diff -p $where && try state diff -p $where serial:1 latest && try state verify $where &&
		try state blame $where aws_db_instance.n1 && try state list &&
		try state at $where HEAD && try state for-resource $where aws_db_instance.n1 &&
		try state restore $where --to ../restored && rm -f restored
}

change_states () {
	try state save $where ../third && copy && strike "$object" $how &&
		try state save $where ../second && copy && strike "$object" $how &&
		try key reseal --all-versions && copy && strike "$object" $how &&
		try key add bob "$bob" --all-versions && copy && strike "$object" $how &&
		try key remove carol && copy && strike "$object" $how &&
		try state restore $where --to ../restored --push-ready && rm -f restored
}

# What was fetched is merged by any command.
merge_what_was_fetched () {
	try secret list && try key list && copy && strike "$object" $how && try key reseal &&
		copy && strike "$object" $how && try secret import --scope prod ../imported
}

test_expect_success 'a repository with secrets of two scopes and versions of states' '
	printf "TOKEN=quite-a-secret-4711\nOTHER=another-secret-4712\n" >imported && echo a-new-value-4713 >value &&
	git vault key generate -o bob.key && bob=$(sed -n "s/.*\(age1[a-z0-9]*\).*/\1/p" bob.key) &&
	git vault key generate -o carol.key && carol=$(sed -n "s/.*\(age1[a-z0-9]*\).*/\1/p" carol.key) &&
	damage_state 1 8 >first && damage_state 2 8 3 >second && damage_state 3 9 4 >third &&
	mkdir base && (
		cd base && git init -q && mkdir -p envs/prod && git vault -q init &&
		printf "user = \"root\"\npassword = \"hunter2-of-prod-4711\"\n" >envs/prod/db.tf &&
		printf "DB_PASSWORD=all-of-this-file-9\n" >.env &&
		git add envs && test_tick && git commit -q -m one &&
		git vault -q snapshot -m first && git vault key add carol "$carol" &&
		git vault -q secret import --scope prod ../imported &&
		git vault -q state save --new $where ../first && test_tick && git commit -q --allow-empty -m two &&
		git vault -q state save $where ../second &&
		echo "# more" >>envs/prod/db.tf && git vault -q snapshot -m second
	) && git init -q other && (
		cd other && git fetch -q ../base "refs/vault/*:refs/vault/*" "refs/heads/*:refs/heads/fetched/*" &&
		echo "NEW=a-secret-of-the-other-4714" >../new && git vault -q secret import --scope prod ../new &&
		git vault key add dora "$bob" && git vault -q secret import --scope dev ../new
	) && (
		cd base && echo "OWN=a-secret-of-this-one-4715" >../new &&
		git vault -q secret import --scope prod ../new && git remote add origin ../other &&
		git fetch -q origin "refs/vault/*:refs/vault-remote/origin/*"
	) && loosen &&
	git -C base vault secret list >list && id=$(awk "NR > 1 { print \$1; exit }" list) && cat list && echo "id $id"
'

for how in missing damaged
do
	test_expect_success "the keyring and secrets: $how, and looked at" '
		each_object $how look_at_secrets refs/vault/keyring "--glob=refs/vault/secrets/*"
	'

	test_expect_success "the keyring and secrets: $how, and changed" '
		each_object $how change_secrets refs/vault/keyring "--glob=refs/vault/secrets/*"
	'

	test_expect_success "states: $how, and looked at" '
		each_object $how look_at_states "--glob=refs/vault/state/*"
	'

	test_expect_success "states: $how, and changed" '
		each_object $how change_states "--glob=refs/vault/state/*"
	'

	test_expect_success "what was fetched: $how, and merged" '
		each_object $how merge_what_was_fetched refs/vault-remote/origin/keyring \
			"--glob=refs/vault-remote/origin/secrets/*" --not "--glob=refs/vault/*"
	'
done

test_done
