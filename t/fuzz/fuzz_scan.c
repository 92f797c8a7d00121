#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"

#define RULE(id_, way_, anchor_)                                               \
	.id = id_, .description = id_, .way = way_, .is_likely = true,         \
	.anchors = (const char *const[])                                       \
	{                                                                      \
		anchor_, NULL                                                  \
	}

static const struct gv_rule rules[] = {
	{ RULE("plain", GV_RULE_PATTERN, "tok_"),
	    .pattern = "tok_[0-9a-z]{8,20}", .validator = "crc32-hex" },
	{ RULE("re2", GV_RULE_PATTERN, "abc"),
	    .pattern = "[a-z]{0,4}abc(?:x|y[0-9]{1,30}){1,9}(z?)", .group = 1,
	    .offset_max = 4, .nocase = true },
	{ RULE("value", GV_RULE_VALUE, "datadog"), .pattern = "[0-9a-f]{8,32}",
	    .names = (const char *const[]){ "key", NULL },
	    .validator = "base64-24" },
	{ RULE("keyvalue", GV_RULE_SCANNER, "password"),
	    .scanner = "keyvalue" },
	{ RULE("token", GV_RULE_SCANNER, "api_key"), .scanner = "keyvalue" },
	{ RULE("pem", GV_RULE_SCANNER, "-----BEGIN "), .scanner = "pem" },
	{ RULE("jwt", GV_RULE_SCANNER, "eyJ"), .scanner = "jwt" },
	{ RULE("url", GV_RULE_SCANNER, "://"), .scanner = "url" },
	{ RULE("jdbc", GV_RULE_SCANNER, "jdbc:"), .scanner = "jdbc" },
	{ RULE("pwd", GV_RULE_SCANNER, "pwd="), .scanner = "connstring" },
	{ RULE("npmrc", GV_RULE_SCANNER, "_auth"), .scanner = "npmrc" },
	{ RULE("basic", GV_RULE_SCANNER, "Basic "), .scanner = "basic" },
};

static const char *const paths[] = { NULL, "a.yaml", "a.json", "main.tf",
	".env", "a.ini", "Dockerfile", "a.xml", "a.py", "a.sh", "a.toml" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

	if (set == NULL &&
	    gv_ruleset_new(&set, rules, sizeof(rules) / sizeof(rules[0])) < 0)
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
