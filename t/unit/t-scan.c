#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"

static const char text_rules[] =
    "- id: token\n"
    "  description: a token\n  provider: p\n  kind: token\n"
    "  anchors: [tok_]\n  pattern: 'tok_[0-9a-z]{8}'\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['tok_{alnum*8}', 'a tok_{alnum*8}']\n"
    "  negative: ['tok', 'tok_a']\n"
    "- id: any\n"
    "  description: a name\n  provider: p\n  kind: password\n"
    "  anchors: [password, key]\n  scanner: keyvalue\n"
    "  severity: high\n  confidence: possible\n  remediation: r\n"
    "  positive: ['password: {base62*20}', 'password={base62*20}']\n"
    "  negative: ['password', 'pass']\n"
    "- id: vendor\n"
    "  description: a vendor's key\n  provider: p\n  kind: token\n"
    "  anchors: [acme]\n  names: [key]\n  value: '[0-9a-f]{16}'\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['acme_key: {hex*16}', 'acmeKey={hex*16}']\n"
    "  negative: ['acme', 'key: {hex*16}']\n"
    "- id: beside\n"
    "  description: a word is near\n  provider: p\n  kind: token\n"
    "  anchors: [bes_]\n  pattern: 'bes_[0-9a-z]{8}'\n"
    "  context: [Zebra, '=q']\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['zebra bes_{alnum*8}', 'bes_{alnum*8} =q']\n"
    "  negative: ['bes_{alnum*8}', 'zebra']\n"
    "- id: sealed\n"
    "  description: ciphertext\n  provider: p\n  kind: public\n"
    "  anchors: [encrypted_data]\n  value: 'Ag[0-9A-Za-z]{20,900}'\n"
    "  severity: low\n  confidence: likely\n  remediation: r\n"
    "  positive: ['encryptedData: Ag{base62*40}', "
    "'encrypted_data: Ag{base62*50}']\n"
    "  negative: ['a', 'b']\n"
    "- id: k8s\n"
    "  description: a Secret\n  provider: p\n  kind: password\n"
    "  anchors: ['kind: Secret', '\"kind\": \"Secret\"']\n"
    "  scanner: k8s\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['a', 'b']\n  negative: ['a', 'b']\n"
    "- id: account\n"
    "  description: a user's\n  provider: p\n  kind: password\n"
    "  anchors: [chpasswd]\n  scanner: chpasswd\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['a', 'b']\n  negative: ['a', 'b']\n"
    "- id: state\n"
    "  description: a state's\n  provider: p\n  kind: password\n"
    "  anchors: ['\"sensitiv', acme_state]\n  scanner: tfstate\n"
    "  severity: high\n  confidence: likely\n  remediation: r\n"
    "  positive: ['a', 'b']\n  negative: ['a', 'b']\n";

static struct gv_rules rules = GV_RULES_INIT;
static struct gv_ruleset *set;

static int
load(void **state)
{
	(void)state;
	if (gv_rule_parse(&rules, "x", text_rules, strlen(text_rules)) == 0 &&
	    gv_ruleset_new(&set, rules.rules, rules.n) == 0)
		return 0;
	print_message("# %s\n", gv_err_message());
	return -1;
}

static int
unload(void **state)
{
	(void)state;
	gv_ruleset_free(set);
	gv_rule_release(&rules);
	return 0;
}

/* "rule key" of each finding, with '|' between. */
static void
tell_keys(char *out, size_t size, const struct gv_scan *scan)
{
	size_t i, n = 0;

	for (i = 0; i < scan->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s %s",
		    i ? "|" : "", scan->findings[i].rule->id,
		    scan->findings[i].key ? scan->findings[i].key : "-");
}

/* "rule grade" of each finding, with '|' between. */
static void
tell_grades(char *out, size_t size, const struct gv_scan *scan)
{
	size_t i, n = 0;

	for (i = 0; i < scan->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s %s",
		    i ? "|" : "", scan->findings[i].rule->id,
		    gv_scan_grades[scan->findings[i].grade]);
}

/* Of the first one "rule encodings at+len line:column". */
static void
tell_place(char *out, size_t size, const struct gv_scan *scan)
{
	const struct gv_scan_finding *f = scan->findings;
	size_t i, n;

	if (scan->n == 0)
		return;
	n = (size_t)snprintf(out, size, "%s", f->rule->id);
	for (i = 0; i < GV_SCAN_DEPTH && f->encodings[i]; i++)
		n += (size_t)snprintf(out + n, size - n, " %s",
		    gv_scan_encodings[f->encodings[i]]);
	snprintf(out + n, size - n, " %zu+%zu %u:%u", f->at, f->len, f->line,
	    f->column);
}

static void
expect_told(const char *path, const char *text, size_t len, const char *told,
    void (*tell)(char *out, size_t size, const struct gv_scan *scan))
{
	struct gv_scan scan = GV_SCAN_INIT;
	char found[1024] = "";

	if (gv_scan_run(&scan, set, path, text, len) < 0)
		fail_msg("%s", gv_err_message());
	tell(found, sizeof(found), &scan);
	if (strcmp(found, told) != 0)
		fail_msg("of '%.*s' it found '%s' instead of '%s'", (int)len,
		    text, found, told);
	gv_scan_release(&scan);
}

static void
expect(const char *path, const char *text, const char *told)
{
	expect_told(path, text, strlen(text), told, tell_keys);
}

static void
expect_place(const char *path, const char *text, size_t len, const char *told)
{
	expect_told(path, text, len, told, tell_place);
}

static void
expect_grade(const char *path, const char *text, const char *told)
{
	expect_told(path, text, strlen(text), told, tell_grades);
}

#define PLACE(path, text, told) expect_place(path, text, sizeof(text) - 1, told)

static void
test_keys_of_yaml(void **state)
{
	(void)state;
	expect("a.yaml", "a:\n  b:\n    c: tok_abcd1234\n", "token a.b.c");
	expect("a.yaml",
	    "a:\n- x: 1\n- x: 2\n  y:\n    - z\n    - tok_abcd1234\nb: 1\n",
	    "token a[1].y[1]");
	expect("a.yaml",
	    "spec:\n  env:\n  - name: DB_PASSWORD\n    value: hunter2x\n",
	    "any spec.env[0].value");
	expect(
	    "a.yaml", "a:\n  b: 1\n---\nc:\n  d: tok_abcd1234\n", "token c.d");
	expect("a.yaml",
	    "a:\n  \"tls.key\": |\n    not: a key\n    tok_abcd1234\n",
	    "token a.\"tls.key\"");
	expect("a.yaml", "a: {password: \"hunter2x\"}\n", "any a.password");
	/* what is found is in no path */
	expect("a.yaml", "tok_abcd1234: tok_abcd5678\n", "token -|token -");
	expect("a.yaml", " 'b \"c': tok_abcd1234\n", "token b.c");
	expect("a.yaml", "' \"': tok_abcd1234\n", "token -");
}

/* Megabytes of random bytes have a "pwd=" by chance. */
static void
test_noise_is_no_value(void **state)
{
	(void)state;
	expect("a", "x \xfd\xc5pwd=\x1b\xad\x54\x08\xeb\x97_\xac Q-", "");
	expect("a",
	    "x password=ab\x07\xfe"
	    "cdefg7Kx\xff\x11 y",
	    "");
	expect("a",
	    "\x9c\x68n\xeb\x13+\xc5 MDP=\xeb\x8a\xc1\xbb\xbd\xf2T6\xcf\xbcJW"
	    "\r\xb2",
	    "");
	/* in a database other bytes follow a text */
	expect("a", "x password=kD8s0fLq2x\x07\x01 y", "any password");
	/* a text may be in another encoding */
	expect("a",
	    "password=kD8s0fLq\xf1"
	    "2x\n",
	    "any password");
}

static void
test_keys_of_json(void **state)
{
	(void)state;
	expect("a.json",
	    "{\"a\": [{\"b\": \"x:y\"}, {\"b\": {\"c\": \"tok_abcd1234\"}}]}",
	    "token a[1].b.c");
	expect("a.json", "{\"a\": \"{[\", \"password\": \"hunter2x\"}",
	    "any password");
	expect("a.json", "[\"tok_abcd1234\", \"tok_abcd5678\"]",
	    "token [0]|token [1]");
}

static void
test_keys_of_hcl(void **state)
{
	(void)state;
	expect("a.tf",
	    "# { }\nresource \"a\" \"b\" {\n  x = 1\n  tags = {\n"
	    "    t = \"tok_abcd1234\"\n  }\n}\n",
	    "token resource.a.b.tags.t");
	expect("a.tf",
	    "locals {\n  a = [1]\n}\nvariable \"password\" {\n"
	    "  default = \"hunter2x\"\n}\n",
	    "any variable.password.default");
}

static void
test_keys_of_other_files(void **state)
{
	(void)state;
	expect("a.ini", "[a]\nx=1\n[b c]\npassword = hunter2x\n",
	    "any \"b c\".password");
	expect("a.toml", "[a]\nx = \"tok_abcd1234\"\n", "token a.x");
	expect("a.xml", "<a><!-- <x> --><b/><c><d>tok_abcd1234</d></c></a>",
	    "token a.c.d");
	expect(".env", "X=1\nexport T=tok_abcd1234\n", "token T");
	expect("a.txt", "see tok_abcd1234\n", "token -");
}

/* A key that has no letter by chance; not what numbers are else. */
static void
test_keys_of_digits(void **state)
{
	(void)state;
	expect(".env", "X_KEY_PASSWORD=48643553537043533935487252316761\n",
	    "any X_KEY_PASSWORD");
	expect(".env", "API_KEY=48643553537043533935487252316761\n",
	    "any API_KEY");
	expect(".env", "KEY=48643553537043533935487252316761\n", "");
	expect(".env", "API_KEY=4864355353704353\n", "");
	expect(".env", "API_KEY=10101010101010101010101010101010\n", "");
	expect(".env", "API_KEY=4864355353704353.3935487252316761\n", "");
}

static void
test_vendor_words(void **state)
{
	(void)state;
	expect(".env", "ACME_KEY=01234567f9ab4de67\n", "");
	expect(".env", "ACME_KEY=01234567f9ab4de6\n", "vendor ACME_KEY");
	expect("a.yaml", "acme:\n  key: 01234567f9ab4de6\n", "vendor acme.key");
	expect("a.yaml", "acme_site: eu\nkey: 01234567f9ab4de6\n", "");
}

/* A word that a rule asks for counts at any distance up to a kilobyte, in
 * letters of any case, and in the path; however often it was asked before. */
static void
test_words_that_are_near(void **state)
{
	static const char token[] = "bes_a1b2c3d4 ";
	const size_t n = sizeof(token) - 1;
	char text[4096];
	size_t at;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, token, n);
	for (at = n; at + 5 < sizeof(text); at += at < 80 ? 1 : 97) {
		const char *told = at < 1020 ? "beside -" : "";

		if (at > 1020 && at < 1030)
			continue;
		memcpy(text + at, "zEBRA", 5);
		expect_told("a.txt", text, at + 5, told, tell_keys);
		memcpy(text + at, "x=q.x", 5);
		expect_told("a.txt", text, at + 5, told, tell_keys);
		memcpy(text + at, "Zebr=", 5);
		expect_told("a.txt", text, at + 5, "", tell_keys);
		memset(text + at, ' ', 5);
	}
	expect("zebra.txt", "bes_a1b2c3d4", "beside -");
	expect("a.txt", "bes_a1b2c3d4 bes_a1b2c3d5", "");
	expect("a=q.txt", "bes_a1b2c3d4 bes_a1b2c3d5", "beside -|beside -");
}

/* The key that says so may be far above. */
static void
test_ciphertext_by_its_key(void **state)
{
	char text[4096], filler[700];

	(void)state;
	memset(filler, 'x', sizeof(filler));
	snprintf(text, sizeof(text),
	    "spec:\n  encryptedData:\n    a: |\n      %.*s\n"
	    "    password: AgB7Pzq93kWmD0xYt5Lr8Vn2\n"
	    "  other:\n    password: AgB7Pzq93kWmD0xYt5Lr8Vn2\n",
	    (int)sizeof(filler), filler);
	expect("a.yaml", text, "any spec.other.password");
}

static void
test_encoded_texts(void **state)
{
	(void)state;
	/* "see tok_abcd1234, and that twice over: tok_abcd1234" */
	PLACE("a.txt",
	    "x\nv c2VlIHRva19hYmNkMTIzNCwgYW5kIHRoYXQgdHdpY2Ugb3ZlcjogdG9rX2Fi"
	    "Y2QxMjM0 y",
	    "token base64 4+68 2:3");
	/* on lines, the last of which is short */
	PLACE("a.yaml",
	    "v: |\n  c2VlIHRva19hYmNkMTIzNCwgYW5kIHRoYXQgdHdpY2Ugb3Zlciwgb24gbW9yZSB0\n"
	    "  aGFuIG9uZSBsaW5lIG9mIGl0OiB0b2tfYWJjZDU2Nzg=\nw: 1\n",
	    "token base64 7+111 2:3");
	PLACE("a.txt", "v=73656520746f6b5f61626364313233342c20616e642074686174",
	    "token hex 2+52 1:3");
	PLACE("a.json", "{\"a\": \"x\\n\\u0074ok_abcd1234\\ny\"}",
	    "token escape 10+17 1:11");
	PLACE("a.json", "{\"a\": \"password: \\\"kP9x!vL2q\\\" #\"}",
	    "any escape 19+9 1:20");
	/* a digest, a path and a certificate are no texts */
	PLACE("a.txt",
	    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	    "");
	PLACE("a.txt", "/usr/share/doc/libabc/examples/config/tokens/all", "");
}

/* The bytes of each character twice, one of them 0. */
static size_t
widen(char *out, const char *text, bool is_big)
{
	size_t i, n = strlen(text);

	for (i = 0; i < n; i++) {
		out[2 * i + !is_big] = '\0';
		out[2 * i + is_big] = text[i];
	}
	return 2 * n;
}

static void
test_utf16(void **state)
{
	static const char text[] = "a = 1\r\npassword = \"kP9x!vL2q\"\r\n";
	char wide[256] = "\xff\xfe";
	size_t n;

	(void)state;
	n = widen(wide + 2, text, false);
	expect_place("a.ini", wide, n + 2, "any utf-16 40+18 2:26");
	memcpy(wide, "\xfe\xff", 2);
	n = widen(wide + 2, text, true);
	expect_place("a.ini", wide, n + 2, "any utf-16 40+18 2:25");
	n = widen(wide, text, false);
	expect_place("a.ini", wide, n, "any utf-16 38+18 2:26");
	/* half a character at the end, and half a pair */
	expect_place("a.ini", wide, n - 1, "any utf-16 38+18 2:26");
	memcpy(wide + n, "\x00\xd8", 2);
	expect_place("a.ini", wide, n + 2, "any utf-16 38+18 2:26");
}

static void
test_percent_signs(void **state)
{
	(void)state;
	PLACE("a.txt", "see https://h/?q=a%3Dtok_abcd1234%26x here",
	    "token percent 21+12 1:22");
	PLACE("a.txt", "x: a%253Dtok_abcd1234",
	    "token percent percent 9+12 1:10");
	PLACE("a.txt", "%22password%22%3A%22hunter-2x%22",
	    "any percent 20+9 1:21");
	/* in clear it is found as it is */
	PLACE("a.env", "password=hunter%3D2x\n", "any 9+11 1:10");
	PLACE("a.txt", "%3Dtok_abcd123 %3Dtok_abcd1234",
	    "token percent 18+12 1:19");
	expect("a.txt", "tok_ %3d tok-abcd1234 %zztok_abcd1234 %", "");
}

static void
test_joined_strings(void **state)
{
	(void)state;
	PLACE("a.py", "a = 1\nx = \"tok_ab\" + \"cd1234\"\n",
	    "token joined 11+17 2:6");
	PLACE("a.go", "x := \"tok_\" +\n\t'abcd' + \"1234\"\n",
	    "token joined 6+23 1:7");
	PLACE("a.py", "x = (\"tok_ab\"\n     \"cd1234\")\n",
	    "token joined 6+20 1:7");
	PLACE("a.php", "$x = 'tok_ab' . 'cd1234';", "token joined 6+17 1:7");
	PLACE("a.sh", "x=tok_ab\\\ncd1234\n", "token joined 2+14 1:3");
	PLACE("a.properties", "x=tok_ab\\\n    cd1234\n",
	    "token joined 2+18 1:3");
	PLACE("a.py", "password = \"Zk3fj\" + \"29sLq0x\"\n",
	    "any joined 12+17 1:13");
	/* another string, an operator in quotes, an empty string */
	expect("a.py", "['tok_ab', 'cd1234', 'tok_ab' '+' 'cd1234']", "");
	expect("a.py", "f('tok_ab', '+', 'cd1234')\ny = 'tok_ab''cd1234'", "");
	expect("a.yaml", "- \"tok_ab\"\n- \"cd1234\"\n", "");
	expect("a.sh", "token; echo \"tok_ab\" \\\n\"cd1234\"\n", "");
	expect("a.sh", "curl -H tok_ab \\\n  cd1234\n", "");
	expect("a.py", "'tok_ab' +", "");
	expect("a.py", "x = token(\n'tok_ab'\n'cd1234')\n", "token -");
	expect("a.go", "x = token(\n\"tok_ab\"\n\"cd1234\")\n", "");
	expect("a.go", "x = token(\n\"tok_ab\" +\n\"cd1234\")\n", "token -");
	expect("a.py", "x = 'token' + 'tok_abcd1234'", "token -");
	expect("a.py", "a\\\n", "");
}

static void
test_values_of_kubernetes(void **state)
{
	(void)state;
	PLACE("a.yaml", "kind: Secret\ndata:\n  a: aHVudGVyMng=\n",
	    "k8s base64 24+12 3:6");
	PLACE("a.yaml", "kind: Secret\nstringData:\n  a: hunter2x\n",
	    "k8s 30+8 3:6");
}

static void
test_what_a_secret_of_kubernetes_has_beside(void **state)
{
	(void)state;
	expect_grade("a.yaml",
	    "kind: Secret\nstringData:\n  user1: zebra\n"
	    "  apiAddress: tcp://10.0.0.1:5705\n  accountname: zebra\n"
	    "  chap.username_in: zebra\n  batman: zebra\n",
	    "k8s possible|k8s possible|k8s possible|k8s possible|k8s likely");
}

static void
test_values_that_begin_or_end_like_something_else(void **state)
{
	(void)state;
	expect_grade("a.yaml", "password: !kX(9mPl2vQ8z\n", "any likely");
	expect_grade("a.yaml", "password: !reference [a, b]\n", "");
	expect_grade(
	    "a.yaml", "image: a.io/b/token-password:v1-kX9mPl2v\n", "");
	expect_grade("a.conf", "password=k9vaBli.ZqeX7w\n", "any likely");
	expect_grade("a.conf", "password=module.db1.password2\n", "");
	expect_grade("a.conf", "password=!*7kX9mPl2vQ8z\n", "any likely");
	expect_grade("a.yaml", "api_key: |\n  kX9mPl2vQ8zR4tWbkX9mPl2vQ8z=\n",
	    "any likely");
	expect_grade("a.yaml", "api_key: |\n  NAME=kX9mPl2vQ8zR4tWb\n", "");
}

static void
test_values_that_a_program_gives_a_secret(void **state)
{
	static const char text[] =
	    "s = {\"kind\": \"Secret\", \"data\": {\n"
	    "  \"a-secret\": \"a-secret\",\n  \"b\": self.map[\"B_KEY\"],\n"
	    "  \"c\": \"hunter2x\",\n}}\n";

	(void)state;
	expect_grade("a.py", text, "k8s possible|k8s likely");
}

static void
test_what_a_text_shows(void **state)
{
	(void)state;
	expect_grade("a.md", "password: kX9mPl2vQ8zR\n", "any likely");
	expect_grade(
	    "a.md", "{\"api_key\": \"kX9mPl2vQ8zRtW4b\"}\n", "any possible");
	expect_grade("a.md", "db_password => 'kX9mPl2v',\n", "any possible");
	expect_grade("a.md", "password: mydbpassword\n", "");
	expect_grade("a.sh", "printf \"\\npassword: Output matches it\"\n", "");
	expect_grade("a.yaml",
	    "info:\n  description: |\n    x?password=kX9mPl2vQ8zR\n",
	    "any possible");
}

static void
test_accounts_of_chpasswd(void **state)
{
	(void)state;
	expect("a.yaml",
	    "chpasswd:\n  expire: false\n\n  list: |\n    root:hunter2x\n"
	    "    ops:hunter3x\n    at:RANDOM\n    is:$6$abc\nlist: a:hunter4x",
	    "account chpasswd.list.root|account chpasswd.list.ops");
	expect("a.yaml",
	    "chpasswd:\n  list:\n  - root:hunter2x\n  - \"a:hunter3x\"\nx: 1\n",
	    "account chpasswd.list[0].root|account chpasswd.list[1].a");
	expect("a.yaml", "chpasswd:\n- a:hunter2x\nlist:\n- a:hunter2x\n", "");
	expect("a.sh", "chpasswd <<EOF\na:hunter2x\nEOF\nb:hunter3x\n",
	    "account a");
	expect("a.sh", "chpasswd <<< 'a:hunter2x'\n", "account a");
	expect("a.sh", "echo a:hunter2x|sudo /sbin/chpasswd\n", "account a");
	expect("a.sh", "cat a:hunter2x\nchpasswd\nchpasswd <<", "");
	expect("a.sh", "a:hunter2x | chpasswd: \nchpasswd <<<", "");
}

/* A team's rule may have other anchors than Terraform's own word. */
static void
test_outputs_of_terraform(void **state)
{
	static const char whole[] = "{\"version\": 4, \"outputs\": {\"a\": "
				    "{\"value\": \"b\", \"sensitive\": true}}}",
			  end[] = "{\"version\": 4, \"of\": \"acme_state";
	const size_t told = sizeof(whole) - sizeof("e}}}");
	size_t len = sizeof(whole) - 1;
	char *cut;

	(void)state;
	expect("a.json", whole, "state outputs.a.value");
	expect("a.json", end, "");
	while (len-- > 0) {
		cut = malloc(len ? len : 1); /* for the sanitizers */
		assert_non_null(cut);
		memcpy(cut, whole, len);
		expect_told("a.json", cut, len,
		    len > told ? "state outputs.a.value" : "", tell_keys);
		free(cut);
	}
}

static void
test_settings_in_heredocs(void **state)
{
	(void)state;
	expect("a.tf", "a = <<-E\n  export API_KEY=Pf8gNFUoezv1Q9Vr\n  E\n",
	    "any API_KEY");
	expect(
	    "a.tf", "a = <<E\napi_key: Pf8gNFUoezv1Q9Vr\nE\n", "any api_key");
	/* in a string, as in user data */
	expect("a.tf", "a = b(\"export API_KEY=Pf8gNFUoezv1Q9Vr\")\n",
	    "any a.API_KEY");
	expect("a.tf", "a = \"API_KEY=Pf8gNFUoezv1Q9Vr\\nexport X=1\"\n",
	    "any a.API_KEY");
	expect("a.md", "    API_KEY=Pf8gNFUoezv1Q9Vr terraform plan\n",
	    "any API_KEY");
	expect("a.txt", "run `API_KEY=Pf8gNFUoezv1Q9Vr x`; then y\n",
	    "any API_KEY");
	/* in a table */
	expect(
	    "a.md", "| API_KEY | Pf8gNFUoezv1Q9Vr | of x |\n", "any API_KEY");
	expect(
	    "a.md", "| a | `API_KEY` | `Pf8gNFUoezv1Q9Vr` |\n", "any API_KEY");
	expect("a.md", "cat API_KEY | base64password1\n", "");
	/* what refers is an expression still */
	expect("a.tf", "api_key=local.key8\npassword=var1[0]\n", "");
	expect("a.tf", "api_key = random8password\napi_key:abcdefgh9\n", "");
	expect("a.json", "{\"a\": \"export API_KEY=Pf8gNFUoezv1Q9Vr\"}",
	    "any a.API_KEY");
}

/* What looks like UTF-16 may be none, and hold a token. */
static void
test_binary(void **state)
{
	char bytes[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i & 1 ? 0 : i + 1);
	memcpy(bytes + 150, " tok_abcd1234 ", 14);
	expect_place("a.bin", bytes, sizeof(bytes), "token 151+12 1:152");
}

static void
test_encodings_in_each_other(void **state)
{
	(void)state;
	/* base64 of base64 of "see tok_abcd1234, and that twice over" */
	PLACE("a.txt",
	    "v: YzJWbElIUnZhMTloWW1Oa01USXpOQ3dnWVc1a0lIUm9ZWFFnZEhkcFkyVWdiM1ps"
	    "Y2c9PQ==",
	    "token base64 base64 3+72 1:4");
}

static int asked;

static int
stop_at_third(void)
{
	return ++asked < 3 ? 0 : gv_err(GV_ECANCELED, "stop");
}

static void
test_a_scan_ends_where_it_is_told_to(void **state)
{
	struct gv_scan scan = GV_SCAN_INIT;
	char text[65536];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = " tok_abcd1234"[i % 13];
	scan.poll = stop_at_third;
	assert_int_equal(gv_scan_run(&scan, set, "a", text, 1300), 0);
	assert_int_equal(scan.n, 100);
	assert_int_equal(
	    gv_scan_run(&scan, set, "a", text, sizeof(text)), GV_ECANCELED);
	assert_int_equal(asked, 3);
	gv_scan_release(&scan);
}

/* The first one of the text itself, in no other case of letters. */
static void
test_a_comment_that_allows_is_told(void **state)
{
	static const char *const texts[] = { "", "a = 1\n",
		"# GitVault:allow x\n", "gitvault:allow x",
		"a\n# gitvault:allow token r\n# gitvault:allow token r\n" };
	static const size_t places[] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, 0, 4 };
	struct gv_scan scan = GV_SCAN_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(
		    gv_scan_run(&scan, set, "a", texts[i], strlen(texts[i])),
		    0);
		assert_int_equal(scan.comment, places[i]);
	}
	gv_scan_release(&scan);
}

static void
test_kinds_of_paths(void **state)
{
	static const struct {
		const char *path, *other;
		bool is_same;
	} pairs[] = { { "a.yaml", "b/c.yaml", true }, { "a", "b.txt", true },
		{ "a.yaml", "a.json", false }, { "a.md", "a.txt", false },
		{ "a.yaml", "examples/a.yaml", false },
		{ "examples/a.yaml", "samples/a.yaml", true },
		{ "a.md", "b.rst", true } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(
		    gv_scan_is_same_kind(set, pairs[i].path, pairs[i].other),
		    pairs[i].is_same);
		assert_int_equal(
		    gv_scan_is_same_kind(set, pairs[i].other, pairs[i].path),
		    pairs[i].is_same);
	}
}

UNIT(scan)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_of_yaml),
		cmocka_unit_test(test_noise_is_no_value),
		cmocka_unit_test(test_keys_of_json),
		cmocka_unit_test(test_keys_of_hcl),
		cmocka_unit_test(test_keys_of_other_files),
		cmocka_unit_test(test_keys_of_digits),
		cmocka_unit_test(test_vendor_words),
		cmocka_unit_test(test_words_that_are_near),
		cmocka_unit_test(test_ciphertext_by_its_key),
		cmocka_unit_test(test_encoded_texts),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_percent_signs),
		cmocka_unit_test(test_joined_strings),
		cmocka_unit_test(test_values_of_kubernetes),
		cmocka_unit_test(test_what_a_secret_of_kubernetes_has_beside),
		cmocka_unit_test(
		    test_values_that_begin_or_end_like_something_else),
		cmocka_unit_test(test_values_that_a_program_gives_a_secret),
		cmocka_unit_test(test_what_a_text_shows),
		cmocka_unit_test(test_accounts_of_chpasswd),
		cmocka_unit_test(test_outputs_of_terraform),
		cmocka_unit_test(test_settings_in_heredocs),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_encodings_in_each_other),
		cmocka_unit_test(test_a_scan_ends_where_it_is_told_to),
		cmocka_unit_test(test_a_comment_that_allows_is_told),
		cmocka_unit_test(test_kinds_of_paths),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
