#!/bin/sh
# Tell the vault what a pipeline has deployed: fetch the records, save states,
# mark the commit as known-good, check it where that is asked for, and push the
# records. The same for every pipeline; what differs is in the folders beside it.
# It prints the number of the record, and all else to stderr.
#
# The step on-failure is for a deployment that failed. It checks the commit of the
# last known-good record out, deploys it, and marks and checks it like any other
# deployment. It does so by itself only where the accepted policy says
# `automatic: true` of the environment, waits for the approvals that the policy
# asks for, and happens at most once for a failed commit.
#
# The step validate is for before a deployment: it checks the configuration of the
# environment, writes a report, and fails where the configuration is invalid.
#
# What is to be done stands in the environment, since that needs no quoting on
# its way through YAML. Lists have one item a line.
#
#	GIT_VAULT_CI_STEP	mark, the default, on-failure or validate
#	GIT_VAULT_CI_ENV	the environment that was deployed to; required
#	GIT_VAULT_CI_STATES	files of states to save, each FILE or STACK=FILE
#	GIT_VAULT_CI_ARTIFACTS	what was deployed, each NAME=sha256:DIGITS
#	GIT_VAULT_CI_EVIDENCE	files and addresses that show that it is good
#	GIT_VAULT_CI_VERIFY	true: `git vault good verify` before it counts
#	GIT_VAULT_CI_ONLY_NEW	true: make no record where the newest good one is
#				of this commit and no state has changed
#	GIT_VAULT_CI_EXPORT	a file to write the signed statement to
#	GIT_VAULT_CI_DIR	the checkout; without it the current directory
#	GIT_VAULT_CI_CLONE	an address: check out from there, for what has no
#				checkout of its own
#	GIT_VAULT_CI_COMMIT	with it the commit or branch; else its HEAD
#	GIT_VAULT_CI_REMOTE	the remote of the records, if not the usual one
#	GIT_VAULT_CI_URL	the address of that remote, where it is to be
#				another than that of the checkout
#	GIT_VAULT_CI_REFS	patterns of the records to sync. Without it: of a
#				full checkout all; of a shallow one only those of
#				the environment, since each snapshot brings with
#				it the history that it was taken on
#	GIT_VAULT_CI_TOKEN	a password for the remote, and
#	GIT_VAULT_CI_USER	whose it is ("git")
#	GIT_VAULT_CI_IDENTITY	an identity (a key, not its file) to sign by
#	GIT_VAULT_CI_KEYRING	the fingerprint of the team's keyring, as an owner
#				sees it in `git vault key list`. No other keyring
#				is used then; without it whoever can push to the
#				remote decides whom states are encrypted for.
#				FINGERPRINT@VERSION uses no version of it older
#				than this one, which a runner cannot know that
#				begins with a new clone
#	GIT_VAULT_CI_POLICY	the whole id of the accepted .gitvault.yaml (a blob,
#				by `git rev-parse main:.gitvault.yaml`), or of a
#				commit. Nothing else that the policy loosens
#				counts then, such as a command that a branch adds
#				to good.checks. Without it the policy that the
#				keyring accepts counts
#
#
# For the step on-failure:
#
#	GIT_VAULT_CI_DEPLOY	the command that deploys the checkout, for sh. It
#				finds the commit in GIT_VAULT_CI_GOOD; required
#	GIT_VAULT_CI_RESULT	a file to write the result to, as JSON; - prints it
#	GIT_VAULT_CI_WAIT	how many seconds it waits for approvals; 0. A run
#				that ended waiting can be started again
#
# For the step validate:
#
#	GIT_VAULT_CI_REPORT	a file to write the report to (git-vault-config.xml)
#	GIT_VAULT_CI_FORMAT	its form: junit, sarif, html, json or text (junit)
#
# Exit status: that of the command of git vault that failed; 1 where a check has
# failed, and the record stays a candidate, or where states are in conflict. Of
# on-failure: 0 where the last known-good commit is deployed and its checks pass;
# 1 where its deployment or a check failed; 3 where nothing was done, and the
# result says why. Of validate: 1 where the configuration is invalid, 3 where a
# part could not be checked.

set -u

die () {
	echo >&2 "git-vault-ci: $*"
	exit 128
}

say () {
	echo >&2 "git-vault-ci: $*"
}

# ---- what is asked for ------------------------------------------------------

environment=${GIT_VAULT_CI_ENV-}
identity=${GIT_VAULT_CI_IDENTITY-}
own_remote=${GIT_VAULT_CI_REMOTE-}
url=${GIT_VAULT_CI_URL-}
# commands of the policy, which `good verify` runs, have no business with it
unset GIT_VAULT_CI_IDENTITY

check_switch () {
	case $2 in
	'' | true | false) ;;
	*) die "$1 is true or false, not '$2'" ;;
	esac
}

check_asked () {
	command -v git >/dev/null || die "there is no git in PATH"
	git vault --version >/dev/null 2>&1 ||
		die "there is no git-vault in PATH; install it in the image or" \
			"on the host that runs this"
	test -n "$environment" ||
		die "GIT_VAULT_CI_ENV does not say which environment was deployed to"
	case ${GIT_VAULT_CI_STEP:=mark} in
	mark | validate) ;;
	on-failure)
		test -n "${GIT_VAULT_CI_DEPLOY-}" ||
			die "GIT_VAULT_CI_DEPLOY does not say what deploys the" \
				"checkout"
		case ${GIT_VAULT_CI_WAIT:=0} in
		*[!0-9]*)
			die "GIT_VAULT_CI_WAIT is a number of seconds, not" \
				"'$GIT_VAULT_CI_WAIT'"
			;;
		esac
		;;
	*)
		die "GIT_VAULT_CI_STEP is mark, on-failure or validate, not" \
			"'$GIT_VAULT_CI_STEP'"
		;;
	esac
	check_switch GIT_VAULT_CI_VERIFY "${GIT_VAULT_CI_VERIFY-}"
	check_switch GIT_VAULT_CI_ONLY_NEW "${GIT_VAULT_CI_ONLY_NEW-}"
}

# ---- the checkout -----------------------------------------------------------

scratch=

# Nothing of ours stays: keys above all.
clean () {
	status=$?
	trap - EXIT
	cd /
	test -z "$scratch" || rm -rf "$scratch"
	exit "$status"
}

make_scratch () {
	test -z "$scratch" || return 0
	scratch=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/git-vault-ci.XXXXXX") ||
		die "cannot make a directory in ${TMPDIR:-/tmp}"
}

# What git asks for a name and a password. The token goes to git alone, by way of
# the environment and never of a file or an argument, which others on the host
# could read.
# shellcheck disable=SC2016
helper='!tell () {
	test "$1" = get || return 0
	printf "%s=%s\n" username "$GIT_VAULT_CI_USER"
	printf "%s=%s\n" password "$GIT_VAULT_CI_TOKEN"
}; tell'

# pin KEY VALUE: for this run alone, so that nothing stays in the checkout.
pin () {
	test -n "$2" || return 0
	n=${GIT_CONFIG_COUNT:-0}
	export GIT_CONFIG_COUNT=$((n + 1)) "GIT_CONFIG_KEY_$n=$1" \
		"GIT_CONFIG_VALUE_$n=$2"
}

use_token () {
	test -n "${GIT_VAULT_CI_TOKEN-}" || return 0
	export GIT_VAULT_CI_TOKEN GIT_VAULT_CI_USER="${GIT_VAULT_CI_USER:-git}"
	n=${GIT_CONFIG_COUNT:-0}
	# an empty one before it, so that no other helper is asked
	export GIT_CONFIG_COUNT=$((n + 2)) \
		"GIT_CONFIG_KEY_$n=credential.helper" "GIT_CONFIG_VALUE_$n=" \
		"GIT_CONFIG_KEY_$((n + 1))=credential.helper" \
		"GIT_CONFIG_VALUE_$((n + 1))=$helper"
}

use_identity () {
	test -n "$identity" || return 0
	make_scratch
	(umask 077 && printf '%s\n' "$identity" >"$scratch/identity") ||
		die "cannot write to $scratch"
	export GIT_VAULT_IDENTITY="$scratch/identity"
}

check_out () {
	make_scratch
	wanted=${GIT_VAULT_CI_COMMIT:-HEAD}
	git init -q "$scratch/checkout" && cd "$scratch/checkout" &&
		git remote add origin "$GIT_VAULT_CI_CLONE" &&
		git fetch -q --depth 1 origin "$wanted" &&
		git checkout -q --detach FETCH_HEAD ||
		die "cannot check out '$wanted' of the address in" \
			"GIT_VAULT_CI_CLONE; what git says stands above"
}

# A commit has to be checked out. Git reads no checkout of another user, as that
# of a volume is where the user of a container is not who checked out.
check_checkout () {
	git rev-parse -q --verify 'HEAD^{commit}' >/dev/null && return
	if test -e .git && ! git rev-parse --git-dir >/dev/null 2>&1
	then
		die "the checkout in $PWD is another user's than $(id -un)," \
			"or damaged, so git does not read it; what it says" \
			"stands above. If that is all, run before this:" \
			"git config --global --add safe.directory '$PWD'"
	fi
	die "nothing is checked out in $PWD: the deployed commit has to be"
}

enter () {
	if test -n "${GIT_VAULT_CI_CLONE-}"
	then
		check_out
	else
		cd "${GIT_VAULT_CI_DIR:-.}" ||
			die "there is no checkout in '$GIT_VAULT_CI_DIR'"
	fi
	check_checkout
	test -z "$url" && return
	own_remote=${own_remote:-vault}
	# an address of the run that is before this one in the same folder is
	# replaced
	git config --replace-all "remote.$own_remote.url" "$url" ||
		die "cannot set the address of the remote '$own_remote'"
}

# ---- steps ------------------------------------------------------------------

# sync [OPTION…]
sync () {
	patterns=${GIT_VAULT_CI_REFS-}
	if test -z "$patterns" &&
		test "$(git rev-parse --is-shallow-repository)" = true
	then
		patterns="good/$environment/*
state/$environment/*
secrets/*
audit/*
reports/on-failure/$environment/*
notes/vault"
	fi
	while read -r pattern
	do
		test -z "$pattern" || set -- "$@" --refs "$pattern"
	done <<-END
		$patterns
	END
	test -z "$own_remote" || set -- "$@" "$own_remote"
	git vault sync "$@" >&2 </dev/null
}

fetch_records () {
	sync --fetch-only && return
	status=$?
	say "cannot bring the records of the remote here; nothing was marked"
	exit "$status"
}

# The records tell how old the last good one is; without them the configuration
# is checked all the same. The second run is for who reads the log.
validate () {
	sync --fetch-only ||
		say "the records of the remote were not fetched; going on without"
	git vault config validate --env "$environment" \
		--format "${GIT_VAULT_CI_FORMAT:-junit}" \
		--output "${GIT_VAULT_CI_REPORT:-git-vault-config.xml}" \
		>&2 </dev/null
	checked=$?
	test "$checked" -gt 3 ||
		git vault config validate --env "$environment" >&2 </dev/null
	exit "$checked"
}

# A stack has no slash in its name, so a path with '=' in it stays a path.
save_state () {
	stack=${1%%=*} file=${1#*=}
	case $stack in
	"$1" | */*) stack= file=$1 ;;
	esac
	test -f "$file" ||
		die "there is no state in '$file', which GIT_VAULT_CI_STATES names"
	git vault state save --new --env "$environment" ${stack:+--stack "$stack"} \
		-- "$file" >&2 </dev/null && return
	status=$?
	say "the state in '$file' was not saved; nothing was marked"
	exit "$status"
}

save_states () {
	while read -r state
	do
		test -z "$state" || save_state "$state"
	done <<-END
		${GIT_VAULT_CI_STATES-}
	END
}

states () {
	git for-each-ref "refs/vault/state/$environment/"
}

newest_good () {
	git vault good show "$environment" 2>/dev/null |
		sed -n 's/^commit  *\([0-9a-f]*\).*/\1/p'
}

newest_number () {
	git vault good show "$environment" 2>/dev/null |
		sed -n "1s,^$environment/\\([0-9]*\\)\$,\\1,p"
}

# is_marked STATES_BEFORE
is_marked () {
	test "$1" = "$(states)" &&
		test "$(newest_good)" = "$(git rev-parse HEAD)"
}

mark () {
	set --
	test "${GIT_VAULT_CI_VERIFY-}" != true || set -- --status candidate
	while read -r item
	do
		test -z "$item" || set -- "$@" --artifact "$item"
	done <<-END
		${GIT_VAULT_CI_ARTIFACTS-}
	END
	while read -r item
	do
		test -z "$item" || set -- "$@" --evidence "$item"
	done <<-END
		${GIT_VAULT_CI_EVIDENCE-}
	END
	git vault good mark --without-snapshot "$@" -- "$environment" </dev/null
}

# numbers: those of the environment, by the tag of each
numbers () {
	git for-each-ref --sort=version:refname \
		--format='%(objectname) %(refname)' "refs/vault/good/$environment/"
}

# verify NUMBER: a check that says no is not the end, since what was deployed is
# to be known to others all the same
verify () {
	test "${GIT_VAULT_CI_VERIFY-}" = true || return 0
	git vault good verify -- "$environment" "$1" >&2 </dev/null
	checked=$?
	test "$checked" -le 1 || exit "$checked"
	if test "$checked" != 0
	then
		say "a check has failed: record $1 of $environment stays a candidate"
	else
		# what makes it good is another record, and the newest
		number=$(numbers | sed -n '$s,.*/,,p')
	fi
}

# export_statement NUMBER
export_statement () {
	file=${GIT_VAULT_CI_EXPORT-}
	case $file in
	'') return ;;
	/*) ;;
	*) file=$began/$file ;;
	esac
	git vault good export -- "$environment" "$1" >"$file" ||
		die "the statement was not written to '$file'"
}

# push_records [NUMBER]
push_records () {
	sync && return
	status=$?
	say "${1:+record $1 of $environment was made, and }the remote does not" \
		"have what is here"
	exit "$status"
}

# ---- after a failure --------------------------------------------------------

failed=
good=
record=

# result WORD REASON: none of these texts has a quote in it
result () {
	say "$environment: $1: $2"
	printf '{"schema":"git-vault/on-failure/1","environment":"%s",' \
		"$environment" >"$scratch/result"
	printf '"failed_commit":"%s","record":%s,"commit":%s,' "$failed" \
		"${record:-null}" "${good:+\"}${good:-null}${good:+\"}" \
		>>"$scratch/result"
	printf '"candidate":%s,"result":"%s","reason":"%s",' \
		"${number:-null}" "$1" "$2" >>"$scratch/result"
	printf '"run":"%s","time":"%s"}\n' "$run" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		>>"$scratch/result"
	case ${GIT_VAULT_CI_RESULT-} in
	'') return ;;
	-) cat "$scratch/result" ;;
	/*) cat "$scratch/result" >"$GIT_VAULT_CI_RESULT" ;;
	*) cat "$scratch/result" >"$began/$GIT_VAULT_CI_RESULT" ;;
	esac || die "the result was not written to '$GIT_VAULT_CI_RESULT'"
}

# nothing WORD REASON
nothing () {
	result "$@"
	exit 3
}

# note NAME: a report that others see. The first one of a name is there to stay,
# and a push never overwrites it, so of two runners at once only one goes on.
note () {
	ref=refs/vault/reports/on-failure/$environment/$failed/$1
	blob=$(git hash-object -w --stdin <"$scratch/result") &&
		tree=$(printf '100644 blob %s\treport.json\n' "$blob" |
			git mktree) &&
		made=$(printf '%s\n\n%s\n' "on-failure: $environment: $1" \
			"Vault-Format: 1" |
			git -c user.name=git-vault -c user.email=git-vault@ci \
				commit-tree "$tree") &&
		git update-ref "$ref" "$made" 0000000000000000000000000000000000000000 &&
		sync
}

is_automatic () {
	git vault --json policy show --env "$environment" 2>/dev/null |
		grep -q '"key":"automatic","value":"true"'
}

# whether all approve that the policy asks, and nothing is frozen
is_approved () {
	git vault --json rollback --dry-run --scope state --to "$record" \
		"$environment" </dev/null 2>"$scratch/err" >"$scratch/plan" || {
		status=$?
		cat >&2 "$scratch/err"
		result failed "git vault rollback --dry-run ended with $status"
		exit "$status"
	}
	grep -q '"enough":true' "$scratch/plan" && return
	# such as that the keyring does not know by whom this pipeline signs
	cat >&2 "$scratch/err"
	return 1
}

wait_for_approvals () {
	until is_approved
	do
		test "$GIT_VAULT_CI_WAIT" -gt 0 ||
			nothing waiting "others approve by: git vault rollback \
--approve --to $record $environment"
		pause=$GIT_VAULT_CI_WAIT
		test "$pause" -le 15 || pause=15
		GIT_VAULT_CI_WAIT=$((GIT_VAULT_CI_WAIT - pause))
		sleep "$pause"
		fetch_records
	done
}

check_back () {
	is_automatic || nothing waiting "the accepted policy does not say \
automatic: true of $environment; to roll back: git vault rollback $environment"
	good=$(newest_good) record=$(newest_number)
	test -n "$good" && test -n "$record" ||
		nothing none "$environment has no known-good record"
	test "$good" != "$failed" || nothing none "the commit that failed is \
that of the last known-good record $record"
	test -z "$(git for-each-ref \
		"refs/vault/reports/on-failure/$environment/$failed/begun")" ||
		nothing already "a pipeline went back from this commit before"
	git cat-file -e "$good^{commit}" 2>/dev/null ||
		git fetch -q --depth 1 "${own_remote:-origin}" "$good" ||
		nothing none "commit $good of record $record cannot be fetched"
	wait_for_approvals
	git vault good check "$environment" "$good" >&2 </dev/null ||
		nothing refused "git vault good check $environment $good says no"
}

take_good () {
	git checkout -q --detach --force "$good" ||
		nothing none "commit $good of record $record cannot be checked out"
}

# Behind it, what is checked out is marked and verified as a deployment is.
go_back () {
	make_scratch
	failed=$(git rev-parse HEAD)
	# so that no two runs note the same: git names equal contents alike
	run=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	test "${#run}" = 32 || die "cannot read /dev/urandom"
	check_back
	result begun "going back to record $record"
	note begun || nothing already "no other pipeline may do the same, and \
that could not be noted on the remote"
	take_good
	say "deploying commit $good of record $record"
	(
		# it has no business with the keys and the token of this script
		unset GIT_VAULT_IDENTITY GIT_VAULT_CI_TOKEN GIT_CONFIG_COUNT
		test -z "$own_config" || export GIT_CONFIG_COUNT="$own_config"
		export GIT_VAULT_CI_GOOD="$good"
		exec sh -c "$GIT_VAULT_CI_DEPLOY"
	) >&2 </dev/null && return
	result failed "the deployment of record $record failed"
	note ended
	exit 1
}

end_back () {
	if test "$checked" = 0
	then
		result recovered "record $record is deployed, and its checks pass"
	else
		result unhealthy "record $record is deployed, and a check failed"
	fi
	note ended || say "the result is not on the remote"
}

# ---- all of it --------------------------------------------------------------

began=$PWD
own_config=${GIT_CONFIG_COUNT-}
checked=0
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
check_asked
use_token
pin vault.keyring "${GIT_VAULT_CI_KEYRING-}"
pin vault.policy "${GIT_VAULT_CI_POLICY-}"
use_identity
enter
test "$GIT_VAULT_CI_STEP" != validate || validate
fetch_records
number=
if test "$GIT_VAULT_CI_STEP" = on-failure
then
	go_back
	GIT_VAULT_CI_VERIFY=true GIT_VAULT_CI_ONLY_NEW=
fi
before=$(states)
save_states
if test "${GIT_VAULT_CI_ONLY_NEW-}" = true && is_marked "$before"
then
	say "the newest good record of $environment is of this commit already"
	number=
else
	number=$(mark) || exit
	verify "$number"
	export_statement "$number"
fi
tag=${number:+$(git rev-parse "refs/vault/good/$environment/$number")}
push_records "$number"
test "$GIT_VAULT_CI_STEP" = mark || end_back
# another pipeline may have been quicker with that number; then it has the next
test -z "$tag" || numbers | sed -n "s,^$tag .*/,,p"
exit "$checked"
