
#include "fuzz.h"

#include "base/err.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"

static const char *const key_names[] = { "key", NULL };

/* One of each kind; ids and anchors are set at the first run. */
static struct gv_rule rules[] = {
	{ .way = GV_RULE_PATTERN,
	    .pattern = "tok_[0-9a-z]{8,20}",
	    .validator = "crc32-hex" },
	{ .way = GV_RULE_PATTERN,
	    .pattern = "[a-z]{0,4}abc(?:x|y[0-9]{1,30}){1,9}(z?)",
	    .group = 1,
	    .offset_max = 4,
	    .nocase = true },
	{ .way = GV_RULE_VALUE,
	    .pattern = "[0-9a-f]{8,32}",
	    .names = key_names,
	    .validator = "base64-24" },
	{ .way = GV_RULE_SCANNER, .scanner = "keyvalue" },
	{ .way = GV_RULE_SCANNER, .scanner = "keyvalue" },
	{ .way = GV_RULE_SCANNER, .scanner = "pem" },
	{ .way = GV_RULE_SCANNER, .scanner = "jwt" },
	{ .way = GV_RULE_SCANNER, .scanner = "url" },
	{ .way = GV_RULE_SCANNER, .scanner = "jdbc" },
	{ .way = GV_RULE_SCANNER, .scanner = "connstring" },
	{ .way = GV_RULE_SCANNER, .scanner = "npmrc" },
	{ .way = GV_RULE_SCANNER, .scanner = "basic" },
	{ .way = GV_RULE_SCANNER, .scanner = "k8s" },
	{ .way = GV_RULE_SCANNER, .scanner = "k8s" },
	{ .way = GV_RULE_SCANNER, .scanner = "keystore" },
	{ .way = GV_RULE_SCANNER, .scanner = "pgpass" },
	{ .way = GV_RULE_SCANNER, .scanner = "chpasswd" },
	{ .way = GV_RULE_SCANNER, .scanner = "tfstate" },
	{ .way = GV_RULE_SCANNER, .scanner = "tfstate" },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static const char *const anchors[RULES][2] = {
	{ "tok_", NULL },
	{ "abc", NULL },
	{ "datadog", NULL },
	{ "password", NULL },
	{ "api_key", NULL },
	{ "-----BEGIN ", NULL },
	{ "eyJ", NULL },
	{ "://", NULL },
	{ "jdbc:", NULL },
	{ "pwd=", NULL },
	{ "_auth", NULL },
	{ "Basic ", NULL },
	{ "kind: Secret", NULL },
	{ "\"kind\": \"Secret\"", NULL },
	{ ".p12", NULL },
	{ ".pgpass", NULL },
	{ "chpasswd", NULL },
	{ "\"sensitive\":true", NULL },
	{ "\"sensitive_attributes\"", NULL },
};

static const char *const paths[] = { NULL, "a.yaml", "a.json", "main.tf",
	".env", "a.ini", "Dockerfile", "a.xml", "a.py", "a.sh", "a.toml",
	".pgpass", "x.p12" };

/* The first byte is the kind of file. What is found stands in the text, in
 * order, on the line and column that are told. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gv_ruleset *set;
	struct gv_scan scan = GV_SCAN_INIT;
	size_t i, at = 0, end = 0, bol = 0;
	unsigned line = 1;
	const char *path;

	for (i = 0; set == NULL && i < RULES; i++) {
		rules[i].id = rules[i].description = anchors[i][0];
		rules[i].anchors = anchors[i];
		rules[i].is_likely = true;
	}
	if (set == NULL && gv_ruleset_new(&set, rules, RULES) < 0)
		abort();
	if (size == 0)
		return 0;
	path = paths[data[0] % (sizeof(paths) / sizeof(paths[0]))];
	data++;
	size--;
	if (gv_scan_run(&scan, set, path, data, size) < 0)
		abort();
	for (i = 0; i < scan.n; i++) {
		const struct gv_scan_finding *f = &scan.findings[i];

		if (f->len == 0 || f->at < end || f->at + f->len > size ||
		    f->name + f->name_len > size)
			abort();
		for (; at < f->at; at++)
			if (data[at] == '\n') {
				line++;
				bol = at + 1;
			}
		if (f->line != line || f->column != f->at - bol + 1)
			abort();
		end = f->at + f->len;
	}
	gv_scan_release(&scan);
	return 0;
}
