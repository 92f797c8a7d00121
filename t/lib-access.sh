# shellcheck shell=sh disable=SC2154
# A team with rules of access: alice owns the keyring, bob is one of sre, carol of
# dba, dan has no role. Source this after test-lib.sh and lib-clones.sh.
#
#	team			the remote, four clones, the policy, layers
#	edit WHO KEY VALUE	a commit of whoever's on a branch of that key
# Time, share and enlist are those of lib-team.sh.

unset GL_USER GL_USERNAME GL_ID GITEA_PUSHER_NAME REMOTE_USER GITHUB_USER_LOGIN

. "$TEST_DIRECTORY/lib-team.sh"

# rules TEXT: alice commits them below access.rules, and pushes
rules () {
	{
		cat <<-\END &&
		config:
		  app: {layers: [config/base.yaml, "config/{env}.yaml"]}
		access:
		  roles: {sre: [bob], dba: [carol]}
		  rules:
		END
		printf "%s\n" "$1" | sed "/./!d; s/^[[:space:]]*-/  -/"
	} >alice/clone/.gitvault.yaml &&
	as alice sh -c "git add . && git commit -q -m rules &&
		git push -q origin HEAD:main"
}

team () {
	git init -q --bare -b main remote && clone alice &&
		mkdir alice/clone/config &&
		printf "db:\n  host: db0\n  port: 1\nname: shop\n" \
			>alice/clone/config/base.yaml &&
		printf "db:\n  host: db1\n#\n#\n#\n#\npool: 5\n" >alice/clone/config/prod.yaml &&
		printf "db:\n  host: db2\n" >alice/clone/config/dev.yaml &&
		as alice sh -c "git checkout -q -b main && git add . &&
			git commit -q -m one && git push -q -u origin main &&
			git remote set-head origin main" &&
		as alice git config vault.auditName alice &&
		as alice git vault init -q && share alice && enlist bob && enlist carol && enlist dan &&
		share alice bob carol dan
}
