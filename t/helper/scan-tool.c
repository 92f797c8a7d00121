/*
 * The engine of the scanner alone: what it finds, and how fast.
 *
 *	scan-tool RULES find DIR	what is found in the files below DIR, a
 *					line each: path, line, column, rule,
 *					grade, secret, key
 *	scan-tool RULES speed DIR N [ROW]
 *				the speed over them, least of N rounds; also by
 *				two threads, by the plain gate, and of another
 *				scanner's design
 *	scan-tool RULES repeats MB N [ROW]
 *				over texts that are hostile to a scanner
 *	scan-tool RULES storm STEP|RULE
 *				over such texts of every STEP-th rule, or of one
 *				(scan-storm.h says which)
 *
 * RULES is a directory of rules. A line of speeds is a name, the megabytes per
 * second of processor time, those of counting line ends by memchr in the same
 * bytes, and how many findings there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "helper/rules.h"
#include "helper/scan-peer.h"
#include "helper/scan-storm.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"
#include "sys/file.h"

#define FILE_MAX_BYTES ((size_t)1 << 30)

/* One file in memory. */
struct text {
	char *path;
	const char *p;
	size_t len;
	size_t hits; /* of the gate */
};

/* Files one after the other, as a scan of a work tree meets them. */
struct corpus {
	struct text *texts;
	size_t n, cap;
	size_t bytes;
};

static struct gv_rules rules = GV_RULES_INIT;
static struct gv_ruleset *set;
static const char *only; /* the one row that is measured, or NULL */

static bool is_plain; /* the gate that needs nothing of the processor */

/* The linker puts it in front of gv_gate_new(), see t/sources.am. */
int wrap_gate_new(struct gv_gate **out, const struct gv_gate_literal *literals,
    size_t n) __asm__("__wrap_gv_gate_new");

int
wrap_gate_new(
    struct gv_gate **out, const struct gv_gate_literal *literals, size_t n)
{
	return gv_gate_new_for(
	    out, literals, n, is_plain ? GV_GATE_PLAIN : GV_GATE_WIDE);
}

static void
die(const char *what)
{
	fprintf(stderr, "scan-tool: %s: %s\n", what, gv_err_message());
	exit(1);
}

static void *
need(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "scan-tool: out of memory\n");
		exit(1);
	}
	return p;
}

static struct gv_ruleset *
build_set(void)
{
	struct gv_ruleset *new;

	if (gv_ruleset_new(&new, rules.rules, rules.n) < 0)
		die("the rules");
	return new;
}

static int
count_hit(void *ctx, size_t literal, size_t at)
{
	(void)literal;
	(void)at;
	++*(size_t *)ctx;
	return 0;
}

static void
add_text(struct corpus *c, const char *path, const char *p, size_t len)
{
	struct text *t;

	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 1024;
		c->texts = need(realloc(c->texts, c->cap * sizeof(*c->texts)));
	}
	t = &c->texts[c->n++];
	*t = (struct text){ need(strdup(path)), p, len, 0 };
	gv_gate_run(gv_ruleset_gate(set), p, len, count_hit, &t->hits);
	c->bytes += len;
}

static void
free_corpus(struct corpus *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free(c->texts[i].path);
	free(c->texts);
}

/* Also the texts themselves, where they are the corpus's own. */
static void
free_texts(struct corpus *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free((char *)c->texts[i].p);
	free_corpus(c);
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
load_tree(struct corpus *c, char *dir)
{
	char *paths[] = { dir, NULL };
	size_t skip = strlen(dir);
	FTS *fts = need(fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name));
	FTSENT *e;

	while ((e = fts_read(fts))) {
		struct gv_buf text = GV_BUF_INIT;
		const char *path = e->fts_path + skip;
		size_t len;

		if (e->fts_info != FTS_F)
			continue;
		if (gv_file_read(&text, AT_FDCWD, e->fts_path, FILE_MAX_BYTES) <
		    0)
			die(e->fts_path);
		len = text.len;
		add_text(
		    c, path + (*path == '/'), need(gv_buf_take(&text)), len);
	}
	fts_close(fts);
}

/* --- what is found --- */

/* A value on a line of a table. */
static void
put_escaped(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '\n')
			fputs("\\n", stdout);
		else if (p[i] == '\\')
			fputs("\\\\", stdout);
		else if (p[i] == '\t')
			fputs("\\t", stdout);
		else
			putchar(p[i]);
	}
}

static void
find(const struct corpus *c)
{
	struct gv_scan scan = GV_SCAN_INIT;
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		const struct text *t = &c->texts[i];

		if (gv_scan_run(&scan, set, t->path, t->p, t->len) < 0)
			die(t->path);
		for (k = 0; k < scan.n; k++) {
			const struct gv_scan_finding *f = &scan.findings[k];

			printf("%s\t%u\t%u\t%s\t%s\t", t->path, f->line,
			    f->column, f->rule->id, gv_scan_grades[f->grade]);
			put_escaped(t->p + f->at, f->len);
			printf("\t%s\n", f->key ? f->key : "");
		}
	}
	gv_scan_release(&scan);
}

/* --- how fast --- */

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
now(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

static size_t
count_lines(const char *p, size_t len)
{
	const char *end = p + len;
	size_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

/* One after the other, as a scan of them all. */
static int
scan_all(struct gv_scan *scan, const struct corpus *c, size_t *found)
{
	size_t i;
	int r = 0;

	for (*found = i = 0; r == 0 && i < c->n; i++) {
		const struct text *t = &c->texts[i];

		r = gv_scan_run(scan, set, t->path, t->p, t->len);
		*found += scan->n;
	}
	return r;
}

/* Both in turns, so that the weather is the same for them. */
static void
measure(const char *name, const struct corpus *c, unsigned rounds)
{
	struct gv_scan scan = GV_SCAN_INIT;
	double ours = 1e9, lines = 1e9, begin, took,
	       mb = (double)c->bytes / 1e6;
	size_t i, found = 0;
	size_t sum = 0;

	if (only && strcmp(only, name) != 0)
		return;
	while (rounds-- > 0) {
		begin = now();
		for (i = 0; i < c->n; i++)
			sum += count_lines(c->texts[i].p, c->texts[i].len);
		took = now() - begin;
		lines = took < lines ? took : lines;
		begin = now();
		if (scan_all(&scan, c, &found) < 0)
			die(name);
		took = now() - begin;
		ours = took < ours ? took : ours;
	}
	gv_scan_release(&scan);
	/* or a compiler would leave the counting out */
	if (sum == SIZE_MAX)
		puts("#");
	printf("%s\t%.1f\t%.0f\t%zu\t%.2f\n", name, mb / ours, mb / lines,
	    found, mb);
}

/* Files of 2.5 KB take less than two microseconds each, and a counter that two
 * threads raise for every one of them takes a tenth of that. */
#define SHARE_STEP 32

/* A thread of several that share a corpus, some files at a time. */
struct share {
	const struct corpus *corpus;
	atomic_size_t *next;
	size_t found;
	bool failed;
};

static void *
scan_share(void *arg)
{
	struct share *s = arg;
	struct gv_scan scan = GV_SCAN_INIT;
	size_t i, end, found = 0;
	bool failed = false;

	while ((i = atomic_fetch_add(s->next, SHARE_STEP)) < s->corpus->n) {
		end = s->corpus->n - i < SHARE_STEP ? s->corpus->n
						    : i + SHARE_STEP;
		for (; i < end; i++) {
			const struct text *t = &s->corpus->texts[i];

			failed |=
			    gv_scan_run(&scan, set, t->path, t->p, t->len) < 0;
			found += scan.n;
		}
	}
	/* once: the shares of two threads lie on one cache line */
	s->found = found;
	s->failed = failed;
	gv_scan_release(&scan);
	return NULL;
}

/* By n threads, two at most: the findings. */
static size_t
scan_shared(const struct corpus *c, unsigned n)
{
	atomic_size_t next = 0;
	struct share shares[2] = { { .corpus = c, .next = &next },
		{ .corpus = c, .next = &next } };
	pthread_t thread;

	if (n > 1 && pthread_create(&thread, NULL, scan_share, &shares[1]) != 0)
		die("threads");
	scan_share(&shares[0]);
	if (n > 1 && pthread_join(thread, NULL) != 0)
		die("threads");
	if (shares[0].failed || shares[1].failed)
		die("threads");
	return shares[0].found + shares[1].found;
}

/* Two threads beside one, by the clock and by the processor. */
static void
measure_threads(const struct corpus *c, unsigned rounds)
{
	double wall[2] = { 1e9, 1e9 }, cpu[2] = { 1e9, 1e9 }, took, used,
	       mb = (double)c->bytes / 1e6;
	size_t found = 0, i;

	if (only && strcmp(only, "threads") != 0)
		return;
	while (rounds-- > 0) {
		for (i = 0; i < 2; i++) {
			took = seconds(CLOCK_MONOTONIC);
			used = seconds(CLOCK_PROCESS_CPUTIME_ID);
			found = scan_shared(c, (unsigned)i + 1);
			used = seconds(CLOCK_PROCESS_CPUTIME_ID) - used;
			took = seconds(CLOCK_MONOTONIC) - took;
			wall[i] = took < wall[i] ? took : wall[i];
			cpu[i] = used < cpu[i] ? used : cpu[i];
		}
	}
	printf("threads\t%.1f\t%.1f\t%zu\t%.2f\n", mb / wall[1], mb / wall[0],
	    found, mb);
	printf("threads-cpu\t%.1f\t%.1f\t%zu\t%.2f\n", mb / cpu[1], mb / cpu[0],
	    found, mb);
}

/* The same rules as another scanner would look for them: the columns of our
 * own speed, not of memchr. */
static void
measure_peer(const struct corpus *c, unsigned rounds)
{
	struct gv_scan scan = GV_SCAN_INIT;
	struct scan_peer *peer = NULL;
	double ours = 1e9, theirs = 1e9, begin, took,
	       mb = (double)c->bytes / 1e6;
	size_t i, found = 0, ignored;

	if (only && strcmp(only, "peer") != 0)
		return;
	if (scan_peer_new(&peer, rules.rules, rules.n) < 0)
		die("peer");
	while (rounds-- > 0) {
		begin = now();
		for (found = i = 0; i < c->n; i++)
			found +=
			    scan_peer_run(peer, c->texts[i].p, c->texts[i].len);
		took = now() - begin;
		theirs = took < theirs ? took : theirs;
		begin = now();
		if (scan_all(&scan, c, &ignored) < 0)
			die("peer");
		took = now() - begin;
		ours = took < ours ? took : ours;
	}
	scan_peer_free(peer);
	gv_scan_release(&scan);
	printf(
	    "peer\t%.1f\t%.1f\t%zu\t%.2f\n", mb / ours, mb / theirs, found, mb);
}

static int
by_density(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	double dx = (double)x->hits / (double)(x->len + 1);
	double dy = (double)y->hits / (double)(y->len + 1);

	return dx < dy ? 1 : dx > dy ? -1 : 0;
}

struct lines {
	struct gv_buf *out;
	const char *p;
	size_t len, done;
};

/* The line of a hit, once. */
static int
take_line(void *ctx, size_t literal, size_t at)
{
	struct lines *l = ctx;
	const char *nl;
	size_t from = at;

	(void)literal;
	if (at < l->done)
		return 0;
	while (from > l->done && l->p[from - 1] != '\n')
		from--;
	nl = memchr(l->p + at, '\n', l->len - at);
	l->done = nl ? (size_t)(nl - l->p) + 1 : l->len;
	gv_buf_add(l->out, l->p + from, l->done - from);
	return 0;
}

/* All of it; what has no hit; the twentieth with most hits a byte; and only
 * the lines with one. */
static void
speed(const struct corpus *all, unsigned rounds)
{
	struct corpus quiet = { 0 }, dense = { 0 }, hot = { 0 };
	struct gv_ruleset *best = set;
	struct text *sorted;
	size_t i;

	if (all->n == 0)
		return;
	measure("all", all, rounds);
	measure_threads(all, rounds);
	is_plain = true;
	set = build_set();
	is_plain = false;
	measure("plain", all, rounds);
	gv_ruleset_free(set);
	set = best;
	measure_peer(all, rounds < 3 ? rounds : 3);
	for (i = 0; i < all->n; i++) {
		const struct text *t = &all->texts[i];
		struct gv_buf out = GV_BUF_INIT;
		struct lines l = { &out, t->p, t->len, 0 };
		size_t len;

		if (t->hits == 0) {
			add_text(&quiet, t->path, t->p, t->len);
			continue;
		}
		gv_gate_run(gv_ruleset_gate(set), t->p, t->len, take_line, &l);
		len = out.len;
		add_text(&hot, t->path, need(gv_buf_take(&out)), len);
	}
	measure("quiet", &quiet, rounds);
	sorted = need(malloc((all->n + 1) * sizeof(*sorted)));
	memcpy(sorted, all->texts, all->n * sizeof(*sorted));
	qsort(sorted, all->n, sizeof(*sorted), by_density);
	for (i = 0; i < all->n / 20; i++)
		add_text(&dense, sorted[i].path, sorted[i].p, sorted[i].len);
	free(sorted);
	measure("dense", &dense, rounds);
	measure("hot", &hot, rounds);
	free_corpus(&quiet);
	free_corpus(&dense);
	free_texts(&hot);
}

/* --- hostile texts --- */

struct repeat {
	const char *name, *path, *text;
};

/* @ is a random letter or digit: nothing is equal to what came before. */
static const struct repeat repeats[] = {
	{ "eyJ", "a.txt", "eyJ" },
	{ "-eyJ", "a.txt", "-eyJ" },
	{ "jwt-head", "a.yaml", "eyJhbGciOiJIUzI1NiJ9." },
	{ "api_key =", "a.txt", "api_key = " },
	{ "api_key =.tf", "a.tf", "api_key = " },
	{ "token", "a.txt", "token" },
	{ "token.yaml", "a.yaml", "token: " },
	{ "key=\"", "a.txt", "key=\"" },
	{ "key=\".tf", "a.tf", "key=\"" },
	{ "key=\"\"", "a.tf", "key=\"\"" },
	{ "AKIA", "a.txt", " AKIA" },
	{ "AKIA-run", "a.txt", "AKIA" },
	{ "PEM", "a.pem", "-----BEGIN RSA PRIVATE KEY-----\n" },
	{ "PEM-run", "a.pem", "-----BEGIN PRIVATE KEY-----" },
	{ "PEM-head", "a.pem", "-----BEGIN PRIVATE KEY-----\nProc-Type: 4\n" },
	{ "base64", "a.txt", "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@" },
	{ "base64-lines", "a.yaml",
	    "  @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n" },
	{ "kind: Secret", "a.yaml", "kind: Secret\n" },
	{ "kind-data", "a.yaml", "kind: Secret\ndata:\n  a: b\n" },
	{ "kind-list", "a.yaml", "- kind: Secret\n  data:\n    a: @@@@\n" },
	{ "kind-json", "a.json", "{\"kind\": \"Secret\"," },
	{ "kind-flat", "a.json", "\"kind\": \"Secret\", " },
	{ "curl", "a.sh", "curl -H \"Authorization: Bearer $TOKEN\" x\n" },
	{ "curl-u", "a.sh", "curl -u user:$PASS https://x/ \\\n" },
	{ "secret: value", "a.yaml", "secret: value\n" },
	{ "secret: random", "a.yaml", "secret: @@@@@@@@@@@@@@@@@@@@\n" },
	{ "variable", "a.tf", "variable \"key\" {\n" },
	{ "variable-desc", "a.tf",
	    "variable \"key\" {\n  description = \"a\"\n}\n" },
	{ "list", "a.yaml", "passwords:\n- a1b2c3\n- d4e5f6\n" },
	{ "long-list", "a.yaml", "  - token: hunter2\n" },
	{ "items", "a.yaml", "passwords:\n" },
	{ "flow-list", "a.yaml", "passwords: [aa1, bb2, cc3" },
	{ "flow-open", "a.yaml", "passwords: [" },
	{ "url", "a.txt", "https://user:pass@host/\n" },
	{ "url-run", "a.txt", "://a:b" },
	{ "url-colons", "a.txt", "://" },
	{ "jdbc", "a.properties", "jdbc:" },
	{ "jdbc-thin", "a.properties", "jdbc:oracle:thin:a/b@" },
	{ "password=", "a.txt", "password=" },
	{ "password=;", "a.txt", "Server=x;Password=y;" },
	{ "distinct", "a.env", "PASSWORD=@@@@@@@@@@@@@@@@@@\n" },
	{ "distinct-one-line", "a.json", "\"password\":\"@@@@@@@@@@@@\"," },
	{ "ghp", "a.txt", " ghp_@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n" },
	{ "ghp-short", "a.txt", "ghp_" },
	{ "heredoc", "a.sh", "token=<<EOF\n" },
	{ "block", "a.yaml", "password: |\n" },
	{ "block-deep", "a.yaml", "password: |\n   x\n" },
	{ "backtick", "a.js", "token=`" },
	{ "triple", "a.py", "token=\"\"\"" },
	{ "escape", "a.json", "\"token\":\"\\\\" },
	{ "element", "a.xml", "<password>" },
	{ "add-key", "a.config", "<add key=\"password\" " },
	{ "flag", "a.sh", "--password " },
	{ "define", "a.php", "define('secret', " },
	{ "name-long", "a.txt", "secret_" },
	{ "name-dots", "a.txt", "secret." },
	{ "vendor", "a.yaml", "datadog\n" },
	{ "vendor-key", "a.yaml", "datadog_api_key: x\n" },
	{ "name-value", "a.yaml", "- name: TOKEN\n  value: @@@@@@@@@@@@\n" },
	{ "name-only", "a.yaml", "- name: TOKEN\n" },
	{ "ENC", "a.yaml", "password: ENC[AES256_GCM,data:@@@@@@@@@@@@]\n" },
	{ "template", "a.yaml", "password: {{ .Values.password }}\n" },
	{ "connstr", "a.txt", "AccountKey=" },
	{ "basic", "a.txt", "Authorization: Basic " },
	{ "base64-text", "a.txt",
	    "ZXhwb3J0IERCX1BBU1NXT1JEPSd4JzsgY3VybCAtdSBhOmIg" },
	{ "base64-runs", "a.txt",
	    "ZXhwb3J0IERCX1BBU1NXT1JEPSd4JzsgY3VybCAtdSBhOmIg\n; " },
	{ "base64-base64", "a.txt",
	    "Wlhod2IzSjBJRVJDWDFCQlUxTlhUMUpFUFNkNEp6c2dZM1Z5YkNBdGRTQmhPbUln" },
	{ "hex-text", "a.txt",
	    "6578706f72742044425f50415353574f52443d2778273b20" },
	{ "escapes", "a.json", "[\"a = 1\\npassword = x\\n\"," },
	{ "escape-open", "a.json", "[\"\\n\\n" },
	{ "escape-escape", "a.json", "{\"a\": \"{\\\"b\\\": 1}\"," },
	{ "percent", "a.txt", "token%3D" },
	{ "percent-runs", "a.txt", "%3Dpassword " },
	{ "percent-percent", "a.txt", "%253Dtoken%2525" },
	{ "joined", "a.py", "'token' + " },
	{ "joined-lines", "a.py", "x = 'token' + 'def'\n" },
	{ "joined-far", "a.py", "'token'\n                          " },
	{ "continued", "a.sh", "token=ab\\\n" },
	{ "braces", "a.json", "{\"password\": {" },
	{ "heads", "a.tf", "a \"b\" {\n" },
	{ "elements", "a.xml", "<a b='c'><password>x1y2z3</password>" },
	{ "signs", "a.env", "==\"'=\"=='\"=" },
	{ "password-signs", "a.sh", "password==\"'=" },
	{ "json-flat", "a.json", "{\"password\":null,\"a\":[1,2]}," },
	{ "json-words", "a.json", "\"password\":\"a word or two\"," },
	{ "braces-open", "a.json", "{\"a\":[{\"token\":" },
	{ "name-lines", "a.conf", "password a b\n" },
	{ "name-colons", "a.txt", "password: see the manual\n" },
	{ "sql", "a.sql", "alter role a with password \n" },
	{ "sql-open", "a.sql", "identified by password " },
	{ "mysql", "a.sh", "mysql -h a -u b c \\\n" },
	{ "curl-flat", "a.sh", "curl -s x " },
	{ "device", "a.cfg", "snmp-server community \nenable secret \n" },
	{ "chpasswd", "a.sh", "chpasswd <<EOF\na:b\n" },
	{ "ENC-alike", "a.yaml",
	    "token: ENC[AES256_GCM,data:aaaaaaaaaaaaaaaaaaaa@@@@@@@@@@@@@@@@@@]\n" },
	{ "cookie", "a.sh", "Cookie: sessionid=a; " },
	{ "sensitive", "a.json", "\"sensitive_attributes\": [" },
	{ "sensitive-flat", "a.json", "{\"sensitive\": true, \"a\": {" },
	{ "table", "a.md", "| password | a |\n" },
	{ "from-literal", "a.sh", "--from-literal a=b " },
	{ "aws-set", "a.sh", "aws configure set a b " },
	{ "comparison", "a.py", "if password == " },
	{ "comment", "a.yaml", "# password of the one\n" },
	{ "comment-values", "a.yaml", "# password: @@@@@@@@\n" },
	{ "comment-code", "a.js", "// password = \"@@@@@@@@\"\n" },
	{ "text-values", "a.md", "password: @@@@@@@@\n" },
	{ "one-line-text", "a.txt", "password=@@@@@@@@@@@@ " },
	{ "env-signs", "a.env", "PASSWORD=@@-@@+@@~@\n" },
	{ "npmrc", ".npmrc", "//r/:_authToken=@@@@@@@@@@@@@@@@@@@@\n" },
	{ "curl-values", "a.sh", "curl -u a:@@@@@@@@ x\n" },
	{ "table-values", "a.md", "| password |\n|---|\n| @@@@@@@@ |\n" },
	{ "secret-json", "a.json",
	    "{\"kind\":\"Secret\",\"data\":{\"p\":\"@@@@@@@@\"}}," },
	{ "secret-map", "a.yaml", "secrets:\n  a: @@@@@@@@@@@@@@@@@@@@\n" },
	{ "accents", "a.yaml", "пароль: \n" },
};

/* `len` bytes of it, one file. */
static void
add_repeat(struct corpus *c, const struct repeat *r, size_t len)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(r->text), i;
	char *p = need(malloc(len));
	uint64_t x = 88172645463325252u;

	for (i = 0; i < len; i++) {
		p[i] = r->text[i % n];
		if (p[i] != '@')
			continue;
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = chars[x % (sizeof(chars) - 1)];
	}
	add_text(c, r->path, p, len);
}

static void
run_repeats(size_t megabytes, unsigned rounds)
{
	struct corpus c = { 0 };
	size_t i;

	for (i = 0; i < sizeof(repeats) / sizeof(repeats[0]); i++) {
		/* a profile of one row is of nothing else */
		if (only && strcmp(only, repeats[i].name) != 0)
			continue;
		add_repeat(&c, &repeats[i], megabytes * 1000000);
		measure(repeats[i].name, &c, rounds);
		free_texts(&c);
		memset(&c, 0, sizeof(c));
	}
}

static int
usage(void)
{
	fprintf(stderr,
	    "usage: scan-tool RULES find DIR\n"
	    "       scan-tool RULES speed DIR ROUNDS [ROW]\n"
	    "       scan-tool RULES repeats MEGABYTES ROUNDS [ROW]\n"
	    "       scan-tool RULES storm STEP|RULE\n");
	return 129;
}

int
main(int argc, char **argv)
{
	struct corpus c = { 0 };

	if (argc < 4)
		return usage();
	only = argc > 5 ? argv[5] : NULL;
	if (rules_load(&rules, argv[1]) < 0)
		die(argv[1]);
	set = build_set();
	if (strcmp(argv[2], "repeats") == 0 && argc > 4) {
		run_repeats(strtoul(argv[3], NULL, 10),
		    (unsigned)strtoul(argv[4], NULL, 10));
	} else if (strcmp(argv[2], "storm") == 0) {
		size_t step = strtoul(argv[3], NULL, 10);

		if (scan_storm(&rules, set, step, step ? NULL : argv[3]) < 0)
			die("storm");
	} else if (strcmp(argv[2], "find") == 0) {
		load_tree(&c, argv[3]);
		find(&c);
	} else if (strcmp(argv[2], "speed") == 0 && argc > 4) {
		load_tree(&c, argv[3]);
		speed(&c, (unsigned)strtoul(argv[4], NULL, 10));
	} else {
		return usage();
	}
	free_texts(&c);
	gv_ruleset_free(set);
	gv_rule_release(&rules);
	return 0;
}
