#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "format/unjson.h"
#include "good/artifact_internal.h"
#include "infra/bill.h"
#include "record/good.h"
#include "repo/refs.h"
#include "vault/note.h"

#define PREFIX_MIN 7 /* digits; fewer are taken for a name alone */
#define DIGITS_MAX 128

#define SHA256 "sha256:"

static const char hex_digits[] = "0123456789abcdef";

struct finding {
	struct gv_artifacts *out;
	const char *text;      /* NULL: all artifacts */
	const char *digits;    /* the first ones; NULL: it is no digest */
	const char *algorithm; /* "sha256:…", or NULL: of any */
	size_t algorithm_len;
	struct gv_buf whole; /* in its one form */
};

static bool
is_digest_meant(const struct finding *f, const char *digest)
{
	const char *digits = strchr(digest, ':');

	return f->digits && digits &&
	    (f->algorithm == NULL ||
		strncmp(digest, f->algorithm, f->algorithm_len) == 0) &&
	    strncmp(digits + 1, f->digits, strlen(f->digits)) == 0;
}

/* NAME@VERSION: names have '@' in them, too. */
static bool
is_name_meant(const struct finding *f, const char *name, const char *version)
{
	size_t len = strlen(name);

	return strncmp(f->text, name, len) == 0 &&
	    (f->text[len] == '\0' ||
		(f->text[len] == '@' && version &&
		    strcmp(f->text + len + 1, version) == 0));
}

static int
copy(struct gv_artifacts *list, const char **out, const char *text)
{
	*out = text ? gv_arena_copy(&list->arena, text, strlen(text)) : NULL;
	return text && *out == NULL ? gv_err_nomem() : 0;
}

static int
add(struct gv_artifact **out, struct gv_artifacts *list, size_t n_states)
{
	size_t size = n_states * sizeof(*(*out)->states);
	struct gv_artifact *one;
	int r = GV_GROW(list->all, list->n, list->cap);

	if (r < 0)
		return r;
	one = &list->all[list->n];
	memset(one, 0, sizeof(*one));
	if (n_states) {
		one->states = gv_arena_alloc(&list->arena, size);
		if (one->states == NULL)
			return gv_err_nomem();
		memset(one->states, 0, size);
	}
	list->n++;
	*out = one;
	return 0;
}

/* ---- in notes ----------------------------------------------------------- */

static size_t
count(const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one = list ? list->first : NULL;
	size_t n = 0;

	for (; one; one = one->next)
		n++;
	return n;
}

/* What is no state of the vault is left out. */
static int
read_states(struct gv_artifacts *list, struct gv_artifact *one,
    const struct gv_unjson_node *states)
{
	const struct gv_unjson_node *node = states ? states->first : NULL;
	int r = 0;

	for (; r == 0 && node; node = node->next) {
		struct gv_artifact_state *to = &one->states[one->n_states];
		const char *stack = gv_unjson_get_text(node, "stack");
		const char *version = gv_unjson_get_text(node, "version");

		if (stack == NULL || version == NULL ||
		    strlen(version) != GV_OID_HEX ||
		    gv_oid_parse(&to->version, version) < 0)
			continue;
		r = copy(list, &to->stack, stack);
		one->n_states += r == 0;
	}
	return r;
}

/* Whether it is a line about an artifact: then 1, with *out added where it is
 * meant. */
static int
read_line(struct finding *f, const struct gv_unjson_node *line,
    const struct gv_oid *commit)
{
	const char *name = gv_unjson_get_text(line, "artifact");
	const char *digest = gv_unjson_get_text(line, "digest");
	const char *time = gv_unjson_get_text(line, "time");
	const char *version = gv_unjson_get_text(line, "version");
	const char *purl = gv_unjson_get_text(line, "purl");
	const struct gv_unjson_node *states = gv_unjson_get(line, "states");
	struct gv_artifact *one = NULL;
	int64_t when;
	int r;

	if (name == NULL || digest == NULL || time == NULL ||
	    !gv_bill_is_digest(digest) ||
	    gv_time_parse_rfc3339(&when, time) < 0)
		return 0;
	if (f->text && !is_name_meant(f, name, version) &&
	    !is_digest_meant(f, digest) &&
	    (purl == NULL || strcmp(purl, f->text) != 0))
		return 1;
	if ((r = add(&one, f->out, count(states))) < 0)
		return r;
	one->commit = *commit;
	one->time = when;
	if ((r = copy(f->out, &one->name, name)) < 0 ||
	    (r = copy(f->out, &one->digest, digest)) < 0)
		return r;
	r = copy(f->out, &one->from, gv_unjson_get_text(line, "from"));
	if (r < 0 || (r = copy(f->out, &one->version, version)) < 0 ||
	    (r = copy(f->out, &one->purl, purl)) < 0)
		return r;
	r = copy(f->out, &one->env, gv_unjson_get_text(line, "env"));
	if (r < 0)
		return r;
	r = copy(f->out, &one->snapshot, gv_unjson_get_text(line, "snapshot"));
	if (r < 0 || (r = read_states(f->out, one, states)) < 0)
		return r;
	return 1;
}

/* Notes come from anyone: what does not read is counted, and passed over. */
static int
look_at_line(struct finding *f, const struct gv_oid *commit, const char *text)
{
	struct gv_unjson *doc = NULL;
	struct gv_buf line = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&line, text);
	if ((r = gv_buf_check(&line)) == 0 &&
	    (r = gv_unjson_parse(&doc, GV_REF_NOTES, line.p, line.len)) == 0)
		r = read_line(f, gv_unjson_root(doc), commit);
	if (r == 0 || r == GV_EREFUSED) {
		f->out->odd++;
		r = 0;
	}
	gv_unjson_free(doc);
	gv_buf_release(&line);
	return r < 0 ? r : 0;
}

static int
look_at_note(void *ctx, const struct gv_oid *commit, struct gv_buf *text)
{
	struct finding *f = ctx;
	char *p = text ? text->p : NULL, *nl;
	int r = 0;

	if (text == NULL) {
		f->out->odd++;
		return 0;
	}
	for (; r == 0 && *p; p = nl ? nl + 1 : p + strlen(p)) {
		nl = strchr(p, '\n');
		if (nl)
			*nl = '\0';
		if (strstr(p, GV_ARTIFACT_KIND))
			r = look_at_line(ctx, commit, p);
	}
	return r;
}

/* ---- in records --------------------------------------------------------- */

static int
copy_sha256(struct gv_artifacts *list, const char **out, const char *digits)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, SHA256 "%s", digits);
	if ((r = gv_buf_check(&text)) == 0)
		r = copy(list, out, text.p);
	gv_buf_release(&text);
	return r;
}

static bool
is_item_meant(const struct finding *f, const struct gv_good_item *item)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is;

	if (f->text == NULL)
		return true;
	gv_buf_addf(&text, SHA256 "%s", item->sha256);
	is = is_name_meant(f, item->name, NULL) ||
	    (gv_buf_check(&text) == 0 && is_digest_meant(f, text.p));
	gv_buf_release(&text);
	return is;
}

static int
add_of_record(struct finding *f, const struct gv_good *good,
    const struct gv_good_item *item)
{
	struct gv_artifact *one = NULL;
	int r = add(&one, f->out, good->n_states);

	if (r < 0)
		return r;
	one->commit = good->code;
	one->time = good->time;
	one->record = good->n;
	one->standing = good->revoked ? "revoked"
	    : good->distrust          ? "untrusted"
				      : gv_good_statuses[good->status];
	if ((r = copy(f->out, &one->name, item->name)) == 0 &&
	    (r = copy_sha256(f->out, &one->digest, item->sha256)) == 0 &&
	    (r = copy(f->out, &one->env, good->env)) == 0)
		r = copy(f->out, &one->snapshot, good->snapshot_id);
	for (; r == 0 && one->n_states < good->n_states; one->n_states++) {
		const struct gv_good_state *was = &good->states[one->n_states];

		one->states[one->n_states].version = was->version;
		r = copy(f->out, &one->states[one->n_states].stack, was->stack);
	}
	return r;
}

static int
look_at_records(struct finding *f, struct gv_repo *repo)
{
	struct gv_goods goods = { .n = 0 };
	size_t i, k;
	int r = gv_goods_load(&goods, repo, NULL);

	for (i = 0; r == 0 && i < goods.n; i++) {
		struct gv_good *good = &goods.all[i];

		f->out->odd += good->damage != NULL;
		for (k = 0; r == 0 && !good->damage && k < good->n_artifacts;
		     k++) {
			if (!is_item_meant(f, &good->artifacts[k]))
				continue;
			if ((r = gv_good_judge(good, goods.rule, repo)) == 0)
				r = add_of_record(f, good, &good->artifacts[k]);
		}
	}
	gv_goods_release(&goods);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_artifact *x = a, *y = b;
	int c = (x->time < y->time) - (x->time > y->time);

	if (c == 0)
		c = strcmp(x->name, y->name);
	if (c == 0)
		c = strcmp(x->digest, y->digest);
	if (c == 0)
		c = memcmp(&x->commit, &y->commit, sizeof(x->commit));
	return c ? c : (x->record < y->record) - (x->record > y->record);
}

/* A whole one as any tool writes it, or how one begins. */
static int
set_digest(struct finding *f, const char *text)
{
	bool is = gv_bill_digest(&f->whole, text) ||
	    gv_bill_digest_begin(&f->whole, text);
	const char *hex = text;
	size_t len;
	int r = gv_buf_check(&f->whole);

	if (r == 0 && is) {
		hex = strchr(f->whole.p, ':') + 1;
		f->algorithm = f->whole.p;
		f->algorithm_len = (size_t)(hex - f->whole.p);
	}
	len = strlen(hex);
	if (len >= PREFIX_MIN && len <= DIGITS_MAX &&
	    strspn(hex, hex_digits) == len)
		f->digits = hex;
	return r;
}

int
gv_artifacts_find(
    struct gv_artifacts *out, struct gv_repo *repo, const char *text)
{
	struct finding f = { .out = out, .text = text, .whole = GV_BUF_INIT };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = text ? set_digest(&f, text) : 0) == 0 &&
	    (r = gv_note_each(repo, look_at_note, &f)) == 0)
		r = look_at_records(&f, repo);
	if (r < 0)
		gv_artifacts_release(out);
	else if (out->n)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	gv_buf_release(&f.whole);
	return r;
}

void
gv_artifacts_release(struct gv_artifacts *found)
{
	if (found == NULL)
		return;
	free(found->all);
	gv_arena_release(&found->arena);
	memset(found, 0, sizeof(*found));
}
