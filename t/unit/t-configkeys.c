/* lib/rollback/keys: finds the keys of a settings file and the place of each
 * value. A malformed file yields no keys. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "rollback/configkeys.h"

/* Read bytes that nothing stands behind. */
static int
read_some(
    struct gv_configkeys *k, const char *path, const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	size_t i;
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = gv_configkeys_read(k, path, copy, len);
	free(copy);
	assert_true(r == 0 || r == GV_ENOTFOUND);
	assert_true(r == 0 || (k->n == 0 && k->names.p == NULL));
	for (i = 0; i < k->n; i++) {
		assert_true(k->keys[i].at + k->keys[i].len <= len);
		assert_true(
		    k->keys[i].name + k->keys[i].name_len <= k->names.len);
	}
	return r;
}

/* A line for each: NAME<VALUE> */
static void
assert_keys(const char *path, const char *text, const char *expect)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_configkeys k;
	const char *name;
	size_t i, len;

	gv_buf_addstr(&b, "");
	if (read_some(&k, path, text, strlen(text)) < 0)
		fail_msg("%s has no keys: %s", path, text);
	for (i = 0; i < k.n; i++) {
		name = gv_configkeys_name(&k, &k.keys[i], &len);
		gv_buf_add(&b, name, len);
		gv_buf_addch(&b, '<');
		gv_buf_add(&b, text + k.keys[i].at, k.keys[i].len);
		gv_buf_addstr(&b, ">\n");
	}
	assert_string_equal(b.len ? b.p : "", expect);
	gv_buf_release(&b);
	gv_configkeys_release(&k);
	/* less of it has keys or none, and nothing else is read */
	for (i = 0; i < strlen(text); i++) {
		(void)read_some(&k, path, text, i);
		gv_configkeys_release(&k);
	}
}

static void
assert_none(const char *path, const char *text)
{
	struct gv_configkeys k;

	if (read_some(&k, path, text, strlen(text)) == 0)
		fail_msg("%s has keys: %s", path, text);
	gv_configkeys_release(&k);
}

static void
variables(void **state)
{
	(void)state;
	assert_keys(".env", "", "");
	assert_keys("a/.env.prod",
	    "# remark = 1\n\nA=1\nexport B_2 = two words # no\nC=\n"
	    "D='it \"is'\r\nE=\"a\\\"b\nF=1\" # x\n\tG=it's\nH=a\\\nI=b\nJ=x=y",
	    "A<1>\nB_2<two words # no>\nC<>\nD<'it \"is'>\n"
	    "E<\"a\\\"b\nF=1\" # x>\nG<it's>\nH<a\\\nI=b>\nJ<x=y>\n");
	assert_keys(
	    "env.sh", "#!/bin/sh\nexport A=1\nexport=2\n", "A<1>\nexport<2>\n");
	assert_keys(".env",
	    "\xef\xbb\xbf"
	    "A=1\nA=2\n",
	    "A<1>\nA<2>\n");
}

static void
sections(void **state)
{
	(void)state;
	assert_keys("app.ini",
	    "; remark\ntop: 1\n[db]\nhost = a b ; c\nport=\n\n[ a b ]\r\n"
	    "x=1\r\n",
	    "top<1>\ndb.host<a b ; c>\ndb.port<>\na b.x<1>\n");
	assert_keys("my.cnf", "[mysqld]\nskip-networking\nport=1\n!include x\n",
	    "mysqld.port<1>\n");
	assert_keys("app.properties", "# r\na.b.c=one\\\n    two\nd : 4\n",
	    "a.b.c<one\\\n    two>\nd<4>\n");
	assert_keys("x.conf", "[core]\n\tbare = 1\n\turl = x\n",
	    "core.bare<1>\ncore.url<x>\n");
	assert_keys("x.cfg", "[a]\nlist = 1\n  two = 2\n  3\nlast = 4\n",
	    "a.list<1\n  two = 2\n  3>\na.last<4>\n");
}

static void
trees(void **state)
{
	(void)state;
	assert_keys("values.yaml",
	    "replicas: 3\nimage: {tag: \"1.0\", 'pull': &p Always}\n"
	    "env:\n- name: A\n  value: \xc3\xa4\n- *p\nnone:\nempty: []\n"
	    "text: |\n  a\n  b\n\n# r\n\"q k\": >+\n  c\n\nlast: x\n",
	    "replicas<3>\nimage.tag<\"1.0\">\nimage.pull<&p Always>\n"
	    "env.0.name<A>\nenv.0.value<\xc3\xa4>\nenv.1<*p>\nnone<>\n"
	    "empty<[]>\ntext<|\n  a\n  b>\nq k<>+\n  c\n\n>\nlast<x>\n");
	assert_keys("k8s.yml", "kind: A\n---\nkind: B\n...\n---\n- 1\n",
	    "0.kind<A>\n1.kind<B>\n2.0<1>\n");
	assert_keys(
	    "a.yaml", "- a: 1\n- [b, {c: }]\n", "0.a<1>\n1.0<b>\n1.1.c<>\n");
	assert_keys("a.yaml",
	    "\xef\xbb\xbf"
	    "a: 1\n",
	    "a<1>\n");
	assert_keys("a.yaml", "%YAML 1.2\n---\n\"a\\tb\": 1\n", "a\tb<1>\n");
	assert_none("a.yaml", "*a : 1\n");
	assert_keys("a.yaml", "a: !x &y\n  b: &z !w 1\n", "a.b<&z !w 1>\n");
	assert_keys("a.yaml", "just a text\n", "");
	assert_keys("a.yaml", "", "");
	assert_keys("a.yaml", "{}\n", "");
	assert_keys("a.json",
	    " {\"a\":{\"b\":[1,{\"c\":\"x\"},[]],\"d\":null},\"e\":\"1\","
	    "\"\\u0066\\n\":{}}\n",
	    "a.b.0<1>\na.b.1.c<\"x\">\na.b.2<[]>\na.d<null>\ne<\"1\">\n"
	    "f\n<{}>\n");
	assert_keys("prod.tfvars.json", "{\"size\":1}", "size<1>\n");
	assert_keys("a.json", "\"text\"", "");
}

static void
blocks(void **state)
{
	(void)state;
	assert_keys("prod.tfvars",
	    "# r\nsize = 1 // r\ntags = {\n  a = \"b\"\n}\n"
	    "text = <<-EOT\n  x = 1\n  EOT\nlist = [1, 2]\n",
	    "size<1>\ntags<{\n  a = \"b\"\n}>\n"
	    "text<<<-EOT\n  x = 1\n  EOT>\nlist<[1, 2]>\n");
	assert_keys("main.tf",
	    "resource \"aws_vpc\" main {\n  cidr = var.x\n"
	    "  dynamic \"in\" {\n    content { from = 1 }\n  }\n  z = 2\n}\n"
	    "locals { a = 1 }\n",
	    "resource.aws_vpc.main.cidr<var.x>\n"
	    "resource.aws_vpc.main.dynamic.in.content.from<1>\n"
	    "resource.aws_vpc.main.z<2>\nlocals.a<1>\n");
	/* of any tool, which has labels as it likes */
	assert_keys(
	    "job.nomad", "resource \"one\" { a = 1 }\n", "resource.one.a<1>\n");
}

static void
nothing_is_told_of_what_is_damaged(void **state)
{
	(void)state;
	assert_none(".env", "A=1\nnot a setting\n");
	assert_none(".env", "A='1\nB=2\n");
	assert_none(".env", "2A=1\n");
	assert_none("deploy.sh", "A=1\necho $A\n");
	assert_none("app.ini", "[open\na=1\n");
	assert_none("app.ini", "[]\na=1\n");
	assert_none("app.ini", "a=1\nA Word\n");
	assert_none("app.ini", "=1\n");
	assert_none("redis.conf", "requirepass some:thing\n");
	assert_none("nginx.conf", "server {\n  listen 80;\n}\n");
	assert_none("a.yaml", "a: [1\n");
	assert_none("a.yaml", "a: 1\n---\nb: [\n");
	assert_none("a.yaml", "? [a, b]\n: 1\n");
	assert_none("a.json", "{\"a\":1");
	assert_none("a.json", "{\"a\":1} x");
	assert_none("a.json", "{\"a\\u0000\":1}");
	assert_none("a.tfvars", "a = [\n");
	assert_none("a.tf", "a {\n  b = 1\n");
	assert_none("a.yaml", "a: \xff\n");
}

/* What somebody pasted is no name, though a line of it may look like one. */
static void
pieces_of_a_key_are_no_names(void **state)
{
	(void)state;
	assert_none(".env", "KEY=\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAb3d==\n");
	assert_none(".env", "KEY=MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAb3d==\n");
	assert_none(".env", "KEY=x\nMIIEvQIBADANBgkqhkiG9w0=\n");
	assert_none("a.ini", "key = x\nMIIEvQIBADANBgkqhkiG9w0=\n");
	assert_none("a.ini", "key = x\nAb3d==\n");
	assert_none("a.ini", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n");
}

static void
of_other_files_nothing_is_told(void **state)
{
	(void)state;
	assert_true(gv_configkeys_knows("a/b.yaml"));
	assert_true(gv_configkeys_knows(".env"));
	assert_false(gv_configkeys_knows("main.c"));
	assert_false(gv_configkeys_knows("README.md"));
	assert_false(gv_configkeys_knows("Rakefile"));
	assert_none("main.c", "a = 1\n");
	assert_none("notes", "{\"a\":1}");
	assert_none("a.toml", "a = 1\n");
}

/* A text that is made of one piece so many times. */
static char *
repeat(const char *first, const char *piece, size_t n, const char *last)
{
	size_t len = strlen(piece), i;
	char *text = malloc(strlen(first) + n * len + strlen(last) + 1), *p;

	assert_non_null(text);
	p = stpcpy(text, first);
	for (i = 0; i < n; i++)
		p = stpcpy(p, piece);
	stpcpy(p, last);
	return text;
}

static void
assert_many(const char *path, char *text, bool is_known)
{
	struct gv_configkeys k;
	int r = gv_configkeys_read(&k, path, text, strlen(text));

	assert_int_equal(r, is_known ? 0 : GV_ENOTFOUND);
	gv_configkeys_release(&k);
	free(text);
}

static void
there_are_bounds(void **state)
{
	const size_t lines = GV_CONFIGKEYS_TEXT_MAX / 4,
		     deep = GV_CONFIGKEYS_DEPTH_MAX;

	(void)state;
	/* bytes */
	assert_many(".env", repeat("A=1", "\n#23", lines - 1, "\n"), true);
	assert_many(".env", repeat("A=1", "\n#23", lines, "\n"), false);
	/* keys */
	assert_many(".env", repeat("", "A=1\n", GV_CONFIGKEYS_MAX, ""), true);
	assert_many(
	    ".env", repeat("", "A=1\n", GV_CONFIGKEYS_MAX + 1, ""), false);
	assert_many(
	    "a.json", repeat("[1", ",1", GV_CONFIGKEYS_MAX, "]"), false);
	/* bytes of a name */
	assert_many(
	    ".env", repeat("", "A", GV_CONFIGKEYS_NAME_MAX, "=1"), true);
	assert_many(
	    ".env", repeat("", "A", GV_CONFIGKEYS_NAME_MAX + 1, "=1"), false);
	assert_many("a.ini",
	    repeat("[", "a", GV_CONFIGKEYS_NAME_MAX, "]\nb=1\n"), false);
	/* levels */
	assert_many("a.yaml", repeat("a: ", "[", deep - 1, ""), false);
	assert_many("a.yaml", repeat("", "- ", deep, "a"), true);
	assert_many("a.yaml", repeat("", "- ", deep + 1, "a"), false);
	assert_many("a.json", repeat("", "[", 100000, ""), false);
	assert_many("a.json", repeat("", "{\"a\":", 100000, ""), false);
	assert_many("a.yaml", repeat("", "[", 100000, ""), false);
	assert_many("a.yaml", repeat("", "{a: ", 100000, ""), false);
	assert_many("a.tf", repeat("", "a {\n", 100000, ""), false);
	assert_many("a.tf", repeat("a = ", "[", 100000, ""), false);
}

static void
assert_plain(const char *name, bool expect)
{
	assert_int_equal(gv_configkeys_is_plain(name, strlen(name)), expect);
}

static void
names_of_words_are_plain_and_tokens_are_not(void **state)
{
	(void)state;
	assert_plain("DB_PASSWORD", true);
	assert_plain("db.primary.password-2", true);
	assert_plain("AWS_S3_BUCKET", true);
	assert_plain("oauth2Token", true);
	assert_plain("users.0.clientSecretName", true);
	assert_plain("", false);
	assert_plain("PpTTXL2kd77dp7299sQ22ZRQZ", false);
	assert_plain("ghp_0123456789abcdefghijABCDEFGHIJ", false);
	assert_plain("key.deadbeef00c0ffee12", false);
	assert_plain("qwertyuiopasdfghjklzxcvbnm", false);
	assert_plain("aBcDeFgHiJkL", false);
	assert_plain("a b", false);
	assert_plain("p\303\244ss", false);
}

UNIT(configkeys)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_words_are_plain_and_tokens_are_not),
		cmocka_unit_test(variables),
		cmocka_unit_test(sections),
		cmocka_unit_test(trees),
		cmocka_unit_test(blocks),
		cmocka_unit_test(nothing_is_told_of_what_is_damaged),
		cmocka_unit_test(pieces_of_a_key_are_no_names),
		cmocka_unit_test(of_other_files_nothing_is_told),
		cmocka_unit_test(there_are_bounds),
	};

	return UNIT_RUN(tests);
}
