# shellcheck shell=sh
# Commands on a terminal that asks and is answered. Source this after
# test-lib.sh; the tests that use it need PYTHON.
#
#	answering ANSWER... -- COMMAND [ARG...]
#		run the command with stdin, stdout and stderr on one terminal; each
#		question takes the next ANSWER. Prints what the terminal shows.

answering () {
	python3 "$TEST_DIRECTORY/helper/terminal.py" "$@"
}
