#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "search/definition.h"

/* The name is the first `name` in the line that stands alone. */
static bool
defines(const char *path, const char *line)
{
	const char *p = strstr(line, "name");

	assert_non_null(p);
	return gv_definition_is(gv_definition_language(path), line,
	    strlen(line), (size_t)(p - line), 4);
}

static const struct line {
	const char *path, *text;
} yes[] = {
	{ "a.c", "name(int x)" },
	{ "a.c", "static int name(int x)" },
	{ "a.c", "struct x *name(void) {" },
	{ "a.h", "struct name {" },
	{ "a.h", "#define name 1" },
	{ "a.cpp", "class name : public x {" },
	{ "a.cpp", "void x::name(int y)" },
	{ "a.go", "func name(x int) {" },
	{ "a.go", "func (x *T) name() error {" },
	{ "a.go", "type name struct {" },
	{ "a.rs", "pub fn name<T>(x: T) {" },
	{ "a.py", "    async def name(self):" },
	{ "a.py", "name = 3" },
	{ "a.rb", "  def self.name" },
	{ "a.ts", "export async function name(x) {" },
	{ "a.ts", "  async name(x: number) {" },
	{ "a.js", "const name = () => 1" },
	{ "A.java", "	public static int name(int x) {" },
	{ "a.kt", "fun name() = 1" },
	{ "a.php", "	private function name($x)" },
	{ "a.lua", "function M.name(x)" },
	{ "x.sh", "name() {" },
	{ "x.sh", "export name=1" },
	{ "Makefile", "name: all" },
	{ "Makefile", "name := 1" },
	{ "main.tf", "resource \"aws_x\" \"name\" {" },
	{ "main.tf", "variable \"name\" {" },
	{ "main.tf", "  name = 1" },
	{ "a.yaml", "  - name: 1" },
	{ "a.json", "  \"name\": 1" },
	{ "a.toml", "[name]" },
	{ "a.ini", "name=1" },
	{ "a.sql", "CREATE TABLE IF NOT EXISTS name (" },
	{ "a.proto", "message name {" },
	{ "a.clj", "(defn name [x]" },
	{ "Dockerfile", "FROM x AS name" },
}, no[] = {
	{ "a.c", "	name(1);" },
	{ "a.c", "int name(int x);" },
	{ "a.c", "	struct name x;" },
	{ "a.c", "x = name(1)" },
	{ "a.go", "	x := name(1)" },
	{ "a.py", "    name(1)" },
	{ "a.py", "    if name == 3:" },
	{ "a.py", "name == 3" },
	{ "a.ts", "  if (name(x)) {" },
	{ "a.ts", "  x.name(function () {" },
	{ "A.java", "	return name(1);" },
	{ "x.sh", "name 1" },
	{ "x.sh", "echo name=1" },
	{ "Makefile", "	name: x" },
	{ "main.tf", "  x = var.name" },
	{ "main.tf", "  x = \"name\"" },
	{ "a.yaml", "  x: name" },
	{ "a.json", "  \"x\": \"name\"" },
	{ "a.sql", "SELECT name FROM x" },
	{ "a.unknown", "def name" },
	{ "Dockerfile", "RUN name" },
};

static void
a_line_that_defines_a_name_is_known(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!defines(yes[i].path, yes[i].text))
			fail_msg("%s: %s", yes[i].path, yes[i].text);
}

static void
a_line_that_uses_it_is_not_one(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (defines(no[i].path, no[i].text))
			fail_msg("%s: %s", no[i].path, no[i].text);
}

static void
odd_lines_are_harmless(void **state)
{
	static const char *const lines[] = { "name", ".name", "*name", ")name",
		"(name", "::name", "..name(", "name\r", "\"name\"", "- name" };
	static const char *const paths[] = { "a.c", "a.go", "a.ts", "x.sh",
		"a.yaml", "a.tf", "a.toml", "a.sql", "Makefile", ".c", "" };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (k = 0; k < sizeof(paths) / sizeof(paths[0]); k++)
			(void)defines(paths[k], lines[i]);
	assert_false(
	    gv_definition_is(gv_definition_language("a.py"), "def  ", 5, 4, 0));
	assert_false(gv_definition_is(
	    gv_definition_language("a.py"), "def a b", 7, 4, 3));
}

/* What a line of many names would be searched for again and again. */
static void
what_is_far_away_is_not_looked_for(void **state)
{
	struct gv_buf line = GV_BUF_INIT;
	size_t i, n;

	(void)state;
	for (n = 100; n <= 200; n += 100) {
		gv_buf_reset(&line);
		gv_buf_addstr(&line, "function ");
		for (i = 0; i < n; i++)
			gv_buf_addstr(&line, "x.");
		gv_buf_addstr(&line, "name(");
		assert_int_equal(gv_buf_check(&line), 0);
		assert_true(defines("a.ts", line.p) == (n == 100));
	}
	gv_buf_reset(&line);
	for (i = 0; i < 5000; i++)
		gv_buf_addch(&line, '{');
	gv_buf_addstr(&line, "name: 1");
	assert_int_equal(gv_buf_check(&line), 0);
	assert_false(defines("a.json", line.p));
	assert_true(defines("a.json", line.p + 4000));
	gv_buf_release(&line);
}

UNIT(definition)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_defines_a_name_is_known),
		cmocka_unit_test(a_line_that_uses_it_is_not_one),
		cmocka_unit_test(odd_lines_are_harmless),
		cmocka_unit_test(what_is_far_away_is_not_looked_for),
	};

	return UNIT_RUN(tests);
}
