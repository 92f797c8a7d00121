#include "detect/finding.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "scan/rule.h"
#include "scan/scan.h"

#define NAME_MAX_LEN 200
#define CODE_BITS    4 /* of one of the encodings */

_Static_assert((int)GV_FINDING_EXAMPLE == GV_SCAN_EXAMPLE &&
	(int)GV_FINDING_POSSIBLE == GV_SCAN_POSSIBLE &&
	(int)GV_FINDING_LIKELY == GV_SCAN_LIKELY &&
	(int)GV_FINDING_VERIFIED == GV_SCAN_VERIFIED,
    "the grades are the scanner's");

const char *const gv_finding_grades[] = { "example", "possible", "likely",
	"verified", NULL };

const char *const gv_finding_allowers[] = { "nobody", "policy", "comment",
	"baseline" };

const struct gv_finding_reason gv_finding_reasons[] = {
	{ GV_SCAN_ANCHORED, "form",
	    "its form, or the text around it, is what this rule looks for",
	    false },
	{ GV_SCAN_NAMED, "name",
	    "it is assigned to a name, as such a secret is", true },
	{ GV_SCAN_NEAR, "near", "the name of its provider is near", false },
	{ GV_SCAN_RANDOM, "random", "the value is as random as a generated key",
	    true },
	{ GV_SCAN_CHECKED, "checked",
	    "the value proves itself: its checksum or structure is right",
	    false },
	{ GV_SCAN_UNCHECKED, "unchecked",
	    "the checksum is wrong, as in most made-up values", false },
	{ GV_SCAN_IN_EXAMPLE, "example-file",
	    "one grade less: the file is an example, a test or documentation",
	    false },
	{ GV_SCAN_PLACEHOLDER, "placeholder",
	    "the value reads like a placeholder", false },
	{ GV_SCAN_SIMPLE, "simple",
	    "one grade less: the value or its name does not read like a secret",
	    true },
	{ GV_SCAN_PROSE, "prose",
	    "one grade less: it is in a sentence, not a setting", true },
	{ GV_SCAN_ECHO, "echo",
	    "possible at most: it is only known as a secret by another place "
	    "in the file",
	    false },
	{ 0, NULL, NULL, false },
};

void
gv_finding_set_rule(struct gv_finding_rule *out, const struct gv_rule *rule)
{
	*out = (struct gv_finding_rule){ .id = rule->id,
		.description = rule->description,
		.provider = rule->provider,
		.remediation = rule->remediation,
		.kind = gv_rule_kinds[rule->kind],
		.severity = gv_rule_severities[rule->severity] };
}

/* A name is shown if it reads like one; anything else might be part of a
 * value. */
static bool
is_name(const char *p, size_t len)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.";
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\0' || strchr(chars, p[i]) == NULL)
			return false;
	return len > 0 && len <= NAME_MAX_LEN;
}

/* What all values of the rule begin with, if it is but a part of this one. */
static void
set_prefix(struct gv_finding *f, const struct gv_rule *rule, const char *value)
{
	const char *const *anchor = rule->anchors;
	size_t n, best = 0;

	if (rule->way != GV_RULE_PATTERN || rule->offset_max > 0)
		return;
	for (; *anchor; anchor++) {
		n = strlen(*anchor);
		if (n > best && n <= GV_FINDING_PREFIX && 2 * n <= f->len &&
		    (rule->nocase ? strncasecmp(*anchor, value, n)
				  : strncmp(*anchor, value, n)) == 0)
			best = n;
	}
	memcpy(f->prefix, value, best);
}

int
gv_finding_init(
    struct gv_finding *f, const struct gv_scan_finding *from, const char *text)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	f->grade = (enum gv_finding_grade)from->grade;
	f->reasons = from->reasons;
	f->score = from->score;
	f->len = from->len;
	for (i = 0; i < GV_SCAN_DEPTH; i++)
		f->encodings |= (unsigned)from->encodings[i] << i * CODE_BITS;
	set_prefix(f, from->rule, text + from->at);
	if (!is_name(text + from->name, from->name_len))
		return 0;
	f->name = strndup(text + from->name, from->name_len);
	return f->name ? 0 : gv_err_nomem();
}

int
gv_finding_keep_value(struct gv_finding *f, const char *value)
{
	f->value = malloc(f->len + 1);
	if (f->value == NULL)
		return gv_err_nomem();
	memcpy(f->value, value, f->len);
	f->value[f->len] = '\0';
	return 0;
}

void
gv_finding_release(struct gv_finding *f)
{
	if (f == NULL)
		return;
	if (f->value)
		explicit_bzero(f->value, f->len);
	free(f->value);
	free(f->name);
	memset(f, 0, sizeof(*f));
}

/* --- where it stands, and in what --- */

const char *
gv_finding_encoding(const struct gv_finding *f, size_t i)
{
	unsigned code;

	if (i >= GV_SCAN_DEPTH)
		return NULL;
	code = f->encodings >> i * CODE_BITS & ((1U << CODE_BITS) - 1);
	return code < GV_SCAN_ENCODINGS ? gv_scan_encodings[code] : NULL;
}

const char *
gv_finding_tell_encoding(const struct gv_finding *f, size_t i)
{
	static const struct {
		const char *word, *told;
	} known[] = {
		{ "escape", "a string with escapes" },
		{ "hex", "hexadecimal digits" },
		{ "joined", "strings or lines that are joined" },
		{ "percent", "text with percent signs, as in a URL" },
		{ "utf-16", "UTF-16" },
	};
	const char *word = gv_finding_encoding(f, i);
	size_t k;

	for (k = 0; word && k < sizeof(known) / sizeof(known[0]); k++)
		if (strcmp(known[k].word, word) == 0)
			return known[k].told;
	return word;
}

/* A file may call its keys as it likes, and reports go to terminals and XML:
 * what is no character, or moves a cursor, becomes U+FFFD. */
void
gv_finding_add_key(struct gv_buf *out, const char *key)
{
	size_t len = strlen(key), n;
	uint32_t c;

	for (; len; key += n, len -= n) {
		n = gv_utf8_next(&c, key, len);
		if (n && gv_utf8_width(c) >= 0 && c != 0xfffe && c != 0xffff) {
			gv_buf_add(out, key, n);
		} else {
			gv_buf_addstr(out, "\xef\xbf\xbd");
			n = n ? n : 1;
		}
	}
}

/* A key with dots in it stands in quotes. */
static bool
ends_with(const char *key, const char *name)
{
	size_t len = strlen(key), n = strlen(name);

	if (len && key[len - 1] == '"')
		len--;
	return len >= n && memcmp(key + len - n, name, n) == 0;
}

bool
gv_finding_add_label(struct gv_buf *out, const struct gv_finding *f)
{
	if (f->key)
		gv_buf_addstr(out, f->key);
	if (f->name && f->key == NULL)
		gv_buf_addstr(out, f->name);
	else if (f->name && !ends_with(f->key, f->name))
		gv_buf_addf(out, " (%s)", f->name);
	return f->key || f->name;
}

void
gv_finding_mask(struct gv_buf *out, const struct gv_finding *f)
{
	gv_buf_addf(out, "%s… (%" PRIu64 " byte%s)", f->prefix, f->len,
	    f->len == 1 ? "" : "s");
}

int
gv_finding_compare(const void *a, const void *b)
{
	const struct gv_finding *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	if (r == 0 && (r = (x->at > y->at) - (x->at < y->at)) == 0)
		r = strcmp(x->rule->id, y->rule->id);
	/* versions of one file in history */
	return r || x->places == NULL || y->places == NULL
	    ? r
	    : memcmp(
		  &x->places->blob, &y->places->blob, sizeof(x->places->blob));
}

bool
gv_finding_counts(const struct gv_finding *f, enum gv_finding_grade least)
{
	return f->grade >= least && f->allowed == GV_FINDING_OPEN;
}
