#!/bin/sh
# git-vault hook: @NAME@
# Made by 'git vault hooks install'; 'git vault hooks uninstall' takes it out.
# The hook that was here before, if any, is @NAME@.before-vault: it runs first,
# with the same arguments and input, and what it refuses stays refused.
name=@NAME@
program=@PROGRAM@
required=@REQUIRED@
reads=@READS@
kept=${0%/*}/@NAME@.before-vault

# A manager of hooks that has kept this one as its own "hook before" would have
# the two call each other for ever. A push to somewhere else, by the hook that was
# here before, is no such round: it has other arguments. Nor is anything that it
# has left running, which comes to git when it is over.
if test "$GIT_VAULT_HOOK" = "$name $PWD" &&
	kill -0 "${GIT_VAULT_HOOK_PID:-0}" 2>/dev/null
then
	case $* in
	'' | "$GIT_VAULT_HOOK_FOR") exit 0 ;;
	esac
fi

# The framework of that name, where it was here before, came again and has put
# this aside to run it: it does not want to be run by what it runs.
if test -n "$PRE_COMMIT_RUNNING_LEGACY" &&
	command -p grep -q -F pre-commit.com "$kept" 2>/dev/null
then
	kept=
fi

# Programs with windows start git with next to no PATH, so the place is known.
# Without it, one line, and the work goes on (or not, where it is required).
vault () {
	if test ! -x "$program"
	then
		program=$(command -v git-vault) ||
			program=$(git --exec-path)/git-vault
	fi
	if test -x "$program"
	then
		"$program" hooks run -- "$name" "$@" >&2
		return
	fi
	must=$(git config --type=bool vault.hooksRequired)
	# what was here before is to run again, and not to go as well
	out="rm \"$0\""
	test ! -e "$kept" || out="mv \"$kept\" \"$0\""
	echo "git-vault: $name: git-vault is not where it was installed, nor in" \
		"PATH; install it, or run: $out" >&2
	test "${must:-$required}" != true
}

# What comes after something was done, and a search of what is pushed that went
# wrong by itself, stop nobody.
verdict () {
	case $name,$1 in
	post-*)
		return 0
		;;
	pre-push,0 | pre-push,1 | pre-push,130) ;;
	pre-push,*)
		case ,$(git config vault.prePush), in
		*[,\ ][Ss][Tt][Rr][Ii][Cc][Tt][,\ ]*) ;;
		*) return 0 ;;
		esac
		;;
	esac
	return "$1"
}

if test ! -x "$kept"
then
	vault "$@"
	verdict $?
	exit
fi
# Both read all of the input: it is kept here, to the byte.
if test "$reads" = yes
then
	if ! input=$(command -p cat && echo .)
	then
		echo "git-vault: $name: its input cannot be read" >&2
		case $name in
		post-*) exit 0 ;;
		esac
		exit 1
	fi
	feed () { printf %s "${input%.}"; }
else
	feed () { :; }
fi
feed | GIT_VAULT_HOOK="$name $PWD" GIT_VAULT_HOOK_FOR="$*" \
	GIT_VAULT_HOOK_PID=$$ "$kept" "$@"
status=$?
case $name in
pre-* | update)
	test $status = 0 || exit $status
	;;
esac
feed | vault "$@"
verdict $?
ours=$?
test $status != 0 || status=$ours
exit $status
