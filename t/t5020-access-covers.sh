#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='which files and keys a rule of access covers

All that gives a value to an environment, and all that a value is made of; what nobody
can read is not open to everybody.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

# without LAYERS: layouts are recognised
plain_rules () {
	{
		printf "%s\n" "access:" "  roles: {sre: [bob], dba: [carol]}" "  rules:" &&
		printf "%s\n" "$1" | sed "/./!d; s/^[[:space:]]*-/  -/"
	} >alice/clone/.gitvault.yaml &&
	as alice sh -c "git add . && git commit -q -m rules && git push -q origin HEAD:main"
}

test_expect_success 'set up: a server with hooks, and clones that know its branch' '
	team && plain_rules "
	  - {env: prod, keys: [db.**], approvals: 1, by: [dba]}
	  - {env: prod, roles: [sre, dba]}" &&
	for who in bob carol dan
	do
		as $who sh -c "git pull -q && git remote set-head origin main" || return 1
	done &&
	git -C remote vault hooks install >/dev/null && main=$(git -C remote rev-parse main)
'

# change WHO FILE TEXT…: a commit on main as the remote has it
change () {
	who_=$1 file_=$2 && shift 2 &&
		as "$who_" sh -c "git fetch -q && git switch -q -C change origin/main" &&
		mkdir -p "$(dirname "$who_/clone/$file_")" && printf "%s\n" "$@" >"$who_/clone/$file_" &&
		as "$who_" sh -c "git add . && git commit -q -m change"
}
push () {
	GL_USER=$1 && export GL_USER && as "$1" git push -q --no-verify origin change:main 2>err
	push_=$?
	unset GL_USER
	return "$push_"
}
refused () {
	! push "$1" && test "$(git -C remote rev-parse main)" = "$main" && test_grep "$2" err
}

test_expect_success 'a layer of an environment for one cloud is covered, as explain says' '
	change dan config/prod.aws.yaml "db: {host: evil}" &&
	refused dan "config/prod.aws.yaml.*dan does not have that role" &&
	test_expect_code 1 as dan git vault config access explain config/prod.aws.yaml >out 2>err &&
	test_grep "the role is missing" out &&
	test_expect_code 1 as dan git vault config access explain >out 2>err &&
	test_grep "config/prod.aws.yaml" out
'

test_expect_success '... and so is one of a service, and of another layout' '
	change dan values-prod-aws.yaml "db: {host: evil}" && refused dan "dan does not have that role" &&
	change dan config/shop/prod.yaml "db: {host: evil}" && refused dan "dan does not have that role"
'

test_expect_success '... and one of no environment, or of another, is not' '
	change dan config/dev.aws.yaml "db: {host: db3}" && push dan && git -C remote update-ref refs/heads/main "$main" &&
	change dan other.yaml "db: {host: db3}" && push dan && git -C remote update-ref refs/heads/main "$main"
'

test_expect_success 'what is set for a provider counts as the key that it sets' '
	cp bob/clone/config/prod.yaml prod.yaml &&
	change bob config/prod.yaml "$(cat prod.yaml)" providers: "  aws:" "    db:" "      host: evil" &&
	refused bob "providers.aws.db.host.*1 more approval is needed" &&
	change bob config/prod.yaml "$(cat prod.yaml)" "providers: {\"my.cloud\": {db: {host: evil}}}" &&
	refused bob "1 more approval is needed" &&
	change bob config/prod.yaml "$(cat prod.yaml)" "providers: {aws: {pool: 7}}" && push bob &&
	git -C remote update-ref refs/heads/main "$main"
'

test_expect_success 'a new file is of the rules that it will be of, and of no others' '
	as bob sh -c "git switch -q -C change origin/main && echo \"pool: 5\" >config/new.yaml" &&
	as bob git vault config access explain config/new.yaml >out 2>err && test_grep "no rule of access is about" err &&
	as bob git vault config access explain config/nowhere.yaml >out 2>err && test_grep "no rule of access is about" err &&
	echo "prod: {db: {host: h}}" >bob/clone/config/new.yaml &&
	test_expect_code 1 as bob git vault config access explain config/new.yaml >out 2>err &&
	test_grep "prod.db.host.*1 more approval is needed" err && rm bob/clone/config/new.yaml
'

test_expect_success 'a pattern that fits nothing is an error, and no policy for the server' '
	cp alice/clone/.gitvault.yaml policy.yaml &&
	as alice sh -c "git switch -q -C change origin/main" &&
	echo "  - {paths: [\"config/[prod.yaml\"], roles: [sre]}" >>alice/clone/.gitvault.yaml &&
	test_must_fail as alice git vault policy accept 2>err && test_grep "gitvault.yaml:6: the pattern .config/.prod.yaml. fits nothing" err &&
	as alice git commit -qam malformed && refused alice "fits nothing" && as alice git switch -q -C main origin/main
'

test_expect_success 'with templates, what a covered value is made of is covered' '
	printf "%s\n" "config:" "  app: {template: true, layers: [config/base.yaml, \"config/{env}.yaml\"]}" "access:" \
		"  roles: {sre: [bob], dba: [carol]}" "  rules:" \
		"  - {paths: [\"config/prod*\"], keys: [db.**], approvals: 1, by: [dba]}" >alice/clone/.gitvault.yaml &&
	printf "%s\n" "db: {host: \"\${name}-db\"}" "name: \"a\${size}\"" "size: 1" "pool: 2" >alice/clone/config/prod.yaml &&
	as alice git commit -q -a -m templates && git -C remote fetch -q "$top/alice/clone" +HEAD:main &&
	main=$(git -C remote rev-parse main) &&
	sed "s/size: 1/size: 9/" alice/clone/config/prod.yaml >prod.yaml &&
	change bob config/prod.yaml "$(cat prod.yaml)" && refused bob "size.*1 more approval is needed" &&
	as bob git switch -q -C change origin/main &&
	test_expect_code 1 as bob git vault config access explain --env prod size >out 2>err &&
	test_grep "1 approval by dba" out &&
	sed "s/pool: 2/pool: 9/" alice/clone/config/prod.yaml >prod.yaml &&
	change bob config/prod.yaml "$(cat prod.yaml)" && push bob && git -C remote update-ref refs/heads/main "$main"
'

test_expect_success 'a policy that nobody can read leaves the branch to owners' '
	printf "%s\n" "access: {rules: [{paths: [config], roles: [owner], valid: 3s}]}" >alice/clone/.gitvault.yaml &&
	as alice sh -c "git commit -q -a -m typo" && git -C remote fetch -q "$top/alice/clone" +HEAD:main &&
	main=$(git -C remote rev-parse main) &&
	change dan other.yaml "a: 1" && refused dan "dan does not have that role" &&
	test_grep "cannot be read: .*valid" err &&
	as alice sh -c "git switch -q -C change && git rm -q .gitvault.yaml && git commit -q -m mended" &&
	GL_USER=$(as alice git vault key list | awk "/owner/ { print \$1 }") && export GL_USER &&
	as alice git push -q --no-verify origin change:main && unset GL_USER &&
	change dan other.yaml "a: 1" && push dan
'

test_expect_success 'a rule for an environment that does not exist is named' '
	git init -q typo && cd typo && mkdir config && echo "a: 1" >config/base.yaml && echo "b: 1" >config/prod.yaml &&
	printf "%s\n" "access:" "  rules:" "  - {env: prdo, approvals: 1}" "  - {env: prod, approvals: 1}" >.gitvault.yaml &&
	git add . && git commit -q -m a && git vault policy show >out 2>err &&
	test_grep "gitvault.yaml:3: this rule of access protects nothing: .*did you mean .prod" err &&
	! grep gitvault.yaml:4 err &&
	test_expect_code 1 git vault config access explain config/prod.yaml >out 2>err && test_grep "did you mean .prod" err
'

test_expect_success 'names that the keyring does not have are named' '
	as alice sh -c "git fetch -q && git switch -q -C names origin/main" &&
	printf "%s\n" "access:" "  accounts: {bob: bob}" "  roles: {sre: [bob, eve]}" "  rules:" \
		"  - {paths: [a], roles: [sre]}" >alice/clone/.gitvault.yaml && as alice git vault policy show >out 2>err &&
	test_grep "gitvault.yaml:3: the keyring has nobody called .eve. (role sre); its names are: bob" err &&
	test_grep "no account of a host is you, .*@" err && ! grep "called .bob" err
'

test_done
