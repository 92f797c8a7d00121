# shellcheck shell=sh
# What tests of the states of tools share. Source it after test-lib.sh.

state_tool=$GIT_VAULT_BUILD_DIR/t/helper/state-tool

# nowhere TEXT: in no object, nor in what is beside them
nowhere () {
	git cat-file --batch-all-objects --batch --buffer >all &&
		test_grep ! -a -F "$1" all && rm all &&
		test_grep ! -r -a -F "$1" .git
}

# is_given_back FILE [VERSION]: byte for byte
is_given_back () {
	git vault state restore --env prod --to back "${2:-latest}" &&
		cmp "$1" back && rm back
}

# each_mutant FILE: 100 that differ from it by a byte or end early are read
# without a crash, and their groups are their bytes
each_mutant () {
	size_=$(wc -c <"$1") n_=0
	while test $n_ -lt 100
	do
		n_=$((n_ + 1)) at_=$((n_ * 7919 * 31 % size_)) &&
			cp "$1" mutant.$n_ &&
			case $((n_ % 4)) in
			0) head -c $at_ "$1" >mutant.$n_ ;;
			1) byte_="}" ;;
			2) byte_="\"" ;;
			3) byte_="\\001" ;;
			esac &&
			if test $((n_ % 4)) != 0
			then
				printf "$byte_" | dd of=mutant.$n_ bs=1 \
					seek=$at_ conv=notrunc 2>/dev/null
			fi || return 1
	done
	"$state_tool" show mutant.* >shown &&
		test_line_count -eq 100 shown && rm mutant.* shown
}

# spoil FILE N: it with some of its bytes changed, ever others
spoil () {
	awk -v seed="$2" '
	BEGIN { srand(seed); RS = "\001"; odd = "{}[]\",:\\0-tu\n" }
	{
		for (i = 0; i < 3; i++) {
			at = 1 + int(rand() * length($0))
			one = substr(odd, 1 + int(rand() * length(odd)), 1)
			$0 = substr($0, 1, at - 1) one substr($0, at + 1)
		}
		printf "%s", $0
	}' "$1"
}

# of_others FILE…: no tool is known of these
of_others () {
	for file_
	do
		"$state_tool" show "$file_" >shown &&
			test_grep "^opaque 0 .* items 0 " shown || return 1
	done
}
