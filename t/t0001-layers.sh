#!/bin/sh

test_description='the rules of lib/README that a machine can check'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

rules=$GIT_VAULT_SRC_DIR/t/helper/layers.awk
archive=$GIT_VAULT_BUILD_DIR/lib/libgitvault.a

# What make was configured with.
of_make () {
	sed -n "s/^$1 = //p" "$GIT_VAULT_BUILD_DIR/Makefile"
}

layers () {
	mode=$1
	shift
	awk -v mode="$mode" -f "$rules" "$@"
}

# The rules as they apply to a source tree, one mode each.
check_includes () {
	(cd "$1" && layers includes lib/*/*.[ch] git-vault/*.c git-vault/*/*.[ch])
}

# What wraps a library of C++ has that library's names and form.
check_form () {
	(
		cd "$1" && set -- git-vault/*.c git-vault/*/*.[ch] &&
			for file in lib/*/*.[ch]
			do
				test "${file#lib/cre2/}" != "$file" ||
					set -- "$@" "$file"
			done && layers form "$@"
	)
}

check_functions () {
	(
		cd "$1" && find lib git-vault t -name "*.c" 2>/dev/null |
			ctags --languages=C --kinds-C=f --fields=+neS -f - \
			-L - | layers functions -
	)
}

# later_headers DIR: those that no source begins with. The build has compiled the
# others with nothing before them but the configuration.
later_headers () {
	(
		cd "$1/lib" && awk '
			FILENAME ~ /\.h$/ { later[FILENAME] = 1; nextfile }
			/^#[ \t]*(if|include)/ {
				if ($2 ~ /^"/) {
					gsub(/"/, "", $2)
					delete later[$2]
				}
				nextfile
			}
			END { for (header in later) print header }
		' */*.h */*.c ../git-vault/*/*.c | sort
	)
}

# check_headers DIR: each compiles with nothing before it but the configuration
check_headers () {
	flags="$(of_make CURL_CFLAGS) $(of_make GIT2_CFLAGS) $(of_make NETTLE_CFLAGS) $(of_make ZLIB_CFLAGS)"
	compiler=$(of_make CC) headers_bad=0
	for header in $(later_headers "$1")
	do
		$compiler -fsyntax-only -x c -D_GNU_SOURCE \
			-I"$GIT_VAULT_BUILD_DIR" -include config.h \
			-iquote "$1/lib" -iquote "$GIT_VAULT_SRC_DIR/lib" \
			$flags "$1/lib/$header" || headers_bad=1
	done
	return $headers_bad
}

# An empty house with one good file a folder, to plant faults in.
make_house () {
	rm -rf house && mkdir -p house/lib/base house/lib/sys house/lib/object \
		house/lib/record house/lib/infra house/git-vault/front \
		house/git-vault/state house/git-vault/look &&
	for module in base/buf sys/file object/pack record/record infra/graph
	do
		stem=${module#*/} &&
		guard=GV_$(echo "$stem" | tr a-z A-Z)_H &&
		printf '#ifndef %s\n#define %s\n\n#endif\n' "$guard" "$guard" \
			>"house/lib/$module.h" &&
		printf '#include "%s.h"\n' "$module" >"house/lib/$module.c" ||
			return 1
	done &&
	echo '#include "base/buf.h"' >house/git-vault/main.c &&
	for room in front/out state/state_out look/record_out
	do
		: >"house/git-vault/$room.h" &&
		printf '#include "git-vault/%s.h"\n' "$room" \
			>"house/git-vault/$room.c" || return 1
	done
}

# planted CHECK FILE WORDS <fault: CHECK passes without and names it with
planted () {
	make_house && cat >fault &&
	"$1" house >out && test_must_be_empty out &&
	cat fault >>"house/$2" &&
	test_must_fail "$1" house >out &&
	test_line_count -eq 1 out &&
	test_grep "$2.*$3" out
}

test_expect_success 'includes point down, and each library has one home' '
	check_includes "$GIT_VAULT_SRC_DIR"
'

test_expect_success 'files keep to the form of lib/README' '
	check_form "$GIT_VAULT_SRC_DIR"
'

# A source that no sources.am names is neither built nor distributed.
list_forgotten () {
	for file in git-vault/*.[ch] git-vault/*/*.[ch] lib/*/*.[ch] man/*.[157] t/*.sh \
		t/unit/*.[ch] t/fuzz/*.c t/helper/*.[ch] t/fault/*.c
	do
		test ! -e "$file" || echo "$file"
	done >"$TRASH_DIRECTORY/files"
	cat */sources.am */*/sources.am 2>/dev/null |
		awk -v RS='[ \t\n]+' '
			{ name = $0; sub(/.*\//, "", name) }
			NR == FNR { listed[name] = 1; next }
			/^t\/fuzz\/fuzz_/ { sub(/\.c$/, "", name) }
			!(name in listed)
		' - "$TRASH_DIRECTORY/files"
}

test_expect_success 'no source is forgotten by the build' '
	(cd "$GIT_VAULT_SRC_DIR" && list_forgotten) >forgotten &&
	test_must_be_empty forgotten &&
	make_house && echo >house/git-vault/cmd_lost.c &&
	echo "/buf.c /main.c" >house/lib/sources.am &&
	(cd house && list_forgotten) >out &&
	test_grep "^git-vault/cmd_lost.c" out &&
	test_grep ! main.c out
'

# What a row of t/areas names and the sources do not have chooses no test.
list_gone () {
	while read -r module scripts
	do
		set -- git-vault/"$module".c git-vault/*/"$module".[ch] \
			lib/*/"$module".[ch]*
		test -f "$1" || test -f "$2" || test -f "$3" || echo "$module"
		for script in $scripts
		do
			test -f "$script" || echo "$script"
		done
	done <t/areas
}

test_expect_success 'all modules and scripts in t/areas exist' '
	(cd "$GIT_VAULT_SRC_DIR" && list_gone) >gone &&
	test_must_be_empty gone &&
	make_house && mkdir -p house/t && >house/t/t0000-x.sh &&
	test_write_lines "buf t/t0000-x.sh" "main t/t0000-x.sh t/t0001-x.sh" \
		"lost t/t0000-x.sh" >house/t/areas &&
	(cd house && list_gone) >gone &&
	test_write_lines t/t0001-x.sh lost >expect &&
	test_cmp expect gone
'

test_lazy_prereq CTAGS 'ctags --version | grep Universal'
test_expect_success CTAGS 'functions are short and take few parameters' '
	check_functions "$GIT_VAULT_SRC_DIR"
'

test_expect_success 'every header compiles alone' '
	check_headers "$GIT_VAULT_SRC_DIR"
'

test_expect_success 'a module exports its own names, asks and prints nothing' '
	nm -A "$archive" >symbols 2>nm-err &&
	(cd "$GIT_VAULT_SRC_DIR" && layers symbols - lib/*/*.[ch]) <symbols
'

test_expect_success 'an include that points up is found' '
	planted check_includes lib/base/buf.c "sys/file.h" <<-\EOF
	#include "sys/file.h"
	EOF
'

test_expect_success 'an include across folders of one rank is found' '
	planted check_includes lib/object/pack.c "infra/graph.h" <<-\EOF
	#include "infra/graph.h"
	EOF
'

test_expect_success 'a command that reaches into the object database is found' '
	for file in main.c state/state_out.c
	do
		planted check_includes git-vault/$file "object/pack.h" <<-\EOF ||
		#include "repo/repo.h"
		#include "object/pack.h"
		EOF
			return 1
	done
'

test_expect_success 'a command that includes one beside or above it is found' '
	planted check_includes git-vault/look/record_out.c "must not include" <<-\EOF &&
	#include "git-vault/front/out.h"
	#include "git-vault/state/state_out.h"
	EOF
	planted check_includes git-vault/front/out.c "must not include" <<-\EOF &&
	#include "git-vault/look/record_out.h"
	EOF
	planted check_includes git-vault/main.c "no folder of ours" <<-\EOF &&
	#include "git-vault/look/record_out.h"
	#include "git-vault/lost/record_out.h"
	EOF
	planted check_includes lib/sys/file.c "must not include" <<-\EOF
	#include "git-vault/front/out.h"
	EOF
'

test_expect_success 'an include without its folder is found' '
	planted check_includes lib/record/record.c "name its folder" <<-\EOF
	#include "record.h"
	EOF
'

test_expect_success 'a library away from home is found' '
	planted check_includes lib/record/record.c "home in repo" <<-\EOF
	#include <git2/sys/odb_backend.h>
	EOF
'

test_expect_success 'a system header where no system is known is found' '
	planted check_includes lib/infra/graph.c "knows no system" <<-\EOF
	#include <sys/stat.h>
	EOF
'

test_expect_success 'headers that include each other are found' '
	make_house &&
	echo "#include \"object/pack.h\"" >house/lib/object/tree.h &&
	echo "#include \"object/tree.h\"" >>house/lib/object/pack.h &&
	test_must_fail check_includes house >out &&
	test_line_count = 2 out &&
	test_grep "cycle of includes" out
'

test_expect_success 'modules of a folder that lean on each other are found' '
	make_house &&
	echo "#include \"object/pack.h\"" >house/lib/object/pack_lane.c &&
	echo "#include \"object/pack_internal.h\"" >house/lib/object/pack.c &&
	: >house/lib/object/pack_internal.h && check_includes house >out &&
	test_must_be_empty out && : >house/lib/object/pack_lane.h &&
	echo "#include \"object/pack_lane.h\"" >house/lib/object/pack_internal.h &&
	test_must_fail check_includes house >out && test_line_count = 1 out &&
	test_grep "cycle of modules: object/pack.* object/pack_lane" out
'

test_expect_success 'a type that is defined twice is found' '
	planted check_includes lib/object/pack.h "gv_lane is defined in" <<-\EOF
	struct gv_lane;
	struct gv_pack {
		struct gv_lane *lane;
	};
	struct gv_lane {
		int n;
	};
	struct gv_lane {
		int m;
	};
	EOF
'

test_expect_success 'a folder that is too full is found' '
	make_house &&
	for i in $(test_seq 31)
	do
		echo >house/lib/object/x$i.c && echo >house/lib/object/x$i.h || return 1
	done && check_includes house >out && test_must_be_empty out &&
	echo >house/lib/object/y.c &&
	test_must_fail check_includes house >out && test_line_count = 1 out &&
	test_grep "lib/object: has 65 files" out
'

test_expect_success 'faults of form are found' '
	planted check_form lib/sys/file.c "wider than 80" <<-\EOF &&
	int file_of_a_name_so_long_that_with_its_type_it_needs_more_than_80_columns_wide;
	EOF
	printf "int a;\t\n" |
		planted check_form lib/sys/file.c "ends in blanks" &&
	echo "/* TO""DO: later */" |
		planted check_form lib/sys/file.c "to be done" &&
	planted check_form lib/sys/file.c "// comment" <<-\EOF &&
	int a; // as in C++
	EOF
	planted check_form lib/sys/file.h "typedef" <<-\EOF &&
	typedef struct gv_file gv_file;
	EOF
	planted check_form lib/sys/file.c "nested more" <<-\EOF &&
	int
	f(int a)
	{
		if (a) {
			while (a) {
				if (a > 1) {
					if (a > 2) {
						a--;
					}
				}
			}
		}
	}
	EOF
	make_house &&
	echo "#include <stddef.h>" >house/lib/sys/file.h &&
	test_must_fail check_form house >out &&
	test_grep "guarded by" out &&
	make_house &&
	mv house/lib/sys/file.c house/lib/sys/file_util.c &&
	test_must_fail check_form house >out &&
	test_grep "nothing in particular" out
'

test_expect_success 'what only looks like a fault of form is none' '
	make_house &&
	cat >>house/lib/sys/file.c <<-\EOF &&
	static const char *const url = "https://example.com";
	/* see // and typedef struct in words */
	static const int table[] = {
		{ 1 },
	};
	EOF
	check_form house
'

test_expect_success CTAGS 'long functions and long parameter lists are found' '
	make_house &&
	{
		echo "int gv_file_x(int a, int b, int c, int d, int e, int f, int g)" &&
		echo "{ return a + b + c + d + e + f + g; }" &&
		echo "int gv_file_y(int (*fn)(int, int), int a, int b, int c, int d)" &&
		echo "{ return fn(a, b) + c + d; }" &&
		echo "void gv_file_long(void)" && echo "{" &&
		test_seq 70 | sed "s/.*/;/" && echo "}"
	} >>house/lib/sys/file.c &&
	test_must_fail check_functions house >out &&
	test_line_count = 2 out &&
	test_grep "gv_file_x.*parameters" out &&
	test_grep "gv_file_long.*lines" out
'

test_expect_success 'a header that needs another one first is found' '
	make_house && later_headers house >out && test_must_be_empty out &&
	echo "uint64_t gv_buf_size(void);" >house/lib/base/buf_size.h &&
	test_must_fail check_headers house 2>err && test_grep "uint64_t" err &&
	for first in "#include <stdint.h>" "#include \"base/buf.h\"" "#ifdef X"
	do
		test_write_lines "$first" "#include \"base/buf_size.h\"" \
			>house/lib/base/buf_size.c && later_headers house >out &&
		echo base/buf_size.h | test_cmp - out || return 1
	done && sed -i 1d house/lib/base/buf_size.c &&
	later_headers house >out && test_must_be_empty out
'

# symbols LINE…, as nm prints them of an archive
planted_symbol () {
	printf 'libgitvault.a:%s\n' "$1" |
		(cd house && layers symbols - lib/*/*.[ch]) >out
}

test_expect_success 'faults in symbols are found' '
	make_house && echo "int gv_file_read(void);" >>house/lib/sys/file.h &&
	echo "int gv_file_write(void);" >>house/lib/object/pack.h &&
	planted_symbol "file.o:0000000000000000 T gv_file_read" &&
	test_must_fail planted_symbol "file.o:0000000000000000 T gv_file_write" &&
	test_grep "no header in sys/ declares" out &&
	planted_symbol "file.o:                 U getenv" &&
	planted_symbol "pack.o:                 U open" &&
	planted_symbol "pack.o:                 U snprintf" &&
	planted_symbol "buf.o:                 U memcpy" &&
	test_must_fail planted_symbol "file.o:0000000000000000 T gv_pack_read" &&
	test_grep "exports gv_pack_read" out &&
	test_must_fail planted_symbol "file.o:0000000000000000 D table" &&
	test_must_fail planted_symbol "pack.o:                 U getenv" &&
	test_grep "environment" out &&
	test_must_fail planted_symbol "record.o:                 U openat" &&
	test_grep "touches files" out &&
	test_must_fail planted_symbol "file.o:                 U exit" &&
	test_grep "ends us" out &&
	test_must_fail planted_symbol "file.o:                 U __fprintf_chk" &&
	test_grep "prints" out &&
	test_must_fail planted_symbol "nowhere.o:0000000000000000 T gv_nowhere_x"
'

test_done
