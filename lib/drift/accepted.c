#include "drift/accepted.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "doc/doc.h"

/*
 * accepted:
 * - key: "values-*.yaml#timeout"
 *   environments: ["staging", "prod"]
 *   digests: ["5f0c…", "none"]
 *   reason: "slow disks until they are replaced"
 *   until: "2027-01-31"
 *   owner: "ops"
 */

#define HEAD                                                                   \
	"# Differences between environments that are meant: git vault drift "  \
	"accept\naccepted:\n"
#define DIGEST_BYTES 8 /* of a digest that are written */
#define HIDDEN       "hidden"

/* ---- reading ------------------------------------------------------------- */

struct reading {
	struct gv_accepted *out;
	const struct gv_doc *doc;
};

static int
refuse(const struct reading *rd, uint32_t node, const char *what)
{
	size_t line, column;

	gv_doc_where(rd->doc, rd->doc->nodes[node].at, &line, &column);
	return gv_err(GV_EREFUSED, "line %zu: %s", line, what);
}

/* The text of a scalar; NULL without memory. */
static const char *
text_of(const struct reading *rd, uint32_t node)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy = NULL;

	gv_doc_text(&text, rd->doc, node);
	if (gv_buf_check(&text) == 0)
		copy = gv_arena_copy(&rd->out->arena, text.p, text.len);
	gv_buf_release(&text);
	return copy;
}

/* A member that is one text. `is_needed`: it must be there. */
static int
read_text(const char **out, const struct reading *rd, uint32_t map,
    const char *key, bool is_needed)
{
	const uint32_t node = gv_doc_get(rd->doc, map, key);
	struct gv_buf what = GV_BUF_INIT;
	int r = 0;

	if (node != GV_DOC_NONE && rd->doc->nodes[node].kind == GV_DOC_SCALAR) {
		*out = text_of(rd, node);
		return *out ? 0 : gv_err_nomem();
	}
	if (node == GV_DOC_NONE && !is_needed)
		return 0;
	gv_buf_addf(&what, "'%s' is %s", key,
	    node == GV_DOC_NONE ? "missing" : "not a text");
	if ((r = gv_buf_check(&what)) == 0)
		r = refuse(rd, node == GV_DOC_NONE ? map : node, what.p);
	gv_buf_release(&what);
	return r;
}

/* A member that is a list of two texts. */
static int
read_two(const char *out[2], const struct reading *rd, uint32_t map,
    const char *key, const char *what)
{
	const uint32_t list = gv_doc_get(rd->doc, map, key);
	uint32_t i;
	size_t n = 0;

	if (list == GV_DOC_NONE || rd->doc->nodes[list].kind != GV_DOC_LIST)
		return refuse(rd, list == GV_DOC_NONE ? map : list, what);
	for (i = gv_doc_first(rd->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i), n++) {
		if (n == 2 || rd->doc->nodes[i].kind != GV_DOC_SCALAR)
			return refuse(rd, list, what);
		out[n] = text_of(rd, i);
		if (out[n] == NULL)
			return gv_err_nomem();
	}
	return n == 2 ? 0 : refuse(rd, list, what);
}

/* The lines from the '-' of an element to the next one. */
static void
find_lines(struct gv_accepted_entry *e, const struct gv_doc *doc, uint32_t node)
{
	const uint32_t next = gv_doc_next(doc, node);
	size_t at = doc->nodes[node].at;
	size_t end = next == GV_DOC_NONE ? doc->len : doc->nodes[next].at;

	while (at > 0 && doc->text[at - 1] != '\n')
		at--;
	while (next != GV_DOC_NONE && end > 0 && doc->text[end - 1] != '\n')
		end--;
	e->at = at;
	e->len = end - at;
}

static int
read_entry(const struct reading *rd, uint32_t node)
{
	static const char *const keys[] = { "key", "environments", "digests",
		"reason", "until", "owner", NULL };
	struct gv_accepted_entry e = { .key = NULL };
	size_t line, column, k;
	uint32_t i;
	int r;

	if (rd->doc->nodes[node].kind != GV_DOC_MAP)
		return refuse(rd, node, "this is not a difference");
	for (i = gv_doc_first(rd->doc, node); i != GV_DOC_NONE;
	     i = gv_doc_next(rd->doc, i)) {
		for (k = 0; keys[k] && !gv_doc_key_is(rd->doc, i, keys[k]);)
			k++;
		if (keys[k] == NULL)
			return refuse(rd, i, "there is no such key here");
	}
	if ((r = read_text(&e.key, rd, node, "key", true)) < 0 ||
	    (r = read_two(e.envs, rd, node, "environments",
		 "'environments' must be a list of two")) < 0 ||
	    (r = read_two(e.digests, rd, node, "digests",
		 "'digests' must be a list of two")) < 0 ||
	    (r = read_text(&e.reason, rd, node, "reason", true)) < 0 ||
	    (r = read_text(&e.until, rd, node, "until", false)) < 0 ||
	    (r = read_text(&e.owner, rd, node, "owner", false)) < 0)
		return r;
	if (e.until && !gv_accepted_is_date(e.until))
		return refuse(
		    rd, node, "'until' must be a day such as 2027-01-31");
	gv_doc_where(rd->doc, rd->doc->nodes[node].at, &line, &column);
	e.line = (unsigned)line;
	find_lines(&e, rd->doc, node);
	if (GV_GROW(rd->out->entries, rd->out->n, rd->out->cap) < 0)
		return gv_err_nomem();
	rd->out->entries[rd->out->n++] = e;
	return 0;
}

static int
read_all(const struct reading *rd)
{
	const struct gv_doc *doc = rd->doc;
	uint32_t root = gv_doc_first(doc, GV_DOC_NONE), list, i;
	int r;

	if ((r = gv_doc_check(doc)) < 0)
		return r;
	if (root == GV_DOC_NONE)
		return 0;
	list = doc->nodes[root].kind == GV_DOC_MAP
	    ? gv_doc_get(doc, root, "accepted")
	    : GV_DOC_NONE;
	if (list == GV_DOC_NONE)
		return refuse(rd, root, "there must be a list 'accepted'");
	if (doc->nodes[list].kind == GV_DOC_SCALAR &&
	    doc->nodes[list].type == GV_DOC_TYPE_NULL)
		return 0;
	if (doc->nodes[list].kind != GV_DOC_LIST)
		return refuse(rd, list, "'accepted' must be a list");
	for (i = gv_doc_first(doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i))
		if ((r = read_entry(rd, i)) < 0)
			return r;
	return 0;
}

int
gv_accepted_parse(
    struct gv_accepted *out, const char *name, const char *text, size_t len)
{
	struct gv_doc doc;
	const struct reading rd = { out, &doc };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_doc_read(&doc, GV_DOC_FORMAT_YAML, text, len, NULL)) < 0)
		return r;
	r = read_all(&rd);
	gv_doc_release(&doc);
	return r == GV_EREFUSED ? gv_err_in(r, "%s", name) : r;
}

void
gv_accepted_release(struct gv_accepted *accepted)
{
	free(accepted->entries);
	gv_arena_release(&accepted->arena);
	memset(accepted, 0, sizeof(*accepted));
}

bool
gv_accepted_is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	size_t i;
	int month, day;

	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
				   : text[i] != '-')
			return false;
	month = (text[5] - '0') * 10 + text[6] - '0';
	day = (text[8] - '0') * 10 + text[9] - '0';
	return text[i] == '\0' && month >= 1 && month <= 12 && day >= 1 &&
	    day <= days[month - 1];
}

/* ---- applying ------------------------------------------------------------ */

void
gv_accepted_digest(char out[GV_ACCEPTED_DIGEST],
    const struct gv_drift_finding *finding, const struct gv_drift_place *place)
{
	static const unsigned char key[GV_DIGEST_KEY];
	const char *value = place->value ? place->value : finding->says;
	const size_t len = place->value ? place->value_len : strlen(value);
	struct gv_digest digest;

	if (place->path == NULL) {
		memcpy(out, "none", sizeof("none"));
		return;
	}
	if (place->is_hidden || place->is_private) {
		memcpy(out, *place->digest ? place->digest : HIDDEN,
		    *place->digest ? sizeof(place->digest) : sizeof(HIDDEN));
		return;
	}
	gv_digest_keyed(&digest, key, "drift accepted",
	    (const struct gv_digest_field[]){
		{ finding->key, strlen(finding->key) }, { value, len } },
	    2);
	gv_enc_hex(out, digest.bytes, DIGEST_BYTES);
}

static const struct gv_accepted_entry *
find(const struct gv_accepted *accepted, const char *key, const char *left,
    const char *right)
{
	size_t i;

	for (i = 0; i < accepted->n; i++) {
		const struct gv_accepted_entry *e = &accepted->entries[i];

		if (strcmp(e->key, key) == 0 &&
		    ((strcmp(e->envs[0], left) == 0 &&
			 strcmp(e->envs[1], right) == 0) ||
			(strcmp(e->envs[0], right) == 0 &&
			    strcmp(e->envs[1], left) == 0)))
			return e;
	}
	return NULL;
}

/* Whether a text is a digest by the key of ids: NAME-DIGITS. */
static bool
is_named(const char *digest)
{
	return strlen(digest) == GV_DRIFT_DIGEST - 1 &&
	    digest[GV_DRIFT_KEY_NAME] == '-';
}

bool
gv_accepted_has_named(const struct gv_accepted *accepted)
{
	size_t i;

	for (i = 0; i < accepted->n; i++)
		if (is_named(accepted->entries[i].digests[0]) ||
		    is_named(accepted->entries[i].digests[1]))
			return true;
	return false;
}

/* Whether a side is what it was, as far as that is known here: what was
 * accepted without a key, or by one that is not at hand, is still hidden. */
static bool
is_same(const char *was, const char *is)
{
	const bool was_hidden = strcmp(was, HIDDEN) == 0;
	const bool is_hidden = strcmp(is, HIDDEN) == 0;

	if (strcmp(was, is) == 0)
		return true;
	if (was_hidden || is_hidden)
		return (was_hidden || is_named(was)) &&
		    (is_hidden || is_named(is));
	return is_named(was) && is_named(is) &&
	    memcmp(was, is, GV_DRIFT_KEY_NAME) != 0;
}

static bool
is_unchanged(const struct gv_accepted_entry *e,
    const struct gv_drift_finding *f, const char *left)
{
	const bool is_turned = strcmp(e->envs[0], left) != 0;
	char text[2][GV_ACCEPTED_DIGEST];

	gv_accepted_digest(text[is_turned], f, &f->left);
	gv_accepted_digest(text[!is_turned], f, &f->right);
	return is_same(e->digests[0], text[0]) &&
	    is_same(e->digests[1], text[1]);
}

/* What comes back says why it was accepted before. */
static int
bring_back(struct gv_drift_report *report, struct gv_drift_finding *f)
{
	struct gv_buf says = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&says, f->says);
	if (f->acceptance == GV_DRIFT_EXPIRED)
		gv_buf_addf(
		    &says, " (accepted until %s: %s)", f->until, f->reason);
	else
		gv_buf_addf(
		    &says, " (accepted before it changed: %s)", f->reason);
	if ((r = gv_buf_check(&says)) == 0) {
		f->says = gv_arena_copy(&report->arena, says.p, says.len);
		r = f->says ? 0 : gv_err_nomem();
	}
	gv_buf_release(&says);
	return r;
}

static int
apply_to(struct gv_drift_report *report, struct gv_drift_finding *f,
    const struct gv_accepted_entry *e, const char *left, const char *today)
{
	f->reason = e->reason;
	f->until = e->until;
	f->owner = e->owner;
	if (!is_unchanged(e, f, left))
		f->acceptance = GV_DRIFT_CHANGED;
	else if (e->until && strcmp(e->until, today) < 0)
		f->acceptance = GV_DRIFT_EXPIRED;
	else
		f->acceptance = GV_DRIFT_HOLDS;
	if (f->acceptance != GV_DRIFT_HOLDS)
		return bring_back(report, f);
	f->verdict = GV_DRIFT_ACCEPTED;
	report->counts[GV_DRIFT_DRIFT]--;
	report->counts[GV_DRIFT_ACCEPTED]++;
	return 0;
}

int
gv_accepted_apply(struct gv_drift_report *report,
    const struct gv_accepted *accepted, const char *left, const char *right,
    const char *today)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < report->n; i++) {
		struct gv_drift_finding *f = &report->findings[i];
		const struct gv_accepted_entry *e;

		if (f->verdict != GV_DRIFT_DRIFT || f->class == GV_DRIFT_GUARD)
			continue;
		e = find(accepted, f->key, left, right);
		if (e)
			r = apply_to(report, f, e, left, today);
	}
	return r;
}

/* ---- writing ------------------------------------------------------------- */

static void
add_quoted(struct gv_buf *out, const char *text)
{
	gv_buf_addch(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			gv_buf_addf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			gv_buf_addf(out, "\\x%02x", (unsigned char)*text);
		else
			gv_buf_addch(out, *text);
	}
	gv_buf_addch(out, '"');
}

static void
add_two(struct gv_buf *out, const char *key, const char *const two[2])
{
	gv_buf_addf(out, "  %s: [", key);
	add_quoted(out, two[0]);
	gv_buf_addstr(out, ", ");
	add_quoted(out, two[1]);
	gv_buf_addstr(out, "]\n");
}

static void
add_one(struct gv_buf *out, const char *key, const char *text)
{
	if (text == NULL)
		return;
	gv_buf_addstr(out, key);
	add_quoted(out, text);
	gv_buf_addch(out, '\n');
}

static void
add_entry(struct gv_buf *out, const struct gv_accepted_entry *e)
{
	add_one(out, "- key: ", e->key);
	add_two(out, "environments", e->envs);
	add_two(out, "digests", e->digests);
	add_one(out, "  reason: ", e->reason);
	add_one(out, "  until: ", e->until);
	add_one(out, "  owner: ", e->owner);
}

/* Add the text without an entry, as it was written. */
static void
add_rest(struct gv_buf *out, const struct gv_buf *text,
    const struct gv_accepted_entry *old)
{
	const size_t at = old ? old->at : text->len;
	const size_t end = old ? old->at + old->len : text->len;

	gv_buf_add(out, text->p, at);
	gv_buf_add(out, text->p + end, text->len - end);
}

int
gv_accepted_add(struct gv_buf *text, const struct gv_accepted_entry *entry)
{
	struct gv_accepted now, again;
	struct gv_buf out = GV_BUF_INIT;
	int r;

	memset(&again, 0, sizeof(again));
	r = gv_accepted_parse(&now, GV_ACCEPTED_FILE, text->p, text->len);
	if (r < 0)
		goto out;
	if (text->len == 0)
		gv_buf_addstr(&out, HEAD);
	add_rest(
	    &out, text, find(&now, entry->key, entry->envs[0], entry->envs[1]));
	if (out.len && out.p[out.len - 1] != '\n')
		gv_buf_addch(&out, '\n');
	add_entry(&out, entry);
	/* a file that somebody wrote in another form is not made worse */
	if ((r = gv_buf_check(&out)) < 0 ||
	    (r = gv_accepted_parse(&again, GV_ACCEPTED_FILE, out.p, out.len)) <
		0)
		goto out;
	gv_buf_reset(text);
	gv_buf_add(text, out.p, out.len);
	r = gv_buf_check(text);
out:
	gv_buf_release(&out);
	gv_accepted_release(&now);
	gv_accepted_release(&again);
	return r;
}
