#!/bin/sh
# git-vault hook: post-commit
# Made by 'git vault hooks install --server' in the working copy below, which this
# brings to the committed revision and saves. 'git vault hooks uninstall' there
# takes it out. The hook that was here before, if any, is
# post-commit.before-vault: it runs first, with the same arguments.
program=@PROGRAM@
copy=@COPY@
kept=${0%/*}/post-commit.before-vault

status=0
if test -x "$kept"
then
	"$kept" "$@"
	status=$?
fi

# Subversion runs hooks without any environment. The vault is that of this working
# copy, also inside of a repository of git.
GIT_CEILING_DIRECTORIES=${copy%/*}
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
HOME=${HOME:-@HOME@}
export GIT_CEILING_DIRECTORIES PATH HOME
if test -x "$program"
then
	"$program" -C "$copy" hooks run -- svn-post-commit "$2" >&2
	ours=$?
else
	echo "git-vault: post-commit: git-vault is not where it was installed," \
		"so revision $2 is not saved; install it, or run: rm \"$0\"" >&2
	ours=1
fi
test $status != 0 || status=$ours
exit $status
