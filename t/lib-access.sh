# shellcheck shell=sh disable=SC2154
# A team with rules of access: alice owns the keyring, bob is one of sre, carol of
# dba, dan has no role. Source this after test-lib.sh and lib-clones.sh.
#
#	team			the remote, four clones, the policy, layers
#	share WHO…		all that the vault has, there and back
#	edit WHO KEY VALUE	a commit of whoever's on a branch of that key
# $now is the time of all of them; later SECONDS lets it pass.

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL GL_USER GL_USERNAME GL_ID \
	GITEA_PUSHER_NAME REMOTE_USER GITHUB_USER_LOGIN

now=1763800000
GIT_VAULT_TEST_TIME=$now
export GIT_VAULT_TEST_TIME

later () {
	now=$((now + $1)) && GIT_VAULT_TEST_TIME=$now
}

share () {
	for sharing_
	do
		as "$sharing_" git vault sync >sync.out 2>&1 ||
			{ cat sync.out && return 1; }
	done
}

enlist () {
	clone "$1" && as "$1" git vault key generate >"$1.pub" &&
		as "$1" git config vault.auditName "$1" &&
		as "$1" git vault init -q 2>/dev/null &&
		as alice git vault key add --name "$1" --signer \
			"$(sed -n 2p "$1.pub")" "$top/$1.pub" >/dev/null
}

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
