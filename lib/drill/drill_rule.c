#include "drill/drill_rule.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "doc/doc.h"
#include "symbol/symbol_der.h"

#define DAY 86400

/* ---- keys ---------------------------------------------------------------- */

static int
hold_key(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const struct gv_doc *doc)
{
	struct gv_buf value = GV_BUF_INIT;
	uint32_t node;
	int r;

	if (gv_doc_check(doc) < 0) {
		gv_buf_addf(why, "it cannot be read: %s", gv_err_message());
		return gv_buf_check(why);
	}
	node = gv_doc_find(doc, GV_DOC_NONE, rule->key);
	if (node == GV_DOC_NONE) {
		gv_buf_addf(why, "it has no key %s", rule->key);
		return gv_buf_check(why);
	}
	if (rule->value == NULL)
		return 0;
	gv_doc_text(&value, doc, node);
	if ((r = gv_buf_check(&value)) == 0 &&
	    strcmp(value.len ? value.p : "", rule->value) != 0) {
		gv_buf_addf(why, "%s is not '%s'", rule->key, rule->value);
		r = gv_buf_check(why);
	}
	gv_buf_release(&value);
	return r;
}

static int
hold_document(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const char *path, const char *text, size_t len)
{
	enum gv_doc_format format;
	struct gv_doc doc;
	int r;

	if (!gv_doc_format_of(&format, path, text, len)) {
		gv_buf_addstr(why, "its format has no keys that are known");
		return gv_buf_check(why);
	}
	if ((r = gv_doc_read(&doc, format, text, len, NULL)) < 0)
		return r;
	r = hold_key(why, rule, &doc);
	gv_doc_release(&doc);
	return r;
}

/* ---- certificates -------------------------------------------------------- */

static int
judge(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const struct gv_buf *der, int64_t now)
{
	struct gv_symbol_certificate c;

	if (!gv_symbol_der_certificate(
		&c, (const unsigned char *)der->p, der->len)) {
		gv_buf_addstr(why, "a certificate in it cannot be read");
	} else if (c.not_after < now) {
		gv_buf_addf(why, "a certificate in it ended %lld days ago",
		    (long long)((now - c.not_after) / DAY));
	} else if (c.not_after - now < rule->certificate) {
		gv_buf_addf(why,
		    "a certificate in it ends in %lld days, and %lld are "
		    "asked for",
		    (long long)((c.not_after - now) / DAY),
		    (long long)(rule->certificate / DAY));
	}
	return gv_buf_check(why);
}

static int
hold_certificates(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const char *text, size_t len, int64_t now)
{
	struct gv_buf der = GV_BUF_INIT;
	const char *at = text;
	size_t n = 0;
	int r = 0;

	while (why->len == 0 &&
	    (r = gv_symbol_der_next(&der, &at, text + len)) > 0) {
		n++;
		if ((r = judge(why, rule, &der, now)) < 0)
			break;
	}
	if (r == 0 && n == 0) {
		gv_buf_addstr(why, "there is no certificate in it");
		r = gv_buf_check(why);
	}
	gv_buf_release(&der);
	return r < 0 ? r : 0;
}

int
gv_drill_rule_file(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const char *path, const char *text, size_t len, int64_t now)
{
	if (rule->key)
		return hold_document(why, rule, path, text, len);
	if (rule->certificate)
		return hold_certificates(why, rule, text, len, now);
	return 0;
}
