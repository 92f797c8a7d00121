#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lex/lex.h"

/* "name=value" of each pair, with '|' between them. */
struct row {
	enum gv_syntax syntax;
	const char *text, *pairs;
};

struct told {
	const char *text;
	char pairs[512];
};

static int
on_pair(void *ctx, const struct gv_lex_pair *pair)
{
	struct told *told = ctx;
	size_t n = strlen(told->pairs);

	snprintf(told->pairs + n, sizeof(told->pairs) - n, "%s%.*s=%.*s%s",
	    n ? "|" : "", (int)pair->name_len, told->text + pair->name,
	    (int)pair->value_len, told->text + pair->value,
	    pair->is_expression ? "!" : "");
	return 0;
}

/* A copy without a zero byte behind it, so that memory checkers see each read
 * behind the end. */
static void
check_row(const struct row *row)
{
	static const char word[] = "password";
	const size_t n = sizeof(word) - 1, len = strlen(row->text);
	char *text = malloc(len);
	struct gv_lex lex = { .text = text, .len = len, .syntax = row->syntax };
	struct gv_lex_pair name;
	struct told told = { .text = text };
	size_t i;

	assert_non_null(text);
	memcpy(text, row->text, len);
	for (i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, word, n) == 0 &&
		    gv_lex_name(&lex, &name, i, n))
			gv_lex_values(&lex, &name, on_pair, &told);
	if (strcmp(told.pairs, row->pairs) != 0)
		fail_msg("of '%s' it read '%s' instead of '%s'", row->text,
		    told.pairs, row->pairs);
	free(text);
}

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check_row(&rows[i]);
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

static void
test_yaml(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_YAML, "url: \"http://x/?password=hunter2\"\n",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "password: a'b'c'\n", "password=a'b'c'" },
		{ GV_SYNTAX_YAML, "checksum/password: a1b2c3\n", "" },
		{ GV_SYNTAX_SHELL, "X=$password:$PATH make\n", "" },
		{ GV_SYNTAX_YAML, "password: hunter2\033[0m\n",
		    "password=hunter2" },
		{ GV_SYNTAX_JSON, "{\"password\": \"hunter2\\u001b[0m\"}",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "url: \"password:hunter2\"\n", "" },
		{ GV_SYNTAX_YAML, "- curl -H \"X-Password: a1\" http://x\n",
		    "X-Password=a1" },
		{ GV_SYNTAX_YAML, "- a: curl -H 'X-Password: a1' http://x\n",
		    "X-Password=a1" },
		{ GV_SYNTAX_CODE, "const PASSWORD: &str = \"a1\";",
		    "PASSWORD=a1" },
		{ GV_SYNTAX_CODE, "static PASSWORD: &'static str = \"a1\";",
		    "PASSWORD=a1" },
		{ GV_SYNTAX_YAML, "\"password\": \"hunter2\"\n",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "db:\n  password: hunter2 # x\n",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "password: |\n  a\n  b\nnext: 1",
		    "password=a\n  b" },
		{ GV_SYNTAX_YAML, "passwords:\n  - a1\n  - \"b2\"\nx: 1",
		    "passwords=a1|passwords=b2" },
		{ GV_SYNTAX_YAML, "- name: DB_PASSWORD\n  value: \"x1\"\n",
		    "DB_PASSWORD=x1" },
		{ GV_SYNTAX_YAML,
		    "- name: PASSWORD\n  valueFrom:\n    name: x\n"
		    "- name: Y\n  value: z\n",
		    "" },
		{ GV_SYNTAX_YAML, "{password: a, user: b}", "password=a" },
		{ GV_SYNTAX_YAML, "password: &p a", "password=a" },
		{ GV_SYNTAX_YAML, "password:\nuser: x", "" },
		{ GV_SYNTAX_YAML, "password:\n  hunter2\nuser: x",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "- password: \n\n    # x\n    'a b' # y",
		    "password=a b" },
		{ GV_SYNTAX_YAML, "password:\r\n  hunter2\r\n",
		    "password=hunter2" },
		{ GV_SYNTAX_YAML, "a:\n  password:\n  hunter2\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  a: b\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  a:\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  \"a\": b\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  {{ .x }}\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  one\n  two\n", "" },
		{ GV_SYNTAX_YAML, "password:\n  ", "" },
		{ GV_SYNTAX_YAML, "password=\n  hunter2\n", "" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_maps_tables_and_lines(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_YAML, "passwords:\n  ann: a1\n  url: b\n  c: d2\n",
		    "passwords=a1|passwords=d2" },
		{ GV_SYNTAX_YAML, "passwords:\n  ann:\n    b: c\n", "" },
		{ GV_SYNTAX_CODE, "passwords = { ann: 'a1', 'b' => \"b2\" }",
		    "passwords=a1|passwords=b2" },
		{ GV_SYNTAX_CODE, "passwords = { ann: { b: 'c' } }", "" },
		{ GV_SYNTAX_CODE, "SET PASSWORD = N'a1'", "PASSWORD=a1" },
		{ GV_SYNTAX_SHELL, "setenv PASSWORD a1b2c3d4\n",
		    "PASSWORD=a1b2c3d4" },
		{ GV_SYNTAX_SHELL, "set -gx PASSWORD a1\n", "PASSWORD=a1" },
		{ GV_SYNTAX_SHELL, "echo PASSWORD a1\n", "" },
		{ GV_SYNTAX_TEXT, "the password is a1b2c3d4\n",
		    "password=a1b2c3d4" },
		{ GV_SYNTAX_TEXT, "the password is too short\n", "" },
		{ GV_SYNTAX_TEXT, "user=x&password=a1&x=y\n", "password=a1" },
		{ GV_SYNTAX_CODE, "set :password, 'a1'\n", "password=a1" },
		{ GV_SYNTAX_TEXT,
		    "| user | password |\n|---|---|\n| a | `a1` |\n| b | b2 |\n",
		    "password=a1|password=b2" },
		{ GV_SYNTAX_TEXT, "| user | password |\n| a | b |\n", "" },
		{ GV_SYNTAX_TEXT,
		    "| password |\n|---|\n| a1 |\n| password |\n|---|\n| b |\n",
		    "password=a1|password=password|password=---|password=b" },
		{ GV_SYNTAX_HCL, "  export PASSWORD=velvet.anchor\n",
		    "PASSWORD=velvet.anchor" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_json_and_hcl(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_JSON, "{\"password\": \"a\\\"b\", \"x\": 1}",
		    "password=a\\\"b" },
		{ GV_SYNTAX_JSON, "[\"password\", \"user\"]", "" },
		{ GV_SYNTAX_JSON, "{\"a\": \"password: hunter22\"}",
		    "password=hunter22" },
		{ GV_SYNTAX_JSON, "{\"a\": \"x: 1, password: hunter22, y: 2\"}",
		    "password=hunter22" },
		{ GV_SYNTAX_JSON, "[\"user=x;password=hunter22;y=2\"]",
		    "password=hunter22" },
		{ GV_SYNTAX_JSON, "[\"password: hunter22\\ny: 2\"]",
		    "password=hunter22" },
		{ GV_SYNTAX_JSON, "[\"the password: hunter22\"]",
		    "password=hunter22!" },
		{ GV_SYNTAX_JSON, "[\"password: hunter22 is one\"]",
		    "password=hunter22!" },
		{ GV_SYNTAX_JSON,
		    "{\"ParameterKey\": \"DbPassword\", "
		    "\"ParameterValue\": \"x1\"}",
		    "DbPassword=x1" },
		{ GV_SYNTAX_HCL,
		    "variable \"password\" {\n  type = string\n"
		    "  default = \"a\"\n}",
		    "password=a" },
		{ GV_SYNTAX_HCL, "password = var.x\n", "password=var.x!" },
		{ GV_SYNTAX_HCL, "password = <<EOF\nab\nEOF\n", "password=ab" },
		{ GV_SYNTAX_DOCKERFILE, "ENV password a1\nRUN apt passwd b\n",
		    "password=a1" },
		{ GV_SYNTAX_DOCKERFILE, "RUN yum password sudo && x\n", "" },
		{ GV_SYNTAX_YAML,
		    "- name: 'password/fullname'\n  value: 'a b'\n", "" },
		{ GV_SYNTAX_YAML, "- name: 'x/y-password'\n  value: 'a'\n",
		    "y-password=a" },
		{ GV_SYNTAX_TEXT, "{% if password %}x=y{% endif %}", "" },
		{ GV_SYNTAX_TEXT, "| \"password\" | \"hunter2\"", "" },
		{ GV_SYNTAX_CSV, "password,SHA1\r\nhunter2,0a1b\r\n", "" },
		{ GV_SYNTAX_CSV, "user,password\nann,hunter2\n",
		    "password=hunter2" },
		{ GV_SYNTAX_TEXT, "| `password` | hunter2 |",
		    "password=hunter2" },
		{ GV_SYNTAX_HCL,
		    "variable \"user\" {\n  default = \"x\"\n}\n"
		    "variable \"password\" {}\n",
		    "" },
		{ GV_SYNTAX_HCL, "PASSWORD=", "" },
		{ GV_SYNTAX_HCL, "x\nDB_PASSWORD=", "" },
		{ GV_SYNTAX_HCL, "password:", "" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_lines(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_ENV, "DB_PASSWORD=p w # c\n", "DB_PASSWORD=p w" },
		{ GV_SYNTAX_INI, "db.password = a ; c\n", "db.password=a" },
		{ GV_SYNTAX_INI, "password=\nuser=x", "" },
		{ GV_SYNTAX_SHELL, "export PASSWORD=\"a b\"; x",
		    "PASSWORD=a b" },
		{ GV_SYNTAX_SHELL, "mysql --password=a -u x", "password=a" },
		{ GV_SYNTAX_SHELL, "mysql --password a -u x", "password=a" },
		{ GV_SYNTAX_SHELL, "x ${PASSWORD:-a}", "PASSWORD=a" },
		{ GV_SYNTAX_SHELL, ": \"${PASSWORD:=a b}\"", "PASSWORD=a b" },
		{ GV_SYNTAX_SHELL, "x ${PASSWORD:?a}", "" },
		{ GV_SYNTAX_SHELL, "x ${PASSWORD:-}", "" },
		{ GV_SYNTAX_SHELL, "x ${PASSWORD:0:8}", "" },
		{ GV_SYNTAX_SHELL, "x ${PASSWORD:-a", "" },
		{ GV_SYNTAX_YAML, "x: ${db.password:a}", "db.password=a" },
		{ GV_SYNTAX_YAML, "x: {{ password | default('a') }}",
		    "password=a" },
		{ GV_SYNTAX_YAML, "x: {{password | default \"a\"}}",
		    "password=a" },
		{ GV_SYNTAX_YAML, "x: {{ password | quote }}", "" },
		{ GV_SYNTAX_INI, "Environment=PASSWORD=a B=c\n", "PASSWORD=a" },
		{ GV_SYNTAX_DOCKERFILE, "ENV PASSWORD a\n", "PASSWORD=a" },
		{ GV_SYNTAX_DOCKERFILE, "ENV PASSWORD=a B=2\n", "PASSWORD=a" },
		{ GV_SYNTAX_TEXT, "set x password 'a'\n", "password=a" },
		{ GV_SYNTAX_TEXT, "\toption password 'a'\n", "password=a" },
		{ GV_SYNTAX_TEXT, "configure x password a1b2c3d4 y\n",
		    "password=a1b2c3d4" },
		{ GV_SYNTAX_TEXT, "(setq x-password \"a\")\n", "x-password=a" },
		{ GV_SYNTAX_TEXT, "say password 'a'\n", "" },
		{ GV_SYNTAX_TEXT, "set password 'a' b\n", "" },
		{ GV_SYNTAX_TEXT, "${PASSWORD}    a\n", "PASSWORD=a" },
		{ GV_SYNTAX_TEXT, "x ${PASSWORD}    a\n", "" },
		{ GV_SYNTAX_TEXT, "the password `a` of x", "password=a" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_xml(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_XML, "<password>a</password>", "password=a" },
		{ GV_SYNTAX_XML, "<add key=\"Password\" value=\"a\"/>",
		    "Password=a" },
		{ GV_SYNTAX_XML, "<x password=\"a\" y=\"z\">", "password=a" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_code(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_CODE, "password = 'a'", "password=a" },
		{ GV_SYNTAX_CODE, "password: str = \"a\"", "password=a" },
		{ GV_SYNTAX_CODE, "define('PASSWORD', 'a');", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "env.PASSWORD || 'a'", "env.PASSWORD=a" },
		{ GV_SYNTAX_CODE, "get(\"PASSWORD\") or \"a\"", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "password ?? 'a'", "password=a" },
		{ GV_SYNTAX_CODE, "fetch('PASSWORD') { 'a' }", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "f.StringVar(&p, \"password\", \"a\", \"b\")",
		    "password=a" },
		{ GV_SYNTAX_CODE, "VALUES ('password', 'a')", "password=a" },
		{ GV_SYNTAX_CODE, "f(&p, \"password\", \"a\")", "" },
		{ GV_SYNTAX_CODE, "password || b", "" },
		{ GV_SYNTAX_CODE, "$c['db']['password'] = 'a';", "password=a" },
		{ GV_SYNTAX_CODE, "$Conf{password} = 'a';", "password=a" },
		{ GV_SYNTAX_CODE, "f(\"{password} = 'a'\")", "" },
		{ GV_SYNTAX_CODE, "{:db-password \"a\"}", "db-password=a" },
		{ GV_SYNTAX_CODE, "x(\"DB_PASSWORD\", \"a\")",
		    "DB_PASSWORD=a" },
		{ GV_SYNTAX_CODE, "x(\"password\", \"a\")", "" },
		{ GV_SYNTAX_CODE, "Const PASSWORD As String = \"a\"",
		    "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "{db_password, <<\"a\">>}", "db_password=a" },
		{ GV_SYNTAX_CODE, "password: pulumi.String(\"a\")",
		    "password=a" },
		{ GV_SYNTAX_CODE, "password: secret(\"a\")",
		    "password=secret(\"a\"!" },
		{ GV_SYNTAX_CODE, "x=\"password\" class=\"a\"", "" },
		{ GV_SYNTAX_CODE, "\\set password 'a'\n", "password=a" },
		{ GV_SYNTAX_CODE, "setPassword(\"a\")", "setPassword=a" },
		{ GV_SYNTAX_CODE, ":password => 'a'", "password=a" },
		{ GV_SYNTAX_CODE, "if (password == 'a')", "password=a" },
		{ GV_SYNTAX_CODE, "if (password == a)", "" },
		{ GV_SYNTAX_CODE, "password != \"a\"", "password=a" },
		{ GV_SYNTAX_CODE, "password.encode(\"a\")", "" },
		{ GV_SYNTAX_CODE, "a = \"password:\", b", "" },
		{ GV_SYNTAX_CODE, "`--password-auth --path=a`", "" },
		{ GV_SYNTAX_ENV, "PASSWORD=~a", "PASSWORD=~a" },
		{ GV_SYNTAX_CODE, "#define PASSWORD \"a\"", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "x {\n  password 'a'\n}", "password=a" },
		{ GV_SYNTAX_CODE, "say password 'a'", "" },
		{ GV_SYNTAX_CODE, "password = (\"a\"", "password=a" },
		{ GV_SYNTAX_CODE, "s = \"password=\\\"a\\\";\"", "password=a" },
		{ GV_SYNTAX_SHELL, "-d \"{\\\"password\\\": \\\"a\\\"}\"",
		    "password=a" },
		{ GV_SYNTAX_CODE, "\"\\\"password\\\": \\\"\" + a + \"\\\"\"",
		    "" },
		{ GV_SYNTAX_XML, "<password><![CDATA[a<b]]></password>",
		    "password=a<b" },
		{ GV_SYNTAX_XML, "<password>\n  a\n</password>", "password=a" },
		{ GV_SYNTAX_XML, "<password type=\"x\">a</password>",
		    "password=a" },
		{ GV_SYNTAX_XML, "<name>password</name><value>a</value>",
		    "password=a" },
		{ GV_SYNTAX_CSV, "host,password\na,b\nc,\"d,e\"\n",
		    "password=b|password=d,e" },
		{ GV_SYNTAX_CSV, "password;host\na;b\n", "password=a" },
		{ GV_SYNTAX_CSV, "host,user\npassword,x\n", "" },
		{ GV_SYNTAX_HCL, "<<E\n PASSWORD=a1[b,c234\nE\n",
		    "PASSWORD=a1[b,c234" },
		{ GV_SYNTAX_CODE, "os.environ.get(\"PASSWORD\", \"a\")",
		    "PASSWORD=a" },
	};

	(void)state;
	CHECK(rows);
}

/* What joins a name and its value in languages that few files are in. */
static void
test_rare_signs(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_CODE, "Map(\"password\" -> \"a\")", "password=a" },
		{ GV_SYNTAX_CODE, "mapOf(\"password\" to \"a\")",
		    "password=a" },
		{ GV_SYNTAX_CODE, "password <- \"a\"", "password=a" },
		{ GV_SYNTAX_CODE, "x = password->next", "" },
		{ GV_SYNTAX_CODE, "password = []byte(\"a\")", "password=a" },
		{ GV_SYNTAX_CODE, "password = String::from(\"a\");",
		    "password=a" },
		{ GV_SYNTAX_CODE, "password: Buffer.from('a')", "password=a" },
		{ GV_SYNTAX_TEXT, "login ann, password abcdefg1\n",
		    "password=abcdefg1" },
		{ GV_SYNTAX_TEXT, "a name, password attempts 1\n", "" },
		{ GV_SYNTAX_CODE, "dbPassword* = \"a\"", "dbPassword=a" },
		{ GV_SYNTAX_CODE, "password: []const u8 = \"a\";",
		    "password=a" },
		{ GV_SYNTAX_CODE, "password CONSTANT VARCHAR2(64) := 'a';",
		    "password=a" },
		{ GV_SYNTAX_CODE, "@password NVARCHAR(64 CHAR) = 'a';",
		    "password=a" },
		{ GV_SYNTAX_CODE, "c_password TYPE string VALUE 'a'",
		    "c_password=a" },
		{ GV_SYNTAX_CODE, "-define(PASSWORD, \"a\").", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "!define PASSWORD \"a\"", "PASSWORD=a" },
		{ GV_SYNTAX_CODE, "'password' => q{a b},", "password=a b" },
		{ GV_SYNTAX_CODE, "'password' => query,", "password=query!" },
		{ GV_SYNTAX_CODE, "f('user', 'ann', 'password', 'a1')",
		    "password=a1" },
		{ GV_SYNTAX_CODE, "set('db', 'password', 'a1')",
		    "password=a1" },
		{ GV_SYNTAX_CODE, "f('db', 'password', 'a1')", "" },
		{ GV_SYNTAX_CODE, "f('user', 'ann', 'password', 'mail')", "" },
		{ GV_SYNTAX_TEXT, "set env(PASSWORD) a1\n", "PASSWORD=a1" },
		{ GV_SYNTAX_TEXT, "set x(PASSWORD) \"a b\"\n", "PASSWORD=a b" },
		{ GV_SYNTAX_TEXT, "print env(PASSWORD) a1\n", "" },
		{ GV_SYNTAX_INI, "SetEnv PASSWORD a1\n", "PASSWORD=a1" },
		{ GV_SYNTAX_XML, "<ws:password t=\"x\">a</ws:password>",
		    "password=a" },
		{ GV_SYNTAX_YAML, "- name: PASSWORD\n- value: a\n",
		    "PASSWORD=a" },
		{ GV_SYNTAX_YAML, "- value: a\n  name: PASSWORD\n- value: b\n",
		    "PASSWORD=a" },
	};

	(void)state;
	CHECK(rows);
}

/* The end of one is known when the next begins in it, or in front of it. */
static void
test_values_in_values(void **state)
{
	static const struct row rows[] = {
		{ GV_SYNTAX_TEXT, "password=password=password=a b\nc",
		    "password=password=password=a|password=password=a|"
		    "password=a" },
		{ GV_SYNTAX_SHELL, "password=password=a;password=b",
		    "password=password=a|password=a|password=b" },
		{ GV_SYNTAX_YAML, "password: x password= #y # z\n",
		    "password=x password=|password=#y" },
		{ GV_SYNTAX_YAML, "password: [a, b]\nx: c\n",
		    "password=a|password=b" },
		{ GV_SYNTAX_YAML, "{password: --password a,b, password: c}\n",
		    "password=--password a|password=a,b,|password=c" },
		{ GV_SYNTAX_INI, "password=password=a;\npassword=b;c\n",
		    "password=password=a|password=a|password=b;c" },
		{ GV_SYNTAX_SHELL, "password=password=a,b=c",
		    "password=password=a|password=a" },
	};

	(void)state;
	CHECK(rows);
}

UNIT(lex)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_maps_tables_and_lines),
		cmocka_unit_test(test_json_and_hcl),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_rare_signs),
		cmocka_unit_test(test_values_in_values),
	};

	return UNIT_RUN(tests);
}
