# shellcheck shell=sh
# Documents whose command lines are carried out as they stand. Source this after
# test-lib.sh; what asks for a passphrase needs PYTHON.
#
# A command is an indented line "$ COMMAND" or "NAME$ COMMAND"; it goes on in lines
# "> ..." and behind a backslash. A NAME is a person, with a home and a clone of
# their own.
# In the source of a manual page, comments say what the reader does not see:
#
#	.\" status N		the next command ends with N instead of 0
#	.\" prove COMMAND	this succeeds at this point
#	.\" do COMMAND		the same, for what happens elsewhere
#
# Other lines of a display are what the command before prints, where "..." stands
# for anything.
#
#	guide_text FILE SECTION		the indented lines of a section of README
#	guide_page FILE [SECTION]	a manual page, or one section of it
#	carry_out <GUIDE		carry it out; run `person NAME` first

. "$TEST_DIRECTORY/lib-terminal.sh"
passphrase=rope-ladder-lamp person=

guide_text () {
	awk -v want="$2" '
		/^-+$/ { on = previous == want; held = ""; next }
		{ if (on && NR > 1) print held; held = $0; previous = $0 }
		END { if (on) print held }' "$1" | sed -n 's/^	//p'
}

guide_page () {
	awk -v want="${2-}" '
		/^\.S[hs] / {
			name = substr($0, 5)
			gsub(/"/, "", name)
			on = name == want
			next
		}
		want != "" && !on { next }
		/^\.\\" (status|prove|do) / { print; next }
		/^\.Bd -literal/ { inside = 1; next }
		/^\.Ed/ { inside = 0; next }
		inside { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }' "$1"
}

# person NAME: be this person, in the directory where they were last, at first in
# $TRASH_DIRECTORY/NAME.
person () {
	person=$1 HOME=$TRASH_DIRECTORY/home-$1
	export HOME
	unset XDG_CONFIG_HOME
	test -d "$HOME" || {
		mkdir -p "$HOME" &&
			git config --global user.name "$1" &&
			git config --global user.email "$1@example.org" &&
			git config --global init.defaultBranch main &&
			git config --global url."$TRASH_DIRECTORY/hub.git".insteadOf \
				git@git.example.org:infra.git
	} || return 1
	mkdir -p "$TRASH_DIRECTORY/$1" &&
	if test -f "$TRASH_DIRECTORY/place-$1"
	then
		cd "$(cat "$TRASH_DIRECTORY/place-$1")" || return 1
	else
		cd "$TRASH_DIRECTORY/$1" || return 1
	fi
}

remember_place () {
	test -z "$person" || pwd >"$TRASH_DIRECTORY/place-$person"
}

# perform STATUS COMMAND: what it prints goes to $TRASH_DIRECTORY/said; keys that a
# document abbreviates are those that were printed last.
perform () {
	line=$(printf '%s\n' "$2" | sed -f "$TRASH_DIRECTORY/abbreviated")
	got=0
	echo "\$ $line"
	case $line in
	*'key escrow'*) line="answering $passphrase $passphrase -- $line" ;;
	*'vault undo'*) line="answering y -- $line" ;;
	*'key recover'*) line="answering $passphrase -- $line" ;;
	esac
	eval "$line" >"$TRASH_DIRECTORY/said" 2>&1 </dev/null || got=$?
	cat "$TRASH_DIRECTORY/said"
	sed -n -e 's/^age1[a-z0-9]*$/s,age1\\.\\.\\.,&,/p' \
		-e 's/^ssh-ed25519 [^ ]*$/s,ssh-ed25519 AAAA\\.\\.\\.,&,/p' \
		-e 's/^version .* of the keyring \(.*\)/s,SHA256:\\.\\.\\.,\1,/p' \
		"$TRASH_DIRECTORY/said" >"$TRASH_DIRECTORY/printed"
	cat "$TRASH_DIRECTORY/printed" "$TRASH_DIRECTORY/abbreviated" \
		>"$TRASH_DIRECTORY/both" &&
		mv "$TRASH_DIRECTORY/both" "$TRASH_DIRECTORY/abbreviated"
	remember_place
	performed=$((performed + 1))
	test "$got" = "$1" || {
		echo "this ended with $got, not $1"
		return 1
	}
}

# was_said LINE: some line of the last command is like it.
was_said () {
	pattern=$(printf '%s\n' "$1" |
		sed 's/[][\.*^$+?(){}|/]/\\&/g; s/\\\.\\\.\\\./.*/g; s/  */ +/g') &&
		sed 's/  */ /g' "$TRASH_DIRECTORY/said" | grep -E -q "^ ?$pattern\$" || {
		echo "the document says this, the command does not: $1"
		return 1
	}
}

# Whether the shell would ask for another line, as within quotes.
goes_on () {
	printf '%s' "$command" | tr -cd "'" | awk '{ odd = length($0) % 2 }
		END { exit !odd }'
}

carry_out () {
	performed=0 want=0 command=
	cat >"$TRASH_DIRECTORY/guide"
	: >>"$TRASH_DIRECTORY/abbreviated"
	while IFS= read -r text <&3
	do
		if test -n "$command"
		then
			command="$command
${text#> }"
		else
			case $text in
			'.\" status '*)
				want=${text#'.\" status '}
				continue
				;;
			'.\" prove '* | '.\" do '*)
				hidden=${text#'.\" '}
				echo "# $hidden"
				eval "${hidden#* }" || return 1
				remember_place
				continue
				;;
			'$ '*) command=${text#'$ '} ;;
			[a-z]*'$ '*)
				person "${text%%\$*}" || return 1
				command=${text#*'$ '}
				;;
			'') continue ;;
			*)
				was_said "$text" || return 1
				continue
				;;
			esac
		fi
		case $command in
		*\\) continue ;;
		esac
		! goes_on || continue
		perform "$want" "$command" || return 1
		command='' want=0
	done 3<"$TRASH_DIRECTORY/guide"
	test "$performed" -gt 0
}
